/* What schedulers can't do: by the abilities and the fair policies of their rows. */
#include "lib/base/str.h"
#include "lib/sched/sched.h"

#include <string.h>

#define POINTER_OPTIONS "/scheduler/options"

static const char *const policies[SCHED_POLICY_COUNT] = {
    [SCHED_FCFS] = "fcfs",
    [SCHED_BACKFILL] = "backfill",
};

const char *sched_policy_to_str(enum sched_policy p)
{
    return p < SCHED_POLICY_COUNT ? policies[p] : "unknown";
}

/* ------------------------------------------------------------------------------------- profiles */

static const char *asked_value(const struct sched_setting *asked, const char *name)
{
    for (; asked && asked->name; asked++)
        if (bd_str_eq(asked->name, name))
            return asked->value;
    return NULL;
}

static bool is_asked(const struct sched_fair *fair, const json_t *options)
{
    size_t n = 0;
    const char *name;
    json_t *value;
    for (const struct sched_setting *a = fair->asked; a && a->name; a++)
        n++;
    if (json_object_size(options) != n)
        return false;
    json_object_foreach ((json_t *)options, name, value)
        if (!json_is_string(value) ||
            !bd_str_eq(asked_value(fair->asked, name), json_string_value(value)))
            return false;
    return true;
}

static const struct sched_fair *fair_of(const struct sched *sched, const json_t *options)
{
    for (size_t i = 0; i < sched->n_fair; i++)
        if (is_asked(&sched->fair[i], options))
            return &sched->fair[i];
    return sched->n_fair && json_object_size(options) == 0 ? &sched->fair[0] : NULL;
}

const struct sched_fair *sched_fair_of(const struct cluster_spec *spec)
{
    const struct sched *sched = sched_of(spec);
    return sched && spec->fair ? fair_of(sched, spec->scheduler_options) : NULL;
}

json_t *sched_options(const struct cluster_spec *spec)
{
    const struct sched_fair *fair = sched_fair_of(spec);
    json_t *all = json_copy(spec->scheduler_options);
    if (!fair)
        return all;
    for (const struct sched_setting *a = fair->asked; a && a->name; a++)
        json_object_set_new(all, a->name, json_string(a->value));
    for (const struct sched_setting *s = fair->settings; s && s->name; s++)
        json_object_set_new(all, s->name, json_string(s->value));
    return all;
}

bool sched_plans_with_limits(const struct cluster_spec *spec)
{
    const struct sched *sched = sched_of(spec);
    bd_auto_json json_t *options = sched_options(spec);
    return sched && sched->plans_with_limits && sched->plans_with_limits(options);
}

/* "{SchedulerType: sched/builtin} (fcfs)" for each; the caller's. */
static char *fair_words(const struct sched *sched)
{
    struct bd_str words = {0};
    for (size_t i = 0; sched->fair && i < sched->n_fair; i++) {
        const struct sched_fair *fair = &sched->fair[i];
        bd_str_addf(&words, "%s{", i ? " or " : "");
        for (const struct sched_setting *a = fair->asked; a && a->name; a++)
            bd_str_addf(&words, "%s%s: %s", a == fair->asked ? "" : ", ", a->name, a->value);
        bd_str_addf(&words, "} (%s)", sched_policy_to_str(fair->policy));
    }
    return bd_str_take(&words);
}

/* The first option that no fair policy knows, or that has another value; NULL: each by itself is
 * one of a policy's. */
static const char *odd_option(const struct sched *sched, const json_t *options)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)options, name, value) {
        bool known = false;
        for (size_t i = 0; i < sched->n_fair; i++)
            known = known ||
                    (json_is_string(value) &&
                     bd_str_eq(asked_value(sched->fair[i].asked, name), json_string_value(value)));
        if (!known)
            return name;
    }
    return NULL;
}

static void check_fair(const struct sched *sched, const json_t *options, bool accounting,
                       struct schema_faults *faults)
{
    if (accounting)
        schema_faults_add(faults, "/scheduler/accounting", NULL,
                          "none under the profile fair: schedulers differ in what they account");
    if (sched->n_fair == 0)
        schema_faults_add(faults, "/scheduler/profile", "fair",
                          "default: %s has no policy that others have too", sched->name);
    if (sched->n_fair == 0 || fair_of(sched, options))
        return;
    bd_auto_free char *words = fair_words(sched);
    const char *odd = odd_option(sched, options);
    bd_auto_free char *pointer = odd ? sched_option_pointer(odd) : bd_xstrdup(POINTER_OPTIONS);
    bd_auto_free char *got =
        json_dumps(odd ? json_object_get(options, odd) : options, JSON_ENCODE_ANY | JSON_COMPACT);
    schema_faults_add(faults, pointer, got,
                      "under the profile fair no other options than %s: see docs/fairness.md",
                      words);
}

