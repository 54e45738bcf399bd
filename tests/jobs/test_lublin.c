/* Lublin and Feitelson's model: sizes as their way of drawing them gives, runtimes and gaps with
 * the distributions that were published, and means. */
#include "tests/jobs/support.h"

#include "lib/base/rng.h"
#include "lib/jobs/lublin.h"
#include "lib/stats/distributions.h"

#include "tests/base/unit.h"
#include "tests/jobs/chance.h"

#include <math.h>

#define MANY  20000
#define BATCH .serial_prob = 0.2927, .pow2_prob = 0.6686, .u_prob = 0.875, TIMES
#define TIMES                                                                                      \
    .a1 = 6.57, .b1 = 0.823, .a2 = 639.1, .b2 = 0.0156, .pa = -0.003, .pb = 0.6986,                \
    .aarr = 6.0415, .barr = 0.8531, .arar = 1.0519, .anum = 6.1271, .bnum = 5.2740,                \
    .longest_runtime_s = 162755, .longest_gap_s = 442413

static const struct lublin_parameters batch = {BATCH, .u_low = 1.2, .u_med = 5, .u_hi = 7};

/* ---------------------------------------------------------------------------------------- sizes */

/* As the authors draw it: whether it is serial or a power of two, which stage, where in it. */
static unsigned size_their_way(const struct lublin_parameters *p, unsigned compute,
                               struct bd_rng *rng)
{
    double u = bd_rng_unit(rng), stage = bd_rng_unit(rng), v = bd_rng_unit(rng);
    if (u <= p->serial_prob)
        return 1;
    double y = stage <= p->u_prob ? p->u_low + (p->u_med - p->u_low) * v
                                  : p->u_med + (p->u_hi - p->u_med) * v;
    bool is_power = u <= p->serial_prob + p->pow2_prob;
    double size = is_power ? exp2(floor(y + 0.5)) : floor(exp2(y) + 0.5);
    while (size > compute)
        size = is_power ? size / 2 : compute;
    return (unsigned)size;
}

START_TEST(sizes_are_as_often_as_in_the_authors_way)
{
    static const struct {
        struct lublin_parameters p;
        unsigned compute;
    } cases[] = {
        {{BATCH, .u_low = 1.2, .u_med = 5, .u_hi = 7}, 128},
        {{BATCH, .u_low = 0.8, .u_med = 1.5, .u_hi = 3}, 8},
        {{BATCH, .u_low = 1.2, .u_med = 4.6, .u_hi = 6.6438561897747253}, 100},
        {{TIMES, .serial_prob = 0, .pow2_prob = 0, .u_prob = 0.5, .u_low = 0, .u_med = 2,
          .u_hi = 4},
         24},
        {{TIMES, .serial_prob = 0.5, .pow2_prob = 0.25, .u_low = 0.8, .u_med = 0.8, .u_hi = 1}, 2},
        {{BATCH}, 1},
    };
    for (size_t c = 0; c < BD_ARRAY_LEN(cases); c++) {
        bd_auto_free struct lublin *m = bd_new(struct lublin);
        double seen[LUBLIN_NODES_MAX + 1] = {0}, sum = 0;
        struct bd_rng rng;
        bd_rng_init(&rng, 5, c);
        lublin_init(m, &cases[c].p, cases[c].compute);
        for (int i = 0; i < 10 * MANY; i++)
            seen[size_their_way(&cases[c].p, cases[c].compute, &rng)] += 0.1 / MANY;
        for (unsigned n = 1; n <= cases[c].compute; n++) {
            double p = lublin_size_probability(m, n);
            sum += p;
            ck_assert_msg(fabs(seen[n] - p) <= 4 * sqrt(p * (1 - p) / (10 * MANY)) + 1e-9,
                          "case %zu, %u nodes: %g and not %g", c, n, p, seen[n]);
        }
        ck_assert_double_eq_tol(sum, 1, 1e-12);
    }
}
END_TEST

START_TEST(a_size_is_the_inverse_of_its_distribution)
{
    bd_auto_free struct lublin *m = bd_new(struct lublin);
    lublin_init(m, &batch, 128);
    double upto = 0;
    for (unsigned n = 1; n <= 128; n++) {
        double p = lublin_size_probability(m, n);
        if (p > 1e-9) {
            ck_assert_uint_eq(lublin_size(m, upto + 0.001 * p), n);
            ck_assert_uint_eq(lublin_size(m, upto + 0.999 * p), n);
        }
        upto += p;
    }
    ck_assert_uint_eq(lublin_size(m, 0), 1);
    ck_assert_uint_eq(lublin_size(m, 1 - 0x1p-53), 128);
}
END_TEST

/* A smaller machine's largest job, on a cluster that has room for more. */
START_TEST(no_size_is_above_the_largest)
{
    bd_auto_free struct lublin *m = bd_new(struct lublin);
    struct lublin_parameters p = batch;
    p.u_hi = 5.5;
    lublin_init(m, &p, 250);
    ck_assert_uint_eq(lublin_size(m, 1 - 0x1p-53), 45);
    ck_assert(lublin_size_probability(m, 64) == 0);
}
END_TEST

/* ---------------------------------------------------------------------------------------- times */

/* A mixture of two gammas' logarithms, of which what is longer than the longest is left out. */
struct mixture {
    double p, a1, b1, a2, b2, longest;
};

static double mixture_part(const struct mixture *m, double x)
{
    return m->p * (1 - stats_gamma_upper(m->a1, x / m->b1)) +
           (1 - m->p) * (1 - stats_gamma_upper(m->a2, x / m->b2));
}

