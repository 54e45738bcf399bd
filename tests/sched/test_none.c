#include "lib/sched/none.h"
#include "tests/sched/plan.h"

#include <string.h>

START_TEST(test_a_command_is_launched)
{
    static const char *const argv[] = {"prog", "a b", ":", NULL};
#define SETTINGS                                                                                   \
    "OMPI_ALLOW_RUN_AS_ROOT=1|OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1|"                                   \
    "OMPI_MCA_rmaps_base_oversubscribe=1|OMPI_MCA_hwloc_base_binding_policy=none|"                 \
    "PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe|"                                        \
    "PRTE_MCA_hwloc_default_binding_policy=none|mpirun|-n|"
    static const struct {
        unsigned nodes, tasks;
        const char *dir, *words;
    } vectors[] = {
        {1, 1, NULL, "prog|a b|:"},
        {1, 1, "/var/dir", "/usr/bin/env|--chdir=/var/dir|prog|a b|:"},
        {1, 4, NULL, "/usr/bin/env|" SETTINGS "4|prog|a b|:"},
        {1, 2, "/d", "/usr/bin/env|--chdir=/d|" SETTINGS "2|prog|a b|:"},
        {2, 3, "/d",
         "/usr/bin/env|--chdir=/d|" SETTINGS
         "2|-wdir|/d/1|prog|a b|:|:|-n|1|-wdir|/d/2|prog|a b|:"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_strv struct bd_strv words = {0};
        bd_auto_str struct bd_str text = {0};
        const struct sched_job job = {.name = "job",
                                      .nodes = vectors[i].nodes,
                                      .tasks = vectors[i].tasks,
                                      .limit_ns = 1,
                                      .dir = vectors[i].dir,
                                      .argv = argv};
        sched_none.launch(&job, &words);
        for (size_t k = 0; k < words.n; k++)
            bd_str_addf(&text, "%s%s", k ? "|" : "", words.items[k]);
        ck_assert_str_eq(bd_str_text(&text), vectors[i].words);
    }
}
END_TEST

START_TEST(test_it_has_no_options)
{
    bd_auto_json json_t *none = json_object();
    bd_auto_json json_t *some = json_pack("{s:s}", "SchedulerType", "sched/builtin");
    bd_auto_faults struct schema_faults faults = {0};
    sched_none.check_options(none, &faults);
    ck_assert_uint_eq(faults.n, 0);
    sched_none.check_options(some, &faults);
    ck_assert_uint_eq(faults.n, 1);
    ck_assert_str_eq(faults.items[0].pointer, "/scheduler/options");
}
END_TEST

START_TEST(test_it_is_found_and_takes_no_streams)
{
    ck_assert_ptr_eq(sched_find("none"), &sched_none);
    ck_assert_ptr_null(sched_none.submitter);
}
END_TEST

UNIT_MAIN("sched-none", test_a_command_is_launched, test_it_has_no_options,
          test_it_is_found_and_takes_no_streams)
