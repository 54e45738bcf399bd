#include "lib/base/mem.h"
#include "lib/stats/effect.h"
#include "lib/stats/ranks.h"

#include <math.h>
#include <string.h>

/* Columns of the equations below, which are solved in the third power of their number. */
#define MOST_COLUMNS 2048

/* -------------------------------------------------------------------- the cells of an effect */

/* Which of the combinations of levels each row has, from 0 in the order in which they are first
 * met. */
struct cells {
    uint32_t *of; /* [n] */
    size_t count;
};

/*
 * Numbers pairs (a[i], b[i]) from 0, by open addressing, into ret_of[n], which may be a; answers
 * how many there are.
 */
static size_t number_pairs(const uint32_t *a, const uint32_t *b, size_t n, uint32_t *ret_of)
{
    size_t room = 64, count = 0;
    while (room < 2 * n)
        room *= 2;
    bd_auto_free uint32_t *slots = bd_xcalloc(room, sizeof(*slots)); /* row + 1 of the first */
    bd_auto_free uint64_t *pairs = bd_xcalloc(n + 1, sizeof(*pairs));
    for (size_t i = 0; i < n; i++) {
        pairs[i] = (uint64_t)a[i] << 32 | b[i];
        size_t at = (size_t)((pairs[i] * UINT64_C(0x9E3779B97F4A7C15)) >> 24) & (room - 1);
        while (slots[at] && pairs[slots[at] - 1] != pairs[i])
            at = (at + 1) & (room - 1);
        if (slots[at]) {
            ret_of[i] = ret_of[slots[at] - 1];
        } else {
            slots[at] = (uint32_t)i + 1;
            ret_of[i] = (uint32_t)count++;
        }
    }
    return count;
}

/* The rows that count: ranks less their mean, levels factor after factor. */
struct rows {
    size_t n, factors;
    double *ranks;
    uint32_t *levels; /* [factor * n + row] */
    double squares;   /* the sum of the squares of ranks */
};

static size_t number_cells(const struct rows *rows, uint32_t mask, uint32_t *ret_of)
{
    size_t count = rows->n > 0;
    memset(ret_of, 0, rows->n * sizeof(*ret_of));
    for (size_t f = 0; f < rows->factors && f < 32; f++)
        if (mask >> f & 1)
            count = number_pairs(ret_of, rows->levels + f * rows->n, rows->n, ret_of);
    return count;
}

/* Do all combinations of all factors' levels occur, each as often? */
static bool is_balanced(const struct rows *rows)
{
    bd_auto_free uint32_t *of = bd_xcalloc(rows->n + 1, sizeof(*of));
    double combinations = 1;
    for (size_t f = 0; f < rows->factors; f++)
        combinations *= (double)number_cells(rows, UINT32_C(1) << f, of);
    size_t count = number_cells(rows, UINT32_MAX, of);
    bd_auto_free size_t *times = bd_xcalloc(count + 1, sizeof(*times));
    for (size_t i = 0; i < rows->n; i++)
        times[of[i]]++;
    bool is = (double)count == combinations;
    for (size_t c = 1; c < count; c++)
        is = is && times[c] == times[0];
    return is;
}

/* What the means of the cells of an effect explain, with whatever is in it: its own squares and
 * those of all effects of some of its factors. */
static double squares_between(const struct rows *rows, const struct cells *cells)
{
    bd_auto_free double *sums = bd_xcalloc(2 * cells->count + 1, sizeof(*sums));
    double *times = sums + cells->count, squares = 0;
    for (size_t i = 0; i < rows->n; i++) {
        sums[cells->of[i]] += rows->ranks[i];
        times[cells->of[i]]++;
    }
    for (size_t c = 0; c < cells->count; c++)
        squares += sums[c] * sums[c] / times[c];
    return squares;
}

/* ---------------------------------------------------------------------------------- the equations
 */

/*
 * The normal equations of a column of ones and one a cell of each effect. They are taken apart into
 * L L', column by column in that order; a column that those before it span is left out. Each that
 * is left then adds to what is explained the square of its part of the solution of L y = X' ranks.
 */
struct equations {
    size_t n;
    double *matrix; /* [n * n] */
    double *right;  /* X' ranks, then y */
    bool *spanned;
};

static void fill(const struct rows *rows, const struct cells *cells, size_t n_effects,
                 struct equations *e)
{
    bd_auto_free size_t *ones = bd_xcalloc(n_effects + 1, sizeof(*ones));
    for (size_t i = 0; i < rows->n; i++) {
        ones[0] = 0;
        for (size_t at = 1, k = 0; k < n_effects; at += cells[k].count, k++)
            ones[k + 1] = at + cells[k].of[i];
        for (size_t k = 0; k <= n_effects; k++) {
            e->right[ones[k]] += rows->ranks[i];
            for (size_t other = 0; other <= k; other++)
                e->matrix[ones[k] * e->n + ones[other]]++;
        }
    }
}

