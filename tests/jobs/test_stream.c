/* Streams: the numbers that another program found, which draw depends on what, and chance. */
#include "tests/jobs/support.h"

#include "tests/base/unit.h"

#include <glob.h>
#include <math.h>

/* -------------------------------------------------------------------------------------- vectors */

static json_t *load(const char *path)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *text = NULL;
    size_t bytes = 0;
    json_t *json = NULL;
    ck_assert_msg(bd_read_file(path, 1 << 20, &text, &bytes, &err) == 0, "%s", err.text);
    ck_assert_msg(bd_json_parse(text, bytes, &json, &err) == 0, "%s: %s", path, err.text);
    return json;
}

static void add_numbers(struct bd_str *out, const json_t *numbers)
{
    for (size_t i = 0; i < json_array_size(numbers); i++)
        bd_str_addf(out, "%s%lld", i > 0 ? " " : "",
                    json_integer_value(json_array_get(numbers, i)));
    bd_str_add(out, "\n");
}

static void assert_vector(const char *path)
{
    bd_auto_json json_t *vector = load(path);
    const json_t *spec = json_object_get(vector, "spec"), *jobs = json_object_get(vector, "jobs");
    unsigned compute = (unsigned)bd_json_int(vector, "compute", 0);
    auto_stream s = stream_of(spec, (uint64_t)bd_json_int(vector, "seed", -1),
                              (uint32_t)bd_json_int(vector, "block", -1), compute);
    bd_auto_str struct bd_str got = {0}, right = {0};
    jobs_to_text(&s, &got);
    bd_str_addf(&right, "benchd-jobs 1 %zu\n", json_array_size(jobs));
    for (size_t i = 0; i < json_array_size(jobs); i++)
        add_numbers(&right, json_array_get(jobs, i));
    ck_assert_msg(strcmp(got.data, right.data) == 0, "%s:\n%s\nis not\n%s", path, got.data,
                  right.data);
    double rate = bd_json_real(vector, "rate", -1);
    ck_assert_msg(fabs(stream_rate(spec, NODES(compute)) - rate) <= 1e-12 * rate, "%s: rate", path);
}

/* tests/vectors/streams/make.py made them, in decimal arithmetic of 60 digits. */
START_TEST(streams_are_those_that_another_program_makes)
{
    glob_t found = {0};
    ck_assert_int_eq(glob(VECTORS_DIR "/*.json", 0, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 19);
    for (size_t i = 0; i < found.gl_pathc; i++)
        assert_vector(found.gl_pathv[i]);
    globfree(&found);
}
END_TEST

/* ------------------------------------------------------------------------------ what depends on
 * what */

enum {
    ARRIVAL = 1,
    NODES = 2,
    TASKS = 4,
    USER = 8,
    PRIORITY = 16,
    AFTER = 32,
    RUNTIME = 64,
    REQUESTED = 128
};

static int differing(const struct job *a, const struct job *b)
{
    return (a->arrival_ns != b->arrival_ns ? ARRIVAL : 0) | (a->nodes != b->nodes ? NODES : 0) |
           (a->tasks != b->tasks ? TASKS : 0) | (a->user != b->user ? USER : 0) |
           (a->priority != b->priority ? PRIORITY : 0) | (a->after != b->after ? AFTER : 0) |
           (a->runtime_ns != b->runtime_ns ? RUNTIME : 0) |
           (a->requested_ns != b->requested_ns ? REQUESTED : 0);
}

static int differing_anywhere(const struct job_stream *a, const struct job_stream *b)
{
    int what = 0;
    for (size_t i = 0; i < a->n && i < b->n; i++)
        what |= differing(&a->items[i], &b->items[i]);
    return what;
}

static const char varied[] =
    "{'runtime': {'distribution': 'lognormal', 'median': '1s', 'sigma': 1}, 'users': 4,"
    " 'size': {'choice': [1, 2, 3]}, 'requested': {'factor': 'uniform(1, 3)'},"
    " 'priorities': [1, 2, 3], 'arrays': {'share': 0.3, 'tasks': 10},"
    " 'dependencies': {'share': 0.3}}";

/* Common random numbers: what one member says is no matter of what another one draws. */
START_TEST(changing_one_member_leaves_the_other_draws_as_they_are)
{
    static const struct {
        const char *members;
        int differs;
    } cases[] = {
        {"{}", 0},
        {"{'arrival': {'rate': '11/s'}}", ARRIVAL},
        {"{'arrival': {'process': 'uniform', 'rate': '10/s'}}", ARRIVAL},
        {"{'arrival': {'process': 'all'}}", ARRIVAL},
        {"{'arrival': {'rate': '10/s', 'cycle': {'period': '1s', 'weights': [1, 2]}}}", ARRIVAL},
        {"{'arrival': {'process': 'sessions', 'rate': '10/s', 'session': {'jobs': 3, 'think': "
         "{'distribution': 'constant', 'value': '1s'}}}}",
         ARRIVAL | USER},
        {"{'model': {'name': 'lublin'}, 'timeScale': 0.01}", 0}, /* nothing is left to it */
        {"{'size': {'constant': 4}}", NODES},
        {"{'runtime': {'distribution': 'hyperexponential', 'branches': "
         "[{'probability': 0.5, 'mean': '1s'}, {'probability': 0.5, 'mean': '2s'}]}}",
         RUNTIME | REQUESTED},
        {"{'requested': {'factor': 'uniform(1, 4)'}}", REQUESTED},
        {"{'users': 5}", USER},
        {"{'users': 0}", USER},
        {"{'priorities': [5, 6]}", PRIORITY},
        {"{'priorities': []}", PRIORITY},
        {"{'arrays': {'share': 0.5, 'tasks': 10}}", TASKS},
        {"{'dependencies': {'share': 0.1}}", AFTER},
        {"{'payload': 'spin', 'clients': 1, 'timeout': '2h', 'warmup': 0}", 0},
    };
    bd_auto_json json_t *base = stream_spec_with(varied);
    auto_stream before = stream_of(base, 1, 3, 4);
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *spec = json_copy(base), *members = json_of(cases[i].members);
        json_object_update(spec, members);
        auto_stream after = stream_of(spec, 1, 3, 4);
        ck_assert_msg(differing_anywhere(&before, &after) == cases[i].differs, "%s: %x",
                      cases[i].members, (unsigned)differing_anywhere(&before, &after));
    }
}
END_TEST

