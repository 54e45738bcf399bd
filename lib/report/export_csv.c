/*
 * Comma-separated values (RFC 4180): the runs of a campaign, the jobs of a run.
 *
 * Spreadsheets take a text that begins with one of "=+-@", a tab or a CR for a formula. Such a text
 * gets an apostrophe before it, and so does one that begins with an apostrophe: who reads the file
 * takes one off. Numbers are no texts.
 */
#include "lib/report/export_priv.h"
#include "lib/store/job.h"

#include "lib/base/clock.h"

#include <inttypes.h>
#include <string.h>

#define END "\r\n"

/* -- fields -- */

static void add_quoted(struct bd_str *out, const char *text)
{
    bd_str_add(out, "\"");
    for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
        bd_str_addn(out, text, (size_t)(quote - text) + 1);
        bd_str_add(out, "\"");
    }
    bd_str_addf(out, "%s\"", text);
}

void export_csv_text(struct bd_str *out, const char *text)
{
    bool is_formula = *text && strchr("=+-@\t\r'", *text);
    bd_auto_free char *guarded = bd_xasprintf("%s%s", is_formula ? "'" : "", text);
    if (strpbrk(guarded, ",\"\r\n") || bd_starts_with(guarded, " ") || bd_ends_with(guarded, " "))
        add_quoted(out, guarded);
    else
        bd_str_add(out, guarded);
}

static void add_next_text(struct bd_str *out, const char *text)
{
    bd_str_add(out, ",");
    export_csv_text(out, text ? text : "");
}

/* -- a campaign -- */

static const char campaign_names[] =
    "run,position,cell,block,warmup,attempt,state,grade,reason,excluded,begin,end";

struct campaign_table {
    const struct export_campaign *c;
    const struct export_metrics *metrics;
    struct export_out *out;
};

static void add_names(const struct campaign_table *t)
{
    struct bd_str *out = &t->out->text;
    bd_str_add(out, campaign_names);
    for (size_t i = 0; i < t->c->paths.n; i++)
        add_next_text(out, t->c->paths.items[i]);
    for (size_t i = 0; i < t->metrics->n; i++) {
        const struct export_metric *m = &t->metrics->items[i];
        bd_auto_free char *name = bd_xasprintf("%s [%s]", m->name, *m->unit ? m->unit : "1");
        bd_auto_free char *n = bd_xasprintf("%s n", name);
        add_next_text(out, name);
        if (m->several)
            add_next_text(out, n);
    }
    bd_str_add(out, END);
}

static void add_level(struct bd_str *out, const json_t *level)
{
    bd_auto_free char *word = export_word(level);
    if (!json_is_number(level)) {
        add_next_text(out, word);
        return;
    }
    bd_str_add(out, ",");
    bd_str_add(out, word);
}

static void add_metric(struct bd_str *out, const json_t *value, bool several)
{
    bd_str_add(out, ",");
    if (value)
        export_add_real(out, bd_json_real(value, "value", 0));
    if (!several)
        return;
    bd_str_add(out, ",");
    if (value)
        bd_str_addf(out, "%" JSON_INTEGER_FORMAT, bd_json_int(value, "n", 1));
}

static int add_run(const struct store_run *run, size_t index BD_UNUSED, void *arg,
                   struct bd_err *err)
{
    const struct campaign_table *t = arg;
    struct bd_str *out = &t->out->text;
    bd_str_addf(out, "%s,%u,%u,%u,%s,%u,%s,%s", run->id, run->position, run->cell, run->block,
                run->warmup ? "true" : "false", run->attempt, run_state_to_str(run->state),
                run->graded ? run_grade_to_str(run->grade) : "");
    add_next_text(out, export_reason(run));
    bd_str_addf(out, ",%s,", export_is_excluded(run) ? "true" : "false");
    export_add_time(out, run->started_ns);
    bd_str_add(out, ",");
    export_add_time(out, run->ended_ns);
    for (size_t i = 0; i < t->c->paths.n; i++)
        add_level(out, export_level(run, t->c->paths.items[i]));
    for (size_t i = 0; i < t->metrics->n; i++)
        add_metric(out, export_metric_of(run, &t->metrics->items[i]), t->metrics->items[i].several);
    bd_str_add(out, END);
    return export_spill(t->out, err);
}

