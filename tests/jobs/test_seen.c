/* Records put together: what hand-computed traces say, and that nothing is counted that was not
 * seen, nor seen without being counted. */
#include "tests/jobs/traces.h"

static json_t *moment(int64_t at)
{
    return at == JOB_NEVER ? json_null() : json_integer(at);
}

/* As the vectors write it. */
static json_t *job_json(const struct job_seen *job)
{
    json_t *json =
        json_pack("{s:i s:i s:o s:o s:o s:o s:o s:o s:I s:i s:i s:i s:b s:s s:s s:s}", "index",
                  (int)job->index, "task", (int)job->task, "planned", moment(job->planned),
                  "submit", moment(job->submit), "accepted", moment(job->accepted), "started_first",
                  moment(job->started_first), "started_all", moment(job->started_all), "ended_last",
                  moment(job->ended_last), "job_id", (json_int_t)job->job_id, "exit_code",
                  (int)job->exit_code, "starts", (int)job->starts, "ends", (int)job->ends,
                  "doubled", (int)job->doubled, "outcome", job_outcome_to_str(job->outcome), "end",
                  job_end_to_str(job->end), "node_list", job->node_list);
    const struct {
        const char *name;
        int64_t at;
    } told[] = {{"eligible", job->eligible}, {"allocated", job->allocated}, {"freed", job->freed}};
    for (size_t i = 0; i < BD_ARRAY_LEN(told); i++)
        if (told[i].at != JOB_NEVER)
            json_object_set_new(json, told[i].name, json_integer(told[i].at));
    return json;
}

static void assert_same(const json_t *is, const json_t *expected)
{
    bd_auto_free char *a = bd_json_text(is), *b = bd_json_text(expected);
    ck_assert_str_eq(a, b);
}

static void assert_is_expected(const struct jobs_seen *seen, const json_t *vector)
{
    const json_t *rows = json_object_get(vector, "seen");
    ck_assert_uint_eq(seen->n, json_array_size(rows));
    for (size_t i = 0; i < seen->n; i++) {
        bd_auto_json json_t *row = job_json(&seen->items[i]);
        assert_same(row, json_array_get(rows, i));
    }
    bd_auto_json json_t *totals = json_pack(
        "{s:o s:o s:I s:I s:I s:I s:I}", "begin_mono", moment(seen->begin_mono_ns), "finish",
        moment(seen->finish), "driver_cpu", (json_int_t)seen->driver_cpu_ns, "job_cpu",
        (json_int_t)seen->job_cpu_ns, "job_ends", (json_int_t)seen->job_ends, "strangers",
        (json_int_t)seen->strangers, "clock_jump", (json_int_t)seen->clock_jump_ns);
    assert_same(totals, json_object_get(vector, "totals"));
}

static struct jobs_seen seen_of(const struct trace *t)
{
    struct jobs_seen seen;
    jobs_seen_make(&t->stream, t->files, t->n_files, &seen);
    return seen;
}

START_TEST(traces_are_seen_as_computed_by_hand)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(trace_names); i++) {
        struct trace t = trace_load(trace_names[i]);
        for (int pass = 0; pass < 2; pass++) {
            struct jobs_seen seen = seen_of(&t);
            assert_is_expected(&seen, t.json);
            jobs_seen_done(&seen);
            trace_reverse(&t); /* in whatever order they come */
        }
        trace_done(&t);
    }
}
END_TEST

/* --------------------------------------------------------- against a way that is plain and slow */

static bool is_of(const struct job_record *r, const struct job_seen *job, uint32_t kind)
{
    return r->magic == JOB_RECORD_MAGIC && r->kind == kind && r->index == job->index &&
           r->task == job->task;
}

