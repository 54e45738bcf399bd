/*
 * Records (lib/jobs/record.h) on file, and the clocks that they carry.
 */
#ifndef NODE_APPEND_H
#define NODE_APPEND_H

#include "../lib/jobs/record.h"

#include <time.h>

/* Exit code of a program that can't write down what it saw. */
#define EXIT_NO_RECORD 121

/* Where records go, by the environment, or as below. */
#define RECORDS_VARIABLE "BENCHD_RECORDS"
#define RECORDS_FILE     "/run/benchd/jobs.rec"

int64_t clock_ns(clockid_t clock);

/* Opens the file for appending, makes it for everybody where it is not there. Exits with
 * EXIT_NO_RECORD when that can't be done. */
int append_open(const char *file);

/* Writes the record as a whole, with its magic. Exits with EXIT_NO_RECORD when it can't be kept:
 * who goes on then does what nobody will ever know of. */
void append(int fd, struct job_record record);

#endif
