#include "lib/sched/null.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/jobs/jobs.h"
#include "lib/sched/daemons.h"

#include <stdio.h>
#include <string.h>

#define SUBMIT "/usr/libexec/benchd/bench-submit-null"
#define LAUNCH "/usr/libexec/benchd/bench-launch"

/* As the programs have them (node/frames.h, node/bench-submit-null.c). */
#define KEY_FILE   "/etc/benchd/null.key"
#define NODES_FILE "/etc/benchd/null.nodes"
#define WHY_DIR    "/run/benchd/null.why"
#define RECORDS    "/var/log/benchd/null.log"
#define JOB_PREFIX "bd-"

#define UNIT_NAME "bench-launch.service"
#define UNIT      "/etc/systemd/system/" UNIT_NAME
#define WANTED    "/etc/systemd/system/multi-user.target.wants/" UNIT_NAME

#define KEY_BYTES 32

/* --------------------------------------------------------------------------------- what it can be
 */

static const char *const owned[] = {NULL};

static void check_options(const json_t *options, struct schema_faults *faults)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)options, key, value) {
        bd_auto_free char *pointer = sched_option_pointer(key);
        bd_auto_free char *got = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        schema_faults_add(faults, pointer, got, "no option: the scheduler null has none");
    }
}

static json_t *defaults(void)
{
    return json_object();
}

/* All that it needs of a node is benchd's own. */
static int check_image(const struct cluster_spec *spec BD_UNUSED,
                       const struct sched_image *image BD_UNUSED, struct bd_err *err BD_UNUSED)
{
    return 0;
}

/* -------------------------------------------------------------------------------------- its files
 */

static void add_launcher(const struct node_plan *node, struct node_files *files)
{
    node_files_addf(files, UNIT, 0644,
                    "[Unit]\n"
                    "Description=Starts jobs of the scheduler null\n"
                    "[Service]\n"
                    "ExecStart=" LAUNCH " --listen %s\n"
                    "Restart=on-failure\n"
                    "RestartSec=200ms\n"
                    "TasksMax=infinity\n",
                    node->address);
    node_files_link(files, WANTED, UNIT);
}

static int files(const struct cluster_plan *plan, const struct sched_image *image BD_UNUSED,
                 struct node_files *files, struct bd_err *err BD_UNUSED)
{
    unsigned char key[KEY_BYTES];
    bd_auto_str struct bd_str hex = {0}, nodes = {0};
    bd_random(key, sizeof(key));
    for (size_t i = 0; i < sizeof(key); i++)
        bd_str_addf(&hex, "%02x", key[i]);
    for (size_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].role == NODE_COMPUTE)
            bd_str_addf(&nodes, "%s %s\n", plan->nodes[i].name, plan->nodes[i].address);
    for (size_t i = 0; i < plan->n_nodes; i++) {
        node_files_add(&files[i], KEY_FILE, 0400, 0, 0, hex.data, hex.len);
        if (plan->nodes[i].role == NODE_COMPUTE)
            add_launcher(&plan->nodes[i], &files[i]);
        else
            node_files_add(&files[i], NODES_FILE, 0644, 0, 0, nodes.data, nodes.len);
    }
    explicit_bzero(key, sizeof(key));
    explicit_bzero(hex.data, hex.len);
    return 0;
}

/* --------------------------------------------------------------------------------- until it is up
 */

struct wait {
    struct sched_nodes nodes;
    char missing[512]; /* names of nodes that did not answer, as last told */
};

static const struct sched_daemon launcher = {UNIT_NAME, "bench-launch", NULL,
                                             "it is benchd's own program"};
static const struct sched_daemon *const launchers[] = {&launcher, NULL};

/* The controller runs nothing that could answer: it is up once what jobs need there (places for
 * records, systemd's bus) has been made. */
