#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/model/cluster.h"

#include <check.h>
#include <stdlib.h>

/* As the contract's schema leaves it, with defaults applied. */
static json_t *right(void)
{
    json_t *spec =
        json_pack("{s:s s:s s:i s:i s:{s:f s:s} s:{s:s s:{s:s s:i s:b}} s:[] s:{s:b}}", //
                  "backend", "lxc", "image", "debian-bookworm", "controllers", 1, "compute", 4,
                  "node", "cpus", 0.25, "memory", "256MiB", "scheduler", "name", "slurm", "options",
                  "SchedulerType", "sched/backfill", "KillWait", 5, "DisableRootJobs", 0,
                  "features", "admission", "oversubscribe", 1);
    ck_assert_ptr_nonnull(spec);
    return spec;
}

START_TEST(test_spec_is_read_whole)
{
    bd_auto_json json_t *json = right();
    bd_auto_faults struct schema_faults faults = {0};
    struct cluster_spec spec;

    ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
    ck_assert_uint_eq(faults.n, 0);
    ck_assert_str_eq(spec.backend, "lxc");
    ck_assert_str_eq(spec.image, "debian-bookworm");
    ck_assert_uint_eq(spec.controllers, 1);
    ck_assert_uint_eq(spec.compute, 4);
    ck_assert_uint_eq(cluster_spec_nodes(&spec), 5);
    ck_assert_double_eq(spec.cpus, 0.25);
    ck_assert_uint_eq(spec.memory_bytes, 256U << 20);
    ck_assert_str_eq(spec.scheduler, "slurm");
    ck_assert_uint_eq(json_object_size(spec.scheduler_options), 3);
    ck_assert(spec.oversubscribe);
    cluster_spec_done(&spec);
}
END_TEST

START_TEST(test_scheduler_cpus_default_to_cpus_rounded_up_and_are_written_back)
{
    static const struct {
        double cpus;
        unsigned expected;
    } cases[] = {{0.01, 1}, {0.25, 1}, {1, 1}, {1.5, 2}, {2, 2}, {1024, 1024}};
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *json = right();
        bd_auto_faults struct schema_faults faults = {0};
        struct cluster_spec spec;
        json_t *node = json_object_get(json, "node");
        json_object_set_new(node, "cpus", json_real(cases[i].cpus));
        ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
        ck_assert_uint_eq(spec.scheduler_cpus, cases[i].expected);
        ck_assert_int_eq(bd_json_int(node, "schedulerCpus", 0), cases[i].expected);
        cluster_spec_done(&spec);
    }
    bd_auto_json json_t *json = right();
    bd_auto_faults struct schema_faults faults = {0};
    struct cluster_spec spec;
    json_object_set_new(json_object_get(json, "node"), "schedulerCpus", json_integer(8));
    ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
    ck_assert_uint_eq(spec.scheduler_cpus, 8);
    cluster_spec_done(&spec);
}
END_TEST

START_TEST(test_a_controller_may_have_another_share)
{
    bd_auto_json json_t *json = right();
    bd_auto_faults struct schema_faults faults = {0};
    const struct subnet subnet = {0x0ad50400, 29};
    struct cluster_spec spec;
    struct cluster_plan plan;

    ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
    ck_assert_double_eq(spec.controller_cpus, 0.25);
    ck_assert_double_eq(cluster_spec_cpus(&spec), 1.25);
    cluster_spec_done(&spec);

    json_object_set_new(json_object_get(json, "node"), "controllerCpus", json_real(1.5));
    ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
    ck_assert_double_eq(cluster_spec_cpus(&spec), 2.5);
    cluster_plan_make("1f2e3d4c", &spec, &subnet, &plan);
    ck_assert_double_eq(plan.nodes[0].cpus, 1.5);
    ck_assert_double_eq(plan.nodes[4].cpus, 0.25);
    cluster_plan_done(&plan);
}
END_TEST

START_TEST(test_options_are_a_copy)
{
    bd_auto_json json_t *json = right();
    bd_auto_faults struct schema_faults faults = {0};
    struct cluster_spec spec;
    ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
    json_object_clear(json_object_get(json_object_get(json, "scheduler"), "options"));
    ck_assert_uint_eq(json_object_size(spec.scheduler_options), 3);
    cluster_spec_done(&spec);

    json_object_del(json_object_get(json, "scheduler"), "options");
    ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
    ck_assert(json_is_object(spec.scheduler_options));
    cluster_spec_done(&spec);
}
END_TEST

