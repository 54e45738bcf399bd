/* When jobs arrive: in a cycle, in sessions of users, and at the load that was asked for. */
#include "tests/jobs/support.h"

#include "lib/jobs/cycle.h"

#include "tests/base/unit.h"
#include "tests/jobs/chance.h"

#include <math.h>

#define MANY 20000

static struct job_stream many_with(const char *members)
{
    bd_auto_json json_t *spec = stream_spec_with(members);
    json_object_set_new(spec, "jobs", json_integer(MANY));
    json_object_set_new(spec, "timeout", json_string("8000h"));
    return stream_of(spec, 1, 0, 4);
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

static double exponential_below(double x, const void *mean)
{
    return 1 - exp(-x / *(const double *)mean);
}

/* --------------------------------------------------------------------------------------- cycles */

/* 0 1 3 of 4 in slots of 4: the second takes 3 of the time of arrivals, the third 9. */
START_TEST(a_cycle_is_slow_where_few_arrive)
{
    static const double weights[] = {0, 1, 3};
    static const struct {
        double start, arrivals, real;
    } cases[] = {
        {0, 0, 4},     {0, 1.5, 6},     {0, 3, 8},     {0, 7.5, 10}, {0, 12, 16},
        {0, 13.5, 18}, {0, 121.5, 126}, {6, 0, 0},     {6, 1.5, 2},  {6, 6, 4},
        {6, 10.5, 10}, {2, 0, 2},       {11, 2.25, 5},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct cycle c;
        cycle_init(&c, weights, 3, 12e6, cases[i].start * 1e6);
        double real = cycle_real(&c, cases[i].arrivals * 1e6) / 1e6;
        ck_assert_msg(fabs(real - cases[i].real) < 1e-9, "%zu: %g and not %g", i, real,
                      cases[i].real);
    }
}
END_TEST

START_TEST(without_a_cycle_time_is_what_it_is)
{
    static const double even[] = {7, 7, 7, 7, 7};
    struct cycle none = {.n = 0}, flat;
    cycle_init(&flat, even, 5, 86400e6, 0);
    for (double us = 0; us < 1e13; us = 1.7 * us + 1) {
        ck_assert(cycle_real(&none, us) == us);
        ck_assert_double_eq_tol(cycle_real(&flat, us), us, 1e-3 + 1e-15 * us);
    }
}
END_TEST

/* A day in which a second stands for an hour. */
static const char day[] = "{'arrival': {'process': '%s', %s 'rate': '40/s', 'cycle': {'weights': "
                          "[0, 1, 2, 5, 8, 4, 3, 1]}}, 'timeScale': 0.000277777777777777778}";

static struct job_stream day_of(const char *process, const char *more)
{
    bd_auto_free char *members =
        bd_xasprintf(day, process, more); /* NOLINT(clang-diagnostic-format-nonliteral) */
    return many_with(members);
}

START_TEST(jobs_arrive_as_the_weights_have_it_and_as_often)
{
    static const double weights[] = {0, 1, 2, 5, 8, 4, 3, 1};
    auto_stream s = day_of("poisson", "");
    double counts[8] = {0}, days = 20;
    for (size_t i = 0; i < s.n && seconds(s.items[i].arrival_ns) < 24 * days; i++)
        counts[(size_t)(seconds(s.items[i].arrival_ns) / 3) % 8]++;
    for (size_t i = 0; i < 8; i++) {
        double expected = 40 * 3 * days * weights[i] / 3;
        ck_assert_msg(fabs(counts[i] - expected) <= 4 * sqrt(expected), "%zu: %g, not %g", i,
                      counts[i], expected);
    }
}
END_TEST

/* What the cycle undoes: the gaps in the time of arrivals are exponential again. */
START_TEST(a_cycle_stretches_the_gaps_of_its_process)
{
    static const char *const processes[] = {"poisson", "uniform"};
    for (size_t p = 0; p < BD_ARRAY_LEN(processes); p++) {
        auto_stream cycled = day_of(processes[p], "");
        bd_auto_free char *members =
            bd_xasprintf("{'arrival': {'process': '%s', 'rate': '40/s'}}", processes[p]);
        auto_stream plain = many_with(members);
        for (size_t i = 0; i < plain.n; i++) {
            int64_t away = cycled.items[i].arrival_ns - plain.items[i].arrival_ns;
            ck_assert_int_lt(llabs(away), INT64_C(24000000000)); /* never a period from it */
        }
    }
}
END_TEST

START_TEST(bursts_follow_a_cycle_whole)
{
    auto_stream s = day_of("burst", "'burst': 100,");
    size_t groups = 1;
    for (size_t i = 1; i < s.n; i++) {
        bool is_new = s.items[i].arrival_ns != s.items[i - 1].arrival_ns;
        ck_assert(is_new == (i % 100 == 0));
        groups += is_new;
    }
    ck_assert_uint_eq(groups, MANY / 100);
}
END_TEST

/* ------------------------------------------------------------------------------------- sessions */

/* Sessions that are over in milliseconds and begin every eight minutes: none meets another. */
#define SESSIONS(more)                                                                             \
    "{'arrival': {'process': 'sessions', 'rate': '0.01/s', 'session': {" more                      \
    "'think': {'distribution': 'constant', 'value': '1ms'}}}, 'users': 5}"

static bool goes_on(const struct job_stream *s, size_t i)
{
    return i > 0 && s->items[i].arrival_ns - s->items[i - 1].arrival_ns == 1000000;
}

START_TEST(sessions_have_as_many_jobs_as_their_distribution_says)
{
    auto_stream s = many_with(SESSIONS("'jobs': 4,"));
    double counts[100] = {0}, n = 0, jobs = 0;
    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && goes_on(&s, i)) {
            jobs++;
            continue;
        }
        if (i > 0 && i < s.n)
            counts[(size_t)fmin(jobs, 99)]++, n++;
        jobs = 1;
    }
    ck_assert_double_eq_tol((double)MANY / n, 4, 4 * sqrt(12 / n));
    for (int k = 1; k <= 12; k++) {
        double p = 0.25 * pow(0.75, k - 1);
        ck_assert_msg(fabs(counts[k] / n - p) < 4 * sqrt(p * (1 - p) / n), "%d jobs: %g, not %g", k,
                      counts[k] / n, p);
    }
    auto_stream all_alike = many_with(SESSIONS("'jobs': 4, 'distribution': 'constant',"));
    for (size_t i = 0; i < all_alike.n; i++)
        ck_assert(goes_on(&all_alike, i) == (i % 4 != 0));
}
END_TEST

