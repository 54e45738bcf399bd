/*
 * What stopping by the width of an interval does to its coverage, and to a test of two equal cells.
 *
 * Many campaigns of one cell are drawn from distributions of several forms. Each is looked at by
 * every design, for a range of widths from ones that are met at once to ones that hardly ever are.
 * Counted is whether the interval at the end holds the median of what the values were drawn from;
 * where they drift, that of the mixture of the distributions of the blocks up to the end.
 *
 * With BENCHD_TEST_LONG set there are more of them, and the figures of docs/analysis.md are
 * printed.
 */
#include "lib/base/rng.h"
#include "lib/stats/until.h"
#include "tests/base/unit.h"

#include <math.h>
#include <string.h>

enum {
    BLOCKS = 50,
    WIDTHS = 24,
    CAMPAIGNS = 10000,
    CAMPAIGNS_LONG = 1000000,
    PAIRS = 4000, /* campaigns of two cells */
    PAIRS_LONG = 100000,
    CHECKED = 997, /* one in so many is held against stats_until_met(), too */
};

#define SEED       20261129
#define CONFIDENCE 0.95
#define LEAST      0.94
#define COMMON     0.01 /* ends by the rule that are rarer are not looked at by themselves */

static bool is_long(void)
{
    return getenv("BENCHD_TEST_LONG") != NULL;
}

static size_t campaigns(void)
{
    return is_long() ? CAMPAIGNS_LONG : CAMPAIGNS;
}

/* -- what values are drawn from: a mixture of two normal ones, or its exponential -- */

static const struct form {
    const char *name;
    double mean, deviation;
    double other, other_part; /* the mean of the second, and how much of all it is */
    bool exponential;
    double step;          /* added with each block */
    double start, fading; /* more at the start, gone by a factor of e in so many blocks */
} forms[] = {
    {"normal", 10, 1, 0, 0, false, 0, 0, 1},
    {"lognormal, sigma 0.5", 0, 0.5, 0, 0, true, 0, 0, 1},
    {"lognormal, sigma 1", 0, 1, 0, 0, true, 0, 0, 1},
    {"bimodal 50:50", 10, 0.5, 20, 0.5, false, 0, 0, 1},
    {"bimodal 60:40", 10, 0.5, 20, 0.4, false, 0, 0, 1},
    {"bimodal 70:30", 10, 0.5, 20, 0.3, false, 0, 0, 1},
    {"bimodal 80:20, modes near", 10, 0.5, 12, 0.2, false, 0, 0, 1},
    {"drifting slowly", 10, 1, 0, 0, false, 0.02, 0, 1},
    {"drifting", 10, 1, 0, 0, false, 0.1, 0, 1},
    {"settling", 10, 1, 0, 0, false, 0, 5, 5},
    {"settling, bimodal", 10, 0.5, 20, 0.4, false, 0, 5, 5},
    {"drifting fast", 10, 0.5, 0, 0, false, 0.5, 0, 1}, /* covered however it is stopped */
};

static double shift_of(const struct form *f, size_t block)
{
    return f->step * (double)block + f->start * exp(-(double)block / f->fading);
}

/* Marsaglia and Bray's polar method. */
static double draw_normal(struct bd_rng *rng)
{
    double x, y, s;
    do {
        x = 2 * bd_rng_unit(rng) - 1;
        y = 2 * bd_rng_unit(rng) - 1;
        s = x * x + y * y;
    } while (s >= 1 || s == 0);
    return x * sqrt(-2 * log(s) / s);
}

static double draw(const struct form *f, const double *shifts, size_t block, struct bd_rng *rng)
{
    bool other = f->other_part > 0 && bd_rng_unit(rng) < f->other_part;
    double x = (other ? f->other : f->mean) + f->deviation * draw_normal(rng) + shifts[block];
    return f->exponential ? exp(x) : x;
}

static double normal_below(double z)
{
    return erfc(-z * M_SQRT1_2) / 2;
}

