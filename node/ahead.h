/*
 * For programs that have to be on time beside busy others.
 */
#ifndef NODE_AHEAD_H
#define NODE_AHEAD_H

/* Runs before others from now on, wakes up to the nanosecond, and stays in memory, as far as it
 * may; what it may not is told on stderr. Processes that it starts get none of it. */
void ahead_of_others(void);

#endif
