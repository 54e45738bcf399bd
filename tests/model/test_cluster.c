#include "lib/base/mem.h"
#include "lib/model/cluster.h"

#include <check.h>
#include <stdlib.h>

/* Every move that there is; all other pairs must be refused. */
static const struct {
    enum cluster_state from;
    enum cluster_event event;
    enum cluster_state to;
} moves[] = {
    {CLUSTER_CREATING, CLUSTER_EV_UP, CLUSTER_READY},
    {CLUSTER_CREATING, CLUSTER_EV_FAIL, CLUSTER_FAILING},
    {CLUSTER_CREATING, CLUSTER_EV_DELETE, CLUSTER_DELETING},
    {CLUSTER_READY, CLUSTER_EV_DELETE, CLUSTER_DELETING},
    {CLUSTER_FAILING, CLUSTER_EV_FAIL, CLUSTER_FAILING},
    {CLUSTER_FAILING, CLUSTER_EV_DELETE, CLUSTER_DELETING},
    {CLUSTER_FAILING, CLUSTER_EV_GONE, CLUSTER_FAILED},
    {CLUSTER_DELETING, CLUSTER_EV_FAIL, CLUSTER_DELETING},
    {CLUSTER_DELETING, CLUSTER_EV_DELETE, CLUSTER_DELETING},
    {CLUSTER_DELETING, CLUSTER_EV_GONE, CLUSTER_DELETED},
};

START_TEST(test_every_pair_of_state_and_event)
{
    for (int s = 0; s < CLUSTER_STATE_COUNT; s++) {
        for (int e = 0; e < CLUSTER_EVENT_COUNT; e++) {
            int expected = -1;
            for (size_t i = 0; i < BD_ARRAY_LEN(moves); i++)
                if ((int)moves[i].from == s && (int)moves[i].event == e)
                    expected = (int)moves[i].to;

            enum cluster_state to = CLUSTER_STATE_COUNT;
            struct bd_err err = BD_ERR_INIT;
            int r = cluster_next((enum cluster_state)s, (enum cluster_event)e, &to, &err);
            if (expected >= 0) {
                ck_assert_int_eq(r, 0);
                ck_assert_int_eq((int)to, expected);
            } else {
                ck_assert_int_eq(r, BD_ECONFLICT);
                ck_assert_int_eq((int)to, CLUSTER_STATE_COUNT); /* untouched */
                ck_assert_ptr_nonnull(
                    strstr(err.text, cluster_state_to_str((enum cluster_state)s)));
                ck_assert_ptr_nonnull(
                    strstr(err.text, cluster_event_to_str((enum cluster_event)e)));
            }
        }
    }
}
END_TEST

START_TEST(test_final_states_take_no_event_and_others_reach_one)
{
    for (int s = 0; s < CLUSTER_STATE_COUNT; s++) {
        bool has_move = false;
        enum cluster_state to;
        for (int e = 0; e < CLUSTER_EVENT_COUNT; e++)
            if (cluster_next((enum cluster_state)s, (enum cluster_event)e, &to, NULL) == 0)
                has_move = true;
        ck_assert_int_eq(has_move, !cluster_state_is_final((enum cluster_state)s));

        if (has_move) { /* asked to end, and gone: that always ends it */
            ck_assert_int_eq(cluster_next((enum cluster_state)s, CLUSTER_EV_DELETE, &to, NULL), 0);
            ck_assert_int_eq(cluster_next(to, CLUSTER_EV_GONE, &to, NULL), 0);
            ck_assert_int_eq((int)to, CLUSTER_DELETED);
        }
    }
}
END_TEST

START_TEST(test_names_read_back)
{
    for (int s = 0; s < CLUSTER_STATE_COUNT; s++) {
        enum cluster_state back;
        ck_assert_int_eq(cluster_state_from_str(cluster_state_to_str((enum cluster_state)s), &back),
                         0);
        ck_assert_int_eq((int)back, s);
    }
    for (int s = 0; s < NODE_STATE_COUNT; s++) {
        enum node_state back;
        ck_assert_int_eq(node_state_from_str(node_state_to_str((enum node_state)s), &back), 0);
        ck_assert_int_eq((int)back, s);
    }
    enum cluster_state state = CLUSTER_READY;
    ck_assert_int_lt(cluster_state_from_str("Ready", &state), 0);
    ck_assert_int_lt(cluster_state_from_str("", &state), 0);
    ck_assert_int_lt(cluster_state_from_str(NULL, &state), 0);
    ck_assert_int_eq((int)state, CLUSTER_READY);
    ck_assert_str_eq(node_role_to_str(NODE_CONTROLLER), "controller");
    ck_assert_str_eq(node_role_to_str(NODE_COMPUTE), "compute");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("model/cluster");
    TCase *tc = tcase_create("moves");
    tcase_add_test(tc, test_every_pair_of_state_and_event);
    tcase_add_test(tc, test_final_states_take_no_event_and_others_reach_one);
    tcase_add_test(tc, test_names_read_back);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
