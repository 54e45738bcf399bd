/* Tests and effects against what R, SciPy and plain counting say of the same samples:
 * tests/vectors/stats/make_comparison.py. */
#include "lib/stats/effect.h"
#include "lib/stats/ranks.h"
#include "tests/stats/vectors.h"

#define FIGURE 1e-9 /* of what it is */
#define P      1e-6

static const json_t *cases_of(const char *what, json_t **ret_all)
{
    *ret_all = vectors_load("comparison.json");
    const json_t *cases = json_object_get(*ret_all, what);
    ck_assert_uint_gt(json_array_size(cases), 3);
    return cases;
}

/* ret_n may be NULL. Freed by the caller. */
static double *numbers(const json_t *array, size_t *ret_n)
{
    size_t n = json_array_size(array);
    double *values = bd_xcalloc(n + 1, sizeof(*values));
    vectors_numbers(array, values, n);
    if (ret_n)
        *ret_n = n;
    return values;
}

static void assert_near(const char *name, const char *what, double is, double expected,
                        double tolerance)
{
    ck_assert_msg(vectors_close(is, expected, tolerance), "%s: %s is %.17g, not %.17g", name, what,
                  is, expected);
}

static void assert_test(const json_t *vector, const struct stats_test *is)
{
    const char *name = bd_json_str(vector, "name", "");
    bool exact = bd_json_bool(vector, "exact", 0);
    assert_near(name, "statistic", is->statistic, bd_json_real(vector, "statistic", NAN), FIGURE);
    assert_near(name, "p", is->p, bd_json_real(vector, "p", NAN), exact ? FIGURE : P);
    ck_assert_msg(is->exact == exact, "%s", name);
    ck_assert_msg((strcmp(is->method, "exact") == 0) == exact, "%s: %s", name, is->method);
}

static void assert_shift(const json_t *vector, const struct stats_shift *is)
{
    const char *name = bd_json_str(vector, "name", "");
    const json_t *expected = json_object_get(vector, "shift");
    assert_near(name, "shift", is->estimate, bd_json_real(expected, "estimate", NAN), FIGURE);
    assert_near(name, "low", is->interval.low, bd_json_real(expected, "low", NAN), FIGURE);
    assert_near(name, "high", is->interval.high, bd_json_real(expected, "high", NAN), FIGURE);
    assert_near(name, "coverage", is->interval.coverage, bd_json_real(expected, "coverage", NAN),
                FIGURE);
    ck_assert_msg(is->interval.is_there == bd_json_bool(expected, "is_there", 0), "%s", name);
    ck_assert_msg(is->exact == bd_json_bool(expected, "exact", 0), "%s", name);
}

START_TEST(two_samples_are_as_R_and_counting_say)
{
    bd_auto_json json_t *all = NULL;
    const json_t *cases = cases_of("samples", &all), *vector;
    size_t at, n_a, n_b;
    json_array_foreach (cases, at, vector) {
        bd_auto_free double *a = numbers(json_object_get(vector, "a"), &n_a);
        bd_auto_free double *b = numbers(json_object_get(vector, "b"), &n_b);
        const char *name = bd_json_str(vector, "name", "");
        struct stats_test test;
        struct stats_shift shift;
        stats_mann_whitney(a, n_a, b, n_b, &test);
        assert_test(vector, &test);
        ck_assert_uint_eq(test.n, n_a + n_b);
        assert_near(name, "delta", stats_cliff_delta(a, n_a, b, n_b),
                    bd_json_real(vector, "delta", NAN), FIGURE);
        stats_shift_samples(a, n_a, b, n_b, bd_json_real(vector, "confidence", 0), &shift);
        assert_shift(vector, &shift);
        stats_equivalent_samples(a, n_a, b, n_b, bd_json_real(vector, "margin", 0), &test);
        assert_near(name, "equivalence", test.p, bd_json_real(vector, "equivalent", NAN),
                    test.exact ? FIGURE : P);
    }
}
END_TEST

START_TEST(pairs_are_as_R_and_counting_say)
{
    bd_auto_json json_t *all = NULL;
    const json_t *cases = cases_of("pairs", &all), *vector;
    size_t at, n;
    json_array_foreach (cases, at, vector) {
        bd_auto_free double *a = numbers(json_object_get(vector, "a"), &n);
        bd_auto_free double *b = numbers(json_object_get(vector, "b"), NULL);
        struct stats_test test;
        struct stats_shift shift;
        stats_wilcoxon(a, b, n, &test);
        assert_test(vector, &test);
        ck_assert_int_eq((json_int_t)test.n, bd_json_int(vector, "n", -1));
        stats_shift_pairs(a, b, n, bd_json_real(vector, "confidence", 0), &shift);
        assert_shift(vector, &shift);
        stats_equivalent_pairs(a, b, n, bd_json_real(vector, "margin", 0), &test);
        assert_near(bd_json_str(vector, "name", ""), "equivalence", test.p,
                    bd_json_real(vector, "equivalent", NAN), test.exact ? FIGURE : P);
        ck_assert_uint_eq(test.n, n);
    }
}
END_TEST

