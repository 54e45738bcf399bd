/* Metrics: what hand-computed traces come to, and the same found by other ways. */
#include "lib/jobs/metrics_priv.h"

#include "tests/jobs/traces.h"

static json_t *metrics_of(const struct trace *t, const struct jobs_seen *seen)
{
    struct metrics_input in = {seen, t->compute, t->cores, t->time_scale};
    return metrics_of_jobs(&in);
}

static double value_of(const json_t *all, const char *name)
{
    const json_t *m = json_object_get(all, name);
    ck_assert_msg(m != NULL, "no %s", name);
    return json_real_value(json_object_get(m, "value"));
}

/* [value, n] or [numerator, denominator, n] */
static void assert_metric(const char *name, const json_t *is, const json_t *expected)
{
    bool fraction = json_array_size(expected) == 3;
    double value = json_number_value(json_array_get(expected, 0));
    if (fraction)
        value /= json_number_value(json_array_get(expected, 1));
    double found = json_real_value(json_object_get(is, "value"));
    ck_assert_msg(found == value, "%s: %.17g, not %.17g", name, found, value);
    ck_assert_msg(bd_json_int(is, "n", -1) ==
                      json_integer_value(json_array_get(expected, fraction ? 2 : 1)),
                  "%s: n = %d", name, (int)bd_json_int(is, "n", -1));
    const struct metric *m = metric_find(name);
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(m->scope, METRIC_OF_RUN);
    ck_assert_str_eq(bd_json_str(is, "unit", "?"), m->unit);
    ck_assert_str_eq(bd_json_str(is, "kind", "?"), m->kind);
}

/* All points; the caller's. */
static struct queue_point *queue_of(const struct jobs_seen *seen, size_t *ret_n)
{
    struct metrics_queue queue = {0};
    struct queue_point *points = bd_xcalloc(4 * seen->n + 1, sizeof(*points));
    size_t n = 0;
    for (size_t i = seen->n; i-- > 0;) /* in whatever order */
        metrics_queue_add(&queue, &seen->items[i]);
    metrics_queue_begin(&queue);
    while (metrics_queue_next(&queue, &points[n]))
        n++;
    metrics_queue_done(&queue);
    *ret_n = n;
    return points;
}

static void assert_queue(const struct jobs_seen *seen, const json_t *expected)
{
    size_t n;
    bd_auto_free struct queue_point *points = queue_of(seen, &n);
    ck_assert_uint_eq(n, json_array_size(expected));
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(expected, i);
        ck_assert_int_eq(points[i].at, json_integer_value(json_array_get(row, 0)));
        ck_assert_int_eq(points[i].waiting, json_integer_value(json_array_get(row, 1)));
        ck_assert_int_eq(points[i].running, json_integer_value(json_array_get(row, 2)));
        ck_assert_int_eq(points[i].busy_nodes, json_integer_value(json_array_get(row, 3)));
    }
}

START_TEST(traces_come_to_what_was_computed_by_hand)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(trace_names); i++) {
        struct trace t = trace_load(trace_names[i]);
        struct jobs_seen seen;
        jobs_seen_make(&t.stream, t.files, t.n_files, &seen);
        bd_auto_json json_t *all = metrics_of(&t, &seen);
        json_t *expected = json_object_get(t.json, "metrics"), *value;
        const char *name;
        json_object_foreach (all, name, value)
            ck_assert_msg(json_object_get(expected, name) != NULL, "%s: %s is not there by hand",
                          trace_names[i], name);
        json_object_foreach (expected, name, value)
            assert_metric(name, json_object_get(all, name), value);
        assert_queue(&seen, json_object_get(t.json, "queue"));
        jobs_seen_done(&seen);
        trace_done(&t);
    }
}
END_TEST

/* -------------------------------------------------------------------------------- by other ways */

/* At a moment, how many wait, run, and how many nodes are busy: by asking every job. */
static struct queue_point moment_of(const struct jobs_seen *seen, int64_t at)
{
    struct queue_point p = {.at = at};
    for (size_t i = 0; i < seen->n; i++) {
        const struct job_seen *job = &seen->items[i];
        bool waits = job->submit <= at && at < job->started_first;
        bool runs = job->started_first <= at && at < job->ended_last;
        p.waiting += waits;
        p.running += runs;
        p.busy_nodes += runs ? job->nodes : 0;
    }
    return p;
}

