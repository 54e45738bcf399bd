#include "lib/stats/slope.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/stats/values.h"

#include <math.h>
#include <stdint.h>

#define SLOPES_KEPT 20000 /* so many pairs are simply all written down */

static double slope_of(const double *values, size_t i, size_t j)
{
    return (values[j] - values[i]) / ((double)j - (double)i);
}

static double median_of_all(const double *values, size_t n)
{
    size_t there = 0;
    bd_auto_free double *slopes = bd_xcalloc(n * (n - 1) / 2, sizeof(double));
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            slopes[there++] = slope_of(values, i, j);
    return values_middle(slopes, there);
}

/*
 * Through each value goes a line of slope t; it is at value - t index where the first one is. The
 * slope of two values is t or less exactly where the later one's line is not above the earlier
 * one's there. So the pairs up to t are those that have changed places once the lines are in order,
 * counted while they are sorted (Dillencourt, Mount and Netanyahu 1992); and those from one t to
 * another are the pairs that change places between the two orders. The k-th slope is between two
 * ends that come closer by such counts, until so few are left that they can be written down.
 */
struct line {
    double at; /* rounded */
    size_t index;
};
struct lines {
    const double *values;
    size_t n;
    struct line *order, *spare;
    double *sample;
    size_t n_sample;
    double *slopes; /* that were written down; there is room for so many */
    size_t n_slopes, room;
};

/* Adds a value to n parts, that grow and of which none reaches into another: exactly (Shewchuk
 * 1997). */
static void add_part(double *parts, size_t n, double value)
{
    for (size_t i = 0; i < n; i++) {
        double sum = value + parts[i], part = sum - value;
        parts[i] = (value - (sum - part)) + (parts[i] - part);
        value = sum;
    }
    parts[n] = value;
}

/* Of a - b - slope * apart: below 0, 0, above 0. */
static int sign_of(double a, double b, double slope, double apart)
{
    double product = slope * apart;
    double parts[4] = {-fma(slope, apart, -product), -product};
    add_part(parts, 2, a);
    add_part(parts, 3, -b);
    for (size_t i = 4; i-- > 0;)
        if (parts[i] != 0)
            return parts[i] > 0 ? 1 : -1;
    return 0;
}

/* Rounding keeps the order, but for what it makes equal. Of two at one place the later is first. */
static bool is_before(const struct lines *l, double slope, const struct line *a,
                      const struct line *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    int sign = sign_of(l->values[a->index], l->values[b->index], slope,
                       (double)a->index - (double)b->index);
    return sign ? sign < 0 : a->index > b->index;
}

static void write_down(struct lines *l, const struct line *from, const struct line *end,
                       const struct line *passed_by)
{
    for (; from < end && l->n_slopes < l->room; from++)
        l->slopes[l->n_slopes++] = slope_of(l->values, from->index, passed_by->index);
}

/* Answers how many pairs change places; where keep is set, they are written down. */
static uint64_t merge(struct lines *l, double slope, size_t from, size_t middle, size_t end,
                      bool keep)
{
    const struct line *left = l->order + from, *left_end = l->order + middle;
    const struct line *right = left_end, *right_end = l->order + end;
    uint64_t passed = 0;
    for (struct line *to = l->spare + from; to < l->spare + end; to++) {
        if (right == right_end || (left < left_end && is_before(l, slope, left, right))) {
            *to = *left++;
            continue;
        }
        passed += (uint64_t)(left_end - left);
        if (keep)
            write_down(l, left, left_end, right);
        *to = *right++;
    }
    return passed;
}

/* From the order that they are in. */
static uint64_t sort_lines(struct lines *l, double slope, bool keep)
{
    uint64_t passed = 0;
    for (size_t i = 0; i < l->n; i++) {
        struct line *line = &l->order[i];
        line->at = fma(-slope, (double)line->index, l->values[line->index]);
    }
    for (size_t width = 1; width < l->n; width *= 2) {
        for (size_t from = 0; from < l->n; from += 2 * width) {
            size_t middle = from + width < l->n ? from + width : l->n;
            size_t end = middle + width < l->n ? middle + width : l->n;
            passed += merge(l, slope, from, middle, end, keep);
        }
        struct line *sorted = l->spare;
        l->spare = l->order;
        l->order = sorted;
    }
    return passed;
}

static uint64_t count_up_to(struct lines *l, double slope)
{
    for (size_t i = 0; i < l->n; i++)
        l->order[i].index = i;
    return sort_lines(l, slope, false);
}

/* -- the search -- */

/* Slopes up to `under` are fewer than k, and those up to `high` are not. */
struct ends {
    double under, low, high; /* low: the double after under */
    uint64_t below, up_to;   /* how many they are */
};

