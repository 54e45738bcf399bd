/* Campaigns and runs as the contract's JSON. */
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/plan/budget.h"

/* What is left takes as long as what was done did. */
static json_t *eta_json(const struct store_campaign *row)
{
    int64_t decided = (int64_t)row->done + row->failed;
    int64_t left = row->runs - decided;
    if (campaign_state_is_final(row->state) || row->done == 0 || left <= 0)
        return json_null();
    return json_integer((row->busy_ns / row->done * left + BD_NS_PER_S - 1) / BD_NS_PER_S);
}

/* Null where it has none. */
static json_t *budget_state(const struct store_campaign *row)
{
    const struct store_spent *s = &row->spent;
    const struct plan_cost spent = plan_cost_of(s->runs, s->wall_ns, s->node_ns);
    return row->has_budget ? budget_spent_json(&spent, row->exhausted) : json_null();
}

json_t *view_campaign(const struct store_campaign *row, unsigned running)
{
    json_t *plan = json_pack("{s:i, s:i, s:i}", "cells", (int)row->cells, "blocks",
                             (int)row->blocks, "runs", (int)row->runs);
    json_t *progress =
        json_pack("{s:i, s:i, s:i, s:i, s:i, s:o}", "planned", (int)row->runs, "done",
                  (int)row->done, "failed", (int)row->failed, "excluded", (int)row->excluded,
                  "running", (int)running, "etaSeconds", eta_json(row));
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:i, s:o, s:o, s:o, s:o, s:s?, s:o, s:o, s:o}",
                     "id", row->id, "name", row->name, "state", campaign_state_to_str(row->state),
                     "spec", view_or_null(row->spec), "digest", row->digest, "priority",
                     row->priority, "plan", plan, "progress", progress, "until",
                     view_or_null(row->stopping), "budget", budget_state(row), "error", row->error,
                     "createdAt", view_time(row->created_ns), "startedAt",
                     view_time(row->started_ns), "endedAt", view_time(row->ended_ns));
}

json_t *view_steps(const struct store_step *rows, size_t n)
{
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            items, json_pack("{s:s, s:s, s:i, s:o, s:o, s:s?}", "name", rows[i].name, "state",
                             store_step_state_to_str(rows[i].state), "attempt",
                             (int)rows[i].attempt, "startedAt", view_time(rows[i].started_ns),
                             "endedAt", view_time(rows[i].ended_ns), "error", rows[i].error));
    return items;
}

/* Those of the cluster, then those of the run that are not among them. */
static json_t *warnings_json(const struct store_run *row, const struct store_cluster *cluster)
{
    json_t *all = json_array();
    bd_auto_strv struct bd_strv seen = {0};
    const json_t *lists[] = {cluster ? cluster->warnings : NULL, row->warnings};
    for (size_t k = 0; k < BD_ARRAY_LEN(lists); k++) {
        for (size_t i = 0; i < json_array_size(lists[k]); i++) {
            json_t *text = json_array_get(lists[k], i);
            if (bd_strv_has(&seen, json_string_value(text)))
                continue;
            bd_strv_add(&seen, json_string_value(text));
            json_array_append(all, text);
        }
    }
    return all;
}

static json_t *grade_json(const struct store_run *row)
{
    if (!row->graded)
        return json_null();
    return json_pack("{s:s, s:o}", "value", run_grade_to_str(row->grade), "reasons",
                     view_list(row->reasons));
}

/* As the plan has it for the cell, whose spec has no seed. */
static json_t *digest_json(const json_t *spec)
{
    bd_auto_json json_t *of_cell = json_copy((json_t *)spec);
    char digest[BD_DIGEST_BYTES];
    json_object_del(of_cell, "seed");
    plan_digest(of_cell, digest);
    return json_string(digest);
}

json_t *view_run(const struct store_run *row, const struct store_cluster *cluster,
                 const struct store_step *tried, size_t n)
{
    json_t *timings = view_object(cluster ? cluster->timings : NULL);
    return json_pack(
        "{s:s, s:s, s:i, s:O, s:i, s:b, s:i, s:s, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o, s:o}",
        "id", row->id, "campaign", row->campaign, "position", (int)row->position, "cell",
        row->levels, "block", (int)row->block, "warmup", row->warmup, "attempt", (int)row->attempt,
        "state", run_state_to_str(row->state), "waiting", row->waiting, "grade", grade_json(row),
        "steps", view_steps(tried, n), "timings", timings, "conditions",
        view_or_null(row->conditions), "metrics", view_object(row->metrics), "warnings",
        warnings_json(row, cluster), "error", view_or_null(row->error), "residue",
        view_or_null(cluster ? cluster->residue : NULL), "spec", view_or_null(row->spec), "digest",
        digest_json(row->spec), "createdAt", view_time(row->created_ns), "startedAt",
        view_time(row->started_ns), "endedAt", view_time(row->ended_ns));
}
