/* The runs of an analysis, from the store. */
#include "lib/report/analysis_read.h"
#include "lib/report/analysis_priv.h"
#include "lib/store/figures.h"

static enum analysis_outcome outcome_of(enum run_state state)
{
    return state == RUN_DONE     ? ANALYSIS_DONE
           : state == RUN_FAILED ? ANALYSIS_FAILED
                                 : ANALYSIS_CANCELLED;
}

static struct analysis_run run_of(const struct store_figures *row)
{
    return (struct analysis_run){
        .id = row->id,
        .cell = row->cell,
        .block = row->block,
        .order = row->started_ns,
        .outcome = outcome_of(row->state),
        .error = row->error,
        .grade = row->graded ? row->grade : GRADE_INVALID,
        .reasons = row->reasons,
        .oversubscribed = bd_json_bool(row->conditions, "oversubscribed", 0) != 0,
        .figures = row->figures,
        .image = row->image,
        .scheduler = bd_str_eq(row->scheduler, "none") ? NULL : row->scheduler,
        .digest = row->image_digest,
        .version = row->version,
        .conditions = row->conditions,
    };
}

static void add_row(const struct store_figures *row, void *arg)
{
    const struct analysis_run run = run_of(row);
    analysis_add(arg, &run);
}

int analysis_read(struct analysis *a, struct store_conn *conn, struct bd_err *err)
{
    return store_run_figures(conn, a->campaign->id, add_row, a, err);
}

struct of_campaign {
    struct across *across;
    size_t campaign;
};

static void add_row_across(const struct store_figures *row, void *arg)
{
    const struct of_campaign *of = arg;
    const struct analysis_run run = run_of(row);
    across_add(of->across, of->campaign, &run);
}

int across_read(struct across *a, struct store_conn *conn, struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < across_campaigns(a) && rc == 0; i++) {
        struct of_campaign of = {a, i};
        rc = store_run_figures(conn, across_id(a, i), add_row_across, &of, err);
    }
    return rc;
}
