#include "lib/swf/swf.h"

#include "lib/base/mem.h"
#include "lib/swf/numbers.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *text;
    bool drops;
} rules[SWF_RULE_COUNT] = {
    [SWF_NO_SUBMIT] = {"no-submit-time", "dropped: no submit time", true},
    [SWF_PART] = {"part",
                  "dropped: a part of a job (status 2, 3 or 4) whose whole has its own line", true},
    [SWF_REPEATED] = {"repeated", "dropped: a job number that was there before", true},
    [SWF_NEVER_RAN] = {"never-ran", "dropped: no runtime, or 0", true},
    [SWF_NO_PROCS] = {"no-processors", "dropped: neither got nor asked for processors", true},
    [SWF_TOO_LARGE] = {"too-large", "dropped: more processors than the machine has", true},
    [SWF_FLURRY] = {"flurry", "dropped: part of a flurry", true},
    [SWF_OUT_OF_ORDER] = {"out-of-order", "moved: submitted before the job of the line before",
                          false},
    [SWF_LIMIT_FILLED] = {"limit-filled", "mended: no time asked for, its runtime is taken", false},
    [SWF_LIMIT_RAISED] = {"limit-raised",
                          "mended: ran longer than it asked for, its runtime is taken", false},
    [SWF_AFTER_UNKNOWN] = {"unknown-predecessor",
                           "mended: waits for a job that is not there before it, now for none",
                           false},
};

const char *swf_rule_name(enum swf_rule rule)
{
    return rules[rule].name;
}

const char *swf_rule_text(enum swf_rule rule)
{
    return rules[rule].text;
}

bool swf_rule_drops(enum swf_rule rule)
{
    return rules[rule].drops;
}

/* -- dropping -- */

static double procs_of(const struct swf_job *job)
{
    return job->fields[SWF_PROCS] > 0 ? job->fields[SWF_PROCS] : job->fields[SWF_ASKED_PROCS];
}

/* The rule that drops it; SWF_RULE_COUNT: none. */
static enum swf_rule dropped_by(const struct swf_job *job, struct numbers *seen, double machine)
{
    const double *f = job->fields;
    if (f[SWF_SUBMIT] < 0)
        return SWF_NO_SUBMIT;
    if (f[SWF_STATUS] >= 2 && f[SWF_STATUS] <= 4)
        return SWF_PART;
    if (f[SWF_JOB] >= 0 && !numbers_add(seen, f[SWF_JOB]))
        return SWF_REPEATED;
    if (f[SWF_RUNTIME] <= 0)
        return SWF_NEVER_RAN;
    if (procs_of(job) <= 0)
        return SWF_NO_PROCS;
    return procs_of(job) > machine ? SWF_TOO_LARGE : SWF_RULE_COUNT;
}

static void drop(struct swf *log, struct swf_cleaning *c)
{
    double machine = swf_machine_size(log);
    struct numbers seen;
    numbers_init(&seen, log->n);
    size_t kept = 0;
    for (size_t i = 0; i < log->n; i++) {
        enum swf_rule rule = dropped_by(&log->jobs[i], &seen, machine);
        if (rule < SWF_RULE_COUNT)
            c->by_rule[rule]++;
        else
            log->jobs[kept++] = log->jobs[i];
    }
    log->n = kept;
    numbers_done(&seen);
}

/* -- order -- */

static int by_submission(const void *a, const void *b)
{
    const struct swf_job *x = a, *y = b;
    double s = x->fields[SWF_SUBMIT], t = y->fields[SWF_SUBMIT];
    if (s != t)
        return s < t ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static void sort(struct swf *log, struct swf_cleaning *c)
{
    size_t early = 0;
    for (size_t i = 1; i < log->n; i++)
        early += log->jobs[i].fields[SWF_SUBMIT] < log->jobs[i - 1].fields[SWF_SUBMIT];
    c->by_rule[SWF_OUT_OF_ORDER] = early;
    if (early)
        qsort(log->jobs, log->n, sizeof(*log->jobs), by_submission);
}

/* -- flurries -- */

struct users_job {
    double user, submit;
    size_t at;
};

static int by_user(const void *a, const void *b)
{
    const struct users_job *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Marks the jobs of flurries by a runtime of -1. */
static void mark_flurries(struct swf *log, const struct swf_flurries *flurries)
{
    bd_auto_free struct users_job *jobs = bd_xcalloc(log->n + 1, sizeof(*jobs));
    for (size_t i = 0; i < log->n; i++)
        jobs[i] =
            (struct users_job){log->jobs[i].fields[SWF_USER], log->jobs[i].fields[SWF_SUBMIT], i};
    qsort(jobs, log->n, sizeof(*jobs), by_user);
    for (size_t from = 0, to; from < log->n; from = to) {
        for (to = from + 1; to < log->n && jobs[to].user == jobs[from].user &&
                            jobs[to].submit - jobs[to - 1].submit <= flurries->gap_s;
             to++)
            ;
        bool is_one = jobs[from].user >= 0 && to - from >= flurries->jobs;
        for (size_t i = from; is_one && i < to; i++)
            log->jobs[jobs[i].at].fields[SWF_RUNTIME] = -1;
    }
}

static void drop_flurries(struct swf *log, const struct swf_flurries *flurries,
                          struct swf_cleaning *c)
{
    size_t kept = 0;
    if (!flurries || flurries->jobs == 0)
        return;
    mark_flurries(log, flurries);
    for (size_t i = 0; i < log->n; i++)
        if (log->jobs[i].fields[SWF_RUNTIME] > 0)
            log->jobs[kept++] = log->jobs[i];
    c->by_rule[SWF_FLURRY] = log->n - kept;
    log->n = kept;
}

/* -- mending -- */

static void mend(struct swf *log, struct swf_cleaning *c)
{
    struct numbers before;
    numbers_init(&before, log->n);
    for (size_t i = 0; i < log->n; i++) {
        double *f = log->jobs[i].fields;
        f[SWF_PROCS] = procs_of(&log->jobs[i]);
        if (f[SWF_ASKED_TIME] <= 0)
            c->by_rule[SWF_LIMIT_FILLED]++;
        else if (f[SWF_ASKED_TIME] < f[SWF_RUNTIME])
            c->by_rule[SWF_LIMIT_RAISED]++;
        if (f[SWF_ASKED_TIME] < f[SWF_RUNTIME])
            f[SWF_ASKED_TIME] = f[SWF_RUNTIME];
        if (f[SWF_AFTER] >= 0 && !numbers_has(&before, f[SWF_AFTER])) {
            c->by_rule[SWF_AFTER_UNKNOWN]++;
            f[SWF_AFTER] = f[SWF_THINK] = -1;
        }
        if (f[SWF_JOB] >= 0)
            numbers_add(&before, f[SWF_JOB]);
    }
    numbers_done(&before);
}

void swf_clean(struct swf *log, const struct swf_flurries *flurries,
               struct swf_cleaning *ret_cleaning)
{
    struct swf_cleaning c = {.before = log->n};
    drop(log, &c);
    sort(log, &c);
    drop_flurries(log, flurries, &c);
    mend(log, &c);
    c.after = log->n;
    *ret_cleaning = c;
}
