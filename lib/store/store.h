/*
 * The store: SQLite, one file a table family. A store_conn is one connection; the writer thread
 * owns the one that writes, readers have read-only ones. No threads in here: a connection belongs
 * to one thread at a time.
 *
 * WAL, synchronous=FULL, foreign keys on. Migrations are numbered files (migrations/NNNN-name.sql,
 * embedded), applied at open in one transaction each; a database newer than the program is refused,
 * an older one is migrated after a copy was kept beside it. Errors: BD_ECORRUPT, BD_EUNAVAILABLE
 * (busy), -ENOSPC, -EIO, with SQLite's own words.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <stdint.h>

struct store_conn;

/* Opens (makes) the database, applies migrations. For the writer. */
int store_open(const char *path, struct store_conn **ret_conn, struct bd_err *err);
/* Opens an existing, migrated database to read. */
int store_open_reader(const char *path, struct store_conn **ret_conn, struct bd_err *err);
void store_close(struct store_conn *c);
BD_DEFINE_CLEANUP(struct store_conn, store_conn, store_close)

/* A transaction round a batch; rollback is safe when none is open. Some failures (a full disk) make
 * SQLite end the transaction: every call until the rollback then fails, so that no half of a batch
 * is kept. */
int store_begin(struct store_conn *c, struct bd_err *err);
int store_commit(struct store_conn *c, struct bd_err *err); /* durable when it returns 0 */
void store_rollback(struct store_conn *c);

/* A part of the open transaction that can be undone alone; not nested. */
int store_savepoint(struct store_conn *c, struct bd_err *err);
int store_savepoint_keep(struct store_conn *c, struct bd_err *err);
void store_savepoint_undo(struct store_conn *c);
