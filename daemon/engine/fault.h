/*
 * Fault points: places where a test ends the daemon as by kill -9, chosen by the environment
 * (BENCHD_FAULT=STEP.PLACE, the places are in docs/recovery.md). In builds without -Dfaults=true
 * there are none. Threads: any.
 */
#pragma once

#ifdef BENCHD_FAULTS
void fault_point(const char *step, const char *place);
#else
static inline void fault_point(const char *step, const char *place)
{
    (void)step;
    (void)place;
}
#endif
