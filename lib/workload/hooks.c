/* Commands that a spec has run in nodes at certain points of a run. */
#include "lib/base/clock.h"
#include "lib/base/par.h"
#include "lib/workload/command_check.h"
#include "lib/workload/output.h"
#include "lib/workload/workload.h"

#include <pthread.h>
#include <string.h>

#define TIMEOUT_NS     (60 * BD_NS_PER_S)
#define WIDTH          16
#define LINE_BYTES_MAX 8192 /* a longer one is broken, where each has its node's name before it */

/* One hook, on the nodes that it names. */
struct hook {
    const struct channel *channel;
    const json_t *spec;
    const char *const *argv, *const *env;
    struct bd_cancel *cancel;
    const struct cluster_plan *plan;
    size_t *nodes; /* of the plan's */
    size_t n_nodes;
    struct output log;    /* of all nodes */
    pthread_mutex_t lock; /* of log */
};

/* What one node's command writes. */
struct hook_node {
    struct hook *hook;
    const struct node_plan *node;
    struct bd_str lines[2]; /* begun, of stdout and stderr */
    struct output end;      /* for messages; no file of its own */
};

/* ------------------------------------------------------------------------------------ its nodes */

static bool takes(const char *where, const struct node_plan *node, const struct node_plan *first)
{
    if (bd_str_eq(where, "all"))
        return true;
    if (bd_str_eq(where, "compute"))
        return node->role == NODE_COMPUTE;
    if (bd_str_eq(where, "controller"))
        return node == first;
    return bd_str_eq(where, node->name);
}

static void choose_nodes(struct hook *h)
{
    const char *where = bd_json_str(h->spec, "node", "controller");
    h->nodes = bd_xcalloc(h->plan->n_nodes, sizeof(*h->nodes));
    for (size_t i = 0; i < h->plan->n_nodes; i++)
        if (takes(where, &h->plan->nodes[i], h->plan->nodes))
            h->nodes[h->n_nodes++] = i;
}

/* "ctl1", "n3": as cluster_plan_make() names them. */
static bool is_node_name(const char *name, const struct cluster_spec *cluster)
{
    int64_t number;
    if (cluster->bare)
        return bd_str_eq(name, NODE_BARE);
    if (bd_starts_with(name, "ctl"))
        return name[3] != '0' && bd_parse_i64(name + 3, 1, cluster->controllers, &number) == 0;
    return name[0] == 'n' && name[1] != '0' &&
           bd_parse_i64(name + 1, 1, cluster->compute, &number) == 0;
}

/* ----------------------------------------------------------------------------------- its output */

static int add_to_log(struct hook *h, const char *data, size_t bytes)
{
    pthread_mutex_lock(&h->lock);
    int rc = output_add(&h->log, data, bytes);
    pthread_mutex_unlock(&h->lock);
    return rc;
}

/* A line goes out as a whole, so that those of several nodes don't mix. */
static int flush_line(struct hook_node *n, struct bd_str *line)
{
    bd_auto_str struct bd_str whole = {0};
    bd_str_addf(&whole, "%s: ", n->node->name);
    bd_str_addn(&whole, bd_str_text(line), line->len);
    bd_str_add(&whole, "\n");
    bd_str_clear(line);
    return add_to_log(n->hook, whole.data, whole.len);
}

static int add_lines(struct hook_node *n, struct bd_str *line, const char *data, size_t bytes)
{
    int rc = 0;
    while (rc == 0 && bytes > 0) {
        const char *end = memchr(data, '\n', bytes);
        size_t part = end ? (size_t)(end - data) : bytes;
        size_t room = LINE_BYTES_MAX - line->len;
        bool whole = end && part <= room;
        part = part < room ? part : room;
        bd_str_addn(line, data, part);
        if (whole || line->len == LINE_BYTES_MAX)
            rc = flush_line(n, line);
        part += whole;
        data += part;
        bytes -= part;
    }
    return rc;
}

static int on_output(enum bd_stream stream, const char *data, size_t bytes, void *arg)
{
    struct hook_node *n = arg;
    output_note(&n->end, data, bytes);
    if (n->hook->n_nodes == 1)
        return add_to_log(n->hook, data, bytes);
    return add_lines(n, &n->lines[stream == BD_STDERR], data, bytes);
}

/* -------------------------------------------------------------------------------------- running */