/* The median of the mixture of the first n blocks' distributions. */
static double truth(const struct form *f, size_t n)
{
    double low = -1000, high = 1000;
    for (int i = 0; i < 100; i++) {
        double x = (low + high) / 2, below = 0;
        for (size_t b = 0; b < n; b++) {
            double at = x - shift_of(f, b);
            below += (1 - f->other_part) * normal_below((at - f->mean) / f->deviation) +
                     f->other_part * normal_below((at - f->other) / f->deviation);
        }
        *(below < (double)n / 2 ? &low : &high) = x;
    }
    return f->exponential ? exp(low) : low;
}

/* -- designs -- */

struct design {
    struct stats_until u;
    size_t ranks[BLOCKS + 1]; /* by blocks; 0: no interval, or no look */
    /* By width: */
    size_t stopped[WIDTHS], stopped_right[WIDTHS]; /* by the rule */
    size_t ended_right[WIDTHS];                    /* in all */
};

static const size_t mins[] = {6, 8, 10}, maxs[] = {20, 30, 50}, everys[] = {1, 2, 5};

enum { DESIGNS = 3 * 3 * 3 };

/* From 0.3 % to 150 %, the same for all. */
static double width_of(size_t w)
{
    return 0.003 * pow(1.31, (double)w);
}

static void design_make(struct design *d, size_t number, bool corrected)
{
    *d = (struct design){.u = {.min = mins[number % 3],
                               .max = maxs[number / 3 % 3],
                               .every = everys[number / 9],
                               .confidence = CONFIDENCE}};
    stats_until_init(&d->u);
    if (!corrected)
        d->u.at_looks = CONFIDENCE;
    for (size_t n = 1; n <= d->u.max; n++) {
        double coverage;
        if (stats_until_is_look(&d->u, n))
            d->ranks[n] = stats_median_rank(n, stats_until_confidence(&d->u, n), &coverage);
    }
}

static struct design *designs_new(bool corrected)
{
    struct design *designs = bd_xcalloc(DESIGNS, sizeof(*designs));
    for (size_t i = 0; i < DESIGNS; i++)
        design_make(&designs[i], i, corrected);
    return designs;
}

/* -- one cell -- */

/* A campaign as one design sees it: widths below `open` have not stopped it yet. */
struct watch {
    struct design *d;
    size_t open;
};

static double half_width(const double *sorted, size_t n, size_t k)
{
    double median = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    return (sorted[n - k] - sorted[k - 1]) / 2 / fabs(median);
}

static void look(struct watch *w, const double *sorted, size_t n, double median,
                 const double widths[WIDTHS])
{
    struct design *d = w->d;
    size_t k = d->ranks[n];
    if (k == 0)
        return;
    bool right = sorted[k - 1] <= median && median <= sorted[n - k];
    if (n == d->u.max) {
        for (size_t i = 0; i < w->open; i++)
            d->ended_right[i] += right;
        return;
    }
    double half = half_width(sorted, n, k);
    for (; w->open > 0 && half <= widths[w->open - 1]; w->open--) {
        d->stopped[w->open - 1]++;
        d->stopped_right[w->open - 1] += right;
        d->ended_right[w->open - 1] += right;
    }
}

static void insert(double *sorted, size_t n, double value)
{
    for (; n > 0 && sorted[n - 1] > value; n--)
        sorted[n] = sorted[n - 1];
    sorted[n] = value;
}

/* What is counted here is what the function says. */
static void check_rule(const struct design *d, const double *values, const double *sorted, size_t n,
                       double width)
{
    struct stats_until u = d->u;
    double half;
    u.relative_half_width = width;
    bool met = stats_until_met(&u, values, n, &half);
    size_t k = d->ranks[n];
    ck_assert_int_eq(met, k > 0 && half_width(sorted, n, k) <= width);
}

