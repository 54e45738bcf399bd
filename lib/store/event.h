/*
 * The event log: what happened, in order, numbered without gaps or reuse; streams resume from it.
 * Threads: as the connection.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/store/store.h"

#include <stddef.h>
#include <stdint.h>

struct store_event {
    int64_t seq;   /* 1, 2, ... */
    int64_t at_ns; /* wall */
    char *kind;    /* "cluster.ready" */
    char *subject; /* "cluster/1f2e3d4c" */
    json_t *data;  /* object */
};
void store_events_free(struct store_event *rows, size_t n);

/* *ret_seq gets the number. data is borrowed. */
int store_event_append(struct store_conn *c, int64_t at_ns, const char *kind, const char *subject,
                       const json_t *data, int64_t *ret_seq, struct bd_err *err);
/* Events with seq > since, oldest first; subject NULL: all. Data that can't be read any more is
 * given as {"damaged": reason}: a stream goes on behind it. */
int store_event_list(struct store_conn *c, int64_t since, const char *subject, unsigned limit,
                     struct store_event **ret_rows, size_t *ret_n, struct bd_err *err);
/* Of the newest `last` events with seq < before (0: of all): how many there are, and the number that
 * store_event_list() begins with them behind. */
int store_event_newest(struct store_conn *c, const char *subject, int64_t before, unsigned last,
                       int64_t *ret_since, unsigned *ret_n, struct bd_err *err);
/* The number of the newest; 0: there was none ever. */
int store_event_last(struct store_conn *c, int64_t *ret_seq, struct bd_err *err);
/* Deletes all but the newest `keep`. */
int store_event_trim(struct store_conn *c, int64_t keep, struct bd_err *err);
