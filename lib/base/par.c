#include "lib/base/par.h"

#include "lib/base/mem.h"

#include <pthread.h>

struct par {
    size_t n;
    bd_par_fn fn;
    void *arg;
    struct bd_cancel *cancel;
    pthread_mutex_t lock; /* of what follows */
    size_t next;
    int failed; /* the first failure, or 0 */
    struct bd_err *err;
};

static void note_failure(struct par *p, int code, const struct bd_err *why)
{
    pthread_mutex_lock(&p->lock);
    if (!p->failed) {
        p->failed = code;
        bd_err_copy(p->err, why);
    }
    pthread_mutex_unlock(&p->lock);
}

static bool take_index(struct par *p, size_t *ret_index)
{
    pthread_mutex_lock(&p->lock);
    bool more = !p->failed && p->next < p->n;
    if (more)
        *ret_index = p->next++;
    pthread_mutex_unlock(&p->lock);
    return more;
}

static void *run_indices(void *arg)
{
    struct par *p = arg;
    for (size_t index; take_index(p, &index);) {
        struct bd_err err = BD_ERR_INIT;
        int rc = bd_cancel_check(p->cancel, &err);
        if (rc == 0)
            rc = p->fn(index, p->arg, &err);
        if (rc < 0)
            note_failure(p, rc, &err);
    }
    return NULL;
}

/* The calling thread is one of the `width`: width 1 needs no thread, and where the system gives
 * fewer than asked for, the work gets done by those that there are. */
int bd_par_for(size_t n, unsigned width, bd_par_fn fn, void *arg, struct bd_cancel *cancel,
               struct bd_err *err)
{
    struct par p = {.n = n,
                    .fn = fn,
                    .arg = arg,
                    .cancel = cancel,
                    .lock = PTHREAD_MUTEX_INITIALIZER,
                    .err = err};
    size_t helpers = width < n ? width : n;
    helpers = helpers > 1 ? helpers - 1 : 0;
    bd_auto_free pthread_t *threads = bd_xcalloc(helpers, sizeof(*threads));
    size_t started = 0;
    while (started < helpers && pthread_create(&threads[started], NULL, run_indices, &p) == 0)
        started++;
    run_indices(&p);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&p.lock);
    return p.failed;
}
