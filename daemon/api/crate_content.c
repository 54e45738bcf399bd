/*
 * What is in a campaign's crate: read from the store row by row, and from files piece by piece, on
 * a worker. docs/crate.md lists it. Files come in the order of their names.
 */
#include "daemon/api/crate_content.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/report/export.h"
#include "lib/sample/metrics.h"
#include "lib/sample/series.h"
#include "lib/store/host.h"
#include "lib/store/job.h"
#include "lib/store/sample.h"
#include "lib/store/workload.h"

#include <stdio.h>
#include <string.h>

#define DIGEST_PREFIX "sha256:"
#define FLUSH_BYTES   65536
#define RUNS_SCHEMA   "benchd.runs/1"
#define PLAN_SCHEMA   "benchd.plan/1"

static const char readme[] =
    "# A campaign of benchd\n\n"
    "This crate (RO-Crate 1.1) has all that is known of one campaign:\n\n"
    "| file | what |\n|---|---|\n"
    "| `campaign.json`, `spec.json`, `plan.json` | the campaign; what was asked for, with every "
    "default "
    "filled in; its cells and the order of its runs |\n"
    "| `runs.json` | every run: metrics, grade, conditions, steps |\n"
    "| `runs/ID/jobs.csv`, `samples.csv`, `artifacts/` | its jobs, what nodes and host used, and "
    "the "
    "files that it left, among them the scheduler's own records |\n"
    "| `analysis.json` | the cells compared, with the verdict and its reasons |\n"
    "| `hosts/DIGEST.json` | what the host was like; runs name theirs in `conditions.host` |\n"
    "| `images/DIGEST.json` | every package of an image; the image itself is not in here: "
    "`benchctl image export sha256:DIGEST FILE` |\n"
    "| `workloads/DIGEST.json` | a workload's definition; the spec names it in `workloads` |\n"
    "| `manifest-sha256.txt`, `.sig`, `signer.pub` | the digest of every file, its signature "
    "(Ed25519), the key that checks it |\n\n"
    "`benchctl verify CRATE --key KNOWN.pem` checks it; without benchctl, in the unpacked "
    "crate:\n\n"
    "    sha256sum --check --strict manifest-sha256.txt\n"
    "    openssl pkeyutl -verify -pubin -inkey signer.pub -rawin \\\n"
    "        -in manifest-sha256.txt -sigfile manifest-sha256.txt.sig\n\n"
    "A signature says that nothing was changed since. Whose the key is has to be known from "
    "elsewhere.\n";

/* -- pieces -- */

static int add_json(struct crate_content *c, const char *name, const json_t *json,
                    struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    bd_auto_free char *value = bd_json_text(json);
    bd_str_addf(&text, "%s\n", value);
    return crate_pack_file(c->pack, name, text.data, text.len, err);
}

/* Hands the text on where it has grown. */
static int spill(struct crate_content *c, struct bd_str *text, struct bd_err *err)
{
    return text->len < FLUSH_BYTES ? 0 : crate_pack_flush(c->pack, text, err);
}

/* An item of a list that is written an item a line. Takes it over. */
static int add_item(struct crate_content *c, struct bd_str *text, bool first, json_t *item,
                    struct bd_err *err)
{
    bd_auto_free char *value = bd_json_text(item);
    bd_str_addf(text, "%s\n%s", first ? "" : ",", value);
    json_decref(item);
    return spill(c, text, err);
}

/* -- the campaign -- */

/* One that can't be analysed (it has too many cells) is a crate without it. */
static int add_analysis(struct crate_content *c, struct bd_err *err)
{
    bd_auto_json json_t *analysis = NULL;
    int rc = campaign_analysis(c->conn, &c->row, &analysis, err);
    if (rc == BD_ECONFLICT)
        return 0;
    return rc < 0 ? rc : add_json(c, "analysis.json", analysis, err);
}

static int add_campaign(struct crate_content *c, struct bd_err *err)
{
    bd_auto_json json_t *campaign = view_campaign(&c->row, 0);
    json_object_set_new(campaign, "spec", json_null()); /* a file of its own */
    return add_json(c, "campaign.json", campaign, err);
}

