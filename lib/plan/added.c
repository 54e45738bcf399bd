/*
 * Cells that were added while the campaign ran. Each batch of them is a segment of the plan of its
 * own, behind all that there was before: positions and numbers of cells that were given stay.
 */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"

void added_read(struct plan *p)
{
    json_t *cells = json_object_get(p->spec, "cells"), *batch;
    size_t i;
    p->listed = json_array();
    json_array_extend(p->listed, cells);
    json_array_foreach (json_object_get(p->spec, "added"), i, batch)
        json_array_extend(p->listed, batch);
}

char *added_pointer(const struct plan *p, size_t listed)
{
    size_t n = json_array_size(json_object_get(p->spec, "cells")), i;
    json_t *batch;
    if (listed < n)
        return bd_xasprintf("/cells/%zu", listed);
    listed -= n;
    json_array_foreach (json_object_get(p->spec, "added"), i, batch) {
        if (listed < json_array_size(batch))
            break;
        listed -= json_array_size(batch);
    }
    return bd_xasprintf("/added/%zu/%zu", i, listed);
}

void segments_make(struct plan *p)
{
    const json_t *added = json_object_get(p->spec, "added");
    size_t batches = json_array_size(added), cell = 0;
    p->segments = bd_xcalloc(batches + 1, sizeof(*p->segments));
    for (size_t i = 0; i <= batches; i++) {
        size_t cells = i ? json_array_size(json_array_get(added, i - 1))
                         : p->n_products + json_array_size(json_object_get(p->spec, "cells"));
        p->segments[p->n_segments++] = (struct segment){cell, cells, cell * p->blocks};
        cell += cells;
    }
}

size_t segment_at(const struct plan *p, size_t position)
{
    size_t from = 0, to = p->n_segments;
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;
        if (p->segments[middle].first_position <= position)
            from = middle;
        else
            to = middle;
    }
    return from;
}
