/*
 * Statements: prepared once a connection, bound and read with the store's conventions. For the
 * files of this folder alone. Threads: as the connection.
 *
 *     auto_query struct query q = {0};
 *     int r = query_begin(&q, c, "SELECT name FROM image WHERE id = ?", err);
 *     if (r < 0)
 *         return r;
 *     query_text(&q, id);
 *     while ((r = query_step(&q, err)) > 0)
 *         ... query_col_text(&q, 0) ...
 *
 * A text bound must live until the query ends. The text of a statement must be a literal: the cache
 * knows it by its address.
 */
#pragma once

#include "lib/base/id.h"
#include "lib/base/json.h"
#include "lib/store/store.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_STATEMENTS_MAX 96 /* more than there are literals in this folder */

struct store_conn {
    sqlite3 *db;
    char *path;
    bool in_batch; /* between store_begin() and its end */
    struct {
        const char *sql;
        sqlite3_stmt *stmt;
    } statements[STORE_STATEMENTS_MAX];
    size_t n_statements;
};

struct query {
    struct store_conn *conn;
    sqlite3_stmt *stmt;
    int bound; /* parameters bound so far */
    int rc;    /* of the first binding that failed */
};

/* The code of a result of SQLite's, with `doing`, SQLite's words and what to do about it in err. */
int query_fail(struct store_conn *c, int rc, const char *doing, struct bd_err *err);
/* Runs SQL that answers nothing, not kept. */
int query_exec(struct store_conn *c, const char *sql, struct bd_err *err);

int query_begin(struct query *q, struct store_conn *c, const char *sql, struct bd_err *err);
void query_end(struct query *q);
#define auto_query __attribute__((cleanup(query_end)))

/* Each binds the next parameter. */
void query_text(struct query *q, const char *text); /* NULL: NULL */
void query_i64(struct query *q, int64_t value);
void query_blob(struct query *q, const void *data, size_t bytes); /* lives as long as a text */
void query_time(struct query *q, int64_t ns);                     /* 0: NULL */
void query_json(struct query *q, const json_t *json);             /* NULL: NULL */
/* A JSON array of the names of the states whose bit is set, of all where none is. */
void query_states(struct query *q, unsigned bits, int count, const char *(*name_of)(int state));

/* 1: there is a row to read; 0: the end. */
int query_step(struct query *q, struct bd_err *err);
/* For statements that answer no rows; the number of rows changed. */
int query_run(struct query *q, struct bd_err *err);

/* Columns, from 0. NULL reads as NULL or 0; texts are the caller's. */
char *query_col_text(const struct query *q, int col);
/* Not copied: until the next step or the end; NULL where it is NULL. */
const char *query_col_borrowed(const struct query *q, int col, size_t *ret_bytes);
int64_t query_col_i64(const struct query *q, int col);
double query_col_real(const struct query *q, int col);
/* The caller's (free()); never NULL. */
void *query_col_blob(const struct query *q, int col, size_t *ret_bytes);
int query_col_json(const struct query *q, int col, json_t **ret_json, struct bd_err *err);
int query_col_id(const struct query *q, int col, char ret_id[BD_ID_BYTES], struct bd_err *err);
/* For a text that is one of a few words: from_str answers its number. */
int query_col_word(const struct query *q, int col, int (*from_str)(const char *), int *ret_value,
                   struct bd_err *err);
