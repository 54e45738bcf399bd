/*
 * What the programs that measure the store put into it: one run, which is over, and jobs of it.
 * Threads: as the connection.
 */
#pragma once

#include "lib/store/job.h"

#define ROWS_RUN      "1f2e3d4c"
#define ROWS_CAMPAIGN "5a6b7c8d"

int rows_insert_run(struct store_conn *c, struct bd_err *err);
/* One in a thousand failed, and one in a hundred thousand is lost. */
struct job_seen rows_job(uint32_t index);
/* measure() on a database of its own, which is gone afterwards; it is on a disk that is in use:
 * below TMPDIR, else /var/tmp. */
int rows_in_own(int (*measure)(const char *path, uint32_t n, struct bd_err *err), uint32_t n,
                struct bd_err *err);
