/*
 * What a run is good for: every rule, with the figures that it goes by told in its reason. What the
 * members of the conditions mean is in docs/measurement.md.
 */
#include "lib/base/mem.h"
#include "lib/model/network.h"
#include "lib/model/run.h"

#include <math.h>
#include <string.h>

#define LATENESS_MAX_S                                                                             \
    0.020 /* of the driver: jobs that come later are not the stream that was meant */
#define CLOCK_SHARE_MAX 0.1 /* of the median latency that a clock's bound may be */
#define WALL_JUMP_S     0.5 /* beyond it the scheduler's own times can't be held against ours */

/* The grades are in the order from good to bad. `reason` is the caller's no longer. */
static void apply(enum run_grade *worst, enum run_grade grade, json_t *reasons, json_t *reason)
{
    if (grade > *worst)
        *worst = grade;
    json_array_append_new(reasons, reason);
}

/* ---------------------------------------------------------------------------------------- jobs */

static const struct {
    const char *member;
    enum run_grade grade;
    const char *what; /* after "N of M jobs " */
} of_jobs[] = {
    {"notSubmitted", GRADE_INVALID, "were never submitted"},
    {"lost", GRADE_INVALID, "were accepted by the scheduler and never seen to begin"},
    {"doubled", GRADE_INVALID, "ran more than once on a node"},
    {"refused", GRADE_LIMITED, "were refused by the scheduler"},
    {"killed", GRADE_LIMITED, "were cut off before their end"},
    {"failed", GRADE_LIMITED, "ended with an exit code other than 0"},
};

static void grade_jobs(const json_t *jobs, enum run_grade *worst, json_t *reasons)
{
    json_int_t asked = bd_json_int(jobs, "asked", 0);
    json_int_t strangers = bd_json_int(jobs, "strangers", 0);
    const json_t *missing = json_object_get(jobs, "nodesWithoutRecords");
    if (!jobs)
        return;
    for (size_t i = 0; i < sizeof(of_jobs) / sizeof(of_jobs[0]); i++) {
        json_int_t n = bd_json_int(jobs, of_jobs[i].member, 0);
        if (n > 0)
            apply(worst, of_jobs[i].grade, reasons,
                  json_sprintf("%lld of %lld jobs %s.", (long long)n, (long long)asked,
                               of_jobs[i].what));
    }
    if (!bd_json_bool(jobs, "finished", 1))
        apply(worst, GRADE_INVALID, reasons,
              json_string("The driver has no record of its end: what it has seen until then is not "
                          "all."));
    if (asked > 0 && bd_json_int(jobs, "completed", asked) == 0)
        apply(worst, GRADE_INVALID, reasons, json_string("No job was completed."));
    if (strangers > 0)
        apply(worst, GRADE_INVALID, reasons,
              json_sprintf("%lld records are of no job of the stream.", (long long)strangers));
    if (json_array_size(missing) > 0)
        apply(worst, GRADE_INVALID, reasons,
              json_sprintf("%zu nodes have lost their records of jobs, the first of them %s.",
                           json_array_size(missing),
                           json_string_value(json_array_get(missing, 0))));
}

static void grade_driver(const json_t *driver, enum run_grade *worst, json_t *reasons)
{
    double lateness = bd_json_real(driver, "lateness", 0);
    if (lateness > LATENESS_MAX_S)
        apply(worst, GRADE_INVALID, reasons,
              json_sprintf("driver late: jobs were submitted later than planned by %.1f ms (%s of "
                           "%lld; median %.1f ms, maximum %.1f ms), and %.0f ms is the limit.",
                           lateness * 1e3, bd_json_str(driver, "by", ""),
                           (long long)bd_json_int(driver, "n", 0),
                           bd_json_real(driver, "median", 0) * 1e3,
                           bd_json_real(driver, "maximum", 0) * 1e3, LATENESS_MAX_S * 1e3));
}

/* ------------------------------------------------------------------- the workload's own checks */

