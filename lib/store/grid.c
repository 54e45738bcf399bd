#include "lib/store/grid.h"

#include "lib/store/query.h"

static bool grade_read(const struct query *q, int col, enum run_grade *ret_grade)
{
    size_t bytes;
    const char *text = query_col_borrowed(q, col, &bytes);
    return text && run_grade_from_str(text, ret_grade) == 0;
}

int store_run_grid(struct store_conn *c, const char *campaign, store_grid_fn on_run, void *arg,
                   struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "SELECT id, cell, block, attempt, state, grade FROM run"
                        "  WHERE campaign = ? ORDER BY cell, block, attempt",
                        err);
    if (r < 0)
        return r;
    query_text(&q, campaign);
    while ((r = query_step(&q, err)) > 0) {
        struct store_grid_run run = {
            .cell = (unsigned)query_col_i64(&q, 1),
            .block = (unsigned)query_col_i64(&q, 2),
            .attempt = (unsigned)query_col_i64(&q, 3),
        };
        size_t bytes;
        const char *state = query_col_borrowed(&q, 4, &bytes);
        if (!state || run_state_from_str(state, &run.state) < 0)
            run.state = RUN_FAILED;
        run.graded = grade_read(&q, 5, &run.grade);
        r = query_col_id(&q, 0, run.id, err);
        if (r < 0)
            return r;
        on_run(&run, arg);
    }
    return r;
}

int store_run_measured(struct store_conn *c, const char *campaign, store_measured_fn on_run,
                       void *arg, struct bd_err *err)
{
    auto_query struct query q = {0};
    run_figures_auto struct run_figures figures = {0};
    int r = query_begin(&q, c,
                        "SELECT id, cell, block, warmup, grade, started_ns, metrics FROM run"
                        "  WHERE campaign = ? AND state = 'done' ORDER BY cell, block, attempt",
                        err);
    if (r < 0)
        return r;
    query_text(&q, campaign);
    while ((r = query_step(&q, err)) > 0) {
        enum run_grade grade = GRADE_INVALID;
        struct store_measured_run run = {
            .cell = (unsigned)query_col_i64(&q, 1),
            .block = (unsigned)query_col_i64(&q, 2),
            .started_ns = query_col_i64(&q, 5),
            .figures = &figures,
        };
        size_t bytes;
        const char *metrics = query_col_borrowed(&q, 6, &bytes);
        run.counts = grade_read(&q, 4, &grade) && grade != GRADE_INVALID && !query_col_i64(&q, 3);
        if (metrics && query_col_id(&q, 0, run.id, NULL) == 0 &&
            run_figures_parse(&figures, metrics, bytes, NULL) == 0)
            on_run(&run, arg);
    }
    return r;
}
