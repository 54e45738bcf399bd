/*
 * Scheduler adapters: what makes a Slurm cluster (and others) of bare nodes. One table, one file a
 * scheduler. Threads: adapters are immutable; bodies that take a channel block and belong on
 * workers.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/channel/channel.h"
#include "lib/jobs/record.h"
#include "lib/model/cluster.h"
#include "lib/sched/describe/description.h"
#include "lib/schema/schema.h"
#include "lib/virt/hostops.h"

/* What an adapter must know of the image, read from its root and manifest. */
struct sched_image {
    const char *rootfs;
    const json_t *manifest; /* with packages[{name, version}] */
};

/* What the scheduler itself wrote down of a job that is over; of an array, of one of its tasks. */
struct sched_record {
    uint64_t job_id;
    int64_t index; /* of the job in the stream, by its name; -1: none of the stream's */
    int64_t submit_s, start_s, end_s; /* its own whole seconds since 1970; 0: it does not say */
    unsigned nodes;
    enum job_end end;
    uint32_t task_no; /* from 1, of an array whose tasks have one number; 0: they have their own */
};

#define SCHED_RECORD_BYTES_MAX 4096 /* of one as it was written */

struct sched_records {
    struct sched_record *items;
    size_t n, cap;
    unsigned lines; /* that they were read from */
};
void sched_records_done(struct sched_records *r);
void sched_records_add(struct sched_records *r, const struct sched_record *record);
/* For read_records() below: hands on each line that is not empty; a fault takes back what the lines
 * before it have added. */
int sched_records_lines(const char *text, size_t bytes, struct sched_records *records,
                        int (*read_line)(const char *, size_t, struct sched_records *,
                                         struct bd_err *),
                        struct bd_err *err);

/* A command whose output is kept as it is, as a file of the run. */
struct sched_question {
    const char *file;
    const char *const *argv;
    bool accounting; /* asked only where the cluster has accounting */
};

/* What may be asked of a scheduler beside nodes, a command and a time limit. Who asks one for what
 * it can't do is told at planning, by name. */
enum sched_ability {
    SCHED_ARRAYS,       /* many jobs in one submission */
    SCHED_DEPENDENCIES, /* a job that waits for another's end */
    SCHED_PRIORITIES,
    SCHED_USERS,      /* jobs of others than root */
    SCHED_CORES,      /* a number of cores for each task */
    SCHED_MEMORY,     /* an amount of memory on each node */
    SCHED_EXCLUSIVE,  /* nodes of one's own */
    SCHED_SHARING,    /* nodes that jobs of a stream share, by their cores */
    SCHED_NODE_TASKS, /* several tasks of a stream's job on a node */
    SCHED_MPI,        /* starts processes so that they find each other by PMIx */
    SCHED_ACCOUNTING, /* jobs in a database, too */
    SCHED_ABILITY_COUNT
};

/* Families of policies that schedulers have in common (docs/fairness.md). */
enum sched_policy {
    SCHED_FCFS,     /* strictly in their order: the first that has to wait holds up all others */
    SCHED_BACKFILL, /* a later one goes ahead where that delays the first by nothing */
    SCHED_POLICY_COUNT
};
const char *sched_policy_to_str(enum sched_policy p); /* "fcfs", ... */

struct sched_setting {
    const char *name, *value;
};

/* A policy that can be had under the profile `fair`: the options that ask for it, beside which no
 * other may stand, and what is set along with it. Lists are ended by a NULL name; NULL: none. */
struct sched_fair {
    enum sched_policy policy;
    const struct sched_setting *asked, *settings;
};

