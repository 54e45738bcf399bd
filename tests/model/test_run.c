#include "lib/base/mem.h"
#include "lib/model/run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define NO (-1)

/* Every pair, written out apart from the table that it checks: [state][event]. */
// clang-format off
static const int run_expected[RUN_STATE_COUNT][RUN_EVENT_COUNT] = {
    /*             admit          up             measured      fail            cancel          gone */
    /* queued */ {RUN_PREPARING, NO, NO, RUN_FAILED, RUN_CANCELLED, NO},
    /* preparing */ {NO, RUN_MEASURING, NO, RUN_FAILING, RUN_CANCELLING, NO},
    /* measuring */ {NO, NO, RUN_CLEARING, RUN_FAILING, RUN_CANCELLING, NO},
    /* clearing */ {NO, NO, NO, RUN_CLEARING, RUN_CLEARING, RUN_DONE},
    /* failing */ {NO, NO, NO, RUN_FAILING, RUN_FAILING, RUN_FAILED},
    /* cancelling */ {NO, NO, NO, RUN_CANCELLING, RUN_CANCELLING, RUN_CANCELLED},
    /* done */ {NO, NO, NO, NO, NO, NO},
    /* failed */ {NO, NO, NO, NO, NO, NO},
    /* cancelled */ {NO, NO, NO, NO, NO, NO},
};

static const int campaign_expected[CAMPAIGN_STATE_COUNT][CAMPAIGN_EVENT_COUNT] = {
    /* queued */
    {/* start */ CAMPAIGN_RUNNING, /* pause */ CAMPAIGN_PAUSED, /* resume */ CAMPAIGN_QUEUED,
     /* cancel */ CAMPAIGN_CANCELLING, /* end */ CAMPAIGN_DONE, /* end-empty */ CAMPAIGN_FAILED},
    /* running */
    {CAMPAIGN_RUNNING, CAMPAIGN_PAUSED, CAMPAIGN_RUNNING,
     CAMPAIGN_CANCELLING, CAMPAIGN_DONE, CAMPAIGN_FAILED},
    /* paused */
    {NO, CAMPAIGN_PAUSED, CAMPAIGN_QUEUED,
     CAMPAIGN_CANCELLING, CAMPAIGN_DONE, CAMPAIGN_FAILED},
    /* cancelling */
    {NO, NO, NO, CAMPAIGN_CANCELLING, CAMPAIGN_CANCELLED, CAMPAIGN_CANCELLED},
    /* done */ {NO, NO, NO, NO, NO, NO},
    /* failed */ {NO, NO, NO, NO, NO, NO},
    /* cancelled */ {NO, NO, NO, NO, NO, NO},
};
// clang-format on

/* What a move answered must be what is expected; one that is refused says who refused what. */
static void check_move(int expected, int r, int to, int untouched, const struct bd_err *err,
                       const char *state, const char *event)
{
    if (expected != NO) {
        ck_assert_msg(r == 0 && to == expected, "%s, %s: %d, to %d", state, event, r, to);
        return;
    }
    ck_assert_msg(r == BD_ECONFLICT && to == untouched, "%s, %s: %d, to %d", state, event, r, to);
    ck_assert_msg(strstr(err->text, state) && strstr(err->text, event), "%s", err->text);
}

START_TEST(test_every_pair_of_a_run)
{
    for (int s = 0; s < RUN_STATE_COUNT; s++) {
        for (int e = 0; e < RUN_EVENT_COUNT; e++) {
            enum run_state to = RUN_STATE_COUNT;
            struct bd_err err = BD_ERR_INIT;
            int r = run_next((enum run_state)s, (enum run_event)e, &to, &err);
            check_move(run_expected[s][e], r, (int)to, RUN_STATE_COUNT, &err,
                       run_state_to_str((enum run_state)s), run_event_to_str((enum run_event)e));
        }
    }
}
END_TEST

START_TEST(test_every_pair_of_a_campaign)
{
    for (int s = 0; s < CAMPAIGN_STATE_COUNT; s++) {
        for (int e = 0; e < CAMPAIGN_EVENT_COUNT; e++) {
            enum campaign_state to = CAMPAIGN_STATE_COUNT;
            struct bd_err err = BD_ERR_INIT;
            int r = campaign_next((enum campaign_state)s, (enum campaign_event)e, &to, &err);
            check_move(campaign_expected[s][e], r, (int)to, CAMPAIGN_STATE_COUNT, &err,
                       campaign_state_to_str((enum campaign_state)s),
                       campaign_event_to_str((enum campaign_event)e));
        }
    }
}
END_TEST