static int add_hosts(struct crate_content *c, struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->hosts.n; i++) {
        bd_auto_json json_t *host = NULL;
        bd_auto_free char *digest = bd_xasprintf(DIGEST_PREFIX "%s", c->hosts.items[i]);
        bd_auto_free char *name = bd_xasprintf("hosts/%s.json", c->hosts.items[i]);
        rc = store_host_get(c->conn, digest, &host, err);
        if (rc == 0)
            rc = add_json(c, name, host, err);
    }
    return rc;
}

/* The digests that a member of the spec pins names to, each once, by their order. */
static void pinned(const struct crate_content *c, const char *member, struct bd_strv *ret_digests)
{
    const char *name BD_UNUSED;
    json_t *value;
    json_object_foreach (json_object_get(c->row.spec, member), name, value) {
        const char *digest = json_string_value(value);
        if (digest && bd_starts_with(digest, DIGEST_PREFIX) && !bd_strv_has(ret_digests, digest))
            bd_strv_add(ret_digests, digest);
    }
    bd_strv_sort(ret_digests);
}

/* Of an image that was removed there is no manifest any more. */
static int add_images(struct crate_content *c, struct bd_err *err)
{
    bd_auto_strv struct bd_strv digests = {0};
    pinned(c, "images", &digests);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < digests.n; i++) {
        const char *hex = digests.items[i] + strlen(DIGEST_PREFIX);
        bd_auto_free char *file = bd_xasprintf("images/%s.json", hex);
        bd_auto_json json_t *manifest = NULL;
        if (image_manifest(c->a->config.places->image_dir, digests.items[i], &manifest, NULL) == 0)
            rc = add_json(c, file, manifest, err);
    }
    return rc;
}

/* A pin of a workload that the spec does not name leads nowhere. */
static int add_definitions(struct crate_content *c, struct bd_err *err)
{
    bd_auto_strv struct bd_strv digests = {0};
    int rc = 0;
    pinned(c, "workloads", &digests);
    for (size_t i = 0; rc == 0 && i < digests.n; i++) {
        bd_auto_free char *file =
            bd_xasprintf("workloads/%s.json", digests.items[i] + strlen(DIGEST_PREFIX));
        bd_auto_json json_t *definition = NULL;
        if (store_definition_get(c->conn, digests.items[i], &definition, NULL) == 0)
            rc = add_json(c, file, definition, err);
    }
    return rc;
}

/* -- the plan: all of it, where an answer of the interface has its beginning -- */

static int add_cells(struct crate_content *c, const struct plan *plan, struct bd_str *text,
                     struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < plan_cells(plan); i++) {
        char digest[BD_DIGEST_BYTES];
        json_t *spec = plan_cell_spec(plan, i);
        plan_digest(spec, digest);
        rc = add_item(c, text, i == 0,
                      json_pack("{s:I, s:o, s:s, s:o}", "index", (json_int_t)i, "levels",
                                plan_cell_levels(plan, i), "digest", digest, "spec", spec),
                      err);
    }
    return rc;
}

static int add_order(struct crate_content *c, const struct plan *plan, struct bd_str *text,
                     struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < plan_runs(plan); i++) {
        struct plan_run run = plan_run_at(plan, i);
        rc = add_item(c, text, i == 0,
                      json_pack("{s:I, s:I, s:I, s:b}", "position", (json_int_t)i, "cell",
                                (json_int_t)run.cell, "block", (json_int_t)run.block, "warmup",
                                run.warmup),
                      err);
    }
    return rc;
}

