/* What must hold of shifts, deltas, equivalence and shares of variance, whatever the values are. */
#include "lib/stats/effect.h"
#include "lib/stats/ranks.h"
#include "tests/base/unit.h"
#include "tests/stats/random.h"

#include <math.h>
#include <string.h>

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), by_size);
    return 0.5 * values[(n - 1) / 2] + 0.5 * values[n / 2];
}

static void scale(double *values, size_t n, double by)
{
    for (size_t i = 0; i < n; i++)
        values[i] *= by;
}

START_TEST(shifts_are_what_sorting_all_differences_gives)
{
    static const double scales[] = {1, 1e-300, 1e305};
    struct bd_rng rng;
    bd_rng_init(&rng, 1, 0);
    double a[80], b[80];
    bd_auto_free double *all = bd_xcalloc(80 * 81, sizeof(*all));
    for (size_t round = 0; round < 80; round++) {
        size_t m = 1 + round, n = 1 + (7 * round) % 80, count = 0, least = m < n ? m : n;
        struct stats_shift shift;
        random_values(&rng, m, round % 4 ? 0 : 100, round % 2 ? 3 : 0, a);
        random_values(&rng, n, 0.1, round % 2 ? 3 : 0, b);
        scale(a, m, scales[round % BD_ARRAY_LEN(scales)]);
        scale(b, n, scales[round % BD_ARRAY_LEN(scales)]);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++)
                all[count++] = a[i] - b[j];
        stats_shift_samples(a, m, b, n, 0.95, &shift);
        ck_assert(shift.estimate == median_of(all, count));
        count = 0;
        for (size_t i = 0; i < least; i++)
            for (size_t j = i; j < least; j++)
                all[count++] = 0.5 * (a[i] - b[i]) + 0.5 * (a[j] - b[j]);
        stats_shift_pairs(a, b, least, 0.95, &shift);
        ck_assert(shift.estimate == median_of(all, count));
    }
}
END_TEST

START_TEST(an_interval_holds_the_shifts_that_are_not_rejected)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 2, 0);
    double a[60], b[60], moved[60];
    for (size_t round = 0; round < 40; round++) {
        size_t n = round < 30 ? 6 + round / 2 : 60;
        struct stats_shift samples, pairs;
        random_values(&rng, n, 1, 0, a);
        random_values(&rng, n, 0, 0, b);
        stats_shift_samples(a, n, b, n, 0.95, &samples);
        stats_shift_pairs(a, b, n, 0.95, &pairs);
        ck_assert(samples.interval.is_there && samples.interval.coverage >= 0.95);
        ck_assert(samples.exact == (n <= 50) && pairs.exact == (n <= 50));
        const double ends[] = {samples.interval.low, samples.interval.high, pairs.interval.low,
                               pairs.interval.high};
        for (size_t i = 0; i < 8; i++) { /* a little within and without each of them */
            bool within = i % 2;
            double by = ends[i / 2] + (within == (i / 2 % 2 == 0) ? 1e-9 : -1e-9);
            for (size_t k = 0; k < n; k++)
                moved[k] = a[k] - by;
            struct stats_test test;
            if (i < 4)
                stats_mann_whitney(moved, n, b, n, &test);
            else
                stats_wilcoxon(moved, b, n, &test);
            ck_assert_msg((test.p > 0.05) == within, "%zu, %zu: p %g", round, i, test.p);
        }
    }
}
END_TEST

START_TEST(a_shift_moves_and_turns_with_the_values)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 3, 0);
    double a[20], b[20], moved[20];
    random_values(&rng, 20, 1, 8, a);
    random_values(&rng, 20, 0, 8, b);
    for (size_t i = 0; i < 20; i++)
        moved[i] = 4 * a[i] + 2;
    struct stats_shift plain, other;
    stats_shift_samples(a, 20, b, 20, 0.9, &plain);
    for (size_t i = 0; i < 20; i++)
        b[i] *= 4;
    stats_shift_samples(b, 20, moved, 20, 0.9, &other);
    ck_assert(other.estimate == -(4 * plain.estimate + 2));
    ck_assert(other.interval.low == -(4 * plain.interval.high + 2));
    ck_assert(other.interval.high == -(4 * plain.interval.low + 2));
    ck_assert(other.interval.coverage == plain.interval.coverage);
}
END_TEST

START_TEST(large_samples_take_no_room_for_their_differences)
{
    size_t n = 20000;
    bd_auto_free double *a = bd_xcalloc(2 * n, sizeof(*a));
    double *b = a + n;
    for (size_t i = 0; i < n; i++) {
        a[i] = (double)((i * 7919) % n) + 3;
        b[i] = (double)((i * 104729) % n);
    }
    struct stats_shift shift;
    stats_shift_samples(a, n, b, n, 0.95, &shift);
    ck_assert(shift.estimate == 3 && shift.interval.low < 3 && shift.interval.high > 3);
    ck_assert(!shift.exact && shift.interval.is_there);
    stats_shift_pairs(a, b, n, 0.95, &shift);
    ck_assert(shift.interval.low <= shift.estimate && shift.estimate <= shift.interval.high);
    ck_assert(stats_cliff_delta(a, n, b, n) > 0);
}
END_TEST

