/* What must hold of tests by ranks, whatever the values are. */
#include "lib/stats/ranks.h"
#include "tests/base/unit.h"
#include "tests/stats/random.h"

#define ROUNDS 60
#define MOST   70

/* Two samples, the k-th of many: of all sizes, exact and not, with ties in every second. */
struct two {
    size_t n_a, n_b;
    double a[MOST], b[MOST];
};

static struct two two_of(uint64_t round)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 1, round);
    struct two s = {.n_a = 1 + bd_rng_below(&rng, round % 5 ? 12 : MOST),
                    .n_b = 1 + bd_rng_below(&rng, round % 5 ? 12 : MOST)};
    random_values(&rng, s.n_a, 1, round % 2 ? 4 : 0, s.a);
    random_values(&rng, s.n_b, 1.4, round % 2 ? 4 : 0, s.b);
    return s;
}

static void assert_close(double is, double expected)
{
    ck_assert_msg(fabs(is - expected) <= 1e-11 * fabs(expected) || (isnan(is) && isnan(expected)),
                  "%.17g is not %.17g", is, expected);
}

static void assert_same(const struct stats_test *is, const struct stats_test *expected)
{
    assert_close(is->statistic, expected->statistic);
    assert_close(is->p, expected->p);
    ck_assert_uint_eq(is->n, expected->n);
    ck_assert_str_eq(is->method, expected->method);
    ck_assert(is->exact == expected->exact);
}

static void reverse(double *values, size_t n)
{
    for (size_t i = 0; 2 * i + 1 < n; i++) {
        double first = values[i];
        values[i] = values[n - 1 - i];
        values[n - 1 - i] = first;
    }
}

START_TEST(ties_share_the_mean_of_their_ranks)
{
    const double values[] = {3, -INFINITY, 2, 3, 3, INFINITY, 2};
    const double expected[] = {5, 1, 2.5, 5, 5, 7, 2.5};
    double ranks[7];
    ck_assert(stats_ranks(values, 7, ranks) == (27 - 3) + (8 - 2));
    for (size_t i = 0; i < 7; i++)
        ck_assert(ranks[i] == expected[i]);
    ck_assert(stats_ranks(values, 0, ranks) == 0);
}
END_TEST

START_TEST(two_samples_the_other_way_round_have_the_same_p)
{
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct two s = two_of(round);
        struct stats_test one, other;
        stats_mann_whitney(s.a, s.n_a, s.b, s.n_b, &one);
        stats_mann_whitney(s.b, s.n_b, s.a, s.n_a, &other);
        other.statistic = (double)(s.n_a * s.n_b) - other.statistic;
        assert_same(&other, &one);
        ck_assert(isnan(one.p) || (one.p > 0 && one.p <= 1));
        size_t n = s.n_a < s.n_b ? s.n_a : s.n_b;
        stats_wilcoxon(s.a, s.b, n, &one);
        stats_wilcoxon(s.b, s.a, n, &other);
        other.statistic = (double)(one.n * (one.n + 1)) / 2 - other.statistic;
        assert_same(&other, &one);
        ck_assert(isnan(one.p) || (one.p > 0 && one.p <= 1));
    }
}
END_TEST

START_TEST(only_the_order_of_two_samples_matters)
{
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct two s = two_of(round);
        struct stats_test plain, test;
        stats_mann_whitney(s.a, s.n_a, s.b, s.n_b, &plain);
        for (size_t i = 0; i < s.n_a; i++)
            s.a[i] = exp(s.a[i]);
        for (size_t i = 0; i < s.n_b; i++)
            s.b[i] = exp(s.b[i]);
        stats_mann_whitney(s.a, s.n_a, s.b, s.n_b, &test);
        assert_same(&test, &plain);
        reverse(s.a, s.n_a);
        reverse(s.b, s.n_b);
        stats_mann_whitney(s.a, s.n_a, s.b, s.n_b, &test);
        assert_same(&test, &plain);
    }
}
END_TEST

START_TEST(pairs_may_be_scaled_and_moved_and_in_any_order)
{
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct two s = two_of(round);
        size_t n = s.n_a < s.n_b ? s.n_a : s.n_b;
        struct stats_test plain, test;
        stats_wilcoxon(s.a, s.b, n, &plain);
        for (size_t i = 0; i < n; i++) { /* by powers of 2: differences stay what they are */
            s.a[i] *= 8;
            s.b[i] *= 8;
        }
        reverse(s.a, n);
        reverse(s.b, n);
        stats_wilcoxon(s.a, s.b, n, &test);
        assert_same(&test, &plain);
    }
}
END_TEST

