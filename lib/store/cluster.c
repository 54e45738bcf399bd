#include "lib/store/cluster.h"

#include "lib/base/str.h"
#include "lib/store/query.h"

#include <string.h>

/* In the order of enum column; row_bind() and row_read() keep to it. */
#define COLUMNS                                                                                    \
    "id, name, state, version, created_ns, ready_ns, ended_ns, spec, image_id, image_name, "       \
    "image_digest, subnet, scheduler_version, step, nodes, timings, warnings, error, residue"
#define PLACES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
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
}

static int read_json(const struct query *q, struct store_cluster *row, struct bd_err *err)
{
    const struct {
        int col;
        json_t **to;
    } columns[] = {
        {COL_SPEC, &row->spec},         {COL_NODES, &row->nodes}, {COL_TIMINGS, &row->timings},
        {COL_WARNINGS, &row->warnings}, {COL_ERROR, &row->error}, {COL_RESIDUE, &row->residue},
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

/* The row that a query by a unique key answers. */
static int row_one(struct query *q, const char *what, const char *key,
                   struct store_cluster *ret_row, struct bd_err *err)
{
    int r = query_step(q, err);
    if (r == 0)
        return bd_err_set(err, BD_ENOTFOUND, "there is no cluster with the %s '%s'", what, key);
    if (r > 0) {
        r = row_read(q, ret_row, err);
        if (r < 0)
            bd_err_wrap(err, "cluster %s", key);
    }
    return r;
}

int store_cluster_get(struct store_conn *c, const char *id, struct store_cluster *ret_row,
                      struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT " COLUMNS " FROM cluster WHERE id = ?", err);
    if (r < 0)
        return r;
    query_text(&q, id);
    return row_one(&q, "id", id, ret_row, err);
}

int store_cluster_get_by_name(struct store_conn *c, const char *name, struct store_cluster *ret_row,
                              struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT " COLUMNS " FROM cluster WHERE name = ? AND " LIVE, err);
    if (r < 0)
        return r;
    query_text(&q, name);
    return row_one(&q, "name", name, ret_row, err);
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

#define NEWEST_FIRST "ORDER BY created_ns DESC, id DESC LIMIT ?5"
#define ON_PAGE      "(created_ns, id) < (?2, ?3) AND (?4 IS NULL OR name = ?4) "

/* All there are, whatever the state says. */
static const char list_all_sql[] = "SELECT " COLUMNS " FROM cluster WHERE " ON_PAGE NEWEST_FIRST;

/* Per state a walk along the index that ends at the limit: cost follows from what is listed, not
 * from what is stored. */
static const char list_states_sql[] =
    "SELECT " COLUMNS " FROM cluster WHERE id IN ("
    "  SELECT page.id FROM json_each(?1) AS wanted, cluster AS page WHERE page.id IN ("
    "    SELECT id FROM cluster WHERE state = wanted.value AND " ON_PAGE NEWEST_FIRST
    ")) " NEWEST_FIRST;

struct page {
    struct store_cluster *rows;
    size_t n, cap;
    int64_t before_ns; /* the place of the last row seen, read or not */
    char *before_id;
};

static void page_done(struct page *p)
{
    store_clusters_free(p->rows, p->n);
    free(p->before_id);
}

static struct store_cluster *page_slot(struct page *p)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 16;
        p->rows = bd_xrealloc(p->rows, p->cap * sizeof(*p->rows));
    }
    return &p->rows[p->n];
}

/* Up to `wanted` rows from the place of p on; answers the number seen, among them those that could
 * not be read. */
static int page_add(struct page *p, struct store_conn *c, const struct store_cluster_filter *filter,
                    unsigned wanted, store_bad_row_fn on_bad, void *arg, struct bd_err *err)
{
    auto_query struct query q = {0};
    bd_auto_free char *from_id = bd_xstrdup(p->before_id);
    int seen = 0;
    int r = query_begin(&q, c, filter->states ? list_states_sql : list_all_sql, err);
    if (r < 0)
        return r;
    query_states(&q, filter->states, CLUSTER_STATE_COUNT, state_name);
    query_i64(&q, p->before_ns);
    query_text(&q, from_id);
    query_text(&q, filter->name);
    query_i64(&q, wanted);
    for (; (r = query_step(&q, err)) > 0; seen++) {
        struct bd_err why = BD_ERR_INIT;
        free(p->before_id);
        p->before_id = query_col_text(&q, COL_ID);
        p->before_ns = query_col_i64(&q, COL_CREATED);
        if (row_read(&q, page_slot(p), &why) == 0)
            p->n++;
        else if (on_bad)
            on_bad(p->before_id, &why, arg);
    }
    return r < 0 ? r : seen;
}

int store_cluster_list(struct store_conn *c, const struct store_cluster_filter *filter,
                       store_bad_row_fn on_bad, void *arg, struct store_cluster **ret_rows,
                       size_t *ret_n, struct bd_err *err)
{
    struct page page = {
        .before_ns = filter->before_created_ns ? filter->before_created_ns : INT64_MAX,
        .before_id = bd_xstrdup(filter->before_id ? filter->before_id : ""),
    };
    /* A page is only short at the end of the listing: rows that can't be read are made up for. */
    while (page.n < filter->limit) {
        unsigned wanted = filter->limit - (unsigned)page.n;
        int seen = page_add(&page, c, filter, wanted, on_bad, arg, err);
        if (seen < 0) {
            page_done(&page);
            return seen;
        }
        if ((unsigned)seen < wanted)
            break;
    }
    *ret_rows = bd_take(page.rows);
    *ret_n = page.n;
    page.n = 0;
    page_done(&page);
    return 0;
}
