/* JSON: all that is stored of a campaign and its runs, or of a run and its jobs. */
#include "lib/report/export_priv.h"
#include "lib/store/job.h"

/* `head` without its last brace, so that a list can follow. json is stolen. */
static void add_head(struct bd_str *out, json_t *head)
{
    export_add_json(out, head);
    json_decref(head);
    out->data[--out->len] = '\0';
}

static json_t *or_null(json_t *json)
{
    return json ? json_incref(json) : json_null();
}

/* -- a run -- */

static json_t *grade_json(const struct store_run *run)
{
    if (!run->graded)
        return json_null();
    return json_pack("{s:s, s:o}", "value", run_grade_to_str(run->grade), "reasons",
                     run->reasons ? json_incref(run->reasons) : json_array());
}

/* What names in its spec stood for, and what became of its cluster; of one that it never had,
 * nothing. */
static void add_cluster(json_t *object, const struct store_cluster *cluster)
{
    const json_t *scheduler = json_object_get(cluster->spec, "scheduler");
    bool had_one = cluster->spec != NULL;
    json_object_set_new(
        object, "image",
        cluster->image_digest
            ? json_pack("{s:s?, s:s}", "name", cluster->image_name, "digest", cluster->image_digest)
            : json_null());
    json_object_set_new(object, "scheduler",
                        had_one ? json_pack("{s:s?, s:s?}", "name",
                                            bd_json_str(scheduler, "name", NULL), "version",
                                            cluster->scheduler_version)
                                : json_null());
    json_object_set_new(object, "timings",
                        cluster->timings ? json_incref(cluster->timings) : json_object());
    json_object_set_new(object, "residue", or_null(cluster->residue));
}

/* New reference. */
static int run_json(struct store_conn *conn, const struct store_run *run, json_t **ret_json,
                    struct bd_err *err)
{
    struct store_cluster cluster = {0};
    int rc = store_cluster_get(conn, run->id, &cluster, err);
    if (rc < 0 && rc != BD_ENOTFOUND)
        return rc;
    json_t *json = json_pack(
        "{s:s, s:i, s:i, s:i, s:b, s:i, s:s, s:b, s:o, s:O, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "id", run->id, "position", (int)run->position, "cell", (int)run->cell, "block",
        (int)run->block, "warmup", run->warmup, "attempt", (int)run->attempt, "state",
        run_state_to_str(run->state), "excluded", export_is_excluded(run), "grade", grade_json(run),
        "levels", run->levels, "metrics", run->metrics ? json_incref(run->metrics) : json_object(),
        "conditions", or_null(run->conditions), "warnings",
        run->warnings ? json_incref(run->warnings) : json_array(), "error", or_null(run->error),
        "createdAt", export_time(run->created_ns), "startedAt", export_time(run->started_ns),
        "endedAt", export_time(run->ended_ns));
    add_cluster(json, &cluster);
    store_cluster_done(&cluster);
    *ret_json = json;
    return 0;
}

/* -- a campaign -- */

static json_t *campaign_json(const struct store_campaign *row)
{
    json_t *progress =
        json_pack("{s:i, s:i, s:i, s:i}", "planned", (int)row->runs, "done", (int)row->done,
                  "failed", (int)row->failed, "excluded", (int)row->excluded);
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:s?, s:o, s:o, s:o}", "id", row->id, "name",
                     row->name, "state", campaign_state_to_str(row->state), "digest", row->digest,
                     "priority", row->priority, "progress", progress, "error", row->error,
                     "createdAt", export_time(row->created_ns), "startedAt",
                     export_time(row->started_ns), "endedAt", export_time(row->ended_ns));
}

static int add_plan(const struct plan *plan, struct export_out *out, struct bd_err *err)
{
    int rc = 0;
    add_head(&out->text,
             json_pack("{s:I, s:I, s:I}", "blocks", (json_int_t)plan_blocks(plan), "warmupBlocks",
                       (json_int_t)plan_warmup_blocks(plan), "runs", (json_int_t)plan_runs(plan)));
    bd_str_add(&out->text, ",\"cells\":[");
    for (size_t i = 0; rc == 0 && i < plan_cells(plan); i++) {
        bd_auto_json json_t *levels = plan_cell_levels(plan, i);
        bd_str_add(&out->text, i ? "," : "");
        export_add_json(&out->text, levels);
        rc = export_spill(out, err);
    }
    bd_str_add(&out->text, "],\"order\":[");
    for (size_t i = 0; rc == 0 && i < plan_runs(plan); i++) {
        struct plan_run run = plan_run_at(plan, i);
        bd_str_addf(&out->text, "%s[%u,%u]", i ? "," : "", run.cell, run.block);
        rc = export_spill(out, err);
    }
    bd_str_add(&out->text, "]}");
    return rc;
}

struct run_list {
    struct store_conn *conn;
    struct export_out *out;
};

static int add_run(const struct store_run *run, size_t index, void *arg, struct bd_err *err)
{
    const struct run_list *list = arg;
    bd_auto_json json_t *json = NULL;
    int rc = run_json(list->conn, run, &json, err);
    if (rc < 0)
        return rc;
    bd_str_add(&list->out->text, index ? ",\n" : "\n");
    export_add_json(&list->out->text, json);
    return export_spill(list->out, err);
}

int export_campaign_json(struct store_conn *conn, const char *id, struct export_out *out,
                         struct bd_err *err)
{
    export_auto_campaign struct export_campaign c = {0};
    struct run_list list = {conn, out};
    int rc = export_campaign_read(conn, id, &c, err);
    if (rc < 0)
        return rc;
    add_head(&out->text, json_pack("{s:s, s:o, s:O}", "schema", EXPORT_SCHEMA, "campaign",
                                   campaign_json(&c.row), "spec", c.row.spec));
    bd_str_add(&out->text, ",\"plan\":");
    rc = add_plan(c.plan, out, err);
    if (rc < 0)
        return rc;
    bd_str_add(&out->text, ",\"runs\":[");
    rc = export_each_run(&c, add_run, &list, err);
    bd_str_add(&out->text, "\n]}\n");
    return rc;
}

/* -- a run with its jobs -- */

struct job_list {
    struct export_out *out;
    bool goes_on;
};

static int add_job(const struct job_seen *job, void *arg, struct bd_err *err)
{
    struct job_list *list = arg;
    bd_str_add(&list->out->text, list->goes_on ? ",\n" : "\n");
    job_seen_json(job, &list->out->text);
    list->goes_on = true;
    return export_spill(list->out, err);
}

int export_run_json(struct store_conn *conn, const char *id, struct export_out *out,
                    struct bd_err *err)
{
    struct store_run run = {0};
    struct job_list list = {.out = out};
    json_t *json = NULL;
    int rc = store_run_get(conn, id, &run, err);
    if (rc == 0)
        rc = run_json(conn, &run, &json, err);
    if (rc == 0)
        add_head(&out->text, json_pack("{s:s, s:s, s:o, s:o}", "schema", EXPORT_SCHEMA, "campaign",
                                       run.campaign, "run", json, "spec", or_null(run.spec)));
    store_run_done(&run);
    if (rc < 0)
        return rc;
    bd_str_add(&out->text, ",\"jobs\":[");
    rc = store_jobs_each(conn, id, add_job, &list, err);
    bd_str_add(&out->text, "\n]}\n");
    return rc;
}
