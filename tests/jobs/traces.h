/* Traces of tests/vectors/jobs, and streams made up for a test: records as programs write them. */
#pragma once

#include "lib/base/rng.h"
#include "lib/jobs/jobs.h"

#include "tests/base/unit.h"

struct trace {
    json_t *json; /* the vector; NULL: made up */
    struct job_stream stream;
    struct job_records *files; /* [0]: the driver's */
    size_t n_files;
    unsigned compute, cores;
    double time_scale;
};

static const char *const trace_names[] = {"fcfs", "backfill", "failures", "shared"};

struct trace trace_load(const char *name);
void trace_done(struct trace *t);
/* The same records, each file the other way round. */
void trace_reverse(struct trace *t);
/* A trace in which everything that can be is seen: jobs of one to four nodes, some of them arrays,
 * users from 0 to 2, clocks that differ; jobs may have a node to themselves or not, as if there
 * were enough. */
struct trace trace_random(uint64_t seed, uint32_t jobs);
