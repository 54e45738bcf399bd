/* benchctl fragment list, show. */
#include "api.h"
#include "commands.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

int cmd_fragment_list(struct cli *cli, struct bd_err *err)
{
    static const struct table_column columns[] = {
        {"NAME", false}, {"DIGEST", false}, {"SOURCE", false}};
    bd_auto_json json_t *list = NULL;
    http_auto_reply struct http_reply reply = {0};
    const json_t *fragment;
    size_t i;
    int r = api_get(cli, "/v1/fragments", &reply, &list, err);
    if (r < 0)
        return r;
    if (cli->json) {
        cli_print_json(bd_str_text(&reply.body));
        return CLI_OK;
    }
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    json_array_foreach (json_object_get(list, "items"), i, fragment) {
        const char *error = bd_json_str(fragment, "error", NULL);
        table_add(&table, STYLE_BOLD, bd_json_str(fragment, "name", "?"));
        table_addf(&table, error ? STYLE_BAD : STYLE_DIM, "%.19s",
                   error ? "can't be read" : bd_json_str(fragment, "digest", "?"));
        table_add(&table, STYLE_PLAIN, error ? error : bd_json_str(fragment, "source", "?"));
    }
    table_print(&table, &cli->out, 0);
    return CLI_OK;
}

int cmd_fragment_show(struct cli *cli, struct bd_err *err)
{
    const char *name = cli->args.operands.items[0];
    size_t group = strcspn(name, "/");
    bd_auto_free char *first = bd_xstrndup(name, group);
    bd_auto_free char *quoted_group = api_quote(first);
    bd_auto_free char *quoted_name = api_quote(name[group] ? name + group + 1 : "");
    bd_auto_json json_t *fragment = NULL;
    http_auto_reply struct http_reply reply = {0};
    if (!first[0] || !quoted_name[0])
        return bd_err_set(err, BD_EINVALID,
                          "expected GROUP/NAME as in 'benchctl fragment list', "
                          "got '%s'",
                          name);
    bd_auto_free char *path = bd_xasprintf("/v1/fragments/%s/%s", quoted_group, quoted_name);
    int r = api_get(cli, path, &reply, &fragment, err);
    if (r < 0)
        return r;
    if (cli->json) {
        cli_print_json(bd_str_text(&reply.body));
        return CLI_OK;
    }
    table_auto struct table table = {0};
    show_init(&table);
    show_fact(&table, "name", STYLE_BOLD, bd_json_str(fragment, "name", "?"));
    show_fact(&table, "source", STYLE_PLAIN, bd_json_str(fragment, "source", "?"));
    show_fact(&table, "digest", STYLE_DIM, bd_json_str(fragment, "digest", NULL));
    show_fact(&table, "error", STYLE_BAD, bd_json_str(fragment, "error", NULL));
    table_print(&table, &cli->out, 0);
    const json_t *spec = json_object_get(fragment, "spec");
    bd_auto_free char *text =
        json_is_object(spec)
            ? json_dumps(spec, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15))
            : NULL;
    if (text)
        printf("\n%s\n", text);
    return CLI_OK;
}
