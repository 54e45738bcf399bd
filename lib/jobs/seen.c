/*
 * Records -> what was seen of each job.
 *
 * Nothing is taken for granted: files come from nodes that may have died, filled up, or been set to
 * another time. A record either belongs to a job of the stream and can be true, or it is a stranger
 * and is counted only. What one of them says never depends on where in its file it stands.
 */
#include "lib/jobs/jobs.h"

#include "lib/base/mem.h"

#include <string.h>

/* No clock of ours is further than 36 years from its zero: differences of moments never overflow.
 */
#define MOMENT_MAX (INT64_C(1) << 60)

/* What the driver wrote about one submission. Moments are of the controller's monotonic clock. */
struct turn {
    int64_t submit, accepted;
    uint64_t job_id;
    bool refused;
};

/* The scheduler's last word about one task. */
struct word {
    int64_t at;
    uint64_t job_id;
    enum job_end end;
    int64_t eligible, allocated, freed;
};

/* A START or END. */
struct mark {
    int64_t at; /* on the controller's monotonic clock */
    const struct job_record *record;
    uint32_t item, node; /* places among the tasks, and among the nodes by name */
    uint32_t rank, kind; /* the record's: sorted by them without going there */
};

struct work {
    const struct job_stream *stream;
    struct jobs_seen *seen;
    const struct job_records **nodes; /* by name */
    size_t n_nodes;
    size_t *first;      /* a job: the place of its first task */
    struct turn *turns; /* a job */
    struct word *words; /* a task */
    struct mark *marks;
    size_t n_marks, cap_marks;
    struct bd_str names; /* node lists, each with its NUL; the first one is "" */
    size_t *names_at;    /* a task: the place of its own there */
};

static bool can_be_true(const struct job_record *r)
{
    return r->magic == JOB_RECORD_MAGIC && r->kind > 0 && r->kind < JOB_RECORD_KIND_COUNT &&
           r->mono_ns >= 0 && r->mono_ns <= MOMENT_MAX && r->cpu_ns >= 0 && r->cpu_ns <= MOMENT_MAX;
}

static bool of_stream(const struct work *w, const struct job_record *r)
{
    return r->index < w->stream->n && r->task < w->stream->items[r->index].tasks;
}

static uint64_t processes_of(const struct job *job)
{
    return job_processes(job->nodes, &job->ask);
}

static size_t place_of(const struct work *w, const struct job_record *r)
{
    return w->first[r->index] + r->task;
}

