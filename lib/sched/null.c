#include "lib/sched/null.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/jobs/jobs.h"

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

#define POLL_FIRST_NS   (20 * BD_NS_PER_MS)
#define POLL_LONGEST_NS (200 * BD_NS_PER_MS)
#define COMMAND_NS      (10 * BD_NS_PER_S)
#define QUESTION_NS     (5 * BD_NS_PER_S)

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
    const struct channel *channel;
    const struct cluster_plan *plan;
    struct bd_cancel *cancel;
    char missing[512]; /* names of nodes that did not answer, as last told */
};

static int ask(const struct wait *w, const struct node_plan *node, const char *const *argv,
               struct bd_proc_result *ret, struct bd_err *err)
{
    const struct channel_cmd cmd = {
        .node = node, .argv = argv, .timeout_ns = COMMAND_NS, .cancel = w->cancel};
    int rc = channel_exec(w->channel, &cmd, ret, err);
    return rc < 0 ? bd_err_wrap(err, "%s on node %s", argv[0], node->name) : 0;
}

/* The controller runs nothing that could answer: it is up once what jobs need there (places for
 * records, systemd's bus) has been made. */
static int look_at_controller(struct wait *w, bool *ret_up, struct bd_err *err)
{
    static const char *const argv[] = {"systemctl", "is-active", "--quiet", "basic.target", NULL};
    const struct node_plan *controller = cluster_plan_node(w->plan, NULL);
    bd_auto_proc_result struct bd_proc_result out = {0};
    int rc = ask(w, controller, argv, &out, err);
    *ret_up = rc == 0 && out.exit_code == 0;
    snprintf(w->missing, sizeof(w->missing), "%s", controller->name);
    return rc;
}

/* All answer, or their names are in w->missing. */
static int look_at_nodes(struct wait *w, bool *ret_all, struct bd_err *err)
{
    static const char *const argv[] = {SUBMIT, "check", NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int rc = ask(w, cluster_plan_node(w->plan, NULL), argv, &out, err);
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

static const struct node_plan *first_missing(const struct wait *w)
{
    bd_auto_free char *name = bd_xstrndup(w->missing, strcspn(w->missing, ","));
    return cluster_plan_node(w->plan, name);
}

/* BD_ECHILD where its systemd has given the launcher up, with its last words. */
static int check_unit(const struct wait *w, const struct node_plan *node, struct bd_err *err)
{
    static const char *const is_failed[] = {"systemctl", "is-failed", UNIT_NAME, NULL};
    static const char *const words[] = {"journalctl", "-q", "--no-pager", "-o",           "cat",
                                        "-n",         "5",  "-t",         "bench-launch", NULL};
    bd_auto_proc_result struct bd_proc_result state = {0}, said = {0};
    struct bd_err unanswered = BD_ERR_INIT;
    if (ask(w, node, is_failed, &state, &unanswered) < 0)
        return bd_cancel_check(w->cancel, err);
    if (!bd_starts_with(bd_str_text(&state.out), "failed\n"))
        return 0;
    if (ask(w, node, words, &said, &unanswered) < 0)
        bd_str_add(&said.out, unanswered.text);
    return bd_err_set(err, BD_ECHILD,
                      "null: bench-launch on %s ends whenever it is started: %.300s", node->name,
                      bd_str_text(&said.out));
}

static int wait_ready(const struct channel *channel, const struct cluster_plan *plan,
                      struct bd_cancel *cancel, char **ret_version, struct bd_err *err)
{
    struct wait w = {.channel = channel, .plan = plan, .cancel = cancel};
    int64_t pause_ns = POLL_FIRST_NS;
    for (bool all = false;;) {
        bool up = false;
        int rc = look_at_nodes(&w, &all, err);
        if (rc == 0 && all)
            rc = look_at_controller(&w, &up, err);
        if (rc == 0 && up)
            break;
        if (rc == 0 && !all && first_missing(&w))
            rc = check_unit(&w, first_missing(&w), err);
        if (rc == 0)
            rc = bd_cancel_sleep(cancel, pause_ns, err);
        if (rc == BD_ETIMEOUT && *w.missing)
            bd_err_set(err, BD_ETIMEOUT, "null: not up in time: %s", w.missing);
        if (rc < 0)
            return rc;
        pause_ns = pause_ns * 5 / 4 < POLL_LONGEST_NS ? pause_ns * 5 / 4 : POLL_LONGEST_NS;
    }
    *ret_version = bd_xstrdup("null " BENCHD_VERSION);
    return 0;
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
    for (const char *const *word = job->argv; *word; word++)
        bd_strv_add(ret_argv, *word);
}

/* A job that waits writes down why, and takes that back once it begins. */
static char *why_waiting(const struct channel *channel, const struct cluster_plan *plan,
                         const char *job_name)
{
    bd_auto_free char *file = bd_xasprintf(WHY_DIR "/%s", job_name);
    const char *const argv[] = {"cat", file, NULL};
    const struct channel_cmd cmd = {
        .node = cluster_plan_node(plan, NULL), .argv = argv, .timeout_ns = QUESTION_NS};
    bd_auto_proc_result struct bd_proc_result out = {0};
    if (channel_exec(channel, &cmd, &out, NULL) < 0 || out.exit_code != 0 || out.out.len == 0)
        return NULL;
    return bd_xasprintf("null says: %.200s", bd_str_text(&out.out));
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
