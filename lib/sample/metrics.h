/*
 * What is sampled: one table with a row for each metric of a node and of the host. PURE.
 *
 * All but memory, tasks and frequency are rates: what was used since the sample before, divided by
 * the time between the two. Threads: constant data.
 */
#pragma once

#include "lib/base/err.h"

enum sample_id {
    SAMPLE_CPU, /* of a node */
    SAMPLE_MEMORY,
    SAMPLE_TASKS,
    SAMPLE_NET_RX,
    SAMPLE_NET_TX,
    SAMPLE_BLOCK_READ,
    SAMPLE_BLOCK_WRITE,
    SAMPLE_CPU_BUSY, /* of the host */
    SAMPLE_STEAL,
    SAMPLE_OUTSIDE_CPUS,
    SAMPLE_PSI_CPU,
    SAMPLE_PSI_MEMORY,
    SAMPLE_PSI_IO,
    SAMPLE_FREQUENCY,
    SAMPLE_POWER,
    SAMPLE_COUNT
};

#define SAMPLE_NODE_FIRST SAMPLE_CPU
#define SAMPLE_NODE_COUNT SAMPLE_CPU_BUSY
#define SAMPLE_HOST_FIRST SAMPLE_CPU_BUSY
#define SAMPLE_HOST_COUNT (SAMPLE_COUNT - SAMPLE_CPU_BUSY)

enum sample_of { SAMPLE_OF_NODE, SAMPLE_OF_HOST, SAMPLE_OF_COUNT };
const char *sample_of_to_str(enum sample_of of); /* "node", "host" */

struct sample_metric {
    const char *name; /* "net_rx" */
    const char *unit; /* "CPUs", "B", "B/s", "1", "MHz", "W" */
    enum sample_of of;
    int decimals; /* values are rounded to so many: finer than what the kernel counts is noise */
    const char *description;
};

/* By enum sample_id; ended by a NULL name. */
extern const struct sample_metric sample_metrics[];
const struct sample_metric *sample_metric_find(const char *name); /* NULL: there is none */
/* Rounded to the metric's decimals. */
double sample_round(enum sample_id id, double value);
