#include "lib/base/mem.h"
#include "lib/stats/blocks.h"
#include "lib/stats/distributions.h"
#include "lib/stats/ranks.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ------------------------------------------------------- the exact distribution, by convolution */

#define MOST_EXACT 5 /* treatments */
#define KEY_BITS   12

/*
 * Twice the rank sums of the treatments after some blocks, in order of size: which treatment has
 * which does not matter to what follows. A set of them, each with its probability, by open
 * addressing.
 */
struct sums {
    struct sums_slot {
        uint64_t key; /* + 1; 0: empty */
        double p;
    } * slots;
    size_t n, room; /* room: a power of 2, at least 2 n */
};

static struct sums_slot *slot_of(const struct sums *sums, uint64_t key)
{
    size_t at = (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (sums->room - 1);
    while (sums->slots[at].key != 0 && sums->slots[at].key != key + 1)
        at = (at + 1) & (sums->room - 1);
    return &sums->slots[at];
}

static void sums_add(struct sums *sums, uint64_t key, double p)
{
    if (2 * (sums->n + 1) > sums->room) {
        struct sums larger = {.n = sums->n, .room = sums->room ? 2 * sums->room : 256};
        larger.slots = bd_xcalloc(larger.room, sizeof(*larger.slots));
        for (size_t i = 0; i < sums->room; i++)
            if (sums->slots[i].key != 0)
                *slot_of(&larger, sums->slots[i].key - 1) = sums->slots[i];
        free(sums->slots);
        *sums = larger;
    }
    struct sums_slot *slot = slot_of(sums, key);
    sums->n += slot->key == 0;
    slot->key = key + 1;
    slot->p += p;
}

static void unpack(uint64_t key, size_t k, uint32_t *ret_sums)
{
    for (size_t i = 0; i < k; i++, key >>= KEY_BITS)
        ret_sums[i] = key & ((1U << KEY_BITS) - 1);
}

static uint64_t pack_sorted(const uint32_t *sums, size_t k)
{
    uint32_t sorted[MOST_EXACT];
    for (size_t i = 0; i < k; i++) {
        size_t at = i;
        for (; at > 0 && sorted[at - 1] > sums[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = sums[i];
    }
    uint64_t key = 0;
    for (size_t i = 0; i < k; i++)
        key |= (uint64_t)sorted[i] << (i * KEY_BITS);
    return key;
}

/* Adds every order of ranks[at..k) to sums. */
static void permute(uint32_t *ranks, size_t at, size_t k, const uint32_t *sums, double p,
                    struct sums *to)
{
    if (at == k) {
        uint32_t after[MOST_EXACT];
        for (size_t i = 0; i < k; i++)
            after[i] = sums[i] + ranks[i];
        sums_add(to, pack_sorted(after, k), p);
        return;
    }
    for (size_t i = at; i < k; i++) {
        uint32_t other = ranks[i];
        ranks[i] = ranks[at];
        ranks[at] = other;
        permute(ranks, at + 1, k, sums, p, to);
        ranks[at] = ranks[i];
        ranks[i] = other;
    }
}

static uint64_t spread_of(const uint32_t *sums, size_t k)
{
    uint64_t spread = 0;
    for (size_t i = 0; i < k; i++)
        spread += (uint64_t)sums[i] * sums[i];
    return spread;
}

static bool can_convolve(size_t k, size_t blocks)
{
    static const size_t most[MOST_EXACT + 1] = {[2] = 50, [3] = 25, [4] = 10, [5] = 5};
    return k <= MOST_EXACT && blocks <= most[k];
}

/* That the rank sums differ as much as they do, or more; all ranks of a block are as likely with
 * one treatment as with another. */
static double exact_p(const double *ranks, size_t k, size_t blocks)
{
    uint32_t seen[MOST_EXACT] = {0}, is[MOST_EXACT], twice[MOST_EXACT];
    struct sums sums = {0};
    sums_add(&sums, 0, 1);
    double orders = tgamma((double)k + 1);
    for (size_t b = 0; b < blocks; b++) {
        struct sums after = {0};
        for (size_t t = 0; t < k; t++) {
            twice[t] = (uint32_t)(2 * ranks[b * k + t]);
            seen[t] += twice[t];
        }
        for (size_t i = 0; i < sums.room; i++) {
            if (sums.slots[i].key == 0)
                continue;
            unpack(sums.slots[i].key - 1, k, is);
            permute(twice, 0, k, is, sums.slots[i].p / orders, &after);
        }
        free(sums.slots);
        sums = after;
    }
    double p = 0;
    for (size_t i = 0; i < sums.room; i++) {
        if (sums.slots[i].key == 0)
            continue;
        unpack(sums.slots[i].key - 1, k, is);
        p += spread_of(is, k) >= spread_of(seen, k) ? sums.slots[i].p : 0;
    }
    free(sums.slots);
    return fmin(1, p);
}

/* ------------------------------------------------------------------------------------- the test */

/* Blocks that count, and their ranks block by block: ranks[block * k + treatment], NAN where there
 * is no value. Answers whether all are whole. */
static bool rank_blocks(const double *values, size_t k, size_t blocks, bool whole,
                        struct blocks *ret_blocks)
{
    bd_auto_free double *is = bd_xcalloc(2 * k + 1, sizeof(*is));
    double *ranks = is + k;
    bool all_whole = true;
    for (size_t b = 0; b < blocks; b++) {
        size_t there = 0;
        for (size_t t = 0; t < k; t++)
            if (!isnan(values[t * blocks + b]))
                is[there++] = values[t * blocks + b];
        if (there < (whole ? k : 2))
            continue;
        double tied = stats_ranks(is, there, ranks), most = (double)there;
        double *to = ret_blocks->ranks + ret_blocks->n * k;
        for (size_t t = 0, at = 0; t < k; t++)
            to[t] = isnan(values[t * blocks + b]) ? NAN : ranks[at++];
        ret_blocks->untied[ret_blocks->n++] = 1 - tied / (most * most * most - most);
        all_whole = all_whole && there == k;
    }
    return all_whole;
}

static void test_whole(const struct blocks *blocks, struct stats_test *test)
{
    double k = (double)blocks->k, spread = 0, untied = 0;
    for (size_t b = 0; b < blocks->n; b++)
        untied += blocks->untied[b];
    if (untied == 0) {
        test->method = "none: all values of each block are equal";
        return;
    }
    for (size_t t = 0; t < blocks->k; t++) {
        double off = 0;
        for (size_t b = 0; b < blocks->n; b++)
            off += blocks->ranks[b * blocks->k + t] - (k + 1) / 2;
        spread += off * off;
    }
    test->statistic = 12 * spread / (k * (k + 1) * untied);
    test->exact = can_convolve(blocks->k, blocks->n);
    test->p = test->exact ? exact_p(blocks->ranks, blocks->k, blocks->n)
                          : stats_chi2_above(test->statistic, k - 1);
    test->method = test->exact ? "exact" : "chi-squared approximation, corrected for ties";
}

void stats_friedman(const double *values, size_t k, size_t blocks, bool whole,
                    struct stats_test *ret_test)
{
    struct stats_test test = {.name = "Friedman", .statistic = NAN, .p = NAN};
    bd_auto_free double *ranks = bd_xcalloc(k * blocks + blocks + 1, sizeof(*ranks));
    struct blocks is = {.k = k, .ranks = ranks, .untied = ranks + k * blocks};
    if (k < 2) {
        test.method = "none: there are fewer than 2 treatments";
        *ret_test = test;
        return;
    }
    bool all_whole = rank_blocks(values, k, blocks, whole, &is);
    test.n = is.n;
    if (!all_whole)
        blocks_skillings_mack(&is, &test);
    else if (is.n == 0)
        test.method = whole ? "none: no block is whole" : "none: no block has 2 values";
    else
        test_whole(&is, &test);
    *ret_test = test;
}