START_TEST(what_is_not_there_is_passed_over)
{
    const double a[] = {NAN, 1, 5, 7, NAN, 9, 3}, b[] = {2, 4, NAN, 3, NAN, 1, 8};
    const double less_a[] = {1, 5, 7, 9, 3}, less_b[] = {2, 4, 3, 1, 8};
    const double whole_a[] = {1, 7, 9, 3}, whole_b[] = {4, 3, 1, 8};
    struct stats_test is, expected;
    stats_mann_whitney(a, 7, b, 7, &is);
    stats_mann_whitney(less_a, 5, less_b, 5, &expected);
    assert_same(&is, &expected);
    stats_wilcoxon(a, b, 7, &is);
    stats_wilcoxon(whole_a, whole_b, 4, &expected);
    assert_same(&is, &expected);
    stats_kruskal_wallis((const double *const[]){a, b}, (const size_t[]){7, 7}, 2, &is);
    stats_kruskal_wallis((const double *const[]){less_a, less_b}, (const size_t[]){5, 5}, 2,
                         &expected);
    assert_same(&is, &expected);
}
END_TEST

START_TEST(infinite_values_are_the_least_and_the_greatest)
{
    const double a[] = {-INFINITY, 1, 5, INFINITY, 9}, b[] = {2, 4, -INFINITY, INFINITY, 1};
    const double large_a[] = {-1e9, 1, 5, 1e9, 9}, large_b[] = {2, 4, -1e9, 1e9, 1};
    struct stats_test is, expected;
    stats_mann_whitney(a, 5, b, 5, &is);
    stats_mann_whitney(large_a, 5, large_b, 5, &expected);
    assert_same(&is, &expected);
    stats_wilcoxon(a, b, 5, &is); /* the fourth pair is equal; that leaves two of one rank */
    ck_assert_uint_eq(is.n, 4);
    ck_assert(is.statistic == 3.5 + 2); /* of -infinity, -3, infinity, 8 */
    ck_assert(is.p > 0 && is.p <= 1);
    stats_kruskal_wallis((const double *const[]){a, b}, (const size_t[]){5, 5}, 2, &is);
    stats_kruskal_wallis((const double *const[]){large_a, large_b}, (const size_t[]){5, 5}, 2,
                         &expected);
    assert_same(&is, &expected);
}
END_TEST

START_TEST(nothing_to_test_is_said)
{
    const double some[] = {1, 2, 3}, same[] = {4, 4, 4}, none[] = {NAN};
    struct stats_test is[9];
    static const char *const why[] = {"none: a sample has no values",
                                      "none: all values are equal",
                                      "none: there are no pairs",
                                      "none: all differences are 0",
                                      "none: there are fewer than 2 samples",
                                      "none: a sample has no values",
                                      "none: all values are equal",
                                      "none: there are fewer than 2 treatments",
                                      "none: no block has 2 values"};
    stats_mann_whitney(some, 3, none, 1, &is[0]);
    stats_mann_whitney(same, 3, same, 2, &is[1]);
    stats_wilcoxon(some, none, 1, &is[2]);
    stats_wilcoxon(some, some, 3, &is[3]);
    stats_kruskal_wallis((const double *const[]){some}, (const size_t[]){3}, 1, &is[4]);
    stats_kruskal_wallis((const double *const[]){some, none}, (const size_t[]){3, 0}, 2, &is[5]);
    stats_kruskal_wallis((const double *const[]){same, same}, (const size_t[]){3, 3}, 2, &is[6]);
    stats_friedman(some, 1, 3, false, &is[7]);
    stats_friedman(some, 3, 0, false, &is[8]);
    for (size_t i = 0; i < BD_ARRAY_LEN(is); i++) {
        ck_assert_msg(isnan(is[i].p) && !is[i].exact, "%zu: %g", i, is[i].p);
        ck_assert_str_eq(is[i].method, why[i]);
    }
    ck_assert_uint_eq(is[0].n, 3);
    ck_assert_uint_eq(is[3].n, 0);
}
END_TEST

