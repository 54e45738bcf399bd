/*
 * The Standard Workload Format 2.2, in which logs of real machines are kept (Chapin et al. 1999,
 * "Benchmarks and Standards for the Evaluation of Parallel Job Schedulers"; the Parallel Workloads
 * Archive): 18 fields a job and line, -1 where a field is missing, and header comments
 * "; Label: value". PURE: bytes come from the caller.
 *
 *     read.c    bytes -> jobs and header, every fault with its line
 *     clean.c   stated rules by which a job is dropped or mended, each counted
 *     shape.c   a window of the log, and its scale in time, size and load
 *     write.c   jobs and header -> text
 *     numbers.c a set of job numbers
 *
 * Threads: values; one thread at a time.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWF_LINE_BYTES_MAX 4096
#define SWF_TEXT_BYTES_MAX ((uint64_t)4 << 30) /* unpacked */
#define SWF_JOBS_MAX       1000000
#define SWF_FAULTS_MAX     100 /* that are kept; all are counted */
#define SWF_HEADER_MAX     1000
#define SWF_VALUE_MAX      1e15 /* of a field; whole numbers up to it are exact */

/* By their places; times in seconds. */
enum swf_field {
    SWF_JOB,
    SWF_SUBMIT, /* from the log's beginning */
    SWF_WAIT,
    SWF_RUNTIME,
    SWF_PROCS,  /* that it got */
    SWF_CPU,    /* seconds of CPU, the mean over its processors */
    SWF_MEMORY, /* KiB a processor */
    SWF_ASKED_PROCS,
    SWF_ASKED_TIME,
    SWF_ASKED_MEMORY,
    SWF_STATUS, /* 0 failed, 1 completed, 2 to 4 a part of a checkpointed job, 5 cancelled */
    SWF_USER,
    SWF_GROUP,
    SWF_APP,
    SWF_QUEUE,
    SWF_PARTITION,
    SWF_AFTER, /* number of the job that has to end before */
    SWF_THINK, /* seconds from that end to this submission */
    SWF_FIELD_COUNT
};
const char *swf_field_name(enum swf_field f); /* "submit time" */

struct swf_job {
    size_t line;                    /* of the file, from 1 */
    double fields[SWF_FIELD_COUNT]; /* -1: missing */
};

struct swf_fault {
    size_t line;
    int field; /* enum swf_field; -1: the line as a whole */
    char text[160];
};

/* A log. Owns what it holds; from {0}. */
struct swf {
    struct swf_job *jobs; /* in the order of the file, or as clean and shape leave them */
    size_t n, cap;
    struct bd_strv header; /* "Label: value", as they stand after the ';' */
    size_t lines;
    struct swf_fault faults[SWF_FAULTS_MAX];
    size_t n_faults; /* all of them */
};
void swf_done(struct swf *log);

/* -------------------------------------------------------------------------------------- reading */

/*
 * Reads a log, plain or gzip, piece by piece, in memory bounded by SWF_JOBS_MAX jobs and one line.
 * What is wrong with a line is a fault of the log, the line is left out, and reading goes on; the
 * functions fail only where that makes no sense: BD_EINVALID for what is no text (a NUL, damaged
 * gzip), BD_ENOCAPACITY for more than SWF_JOBS_MAX jobs or SWF_TEXT_BYTES_MAX. After that nothing
 * more is taken.
 */
struct swf_reader; /* borrows the log */
struct swf_reader *swf_reader_new(struct swf *log);
void swf_reader_free(struct swf_reader *r);
BD_DEFINE_CLEANUP(struct swf_reader, swf_reader, swf_reader_free)
int swf_reader_feed(struct swf_reader *r, const char *bytes, size_t n, struct bd_err *err);
/* At the end: a last line without its end counts, and header counts are compared with the log. */
int swf_reader_end(struct swf_reader *r, struct bd_err *err);

