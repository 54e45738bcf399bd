/* What an analysis is of: its metrics, and the runs that are added. */
#include "lib/report/analysis_priv.h"

#include <string.h>

/* -- design -- */

void analysis_design_of(const json_t *spec, struct analysis_campaign *campaign)
{
    const json_t *design = json_object_get(spec, "design");
    const json_t *workload = json_object_get(spec, "workload");
    const json_t *repetitions = json_object_get(design, "repetitions");
    const json_t *until = json_object_get(repetitions, "until");
    campaign->factors = json_object_get(spec, "factors");
    campaign->objectives = json_object_get(spec, "objectives");
    campaign->left_out = json_array_size(json_object_get(spec, "exclude")) > 0;
    campaign->adaptive = json_array_size(json_object_get(spec, "added")) > 0;
    campaign->order = bd_json_str(design, "order", "randomised-blocks");
    campaign->seed = (uint64_t)bd_json_int(design, "seed", 1);
    campaign->trace = bd_str_eq(bd_json_str(workload, "name", ""), "swf");
    campaign->fixed_seed = campaign->trace || bd_str_eq(bd_json_str(workload, "seed", ""), "fixed");
    /* Where all runs are shuffled as one, only a common stream keeps those of a block together. */
    bool streams = bd_str_eq(bd_json_str(workload, "name", ""), "jobstream");
    campaign->paired =
        !bd_str_eq(campaign->order, "randomised") || (streams && !campaign->fixed_seed);
    campaign->until_metric = bd_json_str(until, "metric", NULL);
    if (!campaign->until_metric)
        return;
    campaign->until = (struct stats_until){
        .min = (size_t)bd_json_int(repetitions, "min", 1),
        .max = (size_t)bd_json_int(repetitions, "max", 1),
        .every = (size_t)bd_json_int(until, "every", 1),
        .confidence = bd_json_real(until, "confidence", STATS_CONFIDENCE),
        .relative_half_width = bd_json_real(until, "relativeHalfWidth", 0),
    };
    stats_until_init(&campaign->until);
}

size_t analysis_planned_blocks(const struct analysis *a)
{
    const struct analysis_campaign *c = a->campaign;
    if (!c->until_metric)
        return a->n_blocks;
    return a->blocks_seen > c->until.min ? a->blocks_seen : c->until.min;
}

double analysis_confidence(const struct analysis *a)
{
    const struct analysis_campaign *c = a->campaign;
    if (c->confidence > 0)
        return c->confidence;
    return c->until_metric ? c->until.confidence : STATS_CONFIDENCE;
}

double analysis_interval_confidence(const struct analysis *a)
{
    struct stats_until until = a->campaign->until;
    if (a->campaign->interval_confidence > 0)
        return a->campaign->interval_confidence;
    until.confidence = analysis_confidence(a);
    if (!a->campaign->until_metric)
        return until.confidence;
    stats_until_init(&until);
    return stats_until_confidence(&until, analysis_planned_blocks(a));
}

/* -- of what -- */

static struct analysed_metric *metric_of(struct analysis *a, const char *name)
{
    for (size_t i = 0; i < a->n_metrics; i++)
        if (strcmp(a->metrics[i].name, name) == 0)
            return &a->metrics[i];
    return NULL;
}

/* NULL: there are so many that this one has no room. */
static struct analysed_metric *add_metric(struct analysis *a, const char *name)
{
    struct analysed_metric *m = metric_of(a, name);
    if (m || a->n_metrics == ANALYSIS_METRICS_MAX)
        return m;
    size_t n = a->n_cells * a->n_blocks;
    m = &a->metrics[a->n_metrics++];
    *m = (struct analysed_metric){.name = bd_xstrdup(name), .margin = NAN};
    m->values = bd_xcalloc(n + 1, sizeof(double));
    for (size_t i = 0; i < n; i++)
        m->values[i] = NAN;
    return m;
}

/* Objectives are looked at even where others are asked for: the family of tests that they are is
 * no smaller for that. */
static void select_metrics(struct analysis *a)
{
    const json_t *objective;
    const struct bd_strv *wanted = a->campaign->metrics;
    bool by_name = wanted && wanted->n > 0;
    size_t i;
    json_array_foreach (a->campaign->objectives, i, objective) {
        struct analysed_metric *m = add_metric(a, bd_json_str(objective, "metric", ""));
        if (!m)
            break;
        m->better = strcmp(bd_json_str(objective, "direction", ""), "max") == 0 ? 1 : -1;
        m->margin = bd_json_real(objective, "margin", NAN);
        m->objective = true;
        m->wanted = !by_name;
    }
    for (i = 0; by_name && i < wanted->n; i++) {
        struct analysed_metric *m = add_metric(a, wanted->items[i]);
        if (m)
            m->wanted = true;
    }
    a->selected = a->n_metrics > 0;
    if (a->campaign->until_metric) /* is looked at, whether it is told or not */
        add_metric(a, a->campaign->until_metric);
}

