/*
 * How late the loop is: a timer that is due every 20 ms notes by how much it was late. What it
 * shows is what any event on the loop waits, the wait for a CPU included. Threads: the loop's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct lag;

struct lag *lag_new(uv_loop_t *loop);
void lag_close(struct lag *l, void (*on_closed)(void *arg), void *arg);

struct lag_summary {
    uint64_t n;                     /* samples in the window: about the last 50 s */
    int64_t p50_ns, p99_ns, max_ns; /* nearest rank over the window */
};
void lag_summary(const struct lag *l, struct lag_summary *ret_summary);
/* The same of any samples, which it sorts. */
void lag_summary_of(int64_t *samples, size_t n, struct lag_summary *ret_summary);
