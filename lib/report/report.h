/*
 * An analysis as a document for people: verdict, what was asked and run, the figures of each
 * metric, how to do it again; as Markdown, and as one file of HTML that needs nothing else. PURE:
 * equal input gives equal text. Threads: values; no sharing.
 */
#pragma once

#include "lib/base/json.h"

enum report_format { REPORT_MARKDOWN, REPORT_HTML, REPORT_FORMAT_COUNT };
const char *report_format_to_str(enum report_format format); /* "markdown" */
int report_format_from_str(const char *s, enum report_format *ret_format);
const char *report_format_type(enum report_format format); /* "text/markdown; charset=utf-8" */

/* Where the analysis comes from; each may be NULL. Borrowed. */
struct report_source {
    const char *version;      /* of benchd, that made the report */
    const json_t *campaign;   /* as the contract's Campaign, with its spec */
    const json_t *conditions; /* [{what, was}]: what runs were made with */
    const json_t *hosts;      /* [{digest, runs, description}], descriptions of any form, or none */
    const json_t *table;      /* {table, tableDigest, design, designDigest, text}: files, and the
                                 design's text */
};

/* The content of the HTML alone, without page and style, for a page that has more. The caller's. */
char *report_body(const json_t *analysis, const struct report_source *source);
/* The caller's. */
char *report_text(const json_t *analysis, const struct report_source *source,
                  enum report_format format);
