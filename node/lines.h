/*
 * Lines that come through a descriptor, cut from a buffer of fixed size. One thread.
 */
#ifndef NODE_LINES_H
#define NODE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_ROOM 65536

struct lines {
    int fd;
    bool ended; /* nothing more will come */
    bool idle;  /* the last fill found nothing for now: the descriptor does not block */
    size_t from, to;
    char text[LINES_ROOM];
};

/* Reads once: what is there, or, of a descriptor that blocks, what comes. Sets `ended` at the end
 * and for errors. False when a line is longer than the buffer. */
bool lines_fill(struct lines *lines);

/* The next whole line without its end, good until the next fill; NULL: there is none yet. */
char *lines_next(struct lines *lines);

#endif
