#include "lib/store/cluster.h"

#include "lib/base/str.h"
#include "lib/store/page.h"

#include <string.h>

/* In the order of enum column; row_bind() and row_read() keep to it. */
#define COLUMNS                                                                                    \
    "id, name, state, version, created_ns, ready_ns, ended_ns, spec, image_id, image_name, "       \
    "image_digest, subnet, scheduler_version, step, nodes, timings, warnings, error, residue, "    \
    "run, network"
#define PLACES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
#define LIVE   "state IN ('creating', 'ready', 'failing', 'deleting')"

enum column {
    COL_ID,
    COL_NAME,
    COL_STATE,
    COL_VERSION,
    COL_CREATED,
    COL_READY,
    COL_ENDED,
    COL_SPEC,
    COL_IMAGE_ID,
    COL_IMAGE_NAME,
    COL_IMAGE_DIGEST,
    COL_SUBNET,
    COL_SCHEDULER_VERSION,
    COL_STEP,
    COL_NODES,
    COL_TIMINGS,
    COL_WARNINGS,
    COL_ERROR,
    COL_RESIDUE,
    COL_RUN,
    COL_NETWORK,
};

static int state_of(const char *text)
{
    enum cluster_state state;
    int r = cluster_state_from_str(text, &state);
    return r < 0 ? r : (int)state;
}

static const char *state_name(int state)
{
    return cluster_state_to_str((enum cluster_state)state);
}

void store_cluster_done(struct store_cluster *row)
{
    free(row->name);
    json_decref(row->spec);
    free(row->image_id);
    free(row->image_name);
    free(row->image_digest);
    free(row->subnet);
    free(row->scheduler_version);
    free(row->step);
    json_decref(row->nodes);
    json_decref(row->timings);
    json_decref(row->warnings);
    json_decref(row->error);
    json_decref(row->residue);
    json_decref(row->network);
    free(row->run);
    *row = (struct store_cluster){0};
}

void store_clusters_free(struct store_cluster *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_cluster_done(&rows[i]);
    free(rows);
}

static void row_bind(struct query *q, const struct store_cluster *row)
{
    query_text(q, row->id);
    query_text(q, row->name);
    query_text(q, cluster_state_to_str(row->state));
    query_i64(q, row->version);
    query_time(q, row->created_ns);
    query_time(q, row->ready_ns);
    query_time(q, row->ended_ns);
    query_json(q, row->spec);
    query_text(q, row->image_id);
    query_text(q, row->image_name);
    query_text(q, row->image_digest);
    query_text(q, row->subnet);
    query_text(q, row->scheduler_version);
    query_text(q, row->step);
    query_json(q, row->nodes);
    query_json(q, row->timings);
    query_json(q, row->warnings);
    query_json(q, row->error);
    query_json(q, row->residue);
    query_text(q, row->run);
    query_json(q, row->network);
}

