/*
 * Trying something in a network namespace of its own, which ends with it. Threads: any.
 */
#pragma once

#include "lib/base/err.h"

/* Runs fn on a thread that is in such a namespace, to its end. What fn gave, or why there is no
 * such namespace. */
int apart_try(int (*fn)(void *arg, struct bd_err *err), void *arg, struct bd_err *err);
