#include "lib/virt/conn.h"

#include "lib/base/clock.h"

#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define OPEN_TIMEOUT_NS (10 * BD_NS_PER_S)
/* How long to wait for one of a lane's connections to be free of its call. */
#define CALL_TIMEOUT_NS (60 * BD_NS_PER_S)
#define KEEPALIVE_COUNT 3

enum conn_state { CONN_CLOSED, CONN_OPENING, CONN_OPEN };

/* A place for a connection. Fields are guarded by the pool's mutex; `libvirt` stays what it is
 * while it is busy. */
struct conn {
    struct conn_pool *pool;
    enum conn_state state;
    virConnectPtr libvirt;
    bool busy;
    bool events; /* lifecycle events come over this one */
};

struct conn_pool {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* of any connection's state or use, and of life */
    unsigned refs;          /* the owner's, each opening thread's, each callback's of libvirt's */
    bool freed;             /* by its owner: nothing of the owner's is touched any more */
    char *uri;
    int keepalive_interval_s;
    virt_lifecycle_fn on_lifecycle;
    void *arg;
    uint64_t life;     /* lifecycle events seen */
    uint64_t failures; /* attempts to open that failed */
    struct bd_err why; /* of the last of them */
    size_t n;
    struct conn conns[];
};

/* ------------------------------------------------------------------------------------- errors */

/* libvirt prints its errors on stderr unless told where else: ours go up by return. */
static void say_nothing(void *arg BD_UNUSED, virErrorPtr error BD_UNUSED)
{
}

static void libvirt_init(void)
{
    virInitialize();
    virSetErrorFunc(NULL, say_nothing);
}

static int code_of(const virError *e)
{
    switch (e ? e->code : VIR_ERR_INTERNAL_ERROR) {
    case VIR_ERR_NO_CONNECT:
    case VIR_ERR_RPC:
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_UNAVAILABLE:
        return BD_EUNAVAILABLE;
    case VIR_ERR_SYSTEM_ERROR: /* libvirtd's socket is not there, or closed in the middle */
    case VIR_ERR_INTERNAL_ERROR:
        return e && (e->domain == VIR_FROM_RPC || e->domain == VIR_FROM_REMOTE) ? BD_EUNAVAILABLE
                                                                                : BD_EVIRT;
    case VIR_ERR_NO_DOMAIN:
        return BD_ENOTFOUND;
    case VIR_ERR_DOM_EXIST:
        return BD_ECONFLICT;
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_CONFIG_UNSUPPORTED:
    case VIR_ERR_OPERATION_UNSUPPORTED:
        return BD_EUNSUPPORTED;
    default:
        return BD_EVIRT;
    }
}

static int set_error(struct bd_err *err, const char *uri, bool broken, const virError *e,
                     const char *what)
{
    const char *text = e && e->message ? e->message : "no reason given";
    int code = broken ? BD_EUNAVAILABLE : code_of(e);
    if (code == BD_EUNAVAILABLE)
        return bd_err_set(err, code,
                          "%s: libvirtd does not answer at %s (%s): is it running? 'benchctl "
                          "doctor' tells more",
                          what, uri, text);
    return bd_err_set(err, code, "%s: libvirt: %s", what, text);
}

int conn_error(const struct conn *conn, struct bd_err *err, const char *fmt, ...)
{
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    /* Kept, as asking whether the connection lives forgets it. */
    virErrorPtr e = virSaveLastError();
    bool broken = virConnectIsAlive(conn->libvirt) != 1;
    int code = set_error(err, conn->pool->uri, broken, e, what);
    virFreeError(e);
    return code;
}

/* --------------------------------------------------------------------------------------- pool */

struct conn_pool *conn_pool_new(const struct conn_pool_config *config)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, libvirt_init);

    size_t n = config->connections > 0 ? config->connections : 1;
    struct conn_pool *p = bd_xcalloc(1, sizeof(*p) + n * sizeof(p->conns[0]));
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&p->mutex, NULL);
    p->refs = 1;
    p->uri = bd_xstrdup(config->uri);
    p->keepalive_interval_s = config->keepalive_interval_s;
    p->on_lifecycle = config->on_lifecycle;
    p->arg = config->arg;
    p->n = n;
    for (size_t i = 0; i < n; i++)
        p->conns[i].pool = p;
    return p;
}

