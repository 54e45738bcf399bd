/*
 * XML as text: what a program writes by itself. Threads: any.
 */
#pragma once

#include "lib/base/str.h"

/* Appends text, so that it is the same text as content or within quotes. Characters that XML 1.0
 * can't hold become U+FFFD. */
void bd_xml_escape(struct bd_str *out, const char *text);
