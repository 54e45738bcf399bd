/* A jobstream's spec as numbers; private to stream*.c. */
#pragma once

#include "lib/jobs/jobs.h"
#include "lib/jobs/variates.h"

#define STREAM_CHOICES_MAX 1000

enum arrival_process {
    ARRIVAL_POISSON,
    ARRIVAL_UNIFORM,
    ARRIVAL_BURST,
    ARRIVAL_ALL,
    ARRIVAL_PROCESS_COUNT
};

struct stream_spec {
    uint32_t jobs;
    enum arrival_process process;
    uint32_t burst;                     /* jobs that arrive together */
    double gap_us;                      /* mean between two jobs; 0: all arrive at once */
    uint32_t sizes[STREAM_CHOICES_MAX]; /* equally likely, whatever form the spec has them in */
    size_t n_sizes;
    struct variate runtime; /* in us */
    double factor_min, factor_max;
    uint32_t users;
    int32_t priorities[STREAM_CHOICES_MAX];
    size_t n_priorities;
    double array_share, dependency_share;
    uint32_t array_tasks;
    bool is_fixed;
};

/* Reads the spec, with the contract's defaults for what it leaves out. Every fault is appended;
 * *ret_spec makes sense if there was none. */
void stream_spec_read(const json_t *spec, unsigned compute, struct stream_spec *ret_spec,
                      struct schema_faults *faults);
