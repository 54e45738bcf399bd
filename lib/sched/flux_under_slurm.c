/*
 * An instance of Flux that is one job of Slurm's, as users of a Slurm cluster start it: srun on the
 * controller, a broker on each node, which learn of each other by Slurm's PMI. The controller is a
 * node of Slurm's, too, so that the first broker is there: as without Slurm it runs no jobs, and
 * whoever submits finds it behind the same socket.
 */
#include "lib/base/str.h"
#include "lib/sched/daemons.h"
#include "lib/sched/flux.h"
#include "lib/sched/slurm.h"

static int check_pmi(const struct sched_image *image, struct bd_err *err)
{
    struct slurm_image slurm;
    int r = slurm_image_read(image, false, &slurm, err);
    if (r == 0 && !slurm.pmi2)
        r = bd_err_set(err, BD_EUNSUPPORTED,
                       "the image's Slurm has no mpi_pmi2.so, by which brokers of Flux learn of "
                       "each other: take an image with Slurm's plugins for MPI "
                       "(slurm-wlm-basic-plugins)");
    return r < 0 ? bd_err_wrap(err, "scheduler.under is slurm") : 0;
}

int flux_under_slurm_check_image(const struct cluster_spec *spec, const struct sched_image *image,
                                 struct bd_err *err)
{
    int r = flux_check_image(spec, image, err);
    return r < 0 ? r : check_pmi(image, err);
}

/* srun ends when the instance does, which will end again where it does so five times in a minute.
 */
static char *unit_of(const struct cluster_plan *plan, const struct flux_image *image)
{
    bd_auto_free char *broker = flux_broker_command(plan, image);
    return bd_xasprintf("[Unit]\n"
                        "Description=An instance of Flux as a job of Slurm's\n"
                        "StartLimitIntervalSec=60\n"
                        "StartLimitBurst=5\n"
                        "\n"
                        "[Service]\n"
                        "Type=exec\n"
                        "ExecStart=/usr/bin/srun --job-name=flux"
                        " --nodes=%zu --ntasks=%zu --ntasks-per-node=1 --exclusive --mpi=pmi2"
                        " --kill-on-bad-exit=1 --input=none --label %s\n" FLUX_UNIT_ENVIRONMENT
                        "StandardOutput=append:" FLUX_LOG "\n"
                        "StandardError=inherit\n"
                        "Restart=always\n"
                        "RestartSec=200ms\n",
                        plan->n_nodes, plan->n_nodes, broker);
}

int flux_under_slurm_files(const struct cluster_plan *plan, const struct sched_image *image,
                           struct node_files *files, struct bd_err *err)
{
    flux_auto_image struct flux_image facts = {0};
    bd_auto_json json_t *options = sched_options(&plan->spec);
    int r = flux_image_read(image, options, &facts, err);
    if (r == 0)
        r = slurm_files(plan, image, files, err);
    if (r < 0)
        return r;
    bd_auto_free char *conf = flux_conf(plan);
    bd_auto_free char *unit = unit_of(plan, &facts);
    for (size_t i = 0; i < plan->n_nodes; i++)
        flux_common_files(plan, i, conf, i == 0 ? unit : NULL, &facts, &files[i]);
    return 0;
}

/* Once all nodes are there: a job that has to wait for them would wait for Slurm's next look at its
 * queue, too, which is seconds later. Started already, it is left as it is. */
static int start_job(const struct sched_nodes *n, struct bd_err *err)
{
    static const char *const start[] = {"systemctl", "start", "flux.service", NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int r = sched_ask(n, cluster_plan_node(n->plan, NULL), start, &out, err);
    if (r == 0 && out.exit_code != 0)
        r = bd_err_set(err, BD_ECHILD, "start flux.service: %.300s", bd_str_text(&out.err));
    return r;
}

int flux_under_slurm_wait_ready(const struct channel *channel, const struct cluster_plan *plan,
                                struct bd_cancel *cancel, char **ret_version, struct bd_err *err)
{
    static const char *const job[] = {"squeue",    "--noheader",     "--name=flux",
                                      "--sort=-i", "--format=%T %r", NULL};
    const struct sched_nodes nodes = {
        .channel = channel, .plan = plan, .cancel = cancel, .title = "Flux"};
    bd_auto_free char *slurm = NULL;
    bd_auto_free char *flux = NULL;
    int r = slurm_wait_ready(channel, plan, cancel, &slurm, err);
    if (r == 0)
        r = start_job(&nodes, err);
    if (r < 0)
        return bd_err_wrap(err, "Flux is to be a job of Slurm's");
    r = flux_wait_ready(channel, plan, cancel, &flux, err);
    if (r == BD_ETIMEOUT) {
        bd_auto_free char *said = sched_said(channel, plan, job);
        return bd_err_wrap(err, "the job of Slurm's that Flux is (%s)",
                           said ? said : "Slurm does not know it");
    }
    if (r == 0)
        *ret_version = bd_xasprintf("%s in a job of %s", flux, slurm);
    return r;
}
