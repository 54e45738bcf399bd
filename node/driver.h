/*
 * The parts of bench-driver. All values are of its one thread.
 *
 *     driver_stream.c     the file of jobs
 *     driver_ids.c        the scheduler's numbers -> jobs
 *     driver_turn.c       which job is to be handed over next; what is left to do
 *     driver_think.c      jobs that come a while after the end of another
 *     driver_talk.c       what the submitter says
 *     driver_say.c        what it is told of a job, in the form that it wants
 *     driver_submitter.c  the submitter as a process
 *     bench-driver.c      arguments, the loop
 */
#ifndef NODE_DRIVER_H
#define NODE_DRIVER_H

#include "lines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ----------------------------------------------------------------------------------- the stream */

#define NO_JOB (-1)

enum job_state { JOB_PLANNED, JOB_HELD, JOB_SENT, JOB_BEGUN, JOB_ACCEPTED, JOB_REFUSED };

struct driver_job {
    int64_t arrival_ns, runtime_ns, requested_ns;
    int64_t think_ns; /* -1: it comes at its arrival; else so long after the end of `after` */
    int64_t due_ns;   /* CLOCK_MONOTONIC: when that is, once it is known */
    int64_t ended_ns; /* CLOCK_MONOTONIC: when the last of its tasks was over */
    uint32_t nodes, tasks, user;
    uint32_t node_tasks, task_cores; /* on each node; of each of these, 0: nothing is said */
    uint64_t node_memory;            /* 0: nothing is said */
    int32_t priority, after;
    int32_t first_waiter;  /* jobs that are held until this one is accepted, in a list by: */
    int32_t next;          /* the next one in whichever list this job is in */
    int32_t first_thinker; /* jobs that come a while after its end, in a list by next, too */
    uint32_t first_task;   /* where its tasks begin in stream.ended */
    uint32_t ended_tasks;  /* of them */
    enum job_state state;
    bool shares; /* others may be on its nodes */
    uint64_t job_id;
};

struct stream {
    struct driver_job *jobs;
    uint32_t n, tasks, thinkers;
    uint8_t *ended;      /* for each task: the scheduler said so */
    bool has_priorities; /* one of the jobs has another than 0 */
};
/* Exits with BENCH_DRIVER_EXIT_JOBS and the line's number when the file makes no sense. */
struct stream stream_read(const char *file);

/* -------------------------------------------------------------------------- scheduler's numbers */

/* That a task of a job is over, told before the job was accepted. */
struct early_end {
    uint64_t job_id;
    int64_t task; /* ALL_TASKS */
    int64_t mono_ns;
    int32_t end;   /* enum job_end */
    uint32_t next; /* index + 1 of an earlier one of the same job */
};

struct id_slot {
    uint64_t job_id;
    int32_t job;          /* NO_JOB: none was accepted by this number yet */
    uint32_t first_early; /* index + 1 into ids.early */
    bool used;
};

/* A hash table that doubles. Everything is O(1) for each event, seen over many. */
struct ids {
    struct id_slot *slots;
    size_t room, n;
    struct early_end *early;
    size_t early_room, n_early;
};
/* The number's slot, which is made where there is none; good until the next call. */
struct id_slot *ids_slot(struct ids *ids, uint64_t job_id);
void ids_keep_early(struct ids *ids, struct early_end end);

/* ----------------------------------------------------------------------------------- the driver */

#define ALL_TASKS (-1)

struct driver {
    struct stream stream;
    struct ids ids;
    int records;
    int64_t begin_ns;        /* CLOCK_MONOTONIC: the stream's beginning */
    bool ready;              /* the submitter is */
    const struct form *form; /* that it wants jobs in; NULL: as words */

    uint32_t turn; /* the first job that comes at its arrival, and has not come */
    int32_t *due;  /* a heap: jobs whose think time runs, by their due_ns */
    uint32_t n_due;
    int32_t first_freed, last_freed; /* held ones that may be handed over now */
    uint32_t to_hand_over;           /* jobs that were neither sent nor refused */
    uint32_t submitted_tasks;        /* begun by the submitter, or refused */
    uint32_t ended_tasks;            /* over or refused; all of them: nothing is left to do */
};

/* The next job whose moment has come, which counts as sent then. NO_JOB: none for now. */
int32_t turn_next(struct driver *d, int64_t now_ns);
/* CLOCK_MONOTONIC: when turn_next() has to be asked again for time's sake; INT64_MAX: never. */
int64_t turn_moment(struct driver *d);
void turn_accepted(struct driver *d, int32_t job);
/* All of its tasks are over. */
void turn_ended(struct driver *d, int32_t job);
/* With all jobs that have to follow it. */
void turn_refused(struct driver *d, int32_t job, int32_t code, int64_t mono_ns);

/* Room for the stream's jobs. */
void think_init(struct driver *d);
/* The moment of a job has been found, by its due_ns. */
void think_add(struct driver *d, int32_t job);
/* CLOCK_MONOTONIC: the next such moment; INT64_MAX: none is known. */
int64_t think_moment(const struct driver *d);
/* The job whose moment that is. */
int32_t think_take(struct driver *d);

/* Appends a record of a moment on CLOCK_MONOTONIC that is over. */
void record(const struct driver *d, uint32_t kind, int32_t job, int32_t code, int64_t mono_ns);
void record_task(const struct driver *d, uint32_t kind, int32_t job, uint32_t task, int32_t code,
                 int64_t mono_ns);

/* Takes in one line of the submitter; exits when it makes no sense, or tells of a fatal error. */
void talk_line(struct driver *d, char *line);

/* What jobs run: a program, and what follows the job's index and runtime. */
struct command {
    const char *program, *payload;
};
/* The form of that name; NULL: there is none. */
const struct form *form_find(const char *name);
/* The line "submit ..." for a job, of at most `room` bytes with its newline and NUL; exits when
 * that is too little. */
void say_job(const struct driver *d, int32_t job, const struct command *command, char *line,
             size_t room);

/* -------------------------------------------------------------------------------- the submitter */

#define SAYING_MOST 8192

struct submitter {
    pid_t pid;  /* 0: it has ended, and was waited for: */
    int status; /* as wait(2) has it */
    int pidfd;
    int to;            /* its stdin; never blocks */
    struct lines from; /* its stdout; never blocks */
    char out[LINES_ROOM];
    size_t n_out; /* bytes of out that are still to be written */
};
/* Starts it in a process group of its own, which is killed when this process exits. */
void submitter_start(struct submitter *s, char **argv);
/* Whether there is room for a saying of at most SAYING_MOST bytes. */
bool submitter_room(const struct submitter *s);
/* Appends a line to what is to be written; there is room. */
void submitter_say(struct submitter *s, const char *line);
/* Writes as much as goes. False when it does not read any more. */
bool submitter_flush(struct submitter *s);
/* Waits at most so long for its end; false when it has not come. */
bool submitter_wait(struct submitter *s, int milliseconds);
/* Closes its stdin, and waits for its end, so that the CPU time of it and of its clients is known;
 * tells on stderr when it does not end well. */
void submitter_finish(struct submitter *s);
/* Ends it and its clients. */
void submitter_kill(void);
/* How it ended, in words; in memory that is never freed. */
const char *submitter_ending(const struct submitter *s);

#endif
