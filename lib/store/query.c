#include "lib/store/query.h"

#include "lib/base/str.h"

#include <errno.h>
#include <string.h>

static int code_of(sqlite3 *db, int rc)
{
    int system = db ? sqlite3_system_errno(db) : 0;
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return BD_EUNAVAILABLE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return BD_ECORRUPT;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_IOERR:
        return system == ENOSPC || system == EDQUOT ? -ENOSPC : -EIO;
    case SQLITE_CANTOPEN:
        return system ? -system : -EIO;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_NOMEM:
        return -ENOMEM;
    default:
        return BD_EINVALID;
    }
}

static const char *advice(int code)
{
    switch (code) {
    case BD_EUNAVAILABLE:
        return "; another program holds it: stop that, then try again";
    case BD_ECORRUPT:
        return "; stop benchd, move the file and its -wal and -shm away, put a copy of it in its "
               "place "
               "(one was kept before each migration) or none to begin with an empty one, start "
               "again";
    case -ENOSPC:
        return "; free space there: nothing of this change was kept";
    case -EACCES:
        return "; benchd must own the file and its directory";
    default:
        return "";
    }
}

int query_fail(struct store_conn *c, int rc, const char *doing, struct bd_err *err)
{
    int code = code_of(c->db, rc);
    return bd_err_set(err, code, "database %s: %s (in '%.80s')%s", c->path,
                      c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(rc), doing, advice(code));
}

/* Without it, what follows a failure that ended the transaction would be kept, each on its own. */
static int check_batch(struct store_conn *c, struct bd_err *err)
{
    if (!c->in_batch || !sqlite3_get_autocommit(c->db))
        return 0;
    return bd_err_set(err, -EIO, "database %s: an earlier failure ended this transaction", c->path);
}

int query_exec(struct store_conn *c, const char *sql, struct bd_err *err)
{
    int r = check_batch(c, err);
    if (r < 0)
        return r;
    int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : query_fail(c, rc, sql, err);
}

int query_begin(struct query *q, struct store_conn *c, const char *sql, struct bd_err *err)
{
    int r = check_batch(c, err);
    if (r < 0)
        return r;
    *q = (struct query){.conn = c};
    for (size_t i = 0; i < c->n_statements; i++) {
        if (c->statements[i].sql == sql) {
            q->stmt = c->statements[i].stmt;
            return 0;
        }
    }
    if (c->n_statements == STORE_STATEMENTS_MAX)
        abort();
    int rc = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL);
    if (rc != SQLITE_OK)
        return query_fail(c, rc, sql, err);
    c->statements[c->n_statements].sql = sql;
    c->statements[c->n_statements++].stmt = q->stmt;
    return 0;
}

/* A statement that is left unreset would keep its snapshot, and so the log from being folded in. */
void query_end(struct query *q)
{
    if (!q->stmt)
        return;
    sqlite3_reset(q->stmt);
    sqlite3_clear_bindings(q->stmt);
    q->stmt = NULL;
}

static void bound(struct query *q, int rc)
{
    if (q->rc == SQLITE_OK)
        q->rc = rc;
}

void query_text(struct query *q, const char *text)
{
    bound(q, sqlite3_bind_text(q->stmt, ++q->bound, text, -1, SQLITE_STATIC));
}

void query_i64(struct query *q, int64_t value)
{
    bound(q, sqlite3_bind_int64(q->stmt, ++q->bound, value));
}

void query_blob(struct query *q, const void *data, size_t bytes)
{
    /* A pointer that is NULL would be NULL, and not a blob without bytes. */
    bound(q, sqlite3_bind_blob64(q->stmt, ++q->bound, data ? data : "", bytes, SQLITE_STATIC));
}

void query_time(struct query *q, int64_t ns)
{
    if (ns == 0)
        query_text(q, NULL);
    else
        query_i64(q, ns);
}

void query_json(struct query *q, const json_t *json)
{
    if (json)
        bound(q, sqlite3_bind_text(q->stmt, ++q->bound, bd_json_text(json), -1, free));
    else
        query_text(q, NULL);
}

void query_states(struct query *q, unsigned bits, int count, const char *(*name_of)(int state))
{
    bd_auto_json json_t *names = json_array();
    for (int i = 0; i < count; i++)
        if (bits == 0 || bits & 1U << i)
            json_array_append_new(names, json_string(name_of(i)));
    query_json(q, names);
}

int query_step(struct query *q, struct bd_err *err)
{
    int rc = q->rc == SQLITE_OK ? sqlite3_step(q->stmt) : q->rc;
    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    return query_fail(q->conn, rc, sqlite3_sql(q->stmt), err);
}

int query_run(struct query *q, struct bd_err *err)
{
    int r = query_step(q, err);
    return r < 0 ? r : sqlite3_changes(q->conn->db);
}

char *query_col_text(const struct query *q, int col)
{
    const char *text = (const char *)sqlite3_column_text(q->stmt, col);
    return text ? bd_xstrdup(text) : NULL;
}

const char *query_col_borrowed(const struct query *q, int col, size_t *ret_bytes)
{
    const char *text = (const char *)sqlite3_column_text(q->stmt, col);
    *ret_bytes = text ? (size_t)sqlite3_column_bytes(q->stmt, col) : 0;
    return text;
}

int64_t query_col_i64(const struct query *q, int col)
{
    return sqlite3_column_int64(q->stmt, col);
}

double query_col_real(const struct query *q, int col)
{
    return sqlite3_column_double(q->stmt, col);
}

void *query_col_blob(const struct query *q, int col, size_t *ret_bytes)
{
    const void *data = sqlite3_column_blob(q->stmt, col);
    size_t bytes = (size_t)sqlite3_column_bytes(q->stmt, col);
    void *copy = bd_xmalloc(bytes ? bytes : 1);
    if (bytes)
        memcpy(copy, data, bytes);
    *ret_bytes = bytes;
    return copy;
}

int query_col_json(const struct query *q, int col, json_t **ret_json, struct bd_err *err)
{
    size_t bytes;
    const char *text = query_col_borrowed(q, col, &bytes);
    if (!text) {
        *ret_json = NULL;
        return 0;
    }
    if (bd_json_parse(text, bytes, ret_json, err) == 0)
        return 0;
    if (err)
        err->code = BD_ECORRUPT;
    bd_err_wrap(err, "column '%s'", sqlite3_column_name(q->stmt, col));
    return BD_ECORRUPT;
}

int query_col_id(const struct query *q, int col, char ret_id[BD_ID_BYTES], struct bd_err *err)
{
    const char *text = (const char *)sqlite3_column_text(q->stmt, col);
    if (!text || strlen(text) != BD_ID_CHARS)
        return bd_err_set(err, BD_ECORRUPT, "column '%s': '%.40s' is no id",
                          sqlite3_column_name(q->stmt, col), text ? text : "");
    memcpy(ret_id, text, BD_ID_BYTES);
    return 0;
}

int query_col_word(const struct query *q, int col, int (*from_str)(const char *), int *ret_value,
                   struct bd_err *err)
{
    const char *text = (const char *)sqlite3_column_text(q->stmt, col);
    int value = from_str(text);
    if (value < 0)
        return bd_err_set(err, BD_ECORRUPT, "column '%s': unknown word '%.40s'",
                          sqlite3_column_name(q->stmt, col), text ? text : "");
    *ret_value = value;
    return 0;
}
