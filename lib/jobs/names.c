#include "lib/jobs/jobs.h"

#include <errno.h>

static const char *const outcome_names[JOB_OUTCOME_COUNT] = {
    [JOB_COMPLETED] = "completed", [JOB_FAILED] = "failed", [JOB_KILLED] = "killed",
    [JOB_REFUSED] = "refused",     [JOB_LOST] = "lost",     [JOB_NOT_SUBMITTED] = "not-submitted",
};

static const char *const end_names[JOB_END_COUNT] = {
    [JOB_END_UNKNOWN] = "unknown",     [JOB_END_COMPLETED] = "completed",
    [JOB_END_FAILED] = "failed",       [JOB_END_TIMEOUT] = "timeout",
    [JOB_END_CANCELLED] = "cancelled", [JOB_END_NODE_FAIL] = "node-fail",
};

/* The place of s among the n names, or -EINVAL. */
static int index_of(const char *const *names, int n, const char *s)
{
    for (int i = 0; i < n; i++)
        if (bd_str_eq(names[i], s))
            return i;
    return -EINVAL;
}

const char *job_outcome_to_str(enum job_outcome o)
{
    return (unsigned)o < JOB_OUTCOME_COUNT ? outcome_names[o] : "unknown";
}

int job_outcome_from_str(const char *s, enum job_outcome *ret_outcome)
{
    int i = index_of(outcome_names, JOB_OUTCOME_COUNT, s);
    if (i < 0)
        return i;
    *ret_outcome = (enum job_outcome)i;
    return 0;
}

const char *job_end_to_str(enum job_end e)
{
    return (unsigned)e < JOB_END_COUNT ? end_names[e] : "unknown";
}

int job_end_from_str(const char *s, enum job_end *ret_end)
{
    int i = index_of(end_names, JOB_END_COUNT, s);
    if (i < 0)
        return i;
    *ret_end = (enum job_end)i;
    return 0;
}