START_TEST(test_final_states_take_no_event_and_others_reach_one)
{
    for (int s = 0; s < RUN_STATE_COUNT; s++) {
        enum run_state to = (enum run_state)s;
        if (run_state_is_final(to)) {
            for (int e = 0; e < RUN_EVENT_COUNT; e++)
                ck_assert_int_eq(run_next(to, (enum run_event)e, &to, NULL), BD_ECONFLICT);
            continue;
        }
        /* A cancel, and the end of its cluster where it has one, always end it. */
        ck_assert_int_eq(run_next(to, RUN_EV_CANCEL, &to, NULL), 0);
        if (!run_state_is_final(to))
            ck_assert_int_eq(run_next(to, RUN_EV_GONE, &to, NULL), 0);
        ck_assert(run_state_is_final(to));
    }
    for (int s = 0; s < CAMPAIGN_STATE_COUNT; s++) {
        enum campaign_state to = (enum campaign_state)s;
        if (campaign_state_is_final(to)) {
            for (int e = 0; e < CAMPAIGN_EVENT_COUNT; e++)
                ck_assert_int_eq(campaign_next(to, (enum campaign_event)e, &to, NULL),
                                 BD_ECONFLICT);
            continue;
        }
        ck_assert_int_eq(campaign_next(to, CAMPAIGN_EV_CANCEL, &to, NULL), 0);
        ck_assert_int_eq(campaign_next(to, CAMPAIGN_EV_END, &to, NULL), 0);
        ck_assert_int_eq((int)to, CAMPAIGN_CANCELLED);
    }
}
END_TEST

START_TEST(test_names_read_back)
{
    for (int s = 0; s < RUN_STATE_COUNT; s++) {
        enum run_state back;
        ck_assert_int_eq(run_state_from_str(run_state_to_str((enum run_state)s), &back), 0);
        ck_assert_int_eq((int)back, s);
    }
    for (int s = 0; s < CAMPAIGN_STATE_COUNT; s++) {
        enum campaign_state back;
        ck_assert_int_eq(
            campaign_state_from_str(campaign_state_to_str((enum campaign_state)s), &back), 0);
        ck_assert_int_eq((int)back, s);
    }
    for (int g = 0; g < GRADE_COUNT; g++) {
        enum run_grade back;
        ck_assert_int_eq(run_grade_from_str(run_grade_to_str((enum run_grade)g), &back), 0);
        ck_assert_int_eq((int)back, g);
    }
    enum run_state run = RUN_CLEARING;
    enum campaign_state campaign = CAMPAIGN_PAUSED;
    enum run_grade grade = GRADE_LIMITED;
    static const char *const unknown[] = {"Queued", "", NULL, "ready"};
    for (size_t i = 0; i < BD_ARRAY_LEN(unknown); i++) {
        ck_assert_int_lt(run_state_from_str(unknown[i], &run), 0);
        ck_assert_int_lt(campaign_state_from_str(unknown[i], &campaign), 0);
        ck_assert_int_lt(run_grade_from_str(unknown[i], &grade), 0);
    }
    ck_assert_int_eq((int)run, RUN_CLEARING);
    ck_assert_int_eq((int)campaign, CAMPAIGN_PAUSED);
    ck_assert_int_eq((int)grade, GRADE_LIMITED);
}
END_TEST

/* A run of which there is nothing to say: audited, nothing left, a quiet host of its own. */
#define CLEAN .audited = true, .residue_empty = true, .quiet = true

START_TEST(test_grade_is_the_worst_that_applies_and_every_reason_is_told)
{
    static const struct {
        struct run_conditions conditions;
        enum run_grade grade;
        const char *reasons[4]; /* words of each, in this order */
    } cases[] = {
        {{CLEAN}, GRADE_USABLE, {NULL}},
        {{CLEAN, .warmup = true}, GRADE_USABLE, {"warm-up"}},
        {{CLEAN, .oversubscribed = true}, GRADE_LIMITED, {"promised"}},
        {{CLEAN, .shared = true}, GRADE_LIMITED, {"isolation: shared"}},
        {{CLEAN, .clusters_beside = 3}, GRADE_LIMITED, {"3 at once"}},
        {{CLEAN, .outside_cpus = 9}, GRADE_USABLE, {NULL}},
        {{.audited = true, .residue_empty = true, .outside_cpus = 1.25},
         GRADE_LIMITED,
         {"1.25 CPUs"}},
        {{.residue_empty = true, .quiet = true}, GRADE_LIMITED, {"could not be compared"}},
        {{.quiet = true}, GRADE_LIMITED, {"could not be compared"}},
        {{.audited = true, .quiet = true}, GRADE_INVALID, {"residue"}},
        {{.audited = true, .shared = true, .warmup = true},
         GRADE_INVALID,
         {"residue", "isolation", "not quiet", "warm-up"}},
        {{CLEAN, .oversubscribed = true, .clusters_beside = 1, .warmup = true},
         GRADE_LIMITED,
         {"promised", "1 at once", "warm-up"}},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *reasons = json_pack("[s]", "one from before");
        enum run_grade grade = run_grade_of(&cases[i].conditions, reasons);
        ck_assert_msg(grade == cases[i].grade, "case %zu: %s", i, run_grade_to_str(grade));
        size_t n = 0;
        while (n < BD_ARRAY_LEN(cases[i].reasons) && cases[i].reasons[n]) {
            const char *text = json_string_value(json_array_get(reasons, n + 1));
            ck_assert_msg(text && strstr(text, cases[i].reasons[n]), "case %zu: %s", i, text);
            n++;
        }
        ck_assert_msg(json_array_size(reasons) == n + 1, "case %zu", i);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("model/run");
    TCase *tc = tcase_create("moves");
    tcase_add_test(tc, test_every_pair_of_a_run);
    tcase_add_test(tc, test_every_pair_of_a_campaign);
    tcase_add_test(tc, test_final_states_take_no_event_and_others_reach_one);
    tcase_add_test(tc, test_names_read_back);
    tcase_add_test(tc, test_grade_is_the_worst_that_applies_and_every_reason_is_told);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