static void pool_ref(struct conn_pool *p)
{
    pthread_mutex_lock(&p->mutex);
    p->refs++;
    pthread_mutex_unlock(&p->mutex);
}

/* A reference that nobody wanted; the caller has another. */
static void pool_take_back(struct conn_pool *p)
{
    pthread_mutex_lock(&p->mutex);
    p->refs--;
    pthread_mutex_unlock(&p->mutex);
}

static void pool_unref(void *arg)
{
    struct conn_pool *p = arg;
    pthread_mutex_lock(&p->mutex);
    bool last = --p->refs == 0;
    pthread_mutex_unlock(&p->mutex);
    if (!last)
        return;
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
    free(p->uri);
    free(p);
}

void conn_pool_free(struct conn_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->mutex);
    p->freed = true;
    pthread_mutex_unlock(&p->mutex);
    /* From here on nobody else changes the state of a connection: an opening thread sees `freed`.
     */
    for (size_t i = 0; i < p->n; i++)
        if (p->conns[i].state == CONN_OPEN)
            virConnectClose(p->conns[i].libvirt);
    pool_unref(p);
}

/* ------------------------------------------------------------------------------------- events */

static int on_life(virConnectPtr c BD_UNUSED, virDomainPtr domain, int event, int detail BD_UNUSED,
                   void *arg)
{
    struct conn_pool *p = arg;
    pthread_mutex_lock(&p->mutex);
    p->life++;
    bool tell = !p->freed;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    if (tell && (event == VIR_DOMAIN_EVENT_STARTED || event == VIR_DOMAIN_EVENT_STOPPED))
        p->on_lifecycle(virDomainGetName(domain), event == VIR_DOMAIN_EVENT_STARTED, p->arg);
    return 0;
}

uint64_t conn_life_seen(struct conn_pool *p)
{
    pthread_mutex_lock(&p->mutex);
    uint64_t seen = p->life;
    pthread_mutex_unlock(&p->mutex);
    return seen;
}

/* Waits, holding the mutex, until something changed or the time has come. False: the time has. */
static bool pool_wait(struct conn_pool *p, int64_t until_ns)
{
    const struct timespec ts = {.tv_sec = until_ns / BD_NS_PER_S,
                                .tv_nsec = until_ns % BD_NS_PER_S};
    return pthread_cond_timedwait(&p->changed, &p->mutex, &ts) == 0;
}

void conn_life_wait(struct conn_pool *p, uint64_t seen, int64_t ns)
{
    int64_t until = bd_mono_ns() + ns;
    pthread_mutex_lock(&p->mutex);
    while (p->life == seen && pool_wait(p, until))
        ;
    pthread_mutex_unlock(&p->mutex);
}

/* ------------------------------------------------------------------------------------ opening */

/* So that libvirt notices the end of a connection that nobody uses, and closes its side. */
static void on_close(virConnectPtr c BD_UNUSED, int reason BD_UNUSED, void *arg)
{
    struct conn_pool *p = arg;
    pthread_mutex_lock(&p->mutex);
    p->life++; /* whoever waits for an event will not get it any more */
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
}

static virConnectPtr open_libvirt(struct conn_pool *p, struct bd_err *err)
{
    virConnectPtr c = virConnectOpen(p->uri);
    if (!c) {
        set_error(err, p->uri, true, virGetLastError(), "connect to libvirt");
        return NULL;
    }
    if (p->keepalive_interval_s == 0)
        return c;
    if (virConnectSetKeepAlive(c, p->keepalive_interval_s, KEEPALIVE_COUNT) < 0) {
        set_error(err, p->uri, false, virGetLastError(), "ask libvirt for keepalive");
        virConnectClose(c);
        return NULL;
    }
    pool_ref(p);
    if (virConnectRegisterCloseCallback(c, on_close, p, pool_unref) < 0)
        pool_take_back(p);
    return c;
}

static bool listen_for_life(struct conn_pool *p, virConnectPtr c)
{
    pool_ref(p);
    if (virConnectDomainEventRegisterAny(c, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                         VIR_DOMAIN_EVENT_CALLBACK(on_life), p, pool_unref) >= 0)
        return true;
    pool_take_back(p); /* events are hints: it goes on without */
    return false;
}

