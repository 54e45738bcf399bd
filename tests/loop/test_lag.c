#include "daemon/loop/lag.h"
#include "lib/base/clock.h"
#include "tests/base/unit.h"

START_TEST(test_ranks_are_nearest)
{
    static const struct {
        size_t n; /* samples n, n - 1, ..., 1 */
        int64_t p50, p99, max;
    } vectors[] = {
        {0, 0, 0, 0},         {1, 1, 1, 1},
        {2, 1, 2, 2},         {3, 2, 3, 3},
        {4, 2, 4, 4},         {99, 50, 99, 99},
        {100, 50, 99, 100},   {101, 51, 100, 101},
        {200, 100, 198, 200}, {2500, 1250, 2475, 2500},
    };
    static int64_t samples[2500];
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct lag_summary s;
        for (size_t k = 0; k < vectors[i].n; k++)
            samples[k] = (int64_t)(vectors[i].n - k);
        lag_summary_of(samples, vectors[i].n, &s);
        ck_assert_uint_eq(s.n, vectors[i].n);
        ck_assert_int_eq(s.p50_ns, vectors[i].p50);
        ck_assert_int_eq(s.p99_ns, vectors[i].p99);
        ck_assert_int_eq(s.max_ns, vectors[i].max);
    }
}
END_TEST

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

static void on_never(uv_timer_t *timer BD_UNUSED)
{
}

START_TEST(test_a_loop_that_is_held_up_shows)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    uv_timer_t keeps;
    uv_timer_init(&loop, &keeps);
    uv_timer_start(&keeps, on_never, UINT64_MAX / 2, 0);
    uv_unref((uv_handle_t *)&keeps);
    struct lag *lag = lag_new(&loop);
    struct lag_summary s;
    lag_summary(lag, &s);
    ck_assert_uint_eq(s.n, 0);
    ck_assert_int_eq(s.max_ns, 0);
    bd_sleep_ns(300 * BD_NS_PER_MS);           /* before its first turn: at least 280 ms late */
    ck_assert_int_eq(uv_loop_alive(&loop), 0); /* it does not keep the loop alive */
    uv_ref((uv_handle_t *)&keeps);
    do {
        uv_run(&loop, UV_RUN_NOWAIT);
        lag_summary(lag, &s);
    } while (s.n == 0);
    ck_assert_int_ge(s.max_ns, 270 * BD_NS_PER_MS);
    bool closed = false;
    lag_close(lag, on_closed, &closed);
    ck_assert(!closed);
    uv_close((uv_handle_t *)&keeps, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(closed);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

UNIT_MAIN("loop-lag", test_ranks_are_nearest, test_a_loop_that_is_held_up_shows)
