/* What schedulers can't do is refused by name and place; what the profile `fair` lets through. */
#include "tests/sched/plan.h"

#include <string.h>

/* With ' for ". */
static json_t *json_of(const char *text)
{
    bd_auto_free char *copy = bd_xstrdup(text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *json = json_loads(copy, 0, NULL);
    ck_assert_msg(json != NULL, "%s", text);
    return json;
}

static void assert_faults(const struct schema_faults *faults, const char *pointer,
                          const char *words)
{
    if (!pointer) {
        ck_assert_msg(faults->n == 0, "%s: %s", faults->items[0].pointer,
                      faults->items[0].expected);
        return;
    }
    ck_assert_uint_eq(faults->n, 1);
    ck_assert_str_eq(faults->items[0].pointer, pointer);
    ck_assert_msg(strstr(faults->items[0].expected, words), "%s", faults->items[0].expected);
}

static const struct {
    const char *scheduler, *pointer, *words; /* no pointer: right */
} clusters[] = {
    {"{'name':'slurm'}", NULL, NULL},
    {"{'name':'slurm','accounting':'slurmdbd'}", NULL, NULL},
    {"{'name':'slurm','profile':'default','options':{'TreeWidth':3}}", NULL, NULL},
    {"{'name':'slurm','profile':'fair'}", NULL, NULL},
    {"{'name':'slurm','profile':'fair','options':{'SchedulerType':'sched/builtin'}}", NULL, NULL},
    {"{'name':'slurm','profile':'fair','options':{'SchedulerType':'sched/backfill'}}", NULL, NULL},
    {"{'name':'slurm','profile':'fair','options':{'SchedulerType':'sched/hold'}}",
     "/scheduler/options/SchedulerType",
     "no other options than {SchedulerType: sched/backfill} (backfill) or "
     "{SchedulerType: sched/builtin} (fcfs)"},
    {"{'name':'slurm','profile':'fair','options':{'SchedulerType':'sched/builtin',"
     "'PriorityType':'priority/multifactor'}}",
     "/scheduler/options/PriorityType", "docs/fairness.md"},
    {"{'name':'slurm','profile':'fair','accounting':'slurmdbd'}", "/scheduler/accounting",
     "none under the profile fair"},
    {"{'name':'null'}", NULL, NULL},
    {"{'name':'null','profile':'fair'}", NULL, NULL},
    {"{'name':'null','options':{'a~b':1}}", "/scheduler/options/a~0b", "has none"},
    {"{'name':'flux','under':'slurm'}", NULL, NULL},
    {"{'name':'flux','under':'slurm','profile':'fair','options':{'scheduler':'sched-simple'}}",
     NULL, NULL},
    {"{'name':'slurm','under':'none'}", NULL, NULL},
    {"{'name':'slurm','under':'slurm'}", "/scheduler/under",
     "none: slurm can't be started as a job of Slurm's"},
    {"{'name':'null','under':'slurm'}", "/scheduler/under", "none: null can't"},
    {"{'name':'null','accounting':'slurmdbd'}", "/scheduler/accounting", "null keeps its jobs"},
    {"{'name':'there-is-none','profile':'fair'}", NULL, NULL},
};

START_TEST(test_clusters)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(clusters); i++) {
        bd_auto_faults struct schema_faults faults = {0};
        bd_auto_json json_t *scheduler = json_of(clusters[i].scheduler);
        sched_check(sched_find(bd_json_str(scheduler, "name", "")), scheduler, &faults);
        assert_faults(&faults, clusters[i].pointer, clusters[i].words);
    }
}
END_TEST

static const struct {
    const char *workload, *member; /* that null refuses; NULL: none */
} workloads[] = {
    {"{'name':'jobstream','jobs':3}", NULL},
    {"{'arrays':{'share':0.5,'tasks':2},'dependencies':{'share':0.5},'users':3}", NULL},
    {"{'dependencies':true,'payload':'sleep','priorities':[]}", NULL},
    {"{'priorities':[0,5]}", "/workload/priorities"},
    {"{'payload':'barrier'}", "/workload/payload"},
    {"{'name':'jobstream','coresPerTask':{'choice':[1,2]},'exclusive':true,'tasksPerNode':1}",
     NULL},
    {"{'name':'jobstream','exclusive':false}", "/workload/exclusive"},
    {"{'name':'swf','exclusive':false}", "/workload/exclusive"},
    {"{'name':'command','exclusive':false}", NULL},
    {"{'name':'jobstream','tasksPerNode':2}", "/workload/tasksPerNode"},
    {"{'name':'jobstream','memory':'64MiB'}", "/workload/memory"},
};