START_TEST(the_most_extreme_samples_have_the_least_p)
{
    double low[12], high[12];
    struct stats_test test;
    for (size_t n = 1; n <= 12; n++) {
        low[n - 1] = -(double)n;
        high[n - 1] = (double)n;
        stats_wilcoxon(high, low, n, &test);
        assert_close(test.p, stats_least_p_pairs(n));
        for (size_t m = 1; m <= n; m++) {
            stats_mann_whitney(high, n, low, m, &test);
            assert_close(test.p, stats_least_p_samples(n, m));
        }
    }
    ck_assert(stats_least_p_pairs(0) == 1 && stats_least_p_samples(0, 5) == 1);
    ck_assert(stats_least_p_pairs(6) == 0.03125);
    assert_close(stats_least_p_samples(4, 4), 2.0 / 70);
    ck_assert(stats_least_p_samples(5000, 5000) == 0);
}
END_TEST

START_TEST(exact_and_approximate_p_are_alike_where_one_ends)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 2, 0);
    double a[51], b[51];
    struct stats_test exact, normal;
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t n = round % 2 ? 30 : 50;
        random_values(&rng, n, 1, round % 2 ? 4 : 0, a);
        random_values(&rng, n, 1.2, round % 2 ? 4 : 0, b);
        a[n] = b[n] = 1e6; /* one more: it changes little */
        stats_mann_whitney(a, n, b, n, &exact);
        stats_mann_whitney(a, n + 1, b, n + 1, &normal);
        ck_assert(exact.exact && !normal.exact);
        ck_assert_msg(fabs(exact.p - normal.p) < 0.03, "%g, %g", exact.p, normal.p);
    }
}
END_TEST

START_TEST(several_samples_in_any_order)
{
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct two s = two_of(round), more = two_of(round + 1);
        if (round % 10) /* else by chi-squared */
            s.n_a = s.n_b = 1 + round % 4;
        struct stats_test one, other;
        stats_kruskal_wallis((const double *const[]){s.a, s.b, more.a},
                             (const size_t[]){s.n_a, s.n_b, more.n_a}, 3, &one);
        reverse(s.a, s.n_a);
        stats_kruskal_wallis((const double *const[]){more.a, s.a, s.b},
                             (const size_t[]){more.n_a, s.n_a, s.n_b}, 3, &other);
        assert_same(&other, &one);
    }
}
END_TEST

START_TEST(two_samples_without_ties_are_the_same_to_both_tests)
{
    for (uint64_t round = 0; round < ROUNDS; round += 2) {
        struct two s = two_of(round);
        struct stats_test two, several;
        stats_mann_whitney(s.a, s.n_a, s.b, s.n_b, &two);
        stats_kruskal_wallis((const double *const[]){s.a, s.b}, (const size_t[]){s.n_a, s.n_b}, 2,
                             &several);
        if (several.exact)
            assert_close(several.p, two.p);
    }
}
END_TEST

/* values[treatment * blocks + block], with gaps of NAN in one of `one_in` places. */
static void random_blocks(struct bd_rng *rng, size_t k, size_t blocks, double steps,
                          uint64_t one_in, double *ret_values)
{
    for (size_t t = 0; t < k; t++)
        random_values(rng, blocks, 1 + 0.2 * (double)t, steps, ret_values + t * blocks);
    for (size_t i = 0; i < k * blocks; i++)
        if (one_in && bd_rng_below(rng, one_in) == 0)
            ret_values[i] = NAN;
}

START_TEST(treatments_in_any_order_and_blocks_of_any_scale)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 3, 0);
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t k = 2 + round % 4, blocks = 4 + round % 9;
        double values[5 * 12], other[5 * 12];
        random_blocks(&rng, k, blocks, round % 2 ? 2 : 0, round % 3 ? 0 : 5, values);
        for (size_t t = 0; t < k; t++)
            for (size_t b = 0; b < blocks; b++)
                other[(k - 1 - t) * blocks + b] =
                    exp(values[t * blocks + b]) * (double)(1 + b) + (double)b;
        struct stats_test is, expected;
        stats_friedman(values, k, blocks, false, &expected);
        stats_friedman(other, k, blocks, false, &is);
        assert_same(&is, &expected);
    }
}
END_TEST

