/*
 * Text for people: what came from users, nodes and servers made harmless, and numbers as people
 * write them. Threads: any.
 */
#pragma once

#include "lib/base/str.h"

#include <stddef.h>
#include <stdint.h>

/* The code point of a well-formed character of so many bytes: bd_utf8_char() has told. */
uint32_t bd_utf8_decode(const void *data, size_t bytes);

/*
 * Adds the text with everything escaped that would act instead of being shown ("\n", "\x1b",
 * "\u202e"): control characters (C0, DEL, C1), characters that turn the direction of writing,
 * broken UTF-8.
 */
void bd_text_visible(struct bd_str *out, const char *text);

#define BD_NUMBER_BYTES 32
/* A measured value, "0.204", "1048576", "3.1e-07", into out: a whole number whole, another one with
 * so many significant digits. Answers out. */
const char *bd_text_real(double value, int digits, char out[BD_NUMBER_BYTES]);
