#include "lib/base/str.h"
#include "lib/sched/slurm.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define KEY_MAX   64
#define VALUE_MAX 1024

#define TOPOLOGY "it follows from the cluster's own nodes"
#define IDENTITY "each cluster has its own users, keys and ports"
#define PATHS    "files and directories are where the image has them"
#define CONFINED "processes are confined by the node itself, not by Slurm"
#define RECORDS  "jobs' records are collected from there"
#define SWITCHED "'accounting' of the scheduler switches it"

/* One list, so that what is shown and what is refused can't differ. */
#define OWNED(X)                                                                                   \
    X("ClusterName", IDENTITY)                                                                     \
    X("SlurmctldHost", TOPOLOGY)                                                                   \
    X("SlurmctldAddr", TOPOLOGY)                                                                   \
    X("ControlMachine", TOPOLOGY)                                                                  \
    X("ControlAddr", TOPOLOGY)                                                                     \
    X("BackupController", TOPOLOGY)                                                                \
    X("BackupAddr", TOPOLOGY)                                                                      \
    X("NodeName", TOPOLOGY)                                                                        \
    X("NodeAddr", TOPOLOGY)                                                                        \
    X("NodeHostname", TOPOLOGY)                                                                    \
    X("NodeSet", TOPOLOGY)                                                                         \
    X("DownNodes", TOPOLOGY)                                                                       \
    X("FrontendName", TOPOLOGY)                                                                    \
    X("PartitionName", TOPOLOGY)                                                                   \
    X("AuthType", IDENTITY)                                                                        \
    X("AuthInfo", IDENTITY)                                                                        \
    X("AuthAltTypes", IDENTITY)                                                                    \
    X("AuthAltParameters", IDENTITY)                                                               \
    X("CredType", IDENTITY)                                                                        \
    X("CryptoType", IDENTITY)                                                                      \
    X("SlurmUser", IDENTITY)                                                                       \
    X("SlurmdUser", IDENTITY)                                                                      \
    X("SlurmctldPort", IDENTITY)                                                                   \
    X("SlurmdPort", IDENTITY)                                                                      \
    X("Include", PATHS)                                                                            \
    X("PluginDir", PATHS)                                                                          \
    X("StateSaveLocation", PATHS)                                                                  \
    X("SlurmdSpoolDir", PATHS)                                                                     \
    X("SlurmctldPidFile", PATHS)                                                                   \
    X("SlurmdPidFile", PATHS)                                                                      \
    X("SlurmctldLogFile", PATHS)                                                                   \
    X("SlurmdLogFile", PATHS)                                                                      \
    X("ProctrackType", CONFINED)                                                                   \
    X("TaskPlugin", CONFINED)                                                                      \
    X("JobAcctGatherType", CONFINED)                                                               \
    X("SlurmdParameters", CONFINED)                                                                \
    X("JobCompType", RECORDS)                                                                      \
    X("JobCompLoc", RECORDS)                                                                       \
    X("AccountingStorageType", SWITCHED)                                                           \
    X("AccountingStorageHost", SWITCHED)                                                           \
    X("AccountingStorageBackupHost", SWITCHED)                                                     \
    X("AccountingStorageExternalHost", SWITCHED)                                                   \
    X("AccountingStoragePort", SWITCHED)                                                           \
    X("AccountingStorageUser", SWITCHED)                                                           \
    X("AccountingStoragePass", SWITCHED)                                                           \
    X("AccountingStorageLoc", SWITCHED)

#define NAME_OF(name, why) name,
#define ROW_OF(name, why)  {name, why},

const char *const slurm_owned[] = {OWNED(NAME_OF) NULL};

static const struct {
    const char *name, *why;
} owned[] = {OWNED(ROW_OF)};