/* With a load, the rate follows from what jobs are; the draws behind the gaps stay. */
START_TEST(under_a_load_gaps_are_stretched_and_not_drawn_anew)
{
    auto_stream one = stream_with("{'arrival': {'load': 0.5}, 'size': {'constant': 1}}", 0, 4);
    auto_stream two = stream_with("{'arrival': {'load': 0.5}, 'size': {'constant': 2}}", 0, 4);
    for (size_t i = 0; i < one.n; i++) {
        int64_t error = two.items[i].arrival_ns - 2 * one.items[i].arrival_ns;
        ck_assert_int_le(llabs(error), (int64_t)(i + 1) * 2000);
    }
}
END_TEST

/* Without it, what the spec says no word of, the model does. */
START_TEST(a_model_says_what_the_spec_does_not)
{
    static const struct {
        const char *without;
        int differs;
    } cases[] = {{"arrival", ARRIVAL}, {"size", NODES}, {"runtime", RUNTIME | REQUESTED}};
    bd_auto_json json_t *base = stream_spec_with(varied);
    bd_auto_json json_t *model = json_of("{'model': {'name': 'lublin'}, 'timeScale': 0.01}");
    json_object_update(base, model);
    auto_stream before = stream_of(base, 1, 3, 4);
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *spec = json_copy(base);
        json_object_del(spec, cases[i].without);
        json_object_set_new(spec, "timeout", json_string("100h"));
        auto_stream after = stream_of(spec, 1, 3, 4);
        ck_assert_msg(differing_anywhere(&before, &after) == cases[i].differs, "%s: %x",
                      cases[i].without, (unsigned)differing_anywhere(&before, &after));
    }
}
END_TEST

START_TEST(more_jobs_are_the_same_jobs_and_some_more)
{
    static const char *const arrivals[] = {
        "{}",
        "{'arrival': {'process': 'sessions', 'rate': '10/s', 'cycle': {'period': '9s', 'weights': "
        "[1, 2]}, 'session': {'jobs': 3, 'think': {'distribution': 'exponential', 'mean': '4s'}}}}",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(arrivals); i++) {
        bd_auto_json json_t *spec = stream_spec_with(varied), *members = json_of(arrivals[i]);
        json_object_update(spec, members);
        auto_stream few = stream_of(spec, 1, 0, 4);
        json_object_set_new(spec, "jobs", json_integer(500));
        auto_stream many = stream_of(spec, 1, 0, 4);
        ck_assert_uint_eq(many.n, 500);
        ck_assert_int_eq(memcmp(few.items, many.items, few.n * sizeof(*few.items)), 0);
    }
}
END_TEST

