/*
 * Connections to libvirt, pooled: each serves one call at a time, and who comes later waits here.
 * They are opened when first needed, and again after they broke.
 *
 * Why one call: a second thread that wakes the one which waits for a reply on the same connection
 * meets a fault of libvirt's client (a source of its event loop that outlives the data it points
 * to, mended in libvirt 10.3, CVE-2024-4418): the process dies. Keepalive is such a waker too, so
 * only the connection for events has it, which nobody calls over.
 *
 * Opening may hang where libvirtd takes connections and says nothing, so it is done by a thread of
 * its own, which may outlast who asked for it, and the pool. Threads: any.
 */
#pragma once

#include "lib/virt/virt.h"

#include <libvirt/libvirt.h>

struct conn_pool;
struct conn;

struct conn_pool_config {
    const char *uri;
    unsigned connections;
    int keepalive_interval_s;       /* 0: none */
    virt_lifecycle_fn on_lifecycle; /* NULL: no events are asked for */
    void *arg;
};

struct conn_pool *conn_pool_new(const struct conn_pool_config *config);
void conn_pool_free(struct conn_pool *pool);

/* A connection for one call, or several one after the other. BD_EUNAVAILABLE where libvirtd does
 * not answer. */
int conn_get(struct conn_pool *pool, struct conn **ret_conn, struct bd_err *err);
void conn_put(struct conn *conn); /* NULL-safe */
BD_DEFINE_CLEANUP(struct conn, conn, conn_put)
#define bd_auto_conn bd_auto(conn)
virConnectPtr conn_libvirt(const struct conn *conn);

/* After a call of libvirt's that failed, on the same thread: its error, as ours. */
int conn_error(const struct conn *conn, struct bd_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Counts lifecycle events; conn_life_wait() returns when the count is no longer `seen`, or after
 * the time. Without events it is a sleep. */
uint64_t conn_life_seen(struct conn_pool *pool);
void conn_life_wait(struct conn_pool *pool, uint64_t seen, int64_t ns);