static int add_plan(struct crate_content *c, struct bd_err *err)
{
    bd_auto(plan) struct plan *plan = NULL;
    bd_auto_str struct bd_str text = {0};
    int rc = plan_again(c->row.spec, &plan, err);
    if (rc == 0)
        rc = crate_pack_begin(c->pack, "plan.json", err);
    if (rc < 0)
        return rc;
    bd_str_addf(&text,
                "{\"schema\":\"" PLAN_SCHEMA
                "\",\"digest\":\"%s\",\"cells\":%zu,\"blocks\":%zu,\"warmupBlocks\":%zu,"
                "\"runs\":%zu,\"cellList\":[",
                c->row.digest, plan_cells(plan), plan_blocks(plan), plan_warmup_blocks(plan),
                plan_runs(plan));
    rc = add_cells(c, plan, &text, err);
    bd_str_add(&text, "],\"order\":[");
    if (rc == 0)
        rc = add_order(c, plan, &text, err);
    bd_str_add(&text, "]}\n");
    return rc < 0 ? rc : crate_pack_flush(c->pack, &text, err);
}

/* -- runs -- */

static json_t *removed_json(const struct store_artifact *files, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        if (files[i].removed_ns)
            json_array_append_new(list,
                                  json_pack("{s:s, s:I, s:s}", "name", files[i].name, "bytes",
                                            (json_int_t)files[i].bytes, "digest", files[i].digest));
    return list;
}

/* As the interface has it, but for what all runs have in common; and what was removed of its files,
 * to keep to the quota. */
static int read_run(struct crate_content *c, const char *id, json_t **ret_json, struct bd_err *err)
{
    struct store_run row = {0};
    struct store_artifact *files = NULL;
    json_t *json = NULL;
    int64_t version;
    size_t n = 0;
    int rc = store_run_get(c->conn, id, &row, err);
    if (rc == 0)
        rc = run_json(c->conn, &row, &json, &version, err);
    if (rc == 0)
        rc = run_files_list(c->a, c->conn, id, &files, &n, err);
    if (rc == 0) {
        json_object_set_new(json, "spec", json_null()); /* the plan has it */
        json_object_set_new(json, "cellIndex", json_integer((json_int_t)row.cell));
        json_object_set_new(json, "removedArtifacts", removed_json(files, n));
        *ret_json = bd_take(json);
    }
    json_decref(json);
    store_artifacts_free(files, n);
    store_run_done(&row);
    return rc;
}

static int by_position(const void *a, const void *b)
{
    const struct crate_content_run *x = a, *y = b;
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    return x->attempt < y->attempt ? -1 : x->attempt > y->attempt;
}

static int add_runs_json(struct crate_content *c, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    bd_auto_free struct crate_content_run *order = bd_xcalloc(c->n_runs + 1, sizeof(*order));
    for (size_t i = 0; i < c->n_runs; i++)
        order[i] = c->runs[i]; /* no texts of its own */
    if (c->n_runs)
        qsort(order, c->n_runs, sizeof(*order), by_position);
    int rc = crate_pack_begin(c->pack, "runs.json", err);
    bd_str_addf(&text, "{\"schema\":\"" RUNS_SCHEMA "\",\"campaign\":\"%s\",\"items\":[",
                c->row.id);
    for (size_t i = 0; rc == 0 && i < c->n_runs; i++) {
        json_t *run = NULL;
        rc = read_run(c, order[i].id, &run, err);
        if (rc == 0)
            rc = add_item(c, &text, i == 0, run, err);
    }
    bd_str_add(&text, "\n]}\n");
    return rc < 0 ? rc : crate_pack_flush(c->pack, &text, err);
}

static int add_artifacts(struct crate_content *c, const char *run, struct bd_err *err)
{
    struct store_artifact *files = NULL;
    size_t n = 0;
    int rc = run_files_list(c->a, c->conn, run, &files, &n, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct store_artifact file = {0};
        bd_auto_fd int fd = -1;
        bd_auto_free char *name = bd_xasprintf("runs/%s/artifacts/%s", run, files[i].name);
        rc = run_file_open(c->a, c->conn, run, files[i].name, &file, &fd, err);
        if (rc == 0 && fd >= 0) /* else it is removed */
            rc = crate_pack_fd(c->pack, name, fd, err);
        store_artifact_done(&file);
    }
    store_artifacts_free(files, n);
    return rc;
}

/* -- jobs -- */

struct jobs_sink {
    struct crate_content *c;
    struct bd_err *err; /* what the export's own can't say */
};