START_TEST(several_samples_are_as_R_and_counting_say)
{
    bd_auto_json json_t *all = NULL;
    const json_t *cases = cases_of("kruskal", &all), *vector;
    size_t at;
    json_array_foreach (cases, at, vector) {
        const json_t *groups = json_object_get(vector, "groups");
        double *values[8];
        size_t sizes[8], k = json_array_size(groups), n = 0;
        for (size_t g = 0; g < k; g++) {
            values[g] = numbers(json_array_get(groups, g), &sizes[g]);
            n += sizes[g];
        }
        struct stats_test test;
        stats_kruskal_wallis((const double *const *)values, sizes, k, &test);
        assert_test(vector, &test);
        ck_assert_uint_eq(test.n, n);
        for (size_t g = 0; g < k; g++)
            free(values[g]);
    }
}
END_TEST

START_TEST(blocks_are_as_R_and_the_article_say)
{
    bd_auto_json json_t *all = NULL;
    const json_t *cases = cases_of("blocks", &all), *vector;
    size_t at;
    json_array_foreach (cases, at, vector) {
        const json_t *rows = json_object_get(vector, "values");
        size_t blocks = json_array_size(rows), k = json_array_size(json_array_get(rows, 0));
        bd_auto_free double *values = bd_xcalloc(k * blocks, sizeof(*values));
        for (size_t b = 0; b < blocks; b++) {
            bd_auto_free double *row = numbers(json_array_get(rows, b), NULL);
            for (size_t t = 0; t < k; t++)
                values[t * blocks + b] = row[t];
        }
        struct stats_test test;
        stats_friedman(values, k, blocks, false, &test);
        assert_test(vector, &test);
        ck_assert_str_eq(test.name, bd_json_str(vector, "test", ""));
        ck_assert_int_eq((json_int_t)test.n, bd_json_int(vector, "n", -1));
    }
}
END_TEST

static void assert_shares(const json_t *vector)
{
    const char *name = bd_json_str(vector, "name", "");
    const json_t *expected = json_object_get(vector, "effects"), *row, *factor;
    const json_t *rows = json_object_get(vector, "levels");
    size_t n, factors = json_array_size(json_array_get(rows, 0)), at, f;
    bd_auto_free double *values = numbers(json_object_get(vector, "values"), &n);
    bd_auto_free uint32_t *levels = bd_xcalloc(n * factors, sizeof(*levels));
    json_array_foreach (rows, at, row)
        for (f = 0; f < factors; f++)
            levels[at * factors + f] = (uint32_t)json_integer_value(json_array_get(row, f));
    struct stats_effect effects[8] = {0};
    json_array_foreach (expected, at, row)
        json_array_foreach (json_object_get(row, "factors"), f, factor)
            effects[at].mask |= UINT32_C(1) << json_integer_value(factor);
    double left;
    bool balanced;
    stats_variance_shares(values, levels, n, factors, effects, json_array_size(expected), &left,
                          &balanced);
    ck_assert_msg(fabs(left - bd_json_real(vector, "left", NAN)) < FIGURE, "%s: %.17g", name, left);
    ck_assert_msg(balanced == bd_json_bool(vector, "balanced", 0), "%s", name);
    json_array_foreach (expected, at, row) {
        ck_assert_msg(fabs(effects[at].share - bd_json_real(row, "share", NAN)) < FIGURE,
                      "%s, effect %zu: %.17g", name, at, effects[at].share);
        ck_assert_msg((json_int_t)effects[at].df == bd_json_int(row, "df", -1),
                      "%s, effect %zu: %zu", name, at, effects[at].df);
    }
}

START_TEST(shares_of_variance_are_as_least_squares_say)
{
    bd_auto_json json_t *all = NULL;
    const json_t *cases = cases_of("shares", &all), *vector;
    size_t at;
    json_array_foreach (cases, at, vector)
        assert_shares(vector);
}
END_TEST

START_TEST(holm_is_as_R_says)
{
    bd_auto_json json_t *all = NULL;
    const json_t *cases = cases_of("holm", &all), *vector;
    size_t at, n;
    json_array_foreach (cases, at, vector) {
        bd_auto_free double *p = numbers(json_object_get(vector, "p"), &n);
        bd_auto_free double *expected = numbers(json_object_get(vector, "corrected"), NULL);
        bd_auto_free double *is = bd_xcalloc(n, sizeof(*is));
        stats_holm(p, n, is);
        for (size_t i = 0; i < n; i++)
            assert_near("holm", "p", is[i], expected[i], FIGURE);
    }
}
END_TEST

UNIT_MAIN("comparison", two_samples_are_as_R_and_counting_say, pairs_are_as_R_and_counting_say,
          several_samples_are_as_R_and_counting_say, blocks_are_as_R_and_the_article_say,
          shares_of_variance_are_as_least_squares_say, holm_is_as_R_says)
