#include "driver.h"

#include <stdlib.h>

void think_init(struct driver *d)
{
    d->due = calloc((size_t)d->stream.thinkers + 1, sizeof(*d->due));
    if (!d->due)
        abort();
}

/* Of two that are due at the same moment the one of the lower index goes first. */
static bool before(const struct driver *d, int32_t a, int32_t b)
{
    int64_t x = d->stream.jobs[a].due_ns, y = d->stream.jobs[b].due_ns;

    return x != y ? x < y : a < b;
}

static void swap(int32_t *a, int32_t *b)
{
    int32_t kept = *a;

    *a = *b;
    *b = kept;
}

void think_add(struct driver *d, int32_t job)
{
    uint32_t at = d->n_due++;

    d->due[at] = job;
    for (uint32_t up; at > 0 && before(d, job, d->due[up = (at - 1) / 2]); at = up)
        swap(&d->due[at], &d->due[up]);
}

int64_t think_moment(const struct driver *d)
{
    return d->n_due ? d->stream.jobs[d->due[0]].due_ns : INT64_MAX;
}

int32_t think_take(struct driver *d)
{
    int32_t first = d->due[0];
    uint32_t at = 0;

    d->due[0] = d->due[--d->n_due];
    for (;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < d->n_due; child++)
            if (before(d, d->due[child], d->due[least]))
                least = child;
        if (least == at)
            return first;
        swap(&d->due[at], &d->due[least]);
        at = least;
    }
}
