#include "lib/sched/flux.h"
#include "tests/sched/plan.h"

#define FLUXION "\"scheduler\": \"fluxion\""

static const struct option_case cases[] = {
    {"{}", NULL, NULL},
    {"{\"scheduler\": \"sched-simple\", \"queue-depth\": \"unlimited\"}", NULL, NULL},
    {"{\"scheduler\": \"sched-fifo\", \"queue-depth\": 1}", NULL, NULL},
    {"{\"scheduler\": \"sched-backfill\", \"validator\": false}", NULL, NULL},
    {"{" FLUXION ", \"queue-policy\": \"easy\", \"queue-depth\": 1000000}", NULL, NULL},
    {"{" FLUXION ", \"queue-policy\": \"hybrid\", \"reservation-depth\": 7}", NULL, NULL},
    {"{" FLUXION ", \"match-policy\": \"lonodex\"}", NULL, NULL},

    {"{\"scheduler\": \"maui\"}", "/scheduler/options/scheduler",
     "one of: sched-simple, sched-fifo, sched-backfill, fluxion"},
    {"{\"scheduler\": 3}", "/scheduler/options/scheduler", "one of: sched-simple"},
    {"{\"queue-depht\": 3}", "/scheduler/options/queue-depht",
     "known here: scheduler, queue-policy, queue-depth"},
    {"{\"SchedulerType\": \"sched/builtin\"}", "/scheduler/options/SchedulerType", "known here"},
    {"{\"a/b~c\": 1}", "/scheduler/options/a~1b~0c", "known here"},
    {"{\"bootstrap\": \"x\"}", "/scheduler/options/bootstrap", "benchd sets it"},
    {"{\"queue-policy\": \"easy\"}", "/scheduler/options/queue-policy", "only fluxion has it"},
    {"{\"scheduler\": \"sched-backfill\", \"match-policy\": \"low\"}",
     "/scheduler/options/match-policy", "only fluxion has it"},
    {"{" FLUXION ", \"queue-policy\": \"sjf\"}", "/scheduler/options/queue-policy",
     "one of: fcfs, easy, conservative, hybrid"},
    {"{" FLUXION ", \"queue-depth\": \"unlimited\"}", "/scheduler/options/queue-depth",
     "a whole number from 1 to 1000000"},
    {"{\"queue-depth\": 0}", "/scheduler/options/queue-depth", "or unlimited"},
    {"{\"queue-depth\": 1.5}", "/scheduler/options/queue-depth", "a whole number"},
    {"{\"queue-depth\": \"8\\\"]\"}", "/scheduler/options/queue-depth", "a whole number"},
    {"{" FLUXION ", \"reservation-depth\": 1000001}", "/scheduler/options/reservation-depth",
     "a whole number"},
    {"{\"validator\": \"no\"}", "/scheduler/options/validator", "true or false"},
};

START_TEST(test_options_are_let_through_or_refused_with_their_place)
{
    hold_options(cases, BD_ARRAY_LEN(cases), flux_check_options);
}
END_TEST

START_TEST(test_defaults_are_right_for_the_scheduler_that_is_chosen)
{
    static const struct {
        const char *options, *merged;
    } merges[] = {
        {"{}", "{\"queue-depth\":8,\"scheduler\":\"sched-simple\",\"validator\":true}"},
        {"{\"scheduler\": \"sched-backfill\", \"queue-depth\": 64}",
         "{\"queue-depth\":64,\"scheduler\":\"sched-backfill\",\"validator\":true}"},
        /* As a command line has them. */
        {"{\"queue-depth\": \"64\", \"validator\": \"false\"}",
         "{\"queue-depth\":64,\"scheduler\":\"sched-simple\",\"validator\":false}"},
        {"{" FLUXION "}",
         "{\"match-policy\":\"first\",\"queue-depth\":32,\"queue-policy\":\"fcfs\","
         "\"reservation-depth\":64,\"scheduler\":\"fluxion\",\"validator\":true}"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(merges); i++) {
        bd_auto_json json_t *options = json_loads(merges[i].options, 0, NULL);
        bd_auto_json json_t *merged = flux_merge_options(options);
        bd_auto_free char *text = json_dumps(merged, JSON_SORT_KEYS | JSON_COMPACT);
        bd_auto_faults struct schema_faults faults = {0};
        ck_assert_str_eq(text, merges[i].merged);
        flux_check_options(merged, &faults);
        ck_assert_uint_eq(faults.n, 0);
    }
}
END_TEST

UNIT_MAIN("sched/flux_options", test_options_are_let_through_or_refused_with_their_place,
          test_defaults_are_right_for_the_scheduler_that_is_chosen)
