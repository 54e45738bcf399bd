#include "lib/sched/slurm.h"

#include "lib/base/str.h"

#include <string.h>

#define MUNGE_KEY_BYTES 128 /* munged takes 32 to 1024 */

bool slurm_runs_jobs(const struct cluster_plan *plan, const struct node_plan *node)
{
    return node->role == NODE_COMPUTE || plan->spec.under_slurm;
}

void slurm_enable_unit(struct node_files *files, const char *unit)
{
    bd_auto_free char *link =
        bd_xasprintf("/etc/systemd/system/multi-user.target.wants/%s.service", unit);
    bd_auto_free char *target = bd_xasprintf("/usr/lib/systemd/system/%s.service", unit);
    node_files_link(files, link, target);
}

/* Many nodes that boot at once may overrun a daemon's patience; it tries again, a few times. */
void slurm_tune_unit(struct node_files *files, const char *unit, const char *address, int port)
{
    bd_auto_free char *path = bd_xasprintf("/etc/systemd/system/%s.service.d/benchd.conf", unit);
    bd_auto_free char *wait = NULL;
    if (port)
        wait = bd_xasprintf("ExecStartPre=-/usr/libexec/benchd/bench-wait %s %d %d\n", address,
                            port, SLURM_WAIT_MS);
    node_files_addf(files, path, 0644, "[Service]\nRestart=on-failure\nRestartSec=200ms\n%s",
                    wait ? wait : "");
}

/*
 * A slurmd that finds no controller sleeps for a second before it registers again, and a slurmctld
 * that is to account and finds no slurmdbd ends: each is started when the other is there.
 */
static void start_daemons(struct node_files *files, const struct cluster_plan *plan, size_t node)
{
    const char *controller = plan->nodes[0].address;
    slurm_enable_unit(files, "munge");
    if (plan->nodes[node].role == NODE_CONTROLLER) {
        slurm_enable_unit(files, "slurmctld");
        slurm_tune_unit(files, "slurmctld", controller, plan->spec.accounting ? SLURMDBD_PORT : 0);
    }
    if (slurm_runs_jobs(plan, &plan->nodes[node])) {
        slurm_enable_unit(files, "slurmd");
        slurm_tune_unit(files, "slurmd", controller, SLURMCTLD_PORT);
    }
}

int slurm_check_image(const struct cluster_spec *spec, const struct sched_image *image,
                      struct bd_err *err)
{
    struct slurm_image read;
    return slurm_image_read(image, spec->accounting, &read, err);
}

int slurm_files(const struct cluster_plan *plan, const struct sched_image *image,
                struct node_files *files, struct bd_err *err)
{
    struct slurm_image facts;
    int r = slurm_image_read(image, plan->spec.accounting, &facts, err);
    if (r < 0)
        return r;

    unsigned char key[MUNGE_KEY_BYTES];
    bd_random(key, sizeof(key));
    bd_auto_free char *conf = slurm_conf(plan, &facts);
    bd_auto_free char *cgroup_conf = slurm_cgroup_conf(&facts);
    for (size_t i = 0; i < plan->n_nodes; i++) {
        node_files_add(&files[i], "/etc/munge/munge.key", 0400, facts.munge_uid, facts.munge_gid,
                       key, sizeof(key));
        node_files_add(&files[i], "/etc/slurm/slurm.conf", 0644, 0, 0, conf, strlen(conf));
        node_files_add(&files[i], "/etc/slurm/cgroup.conf", 0644, 0, 0, cgroup_conf,
                       strlen(cgroup_conf));
        start_daemons(&files[i], plan, i);
        if (plan->spec.accounting && plan->nodes[i].role == NODE_CONTROLLER)
            slurm_accounting_files(plan, &facts, &files[i]);
    }
    explicit_bzero(key, sizeof(key));
    return 0;
}

static void slurm_submitter(unsigned clients, struct bd_strv *ret_argv)
{
    bd_strv_add(ret_argv, "/usr/libexec/benchd/bench-submit-slurm");
    bd_strv_add(ret_argv, "--clients");
    bd_strv_addf(ret_argv, "%u", clients);
    bd_strv_add(ret_argv, "--jobcomp");
    bd_strv_add(ret_argv, SLURM_JOBCOMP_LOG);
}

