/*
 * Programs: started by posix_spawn with an argument vector (never a shell), watched by pidfd, their
 * output read without blocking each other. For blocking bodies on worker threads; a program's
 * life never outlasts bd_proc_run().
 *
 * A program leads a process group of its own, with default signal dispositions, nothing blocked,
 * and no descriptors but 0, 1, 2 and those passed. A program that is ended takes its whole group
 * with it; what one that ended by itself left in the background lives on, and is not waited for.
 * Descriptors 0, 1 and 2 must be open in this process.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

#include <stddef.h>
#include <stdint.h>

enum bd_stream { BD_STDOUT = 1, BD_STDERR = 2 };

/* Gets a piece of output as it comes, in the thread of bd_proc_run(). A negative answer ends the
 * program as the timeout does and is the run's result; it is not called again. */
typedef int (*bd_proc_output_fn)(enum bd_stream stream, const char *data, size_t bytes, void *arg);

struct bd_proc {
    const char *const *argv; /* argv[0] is looked up in PATH */
    const char *const *env;  /* NULL: this process's */
    const void *input;       /* for its stdin, as a file in memory; NULL: /dev/null (or input_fd) */
    size_t input_bytes;
    int input_fd;        /* used as stdin where > 0 and input is NULL; stays the caller's */
    const int *pass_fds; /* descriptors it inherits under the same number (ended by -1), or NULL */
    int64_t timeout_ns;  /* 0: none; below: is over. SIGTERM at the time, SIGKILL 2 s later */
    struct bd_cancel *cancel;    /* may be NULL; as the timeout */
    bd_proc_output_fn on_output; /* NULL: kept in ret (each stream up to 1 MiB, then cut) */
    void *arg;
};

struct bd_proc_result {
    int exit_code; /* 0-255, or -1 where a signal ended it */
    int signal;    /* that signal, or 0 */
    struct bd_str out, err;
    bool truncated; /* kept output was cut */
};

void bd_proc_result_done(struct bd_proc_result *r);
#define bd_auto_proc_result __attribute__((cleanup(bd_proc_result_done)))

/*
 * Runs a program to its end. 0 whatever its exit code; negative where it could not be started, was
 * cancelled (BD_ECANCELLED) or overdue (BD_ETIMEOUT). *ret is filled in in every case, whatever
 * was in it; where it was not started, both exit_code is -1 and signal 0.
 */
int bd_proc_run(const struct bd_proc *proc, struct bd_proc_result *ret, struct bd_err *err);
/* The common case: BD_ECHILD unless it exits with 0; the text has the command and its last words.
 * ret_out (may be NULL) gets its whole stdout in place of what it held; -EFBIG above 1 MiB. */
int bd_proc_check(const char *const *argv, int64_t timeout_ns, struct bd_cancel *cancel,
                  struct bd_str *ret_out, struct bd_err *err);
