#include "lib/stats/exact.h"

#include "lib/base/mem.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

double exact_choose(size_t n, size_t k)
{
    double ways = 1;
    k = least(k, n - k);
    for (size_t i = 1; i <= k; i++)
        ways = ways * (double)(n - k + i) / (double)i;
    return ways;
}

/* ------------------------------------------------------------------- Mann-Whitney without ties */

/* Counts are below C(100, 50) < 2^97 where m n <= EXACT_PRODUCT. */
__extension__ typedef unsigned __int128 count;

/*
 * counts[u], u <= cap: in how many ways U is u. They are the coefficients of the product over i = 1
 * to m of (1 - q^(n + i)) / (1 - q^i) (Andrews, The Theory of Partitions, 3.2). Integers that wrap
 * round: what is in between may be negative, what comes out is exact. Freed by the caller.
 */
static count *count_u(size_t m, size_t n, size_t cap)
{
    count *counts = bd_xcalloc(cap + 1, sizeof(*counts));
    counts[0] = 1;
    for (size_t i = 1; i <= m; i++) {
        for (size_t u = cap; u >= n + i; u--)
            counts[u] -= counts[u - n - i];
        for (size_t u = i; u <= cap; u++)
            counts[u] += counts[u - i];
    }
    return counts;
}

static void untied_tails(size_t m, size_t n, size_t u, struct exact_tails *ret_tails)
{
    size_t cap = least(u, m * n - u);
    bd_auto_free count *counts = count_u(least(m, n), m + n - least(m, n), cap);
    count below = 0;
    for (size_t i = 0; i < cap; i++)
        below += counts[i];
    double all = exact_choose(m + n, m), near = (double)(below + counts[cap]) / all,
           far = 1 - (double)below / all;
    *ret_tails = u == cap ? (struct exact_tails){near, far} : (struct exact_tails){far, near};
}

size_t exact_mann_whitney_rank(size_t m, size_t n, double tail, double *ret_p)
{
    size_t cap = m * n / 2, k = 0;
    bd_auto_free count *counts = count_u(least(m, n), m + n - least(m, n), cap);
    double all = exact_choose(m + n, m), p = 0;
    count below = 0;
    do {
        below += counts[k];
        p = (double)below / all;
        k++;
    } while (k <= cap && (double)(below + counts[k]) / all <= tail);
    *ret_p = p;
    return k;
}

/* ---------------------------------------------------------------------- Mann-Whitney with ties */

/*
 * One group of t ties more, of which c may be of the first sample: each of these is greater than
 * the values of the other sample before it, and half greater than those of its group. ways[j * (cap
 * + 1) + u] is in how many ways j of the values so far are of the first sample and 2 U is u.
 */
static void add_group(double *ways, size_t m, size_t n, size_t cap, size_t before, size_t t)
{
    size_t fewest = before + t > n ? before + t - n : 0;
    for (size_t j = least(m, before + t) + 1; j-- > fewest;) {
        double *to = ways + j * (cap + 1), choices = 1;
        for (size_t c = 1; c <= least(t, j); c++) {
            choices = choices * (double)(t - c + 1) / (double)c;
            if (j - c > before)
                continue;
            size_t others = before - (j - c), more = 2 * c * others + c * (t - c);
            if (more > cap)
                continue;
            const double *from = ways + (j - c) * (cap + 1);
            size_t top = least(cap - more, 2 * (j - c) * others);
            for (size_t u = 0; u <= top; u++)
                to[u + more] += choices * from[u];
        }
    }
}

/* ties[] from the least to the greatest, or the other way round. P(2 U <= cap), P(2 U < cap). */
static void tied_tail(const size_t *ties, size_t groups, bool reversed, size_t m, size_t n,
                      size_t cap, double *ret_p, double *ret_below)
{
    bd_auto_free double *ways = bd_xcalloc((m + 1) * (cap + 1), sizeof(*ways));
    ways[0] = 1;
    for (size_t g = 0, before = 0; g < groups; g++) {
        size_t t = ties[reversed ? groups - 1 - g : g];
        add_group(ways, m, n, cap, before, t);
        before += t;
    }
    double below = 0, all = exact_choose(m + n, m);
    const double *is = ways + m * (cap + 1);
    for (size_t u = 0; u < cap; u++)
        below += is[u];
    *ret_below = below / all;
    *ret_p = (below + is[cap]) / all;
}

void exact_mann_whitney(const size_t *ties, size_t groups, size_t m, size_t n, size_t twice_u,
                        struct exact_tails *ret_tails)
{
    if (groups == m + n) {
        untied_tails(m, n, twice_u / 2, ret_tails);
        return;
    }
    /* The tail in which x is, as the lower one; of the smaller sample, whose table is smaller. Both
     * turn the order of the values round. */
    bool is_low = twice_u <= m * n;
    double near, below;
    tied_tail(ties, groups, is_low != (m <= n), least(m, n), m + n - least(m, n),
              is_low ? twice_u : 2 * m * n - twice_u, &near, &below);
    *ret_tails =
        is_low ? (struct exact_tails){near, 1 - below} : (struct exact_tails){1 - below, near};
}

/* ------------------------------------------------------------------------------------- Wilcoxon */

/* p[w], w <= cap: that W+ of these ranks is w. Freed by the caller. */
static double *probable_w(const size_t *ranks, size_t n, size_t cap)
{
    double *p = bd_xcalloc(cap + 1, sizeof(*p));
    p[0] = 1;
    for (size_t i = 0, sum = 0; i < n; i++) {
        size_t r = ranks[i];
        sum += r;
        for (size_t w = least(sum, cap) + 1; w-- > r;)
            p[w] = (p[w] + p[w - r]) / 2;
        for (size_t w = 0; w < r && w <= cap; w++)
            p[w] /= 2;
    }
    return p;
}

void exact_wilcoxon(const size_t *twice_ranks, size_t n, size_t twice_w,
                    struct exact_tails *ret_tails)
{
    size_t ranks[EXACT_PAIRS], sum = 0, unit = 2;
    for (size_t i = 0; i < n; i++)
        unit = twice_ranks[i] % 2 ? 1 : unit;
    for (size_t i = 0; i < n; i++)
        sum += ranks[i] = twice_ranks[i] / unit;
    size_t is = twice_w / unit, cap = least(is, sum - is);
    bd_auto_free double *p = probable_w(ranks, n, cap);
    double below = 0;
    for (size_t w = 0; w < cap; w++)
        below += p[w];
    double near = below + p[cap], far = 1 - below;
    *ret_tails = is == cap ? (struct exact_tails){near, far} : (struct exact_tails){far, near};
}

size_t exact_wilcoxon_rank(size_t n, double tail, double *ret_p)
{
    size_t ranks[EXACT_PAIRS], cap = n * (n + 1) / 4, k = 0;
    for (size_t i = 0; i < n; i++)
        ranks[i] = i + 1;
    bd_auto_free double *p = probable_w(ranks, n, cap);
    double below = 0;
    do {
        below += p[k];
        k++;
    } while (k <= cap && below + p[k] <= tail);
    *ret_p = below;
    return k;
}
