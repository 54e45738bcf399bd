/*
 * The scheduler null: first come first served over whole nodes, without a daemon on the controller:
 * bench-submit-null is all there is of it, and starts processes through bench-launch on the compute
 * nodes. Threads: as sched.h.
 */
#pragma once

#include "lib/sched/sched.h"

extern const struct sched sched_null;
