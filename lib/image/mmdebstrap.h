/* Runs mmdebstrap as a recipe of kind debian says. Threads: any; blocks. */
#pragma once

#include "lib/image/image.h"

/*
 * Asks the recipe's archives for all of its packages; downloads their lists and nothing else.
 * Appends the names of those that they don't have. BD_ECHILD where anything else is wrong.
 */
int mmdebstrap_look(const struct image_job *job, const struct image_recipe *recipe,
                    struct bd_strv *ret_missing, struct bd_err *err);
/*
 * Fills root (there, empty) with the suite's essential packages and the recipe's. BD_ECHILD with
 * mmdebstrap's own words and advice. Runs in mount and PID namespaces of its own: when it is ended,
 * whenever that is, none of its processes and mounts is left.
 */
int mmdebstrap_run(const struct image_job *job, const struct image_recipe *recipe, const char *root,
                   struct bd_err *err);
