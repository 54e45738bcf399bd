/*
 * Jobs of a stream: strictly first come first served. The first that has to wait for nodes holds
 * up all behind it; one that waits for another job's end holds up nobody, and has its place by its
 * number once it may begin. A job's nodes are its own until the last of them is done.
 */
#include "submit_null.h"

#include "append.h"
#include "fatal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_JOB UINT32_MAX

struct queued {
    uint32_t index, nodes, tasks;
    uint32_t begun_tasks, ended_tasks;
    int64_t limit_ns;
    char *user, *command;           /* freed at its end */
    uint32_t first_waiter, next;    /* jobs that wait for its end, in a list */
    int64_t submit_ns, eligible_ns; /* wall clock; monotonic */
};

/* A task that has nodes. */
struct running {
    uint32_t job, task;
    uint32_t left;    /* nodes that have not told its end */
    uint32_t *places; /* of its nodes */
    bool *told;       /* its end, by each of these, or by being lost */
    int64_t allocated_ns, start_wall_ns;
    int64_t limit_at_ns; /* INT64_MAX: none */
    int code;            /* the first that is not 0 */
    bool used, timed_out, node_lost;
};

struct null_queue {
    struct null_cluster *cluster;
    int records;
    struct queued *jobs; /* by number, from 1: [0] is the first */
    size_t n, room;
    uint32_t *eligible; /* a heap of places in jobs: the lowest is on top */
    size_t n_eligible, eligible_room;
    struct running *running; /* by key; at most one a node */
    size_t n_running;
    uint32_t open_jobs; /* that are not over */
};

struct null_queue *queue_new(struct null_cluster *c, const char *records)
{
    struct null_queue *q = calloc(1, sizeof(*q));

    if (!q || !(q->running = calloc(c->n, sizeof(*q->running))))
        abort();
    q->cluster = c;
    q->records = records_open(records);
    return q;
}

bool queue_is_empty(const struct null_queue *q)
{
    return q->open_jobs == 0;
}

/* ------------------------------------------------------------------------------- whose turn it is
 */

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t kept = *a;

    *a = *b;
    *b = kept;
}

static void add_eligible(struct null_queue *q, uint32_t job)
{
    if (q->n_eligible == q->eligible_room) {
        q->eligible_room = q->eligible_room ? 2 * q->eligible_room : 1024;
        q->eligible = reallocarray(q->eligible, q->eligible_room, sizeof(*q->eligible));
        if (!q->eligible)
            abort();
    }
    size_t at = q->n_eligible++;
    q->eligible[at] = job;
    for (; at > 0 && q->eligible[(at - 1) / 2] > q->eligible[at]; at = (at - 1) / 2)
        swap(&q->eligible[(at - 1) / 2], &q->eligible[at]);
    q->jobs[job].eligible_ns = clock_ns(CLOCK_MONOTONIC);
}

static void drop_first(struct null_queue *q)
{
    size_t at = 0;

    q->eligible[0] = q->eligible[--q->n_eligible];
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < q->n_eligible; child++)
            if (q->eligible[child] < q->eligible[least])
                least = child;
        if (least == at)
            return;
        swap(&q->eligible[least], &q->eligible[at]);
        at = least;
    }
}

/* ---------------------------------------------------------------------------------------- taking
 */

static const char *why_not(const struct null_queue *q, const struct order *o)
{
    if (o->nodes > (int64_t)q->cluster->n)
        return text_new("it needs %lld nodes, and there are %zu", (long long)o->nodes,
                        q->cluster->n);
    if (o->ask.tasks > 1 || o->ask.memory_bytes > 0 || o->ask.shares)
        return "the scheduler null gives whole nodes to one task on each, and nothing else";
    if (o->has_priority)
        return "the scheduler null has no priorities";
    if (o->after > (int64_t)q->n)
        return text_new("there is no job %lld to wait for", (long long)o->after);
    return NULL;
}

static struct queued *add_job(struct null_queue *q)
{
    if (q->n == q->room) {
        q->room = q->room ? 2 * q->room : 1024;
        q->jobs = reallocarray(q->jobs, q->room, sizeof(*q->jobs));
        if (!q->jobs)
            abort();
    }
    q->open_jobs++;
    return &q->jobs[q->n++];
}

static bool is_over(const struct queued *job)
{
    return job->ended_tasks == job->tasks;
}

void queue_take(struct null_queue *q, const struct order *o, int64_t begun_ns)
{
    const char *reason = why_not(q, o);

    say("begun %u %lld", o->index, (long long)begun_ns);
    if (reason) {
        say("refused %u %lld 1 %s", o->index, (long long)clock_ns(CLOCK_MONOTONIC), reason);
        return;
    }
    *add_job(q) = (struct queued){
        .index = o->index,
        .nodes = (uint32_t)o->nodes,
        .tasks = (uint32_t)o->tasks,
        .limit_ns = o->limit_ns,
        .user = text_new("%s", o->user),
        .command = text_new("%s", o->command),
        .first_waiter = NO_JOB,
        .next = NO_JOB,
        .submit_ns = clock_ns(CLOCK_REALTIME),
    };
    uint32_t job = (uint32_t)(q->n - 1);
    say("accepted %u %lld %u", o->index, (long long)clock_ns(CLOCK_MONOTONIC), job + 1);
    struct queued *before = o->after ? &q->jobs[o->after - 1] : NULL;
    if (!before || is_over(before)) {
        add_eligible(q, job);
        return;
    }
    q->jobs[job].next = before->first_waiter;
    before->first_waiter = job;
}

