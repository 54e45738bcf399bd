/*
 * The engine: owns the state of every cluster, image, campaign and run that is not at its end,
 * moves each along its table of steps, and is the only one that asks the writer for changes to
 * them.
 *
 * Order of commits: "step k, attempt n, intended" is durable before a body runs; its result and the
 * next intent are one transaction; only then is it told to anyone. docs/recovery.md has the whole.
 *
 * Threads: all of it is called on the loop thread; bodies run on workers. Callbacks come later,
 * never from inside the call.
 */
#pragma once

#include "daemon/engine/steps.h"
#include "daemon/loop/workers.h"
#include "daemon/loop/writer.h"
#include "lib/base/err.h"
#include "lib/image/image.h"
#include "lib/model/run.h"
#include "lib/plan/plan.h"
#include "lib/store/cluster.h"
#include "lib/store/image.h"
#include "lib/store/run.h"

#include <stdbool.h>
#include <uv.h>

struct engine;

struct engine_config {
    uv_loop_t *loop;
    struct writer *writer;
    struct workers *work;     /* bring-up, images, plans */
    struct workers *measure;  /* what runs on ready clusters */
    struct workers *teardown; /* take-down alone: nothing else can use these up */
    struct workers *pack;     /* files of runs at their end */
    struct step_host host;
    const char *cgroup2;       /* mount point, "" for none */
    const char *db_path;       /* for bodies that read the store */
    const char *artifacts_dir; /* objects: what the files of runs are packed into */
    uint64_t artifacts_quota;  /* bytes of these; 0: none */
    int64_t events_kept;
    unsigned active_campaigns; /* taken up at once; the others wait */
    unsigned runs_max;         /* at once, where they may share the host */
    double quiet_cpus;         /* part of the host's CPUs that others may use when a run begins */
    int64_t quiet_wait_ns;     /* how long a run waits for that, where its spec does not say */
    /* Something of this subject ("cluster/ID", "image/ID", "campaign/ID", "run/ID") is durable in a
     * new version. */
    void (*on_change)(const char *subject, void *arg);
    /* New events are in the log. */
    void (*on_events)(void *arg);
    void *arg;
};

struct engine *engine_new(const struct engine_config *config);
/* Reads what was going on when the daemon last ended; rows that can't be read are set aside and
 * logged. Call before the loop runs: the connection is the writer's, which is idle until then. */
int engine_load(struct engine *e, struct store_conn *conn, struct bd_err *err);
/* Begins to move things, and removes what nobody owns. */
void engine_start(struct engine *e);
/* Begins nothing new, asks bodies to stop at a point that can be resumed, waits for them, then
 * calls on_closed and frees e. */
void engine_close(struct engine *e, void (*on_closed)(void *arg), void *arg);

/* Runs in the transaction that creates the object, on the writer's thread; a failure undoes it all.
 */
typedef int (*engine_also_fn)(struct store_conn *conn, const void *row, void *arg,
                              struct bd_err *err);
/* row: struct store_cluster or struct store_image as it is durable now, valid during the call; NULL
 * on failure. */
typedef void (*engine_done_fn)(void *arg, int rc, const struct bd_err *err, const void *row);

struct engine_create {
    json_t *spec;        /* resolved, stolen */
    const char *name;    /* NULL: none */
    engine_also_fn also; /* may be NULL */
    engine_done_fn done;
    void *arg;
};
/* BD_EINVALID / BD_ENOTFOUND (no such image, scheduler or backend), BD_ECONFLICT (name taken),
 * BD_ENOCAPACITY (too many clusters). */
void engine_cluster_create(struct engine *e, const struct engine_create *create);
/* Durable when done is called; row is NULL on success where it had been asked for before: read it.
 * BD_ENOTFOUND where the engine has none of this id: the store may know one at its end. */
void engine_cluster_delete(struct engine *e, const char *id, engine_done_fn done, void *arg);
/* A copy of the plan of a ready cluster, to run commands in it. BD_ENOTFOUND, BD_ECONFLICT (not
 * ready, no such node told by name). */
int engine_cluster_plan(struct engine *e, const char *id, struct cluster_plan *ret_plan,
                        struct bd_err *err);
/* libvirt's hint that a domain's life changed. */
void engine_domain_hint(struct engine *e, const char *domain, bool running);

