/*
 * How long the analysis of a campaign of 10,000 runs with 20 objectives each takes on one core,
 * from the database to the text of the reply. bench-analysis: a line a shape of the design,
 * {"cells":, "blocks":, "metrics":, "readMs":, "findMs":, "textMs":, "bytes":}.
 */
#include "lib/base/clock.h"
#include "lib/base/rng.h"
#include "lib/report/analysis_read.h"
#include "lib/store/run.h"
#include "tests/bench/rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define METRICS 20

static const struct shape {
    size_t policies, sizes, blocks;
} shapes[] = {{4, 5, 500}, {10, 10, 100}, {50, 20, 10}};

static json_t *spec_of(void)
{
    json_t *objectives = json_array();
    for (int k = 0; k < METRICS; k++)
        json_array_append_new(objectives,
                              json_pack("{s:o, s:s, s:f}", "metric", json_sprintf("metric_%d", k),
                                        "direction", k % 2 ? "max" : "min", "margin", 0.05));
    return json_pack("{s:o, s:{s:s, s:i}}", "objectives", objectives, "design", "order",
                     "randomised-blocks", "seed", 7);
}

static json_t *levels_of(const struct shape *s, size_t cell)
{
    return json_pack("{s:I, s:I}", "cluster.compute", (json_int_t)(cell % s->sizes),
                     "workload.policy", (json_int_t)(cell / s->sizes));
}

static json_t *metrics_of(const struct shape *s, size_t cell, struct bd_rng *rng)
{
    json_t *metrics = json_object();
    for (int k = 0; k < METRICS; k++) {
        double value = (10 + (double)(cell % s->sizes)) * exp(bd_rng_unit(rng) * 0.3);
        bd_auto_free char *name = bd_xasprintf("metric_%d", k);
        json_object_set_new(metrics, name,
                            json_pack("{s:f, s:s, s:s, s:i}", "value", value, "unit", "s", "kind",
                                      "cost", "n", 1000));
    }
    return metrics;
}

static int add_run(struct store_conn *c, const struct shape *s, size_t at, struct bd_rng *rng,
                   struct bd_err *err)
{
    size_t cells = s->policies * s->sizes, cell = at % cells;
    bd_auto_json json_t *metrics = metrics_of(s, cell, rng);
    bd_auto_json json_t *levels = levels_of(s, cell);
    bd_auto_json json_t *conditions =
        json_pack("{s:b, s:{s:b, s:i}}", "quiet", 1, "clock", "known", 1, "boundNs", 1000);
    bd_auto_json json_t *empty = json_array();
    struct store_run run = {.campaign = ROWS_CAMPAIGN,
                            .position = (unsigned)at + 1,
                            .cell = (unsigned)cell,
                            .block = (unsigned)(at / cells),
                            .attempt = 1,
                            .state = RUN_DONE,
                            .version = 1,
                            .created_ns = 1,
                            .started_ns = 1 + (int64_t)at,
                            .ended_ns = 1 + (int64_t)at,
                            .levels = levels,
                            .spec = levels,
                            .conditions = conditions,
                            .metrics = metrics,
                            .warnings = empty,
                            .graded = true};
    snprintf(run.id, sizeof(run.id), "%08x", (unsigned)at);
    return store_run_insert(c, &run, err);
}

static int fill(const char *path, const struct shape *s, struct bd_err *err)
{
    bd_auto(store_conn) struct store_conn *c = NULL;
    struct bd_rng rng;
    bd_rng_init(&rng, 1, 0);
    int rc = store_open(path, &c, err);
    if (rc == 0)
        rc = rows_insert_run(c, err);
    if (rc == 0)
        rc = store_begin(c, err);
    for (size_t i = 0; rc == 0 && i < s->policies * s->sizes * s->blocks; i++)
        rc = add_run(c, s, i, &rng, err);
    return rc == 0 ? store_commit(c, err) : rc;
}

static double cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return 1e3 * (double)used.tv_sec + (double)used.tv_nsec / BD_NS_PER_MS;
}

static double ms_since(int64_t begin)
{
    return (double)(bd_mono_ns() - begin) / BD_NS_PER_MS;
}

static int measure(const char *path, uint32_t which, struct bd_err *err)
{
    const struct shape *s = &shapes[which];
    bd_auto(store_conn) struct store_conn *c = NULL;
    bd_auto_json json_t *spec = spec_of();
    bd_auto_json json_t *levels = json_array();
    size_t cells = s->policies * s->sizes;
    for (size_t i = 0; i < cells; i++)
        json_array_append_new(levels, levels_of(s, i));
    struct analysis_campaign campaign = {.id = ROWS_CAMPAIGN,
                                         .state = "done",
                                         .at_end = true,
                                         .levels = levels,
                                         .blocks = s->blocks};
    analysis_design_of(spec, &campaign);
    int rc = fill(path, s, err);
    if (rc == 0)
        rc = store_open_reader(path, &c, err);
    if (rc < 0)
        return rc;
    int64_t begin = bd_mono_ns();
    double cpu = cpu_ms();
    bd_auto(analysis) struct analysis *a = analysis_new(&campaign);
    rc = analysis_read(a, c, err);
    if (rc < 0)
        return rc;
    double read = ms_since(begin);
    begin = bd_mono_ns();
    bd_auto_json json_t *json = analysis_json(a);
    double find = ms_since(begin);
    begin = bd_mono_ns();
    bd_auto_free char *text = bd_json_text(json);
    double write = ms_since(begin);
    printf("{\"cells\": %zu, \"blocks\": %zu, \"metrics\": %d, \"readMs\": %.1f, \"findMs\": %.1f, "
           "\"textMs\": %.1f, \"cpuMs\": %.1f, \"bytes\": %zu}\n",
           cells, s->blocks, METRICS, read, find, write, cpu_ms() - cpu, strlen(text));
    return 0;
}

int main(void)
{
    struct bd_err err = BD_ERR_INIT;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < BD_ARRAY_LEN(shapes); i++)
        rc = rows_in_own(measure, i, &err);
    if (rc < 0)
        fprintf(stderr, "bench-analysis: %s\n", err.text);
    return rc < 0;
}