START_TEST(few_values_have_a_shift_and_no_interval)
{
    const double a[] = {1, 3, NAN}, b[] = {0, NAN, 7}, infinite[] = {1, -INFINITY, 2};
    struct stats_shift shift;
    stats_shift_samples(a, 3, b, 3, 0.95, &shift); /* of 1, 3, -6, -4 */
    ck_assert(shift.estimate == -1.5 && !shift.interval.is_there);
    ck_assert(shift.interval.low == -6 && shift.interval.high == 3);
    ck_assert(fabs(shift.interval.coverage - 2.0 / 3) < 1e-15);
    stats_shift_pairs(a, b, 3, 0.95, &shift); /* of one pair */
    ck_assert(shift.estimate == 1 && !shift.interval.is_there && shift.interval.coverage == 0);
    for (size_t i = 0; i < 4; i++) {
        if (i == 0)
            stats_shift_samples(a, 0, b, 3, 0.95, &shift);
        else if (i == 1)
            stats_shift_samples(a, 3, infinite, 3, 0.95, &shift);
        else if (i == 2)
            stats_shift_pairs(a, b, 0, 0.95, &shift);
        else
            stats_shift_pairs(a, infinite, 3, 0.95, &shift);
        ck_assert(isnan(shift.estimate) && !shift.interval.is_there && !shift.exact);
    }
}
END_TEST

START_TEST(delta_has_a_magnitude)
{
    static const struct {
        double delta;
        const char *magnitude;
    } vectors[] = {{0, "negligible"}, {-0.1469, "negligible"}, {0.147, "small"},  {-0.32, "small"},
                   {0.33, "medium"},  {0.4739, "medium"},      {-0.474, "large"}, {1, "large"},
                   {NAN, "none"}};
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++)
        ck_assert_str_eq(stats_delta_magnitude(vectors[i].delta), vectors[i].magnitude);
}
END_TEST

START_TEST(delta_is_of_all_pairs)
{
    const double a[] = {1, 2, NAN, INFINITY}, b[] = {2, 0, NAN};
    ck_assert(stats_cliff_delta(a, 4, b, 3) == (4.0 - 1) / 6);
    ck_assert(stats_cliff_delta(b, 3, a, 4) == (1 - 4.0) / 6);
    ck_assert(stats_cliff_delta(a, 2, b, 0) != stats_cliff_delta(a, 2, b, 0));
    ck_assert(isnan(stats_cliff_delta(a + 2, 1, b, 3)));
}
END_TEST

START_TEST(a_wider_margin_is_easier)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 4, 0);
    double a[60], b[60];
    for (size_t round = 0; round < 30; round++) {
        size_t n = round < 25 ? 2 + round : 60;
        random_values(&rng, n, 0.1, round % 2 ? 4 : 0, a);
        random_values(&rng, n, 0, round % 2 ? 4 : 0, b);
        struct stats_test samples, pairs, other;
        double last_samples = 1, last_pairs = 1;
        for (int power = -4; power < 5; power++) {
            double margin = exp2(power);
            stats_equivalent_samples(a, n, b, n, margin, &samples);
            stats_equivalent_pairs(a, b, n, margin, &pairs);
            ck_assert(samples.p <= last_samples && pairs.p <= last_pairs + 1e-12);
            last_samples = samples.p;
            last_pairs = pairs.p;
            stats_equivalent_samples(b, n, a, n, margin, &other);
            ck_assert(fabs(other.p - samples.p) < 1e-12);
            stats_equivalent_pairs(b, a, n, margin, &other);
            ck_assert(fabs(other.p - pairs.p) < 1e-12);
        }
        ck_assert(fabs(last_pairs - (n <= 50 ? exp2(-(double)n) : last_pairs)) < 1e-15);
        ck_assert(n < 4 || (last_samples < 0.05 && (last_pairs < 0.05 || n < 5)));
        ck_assert(isnan(samples.statistic) && samples.n == 2 * n && pairs.n == n);
    }
}
END_TEST

