/*
 * In what two JSON documents differ: specs, hosts, conditions. PURE. Threads: values; no sharing.
 */
#pragma once

#include <jansson.h>

/*
 * [{path, before, after}], by path: members of objects one by one ("cluster.node.cpus"), anything
 * else as a whole; null where one of them has nothing there (a null counts as nothing). Numbers are
 * equal by value: 1 and 1.0. Members named in `except` (NULL-terminated, of the top level; may be
 * NULL) are passed over. New reference.
 */
json_t *differences(const json_t *before, const json_t *after, const char *const *except);
