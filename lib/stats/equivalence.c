#include "lib/stats/effect.h"
#include "lib/stats/tails.h"

#include <math.h>

/* above: of a + margin against b, whose upper tail speaks against a shift of -margin or less;
 * below: of a - margin, whose lower tail speaks against one of margin or more. */
static void conclude(const struct tails *above, const struct tails *below, struct stats_test *test)
{
    test->exact = above->exact && below->exact;
    test->method = tails_method(above->exact ? below : above);
    test->p = fmax(above->upper, below->lower);
}

void stats_equivalent_samples(const double *a, size_t n_a, const double *b, size_t n_b,
                              double margin, struct stats_test *ret_test)
{
    struct tails above, below;
    tails_of_samples(a, n_a, b, n_b, margin, &above);
    tails_of_samples(a, n_a, b, n_b, -margin, &below);
    struct stats_test test = {
        .name = "two one-sided Mann-Whitney tests", .n = above.n, .statistic = NAN, .p = NAN};
    if (!(margin > 0))
        test.method = "none: the margin is not above 0";
    else if (isnan(above.statistic))
        test.method = "none: a sample has no values";
    else
        conclude(&above, &below, &test);
    *ret_test = test;
}

void stats_equivalent_pairs(const double *a, const double *b, size_t n, double margin,
                            struct stats_test *ret_test)
{
    struct tails above, below;
    tails_of_pairs(a, b, n, margin, &above);
    tails_of_pairs(a, b, n, -margin, &below);
    struct stats_test test = {
        .name = "two one-sided Wilcoxon signed-rank tests", .statistic = NAN, .p = NAN};
    for (size_t i = 0; i < n; i++)
        test.n += !isnan(a[i]) && !isnan(b[i]);
    if (!(margin > 0))
        test.method = "none: the margin is not above 0";
    else if (test.n == 0)
        test.method = "none: there are no pairs";
    else
        conclude(&above, &below, &test);
    *ret_test = test;
}