static void simulate(const struct form *f, size_t form, struct design *designs)
{
    double shifts[BLOCKS], truths[BLOCKS + 1], widths[WIDTHS];
    struct bd_rng rng;
    bd_rng_init(&rng, SEED, form);
    for (size_t w = 0; w < WIDTHS; w++)
        widths[w] = width_of(w);
    for (size_t n = 1; n <= BLOCKS; n++) {
        shifts[n - 1] = shift_of(f, n - 1);
        truths[n] = truth(f, n);
    }
    for (size_t c = 0; c < campaigns(); c++) {
        double values[BLOCKS], sorted[BLOCKS];
        struct watch watches[DESIGNS];
        for (size_t i = 0; i < DESIGNS; i++)
            watches[i] = (struct watch){&designs[i], WIDTHS};
        for (size_t n = 1; n <= BLOCKS; n++) {
            values[n - 1] = draw(f, shifts, n - 1, &rng);
            insert(sorted, n - 1, values[n - 1]);
            for (size_t i = 0; i < DESIGNS; i++)
                if (n <= designs[i].u.max && designs[i].ranks[n]) {
                    look(&watches[i], sorted, n, truths[n], widths);
                    if (c % CHECKED == 0)
                        check_rule(&designs[i], values, sorted, n, widths[c % WIDTHS]);
                }
        }
    }
}

/* -- what comes of it -- */

struct worst {
    double coverage, width, part;
    const struct design *design;
};

static void note(struct worst *w, double coverage, double width, double part,
                 const struct design *d)
{
    if (coverage < w->coverage)
        *w = (struct worst){coverage, width, part, d};
}

/* The least coverage of all ends; of those by the rule, and by max, where these are common. */
static void find_worst(const struct design *designs, struct worst *ret_all,
                       struct worst *ret_stopped, struct worst *ret_max)
{
    double n = (double)campaigns();
    *ret_all = *ret_stopped = *ret_max = (struct worst){.coverage = 1};
    for (size_t i = 0; i < DESIGNS; i++) {
        const struct design *d = &designs[i];
        for (size_t w = 0; w < WIDTHS; w++) {
            double stopped = (double)d->stopped[w], right = (double)d->stopped_right[w],
                   all = (double)d->ended_right[w];
            note(ret_all, all / n, width_of(w), stopped / n, d);
            if (stopped >= COMMON * n)
                note(ret_stopped, right / stopped, width_of(w), stopped / n, d);
            if (n - stopped >= COMMON * n)
                note(ret_max, (all - right) / (n - stopped), width_of(w), stopped / n, d);
        }
    }
}

static void print_worst(const char *of, const struct worst *w)
{
    if (!w->design)
        printf("  %-12s none\n", of);
    else
        printf("  %-12s %.4f (width %.3g, %.3g stopped, min %zu max %zu every %zu)\n", of,
               w->coverage, w->width, w->part, w->design->u.min, w->design->u.max,
               w->design->u.every);
}

START_TEST(coverage_given_stopping_is_what_was_asked_for)
{
    struct worst all, stopped, max;
    bd_auto_free struct design *designs = designs_new(true);
    simulate(&forms[_i], (size_t)_i, designs);
    find_worst(designs, &all, &stopped, &max);
    printf("%s, corrected\n", forms[_i].name);
    print_worst("all", &all);
    print_worst("by the rule", &stopped);
    print_worst("by max", &max);
    ck_assert_double_ge(all.coverage, LEAST);
    ck_assert_double_ge(stopped.coverage, LEAST);
}
END_TEST

/* So that the test above can fail: the same without the correction. */
START_TEST(uncorrected_stopping_does_not_cover)
{
    struct worst all, stopped, max;
    bd_auto_free struct design *designs = designs_new(false);
    simulate(&forms[_i], (size_t)_i, designs);
    find_worst(designs, &all, &stopped, &max);
    printf("%s, uncorrected\n", forms[_i].name);
    print_worst("all", &all);
    print_worst("by the rule", &stopped);
    print_worst("by max", &max);
    ck_assert_double_lt(stopped.coverage, LEAST);
}
END_TEST

/* -- the test of two equal cells -- */

