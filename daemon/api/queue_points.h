/*
 * A run's queue over time as the JSON text of a reply: [[ns, waiting, running, busy nodes], ...],
 * or over buckets of a fixed length the mean by time and the maximum of each figure,
 * [[beginning, mean, max, mean, max, mean, max], ...]. PURE. Threads: values; one thread at a time.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/jobs/jobs.h"

/* Of time: [from, to), in buckets of which one begins at 0. */
struct queue_window {
    int64_t from_ns, to_ns; /* INT64_MIN, INT64_MAX: from the first change, to the last one */
    int64_t step_ns;        /* 0: each change by itself */
};
/* All jobs are added to q. BD_EINVALID where there would be more than `most` points. */
int queue_points(struct metrics_queue *q, const struct queue_window *window, size_t most,
                 struct bd_str *out, struct bd_err *err);
