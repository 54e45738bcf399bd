/*
 * What the commands that show one object share: a table of keys and values, and the colours of
 * states. One thread.
 */
#pragma once

#include "table.h"

#include "lib/base/json.h"

/* Of any object of the API, and of steps, grades and verdicts. */
enum term_style show_state_style(const char *state);

/* A table of two columns. */
void show_init(struct table *t);
/* A row; none where the value is NULL. */
void show_fact(struct table *t, const char *key, enum term_style style, const char *value);
void show_factf(struct table *t, const char *key, enum term_style style, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A time of the API, and how long ago that was; none where it is NULL. */
void show_time(struct table *t, const char *key, const char *at);
/* Each warning of the object, and its error with the step that failed. */
void show_warnings(struct table *t, const json_t *object);
void show_error(struct table *t, const json_t *object);

/* Milliseconds between two times that an object has; -1 where it lacks one. */
int64_t show_between_ms(const json_t *object, const char *from, const char *to);
