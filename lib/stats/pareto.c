#include "lib/stats/pareto.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/stats/values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ranked {
    double value;
    uint32_t block;
};

/*
 * What stays the same from one resample to the next: the values of each cell and objective in
 * order, with the blocks that they are of. A resample says how often each block is drawn; its
 * median is then found by counting along that order.
 */
struct front {
    const struct stats_pareto *p;
    struct ranked *ranked; /* [cell][objective][block]; there[cell][objective] of them */
    uint32_t *there;
    uint32_t *drawable; /* [cell][block]: the blocks that may be drawn; n_drawable[cell] of them */
    uint32_t *n_drawable;
    uint32_t *times; /* [block] */
    double *points;  /* [cell][objective]: medians, turned so that less is better */
    size_t *order;   /* cells */
    bool *on_front;
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
    return (x > y) - (x < y);
}

static const double *values_of(const struct front *f, size_t cell, size_t objective)
{
    return f->p->values + (cell * f->p->objectives + objective) * f->p->blocks;
}

static bool has_any(const struct front *f, size_t cell, size_t block)
{
    for (size_t o = 0; o < f->p->objectives; o++)
        if (!isnan(values_of(f, cell, o)[block]))
            return true;
    return false;
}

static void rank(struct front *f, size_t cell, size_t objective)
{
    size_t at = cell * f->p->objectives + objective;
    const double *values = values_of(f, cell, objective);
    struct ranked *ranked = f->ranked + at * f->p->blocks;
    for (size_t b = 0; b < f->p->blocks; b++)
        if (!isnan(values[b]))
            ranked[f->there[at]++] = (struct ranked){values[b], (uint32_t)b};
    qsort(ranked, f->there[at], sizeof(*ranked), by_value);
}

/* The runs of a cell; by_block, the blocks that any cell has a run of, in place of the first's. */
static void find_drawable(struct front *f)
{
    for (size_t b = 0; b < f->p->blocks; b++) {
        bool any = false;
        for (size_t c = 0; c < f->p->cells; c++) {
            bool is = has_any(f, c, b);
            any = any || is;
            if (is && !f->p->by_block)
                f->drawable[c * f->p->blocks + f->n_drawable[c]++] = (uint32_t)b;
        }
        if (any && f->p->by_block)
            f->drawable[f->n_drawable[0]++] = (uint32_t)b;
    }
}

static void front_init(struct front *f, const struct stats_pareto *p)
{
    size_t points = p->cells * p->objectives;
    *f = (struct front){
        .p = p,
        .ranked = bd_xcalloc(points * p->blocks + 1, sizeof(*f->ranked)),
        .there = bd_xcalloc(points + 1, sizeof(*f->there)),
        .drawable = bd_xcalloc(p->cells * p->blocks + 1, sizeof(*f->drawable)),
        .n_drawable = bd_xcalloc(p->cells + 1, sizeof(*f->n_drawable)),
        .times = bd_xcalloc(p->blocks + 1, sizeof(*f->times)),
        .points = bd_xcalloc(points + 1, sizeof(*f->points)),
        .order = bd_xcalloc(p->cells + 1, sizeof(*f->order)),
        .on_front = bd_xcalloc(p->cells + 1, sizeof(*f->on_front)),
    };
    for (size_t c = 0; c < p->cells; c++)
        for (size_t o = 0; o < p->objectives; o++)
            rank(f, c, o);
    find_drawable(f);
}

static void front_done(struct front *f)
{
    free(f->ranked);
    free(f->there);
    free(f->drawable);
    free(f->n_drawable);
    free(f->times);
    free(f->points);
    free(f->order);
    free(f->on_front);
}

/* -- medians -- */

static void draw_blocks(struct front *f, size_t cell, struct bd_rng *rng)
{
    const uint32_t *drawable = f->drawable + cell * f->p->blocks;
    memset(f->times, 0, f->p->blocks * sizeof(*f->times));
    for (size_t i = 0; i < f->n_drawable[cell]; i++)
        f->times[drawable[bd_rng_below(rng, f->n_drawable[cell])]]++;
}