START_TEST(dependencies_that_stay_are_on_the_same_jobs)
{
    auto_stream few = stream_with("{'dependencies': {'share': 0.2}}", 0, 4);
    auto_stream many = stream_with("{'dependencies': {'share': 0.6}}", 0, 4);
    int stayed = 0;
    for (size_t i = 0; i < few.n; i++) {
        if (few.items[i].after < 0)
            continue;
        ck_assert_int_eq(few.items[i].after, many.items[i].after);
        stayed++;
    }
    ck_assert_int_gt(stayed, 3);
}
END_TEST

START_TEST(seed_and_block_make_a_stream_of_their_own)
{
    static const int all = ARRIVAL | NODES | TASKS | USER | PRIORITY | AFTER | RUNTIME | REQUESTED;
    bd_auto_json json_t *spec = stream_spec_with(varied);
    auto_stream a = stream_of(spec, 1, 0, 4), again = stream_of(spec, 1, 0, 4);
    auto_stream block = stream_of(spec, 1, 1, 4), seed = stream_of(spec, 2, 0, 4);
    ck_assert_int_eq(differing_anywhere(&a, &again), 0);
    ck_assert_int_eq(differing_anywhere(&a, &block), all);
    ck_assert_int_eq(differing_anywhere(&a, &seed), all);
    ck_assert_int_eq(differing_anywhere(&block, &seed), all);
}
END_TEST

START_TEST(a_fixed_stream_is_the_first_blocks_in_all)
{
    bd_auto_json json_t *spec = stream_spec_with(varied);
    auto_stream first = stream_of(spec, 1, 0, 4);
    json_object_set_new(spec, "seed", json_string("fixed"));
    auto_stream zero = stream_of(spec, 1, 0, 4), other = stream_of(spec, 1, 77, 4);
    auto_stream seed = stream_of(spec, 2, 77, 4);
    ck_assert_int_eq(differing_anywhere(&first, &zero), 0);
    ck_assert_int_eq(differing_anywhere(&first, &other), 0);
    ck_assert_int_ne(differing_anywhere(&first, &seed), 0);
}
END_TEST

START_TEST(what_is_not_asked_for_is_plain)
{
    auto_stream s = stream_with("{}", 0, 4);
    ck_assert_uint_eq(s.n, 50);
    ck_assert_uint_eq(s.tasks, 50);
    for (size_t i = 0; i < s.n; i++) {
        const struct job *j = &s.items[i];
        ck_assert_uint_eq(j->index, i);
        ck_assert(j->nodes == 1 && j->tasks == 1 && j->user == 0 && j->priority == 0);
        ck_assert(j->after == -1 && j->runtime_ns == 1000000000 && j->requested_ns == 2000000000);
    }
}
END_TEST

START_TEST(bursts_come_at_equal_distances_from_the_beginning_on)
{
    auto_stream s =
        stream_with("{'arrival': {'process': 'burst', 'burst': 20, 'rate': '10/s'}}", 0, 4);
    for (size_t i = 0; i < s.n; i++)
        ck_assert_int_eq(s.items[i].arrival_ns, (int64_t)(i / 20) * 2000000000);
}
END_TEST

START_TEST(times_are_whole_microseconds_and_no_job_takes_none)
{
    auto_stream s = stream_with("{'runtime': {'distribution': 'exponential', 'mean': '2us'},"
                                " 'jobs': 1000, 'requested': {'factor': 'uniform(1, 1.2)'}}",
                                0, 4);
    int64_t before = 0;
    size_t least = 0;
    for (size_t i = 0; i < s.n; i++) {
        const struct job *j = &s.items[i];
        ck_assert(j->arrival_ns % 1000 == 0 && j->runtime_ns % 1000 == 0);
        ck_assert(j->requested_ns % 1000 == 0 && j->requested_ns >= j->runtime_ns);
        ck_assert(j->arrival_ns >= before && j->runtime_ns >= 1000);
        least += j->runtime_ns == 1000;
        before = j->arrival_ns;
    }
    ck_assert_uint_gt(least, 100);
}
END_TEST

/* --------------------------------------------------------------------------------------- chance */

