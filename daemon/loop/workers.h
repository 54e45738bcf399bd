/*
 * A pool of worker threads for blocking bodies. Work is run in the order of its submission; its
 * `done` is called on the loop thread, never before workers_submit() has returned.
 *
 * Threads: everything is called on the loop thread but `run`, which is called on a worker and may
 * touch nothing of the loop's. Ownership: a struct work is embedded in the caller's object and must
 * live until its `done`; it may be freed there.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

struct workers;

struct work {
    /* context: what thread_init made for this worker, or NULL. */
    void (*run)(struct work *w, void *context);
    void (*done)(struct work *w);
    struct work *next; /* the pool's */
};

struct workers_config {
    const char *name; /* of the threads, at most 11 characters */
    unsigned threads;
    int nice;                        /* added to the threads' niceness; 0: none */
    void *(*thread_init)(void *arg); /* may be NULL */
    void (*thread_done)(void *context);
    void *arg;
};

int workers_new(uv_loop_t *loop, const struct workers_config *config, struct workers **ret_workers);
void workers_submit(struct workers *p, struct work *w);

struct workers_stats {
    unsigned threads, busy, queued;
};
void workers_stats(const struct workers *p, struct workers_stats *ret_stats);

/*
 * Takes no more work, runs what is queued, joins the threads, then calls on_closed. The caller
 * first cancels what takes long. Threads that hang are not waited for by the loop: the process's
 * own deadline ends them.
 */
void workers_close(struct workers *p, void (*on_closed)(void *arg), void *arg);