/* --------------------------------------------------------------------------------------- ending */

static void end_job(struct null_queue *q, uint32_t job)
{
    struct queued *j = &q->jobs[job];

    for (uint32_t waiter = j->first_waiter, next; waiter != NO_JOB; waiter = next) {
        next = q->jobs[waiter].next;
        add_eligible(q, waiter);
    }
    free(j->user);
    free(j->command);
    j->user = j->command = NULL;
    q->open_jobs--;
}

/* r NULL: it never had nodes. */
static void end_task(struct null_queue *q, uint32_t job, uint32_t task, const struct running *r,
                     const char *state, int64_t freed_ns)
{
    struct queued *j = &q->jobs[job];
    int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    const struct null_record record = {
        .job_id = (uint64_t)job + 1,
        .index = j->index,
        .task = task,
        .nodes = j->nodes,
        .submit_ns = j->submit_ns,
        .start_ns = r ? r->start_wall_ns : 0,
        .end_ns = clock_ns(CLOCK_REALTIME),
        .state = state,
        .code = r ? r->code : 0,
    };

    if (r)
        say("points %u %u %lld %lld %lld", job + 1, task, (long long)j->eligible_ns,
            (long long)r->allocated_ns, (long long)freed_ns);
    records_add(q->records, &record);
    say("ended %u %u %s %d %lld", job + 1, task, state, record.code, (long long)now_ns);
    j->ended_tasks++;
    if (is_over(j))
        end_job(q, job);
}

static void finish(struct null_queue *q, struct running *r)
{
    struct null_cluster *c = q->cluster;
    uint32_t nodes = q->jobs[r->job].nodes;

    for (uint32_t i = 0; i < nodes; i++) {
        struct null_node *node = &c->nodes[r->places[i]];
        node->busy = false;
        c->n_free += !node->lost;
    }
    r->used = false;
    free(r->places);
    free(r->told);
    end_task(q, r->job, r->task, r,
             r->node_lost   ? "node-fail"
             : r->timed_out ? "timeout"
                            : state_of_code(r->code),
             clock_ns(CLOCK_MONOTONIC));
}

static void tell_all(struct null_queue *q, const struct running *r, int signal)
{
    uint32_t key = (uint32_t)(r - q->running);

    for (uint32_t i = 0; i < q->jobs[r->job].nodes; i++)
        frames_send(&q->cluster->nodes[r->places[i]].frames, FRAME_KILL, key, signal, NULL, 0);
}

/* The rank of a node that is at this place; `nodes` of the job where it has none. */
static uint32_t rank_of(const struct null_queue *q, const struct running *r, uint32_t place)
{
    uint32_t nodes = q->jobs[r->job].nodes, rank = 0;

    while (rank < nodes && r->places[rank] != place)
        rank++;
    return rank;
}

/* Once a node: one that is lost after it has told the end of its part ends nothing more, and the
 * key is free for another job only when nothing more can come for this one. */
static void one_is_done(struct null_queue *q, struct running *r, uint32_t rank, int code)
{
    if (r->told[rank])
        return;
    r->told[rank] = true;
    if (r->code == 0)
        r->code = code;
    if (--r->left == 0)
        finish(q, r);
}

/* The others of its job end too. */
static void lose(struct null_queue *q, const struct null_node *node)
{
    uint32_t place = (uint32_t)(node - q->cluster->nodes);

    if (!node->busy) {
        q->cluster->n_free--;
        return;
    }
    for (size_t key = 0; key < q->cluster->n; key++) {
        struct running *r = &q->running[key];
        uint32_t rank = r->used ? rank_of(q, r, place) : 0;
        if (!r->used || rank == q->jobs[r->job].nodes)
            continue;
        r->node_lost = true;
        tell_all(q, r, SIGKILL);
        one_is_done(q, r, rank, CODE_OF_SIGNAL + SIGKILL);
        return;
    }
}

void queue_hear(struct null_node *node, const struct frame *frame, const char *data, void *queue)
{
    struct null_queue *q = queue;
    uint32_t place = (uint32_t)(node - q->cluster->nodes);

    (void)data;
    if (!frame) {
        lose(q, node);
    } else if (frame->kind == FRAME_EXIT && frame->key < q->cluster->n &&
               q->running[frame->key].used) {
        struct running *r = &q->running[frame->key];
        uint32_t rank = rank_of(q, r, place);
        if (rank < q->jobs[r->job].nodes)
            one_is_done(q, r, rank, frame->value);
    }
}

