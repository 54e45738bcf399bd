/*
 * Manifests: what is known of an image beside its root, as the contract's Manifest. Threads: any.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/image/image.h"

#define MANIFEST_BYTES_MAX ((size_t)1 << 20)

/* Of a finished root; packages and layers are borrowed; without
 * layers (NULL, or none in it) it has no such member. New reference. */
int manifest_make(const struct image_recipe *recipe, const char *root, const char *digest,
                  uint64_t size_bytes, uint64_t entries, json_t *packages, json_t *layers,
                  json_t **ret_manifest, struct bd_err *err);
/* Reads one that may come from anywhere. BD_ECORRUPT tells what is wrong with it. New reference. */
int manifest_parse(const char *text, size_t bytes, json_t **ret_manifest, struct bd_err *err);
