/*
 * The Flux adapter's parts, for the files of this folder and their tests. Threads: as sched.h.
 *
 *     flux_options.c  what a user may set
 *     flux_image.c    what must be known of the image
 *     flux_cert.c     the certificate that brokers know each other by
 *     flux_conf.c     the configuration of the brokers, and their unit
 *     flux.c          files of the nodes, and the rows
 *     flux_under_slurm.c  files and the wait where the instance is one job of Slurm's
 *     flux_ready.c    the wait for all brokers and their resources
 *     flux_launch.c   a command as a job
 *     flux_records.c  what it wrote down of its jobs
 */
#pragma once

#include "lib/base/clock.h"
#include "lib/sched/sched.h"

extern const struct sched sched_flux;

#define FLUX_BROKER_PORT 8050
/* How long a broker is held back for the first one; after that it starts all the same. */
#define FLUX_WAIT_MS 60000

/* Fluxion counts in whole seconds; sched-simple would take fractions. The same for all. */

#define FLUX_JOB_PREFIX "bd-" /* bench-submit-flux calls job 3 of a stream "bd-3" */

#define FLUX_PROGRAM "/usr/local/bin/flux" /* a link, in each node */
#define FLUX_CONF    "/etc/flux/system/conf.d/cluster.toml"
#define FLUX_CERT    "/etc/flux/system/curve.cert"
#define FLUX_UNIT    "/etc/systemd/system/flux.service"
#define FLUX_UNIT_ENVIRONMENT                                                                      \
    "Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root\n"
#define FLUX_SOCKET    "/run/flux/local"
#define FLUX_LOG       "/var/log/flux/flux.log"
#define FLUX_EVENTLOGS "/var/log/flux/eventlogs" /* written when it is asked for */

struct flux_image {
    char *prefix; /* of its layer: "/opt/flux"; "/usr" where it is in a package; owned */
};
void flux_image_done(struct flux_image *image);
#define flux_auto_image __attribute__((cleanup(flux_image_done)))
/* BD_EUNSUPPORTED where something is missing, naming it; with what the options need. */
int flux_image_read(const struct sched_image *image, const json_t *options,
                    struct flux_image *ret_image, struct bd_err *err);

extern const char *const flux_owned[];
void flux_check_options(const json_t *options, struct schema_faults *faults);
/* What holds unless a user says otherwise; new reference. */
json_t *flux_defaults(void);
/* The defaults that go with the chosen scheduler, with the user's options over them; new reference.
 */
json_t *flux_merge_options(const json_t *options);
bool flux_wants_fluxion(const json_t *options);
bool flux_plans_with_limits(const json_t *options);

/* A new key pair in the form of flux-keygen(1); the caller's, to be wiped. */
char *flux_cert_new(const char *name);

/* Texts, the caller's (free()). */
char *flux_conf(const struct cluster_plan *plan);
/* The command that is a broker, whatever starts it. */
char *flux_broker_command(const struct cluster_plan *plan, const struct flux_image *image);
char *flux_unit(const struct cluster_plan *plan, size_t node, const struct flux_image *image);

/* What any node has, whatever starts its broker; unit: the text of FLUX_UNIT, NULL: it has none. */
void flux_common_files(const struct cluster_plan *plan, size_t node, const char *conf,
                       const char *unit, const struct flux_image *image, struct node_files *files);
int flux_check_image(const struct cluster_spec *spec, const struct sched_image *image,
                     struct bd_err *err);
int flux_under_slurm_check_image(const struct cluster_spec *spec, const struct sched_image *image,
                                 struct bd_err *err);
int flux_under_slurm_files(const struct cluster_plan *plan, const struct sched_image *image,
                           struct node_files *files, struct bd_err *err);
int flux_under_slurm_wait_ready(const struct channel *channel, const struct cluster_plan *plan,
                                struct bd_cancel *cancel, char **ret_version, struct bd_err *err);

int flux_wait_ready(const struct channel *channel, const struct cluster_plan *plan,
                    struct bd_cancel *cancel, char **ret_version, struct bd_err *err);

/* Lines of bench-flux-eventlogs: one a job, with its events as Flux keeps them. */
int flux_read_records(const char *text, size_t bytes, struct sched_records *records,
                      struct bd_err *err);

void flux_launch(const struct sched_job *job, struct bd_strv *ret_argv);
char *flux_why_waiting(const struct channel *channel, const struct cluster_plan *plan,
                       const char *job_name);
