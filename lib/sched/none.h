/* The row of the table of schedulers for clusters that have none. Threads: as sched.h. */
#pragma once

#include "lib/sched/sched.h"

extern const struct sched sched_none;