static int put_jobs(void *arg, const char *bytes, size_t n)
{
    struct jobs_sink *sink = arg;
    return crate_pack_add(sink->c->pack, bytes, n, sink->err);
}

static int add_jobs(struct crate_content *c, const char *run, struct bd_err *err)
{
    struct bd_err why = BD_ERR_INIT;
    struct jobs_sink sink = {c, &why};
    const struct export_sink to = {put_jobs, &sink};
    bd_auto_free char *name = bd_xasprintf("runs/%s/jobs.csv", run);
    uint64_t n = 0;
    int rc = store_jobs_count(c->conn, run, 0, &n, err);
    if (rc < 0 || n == 0)
        return rc;
    rc = crate_pack_begin(c->pack, name, err);
    if (rc == 0)
        rc = export_write(export_format_find(export_of_run, "csv"), c->conn, run, &to, err);
    if (rc < 0 && why.code)
        bd_err_copy(err, &why);
    return rc;
}

/* -- samples -- */

static int add_series(struct crate_content *c, const char *run, const struct store_series *series,
                      struct bd_str *text, struct bd_err *err)
{
    const struct sample_metric *metric = sample_metric_find(series->metric);
    struct store_sample *blocks = NULL;
    size_t n = 0;
    int rc = store_samples_list(c->conn, run, series->metric, series->node, 0, INT64_MAX, &blocks,
                                &n, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        bd_auto_free struct sample_point *points = NULL;
        size_t n_points = 0;
        rc = sample_decode(blocks[i].data, blocks[i].bytes, &points, &n_points, err);
        for (size_t k = 0; rc == 0 && k < n_points; k++) {
            bd_str_addf(text, "%s,%s,%s,%lld,%.*g\r\n", series->metric,
                        *series->node ? series->node : "host", metric ? metric->unit : "",
                        (long long)points[k].at_ns, bd_real_digits(points[k].value),
                        points[k].value);
            rc = spill(c, text, err);
        }
    }
    store_samples_free(blocks, n);
    return rc;
}

static int add_samples(struct crate_content *c, const char *run, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    bd_auto_free char *name = bd_xasprintf("runs/%s/samples.csv", run);
    struct store_series *series = NULL;
    size_t n = 0;
    int rc = store_samples_series(c->conn, run, NULL, &series, &n, err);
    if (rc == 0 && n > 0)
        rc = crate_pack_begin(c->pack, name, err);
    bd_str_add(&text, n ? "metric,node,unit,atNs,value\r\n" : "");
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = add_series(c, run, &series[i], &text, err);
    store_series_free(series, n);
    return rc < 0 || n == 0 ? rc : crate_pack_flush(c->pack, &text, err);
}

static int add_runs(struct crate_content *c, struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->n_runs; i++) {
        const char *run = c->runs[i].id;
        rc = add_artifacts(c, run, err);
        if (rc == 0)
            rc = add_jobs(c, run, err);
        if (rc == 0)
            rc = add_samples(c, run, err);
        if (rc < 0)
            bd_err_wrap(err, "run %s", run);
    }
    return rc;
}

/* -- all of it -- */

int crate_content_write(struct crate_content *c, struct bd_err *err)
{
    const char *pem = crate_key_pem(c->key);
    int rc = crate_pack_file(c->pack, "README.md", readme, strlen(readme), err);
    if (rc == 0)
        rc = add_analysis(c, err);
    if (rc == 0)
        rc = add_campaign(c, err);
    if (rc == 0)
        rc = add_hosts(c, err);
    if (rc == 0)
        rc = add_images(c, err);
    if (rc == 0)
        rc = add_plan(c, err);
    if (rc == 0)
        rc = add_runs_json(c, err);
    if (rc == 0)
        rc = add_runs(c, err);
    if (rc == 0)
        rc = crate_pack_file(c->pack, CRATE_KEY, pem, strlen(pem), err);
    if (rc == 0)
        rc = add_json(c, "spec.json", c->row.spec, err);
    if (rc == 0)
        rc = add_definitions(c, err);
    return rc;
}