static int run_on_node(size_t index, void *arg, struct bd_err *err)
{
    struct hook *h = arg;
    struct hook_node n = {.hook = h, .node = &h->plan->nodes[h->nodes[index]], .end = OUTPUT_INIT};
    bd_auto_proc_result struct bd_proc_result result = {0};
    const struct channel_cmd cmd = {
        .node = n.node,
        .argv = h->argv,
        .env = h->env,
        .timeout_ns = command_timeout_ns(h->spec, TIMEOUT_NS),
        .cancel = h->cancel,
        .on_output = on_output,
        .arg = &n,
    };
    int64_t began_ns = bd_mono_ns();
    struct ending ending = {
        .argv = h->argv,
        .channel = h->channel,
        .cmd = &cmd,
        .rc = channel_exec(h->channel, &cmd, &result, err),
        .result = &result,
        .out = &n.end,
    };
    ending.took_ns = bd_mono_ns() - began_ns;
    int flushed = 0;
    for (size_t i = 0; i < BD_ARRAY_LEN(n.lines); i++) {
        if (n.lines[i].len > 0 && flushed == 0)
            flushed = flush_line(&n, &n.lines[i]);
        bd_str_done(&n.lines[i]);
    }
    int rc = ending_judge(&ending, err);
    if (rc == 0 && flushed < 0)
        rc = bd_err_errno(err, -flushed, "write its output");
    if (rc < 0)
        bd_err_wrap(err, "on %s", n.node->name);
    return rc;
}

static int run_hook(struct hook *h, const char *log_name, int dir_fd, struct bd_err *err)
{
    struct bd_err unkept = BD_ERR_INIT;
    int rc = output_open(&h->log, dir_fd, log_name, err);
    if (rc < 0)
        return rc;
    rc = bd_par_for(h->n_nodes, WIDTH, run_on_node, h, h->cancel, err);
    int kept = output_finish(&h->log, false, &unkept);
    output_done(&h->log);
    if (rc == 0 && kept < 0)
        bd_err_copy(err, &unkept);
    return rc < 0 ? rc : kept;
}

int hooks_run(const struct channel *channel, const struct cluster_plan *plan, const json_t *hooks,
              const char *point, int dir_fd, struct bd_cancel *cancel, struct bd_err *err)
{
    json_t *spec;
    size_t i;
    json_array_foreach (json_object_get(hooks, point), i, spec) {
        bd_auto_strv struct bd_strv env = {0};
        bd_auto_free const char **argv = command_argv(json_object_get(spec, "command"));
        bd_auto_free char *log_name = bd_xasprintf("hook-%s-%zu.log", point, i + 1);
        command_env(json_object_get(spec, "env"), &env);
        struct hook h = {
            .channel = channel,
            .plan = plan,
            .spec = spec,
            .argv = argv,
            .env = (const char *const *)env.items,
            .cancel = cancel,
            .log = OUTPUT_INIT,
            .lock = PTHREAD_MUTEX_INITIALIZER,
        };
        choose_nodes(&h);
        int rc = run_hook(&h, log_name, dir_fd, err);
        free(h.nodes);
        pthread_mutex_destroy(&h.lock);
        if (rc < 0) {
            bd_err_wrap(err, "hook %s %zu", point, i + 1);
            return rc;
        }
    }
    return 0;
}

static void refuse_node(const char *at, const char *node, const struct cluster_spec *cluster,
                        struct schema_faults *faults)
{
    if (cluster->bare)
        schema_faults_add(faults, at, node,
                          "controller, compute, all or " NODE_BARE
                          ", all of which are the host: the backend "
                          "%s has no nodes",
                          cluster->backend);
    else
        schema_faults_add(faults, at, node,
                          "controller, compute, all, or a node's name: ctl1, n1 to n%u",
                          cluster->compute);
}

void hooks_check(const json_t *hooks, const struct cluster_spec *cluster,
                 struct schema_faults *faults)
{
    const char *point;
    json_t *list, *spec;
    size_t i;
    json_object_foreach ((json_t *)hooks, point, list) {
        json_array_foreach (list, i, spec) {
            bd_auto_free char *pointer = bd_xasprintf("/hooks/%s/%zu", point, i);
            bd_auto_free char *at = bd_xasprintf("%s/node", pointer);
            const char *node = bd_json_str(spec, "node", "controller");
            command_check(spec, pointer, faults);
            if (!bd_str_eq(node, "all") && !bd_str_eq(node, "compute") &&
                !bd_str_eq(node, "controller") && !is_node_name(node, cluster))
                refuse_node(at, node, cluster, faults);
        }
    }
}
