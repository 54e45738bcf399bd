#include "lib/store/event.h"

#include "lib/base/mem.h"
#include "lib/store/query.h"

void store_events_free(struct store_event *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(rows[i].kind);
        free(rows[i].subject);
        json_decref(rows[i].data);
    }
    free(rows);
}

int store_event_append(struct store_conn *c, int64_t at_ns, const char *kind, const char *subject,
                       const json_t *data, int64_t *ret_seq, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "INSERT INTO event (at_ns, kind, subject, data) VALUES (?, ?, ?, ?)",
                        err);
    if (r < 0)
        return r;
    query_i64(&q, at_ns);
    query_text(&q, kind);
    query_text(&q, subject);
    query_json(&q, data);
    r = query_run(&q, err);
    if (r < 0)
        return r;
    *ret_seq = sqlite3_last_insert_rowid(c->db);
    return 0;
}

static void row_read(const struct query *q, struct store_event *ret_row)
{
    struct bd_err why = BD_ERR_INIT;
    *ret_row = (struct store_event){
        .seq = query_col_i64(q, 0),
        .at_ns = query_col_i64(q, 1),
        .kind = query_col_text(q, 2),
        .subject = query_col_text(q, 3),
    };
    if (query_col_json(q, 4, &ret_row->data, &why) < 0)
        ret_row->data = json_pack("{s:s}", "damaged", why.text);
}

int store_event_list(struct store_conn *c, int64_t since, const char *subject, unsigned limit,
                     struct store_event **ret_rows, size_t *ret_n, struct bd_err *err)
{
    auto_query struct query q = {0};
    struct store_event *rows = NULL;
    size_t n = 0;
    int r = subject ? query_begin(&q, c,
                                  "SELECT seq, at_ns, kind, subject, data FROM event"
                                  "  WHERE seq > ?1 AND subject = ?3 ORDER BY seq LIMIT ?2",
                                  err)
                    : query_begin(&q, c,
                                  "SELECT seq, at_ns, kind, subject, data FROM event"
                                  "  WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                                  err);
    if (r < 0)
        return r;
    query_i64(&q, since);
    query_i64(&q, limit);
    if (subject)
        query_text(&q, subject);
    while ((r = query_step(&q, err)) > 0) {
        rows = bd_xrealloc(rows, (n + 1) * sizeof(*rows));
        row_read(&q, &rows[n++]);
    }
    if (r < 0) {
        store_events_free(rows, n);
        return r;
    }
    *ret_rows = rows;
    *ret_n = n;
    return 0;
}

int store_event_newest(struct store_conn *c, const char *subject, int64_t before, unsigned last,
                       int64_t *ret_since, unsigned *ret_n, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = subject ? query_begin(&q, c,
                                  "SELECT min(seq), count(*) FROM (SELECT seq FROM event"
                                  "  WHERE seq < ?1 AND subject = ?3 ORDER BY seq DESC LIMIT ?2)",
                                  err)
                    : query_begin(&q, c,
                                  "SELECT min(seq), count(*) FROM (SELECT seq FROM event"
                                  "  WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2)",
                                  err);
    if (r < 0)
        return r;
    query_i64(&q, before ? before : INT64_MAX);
    query_i64(&q, last);
    if (subject)
        query_text(&q, subject);
    r = query_step(&q, err);
    if (r < 0)
        return r;
    *ret_n = (unsigned)query_col_i64(&q, 1);
    *ret_since = *ret_n ? query_col_i64(&q, 0) - 1 : 0;
    return 0;
}

int store_event_last(struct store_conn *c, int64_t *ret_seq, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT seq FROM sqlite_sequence WHERE name = 'event'", err);
    if (r < 0)
        return r;
    r = query_step(&q, err);
    if (r >= 0)
        *ret_seq = r > 0 ? query_col_i64(&q, 0) : 0;
    return r < 0 ? r : 0;
}

int store_event_trim(struct store_conn *c, int64_t keep, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(
        &q, c,
        "DELETE FROM event WHERE seq <= (SELECT seq FROM sqlite_sequence WHERE name = 'event') - ?",
        err);
    if (r < 0)
        return r;
    query_i64(&q, keep);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}