START_TEST(test_a_switch_is_off_unless_it_is_asked_for)
{
    static const struct {
        const char *member, *word; /* NULL: not given */
        bool accounting, fair, under_slurm;
    } cases[] = {
        {"accounting", NULL, false, false, false},      {"accounting", "none", false, false, false},
        {"accounting", "slurmdbd", true, false, false}, {"profile", "default", false, false, false},
        {"profile", "fair", false, true, false},        {"under", "none", false, false, false},
        {"under", "slurm", false, false, true},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *json = right();
        bd_auto_faults struct schema_faults faults = {0};
        struct cluster_spec spec;
        if (cases[i].word)
            json_object_set_new(json_object_get(json, "scheduler"), cases[i].member,
                                json_string(cases[i].word));
        ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
        ck_assert_int_eq(spec.accounting, cases[i].accounting);
        ck_assert_int_eq(spec.fair, cases[i].fair);
        ck_assert_int_eq(spec.under_slurm, cases[i].under_slurm);
        cluster_spec_done(&spec);
    }
}
END_TEST

/* The scheduler follows from the backend, and is written back. */
START_TEST(test_a_scheduler_that_is_not_named_is_the_backends)
{
    static const struct {
        const char *backend, *scheduler;
        bool bare;
        unsigned controllers, nodes;
    } cases[] = {{"lxc", "slurm", false, 1, 5}, {"host", "none", true, 0, 4}};
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *json = right();
        bd_auto_faults struct schema_faults faults = {0};
        struct cluster_spec spec;
        json_t *scheduler = json_object_get(json, "scheduler");
        json_object_del(scheduler, "name");
        json_object_set_new(json, "backend", json_string(cases[i].backend));
        ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
        ck_assert_str_eq(spec.scheduler, cases[i].scheduler);
        ck_assert_str_eq(bd_json_str(scheduler, "name", ""), cases[i].scheduler);
        ck_assert_int_eq(spec.bare, cases[i].bare);
        ck_assert_int_eq(cluster_backend_is_bare(cases[i].backend), cases[i].bare);
        ck_assert_uint_eq(spec.controllers, cases[i].controllers);
        ck_assert_uint_eq(cluster_spec_nodes(&spec), cases[i].nodes);
        cluster_spec_done(&spec);
    }
}
END_TEST

/* Each row changes one thing; the one fault must point at it. */
static const struct {
    const char *change; /* merged into the right spec, as RFC 7396 */
    const char *pointer;
    const char *expected; /* part of the words */
} wrongs[] = {
    {"{\"node\":{\"memory\":\"63MiB\"}}", "/node/memory", "from 64MiB"},
    {"{\"node\":{\"memory\":\"lots\"}}", "/node/memory", "512MiB"},
    {"{\"node\":{\"memory\":null}}", "/node/memory", "512MiB"},
    {"{\"node\":{\"cpus\":0}}", "/node/cpus", "0.01"},
    {"{\"node\":{\"controllerCpus\":0}}", "/node/controllerCpus", "0.01"},
    {"{\"node\":{\"schedulerCpus\":0}}", "/node/schedulerCpus", "1024"},
    {"{\"compute\":0}", "/compute", "from 1 to"},
    {"{\"compute\":1000000000}", "/compute", "from 1 to"},
    {"{\"controllers\":2}", "/controllers", "from 1 to 1"},
    {"{\"backend\":null}", "/backend", "string"},
    {"{\"image\":\"\"}", "/image", "string"},
    {"{\"scheduler\":{\"name\":null}}", "/scheduler/name", "string"},
    {"{\"scheduler\":{\"accounting\":\"mysql\"}}", "/scheduler/accounting", "none or slurmdbd"},
    {"{\"scheduler\":{\"accounting\":true}}", "/scheduler/accounting", "none or slurmdbd"},
    {"{\"scheduler\":{\"profile\":\"unfair\"}}", "/scheduler/profile", "default or fair"},
    {"{\"scheduler\":{\"under\":\"flux\"}}", "/scheduler/under", "none or slurm"},
    {"{\"backend\":\"host\"}", "/scheduler/name", "none, or no name"},
    {"{\"scheduler\":{\"name\":\"none\"}}", "/scheduler/name", "a scheduler: only"},
    {"{\"backend\":\"host\",\"scheduler\":{\"name\":\"none\",\"accounting\":\"slurmdbd\"}}",
     "/scheduler/accounting", "without a scheduler"},
    {"{\"backend\":\"host\",\"scheduler\":{\"name\":\"none\",\"under\":\"slurm\"}}",
     "/scheduler/under", "nothing that Slurm could start"},
    {"{\"network\":{\"bandwidth\":\"1Gbit\"}}", "/network/bandwidth", "such as 100Mbit/s"},
    {"{\"network\":{\"bandwidth\":\"999kbit/s\"}}", "/network/bandwidth", "from 1Mbit/s"},
    {"{\"network\":{\"bandwidth\":\"101Gbit/s\"}}", "/network/bandwidth", "to 100Gbit/s"},
    {"{\"network\":{\"bandwidth\":\"99999999999999999999Gbit/s\"}}", "/network/bandwidth",
     "to 100"},
    {"{\"network\":{\"bandwidth\":\"-1Gbit/s\"}}", "/network/bandwidth", "to 100"},
    {"{\"network\":{\"bandwidth\":100}}", "/network/bandwidth", "such as 100Mbit/s"},
    {"{\"network\":{\"latency\":\"2s\"}}", "/network/latency", "from 0s to 1s"},
    {"{\"network\":{\"latency\":\"1ms\",\"jitter\":\"2ms\"}}", "/network/jitter",
     "at most the latency"},
    {"{\"network\":{\"loss\":0.95}}", "/network/loss", "from 0 to 0.9"},
    {"{\"network\":{\"loss\":\"1%\"}}", "/network/loss", "from 0 to 0.9"},
    {"{\"backend\":\"host\",\"scheduler\":{\"name\":\"none\"},"
     "\"network\":{\"bandwidth\":\"1Gbit/s\"}}",
     "/network", "no network: the backend host"},
};

