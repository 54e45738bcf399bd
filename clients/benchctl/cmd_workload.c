/* benchctl workload ls, show, add, rm; and check, without a daemon. */
#include "api.h"
#include "commands.h"
#include "definition.h"
#include "show.h"

#include "contract.h"
#include "lib/schema/schema.h"
#include "lib/workload/definition.h"

#include <stdio.h>

/* -- list and show -- */

/* "cpu, memory"; NULL where there is none. The caller's. */
static char *joined(const json_t *list)
{
    struct bd_str out = {0};
    const json_t *item;
    size_t i;
    json_array_foreach (list, i, item)
        bd_str_addf(&out, "%s%s", i ? ", " : "", json_string_value(item));
    return json_array_size(list) ? bd_str_take(&out) : NULL;
}

static void print_list(const struct cli *cli, const json_t *list)
{
    static const struct table_column columns[] = {
        {"NAME", false}, {"KIND", false}, {"STRESSES", false}, {"TITLE", false}};
    const json_t *workload;
    size_t i;
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    json_array_foreach (json_object_get(list, "items"), i, workload) {
        const char *error = bd_json_str(workload, "error", NULL);
        bd_auto_free char *stresses = joined(json_object_get(workload, "stresses"));
        table_add(&table, STYLE_BOLD, bd_json_str(workload, "name", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(workload, "kind", "?"));
        table_add(&table, STYLE_PLAIN, stresses);
        table_add(&table, error ? STYLE_BAD : STYLE_PLAIN,
                  error ? error : bd_json_str(workload, "title", NULL));
    }
    table_print(&table, &cli->out, 0);
}

int cmd_workload_ls(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *list = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_get(cli, "/v1/workloads", &reply, &list, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        print_list(cli, list);
    return CLI_OK;
}

static void print_facts(const struct cli *cli, const json_t *w)
{
    const json_t *needs = json_object_get(w, "needs"), *source = json_object_get(w, "source");
    bd_auto_free char *stresses = joined(json_object_get(w, "stresses"));
    bd_auto_free char *programs = joined(json_object_get(needs, "programs"));
    bd_auto_free char *packages = joined(json_object_get(needs, "packages"));
    table_auto struct table table = {0};
    show_init(&table);
    show_fact(&table, "name", STYLE_BOLD, bd_json_str(w, "name", "?"));
    show_fact(&table, "title", STYLE_PLAIN, bd_json_str(w, "title", NULL));
    show_fact(&table, "description", STYLE_PLAIN, bd_json_str(w, "description", NULL));
    show_fact(&table, "kind", STYLE_PLAIN, bd_json_str(w, "kind", NULL));
    show_fact(&table, "digest", STYLE_DIM, bd_json_str(w, "digest", NULL));
    show_fact(&table, "source", STYLE_PLAIN, bd_json_str(source, "url", NULL));
    show_fact(&table, "version", STYLE_PLAIN, bd_json_str(source, "version", NULL));
    show_fact(&table, "licence", STYLE_PLAIN, bd_json_str(w, "licence", NULL));
    show_fact(&table, "stresses", STYLE_PLAIN, stresses);
    show_fact(&table, "needs", STYLE_PLAIN, programs);
    show_fact(&table, "packages", STYLE_PLAIN, packages);
    show_fact(&table, "error", STYLE_BAD, bd_json_str(w, "error", NULL));
    table_print(&table, &cli->out, 0);
}

static void add_json(struct table *table, const json_t *value)
{
    bd_auto_str struct bd_str text = {0};
    if (value)
        api_add_value(&text, value);
    table_add(table, STYLE_PLAIN, value ? bd_str_text(&text) : NULL);
}

static void print_parameters(const struct cli *cli, const json_t *schema)
{
    static const struct table_column columns[] = {
        {"PARAMETER", false}, {"TYPE", false}, {"DEFAULT", false}, {"WHAT", false}};
    const json_t *properties = json_object_get(schema, "properties");
    bd_auto_strv struct bd_strv names = {0};
    const char *name;
    json_t *property;
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    json_object_foreach ((json_t *)properties, name, property)
        if (!bd_str_eq(name, "name"))
            bd_strv_add(&names, name);
    bd_strv_sort(&names);
    for (size_t i = 0; i < names.n; i++) {
        const json_t *of = json_object_get(properties, names.items[i]);
        table_add(&table, STYLE_BOLD, names.items[i]);
        table_add(&table, STYLE_PLAIN, bd_json_str(of, "type", NULL));
        add_json(&table, json_object_get(of, "default"));
        table_add(&table, STYLE_PLAIN,
                  bd_json_str(of, "description", bd_json_str(of, "title", NULL)));
    }
    if (names.n) {
        fputc('\n', cli->out.file);
        table_print(&table, &cli->out, 0);
    }
}

static void print_metrics(const struct cli *cli, const json_t *metrics)
{
    static const struct table_column columns[] = {
        {"METRIC", false}, {"UNIT", false}, {"KIND", false}, {"BETTER", false}, {"WHAT", false}};
    bd_auto_strv struct bd_strv names = {0};
    const char *name;
    json_t *metric;
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    json_object_foreach ((json_t *)metrics, name, metric)
        bd_strv_add(&names, name);
    bd_strv_sort(&names);
    for (size_t i = 0; i < names.n; i++) {
        static const char *const members[] = {"unit", "kind", "direction", "title"};
        const json_t *of = json_object_get(metrics, names.items[i]);
        table_add(&table, STYLE_BOLD, names.items[i]);
        for (size_t k = 0; k < BD_ARRAY_LEN(members); k++)
            table_add(&table, STYLE_PLAIN, bd_json_str(of, members[k], NULL));
    }
    if (names.n) {
        fputc('\n', cli->out.file);
        table_print(&table, &cli->out, 0);
    }
}

static char *path_of(const char *name)
{
    bd_auto_free char *quoted = api_quote(name);
    return bd_xasprintf("/v1/workloads/%s", quoted);
}

int cmd_workload_show(struct cli *cli, struct bd_err *err)
{
    bd_auto_free char *path = path_of(cli->args.operands.items[0]);
    bd_auto_json json_t *workload = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_get(cli, path, &reply, &workload, err);
    if (r < 0)
        return r;
    if (cli->json) {
        cli_print_json(bd_str_text(&reply.body));
        return CLI_OK;
    }
    print_facts(cli, workload);
    print_parameters(cli, json_object_get(workload, "parameters"));
    print_metrics(cli, json_object_get(workload, "metrics"));
    return CLI_OK;
}

/* -- register and remove -- */

int cmd_workload_add(struct cli *cli, struct bd_err *err)
{
    document_auto struct document definition = {0};
    bd_auto_json json_t *workload = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = document_read(cli->args.operands.items[0], &definition, err);
    if (r == 0)
        r = api_create_from(cli, "/v1/workloads", &definition, &reply, &workload, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        puts(bd_json_str(workload, "name", "?"));
    return CLI_OK;
}

int cmd_workload_rm(struct cli *cli, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    bd_auto_free char *path = path_of(cli->args.operands.items[0]);
    const struct http_request rq = {.method = "DELETE", .path = path, .limit_ns = API_LIMIT_NS};
    int r = api_do(cli, &rq, &reply, err);
    return r < 0 ? r : CLI_OK;
}

/* -- check -- */

int definition_faults(json_t *definition, struct schema_faults *faults, struct bd_err *err)
{
    bd_auto_json json_t *contract = NULL;
    bd_auto(schema) struct schema *schema = NULL;
    int r = bd_json_parse(contract_json, contract_json_bytes, &contract, err);
    if (r == 0)
        r = schema_compile(contract, "/components/schemas/WorkloadDefinition", &schema, err);
    if (r == 0 && schema_check(schema, definition, "", faults))
        definition_check(definition, faults);
    return r;
}

/* With the lines of the file, as those that the daemon finds. */
static void print_faults(struct cli *cli, const struct document *document, const json_t *list)
{
    cli->sent = document;
    api_add_faults(cli, list);
    cli->sent = NULL;
    fputs(bd_str_text(&cli->faults), cli->out.file);
    bd_str_clear(&cli->faults);
}

int cmd_workload_check(struct cli *cli, struct bd_err *err)
{
    document_auto struct document document = {0};
    bd_auto_faults struct schema_faults faults = {0};
    int r = document_read(cli->args.operands.items[0], &document, err);
    if (r == 0)
        r = definition_faults(document.json, &faults, err);
    if (r < 0)
        return r;
    bd_auto_json json_t *list = schema_faults_json(&faults);
    if (cli->json) {
        bd_auto_json json_t *json = json_pack("{s:O}", "faults", list);
        bd_auto_free char *text = bd_json_text(json);
        cli_print_json(text);
    } else {
        print_faults(cli, &document, list);
    }
    cli_note(cli, faults.n ? MARK_FAIL : MARK_OK, "%s: %zu faults", document.name, faults.n);
    return faults.n ? CLI_FAILED : CLI_OK;
}