START_TEST(queue_is_what_every_job_says)
{
    struct trace t = trace_random((uint64_t)_i, 200);
    struct jobs_seen seen;
    jobs_seen_make(&t.stream, t.files, t.n_files, &seen);
    size_t n;
    bd_auto_free struct queue_point *points = queue_of(&seen, &n);
    ck_assert_uint_gt(n, 200);
    double node_ns = 0, waited_ns = 0;
    for (size_t i = 0; i < n; i++) {
        struct queue_point at = moment_of(&seen, points[i].at);
        struct queue_point before = moment_of(&seen, points[i].at - 1);
        ck_assert_uint_eq(points[i].waiting, at.waiting);
        ck_assert_uint_eq(points[i].running, at.running);
        ck_assert_uint_eq(points[i].busy_nodes, at.busy_nodes);
        ck_assert_uint_eq(before.waiting, i > 0 ? points[i - 1].waiting : 0);
        ck_assert_uint_eq(before.busy_nodes, i > 0 ? points[i - 1].busy_nodes : 0);
        if (i + 1 < n) {
            node_ns += (double)at.busy_nodes * (double)(points[i + 1].at - at.at);
            waited_ns += (double)at.waiting * (double)(points[i + 1].at - at.at);
        }
    }
    ck_assert_uint_eq(points[n - 1].waiting + points[n - 1].running, 0);
    /* The areas below the curves are what utilisation and mean length say. */
    bd_auto_json json_t *all = metrics_of(&t, &seen);
    double window = value_of(all, "makespan") * 1e9;
    ck_assert_double_eq_tol(value_of(all, "utilisation_makespan"), node_ns / (window * t.compute),
                            1e-12);
    ck_assert_double_eq_tol(value_of(all, "wait_mean") * 1e9 * (double)seen.n, waited_ns, 1e3);
    jobs_seen_done(&seen);
    trace_done(&t);
}
END_TEST

/* By a list of the names of all nodes on which a job runs. */
static uint32_t nodes_with_jobs(const struct jobs_seen *seen, int64_t at)
{
    bd_auto_strv struct bd_strv busy = {0};
    for (size_t i = 0; i < seen->n; i++) {
        const struct job_seen *job = &seen->items[i];
        bd_auto_free char *list = bd_xstrdup(job->node_list);
        char *rest = list, *name;
        while (job->started_first <= at && at < job->ended_last && (name = strsep(&rest, ",")))
            if (!bd_strv_has(&busy, name))
                bd_strv_add(&busy, name);
    }
    return (uint32_t)busy.n;
}

START_TEST(nodes_that_jobs_share_are_busy_once)
{
    struct trace t = trace_random((uint64_t)_i, 200);
    struct jobs_seen seen;
    size_t n, less = 0;
    for (size_t i = 0; i < t.stream.n; i++)
        t.stream.items[i].ask.shares = true;
    jobs_seen_make(&t.stream, t.files, t.n_files, &seen);
    bd_auto_free struct queue_point *points = queue_of(&seen, &n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(points[i].busy_nodes, nodes_with_jobs(&seen, points[i].at));
        less += points[i].busy_nodes < moment_of(&seen, points[i].at).busy_nodes;
    }
    ck_assert_uint_gt(less, n / 4); /* they did meet */
    ck_assert_uint_eq(points[n - 1].busy_nodes, 0);
    jobs_seen_done(&seen);
    trace_done(&t);
}
END_TEST

/* Of a row that does not say where it ran there is the number of its nodes. */
START_TEST(a_job_that_shares_nodes_nobody_knows_counts_what_it_asked_for)
{
    struct job_seen items[] = {
        {.nodes = 2, .submit = 0, .started_first = 1, .ended_last = 4, .ask.shares = true},
        {.nodes = 1,
         .submit = 0,
         .started_first = 2,
         .ended_last = 3,
         .ask.shares = true,
         .node_list = (char *)""},
    };
    size_t n;
    struct jobs_seen seen = {.items = items, .n = BD_ARRAY_LEN(items)};
    bd_auto_free struct queue_point *points = queue_of(&seen, &n);
    static const uint32_t busy[] = {0, 2, 3, 2, 0};
    ck_assert_uint_eq(n, BD_ARRAY_LEN(busy));
    for (size_t i = 0; i < n; i++)
        ck_assert_uint_eq(points[i].busy_nodes, busy[i]);
}
END_TEST

