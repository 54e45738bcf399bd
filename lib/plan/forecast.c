#include "lib/plan/forecast.h"

#include "lib/base/mem.h"

/* Those that have runs in turn now: their places, in the order of items. */
static size_t turn_of(const struct forecast *items, size_t n, size_t active, size_t *ret_turn)
{
    size_t taken_up = 0, in_turn = 0;
    int highest = 0;
    for (size_t i = 0; i < n && taken_up < active; i++) {
        if (items[i].held || items[i].left == 0)
            continue;
        if (taken_up++ == 0)
            highest = items[i].priority;
        if (items[i].priority == highest)
            ret_turn[in_turn++] = i;
    }
    return in_turn;
}

/* Until the first of them has made all of its runs; -1: not known. */
static int64_t take_turns(struct forecast *items, const size_t *turn, size_t n, int64_t now_ns)
{
    uint64_t least_left = UINT64_MAX;
    int64_t round_ns = 0;
    for (size_t i = 0; i < n; i++) {
        struct forecast *f = &items[turn[i]];
        if (f->begins_ns < 0)
            f->begins_ns = now_ns + round_ns;
        if (f->run_ns <= 0)
            return -1;
        round_ns += f->run_ns;
        least_left = f->left < least_left ? f->left : least_left;
    }
    if ((double)round_ns * (double)least_left > (double)(INT64_MAX / 2 - now_ns))
        return -1;
    now_ns += round_ns * (int64_t)least_left;
    for (size_t i = 0; i < n; i++) {
        struct forecast *f = &items[turn[i]];
        f->left -= least_left;
        if (f->left == 0)
            f->ends_ns = now_ns;
    }
    return now_ns;
}

void forecast_make(struct forecast *items, size_t n, size_t active)
{
    bd_auto_free size_t *turn = bd_xcalloc(n + 1, sizeof(*turn));
    size_t in_turn;
    for (size_t i = 0; i < n; i++)
        items[i].begins_ns = items[i].ends_ns = -1;
    for (int64_t now_ns = 0; now_ns >= 0 && (in_turn = turn_of(items, n, active, turn)) > 0;)
        now_ns = take_turns(items, turn, in_turn, now_ns);
}
