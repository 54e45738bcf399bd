/*
 * JUnit XML: a suite for each cell, in it a case for each condition of `failIf` that is about the
 * cell, and one for each of its runs. What counts and what they measured is noted in a first pass:
 * a suite begins with its sums. Runs that went well need not be read again.
 */
#include "lib/report/export_priv.h"

#include "lib/base/clock.h"
#include "lib/base/xml.h"
#include "lib/report/analysis_priv.h"
#include "lib/stats/stats.h"

#include <math.h>
#include <string.h>

#define CONDITIONS_MAX 20 /* the contract's bound */

enum outcome { PASSED, FAILED, ERRED, SKIPPED, OUTCOME_COUNT };

static const char *const elements[OUTCOME_COUNT] = {
    [FAILED] = "failure", [ERRED] = "error", [SKIPPED] = "skipped"};

struct noted_run {
    enum outcome outcome;
    bool counted;
    int64_t ns; /* that it took */
};

struct condition {
    const json_t *levels; /* of the cells that it is about; NULL: of all */
    const char *metric, *statistic;
    bool is_above;
    double limit;
    char *unit;     /* of the metric; NULL until a run has it */
    bool mixed;     /* another run has it in another unit */
    double *values; /* of each run; NAN: none that counts */
};

struct suites {
    const struct export_campaign *c;
    struct export_out *out;
    struct condition conditions[CONDITIONS_MAX];
    size_t n_conditions;
    struct noted_run *runs;
    uint32_t *by_cell; /* numbers of runs, those of a cell together */
    size_t *first;     /* of each cell in it, and the end */
    char *cell_name;   /* of the suite under way */
};

struct sums {
    size_t n[OUTCOME_COUNT];
    int64_t ns;
};

/* -- what is known -- */

static size_t cell_of(const struct suites *s, size_t run)
{
    return plan_run_at(s->c->plan, s->c->heads[run].position).cell;
}

static bool is_tried_again(const struct suites *s, size_t run)
{
    return run + 1 < s->c->n && s->c->heads[run + 1].position == s->c->heads[run].position;
}

static void read_conditions(struct suites *s)
{
    const json_t *list = json_object_get(s->c->row.spec, "failIf");
    for (size_t i = 0; i < json_array_size(list) && i < CONDITIONS_MAX; i++) {
        const json_t *item = json_array_get(list, i);
        struct condition *c = &s->conditions[s->n_conditions++];
        *c = (struct condition){
            .levels = json_object_get(item, "of"),
            .metric = bd_json_str(item, "metric", ""),
            .statistic = bd_json_str(item, "statistic", "median"),
            .is_above = json_object_get(item, "above") != NULL,
            .values = bd_xcalloc(s->c->n + 1, sizeof(double)),
        };
        c->limit = bd_json_real(item, c->is_above ? "above" : "below", 0);
    }
}

static void note_value(struct condition *c, const struct store_run *run, size_t index)
{
    const json_t *value = json_object_get(run->metrics, c->metric);
    const char *unit = bd_json_str(value, "unit", "");
    c->values[index] = NAN;
    if (!value || !export_is_counted(run))
        return;
    c->values[index] = bd_json_real(value, "value", NAN);
    c->mixed = c->mixed || (c->unit && strcmp(c->unit, unit) != 0);
    if (!c->unit)
        c->unit = bd_xstrdup(unit);
}

static int note_run(const struct store_run *run, size_t index, void *arg,
                    struct bd_err *err BD_UNUSED)
{
    struct suites *s = arg;
    struct noted_run *noted = &s->runs[index];
    bool for_good = run->state == RUN_FAILED && !is_tried_again(s, index);
    noted->counted = export_is_counted(run);
    noted->outcome = noted->counted ? PASSED : for_good ? ERRED : SKIPPED;
    noted->ns = run->started_ns && run->ended_ns ? run->ended_ns - run->started_ns : 0;
    for (size_t i = 0; i < s->n_conditions; i++)
        note_value(&s->conditions[i], run, index);
    return 0;
}

static void group_by_cell(struct suites *s)
{
    size_t cells = plan_cells(s->c->plan);
    bd_auto_free size_t *next = bd_xcalloc(cells + 1, sizeof(*next));
    s->first = bd_xcalloc(cells + 2, sizeof(*s->first));
    s->by_cell = bd_xcalloc(s->c->n + 1, sizeof(*s->by_cell));
    for (size_t i = 0; i < s->c->n; i++)
        s->first[cell_of(s, i) + 1]++;
    for (size_t cell = 0; cell < cells; cell++) {
        s->first[cell + 1] += s->first[cell];
        next[cell] = s->first[cell];
    }
    for (size_t i = 0; i < s->c->n; i++)
        s->by_cell[next[cell_of(s, i)]++] = (uint32_t)i;
}

static void suites_done(struct suites *s)
{
    for (size_t i = 0; i < s->n_conditions; i++) {
        free(s->conditions[i].unit);
        free(s->conditions[i].values);
    }
    free(s->runs);
    free(s->by_cell);
    free(s->first);
    free(s->cell_name);
}