static int read_json(const struct query *q, struct store_cluster *row, struct bd_err *err)
{
    const struct {
        int col;
        json_t **to;
    } columns[] = {
        {COL_SPEC, &row->spec},         {COL_NODES, &row->nodes}, {COL_TIMINGS, &row->timings},
        {COL_WARNINGS, &row->warnings}, {COL_ERROR, &row->error}, {COL_RESIDUE, &row->residue},
        {COL_NETWORK, &row->network},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(columns); i++) {
        int r = query_col_json(q, columns[i].col, columns[i].to, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int row_read(const struct query *q, struct store_cluster *ret_row, struct bd_err *err)
{
    int state = 0;
    struct store_cluster row = {
        .name = query_col_text(q, COL_NAME),
        .version = query_col_i64(q, COL_VERSION),
        .created_ns = query_col_i64(q, COL_CREATED),
        .ready_ns = query_col_i64(q, COL_READY),
        .ended_ns = query_col_i64(q, COL_ENDED),
        .image_id = query_col_text(q, COL_IMAGE_ID),
        .image_name = query_col_text(q, COL_IMAGE_NAME),
        .image_digest = query_col_text(q, COL_IMAGE_DIGEST),
        .subnet = query_col_text(q, COL_SUBNET),
        .scheduler_version = query_col_text(q, COL_SCHEDULER_VERSION),
        .step = query_col_text(q, COL_STEP),
        .run = query_col_text(q, COL_RUN),
    };
    int r = query_col_id(q, COL_ID, row.id, err);
    if (r == 0)
        r = query_col_word(q, COL_STATE, state_of, &state, err);
    if (r == 0)
        r = read_json(q, &row, err);
    if (r < 0) {
        store_cluster_done(&row);
        return r;
    }
    row.state = (enum cluster_state)state;
    *ret_row = row;
    return 0;
}

int store_cluster_get(struct store_conn *c, const char *id, struct store_cluster *ret_row,
                      struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT " COLUMNS " FROM cluster WHERE id = ?", err);
    if (r < 0)
        return r;
    query_text(&q, id);
    r = query_step(&q, err);
    if (r == 0)
        return bd_err_set(err, BD_ENOTFOUND, "there is no cluster with the id '%s'", id);
    if (r > 0) {
        r = row_read(&q, ret_row, err);
        if (r < 0)
            bd_err_wrap(err, "cluster %s", id);
    }
    return r;
}

/* Puts words people understand in the place of SQLite's, where a name or an id is taken. */
static int explain_conflict(struct store_conn *c, const struct store_cluster *row, int r,
                            struct bd_err *err)
{
    int rc = sqlite3_extended_errcode(c->db);
    if (rc == SQLITE_CONSTRAINT_PRIMARYKEY)
        return bd_err_set(err, BD_ECONFLICT, "there is a cluster with the id %s already", row->id);
    if (rc != SQLITE_CONSTRAINT_UNIQUE || !row->name)
        return r;
    auto_query struct query q = {0};
    r = query_begin(&q, c, "SELECT id FROM cluster WHERE name = ? AND " LIVE, err);
    if (r < 0)
        return r;
    query_text(&q, row->name);
    r = query_step(&q, err);
    if (r < 0)
        return r;
    bd_auto_free char *id = query_col_text(&q, 0);
    return bd_err_set(err, BD_ECONFLICT,
                      "the name '%s' is taken by cluster %s; delete that, or choose another name",
                      row->name, id ? id : "?");
}

int store_cluster_insert(struct store_conn *c, const struct store_cluster *row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "INSERT INTO cluster (" COLUMNS ") VALUES (" PLACES ")", err);
    if (r < 0)
        return r;
    row_bind(&q, row);
    r = query_run(&q, err);
    return r < 0 ? explain_conflict(c, row, r, err) : 0;
}

int store_cluster_update(struct store_conn *c, const struct store_cluster *row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(
        &q, c, "UPDATE cluster SET (" COLUMNS ") = (" PLACES ") WHERE id = ?1 AND version < ?4",
        err);
    if (r < 0)
        return r;
    row_bind(&q, row);
    r = query_run(&q, err);
    if (r < 0)
        return explain_conflict(c, row, r, err);
    if (r > 0)
        return 0;

    struct store_cluster stored = {0};
    r = store_cluster_get(c, row->id, &stored, err);
    if (r < 0)
        return r;
    r = bd_err_set(err, BD_ECONFLICT,
                   "cluster %s is stored with version %lld; version %lld is not newer", row->id,
                   (long long)stored.version, (long long)row->version);
    store_cluster_done(&stored);
    return r;
}

#define NAMED "AND (?4 IS NULL OR name = ?4) "

/* All there are, whatever the state says. */
static const char list_all_sql[] =
    "SELECT " COLUMNS " FROM cluster WHERE " PAGE_PLACE NAMED PAGE_NEWEST_FIRST;

/* Per state a walk along the index that ends at the limit: cost follows from what is listed, not
 * from what is stored. */
static const char list_states_sql[] =
    "SELECT " COLUMNS " FROM cluster WHERE id IN ("
    "  SELECT page.id FROM json_each(?1) AS wanted, cluster AS page WHERE page.id IN ("
    "    SELECT id FROM cluster WHERE state = wanted.value AND " PAGE_PLACE NAMED PAGE_NEWEST_FIRST
    ")) " PAGE_NEWEST_FIRST;

static int read_listed(const struct query *q, void *ret_row, struct bd_err *err)
{
    return row_read(q, ret_row, err);
}

static void free_listed(void *rows, size_t n)
{
    store_clusters_free(rows, n);
}

static const struct page_table table = {
    .row_bytes = sizeof(struct store_cluster),
    .col_created = COL_CREATED,
    .n_states = CLUSTER_STATE_COUNT,
    .state_name = state_name,
    .read = read_listed,
    .free = free_listed,
};

int store_cluster_list(struct store_conn *c, const struct store_cluster_filter *filter,
                       store_bad_row_fn on_bad, void *arg, struct store_cluster **ret_rows,
                       size_t *ret_n, struct bd_err *err)
{
    const struct page_ask ask = {
        .sql = filter->states ? list_states_sql : list_all_sql,
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
