#include "lib/store/run.h"

#include "lib/base/str.h"
#include "lib/store/page.h"

/* In the order of enum column; what a run is made with, and what changes in its life. */
#define FIXED "id, campaign, position, cell, block, attempt, warmup, created_ns, levels, spec"
#define CHANGING                                                                                   \
    "state, version, started_ns, ended_ns, deadline_ns, waiting, conditions, metrics, warnings, "  \
    "error, grade, reasons"
#define COLUMNS         FIXED ", " CHANGING
#define FIXED_PLACES    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
#define CHANGING_PLACES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

enum column {
    COL_ID,
    COL_CAMPAIGN,
    COL_POSITION,
    COL_CELL,
    COL_BLOCK,
    COL_ATTEMPT,
    COL_WARMUP,
    COL_CREATED,
    COL_LEVELS,
    COL_SPEC,
    COL_STATE,
    COL_VERSION,
    COL_STARTED,
    COL_ENDED,
    COL_DEADLINE,
    COL_WAITING,
    COL_CONDITIONS,
    COL_METRICS,
    COL_WARNINGS,
    COL_ERROR,
    COL_GRADE,
    COL_REASONS,
};

static int state_of(const char *text)
{
    enum run_state state;
    int r = run_state_from_str(text, &state);
    return r < 0 ? r : (int)state;
}

