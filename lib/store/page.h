/*
 * Listings, newest first, in pages that are only short at the end. For the files of this folder
 * alone. Threads: as the connection.
 */
#pragma once

#include "lib/store/cluster.h"
#include "lib/store/query.h"

/* A growing array of rows of one size. */
struct page_rows {
    size_t bytes; /* of a row */
    void *items;
    size_t n, cap;
};
/* The place behind the last row; whoever fills it counts n up. */
void *page_slot(struct page_rows *rows);

/* What its statements have in common: ?1 is the JSON array of states, ?2 and ?3 the place from
 * which the page goes on, ?4 a text that filters or NULL, ?5 the limit; column 0 is the id. */
#define PAGE_PLACE        "(created_ns, id) < (?2, ?3) "
#define PAGE_NEWEST_FIRST "ORDER BY created_ns DESC, id DESC LIMIT ?5"

/* How rows of a table are listed. */
struct page_table {
    size_t row_bytes;
    int col_created;
    int n_states;
    const char *(*state_name)(int state);
    int (*read)(const struct query *q, void *ret_row, struct bd_err *err);
    void (*free)(void *rows, size_t n);
};

struct page_ask {
    const char *sql; /* a literal */
    unsigned states; /* bits; 0: all */
    const char *text;
    int64_t before_created_ns; /* 0: from the newest on */
    const char *before_id;
    unsigned limit;
};

/* As store_cluster_list(). */
int page_list(struct store_conn *c, const struct page_table *table, const struct page_ask *ask,
              store_bad_row_fn on_bad, void *arg, void **ret_rows, size_t *ret_n,
              struct bd_err *err);