/* Earliest START or latest END of one rank, on the controller's clock; JOB_NEVER. */
static int64_t of_rank(const struct trace *t, const struct job_seen *job, uint32_t kind,
                       uint32_t rank, uint32_t *ret_count, int32_t *ret_code)
{
    int64_t found = JOB_NEVER;
    for (size_t f = 1; f < t->n_files; f++)
        for (size_t i = 0; i < t->files[f].n; i++) {
            const struct job_record *r = &t->files[f].items[i];
            if (!is_of(r, job, kind) || r->rank != rank)
                continue;
            int64_t at = r->mono_ns - t->files[f].offset_ns;
            ++*ret_count;
            if (found != JOB_NEVER && (kind == JOB_RECORD_START ? at >= found : at <= found))
                continue;
            found = at;
            *ret_code = r->code;
        }
    return found;
}

static int64_t of_driver(const struct trace *t, const struct job_seen *job, uint32_t kind)
{
    for (size_t i = 0; i < t->files[0].n; i++) {
        const struct job_record *r = &t->files[0].items[i];
        if (r->magic == JOB_RECORD_MAGIC && r->kind == kind && r->index == job->index)
            return r->mono_ns;
    }
    return JOB_NEVER;
}

static void assert_moment(const struct jobs_seen *seen, int64_t is, int64_t mono)
{
    bool never = mono == JOB_NEVER || seen->begin_mono_ns == JOB_NEVER;
    ck_assert_int_eq(is, never ? JOB_NEVER : mono - seen->begin_mono_ns);
}

static void assert_job_as_plain(const struct trace *t, const struct jobs_seen *seen,
                                const struct job_seen *job)
{
    uint32_t starts = 0, ends = 0, ranks_started = 0, ranks_ended = 0;
    int64_t first = INT64_MAX, all = INT64_MIN, last = INT64_MIN;
    bool doubled = false, failed = false;
    for (uint32_t rank = 0; rank < job->nodes; rank++) {
        uint32_t s = 0, e = 0;
        int32_t code = 0;
        int64_t start = of_rank(t, job, JOB_RECORD_START, rank, &s, &code);
        int64_t end = of_rank(t, job, JOB_RECORD_END, rank, &e, &code);
        first = s > 0 && start < first ? start : first;
        all = s > 0 && start > all ? start : all;
        last = e > 0 && end > last ? end : last;
        failed = failed || (e > 0 && code != 0);
        ranks_started += s > 0;
        ranks_ended += e > 0;
        doubled = doubled || s > 1 || e > 1;
        starts += s;
        ends += e;
    }
    int64_t submit = of_driver(t, job, JOB_RECORD_SUBMIT);
    int64_t accepted = of_driver(t, job, JOB_RECORD_ACCEPTED);
    assert_moment(seen, job->submit, submit);
    assert_moment(seen, job->accepted, accepted);
    assert_moment(seen, job->started_first, ranks_started ? first : JOB_NEVER);
    assert_moment(seen, job->started_all, ranks_started == job->nodes ? all : JOB_NEVER);
    assert_moment(seen, job->ended_last, ranks_ended == job->nodes ? last : JOB_NEVER);
    ck_assert_uint_eq(job->starts, starts);
    ck_assert_uint_eq(job->ends, ends);
    ck_assert_int_eq(job->doubled, doubled);
    enum job_outcome outcome = ranks_ended == job->nodes ? (failed ? JOB_FAILED : JOB_COMPLETED)
                               : starts + ends > 0       ? JOB_KILLED
                               : submit != JOB_NEVER || accepted != JOB_NEVER ? JOB_LOST
                                                                              : JOB_NOT_SUBMITTED;
    ck_assert_int_eq(job->outcome, outcome);
}

/* Some records are lost, some are damaged, some are there twice. */
static void spoil(struct trace *t, uint64_t seed)
{
    struct bd_rng rng;
    bd_rng_init(&rng, seed, 1);
    for (size_t f = 0; f < t->n_files; f++) {
        struct job_record *items = bd_xcalloc(2 * t->files[f].n + 1, sizeof(*items));
        size_t n = 0;
        for (size_t i = 0; i < t->files[f].n; i++) {
            items[n] = t->files[f].items[i];
            uint64_t fate = bd_rng_below(&rng, 20);
            if (fate < 4)
                continue;
            if (fate == 4)
                items[n].magic++;
            n++;
            if (fate == 5 && f > 0) {
                items[n] = items[n - 1];
                items[n++].mono_ns += 1000;
            }
        }
        free((void *)t->files[f].items);
        t->files[f].items = items;
        t->files[f].n = n;
    }
}

