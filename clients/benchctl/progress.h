/*
 * Progress of something long, on stderr: a line a finished step, and on a terminal a live line
 * below them for the step under way. One thread.
 */
#pragma once

#include "term.h"

#include "lib/base/str.h"

#include <stdint.h>

struct progress {
    const struct term *term;
    struct bd_str now; /* what is under way; empty: nothing */
    int64_t now_since_ns;
    bool drawn; /* the live line is on the screen */
};

void progress_init(struct progress *p, const struct term *term);
/* Removes the live line, so that other lines may follow. */
void progress_done(struct progress *p);

/* Says what is under way; its time starts again where asked for. NULL: nothing is. */
void progress_now(struct progress *p, const char *text, bool restart);
/* Draws the live line again: to be called a few times a second. */
void progress_tick(struct progress *p);
/* A line that stays: "✓ image  3 ms"; ms below 0: without a time. */
void progress_line(struct progress *p, enum term_mark mark, const char *what, int64_t ms);
