#include "lib/store/page.h"
#include "lib/store/run.h"

/* In the order of enum column; row_bind() and row_read() keep to it. What is read besides is of
 * another table. */
#define COLUMNS_BUT_SPEC                                                                           \
    "id, name, state, priority, version, created_ns, started_ns, ended_ns, digest, cells, "        \
    "blocks, runs, done, failed, excluded, busy_ns, error"
#define COLUMNS  COLUMNS_BUT_SPEC ", spec"
#define STOPPING ", (SELECT state FROM stopping WHERE stopping.campaign = campaign.id) AS stopping"
#define SPENT(column)                                                                              \
    ", (SELECT " column " FROM budget WHERE budget.campaign = campaign.id) AS spent_" column
#define BESIDE    STOPPING SPENT("runs") SPENT("wall_ns") SPENT("node_ns") SPENT("why")
#define READ      COLUMNS BESIDE
#define READ_BARE COLUMNS_BUT_SPEC ", NULL AS spec" BESIDE
#define PLACES    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

enum column {
    COL_ID,
    COL_NAME,
    COL_STATE,
    COL_PRIORITY,
    COL_VERSION,
    COL_CREATED,
    COL_STARTED,
    COL_ENDED,
    COL_DIGEST,
    COL_CELLS,
    COL_BLOCKS,
    COL_RUNS,
    COL_DONE,
    COL_FAILED,
    COL_EXCLUDED,
    COL_BUSY,
    COL_ERROR,
    COL_SPEC,
    COL_STOPPING,
    COL_SPENT_RUNS,
    COL_SPENT_WALL,
    COL_SPENT_NODE,
    COL_EXHAUSTED,
};

static int state_of(const char *text)
{
    enum campaign_state state;
    int r = campaign_state_from_str(text, &state);
    return r < 0 ? r : (int)state;
}

static const char *state_name(int state)
{
    return campaign_state_to_str((enum campaign_state)state);
}

void store_campaign_done(struct store_campaign *row)
{
    free(row->name);
    json_decref(row->spec);
    json_decref(row->stopping);
    free(row->digest);
    free(row->error);
    free(row->exhausted);
    *row = (struct store_campaign){0};
}

void store_campaigns_free(struct store_campaign *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_campaign_done(&rows[i]);
    free(rows);
}

static void row_bind(struct query *q, const struct store_campaign *row)
{
    query_text(q, row->id);
    query_text(q, row->name);
    query_text(q, campaign_state_to_str(row->state));
    query_i64(q, row->priority);
    query_i64(q, row->version);
    query_time(q, row->created_ns);
    query_time(q, row->started_ns);
    query_time(q, row->ended_ns);
    query_text(q, row->digest);
    query_i64(q, row->cells);
    query_i64(q, row->blocks);
    query_i64(q, row->runs);
    query_i64(q, row->done);
    query_i64(q, row->failed);
    query_i64(q, row->excluded);
    query_i64(q, row->busy_ns);
    query_text(q, row->error);
    query_json(q, row->spec);
}

static int row_read(const struct query *q, struct store_campaign *ret_row, struct bd_err *err)
{
    int state = 0;
    struct store_campaign row = {
        .name = query_col_text(q, COL_NAME),
        .priority = (int)query_col_i64(q, COL_PRIORITY),
        .version = query_col_i64(q, COL_VERSION),
        .created_ns = query_col_i64(q, COL_CREATED),
        .started_ns = query_col_i64(q, COL_STARTED),
        .ended_ns = query_col_i64(q, COL_ENDED),
        .digest = query_col_text(q, COL_DIGEST),
        .cells = (unsigned)query_col_i64(q, COL_CELLS),
        .blocks = (unsigned)query_col_i64(q, COL_BLOCKS),
        .runs = (unsigned)query_col_i64(q, COL_RUNS),
        .done = (unsigned)query_col_i64(q, COL_DONE),
        .failed = (unsigned)query_col_i64(q, COL_FAILED),
        .excluded = (unsigned)query_col_i64(q, COL_EXCLUDED),
        .busy_ns = query_col_i64(q, COL_BUSY),
        .error = query_col_text(q, COL_ERROR),
        .has_budget = sqlite3_column_type(q->stmt, COL_SPENT_RUNS) != SQLITE_NULL,
        .spent = {.runs = (unsigned)query_col_i64(q, COL_SPENT_RUNS),
                  .wall_ns = query_col_i64(q, COL_SPENT_WALL),
                  .node_ns = query_col_i64(q, COL_SPENT_NODE)},
        .exhausted = query_col_text(q, COL_EXHAUSTED),
    };
    int r = query_col_id(q, COL_ID, row.id, err);
    if (r == 0)
        r = query_col_word(q, COL_STATE, state_of, &state, err);
    if (r == 0)
        r = query_col_json(q, COL_SPEC, &row.spec, err);
    if (r == 0)
        r = query_col_json(q, COL_STOPPING, &row.stopping, err);
    if (r < 0) {
        store_campaign_done(&row);
        return r;
    }
    row.state = (enum campaign_state)state;
    *ret_row = row;
    return 0;
}

