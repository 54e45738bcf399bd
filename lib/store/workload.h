/*
 * Definitions of workloads (lib/workload/definition.h) in the store: their content once each, by
 * its digest; which of them a name stands for, of those that were registered; and which campaigns
 * were planned with which, so that these stay. Threads: as the connection.
 */
#pragma once

#include "lib/base/digest.h"
#include "lib/base/json.h"
#include "lib/store/store.h"

#include <stddef.h>
#include <stdint.h>

struct store_workload {
    char *name;
    char digest[BD_DIGEST_BYTES];
    int64_t registered_ns; /* wall */
    json_t *definition;
};
void store_workload_done(struct store_workload *row);

/* One that is there already stays as it is. now_ns: wall. */
int store_definition_put(struct store_conn *c, const char *digest, const json_t *definition,
                         int64_t now_ns, struct bd_err *err);
/* BD_ENOTFOUND. New reference. */
int store_definition_get(struct store_conn *c, const char *digest, json_t **ret_definition,
                         struct bd_err *err);
/* A campaign was planned with it. May be repeated. */
int store_definition_use(struct store_conn *c, const char *digest, const char *campaign,
                         struct bd_err *err);

/* From now on the name stands for it; what it stood for before goes, unless a campaign has it. */
int store_workload_put(struct store_conn *c, const struct store_workload *row, struct bd_err *err);
int store_workload_get(struct store_conn *c, const char *name, struct store_workload *ret_row,
                       struct bd_err *err);
/* BD_ENOTFOUND. As above of what it stood for. */
int store_workload_remove(struct store_conn *c, const char *name, struct bd_err *err);
/* All, by name. */
int store_workload_list(struct store_conn *c, struct store_workload **ret_rows, size_t *ret_n,
                        struct bd_err *err);
void store_workloads_free(struct store_workload *rows, size_t n);