static struct ends ends_from(double under, uint64_t below, const struct lines *l)
{
    return (struct ends){.under = under,
                         .low = values_next(under),
                         .high = 3, /* values are below 1 */
                         .below = below,
                         .up_to = (uint64_t)l->n * (l->n - 1) / 2};
}

static void narrow(struct lines *l, struct ends *e, uint64_t k, double slope)
{
    if (slope < e->low || slope >= e->high)
        return;
    uint64_t count = count_up_to(l, slope);
    if (count >= k) {
        e->high = slope;
        e->up_to = count;
    } else {
        e->under = slope;
        e->low = values_next(slope);
        e->below = count;
    }
}

/* Of random pairs, sorted. Their slopes are near the others', and where many are equal some of
 * these are so, too. */
static void draw_sample(struct lines *l)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 1, 0);
    for (size_t s = 0; s < l->n_sample; s++) {
        size_t i = bd_rng_below(&rng, l->n), j = bd_rng_below(&rng, l->n - 1);
        l->sample[s] = slope_of(l->values, i, j + (j >= i));
    }
    values_sort(l->sample, l->n_sample);
}

static size_t times_in_sample(const struct lines *l, double slope)
{
    return values_below(l->sample, l->n_sample, slope, true) -
           values_below(l->sample, l->n_sample, slope, false);
}

/* Where to look next: in the middle of what of the sample is in between, but where many slopes are
 * equal to an end (or would be, but for rounding) right beside that. */
static double next_slope(const struct lines *l, const struct ends *e, unsigned turn)
{
    size_t first = values_below(l->sample, l->n_sample, e->low, false);
    size_t last = values_below(l->sample, l->n_sample, e->high, false);
    size_t few = 1 + (last - first) / 4;
    if (times_in_sample(l, e->under) > few)
        return e->low;
    if (times_in_sample(l, e->high) > few)
        return -values_next(-e->high);
    return first < last ? l->sample[first + (last - first) / 2]
                        : values_between(e->low, e->high, turn);
}

/* k from 1, and not less than that of the call before with the same ends. */
static double nth(struct lines *l, uint64_t k, struct ends *e)
{
    if (k > e->up_to)
        *e = ends_from(e->high, e->up_to, l);
    for (unsigned turn = 0; e->up_to - e->below > l->room && e->low < e->high; turn++)
        narrow(l, e, k, next_slope(l, e, turn));
    count_up_to(l, e->under);
    l->n_slopes = 0;
    sort_lines(l, e->high, true);
    /* More than there is room for are the same double, or the one before it by rounding. */
    bool whole = l->n_slopes == e->up_to - e->below;
    return whole ? values_select(l->slopes, l->n_slopes, (size_t)(k - e->below - 1)) : l->slopes[0];
}

static double middle(struct lines *l)
{
    uint64_t pairs = (uint64_t)l->n * (l->n - 1) / 2, k = (pairs + 1) / 2;
    size_t half = l->n_sample / 2;
    size_t aside = (size_t)(1.5 * sqrt((double)l->n_sample)); /* three standard deviations */
    struct ends e = ends_from(-3, 0, l);
    draw_sample(l);
    narrow(l, &e, k, l->sample[half + aside]);
    narrow(l, &e, k, l->sample[half - aside]);
    double low = nth(l, k, &e);
    double high = pairs % 2 ? low : nth(l, k + 1, &e);
    return low == high ? low : low + 0.5 * (high - low);
}

/* Their greatest below 1 then, and not below 1/2: no difference or product is beyond a double. */
static int scale(const double *values, size_t n, double *ret_values)
{
    double most = 0;
    int exponent;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(values[i]));
    frexp(most, &exponent);
    for (size_t i = 0; i < n; i++)
        ret_values[i] = ldexp(values[i], -exponent);
    return exponent;
}

double slope_median(const double *values, size_t n)
{
    uint64_t pairs = n ? (uint64_t)n * (n - 1) / 2 : 0;
    if (pairs == 0)
        return NAN;
    if (pairs <= SLOPES_KEPT)
        return median_of_all(values, n);
    bd_auto_free double *numbers = bd_xcalloc(7 * n, sizeof(*numbers));
    bd_auto_free struct line *places = bd_xcalloc(2 * n, sizeof(*places));
    struct lines l = {.values = numbers,
                      .n = n,
                      .order = places,
                      .spare = places + n,
                      .sample = numbers + n,
                      .n_sample = 2 * n,
                      .slopes = numbers + 3 * n,
                      .room = 4 * n};
    int exponent = scale(values, n, numbers);
    return ldexp(middle(&l), exponent);
}