static int not_found(const char *id, struct bd_err *err)
{
    return bd_err_set(err, BD_ENOTFOUND, "there is no campaign with the id '%s'", id);
}

int store_campaign_insert(struct store_conn *c, const struct store_campaign *row,
                          struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "INSERT INTO campaign (" COLUMNS ") VALUES (" PLACES ")", err);
    if (r < 0)
        return r;
    row_bind(&q, row);
    r = query_run(&q, err);
    if (r < 0 && sqlite3_extended_errcode(c->db) == SQLITE_CONSTRAINT_PRIMARYKEY)
        return bd_err_set(err, BD_ECONFLICT, "there is a campaign with the id %s already", row->id);
    if (r >= 0 && row->stopping)
        r = store_stopping_put(c, row->id, row->stopping, err);
    if (r >= 0 && row->has_budget)
        r = store_budget_put(c, row->id, err);
    return r < 0 ? r : 0;
}

int store_campaign_get(struct store_conn *c, const char *id, struct store_campaign *ret_row,
                       struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT " READ " FROM campaign WHERE id = ?", err);
    if (r < 0)
        return r;
    query_text(&q, id);
    r = query_step(&q, err);
    if (r == 0)
        return not_found(id, err);
    if (r > 0) {
        r = row_read(&q, ret_row, err);
        if (r < 0)
            bd_err_wrap(err, "campaign %s", id);
    }
    return r;
}

int store_campaign_set_state(struct store_conn *c, const char *id, enum campaign_state state,
                             int64_t started_ns, int64_t ended_ns, const char *error,
                             struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "UPDATE campaign SET version = version + 1, state = ?2,"
                        "  started_ns = ifnull(started_ns, ?3), ended_ns = ifnull(?4, ended_ns),"
                        "  error = ?5 WHERE id = ?1",
                        err);
    if (r < 0)
        return r;
    query_text(&q, id);
    query_text(&q, campaign_state_to_str(state));
    query_time(&q, started_ns);
    query_time(&q, ended_ns);
    query_text(&q, error);
    r = query_run(&q, err);
    if (r < 0)
        return r;
    return r > 0 ? 0 : not_found(id, err);
}

int store_campaign_count(struct store_conn *c, const char *id, unsigned done, unsigned failed,
                         unsigned excluded, int64_t busy_ns, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "UPDATE campaign SET version = version + 1, done = done + ?2,"
                        "  failed = failed + ?3, excluded = excluded + ?4, busy_ns = busy_ns + ?5 "
                        "WHERE id = ?1",
                        err);
    if (r < 0)
        return r;
    query_text(&q, id);
    query_i64(&q, done);
    query_i64(&q, failed);
    query_i64(&q, excluded);
    query_i64(&q, busy_ns);
    r = query_run(&q, err);
    if (r < 0)
        return r;
    return r > 0 ? 0 : not_found(id, err);
}

int store_campaign_add_cells(struct store_conn *c, const struct store_campaign *row,
                             const char *was, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "UPDATE campaign SET version = version + 1, spec = ?2, digest = ?3,"
                        "  cells = ?4, runs = ?5 WHERE id = ?1 AND digest = ?6"
                        "  AND state IN ('queued', 'running', 'paused') AND NOT EXISTS ("
                        "    SELECT 1 FROM budget WHERE campaign = ?1 AND why IS NOT NULL)",
                        err);
    if (r < 0)
        return r;
    query_text(&q, row->id);
    query_json(&q, row->spec);
    query_text(&q, row->digest);
    query_i64(&q, row->cells);
    query_i64(&q, row->runs);
    query_text(&q, was);
    r = query_run(&q, err);
    if (r == 0)
        return bd_err_set(
            err, BD_ECONFLICT,
            "campaign %s has ended or was changed meanwhile: look at it, and try again", row->id);
    return r < 0 ? r : 0;
}