struct engine_build {
    struct image_recipe recipe; /* taken over; name NULL: an import */
    char *import_path;          /* taken over; the archive, removed when done; NULL: a build */
    bool rebuild;
    engine_also_fn also;
    /* Of a build: when the row is durable; the build goes on. Of an import: when it has ended; the
     * row is the image's that there is now, which may be one of before with the same digest. One
     * that failed leaves no row: BD_EINVALID, BD_ECORRUPT and BD_ECHILD are faults of the file,
     * BD_ECANCELLED where it was deleted meanwhile. */
    engine_done_fn done;
    void *arg;
};
/* A ready or building image of the same recipe is answered as it is, unless rebuild. Once an image
 * is ready, those of its name that failed are removed. */
void engine_image_build(struct engine *e, struct engine_build *build);
/* Ends its build first. BD_ENOTFOUND, BD_ECONFLICT (in use: by which clusters). */
void engine_image_delete(struct engine *e, const char *id, engine_done_fn done, void *arg);

struct engine_input {
    const char *path;    /* of the uploaded file, which is there until `done` */
    const char *name;    /* NULL: none */
    engine_also_fn also; /* of one that is new; row: struct store_input, as that of done */
    engine_done_fn done;
    void *arg;
};
/* Content that is there already is answered as it is. */
void engine_input_add(struct engine *e, const struct engine_input *add);
/* By id or digest. BD_ENOTFOUND, BD_ECONFLICT (needed: by which campaigns). */
void engine_input_delete(struct engine *e, const char *ref, engine_done_fn done, void *arg);

struct engine_campaign {
    json_t *spec;        /* resolved; stolen */
    struct plan *plan;   /* of that spec; taken over */
    json_t *definitions; /* {NAME: definition} of workloads that it pins; stolen; NULL: none */
    engine_also_fn also; /* row: struct store_campaign */
    engine_done_fn done;
    void *arg;
};
/* BD_EUNAVAILABLE at the end of the daemon, BD_ENOCAPACITY (too many campaigns). */
void engine_campaign_create(struct engine *e, const struct engine_campaign *create);

struct engine_cells {
    const char *id;
    const char *was;     /* digest of the spec that cells are added to */
    json_t *spec;        /* resolved, with a batch more in `added`; stolen */
    struct plan *plan;   /* of that spec; taken over */
    json_t *definitions; /* as above */
    engine_also_fn also; /* row: struct store_campaign */
    engine_done_fn done;
    void *arg;
};
/* BD_ECONFLICT where it has ended, takes none, or was changed at the same time. */
void engine_campaign_add_cells(struct engine *e, const struct engine_cells *add);

enum engine_order { ENGINE_PAUSE, ENGINE_RESUME, ENGINE_CANCEL, ENGINE_ORDER_COUNT };
/* Durable when done is called; row is NULL: read it. An order that is carried out already is no
 * error. BD_ENOTFOUND where the engine has none of this id: the store may know one at its end.
 * BD_ECONFLICT where its state forbids it. */
void engine_campaign_order(struct engine *e, const char *id, enum engine_order order,
                           engine_done_fn done, void *arg);
/* As engine_campaign_order(). What is measured already is kept. */
void engine_run_cancel(struct engine *e, const char *id, engine_done_fn done, void *arg);
/* The digest of the ready image that a name, id or digest stands for now. BD_ENOTFOUND. */
int engine_image_digest(struct engine *e, const char *ref, char ret_digest[BD_DIGEST_BYTES],
                        struct bd_err *err);
/* What is sampled of a run that is being measured, a reference of the caller's; NULL: nothing now. */
struct sample_live *engine_run_live(struct engine *e, const char *id);
const struct step_host *engine_host(const struct engine *e);
unsigned engine_active_campaigns(const struct engine *e); /* taken up at once */

/* How busy others keep the host, over the last second. */
struct engine_load {
    bool known;
    double outside_cpus, allowed_cpus; /* used by others; with how many a run begins at once */
    double memory_pressure;            /* % of the last 10 s in which something waited for memory */
    bool quiet;                        /* a run would begin */
};

struct engine_stats {
    struct engine_load load;
    unsigned clusters[CLUSTER_STATE_COUNT];   /* not at their end */
    unsigned campaigns[CAMPAIGN_STATE_COUNT]; /* the same */
    unsigned runs[RUN_STATE_COUNT];           /* the same */
    unsigned nodes;
    uint64_t steps_done[STEP_COUNT], steps_failed[STEP_COUNT];
    double cpus_in_use;
    uint64_t memory_in_use;
    unsigned stuck; /* bodies past their deadline that have not come back */
    uint64_t artifact_bytes, artifact_quota_bytes; /* stored; 0: no quota */
    bool store_ok;                                 /* the last write went through */
    char store_error[BD_ERR_TEXT_BYTES];
};
void engine_stats(const struct engine *e, struct engine_stats *ret_stats);
