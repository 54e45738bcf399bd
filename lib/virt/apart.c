#include "lib/virt/apart.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

struct attempt {
    int (*fn)(void *arg, struct bd_err *err);
    void *arg;
    struct bd_err *err;
    int rc;
};

static void *run(void *arg)
{
    struct attempt *a = arg;
    a->rc = unshare(CLONE_NEWNET) == 0 ? a->fn(a->arg, a->err)
                                       : bd_err_errno(a->err, errno, "make a network namespace");
    return NULL;
}

int apart_try(int (*fn)(void *arg, struct bd_err *err), void *arg, struct bd_err *err)
{
    struct attempt a = {.fn = fn, .arg = arg, .err = err};
    pthread_t thread;
    int rc = pthread_create(&thread, NULL, run, &a);
    if (rc != 0)
        return bd_err_errno(err, rc, "start a thread");
    pthread_join(thread, NULL);
    return a.rc;
}
