#include "lib/sample/live.h"

#include "lib/base/mem.h"
#include "lib/sample/sampler_priv.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

struct sample_live {
    atomic_uint refs;
    pthread_mutex_t lock;        /* of what is below, and of the table's content */
    const struct samples *table; /* the sampler's; NULL: it does not go on */
    const char (*names)[NODE_NAME_BYTES];
};

struct sample_live *sample_live_new(void)
{
    struct sample_live *l = bd_new(struct sample_live);
    atomic_init(&l->refs, 1);
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

struct sample_live *sample_live_ref(struct sample_live *l)
{
    atomic_fetch_add(&l->refs, 1);
    return l;
}

void sample_live_unref(struct sample_live *l)
{
    if (!l || atomic_fetch_sub(&l->refs, 1) > 1)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

void live_set(struct sample_live *l, const struct samples *table,
              const char (*names)[NODE_NAME_BYTES])
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->table = table;
    l->names = names;
    pthread_mutex_unlock(&l->lock);
}

void live_lock(struct sample_live *l)
{
    if (l)
        pthread_mutex_lock(&l->lock);
}

void live_unlock(struct sample_live *l)
{
    if (l)
        pthread_mutex_unlock(&l->lock);
}

/* False: it has none there. */
static bool read_column(const struct samples *t, size_t column, int64_t from_ns, int64_t to_ns,
                        bool with_points, struct live_series *series)
{
    size_t first = 0;
    while (first < t->n && t->at_ns[first] < from_ns)
        first++;
    if (with_points)
        series->points = bd_xcalloc(t->n - first + 1, sizeof(*series->points));
    for (size_t row = first; row < t->n && t->at_ns[row] < to_ns; row++) {
        double value = t->values[row * t->columns + column];
        if (isnan(value))
            continue;
        if (with_points)
            series->points[series->n] = (struct sample_point){t->at_ns[row], value};
        if (series->n++ == 0)
            series->from_ns = t->at_ns[row];
        series->to_ns = t->at_ns[row];
    }
    if (series->n)
        return true;
    free(bd_take(series->points));
    return false;
}

void sample_live_read(struct sample_live *l, enum sample_id metric, int64_t from_ns, int64_t to_ns,
                      struct live_series **ret_series, size_t *ret_n)
{
    struct live_series *all = NULL;
    size_t n = 0;
    pthread_mutex_lock(&l->lock);
    const struct samples *t = l->table;
    all = bd_xcalloc(t ? t->columns : 1, sizeof(*all));
    for (size_t column = 0; t && column < t->columns; column++) {
        struct live_series *series = &all[n];
        ptrdiff_t node = take_column_node(column);
        series->metric = take_column_metric(column);
        if (metric != SAMPLE_COUNT && metric != series->metric)
            continue;
        snprintf(series->node, sizeof(series->node), "%s", node < 0 ? "" : l->names[node]);
        n += read_column(t, column, from_ns, to_ns, metric != SAMPLE_COUNT, series);
    }
    pthread_mutex_unlock(&l->lock);
    *ret_series = all;
    *ret_n = n;
}

void live_series_free(struct live_series *series, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(series[i].points);
    free(series);
}