int export_campaign_csv(struct store_conn *conn, const char *id, struct export_out *out,
                        struct bd_err *err)
{
    export_auto_campaign struct export_campaign c = {0};
    export_auto_metrics struct export_metrics metrics = {0};
    int rc = export_campaign_read(conn, id, &c, err);
    if (rc == 0)
        rc = export_metrics_read(&c, &metrics, err);
    if (rc < 0)
        return rc;
    struct campaign_table t = {&c, &metrics, out};
    add_names(&t);
    return export_each_run(&c, add_run, &t, err);
}

/* -- a run -- */

static const char run_names[] =
    "index,task,nodes,user,after,think [s],group,outcome,schedulerState,jobId,exitCode,"
    "planned [s],submit [s],accepted [s],startedFirst [s],startedAll [s],endedLast [s],runtime "
    "[s],requested [s],"
    "wait [s],turnaround [s],doubled,nodeList,eligible [s],allocated [s],freed [s],"
    "tasksPerNode,coresPerTask,memory [B],exclusive" END;

void export_csv_seconds(struct bd_str *out, int64_t ns)
{
    uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    bd_str_addf(out, "%s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "", size / BD_NS_PER_S,
                size % BD_NS_PER_S);
}

static void add_point(struct bd_str *out, int64_t ns)
{
    bd_str_add(out, ",");
    if (ns != JOB_NEVER)
        export_csv_seconds(out, ns);
}

static void add_span(struct bd_str *out, int64_t from, int64_t to)
{
    add_point(out, from == JOB_NEVER || to == JOB_NEVER ? JOB_NEVER : to - from);
}

static void add_known(struct bd_str *out, bool known, int64_t value)
{
    bd_str_add(out, ",");
    if (known)
        bd_str_addf(out, "%" PRId64, value);
}

static int add_job(const struct job_seen *job, void *arg, struct bd_err *err)
{
    struct export_out *o = arg;
    struct bd_str *out = &o->text;
    const int64_t points[] = {job->planned,     job->submit,     job->accepted, job->started_first,
                              job->started_all, job->ended_last, job->runtime,  job->requested};
    bd_auto_free char *nodes = bd_xstrdup(job->node_list);
    for (char *comma = nodes; (comma = strchr(comma, ','));)
        *comma = ' ';
    bd_str_addf(out, "%u,%u,%u,%u", job->index, job->task, job->nodes, job->user);
    add_known(out, job->follows > 0, (int64_t)job->follows - 1);
    add_point(out, job->think >= 0 ? job->think : JOB_NEVER);
    add_known(out, job->group >= 0, job->group);
    bd_str_addf(out, ",%s,%s", job_outcome_to_str(job->outcome), job_end_to_str(job->end));
    add_known(out, job->job_id != 0, (int64_t)job->job_id);
    add_known(out, job->exit_code >= 0, job->exit_code);
    for (size_t i = 0; i < BD_ARRAY_LEN(points); i++)
        add_point(out, points[i]);
    add_span(out, job->submit, job->started_first);
    add_span(out, job->submit, job->ended_last);
    bd_str_addf(out, ",%s", job->doubled ? "true" : "false");
    add_next_text(out, nodes);
    add_point(out, job->eligible);
    add_point(out, job->allocated);
    add_point(out, job->freed);
    add_known(out, true, job->ask.tasks > 0 ? job->ask.tasks : 1);
    add_known(out, job->ask.cores_per_task > 0, job->ask.cores_per_task);
    add_known(out, job->ask.memory_bytes > 0, (int64_t)job->ask.memory_bytes);
    bd_str_addf(out, ",%s", job->ask.shares ? "false" : "true");
    bd_str_add(out, END);
    return export_spill(o, err);
}

int export_run_csv(struct store_conn *conn, const char *id, struct export_out *out,
                   struct bd_err *err)
{
    struct store_run run = {0};
    int rc = store_run_get(conn, id, &run, err);
    store_run_done(&run);
    if (rc < 0)
        return rc;
    bd_str_add(&out->text, run_names);
    return store_jobs_each(conn, id, add_job, out, err);
}
