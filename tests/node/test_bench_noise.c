/* bench-noise: the figures that follow from times, and what the program says of its own. */
#include "program.h"

#include "../../node/noise.h"

#include <check.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *noise_program;

/* Worked out by hand. */
static const struct {
    int64_t times[10];
    size_t n;
    struct noise expected;
} vectors[] = {
    {{5}, 1, {5, 5, 5, 5, 5, 5, 0}},
    {{7, 7, 7, 7}, 4, {7, 7, 7, 7, 7, 28, 0}},
    /* the excess is 0 + 0 + 2 + 6 of 4 + 4 + 6 + 10; the median is the second of four */
    {{10, 4, 6, 4}, 4, {4, 4, 10, 10, 10, 24, 8.0 / 24}},
    {{3, 1, 2}, 3, {1, 2, 3, 3, 3, 6, 3.0 / 6}},
    {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1000000000000},
     10,
     {1, 1, 1000000000000, 1000000000000, 1000000000000, 1000000000009,
      999999999999.0 / 1000000000009}},
};

START_TEST(test_figures)
{
    int64_t times[10];
    const struct noise *e = &vectors[_i].expected;

    memcpy(times, vectors[_i].times, sizeof(times));
    struct noise noise = noise_of(times, vectors[_i].n);
    ck_assert_int_eq(noise.minimum_ns, e->minimum_ns);
    ck_assert_int_eq(noise.median_ns, e->median_ns);
    ck_assert_int_eq(noise.p99_ns, e->p99_ns);
    ck_assert_int_eq(noise.p999_ns, e->p999_ns);
    ck_assert_int_eq(noise.maximum_ns, e->maximum_ns);
    ck_assert_int_eq(noise.total_ns, e->total_ns);
    ck_assert_double_eq_tol(noise.share, e->share, 1e-12);
}
END_TEST

/* 1 to 2000 in some order: the rank is the value. */
START_TEST(test_quantiles_are_nearest_ranks)
{
    enum { N = 2000 };
    int64_t times[N];

    for (int64_t i = 0; i < N; i++)
        times[i] = (i * 777) % N + 1; /* 777 and 2000 have no factor in common */
    struct noise noise = noise_of(times, N);
    ck_assert_int_eq(noise.median_ns, 1000);
    ck_assert_int_eq(noise.p99_ns, 1980);
    ck_assert_int_eq(noise.p999_ns, 1998);
    ck_assert_int_eq(noise.maximum_ns, 2000);
    ck_assert_double_eq_tol(noise.share, 1999.0 / 2001, 1e-12);
}
END_TEST

START_TEST(test_iterations_follow_from_a_trial)
{
    ck_assert_int_eq(noise_iterations(1000, 100, 100), 1000);
    ck_assert_int_eq(noise_iterations(1000, 100, 2000), 50);
    ck_assert_int_eq(noise_iterations(1, 1, 1000), 1);
    ck_assert_int_eq(noise_iterations(INT64_MAX, NOISE_ITERATIONS_MAX, 1), NOISE_ITERATIONS_MAX);
    ck_assert_int_eq(noise_iterations(1000, 100, 0), 100000); /* the clock did not move */
}
END_TEST

/* The number behind a name at the beginning of a line. */
static double figure(const struct outcome *o, const char *name)
{
    char *mark = NULL;
    double value;

    ck_assert_int_gt(asprintf(&mark, "\n%s ", name), 0);
    const char *at = strstr(o->out, mark);
    ck_assert_msg(at != NULL, "no %s in: %s", name, o->out);
    ck_assert_int_eq(sscanf(at + strlen(mark), "%lf", &value), 1);
    free(mark);
    return value;
}

static void hold_together(const struct outcome *o, double samples)
{
    ck_assert_msg(o->code == 0, "%d: %s", o->code, o->err);
    ck_assert_double_eq(figure(o, "samples"), samples);
    ck_assert_double_eq(figure(o, "backwards"), 0);
    ck_assert_double_eq(figure(o, "wrong"), 0);
    ck_assert_double_gt(figure(o, "minimum_us"), 0);
    ck_assert_double_ge(figure(o, "median_us"), figure(o, "minimum_us"));
    ck_assert_double_ge(figure(o, "p99_us"), figure(o, "median_us"));
    ck_assert_double_ge(figure(o, "p999_us"), figure(o, "p99_us"));
    ck_assert_double_ge(figure(o, "maximum_us"), figure(o, "p999_us"));
    ck_assert_double_ge(figure(o, "noise_percent"), 0);
    ck_assert_double_lt(figure(o, "noise_percent"), 100);
    ck_assert_double_gt(figure(o, "clock_step_ns"), 0);
    ck_assert_double_gt(figure(o, "resolution_share"), 0);
}

START_TEST(test_it_measures)
{
    struct outcome calibrated = run(noise_program, "50", "1000", "0");
    hold_together(&calibrated, 1000);
    ck_assert_ptr_nonnull(strstr(calibrated.out, " calibrated\n"));
    struct outcome given = run(noise_program, "50", "100", "12345");
    hold_together(&given, 100);
    ck_assert_ptr_nonnull(strstr(given.out, "\niterations 12345 given\n"));
}
END_TEST

/* By its rank, round and round over the CPUs that it may use. */
START_TEST(test_it_stays_on_the_cpu_of_its_rank)
{
    cpu_set_t allowed;
    int rank = 0;

    ck_assert_int_eq(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
    for (int round = 0; round < 2; round++) {
        for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
            char text[16];
            if (!CPU_ISSET(cpu, &allowed))
                continue;
            snprintf(text, sizeof(text), "%d", rank++);
            setenv("SLURM_PROCID", text, 1);
            struct outcome o = run("/bin/sh", "-c", "echo; exec \"$0\" 10 10 10000", noise_program);
            ck_assert_double_eq(figure(&o, "cpu"), (double)cpu);
        }
    }
    unsetenv("SLURM_PROCID");
}
END_TEST

START_TEST(test_arguments_that_make_no_sense)
{
    static const char *const wrong[][3] = {
        {"0", "1", "0"}, {"x", "1", "0"},        {"1000001", "1", "0"}, {"1", "0", "0"},
        {"1", "", "0"},  {"1", "10000001", "0"}, {"1", "1", "-1"},      {"1", "1", "1x"}};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct outcome o = run(noise_program, wrong[i][0], wrong[i][1], wrong[i][2]);
        ck_assert_int_eq(o.code, 2);
        ck_assert_str_eq(o.out, "");
        ck_assert_ptr_nonnull(strstr(o.err, "is not a number from"));
    }
    struct outcome none = run(noise_program);
    ck_assert_int_eq(none.code, 2);
    ck_assert_ptr_nonnull(strstr(none.err, "usage: "));
}
END_TEST

int main(void)
{
    noise_program = program_setting("BENCH_NOISE");
    Suite *suite = suite_create("bench-noise");
    TCase *tcase = tcase_create("bench-noise");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_figures, 0, sizeof(vectors) / sizeof(vectors[0]));
    tcase_add_test(tcase, test_quantiles_are_nearest_ranks);
    tcase_add_test(tcase, test_iterations_follow_from_a_trial);
    tcase_add_test(tcase, test_it_measures);
    tcase_add_test(tcase, test_it_stays_on_the_cpu_of_its_rank);
    tcase_add_test(tcase, test_arguments_that_make_no_sense);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
