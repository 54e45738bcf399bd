/*
 * The nodes' clocks. bench-clock answers on each compute node; another on the controller asks them,
 * some nodes at a time, and of several exchanges takes the one with the least round trip (Cristian
 * 1989): what it tells is the offset of their monotonic clock, and a bound for its error.
 */
#include "lib/base/clock.h"
#include "lib/base/par.h"
#include "lib/workload/jobstream.h"

#include <string.h>

#define PORT        "6899"
#define ROUNDS      "24"
#define SERVE_S     "10" /* without a question */
#define ASK_NS      (20 * BD_NS_PER_S)
#define SERVE_NS    (40 * BD_NS_PER_S)
#define GROUP_NODES 15 /* at once: a thread and a program on the host for each */

/* One program on the controller asks what is started on the others of the group. */
struct group {
    const struct workload_input *in;
    const struct node_plan *nodes;
    size_t n;
    json_t *clocks; /* of the thread that asks */
};

static int serve(const struct group *g, const struct node_plan *node, struct bd_err *err)
{
    static const char *const argv[] = {NODE_BENCH_CLOCK, "serve", PORT, SERVE_S, NULL};
    const struct channel_cmd cmd = {
        .node = node, .argv = argv, .timeout_ns = SERVE_NS, .cancel = g->in->cancel};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int rc = channel_exec(g->in->channel, &cmd, &out, err);
    if (rc < 0)
        return rc;
    return out.exit_code == 0 ? 0
                              : bd_err_set(err, BD_EWORKLOAD, "bench-clock on node %s: %.200s",
                                           node->name, bd_str_text(&out.err));
}

static const struct node_plan *node_of(const struct group *g, const char *address)
{
    for (size_t i = 0; i < g->n; i++)
        if (bd_str_eq(g->nodes[i].address, address))
            return &g->nodes[i];
    return NULL;
}

/* "ADDRESS OFFSET_NS BOUND_NS ROUNDS" a line. */
static int take_answers(struct group *g, char *text, struct bd_err *err)
{
    size_t found = 0;
    for (char *line; (line = strsep(&text, "\n"));) {
        int64_t offset_ns, bound_ns;
        const char *address = strsep(&line, " ");
        const char *offset = strsep(&line, " "), *bound = strsep(&line, " ");
        const struct node_plan *node = node_of(g, address);
        if (!node || !offset || !bound ||
            bd_parse_i64(offset, INT64_MIN, INT64_MAX, &offset_ns) < 0 ||
            bd_parse_i64(bound, 0, INT64_MAX, &bound_ns) < 0)
            continue;
        json_object_set_new(g->clocks, node->name,
                            json_pack("{s:I, s:I}", "offsetNs", (json_int_t)offset_ns, "boundNs",
                                      (json_int_t)bound_ns));
        found++;
    }
    return found == g->n
               ? 0
               : bd_err_set(err, BD_EWORKLOAD, "the clocks of %zu of %zu nodes were not told of",
                            g->n - found, g->n);
}

static int ask(struct group *g, struct bd_err *err)
{
    bd_auto_strv struct bd_strv argv = {0};
    bd_strv_add(&argv, NODE_BENCH_CLOCK);
    bd_strv_add(&argv, "ask");
    bd_strv_add(&argv, PORT);
    bd_strv_add(&argv, ROUNDS);
    for (size_t i = 0; i < g->n; i++)
        bd_strv_add(&argv, g->nodes[i].address);
    const struct channel_cmd cmd = {
        .node = cluster_plan_node(g->in->plan, NULL),
        .argv = (const char *const *)argv.items,
        .timeout_ns = ASK_NS,
        .cancel = g->in->cancel,
    };
    bd_auto_proc_result struct bd_proc_result out = {0};
    int rc = channel_exec(g->in->channel, &cmd, &out, err);
    if (rc < 0)
        return rc;
    if (out.exit_code != 0)
        return bd_err_set(err, BD_EWORKLOAD, "%.300s", bd_str_text(&out.err));
    bd_auto_free char *text = bd_xstrdup(bd_str_text(&out.out));
    return take_answers(g, text, err);
}

static int one_of_group(size_t index, void *arg, struct bd_err *err)
{
    struct group *g = arg;
    return index < g->n ? serve(g, &g->nodes[index], err) : ask(g, err);
}

int clock_measure(const struct workload_input *in, json_t **ret_clocks, struct bd_err *err)
{
    const struct cluster_plan *plan = in->plan;
    size_t first = plan->spec.controllers;
    bd_auto_json json_t *clocks = json_object();
    for (size_t at = first; at < plan->n_nodes; at += GROUP_NODES) {
        size_t left = plan->n_nodes - at;
        struct group g = {
            .in = in,
            .nodes = &plan->nodes[at],
            .n = left < GROUP_NODES ? left : GROUP_NODES,
            .clocks = clocks,
        };
        int rc = bd_par_for(g.n + 1, GROUP_NODES + 1, one_of_group, &g, in->cancel, err);
        if (rc < 0)
            return bd_err_wrap(err, "measure the nodes' clocks");
    }
    *ret_clocks = bd_take(clocks);
    return 0;
}