static size_t all_records(const struct trace *t)
{
    size_t n = 0;
    for (size_t f = 0; f < t->n_files; f++)
        n += t->files[f].n;
    return n;
}

START_TEST(nothing_is_counted_that_was_not_seen_and_the_other_way_round)
{
    struct trace t = trace_random((uint64_t)_i, 60);
    spoil(&t, (uint64_t)_i);
    struct jobs_seen seen = seen_of(&t);
    ck_assert_uint_eq(seen.n, t.stream.tasks);
    size_t counted = seen.strangers;
    for (size_t i = 0; i < seen.n; i++) {
        assert_job_as_plain(&t, &seen, &seen.items[i]);
        counted += seen.items[i].starts + seen.items[i].ends;
    }
    for (size_t i = 0; i < t.files[0].n; i++)
        counted += t.files[0].items[i].magic == JOB_RECORD_MAGIC;
    ck_assert_uint_eq(counted, all_records(&t)); /* each of them somewhere, once */
    jobs_seen_done(&seen);
    trace_done(&t);
}
END_TEST

START_TEST(without_a_beginning_there_are_no_times_but_counts)
{
    struct trace t = trace_load("failures");
    for (size_t i = 0; i < t.files[0].n; i++)
        if (t.files[0].items[i].kind == JOB_RECORD_BEGIN)
            ((struct job_record *)t.files[0].items)[i].magic = 0;
    struct jobs_seen seen = seen_of(&t), whole;
    ck_assert_int_eq(seen.begin_mono_ns, JOB_NEVER);
    struct trace same = trace_load("failures");
    whole = seen_of(&same);
    for (size_t i = 0; i < seen.n; i++) {
        const struct job_seen *job = &seen.items[i], *other = &whole.items[i];
        ck_assert(job->submit == JOB_NEVER && job->accepted == JOB_NEVER);
        ck_assert(job->started_first == JOB_NEVER && job->started_all == JOB_NEVER);
        ck_assert(job->ended_last == JOB_NEVER);
        ck_assert_int_eq(job->outcome, other->outcome);
        ck_assert_uint_eq(job->starts, other->starts);
        ck_assert_uint_eq(job->ends, other->ends);
        ck_assert_str_eq(job->node_list, other->node_list);
    }
    jobs_seen_done(&seen);
    jobs_seen_done(&whole);
    trace_done(&t);
    trace_done(&same);
}
END_TEST

START_TEST(without_any_record_nothing_was_submitted)
{
    struct trace t = trace_load("fcfs");
    struct jobs_seen seen;
    jobs_seen_make(&t.stream, NULL, 0, &seen);
    ck_assert_uint_eq(seen.n, 5);
    for (size_t i = 0; i < seen.n; i++) {
        ck_assert_int_eq(seen.items[i].outcome, JOB_NOT_SUBMITTED);
        ck_assert_int_eq(seen.items[i].exit_code, -1);
        ck_assert_str_eq(seen.items[i].node_list, "");
    }
    jobs_seen_done(&seen);
    trace_done(&t);
}
END_TEST

