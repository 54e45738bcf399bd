/* Distributions against arithmetic of 40 digits (tests/vectors/stats/make_distributions.py). */
#include "lib/stats/distributions.h"
#include "tests/stats/vectors.h"

#include <math.h>

/* -- what a row of the file is, and how near it has to be -- */

static double normal_above(const double *x)
{
    return stats_normal_above(x[0]);
}

static double normal_below_mirrored(const double *x)
{
    return stats_normal_below(-x[0]);
}

static double normal_quantile(const double *x)
{
    return stats_normal_quantile(x[0]);
}

static double gamma_upper(const double *x)
{
    return stats_gamma_upper(x[0], x[1]);
}

static double chi2_above(const double *x)
{
    return stats_chi2_above(x[0], x[1]);
}

static double beta_lower(const double *x)
{
    return stats_beta_lower(x[0], x[1], x[2]);
}

static double student_above(const double *x)
{
    return stats_student_above(x[0], x[1]);
}

static double student_quantile(const double *x)
{
    return stats_student_quantile(x[0], x[1]);
}

static double binomial(const double *x)
{
    return stats_binomial((size_t)x[0], (size_t)x[1], x[2]);
}

static const struct {
    const char *rows;
    double (*f)(const double *row);
    size_t arguments;
    double absolute; /* is near enough too */
} functions[] = {
    {"normal_above: z", normal_above, 1},
    {"normal_above: z", normal_below_mirrored, 1},
    {"normal_quantile: p", normal_quantile, 1},
    {"gamma_upper: a, x", gamma_upper, 2},
    {"chi2_above: x, df", chi2_above, 2},
    {"beta_lower: x, a, b", beta_lower, 3},
    {"student_above: t, df", student_above, 2},
    {"student_quantile: p, df", student_quantile, 2, 1e-15},
    {"binomial: k, n, p", binomial, 3},
};

START_TEST(test_values_and_tails_are_those_of_exact_arithmetic)
{
    bd_auto_json json_t *vectors = vectors_load("distributions.json");
    const json_t *rows = json_object_get(vectors, functions[_i].rows);
    ck_assert_msg(json_array_size(rows) > 5, "%s: no rows", functions[_i].rows);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        double row[4];
        size_t n = vectors_numbers(json_array_get(rows, i), row, 4);
        ck_assert_uint_eq(n, functions[_i].arguments + 1);
        double is = functions[_i].f(row), should = row[n - 1];
        ck_assert_msg(vectors_close(is, should, 1e-12) ||
                          fabs(is - should) < functions[_i].absolute,
                      "%s, row %zu (%.17g, %.17g, %.17g): %.17g, off by %g", functions[_i].rows, i,
                      row[0], row[1], row[2], is, is / should - 1);
    }
}
END_TEST

START_TEST(test_quantiles_turn_tails_round)
{
    for (int i = 1; i < 1000; i += 13) {
        double p = i / 1000.0, df = 0.7;
        ck_assert_double_eq_tol(stats_normal_below(stats_normal_quantile(p)), p, 1e-15);
        ck_assert_double_eq_tol(stats_normal_quantile(p), -stats_normal_quantile(1 - p), 1e-12);
        for (int k = 0; k < 14; k++, df *= 7) {
            ck_assert_double_eq_tol(stats_student_above(stats_student_quantile(p, df), df), 1 - p,
                                    1e-13);
        }
    }
    ck_assert_double_eq(stats_normal_quantile(0.5), 0);
    ck_assert_double_eq(stats_student_quantile(0.5, 3), 0);
    ck_assert_double_eq_tol(stats_normal_quantile(5e-324), -38.4674056172733, 1e-9);
}
END_TEST

START_TEST(test_student_becomes_normal)
{
    for (int t = 0; t < 8; t++)
        ck_assert_double_eq_tol(stats_student_above(t, 1e14) / stats_normal_above(t), 1, 1e-10);
    ck_assert_double_eq(stats_student_above(2, INFINITY), stats_normal_above(2));
    ck_assert_double_eq(stats_student_quantile(0.9, INFINITY), stats_normal_quantile(0.9));
}
END_TEST