START_TEST(sessions_begin_at_random)
{
    auto_stream s = many_with(SESSIONS("'jobs': 4,"));
    bd_auto_free double *gaps = bd_xcalloc(s.n, sizeof(*gaps));
    double before = 0, mean = 400;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (goes_on(&s, i))
            continue;
        gaps[n++] = seconds(s.items[i].arrival_ns) - before;
        before = seconds(s.items[i].arrival_ns);
    }
    ck_assert_double_lt(kolmogorov(gaps, n, exponential_below, &mean), KOLMOGOROV_MAX);
}
END_TEST

START_TEST(a_session_is_of_one_user_and_users_have_alike)
{
    auto_stream s = many_with(SESSIONS("'jobs': 4,"));
    double counts[6] = {0}, n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (goes_on(&s, i))
            ck_assert_uint_eq(s.items[i].user, s.items[i - 1].user);
        else
            counts[s.items[i].user]++, n++;
    }
    ck_assert(counts[0] == 0);
    for (int user = 1; user <= 5; user++)
        ck_assert_double_eq_tol(counts[user] / n, 0.2, 4 * sqrt(0.16 / n));
}
END_TEST

/* Many at a time: they are submitted in the order of time, as often as asked for, and a user's
 * think times are those of the distribution. */
START_TEST(sessions_go_on_side_by_side)
{
    auto_stream s = many_with(
        "{'arrival': {'process': 'sessions', 'rate': '10/s', 'session': {'jobs': 2, "
        "'distribution': "
        "'constant', 'think': {'distribution': 'exponential', 'mean': '1h'}}}, 'timeScale': 0.01}");
    for (size_t i = 1; i < s.n; i++)
        ck_assert_int_ge(s.items[i].arrival_ns, s.items[i - 1].arrival_ns);
    /* Half of the jobs are seconds: they come 36 s late on average. */
    double late = 10 * 36 / 2.0, took = seconds(s.items[s.n - 1].arrival_ns);
    ck_assert_double_eq_tol(took, (MANY + late) / 10, 4 * sqrt(2 * MANY) / 10);
}
END_TEST