static void earliest(int64_t *at, int64_t moment)
{
    if (*at == JOB_NEVER || moment < *at)
        *at = moment;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void take_cost(struct jobs_seen *seen, const struct job_record *r)
{
    bool known = r->more_ns >= 0 && r->more_ns <= r->cpu_ns;
    seen->driver_cpu_ns = r->cpu_ns;
    seen->clients_cpu_ns = known ? r->more_ns : 0;
}

/* A driver begins and finishes once: the first of each counts. False: another was there. */
static bool take_bound(struct jobs_seen *seen, const struct job_record *r)
{
    int64_t *at = r->kind == JOB_RECORD_BEGIN ? &seen->begin_mono_ns : &seen->finish;
    bool alone = *at == JOB_NEVER;
    if (!alone && r->mono_ns >= *at)
        return false;
    *at = r->mono_ns;
    if (r->kind == JOB_RECORD_BEGIN)
        seen->begin_wall_ns = r->wall_ns;
    else
        take_cost(seen, r);
    return alone;
}

static void take_word(struct word *word, const struct job_record *r)
{
    if (r->mono_ns < word->at)
        return;
    word->at = r->mono_ns;
    word->job_id = r->job_id;
    word->end = r->code > 0 && r->code < JOB_END_COUNT ? (enum job_end)r->code : JOB_END_UNKNOWN;
}

/* False: a stranger. */
static bool take_of_driver(struct work *w, const struct job_record *r)
{
    if (!can_be_true(r))
        return false;
    if (r->kind == JOB_RECORD_BEGIN || r->kind == JOB_RECORD_FINISH)
        return take_bound(w->seen, r);
    if (!of_stream(w, r))
        return false;
    struct turn *turn = &w->turns[r->index];
    switch (r->kind) {
    case JOB_RECORD_SUBMIT:
        earliest(&turn->submit, r->mono_ns);
        return true;
    case JOB_RECORD_ACCEPTED:
        earliest(&turn->accepted, r->mono_ns);
        if (turn->accepted == r->mono_ns)
            turn->job_id = r->job_id;
        return true;
    case JOB_RECORD_REFUSED:
        turn->refused = true;
        return true;
    case JOB_RECORD_ENDED:
        take_word(&w->words[place_of(w, r)], r);
        return true;
    case JOB_RECORD_ELIGIBLE:
        earliest(&w->words[place_of(w, r)].eligible, r->mono_ns);
        return true;
    case JOB_RECORD_ALLOCATED:
        earliest(&w->words[place_of(w, r)].allocated, r->mono_ns);
        return true;
    case JOB_RECORD_FREED:
        earliest(&w->words[place_of(w, r)].freed, r->mono_ns);
        return true;
    default:
        return false;
    }
}

static bool take_of_node(struct work *w, uint32_t node, const struct job_record *r)
{
    if (!can_be_true(r) || (r->kind != JOB_RECORD_START && r->kind != JOB_RECORD_END) ||
        !of_stream(w, r) || r->rank >= processes_of(&w->stream->items[r->index]))
        return false;
    if (w->n_marks == w->cap_marks) {
        w->cap_marks = w->cap_marks ? 2 * w->cap_marks : 1024;
        w->marks = bd_xrealloc(w->marks, w->cap_marks * sizeof(*w->marks));
    }
    int64_t offset = w->nodes[node]->offset_ns;
    offset = offset > MOMENT_MAX ? MOMENT_MAX : later(offset, -MOMENT_MAX);
    w->marks[w->n_marks++] = (struct mark){
        .at = r->mono_ns - offset,
        .record = r,
        .item = (uint32_t)place_of(w, r),
        .node = node,
        .rank = r->rank,
        .kind = r->kind,
    };
    if (r->kind == JOB_RECORD_END) {
        if (__builtin_add_overflow(w->seen->job_cpu_ns, r->cpu_ns, &w->seen->job_cpu_ns))
            w->seen->job_cpu_ns = INT64_MAX;
        w->seen->job_ends++;
    }
    return true;
}

/* ----------------------------------------------------------------------------------- the clocks */

/* a - b; a wall clock may have been set to anything. */
static int64_t difference(int64_t a, int64_t b)
{
    int64_t d;
    if (__builtin_sub_overflow(a, b, &d))
        return a < b ? INT64_MIN : INT64_MAX;
    return d;
}

static uint64_t magnitude(int64_t d)
{
    return d < 0 ? 0 - (uint64_t)d : (uint64_t)d;
}

/* What the others of a file are held against: the first one written; a driver's is its BEGIN. */
static const struct job_record *reference(const struct job_records *records)
{
    const struct job_record *found = NULL;
    for (size_t i = 0; i < records->n; i++) {
        const struct job_record *r = &records->items[i];
        if (can_be_true(r) && (!found || r->mono_ns < found->mono_ns))
            found = r;
    }
    return found;
}

static void find_jump(const struct job_records *records, int64_t *jump)
{
    const struct job_record *first = reference(records);
    if (!first)
        return;
    int64_t before = difference(first->wall_ns, first->mono_ns);
    for (size_t i = 0; i < records->n; i++) {
        const struct job_record *r = &records->items[i];
        if (!can_be_true(r))
            continue;
        int64_t d = difference(difference(r->wall_ns, r->mono_ns), before);
        if (magnitude(d) > magnitude(*jump))
            *jump = d;
    }
}

/* ----------------------------------------------------------------------------- task after task */

static int three_way(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_item_rank_kind_time(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    if (x->item != y->item)
        return three_way(x->item, y->item);
    if (x->rank != y->rank)
        return three_way(x->rank, y->rank);
    if (x->kind != y->kind)
        return three_way(x->kind, y->kind);
    if (x->at != y->at)
        return three_way(x->at, y->at);
    return three_way(x->record->code, y->record->code);
}

static int by_place(const void *a, const void *b)
{
    return three_way(*(const uint32_t *)a, *(const uint32_t *)b);
}

/* The place of a new list among the names. */
static size_t add_names(struct work *w, const struct mark *marks, size_t n)
{
    if (n == 0)
        return 0;
    size_t at = w->names.len;
    bd_auto_free uint32_t *places = bd_xcalloc(n, sizeof(*places));
    for (size_t i = 0; i < n; i++)
        places[i] = marks[i].node;
    qsort(places, n, sizeof(*places), by_place);
    for (size_t i = 0; i < n; i++) {
        const char *name = w->nodes[places[i]]->node;
        /* What was fetched of a node may have come in parts. */
        if (i > 0 && bd_str_eq(name, w->nodes[places[i - 1]]->node))
            continue;
        if (i > 0)
            bd_str_add(&w->names, ",");
        bd_str_add(&w->names, name);
    }
    bd_str_addn(&w->names, "", 1);
    return at;
}

/* What the marks of one task come to. An END says that there was a beginning, not when. */
struct sum {
    uint32_t ranks_started, ranks_ended;
    int64_t started_first, started_all, ended_last;
    uint64_t job_id;
    int32_t code; /* the first that is not 0, by rank */
};

/* Marks of one rank, its STARTs before its ENDs. Where a task ran twice, its first beginning and
 * its last end count. */
static void add_rank(struct job_seen *job, struct sum *sum, const struct mark *marks, size_t n)
{
    size_t starts = 0;
    while (starts < n && marks[starts].kind == JOB_RECORD_START)
        starts++;
    size_t ends = n - starts;
    job->starts += (uint32_t)starts;
    job->ends += (uint32_t)ends;
    job->doubled = job->doubled || starts > 1 || ends > 1;
    if (starts > 0) {
        sum->ranks_started++;
        earliest(&sum->started_first, marks[0].at);
        sum->started_all = later(sum->started_all, marks[0].at);
    }
    if (ends > 0) {
        const struct mark *last = &marks[n - 1];
        sum->ranks_ended++;
        sum->ended_last = later(sum->ended_last, last->at);
        if (sum->code == 0)
            sum->code = last->record->code;
    }
    for (size_t i = 0; i < n && sum->job_id == 0; i++)
        sum->job_id = marks[i].record->job_id;
}

static enum job_outcome outcome_of(const struct job_seen *job, const struct sum *sum,
                                   const struct turn *turn)
{
    if (sum->ranks_ended == job_processes(job->nodes, &job->ask))
        return sum->code == 0 ? JOB_COMPLETED : JOB_FAILED;
    if (job->starts > 0 || job->ends > 0)
        return JOB_KILLED;
    if (turn->refused)
        return JOB_REFUSED;
    return turn->submit != JOB_NEVER || turn->accepted != JOB_NEVER ? JOB_LOST : JOB_NOT_SUBMITTED;
}

static int64_t since_begin(const struct jobs_seen *seen, int64_t at)
{
    return at == JOB_NEVER || seen->begin_mono_ns == JOB_NEVER ? JOB_NEVER
                                                               : at - seen->begin_mono_ns;
}

static void finish_task(struct work *w, size_t item, const struct mark *marks, size_t n)
{
    struct job_seen *job = &w->seen->items[item];
    const struct turn *turn = &w->turns[job->index];
    const struct word *word = &w->words[item];
    struct sum sum = {
        .started_first = JOB_NEVER, .started_all = JOB_NEVER, .ended_last = JOB_NEVER};
    for (size_t i = 0, of_rank; i < n; i += of_rank) {
        for (of_rank = 1; i + of_rank < n && marks[i + of_rank].rank == marks[i].rank;)
            of_rank++;
        add_rank(job, &sum, &marks[i], of_rank);
    }
    uint64_t processes = job_processes(job->nodes, &job->ask);
    job->submit = since_begin(w->seen, turn->submit);
    job->accepted = since_begin(w->seen, turn->accepted);
    job->eligible = since_begin(w->seen, word->eligible);
    job->allocated = since_begin(w->seen, word->allocated);
    job->freed = since_begin(w->seen, word->freed);
    job->started_first = since_begin(w->seen, sum.started_first);
    if (sum.ranks_started == processes)
        job->started_all = since_begin(w->seen, sum.started_all);
    if (sum.ranks_ended == processes)
        job->ended_last = since_begin(w->seen, sum.ended_last);
    if (sum.ranks_ended > 0)
        job->exit_code = sum.code;
    job->job_id = sum.job_id ? sum.job_id : word->job_id ? word->job_id : turn->job_id;
    job->end = word->end;
    job->outcome = outcome_of(job, &sum, turn);
    w->names_at[item] = add_names(w, marks, n);
}

/* ------------------------------------------------------------------------------- all together */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct job_records *const *)a)->node,
                  (*(const struct job_records *const *)b)->node);
}

