#include "daemon/api/points.h"
#include "lib/base/json.h"
#include "tests/base/unit.h"

#include <math.h>

#define S INT64_C(1000000000)

START_TEST(test_values_and_means_are_written_as_json)
{
    /* Once a second from a moment after the beginning; one is missing, two are no numbers. */
    static const struct sample_point values[] = {
        {1, 1},         {S, 2},         {2 * S, 0.1},      {3 * S, NAN},
        {5 * S - 1, 4}, {5 * S, 1e300}, {6 * S, INFINITY}, {12 * S, -3},
        {13 * S, 0.5},
    };
    static const struct {
        int64_t from_ns, to_ns, step_ns;
        const char *text;
        size_t n;
    } cases[] = {
        {0, INT64_MAX, 0,
         "[[1,1],[1000000000,2],[2000000000,0.1],[4999999999,4],[5000000000,1e+300],"
         "[12000000000,-3],[13000000000,0.5]]",
         7},
        {S, 2 * S, 0, "[[1000000000,2]]", 1}, /* the beginning is among them, the end is not */
        {S + 1, 2 * S + 1, 0, "[[2000000000,0.1]]", 1},
        {7 * S, 12 * S, 0, "[]", 0},
        /* each value counts alike; a bucket without any is left out */
        {0, INT64_MAX, 5 * S, "[[0,1.775,4],[5000000000,1e+300,1],[10000000000,-1.25,2]]", 3},
        {S, 13 * S, 5 * S, "[[0,2.03333333333333,3],[5000000000,1e+300,1],[10000000000,-3,1]]", 3},
        {6 * S, INT64_MAX, INT64_MAX, "[[0,-1.25,2]]", 1},
        {7 * S, 12 * S, S, "[]", 0},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        /* In one piece, and cut into every two. */
        for (size_t cut = 0; cut <= BD_ARRAY_LEN(values); cut++) {
            bd_auto_str struct bd_str text = {0};
            bd_auto_json json_t *json = NULL;
            struct points p = {.from_ns = cases[i].from_ns,
                               .to_ns = cases[i].to_ns,
                               .step_ns = cases[i].step_ns,
                               .out = &text};
            points_begin(&p);
            points_add(&p, values, cut);
            points_add(&p, values + cut, BD_ARRAY_LEN(values) - cut);
            points_end(&p);
            ck_assert_str_eq(bd_str_text(&text), cases[i].text);
            ck_assert_uint_eq(p.n, cases[i].n);
            ck_assert_int_eq(bd_json_parse(text.data, text.len, &json, NULL), 0);
        }
    }
}
END_TEST

START_TEST(test_nodes_follow_each_other)
{
    static const struct sample_point one = {5 * S, 1}, two = {5 * S, 2};
    bd_auto_str struct bd_str text = {0};
    struct points p = {.to_ns = INT64_MAX, .step_ns = 2 * S, .out = &text};
    points_begin(&p);
    points_add(&p, &one, 1);
    points_end(&p);
    points_begin(&p);
    points_end(&p);
    points_begin(&p);
    points_add(&p, &two, 1);
    points_end(&p);
    ck_assert_str_eq(bd_str_text(&text), "[[4000000000,1,1]][][[4000000000,2,1]]");
    ck_assert_uint_eq(p.n, 2);
}
END_TEST

UNIT_MAIN("api/points", test_values_and_means_are_written_as_json, test_nodes_follow_each_other)