/* As the header has it: every arrival against every job. */
static int64_t plain_bound(const struct jobs_seen *seen, unsigned compute)
{
    int64_t bound = 0;
    for (size_t i = 0; i < seen->n; i++) {
        const struct job_seen *job = &seen->items[i];
        int64_t work = 0;
        for (size_t k = 0; k < seen->n; k++)
            if (seen->items[k].planned >= job->planned)
                work += seen->items[k].runtime * seen->items[k].nodes;
        int64_t together = job->planned + (work + compute - 1) / compute;
        int64_t alone = job->planned + job->runtime;
        bound = together > bound ? together : bound;
        bound = alone > bound ? alone : bound;
    }
    return bound;
}

START_TEST(bound_is_that_of_every_arrival_against_every_job)
{
    for (unsigned compute = 1; compute <= 256; compute *= 4) {
        struct trace t = trace_random(100 + (uint64_t)_i, 150);
        t.stream.items[20].runtime_ns *= 1 + 100 * (_i % 2); /* once it is one job's own */
        struct jobs_seen seen;
        jobs_seen_make(&t.stream, t.files, t.n_files, &seen);
        ck_assert_int_eq(metrics_makespan_bound(&seen, compute, 1), plain_bound(&seen, compute));
        jobs_seen_done(&seen);
        trace_done(&t);
    }
}
END_TEST

START_TEST(bound_of_centuries_does_not_overflow)
{
    struct job_seen jobs[3];
    for (int i = 0; i < 3; i++)
        jobs[i] = (struct job_seen){.nodes = UINT32_MAX, .runtime = INT64_MAX, .planned = i};
    struct jobs_seen seen = {.items = jobs, .n = 3};
    ck_assert_int_eq(metrics_makespan_bound(&seen, 1, 1), INT64_MAX);
    seen.n = 0;
    ck_assert_int_eq(metrics_makespan_bound(&seen, 1, 1), 0);
}
END_TEST

START_TEST(parts_of_a_job_are_its_whole)
{
    static const char *const names[] = {"wait",    "spread",     "dispatch_latency",
                                        "runtime", "turnaround", "bounded_slowdown"};
    struct trace t = trace_random(7, 100);
    struct jobs_seen seen;
    jobs_seen_make(&t.stream, t.files, t.n_files, &seen);
    double tau = 10 * t.time_scale;
    for (size_t i = 0; i < seen.n; i++) {
        double v[BD_ARRAY_LEN(names)];
        for (size_t k = 0; k < BD_ARRAY_LEN(names); k++)
            ck_assert(metrics_of_job(&seen.items[i], names[k], t.time_scale, &v[k]));
        ck_assert_double_eq_tol(v[0] + v[1], v[2], 1e-9);
        ck_assert_double_eq_tol(v[0] + v[3], v[4], 1e-9);
        double slowdown = v[4] / (v[3] > tau ? v[3] : tau);
        ck_assert_double_eq_tol(v[5], slowdown > 1 ? slowdown : 1, 1e-9);
    }
    jobs_seen_done(&seen);
    trace_done(&t);
}
END_TEST

/* --------------------------------------------------------------------------- single formulas */

static const struct {
    int64_t wait, runtime, tau;
    double slowdown;
} slowdowns[] = {
    {0, 5, 10, 1},                      /* never below 1 */
    {5, 5, 10, 1},                      /* tau for short ones */
    {15, 5, 10, 2},  {30, 20, 10, 2.5}, /* their own runtime for others */
    {-3, 20, 10, 1},                    /* clocks may be off by their bound */
    {3, 0, 1, 3},
};

START_TEST(slowdown_is_bounded)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(slowdowns); i++)
        ck_assert_double_eq(
            metrics_bounded_slowdown(slowdowns[i].wait, slowdowns[i].runtime, slowdowns[i].tau),
            slowdowns[i].slowdown);
    /* Without any time scale, it is still a number. */
    struct job_seen job = {.started_first = 2, .ended_last = 2};
    double value;
    ck_assert(metrics_of_job(&job, "bounded_slowdown", 0, &value));
    ck_assert_double_eq(value, 2);
}
END_TEST

/* The least value at or below which so many percent of all are. */
START_TEST(percentile_is_the_nearest_rank)
{
    double values[257];
    for (size_t n = 1; n <= BD_ARRAY_LEN(values); n++) {
        for (size_t i = 0; i < n; i++)
            values[i] = (double)i;
        for (unsigned percent = 1; percent <= 100; percent++) {
            size_t below = (size_t)metrics_percentile(values, n, percent) + 1;
            ck_assert(below * 100 >= n * percent && (below - 1) * 100 < n * percent);
        }
    }
}
END_TEST

