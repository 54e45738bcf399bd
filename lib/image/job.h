/*
 * What every part of a job does: starts programs in the job's cgroup, tells how far it is, and ends
 * what is left of the programs. Threads: as the job's body.
 */
#pragma once

#include "lib/base/proc.h"
#include "lib/image/image.h"

/* Tells one line of progress. */
void image_job_tell(const struct image_job *job, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * As bd_proc_run(), within the job's cgroup and cancelled with the job; of proc, argv, env and
 * on_output with its arg count. After a failure nothing of the program is running.
 */
int image_job_run(const struct image_job *job, const struct bd_proc *proc,
                  struct bd_proc_result *ret, struct bd_err *err);
/* The same, with output kept; BD_ECHILD with the program's last words unless it exits with 0. */
int image_job_check(const struct image_job *job, const char *const *argv, const char *const *env,
                    struct bd_err *err);

/* The last line that has anything in it, without its end; into text itself. */
const char *image_last_line(char *text);