static const struct {
    const char *name, *value;
} defaults[] = {
    {"SchedulerType", "sched/backfill"},
    {"SelectType", "select/cons_tres"},
    {"SelectTypeParameters",
     "CR_Core"}, /* memory is the node's limit, not a thing to be asked for */
    {"PriorityType", "priority/basic"},
    {"ReturnToService", "2"}, /* a node that comes back is used again */
    /* Nodes on one host gain nothing by forwarding for each other, and wait for the slowest of
       them. */
    {"TreeWidth", "256"},
    /* Many nodes that boot at once share few CPUs: late is not lost. */
    {"TCPTimeout", "5"},
    {"MessageTimeout", "30"},
    {"SlurmctldTimeout", "120"},
    {"SlurmdTimeout", "300"},
    {"BatchStartTimeout", "60"},
    {"InactiveLimit", "0"},
    {"KillWait", "30"},
    {"MinJobAge", "300"},
    /* Jobs that are over count too, for MinJobAge: by default a long stream would be refused. */
    {"MaxJobCount", "200000"},
    {"Waittime", "0"},
    {"MailProg", "/bin/true"}, /* nobody reads mail there */
    {"MpiDefault", "pmix"},    /* "none" where the image has no PMIx */
};

static bool key_is_right(const char *key)
{
    size_t n = 0;
    if (!isalpha((unsigned char)key[0]))
        return false;
    while (n < KEY_MAX && isalnum((unsigned char)key[n]))
        n++;
    return key[n] == '\0';
}

/*
 * One word on a line of slurm.conf: a blank would begin another option, '#' a comment, '\' would
 * join the next line on, and quotes hide all of them.
 */
static bool text_is_right(const char *text)
{
    size_t n = strlen(text);
    if (n == 0 || n > VALUE_MAX)
        return false;
    for (const char *s = text; *s; s++)
        if (*s <= ' ' || *s > '~' || strchr("#\\\"'", *s))
            return false;
    return true;
}

static bool value_is_right(const json_t *value)
{
    return json_is_string(value) ? text_is_right(json_string_value(value)) &&
                                       strlen(json_string_value(value)) == json_string_length(value)
                                 : json_is_number(value) || json_is_boolean(value);
}

static const char *why_owned(const char *key)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(owned); i++)
        if (strcasecmp(owned[i].name, key) == 0)
            return owned[i].why;
    return NULL;
}

static bool is_given_twice(const json_t *options, const char *key)
{
    unsigned n = 0;
    const char *other;
    json_t *value;
    json_object_foreach ((json_t *)options, other, value)
        n += strcasecmp(other, key) == 0;
    return n > 1;
}

void slurm_check_options(const json_t *options, struct schema_faults *faults)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)options, key, value) {
        const char *why = why_owned(key);
        bd_auto_free char *pointer = sched_option_pointer(key);
        bd_auto_free char *got = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

        if (!key_is_right(key))
            schema_faults_add(faults, pointer, key,
                              "a name of letters and digits that begins with a letter, of at most "
                              "%d characters",
                              KEY_MAX);
        else if (why)
            schema_faults_add(faults, pointer, got, "no %s: benchd sets it; %s", key, why);
        else if (is_given_twice(options, key))
            schema_faults_add(
                faults, pointer, got,
                "each option once: Slurm takes capitals and small letters for the same");
        if (!value_is_right(value))
            schema_faults_add(faults, pointer, got,
                              "a number, a boolean, or one word of at most %d printable ASCII "
                              "characters without blanks, quotes, '#' and '\\'",
                              VALUE_MAX);
    }
}

json_t *slurm_defaults(void)
{
    json_t *all = json_object();
    for (size_t i = 0; i < BD_ARRAY_LEN(defaults); i++)
        json_object_set_new(all, defaults[i].name, json_string(defaults[i].value));
    return all;
}

json_t *slurm_merge_options(const json_t *options, bool pmix)
{
    json_t *merged = slurm_defaults();
    const char *key;
    json_t *value;
    if (!pmix)
        json_object_set_new(merged, "MpiDefault", json_string("none"));
    json_object_foreach ((json_t *)options, key, value) {
        for (size_t i = 0; i < BD_ARRAY_LEN(defaults); i++)
            if (strcasecmp(defaults[i].name, key) == 0)
                json_object_del(merged, defaults[i].name);
        json_object_set(merged, key, value);
    }
    return merged;
}

/* sched/builtin goes by the order of the queue alone. */
bool slurm_plans_with_limits(const json_t *options)
{
    bd_auto_json json_t *merged = slurm_merge_options(options, true);
    const char *key;
    json_t *value;
    json_object_foreach (merged, key, value)
        if (strcasecmp(key, "SchedulerType") == 0)
            return bd_str_eq(json_string_value(value), "sched/backfill");
    return false;
}
