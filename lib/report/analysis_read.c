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

static void add_row(const struct store_figures *row, void *arg)
{
    const struct analysis_run run = {
        .id = row->id,
        .cell = row->cell,
        .block = row->block,
        .order = row->started_ns,
        .outcome = outcome_of(row->state),
        .error = row->error,
        .grade = row->graded ? row->grade : GRADE_INVALID,
        .reasons = row->reasons,
        .oversubscribed = bd_json_bool(row->conditions, "oversubscribed", 0) != 0,
        .metrics = row->metrics,
        .image = row->image,
        .scheduler = row->scheduler,
        .digest = row->image_digest,
        .version = row->version,
        .conditions = row->conditions,
    };
    analysis_add(arg, &run);
}

int analysis_read(struct analysis *a, struct store_conn *conn, struct bd_err *err)
{
    return store_run_figures(conn, a->campaign->id, add_row, a, err);
}