static void *open_thread(void *arg)
{
    struct conn *conn = arg;
    struct conn_pool *p = conn->pool;
    struct bd_err err = BD_ERR_INIT;
    virConnectPtr c = open_libvirt(p, &err);
    bool events = c && conn->events && listen_for_life(p, c);

    pthread_mutex_lock(&p->mutex);
    bool late = p->freed;
    if (!late) {
        conn->libvirt = c;
        conn->state = c ? CONN_OPEN : CONN_CLOSED;
        conn->events = events;
        if (!c) {
            p->failures++;
            p->why = err;
        }
    }
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    if (late && c)
        virConnectClose(c);
    pool_unref(p);
    return NULL;
}

static bool has_events(const struct conn_pool *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->conns[i].state != CONN_CLOSED && p->conns[i].events)
            return true;
    return false;
}

static int begin_opening(struct conn *conn, struct bd_err *err)
{
    struct conn_pool *p = conn->pool;
    pthread_t thread;
    conn->events = p->on_lifecycle && !has_events(p);
    conn->state = CONN_OPENING;
    p->refs++;
    int rc = pthread_create(&thread, NULL, open_thread, conn);
    if (rc != 0) {
        p->refs--;
        conn->state = CONN_CLOSED;
        return bd_err_errno(err, rc, "start a thread to connect to libvirt");
    }
    pthread_detach(thread);
    return 0;
}

/* ------------------------------------------------------------------------------------ getting */

/* A connection that broke is closed by the last who used it. Answers what to close, without the
 * mutex. */
static virConnectPtr drop_broken(struct conn *conn)
{
    if (conn->state != CONN_OPEN || conn->busy || virConnectIsAlive(conn->libvirt) == 1)
        return NULL;
    conn->state = CONN_CLOSED;
    conn->events = false;
    return bd_take(conn->libvirt);
}

/* An open one that is free and lives; one that is closed; one being opened. */
static struct conn *choose(struct conn_pool *p, struct conn **ret_closed, bool *ret_opening)
{
    struct conn *best = NULL;
    *ret_closed = NULL;
    *ret_opening = false;
    for (size_t i = 0; i < p->n; i++) {
        struct conn *c = &p->conns[i];
        if (c->state == CONN_CLOSED)
            *ret_closed = c;
        else if (c->state == CONN_OPENING)
            *ret_opening = true;
        else if (!best && !c->busy && virConnectIsAlive(c->libvirt) == 1)
            best = c;
    }
    return best;
}

static void close_broken(struct conn_pool *p)
{
    for (size_t i = 0; i < p->n; i++) {
        virConnectPtr broken = drop_broken(&p->conns[i]);
        if (!broken)
            continue;
        pthread_mutex_unlock(&p->mutex); /* it may call back, into on_close() */
        virConnectClose(broken);
        pthread_mutex_lock(&p->mutex);
    }
}

static int get_locked(struct conn_pool *p, struct conn **ret_conn, struct bd_err *err)
{
    uint64_t failures = p->failures;
    int64_t begun = bd_mono_ns();
    for (;;) {
        struct conn *closed;
        bool opening;
        close_broken(p);
        struct conn *best = choose(p, &closed, &opening);
        if (best) {
            best->busy = true;
            *ret_conn = best;
            return 0;
        }
        if (p->failures != failures) {
            bd_err_copy(err, &p->why);
            return p->why.code;
        }
        if (closed && !opening) {
            int rc = begin_opening(closed, err);
            if (rc < 0)
                return rc;
            opening = true;
        }
        if (!pool_wait(p, opening ? begun + OPEN_TIMEOUT_NS : begun + CALL_TIMEOUT_NS))
            return bd_err_set(err, BD_EUNAVAILABLE,
                              "libvirtd takes %s at %s but does not answer: restart it; 'benchctl "
                              "doctor' tells more",
                              opening ? "connections" : "calls", p->uri);
    }
}

int conn_get(struct conn_pool *p, struct conn **ret_conn, struct bd_err *err)
{
    pthread_mutex_lock(&p->mutex);
    int rc = get_locked(p, ret_conn, err);
    pthread_mutex_unlock(&p->mutex);
    return rc;
}

void conn_put(struct conn *conn)
{
    if (!conn)
        return;
    struct conn_pool *p = conn->pool;
    pthread_mutex_lock(&p->mutex);
    conn->busy = false;
    virConnectPtr broken = drop_broken(conn);
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    if (broken)
        virConnectClose(broken);
}

virConnectPtr conn_libvirt(const struct conn *conn)
{
    return conn->libvirt;
}