/* One job of two nodes, and the records of it. */
static const struct {
    const char *what;
    struct job_record records[4]; /* of the one node, ended by kind 0 */
    enum job_outcome outcome;
    int32_t exit_code;
    bool doubled, all_started;
} fates[] = {
    {"ended everywhere",
     {{.kind = JOB_RECORD_START, .mono_ns = 3},
      {.kind = JOB_RECORD_END, .mono_ns = 5},
      {.kind = JOB_RECORD_START, .mono_ns = 4, .rank = 1},
      {.kind = JOB_RECORD_END, .mono_ns = 5, .rank = 1}},
     JOB_COMPLETED,
     0,
     false,
     true},
    {"an END says that it began, not when",
     {{.kind = JOB_RECORD_END, .mono_ns = 5},
      {.kind = JOB_RECORD_START, .mono_ns = 4, .rank = 1},
      {.kind = JOB_RECORD_END, .mono_ns = 5, .rank = 1}},
     JOB_COMPLETED,
     0,
     false,
     false},
    {"one end is missing",
     {{.kind = JOB_RECORD_START, .mono_ns = 3},
      {.kind = JOB_RECORD_END, .mono_ns = 5},
      {.kind = JOB_RECORD_START, .mono_ns = 4, .rank = 1}},
     JOB_KILLED,
     0,
     false,
     true},
    {"the first exit code by rank",
     {{.kind = JOB_RECORD_END, .mono_ns = 9, .code = 2},
      {.kind = JOB_RECORD_END, .mono_ns = 5, .rank = 1, .code = 137}},
     JOB_FAILED,
     2,
     false,
     false},
    {"another code on the last node only",
     {{.kind = JOB_RECORD_END, .mono_ns = 9},
      {.kind = JOB_RECORD_END, .mono_ns = 5, .rank = 1, .code = 137}},
     JOB_FAILED,
     137,
     false,
     false},
    {"of two ends of a rank the last counts",
     {{.kind = JOB_RECORD_END, .mono_ns = 9},
      {.kind = JOB_RECORD_END, .mono_ns = 5, .code = 1},
      {.kind = JOB_RECORD_END, .mono_ns = 5, .rank = 1}},
     JOB_COMPLETED,
     0,
     true,
     false},
    {"began twice on one rank only",
     {{.kind = JOB_RECORD_START, .mono_ns = 5}, {.kind = JOB_RECORD_START, .mono_ns = 7}},
     JOB_KILLED,
     -1,
     true,
     false},
    {"nothing at all", {{0}}, JOB_LOST, -1, false, false},
};

START_TEST(fates_of_one_job)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(fates); i++) {
        struct job job = {.nodes = 2, .tasks = 1, .after = -1, .think_ns = -1, .group = -1};
        struct job_stream stream = {&job, 1, 1};
        struct job_record driver[] = {{.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_BEGIN},
                                      {.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_SUBMIT}};
        struct job_record node[4];
        size_t n = 0;
        for (; n < 4 && fates[i].records[n].kind; n++) {
            node[n] = fates[i].records[n];
            node[n].magic = JOB_RECORD_MAGIC;
        }
        struct job_records files[] = {{"ctl1", driver, 2, 0}, {"n1", node, n, 0}};
        struct jobs_seen seen;
        jobs_seen_make(&stream, files, 2, &seen);
        const struct job_seen *is = &seen.items[0];
        ck_assert_msg(is->outcome == fates[i].outcome && is->exit_code == fates[i].exit_code &&
                          is->doubled == fates[i].doubled &&
                          (is->started_all != JOB_NEVER) == fates[i].all_started,
                      "%s: %s, exit code %d", fates[i].what, job_outcome_to_str(is->outcome),
                      (int)is->exit_code);
        ck_assert_uint_eq(seen.strangers, 0);
        jobs_seen_done(&seen);
    }
}
END_TEST

/* What can't be true is a stranger, and breaks nothing. */
static const struct job_record impossible[] = {
    {.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_START, .mono_ns = INT64_MIN},
    {.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_START, .mono_ns = INT64_MAX},
    {.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_END, .cpu_ns = -1},
    {.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_END, .cpu_ns = INT64_MAX},
    {.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_START, .rank = UINT32_MAX},
    {.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_START, .index = UINT32_MAX},
    {.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_START, .task = UINT32_MAX},
    {.magic = JOB_RECORD_MAGIC, .kind = UINT32_MAX},
    {.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_ACCEPTED},
    {.magic = 0, .kind = JOB_RECORD_START},
};

