/*
 * Streams of the API cut into what they are made of: lines (NDJSON) and server-sent events, from
 * pieces of any size. A line has at most 4 MiB, and so have the data of an event. One thread.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define STREAM_LINE_MAX ((size_t)4 << 20)

/* 0, or a negative answer that ends the feeding and is its result. The line has no line end, and a
 * NUL after it. */
typedef int (*stream_line_fn)(const char *line, size_t bytes, void *arg, struct bd_err *err);

struct stream_lines {
    stream_line_fn on_line;
    void *arg;
    bool cr_ends; /* a carriage return alone ends a line too, as in server-sent events */
    bool skip_lf; /* the last byte was such a return */
    struct bd_str line;
};

int stream_lines_feed(struct stream_lines *s, const char *data, size_t bytes, struct bd_err *err);
/* The stream is at its end: -EPROTO where that is in the middle of a line. */
int stream_lines_end(const struct stream_lines *s, struct bd_err *err);
void stream_lines_done(struct stream_lines *s);

struct stream_event {
    const char *id;   /* the last one seen, "" before any */
    const char *kind; /* "message" where the stream does not say */
    const char *data;
};

typedef int (*stream_event_fn)(const struct stream_event *event, void *arg, struct bd_err *err);

struct stream_sse {
    stream_event_fn on_event;
    void *arg;
    struct stream_lines lines;
    struct bd_str last_id;        /* of the last event that came whole: where to go on from */
    struct bd_str id, kind, data; /* of the event that is coming in */
    bool has_data, begun;
};

void stream_sse_init(struct stream_sse *s, stream_event_fn on_event, void *arg);
int stream_sse_feed(struct stream_sse *s, const char *data, size_t bytes, struct bd_err *err);
/* Drops what a broken connection left half done; last_id stays. */
void stream_sse_restart(struct stream_sse *s);
void stream_sse_done(struct stream_sse *s);
