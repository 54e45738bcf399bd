/*
 * bench-driver: hands a stream of jobs to a scheduler at the planned moments, on the controller,
 * and writes down what becomes of them (lib/jobs/record.h). One process a stream, one thread.
 *
 *     bench-driver --jobs FILE --records FILE --payload NAME[:ARGUMENTS] [--clients N]
 *                  [--job PROGRAM] -- SUBMITTER [ARGUMENT...]
 *
 *     --jobs FILE      the stream: jobs_to_text() of lib/jobs
 *     --records FILE   appended to
 *     --payload NAME   of bench-job, with its arguments behind a colon, blanks between them
 *     --clients N      of the scheduler at a time, handed to the submitter as BENCHD_CLIENTS
 *     --job PROGRAM    what jobs run, in nodes; without: BENCH_DRIVER_JOB
 *
 * The submitter is a child on the pipe protocol of docs/submitters.md. stdout has lines "progress
 * SUBMITTED ENDED TASKS", in tasks of jobs (one that was refused counts in both), at most one a
 * second and one at the end. Each record is on file when the next thing is done: nothing is lost
 * when this is killed. SIGTERM, SIGINT and SIGHUP end the submitter and then this, by that signal.
 */
#ifndef NODE_BENCH_DRIVER_H
#define NODE_BENCH_DRIVER_H

#define BENCH_DRIVER_JOB "/usr/libexec/benchd/bench-job"

/* REFUSED records have it as the code of a job that could not be asked for, because the one that it
 * has to follow was refused. */
#define BENCH_DRIVER_NOT_ASKED 125

/* 0 when every job was handed over, and every one that was accepted has ended; each of these with
 * one line on stderr. */
enum bench_driver_exit {
    BENCH_DRIVER_EXIT_USAGE = 2,
    BENCH_DRIVER_EXIT_JOBS = 3,     /* the stream's file can't be read or makes no sense */
    BENCH_DRIVER_EXIT_START = 4,    /* the submitter can't be started or did not get ready */
    BENCH_DRIVER_EXIT_DIED = 5,     /* it ended before its work was done */
    BENCH_DRIVER_EXIT_NONSENSE = 6, /* it said what makes no sense */
    BENCH_DRIVER_EXIT_ERROR = 7,    /* it said that it can't go on */
    BENCH_DRIVER_EXIT_FAILED = 8,   /* the system said no */
    BENCH_DRIVER_EXIT_RECORD = 121, /* a record can't be written */
};

#endif