#define MANY 20000

static double gap_of(const struct job_stream *s, size_t i)
{
    return (double)(s->items[i].arrival_ns - (i > 0 ? s->items[i - 1].arrival_ns : 0)) / 1e9;
}
static double runtime_of(const struct job_stream *s, size_t i)
{
    return (double)s->items[i].runtime_ns / 1e9;
}
static double factor_of(const struct job_stream *s, size_t i)
{
    return (double)s->items[i].requested_ns / (double)s->items[i].runtime_ns;
}
static double nodes_of(const struct job_stream *s, size_t i)
{
    return s->items[i].nodes;
}
static double user_of(const struct job_stream *s, size_t i)
{
    return s->items[i].user;
}
static double priority_of(const struct job_stream *s, size_t i)
{
    return s->items[i].priority;
}
static double is_array(const struct job_stream *s, size_t i)
{
    return s->items[i].tasks > 1;
}
static double is_dependent(const struct job_stream *s, size_t i)
{
    return s->items[i].after >= 0;
}
static double work_of(const struct job_stream *s, size_t i)
{
    return s->items[i].nodes * s->items[i].tasks * runtime_of(s, i);
}

#define RUNTIME_OF(text) "{'runtime': {'distribution': " text "}}"

/* What the spec says, by hand; the seed is fixed, so that it holds or does not for ever. */
START_TEST(means_are_what_was_asked_for)
{
    static const struct {
        const char *members;
        double (*of)(const struct job_stream *s, size_t i);
        double mean;
    } cases[] = {
        {"{}", gap_of, 0.1},
        {"{'arrival': {'process': 'uniform', 'rate': '10/s'}}", gap_of, 0.1},
        {"{'arrival': {'load': 0.5}, 'size': {'constant': 3}}", gap_of, 1.5},
        {"{'arrival': {'load': 2}, 'arrays': {'share': 0.5, 'tasks': 9}}", gap_of, 0.625},
        {"{'size': {'choice': [1, 1, 2, 4]}}", nodes_of, 2},
        {"{'size': {'powerOfTwo': {'min': 1, 'max': 4}}}", nodes_of, 7.0 / 3},
        {"{'size': {'fraction': [0.1, 0.5, 0.75, 1]}}", nodes_of, 2.5},
        {RUNTIME_OF("'uniform', 'min': '1s', 'max': '2s'"), runtime_of, 1.5},
        {RUNTIME_OF("'exponential', 'mean': '3s'"), runtime_of, 3},
        /* E[min(X, 3)] of a mean of 3: 3 (1 - 1/e) */
        {RUNTIME_OF("'exponential', 'mean': '3s', 'max': '3s'"), runtime_of, 1.8963616764856730},
        /* e^(1/2) */
        {RUNTIME_OF("'lognormal', 'median': '1s', 'sigma': 1"), runtime_of, 1.6487212707001282},
        {RUNTIME_OF("'hyperexponential', 'branches': [{'probability': 0.9, 'mean': '100ms'},"
                    " {'probability': 0.1, 'mean': '2s'}]"),
         runtime_of, 0.29},
        {"{'requested': {'factor': 'uniform(1, 5)'}}", factor_of, 3},
        {"{'requested': {'factor': 1.5}}", factor_of, 1.5},
        {"{'users': 7}", user_of, 4},
        {"{'priorities': [-10, 0, 40]}", priority_of, 10},
        {"{'arrays': {'share': 0.3, 'tasks': 2}}", is_array, 0.3},
        {"{'dependencies': {'share': 0.25}}", is_dependent, 0.25},
        {"{'size': {'choice': [1, 3]}, 'arrays': {'share': 0.5, 'tasks': 3}}", work_of, 4},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *spec = stream_spec_with(cases[i].members);
        json_object_set_new(spec, "jobs", json_integer(MANY));
        json_object_set_new(spec, "timeout", json_string("24h"));
        auto_stream s = stream_of(spec, 1, 0, 4);
        double sum = 0, squares = 0;
        for (size_t k = 0; k < s.n; k++) {
            double value = cases[i].of(&s, k) - cases[i].mean;
            sum += value;
            squares += value * value;
        }
        double error = sqrt(squares) / MANY; /* the standard error of the mean */
        ck_assert_msg(fabs(sum / MANY) < 3 * error + 1e-6, "%s: off by %g, standard error %g",
                      cases[i].members, sum / MANY, error);
    }
}
END_TEST

