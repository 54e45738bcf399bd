/* What bench-link is told to do, and what its figures mean. */
#include "lib/workload/link.h"
#include "tests/base/unit.h"

#include <string.h>

#define MBIT UINT64_C(1000000)

START_TEST(test_orders_fit_the_shape)
{
    static const struct {
        struct network_shape shape;
        struct link_order order;
    } cases[] = {
        {{.bits_per_s = 1000 * MBIT}, {100, 1000, 300, 600, 43}},
        {{.bits_per_s = 100 * MBIT}, {100, 1000, 300, 600, 8}},
        /* small packets alone would fill it: fewer of them, and longer for the frames */
        {{.bits_per_s = 1 * MBIT}, {100, 3200, 300, 2000, 1}},
        {{.latency_ns = 10000000}, {1000, 1000, 322, 0, 1}},
        {{.loss = 0.01}, {10000, 100, 300, 0, 1}},
        {{.bits_per_s = 10 * MBIT, .loss = 0.01}, {6250, 320, 300, 600, 1}},
        {{.latency_ns = 1000000000, .jitter_ns = 500000000}, {1000, 1000, 3600, 0, 1}},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct link_order o = link_order_of(&cases[i].shape);
        ck_assert_msg(memcmp(&o, &cases[i].order, sizeof(o)) == 0, "%zu: %u %u %u %u %u", i,
                      o.packets, o.gap_us, o.wait_ms, o.flood_ms, o.frames);
    }
}
END_TEST

START_TEST(test_answers_are_read)
{
    static const char *const bad[] = {"",
                                      "100 100 42386 13990 4632",
                                      "0 0 0 0 0 0",
                                      "9 10 1 1 1 1",
                                      "a b c d e f",
                                      "9 9 -1 1 1 1"};
    struct link_answer a = {.sent = 77};
    ck_assert_int_eq(link_answer_read("100 99 42386 13990 4632 99925455\n", &a, NULL), 0);
    ck_assert_int_eq(a.answered, 99);
    ck_assert_int_eq(a.frames, 4632);
    ck_assert_double_eq(a.bits_per_s, 99925455);
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        ck_assert_int_eq(link_answer_read(bad[i], &a, NULL), BD_EWORKLOAD);
        ck_assert_int_eq(a.sent, 100); /* untouched */
    }
}
END_TEST

/* One figure of one member, by what was asked for and the answer. */
START_TEST(test_figures)
{
    static const struct {
        const char *name;
        struct network_shape shape;
        struct link_answer answer;
        double measured;
        json_int_t n;
        bool holds;
    } cases[] = {
        {"bandwidth", {.bits_per_s = 100 * MBIT}, {100, 100, 1, 1, 4632, 99e6}, 99e6, 4632, true},
        {"bandwidth", {.bits_per_s = 100 * MBIT}, {100, 100, 1, 1, 9, 90.1e6}, 90.1e6, 9, true},
        {"bandwidth", {.bits_per_s = 100 * MBIT}, {100, 100, 1, 1, 9, 89.9e6}, 89.9e6, 9, false},
        {"bandwidth", {.bits_per_s = 100 * MBIT}, {100, 100, 1, 1, 9, 110.2e6}, 110.2e6, 9, false},
        {"bandwidth", {.bits_per_s = 100 * MBIT}, {100, 100, 1, 1, 0, 0}, 0, 0, false},
        {"latency", {.latency_ns = 2000000}, {1000, 1000, 4200000, 1000, 0, 0}, 2.1e-3, 1000, true},
        {"latency",
         {.latency_ns = 2000000},
         {1000, 1000, 5000000, 1000, 0, 0},
         2.5e-3,
         1000,
         false},
        {"loss", {.loss = 0.1}, {10000, 8100, 1, 1, 0, 0}, 0.1, 10000, true},
        {"loss", {.loss = 0.1}, {10000, 10000, 1, 1, 0, 0}, 0, 10000, false},
        {"loss", {.loss = 0.5}, {10, 0, 0, 0, 0, 0}, 1, 10, false},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *figures = json_array();
        link_figures(&cases[i].shape, "n1", "n2", &cases[i].answer, figures);
        const json_t *f = json_array_get(figures, 0);
        bd_auto_free char *text = bd_json_text(figures);
        ck_assert_msg(json_array_size(figures) == 1, "%zu: %s", i, text);
        ck_assert_str_eq(bd_json_str(f, "name", ""), cases[i].name);
        ck_assert_double_eq_tol(bd_json_real(f, "measured", -1), cases[i].measured,
                                1e-9 * cases[i].measured + 1e-15);
        ck_assert_int_eq(bd_json_int(f, "n", -1), cases[i].n);
        ck_assert_msg(bd_json_bool(f, "holds", -1) == cases[i].holds, "%zu: %s", i, text);
    }
}
END_TEST

/* Trips of two delays that are spread evenly over 10 +- J ms have the jitter J. */
START_TEST(test_jitter_of_delays_that_are_spread_evenly)
{
    const struct network_shape shape = {.latency_ns = 10000000, .jitter_ns = 3000000};
    int64_t deviation = 0;
    const int64_t n = 1000;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < n; k++) {
            int64_t there = -3000000 + 6000000 * i / (n - 1),
                    back = -3000000 + 6000000 * k / (n - 1);
            deviation += llabs(there + back);
        }
    bd_auto_json json_t *figures = json_array();
    link_figures(&shape, "n1", "n2",
                 &(struct link_answer){1000, 1000, 20000000, deviation / n / n, 0, 0}, figures);
    ck_assert_uint_eq(json_array_size(figures), 2);
    ck_assert_double_eq_tol(bd_json_real(json_array_get(figures, 1), "measured", 0), 3e-3, 3e-5);
    ck_assert(bd_json_bool(json_array_get(figures, 1), "holds", 0));
}
END_TEST

START_TEST(test_words)
{
    const struct network_shape shape = {.bits_per_s = 100 * MBIT, .loss = 0.01};
    bd_auto_json json_t *figures = json_array();
    link_figures(&shape, "ctl1", "n4", &(struct link_answer){100, 100, 1, 1, 9, 80.25e6}, figures);
    bd_auto_free char *bandwidth = network_figure_words(json_array_get(figures, 0));
    bd_auto_free char *loss = network_figure_words(json_array_get(figures, 1));
    ck_assert_str_eq(bandwidth, "bandwidth from ctl1 to n4 is 80.25 Mbit/s, 19.8 % less than the "
                                "100 Mbit/s that were asked for");
    ck_assert_str_eq(loss, "loss from ctl1 to n4 is 0 %, 100 % less than the 1 % that were asked "
                           "for");
}
END_TEST

UNIT_MAIN("workload-link", test_orders_fit_the_shape, test_answers_are_read, test_figures,
          test_jitter_of_delays_that_are_spread_evenly, test_words)