static int look_at_controller(struct wait *w, bool *ret_up, struct bd_err *err)
{
    static const char *const argv[] = {"systemctl", "is-active", "--quiet", "basic.target", NULL};
    const struct node_plan *controller = cluster_plan_node(w->nodes.plan, NULL);
    bd_auto_proc_result struct bd_proc_result out = {0};
    int rc = sched_ask(&w->nodes, controller, argv, &out, err);
    *ret_up = rc == 0 && out.exit_code == 0;
    snprintf(w->missing, sizeof(w->missing), "%s", controller->name);
    return rc;
}

/* All answer, or their names are in w->missing. */
static int look_at_nodes(struct wait *w, bool *ret_all, struct bd_err *err)
{
    static const char *const argv[] = {SUBMIT, "check", NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int rc = sched_ask(&w->nodes, cluster_plan_node(w->nodes.plan, NULL), argv, &out, err);
    if (rc < 0)
        return rc;
    const char *text = bd_str_text(&out.out);
    *ret_all = out.exit_code == 0;
    if (!*ret_all && !*text)
        return bd_err_set(err, BD_ECHILD,
                          "null: '" SUBMIT " check' on the controller ended with "
                          "%d: %.300s",
                          out.exit_code, bd_str_text(&out.err));
    snprintf(w->missing, sizeof(w->missing), "%.*s", (int)strcspn(text, "\n"), text);
    return 0;
}

static int all_up(void *arg, bool *ret_yes, struct bd_err *err)
{
    bool all = false;
    int rc = look_at_nodes(arg, &all, err);
    return rc == 0 && all ? look_at_controller(arg, ret_yes, err) : rc;
}

/* The first node that is missing; the controller has no launcher. */
static int check_launcher(void *arg, struct bd_err *err)
{
    struct wait *w = arg;
    bd_auto_free char *name = bd_xstrndup(w->missing, strcspn(w->missing, ","));
    const struct node_plan *node = cluster_plan_node(w->nodes.plan, name);
    return node && node->role == NODE_COMPUTE ? sched_daemons_check(&w->nodes, node, launchers, err)
                                              : 0;
}

static int wait_ready(const struct channel *channel, const struct cluster_plan *plan,
                      struct bd_cancel *cancel, char **ret_version, struct bd_err *err)
{
    struct wait w = {
        .nodes = {.channel = channel, .plan = plan, .cancel = cancel, .title = "null"}};
    int rc = sched_wait_until(&w.nodes, all_up, check_launcher, &w, err);
    if (rc == BD_ETIMEOUT && *w.missing)
        bd_err_set(err, BD_ETIMEOUT, "null: not up in time: %s", w.missing);
    if (rc == 0)
        *ret_version = bd_xstrdup("null " BENCHD_VERSION);
    return rc;
}

/* -------------------------------------------------------------------------------------- its jobs
 */

/* Nodes are whole and a job's own in any case: their cores are its tasks'. */
static void launch(const struct sched_job *job, struct bd_strv *ret_argv)
{
    bd_strv_add(ret_argv, SUBMIT);
    bd_strv_add(ret_argv, "run");
    bd_strv_addf(ret_argv, "--name=%s", job->name);
    bd_strv_addf(ret_argv, "--nodes=%u", job->nodes);
    bd_strv_addf(ret_argv, "--tasks=%u", job->tasks);
    if (job->limit_ns > 0)
        bd_strv_addf(ret_argv, "--limit-ns=%lld", (long long)job->limit_ns);
    if (job->dir)
        bd_strv_addf(ret_argv, "--dir=%s", job->dir);
    bd_strv_add(ret_argv, "--");
    bd_strv_add_all(ret_argv, job->argv);
}

/* A job that waits writes down why, and takes that back once it begins. */
static char *why_waiting(const struct channel *channel, const struct cluster_plan *plan,
                         const char *job_name)
{
    bd_auto_free char *file = bd_xasprintf(WHY_DIR "/%s", job_name);
    const char *const argv[] = {"cat", file, NULL};
    bd_auto_free char *said = sched_said(channel, plan, argv);
    return said ? bd_xasprintf("null says: %.200s", said) : NULL;
}

/* It has no clients: what submits is the scheduler itself. */
static void submitter(unsigned clients BD_UNUSED, struct bd_strv *ret_argv)
{
    bd_strv_add(ret_argv, SUBMIT);
}

/* ------------------------------------------------------------------------------------ its records
 */

static bool take_number(const char *line, size_t bytes, const char *key, int64_t *ret_number)
{
    size_t n = strlen(key);
    const char *at = line, *end = line + bytes;
    while (at && at < end && ((size_t)(end - at) <= n || strncmp(at, key, n) != 0)) {
        at = memchr(at, ' ', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    if (!at || at >= end)
        return false;
    const char *stop = memchr(at, ' ', (size_t)(end - at));
    bd_auto_free char *value = bd_xstrndup(at + n, (size_t)((stop ? stop : end) - at) - n);
    return bd_parse_i64(value, 0, INT64_MAX, ret_number) == 0;
}

static enum job_end end_of(const char *line, size_t bytes)
{
    bd_auto_free char *text = bd_xstrndup(line, bytes);
    char *state = strstr(text, " state=");
    enum job_end end;
    if (!state)
        return JOB_END_UNKNOWN;
    state += strlen(" state=");
    state[strcspn(state, " ")] = '\0';
    return job_end_from_str(state, &end) == 0 ? end : JOB_END_UNKNOWN;
}

static int read_line(const char *line, size_t bytes, struct sched_records *records,
                     struct bd_err *err)
{
    int64_t id, index, task, nodes, submit_ns, start_ns, end_ns;
    if (!take_number(line, bytes, "job=", &id) ||
        !take_number(line, bytes, "name=" JOB_PREFIX, &index) ||
        !take_number(line, bytes, "task=", &task) || !take_number(line, bytes, "nodes=", &nodes) ||
        !take_number(line, bytes, "submit_ns=", &submit_ns) ||
        !take_number(line, bytes, "start_ns=", &start_ns) ||
        !take_number(line, bytes, "end_ns=", &end_ns))
        return bd_err_set(err, BD_ECORRUPT, "line %u of null's record of jobs makes no sense: %.*s",
                          records->lines, (int)(bytes < 80 ? bytes : 80), line);
    sched_records_add(records, &(struct sched_record){
                                   .job_id = (uint64_t)id,
                                   .index = index,
                                   .submit_s = submit_ns / BD_NS_PER_S,
                                   .start_s = start_ns / BD_NS_PER_S,
                                   .end_s = end_ns / BD_NS_PER_S,
                                   .nodes = (unsigned)nodes,
                                   .task_no = (uint32_t)task + 1,
                                   .end = end_of(line, bytes),
                               });
    return 0;
}

static int read_records(const char *text, size_t bytes, struct sched_records *records,
                        struct bd_err *err)
{
    return sched_records_lines(text, bytes, records, read_line, err);
}

static const char *const controller_logs[] = {RECORDS, NULL};
static const char *const none[] = {NULL};
static const struct sched_fair fair[] = {{.policy = SCHED_FCFS}};

const struct sched sched_null = {
    .name = "null",
    .title = "First come first served over whole nodes, and nothing else: the least there can be",
    .tested = BENCHD_VERSION,
    .owned = owned,
    .check_options = check_options,
    .can = 1U << SCHED_ARRAYS | 1U << SCHED_DEPENDENCIES | 1U << SCHED_USERS | 1U << SCHED_CORES |
           1U << SCHED_EXCLUSIVE,
    .fair = fair,
    .n_fair = BD_ARRAY_LEN(fair),
    .check_image = check_image,
    .files = files,
    .wait_ready = wait_ready,
    .launch = launch,
    .why_waiting = why_waiting,
    .controller_logs = controller_logs,
    .compute_logs = none,
    .accounting_logs = none,
    .daemons = none,
    .limit_grain_ns = BD_NS_PER_S,
    .submitter = submitter,
    .records_log = RECORDS,
    .read_records = read_records,
    .defaults = defaults,
};
