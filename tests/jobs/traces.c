#include "tests/jobs/traces.h"

#define WALL_NS INT64_C(1700000000000000000) /* of the moment at which a clock was 0 */

static const char *const kinds[JOB_RECORD_KIND_COUNT] = {
    "unknown", "begin", "submit", "accepted", "refused",   "start",
    "end",     "ended", "finish", "eligible", "allocated", "freed",
};

static int64_t number(const json_t *row, size_t i)
{
    ck_assert(json_is_integer(json_array_get(row, i)));
    return json_integer_value(json_array_get(row, i));
}

/* [kind, index, task, rank, mono, {others}] */
static struct job_record record_of(const json_t *row)
{
    const char *kind = json_string_value(json_array_get(row, 0));
    const json_t *more = json_array_get(row, 5);
    struct job_record r = {
        .kind = JOB_RECORD_KIND_COUNT,
        .index = (uint32_t)number(row, 1),
        .task = (uint32_t)number(row, 2),
        .rank = (uint32_t)number(row, 3),
        .mono_ns = number(row, 4),
        .magic = (uint32_t)bd_json_int(more, "magic", JOB_RECORD_MAGIC),
        .job_id = (uint64_t)bd_json_int(more, "job_id", 0),
        .code = (int32_t)bd_json_int(more, "code", 0),
        .cpu_ns = bd_json_int(more, "cpu", 0),
        .more_ns = bd_json_int(more, "more", 0),
    };
    r.wall_ns = bd_json_int(more, "wall", WALL_NS + r.mono_ns);
    for (uint32_t k = 0; k < JOB_RECORD_KIND_COUNT; k++)
        if (bd_str_eq(kinds[k], kind))
            r.kind = k;
    ck_assert_msg(r.kind < JOB_RECORD_KIND_COUNT, "no kind '%s'", kind);
    return r;
}

static void load_stream(struct trace *t, const json_t *jobs)
{
    t->stream.n = json_array_size(jobs);
    t->stream.items = bd_xcalloc(t->stream.n, sizeof(*t->stream.items));
    for (size_t i = 0; i < t->stream.n; i++) {
        const json_t *job = json_array_get(jobs, i);
        t->stream.items[i] = (struct job){
            .index = (uint32_t)i,
            .nodes = (uint32_t)bd_json_int(job, "nodes", 0),
            .tasks = (uint32_t)bd_json_int(job, "tasks", 0),
            .user = (uint32_t)bd_json_int(job, "user", 0),
            .ask =
                {
                    .tasks = (uint32_t)bd_json_int(job, "tasks_per_node", 0),
                    .cores_per_task = (uint32_t)bd_json_int(job, "cores_per_task", 0),
                    .shares = bd_json_bool(job, "shares", 0) != 0,
                },
            .after = -1,
            .think_ns = -1,
            .group = -1,
            .arrival_ns = bd_json_int(job, "arrival", -1),
            .runtime_ns = bd_json_int(job, "runtime", -1),
            .requested_ns = bd_json_int(job, "requested", -1),
        };
        t->stream.tasks += t->stream.items[i].tasks;
    }
}

struct trace trace_load(const char *name)
{
    bd_auto_free char *path = bd_xasprintf(VECTORS_DIR "/%s.json", name);
    bd_auto_free char *text = NULL;
    struct bd_err err = BD_ERR_INIT;
    struct trace t = {0};
    ck_assert_msg(bd_read_file(path, 1 << 20, &text, NULL, &err) == 0, "%s", err.text);
    ck_assert_msg(bd_json_parse(text, strlen(text), &t.json, &err) == 0, "%s", err.text);
    t.compute = (unsigned)bd_json_int(t.json, "compute", 0);
    t.cores = (unsigned)bd_json_int(t.json, "cores", 1);
    t.time_scale = bd_json_real(t.json, "time_scale", 0);
    load_stream(&t, json_object_get(t.json, "jobs"));
    const json_t *files = json_object_get(t.json, "files");
    t.n_files = json_array_size(files);
    t.files = bd_xcalloc(t.n_files, sizeof(*t.files));
    for (size_t i = 0; i < t.n_files; i++) {
        const json_t *file = json_array_get(files, i);
        const json_t *rows = json_object_get(file, "records");
        size_t n = json_array_size(rows);
        struct job_record *items = bd_xcalloc(n + 1, sizeof(*items));
        for (size_t k = 0; k < n; k++)
            items[k] = record_of(json_array_get(rows, k));
        t.files[i] = (struct job_records){bd_xstrdup(bd_json_str(file, "node", "")), items, n,
                                          bd_json_int(file, "offset", 0)};
    }
    return t;
}

void trace_done(struct trace *t)
{
    for (size_t i = 0; i < t->n_files; i++) {
        free((void *)t->files[i].node);
        free((void *)t->files[i].items);
    }
    free(t->files);
    free(t->stream.items);
    json_decref(t->json);
    *t = (struct trace){0};
}

