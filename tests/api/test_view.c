/* Rows as replies have them: none is left out for what it does not say. */
#include "daemon/api/private.h"
#include "tests/base/unit.h"

#define ID "1f2e3d4c"

static struct store_run run_row(void)
{
    return (struct store_run){
        .id = ID,
        .campaign = "0a1b2c3d",
        .attempt = 1,
        .state = RUN_DONE,
        .version = 1,
        .created_ns = 1,
        .levels = json_object(),
        .spec = json_object(),
    };
}

static struct store_cluster cluster_row(void)
{
    return (struct store_cluster){
        .id = ID, .state = CLUSTER_CREATING, .version = 1, .created_ns = 1, .spec = json_object()};
}

/* Every column that may be NULL in the database is. */
START_TEST(test_a_run_without_metrics_is_shown)
{
    struct store_run row = run_row();
    struct store_cluster cluster = cluster_row();
    const struct store_cluster *of[] = {NULL, &cluster};
    for (size_t i = 0; i < BD_ARRAY_LEN(of); i++) {
        bd_auto_json json_t *json = view_run(&row, of[i], NULL, 0);
        ck_assert_str_eq(bd_json_str(json, "id", "none"), ID);
        static const char *const empty[] = {"metrics", "timings", "warnings", "steps"};
        for (size_t k = 0; k < BD_ARRAY_LEN(empty); k++) {
            const json_t *member = json_object_get(json, empty[k]);
            ck_assert_msg(json_is_object(member) || json_is_array(member), "%s", empty[k]);
            ck_assert_uint_eq(json_object_size(member) + json_array_size(member), 0);
        }
        ck_assert(json_is_null(json_object_get(json, "grade")));
    }
    store_run_done(&row);
    store_cluster_done(&cluster);
}
END_TEST

START_TEST(test_a_grade_without_reasons_is_shown)
{
    struct store_run row = run_row();
    row.graded = true;
    row.grade = GRADE_USABLE;
    bd_auto_json json_t *json = view_run(&row, NULL, NULL, 0);
    const json_t *grade = json_object_get(json, "grade");
    ck_assert_str_eq(bd_json_str(grade, "value", ""), "usable");
    ck_assert(json_is_array(json_object_get(grade, "reasons")));
    store_run_done(&row);
}
END_TEST

START_TEST(test_a_cluster_of_which_little_is_known_is_shown)
{
    struct store_cluster row = cluster_row();
    bd_auto_json json_t *json = view_cluster(&row);
    ck_assert_str_eq(bd_json_str(json, "id", "none"), ID);
    ck_assert(json_is_array(json_object_get(json, "nodes")));
    ck_assert(json_is_array(json_object_get(json, "warnings")));
    ck_assert(json_is_object(json_object_get(json, "timings")));
    ck_assert(json_is_null(json_object_get(json, "network")));
    store_cluster_done(&row);
}
END_TEST

START_TEST(test_a_cluster_shows_what_its_network_was_measured_to_be)
{
    struct store_cluster row = cluster_row();
    row.network = json_pack("{s:[{s:s}]}", "figures", "name", "bandwidth");
    bd_auto_json json_t *json = view_cluster(&row);
    ck_assert(json_equal(json_object_get(json, "network"), row.network));
    store_cluster_done(&row);
}
END_TEST

UNIT_MAIN("api/view", test_a_run_without_metrics_is_shown, test_a_grade_without_reasons_is_shown,
          test_a_cluster_of_which_little_is_known_is_shown,
          test_a_cluster_shows_what_its_network_was_measured_to_be)
