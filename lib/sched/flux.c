#include "lib/sched/flux.h"

#include "lib/base/str.h"
#include "lib/sched/slurm.h"

#include <string.h>
#include <sys/stat.h>

int flux_check_image(const struct cluster_spec *spec, const struct sched_image *image,
                     struct bd_err *err)
{
    flux_auto_image struct flux_image read = {0};
    bd_auto_json json_t *options = sched_options(spec);
    return flux_image_read(image, options, &read, err);
}

static void add_text(struct node_files *files, const char *path, const char *text)
{
    node_files_add(files, path, 0644, 0, 0, text, strlen(text));
}

void flux_common_files(const struct cluster_plan *plan, size_t node, const char *conf,
                       const char *unit, const struct flux_image *image, struct node_files *files)
{
    bd_auto_free char *program = bd_xasprintf("%s/bin/flux", image->prefix);
    add_text(files, FLUX_CONF, conf);
    if (unit)
        add_text(files, FLUX_UNIT, unit);
    node_files_link(files, FLUX_PROGRAM, program);
    node_files_add(files, "/var/log/flux", S_IFDIR | 0755, 0, 0, "", 0);
    if (plan->nodes[node].role == NODE_CONTROLLER)
        add_text(files, FLUX_EVENTLOGS, "");
}

static int flux_files(const struct cluster_plan *plan, const struct sched_image *image,
                      struct node_files *files, struct bd_err *err)
{
    flux_auto_image struct flux_image facts = {0};
    bd_auto_json json_t *options = sched_options(&plan->spec);
    int r = flux_image_read(image, options, &facts, err);
    if (r < 0)
        return r;
    bd_auto_free char *conf = flux_conf(plan);
    bd_auto_free char *cert = flux_cert_new(plan->id);
    for (size_t i = 0; i < plan->n_nodes; i++) {
        bd_auto_free char *unit = flux_unit(plan, i, &facts);
        node_files_add(&files[i], FLUX_CERT, 0400, 0, 0, cert, strlen(cert));
        flux_common_files(plan, i, conf, unit, &facts, &files[i]);
        node_files_link(&files[i], "/etc/systemd/system/multi-user.target.wants/flux.service",
                        FLUX_UNIT);
    }
    explicit_bzero(cert, strlen(cert));
    return 0;
}

static void flux_submitter(unsigned clients, struct bd_strv *ret_argv)
{
    bd_strv_add(ret_argv, FLUX_PROGRAM);
    bd_strv_add(ret_argv, "python");
    bd_strv_add(ret_argv, "/usr/libexec/benchd/bench-submit-flux");
    bd_strv_add(ret_argv, "--clients");
    bd_strv_addf(ret_argv, "%u", clients);
}

static const char *const ask_slurm[] = {"scontrol", "--oneliner", "show", "jobs", NULL};
/* Leaves what is read as its record of jobs. */
static const char *const ask_eventlogs[] = {
    FLUX_PROGRAM, "python", "/usr/libexec/benchd/bench-flux-eventlogs", FLUX_EVENTLOGS, NULL};
static const char *const ask_stats[] = {FLUX_PROGRAM, "module", "list", NULL};
static const char *const ask_conf[] = {FLUX_PROGRAM, "config", "get", NULL};
/* The first is asked where Slurm is below. */
static const struct sched_question questions[] = {{"scontrol-jobs.txt", ask_slurm, false},
                                                  {"flux-eventlogs.txt", ask_eventlogs, false},
                                                  {"flux-modules.txt", ask_stats, false},
                                                  {"flux-config.json", ask_conf, false},
                                                  {0}};
static const char *const daemons[] = {"flux.service", NULL};
static const char *const controller_logs[] = {FLUX_LOG, FLUX_EVENTLOGS, NULL};
static const char *const compute_logs[] = {FLUX_LOG, NULL};
static const char *const none[] = {NULL};

/* Under Slurm: flux.service is srun alone, and brokers are slurmd's children. What all of them say
 * comes to srun. */
static const char *const under_slurm_daemons[] = {"flux.service", "slurmctld.service",
                                                  "slurmd.service", NULL};
static const char *const under_slurm_controller_logs[] = {FLUX_LOG, FLUX_EVENTLOGS, SLURMCTLD_LOG,
                                                          SLURMD_LOG, NULL};
static const char *const under_slurm_compute_logs[] = {SLURMD_LOG, NULL};

/* Depth: all of the queue (docs/fairness.md). */
static const struct sched_setting easy[] = {
    {"scheduler", "fluxion"}, {"queue-policy", "easy"}, {0}};
static const struct sched_setting fcfs[] = {
    {"scheduler", "fluxion"}, {"queue-policy", "fcfs"}, {0}};
static const struct sched_setting simple[] = {{"scheduler", "sched-simple"}, {0}};
static const struct sched_setting deep[] = {{"queue-depth", "1000000"}, {0}};
static const struct sched_setting unlimited[] = {{"queue-depth", "unlimited"}, {0}};
static const struct sched_fair fair[] = {
    {SCHED_BACKFILL, easy, deep}, {SCHED_FCFS, fcfs, deep}, {SCHED_FCFS, simple, unlimited}};

/* What does not depend on how brokers are started. */
#define COMMON                                                                                     \
    .name = "flux", .title = "Flux, with a scheduler of its own or Fluxion", .tested = "0.88",     \
    .owned = flux_owned, .check_options = flux_check_options,                                      \
    .can = 1U << SCHED_ARRAYS | 1U << SCHED_DEPENDENCIES | 1U << SCHED_PRIORITIES |                \
           1U << SCHED_CORES | 1U << SCHED_EXCLUSIVE | 1U << SCHED_SHARING |                       \
           1U << SCHED_NODE_TASKS | 1U << SCHED_MPI,                                               \
    .fair = fair, .n_fair = BD_ARRAY_LEN(fair), .launch = flux_launch,                             \
    .why_waiting = flux_why_waiting, .accounting_logs = none, .priority_most = 14,                 \
    .limit_grain_ns = FLUX_GRAIN_NS, .plans_with_limits = flux_plans_with_limits,                  \
    .submitter = flux_submitter, .records_log = FLUX_EVENTLOGS, .read_records = flux_read_records, \
    .defaults = flux_defaults

static const struct sched under_slurm = {
    COMMON,
    .check_image = flux_under_slurm_check_image,
    .files = flux_under_slurm_files,
    .wait_ready = flux_under_slurm_wait_ready,
    .controller_logs = under_slurm_controller_logs,
    .compute_logs = under_slurm_compute_logs,
    .daemons = under_slurm_daemons,
    .questions = questions,
};

const struct sched sched_flux = {
    COMMON,
    .check_image = flux_check_image,
    .files = flux_files,
    .wait_ready = flux_wait_ready,
    .controller_logs = controller_logs,
    .compute_logs = compute_logs,
    .daemons = daemons,
    .questions = &questions[1],
    .under_slurm = &under_slurm,
};
