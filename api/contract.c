/*
 * contract OPENAPI.yaml CONTRACT.c CONTRACT.h
 *
 * Turns the contract into compact JSON in a C array, at build time: what the daemon serves is what
 * was written, and no YAML is parsed at run time.
 */
#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/yaml/yaml.h"

#include <stdio.h>
#include <string.h>

#define LINE_BYTES 80

static const char header[] =
    "/* Made from openapi.yaml by contract; edit that. */\n"
    "#pragma once\n\n"
    "#include <stddef.h>\n\n"
    "extern const char contract_json[]; /* compact JSON, NUL-terminated */\n"
    "extern const size_t contract_json_bytes; /* without the NUL */\n";

/* Every byte as C sees it in a string literal; octal, since a hexadecimal escape has no end. */
static void add_literal(struct bd_str *out, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (i % LINE_BYTES == 0)
            bd_str_add(out, i ? "\"\n    \"" : "    \"");
        if (c == '"' || c == '\\')
            bd_str_addf(out, "\\%c", c);
        else if (c < ' ' || c > '~')
            bd_str_addf(out, "\\%03o", c);
        else
            bd_str_addn(out, &c, 1);
    }
    bd_str_add(out, "\"");
}

static int generate(const char *yaml_path, const char *source_path, const char *header_path,
                    struct bd_err *err)
{
    bd_auto_free char *text = NULL;
    size_t bytes;
    int rc = bd_read_file(yaml_path, YAML_BYTES_MAX, &text, &bytes, err);
    if (rc < 0)
        return rc;
    bd_auto_json json_t *contract = NULL;
    rc = yaml_parse(text, bytes, yaml_path, &contract, NULL, err);
    if (rc < 0)
        return rc;

    bd_auto_free char *json = json_dumps(contract, JSON_COMPACT);
    bd_auto_str struct bd_str source = {0};
    bd_str_add(&source, "/* Made from openapi.yaml by contract; edit that. */\n"
                        "#include \"contract.h\"\n\n"
                        "const char contract_json[] =\n");
    add_literal(&source, json, strlen(json));
    bd_str_add(&source, ";\nconst size_t contract_json_bytes = sizeof(contract_json) - 1;\n");

    rc = bd_write_file(source_path, source.data, source.len, 0644, err);
    if (rc < 0)
        return rc;
    return bd_write_file(header_path, header, strlen(header), 0644, err);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: contract OPENAPI.yaml CONTRACT.c CONTRACT.h\n");
        return 2;
    }
    struct bd_err err = BD_ERR_INIT;
    if (generate(argv[1], argv[2], argv[3], &err) < 0) {
        fprintf(stderr, "contract: %s\n", err.text);
        return 1;
    }
    return 0;
}
