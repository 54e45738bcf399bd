/*
 * What the steps of a run have in common: its directory, the way into its nodes, its workload.
 * Threads: as steps.h; an object belongs to one body.
 */
#pragma once

#include "daemon/engine/steps.h"
#include "lib/workload/workload.h"

struct measure {
    struct channel channel;
    const struct workload *workload;
    struct workload_input input; /* borrows from the step's input and from this object */
    int dir_fd;
};

/* Opens the run's directory, "RUNS_DIR/ID", and makes it where it is missing. */
int measure_open(const struct step_host *host, const struct step_input *in, struct measure *ret_m,
                 struct bd_err *err);
void measure_done(struct measure *m);
#define bd_auto_measure __attribute__((cleanup(measure_done)))
