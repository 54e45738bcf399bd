/*
 * The Slurm adapter's parts, for the files of this folder and their tests. Threads: as sched.h.
 *
 *     slurm_options.c  what a user may set, and what not
 *     slurm_image.c    what must be known of the image
 *     slurm_conf.c     slurm.conf and cgroup.conf
 *     slurm_accounting.c  slurmdbd and its database
 *     slurm.c          files of the nodes
 *     slurm_ready.c    the wait for idle nodes
 *     slurm_launch.c   a command as a job
 *     slurm_records.c  what it wrote down of its jobs
 */
#pragma once

#include "lib/base/clock.h"
#include "lib/sched/sched.h"

#include <sys/types.h>

extern const struct sched sched_slurm;

/* Year and month of a release as one number: 22.05 is 2205. */
#define SLURM_OLDEST 2205

#define SLURMCTLD_PORT 6817
#define SLURMDBD_PORT  6819
/* How long a daemon is held back for another; after that it starts all the same. */
#define SLURM_WAIT_MS 60000

#define SLURM_JOB_PREFIX "bd-" /* bench-submit-slurm calls job 3 of a stream "bd-3" */

#define SLURMCTLD_LOG     "/var/log/slurm/slurmctld.log"
#define SLURMD_LOG        "/var/log/slurm/slurmd.log"
#define SLURMDBD_LOG      "/var/log/slurm/slurmdbd.log"
#define SLURM_JOBCOMP_LOG "/var/log/slurm/jobcomp.log"

struct slurm_image {
    int release;
    bool pmix; /* has the plugin for --mpi=pmix */
    bool pmi2; /* that for --mpi=pmi2 */
    uid_t munge_uid;
    gid_t munge_gid;
    uid_t slurm_uid; /* these two: of an image for accounting */
    gid_t slurm_gid;
};

/* BD_EUNSUPPORTED where something is missing, naming it; with what accounting needs, or without. */
int slurm_image_read(const struct sched_image *image, bool accounting,
                     struct slurm_image *ret_image, struct bd_err *err);

extern const char *const slurm_owned[];
void slurm_check_options(const json_t *options, struct schema_faults *faults);
/* What stands in slurm.conf unless a user says otherwise; new reference. */
json_t *slurm_defaults(void);
/* Defaults with the user's options over them, whatever the case of their letters; new reference. */
json_t *slurm_merge_options(const json_t *options, bool pmix);
bool slurm_plans_with_limits(const json_t *options);

/* Whether its units give the daemons directories of their own below /run. */
bool slurm_has_run_dirs(const struct slurm_image *image);

/* Whether a node runs jobs, and so slurmd: compute nodes, and all of them where the cluster's own
 * scheduler is a job of Slurm's (docs/flux.md). */
bool slurm_runs_jobs(const struct cluster_plan *plan, const struct node_plan *node);

/* Texts, the caller's (free()). */
char *slurm_conf(const struct cluster_plan *plan, const struct slurm_image *image);
char *slurm_cgroup_conf(const struct slurm_image *image);

/* Has a unit started at boot. */
void slurm_enable_unit(struct node_files *files, const char *unit);
/* Has a unit started again where it fails, and first when something listens on the port; 0: at
 * once. */
void slurm_tune_unit(struct node_files *files, const char *unit, const char *address, int port);

int slurm_check_image(const struct cluster_spec *spec, const struct sched_image *image,
                      struct bd_err *err);
int slurm_files(const struct cluster_plan *plan, const struct sched_image *image,
                struct node_files *files, struct bd_err *err);

/* What a controller with accounting has and runs besides. */
void slurm_accounting_files(const struct cluster_plan *plan, const struct slurm_image *image,
                            struct node_files *files);

/* Where the cluster's scheduler is a job of its, a node may be that job's already. */
int slurm_wait_ready(const struct channel *channel, const struct cluster_plan *plan,
                     struct bd_cancel *cancel, char **ret_version, struct bd_err *err);

/* Lines of jobcomp/filetxt. */
int slurm_read_records(const char *text, size_t bytes, struct sched_records *records,
                       struct bd_err *err);

void slurm_launch(const struct sched_job *job, struct bd_strv *ret_argv);
char *slurm_why_waiting(const struct channel *channel, const struct cluster_plan *plan,
                        const char *job_name);
