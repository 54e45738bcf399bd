/*
 * tar(1), run for a job: what it lists comes line by line, what it complains of is the error.
 * Threads: as the job's body.
 */
#pragma once

#include "lib/image/image.h"

/* A negative answer ends tar and is the result. */
typedef int (*image_tar_line_fn)(const char *line, void *arg, struct bd_err *err);

/* BD_ECHILD with tar's first words; BD_ENOCAPACITY where the disk is full. on_line may be NULL. */
int image_tar_run(const struct image_job *job, const char *const *argv, image_tar_line_fn on_line,
                  void *arg, struct bd_err *err);
