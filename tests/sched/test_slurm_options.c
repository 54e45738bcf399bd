#include "lib/sched/slurm.h"
#include "tests/sched/plan.h"

static const struct option_case cases[] = {
    {"{}", NULL, NULL},
    {"{\"SchedulerType\": \"sched/builtin\"}", NULL, NULL},
    {"{\"SchedulerParameters\": \"bf_interval=1,sched_interval=1\"}", NULL, NULL},
    {"{\"KillWait\": 5, \"PriorityDecayHalfLife\": \"7-0\"}", NULL, NULL},
    {"{\"DisableRootJobs\": true, \"PriorityUsageResetPeriod\": 0.5}", NULL, NULL},

    {"{\"ClusterName\": \"mine\"}", "/scheduler/options/ClusterName", "benchd sets it"},
    {"{\"slurmctldHOST\": \"me\"}", "/scheduler/options/slurmctldHOST", "the cluster's own nodes"},
    {"{\"NodeName\": \"n[1-9]\"}", "/scheduler/options/NodeName", "the cluster's own nodes"},
    {"{\"partitionname\": \"p\"}", "/scheduler/options/partitionname", "the cluster's own nodes"},
    {"{\"AuthType\": \"auth/none\"}", "/scheduler/options/AuthType", "its own users, keys"},
    {"{\"SLURMUSER\": \"root\"}", "/scheduler/options/SLURMUSER", "its own users, keys"},
    {"{\"StateSaveLocation\": \"/tmp\"}", "/scheduler/options/StateSaveLocation", "files and"},
    {"{\"SlurmdSpoolDir\": \"/tmp\"}", "/scheduler/options/SlurmdSpoolDir", "files and"},
    {"{\"Include\": \"/etc/passwd\"}", "/scheduler/options/Include", "files and"},
    {"{\"ProctrackType\": \"x\"}", "/scheduler/options/ProctrackType", "confined by the node"},
    {"{\"JobCompType\": \"x\"}", "/scheduler/options/JobCompType", "records"},
    {"{\"accountingstoragetype\": \"accounting_storage/slurmdbd\"}",
     "/scheduler/options/accountingstoragetype", "'accounting' of the scheduler switches it"},
    {"{\"AccountingStorageTRES\": \"gres/gpu\", \"AccountingStoreFlags\": \"job_comment\"}", NULL,
     NULL},

    {"{\"\": \"x\"}", "/scheduler/options/", "a name of letters and digits"},
    {"{\"1st\": \"x\"}", "/scheduler/options/1st", "a name of letters and digits"},
    {"{\"a/b~c\": \"x\"}", "/scheduler/options/a~1b~0c", "a name of letters and digits"},
    {"{\"A B\": \"x\"}", "/scheduler/options/A B", "a name of letters and digits"},
    {"{\"A=B\": \"x\"}", "/scheduler/options/A=B", "a name of letters and digits"},
    {"{\"A\\nB\": \"x\"}", "/scheduler/options/A\nB", "a name of letters and digits"},
    {"{\"\\u00e4\": \"x\"}", "/scheduler/options/\xc3\xa4", "a name of letters and digits"},

    {"{\"KillWait\": \"\"}", "/scheduler/options/KillWait", "one word"},
    {"{\"KillWait\": \"5\\nSlurmUser=root\"}", "/scheduler/options/KillWait", "one word"},
    {"{\"KillWait\": \"5 SlurmUser=root\"}", "/scheduler/options/KillWait", "one word"},
    {"{\"KillWait\": \"5\\tx\"}", "/scheduler/options/KillWait", "one word"},
    {"{\"KillWait\": \"5#\"}", "/scheduler/options/KillWait", "one word"},
    {"{\"KillWait\": \"5\\\\\"}", "/scheduler/options/KillWait", "one word"},
    {"{\"KillWait\": \"\\\"5\\\"\"}", "/scheduler/options/KillWait", "one word"},
    {"{\"KillWait\": \"\\u007f\"}", "/scheduler/options/KillWait", "one word"},
    {"{\"KillWait\": \"\\u00e4\"}", "/scheduler/options/KillWait", "one word"},
    {"{\"KillWait\": null}", "/scheduler/options/KillWait", "a number, a boolean"},
    {"{\"KillWait\": [5]}", "/scheduler/options/KillWait", "a number, a boolean"},
    {"{\"KillWait\": {}}", "/scheduler/options/KillWait", "a number, a boolean"},
};

