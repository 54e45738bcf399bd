/* What the files of metrics share. PURE. Threads: values. */
#pragma once

#include "lib/jobs/jobs.h"

/* metrics_makespan_bound(), of all jobs or of those that completed. */
int64_t metrics_bound(const struct jobs_seen *seen, unsigned compute, unsigned cores,
                      bool completed_only);
