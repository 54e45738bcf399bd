#include "lib/store/page.h"

#define COL_ID 0

void *page_slot(struct page_rows *rows)
{
    if (rows->n == rows->cap) {
        rows->cap = rows->cap ? rows->cap * 2 : 16;
        rows->items = bd_xrealloc(rows->items, rows->cap * rows->bytes);
    }
    return (char *)rows->items + rows->n * rows->bytes;
}

struct page {
    const struct page_table *table;
    const struct page_ask *ask;
    struct page_rows rows;
    int64_t before_ns; /* the place of the last row seen, read or not */
    char *before_id;
};

/* Up to `wanted` rows from the place of p on; answers the number seen, among them those that could
 * not be read. */
static int page_add(struct page *p, struct store_conn *c, unsigned wanted, store_bad_row_fn on_bad,
                    void *arg, struct bd_err *err)
{
    auto_query struct query q = {0};
    bd_auto_free char *from_id = bd_xstrdup(p->before_id);
    int seen = 0;
    int r = query_begin(&q, c, p->ask->sql, err);
    if (r < 0)
        return r;
    query_states(&q, p->ask->states, p->table->n_states, p->table->state_name);
    query_i64(&q, p->before_ns);
    query_text(&q, from_id);
    query_text(&q, p->ask->text);
    query_i64(&q, wanted);
    for (; (r = query_step(&q, err)) > 0; seen++) {
        struct bd_err why = BD_ERR_INIT;
        free(p->before_id);
        p->before_id = query_col_text(&q, COL_ID);
        p->before_ns = query_col_i64(&q, p->table->col_created);
        if (p->table->read(&q, page_slot(&p->rows), &why) == 0)
            p->rows.n++;
        else if (on_bad)
            on_bad(p->before_id, &why, arg);
    }
    return r < 0 ? r : seen;
}

int page_list(struct store_conn *c, const struct page_table *table, const struct page_ask *ask,
              store_bad_row_fn on_bad, void *arg, void **ret_rows, size_t *ret_n,
              struct bd_err *err)
{
    struct page page = {
        .table = table,
        .ask = ask,
        .rows = {.bytes = table->row_bytes},
        .before_ns = ask->before_created_ns ? ask->before_created_ns : INT64_MAX,
        .before_id = bd_xstrdup(ask->before_id ? ask->before_id : ""),
    };
    int seen = 0;
    /* A page is only short at the end of the listing: rows that can't be read are made up for. */
    while (page.rows.n < ask->limit) {
        unsigned wanted = ask->limit - (unsigned)page.rows.n;
        seen = page_add(&page, c, wanted, on_bad, arg, err);
        if (seen < 0 || (unsigned)seen < wanted)
            break;
    }
    free(page.before_id);
    if (seen < 0) {
        table->free(page.rows.items, page.rows.n);
        return seen;
    }
    *ret_rows = page.rows.items;
    *ret_n = page.rows.n;
    return 0;
}
