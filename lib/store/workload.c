#include "lib/store/workload.h"

#include "lib/store/page.h"
#include "lib/store/query.h"

#include <stdio.h>

enum column { COL_NAME, COL_DIGEST, COL_REGISTERED, COL_CONTENT };
#define READ                                                                                       \
    "SELECT workload.name, workload.digest, workload.registered_ns, definition.content "           \
    "FROM workload JOIN definition ON definition.digest = workload.digest "

/* -- definitions -- */

int store_definition_put(struct store_conn *c, const char *digest, const json_t *definition,
                         int64_t now_ns, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "INSERT INTO definition (digest, first_ns, content) VALUES (?, ?, ?)"
                        "  ON CONFLICT DO NOTHING",
                        err);
    if (r < 0)
        return r;
    query_text(&q, digest);
    query_i64(&q, now_ns);
    query_json(&q, definition);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}

int store_definition_get(struct store_conn *c, const char *digest, json_t **ret_definition,
                         struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "SELECT content FROM definition WHERE digest = ?", err);
    if (r < 0)
        return r;
    query_text(&q, digest);
    r = query_step(&q, err);
    if (r < 0)
        return r;
    if (r == 0)
        return bd_err_set(err, BD_ENOTFOUND,
                          "there is no definition of a workload with the digest %s", digest);
    r = query_col_json(&q, 0, ret_definition, err);
    return r < 0 ? bd_err_wrap(err, "definition %s", digest) : 0;
}

int store_definition_use(struct store_conn *c, const char *digest, const char *campaign,
                         struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "INSERT INTO definition_use (digest, campaign) VALUES (?, ?)"
                        "  ON CONFLICT DO NOTHING",
                        err);
    if (r < 0)
        return r;
    query_text(&q, digest);
    query_text(&q, campaign);
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}

/* Those that nothing leads to any more. */
static int drop_unused(struct store_conn *c, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "DELETE FROM definition WHERE"
                        "  NOT EXISTS (SELECT 1 FROM workload"
                        "    WHERE workload.digest = definition.digest) AND"
                        "  NOT EXISTS (SELECT 1 FROM definition_use"
                        "    WHERE definition_use.digest = definition.digest)",
                        err);
    if (r < 0)
        return r;
    r = query_run(&q, err);
    return r < 0 ? r : 0;
}

/* -- names -- */

void store_workload_done(struct store_workload *row)
{
    free(row->name);
    json_decref(row->definition);
    *row = (struct store_workload){0};
}

void store_workloads_free(struct store_workload *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_workload_done(&rows[i]);
    free(rows);
}

static int row_read(const struct query *q, struct store_workload *ret_row, struct bd_err *err)
{
    bd_auto_free char *digest = query_col_text(q, COL_DIGEST);
    struct store_workload row = {
        .name = query_col_text(q, COL_NAME),
        .registered_ns = query_col_i64(q, COL_REGISTERED),
    };
    int r = query_col_json(q, COL_CONTENT, &row.definition, err);
    if (r < 0) {
        bd_err_wrap(err, "workload %s", row.name);
        store_workload_done(&row);
        return r;
    }
    snprintf(row.digest, sizeof(row.digest), "%s", digest ? digest : "");
    *ret_row = row;
    return 0;
}

int store_workload_put(struct store_conn *c, const struct store_workload *row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = store_definition_put(c, row->digest, row->definition, row->registered_ns, err);
    if (r == 0)
        r = query_begin(&q, c,
                        "INSERT INTO workload (name, digest, registered_ns) VALUES (?, ?, ?)"
                        "  ON CONFLICT (name) DO UPDATE SET"
                        "    digest = excluded.digest, registered_ns = excluded.registered_ns",
                        err);
    if (r < 0)
        return r;
    query_text(&q, row->name);
    query_text(&q, row->digest);
    query_i64(&q, row->registered_ns);
    r = query_run(&q, err);
    return r < 0 ? r : drop_unused(c, err);
}

static int not_found(const char *name, struct bd_err *err)
{
    return bd_err_set(err, BD_ENOTFOUND, "no workload %s is registered", name);
}

int store_workload_get(struct store_conn *c, const char *name, struct store_workload *ret_row,
                       struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, READ "WHERE workload.name = ?", err);
    if (r < 0)
        return r;
    query_text(&q, name);
    r = query_step(&q, err);
    return r < 0 ? r : r == 0 ? not_found(name, err) : row_read(&q, ret_row, err);
}

int store_workload_remove(struct store_conn *c, const char *name, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "DELETE FROM workload WHERE name = ?", err);
    if (r < 0)
        return r;
    query_text(&q, name);
    r = query_run(&q, err);
    return r < 0 ? r : r == 0 ? not_found(name, err) : drop_unused(c, err);
}

int store_workload_list(struct store_conn *c, struct store_workload **ret_rows, size_t *ret_n,
                        struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows rows = {.bytes = sizeof(struct store_workload)};
    int r = query_begin(&q, c, READ "ORDER BY workload.name", err);
    if (r < 0)
        return r;
    while ((r = query_step(&q, err)) > 0) {
        r = row_read(&q, page_slot(&rows), err);
        if (r < 0)
            break;
        rows.n++;
    }
    if (r < 0) {
        store_workloads_free(rows.items, rows.n);
        return r;
    }
    *ret_rows = rows.items;
    *ret_n = rows.n;
    return 0;
}
