/*
 * OpenMetrics text, version 1.0: a family for each metric, in it a gauge for each run that is done.
 * All of a family stands together, so that the values of all runs are held.
 */
#include "lib/report/export_priv.h"

#include "lib/base/clock.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define PREFIX "benchd_run_"

struct families {
    const struct export_campaign *c;
    const struct export_metrics *metrics;
    struct export_out *out;
    struct bd_strv level_names; /* of the paths that vary, as labels */
    struct bd_strv names;       /* of the families so far */
    char **labels;              /* of each run; NULL: it is not done */
    int64_t *ended_ns;
    double *values; /* [run][metric]; NAN: none */
};

/* -- names -- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void add_name(struct bd_str *out, const char *text)
{
    for (; *text; text++)
        bd_str_addn(out, is_word(*text) ? text : "_", 1);
}

/* What OpenMetrics calls a unit; the caller's. */
static char *unit_name(const char *unit)
{
    static const char *const known[][2] = {
        {"s", "seconds"}, {"1", ""}, {"1/s", "per_second"}, {"B", "bytes"}, {"%", "percent"}};
    struct bd_str out = {0};
    for (size_t i = 0; i < BD_ARRAY_LEN(known); i++)
        if (strcmp(known[i][0], unit) == 0)
            return bd_xstrdup(known[i][1]);
    for (const char *slash; (slash = strchr(unit, '/')); unit = slash + 1) {
        bd_auto_free char *part = bd_xstrndup(unit, (size_t)(slash - unit));
        add_name(&out, part);
        bd_str_add(&out, "_per_");
    }
    add_name(&out, unit);
    return bd_str_take(&out);
}

/* One that is not among the names yet, and becomes one of them. The unit stays its end. */
static const char *add_unique(struct bd_strv *names, const char *name, const char *unit)
{
    for (unsigned k = 1;; k++) {
        bd_auto_str struct bd_str out = {0};
        bd_str_add(&out, name);
        if (k > 1)
            bd_str_addf(&out, "_%u", k);
        bd_str_addf(&out, "%s%s", *unit ? "_" : "", unit);
        if (bd_strv_has(names, bd_str_text(&out)))
            continue;
        bd_strv_add(names, bd_str_text(&out));
        return names->items[names->n - 1];
    }
}

/* -- parts of a line -- */

static void add_escaped(struct bd_str *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            bd_str_add(out, "\\n");
        else
            bd_str_addf(out, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
    }
}

static void add_label(struct bd_str *out, const char *name, const char *value)
{
    bd_str_addf(out, "%s%s=\"", out->len ? "," : "", name);
    add_escaped(out, value);
    bd_str_add(out, "\"");
}

static void add_family(struct bd_str *out, const char *name, const char *type, const char *unit,
                       const char *help)
{
    bd_str_addf(out, "# TYPE %s %s\n", name, type);
    if (*unit)
        bd_str_addf(out, "# UNIT %s %s\n", name, unit);
    bd_str_addf(out, "# HELP %s ", name);
    add_escaped(out, help);
    bd_str_add(out, "\n");
}

/* -- runs -- */

static char *labels_of(const struct families *f, const struct store_run *run)
{
    struct bd_str out = {0};
    add_label(&out, "run", run->id);
    bd_str_addf(&out, ",cell=\"%u\",block=\"%u\",warmup=\"%s\",grade=\"%s\"", run->cell, run->block,
                run->warmup ? "true" : "false", run->graded ? run_grade_to_str(run->grade) : "");
    for (size_t i = 0; i < f->c->paths.n; i++) {
        bd_auto_free char *word = export_word(export_level(run, f->c->paths.items[i]));
        add_label(&out, f->level_names.items[i], word);
    }
    return bd_str_take(&out);
}

static int note_run(const struct store_run *run, size_t index, void *arg,
                    struct bd_err *err BD_UNUSED)
{
    struct families *f = arg;
    if (run->state == RUN_DONE)
        f->labels[index] = labels_of(f, run);
    f->ended_ns[index] = run->ended_ns;
    for (size_t i = 0; i < f->metrics->n; i++) {
        const json_t *value = export_metric_of(run, &f->metrics->items[i]);
        f->values[index * f->metrics->n + i] = value ? bd_json_real(value, "value", NAN) : NAN;
    }
    return 0;
}

