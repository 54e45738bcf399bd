/*
 * The writer: one thread owns the connection that writes to the store. Work is queued, several
 * pieces are committed together (each in a savepoint of its own, so that one that fails undoes
 * itself alone), and their `done` is called on the loop thread when the commit is on disk.
 *
 * Threads: as loop/workers.h. Ownership: a struct write is embedded in the caller's object and must
 * live until `done`.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/store/store.h"

#include <stdint.h>
#include <uv.h>

struct writer;

struct write {
    /* On the writer's thread, within a transaction. A failure undoes what it wrote. */
    int (*exec)(struct write *w, struct store_conn *conn, struct bd_err *err);
    /* On the loop thread; rc 0: it is durable. */
    void (*done)(struct write *w, int rc, const struct bd_err *err);
    struct write *next; /* the writer's from here on */
    int rc;
    struct bd_err err;
};

/* Takes the connection over. */
int writer_new(uv_loop_t *loop, struct store_conn *conn, struct writer **ret_writer);
void writer_submit(struct writer *w, struct write *op);

struct writer_stats {
    uint64_t commits, writes, failures;
    unsigned queued;
    int64_t commit_max_ns; /* since the last call */
};
void writer_stats(struct writer *w, struct writer_stats *ret_stats);
/* Writes what is queued, and what the `done` of these submit; closes the connection, then calls
 * on_closed. */
void writer_close(struct writer *w, void (*on_closed)(void *arg), void *arg);