/* The least rank sum that Wilcoxon's signed-rank test of n pairs takes for chance at 5 %,
 * two-sided. */
static size_t critical_sum(size_t n)
{
    size_t most = n * (n + 1) / 2, sum = 0;
    bd_auto_free double *chance = bd_xcalloc(most + 1, sizeof(*chance));
    chance[0] = 1;
    for (size_t rank = 1; rank <= n; rank++)
        for (size_t s = most + 1; s-- > 0;)
            chance[s] = (chance[s] + (s >= rank ? chance[s - rank] : 0)) / 2;
    for (double below = chance[0]; 2 * below <= 0.05; below += chance[++sum])
        ;
    return sum;
}

static bool differs(const double *x, const double *y, size_t n, size_t critical)
{
    size_t less = 0, more = 0;
    for (size_t i = 0; i < n; i++) {
        size_t rank = 1;
        for (size_t j = 0; j < n; j++)
            rank += fabs(x[j] - y[j]) < fabs(x[i] - y[i]);
        *(x[i] < y[i] ? &less : &more) += rank;
    }
    return (less < more ? less : more) < critical;
}

struct errors {
    size_t stopped, wrong, stopped_wrong;
};

static void compare(const struct form *f, const struct stats_until *u, const size_t *critical,
                    struct errors *e, struct bd_rng *rng)
{
    double x[BLOCKS], y[BLOCKS], shifts[BLOCKS] = {0}, half;
    size_t n = 0;
    bool met = false;
    while (n < u->max && !met) {
        x[n] = draw(f, shifts, n, rng);
        y[n] = draw(f, shifts, n, rng);
        n++;
        met = n < u->max && stats_until_is_look(u, n) && stats_until_met(u, x, n, &half) &&
              stats_until_met(u, y, n, &half);
    }
    bool wrong = differs(x, y, n, critical[n]);
    e->stopped += met;
    e->wrong += wrong;
    e->stopped_wrong += met && wrong;
}

/* Independent cells: what blocks have in common would make it less. */
START_TEST(two_equal_cells_differ_no_more_often_for_stopping)
{
    static const double widths[] = {0.05, 0.06, 0.065, 0.07, 0.08, 0.1, 0.12, 0.16, 0.2};
    size_t critical[BLOCKS + 1], n = is_long() ? PAIRS_LONG : PAIRS;
    struct bd_rng rng;
    bd_rng_init(&rng, SEED, 1000);
    for (size_t i = 1; i <= BLOCKS; i++)
        critical[i] = critical_sum(i);
    for (size_t i = 0; i < 2 * BD_ARRAY_LEN(widths); i++) {
        bool corrected = i % 2 == 0;
        struct stats_until u = {.min = 6,
                                .max = BLOCKS,
                                .every = 1,
                                .confidence = CONFIDENCE,
                                .relative_half_width = widths[i / 2]};
        struct errors e = {0};
        stats_until_init(&u);
        if (!corrected)
            u.at_looks = CONFIDENCE;
        for (size_t c = 0; c < n; c++)
            compare(&forms[0], &u, critical, &e, &rng);
        double wrong = (double)e.wrong / (double)n;
        printf("width %.2f %-11s: %.3f stopped, wrong in %.4f of all, %.4f of those stopped\n",
               u.relative_half_width, corrected ? "corrected" : "uncorrected",
               (double)e.stopped / (double)n, wrong,
               e.stopped ? (double)e.stopped_wrong / (double)e.stopped : 0);
        if (corrected)
            ck_assert_double_lt(wrong, 0.06);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("until");
    TCase *tcase = tcase_create("simulation");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, coverage_given_stopping_is_what_was_asked_for, 0,
                        BD_ARRAY_LEN(forms));
    tcase_add_loop_test(tcase, uncorrected_stopping_does_not_cover, 0, BD_ARRAY_LEN(forms) - 1);
    tcase_add_test(tcase, two_equal_cells_differ_no_more_often_for_stopping);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
