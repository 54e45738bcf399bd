#include "daemon/loop/virtevents.h"
#include "lib/base/clock.h"
#include "tests/base/unit.h"

#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

struct test {
    uv_loop_t loop;
    uv_timer_t keeps; /* libvirt's sources do not keep the loop alive */
    pthread_t thread; /* the loop's */
    bool closed;
};

static void on_never(uv_timer_t *timer BD_UNUSED)
{
}

static void begin(struct test *t)
{
    *t = (struct test){.thread = pthread_self()};
    uv_loop_init(&t->loop);
    ck_assert_int_eq(virtevents_register(&t->loop), 0);
    ck_assert_int_eq(uv_loop_alive(&t->loop), 0);
    uv_timer_init(&t->loop, &t->keeps);
    uv_timer_start(&t->keeps, on_never, UINT64_MAX / 2, 0);
}

static void on_closed(void *arg)
{
    ((struct test *)arg)->closed = true;
}

static void end(struct test *t)
{
    virtevents_close(on_closed, t);
    ck_assert(!t->closed);
    uv_close((uv_handle_t *)&t->keeps, NULL);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    ck_assert(t->closed);
    ck_assert_int_eq(uv_loop_close(&t->loop), 0);
}

#define UNTIL(t, condition)                                                                        \
    do {                                                                                           \
        int64_t give_up_ns_ = bd_mono_ns() + 40 * BD_NS_PER_S;                                     \
        while (!(condition)) {                                                                     \
            ck_assert_msg(bd_mono_ns() < give_up_ns_, "never: %s", #condition);                    \
            uv_run(&(t)->loop, UV_RUN_NOWAIT);                                                     \
            bd_sleep_ns(BD_NS_PER_MS / 2);                                                         \
        }                                                                                          \
    } while (0)

static void turns(struct test *t, int n)
{
    for (int i = 0; i < n; i++) {
        uv_run(&t->loop, UV_RUN_NOWAIT);
        bd_sleep_ns(BD_NS_PER_MS / 2);
    }
}

/* -- libvirt's own test driver -- */

struct seen {
    struct test *t;
    unsigned events, started, stopped, freed;
};

static int on_lifecycle(virConnectPtr conn BD_UNUSED, virDomainPtr domain, int event,
                        int detail BD_UNUSED, void *opaque)
{
    struct seen *s = opaque;
    ck_assert(pthread_equal(pthread_self(), s->t->thread));
    ck_assert_str_eq(virDomainGetName(domain), "visitor");
    s->events++;
    s->started += event == VIR_DOMAIN_EVENT_STARTED;
    s->stopped += event == VIR_DOMAIN_EVENT_STOPPED;
    return 0;
}

static void on_free(void *opaque)
{
    ((struct seen *)opaque)->freed++;
}

static const char visitor[] = "<domain type='test'><name>visitor</name><memory>8192</memory>"
                              "<os><type>hvm</type></os></domain>";

static void *come_and_go(void *arg)
{
    virDomainPtr domain = virDomainCreateXML(arg, visitor, 0);
    ck_assert_ptr_nonnull(domain);
    ck_assert_int_eq(virDomainDestroy(domain), 0);
    virDomainFree(domain);
    return NULL;
}

START_TEST(test_a_domain_that_comes_and_goes_is_told_on_the_loop)
{
    struct test t;
    begin(&t);
    virConnectPtr conn = virConnectOpen("test:///default");
    ck_assert_ptr_nonnull(conn);
    struct seen s = {.t = &t};
    int id = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                              VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), &s, on_free);
    ck_assert_int_ge(id, 0);
    for (unsigned i = 1; i <= 3; i++) {
        pthread_t worker;
        ck_assert_int_eq(pthread_create(&worker, NULL, come_and_go, conn), 0);
        UNTIL(&t, s.started == i && s.stopped == i);
        pthread_join(worker, NULL);
    }
    ck_assert_int_eq(virConnectDomainEventDeregisterAny(conn, id), 0);
    UNTIL(&t, s.freed == 1);
    unsigned before = s.events;
    come_and_go(conn);
    turns(&t, 20);
    ck_assert_uint_eq(s.events, before);
    ck_assert_int_eq(virConnectClose(conn), 0);
    end(&t);
}
END_TEST