/* -- conditions -- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Its values in a cell, sorted; the caller's. */
static double *values_in(const struct suites *s, const struct condition *c, size_t cell,
                         size_t *ret_n)
{
    size_t n = 0, from = s->first[cell], to = s->first[cell + 1];
    double *values = bd_xcalloc(to - from + 1, sizeof(*values));
    for (size_t i = from; i < to; i++)
        if (!isnan(c->values[s->by_cell[i]]))
            values[n++] = c->values[s->by_cell[i]];
    qsort(values, n, sizeof(*values), by_size);
    *ret_n = n;
    return values;
}

static void add_figure(struct bd_str *out, double value, const char *unit)
{
    export_add_real(out, value);
    bd_str_addf(out, "%s%s", *unit ? " " : "", unit);
}

static enum outcome judge(const struct suites *s, const struct condition *c, size_t cell,
                          struct bd_str *words)
{
    size_t n;
    bd_auto_free double *values = values_in(s, c, cell, &n);
    if (n == 0 || c->mixed) {
        bd_str_addf(words,
                    c->mixed ? "%s was measured in more than one unit: there is no figure of it"
                             : "no run of this cell that counts has %s",
                    c->metric);
        if (!campaign_state_is_final(s->c->row.state))
            bd_str_addf(words, "; the campaign is %s", campaign_state_to_str(s->c->row.state));
        return ERRED;
    }
    double figure = bd_str_eq(c->statistic, "min")   ? values[0]
                    : bd_str_eq(c->statistic, "max") ? values[n - 1]
                                                     : stats_quantile(values, n, 0.5);
    bool fails = c->is_above ? figure > c->limit : figure < c->limit;
    bd_str_addf(words, "the %s of %s is ", c->statistic, c->metric);
    add_figure(words, figure, c->unit);
    bd_str_add(words, c->is_above ? ", above " : ", below ");
    add_figure(words, c->limit, c->unit);
    bd_str_addf(words, " (%zu run%s, ", n, n == 1 ? "" : "s");
    add_figure(words, values[0], "");
    bd_str_add(words, " to ");
    add_figure(words, values[n - 1], c->unit);
    bd_str_add(words, ")");
    return fails ? FAILED : PASSED;
}

static bool is_about(const struct suites *s, const struct condition *c, size_t cell)
{
    return !c->levels || plan_cell_has(s->c->plan, cell, c->levels);
}

/* -- elements -- */

static void add_attribute(struct bd_str *out, const char *name, const char *value)
{
    bd_str_addf(out, " %s=\"", name);
    bd_xml_escape(out, value);
    bd_str_add(out, "\"");
}

static void add_seconds(struct bd_str *out, int64_t ns)
{
    bd_str_addf(out, " time=\"%.3f\"", (double)ns / (double)BD_NS_PER_S);
}

static void add_sums(struct bd_str *out, const struct sums *sums)
{
    size_t all = 0;
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        all += sums->n[i];
    bd_str_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", all,
                sums->n[FAILED], sums->n[ERRED], sums->n[SKIPPED]);
    add_seconds(out, sums->ns);
}

static void add_case(const struct suites *s, const char *name, int64_t ns, enum outcome outcome,
                     const char *type, const char *words)
{
    struct bd_str *out = &s->out->text;
    bd_auto_free char *class = bd_xasprintf("%s.%s", s->c->row.name, s->cell_name);
    bd_str_add(out, "    <testcase");
    add_attribute(out, "classname", class);
    add_attribute(out, "name", name);
    add_seconds(out, ns);
    if (outcome == PASSED) {
        bd_str_add(out, "/>\n");
        return;
    }
    bd_str_addf(out, "><%s", elements[outcome]);
    if (outcome != SKIPPED)
        add_attribute(out, "type", type);
    add_attribute(out, "message", words);
    bd_str_add(out, "/></testcase>\n");
}

static void add_condition(const struct suites *s, const struct condition *c, size_t cell)
{
    bd_auto_str struct bd_str words = {0}, name = {0};
    enum outcome outcome = judge(s, c, cell, &words);
    bd_str_addf(&name, "the %s of %s is not %s ", c->statistic, c->metric,
                c->is_above ? "above" : "below");
    export_add_real(&name, c->limit);
    add_case(s, bd_str_text(&name), 0, outcome, "failIf", bd_str_text(&words));
}

/* Why a run does not count. */
static char *words_of(const struct suites *s, const struct store_run *run, size_t index)
{
    const char *reason = export_reason(run);
    reason = reason ? reason : "no reason is known";
    if (run->state == RUN_FAILED)
        return bd_xasprintf("%s%s", is_tried_again(s, index) ? "it was tried again: " : "", reason);
    if (run->state != RUN_DONE)
        return bd_xasprintf("it is %s", run_state_to_str(run->state));
    return run->warmup ? bd_xstrdup("it is of a warm-up block")
                       : bd_xasprintf("invalid: %s", reason);
}

