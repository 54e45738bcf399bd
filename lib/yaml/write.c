#include "lib/yaml/yaml.h"

#include "lib/base/text.h"

#include <ctype.h>
#include <string.h>

#define INDENT     2
#define FLOW_BYTES 80 /* of a list in one line */

/* -------------------------------------------------------------------------------------- scalars */

/* Text that no reader takes for anything else. */
static bool is_plain(const char *text)
{
    static const char chars[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./ ";
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
    size_t n = strlen(text);
    for (size_t i = 0; i < BD_ARRAY_LEN(words); i++)
        if (strcasecmp(text, words[i]) == 0)
            return false;
    return n > 0 && isalpha((unsigned char)*text) && text[n - 1] != ' ' && strspn(text, chars) == n;
}

/* Without what only escapes can say. */
static bool is_quotable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == '\x7f')
            return false;
    return true;
}

static void write_text(const char *text, struct bd_str *out)
{
    if (is_plain(text)) {
        bd_str_add(out, text);
    } else if (is_quotable(text)) {
        bd_str_add(out, "'");
        for (; *text; text++)
            bd_str_addf(out, *text == '\'' ? "''" : "%c", *text);
        bd_str_add(out, "'");
    } else {
        bd_auto_json json_t *json = json_string(text);
        bd_auto_free char *quoted = bd_json_text(json); /* YAML knows JSON's escapes */
        bd_str_add(out, quoted);
    }
}

static void write_scalar(const json_t *json, struct bd_str *out)
{
    char number[BD_NUMBER_BYTES];
    if (json_is_string(json))
        write_text(json_string_value(json), out);
    else if (json_is_integer(json))
        bd_str_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
    else if (json_is_real(json))
        bd_str_add(out, bd_text_real(json_real_value(json), bd_real_digits(json_real_value(json)),
                                     number));
    else
        bd_str_add(out, json_is_true(json) ? "true" : json_is_false(json) ? "false" : "null");
}

/* ---------------------------------------------------------------------------------------- lists */

static bool is_scalar(const json_t *json)
{
    return !json_is_array(json) && !json_is_object(json);
}

/* "[a, b]", of scalars; false, with nothing added, where it is anything else or too long. */
static bool write_flow(const json_t *list, struct bd_str *out)
{
    bd_auto_str struct bd_str text = {0};
    const json_t *item;
    size_t i;
    bd_str_add(&text, "[");
    json_array_foreach (list, i, item) {
        if (!is_scalar(item))
            return false;
        bd_str_add(&text, i ? ", " : "");
        write_scalar(item, &text);
    }
    bd_str_add(&text, "]");
    if (text.len > FLOW_BYTES && i > 0)
        return false;
    bd_str_add(out, bd_str_text(&text));
    return true;
}

static void add_indent(struct bd_str *out, unsigned indent)
{
    bd_str_addf(out, "%*s", (int)indent, "");
}

/* Lines that end in the usual way, and of which the first one is not indented. */
static bool is_block(const char *text)
{
    size_t n = strlen(text);
    for (const char *s = text; *s; s++)
        if ((*(const unsigned char *)s < ' ' && *s != '\n' && *s != '\t') || *s == '\x7f')
            return false;
    return n > 1 && strchr(text, '\n') && text[n - 1] == '\n' && text[n - 2] != '\n' &&
           !strchr(" \t\n", *text);
}

static void write_block(const char *text, unsigned indent, struct bd_str *out)
{
    bd_str_add(out, "|\n");
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (n)
            add_indent(out, indent);
        bd_str_addn(out, line, n + 1);
        line += n + 1;
    }
}

static void write_members(const json_t *json, unsigned indent, bool is_begun, struct bd_str *out);

/* After "name:" or "-": in its line, or in those below. */
static void write_value(const json_t *json, unsigned indent, bool in_list, struct bd_str *out)
{
    const char *text = json_string_value(json);
    bool is_empty = json_is_object(json) && json_object_size(json) == 0;
    bd_str_add(out, " ");
    if (is_empty || (json_is_array(json) && write_flow(json, out))) {
        bd_str_add(out, is_empty ? "{}\n" : "\n");
    } else if (text && is_block(text)) {
        write_block(text, indent, out);
    } else if (is_scalar(json)) {
        write_scalar(json, out);
        bd_str_add(out, "\n");
    } else if (in_list) {
        write_members(json, indent, true, out);
    } else {
        out->data[out->len - 1] = '\n';
        write_members(json, indent, false, out);
    }
}

/* is_begun: the line of the first one is, and is indented. */
static void write_members(const json_t *json, unsigned indent, bool is_begun, struct bd_str *out)
{
    const char *name;
    json_t *value;
    size_t i;
    json_object_foreach ((json_t *)json, name, value) {
        if (!is_begun)
            add_indent(out, indent);
        is_begun = false;
        write_text(name, out);
        bd_str_add(out, ":");
        write_value(value, indent + INDENT, false, out);
    }
    json_array_foreach (json, i, value) {
        if (!is_begun)
            add_indent(out, indent);
        is_begun = false;
        bd_str_add(out, "-");
        write_value(value, indent + INDENT, true, out);
    }
}

void yaml_write(const json_t *json, struct bd_str *out)
{
    if (is_scalar(json)) {
        write_scalar(json, out);
        bd_str_add(out, "\n");
    } else if (json_object_size(json) + json_array_size(json) == 0) {
        bd_str_add(out, json_is_object(json) ? "{}\n" : "[]\n");
    } else {
        write_members(json, 0, false, out);
    }
}