/* ------------------------------------------------------------------------------------ abilities */

static bool can(const struct sched *sched, enum sched_ability ability)
{
    return sched->can & 1U << ability;
}

void sched_check(const struct sched *sched, const json_t *scheduler, struct schema_faults *faults)
{
    const json_t *options = json_object_get(scheduler, "options");
    const char *accounting = bd_json_str(scheduler, "accounting", "none");
    if (!sched)
        return;
    sched->check_options(options, faults);
    bool accounts = !bd_str_eq(accounting, "none");
    if (accounts && !can(sched, SCHED_ACCOUNTING))
        schema_faults_add(faults, "/scheduler/accounting", accounting,
                          "none: %s keeps its jobs in no database", sched->name);
    const char *under = bd_json_str(scheduler, "under", "none");
    if (bd_str_eq(under, "slurm") && !sched->under_slurm)
        schema_faults_add(faults, "/scheduler/under", under,
                          "none: %s can't be started as a job of Slurm's", sched->name);
    if (bd_str_eq(bd_json_str(scheduler, "profile", "default"), "fair"))
        check_fair(sched, options, accounts, faults);
}

/* Members of a workload that ask for an ability, by being there at all (other than as 0, false or
 * empty) or by a value. Of streams: commands have members of these names, too. */
static const struct {
    const char *member, *value, *what;
    enum sched_ability ability;
    bool of_streams;
    json_int_t most; /* a number up to it asks for nothing */
} asks[] = {
    {"arrays", NULL, "arrays of jobs", SCHED_ARRAYS},
    {"dependencies", NULL, "jobs that wait for the end of others", SCHED_DEPENDENCIES},
    {"priorities", NULL, "priorities", SCHED_PRIORITIES},
    {"users", NULL, "jobs of several users", SCHED_USERS},
    {"payload", "barrier", "processes of MPI that find each other", SCHED_MPI},
    {"coresPerTask", NULL, "a number of cores", SCHED_CORES},
    {"memory", NULL, "an amount of memory", SCHED_MEMORY},
    {"exclusive", NULL, "nodes of one job alone", SCHED_EXCLUSIVE},
    {"exclusive", "false", "nodes that jobs share", SCHED_SHARING, .of_streams = true},
    {"tasksPerNode", NULL, "several tasks on a node", SCHED_NODE_TASKS, .of_streams = true,
     .most = 1},
};

static bool is_given(const json_t *value, json_int_t most)
{
    if (json_is_integer(value))
        return json_integer_value(value) > most;
    if (json_is_array(value))
        return json_array_size(value) > 0;
    return json_is_object(value) || json_is_string(value) || json_is_true(value);
}

static bool has_value(const json_t *value, const char *word)
{
    return json_is_boolean(value) ? bd_str_eq(word, json_is_true(value) ? "true" : "false")
                                  : bd_str_eq(word, json_string_value(value));
}

/* Commands wait for one job. */
static bool is_stream(const json_t *workload)
{
    const char *name = bd_json_str(workload, "name", "");
    return bd_str_eq(name, "jobstream") || bd_str_eq(name, "swf");
}

void sched_check_workload(const struct sched *sched, const json_t *workload,
                          struct schema_faults *faults)
{
    for (size_t i = 0; sched && i < BD_ARRAY_LEN(asks); i++) {
        const json_t *value = json_object_get(workload, asks[i].member);
        bd_auto_free char *got = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        bool asked =
            asks[i].value ? has_value(value, asks[i].value) : is_given(value, asks[i].most);
        if (!asked || (asks[i].of_streams && !is_stream(workload)) || can(sched, asks[i].ability))
            continue;
        bd_auto_free char *pointer = bd_xasprintf("/workload/%s", asks[i].member);
        schema_faults_add(faults, pointer, got, "none: the scheduler %s can't be asked for %s",
                          sched->name, asks[i].what);
    }
}
