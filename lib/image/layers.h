/*
 * Layers: software that is in no package, put into a root as one directory below a prefix of its
 * own. What is in one comes from an input: a tar (compressed or not) of that directory, which may
 * come from anybody; what it may hold is checked before anything of it is unpacked (members.h).
 * Threads: as the job's body.
 */
#pragma once

#include "lib/image/image.h"

/* Appends what is wrong with a recipe's layers beyond their form. PURE. */
void layers_check(const json_t *recipe, struct schema_faults *faults);

/*
 * Puts the recipe's layers into the root, and sees whether all that is in them finds the libraries
 * that it needs. *ret_layers: the manifest's [{name, digest, prefix, version}]; new reference.
 * BD_EUNSUPPORTED: a library is missing, or the prefix is taken; BD_ENOTFOUND: no such input.
 */
int layers_add(const struct image_job *job, const json_t *recipe, const char *root,
               json_t **ret_layers, struct bd_err *err);
