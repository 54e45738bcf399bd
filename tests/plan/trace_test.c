/* Plans of traces: what inputs say is held against each cell, and read once for those that share
 * it. */
#include "contract.h"

#include "daemon/api/cell_check.h"
#include "lib/artifact/artifact.h"
#include "lib/base/fs.h"
#include "tests/plan/support.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char log_text[] = "; MaxProcs: 4\n"
                               "1 0 0 60 4 -1 -1 4 600 -1 1 1 1 -1 -1 -1 -1 -1\n"
                               "2 100 0 60 1 -1 -1 1 600 -1 1 2 1 -1 -1 -1 -1 -1\n";

static char *dir;
static char digest[BD_DIGEST_BYTES];
static struct cell_check cells;
static struct schema *schema;

static void keep_log(void)
{
    struct artifact_packed packed;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *path = bd_xasprintf("%s/log.swf", dir);
    bd_auto_fd int objects = -1;
    ck_assert_int_eq(bd_write_file(path, log_text, strlen(log_text), 0600, &err), 0);
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(artifact_dir_open(dir, &objects, &err), 0);
    ck_assert_msg(artifact_pack(objects, fd, NULL, &packed, &err) == 0, "%s", err.text);
    memcpy(digest, packed.digest, sizeof(digest));
}

static void set_up(void)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *contract = NULL;
    char template[] = "/tmp/benchd-plan-XXXXXX";
    dir = bd_xstrdup(mkdtemp(template));
    keep_log();
    ck_assert_int_eq(bd_json_parse(contract_json, contract_json_bytes, &contract, &err), 0);
    ck_assert_int_eq(schema_compile(contract, "/components/schemas/CampaignSpec", &schema, &err),
                     0);
    cells = (struct cell_check){.inputs_dir = dir};
}

static void take_down(void)
{
    cell_check_done(&cells);
    schema_free(schema);
    ck_assert_int_eq(bd_rm_rf(dir, NULL), 0);
    free(dir);
}

/* The workload has these members besides, in apostrophes; so has the spec. */
static int make_with(const char *members, const char *others, struct plan **ret_plan,
                     struct schema_faults *faults)
{
    bd_auto_free char *text =
        bd_xasprintf("{'cluster': {'compute': 2}, 'workload': {'name': 'swf', 'trace': '%s'%s}%s}",
                     digest, members, others);
    bd_auto_json json_t *spec = spec_with(text);
    const struct plan_rules with_inputs = {.schema = schema, .check = cell_check, .arg = &cells};
    return plan_make(spec, &with_inputs, ret_plan, faults);
}

START_TEST(a_trace_is_examined_once_for_cells_that_differ_in_other_things)
{
    bd_auto(plan) struct plan *p = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    int rc = make_with("",
                       ", 'factors': {'cluster.node.cpus': [0.1, 0.2, 0.3], 'workload.load': "
                       "[0.5, 1]}",
                       &p, &faults);
    ck_assert_msg(rc == 0, "%s", faults.n ? faults.items[0].expected : "");
    ck_assert_uint_eq(plan_cells(p), 6);
    ck_assert_uint_eq(json_object_size(cells.examined), 2);
    ck_assert_uint_eq(json_object_size(cells.inputs), 1);
    ck_assert_ptr_nonnull(json_object_get(cells.inputs, digest));
    for (size_t i = 0; i < plan_cells(p); i++) {
        bd_auto_json json_t *spec = plan_cell_spec(p, i);
        const json_t *workload = json_object_get(spec, "workload");
        const json_t *found =
            examined_of(cells.examined, json_object_get(spec, "cluster"), workload);
        ck_assert_ptr_nonnull(found);
        ck_assert_double_eq_tol(bd_json_real(found, "load", 0),
                                json_number_value(json_object_get(workload, "load")), 1e-9);
    }
}
END_TEST

START_TEST(what_depends_on_the_cluster_is_examined_for_each)
{
    bd_auto(plan) struct plan *p = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    ck_assert_int_eq(make_with("", ", 'factors': {'cluster.compute': [1, 2, 4]}", &p, &faults), 0);
    ck_assert_uint_eq(json_object_size(cells.examined), 3);
}
END_TEST

START_TEST(faults_of_inputs_are_told_where_they_are)
{
    static const struct {
        const char *members, *others, *pointer, *words;
    } cases[] = {
        {", 'window': {'from': '101s'}", "", "/workload/window", "from 0s to 100s"},
        {"", ", 'factors': {'workload.window': [{'jobs': 1}, {'from': '2h'}]}",
         "/factors/workload.window/1", "from 0s to 100s"},
        {", 'timeout': '150s', 'timeScale': 0.5", ", 'factors': {'workload.timeScale': [0.5, 1]}",
         "/factors/workload.timeScale/1", "more than 160s"},
        {"",
         ", 'cells': [{'workload.trace': 'sha256:"
         "0000000000000000000000000000000000000000000000000000000000000000'}]",
         "/cells/0/workload.trace", "benchctl input add"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto(plan) struct plan *p = NULL;
        bd_auto_faults struct schema_faults faults = {0};
        int rc = make_with(cases[i].members, cases[i].others, &p, &faults);
        ck_assert_msg(rc == BD_EINVALID && faults.n == 1, "%zu: %d, %zu faults", i, rc, faults.n);
        ck_assert_str_eq(faults.items[0].pointer, cases[i].pointer);
        ck_assert_msg(strstr(faults.items[0].expected, cases[i].words) != NULL, "%zu: %s", i,
                      faults.items[0].expected);
    }
}
END_TEST

Suite *trace_suite(void)
{
    Suite *suite = suite_create("plan: traces");
    TCase *tests = tcase_create("traces");
    tcase_add_checked_fixture(tests, set_up, take_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_trace_is_examined_once_for_cells_that_differ_in_other_things);
    tcase_add_test(tests, what_depends_on_the_cluster_is_examined_for_each);
    tcase_add_test(tests, faults_of_inputs_are_told_where_they_are);
    suite_add_tcase(suite, tests);
    return suite;
}