/* The value of a header label ("MaxProcs"), whatever its case; NULL: none. Borrowed. */
const char *swf_header(const struct swf *log, const char *label);
/* A header's number >= 0; -1: none, or no number. */
double swf_header_number(const struct swf *log, const char *label);
/* What sizes are counted by: MaxProcs; else MaxNodes; else the most processors that a job got or
 * asked for; 0: no jobs. */
double swf_machine_size(const struct swf *log);

/* ------------------------------------------------------------------------------------- cleaning */

/* In this order: a job counts under the first that applies. */
enum swf_rule {
    SWF_NO_SUBMIT, /* dropped: no submit time */
    SWF_PART,     /* dropped: status 2, 3 or 4, a part of a job whose whole has a line of its own */
    SWF_REPEATED, /* dropped: a job number that was there before */
    SWF_NEVER_RAN,     /* dropped: no runtime, or 0 */
    SWF_NO_PROCS,      /* dropped: neither got nor asked for processors */
    SWF_TOO_LARGE,     /* dropped: more processors than the machine has */
    SWF_FLURRY,        /* dropped: part of a flurry, where they are to be removed */
    SWF_OUT_OF_ORDER,  /* moved: submitted before the job of the line before */
    SWF_LIMIT_FILLED,  /* mended: no time asked for; its runtime is taken */
    SWF_LIMIT_RAISED,  /* mended: ran longer than it asked for; its runtime is taken */
    SWF_AFTER_UNKNOWN, /* mended: waits for a job that is not there, or not before it: for none */
    SWF_RULE_COUNT
};
const char *swf_rule_name(enum swf_rule rule); /* "no-submit-time" */
const char *swf_rule_text(enum swf_rule rule); /* what it means, and what is done */
bool swf_rule_drops(enum swf_rule rule);

/*
 * A flurry: at least so many jobs of one user, each submitted within gap_s of the one before
 * (Tsafrir and Feitelson 2006, "Instability in parallel job scheduling simulation: the role of
 * workload flurries"). jobs 0: they stay.
 */
struct swf_flurries {
    size_t jobs;
    double gap_s;
};

struct swf_cleaning {
    size_t by_rule[SWF_RULE_COUNT];
    size_t before, after;
};
/* By the rules above; jobs are then by submission, ties in the order of the file. */
void swf_clean(struct swf *log, const struct swf_flurries *flurries,
               struct swf_cleaning *ret_cleaning);

/* -------------------------------------------------------------------------------------- shaping */

struct swf_shape {
    double from_s, to_s; /* only jobs submitted in [from, to); 0, 0: all */
    size_t jobs;         /* of those the first so many; 0: all */
    double time;         /* every time is divided by it; 1: as they are */
    double load;         /* gaps between submissions only are divided by it; 1: as they are */
    double nodes;        /* sizes are scaled from the machine's to so many nodes; 0: as they are */
};
/*
 * Of a cleaned log. Submissions begin at 0 then. Sizes become ceil(size x nodes / machine), at
 * least 1, and the header's size of the machine is the new one. A job that waits for one that is
 * not in the window waits for none. BD_EINVALID where no job is left or a factor makes no sense.
 */
int swf_shape(struct swf *log, const struct swf_shape *shape, struct bd_err *err);
/* Offered load: the processor seconds of all jobs by what the machine can do from the first
 * submission to the last; NAN of fewer than 2 jobs, or where they all come at once. */
double swf_load(const struct swf *log);

/* -------------------------------------------------------------------------------------- writing */

/* What the header counts (MaxJobs, MaxRecords), where it does, becomes what there is: of a log that
 * was cleaned or cut. */
void swf_say_counts(struct swf *log);
/* Header lines, then jobs; whole numbers without a point, others with up to 9 decimals. */
void swf_write_header(const struct bd_strv *header, struct bd_str *ret_text);
void swf_write_job(const struct swf_job *job, struct bd_str *ret_text);