START_TEST(dependencies_are_on_each_of_the_eight_before_alike)
{
    bd_auto_json json_t *spec = stream_spec_with("{'dependencies': {'share': 1}, 'jobs': 20000}");
    auto_stream s = stream_of(spec, 1, 0, 4);
    double hits[9] = {0};
    ck_assert_int_eq(s.items[0].after, -1);
    for (size_t i = 1; i < s.n; i++) {
        int64_t back = (int64_t)i - s.items[i].after;
        ck_assert(s.items[i].after >= 0 && back >= 1 && back <= 8);
        hits[back]++;
    }
    for (int i = 1; i <= 8; i++)
        ck_assert_msg(fabs(hits[i] - MANY / 8.0) < 3 * sqrt(MANY * 7 / 64.0), "%d: %g", i, hits[i]);
}
END_TEST

/* Poisson: the variance of an exponential gap is the square of its mean. */
START_TEST(gaps_are_spread_as_their_process_has_it)
{
    static const struct {
        const char *members;
        double variation; /* standard deviation by mean */
    } cases[] = {
        {"{'jobs': 20000}", 1},
        {"{'jobs': 20000, 'arrival': {'process': 'uniform', 'rate': '10/s'}}", 0.5773502691896258},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        auto_stream s = stream_with(cases[i].members, 0, 4);
        double squares = 0;
        for (size_t k = 0; k < s.n; k++)
            squares += (gap_of(&s, k) - 0.1) * (gap_of(&s, k) - 0.1);
        ck_assert_double_eq_tol(sqrt(squares / MANY) / 0.1, cases[i].variation, 0.03);
    }
}
END_TEST

/* Generators of different draws have nothing to do with each other. */
START_TEST(draws_are_not_correlated)
{
    static double (*const of[])(const struct job_stream *s, size_t i) = {
        gap_of, runtime_of, factor_of, nodes_of, user_of, priority_of, is_array, is_dependent};
    bd_auto_json json_t *spec = stream_spec_with(varied);
    json_object_set_new(spec, "jobs", json_integer(MANY));
    auto_stream s = stream_of(spec, 1, 0, 4);
    for (size_t a = 0; a < BD_ARRAY_LEN(of); a++) {
        for (size_t b = 0; b < a; b++) {
            double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
            for (size_t i = 0; i < s.n; i++) {
                double va = of[a](&s, i), vb = of[b](&s, i);
                x += va;
                y += vb;
                xx += va * va;
                yy += vb * vb;
                xy += va * vb;
            }
            double r = (xy - x * y / MANY) / sqrt((xx - x * x / MANY) * (yy - y * y / MANY));
            ck_assert_msg(fabs(r) < 4 / sqrt(MANY), "%zu with %zu: %g", a, b, r);
        }
    }
}
END_TEST

START_TEST(the_longest_stream_there_is)
{
    bd_auto_json json_t *spec =
        stream_spec_with("{'jobs': 1000000, 'arrival': {'rate': '1000/s'}}");
    auto_stream s = stream_of(spec, 9007199254740991, UINT32_MAX, 250), back = {0};
    bd_auto_str struct bd_str text = {0};
    ck_assert_uint_eq(s.n, JOBS_MAX);
    jobs_to_text(&s, &text);
    ck_assert_int_eq(jobs_from_text(text.data, text.len, &back, NULL), 0);
    ck_assert_int_eq(memcmp(s.items, back.items, s.n * sizeof(*s.items)), 0);
}
END_TEST

UNIT_MAIN("jobs-stream", streams_are_those_that_another_program_makes,
          changing_one_member_leaves_the_other_draws_as_they_are,
          a_model_says_what_the_spec_does_not, under_a_load_gaps_are_stretched_and_not_drawn_anew,
          more_jobs_are_the_same_jobs_and_some_more, dependencies_that_stay_are_on_the_same_jobs,
          seed_and_block_make_a_stream_of_their_own, a_fixed_stream_is_the_first_blocks_in_all,
          what_is_not_asked_for_is_plain, bursts_come_at_equal_distances_from_the_beginning_on,
          times_are_whole_microseconds_and_no_job_takes_none, means_are_what_was_asked_for,
          dependencies_are_on_each_of_the_eight_before_alike,
          gaps_are_spread_as_their_process_has_it, draws_are_not_correlated,
          the_longest_stream_there_is)
