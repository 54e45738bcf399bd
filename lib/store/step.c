#include "lib/store/cluster.h"

#include "lib/base/str.h"
#include "lib/store/query.h"

#include <errno.h>

static const char *const state_names[STORE_STEP_STATE_COUNT] = {
    [STORE_STEP_INTENDED] = "intended",
    [STORE_STEP_DONE] = "done",
    [STORE_STEP_FAILED] = "failed",
};

const char *store_step_state_to_str(enum store_step_state s)
{
    return state_names[s];
}

static int state_of(const char *text)
{
    for (int i = 0; i < STORE_STEP_STATE_COUNT; i++)
        if (bd_str_eq(state_names[i], text))
            return i;
    return -EINVAL;
}

void store_steps_free(struct store_step *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(rows[i].name);
        free(rows[i].error);
    }
    free(rows);
}

int store_step_put(struct store_conn *c, const struct store_step *row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "INSERT INTO step (cluster, name, attempt, state, started_ns, ended_ns,"
                        "  deadline_ns, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                        "ON CONFLICT (cluster, name, attempt) DO UPDATE SET state = excluded.state,"
                        "  started_ns = excluded.started_ns, ended_ns = excluded.ended_ns,"
                        "  deadline_ns = excluded.deadline_ns, error = excluded.error",
                        err);
    if (r < 0)
        return r;
    query_text(&q, row->cluster);
    query_text(&q, row->name);
    query_i64(&q, row->attempt);
    query_text(&q, store_step_state_to_str(row->state));
    query_time(&q, row->started_ns);
    query_time(&q, row->ended_ns);
    query_time(&q, row->deadline_ns);
    query_text(&q, row->error);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}

static int row_read(const struct query *q, struct store_step *ret_row, struct bd_err *err)
{
    struct store_step row = {0};
    int state = 0;
    int r = query_col_id(q, 0, row.cluster, err);
    if (r == 0)
        r = query_col_word(q, 3, state_of, &state, err);
    if (r < 0)
        return r;
    row.name = query_col_text(q, 1);
    row.attempt = (unsigned)query_col_i64(q, 2);
    row.state = (enum store_step_state)state;
    row.started_ns = query_col_i64(q, 4);
    row.ended_ns = query_col_i64(q, 5);
    row.deadline_ns = query_col_i64(q, 6);
    row.error = query_col_text(q, 7);
    *ret_row = row;
    return 0;
}

int store_step_list(struct store_conn *c, const char *cluster, struct store_step **ret_rows,
                    size_t *ret_n, struct bd_err *err)
{
    auto_query struct query q = {0};
    struct store_step *rows = NULL;
    size_t n = 0;
    int r = query_begin(&q, c,
                        "SELECT cluster, name, attempt, state, started_ns, ended_ns, deadline_ns,"
                        "  error FROM step WHERE cluster = ? ORDER BY rowid",
                        err);
    if (r < 0)
        return r;
    query_text(&q, cluster);
    while ((r = query_step(&q, err)) > 0) {
        rows = bd_xrealloc(rows, (n + 1) * sizeof(*rows));
        r = row_read(&q, &rows[n], err);
        if (r < 0) {
            bd_err_wrap(err, "step %zu of cluster %s", n + 1, cluster);
            break;
        }
        n++;
    }
    if (r < 0) {
        store_steps_free(rows, n);
        return r;
    }
    *ret_rows = rows;
    *ret_n = n;
    return 0;
}

int store_inventory_put(struct store_conn *c, const char *cluster, const json_t *items,
                        struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "INSERT INTO inventory (cluster, items) VALUES (?, ?) "
                        "ON CONFLICT (cluster) DO UPDATE SET items = excluded.items",
                        err);
    if (r < 0)
        return r;
    query_text(&q, cluster);
    query_json(&q, items);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}

int store_inventory_get(struct store_conn *c, const char *cluster, json_t **ret_items,
                        struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT items FROM inventory WHERE cluster = ?", err);
    if (r < 0)
        return r;
    query_text(&q, cluster);
    r = query_step(&q, err);
    if (r > 0)
        r = query_col_json(&q, 0, ret_items, err);
    else if (r == 0)
        *ret_items = NULL;
    return r;
}

int store_inventory_delete(struct store_conn *c, const char *cluster, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "DELETE FROM inventory WHERE cluster = ?", err);
    if (r < 0)
        return r;
    query_text(&q, cluster);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}
