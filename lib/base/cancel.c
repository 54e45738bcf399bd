#include "lib/base/cancel.h"

#include "lib/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>

struct bd_cancel {
    pthread_mutex_t lock;
    unsigned refs;
    int code; /* 0 until set */
    const char *reason;
    int fd;
};

struct bd_cancel *bd_cancel_new(void)
{
    struct bd_cancel *c = bd_new(struct bd_cancel);
    pthread_mutex_init(&c->lock, NULL);
    c->refs = 1;
    c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->fd < 0)
        bd_die("no descriptor is left for a cancel token: raise LimitNOFILE");
    return c;
}

struct bd_cancel *bd_cancel_ref(struct bd_cancel *c)
{
    pthread_mutex_lock(&c->lock);
    c->refs++;
    pthread_mutex_unlock(&c->lock);
    return c;
}

void bd_cancel_unref(struct bd_cancel *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    unsigned left = --c->refs;
    pthread_mutex_unlock(&c->lock);
    if (left > 0)
        return;
    close(c->fd);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void bd_cancel_set(struct bd_cancel *c, int code, const char *reason)
{
    assert(code == BD_ECANCELLED || code == BD_ETIMEOUT);
    pthread_mutex_lock(&c->lock);
    if (!c->code) {
        c->code = code;
        c->reason = reason;
        eventfd_write(c->fd, 1);
    }
    pthread_mutex_unlock(&c->lock);
}

int bd_cancel_check(struct bd_cancel *c, struct bd_err *err)
{
    if (!c)
        return 0;
    pthread_mutex_lock(&c->lock);
    int code = c->code;
    const char *reason = c->reason;
    pthread_mutex_unlock(&c->lock);
    return code ? bd_err_set(err, code, "%s", reason) : 0;
}

int bd_cancel_fd(struct bd_cancel *c)
{
    return c ? c->fd : -1;
}

int bd_cancel_sleep(struct bd_cancel *c, int64_t ns, struct bd_err *err)
{
    int64_t end = bd_mono_ns();
    end = ns > INT64_MAX - end ? INT64_MAX : end + ns;
    for (int64_t left = ns; left > 0; left = end - bd_mono_ns()) {
        struct pollfd set = {.fd = bd_cancel_fd(c), .events = POLLIN}; /* -1 is passed over */
        struct timespec ts = {.tv_sec = left / BD_NS_PER_S, .tv_nsec = left % BD_NS_PER_S};
        if (ppoll(&set, 1, &ts, NULL) > 0)
            break;
    }
    return bd_cancel_check(c, err);
}