/* Every task of the stream, with what was asked for. */
static void list_tasks(struct work *w)
{
    w->seen->items = bd_xcalloc(w->seen->n + 1, sizeof(*w->seen->items));
    for (size_t i = 0; i < w->stream->n; i++) {
        const struct job *asked = &w->stream->items[i];
        for (uint32_t task = 0; task < asked->tasks; task++)
            w->seen->items[w->first[i] + task] = (struct job_seen){
                .index = (uint32_t)i,
                .task = task,
                .nodes = asked->nodes,
                .ask = asked->ask,
                .user = asked->user,
                .follows = (uint32_t)(asked->after + 1),
                .think = asked->after >= 0 ? asked->think_ns : -1,
                .group = asked->group,
                .planned = asked->arrival_ns,
                .submit = JOB_NEVER,
                .accepted = JOB_NEVER,
                .started_first = JOB_NEVER,
                .started_all = JOB_NEVER,
                .ended_last = JOB_NEVER,
                .runtime = asked->runtime_ns,
                .requested = asked->requested_ns,
                .exit_code = -1,
            };
    }
}

static void begin_work(struct work *w, const struct job_records *records, size_t n_records)
{
    size_t jobs = w->stream->n;
    w->first = bd_xcalloc(jobs + 1, sizeof(*w->first));
    w->turns = bd_xcalloc(jobs + 1, sizeof(*w->turns));
    for (size_t i = 0; i < jobs; i++) {
        w->first[i + 1] = w->first[i] + w->stream->items[i].tasks;
        w->turns[i] = (struct turn){.submit = JOB_NEVER, .accepted = JOB_NEVER};
    }
    w->seen->n = w->first[jobs];
    list_tasks(w);
    w->words = bd_xcalloc(w->seen->n + 1, sizeof(*w->words));
    for (size_t i = 0; i < w->seen->n; i++)
        w->words[i] = (struct word){
            .at = JOB_NEVER,
            .eligible = JOB_NEVER,
            .allocated = JOB_NEVER,
            .freed = JOB_NEVER,
        };
    w->names_at = bd_xcalloc(w->seen->n + 1, sizeof(*w->names_at));
    bd_str_addn(&w->names, "", 1);
    w->n_nodes = n_records > 0 ? n_records - 1 : 0;
    w->nodes = bd_xcalloc(w->n_nodes + 1, sizeof(const struct job_records *));
    for (size_t i = 0; i < w->n_nodes; i++)
        w->nodes[i] = &records[i + 1];
    qsort((void *)w->nodes, w->n_nodes, sizeof(const struct job_records *), by_name);
}

