/*
 * A campaign's spec on its way to the daemon, and what the daemon says of its plan. One thread.
 */
#pragma once

#include "cli.h"
#include "document.h"
#include "table.h"

/* The command's first operand, with its options --set added to the spec's overrides, and with the
 * files that it names brought to the daemon. ret is to be done in every case. */
int submission_read(struct cli *cli, struct document *ret, struct bd_err *err);
/* Rows: what each replayed trace comes to. */
void submission_add_traces(struct table *t, const json_t *plan);
/* Rows: what the plan will take, what of it fits the budget, and what it can resolve. */
void submission_add_costs(struct table *t, const json_t *plan);
