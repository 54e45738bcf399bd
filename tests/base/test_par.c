/* Work in parallel, and the token that stops it. */
#include "lib/base/cancel.h"
#include "lib/base/clock.h"
#include "lib/base/par.h"
#include "tests/base/unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#define N 500

static atomic_int calls[N];

static int count(size_t index, void *arg, struct bd_err *err)
{
    (void)arg;
    (void)err;
    atomic_fetch_add(&calls[index], 1);
    return 0;
}

START_TEST(each_index_is_done_once)
{
    static const unsigned widths[] = {0, 1, 3, 16, 1000};
    for (size_t w = 0; w < BD_ARRAY_LEN(widths); w++) {
        ck_assert_int_eq(bd_par_for(N, widths[w], count, NULL, NULL, NULL), 0);
        for (size_t i = 0; i < N; i++)
            ck_assert_int_eq(calls[i], (int)w + 1);
    }
    ck_assert_int_eq(bd_par_for(0, 4, count, NULL, NULL, NULL), 0);
}
END_TEST

static int meet(size_t index, void *arg, struct bd_err *err)
{
    (void)index;
    (void)err;
    pthread_barrier_wait(arg); /* returns only if as many as the width are here at once */
    return 0;
}

START_TEST(as_many_at_once_as_the_width)
{
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 6);
    ck_assert_int_eq(bd_par_for(6, 6, meet, &barrier, NULL, NULL), 0);
    pthread_barrier_destroy(&barrier);
}
END_TEST

static int note_most(size_t index, void *arg, struct bd_err *err)
{
    (void)index;
    (void)err;
    static atomic_int now;
    atomic_int *most = arg;
    int here = atomic_fetch_add(&now, 1) + 1, seen = *most;
    while (here > seen && !atomic_compare_exchange_weak(most, &seen, here))
        ;
    bd_sleep_ns(100000);
    atomic_fetch_sub(&now, 1);
    return 0;
}

START_TEST(never_more_at_once_than_the_width)
{
    atomic_int most = 0;
    ck_assert_int_eq(bd_par_for(60, 3, note_most, &most, NULL, NULL), 0);
    ck_assert_int_le(most, 3);
}
END_TEST

static int same_thread(size_t index, void *arg, struct bd_err *err)
{
    (void)index;
    const pthread_t *caller = arg;
    return pthread_equal(*caller, pthread_self()) ? 0 : bd_err_set(err, BD_EINVALID, "elsewhere");
}

START_TEST(width_one_stays_in_the_callers_thread)
{
    pthread_t self = pthread_self();
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_par_for(5, 1, same_thread, &self, NULL, &err), 0);
}
END_TEST

static int fail_at_three(size_t index, void *arg, struct bd_err *err)
{
    atomic_fetch_add((atomic_int *)arg, 1);
    return index == 3 ? bd_err_set(err, BD_EVIRT, "index %zu", index) : 0;
}

START_TEST(nothing_new_is_begun_after_a_failure)
{
    atomic_int begun = 0;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_par_for(N, 1, fail_at_three, &begun, NULL, &err), BD_EVIRT);
    ck_assert_int_eq(begun, 4);
    ck_assert_str_eq(err.text, "index 3");
    ck_assert_int_eq(bd_par_for(N, 8, fail_at_three, &begun, NULL, NULL), BD_EVIRT);
}
END_TEST

static int all_fail(size_t index, void *arg, struct bd_err *err)
{
    pthread_barrier_wait(arg);
    return bd_err_set(err, index ? BD_ECHILD : BD_EVIRT, "index %zu", index);
}

START_TEST(code_and_text_are_of_the_same_failure)
{
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 50; i++) {
        struct bd_err err = BD_ERR_INIT;
        int rc = bd_par_for(2, 2, all_fail, &barrier, NULL, &err);
        ck_assert_int_eq(err.code, rc);
        ck_assert_str_eq(err.text, rc == BD_ECHILD ? "index 1" : "index 0");
    }
    pthread_barrier_destroy(&barrier);
}
END_TEST

static int cancel_at_two(size_t index, void *arg, struct bd_err *err)
{
    (void)err;
    ck_assert_uint_le(index, 2);
    if (index == 2)
        bd_cancel_set(arg, BD_ECANCELLED, "asked by a test");
    return 0;
}

START_TEST(a_cancel_begins_nothing_new)
{
    bd_auto(cancel) struct bd_cancel *c = bd_cancel_new();
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_par_for(N, 1, cancel_at_two, c, c, &err), BD_ECANCELLED);
    ck_assert_str_eq(err.text, "asked by a test");
    ck_assert_int_eq(bd_par_for(3, 2, count, NULL, c, NULL), BD_ECANCELLED);
    ck_assert_int_eq(calls[0], 0);
}
END_TEST

START_TEST(the_first_reason_stays)
{
    bd_auto(cancel) struct bd_cancel *c = bd_cancel_new();
    struct pollfd set = {.fd = bd_cancel_fd(c), .events = POLLIN};
    ck_assert_int_eq(bd_cancel_check(c, NULL), 0);
    ck_assert_int_eq(poll(&set, 1, 0), 0);
    bd_cancel_set(c, BD_ETIMEOUT, "too late");
    bd_cancel_set(c, BD_ECANCELLED, "by a user");
    struct bd_err err = BD_ERR_INIT;
    for (int i = 0; i < 2; i++) { /* and is not used up by asking */
        ck_assert_int_eq(bd_cancel_check(c, &err), BD_ETIMEOUT);
        ck_assert_str_eq(err.text, "too late");
        ck_assert_int_eq(poll(&set, 1, 0), 1);
    }
    ck_assert_int_eq(bd_cancel_sleep(c, 3600 * BD_NS_PER_S, NULL), BD_ETIMEOUT);
}
END_TEST

START_TEST(no_token_is_never_set)
{
    ck_assert_int_eq(bd_cancel_check(NULL, NULL), 0);
    ck_assert_int_eq(bd_cancel_fd(NULL), -1);
    int64_t before = bd_mono_ns();
    ck_assert_int_eq(bd_cancel_sleep(NULL, 2 * BD_NS_PER_MS, NULL), 0);
    ck_assert_int_ge(bd_mono_ns() - before, 2 * BD_NS_PER_MS);
    bd_cancel_unref(NULL);
}
END_TEST

static void *cancel_and_let_go(void *arg)
{
    bd_cancel_set(arg, BD_ECANCELLED, "from another thread");
    bd_cancel_unref(arg);
    return NULL;
}

/* Sleeps an hour: Check's timeout tells if nobody wakes it. */
START_TEST(a_sleeper_is_woken)
{
    bd_auto(cancel) struct bd_cancel *c = bd_cancel_new();
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_and_let_go, bd_cancel_ref(c)), 0);
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_cancel_sleep(c, 3600 * BD_NS_PER_S, &err), BD_ECANCELLED);
    ck_assert_str_eq(err.text, "from another thread");
    pthread_join(thread, NULL);
}
END_TEST

UNIT_MAIN("par", each_index_is_done_once, as_many_at_once_as_the_width,
          never_more_at_once_than_the_width, width_one_stays_in_the_callers_thread,
          nothing_new_is_begun_after_a_failure, code_and_text_are_of_the_same_failure,
          a_cancel_begins_nothing_new, the_first_reason_stays, no_token_is_never_set,
          a_sleeper_is_woken)
