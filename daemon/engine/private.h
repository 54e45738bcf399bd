/*
 * What the files of the engine share. Threads: the loop's, but for what says otherwise.
 */
#pragma once

#include "daemon/engine/engine.h"
#include "lib/store/event.h"

#include <pthread.h>
#include <stdatomic.h>

#define CLUSTERS_MAX 1000 /* not at their end, at once */
#define IMAGES_MAX   1000 /* rows, in whatever state */

#define SUBJECT_BYTES (16 + BD_ID_BYTES) /* "campaign/ID" */

struct actor;
struct artifacts;
struct campaign;
struct image_actor;
struct inputs;
struct run;
struct step_work;

enum note_kind {
    NOTE_NODE,     /* of a cluster: the name of one that runs */
    NOTE_IMAGE,    /* of an image: a line of progress */
    NOTE_PROGRESS, /* of a run: how far its stream has come */
};

/* A word from a worker's thread to the loop. */
struct note {
    struct note *next;
    char id[BD_ID_BYTES];
    enum note_kind kind;
    char text[256];
    struct workload_progress progress;
};

struct engine {
    struct engine_config config;
    struct actor *actors;
    struct image_actor *images;
    struct image_actor *building;
    struct campaign *campaigns; /* by priority, then age */
    struct artifacts *artifacts;
    struct inputs *inputs;
    uint64_t runs_begun;
    bool started, closing;
    bool sweep_wanted;  /* what nobody owns has still to be looked for */
    unsigned in_flight; /* writes and bodies that will still call back */
    unsigned stuck;
    uint64_t steps_done[STEP_COUNT], steps_failed[STEP_COUNT];
    int store_rc;
    struct bd_err store_err;

    uv_timer_t upkeep, watch, tick;
    bool watching, sweeping; /* one is under way */
    struct host_load *load;  /* how busy others keep the host */
    uv_async_t wake;         /* for notes */
    pthread_mutex_t lock;    /* guards notes */
    struct note *notes, **notes_tail;

    void (*on_closed)(void *arg);
    void *arg;
};

/* A cluster that is not at its end. */
struct actor {
    struct engine *e;
    struct actor *next;
    struct store_cluster row; /* as it will be durable when the write in flight is */
    struct run *run;          /* that it is for; NULL: somebody asked for it */
    struct cluster_plan plan;
    bool has_subnet;
    char *image_fingerprint;
    json_t *before;

    unsigned begun, done; /* bits by step of bring-up and measurement */
    bool torn, audited;
    bool late;          /* a body that was given up came back since: once more from teardown on */
    unsigned attempt;   /* of the step under way */
    bool probe_first;   /* the step was cut off by the end of an earlier daemon, */
    int64_t cut_off_ns; /* which had begun it then (wall) */

    bool writing;               /* a change is with the writer */
    int to_run;                 /* step to run when it is durable; -1: none */
    struct step_work *working;  /* a body is running */
    struct step_work *storing;  /* a body's rows are with the writer (ingest.c) */
    struct step_work *finished; /* a body's result that is not taken yet */
    bool looking;               /* a look at the nodes is under way */
    bool look_wanted;     /* a node may have ended since it began, or before one could begin */
    bool delete_wanted;   /* asked for, not durable yet */
    bool waiting;         /* for the timer, before the next attempt */
    bool aside;           /* the store refuses its row: the next start looks at it again */
    bool dead;            /* being freed */
    uv_timer_t timer;     /* deadline of the body, or time of the next attempt */
    int overdue;          /* times that the deadline of the body has passed */
    struct bd_err abort;  /* why the body was told to stop, where it was not a delete */
    struct bd_strv lost;  /* nodes that were found dead */
    struct bd_str untold; /* those of them that are not in the row yet: "n1, n2" */
    struct delete_waiter *waiters;
};

struct delete_waiter {
    struct delete_waiter *next;
    engine_done_fn done;
    void *arg;
};

/* What the end of a run adds to its campaign's counters. */
struct run_count {
    bool wanted;
    char campaign[BD_ID_BYTES];
    unsigned done, failed, excluded;
    int64_t busy_ns;
    struct store_spent spent; /* of its budget */
};

/* One transaction: the row of a cluster with what belongs to it. Freed when it is durable. */
struct change {
    struct write w;
    struct actor *a;
    struct store_cluster row; /* copy, for the writer's thread */
    bool insert;
    struct store_step steps[3];
    size_t n_steps;
    struct {
        const char *kind; /* a literal */
        json_t *data;
    } events[8];
    size_t n_events;
    json_t *before; /* to be kept; NULL: leave as it is */
    bool drop_before;
    json_t *host; /* that its run was measured on; NULL: nothing new */
    char host_digest[BD_DIGEST_BYTES];
    bool with_run;          /* its run's row has changed too */
    bool insert_run;        /* and is new */
    struct store_run run;   /* copy */
    struct run_count count; /* added to its campaign's counters */
    engine_also_fn also;
    engine_done_fn done;
    void *arg;
    bool retried;
};

/* change.c */
struct change *change_new(struct actor *a);
void change_free(struct change *c);
/* data is stolen. */
void change_event(struct change *c, const char *kind, json_t *data);
bool change_has_event(const struct change *c, const char *kind);
void change_step(struct change *c, int step, unsigned attempt, enum store_step_state state,
                 int64_t started_ns, int64_t ended_ns, int64_t deadline_ns, const char *error);