/* -- handles and timeouts, as libvirt asks for them -- */

struct source {
    struct test *t;
    int id, other;
    unsigned fired, freed;
    int events;
    int read_fd;
};

static void on_source_free(void *opaque)
{
    struct source *s = opaque;
    ck_assert(pthread_equal(pthread_self(), s->t->thread));
    s->freed++;
}

static void on_handle(int watch, int fd, int events, void *opaque)
{
    struct source *s = opaque;
    char byte;
    ck_assert_int_eq(watch, s->id);
    ck_assert_int_eq(fd, s->read_fd);
    s->events |= events;
    s->fired += read(fd, &byte, 1) == 1;
}

START_TEST(test_a_handle_is_watched_changed_and_removed)
{
    struct test t;
    int fds[2];
    begin(&t);
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    struct source s = {.t = &t, .read_fd = fds[0]};
    s.id = virEventAddHandle(fds[0], VIR_EVENT_HANDLE_READABLE, on_handle, &s, on_source_free);
    ck_assert_int_gt(s.id, 0);
    turns(&t, 5);
    ck_assert_uint_eq(s.fired, 0);
    ck_assert_int_eq(write(fds[1], "abc", 3), 3);
    UNTIL(&t, s.fired == 3);
    ck_assert_int_eq(s.events, VIR_EVENT_HANDLE_READABLE);
    virEventUpdateHandle(s.id, 0);
    ck_assert_int_eq(write(fds[1], "d", 1), 1);
    turns(&t, 10);
    ck_assert_uint_eq(s.fired, 3);
    virEventUpdateHandle(s.id, VIR_EVENT_HANDLE_READABLE);
    UNTIL(&t, s.fired == 4);
    ck_assert_int_eq(virEventRemoveHandle(s.id), 0);
    ck_assert_uint_eq(s.freed, 0); /* later, never inside */
    UNTIL(&t, s.freed == 1);
    ck_assert_int_eq(write(fds[1], "e", 1), 1);
    turns(&t, 10);
    ck_assert_uint_eq(s.fired, 4);
    virEventUpdateHandle(s.id, VIR_EVENT_HANDLE_READABLE); /* of what is gone: nothing */
    ck_assert_int_eq(virEventRemoveHandle(s.id), 0);
    turns(&t, 5);
    ck_assert_uint_eq(s.freed, 1);
    close(fds[0]);
    close(fds[1]);
    end(&t);
}
END_TEST

static void on_hangup(int watch BD_UNUSED, int fd BD_UNUSED, int events, void *opaque)
{
    struct source *s = opaque;
    s->events |= events;
    s->fired++;
    ck_assert_int_eq(virEventRemoveHandle(s->id), 0); /* from its own callback */
}

START_TEST(test_the_other_end_going_wakes_and_a_closed_descriptor_does_no_harm)
{
    struct test t;
    int fds[2];
    begin(&t);
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    struct source s = {.t = &t};
    s.id = virEventAddHandle(fds[0], VIR_EVENT_HANDLE_READABLE, on_hangup, &s, on_source_free);
    turns(&t, 3);
    close(fds[1]);
    UNTIL(&t, s.freed == 1);
    ck_assert_uint_eq(s.fired, 1);
    ck_assert_int_ne(s.events, 0);
    close(fds[0]);
    struct source gone = {.t = &t};
    gone.id =
        virEventAddHandle(fds[0], VIR_EVENT_HANDLE_READABLE, on_hangup, &gone, on_source_free);
    UNTIL(&t, gone.freed == 1);
    ck_assert_uint_eq(gone.fired, 0);
    ck_assert_int_eq(virEventRemoveHandle(gone.id), 0);
    end(&t);
}
END_TEST

