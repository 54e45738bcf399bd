/* The order of runs: blocks, shuffled as the design says. */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

void order_shuffle(uint32_t *items, size_t n, struct bd_rng *rng)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)bd_rng_below(rng, i);
        uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}

static void shuffle(uint32_t *items, size_t n, uint64_t seed, uint64_t stream)
{
    struct bd_rng rng;
    bd_rng_init(&rng, seed, stream);
    order_shuffle(items, n, &rng);
}

/* Cells that were added are shuffled by streams of their own: what was before stays. */
static uint64_t stream_of(size_t segment, size_t number)
{
    return (uint64_t)segment << 32 | number;
}

static void order_segment(struct plan *p, size_t segment, uint64_t seed)
{
    const struct segment *s = &p->segments[segment];
    uint32_t *order = p->order + s->first_position;
    size_t shuffled_alone = p->one_group ? p->warmup : p->blocks;
    for (size_t block = 0; block < shuffled_alone; block++)
        shuffle(order + block * s->cells, s->cells, seed, stream_of(segment, block + 1));
    if (p->one_group)
        shuffle(order + p->warmup * s->cells, (p->blocks - p->warmup) * s->cells, seed,
                stream_of(segment, 0));
}

void order_make(struct plan *p)
{
    const json_t *design = json_object_get(p->spec, "design");
    const char *order = bd_json_str(design, "order", "randomised-blocks");
    uint64_t seed = (uint64_t)bd_json_int(design, "seed", 1);
    segments_make(p);
    p->one_group = bd_str_eq(order, "randomised");
    p->order = bd_xcalloc(plan_runs(p) + 1, sizeof(*p->order));
    for (size_t i = 0; i < p->n_segments; i++) {
        const struct segment *s = &p->segments[i];
        for (size_t k = 0; k < s->cells * p->blocks; k++)
            p->order[s->first_position + k] = (uint32_t)k;
        if (!bd_str_eq(order, "as-written"))
            order_segment(p, i, seed);
    }
}