/* Of values that were drawn so many times each; NAN where none was. */
static double median_drawn(const struct ranked *ranked, size_t n, const uint32_t *times)
{
    size_t all = 0, passed = 0, i = 0;
    for (size_t k = 0; k < n; k++)
        all += times[ranked[k].block];
    if (all == 0)
        return NAN;
    while (passed + times[ranked[i].block] <= (all - 1) / 2)
        passed += times[ranked[i++].block];
    double middle[2] = {ranked[i].value};
    while (passed + times[ranked[i].block] <= all / 2)
        passed += times[ranked[i++].block];
    middle[1] = ranked[i].value;
    return values_median(middle, 2);
}

static void find_points(struct front *f, size_t cell)
{
    for (size_t o = 0; o < f->p->objectives; o++) {
        size_t at = cell * f->p->objectives + o;
        double median = median_drawn(f->ranked + at * f->p->blocks, f->there[at], f->times);
        f->points[at] = f->p->better[o] > 0 ? -median : median;
    }
}

/* -- the front -- */

static const double *point_of(const struct front *f, size_t cell)
{
    return f->points + cell * f->p->objectives;
}

/* Objective by objective, as words are by letters. */
static int by_point(const void *a, const void *b, void *arg)
{
    const struct front *f = arg;
    const double *x = point_of(f, *(const size_t *)a), *y = point_of(f, *(const size_t *)b);
    for (size_t o = 0; o < f->p->objectives; o++)
        if (x[o] != y[o])
            return x[o] < y[o] ? -1 : 1;
    return 0;
}

static bool dominates(const double *x, const double *y, size_t objectives)
{
    bool better = false;
    for (size_t o = 0; o < objectives; o++) {
        if (x[o] > y[o])
            return false;
        better = better || x[o] < y[o];
    }
    return better;
}

static bool is_whole(const double *point, size_t objectives)
{
    for (size_t o = 0; o < objectives; o++)
        if (isnan(point[o]))
            return false;
    return objectives > 0;
}

/* In the order of their points nobody is dominated by one that comes later, and who is dominated is
 * so by one of the front. With two objectives the second is best in the last of the front so far,
 * which alone decides. */
static void find_front(struct front *f)
{
    size_t objectives = f->p->objectives, n = 0, n_front = 0;
    for (size_t c = 0; c < f->p->cells; c++) {
        f->on_front[c] = false;
        if (is_whole(point_of(f, c), objectives))
            f->order[n++] = c;
    }
    qsort_r(f->order, n, sizeof(*f->order), by_point, f);
    for (size_t i = 0; i < n; i++) {
        const double *point = point_of(f, f->order[i]);
        bool dominated = false;
        for (size_t k = objectives <= 2 && n_front ? n_front - 1 : 0; k < n_front && !dominated;
             k++)
            dominated = dominates(point_of(f, f->order[k]), point, objectives);
        if (!dominated) {
            f->on_front[f->order[i]] = true;
            f->order[n_front++] = f->order[i]; /* the first of order are the front */
        }
    }
}

void stats_pareto(const struct stats_pareto *p, bool *ret_on_front, double *ret_probability)
{
    struct front f;
    struct bd_rng rng;
    front_init(&f, p);
    bd_rng_init(&rng, p->seed, 0);
    for (size_t b = 0; b < p->blocks; b++)
        f.times[b] = 1;
    for (size_t c = 0; c < p->cells; c++)
        find_points(&f, c);
    find_front(&f);
    for (size_t c = 0; c < p->cells; c++) {
        ret_on_front[c] = f.on_front[c];
        ret_probability[c] = is_whole(point_of(&f, c), p->objectives) && p->draws ? 0 : NAN;
    }
    for (size_t d = 0; d < p->draws; d++) {
        for (size_t c = 0; c < p->cells; c++) {
            if (c == 0 || !p->by_block)
                draw_blocks(&f, c, &rng);
            find_points(&f, c);
        }
        find_front(&f);
        for (size_t c = 0; c < p->cells; c++)
            ret_probability[c] += f.on_front[c];
    }
    for (size_t c = 0; c < p->cells; c++)
        ret_probability[c] /= (double)p->draws;
    front_done(&f);
}
