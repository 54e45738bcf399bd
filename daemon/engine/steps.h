/*
 * The steps of a cluster's life, and of the run that it may be made for, as one table: what each
 * does, undoes and finds, how long it may take and how often it is tried. A new step is one row
 * here and one file step_NAME.c.
 *
 * Bodies are plain blocking C on a worker thread. They see copies and thread-safe services only: no
 * store, no loop. Each is safe to repeat, because every name it makes derives from the cluster's
 * id.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/model/cluster.h"
#include "lib/sample/sampler.h"
#include "lib/virt/virt.h"
#include "lib/workload/workload.h"

#include <stdbool.h>
#include <stdint.h>

/* What all bodies share; lives as long as the daemon. */
struct step_host {
    struct virt *virt;
    const char *images_dir;
    const char *bench_enter;
    const char *runs_dir;   /* a directory for each run's results below it */
    const char *inputs_dir; /* objects that specs name by their digest */
    const char *cgroup2;    /* mount point, "" for none */
    double quiet_cpus; /* part of the host's CPUs that others may use while something is measured */
    struct subnet pool; /* clusters' subnets come from it */
    uint64_t memory_bytes;
    unsigned cpus;
};

/* The run that the cluster is for. */
struct step_run {
    json_t *spec; /* its cell's resolved spec: workload, hooks, limits; NULL: there is no run */
    uint64_t seed;
    unsigned block;
    bool salvage; /* it failed: logs are fetched as far as they can be had */
};

/* What a body is told: copies, its own. */
struct step_input {
    struct cluster_plan plan; /* its addresses mean something once has_subnet */
    bool has_subnet;
    char *image_digest, *image_fingerprint;
    json_t *before;       /* the inventory from before, once admitted */
    struct subnet *taken; /* subnets of the other clusters */
    size_t n_taken;
    uint64_t memory_in_use; /* by the other clusters */
    double cpus_in_use;
    unsigned begun; /* bit (1 << index) of each step of bring-up that was ever begun */
    struct step_run run;
    struct bd_cancel *cancel;
    struct sample_live *live; /* of the workload: what is sampled, for others; else NULL */
    virt_node_fn on_node; /* tell of a node that was started; from any thread */
    void (*on_progress)(const struct workload_progress *progress, void *arg); /* from the body's */
    void *arg;                                                                /* of both */
};

/* What a body found out, for the cluster's row. Empty at first; the engine takes what is set. */
struct step_output {
    bool has_subnet;
    struct subnet subnet;
    json_t *before;
    char *scheduler_version;
    struct bd_strv warnings;
    json_t *residue;
    json_t *metrics;
    json_t *conditions; /* members that are put into the run's */
    json_t *host;       /* what the host is like (lib/virt/hostdesc.h), and its digest */
    char host_digest[BD_DIGEST_BYTES];
    struct jobs_seen jobs; /* rows of the store, as are these: */
    struct sample_block *samples;
    size_t n_samples;
};

/* STEP_MEASURE: of clusters that belong to a run alone. */
enum step_phase { STEP_UP, STEP_MEASURE, STEP_DOWN };

struct step {
    const char *name;
    enum step_phase phase;
    int (*exec)(const struct step_host *host, const struct step_input *in, struct step_output *out,
                struct bd_err *err);
    /* Removes what exec made, however far it came. NULL: it makes nothing on the host. */
    int (*undo)(const struct step_host *host, const struct step_input *in, struct bd_err *err);
    /* After a crash in the middle of exec: was it done? NULL: ask no more, repeat it. */
    int (*probe)(const struct step_host *host, const struct step_input *in,
                 enum virt_presence *ret_presence, struct bd_err *err);
    int64_t timeout_ns, timeout_per_node_ns;
    unsigned attempts; /* 0: until it succeeds */
    bool alone;        /* in one cluster at a time: what it chooses must not be chosen twice */
    bool once; /* on one cluster: cut off by the end of benchd, it can't be taken up again */
};

enum {
    STEP_IMAGE,
    STEP_ADMIT,
    STEP_NETWORK,
    STEP_NODES,
    STEP_READY,
    STEP_WARMUP,
    STEP_WORKLOAD,
    STEP_COLLECT,
    STEP_TEARDOWN,
    STEP_AUDIT,
    STEP_COUNT
};
extern const struct step steps[STEP_COUNT];

/* BD_ENOCAPACITY if the host has no memory for the nodes beside what is in use. */
int admit_check_memory(const struct step_host *host, const struct cluster_spec *spec,
                       uint64_t in_use_bytes, struct bd_err *err);
/* BD_ENOCAPACITY if the nodes' memory or CPU shares are more than the whole host has, and
 * oversubscribing was not asked for: a run of it would wait for ever. */
int admit_check_host(const struct step_host *host, const struct cluster_spec *spec,
                     struct bd_err *err);

int step_image_exec(const struct step_host *, const struct step_input *, struct step_output *,
                    struct bd_err *);
int step_admit_exec(const struct step_host *, const struct step_input *, struct step_output *,
                    struct bd_err *);
int step_network_exec(const struct step_host *, const struct step_input *, struct step_output *,
                      struct bd_err *);
int step_network_undo(const struct step_host *, const struct step_input *, struct bd_err *);
int step_network_probe(const struct step_host *, const struct step_input *, enum virt_presence *,
                       struct bd_err *);
int step_nodes_exec(const struct step_host *, const struct step_input *, struct step_output *,
                    struct bd_err *);
int step_nodes_undo(const struct step_host *, const struct step_input *, struct bd_err *);
int step_nodes_probe(const struct step_host *, const struct step_input *, enum virt_presence *,
                     struct bd_err *);
int step_ready_exec(const struct step_host *, const struct step_input *, struct step_output *,
                    struct bd_err *);
int step_warmup_exec(const struct step_host *, const struct step_input *, struct step_output *,
                     struct bd_err *);
int step_workload_exec(const struct step_host *, const struct step_input *, struct step_output *,
                       struct bd_err *);
int step_collect_exec(const struct step_host *, const struct step_input *, struct step_output *,
                      struct bd_err *);
int step_teardown_exec(const struct step_host *, const struct step_input *, struct step_output *,
                       struct bd_err *);
int step_audit_exec(const struct step_host *, const struct step_input *, struct step_output *,
                    struct bd_err *);