/* Row i of L, from those above it. */
static void eliminate(struct equations *e, size_t i)
{
    double *row = e->matrix + i * e->n, whole = row[i];
    for (size_t j = 0; j < i; j++) {
        const double *above = e->matrix + j * e->n;
        if (e->spanned[j]) {
            row[j] = 0;
            continue;
        }
        for (size_t c = 0; c < j; c++)
            row[j] -= row[c] * above[c];
        row[j] /= above[j];
        row[i] -= row[j] * row[j];
        e->right[i] -= row[j] * e->right[j];
    }
    e->spanned[i] = row[i] <= 1e-9 * whole;
    if (!e->spanned[i]) {
        row[i] = sqrt(row[i]);
        e->right[i] /= row[i];
    }
}

static void solve(const struct rows *rows, const struct cells *cells, size_t columns,
                  struct stats_effect *effects, size_t n_effects)
{
    struct equations e = {.n = columns};
    bd_auto_free double *room = bd_xcalloc(columns * columns + columns, sizeof(*room));
    bd_auto_free bool *spanned = bd_xcalloc(columns, sizeof(*spanned));
    e.matrix = room;
    e.right = room + columns * columns;
    e.spanned = spanned;
    fill(rows, cells, n_effects, &e);
    eliminate(&e, 0);
    for (size_t k = 0, at = 1; k < n_effects; k++) {
        double squares = 0;
        for (size_t end = at + cells[k].count; at < end; at++) {
            eliminate(&e, at);
            squares += e.spanned[at] ? 0 : e.right[at] * e.right[at];
            effects[k].df += !e.spanned[at];
        }
        effects[k].share = squares / rows->squares;
    }
}

/* ------------------------------------------------------------------------------------- the shares
 */

/* Does an effect hold all factors of those before it? Then its cells' means tell what all of them
 * explain, and nothing needs to be solved. */
static bool holds_those_before(const struct stats_effect *effects, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if (effects[i].mask & ~effects[k].mask)
            return false;
    return true;
}

static void share(const struct rows *rows, struct stats_effect *effects, size_t n_effects,
                  const struct cells *cells, double *ret_left)
{
    size_t to_solve = n_effects, columns = 1, df = 0;
    while (to_solve > 0 && holds_those_before(effects, to_solve - 1))
        to_solve--;
    for (size_t k = 0; k < to_solve; k++)
        columns += cells[k].count;
    if (columns > MOST_COLUMNS)
        return;
    if (to_solve > 0)
        solve(rows, cells, columns, effects, to_solve);
    double explained = 0;
    for (size_t k = 0; k < n_effects; k++) {
        if (k >= to_solve) {
            effects[k].df = cells[k].count - 1 - df;
            effects[k].share =
                fmax(0, squares_between(rows, &cells[k]) / rows->squares - explained);
        }
        effects[k].share = fmin(1, effects[k].share); /* but for rounding it is */
        explained += effects[k].share;
        df += effects[k].df;
    }
    *ret_left = fmax(0, 1 - explained);
}

static void take_rows(const double *values, const uint32_t *levels, size_t n, size_t factors,
                      struct rows *rows)
{
    bd_auto_free double *there = bd_xcalloc(n + 1, sizeof(*there));
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            there[rows->n++] = values[i];
    for (size_t i = 0, row = 0; i < n; i++) {
        if (isnan(values[i]))
            continue;
        for (size_t f = 0; f < factors; f++)
            rows->levels[f * rows->n + row] = levels[i * factors + f];
        row++;
    }
    stats_ranks(there, rows->n, rows->ranks);
    for (size_t i = 0; i < rows->n; i++) {
        rows->ranks[i] -= ((double)rows->n + 1) / 2;
        rows->squares += rows->ranks[i] * rows->ranks[i];
    }
}

void stats_variance_shares(const double *values, const uint32_t *levels, size_t n, size_t factors,
                           struct stats_effect *effects, size_t n_effects, double *ret_left,
                           bool *ret_balanced)
{
    bd_auto_free double *ranks = bd_xcalloc(n + 1, sizeof(*ranks));
    bd_auto_free uint32_t *taken = bd_xcalloc(n * factors + 1, sizeof(*taken));
    bd_auto_free uint32_t *of = bd_xcalloc(n * n_effects + 1, sizeof(*of));
    bd_auto_free struct cells *cells = bd_xcalloc(n_effects + 1, sizeof(*cells));
    struct rows rows = {.factors = factors, .ranks = ranks, .levels = taken};
    take_rows(values, levels, n, factors, &rows);
    for (size_t k = 0; k < n_effects; k++) {
        effects[k].share = NAN;
        effects[k].df = 0;
        cells[k].of = of + k * n;
        cells[k].count = number_cells(&rows, effects[k].mask, cells[k].of);
    }
    *ret_left = NAN;
    *ret_balanced = is_balanced(&rows);
    if (rows.squares > 0)
        share(&rows, effects, n_effects, cells, ret_left);
}
