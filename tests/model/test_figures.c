/* The figures of a run, out of the JSON of its metrics. */
#include "lib/model/figures.h"
#include "tests/base/unit.h"

#include <math.h>
#include <string.h>

static void parse(struct run_figures *figures, const char *text)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(run_figures_parse(figures, text, strlen(text), &err) == 0, "%s", err.text);
}

START_TEST(test_figures_are_read_with_their_units)
{
    run_figures_auto struct run_figures f = {0};
    parse(&f, "{\"makespan\": {\"kind\": \"cost\", \"n\": 40, \"unit\": \"s\", \"value\": 12.5e1},"
              " \"caf\\u00e9\":{\"value\":null,\"unit\":\"\\u00b5s\",\"more\":[{\"value\":1}]},"
              "\"none\":{}}");
    ck_assert_uint_eq(f.n, 3);
    ck_assert_str_eq(f.items[0].name, "makespan");
    ck_assert_str_eq(f.items[0].unit, "s");
    ck_assert_str_eq(f.items[0].kind, "cost");
    ck_assert(f.items[0].value == 125);
    ck_assert_str_eq(f.items[1].name, "café");
    ck_assert_str_eq(f.items[1].unit, "µs");
    ck_assert_str_eq(f.items[1].kind, "");
    ck_assert(isnan(f.items[1].value));
    ck_assert_str_eq(f.items[2].name, "none");
    ck_assert(isnan(f.items[2].value));
}
END_TEST

START_TEST(test_the_next_run_replaces_the_last)
{
    run_figures_auto struct run_figures f = {0};
    parse(&f, "{\"a\":{\"value\":1},\"b\":{\"value\":2}}");
    parse(&f, "{\"c\":{\"value\":-0.25,\"unit\":\"a unit that is longer than all before\"}}");
    ck_assert_uint_eq(f.n, 1);
    ck_assert_str_eq(f.items[0].name, "c");
    ck_assert(f.items[0].value == -0.25);
    parse(&f, "{}");
    ck_assert_uint_eq(f.n, 0);
}
END_TEST

START_TEST(test_what_is_no_metrics_is_refused_and_leaves_none)
{
    static const char *const bad[] = {
        "",
        "x",
        "[]",
        "{\"a\":1}",
        "{\"a\":{\"value\":1}",
        "{\"a\":{\"value\":1}} {}",
        "{\"a\":{\"value\":}}",
        "{\"a\":{\"unit\":\"\\ud800\"}}",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        struct bd_err err = BD_ERR_INIT;
        run_figures_auto struct run_figures f = {0};
        parse(&f, "{\"a\":{\"value\":1}}");
        int rc = run_figures_parse(&f, bad[i], strlen(bad[i]), &err);
        ck_assert_msg(rc == BD_EINVALID, "%s", bad[i]);
        ck_assert_uint_eq(f.n, 0);
    }
}
END_TEST

UNIT_MAIN("figures", test_figures_are_read_with_their_units, test_the_next_run_replaces_the_last,
          test_what_is_no_metrics_is_refused_and_leaves_none)
