/* benchctl workload import: definitions made of what ReFrame and Ramble have, without a daemon. */
#include "cli.h"
#include "commands.h"
#include "definition.h"
#include "input.h"

#include "lib/base/fs.h"
#include "lib/import/import.h"
#include "lib/import/python.h"
#include "lib/yaml/yaml.h"

#include <stdio.h>
#include <string.h>

/* -- what was asked for -- */

/* {METRIC: kind} of --kind METRIC=kind. */
static int read_kinds(const struct args *args, json_t *kinds, struct bd_err *err)
{
    static const char *const known[] = {"cost", "rate", "ratio", "none"};
    for (size_t i = 0; i < args->n; i++) {
        const char *text = args->values[i].text;
        if (!bd_str_eq(args->values[i].option->name, "kind"))
            continue;
        const char *equals = strchr(text, '=');
        bd_auto_free char *name = bd_xstrndup(text, (size_t)(equals - text));
        bool is_known = false;
        for (size_t k = 0; k < BD_ARRAY_LEN(known); k++)
            is_known |= bd_str_eq(equals + 1, known[k]);
        if (!is_known)
            return bd_err_set(err, BD_EINVALID,
                              "--kind %s: of which kind is cost, rate, ratio, or none to "
                              "leave it out",
                              text);
        json_object_set_new(kinds, name, json_string(equals + 1));
    }
    return 0;
}

/* {NAME: text} of --set NAME=text. */
static void read_values(const struct args *args, json_t *values)
{
    for (size_t i = 0; i < args->n; i++) {
        const char *text = args->values[i].text;
        const char *equals =
            bd_str_eq(args->values[i].option->name, "set") ? strchr(text, '=') : NULL;
        bd_auto_free char *name = equals ? bd_xstrndup(text, (size_t)(equals - text)) : NULL;
        if (equals)
            json_object_set_new(values, name, json_string(equals + 1));
    }
}

/* -- what is written -- */

static void add_note(const struct import_options *options, const json_t *note, struct bd_str *out)
{
    json_int_t line = bd_json_int(note, "line", 0);
    bd_str_add(out, options->file);
    if (line)
        bd_str_addf(out, ":%lld", (long long)line);
    bd_str_addf(out, ": %s", bd_json_str(note, "text", ""));
}

/* In the file that is made, too, where whoever goes on with it sees them. */
static void write_file(const struct import_options *options, const struct imported *made,
                       struct bd_str *out)
{
    const json_t *note;
    size_t i;
    bd_str_addf(out, "# Made of %s by 'benchctl workload import'.\n", options->file);
    if (json_array_size(made->notes))
        bd_str_add(out, "# Not taken over, or to be looked at:\n");
    json_array_foreach (made->notes, i, note) {
        bd_auto_str struct bd_str line = {0};
        add_note(options, note, &line);
        for (char *s = line.data; s && *s; s++)
            *s = (unsigned char)*s < ' ' || *s == '\x7f' ? ' ' : *s;
        bd_str_addf(out, "#   %s\n", bd_str_text(&line));
    }
    yaml_write(made->definition, out);
}

static int put(const char *path, const struct bd_str *text, struct bd_err *err)
{
    if (path)
        return bd_write_file(path, text->data, text->len, 0644, err);
    fwrite(text->data, 1, text->len, stdout);
    return 0; /* that stdout took it is looked at when benchctl ends */
}

static void tell_notes(struct cli *cli, const struct import_options *options, const json_t *notes)
{
    const json_t *note;
    size_t i;
    json_array_foreach (notes, i, note) {
        bd_auto_str struct bd_str line = {0};
        add_note(options, note, &line);
        cli_note(cli, MARK_WARN, "%s", bd_str_text(&line));
    }
}

/* What is made has to be right: whatever the file brought with it. */
static int hold_right(json_t *definition, const char *file, struct bd_err *err)
{
    bd_auto_faults struct schema_faults faults = {0};
    int r = definition_faults(definition, &faults, err);
    if (r < 0 || faults.n == 0)
        return r;
    return bd_err_set(err, BD_EINVALID, "%s: what would be made of it is no definition: %s: %s",
                      file, faults.items[0].pointer, faults.items[0].expected);
}

int cmd_workload_import(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *kinds = json_object(), *values = json_object();
    bd_auto_str struct bd_str source = {0}, text = {0};
    imported_auto made = {0};
    const char *path = cli->args.operands.items[0], *slash = strrchr(path, '/');
    const struct import_options options = {
        .file = bd_str_eq(path, "-") ? "stdin"
                : slash              ? slash + 1
                                     : path,
        .from = args_get(&cli->args, "from"),
        .class = args_get(&cli->args, "class"),
        .workload = args_get(&cli->args, "workload"),
        .kinds = kinds,
        .values = values,
    };
    read_values(&cli->args, values);
    int r = read_kinds(&cli->args, kinds, err);
    if (r == 0)
        r = input_read(path, PYTHON_BYTES_MAX, &source, err);
    if (r < 0)
        return r;
    r = import_python(bd_str_text(&source), source.len, &options, &made, err);
    if (r < 0)
        return bd_err_wrap(err, "%s", options.file);
    r = hold_right(made.definition, options.file, err);
    if (r < 0)
        return r;
    if (cli->json) {
        bd_auto_json json_t *json =
            json_pack("{s:O, s:O}", "definition", made.definition, "notes", made.notes);
        bd_auto_free char *shown = bd_json_text(json);
        cli_print_json(shown);
        return CLI_OK;
    }
    write_file(&options, &made, &text);
    r = put(args_get(&cli->args, "output"), &text, err);
    if (r == 0)
        tell_notes(cli, &options, made.notes);
    return r < 0 ? r : CLI_OK;
}
