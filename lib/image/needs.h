/* Whether what workloads need is to be had. Threads: as the job's body. */
#pragma once

#include "lib/image/image.h"

/*
 * Looks for all packages of a recipe that workloads need some of, in its archives; before anything
 * is built. BD_EINVALID names each that they don't have, who needs it, and what helps.
 */
int needs_check(const struct image_job *job, const struct image_recipe *recipe, struct bd_err *err);
/* That refusal. PURE. */
int needs_refuse(const struct image_recipe *recipe, const struct bd_strv *missing,
                 struct bd_err *err);
