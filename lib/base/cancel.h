/*
 * A request to stop, shared by who asks and who works. The worker looks at it between calls, or
 * polls its descriptor while it waits. Once set it stays set. Threads: any; reference-counted.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <stdbool.h>
#include <stdint.h>

struct bd_cancel;

/* Takes a descriptor; ends the process where none is left, as for memory. */
struct bd_cancel *bd_cancel_new(void);
struct bd_cancel *bd_cancel_ref(struct bd_cancel *c);
void bd_cancel_unref(struct bd_cancel *c); /* NULL-safe */
BD_DEFINE_CLEANUP(struct bd_cancel, cancel, bd_cancel_unref)

/* code: BD_ECANCELLED or BD_ETIMEOUT; the first call's code and reason (a literal) stay. */
void bd_cancel_set(struct bd_cancel *c, int code, const char *reason);
/* 0, or the code with its reason in err. A NULL token is never set. */
int bd_cancel_check(struct bd_cancel *c, struct bd_err *err);
/* Readable once it is set; owned by the token; -1 for a NULL token. */
int bd_cancel_fd(struct bd_cancel *c);
/* Sleeps; 0 after the time, else as bd_cancel_check(). */
int bd_cancel_sleep(struct bd_cancel *c, int64_t ns, struct bd_err *err);
