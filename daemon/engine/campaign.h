/*
 * What the files of the engine share about campaigns and runs. Threads: the loop's.
 *
 * A campaign knows of each position of its plan whether it is decided. Its runs are made one after
 * the other (queue.c); a run that is admitted belongs to the actor of its cluster (run.c).
 */
#pragma once

#include "daemon/engine/definitions.h"
#include "daemon/engine/private.h"
#include "lib/plan/budget.h"
#include "lib/virt/quiet.h"

#define CAMPAIGNS_MAX 20000 /* not at their end, at once */

enum slot_state { SLOT_FRESH, SLOT_RETRY, SLOT_BUSY, SLOT_DECIDED };

/* What became of a position of the plan. */
struct slot {
    uint8_t state;    /* enum slot_state */
    uint8_t failures; /* attempts that count against design.retries */
    uint16_t attempt; /* the last one's number */
};

struct order {
    struct order *next;
    enum engine_order order;
    engine_done_fn done;
    void *arg;
};

/* A campaign that is not at its end. */
struct campaign {
    struct engine *e;
    struct campaign *next; /* by priority, then age */
    char id[BD_ID_BYTES];
    enum campaign_state state; /* as it is durable */
    int priority;
    int64_t created_ns;
    unsigned done; /* runs that ended as done */

    /* Once it is opened: */
    struct plan *plan;
    json_t *definitions; /* {NAME: definition} of its workloads; NULL: none */
    struct slot *slots;
    size_t end; /* positions that are run: all of the plan, unless rule or budget ended it */
    size_t from, to, fresh; /* the group under way; the first in it that may be fresh */
    size_t looks, looked;   /* by its rule for stopping: how often, and after how many blocks */
    struct plan_budget budget;
    struct store_spent spent;
    unsigned retries;
    bool looking;   /* whether it goes on is being found out, or written */
    bool exhausted; /* its budget ended it */
    bool one_group; /* the order is over all blocks that are no warm-up */
    bool shared;
    int64_t run_timeout_ns, quiet_wait_ns;
    uint64_t seed;

    struct run *queued; /* its row is made, and it waits for room or quiet */
    uint64_t last_begun;
    unsigned adding; /* batches of cells that are with the writer */
    unsigned busy;   /* runs not at their end, the queued one too */
    bool opening;
    bool reopen;       /* what is being read of it is of before */
    bool admitting;    /* a run's first change is not durable yet */
    bool start_wanted; /* its first run may begin */
    bool writing;      /* a state of it is with the writer */
    struct order *orders, **orders_tail;
};

/* A run that is not at its end. Its actor's once it is admitted, its campaign's before. */
struct run {
    struct engine *e;
    struct campaign *campaign; /* NULL: that is at its end, or set aside */
    struct actor *a;           /* NULL: queued */
    struct store_run row;      /* as it will be durable when the write in flight is */
    json_t *definition;        /* of its workload; NULL: benchd knows it by itself */
    bool stored;               /* its row has been inserted */
    bool writing;              /* while queued: its row is with the writer */
    bool cancel_wanted;        /* while queued */
    bool unwritten;            /* its conditions say more than its row */
    bool store_failed;         /* told once */
    bool salvaged;             /* what could be had of its logs was fetched */
    struct store_spent spent;  /* of its campaign's budget, at its end */
    int64_t began_mono_ns;     /* 0: under an earlier daemon */
    int64_t room_mono_ns;      /* since when there is room for it; 0: there is none */
    int64_t deadline_mono_ns;
    struct delete_waiter *waiters; /* while queued */
};

/* campaign.c */
int campaigns_load(struct engine *e, struct store_conn *conn, struct bd_err *err);
struct campaign *campaign_find(struct engine *e, const char *id);
/* One that can't be read: logged, told in its row, and otherwise left as it is. conn: the writer's,
 * at start; else NULL. */
void campaign_set_aside(struct campaign *c, const struct bd_err *why, struct store_conn *conn);
void campaigns_free(struct engine *e);
/* Does what can be done next: orders, its start, its end. */
void campaign_move(struct campaign *c);
/* The next position that wants a run; false: none now. */
bool campaign_next_position(struct campaign *c, size_t *ret_position);
/* A run of it ended; its slot follows. */
void campaign_on_run_end(struct campaign *c, const struct run *r);
/* Whether a run that ends like this leaves its position undecided. */
bool campaign_tries_again(const struct campaign *c, const struct run *r);

/* campaign_open.c */
/* Takes the plan and the definitions over. */
void campaign_take_plan(struct campaign *c, const json_t *spec, struct plan *plan,
                        json_t *definitions);
/* Reads plans and what became of runs, at start: of those whose runs are under way. */
void campaigns_open_now(struct engine *e, struct store_conn *conn);
/* The same on a worker; queue_move() follows. */
void campaign_open(struct campaign *c);

/* until.c */
/* How the rule stands before the first look, as it is stored. */
json_t *until_state(const struct plan_until *until);
/* As it was stored. */
void until_take(struct campaign *c, const json_t *state);
/* Whether all that is to be looked at after this block has been; else a look is under way. */
bool until_looked(struct campaign *c, size_t block);

/* spending.c */
void spending_add(struct campaign *c, const struct store_spent *more);
/* Whether there is room for the block that begins with this position; else it will end before it.
 */
bool spending_allows(struct campaign *c, size_t position);
/* Likewise for one of the runs of the block under way that failed. */
bool spending_allows_retry(struct campaign *c);
/* It ends with so many positions; what failed is not tried again. */
void spending_end(struct campaign *c, size_t end);

/* run.c */
struct run *run_new(struct campaign *c, size_t position);
void run_free(struct run *r);
/* Moves its state, with its event in c (NULL: the caller writes them). */
bool run_move(struct run *r, struct change *c, enum run_event event);
void run_fail(struct run *r, struct change *c, int code, const char *step, const char *detail);
/* Its cluster is gone: end, grade, and its campaign's counters, all in c. */
void run_gone(struct run *r, struct change *c);
int run_count_exec(const struct run_count *count, struct store_conn *conn, struct bd_err *err);
void run_absorb(struct run *r, struct step_output *out);
/* An event, while it is measured. */
void run_progress(struct engine *e, const char *id, const struct workload_progress *p);
/* The copy that a write takes along: all of it to insert, else what changes. */
void run_row_copy(const struct store_run *from, bool all, struct store_run *ret_to);
/* Makes the actor of its cluster, of this spec (stolen), and both rows in one change. */
void run_admit(struct run *r, json_t *spec, const struct store_image *image);
/* That change is durable. */
void run_admitted(struct run *r);
/* Or it could not be written: it is queued again. */
void run_unadmit(struct run *r, const struct bd_err *err);
/* While queued: writes its row as it is; at its end, its campaign is told when that is durable. */
void run_write(struct run *r, const char *kind);
void run_cancel_queued(struct run *r);
/* Its actor ended. */
void run_released(struct run *r);
/* The run of a cluster's row found at start; NULL with its reason logged. */
struct run *run_load(struct engine *e, struct store_conn *conn, struct actor *a);
struct run *run_find(struct engine *e, const char *id);
json_t *run_cluster_spec(const struct store_run *row);

/* queue.c */
/* Every second: how busy others keep the host, runs whose time is over, the queue. */
void queue_tick(struct engine *e);
/* Begins the next run, if there is one and it may begin. */
void queue_move(struct engine *e);
/* An interactive cluster is up beside the runs. */
void queue_note_clusters(struct engine *e);