static void on_timeout(int timer, void *opaque)
{
    struct source *s = opaque;
    ck_assert_int_eq(timer, s->id);
    s->fired++;
}

START_TEST(test_a_timeout_repeats_until_it_is_stopped)
{
    struct test t;
    begin(&t);
    struct source off = {.t = &t}, always = {.t = &t}, often = {.t = &t}, rare = {.t = &t};
    off.id = virEventAddTimeout(-1, on_timeout, &off, on_source_free);
    always.id = virEventAddTimeout(0, on_timeout, &always, on_source_free);
    often.id = virEventAddTimeout(2, on_timeout, &often, on_source_free);
    rare.id = virEventAddTimeout(3600 * 1000, on_timeout, &rare, on_source_free);
    UNTIL(&t, always.fired >= 5 && often.fired >= 5);
    ck_assert_uint_eq(off.fired, 0);
    ck_assert_uint_eq(rare.fired, 0);
    virEventUpdateTimeout(always.id, -1);
    virEventUpdateTimeout(rare.id, 1);
    UNTIL(&t, rare.fired >= 2);
    unsigned before = always.fired;
    turns(&t, 10);
    ck_assert_uint_eq(always.fired, before);
    ck_assert_int_eq(virEventRemoveTimeout(often.id), 0);
    UNTIL(&t, often.freed == 1);
    end(&t); /* with three still there: each is freed, once, before the end is told */
    ck_assert_uint_eq(off.freed + always.freed + rare.freed, 3);
}
END_TEST

static void count(int id BD_UNUSED, void *opaque)
{
    ((struct source *)opaque)->fired++;
}

static void *add_and_remove(void *arg)
{
    struct source *s = arg;
    for (int i = 0; i < 200; i++) {
        int id = virEventAddTimeout(0, count, s, on_source_free);
        ck_assert_int_gt(id, 0);
        virEventUpdateTimeout(id, i % 3);
        if (i % 4)
            ck_assert_int_eq(virEventRemoveTimeout(id), 0);
        int handle = virEventAddHandle(s->read_fd, 0, on_handle, s, on_source_free);
        virEventUpdateHandle(handle, VIR_EVENT_HANDLE_WRITABLE);
        ck_assert_int_eq(virEventRemoveHandle(handle), 0);
    }
    __atomic_store_n(&s->other, 1, __ATOMIC_RELEASE);
    return NULL;
}

START_TEST(test_other_threads_may_add_and_remove)
{
    enum { N = 4 };
    struct test t;
    struct source s[N];
    pthread_t threads[N];
    int fds[N][2];
    begin(&t);
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(pipe2(fds[i], O_CLOEXEC), 0);
        s[i] = (struct source){.t = &t, .read_fd = fds[i][0]};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, add_and_remove, &s[i]), 0);
    }
    for (int i = 0; i < N; i++) {
        UNTIL(&t, __atomic_load_n(&s[i].other, __ATOMIC_ACQUIRE) == 1);
        pthread_join(threads[i], NULL);
    }
    end(&t);
    for (int i = 0; i < N; i++) {
        ck_assert_uint_eq(s[i].freed, 400);
        close(fds[i][0]);
        close(fds[i][1]);
    }
    /* the loop is gone: nothing is taken any more, and nothing breaks */
    ck_assert_int_eq(virEventAddTimeout(1, count, &s[0], on_source_free), -1);
    ck_assert_int_eq(virEventRemoveTimeout(1), -1);
    virEventUpdateTimeout(1, 1);
}
END_TEST

UNIT_MAIN("loop-virtevents", test_a_domain_that_comes_and_goes_is_told_on_the_loop,
          test_a_handle_is_watched_changed_and_removed,
          test_the_other_end_going_wakes_and_a_closed_descriptor_does_no_harm,
          test_a_timeout_repeats_until_it_is_stopped, test_other_threads_may_add_and_remove)
