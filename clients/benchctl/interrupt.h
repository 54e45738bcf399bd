/*
 * Ctrl-C and its like (SIGINT, SIGTERM, SIGHUP): the first one is told to whoever waits, so that
 * the command can say what goes on without it; the second ends the process at once. Process-wide.
 */
#pragma once

#include "lib/base/err.h"

#include <stdint.h>

void interrupt_install(void);
/* The signal that came, or 0. */
int interrupt_signal(void);
/* Readable once one came; stays the module's. */
int interrupt_fd(void);
/* 0, or BD_ECANCELLED. */
int interrupt_check(struct bd_err *err);
/* Sleeps for so long, or until a signal comes: then BD_ECANCELLED. */
int interrupt_sleep(int64_t ns, struct bd_err *err);