START_TEST(test_workloads)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(workloads); i++) {
        bd_auto_faults struct schema_faults faults = {0}, none = {0};
        bd_auto_json json_t *workload = json_of(workloads[i].workload);
        sched_check_workload(sched_find("null"), workload, &faults);
        assert_faults(&faults, workloads[i].member, "the scheduler null can't be asked for ");
        sched_check_workload(sched_find("slurm"), workload, &none);
        sched_check_workload(NULL, workload, &none);
        assert_faults(&none, NULL, NULL);
    }
}
END_TEST

static struct cluster_spec spec_of(const char *scheduler, bool fair, const char *options)
{
    return (struct cluster_spec){
        .scheduler = (char *)scheduler, .fair = fair, .scheduler_options = json_of(options)};
}

static const struct {
    const char *scheduler;
    bool fair;
    const char *options;
    const char *policy; /* NULL: no fair one */
    const char *type;   /* Slurm's SchedulerType then */
} policies[] = {
    {"slurm", false, "{'SchedulerType':'sched/builtin'}", NULL, "sched/builtin"},
    {"slurm", true, "{}", "backfill", "sched/backfill"},
    {"slurm", true, "{'SchedulerType':'sched/builtin'}", "fcfs", "sched/builtin"},
    {"null", true, "{}", "fcfs", NULL},
    {"null", false, "{}", NULL, NULL},
};

START_TEST(test_policies)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(policies); i++) {
        struct cluster_spec spec =
            spec_of(policies[i].scheduler, policies[i].fair, policies[i].options);
        const struct sched_fair *fair = sched_fair_of(&spec);
        bd_auto_json json_t *options = sched_options(&spec);
        const char *type = bd_json_str(options, "SchedulerType", NULL);
        ck_assert_int_eq(fair != NULL, policies[i].policy != NULL);
        if (fair)
            ck_assert_str_eq(sched_policy_to_str(fair->policy), policies[i].policy);
        ck_assert(bd_str_eq(type, policies[i].type));
        ck_assert_int_eq(json_object_get(options, "SchedulerParameters") != NULL,
                         policies[i].fair && type);
        json_decref(spec.scheduler_options);
    }
}
END_TEST

/* Each row's fair policies can be told apart, and the options that ask for one are right. */
START_TEST(test_fair_rows_are_right)
{
    for (size_t s = 0; scheds[s]; s++)
        for (size_t i = 0; i < scheds[s]->n_fair; i++) {
            bd_auto_json json_t *options = json_object();
            bd_auto_faults struct schema_faults faults = {0};
            const struct sched_fair *fair = &scheds[s]->fair[i];
            for (const struct sched_setting *a = fair->asked; a && a->name; a++)
                json_object_set_new(options, a->name, json_string(a->value));
            struct cluster_spec spec = {
                .scheduler = (char *)scheds[s]->name, .fair = true, .scheduler_options = options};
            ck_assert_ptr_eq(sched_fair_of(&spec), fair);
            bd_auto_json json_t *all = sched_options(&spec);
            scheds[s]->check_options(all, &faults);
            ck_assert_uint_eq(faults.n, 0);
        }
}
END_TEST

/* Who backfills goes by time limits, and nobody else does. */
START_TEST(test_who_plans_with_limits)
{
    static const struct {
        const char *scheduler;
        bool fair;
        const char *options;
        bool plans;
    } rows[] = {
        {"slurm", false, "{}", true},
        {"slurm", false, "{'SchedulerType':'sched/backfill'}", true},
        {"slurm", false, "{'SchedulerType':'sched/builtin'}", false},
        {"slurm", false, "{'schedulertype':'sched/builtin'}", false},
        {"slurm", true, "{}", true},
        {"slurm", true, "{'SchedulerType':'sched/builtin'}", false},
        {"flux", false, "{}", false},
        {"flux", false, "{'scheduler':'sched-simple'}", false},
        {"flux", false, "{'scheduler':'sched-backfill'}", true},
        {"flux", false, "{'scheduler':'fluxion'}", false},
        {"flux", false, "{'scheduler':'fluxion','queue-policy':'easy'}", true},
        {"flux", false, "{'scheduler':'fluxion','queue-policy':'conservative'}", true},
        {"flux", false, "{'scheduler':'fluxion','queue-policy':'fcfs'}", false},
        {"flux", true, "{}", true},
        {"null", false, "{}", false},
        {"none", false, "{}", false},
        {"there-is-none", false, "{}", false},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(rows); i++) {
        struct cluster_spec spec = spec_of(rows[i].scheduler, rows[i].fair, rows[i].options);
        for (int under = 0; under < 2; under++) {
            spec.under_slurm = under && bd_str_eq(rows[i].scheduler, "flux");
            ck_assert_msg(sched_plans_with_limits(&spec) == rows[i].plans, "%s %s",
                          rows[i].scheduler, rows[i].options);
        }
        json_decref(spec.scheduler_options);
    }
}
END_TEST

UNIT_MAIN("sched-can", test_clusters, test_workloads, test_policies, test_fair_rows_are_right,
          test_who_plans_with_limits)
