/*
 * Clocks: monotonic for durations and deadlines of this process, wall for what is stored and shown.
 * Threads: any.
 */
#pragma once

#include <stdint.h>

#define BD_NS_PER_S  INT64_C(1000000000)
#define BD_NS_PER_MS INT64_C(1000000)

int64_t bd_mono_ns(void); /* CLOCK_MONOTONIC */
int64_t bd_wall_ns(void); /* CLOCK_REALTIME, since 1970 */

#define BD_RFC3339_BYTES 32
/* "2026-01-31T12:00:00.123Z" (milliseconds, UTC) into out; answers out. */
const char *bd_rfc3339(int64_t wall_ns, char out[BD_RFC3339_BYTES]);
void bd_sleep_ns(int64_t ns);
