/*
 * Definitions of workloads that campaigns were planned with: kept in the store by their digest,
 * which the campaign's spec has in `workloads`, and made commands of for each run.
 *
 * Threads: as the connection; the rest is pure.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/model/cluster.h"
#include "lib/store/store.h"

/* In the transaction that stores the campaign or a change of it. definitions: {NAME: definition},
 * NULL: none. */
int definitions_keep(struct store_conn *conn, const char *campaign, const json_t *spec,
                     const json_t *definitions, struct bd_err *err);
/* Those that a spec pins, as far as they were kept; new reference, NULL where there are none. */
int definitions_load(struct store_conn *conn, const json_t *spec, json_t **ret_definitions,
                     struct bd_err *err);
/* That of a run's workload; new reference, NULL where it is none that is defined. */
json_t *definitions_of_run(const json_t *definitions, const json_t *run_spec);
/* Puts the command that its workload stands for into a run's spec. */
int definitions_apply(const json_t *definition, const struct cluster_spec *cluster,
                      json_t *run_spec, struct bd_err *err);