static const char *const ask_jobs[] = {"scontrol", "--oneliner", "show", "jobs", NULL};
static const char *const ask_diag[] = {"sdiag", NULL};
/*
 * slurmctld tells slurmdbd of jobs every few seconds: waited for, a while, until as many have ended
 * there as in its own record. Without a start sacct would tell of today's jobs alone.
 */
#define SACCT "sacct --allusers --starttime=2000-01-01 --parsable2"
static const char *const ask_accounting[] = {
    "/bin/sh", "-c",
    "ended=$(wc -l <" SLURM_JOBCOMP_LOG "); tries=0\n"
    "while [ $((tries += 1)) -le 100 ] && [ \"$(" SACCT
    " --allocations --noheader --format=End | grep -vc Unknown)\" -lt \"$ended\" ]; do\n"
    "    sleep 0.1\n"
    "done\n"
    "exec " SACCT " --format=JobID,JobName,State,Submit,Start,End,NNodes,NodeList,ExitCode",
    NULL};
static const struct sched_question questions[] = {{"scontrol-jobs.txt", ask_jobs, false},
                                                  {"sdiag.txt", ask_diag, false},
                                                  {"sacct.txt", ask_accounting, true},
                                                  {0}};
static const char *const daemons[] = {"slurmctld.service", "slurmdbd.service", "mariadb.service",
                                      NULL};
static const char *const controller_logs[] = {SLURMCTLD_LOG, SLURM_JOBCOMP_LOG, NULL};
static const char *const accounting_logs[] = {SLURMDBD_LOG, NULL};
static const char *const compute_logs[] = {SLURMD_LOG, NULL};

/*
 * Slurm by docs/fairness.md: as soon as a node is free again, or within a second, all of the queue
 * is looked at. By itself Slurm looks at 100 jobs (500 to backfill), every 30 s, and some seconds
 * after a job came. slurmctld's main loop goes round once a second, and only there sees that jobs
 * came or ended; a node that has run an epilog makes it look at once, so there is one that does
 * nothing.
 */
#define FAIR_PARAMETERS "batch_sched_delay=0,sched_interval=1,default_queue_depth=1000000"
#define FAIR_BACKFILL   ",bf_interval=1,bf_continue,bf_max_job_test=1000000,bf_resolution=1"
#define FAIR_EPILOG     "Epilog", "/usr/bin/true"
static const struct sched_setting fcfs_asked[] = {{"SchedulerType", "sched/builtin"}, {0}};
static const struct sched_setting fcfs_set[] = {
    {"SchedulerParameters", FAIR_PARAMETERS}, {FAIR_EPILOG}, {0}};
static const struct sched_setting backfill_asked[] = {{"SchedulerType", "sched/backfill"}, {0}};
static const struct sched_setting backfill_set[] = {
    {"SchedulerParameters", FAIR_PARAMETERS FAIR_BACKFILL}, {FAIR_EPILOG}, {0}};
static const struct sched_fair fair[] = {{SCHED_BACKFILL, backfill_asked, backfill_set},
                                         {SCHED_FCFS, fcfs_asked, fcfs_set}};

const struct sched sched_slurm = {
    .name = "slurm",
    .title = "Slurm Workload Manager",
    .tested = "22.05, 24.11",
    .owned = slurm_owned,
    .check_options = slurm_check_options,
    .can = 1U << SCHED_ARRAYS | 1U << SCHED_DEPENDENCIES | 1U << SCHED_PRIORITIES |
           1U << SCHED_USERS | 1U << SCHED_CORES | 1U << SCHED_MEMORY | 1U << SCHED_EXCLUSIVE |
           1U << SCHED_SHARING | 1U << SCHED_NODE_TASKS | 1U << SCHED_MPI | 1U << SCHED_ACCOUNTING,
    .fair = fair,
    .n_fair = BD_ARRAY_LEN(fair),
    .check_image = slurm_check_image,
    .files = slurm_files,
    .wait_ready = slurm_wait_ready,
    .launch = slurm_launch,
    .why_waiting = slurm_why_waiting,
    .controller_logs = controller_logs,
    .compute_logs = compute_logs,
    .accounting_logs = accounting_logs,
    .daemons = daemons,
    .limit_grain_ns = SLURM_GRAIN_NS,
    .plans_with_limits = slurm_plans_with_limits,
    .submitter = slurm_submitter,
    .questions = questions,
    .records_log = SLURM_JOBCOMP_LOG,
    .read_records = slurm_read_records,
    .defaults = slurm_defaults,
};
