#include "lib/base/str.h"
#include "lib/sched/flux.h"

#include <string.h>

#define SCHEDULER_DEFAULT "sched-simple"
#define FLUXION           "fluxion"
#define DEPTH_MAX         1000000
#define UNLIMITED         "unlimited"

/* Tables of the brokers' configuration that follow from the cluster. */
const char *const flux_owned[] = {"bootstrap", "resource", "access", "exec",
                                  "modules",   "systemd",  "tbon",   NULL};

/* Those of flux-core are modules of that name; fluxion is two of flux-sched's. */
static const char *const schedulers[] = {SCHEDULER_DEFAULT, "sched-fifo", "sched-backfill", FLUXION,
                                         NULL};
static const char *const policies[] = {"fcfs", "easy", "conservative", "hybrid", NULL};
static const char *const matches[] = {"first",  "firstnodex", "low",     "high", "lonode",
                                      "hinode", "lonodex",    "hinodex", NULL};

enum kind { CHOICE, DEPTH, SWITCH };
enum scope { ALL, CORE, OF_FLUXION };

static const struct option {
    const char *name;
    enum kind kind;
    enum scope scope;           /* the schedulers that have it */
    const char *const *words;   /* of a choice */
    const char *core, *fluxion; /* default by scheduler, as JSON; NULL: none */
} known[] = {
    {"scheduler", CHOICE, ALL, schedulers, "\"" SCHEDULER_DEFAULT "\"", "\"" FLUXION "\""},
    {"queue-policy", CHOICE, OF_FLUXION, policies, NULL, "\"fcfs\""},
    {"queue-depth", DEPTH, ALL, NULL, "8", "32"},
    {"reservation-depth", DEPTH, OF_FLUXION, NULL, NULL, "64"},
    {"match-policy", CHOICE, OF_FLUXION, matches, NULL, "\"first\""},
    {"validator", SWITCH, ALL, NULL, "true", "true"},
};

static const struct option *find(const char *name)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(known); i++)
        if (bd_str_eq(known[i].name, name))
            return &known[i];
    return NULL;
}

bool flux_wants_fluxion(const json_t *options)
{
    return bd_str_eq(bd_json_str(options, "scheduler", SCHEDULER_DEFAULT), FLUXION);
}

static bool is_one_of(const char *const *words, const char *word)
{
    for (; word && *words; words++)
        if (bd_str_eq(*words, word))
            return true;
    return false;
}

/* The value as it is meant: on a command line all of them are text. New reference. */
static json_t *meant(const struct option *o, json_t *value)
{
    const char *text = json_string_value(value);
    int64_t number;
    if (o && o->kind == DEPTH && text && bd_parse_i64(text, 1, DEPTH_MAX, &number) == 0)
        return json_integer((json_int_t)number);
    if (o && o->kind == SWITCH && (bd_str_eq(text, "true") || bd_str_eq(text, "false")))
        return json_boolean(*text == 't');
    return json_incref(value);
}

static bool fits(const struct option *o, json_t *value, bool fluxion)
{
    bd_auto_json json_t *as = meant(o, value);
    if (o->kind == CHOICE)
        return is_one_of(o->words, json_string_value(as));
    if (o->kind == SWITCH)
        return json_is_boolean(as);
    if (!fluxion && bd_str_eq(json_string_value(as), UNLIMITED))
        return true;
    return json_is_integer(as) && json_integer_value(as) >= 1 &&
           json_integer_value(as) <= DEPTH_MAX;
}

/* What would fit; the caller's. */
static char *expected(const struct option *o, bool fluxion)
{
    bd_auto_str struct bd_str words = {0};
    if (o->kind == SWITCH)
        return bd_xstrdup("true or false");
    if (o->kind == DEPTH)
        return bd_xasprintf("a whole number from 1 to %d%s", DEPTH_MAX,
                            fluxion ? "" : ", or " UNLIMITED);
    bd_str_add(&words, "one of: ");
    for (const char *const *w = o->words; *w; w++)
        bd_str_addf(&words, "%s%s", w == o->words ? "" : ", ", *w);
    return bd_str_take(&words);
}

static char *names_of_all(void)
{
    bd_auto_str struct bd_str names = {0};
    for (size_t i = 0; i < BD_ARRAY_LEN(known); i++)
        bd_str_addf(&names, "%s%s", i ? ", " : "", known[i].name);
    return bd_str_take(&names);
}

static void check_option(const char *key, json_t *value, bool fluxion, struct schema_faults *faults)
{
    const struct option *o = find(key);
    bd_auto_free char *pointer = sched_option_pointer(key);
    bd_auto_free char *got = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (is_one_of(flux_owned, key)) {
        schema_faults_add(faults, pointer, got,
                          "no %s: benchd sets it; it follows from the cluster's own nodes", key);
    } else if (!o) {
        bd_auto_free char *names = names_of_all();
        schema_faults_add(faults, pointer, key, "an option of Flux's that is known here: %s",
                          names);
    } else if (o->scope == OF_FLUXION && !fluxion) {
        schema_faults_add(faults, pointer, got,
                          "no %s: only fluxion has it, and 'scheduler' is another", key);
    } else if (!fits(o, value, fluxion)) {
        bd_auto_free char *would_fit = expected(o, fluxion);
        schema_faults_add(faults, pointer, got, "%s", would_fit);
    }
}

void flux_check_options(const json_t *options, struct schema_faults *faults)
{
    bool fluxion = flux_wants_fluxion(options);
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)options, key, value)
        check_option(key, value, fluxion, faults);
}

static json_t *defaults_of(bool fluxion)
{
    json_t *all = json_object();
    for (size_t i = 0; i < BD_ARRAY_LEN(known); i++) {
        const char *text = fluxion ? known[i].fluxion : known[i].core;
        if (text)
            json_object_set_new(all, known[i].name, json_loads(text, JSON_DECODE_ANY, NULL));
    }
    return all;
}

json_t *flux_defaults(void)
{
    return defaults_of(false);
}

json_t *flux_merge_options(const json_t *options)
{
    json_t *merged = defaults_of(flux_wants_fluxion(options));
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)options, key, value)
        json_object_set_new(merged, key, meant(find(key), value));
    return merged;
}

/* sched-simple, sched-fifo and Fluxion's fcfs go by the order of the queue alone. */
bool flux_plans_with_limits(const json_t *options)
{
    bd_auto_json json_t *merged = flux_merge_options(options);
    if (flux_wants_fluxion(merged))
        return !bd_str_eq(bd_json_str(merged, "queue-policy", NULL), "fcfs");
    return bd_str_eq(bd_json_str(merged, "scheduler", NULL), "sched-backfill");
}