static const char *state_name(int state)
{
    return run_state_to_str((enum run_state)state);
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

void store_run_done(struct store_run *row)
{
    json_decref(row->levels);
    json_decref(row->spec);
    free(row->waiting);
    json_decref(row->conditions);
    json_decref(row->metrics);
    json_decref(row->warnings);
    json_decref(row->error);
    json_decref(row->reasons);
    *row = (struct store_run){0};
}

void store_runs_free(struct store_run *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_run_done(&rows[i]);
    free(rows);
}

static void fixed_bind(struct query *q, const struct store_run *row)
{
    query_text(q, row->id);
    query_text(q, row->campaign);
    query_i64(q, row->position);
    query_i64(q, row->cell);
    query_i64(q, row->block);
    query_i64(q, row->attempt);
    query_i64(q, row->warmup);
    query_time(q, row->created_ns);
    query_json(q, row->levels);
    query_json(q, row->spec);
}

static void changing_bind(struct query *q, const struct store_run *row)
{
    query_text(q, run_state_to_str(row->state));
    query_i64(q, row->version);
    query_time(q, row->started_ns);
    query_time(q, row->ended_ns);
    query_time(q, row->deadline_ns);
    query_text(q, row->waiting);
    query_json(q, row->conditions);
    query_json(q, row->metrics);
    query_json(q, row->warnings);
    query_json(q, row->error);
    query_text(q, row->graded ? run_grade_to_str(row->grade) : NULL);
    query_json(q, row->reasons);
}

static int read_words(const struct query *q, struct store_run *row, struct bd_err *err)
{
    int state = 0, grade = GRADE_COUNT;
    int r = query_col_id(q, COL_ID, row->id, err);
    if (r == 0)
        r = query_col_id(q, COL_CAMPAIGN, row->campaign, err);
    if (r == 0)
        r = query_col_word(q, COL_STATE, state_of, &state, err);
    if (r == 0)
        r = query_col_word(q, COL_GRADE, grade_of, &grade, err);
    if (r < 0)
        return r;
    row->state = (enum run_state)state;
    row->graded = grade != GRADE_COUNT;
    row->grade = row->graded ? (enum run_grade)grade : GRADE_USABLE;
    return 0;
}

static int read_json(const struct query *q, struct store_run *row, struct bd_err *err)
{
    const struct {
        int col;
        json_t **to;
    } columns[] = {
        {COL_LEVELS, &row->levels},         {COL_SPEC, &row->spec},
        {COL_CONDITIONS, &row->conditions}, {COL_METRICS, &row->metrics},
        {COL_WARNINGS, &row->warnings},     {COL_ERROR, &row->error},
        {COL_REASONS, &row->reasons},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(columns); i++) {
        int r = query_col_json(q, columns[i].col, columns[i].to, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int row_read(const struct query *q, struct store_run *ret_row, struct bd_err *err)
{
    struct store_run row = {
        .position = (unsigned)query_col_i64(q, COL_POSITION),
        .cell = (unsigned)query_col_i64(q, COL_CELL),
        .block = (unsigned)query_col_i64(q, COL_BLOCK),
        .attempt = (unsigned)query_col_i64(q, COL_ATTEMPT),
        .warmup = query_col_i64(q, COL_WARMUP) != 0,
        .created_ns = query_col_i64(q, COL_CREATED),
        .version = query_col_i64(q, COL_VERSION),
        .started_ns = query_col_i64(q, COL_STARTED),
        .ended_ns = query_col_i64(q, COL_ENDED),
        .deadline_ns = query_col_i64(q, COL_DEADLINE),
        .waiting = query_col_text(q, COL_WAITING),
    };
    int r = read_words(q, &row, err);
    if (r == 0)
        r = read_json(q, &row, err);
    if (r < 0) {
        store_run_done(&row);
        return r;
    }
    *ret_row = row;
    return 0;
}

int store_run_insert(struct store_conn *c, const struct store_run *row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(
        &q, c, "INSERT INTO run (" COLUMNS ") VALUES (" FIXED_PLACES ", " CHANGING_PLACES ")", err);
    if (r < 0)
        return r;
    fixed_bind(&q, row);
    changing_bind(&q, row);
    r = query_run(&q, err);
    if (r >= 0)
        return 0;
    switch (sqlite3_extended_errcode(c->db)) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
        return bd_err_set(err, BD_ECONFLICT, "there is a run with the id %s already", row->id);
    case SQLITE_CONSTRAINT_UNIQUE:
        return bd_err_set(err, BD_ECONFLICT,
                          "campaign %s has attempt %u at position %u already; run %s is not stored",
                          row->campaign, row->attempt, row->position, row->id);
    default:
        return r;
    }
}

int store_run_get(struct store_conn *c, const char *id, struct store_run *ret_row,
                  struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT " COLUMNS " FROM run WHERE id = ?", err);
    if (r < 0)
        return r;
    query_text(&q, id);
    r = query_step(&q, err);
    if (r == 0)
        return bd_err_set(err, BD_ENOTFOUND, "there is no run with the id '%s'", id);
    if (r > 0) {
        r = row_read(&q, ret_row, err);
        if (r < 0)
            bd_err_wrap(err, "run %s", id);
    }
    return r;
}

int store_run_update(struct store_conn *c, const struct store_run *row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(
        &q, c,
        "UPDATE run SET (" CHANGING ") = (" CHANGING_PLACES ") WHERE id = ? AND version < ?2", err);
    if (r < 0)
        return r;
    changing_bind(&q, row);
    query_text(&q, row->id);
    r = query_run(&q, err);
    if (r != 0)
        return r < 0 ? r : 0;

    struct store_run stored = {0};
    r = store_run_get(c, row->id, &stored, err);
    if (r < 0)
        return r;
    r = bd_err_set(err, BD_ECONFLICT,
                   "run %s is stored with version %lld; version %lld is not newer", row->id,
                   (long long)stored.version, (long long)row->version);
    store_run_done(&stored);
    return r;
}

/* As clusters are listed: all there are, or per state a walk along its index. Of one campaign, the
 * index of its runs tells their states. [of a campaign][by state] */
static const char *const list_sql[2][2] = {
    {
        "SELECT " COLUMNS " FROM run WHERE " PAGE_PLACE PAGE_NEWEST_FIRST,
        "SELECT " COLUMNS " FROM run WHERE id IN ("
        "  SELECT page.id FROM json_each(?1) AS wanted, run AS page WHERE page.id IN ("
        "    SELECT id FROM run WHERE state = wanted.value AND " PAGE_PLACE PAGE_NEWEST_FIRST
        ")) " PAGE_NEWEST_FIRST,
    },
    {
        "SELECT " COLUMNS " FROM run WHERE campaign = ?4 AND " PAGE_PLACE PAGE_NEWEST_FIRST,
        "SELECT " COLUMNS " FROM run WHERE id IN ("
        "  SELECT id FROM run WHERE campaign = ?4 AND state IN (SELECT value FROM json_each(?1))"
        "    AND " PAGE_PLACE PAGE_NEWEST_FIRST ") " PAGE_NEWEST_FIRST,
    },
};

static int read_listed(const struct query *q, void *ret_row, struct bd_err *err)
{
    return row_read(q, ret_row, err);
}

static void free_listed(void *rows, size_t n)
{
    store_runs_free(rows, n);
}

static const struct page_table table = {
    .row_bytes = sizeof(struct store_run),
    .col_created = COL_CREATED,
    .n_states = RUN_STATE_COUNT,
    .state_name = state_name,
    .read = read_listed,
    .free = free_listed,
};

int store_run_list(struct store_conn *c, const struct store_run_filter *filter,
                   store_bad_row_fn on_bad, void *arg, struct store_run **ret_rows, size_t *ret_n,
                   struct bd_err *err)
{
    const struct page_ask ask = {
        .sql = list_sql[filter->campaign != NULL][filter->states != 0],
        .states = filter->states,
        .text = filter->campaign,
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

/* An index answers it, but for the runs that failed: their errors are looked at. */
static const char heads_sql[] =
    "SELECT id, position, attempt, state, CASE state WHEN 'failed' THEN ("
    "    SELECT CASE WHEN json_valid(error) THEN json_extract(error, '$.type') END"
    "      FROM run AS whole WHERE whole.id = run.id) END "
    "FROM run WHERE campaign = ? ORDER BY position, attempt";

int store_run_heads(struct store_conn *c, const char *campaign, struct store_run_head **ret_heads,
                    size_t *ret_n, struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows heads = {.bytes = sizeof(struct store_run_head)};
    int r = query_begin(&q, c, heads_sql, err);
    if (r < 0)
        return r;
    query_text(&q, campaign);
    while ((r = query_step(&q, err)) > 0) {
        struct store_run_head *head = page_slot(&heads);
        bd_auto_free char *type = query_col_text(&q, 4);
        int state;
        *head = (struct store_run_head){
            .position = (unsigned)query_col_i64(&q, 1),
            .attempt = (unsigned)query_col_i64(&q, 2),
            .interrupted = bd_str_eq(type, bd_err_name(BD_EINTERRUPTED)),
            .unsupported = bd_str_eq(type, bd_err_name(BD_EUNSUPPORTED)),
        };
        head->state =
            query_col_word(&q, 3, state_of, &state, NULL) == 0 ? (enum run_state)state : RUN_FAILED;
        r = query_col_id(&q, 0, head->id, err);
        if (r < 0)
            break;
        heads.n++;
    }
    if (r < 0) {
        bd_err_wrap(err, "runs of campaign %s", campaign);
        free(heads.items);
        return r;
    }
    *ret_heads = heads.items;
    *ret_n = heads.n;
    return 0;
}
