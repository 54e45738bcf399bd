/* What the files of metrics share. PURE. Threads: values. */
#pragma once

#include "lib/jobs/jobs.h"

/* metrics_makespan_bound(), of all jobs or of those that completed. */
int64_t metrics_bound(const struct jobs_seen *seen, unsigned compute, bool completed_only);
/* The nearest rank: the ceil(n * percent / 100)-th of n > 0 sorted values, counted from 1. */
double metrics_percentile(const double *sorted, size_t n, unsigned percent);