/* n jobs, of which the i-th waited (i * 7 mod n) + 1 s: the k-th by size waited k s. */
static json_t *metrics_of_waits(size_t n)
{
    struct jobs_seen seen = {.items = bd_xcalloc(n + 1, sizeof(struct job_seen)), .n = n};
    for (size_t i = 0; i < n; i++)
        seen.items[i] = (struct job_seen){
            .nodes = 1,
            .started_first = (int64_t)((i * 7) % n + 1) * INT64_C(1000000000),
            .started_all = JOB_NEVER,
            .ended_last = JOB_NEVER,
            .accepted = JOB_NEVER,
            .eligible = JOB_NEVER,
            .allocated = JOB_NEVER,
            .freed = JOB_NEVER,
            .outcome = JOB_KILLED,
        };
    seen.finish = JOB_NEVER;
    struct metrics_input in = {&seen, 4, 1, 1};
    json_t *all = metrics_of_jobs(&in);
    free(seen.items);
    return all;
}

static const struct {
    size_t n;
    double p50, p95, p99, max; /* 0: is left out */
} sizes[] = {
    {1, 1, 0, 0, 1},         {2, 1, 0, 0, 2},
    {19, 10, 0, 0, 19},      {20, 10, 19, 0, 20},
    {99, 50, 95, 0, 99},     {100, 50, 95, 99, 100},
    {101, 51, 96, 100, 101}, {1000, 500, 950, 990, 1000},
};

START_TEST(percentiles_need_enough_values)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(sizes); i++) {
        bd_auto_json json_t *all = metrics_of_waits(sizes[i].n);
        const struct {
            const char *name;
            double value;
        } expected[] = {{"wait_p50", sizes[i].p50},
                        {"wait_p95", sizes[i].p95},
                        {"wait_p99", sizes[i].p99},
                        {"wait_max", sizes[i].max}};
        for (size_t k = 0; k < BD_ARRAY_LEN(expected); k++) {
            if (expected[k].value == 0)
                ck_assert_ptr_null(json_object_get(all, expected[k].name));
            else
                ck_assert_double_eq(value_of(all, expected[k].name), expected[k].value);
        }
    }
}
END_TEST

START_TEST(what_has_no_value_is_left_out)
{
    struct jobs_seen none = {.finish = JOB_NEVER};
    struct metrics_input in = {&none, 4, 1, 1};
    bd_auto_json json_t *empty = metrics_of_jobs(&in);
    ck_assert_uint_eq(json_object_size(empty), 0);

    struct trace t = trace_load("fcfs");
    struct jobs_seen seen;
    jobs_seen_make(&t.stream, NULL, 0, &seen); /* not even the driver's file */
    bd_auto_json json_t *all = metrics_of(&t, &seen);
    const char *name;
    json_t *value;
    json_object_foreach (all, name, value)
        ck_assert_msg(bd_starts_with(name, "jobs_") || bd_str_eq(name, "offered_load_realised"),
                      "%s", name);
    ck_assert_double_eq(value_of(all, "jobs_not_submitted"), 5);
    double wait;
    ck_assert(!metrics_of_job(&seen.items[0], "wait", 1, &wait));
    ck_assert(!metrics_of_job(&seen.items[0], "no_such", 1, &wait));
    jobs_seen_done(&seen);
    trace_done(&t);
}
END_TEST

START_TEST(driver_costs_are_shared_by_what_it_submitted)
{
    struct trace t = trace_load("fcfs");
    struct jobs_seen seen;
    jobs_seen_make(&t.stream, t.files, t.n_files, &seen);
    seen.items[4].submit = JOB_NEVER;
    bd_auto_json json_t *all = metrics_of(&t, &seen);
    ck_assert_double_eq(value_of(all, "driver_cpu_per_job"), 0.0025);
    ck_assert_int_eq(bd_json_int(json_object_get(all, "driver_cpu_per_job"), "n", 0), 4);
    jobs_seen_done(&seen);
    trace_done(&t);
}
END_TEST