void trace_reverse(struct trace *t)
{
    for (size_t i = 0; i < t->n_files; i++) {
        struct job_record *items = (struct job_record *)t->files[i].items;
        for (size_t a = 0, b = t->files[i].n; a + 1 < b; a++) {
            struct job_record first = items[a];
            items[a] = items[--b];
            items[b] = first;
        }
    }
}

/* ------------------------------------------------------------------------------- made up */

#define MS           INT64_C(1000000)
#define RANDOM_NODES 8U

static void append(struct trace *t, size_t file, struct job_record r)
{
    struct job_records *f = &t->files[file];
    struct job_record *items = (struct job_record *)f->items;
    if ((f->n & (f->n - 1)) == 0) /* full at each power of two */
        items = bd_xrealloc(items, (f->n ? 2 * f->n : 1) * sizeof(*items));
    r.magic = JOB_RECORD_MAGIC;
    r.mono_ns += 1000 * MS + f->offset_ns;
    r.wall_ns = WALL_NS + r.mono_ns;
    items[f->n++] = r;
    f->items = items;
}

static int64_t up_to(struct bd_rng *rng, int64_t ns)
{
    return (int64_t)bd_rng_below(rng, (uint64_t)ns);
}

static void append_task(struct trace *t, struct bd_rng *rng, const struct job *job, uint32_t task)
{
    int64_t start = job->arrival_ns + 2 * MS + up_to(rng, 500 * MS), end = 0;
    uint64_t node = bd_rng_below(rng, RANDOM_NODES);
    for (uint32_t rank = 0; rank < job->nodes; rank++) {
        size_t file = 1 + (node + rank) % RANDOM_NODES;
        int64_t from = start + up_to(rng, 3 * MS), to = from + job->runtime_ns + up_to(rng, MS);
        struct job_record r = {.index = job->index, .task = task, .rank = rank, .job_id = 1000};
        r.kind = JOB_RECORD_START;
        r.mono_ns = from;
        append(t, file, r);
        r.kind = JOB_RECORD_END;
        r.mono_ns = to;
        r.cpu_ns = up_to(rng, MS);
        r.code = bd_rng_below(rng, 50) == 0;
        append(t, file, r);
        end = to > end ? to : end;
    }
    append(t, 0,
           (struct job_record){.kind = JOB_RECORD_ENDED,
                               .index = job->index,
                               .task = task,
                               .mono_ns = end + MS,
                               .code = JOB_END_COMPLETED});
}

struct trace trace_random(uint64_t seed, uint32_t jobs)
{
    struct bd_rng rng;
    bd_rng_init(&rng, seed, 0);
    struct trace t = {
        .compute = RANDOM_NODES, .cores = 1, .time_scale = 0.01, .n_files = RANDOM_NODES + 1};
    t.files = bd_xcalloc(t.n_files, sizeof(*t.files));
    for (size_t i = 0; i < t.n_files; i++) {
        t.files[i].node = bd_xasprintf("n%zu", i);
        t.files[i].offset_ns = i > 0 ? up_to(&rng, 2000 * MS) - 900 * MS : 0;
    }
    t.stream.items = bd_xcalloc(jobs, sizeof(*t.stream.items));
    append(&t, 0, (struct job_record){.kind = JOB_RECORD_BEGIN});
    for (int64_t at = 0; t.stream.n < jobs; at += up_to(&rng, 40 * MS)) {
        struct job *job = &t.stream.items[t.stream.n];
        *job = (struct job){.index = (uint32_t)t.stream.n++,
                            .nodes = 1 + (uint32_t)bd_rng_below(&rng, 4),
                            .tasks = bd_rng_below(&rng, 10) ? 1 : 3,
                            .user = (uint32_t)bd_rng_below(&rng, 3),
                            .after = -1,
                            .think_ns = -1,
                            .group = -1,
                            .arrival_ns = at,
                            .runtime_ns = 10 * MS + up_to(&rng, 300 * MS)};
        job->requested_ns = 2 * job->runtime_ns;
        t.stream.tasks += job->tasks;
        struct job_record r = {.kind = JOB_RECORD_SUBMIT, .index = job->index};
        r.mono_ns = at + up_to(&rng, MS);
        append(&t, 0, r);
        r.kind = JOB_RECORD_ACCEPTED;
        r.mono_ns += up_to(&rng, MS);
        r.job_id = 1000;
        append(&t, 0, r);
        for (uint32_t task = 0; task < job->tasks; task++)
            append_task(&t, &rng, job, task);
        for (uint32_t i = 0; i < 3 * job->tasks; i++) {
            r.kind = JOB_RECORD_ELIGIBLE + i % 3;
            r.task = i / 3;
            r.mono_ns++;
            append(&t, 0, r);
        }
    }
    append(&t, 0,
           (struct job_record){.kind = JOB_RECORD_FINISH,
                               .mono_ns = INT64_C(1) << 50,
                               .cpu_ns = 50 * MS,
                               .more_ns = 20 * MS});
    return t;
}
