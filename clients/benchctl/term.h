/*
 * Where text goes: stdout or stderr, and what it can show there. Colours and a live line are for
 * terminals alone, and only where the user wants them (NO_COLOR, TERM=dumb, --no-color). One
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum term_style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD,
    STYLE_COUNT
};
enum term_mark { MARK_OK, MARK_FAIL, MARK_WARN, MARK_INFO, MARK_BUSY, MARK_COUNT };

struct term {
    FILE *file;
    bool live; /* a terminal on which a line can be drawn again */
    bool colour;
    bool utf8;
};

void term_init(struct term *t, FILE *file, bool utf8, bool no_colour);
/* Turns a style on, and all of them off: text to print, "" where there are no colours. */
const char *term_on(const struct term *t, enum term_style style);
const char *term_off(const struct term *t);
/* One column wide. */
const char *term_mark(const struct term *t, enum term_mark mark);
enum term_style term_mark_style(enum term_mark mark);
size_t term_columns(const struct term *t);