/* Clocks may be off by their bound: a job can seem to begin before it was submitted. */
START_TEST(queue_never_has_less_than_nothing)
{
    struct job_seen job = {.nodes = 2, .submit = 5, .started_first = 3, .ended_last = 8};
    struct jobs_seen seen = {.items = &job, .n = 1};
    size_t n;
    bd_auto_free struct queue_point *points = queue_of(&seen, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert(points[0].at == 3 && points[0].waiting == 0 && points[0].busy_nodes == 2);
    ck_assert(points[1].at == 8 && points[1].waiting == 0 && points[1].busy_nodes == 0);
}
END_TEST

/* One ends, the next begins, a third comes into its place: nothing has changed. */
START_TEST(queue_has_no_point_where_nothing_changes)
{
    struct job_seen jobs[] = {{.nodes = 1, .submit = 0, .started_first = 1, .ended_last = 5},
                              {.nodes = 1, .submit = 2, .started_first = 5, .ended_last = 9},
                              {.nodes = 1, .submit = 5, .started_first = 9, .ended_last = 12}};
    struct jobs_seen seen = {.items = jobs, .n = 3};
    static const int64_t changes[] = {0, 1, 2, 9, 12};
    size_t n;
    bd_auto_free struct queue_point *points = queue_of(&seen, &n);
    ck_assert_uint_eq(n, BD_ARRAY_LEN(changes));
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(points[i].at, changes[i]);
}
END_TEST

/* A user whose jobs never got through can't be left out of what is called fair. */
START_TEST(fairness_needs_a_value_of_every_user)
{
    struct trace t = trace_load("failures");
    struct jobs_seen seen;
    jobs_seen_make(&t.stream, t.files, t.n_files, &seen);
    bd_auto_json json_t *with = metrics_of(&t, &seen);
    ck_assert_ptr_nonnull(json_object_get(with, "fairness"));
    seen.items[7].user = 3; /* that was not submitted */
    bd_auto_json json_t *without = metrics_of(&t, &seen);
    ck_assert_ptr_null(json_object_get(without, "fairness"));
    jobs_seen_done(&seen);
    trace_done(&t);
}
END_TEST

START_TEST(all_of_the_catalogue_is_made)
{
    struct trace t = trace_random(3, 150);
    t.compute = 1000; /* as many as its jobs took, who waited for none */
    struct jobs_seen seen;
    jobs_seen_make(&t.stream, t.files, t.n_files, &seen);
    bd_auto_json json_t *all = metrics_of(&t, &seen);
    size_t of_run = 0;
    for (const struct metric *m = metrics_catalogue; m->name; m++) {
        double value;
        if (m->scope == METRIC_OF_JOB) {
            ck_assert_msg(metrics_of_job(&seen.items[0], m->name, 1, &value), "%s", m->name);
            continue;
        }
        if (strncmp(m->name, "scheduler_", strlen("scheduler_")) == 0)
            continue; /* of samples, not of jobs */
        ck_assert_msg(json_object_get(all, m->name) != NULL, "%s is not made", m->name);
        of_run++;
    }
    ck_assert_uint_eq(json_object_size(all), of_run);
    ck_assert_double_ge(value_of(all, "makespan_ratio"), 1);
    jobs_seen_done(&seen);
    trace_done(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jobs-metrics");
    TCase *tcase = tcase_create("metrics");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, traces_come_to_what_was_computed_by_hand);
    tcase_add_loop_test(tcase, queue_is_what_every_job_says, 0, 5);
    tcase_add_loop_test(tcase, nodes_that_jobs_share_are_busy_once, 0, 5);
    tcase_add_test(tcase, a_job_that_shares_nodes_nobody_knows_counts_what_it_asked_for);
    tcase_add_loop_test(tcase, bound_is_that_of_every_arrival_against_every_job, 0, 4);
    tcase_add_test(tcase, bound_of_centuries_does_not_overflow);
    tcase_add_test(tcase, parts_of_a_job_are_its_whole);
    tcase_add_test(tcase, slowdown_is_bounded);
    tcase_add_test(tcase, percentile_is_the_nearest_rank);
    tcase_add_test(tcase, percentiles_need_enough_values);
    tcase_add_test(tcase, what_has_no_value_is_left_out);
    tcase_add_test(tcase, driver_costs_are_shared_by_what_it_submitted);
    tcase_add_test(tcase, queue_never_has_less_than_nothing);
    tcase_add_test(tcase, queue_has_no_point_where_nothing_changes);
    tcase_add_test(tcase, fairness_needs_a_value_of_every_user);
    tcase_add_test(tcase, all_of_the_catalogue_is_made);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
