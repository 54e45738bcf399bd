/*
 * Records (lib/jobs/record.h) that programs have written, and a directory for the files of a test.
 * One thread; what is returned stays until the process ends.
 */
#ifndef TESTS_NODE_RECORDS_H
#define TESTS_NODE_RECORDS_H

#include "../../lib/jobs/record.h"

#include <stddef.h>

/* Formats. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A file of that name in the test's own directory, which is made, and removed at exit. */
char *scratch(const char *name);
void write_file(const char *file, const char *content, unsigned mode);
char *read_text(const char *file);

struct records {
    struct job_record items[1024];
    size_t n;
};
/* All of a file, in which nothing but whole records may be. */
struct records read_records(const char *file);
/* How many there are of a kind, and the only one of a kind for a job's task. */
size_t count_records(const struct records *r, enum job_record_kind kind);
struct job_record the_record(const struct records *r, enum job_record_kind kind, uint32_t index,
                             uint32_t task);

#endif