START_TEST(sessions_change_nothing_but_arrivals_and_users)
{
    auto_stream plain =
        many_with("{'runtime': {'distribution': 'exponential', 'mean': '1s'}, 'size':"
                  " {'choice': [1, 2, 3]}, 'users': 3}");
    auto_stream s = many_with(
        "{'runtime': {'distribution': 'exponential', 'mean': '1s'}, 'size': {'choice': [1, 2, 3]},"
        " 'users': 3, 'arrival': {'process': 'sessions', 'rate': '1/s', 'session': {'jobs': 7.5,"
        " 'think': {'distribution': 'lognormal', 'median': '1min', 'sigma': 1.5}}}}");
    for (size_t i = 0; i < s.n; i++) {
        ck_assert_uint_eq(s.items[i].nodes, plain.items[i].nodes);
        ck_assert_int_eq(s.items[i].runtime_ns, plain.items[i].runtime_ns);
    }
}
END_TEST

/* ----------------------------------------------------------------------------------------- load */

/* Work by what four nodes can do in the time that the rate gives it. */
static void assert_load(const char *members, double load)
{
    bd_auto_json json_t *spec = stream_spec_with(members);
    json_object_del(spec, "runtime");
    if (!strstr(members, "'arrival'"))
        json_object_del(spec, "arrival");
    json_object_set_new(spec, "jobs", json_integer(MANY));
    json_object_set_new(spec, "timeout", json_string("8000h"));
    auto_stream s = stream_of(spec, 1, 0, 4);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < s.n; i++) {
        double work = s.items[i].nodes * s.items[i].tasks * seconds(s.items[i].runtime_ns);
        sum += work;
        squares += work * work;
    }
    double mean = sum / MANY, error = sqrt((squares / MANY - mean * mean) / MANY);
    double by_work = stream_rate(spec, NODES(4)) / 4;
    ck_assert_msg(fabs(mean * by_work - load) < 3 * error * by_work, "%s: %g, not %g", members,
                  mean * by_work, load);
}

START_TEST(a_models_load_is_what_was_asked_for)
{
    assert_load("{'model': {'name': 'lublin', 'load': 0.7}, 'timeScale': 0.01}", 0.7);
    assert_load(
        "{'model': {'name': 'lublin', 'pa': -0.15}, 'timeScale': 0.01, 'arrival': {'process':"
        " 'poisson', 'load': 0.5}, 'arrays': {'share': 0.5, 'tasks': 3}}",
        0.5);
    assert_load(
        "{'model': {'name': 'lublin', 'pa': -0.15}, 'timeScale': 0.01, 'size': {'choice': [1,"
        " 4]}, 'arrival': {'process': 'uniform', 'load': 1.5}}",
        1.5);
}
END_TEST

START_TEST(a_models_gaps_have_the_mean_of_its_rate)
{
    bd_auto_json json_t *spec =
        json_of("{'name': 'jobstream', 'jobs': 20000, 'timeout': '8000h', 'timeScale': 0.01,"
                " 'model': {'name': 'lublin', 'longestGap': '2h'}}");
    auto_stream s = stream_of(spec, 1, 0, 4);
    double took = seconds(s.items[s.n - 1].arrival_ns), rate = stream_rate(spec, NODES(4));
    /* By numerical integration of the density: 6.039 s, and a standard deviation of 11.44 s. */
    ck_assert_double_eq_tol(1 / rate, 6.039059, 1e-5);
    ck_assert_double_eq_tol(took / MANY, 1 / rate, 3 * 11.44 / sqrt(MANY));
}
END_TEST

UNIT_MAIN("jobs-arrivals", a_cycle_is_slow_where_few_arrive, without_a_cycle_time_is_what_it_is,
          jobs_arrive_as_the_weights_have_it_and_as_often,
          a_cycle_stretches_the_gaps_of_its_process, bursts_follow_a_cycle_whole,
          sessions_have_as_many_jobs_as_their_distribution_says, sessions_begin_at_random,
          a_session_is_of_one_user_and_users_have_alike, sessions_go_on_side_by_side,
          sessions_change_nothing_but_arrivals_and_users, a_models_load_is_what_was_asked_for,
          a_models_gaps_have_the_mean_of_its_rate)