static void take_all(struct work *w, const struct job_records *driver)
{
    for (size_t i = 0; driver && i < driver->n; i++)
        w->seen->strangers += !take_of_driver(w, &driver->items[i]);
    for (size_t node = 0; node < w->n_nodes; node++)
        for (size_t i = 0; i < w->nodes[node]->n; i++)
            w->seen->strangers += !take_of_node(w, (uint32_t)node, &w->nodes[node]->items[i]);
}

/* The driver's clock for a job with a think time begins when the last task of the job that it
 * follows has ended by the scheduler's word. */
static void plan_by_think_time(struct work *w, size_t job)
{
    const struct job *asked = &w->stream->items[job];
    int64_t ended = JOB_NEVER, planned;
    if (asked->after < 0 || asked->think_ns < 0 || w->seen->begin_mono_ns == JOB_NEVER)
        return;
    for (size_t at = w->first[asked->after]; at < w->first[asked->after + 1]; at++) {
        if (w->words[at].at == JOB_NEVER)
            return;
        ended = later(ended, w->words[at].at);
    }
    if (__builtin_add_overflow(ended - w->seen->begin_mono_ns, asked->think_ns, &planned))
        return;
    for (size_t at = w->first[job]; at < w->first[job + 1]; at++)
        w->seen->items[at].planned = planned;
}

/* Only now do they stay where they are. */
static void hand_over_names(struct work *w)
{
    w->seen->names = bd_str_take(&w->names);
    for (size_t i = 0; i < w->seen->n; i++)
        w->seen->items[i].node_list = w->seen->names + w->names_at[i];
    free(w->names_at);
}

void jobs_seen_make(const struct job_stream *stream, const struct job_records *records,
                    size_t n_records, struct jobs_seen *ret_seen)
{
    *ret_seen = (struct jobs_seen){
        .begin_mono_ns = JOB_NEVER, .begin_wall_ns = JOB_NEVER, .finish = JOB_NEVER};
    struct work w = {.stream = stream, .seen = ret_seen};
    begin_work(&w, records, n_records);
    take_all(&w, n_records > 0 ? records : NULL);
    for (size_t i = 0; i < n_records; i++)
        find_jump(&records[i], &ret_seen->clock_jump_ns);
    if (w.n_marks > 0)
        qsort(w.marks, w.n_marks, sizeof(*w.marks), by_item_rank_kind_time);
    for (size_t item = 0, from = 0, n; item < ret_seen->n; item++, from += n) {
        for (n = 0; from + n < w.n_marks && w.marks[from + n].item == item;)
            n++;
        finish_task(&w, item, n ? &w.marks[from] : NULL, n);
    }
    for (size_t job = 0; job < stream->n; job++)
        plan_by_think_time(&w, job);
    hand_over_names(&w);
    ret_seen->finish = since_begin(ret_seen, ret_seen->finish);
    free(w.first);
    free(w.turns);
    free(w.words);
    free((void *)w.nodes);
    free(w.marks);
}

void jobs_seen_done(struct jobs_seen *s)
{
    free(s->items);
    free(s->names);
    *s = (struct jobs_seen){0};
}