static int add_run(const struct suites *s, size_t index, struct bd_err *err)
{
    const struct store_run_head *head = &s->c->heads[index];
    struct plan_run planned = plan_run_at(s->c->plan, head->position);
    const struct noted_run *noted = &s->runs[index];
    bd_auto_free char *name =
        bd_xasprintf("run %s: block %u, attempt %u", head->id, planned.block, head->attempt);
    if (noted->outcome == PASSED) {
        add_case(s, name, noted->ns, PASSED, NULL, NULL);
        return export_spill(s->out, err);
    }
    struct store_run run = {0};
    int rc = store_run_get(s->c->conn, head->id, &run, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *words = words_of(s, &run, index);
    add_case(s, name, noted->ns, noted->outcome, bd_json_str(run.error, "type", "run"), words);
    store_run_done(&run);
    return export_spill(s->out, err);
}

/* -- suites -- */

static void sum_up(const struct suites *s, size_t cell, struct sums *sums)
{
    for (size_t i = 0; i < s->n_conditions; i++) {
        bd_auto_str struct bd_str words = {0};
        if (is_about(s, &s->conditions[i], cell))
            sums->n[judge(s, &s->conditions[i], cell, &words)]++;
    }
    for (size_t i = s->first[cell]; i < s->first[cell + 1]; i++) {
        const struct noted_run *noted = &s->runs[s->by_cell[i]];
        sums->n[noted->outcome]++;
        sums->ns += noted->ns;
    }
}

static void add_property(struct bd_str *out, const char *name, const char *value)
{
    bd_str_add(out, "      <property");
    add_attribute(out, "name", name);
    add_attribute(out, "value", value);
    bd_str_add(out, "/>\n");
}

static void add_properties(const struct suites *s, const json_t *levels)
{
    struct bd_str *out = &s->out->text;
    const char *path;
    json_t *level;
    bd_str_add(out, "    <properties>\n");
    add_property(out, "schema", EXPORT_SCHEMA);
    add_property(out, "campaign", s->c->row.id);
    add_property(out, "state", campaign_state_to_str(s->c->row.state));
    json_object_foreach ((json_t *)levels, path, level) {
        bd_auto_free char *word = export_word(level);
        add_property(out, path, word);
    }
    bd_str_add(out, "    </properties>\n");
}

static void begin_suite(struct suites *s, size_t cell)
{
    struct bd_str *out = &s->out->text;
    struct sums sums = {0};
    bd_auto_json json_t *levels = plan_cell_levels(s->c->plan, cell);
    int64_t began = s->c->row.started_ns ? s->c->row.started_ns : s->c->row.created_ns;
    char at[BD_RFC3339_BYTES];
    free(s->cell_name);
    s->cell_name = analysis_cell_name(levels);
    sum_up(s, cell, &sums);
    bd_str_addf(out, "  <testsuite id=\"%zu\"", cell);
    add_attribute(out, "name", s->cell_name);
    /* The form has neither fractions nor a zone. */
    bd_str_addf(out, " timestamp=\"%.19s\"", bd_rfc3339(began, at));
    add_sums(out, &sums);
    bd_str_add(out, ">\n");
    add_properties(s, levels);
}

static int add_suite(struct suites *s, size_t cell, struct bd_err *err)
{
    int rc = 0;
    begin_suite(s, cell);
    for (size_t i = 0; i < s->n_conditions; i++)
        if (is_about(s, &s->conditions[i], cell))
            add_condition(s, &s->conditions[i], cell);
    for (size_t i = s->first[cell]; rc == 0 && i < s->first[cell + 1]; i++)
        rc = add_run(s, s->by_cell[i], err);
    bd_str_add(&s->out->text, "  </testsuite>\n");
    return rc < 0 ? rc : export_spill(s->out, err);
}

static int add_suites(struct suites *s, struct bd_err *err)
{
    struct bd_str *out = &s->out->text;
    size_t cells = plan_cells(s->c->plan);
    struct sums sums = {0};
    int rc = 0;
    for (size_t cell = 0; cell < cells; cell++)
        sum_up(s, cell, &sums);
    bd_str_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    add_attribute(out, "name", s->c->row.name);
    add_sums(out, &sums);
    bd_str_add(out, ">\n");
    for (size_t cell = 0; rc == 0 && cell < cells; cell++)
        rc = add_suite(s, cell, err);
    bd_str_add(out, "</testsuites>\n");
    return rc;
}

int export_campaign_junit(struct store_conn *conn, const char *id, struct export_out *out,
                          struct bd_err *err)
{
    export_auto_campaign struct export_campaign c = {0};
    int rc = export_campaign_read(conn, id, &c, err);
    if (rc < 0)
        return rc;
    struct suites s = {.c = &c, .out = out, .runs = bd_xcalloc(c.n + 1, sizeof(*s.runs))};
    read_conditions(&s);
    rc = export_each_run(&c, note_run, &s, err);
    if (rc == 0) {
        group_by_cell(&s);
        rc = add_suites(&s, err);
    }
    suites_done(&s);
    return rc;
}
