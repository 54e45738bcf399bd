/*
 * What a schema can't say of a campaign's cells: options of the scheduler, workload, hooks. Cells
 * share what they don't differ in, so that what was right in the cell before is not looked at
 * again.
 *
 * Threads: one checks at a time. Ownership: holds references to what it found right last.
 */
#pragma once

#include "lib/workload/workload.h"

/* Begins as zeros, but for: */
struct cell_check {
    const char *inputs_dir;
    const struct virt *virt;   /* what this host can shape networks by; NULL: not looked at */
    const json_t *definitions; /* {NAME: definition} of workloads, borrowed; NULL: none */
    /* What inputs said, by all that it depends on: cells with the same one share it. */
    json_t *examined; /* {KEY: {"faults": [...], "found": ...}} */
    json_t *inputs;   /* {DIGEST: true} of those that cells name */

    const struct workload *kind;
    json_t *workload, *metrics,
        *hooks; /* found right last, NULL: none; these for a cluster with: */
    unsigned controllers, compute, scheduler_cpus;
    uint64_t memory_bytes;
    char *scheduler;
    bool under_slurm;
};

/* plan_rules.check; arg is the struct cell_check. */
void cell_check(const json_t *spec, const struct cluster_spec *cluster,
                struct schema_faults *faults, void *arg);
/* What the inputs of a cell's workload said, of those that were examined: borrowed; NULL: nothing.
 */
const json_t *examined_of(const json_t *examined, const json_t *cluster, const json_t *workload);
void cell_check_done(struct cell_check *c);
