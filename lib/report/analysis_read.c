/* The runs of an analysis, from the store. */
#include "lib/report/analysis_priv.h"
#include "lib/store/run.h"

#include <string.h>

enum { PAGE = 500 };

/* What the nodes of a run were really made of is in its cluster's row. */
static int add_run(struct analysis *c, struct store_conn *conn, const struct store_run *row,
                   struct bd_err *err)
{
    struct store_cluster cluster = {0};
    const json_t *spec = json_object_get(row->spec, "cluster");
    int rc = store_cluster_get(conn, row->id, &cluster, err);
    if (rc < 0 && rc != BD_ENOTFOUND)
        return rc;
    const struct analysis_run run = {
        .id = row->id,
        .cell = row->cell,
        .block = row->block,
        .grade = row->graded ? row->grade : GRADE_INVALID,
        .reasons = row->reasons,
        .oversubscribed = bd_json_bool(row->conditions, "oversubscribed", 0) != 0,
        .metrics = row->metrics,
        .image = bd_json_str(spec, "image", NULL),
        .scheduler = bd_json_str(json_object_get(spec, "scheduler"), "name", NULL),
        .digest = cluster.image_digest,
        .version = cluster.scheduler_version,
    };
    analysis_add(c, &run);
    store_cluster_done(&cluster);
    return 0;
}

int analysis_read(struct analysis *c, struct store_conn *conn, struct bd_err *err)
{
    struct store_run_filter filter = {
        .campaign = c->campaign->id, .states = 1U << RUN_DONE, .limit = PAGE};
    char last[BD_ID_BYTES];
    size_t n = 0;
    do {
        struct store_run *rows = NULL;
        int rc = store_run_list(conn, &filter, NULL, NULL, &rows, &n, err);
        for (size_t i = 0; rc == 0 && i < n; i++)
            rc = rows[i].warmup ? 0 : add_run(c, conn, &rows[i], err);
        if (rc == 0 && n > 0) {
            memcpy(last, rows[n - 1].id, sizeof(last));
            filter.before_created_ns = rows[n - 1].created_ns;
            filter.before_id = last;
        }
        store_runs_free(rows, n);
        if (rc < 0)
            return rc;
    } while (n == filter.limit);
    return 0;
}
