/*
 * JSON read token by token, with no memory of its own: for texts from anybody, of which jansson
 * would make many times as much. What it takes is what bd_json_parse() takes, but for names that
 * are there twice and the values behind escapes and numbers, which it does not look at. PURE.
 */
#pragma once

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BD_JSON_DEPTH_MAX 64

enum bd_json_token {
    BD_JSON_END, /* of the text, after one whole value */
    BD_JSON_OBJECT,
    BD_JSON_OBJECT_END,
    BD_JSON_ARRAY,
    BD_JSON_ARRAY_END,
    BD_JSON_NAME, /* of a member; its value is next */
    BD_JSON_STRING,
    BD_JSON_OTHER, /* a number, true, false or null */
};

/* Set text and bytes, which stay the caller's; all else 0. */
struct bd_jsonscan {
    const char *text;
    size_t bytes;
    const char *token; /* the last one, as it stands there: strings with their quotes */
    size_t token_bytes;
    unsigned depth; /* of what is open */
    size_t at;
    uint64_t objects; /* a bit for each that is open: an object, or an array */
    int want;         /* what may come; private */
};

/* BD_EINVALID with line and column where that is no JSON, or nested deeper than
 * BD_JSON_DEPTH_MAX. */
int bd_jsonscan_next(struct bd_jsonscan *s, enum bd_json_token *ret_token, struct bd_err *err);
/* Goes on to the end of the value that began with this token, the last one. */
int bd_jsonscan_skip(struct bd_jsonscan *s, enum bd_json_token token, struct bd_err *err);
/* What the last token says, a name or string, with its NUL; false where that does not fit, or its
 * escapes stand for nothing. */
bool bd_jsonscan_text(const struct bd_jsonscan *s, char *ret_text, size_t max_bytes);