struct sched {
    const char *name;
    const char *title;  /* one line for people */
    const char *tested; /* versions it was run with here: "22.05, 24.11" */
    const char *const
        *owned; /* options that the adapter sets itself and refuses, NULL-terminated */
    /* Appends a fault for every option that it owns or that can't be written down. PURE. */
    void (*check_options)(const json_t *options, struct schema_faults *faults);
    unsigned can; /* bits (1U << enum sched_ability) */
    /* The policies of the profile `fair`; without options the first one holds. n_fair 0: it has no
     * such profile. */
    const struct sched_fair *fair;
    size_t n_fair;
    /* BD_EUNSUPPORTED where the image lacks what such a cluster needs, naming what. */
    int (*check_image)(const struct cluster_spec *spec, const struct sched_image *image,
                       struct bd_err *err);
    /* Its files for all nodes (files[i] for plan->nodes[i]); secrets are made new in each call. */
    int (*files)(const struct cluster_plan *plan, const struct sched_image *image,
                 struct node_files *files, struct bd_err *err);
    /*
     * Starts what needs nodes that are up, waits until every node is idle, or says which are not
     * and why (with the daemons' last words) at cancel. BD_ECHILD as soon as a node has given one
     * of its daemons up. ret_version: the scheduler's own word; the caller's. Left as it is where
     * there is no scheduler.
     */
    int (*wait_ready)(const struct channel *channel, const struct cluster_plan *plan,
                      struct bd_cancel *cancel, char **ret_version, struct bd_err *err);
    /* Appends the words of a command that, run on the controller, runs the job to its end with its
     * output on stdout and stderr and ends by its exit code ("srun", ...): what is asked for is the
     * same for every scheduler, and this makes its own words of it. PURE. */
    void (*launch)(const struct sched_job *job, struct bd_strv *ret_argv);
    /* What the last job of this name waits for, or waited for when it was taken back; words for
     * people, the caller's (free()). NULL where it did not wait, or nobody tells within seconds. */
    char *(*why_waiting)(const struct channel *channel, const struct cluster_plan *plan,
                         const char *job_name);
    /* Paths of its logs in controllers and in compute nodes, NULL-terminated; accounting_logs: in
     * controllers besides, where the cluster has accounting. */
    const char *const *controller_logs, *const *compute_logs, *const *accounting_logs;
    /* Units of its daemons on the controller, NULL-terminated: what they use is the scheduler's
     * cost. Of those that a cluster does not run (accounting's) nothing is told. */
    const char *const *daemons;
    int priority_most; /* it tells priorities apart from minus this to this; 0: all that there are
                        */
    /* Time limits of jobs are whole multiples of it, rounded up. */
    int64_t limit_grain_ns;
    /* Whether, with these options, it looks at time limits to decide what is next: to backfill. As
     * they are asked for, defaults are its own. NULL: never. PURE. */
    bool (*plans_with_limits)(const json_t *options);
    /* Appends the words of its submitter (docs/submitters.md), run on the controller by
     * bench-driver with so many clients at once. PURE. NULL: it takes no streams of jobs, and has
     * neither questions nor records. */
    void (*submitter)(unsigned clients, struct bd_strv *ret_argv);
    /* Asked on the controller once all jobs are over; ended by a NULL file. */
    const struct sched_question *questions;
    /* That of controller_logs in which it writes down each job that is over, in less than
     * SCHED_RECORD_BYTES_MAX, and how that is read: whole lines, as many at once as one likes,
     * whose records are appended. BD_ECORRUPT with the line that makes no sense. PURE. */
    const char *records_log;
    int (*read_records)(const char *text, size_t bytes, struct sched_records *records,
                        struct bd_err *err);
    /* Its defaults, as the contract's Scheduler.defaults; new reference. PURE. */
    json_t *(*defaults)(void);
    /* The same scheduler, started as one job of Slurm's: a row that differs in how it is started,
     * and what there is beside it, alone. NULL: it can't be. */
    const struct sched *under_slurm;
};

/* "/scheduler/options/KEY", with what RFC 6901 wants escaped; the caller's. */
char *sched_option_pointer(const char *key);

extern const struct sched *const scheds[]; /* NULL-terminated */
const struct sched *sched_find(const char *name);
/* The row that a cluster's scheduler goes by, which also is how it is started there. NULL where
 * there is none. */
const struct sched *sched_of(const struct cluster_spec *spec);

/*
 * What a scheduler can't be, by the `scheduler:` object of a cluster's spec, which need not name
 * it, and what it can't do of a `workload:`: appends faults with pointers "/scheduler/..." and
 * "/workload/...". NULL, a scheduler that there is none of, has no faults here. PURE.
 */
void sched_check(const struct sched *sched, const json_t *scheduler, struct schema_faults *faults);
void sched_check_workload(const struct sched *sched, const json_t *workload,
                          struct schema_faults *faults);
/* The policy that a spec with the profile `fair` comes to; NULL without that profile, or where the
 * options name none. PURE. */
const struct sched_fair *sched_fair_of(const struct cluster_spec *spec);
/* The options that hold in a cluster: the spec's, and what its profile sets; new reference. PURE.
 */
json_t *sched_options(const struct cluster_spec *spec);
/* Whether the jobs' time limits matter to what the scheduler of such a cluster does next. PURE. */
bool sched_plans_with_limits(const struct cluster_spec *spec);

/* In every node, on its tmpfs: what bench-job appends to. */
#define SCHED_RECORDS_DIR "/run/benchd"
#define SCHED_JOB_RECORDS SCHED_RECORDS_DIR "/jobs.rec"

/* Files that any node has, whatever the scheduler: host name, hosts, machine id, resolver, the
 * place of records. */
void sched_identity_files(const struct cluster_plan *plan, size_t node, struct node_files *files);
