/*
 * What may be concluded from a comparison, and why. PURE. Threads: values; no sharing.
 *
 *     invalid      the conditions differed by more than the factors, or something that is to be
 *                  compared is not there: nothing may be concluded
 *     exploratory  a hint of what a better experiment may find
 *     publishable  nothing speaks against it
 */
#pragma once

#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum verdict { VERDICT_PUBLISHABLE, VERDICT_EXPLORATORY, VERDICT_INVALID, VERDICT_COUNT };
const char *verdict_to_str(enum verdict v); /* "exploratory" */

/* Runs of a cell; those of the warm-up are in none of these. */
struct verdict_cell {
    const char *name;      /* as people call it: "sched/backfill" */
    size_t counted;        /* measured, and not invalid */
    size_t left_out;       /* measured, and invalid */
    size_t limited;        /* of those counted */
    size_t oversubscribed; /* the same */
};

/* Something that runs were made with, which is to be the same wherever the spec says the same. */
struct verdict_condition {
    const char *what; /* as the spec has it: "image debian-bookworm" */
    const char *was;  /* what it stood for: "sha256:..." */
    const char *cell; /* one of those in which it was that */
    const char *run;  /* one of its runs that was; NULL: it has no id */
};

/* Values that follow the order in which they were measured. */
struct verdict_trend {
    const char *metric, *unit;
    const char *cell; /* NULL: all together, block by block */
    bool relative;    /* taken relative to their block's median */
    double slope;     /* a run */
    size_t n;
    double p; /* corrected for all trends that were looked for */
};

/* The first blocks that count are unlike the others. */
struct verdict_warming {
    const char *metric;
    size_t first, rest; /* blocks */
    double times;       /* as high as the rest; NAN: a ratio makes no sense */
    double p;           /* corrected */
};

/* A rule for stopping that was not met. */
struct verdict_until {
    const char *metric; /* NULL: there is no rule, or it was met */
    const char *cell;   /* that is the furthest from it; NULL: none was measured */
    double half_width;  /* of that cell, to its median; NAN: it has no interval */
    double asked;
    size_t blocks;
};

/* What the comparisons can tell at all. */
struct verdict_resolution {
    size_t family;  /* tests that p is corrected for; 0: nothing is compared */
    size_t n;       /* of the comparison with the most: blocks, or values of both */
    bool paired;    /* n is of blocks */
    double least_p; /* that it can have, not corrected */
};

struct verdict_facts {
    const struct verdict_cell *cells;
    size_t n_cells;
    const struct verdict_condition *conditions; /* each (what, was) once */
    size_t n_conditions;
    const struct bd_strv *missing;    /* sentences on what was to be compared and is not there */
    size_t repetitions;               /* planned of each cell */
    size_t warmup;                    /* blocks */
    bool at_end;                      /* nothing more is to come */
    bool fixed_seed;                  /* all blocks have the same stream of jobs, */
    bool trace;                       /* and that because it is a trace */
    double confidence;                /* that intervals are to have */
    const char *limited_why;          /* a run that is limited, and why; NULL: none is */
    const char *left_out_why;         /* likewise, one that is invalid */
    size_t failed;                    /* runs, tried again or not */
    const char *failed_why;           /* likewise, one of them */
    double design_confidence;         /* where less than that was asked for; 0: it was not */
    bool as_written;                  /* cells of a block were run in one and the same order */
    bool from_table;                  /* of the conditions nothing is known */
    bool adaptive;                    /* cells were added on seeing results */
    bool apart;                       /* they were measured one after the other, not in turns */
    const struct bd_strv *afterwards; /* metrics that are compared and are no objectives; may be
                                         NULL */
    const struct verdict_trend *trends;
    size_t n_trends;
    const struct verdict_warming *warmings;
    size_t n_warmings;
    const char *budget_why; /* how the budget ended it before all was run; NULL: it did not */
    struct verdict_until until;
    struct verdict_resolution resolution;
};

/* The worst that applies, and each reason as a sentence with its figures added to ret_reasons, the
 * gravest first. */
enum verdict verdict_of(const struct verdict_facts *f, struct bd_strv *ret_reasons);