int64_t queue_limits(struct null_queue *q, int64_t now_ns)
{
    int64_t next_ns = INT64_MAX;

    for (size_t key = 0; key < q->cluster->n; key++) {
        struct running *r = &q->running[key];
        if (!r->used)
            continue;
        if (r->limit_at_ns <= now_ns) {
            tell_all(q, r, r->timed_out ? SIGKILL : SIGTERM);
            r->limit_at_ns = r->timed_out ? INT64_MAX : now_ns + TERM_TO_KILL_NS;
            r->timed_out = true;
        }
        next_ns = r->limit_at_ns < next_ns ? r->limit_at_ns : next_ns;
    }
    return next_ns;
}

/* ------------------------------------------------------------------------------------- beginning
 */

static struct running *free_running(struct null_queue *q)
{
    size_t key = 0;

    while (q->running[key].used)
        key++;
    return &q->running[key];
}

/* Those with the lowest numbers; there are as many. */
static uint32_t *take_nodes(struct null_cluster *c, uint32_t n)
{
    uint32_t *places = calloc(n, sizeof(*places));

    if (!places)
        abort();
    for (uint32_t place = 0, taken = 0; taken < n; place++)
        if (!c->nodes[place].busy && !c->nodes[place].lost) {
            c->nodes[place].busy = true;
            places[taken++] = place;
        }
    c->n_free -= n;
    return places;
}

#define ARGS_MOST 1100
#define ENV_MOST  8

/* A start of a stream's command on each of a job's nodes; only the rank differs. */
struct launch {
    char *argv[ARGS_MOST + 1], *env[ENV_MOST];
    char *command; /* that the words lie in */
    char job[32], task[32], nodes[32], rank[32];
    struct null_start start;
};

static void cut_command(struct launch *l, const char *command)
{
    char *rest = l->command = strdup(command);
    size_t n = 0;

    if (!rest)
        abort();
    for (char *word; (word = strsep(&rest, " ")) && n < ARGS_MOST;)
        if (*word)
            l->argv[n++] = word;
    l->argv[n] = NULL;
}

static void set_env(struct launch *l, const struct queued *j, const struct running *r)
{
    static char *path, *records;
    const char *found = getenv("PATH"), *file = getenv(RECORDS_VARIABLE);
    size_t n = 0;

    if (!path)
        path = text_new("PATH=%s", found ? found : "/usr/local/bin:/usr/bin:/bin");
    if (!records && file)
        records = text_new(RECORDS_VARIABLE "=%s", file);
    snprintf(l->job, sizeof(l->job), "BENCHD_JOB_ID=%u", r->job + 1);
    snprintf(l->nodes, sizeof(l->nodes), "BENCHD_NODES=%u", j->nodes);
    snprintf(l->task, sizeof(l->task), "BENCHD_TASK=%u", r->task);
    l->env[n++] = path;
    l->env[n++] = l->job;
    l->env[n++] = l->rank;
    l->env[n++] = l->nodes;
    if (j->tasks > 1)
        l->env[n++] = l->task;
    if (records)
        l->env[n++] = records;
    l->env[n] = NULL;
}

static void start_everywhere(struct null_queue *q, const struct running *r)
{
    static struct launch l;
    const struct queued *j = &q->jobs[r->job];

    cut_command(&l, j->command);
    set_env(&l, j, r);
    l.start = (struct null_start){.user = j->user, .argv = l.argv, .env = l.env};
    for (uint32_t rank = 0; rank < j->nodes; rank++) {
        snprintf(l.rank, sizeof(l.rank), "BENCHD_RANK=%u", rank);
        cluster_start(&q->cluster->nodes[r->places[rank]], (uint32_t)(r - q->running), &l.start);
    }
    free(l.command);
}

static void begin(struct null_queue *q, uint32_t job)
{
    struct queued *j = &q->jobs[job];
    struct running *r = free_running(q);

    *r = (struct running){
        .job = job,
        .task = j->begun_tasks++,
        .left = j->nodes,
        .places = take_nodes(q->cluster, j->nodes),
        .told = calloc(j->nodes, sizeof(bool)),
        .allocated_ns = clock_ns(CLOCK_MONOTONIC),
        .start_wall_ns = clock_ns(CLOCK_REALTIME),
        .limit_at_ns = INT64_MAX,
        .used = true,
    };
    if (!r->told)
        abort();
    if (j->limit_ns > 0)
        r->limit_at_ns = r->allocated_ns + null_time_of(j->limit_ns);
    start_everywhere(q, r);
}

/* It can't ever begin. */
static void give_up_job(struct null_queue *q, uint32_t job)
{
    while (q->jobs[job].begun_tasks < q->jobs[job].tasks)
        end_task(q, job, q->jobs[job].begun_tasks++, NULL, "node-fail", 0);
}

void queue_serve(struct null_queue *q)
{
    const struct null_cluster *c = q->cluster;

    while (q->n_eligible > 0) {
        uint32_t job = q->eligible[0];
        const struct queued *j = &q->jobs[job];
        if (j->nodes > c->n_free && j->nodes <= c->n - c->n_lost)
            return;
        if (j->nodes > c->n - c->n_lost) {
            drop_first(q);
            give_up_job(q, job);
            continue;
        }
        begin(q, job);
        if (q->jobs[job].begun_tasks == q->jobs[job].tasks)
            drop_first(q);
    }
}