static int note_runs(struct families *f, struct bd_err *err)
{
    for (size_t i = 0; i < f->c->paths.n; i++) {
        bd_auto_str struct bd_str name = {0};
        add_name(&name, f->c->paths.items[i]);
        add_unique(&f->level_names, bd_str_text(&name), "");
    }
    f->labels = bd_xcalloc(f->c->n + 1, sizeof(*f->labels));
    f->ended_ns = bd_xcalloc(f->c->n + 1, sizeof(*f->ended_ns));
    f->values = bd_xcalloc(f->c->n * f->metrics->n + 1, sizeof(*f->values));
    return export_each_run(f->c, note_run, f, err);
}

static void families_done(struct families *f)
{
    for (size_t i = 0; f->labels && i < f->c->n; i++)
        free(f->labels[i]);
    free(f->labels);
    free(f->ended_ns);
    free(f->values);
    bd_strv_done(&f->level_names);
    bd_strv_done(&f->names);
}

/* -- families -- */

static void add_campaign(struct families *f)
{
    struct bd_str *out = &f->out->text;
    bd_auto_str struct bd_str labels = {0};
    size_t n[RUN_STATE_COUNT] = {0};
    add_label(&labels, "campaign", f->c->row.id);
    add_label(&labels, "name", f->c->row.name);
    add_label(&labels, "state", campaign_state_to_str(f->c->row.state));
    add_label(&labels, "schema", EXPORT_SCHEMA);
    add_family(out, "benchd_campaign", "info", "", "The campaign whose runs these are.");
    bd_str_addf(out, "benchd_campaign_info{%s} 1\n", bd_str_text(&labels));
    add_family(out, "benchd_campaign_runs", "gauge", "",
               "Runs that there are so far, each try counted, by state.");
    for (size_t i = 0; i < f->c->n; i++)
        n[f->c->heads[i].state]++;
    for (int i = 0; i < RUN_STATE_COUNT; i++)
        if (n[i])
            bd_str_addf(out, "benchd_campaign_runs{state=\"%s\"} %zu\n",
                        run_state_to_str((enum run_state)i), n[i]);
}

static int add_metric(struct families *f, size_t number, struct bd_err *err)
{
    const struct export_metric *m = &f->metrics->items[number];
    const struct metric *known = metric_find(m->name);
    struct bd_str *out = &f->out->text;
    bd_auto_free char *unit = unit_name(m->unit);
    bd_auto_free char *plain = bd_xasprintf(PREFIX "%s", m->name);
    bd_auto_free char *help =
        bd_xasprintf("The workload's metric %s [%s].", m->name, *m->unit ? m->unit : "1");
    const char *name = add_unique(&f->names, plain, unit);
    int rc = 0;
    add_family(out, name, "gauge", unit,
               known && strcmp(known->unit, m->unit) == 0 ? known->definition : help);
    for (size_t i = 0; rc == 0 && i < f->c->n; i++) {
        double value = f->values[i * f->metrics->n + number];
        if (!f->labels[i] || !isfinite(value))
            continue;
        bd_str_addf(out, "%s{%s} ", name, f->labels[i]);
        export_add_real(out, value);
        bd_str_addf(out, " %" PRId64 ".%03" PRId64 "\n", f->ended_ns[i] / BD_NS_PER_S,
                    f->ended_ns[i] % BD_NS_PER_S / BD_NS_PER_MS);
        rc = export_spill(f->out, err);
    }
    return rc;
}

static int add_families(struct families *f, struct bd_err *err)
{
    int rc = 0;
    add_campaign(f);
    for (size_t i = 0; rc == 0 && i < f->metrics->n; i++)
        rc = add_metric(f, i, err);
    bd_str_add(&f->out->text, "# EOF\n");
    return rc;
}

int export_campaign_openmetrics(struct store_conn *conn, const char *id, struct export_out *out,
                                struct bd_err *err)
{
    export_auto_campaign struct export_campaign c = {0};
    export_auto_metrics struct export_metrics metrics = {0};
    int rc = export_campaign_read(conn, id, &c, err);
    if (rc == 0 && c.n > EXPORT_OPENMETRICS_RUNS_MAX)
        rc = bd_err_set(err, BD_ECONFLICT,
                        "campaign %s has %zu runs: openmetrics holds at most %d; csv and json have "
                        "no such bound",
                        id, c.n, EXPORT_OPENMETRICS_RUNS_MAX);
    if (rc == 0)
        rc = export_metrics_read(&c, &metrics, err);
    if (rc < 0)
        return rc;
    struct families f = {.c = &c, .metrics = &metrics, .out = out};
    rc = note_runs(&f, err);
    if (rc == 0)
        rc = add_families(&f, err);
    families_done(&f);
    return rc;
}