struct analysis *analysis_new(const struct analysis_campaign *campaign)
{
    struct analysis *a = bd_new(struct analysis);
    a->hosts = json_object();
    a->profiles = json_object();
    a->campaign = campaign;
    a->n_cells = json_array_size(campaign->levels);
    a->n_blocks = campaign->blocks - campaign->warmup;
    a->cells = bd_xcalloc(a->n_cells, sizeof(*a->cells));
    a->failed = bd_xcalloc(a->n_cells, sizeof(*a->failed));
    a->names = bd_xcalloc(a->n_cells, sizeof(*a->names));
    a->order = bd_xcalloc(a->n_cells * a->n_blocks + 1, sizeof(*a->order));
    a->clock_bound = a->lateness = a->bound_ratio = NAN;
    for (size_t i = 0; i < a->n_cells; i++) {
        a->names[i] = analysis_cell_name(json_array_get(campaign->levels, i));
        a->cells[i].name = a->names[i];
    }
    analysis_find_factors(a);
    select_metrics(a);
    return a;
}

void analysis_free(struct analysis *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->n_cells; i++)
        free(a->names[i]);
    for (size_t i = 0; i < a->n_metrics; i++) {
        free(a->metrics[i].name);
        free(a->metrics[i].unit);
        free(a->metrics[i].mixed);
        free(a->metrics[i].values);
    }
    for (size_t i = 0; i < a->n_conditions; i++) {
        free((char *)a->conditions[i].what);
        free((char *)a->conditions[i].was);
        free((char *)a->conditions[i].run);
    }
    for (size_t i = 0; i < a->n_excluded; i++) {
        free(a->excluded[i].run);
        free(a->excluded[i].reason);
    }
    analysis_factors_done(a);
    free(a->excluded);
    free(a->conditions);
    free(a->names);
    free(a->cells);
    free(a->failed);
    free(a->order);
    free(a->limited_why);
    free(a->left_out_why);
    free(a->failed_why);
    json_decref(a->hosts);
    json_decref(a->profiles);
    free(a);
}

/* -- runs -- */

static void add_condition(struct analysis *a, char *what, const char *was,
                          const struct analysis_run *run)
{
    for (size_t i = 0; i < a->n_conditions; i++) {
        if (strcmp(a->conditions[i].what, what) == 0 && strcmp(a->conditions[i].was, was) == 0) {
            free(what);
            return;
        }
    }
    a->conditions =
        bd_xrealloc(a->conditions, (a->n_conditions + 1) * sizeof(struct verdict_condition));
    a->conditions[a->n_conditions++] =
        (struct verdict_condition){.what = what,
                                   .was = bd_xstrdup(was),
                                   .cell = a->names[run->cell],
                                   .run = run->id ? bd_xstrdup(run->id) : NULL};
}

/* An image that differs may have another scheduler in it: only within one image is that a fault. */
static void add_conditions(struct analysis *a, const struct analysis_run *run)
{
    if (run->image && run->digest)
        add_condition(a, bd_xasprintf("image %s", run->image), run->digest, run);
    if (run->scheduler && run->version)
        add_condition(a,
                      bd_xasprintf("the version of %s in image %s", run->scheduler,
                                   run->image ? run->image : "?"),
                      run->version, run);
    a->documented += run->image && run->digest && (!run->scheduler || run->version);
}

static void add_profile(struct analysis *a, const struct analysis_run *run)
{
    const json_t *profile = json_object_get(run->conditions, "profile");
    const char *name = bd_json_str(profile, "name", NULL);
    const char *policy = bd_json_str(profile, "policy", NULL);
    const char *under = bd_json_str(profile, "under", NULL);
    bd_auto_str struct bd_str words = {0};
    if (!name)
        return;
    bd_str_add(&words, name);
    if (policy)
        bd_str_addf(&words, " (%s)", policy);
    if (under)
        bd_str_addf(&words, " under %s", under);
    const char *text = words.data;
    json_object_set_new(a->profiles, text, json_integer(bd_json_int(a->profiles, text, 0) + 1));
}

static void add_host(struct analysis *a, const struct analysis_run *run)
{
    const char *digest = bd_json_str(run->conditions, "host", NULL);
    if (digest)
        json_object_set_new(a->hosts, digest, json_integer(bd_json_int(a->hosts, digest, 0) + 1));
}

static void keep_worst(double *worst, double value)
{
    if (isnan(*worst) || value > *worst)
        *worst = value;
}

/* How well the instrument knew what it measured. */
static void add_instrument(struct analysis *a, const struct analysis_run *run)
{
    const json_t *clock = json_object_get(run->conditions, "clock");
    const json_t *driver = json_object_get(run->conditions, "driver");
    if (bd_json_bool(clock, "known", 0)) {
        a->clocked++;
        keep_worst(&a->clock_bound, bd_json_real(clock, "boundNs", 0) / 1e9);
    }
    if (json_is_object(driver))
        keep_worst(&a->lateness, bd_json_real(driver, "lateness", 0));
}

