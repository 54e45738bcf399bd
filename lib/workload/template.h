/*
 * Templates: text with "${name}" in it, for which the value of that name stands; "$${" is "${".
 * Nothing else is looked at: a value is put in as it is, whatever is in it. PURE. Threads: any.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/base/str.h"

/* values: {NAME: text}. Appended. BD_EINVALID for a name that is not among them, and for a "${"
 * that is no name's, saying what to write instead. */
int template_fill(const char *text, const json_t *values, struct bd_str *ret_text,
                  struct bd_err *err);
/* Whether a value would be put into it. */
bool template_has_values(const char *text);
