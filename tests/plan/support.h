/*
 * What the tests of lib/plan share: the contract's schema of a spec, specs in short, plans as text.
 * JSON in tables is written with ' for ", so that it can be read.
 */
#pragma once

#include "lib/base/str.h"
#include "lib/plan/plan.h"

#include <check.h>

/* A spec of the smallest campaign with these members in it, new reference. */
json_t *spec_with(const char *members_in_apostrophes);
/* The whole contract, new reference. */
json_t *contract_json_of(void);
/* The contract's schema, and the daemon's check of a cell. */
extern struct plan_rules rules;
void load_rules(void);
void unload_rules(void);

/* The plan of a spec that is right, or the test fails. The spec is resolved. */
struct plan *make(json_t *spec);
/* "LEVELS\n" a cell, in apostrophes. */
void cells_text(const struct plan *p, struct bd_str *out);
/* "BLOCK.CELL" a run, with "w" before it in a block of the warm-up; a line a group. */
void order_text(const struct plan *p, struct bd_str *out);

Suite *plans_suite(void);
Suite *order_suite(void);
Suite *faults_suite(void);
Suite *compose_suite(void);
Suite *nested_suite(void);
Suite *sample_suite(void);
Suite *budget_suite(void);
Suite *trace_suite(void);
Suite *definitions_suite(void);
