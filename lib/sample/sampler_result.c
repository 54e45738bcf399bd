/* What a sampler saw: as series, and as blocks to be stored. */
#include "lib/sample/sampler_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t count_points(const struct samples *s, size_t column)
{
    size_t n = 0;
    for (size_t row = 0; row < s->n; row++)
        if (!isnan(s->values[row * s->columns + column]))
            n++;
    return n;
}

static void fill_points(const struct samples *s, size_t column, struct sample_point *points)
{
    for (size_t row = 0; row < s->n; row++) {
        double value = s->values[row * s->columns + column];
        if (!isnan(value))
            *points++ = (struct sample_point){s->at_ns[row], value};
    }
}

void samples_series(const struct samples *s, const char (*names)[NODE_NAME_BYTES],
                    struct sampler_result *result)
{
    result->series = bd_xcalloc(s->columns, sizeof(*result->series));
    for (size_t column = 0; column < s->columns; column++) {
        struct sample_series *series = &result->series[result->n_series];
        ptrdiff_t node = take_column_node(column);
        size_t n = count_points(s, column);
        if (n == 0)
            continue;
        series->metric = take_column_metric(column);
        snprintf(series->node, sizeof(series->node), "%s", node < 0 ? "" : names[node]);
        series->points = bd_xcalloc(n, sizeof(*series->points));
        series->n = n;
        fill_points(s, column, series->points);
        result->n_series++;
    }
}

void sampler_result_done(struct sampler_result *r)
{
    for (size_t i = 0; i < r->n_series; i++)
        free(r->series[i].points);
    free(r->series);
    free(r->daemons);
    *r = (struct sampler_result){0};
}

/* -------------------------------------------------------------------------------------- blocks */

static int encode_block(const struct sample_series *series, size_t from, struct sample_block *ret,
                        struct bd_err *err)
{
    size_t n = series->n - from < SAMPLE_BLOCK_POINTS ? series->n - from : SAMPLE_BLOCK_POINTS;
    struct sample_block block = {.from_ns = series->points[from].at_ns,
                                 .to_ns = series->points[from + n - 1].at_ns,
                                 .n = (uint32_t)n};
    snprintf(block.metric, sizeof(block.metric), "%s", sample_metrics[series->metric].name);
    memcpy(block.node, series->node, sizeof(block.node));
    int rc = sample_encode(series->points + from, n, &block.data, &block.bytes, err);
    if (rc == 0)
        *ret = block;
    return rc;
}

int sampler_blocks(const struct sampler_result *result, struct sample_block **ret_blocks,
                   size_t *ret_n, struct bd_err *err)
{
    size_t all = 0, n = 0;
    for (size_t i = 0; i < result->n_series; i++)
        all += (result->series[i].n + SAMPLE_BLOCK_POINTS - 1) / SAMPLE_BLOCK_POINTS;
    struct sample_block *blocks = bd_xcalloc(all, sizeof(*blocks));
    for (size_t i = 0; i < result->n_series; i++) {
        const struct sample_series *series = &result->series[i];
        for (size_t from = 0; from < series->n; from += SAMPLE_BLOCK_POINTS, n++) {
            int rc = encode_block(series, from, &blocks[n], err);
            if (rc < 0) {
                sample_blocks_free(blocks, n);
                bd_err_wrap(err, "samples of %s", sample_metrics[series->metric].name);
                return rc;
            }
        }
    }
    *ret_blocks = blocks;
    *ret_n = n;
    return 0;
}

void sample_blocks_free(struct sample_block *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(blocks[i].data);
    free(blocks);
}