/* Copies the actor's row as it is now, with its next version, and hands all to the writer. */
void change_submit(struct change *c);
/* Copies the rows again into a change that could not be written: they say more now. */
void change_renew(struct change *c);
/* An event that belongs to no change. data is stolen. */
void engine_event(struct engine *e, const char *kind, const char *id, json_t *data);
/* Within a transaction: the event of this kind about the object of this id. */
int event_append(struct store_conn *conn, const char *kind, const char *id, const json_t *data,
                 struct bd_err *err);
/* Tells that an object of a sort ("cluster", "image", "campaign", "run") is durable in a new
 * version. */
void engine_changed(struct engine *e, const char *sort, const char *id);
void waiters_answer(struct delete_waiter **waiters, int rc, const struct bd_err *err,
                    const void *row);
char *dup_or_null(const char *s);
/* The store refuses it for its content, and would again. */
bool engine_write_is_refused(int rc);
/* Submits it again in a second, as the store could not write it; it stays in flight. */
void engine_write_later(struct engine *e, struct write *w);
void row_copy(const struct store_cluster *from, struct store_cluster *ret_to);
/* A write went through, or not: for /readyz. What the store refused for its content is neither. */
void engine_store_result(struct engine *e, int rc, const struct bd_err *err);

/* actor.c */
struct actor *actor_new(struct engine *e);
/* One that begins: of this spec (stolen) and image; on the list, nothing written. */
struct actor *actor_begin(struct engine *e, const char *id, json_t *spec,
                          const struct store_image *image);
/* Does what can be done next; the one place that decides. */
void actor_move(struct actor *a);
/* A step failed for good: one of bring-up fails the cluster, one of measurement its run alone. */
void actor_fail(struct actor *a, struct change *c, int step, int code, const char *detail);
void actor_set_error(struct actor *a, int step, int code, const char *detail);
void actor_on_durable(struct actor *a, struct change *c);
void actor_on_store_failure(struct actor *a, struct change *c, const struct bd_err *err);
void actor_on_work_done(struct actor *a, struct step_work *w);
/* What it brought is in the store, or can't be (w->rc). */
void actor_on_stored(struct actor *a, struct step_work *w);
void actor_on_lost(struct actor *a, const struct bd_strv *lost);
/* Ends what its run is doing, which fails with this; for the run's own time. */
void actor_abort(struct actor *a, int code, const char *why);
/* Makes plan and spec from the row; BD_ECORRUPT where the row makes no sense. */
int actor_plan(struct actor *a, struct bd_err *err);
void actor_nodes(struct actor *a, enum node_state state);
void actor_release(struct actor *a); /* off the list; freed when its handles are closed */
void actor_free(struct actor *a);    /* one that never got onto the list */
/* The other actors may go on: a step that runs alone has ended. */
void engine_move_all(struct engine *e);
struct actor *engine_find(struct engine *e, const char *id);

/* queue.c */
struct engine_load queue_load(const struct engine *e);

/* result.c */
/* Takes what its body found; false: nothing is to be written. */
bool actor_take_result(struct actor *a, struct change *c);

/* ingest.c */
/* Writes the jobs and samples that a body brought, in batches; then actor_on_stored(). False: there
 * are none. */
bool ingest_begin(struct actor *a, struct step_work *w);

/* work.c */
struct step_work {
    struct work w;
    struct engine *e;
    struct actor *a; /* NULL: abandoned, its result is late */
    int step;
    unsigned attempt;
    bool probe_first;
    _Atomic int64_t began_ns;     /* monotonic: when a worker took it up; 0: not yet */
    int64_t timeout_ns;           /* from then */
    int64_t started_ns, ended_ns; /* wall */
    int64_t took_ns;              /* monotonic */
    struct step_input in;
    struct step_output out;
    int rc;
    struct bd_err err;
};
void work_begin(struct actor *a, int step);
void work_free(struct step_work *w);
/* Tells the body to stop; it is given up where it does not come back. why is a literal. */
void work_stop(struct actor *a, int code, const char *why);
/* Looks which nodes are dead, then actor_on_lost(). */
void work_look(struct actor *a);
/* Sees to it that libvirt's events come, then looks at the nodes of all ready clusters. */
void work_watch(struct engine *e);
/* Looks for things with the names of clusters that are at their end, removes them, and logs it;
 * wanted again where it could not look. */
void work_sweep(struct engine *e);

/* images.c */
const struct store_image *images_row(struct engine *e, const char *id); /* NULL: none */
int images_load(struct engine *e, struct store_conn *conn, struct bd_err *err);
void images_start(struct engine *e);
void images_cancel(struct engine *e);
void images_free(struct engine *e);
void images_progress(struct engine *e, const char *id, const char *line);
/* By id, name (newest ready one) or digest (prefix); NULL with the reason. */
const struct store_image *images_resolve(struct engine *e, const char *ref, struct bd_err *err);

/* engine.c */
/* CPUs and memory of all clusters but one (NULL: of all). */
double engine_in_use(const struct engine *e, const struct actor *but, uint64_t *ret_memory);
/* Its nodes have been started, and nobody has asked for their end. */
bool nodes_should_run(const struct actor *a);
/* Calls done later, on the loop: with err, or with the row of the image of this id (NULL: no row).
 */
void engine_answer(struct engine *e, engine_done_fn done, void *arg, const struct bd_err *err,
                   const char *image_id);
/* From any thread. A copy is taken of what note says; its list is the engine's. */
void engine_note(struct engine *e, const struct note *note);
void engine_flight_end(struct engine *e); /* one of in_flight has called back */