START_TEST(two_treatments_make_a_sign_test)
{
    double values[20];
    for (size_t up = 0; up <= 10; up++) {
        for (size_t b = 0; b < 10; b++) {
            values[b] = (double)b;
            values[10 + b] = (double)b + (b < up ? 1 : -1);
        }
        struct stats_test test;
        stats_friedman(values, 2, 10, true, &test);
        size_t most = up > 5 ? up : 10 - up;
        double p = 0, ways = 1; /* C(10, i) */
        for (size_t i = 0; i <= 10; i++) {
            p += i >= most || i <= 10 - most ? ways / 1024 : 0;
            ways = ways * (double)(10 - i) / (double)(i + 1);
        }
        assert_close(test.p, fmin(p, 1));
    }
}
END_TEST

START_TEST(whole_blocks_alone_where_that_is_asked)
{
    const double values[] = {1, 2, NAN, 4, 5, /**/ 2, 3, 4, 3, 7, /**/ 5, 4, 6, 5, NAN};
    const double kept[] = {1, 2, 4, /**/ 2, 3, 3, /**/ 5, 4, 5};
    struct stats_test is, expected;
    stats_friedman(values, 3, 5, true, &is);
    stats_friedman(kept, 3, 3, false, &expected);
    assert_same(&is, &expected);
    ck_assert_str_eq(is.name, "Friedman");
    stats_friedman(values, 3, 5, false, &is);
    ck_assert_str_eq(is.name, "Skillings-Mack");
    ck_assert_uint_eq(is.n, 5);
    const double gaps[] = {1, NAN, NAN, 4};
    stats_friedman(gaps, 2, 2, true, &is);
    ck_assert_str_eq(is.method, "none: no block is whole");
}
END_TEST

START_TEST(treatments_that_never_meet_are_refused)
{
    /* a and b in two blocks, c and d in two others; then a block that leads from b to c. */
    double values[4 * 5] = {1,        2,   NAN, NAN, NAN, /**/ 2,   3,   NAN, NAN, NAN,
                            /**/ NAN, NAN, 3,   4,   NAN, /**/ NAN, NAN, 4,   6,   NAN};
    struct stats_test test;
    stats_friedman(values, 4, 5, false, &test);
    ck_assert_uint_eq(test.n, 4);
    ck_assert(isnan(test.p) && isnan(test.statistic));
    ck_assert_str_eq(test.method, "none: no chain of blocks connects all treatments");
    values[1 * 5 + 4] = 1;
    values[2 * 5 + 4] = 2;
    stats_friedman(values, 4, 5, false, &test);
    ck_assert_uint_eq(test.n, 5);
    ck_assert(test.p > 0 && test.p < 1);
    values[2 * 5 + 4] = 1; /* a tie says nothing of which is greater, and leads nowhere */
    stats_friedman(values, 4, 5, false, &test);
    ck_assert(isnan(test.p));
    for (size_t b = 0; b < 5; b++)
        values[3 * 5 + b] = NAN;
    stats_friedman(values, 4, 5, false, &test);
    ck_assert(isnan(test.p));
    const double same[] = {1, 2, 1, 2};
    stats_friedman(same, 2, 2, false, &test);
    ck_assert_str_eq(test.method, "none: all values of each block are equal");
}
END_TEST

START_TEST(holm_keeps_the_order_and_leaves_out_what_is_not_there)
{
    const double p[] = {0.02, NAN, 0.011, 0.9, NAN, 0.01};
    const double expected[] = {0.04, NAN, 0.04, 0.9, NAN, 0.04};
    double is[6];
    stats_holm(p, 6, is);
    for (size_t i = 0; i < 6; i++)
        assert_close(is[i], expected[i]);
    stats_holm(p, 0, is);
    const double nothing[] = {NAN};
    stats_holm(nothing, 1, is);
    ck_assert(isnan(is[0]));
}
END_TEST

UNIT_MAIN("ranks", ties_share_the_mean_of_their_ranks,
          two_samples_the_other_way_round_have_the_same_p, only_the_order_of_two_samples_matters,
          pairs_may_be_scaled_and_moved_and_in_any_order, what_is_not_there_is_passed_over,
          infinite_values_are_the_least_and_the_greatest, nothing_to_test_is_said,
          the_most_extreme_samples_have_the_least_p,
          exact_and_approximate_p_are_alike_where_one_ends, several_samples_in_any_order,
          two_samples_without_ties_are_the_same_to_both_tests,
          treatments_in_any_order_and_blocks_of_any_scale, two_treatments_make_a_sign_test,
          whole_blocks_alone_where_that_is_asked, treatments_that_never_meet_are_refused,
          holm_keeps_the_order_and_leaves_out_what_is_not_there)