START_TEST(what_can_not_be_true_is_counted_only)
{
    struct job job = {.nodes = 1, .tasks = 1, .after = -1, .think_ns = -1, .group = -1};
    struct job_stream stream = {&job, 1, 1};
    struct job_record driver = {.magic = JOB_RECORD_MAGIC, .kind = JOB_RECORD_BEGIN};
    struct job_records files[] = {{"ctl1", &driver, 1, 0},
                                  {"n1", impossible, BD_ARRAY_LEN(impossible), INT64_MIN}};
    struct jobs_seen seen;
    jobs_seen_make(&stream, files, 2, &seen);
    ck_assert_uint_eq(seen.strangers, BD_ARRAY_LEN(impossible));
    ck_assert_int_eq(seen.items[0].outcome, JOB_NOT_SUBMITTED);
    ck_assert_uint_eq(seen.items[0].starts + seen.items[0].ends, 0);
    ck_assert_uint_eq(seen.job_ends, 0);
    jobs_seen_done(&seen);
}
END_TEST

/* The wall clocks of a node; its first record, by the monotonic one, is not the first in the file.
 */
static const struct {
    int64_t mono[3], wall[3], jump;
} clocks[] = {
    {{1, 2, 3}, {101, 102, 103}, 0},
    {{2, 1, 3}, {102, 101, 108}, 5},
    {{2, 1, 3}, {95, 101, 108}, -7},
    {{1, 2, 3}, {INT64_MIN, 0, INT64_MAX}, INT64_MAX},
    {{1, 2, 3}, {INT64_MAX, 0, INT64_MIN}, INT64_MIN},
};

START_TEST(a_wall_clock_that_is_set_is_noticed)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(clocks); i++) {
        struct job job = {.nodes = 1, .tasks = 1, .after = -1, .think_ns = -1, .group = -1};
        struct job_stream stream = {&job, 1, 1};
        struct job_record r[3] = {{0}};
        for (size_t k = 0; k < 3; k++)
            r[k] = (struct job_record){.magic = JOB_RECORD_MAGIC,
                                       .kind = JOB_RECORD_START,
                                       .mono_ns = clocks[i].mono[k],
                                       .wall_ns = clocks[i].wall[k]};
        struct job_records files[] = {{"ctl1", NULL, 0, 0}, {"n1", r, 3, 0}};
        struct jobs_seen seen;
        jobs_seen_make(&stream, files, 2, &seen);
        ck_assert_int_eq(seen.clock_jump_ns, clocks[i].jump);
        jobs_seen_done(&seen);
    }
}
END_TEST

START_TEST(names_go_both_ways)
{
    for (int i = 0; i < JOB_OUTCOME_COUNT; i++) {
        enum job_outcome o;
        ck_assert_int_eq(job_outcome_from_str(job_outcome_to_str((enum job_outcome)i), &o), 0);
        ck_assert_int_eq(o, i);
    }
    for (int i = 0; i < JOB_END_COUNT; i++) {
        enum job_end e;
        ck_assert_int_eq(job_end_from_str(job_end_to_str((enum job_end)i), &e), 0);
        ck_assert_int_eq(e, i);
    }
    enum job_outcome o = JOB_KILLED;
    enum job_end e = JOB_END_TIMEOUT;
    ck_assert_int_lt(job_outcome_from_str("done", &o), 0);
    ck_assert_int_lt(job_end_from_str(NULL, &e), 0);
    ck_assert(o == JOB_KILLED && e == JOB_END_TIMEOUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jobs-seen");
    TCase *tcase = tcase_create("seen");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, traces_are_seen_as_computed_by_hand);
    tcase_add_loop_test(tcase, nothing_is_counted_that_was_not_seen_and_the_other_way_round, 0, 8);
    tcase_add_test(tcase, without_a_beginning_there_are_no_times_but_counts);
    tcase_add_test(tcase, without_any_record_nothing_was_submitted);
    tcase_add_test(tcase, fates_of_one_job);
    tcase_add_test(tcase, what_can_not_be_true_is_counted_only);
    tcase_add_test(tcase, a_wall_clock_that_is_set_is_noticed);
    tcase_add_test(tcase, names_go_both_ways);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
