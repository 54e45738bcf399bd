/*
 * Descriptions of hosts in the store, once each, by their digest (lib/virt/hostdesc.h): a run's
 * conditions name that of its host. Threads: as the connection.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/store/store.h"

#include <stdint.h>

/* One that is there already stays as it is. now_ns: wall. */
int store_host_put(struct store_conn *c, const char *digest, const json_t *description,
                   int64_t now_ns, struct bd_err *err);
/* BD_ENOTFOUND. New reference. */
int store_host_get(struct store_conn *c, const char *digest, json_t **ret_description,
                   struct bd_err *err);
