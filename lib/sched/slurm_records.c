/*
 * What Slurm wrote down of its jobs: lines of jobcomp/filetxt, one a job or task of an array,
 * "JobId=7 UserId=root(0) ... Name=bd-3 JobState=COMPLETED ... StartTime=2026-01-31T12:00:00 ...".
 * Which members there are, and in which order, differs by release; only those that are looked for
 * have to make sense. Nodes have no time zone: times are UTC.
 */
#include "lib/base/str.h"
#include "lib/sched/slurm.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINE_BYTES_MAX 8192
#define TOLD_BYTES     80 /* of a line, in a message */

/* As job_state_string() of Slurm names them. */
static const struct {
    const char *state;
    enum job_end end;
} ends[] = {
    {"COMPLETED", JOB_END_COMPLETED},  {"FAILED", JOB_END_FAILED},
    {"OUT_OF_MEMORY", JOB_END_FAILED}, {"TIMEOUT", JOB_END_TIMEOUT},
    {"DEADLINE", JOB_END_TIMEOUT},     {"CANCELLED", JOB_END_CANCELLED},
    {"PREEMPTED", JOB_END_CANCELLED},  {"NODE_FAIL", JOB_END_NODE_FAIL},
    {"BOOT_FAIL", JOB_END_NODE_FAIL},
};

static enum job_end end_of(const char *state)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(ends); i++)
        if (bd_str_eq(ends[i].state, state))
            return ends[i].end;
    return JOB_END_UNKNOWN;
}

/* 0 where it says none ("Unknown", "None"). */
static int64_t seconds_of(const char *text)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    return end && *end == '\0' ? (int64_t)timegm(&tm) : 0;
}

static void take_number(const char *value, int64_t *ret_number)
{
    int64_t number;
    if (bd_parse_i64(value, 0, INT64_MAX, &number) == 0)
        *ret_number = number;
}

static void take_name(const char *value, struct sched_record *r)
{
    static const char prefix[] = SLURM_JOB_PREFIX;
    if (bd_starts_with(value, prefix))
        take_number(value + strlen(prefix), &r->index);
}

static void take(char *word, struct sched_record *r)
{
    int64_t number = 0;
    char *value = strchr(word, '=');
    if (!value)
        return; /* the rest of a name with a blank in it */
    *value++ = '\0';
    if (bd_str_eq(word, "JobId"))
        take_number(value, (int64_t *)&r->job_id);
    else if (bd_str_eq(word, "Name"))
        take_name(value, r);
    else if (bd_str_eq(word, "JobState"))
        r->end = end_of(value);
    else if (bd_str_eq(word, "SubmitTime"))
        r->submit_s = seconds_of(value);
    else if (bd_str_eq(word, "StartTime"))
        r->start_s = seconds_of(value);
    else if (bd_str_eq(word, "EndTime"))
        r->end_s = seconds_of(value);
    else if (bd_str_eq(word, "NodeCnt")) {
        take_number(value, &number);
        r->nodes = (unsigned)number;
    }
}

static int read_line(const char *line, size_t bytes, struct sched_records *records,
                     struct bd_err *err)
{
    struct sched_record r = {.index = -1};
    if (bytes > LINE_BYTES_MAX)
        return bd_err_set(err, BD_ECORRUPT,
                          "line %u of Slurm's record of jobs is longer than any that Slurm writes",
                          records->lines);
    bd_auto_free char *text = bd_xstrndup(line, bytes);
    char *rest = text;
    for (char *word; (word = strsep(&rest, " "));)
        take(word, &r);
    if (r.job_id == 0)
        return bd_err_set(err, BD_ECORRUPT, "line %u of Slurm's record of jobs has no JobId: %.*s",
                          records->lines, (int)(bytes < TOLD_BYTES ? bytes : TOLD_BYTES), line);
    sched_records_add(records, &r);
    return 0;
}

int slurm_read_records(const char *text, size_t bytes, struct sched_records *records,
                       struct bd_err *err)
{
    return sched_records_lines(text, bytes, records, read_line, err);
}