START_TEST(test_options_are_let_through_or_refused_with_their_place)
{
    hold_options(cases, BD_ARRAY_LEN(cases), slurm_check_options);
}
END_TEST

START_TEST(test_every_fault_is_told)
{
    bd_auto_json json_t *options =
        json_pack("{s:s s:i s:n s:i}", "NodeName", "a b", "killwait", 1, "Waittime", "KillWait", 2);
    bd_auto_faults struct schema_faults faults = {0};
    slurm_check_options(options, &faults);
    ck_assert_uint_eq(faults.n, 5); /* owned and two words, each of the two spellings, null */
}
END_TEST

START_TEST(test_every_owned_option_is_refused_in_any_case_of_letters)
{
    for (size_t i = 0; slurm_owned[i]; i++) {
        bd_auto_free char *lower = bd_xstrdup(slurm_owned[i]);
        for (char *s = lower; *s; s++)
            *s = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
        const char *const names[] = {slurm_owned[i], lower};
        for (size_t k = 0; k < BD_ARRAY_LEN(names); k++) {
            bd_auto_json json_t *options = json_pack("{s:s}", names[k], "x");
            bd_auto_faults struct schema_faults faults = {0};
            slurm_check_options(options, &faults);
            ck_assert_uint_eq(faults.n, 1);
        }
    }
}
END_TEST

START_TEST(test_long_names_and_values_are_refused)
{
    char text[2000];
    memset(text, 'a', sizeof(text));
    static const struct {
        size_t key, value;
        size_t faults;
    } lengths[] = {{64, 1024, 0}, {65, 1024, 1}, {64, 1025, 1}, {65, 1025, 2}};
    for (size_t i = 0; i < BD_ARRAY_LEN(lengths); i++) {
        bd_auto_free char *key = bd_xstrndup(text, lengths[i].key);
        bd_auto_free char *value = bd_xstrndup(text, lengths[i].value);
        bd_auto_json json_t *options = json_pack("{s:s}", key, value);
        bd_auto_faults struct schema_faults faults = {0};
        slurm_check_options(options, &faults);
        ck_assert_uint_eq(faults.n, lengths[i].faults);
    }
}
END_TEST

START_TEST(test_defaults_are_right_and_none_is_owned)
{
    bd_auto_json json_t *defaults = slurm_defaults();
    bd_auto_faults struct schema_faults faults = {0};
    slurm_check_options(defaults, &faults);
    ck_assert_uint_eq(faults.n, 0);
    ck_assert_str_eq(bd_json_str(defaults, "SchedulerType", ""), "sched/backfill");
}
END_TEST

START_TEST(test_an_option_takes_the_place_of_its_default)
{
    bd_auto_json json_t *options = json_pack("{s:s s:i}", "schedulertype", "sched/builtin", "X", 1);
    bd_auto_json json_t *defaults = slurm_defaults();
    bd_auto_json json_t *merged = slurm_merge_options(options, true);
    ck_assert_uint_eq(json_object_size(merged), json_object_size(defaults) + 1);
    ck_assert_ptr_null(json_object_get(merged, "SchedulerType"));
    ck_assert_str_eq(bd_json_str(merged, "schedulertype", ""), "sched/builtin");
    bd_auto_json json_t *without = slurm_merge_options(options, false);
    ck_assert_str_eq(bd_json_str(without, "MpiDefault", ""), "none");
}
END_TEST

UNIT_MAIN("sched/slurm-options", test_options_are_let_through_or_refused_with_their_place,
          test_every_fault_is_told, test_every_owned_option_is_refused_in_any_case_of_letters,
          test_long_names_and_values_are_refused, test_defaults_are_right_and_none_is_owned,
          test_an_option_takes_the_place_of_its_default)
