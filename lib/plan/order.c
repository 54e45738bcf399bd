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

void order_make(struct plan *p)
{
    const json_t *design = json_object_get(p->spec, "design");
    const char *order = bd_json_str(design, "order", "randomised-blocks");
    uint64_t seed = (uint64_t)bd_json_int(design, "seed", 1);
    size_t cells = plan_cells(p), n = plan_runs(p);
    p->one_group = bd_str_eq(order, "randomised");
    p->order = bd_xcalloc(n + 1, sizeof(*p->order));
    for (size_t i = 0; i < n; i++)
        p->order[i] = (uint32_t)i;
    if (bd_str_eq(order, "as-written"))
        return;
    size_t shuffled_alone = p->one_group ? p->warmup : p->blocks;
    for (size_t block = 0; block < shuffled_alone; block++)
        shuffle(p->order + block * cells, cells, seed, block + 1);
    if (p->one_group)
        shuffle(p->order + p->warmup * cells, (p->blocks - p->warmup) * cells, seed, 0);
}
