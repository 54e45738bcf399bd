/* What the files of a report share: each adds its sections. */
#pragma once

#include "lib/base/text.h"
#include "lib/report/doc.h"
#include "lib/report/report.h"

struct report {
    const json_t *analysis;
    const struct report_source *source;
    struct doc *doc;
};

/* -- report_text.c: figures and names, as people read them -- */

enum { REPORT_DIGITS = 4 }; /* significant ones, for bd_text_real() */

/* "96.9 %"; never a rounded "100 %". */
void report_percent(double share, struct bd_str *out);
/* "0.031", "< 0.0001" into out; false where it is no number. */
bool report_p(const json_t *p, char out[BD_NUMBER_BYTES]);
/* What a comparison is of: "sched/builtin against sched/backfill, where compute=4". */
void report_compared(const json_t *analysis, const json_t *comparison, struct bd_str *out);
/* Of a member that is a number; else the cell is empty. */
void report_cell_real(const struct report *r, const json_t *object, const char *key);
void report_cell_int(const struct report *r, const json_t *object, const char *key);
/* A share as percentage. */
void report_cell_percent(const struct report *r, const json_t *object, const char *key);
/* "12.4 to 13.9 (96.9 %)". */
void report_cell_interval(const struct report *r, const json_t *interval);
/* alpha: what is below it is marked. */
void report_cell_p(const struct report *r, const json_t *p, double alpha);
/* A level: a string as it is, anything else as JSON. */
void report_level(const json_t *level, struct bd_str *out);
/* "compute=4, memory=1GiB", the last names of the paths. */
void report_levels(const json_t *levels, struct bd_str *out);
/* Of a cell of the analysis; "cell 7" where it is not known. The caller's. */
char *report_cell_name(const struct report *r, json_int_t cell);
/* A word for a shell, in quotes where it must be. */
void report_shell_word(const char *word, struct bd_str *out);
/* "1 run", "3 runs". */
void report_count(json_int_t n, const char *noun, struct bd_str *out);

/* report_design.c: what was asked, and what was run. */
void report_asked(const struct report *r);
void report_run(const struct report *r);
/* report_metric.c */
void report_metric(const struct report *r, const json_t *metric);
/* report_checks.c: the front of Pareto, the twelve rules. */
void report_pareto(const struct report *r);
void report_checklist(const struct report *r);
/* report_again.c: conditions, how to do it again. */
void report_conditions(const struct report *r);
void report_again(const struct report *r);