/* One side is that of the two-sided test, and both sides of two bounds are equivalence. */
START_TEST(being_beyond_and_not_are_the_sides_of_the_other_tests)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 5, 0);
    double a[60], b[60];
    for (size_t round = 0; round < 40; round++) {
        size_t n = round < 36 ? 4 + round / 2 : 60;
        const double margin = 0.3;
        random_values(&rng, n, 0.2, 0, a);
        random_values(&rng, n, 0, 0, b);
        struct stats_beyond at[3][2]; /* at -margin, 0, margin; samples, pairs */
        for (int i = 0; i < 3; i++) {
            stats_beyond_samples(a, n, b, n, (i - 1) * margin, &at[i][0]);
            stats_beyond_pairs(a, b, n, (i - 1) * margin, &at[i][1]);
        }
        for (int pairs = 0; pairs < 2; pairs++) {
            struct stats_test differ, equivalent;
            if (pairs) {
                stats_wilcoxon(a, b, n, &differ);
                stats_equivalent_pairs(a, b, n, margin, &equivalent);
            } else {
                stats_mann_whitney(a, n, b, n, &differ);
                stats_equivalent_samples(a, n, b, n, margin, &equivalent);
            }
            const struct stats_beyond *zero = &at[1][pairs];
            ck_assert(differ.p == fmin(1, 2 * fmin(zero->above, zero->at_most)));
            ck_assert(equivalent.p == fmax(at[0][pairs].above, at[2][pairs].at_most));
            ck_assert(zero->exact == differ.exact && zero->method == differ.method);
        }
    }
}
END_TEST

START_TEST(what_lies_on_the_bound_is_not_beyond)
{
    static const double one[] = {1, 2, 3, 4, 5}, more[] = {1.1, 2.1, 3.1, 4.1, 5.1},
                        some[] = {1, 2, 3, 4, 7}, zeros[5] = {0};
    struct stats_beyond beyond;
    stats_beyond_pairs(one, one, 5, 0, &beyond);
    ck_assert(beyond.above == 1 && beyond.at_most == 1.0 / 32);
    stats_beyond_pairs(more, one, 5, 0.1, &beyond); /* but for rounding */
    ck_assert(beyond.above == 1 && beyond.at_most == 1.0 / 32);
    stats_beyond_pairs(more, one, 5, 0.0999, &beyond);
    ck_assert(beyond.above == 1.0 / 32 && beyond.at_most == 1);
    stats_beyond_pairs(some, one, 5, 0, &beyond); /* W+ 5 of ranks 2.5, four times, and 5 */
    ck_assert(beyond.above == 27.0 / 32);
    stats_beyond_samples(zeros, 3, zeros, 3, 0, &beyond);
    ck_assert(beyond.above == 1 && beyond.at_most == 1.0 / 20);
    stats_beyond_samples(zeros, 3, zeros, 0, 0, &beyond);
    ck_assert(isnan(beyond.above) && isnan(beyond.at_most));
    stats_beyond_pairs(zeros, zeros, 0, 0, &beyond);
    ck_assert(isnan(beyond.above) && isnan(beyond.at_most));
}
END_TEST

START_TEST(equivalence_of_nothing_is_said)
{
    const double a[] = {1, 2, 3, 4, 5, 6}, far[] = {11, 12, 13, 14, 15, 16};
    struct stats_test test;
    stats_equivalent_samples(a, 6, a, 6, 0, &test);
    ck_assert_str_eq(test.method, "none: the margin is not above 0");
    stats_equivalent_pairs(a, a, 6, NAN, &test);
    ck_assert_str_eq(test.method, "none: the margin is not above 0");
    stats_equivalent_samples(a, 6, a, 0, 1, &test);
    ck_assert_str_eq(test.method, "none: a sample has no values");
    stats_equivalent_pairs(a, a, 0, 1, &test);
    ck_assert(isnan(test.p) && strcmp(test.method, "none: there are no pairs") == 0);
    stats_equivalent_pairs(a, a, 6, 1, &test); /* the same, pair by pair */
    ck_assert(test.p == exp2(-6) && test.exact);
    stats_equivalent_samples(a, 6, far, 6, 5, &test);
    ck_assert(test.p == 1);
    stats_equivalent_pairs(a, far, 6, 5, &test);
    ck_assert(test.p == 1);
    stats_equivalent_pairs(a, far, 6, 10, &test); /* all of them on the margin itself */
    ck_assert(test.p == 1);
}
END_TEST

#define ROWS 48

/* A grid of 3 x 2 x 2 x 4 runs. */
static void make_grid(struct bd_rng *rng, double *ret_values, uint32_t *ret_levels)
{
    random_values(rng, ROWS, 0, 0, ret_values);
    for (uint32_t i = 0; i < ROWS; i++) {
        ret_levels[3 * i] = i % 3;
        ret_levels[3 * i + 1] = i / 3 % 2;
        ret_levels[3 * i + 2] = i / 6 % 2;
        ret_values[i] += i % 3 + (i / 3 % 2 == 1 && i % 3 == 2 ? 4 : 0);
    }
}