static void grade_checks(const json_t *checks, enum run_grade *worst, json_t *reasons)
{
    const json_t *check;
    size_t i;
    json_array_foreach (checks, i, check) {
        json_int_t wrong = bd_json_int(check, "wrong", 0), n = bd_json_int(check, "n", 0);
        if (bd_json_bool(check, "holds", 1))
            continue;
        apply(worst, GRADE_INVALID, reasons,
              json_sprintf("The check %s does not hold: %s (found '%s', expected %s; %lld of %lld "
                           "values).",
                           bd_json_str(check, "name", "?"), bd_json_str(check, "says", "?"),
                           bd_json_str(check, "got", ""), bd_json_str(check, "expected", "?"),
                           (long long)wrong, (long long)n));
    }
}

/* --------------------------------------------------------------------------------------- clocks */

static double seconds(const json_t *obj, const char *key)
{
    return (double)bd_json_int(obj, key, 0) / 1e9;
}

static void grade_clock(const json_t *clock, enum run_grade *worst, json_t *reasons)
{
    double bound = seconds(clock, "boundNs"), offset = seconds(clock, "offsetNs"),
           latency = bd_json_real(clock, "latencyMedian", 0), jump = seconds(clock, "wallJumpNs");
    if (!clock)
        return;
    if (!bd_json_bool(clock, "known", 0))
        apply(worst, GRADE_LIMITED, reasons,
              json_string("The nodes' clocks were not measured before and after."));
    else if (latency > 0 && bound > CLOCK_SHARE_MAX * latency)
        apply(worst, GRADE_LIMITED, reasons,
              json_sprintf("Times between nodes may be wrong by %.3f ms, more than a tenth of the "
                           "median latency (%.3f ms).",
                           bound * 1e3, latency * 1e3));
    if (bd_json_bool(clock, "shared", 0) && offset > bound)
        apply(worst, GRADE_LIMITED, reasons,
              json_sprintf("Nodes that share the host's clock differ by %.3f ms, more than can be "
                           "wrong with the measurement (%.3f ms).",
                           offset * 1e3, bound * 1e3));
    if (fabs(jump) > WALL_JUMP_S)
        apply(worst, GRADE_USABLE, reasons,
              json_sprintf("The wall clock was set by %.3f s meanwhile: what was measured is of "
                           "another clock, but the scheduler's own times can't be held against it.",
                           jump));
}

/* ---------------------------------------------------------------------- the scheduler's records */

static void grade_records(const json_t *measured, enum run_grade *worst, json_t *reasons)
{
    const json_t *records = json_object_get(measured, "records");
    json_int_t ours = bd_json_int(records, "onlyOurs", 0),
               theirs = bd_json_int(records, "onlyScheduler", 0),
               disagree = bd_json_int(records, "disagree", 0);
    double jump = seconds(json_object_get(measured, "clock"), "wallJumpNs");
    if (!records)
        return;
    if (!bd_json_bool(records, "read", 0)) {
        apply(worst, GRADE_LIMITED, reasons,
              json_sprintf("The scheduler's own records could not be held against these: %s.",
                           bd_json_str(records, "error", "they are not there")));
        return;
    }
    if (ours > 0)
        apply(worst, GRADE_INVALID, reasons,
              json_sprintf("The scheduler has no record of %lld jobs that were seen.",
                           (long long)ours));
    if (theirs > 0)
        apply(worst, GRADE_INVALID, reasons,
              json_sprintf("The scheduler has records of %lld jobs that were not seen.",
                           (long long)theirs));
    if (disagree > 0 && fabs(jump) <= WALL_JUMP_S)
        apply(worst, GRADE_LIMITED, reasons,
              json_sprintf("The scheduler's own times contradict those of %lld jobs, by up to "
                           "%.3f s.",
                           (long long)disagree, bd_json_real(records, "worstSeconds", 0)));
}

/* ------------------------------------------------------------------------------- time limits */

