/*
 * What is written down while jobs run: one record of 64 bytes for each thing that happens, appended
 * whole by one write(2). bench-job appends to a file on its node's tmpfs, bench-driver to one on
 * the controller's; both are fetched afterwards and put together (jobs.h). A record that is not
 * there was not seen; half of one can't be.
 *
 * The programs of node/ include this too: it needs nothing but the C library. Numbers are in the
 * byte order of the node, which is the host's.
 */
#pragma once

#include <stdint.h>

#define JOB_RECORD_MAGIC UINT32_C(0x31524a42) /* "BJR1" in a file of a little-endian machine */

enum job_record_kind {
    JOB_RECORD_BEGIN = 1, /* driver: the stream begins; its moment is the zero of planned times */
    JOB_RECORD_SUBMIT,    /* driver: the scheduler's own client is being started for this job */
    JOB_RECORD_ACCEPTED,  /* driver: the scheduler gave it job_id */
    JOB_RECORD_REFUSED,   /* driver: it did not; code: the client's exit code */
    JOB_RECORD_START,     /* job: its first instruction on one node */
    JOB_RECORD_END,       /* job: the payload has ended on that node; code: its exit code */
    JOB_RECORD_ENDED,     /* driver: the scheduler says that the job is over; code: enum job_end */
    JOB_RECORD_FINISH,    /* driver: all that was accepted is over; cpu_ns: driver and clients */
    /* driver: by the scheduler's word, where it says so, nothing but nodes was wanting; it had
     * nodes; they were free for others again */
    JOB_RECORD_ELIGIBLE,
    JOB_RECORD_ALLOCATED,
    JOB_RECORD_FREED,
    JOB_RECORD_KIND_COUNT
};

/* How a job ended by the scheduler's own word. */
enum job_end {
    JOB_END_UNKNOWN,
    JOB_END_COMPLETED,
    JOB_END_FAILED,    /* exit code other than 0 */
    JOB_END_TIMEOUT,   /* killed at its time limit */
    JOB_END_CANCELLED, /* taken back by somebody */
    JOB_END_NODE_FAIL, /* a node of it was lost */
    JOB_END_COUNT
};

struct job_record {
    uint32_t magic;
    uint32_t kind;   /* enum job_record_kind */
    uint32_t index;  /* of the job in its stream; 0 in BEGIN and FINISH */
    uint32_t task;   /* of an array's job, from 0; else 0 */
    int64_t mono_ns; /* CLOCK_MONOTONIC of the node that wrote it */
    int64_t wall_ns; /* CLOCK_REALTIME there, at the same moment */
    uint64_t job_id; /* the scheduler's number; 0: not known */
    int32_t code;    /* see the kinds; 128 + signal where a signal ended a payload */
    uint32_t rank;   /* START, END: number of the node within the job, from 0 */
    int64_t cpu_ns; /* END: of bench-job itself from its first instruction on, its payload left out;
                       FINISH: see there */
    int64_t more_ns; /* FINISH: of cpu_ns, that of the submitter and its clients; else 0 */
};

_Static_assert(sizeof(struct job_record) == 64, "a record is 64 bytes on every platform");
