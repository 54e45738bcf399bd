/* benchctl cluster ls, show: what is there. */
#include "api.h"
#include "cluster.h"
#include "commands.h"
#include "show.h"
#include "text.h"

#include "lib/base/clock.h"
#include "lib/model/network.h"

#include <string.h>

#define ALL_STATES "creating,ready,failing,deleting,deleted,failed"

static void add_row(struct table *t, const json_t *cluster, int64_t now_ns)
{
    const json_t *spec = json_object_get(cluster, "spec");
    const char *state = bd_json_str(cluster, "state", "?");
    char age[TEXT_NUMBER_BYTES];
    table_add(t, STYLE_BOLD, bd_json_str(cluster, "id", "?"));
    table_add(t, STYLE_PLAIN, bd_json_str(cluster, "name", "-"));
    table_add(t, show_state_style(state), state);
    table_addf(t, STYLE_PLAIN, "%zu/%zu", cluster_nodes_in(cluster, "ready"),
               json_array_size(json_object_get(cluster, "nodes")));
    table_add(t, STYLE_PLAIN, bd_json_str(json_object_get(cluster, "scheduler"), "name", "-"));
    table_add(
        t, STYLE_PLAIN,
        bd_json_str(json_object_get(cluster, "image"), "name", bd_json_str(spec, "image", "-")));
    table_add(t, STYLE_PLAIN, text_age(bd_json_str(cluster, "createdAt", NULL), now_ns, age));
}

int cmd_cluster_ls(struct cli *cli, struct bd_err *err)
{
    static const struct table_column columns[] = {
        {"ID", false},        {"NAME", false},  {"STATE", false}, {"NODES", true},
        {"SCHEDULER", false}, {"IMAGE", false}, {"AGE", true},
    };
    bool all = args_has(&cli->args, "all");
    bd_auto_json json_t *list = NULL;
    int r = api_list(cli, all ? "/v1/clusters?state=" ALL_STATES : "/v1/clusters", &list, err);
    if (r < 0)
        return r;
    if (cli->json) {
        api_print_list(list);
        return CLI_OK;
    }
    bool quiet = args_has(&cli->args, "quiet");
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *cluster;
    size_t i;
    json_array_foreach (json_object_get(list, "items"), i, cluster) {
        if (quiet)
            puts(bd_json_str(cluster, "id", "?"));
        else
            add_row(&table, cluster, bd_wall_ns());
    }
    if (!quiet)
        table_print(&table, &cli->out, 0);
    return CLI_OK;
}

static void add_spec(struct table *t, const json_t *cluster)
{
    const json_t *spec = json_object_get(cluster, "spec");
    const json_t *node = json_object_get(spec, "node"),
                 *scheduler = json_object_get(spec, "scheduler");
    const json_t *image = json_object_get(cluster, "image");
    show_fact(t, "backend", STYLE_PLAIN, bd_json_str(spec, "backend", NULL));
    show_factf(t, "scheduler", STYLE_PLAIN, "%s %s", bd_json_str(scheduler, "name", "?"),
               bd_json_str(json_object_get(cluster, "scheduler"), "version", ""));
    show_factf(t, "image", STYLE_PLAIN, "%s %.19s",
               bd_json_str(image, "name", bd_json_str(spec, "image", "?")),
               bd_json_str(image, "digest", ""));
    show_factf(t, "node", STYLE_PLAIN, "%g CPU, %s", bd_json_real(node, "cpus", 1),
               bd_json_str(node, "memory", "?"));
    show_fact(t, "subnet", STYLE_PLAIN, bd_json_str(cluster, "subnet", NULL));
}

static void add_timings(struct table *t, const json_t *cluster)
{
    bd_auto_str struct bd_str text = {0};
    bd_auto_strv struct bd_strv steps = {0};
    char time[TEXT_NUMBER_BYTES];
    cluster_steps(cluster, &steps);
    for (size_t i = 0; i < steps.n; i++)
        bd_str_addf(&text, "%s%s %s", i ? ", " : "", steps.items[i],
                    text_ms(cluster_step_ms(cluster, steps.items[i]), time));
    if (steps.n)
        show_fact(t, "timings", STYLE_PLAIN, bd_str_text(&text));
}

