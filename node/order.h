/*
 * What a submitter hears and says (docs/submitters.md): jobs that bench-driver asks for, and lines
 * to it. One thread.
 */
#ifndef NODE_ORDER_H
#define NODE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#define ORDER_PRIORITY_MOST 1000
#define ORDER_TASKS_MOST    100000 /* on a node, and cores of a task */

/* What it asks for on each of its nodes, beside being there. */
struct order_ask {
    int64_t tasks;          /* at least 1 */
    int64_t cores_per_task; /* 0: nothing is said of them */
    int64_t memory_bytes;   /* 0: nothing is said of it */
    bool shares;            /* others may be there, too */
};

/* A job that is to be asked for. Texts lie in the line that was read. */
struct order {
    uint32_t index;
    int64_t nodes, tasks, limit_ns;
    const char *user;
    bool has_priority;
    int64_t priority;
    int64_t after; /* the scheduler's number of a job; 0: none */
    struct order_ask ask;
    char *command; /* words with a blank between them, at least one */
};

/* Reads what follows the word "submit", which it cuts up. False when it makes no sense. */
bool order_read(char *line, struct order *ret_order);

/* Says a line to the driver: ends the program where there is none any more. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says that it can't go on, and why; ends the program. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
