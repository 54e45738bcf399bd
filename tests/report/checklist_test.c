/* The checklist of an analysis: its twelve rules, and which of them hold. */
#include "tests/base/unit.h"
#include "tests/report/analyses.h"

#include <math.h>
#include <string.h>

START_TEST(test_the_checklist_has_twelve_rules_with_evidence)
{
    bd_auto_json json_t *c = analyse(&factorial);
    static const char *const expected[] = {
        "met",     "met",           "met", "met", "met",
        "met",     "met",           "met", "met", "not applicable",
        "not met", "not applicable"};
    for (int i = 0; i < 12; i++)
        ck_assert_msg(strcmp(status(c, i + 1), expected[i]) == 0, "rule %d is %s", i + 1,
                      status(c, i + 1));
}
END_TEST

static void plot(struct analysis_campaign *campaign)
{
    campaign->plotted = true;
}

START_TEST(test_plots_are_told_where_there_are_some)
{
    struct made m = factorial;
    m.change = plot;
    bd_auto_json json_t *c = analyse(&m);
    const json_t *rule = json_array_get(json_object_get(c, "checklist"), 11);
    const char *evidence = bd_json_str(rule, "evidence", "");
    bd_auto_free char *metrics =
        bd_xasprintf("plot %zu metric", json_array_size(json_object_get(c, "metrics")));
    ck_assert_str_eq(status(c, 12), "met");
    ck_assert_msg(strstr(evidence, metrics) && strstr(evidence, "comparisons with intervals"), "%s",
                  evidence);
}
END_TEST

static double never(size_t metric BD_UNUSED, size_t cell BD_UNUSED, size_t block BD_UNUSED)
{
    return NAN;
}

START_TEST(test_of_what_was_not_measured_there_are_no_plots)
{
    struct made m = factorial;
    m.change = plot;
    m.value = never;
    bd_auto_json json_t *c = analyse(&m);
    ck_assert_str_eq(status(c, 12), "not applicable");
}
END_TEST

UNIT_MAIN("analysis-checklist", test_the_checklist_has_twelve_rules_with_evidence,
          test_plots_are_told_where_there_are_some,
          test_of_what_was_not_measured_there_are_no_plots)
