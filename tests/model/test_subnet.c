#include "lib/base/mem.h"
#include "lib/model/subnet.h"

#include <check.h>
#include <stdlib.h>

static struct subnet net(const char *s)
{
    struct subnet n;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(subnet_parse(s, &n, &err) == 0, "%s: %s", s, err.text);
    return n;
}

START_TEST(test_parse_accepts_and_formats_back)
{
    static const struct {
        const char *text;
        uint32_t base;
        unsigned prefix;
    } good[] = {
        {"10.64.0.0/16", 0x0a400000, 16},     {"0.0.0.0/0", 0, 0},
        {"192.168.1.128/25", 0xc0a80180, 25}, {"255.255.255.255/32", 0xffffffff, 32},
        {"128.0.0.0/1", 0x80000000, 1},       {"10.213.4.0/24", 0x0ad50400, 24},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(good); i++) {
        struct subnet n = net(good[i].text);
        char out[SUBNET_BYTES];
        ck_assert_uint_eq(n.base, good[i].base);
        ck_assert_uint_eq(n.prefix, good[i].prefix);
        ck_assert_str_eq(subnet_format(&n, out), good[i].text);
    }
}
END_TEST

START_TEST(test_parse_refuses)
{
    static const char *const bad[] = {
        "",
        "10.64.0.0",
        "10.64.0.0/",
        "10.64.0.0/33",
        "10.64.0.0/016",
        "10.64.0/16",
        "10.64.0.0.0/8",
        "256.0.0.0/8",
        "10.64.0.0/16 ",
        " 10.64.0.0/16",
        "10.064.0.0/16",
        "10..0.0/16",
        "10.64.0.0/-1",
        "10.64.0.0/+8",
        "a.b.c.d/8",
        "10.64.0.1/16",
        "10.64.0.0/9",
        "0.0.0.1/0",
        "10.64.0.0/1600",
        "10.64.0.00/16",
        "10,64,0,0/16",
        "fd00::/8",
        "10.64.0.0/16/",
        "1000.64.0.0/16",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        struct subnet n = {7, 7};
        struct bd_err err = BD_ERR_INIT;
        ck_assert_msg(subnet_parse(bad[i], &n, &err) == BD_EINVALID, "'%s' passed", bad[i]);
        ck_assert_uint_eq(n.base, 7);
        ck_assert_str_ne(err.text, "");
    }
    struct bd_err err = BD_ERR_INIT;
    struct subnet n;
    subnet_parse("10.64.3.1/16", &n, &err);
    ck_assert_ptr_nonnull(strstr(err.text, "10.64.0.0/16")); /* says what would be right */
}
END_TEST

START_TEST(test_overlap)
{
    static const struct {
        const char *a, *b;
        bool overlaps;
    } cases[] = {
        {"10.0.0.0/8", "10.64.0.0/16", true},     {"10.0.0.0/24", "10.0.1.0/24", false},
        {"10.0.0.0/24", "10.0.0.0/24", true},     {"0.0.0.0/0", "255.255.255.255/32", true},
        {"255.255.255.0/24", "0.0.0.0/8", false}, {"10.0.0.0/25", "10.0.0.128/25", false},
        {"10.0.0.127/32", "10.0.0.0/25", true},   {"10.0.0.128/32", "10.0.0.0/25", false},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct subnet a = net(cases[i].a), b = net(cases[i].b);
        ck_assert_int_eq(subnet_overlaps(&a, &b), cases[i].overlaps);
        ck_assert_int_eq(subnet_overlaps(&b, &a), cases[i].overlaps);
    }
}
END_TEST

START_TEST(test_prefix_leaves_room_for_network_gateway_and_broadcast)
{
    static const struct {
        unsigned nodes, prefix;
    } cases[] = {
        {1, 24},   {2, 24},    {253, 24},   {254, 23},   {509, 23},
        {510, 22}, {1001, 22}, {65533, 16}, {65534, 15},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++)
        ck_assert_uint_eq(subnet_prefix_for(cases[i].nodes), cases[i].prefix);
}
END_TEST

START_TEST(test_pick_takes_the_first_that_is_free)
{
    static const struct {
        const char *pool;
        unsigned prefix;
        const char *taken[4];
        const char *expected; /* NULL: none */
    } cases[] = {
        {"10.64.0.0/16", 24, {0}, "10.64.0.0/24"},
        {"10.64.0.0/16", 24, {"10.64.0.0/24", "10.64.2.0/24"}, "10.64.1.0/24"},
        {"10.64.0.0/16", 23, {"10.64.1.0/24"}, "10.64.2.0/23"},
        {"10.64.0.0/16", 24, {"10.64.0.5/32", "10.64.1.0/24"}, "10.64.2.0/24"},
        {"10.64.0.0/16", 24, {"10.64.0.0/17"}, "10.64.128.0/24"},
        {"10.64.0.0/16", 24, {"10.0.0.0/8"}, NULL},
        {"10.64.0.0/16", 24, {"10.64.0.0/17", "10.64.128.0/17"}, NULL},
        {"10.64.0.0/24", 24, {0}, "10.64.0.0/24"},
        {"10.64.0.0/24", 23, {0}, NULL},
        {"255.255.254.0/23", 24, {"255.255.254.0/24"}, "255.255.255.0/24"},
        {"255.255.254.0/23", 24, {"255.255.254.0/23"}, NULL},
        {"0.0.0.0/0", 24, {"0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"}, "224.0.0.0/24"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct subnet taken[4], pool = net(cases[i].pool), got = {7, 7};
        struct bd_err err = BD_ERR_INIT;
        char text[SUBNET_BYTES];
        size_t n = 0;
        for (; n < 4 && cases[i].taken[n]; n++)
            taken[n] = net(cases[i].taken[n]);
        int r = subnet_pick(&pool, cases[i].prefix, taken, n, &got, &err);
        if (cases[i].expected) {
            ck_assert_int_eq(r, 0);
            ck_assert_str_eq(subnet_format(&got, text), cases[i].expected);
        } else {
            ck_assert_int_eq(r, BD_ENOCAPACITY);
            ck_assert_uint_eq(got.base, 7);
            ck_assert_ptr_nonnull(strstr(err.text, cases[i].pool));
        }
    }
}
END_TEST

START_TEST(test_pool_is_used_up_without_overlap)
{
    struct subnet pool = net("10.64.0.0/16"), taken[257];
    size_t n = 0;
    while (n < 257 && subnet_pick(&pool, 24, taken, n, &taken[n], NULL) == 0) {
        for (size_t i = 0; i < n; i++)
            ck_assert(!subnet_overlaps(&taken[i], &taken[n]));
        ck_assert(subnet_overlaps(&pool, &taken[n]));
        n++;
    }
    ck_assert_uint_eq(n, 256);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("model/subnet");
    TCase *tc = tcase_create("subnets");
    tcase_add_test(tc, test_parse_accepts_and_formats_back);
    tcase_add_test(tc, test_parse_refuses);
    tcase_add_test(tc, test_overlap);
    tcase_add_test(tc, test_prefix_leaves_room_for_network_gateway_and_broadcast);
    tcase_add_test(tc, test_pick_takes_the_first_that_is_free);
    tcase_add_test(tc, test_pool_is_used_up_without_overlap);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