#define NAMED "AND (?4 IS NULL OR name = ?4) "

/* As clusters are listed: all there are, or per state a walk along its index. */
#define LIST_ALL(columns)                                                                          \
    "SELECT " columns " FROM campaign WHERE " PAGE_PLACE NAMED PAGE_NEWEST_FIRST
#define LIST_STATES(columns)                                                                       \
    "SELECT " columns " FROM campaign WHERE id IN ("                                               \
    "  SELECT page.id FROM json_each(?1) AS wanted, campaign AS page WHERE page.id IN ("           \
    "    SELECT id FROM campaign WHERE state = wanted.value AND " PAGE_PLACE NAMED                 \
        PAGE_NEWEST_FIRST ")) " PAGE_NEWEST_FIRST

/* [by state][without spec] */
static const char *const list_sql[2][2] = {
    {LIST_ALL(READ), LIST_ALL(READ_BARE)},
    {LIST_STATES(READ), LIST_STATES(READ_BARE)},
};

static int read_listed(const struct query *q, void *ret_row, struct bd_err *err)
{
    return row_read(q, ret_row, err);
}

static void free_listed(void *rows, size_t n)
{
    store_campaigns_free(rows, n);
}

static const struct page_table table = {
    .row_bytes = sizeof(struct store_campaign),
    .col_created = COL_CREATED,
    .n_states = CAMPAIGN_STATE_COUNT,
    .state_name = state_name,
    .read = read_listed,
    .free = free_listed,
};

int store_campaign_list(struct store_conn *c, const struct store_campaign_filter *filter,
                        bool without_spec, store_bad_row_fn on_bad, void *arg,
                        struct store_campaign **ret_rows, size_t *ret_n, struct bd_err *err)
{
    const struct page_ask ask = {
        .sql = list_sql[filter->states != 0][without_spec],
        .states = filter->states,
        .text = filter->name,
        .before_created_ns = filter->before_created_ns,
        .before_id = filter->before_id,
        .limit = filter->limit,
    };
    void *rows = NULL;
    int r = page_list(c, &table, &ask, on_bad, arg, &rows, ret_n, err);
    if (r == 0)
        *ret_rows = rows;
    return r;
}

static int head_read(const struct query *q, struct store_campaign_head *ret_head,
                     struct bd_err *err)
{
    struct store_campaign_head head = {0};
    int state = 0;
    int r = query_col_id(q, 0, head.id, err);
    if (r == 0)
        r = query_col_word(q, 1, state_of, &state, err);
    if (r < 0)
        return r;
    head.state = (enum campaign_state)state;
    head.priority = (int)query_col_i64(q, 2);
    head.created_ns = query_col_i64(q, 3);
    head.done = (unsigned)query_col_i64(q, 4);
    head.failed = (unsigned)query_col_i64(q, 5);
    *ret_head = head;
    return 0;
}

int store_campaign_heads(struct store_conn *c, store_bad_row_fn on_bad, void *arg,
                         struct store_campaign_head **ret_heads, size_t *ret_n, struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows heads = {.bytes = sizeof(struct store_campaign_head)};
    /* In the words of the index campaign_heads, which answers it alone. */
    int r = query_begin(&q, c,
                        "SELECT id, state, priority, created_ns, done, failed FROM campaign"
                        "  WHERE state NOT IN ('done', 'failed', 'cancelled') "
                        "ORDER BY created_ns, id",
                        err);
    if (r < 0)
        return r;
    while ((r = query_step(&q, err)) > 0) {
        struct bd_err why = BD_ERR_INIT;
        if (head_read(&q, page_slot(&heads), &why) == 0) {
            heads.n++;
        } else if (on_bad) {
            bd_auto_free char *id = query_col_text(&q, 0);
            on_bad(id, &why, arg);
        }
    }
    if (r < 0) {
        free(heads.items);
        return r;
    }
    *ret_heads = heads.items;
    *ret_n = heads.n;
    return 0;
}