static double mixture_below(double seconds, const void *arg)
{
    const struct mixture *m = arg;
    return mixture_part(m, log(seconds)) / mixture_part(m, m->longest);
}

START_TEST(runtimes_have_the_distribution_that_was_published)
{
    static const struct {
        uint32_t nodes;
        double p, longest_s;
    } cases[] = {{1, 0.6956, 162755}, {100, 0.3986, 162755}, {250, 0, 162755}, {8, 0.6746, 600}};
    for (size_t c = 0; c < BD_ARRAY_LEN(cases); c++) {
        bd_auto_free struct lublin *m = bd_new(struct lublin);
        bd_auto_free double *values = bd_xcalloc(MANY, sizeof(*values));
        struct lublin_parameters p = batch;
        struct bd_rng rng;
        const struct mixture mixture = {cases[c].p, 6.57,   0.823,
                                        639.1,      0.0156, log(cases[c].longest_s)};
        p.longest_runtime_s = cases[c].longest_s;
        bd_rng_init(&rng, 6, c);
        lublin_init(m, &p, 128);
        for (size_t i = 0; i < MANY; i++) {
            double branch = bd_rng_unit(&rng);
            values[i] = lublin_runtime(m, cases[c].nodes, bd_rng_unit(&rng), branch);
            ck_assert_double_le(values[i], cases[c].longest_s * (1 + 1e-12));
        }
        double distance = kolmogorov(values, MANY, mixture_below, &mixture);
        ck_assert_msg(distance < KOLMOGOROV_MAX, "case %zu: %g", c, distance);
    }
}
END_TEST

START_TEST(gaps_have_the_distribution_that_was_published)
{
    bd_auto_free struct lublin *m = bd_new(struct lublin);
    bd_auto_free double *values = bd_xcalloc(MANY, sizeof(*values));
    const struct mixture mixture = {1, 6.0415 * 1.0519, 0.8531, 1, 1, log(442413)};
    struct bd_rng rng;
    bd_rng_init(&rng, 7, 0);
    lublin_init(m, &batch, 128);
    for (size_t i = 0; i < MANY; i++)
        values[i] = lublin_gap(m, bd_rng_unit(&rng));
    ck_assert_double_lt(kolmogorov(values, MANY, mixture_below, &mixture), KOLMOGOROV_MAX);
}
END_TEST

/* The mean by its formula is the integral over the quantile function. */
START_TEST(means_are_those_of_the_values)
{
    bd_auto_free struct lublin *m = bd_new(struct lublin);
    lublin_init(m, &batch, 128);
    double first = 0, second = 0, gap = 0;
    for (int k = 0; k < MANY; k++) {
        first += lublin_runtime(m, 1, (k + 0.5) / MANY, 0) / MANY;
        second += lublin_runtime(m, 1, (k + 0.5) / MANY, 0.999999) / MANY;
        gap += lublin_gap(m, (k + 0.5) / MANY) / MANY;
    }
    ck_assert_double_eq_tol(first / m->first.mean_s, 1, 1e-4);
    ck_assert_double_eq_tol(second / m->second.mean_s, 1, 1e-4);
    ck_assert_double_eq_tol(gap / m->gap.mean_s, 1, 1e-4);
    /* With pa = 0 and all runtimes kept, p m1 + (1 - p) m2. */
    struct lublin_parameters p = batch;
    p.pa = 0;
    p.pb = 0.25;
    p.b1 = 0.3;
    lublin_init(m, &p, 128);
    double mean = 0.25 * pow(0.7, -6.57) + 0.75 * pow(1 - 0.0156, -639.1);
    ck_assert_double_eq_tol(lublin_runtime_mean(m, 5) / mean, 1, 1e-5);
}
END_TEST

START_TEST(larger_jobs_run_longer)
{
    bd_auto_free struct lublin *m = bd_new(struct lublin);
    lublin_init(m, &batch, 128);
    for (uint32_t nodes = 2; nodes <= 128; nodes++)
        ck_assert_double_gt(lublin_runtime_mean(m, nodes), lublin_runtime_mean(m, nodes - 1));
}
END_TEST

START_TEST(jobs_come_in_the_afternoon_and_few_before_dawn)
{
    double weights[LUBLIN_BUCKETS];
    size_t most = 0, least = 0;
    ck_assert_double_gt(lublin_weights(&batch, weights), 0.9);
    for (size_t i = 0; i < LUBLIN_BUCKETS; i++) {
        most = weights[i] > weights[most] ? i : most;
        least = weights[i] < weights[least] ? i : least;
    }
    /* The mode of the gamma is (6.1271 - 1) 5.274 = 27.04: the 27th half hour begins at 13:00. */
    ck_assert_uint_eq(most, 26);
    ck_assert_uint_eq(least, 9); /* the last of its day, before 5:00 */
    ck_assert_double_eq_tol(
        weights[26],
        stats_gamma_upper(6.1271, 26.5 / 5.274) - stats_gamma_upper(6.1271, 27.5 / 5.274), 1e-14);
}
END_TEST

UNIT_MAIN("jobs-lublin", sizes_are_as_often_as_in_the_authors_way,
          a_size_is_the_inverse_of_its_distribution, no_size_is_above_the_largest,
          runtimes_have_the_distribution_that_was_published,
          gaps_have_the_distribution_that_was_published, means_are_those_of_the_values,
          larger_jobs_run_longer, jobs_come_in_the_afternoon_and_few_before_dawn)