START_TEST(in_a_balanced_design_the_order_of_effects_does_not_matter)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 5, 0);
    double values[ROWS], left, other_left;
    uint32_t levels[3 * ROWS];
    bool balanced;
    make_grid(&rng, values, levels);
    struct stats_effect one[] = {{1}, {2}, {4}, {3}, {5}, {6}, {7}};
    struct stats_effect other[] = {{4}, {2}, {6}, {1}, {5}, {3}, {7}};
    stats_variance_shares(values, levels, ROWS, 3, one, 7, &left, &balanced);
    stats_variance_shares(values, levels, ROWS, 3, other, 7, &other_left, &balanced);
    ck_assert(balanced && fabs(left - other_left) < 1e-12);
    double sum = left;
    for (size_t i = 0; i < 7; i++) {
        sum += one[i].share;
        for (size_t k = 0; k < 7; k++) {
            if (other[k].mask != one[i].mask)
                continue;
            ck_assert(fabs(other[k].share - one[i].share) < 1e-12);
            ck_assert_uint_eq(other[k].df, one[i].df);
        }
    }
    ck_assert(fabs(sum - 1) < 1e-12);
    ck_assert(one[0].share > 0.1 && one[3].share > 0.05 && one[2].share < 0.1);
    ck_assert_uint_eq(one[0].df, 2);
    ck_assert_uint_eq(one[6].df, 2);
}
END_TEST

START_TEST(shares_are_of_ranks_and_of_what_is_there)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 6, 0);
    double values[ROWS + 3], left, other_left;
    uint32_t levels[3 * (ROWS + 3)] = {0};
    bool balanced;
    make_grid(&rng, values, levels);
    struct stats_effect one[] = {{1}, {2}, {3}}, other[] = {{1}, {2}, {3}};
    stats_variance_shares(values, levels, ROWS, 3, one, 3, &left, &balanced);
    for (size_t i = 0; i < ROWS; i++) {
        values[i] = exp(values[i]);
        levels[3 * i] = 100 - 7 * levels[3 * i]; /* a level is but a name */
    }
    for (size_t i = ROWS; i < ROWS + 3; i++)
        values[i] = NAN;
    stats_variance_shares(values, levels, ROWS + 3, 3, other, 3, &other_left, &balanced);
    ck_assert(balanced && fabs(left - other_left) < 1e-12);
    for (size_t i = 0; i < 3; i++)
        ck_assert(fabs(one[i].share - other[i].share) < 1e-12 && one[i].df == other[i].df);
    stats_variance_shares(values, levels, ROWS - 1, 3, other, 3, &left, &balanced);
    ck_assert(!balanced && other[0].share > 0);
}
END_TEST

START_TEST(nothing_varies_or_far_too_much)
{
    const double same[] = {2, 2, 2, 2};
    const uint32_t few[] = {0, 1, 0, 1};
    struct stats_effect effects[] = {{1}, {2}};
    double left;
    bool balanced;
    stats_variance_shares(same, few, 4, 1, effects, 1, &left, &balanced);
    ck_assert(isnan(effects[0].share) && isnan(left) && effects[0].df == 0 && balanced);
    stats_variance_shares(same, few, 0, 1, effects, 1, &left, &balanced);
    ck_assert(isnan(effects[0].share) && isnan(left));
    size_t n = 4096;
    bd_auto_free double *values = bd_xcalloc(n, sizeof(*values));
    bd_auto_free uint32_t *levels = bd_xcalloc(2 * n, sizeof(*levels));
    for (uint32_t i = 0; i < n; i++) {
        values[i] = i;
        levels[2 * i] = i;
        levels[2 * i + 1] = i / 2;
    }
    stats_variance_shares(values, levels, n, 2, effects, 2, &left, &balanced);
    ck_assert(isnan(effects[0].share) && isnan(effects[1].share) && isnan(left));
    ck_assert(effects[0].df == 0 && effects[1].df == 0 && !balanced);
    stats_variance_shares(values, levels, n, 2, effects, 1, &left, &balanced);
    ck_assert(fabs(effects[0].share - 1) < 1e-12 && effects[0].df == n - 1);
}
END_TEST

UNIT_MAIN("effect", shifts_are_what_sorting_all_differences_gives,
          an_interval_holds_the_shifts_that_are_not_rejected,
          a_shift_moves_and_turns_with_the_values, large_samples_take_no_room_for_their_differences,
          few_values_have_a_shift_and_no_interval, delta_has_a_magnitude, delta_is_of_all_pairs,
          a_wider_margin_is_easier, being_beyond_and_not_are_the_sides_of_the_other_tests,
          what_lies_on_the_bound_is_not_beyond, equivalence_of_nothing_is_said,
          in_a_balanced_design_the_order_of_effects_does_not_matter,
          shares_are_of_ranks_and_of_what_is_there, nothing_varies_or_far_too_much)
