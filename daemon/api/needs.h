/*
 * What workloads need of images: told to a build, and looked for when a spec is planned.
 *
 * Threads: readers'.
 */
#pragma once

#include "daemon/api/definitions.h"

/*
 * Takes what workloads need into a recipe: those that it names itself and those that were asked for
 * (asked: an array of names, NULL: none). Appends a fault for each that no definition is known of,
 * with a pointer into the request.
 */
int needs_of_recipe(const struct api *a, struct store_conn *conn, const json_t *asked,
                    struct image_recipe *recipe, struct schema_faults *faults, struct bd_err *err);

/*
 * Looks in the image of a planned cell for what its workload needs. Programs that are not there are
 * a fault at `pointer`, or a warning where the spec's hooks may bring them; packages that its
 * manifest lacks are a warning. Each is told once. spec: the cell's.
 */
void needs_of_cell(struct planning *p, const json_t *spec, const char *image, const char *pointer);