static void add_outcome(struct table *t, const json_t *cluster)
{
    const json_t *residue = json_object_get(cluster, "residue");
    show_warnings(t, cluster);
    show_error(t, cluster);
    if (json_is_object(residue))
        show_fact(t, "residue", cluster_is_clean(cluster) ? STYLE_GOOD : STYLE_BAD,
                  cluster_is_clean(cluster) ? "none" : "see below");
}

static void print_nodes(const struct cli *cli, const json_t *cluster)
{
    static const struct table_column columns[] = {
        {"NODE", false}, {"ROLE", false}, {"STATE", false}, {"ADDRESS", false}};
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *node;
    size_t i;
    json_array_foreach (json_object_get(cluster, "nodes"), i, node) {
        const char *state = bd_json_str(node, "state", "?");
        table_add(&table, STYLE_BOLD, bd_json_str(node, "name", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(node, "role", "?"));
        table_add(&table, show_state_style(state), state);
        table_add(&table, STYLE_PLAIN, bd_json_str(node, "address", "-"));
    }
    if (table.n == 0)
        return;
    putchar('\n');
    table_print(&table, &cli->out, 0);
}

/* Of a network that was shaped, what came of it. */
static void print_network(const struct cli *cli, const json_t *cluster)
{
    static const struct table_column columns[] = {{"NETWORK", false}, {"FROM", false},
                                                  {"TO", false},      {"ASKED", true},
                                                  {"MEASURED", true}, {"HOLDS", false}};
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *figure;
    size_t i;
    json_array_foreach (json_object_get(json_object_get(cluster, "network"), "figures"), i,
                        figure) {
        const char *name = bd_json_str(figure, "name", "?");
        bool holds = bd_json_bool(figure, "holds", 0);
        bd_auto_free char *asked = network_value_text(name, bd_json_real(figure, "asked", 0));
        bd_auto_free char *is = network_value_text(name, bd_json_real(figure, "measured", 0));
        table_add(&table, STYLE_BOLD, name);
        table_add(&table, STYLE_PLAIN, bd_json_str(figure, "from", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(figure, "to", "?"));
        table_add(&table, STYLE_PLAIN, asked);
        table_add(&table, STYLE_PLAIN, is);
        table_add(&table, holds ? STYLE_GOOD : STYLE_BAD, holds ? "yes" : "no");
    }
    if (table.n == 0)
        return;
    putchar('\n');
    table_print(&table, &cli->out, 0);
}

static void print_cluster(const struct cli *cli, const json_t *cluster)
{
    const char *state = bd_json_str(cluster, "state", "?");
    table_auto struct table table = {0};
    show_init(&table);
    show_fact(&table, "id", STYLE_BOLD, bd_json_str(cluster, "id", "?"));
    show_fact(&table, "name", STYLE_PLAIN, bd_json_str(cluster, "name", NULL));
    show_fact(&table, "state", show_state_style(state), state);
    show_fact(&table, "step", STYLE_PLAIN, bd_json_str(cluster, "step", NULL));
    add_spec(&table, cluster);
    show_time(&table, "created", bd_json_str(cluster, "createdAt", NULL));
    show_time(&table, "ready", bd_json_str(cluster, "readyAt", NULL));
    show_time(&table, "ended", bd_json_str(cluster, "endedAt", NULL));
    add_timings(&table, cluster);
    add_outcome(&table, cluster);
    table_print(&table, &cli->out, 0);
    print_nodes(cli, cluster);
    print_network(cli, cluster);
    if (json_is_object(json_object_get(cluster, "residue")) &&
        (!cluster_is_clean(cluster) || cluster_has_others(cluster))) {
        putchar('\n');
        cluster_print_residue(cli, cluster, "");
    }
}

int cmd_cluster_show(struct cli *cli, struct bd_err *err)
{
    bd_auto_free char *id = NULL;
    bd_auto_json json_t *cluster = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_find(cli, API_CLUSTER, cli->args.operands.items[0], &id, err);
    if (r < 0)
        return r;
    bd_auto_free char *path = bd_xasprintf("/v1/clusters/%s", id);
    r = api_get(cli, path, &reply, &cluster, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        print_cluster(cli, cluster);
    return CLI_OK;
}