static void grade_limits(const json_t *limits, enum run_grade *worst, json_t *reasons)
{
    json_int_t lost = bd_json_int(limits, "byTimeScale", 0);
    if (lost > 0)
        apply(worst, GRADE_LIMITED, reasons,
              json_sprintf("Time scale below scheduler resolution: %lld of %lld jobs ask for less "
                           "than %g s, which is the least that it tells limits apart by; as long "
                           "as what they stand for they would ask for more.",
                           (long long)lost, (long long)bd_json_int(limits, "jobs", 0),
                           seconds(limits, "grainNs")));
}

/* ----------------------------------------------------------------------------------- the host */

static void grade_noise(const json_t *noise, enum run_grade *worst, json_t *reasons)
{
    double limit = bd_json_real(noise, "limitCpus", 0);
    double outside = bd_json_real(noise, "outsideCpusMean", 0),
           steal = bd_json_real(noise, "stealMean", 0);
    if (!noise)
        return;
    if (outside > limit)
        apply(
            worst, GRADE_LIMITED, reasons,
            json_sprintf("Others used %.2f CPUs of the host on average while it was measured, and "
                         "%.2f is the limit.",
                         outside, limit));
    if (steal > limit)
        apply(worst, GRADE_LIMITED, reasons,
              json_sprintf("%.2f CPUs were taken from the host by what it runs on, and %.2f is the "
                           "limit.",
                           steal, limit));
}

static void grade_network(const json_t *network, enum run_grade *worst, json_t *reasons)
{
    const char *error = bd_json_str(network, "error", NULL);
    const json_t *figure;
    size_t i;
    if (error)
        apply(worst, GRADE_LIMITED, reasons,
              json_sprintf("The network was shaped, but not measured after that: %s.", error));
    json_array_foreach (json_object_get(network, "figures"), i, figure) {
        if (bd_json_bool(figure, "holds", 1))
            continue;
        bd_auto_free char *words = network_figure_words(figure);
        apply(worst, GRADE_LIMITED, reasons,
              json_sprintf("The network is not what was asked for: %s.", words));
    }
}

/* ------------------------------------------------------------------------------------------ all */

enum run_grade run_grade_of(const struct run_conditions *c, json_t *ret_reasons)
{
    enum run_grade worst = GRADE_USABLE;
    /* What an audit that did not take place found means nothing. */
    if (!c->audited)
        apply(&worst, GRADE_LIMITED, ret_reasons,
              json_string("The host could not be compared with what it was before: whether "
                          "something was left on it is not known."));
    else if (!c->residue_empty)
        apply(&worst, GRADE_INVALID, ret_reasons,
              json_string("The host was not as before after the run: the residue lists what "
                          "differs."));
    if (c->oversubscribed)
        apply(&worst, GRADE_LIMITED, ret_reasons,
              json_string("More CPU or memory was promised to clusters than the host has."));
    if (c->shared)
        apply(&worst, GRADE_LIMITED, ret_reasons,
              json_string("Other runs were allowed beside it (isolation: shared)."));
    if (c->clusters_beside > 0)
        apply(&worst, GRADE_LIMITED, ret_reasons,
              json_sprintf("Interactive clusters were up meanwhile: %u at once.",
                           c->clusters_beside));
    if (!c->quiet)
        apply(&worst, GRADE_LIMITED, ret_reasons,
              json_sprintf("The host was not quiet when the run began: others used %.2f CPUs.",
                           c->outside_cpus));
    grade_jobs(json_object_get(c->measured, "jobs"), &worst, ret_reasons);
    grade_driver(json_object_get(c->measured, "driver"), &worst, ret_reasons);
    grade_checks(json_object_get(c->measured, "checks"), &worst, ret_reasons);
    grade_clock(json_object_get(c->measured, "clock"), &worst, ret_reasons);
    grade_records(c->measured, &worst, ret_reasons);
    grade_limits(json_object_get(c->measured, "limits"), &worst, ret_reasons);
    grade_noise(json_object_get(c->measured, "noise"), &worst, ret_reasons);
    grade_network(json_object_get(c->measured, "network"), &worst, ret_reasons);
    if (c->warmup)
        apply(&worst, GRADE_USABLE, ret_reasons,
              json_string("It belongs to a warm-up block: it is not to be counted."));
    return worst;
}
