#include "lib/store/figures.h"

#include "lib/store/query.h"

/* In the order of enum column. */
static const char sql[] =
    "SELECT run.id, run.cell, run.block, run.state, run.started_ns, run.grade, run.reasons, "
    "  run.metrics, run.conditions, "
    "  CASE WHEN json_valid(run.error) THEN json_extract(run.error, '$.detail') END, "
    "  CASE WHEN json_valid(run.spec) THEN json_extract(run.spec, '$.cluster.image') END, "
    "  CASE WHEN json_valid(run.spec) THEN json_extract(run.spec, '$.cluster.scheduler.name') END, "
    "  cluster.image_digest, cluster.scheduler_version "
    "FROM run LEFT JOIN cluster ON cluster.id = run.id "
    "WHERE run.campaign = ? AND run.warmup = 0 "
    "  AND run.state IN ('done', 'failed', 'cancelled') "
    "ORDER BY run.position, run.attempt";

enum column {
    COL_ID,
    COL_CELL,
    COL_BLOCK,
    COL_STATE,
    COL_STARTED,
    COL_GRADE,
    COL_REASONS,
    COL_METRICS,
    COL_CONDITIONS,
    COL_ERROR,
    COL_IMAGE,
    COL_SCHEDULER,
    COL_DIGEST,
    COL_VERSION,
};

static int state_of(const char *text)
{
    enum run_state state;
    int r = run_state_from_str(text, &state);
    return r < 0 ? r : (int)state;
}

/* NULL: not graded. */
static int grade_of(const char *text)
{
    enum run_grade grade;
    if (!text)
        return GRADE_COUNT;
    int r = run_grade_from_str(text, &grade);
    return r < 0 ? r : (int)grade;
}

static void row_done(struct store_figures *row)
{
    json_decref(row->reasons);
    json_decref(row->conditions);
    free(row->error);
    free(row->image);
    free(row->scheduler);
    free(row->image_digest);
    free(row->version);
}
#define row_auto __attribute__((cleanup(row_done)))

static int query_col_figures(const struct query *q, int col, struct run_figures *figures,
                             struct bd_err *err)
{
    size_t bytes;
    const char *text = query_col_borrowed(q, col, &bytes);
    return run_figures_parse(figures, text ? text : "{}", text ? bytes : 2, err);
}

static int row_read(const struct query *q, struct run_figures *figures, struct store_figures *row,
                    struct bd_err *err)
{
    int state = 0, grade = GRADE_COUNT;
    row->cell = (unsigned)query_col_i64(q, COL_CELL);
    row->block = (unsigned)query_col_i64(q, COL_BLOCK);
    row->started_ns = query_col_i64(q, COL_STARTED);
    row->error = query_col_text(q, COL_ERROR);
    row->image = query_col_text(q, COL_IMAGE);
    row->scheduler = query_col_text(q, COL_SCHEDULER);
    row->image_digest = query_col_text(q, COL_DIGEST);
    row->version = query_col_text(q, COL_VERSION);
    int r = query_col_id(q, COL_ID, row->id, err);
    if (r == 0)
        r = query_col_word(q, COL_STATE, state_of, &state, err);
    if (r == 0)
        r = query_col_word(q, COL_GRADE, grade_of, &grade, err);
    if (r == 0)
        r = query_col_json(q, COL_REASONS, &row->reasons, err);
    if (r == 0)
        r = query_col_figures(q, COL_METRICS, figures, err);
    if (r == 0)
        r = query_col_json(q, COL_CONDITIONS, &row->conditions, err);
    row->figures = figures;
    row->state = (enum run_state)state;
    row->graded = grade != GRADE_COUNT;
    row->grade = row->graded ? (enum run_grade)grade : GRADE_USABLE;
    return r;
}

int store_run_figures(struct store_conn *c, const char *campaign, store_figures_fn on_run,
                      void *arg, struct bd_err *err)
{
    auto_query struct query q = {0};
    run_figures_auto struct run_figures figures = {0};
    int r = query_begin(&q, c, sql, err);
    if (r < 0)
        return r;
    query_text(&q, campaign);
    while ((r = query_step(&q, err)) > 0) {
        row_auto struct store_figures row = {0};
        if (row_read(&q, &figures, &row, NULL) == 0)
            on_run(&row, arg);
    }
    return r;
}
