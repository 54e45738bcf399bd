/* How jobs went, as words. */
#include "lib/jobs/jobs.h"

#include <errno.h>

static const char *const outcomes[JOB_OUTCOME_COUNT] = {
    [JOB_COMPLETED] = "completed", [JOB_FAILED] = "failed", [JOB_KILLED] = "killed",
    [JOB_REFUSED] = "refused",     [JOB_LOST] = "lost",     [JOB_NOT_SUBMITTED] = "not-submitted",
};

static const char *const ends[JOB_END_COUNT] = {
    [JOB_END_UNKNOWN] = "unknown",     [JOB_END_COMPLETED] = "completed",
    [JOB_END_FAILED] = "failed",       [JOB_END_TIMEOUT] = "timeout",
    [JOB_END_CANCELLED] = "cancelled", [JOB_END_NODE_FAIL] = "node-fail",
};

/* The place of a word among n, or -EINVAL. */
static int place_of(const char *const *words, int n, const char *word)
{
    for (int i = 0; i < n; i++)
        if (bd_str_eq(words[i], word))
            return i;
    return -EINVAL;
}

const char *job_outcome_to_str(enum job_outcome o)
{
    return outcomes[o];
}

int job_outcome_from_str(const char *s, enum job_outcome *ret_outcome)
{
    int i = place_of(outcomes, JOB_OUTCOME_COUNT, s);
    if (i < 0)
        return i;
    *ret_outcome = (enum job_outcome)i;
    return 0;
}

const char *job_end_to_str(enum job_end e)
{
    return ends[e];
}

int job_end_from_str(const char *s, enum job_end *ret_end)
{
    int i = place_of(ends, JOB_END_COUNT, s);
    if (i < 0)
        return i;
    *ret_end = (enum job_end)i;
    return 0;
}
