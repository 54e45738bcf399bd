/*
 * What the tests of the store share: a database in a directory of its own, and hands on it past the
 * store, to damage it.
 */
#pragma once

#include "lib/store/store.h"
#include "tests/base/unit.h"

#include <sqlite3.h>

#define OK(call)                                                                                   \
    do {                                                                                           \
        struct bd_err err_ = BD_ERR_INIT, *err = &err_;                                            \
        int r_ = (call);                                                                           \
        ck_assert_msg(r_ == 0, "%s: %d %s", #call, r_, err->text);                                 \
    } while (0)

/* The call must fail with the code, and say the words. */
#define FAILS(call, code_, words)                                                                  \
    do {                                                                                           \
        struct bd_err err_ = BD_ERR_INIT, *err = &err_;                                            \
        int r_ = (call);                                                                           \
        ck_assert_msg(r_ == (code_), "%s: %d %s", #call, r_, err->text);                           \
        ck_assert_msg(strstr(err->text, words) != NULL, "%s: %s", #call, err->text);               \
    } while (0)

struct db {
    char *dir, *path;
    struct store_conn *conn;
};

static inline struct db db_new(void)
{
    struct db db = {.dir = unit_dir()};
    db.path = bd_xasprintf("%s/benchd.db", db.dir);
    OK(store_open(db.path, &db.conn, err));
    return db;
}

static inline void db_done(struct db *db)
{
    store_close(db->conn);
    free(db->path);
    unit_dir_done(db->dir);
}

/* Another program's hand: no check that the schema has holds for it. */
static inline void db_tamper(const struct db *db, const char *sql)
{
    sqlite3 *raw;
    char *words = NULL;
    ck_assert_int_eq(sqlite3_open(db->path, &raw), SQLITE_OK);
    sqlite3_busy_timeout(raw, 1000);
    sqlite3_exec(raw, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL);
    ck_assert_msg(sqlite3_exec(raw, sql, NULL, NULL, &words) == SQLITE_OK, "%s", words);
    sqlite3_close(raw);
}

static inline int64_t db_number(const struct db *db, const char *sql)
{
    sqlite3 *raw;
    sqlite3_stmt *stmt;
    ck_assert_int_eq(sqlite3_open(db->path, &raw), SQLITE_OK);
    sqlite3_busy_timeout(raw, 1000);
    ck_assert_msg(sqlite3_prepare_v2(raw, sql, -1, &stmt, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(raw));
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(raw);
    return value;
}