START_TEST(test_what_is_wrong_is_told_with_its_place)
{
    bd_auto_json json_t *json = right();
    bd_auto_json json_t *change = json_loads(wrongs[_i].change, 0, NULL);
    bd_auto_faults struct schema_faults faults = {0};
    struct cluster_spec spec = {.compute = 77};
    const char *key;
    json_t *value;
    json_object_foreach (change, key, value) {
        json_t *old = json_object_get(json, key);
        if (json_is_object(value) && old)
            json_object_update(old, value);
        else
            json_object_set(json, key, value);
    }

    ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), BD_EINVALID);
    ck_assert_uint_eq(faults.n, 1);
    ck_assert_str_eq(faults.items[0].pointer, wrongs[_i].pointer);
    ck_assert_ptr_nonnull(strstr(faults.items[0].expected, wrongs[_i].expected));
    ck_assert_uint_eq(spec.compute, 77); /* untouched */
}
END_TEST

START_TEST(test_shape_of_the_network_is_read)
{
    bd_auto_json json_t *json = right();
    bd_auto_faults struct schema_faults faults = {0};
    struct cluster_spec spec;
    json_object_set_new(json, "network", json_object());
    ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
    ck_assert(!network_is_shaped(&spec.network));
    cluster_spec_done(&spec);

    json_object_set_new(json, "network",
                        json_pack("{s:s s:s s:s s:f}", "bandwidth", "100Mbit/s", "latency", "2ms",
                                  "jitter", "500us", "loss", 0.01));
    ck_assert_int_eq(cluster_spec_read(json, &spec, &faults), 0);
    ck_assert(network_is_shaped(&spec.network));
    ck_assert_uint_eq(spec.network.bits_per_s, 100000000);
    ck_assert_int_eq(spec.network.latency_ns, 2000000);
    ck_assert_int_eq(spec.network.jitter_ns, 500000);
    ck_assert_double_eq(spec.network.loss, 0.01);
    cluster_spec_done(&spec);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("model/spec");
    TCase *tc = tcase_create("spec");
    tcase_add_test(tc, test_spec_is_read_whole);
    tcase_add_test(tc, test_scheduler_cpus_default_to_cpus_rounded_up_and_are_written_back);
    tcase_add_test(tc, test_a_controller_may_have_another_share);
    tcase_add_test(tc, test_options_are_a_copy);
    tcase_add_test(tc, test_a_switch_is_off_unless_it_is_asked_for);
    tcase_add_test(tc, test_a_scheduler_that_is_not_named_is_the_backends);
    tcase_add_loop_test(tc, test_what_is_wrong_is_told_with_its_place, 0, BD_ARRAY_LEN(wrongs));
    tcase_add_test(tc, test_shape_of_the_network_is_read);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