static void add_value(struct analysis *a, const struct analysis_run *run, const char *name,
                      const struct analysis_column *column, double value)
{
    struct analysed_metric *m = a->selected ? metric_of(a, name) : add_metric(a, name);
    if (!m)
        return;
    if (!m->unit) {
        m->unit = bd_xstrdup(column->unit);
        m->kind = column->kind;
    }
    if (!m->mixed && (strcmp(m->unit, column->unit) != 0 || m->kind != column->kind))
        m->mixed = bd_xasprintf("%s (%s)", column->unit, stats_kind_to_str(column->kind));
    m->values[run->cell * a->n_blocks + run->block - a->campaign->warmup] = value;
}

static void add_values(struct analysis *a, const struct analysis_run *run)
{
    const struct analysis_campaign *c = a->campaign;
    for (size_t i = 0; run->values && i < c->n_columns; i++)
        if (!isnan(run->values[i]))
            add_value(a, run, c->columns[i].name, &c->columns[i], run->values[i]);
    for (size_t i = 0; run->figures && i < run->figures->n; i++) {
        const struct run_figure *figure = &run->figures->items[i];
        struct analysis_column column = {.unit = figure->unit};
        if (stats_kind_from_str(figure->kind, &column.kind) == 0)
            add_value(a, run, figure->name, &column, figure->value);
        if (strcmp(figure->name, "makespan_ratio") == 0 && !isnan(figure->value))
            keep_worst(&a->bound_ratio, figure->value);
    }
}

/* "in run 1f2e3d4c (sched/backfill, block 3): the host was not quiet"; of the first such run. */
static void note_why(const struct analysis *a, const struct analysis_run *run, const char *reason,
                     char **why)
{
    if (!*why)
        *why = bd_xasprintf("in %s%s (%s, block %zu): %s", run->id ? "run " : "a run",
                            run->id ? run->id : "", a->names[run->cell], run->block, reason);
}

static const char *grade_reason(const struct analysis_run *run)
{
    const char *reason = json_string_value(json_array_get(run->reasons, 0));
    return reason ? reason : "for a reason not told";
}

static void exclude(struct analysis *a, const struct analysis_run *run, const char *reason)
{
    if (a->n_excluded == ANALYSIS_EXCLUSIONS_MAX) {
        a->excluded_untold++;
        return;
    }
    a->excluded = bd_xrealloc(a->excluded, (a->n_excluded + 1) * sizeof(*a->excluded));
    a->excluded[a->n_excluded++] =
        (struct excluded_run){.run = run->id ? bd_xstrdup(run->id) : NULL,
                              .cell = run->cell,
                              .block = run->block,
                              .failed = run->outcome == ANALYSIS_FAILED,
                              .reason = bd_xstrdup(reason)};
}

static void count_run(struct analysis *a, const struct analysis_run *run)
{
    struct verdict_cell *cell = &a->cells[run->cell];
    cell->counted++;
    cell->oversubscribed += run->oversubscribed;
    if (run->grade == GRADE_LIMITED) {
        cell->limited++;
        note_why(a, run, grade_reason(run), &a->limited_why);
    }
    a->order[run->cell * a->n_blocks + run->block - a->campaign->warmup] = run->order;
    add_conditions(a, run);
    add_host(a, run);
    add_profile(a, run);
    add_instrument(a, run);
    add_values(a, run);
}

void analysis_add(struct analysis *a, const struct analysis_run *run)
{
    size_t warmup = a->campaign->warmup;
    if (run->cell >= a->n_cells || run->block < warmup || run->block >= a->campaign->blocks)
        return;
    if (run->outcome != ANALYSIS_CANCELLED && run->block - warmup >= a->blocks_seen)
        a->blocks_seen = run->block - warmup + 1;
    if (run->outcome == ANALYSIS_CANCELLED) {
        a->cancelled++;
    } else if (run->outcome == ANALYSIS_FAILED) {
        const char *error = run->error ? run->error : "for a reason not told";
        a->failed[run->cell]++;
        note_why(a, run, error, &a->failed_why);
        exclude(a, run, error);
    } else if (run->grade == GRADE_INVALID) {
        a->cells[run->cell].left_out++;
        note_why(a, run, grade_reason(run), &a->left_out_why);
        exclude(a, run, grade_reason(run));
    } else {
        count_run(a, run);
    }
}

/* -- questions -- */

const struct analysed_metric *analysis_metric(const struct analysis *a, const char *name)
{
    return metric_of((struct analysis *)a, name);
}

size_t analysis_count(const struct analysis *a, const struct analysed_metric *m, size_t cell)
{
    size_t n = 0;
    for (size_t b = 0; b < a->n_blocks; b++)
        n += isnan(analysis_values(a, m, cell)[b]) ? 0 : 1;
    return n;
}

bool analysis_is_shown(const struct analysis *a, const struct analysed_metric *m)
{
    if (!m->unit || (a->selected && !m->wanted))
        return false;
    for (size_t i = 0; !a->selected && i < a->n_cells; i++)
        if (analysis_count(a, m, i) == 0)
            return false;
    return true;
}

bool analysis_above_0(const struct analysis *a, const struct analysed_metric *m)
{
    for (size_t i = 0; i < a->n_cells * a->n_blocks; i++)
        if (m->values[i] <= 0)
            return false;
    return true;
}