START_TEST(test_binomials_add_up)
{
    static const double chances[] = {0, 1e-300, 0.01, 0.5, 0.77, 1};
    for (size_t c = 0; c < BD_ARRAY_LEN(chances); c++) {
        for (size_t n = 0; n < 3000; n = 3 * n + 1) {
            double sum = 0;
            for (size_t k = 0; k <= n; k++)
                sum += stats_binomial(k, n, chances[c]);
            ck_assert_double_eq_tol(sum, 1, 1e-12);
        }
    }
}
END_TEST

START_TEST(test_both_ends_are_reached)
{
    ck_assert_double_eq(stats_normal_above(-INFINITY), 1);
    ck_assert_double_eq(stats_normal_above(INFINITY), 0);
    ck_assert_double_eq(stats_student_above(-INFINITY, 3), 1);
    ck_assert_double_eq(stats_student_above(INFINITY, 3), 0);
    ck_assert_double_eq_tol(stats_student_above(1e200, 1) * 1e200, 1 / M_PI, 1e-12);
    ck_assert_double_eq(stats_chi2_above(-1, 3), 1);
    ck_assert_double_eq(stats_chi2_above(0, 3), 1);
    ck_assert_double_eq(stats_chi2_above(INFINITY, 3), 0);
    ck_assert_double_eq(stats_gamma_upper(1e9, 1), 1);
    ck_assert_double_eq(stats_gamma_upper(1, 1e9), 0);
    ck_assert_double_eq(stats_beta_lower(0, 2, 3), 0);
    ck_assert_double_eq(stats_beta_lower(1, 2, 3), 1);
    ck_assert_double_eq_tol(stats_beta_lower(0.5, 1e10, 1e10), 0.5, 1e-9);
}
END_TEST

START_TEST(test_outside_of_a_domain_there_is_nothing)
{
    const double answers[] = {stats_normal_above(NAN),        stats_normal_below(NAN),
                              stats_normal_quantile(NAN),     stats_normal_quantile(0),
                              stats_normal_quantile(1),       stats_normal_quantile(-1),
                              stats_student_above(NAN, 3),    stats_student_above(1, NAN),
                              stats_student_above(1, 0),      stats_student_quantile(1, 3),
                              stats_student_quantile(0.3, 0), stats_student_quantile(NAN, 3),
                              stats_chi2_above(NAN, 3),       stats_chi2_above(1, 0),
                              stats_chi2_above(1, NAN),       stats_gamma_upper(1, -1),
                              stats_gamma_upper(0, 1),        stats_gamma_upper(1, NAN),
                              stats_gamma_upper(1e11, 1),     stats_beta_lower(-0.1, 1, 1),
                              stats_beta_lower(1.1, 1, 1),    stats_beta_lower(0.5, 0, 1),
                              stats_beta_lower(0.5, 1, 1e11), stats_beta_lower(NAN, 1, 1),
                              stats_binomial(1, 2, -0.1),     stats_binomial(1, 2, 1.1),
                              stats_binomial(3, 2, 0.5),      stats_binomial(1, 2, NAN)};
    for (size_t i = 0; i < BD_ARRAY_LEN(answers); i++)
        ck_assert_msg(isnan(answers[i]), "answer %zu: %g", i, answers[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("distributions");
    TCase *tcase = tcase_create("distributions");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_values_and_tails_are_those_of_exact_arithmetic, 0,
                        BD_ARRAY_LEN(functions));
    tcase_add_test(tcase, test_quantiles_turn_tails_round);
    tcase_add_test(tcase, test_student_becomes_normal);
    tcase_add_test(tcase, test_binomials_add_up);
    tcase_add_test(tcase, test_both_ends_are_reached);
    tcase_add_test(tcase, test_outside_of_a_domain_there_is_nothing);
    return vectors_run(suite, tcase);
}
