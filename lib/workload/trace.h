/*
 * A trace as a stream of jobs: what a spec of the workload `swf` makes of a log of a real machine
 * (lib/swf). docs/swf.md has the rules.
 *
 *     trace.c        log -> stream
 *     trace_about.c  what was done on the way, for people
 *
 * Threads: values; one thread at a time. PURE, but for trace_read().
 */
#pragma once

#include "lib/jobs/jobs.h"
#include "lib/swf/swf.h"
#include "lib/workload/jobstream.h"

/* Of the accounts that a stream may have, those for the users with the most jobs, one each; all
 * others share the rest. Where a trace has no more users than accounts each has its own. */
#define TRACE_ALONE_MAX 48

struct trace_users {
    size_t n;        /* in the trace, one that is missing counted as one */
    size_t accounts; /* that they have here */
    size_t sharing;  /* of the n, those whose account has others, too */
    size_t groups;   /* in the trace; a missing one counts as one */
};

/* What became of a log. */
struct trace_facts {
    size_t lines;
    struct swf_cleaning cleaning;
    double machine; /* processors */
    struct trace_users users;
    size_t dependencies; /* jobs that follow another */
    size_t think_times;  /* of these, those that come a think time after its end */
    double span_s, load; /* of the stream; load NAN: there is none */
    double least_s;      /* that it takes, whatever the scheduler does */
};

/* All that there is to read from the descriptor. BD_EINVALID where it is no log. */
int trace_read(int fd, struct swf *log, struct bd_err *err);
/*
 * The stream of a log, which is used up. Appends a fault, with a pointer below "/workload", where
 * there is none: the log has faults of its own, nothing is left of it, the window is empty, the
 * load can't be had, or the stream would take longer than its timeout.
 */
void trace_make(const json_t *spec, const struct job_nodes *nodes, struct swf *log,
                struct job_stream *ret_stream, struct trace_facts *ret_facts,
                struct schema_faults *faults);
/* Those facts as the contract has them in conditions.trace and in a plan; new reference. */
json_t *trace_about(const json_t *spec, const struct trace_facts *facts,
                    const struct job_stream *stream);
