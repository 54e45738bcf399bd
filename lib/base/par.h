/*
 * Work on n things, a few at a time: threads for the length of one call. For blocking bodies on
 * worker threads.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/err.h"

#include <stddef.h>

typedef int (*bd_par_fn)(size_t index, void *arg, struct bd_err *err);

/*
 * Calls fn for 0 .. n-1 from up to `width` threads at once and returns when all have returned.
 * After the first failure (or once cancel is set) no new index is begun; the first failure is the
 * result.
 */
int bd_par_for(size_t n, unsigned width, bd_par_fn fn, void *arg, struct bd_cancel *cancel,
               struct bd_err *err);
