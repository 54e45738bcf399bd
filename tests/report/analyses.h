/*
 * What the tests of analyses share: JSON in apostrophes, the contract's form, and questions asked
 * of an analysis. Threads: one.
 */
#pragma once

#include "lib/report/analysis.h"

#define TYPE "cluster.scheduler.options.SchedulerType"

/* JSON with ' for ". */
json_t *parse(const char *text_in_apostrophes);
/* Of {NAME: {value, unit, kind}}. */
struct run_figures figures_of(const json_t *metrics);
/* Fails unless it has the form that the contract says. */
void check_contract(const json_t *analysis);

/* "(none)" where there is none. */
const char *word(const json_t *analysis, size_t i);
const char *reason(const json_t *analysis, size_t i);
const char *verdict(const json_t *analysis);
/* Whether any reason has that text in it. */
bool has_reason(const json_t *analysis, const char *text);
const json_t *metric(const json_t *analysis, size_t i);
const json_t *cell_of(const json_t *metric, size_t i);
const json_t *comparison_of(const json_t *metric, size_t i);
/* "met", of a rule from 1. */
const char *status(const json_t *analysis, int rule);

/* A campaign that is done, whose values are known by a formula. */
struct made {
    const char *spec;   /* in apostrophes */
    const char *levels; /* likewise */
    size_t blocks, warmup;
    size_t stop;         /* runs are of the blocks before this one; 0: of all */
    const char *metrics; /* their names, all in s, with commas */
    double (*value)(size_t metric, size_t cell, size_t block); /* NAN: none */
    const char *wanted, *by;                                   /* NULL: not asked */
    double confidence;
    bool table; /* of bare values, not paired */
    void (*change)(struct analysis_campaign *campaign);
};
json_t *analyse(const struct made *made);

#define SPEC "'design': {'seed': 7}, 'workload': {'name': 'jobstream'}"
#define TWO_BY_TWO                                                                                 \
    "[{'x.policy': 'a', 'x.n': 2}, {'x.policy': 'b', 'x.n': 2}, {'x.policy': 'a', 'x.n': 4}, "     \
    "{'x.policy': 'b', 'x.n': 4}]"
/* One objective, makespan, and a margin. */
extern const char one_objective[];
/* The luck of a block, the same for all its cells, within 1 and 2; no trend. */
double luck(size_t block);
/* A little that is of no other value; no trend, and no two alike. */
double noise(size_t cell, size_t block);
/* Two factors of two levels: b takes twice as long where n is 2, and four times where n is 4. */
extern const struct made factorial;
