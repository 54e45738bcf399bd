#include "lib/base/proc.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEEP_MAX   ((size_t)1 << 20) /* of each stream */
#define READ_BYTES ((size_t)1 << 16)
#define PIPE_MAX   ((size_t)1 << 20) /* the most that a pipe holds, fs.pipe-max-size */
#define KILL_AFTER (2 * BD_NS_PER_S)
/* How long a pipe that somebody else holds is listened to after the program's end. */
#define GRACE_NS (100 * BD_NS_PER_MS)

enum { OUT, ERR, STREAMS };

/* One program, from start to end. */
struct run {
    const struct bd_proc *proc;
    struct bd_proc_result *ret;
    struct bd_err *err;
    pid_t pid; /* not reaped before the end: until then it can't be anybody else's */
    int pidfd;
    int pipes[STREAMS]; /* our ends; -1 once at their end */
    char *chunk;        /* of READ_BYTES */
    int64_t due_ns;     /* of the timeout, monotonic; INT64_MAX: none */
    int64_t kill_ns;    /* once it was told to end: when to stop asking */
    int failed;         /* why it was told to end, or 0 */
    bool mute;          /* on_output has refused */
};

void bd_proc_result_done(struct bd_proc_result *r)
{
    bd_str_done(&r->out);
    bd_str_done(&r->err);
}

/* ------------------------------------------------------------------------------------- starting */

/* The child's ends of its three streams; -1: /dev/null, for stdin only. */
struct stdio {
    int in, out[STREAMS];
};

static void stdio_done(struct stdio *s)
{
    bd_cleanup_fd(&s->in);
    for (int i = 0; i < STREAMS; i++)
        bd_cleanup_fd(&s->out[i]);
}

/* A file in memory rather than a pipe: nothing has to be fed, and nothing breaks where the program
 * does not read it. */
static int input_file(const void *data, size_t bytes, int *ret_fd)
{
    bd_auto_fd int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = bd_write_all(fd, data, bytes);
    if (rc < 0)
        return rc;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    *ret_fd = bd_take_fd(&fd);
    return 0;
}

static int open_stdio(struct run *r, struct stdio *s)
{
    const struct bd_proc *proc = r->proc;
    if (proc->input) {
        int rc = input_file(proc->input, proc->input_bytes, &s->in);
        if (rc < 0)
            return rc;
    } else if (proc->input_fd > 0) {
        s->in = fcntl(proc->input_fd, F_DUPFD_CLOEXEC, 3);
        if (s->in < 0)
            return -errno;
    }
    for (int i = 0; i < STREAMS; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) < 0)
            return -errno;
        r->pipes[i] = ends[0];
        s->out[i] = ends[1];
        if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
            return -errno;
    }
    return 0;
}

/* posix_spawn's calls answer positive error numbers. Duplicating a descriptor onto itself is how it
 * is told to let it be inherited. */
static int plan_files(posix_spawn_file_actions_t *files, const struct stdio *s, const int *pass_fds)
{
    int rc = s->in < 0
                 ? posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
                 : posix_spawn_file_actions_adddup2(files, s->in, STDIN_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(files, s->out[OUT], STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(files, s->out[ERR], STDERR_FILENO);
    for (; rc == 0 && pass_fds && *pass_fds >= 0; pass_fds++)
        rc = posix_spawn_file_actions_adddup2(files, *pass_fds, *pass_fds);
    return rc;
}

static int spawn(struct run *r, const struct stdio *s)
{
    const struct bd_proc *proc = r->proc;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    int rc = plan_files(&files, s, proc->pass_fds);
    if (rc == 0)
        rc = posix_spawnp(&r->pid, proc->argv[0], &files, &attr, (char *const *)proc->argv,
                          proc->env ? (char *const *)proc->env : environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return -rc;
}

static int reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static int start(struct run *r)
{
    __attribute__((cleanup(stdio_done))) struct stdio s = {-1, {-1, -1}};
    int rc = open_stdio(r, &s);
    if (rc == 0)
        rc = spawn(r, &s);
    if (rc < 0)
        return bd_err_errno(r->err, -rc, "start %s", r->proc->argv[0]);
    r->pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0);
    if (r->pidfd < 0) {
        rc = bd_err_errno(r->err, errno, "watch %s", r->proc->argv[0]);
        kill(-r->pid, SIGKILL);
        reap(r->pid);
        return rc;
    }
    return 0;
}

/* ------------------------------------------------------------------------------------- watching */

static void tell_to_end(struct run *r, int why)
{
    r->failed = why;
    r->kill_ns = bd_mono_ns() + KILL_AFTER;
    kill(-r->pid, SIGTERM);
}

static void deliver(struct run *r, int stream, size_t bytes)
{
    if (r->mute)
        return;
    if (r->proc->on_output) {
        int rc = r->proc->on_output(stream == OUT ? BD_STDOUT : BD_STDERR, r->chunk, bytes,
                                    r->proc->arg);
        if (rc >= 0)
            return;
        r->mute = true;
        if (!r->failed) {
            bd_err_set(r->err, rc, "%s: ended, as its output could not be passed on",
                       r->proc->argv[0]);
            tell_to_end(r, rc);
        }
        return;
    }
    struct bd_str *kept = stream == OUT ? &r->ret->out : &r->ret->err;
    size_t room = KEEP_MAX - kept->len;
    bd_str_addn(kept, r->chunk, bytes < room ? bytes : room);
    if (bytes > room)
        r->ret->truncated = true;
}

/* Reads once; how much, 0 where nothing is there now or ever. */
static size_t pump(struct run *r, int stream)
{
    ssize_t n = read(r->pipes[stream], r->chunk, READ_BYTES);
    if (n > 0) {
        deliver(r, stream, (size_t)n);
        return (size_t)n;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close(r->pipes[stream]);
        r->pipes[stream] = -1;
    }
    return 0;
}

static bool all_read(const struct run *r)
{
    return r->pipes[OUT] < 0 && r->pipes[ERR] < 0;
}

enum { FD_PIPES, FD_PIDFD = STREAMS, FD_CANCEL, FD_COUNT };

/* Waits until something is to be done, at most until the time given; a descriptor of -1 is passed
 * over. */
static void wait_for(const struct run *r, int pidfd, int cancel_fd, int64_t until_ns,
                     struct pollfd set[FD_COUNT])
{
    for (int i = 0; i < STREAMS; i++)
        set[FD_PIPES + i] = (struct pollfd){.fd = r->pipes[i], .events = POLLIN};
    set[FD_PIDFD] = (struct pollfd){.fd = pidfd, .events = POLLIN};
    set[FD_CANCEL] = (struct pollfd){.fd = cancel_fd, .events = POLLIN};
    int64_t left = until_ns == INT64_MAX ? INT64_MAX : until_ns - bd_mono_ns();
    if (left < 0)
        left = 0;
    struct timespec ts = {.tv_sec = left / BD_NS_PER_S, .tv_nsec = left % BD_NS_PER_S};
    if (ppoll(set, FD_COUNT, left == INT64_MAX ? NULL : &ts, NULL) < 0) {
        for (int i = 0; i < FD_COUNT; i++)
            set[i].revents = 0;
    }
}

static void pump_ready(struct run *r, const struct pollfd set[FD_COUNT])
{
    for (int i = 0; i < STREAMS; i++) {
        if (set[FD_PIPES + i].revents)
            pump(r, i);
    }
}

/* Tells it to end where there is a reason; kills what did not listen. */
static void look_at_the_clock(struct run *r)
{
    int64_t now = bd_mono_ns();
    if (r->failed) {
        if (now >= r->kill_ns) {
            kill(-r->pid, SIGKILL);
            r->kill_ns = INT64_MAX;
        }
        return;
    }
    int rc = bd_cancel_check(r->proc->cancel, r->err);
    if (rc < 0) {
        bd_err_wrap(r->err, "%s", r->proc->argv[0]);
    } else if (now >= r->due_ns) {
        rc = bd_err_set(r->err, BD_ETIMEOUT, "%s: ended, as it ran longer than %g s",
                        r->proc->argv[0], (double)r->proc->timeout_ns / 1e9);
    }
    if (rc < 0)
        tell_to_end(r, rc);
}

static void watch(struct run *r)
{
    struct pollfd set[FD_COUNT];
    for (;;) {
        /* A cancel descriptor stays readable: it has no news once it was heard. */
        wait_for(r, r->pidfd, r->failed ? -1 : bd_cancel_fd(r->proc->cancel),
                 r->failed ? r->kill_ns : r->due_ns, set);
        pump_ready(r, set);
        if (set[FD_PIDFD].revents)
            return;
        look_at_the_clock(r);
    }
}

/* What the program wrote is all in the pipes now; a pipe's end may never come, where a program that
 * it left behind holds it, which may even go on writing. */
static void drain(struct run *r)
{
    for (int i = 0; i < STREAMS; i++) {
        size_t got = 0;
        for (size_t n = 1; n > 0 && r->pipes[i] >= 0 && got < PIPE_MAX; got += n)
            n = pump(r, i);
    }
    struct pollfd set[FD_COUNT];
    for (int64_t end = bd_mono_ns() + GRACE_NS; !all_read(r) && bd_mono_ns() < end;) {
        wait_for(r, -1, -1, end, set);
        pump_ready(r, set);
    }
}

static void finish(struct run *r)
{
    if (r->failed)
        kill(-r->pid, SIGKILL); /* the rest of its group; the zombie keeps the number ours */
    drain(r);
    if (r->failed)
        kill(-r->pid, SIGKILL); /* again: the refusal may have come in drain() */
    int status = reap(r->pid);
    if (WIFEXITED(status))
        r->ret->exit_code = WEXITSTATUS(status);
    else
        r->ret->signal = WTERMSIG(status);
}

static int64_t due_time(int64_t timeout_ns)
{
    int64_t now = bd_mono_ns();
    if (timeout_ns == 0 || timeout_ns > INT64_MAX - now)
        return INT64_MAX;
    return now + timeout_ns;
}

int bd_proc_run(const struct bd_proc *proc, struct bd_proc_result *ret, struct bd_err *err)
{
    *ret = (struct bd_proc_result){.exit_code = -1};
    int rc = bd_cancel_check(proc->cancel, err);
    if (rc < 0) {
        bd_err_wrap(err, "%s", proc->argv[0]);
        return rc;
    }
    if (proc->timeout_ns < 0)
        return bd_err_set(err, BD_ETIMEOUT, "%s: not started, as its time is over", proc->argv[0]);

    struct run r = {
        .proc = proc,
        .ret = ret,
        .err = err,
        .pidfd = -1,
        .pipes = {-1, -1},
        .due_ns = due_time(proc->timeout_ns),
    };
    rc = start(&r);
    if (rc == 0) {
        r.chunk = bd_xmalloc(READ_BYTES);
        watch(&r);
        finish(&r);
        rc = r.failed;
        free(r.chunk);
    }
    bd_cleanup_fd(&r.pidfd);
    for (int i = 0; i < STREAMS; i++)
        bd_cleanup_fd(&r.pipes[i]);
    return rc;
}

/* ------------------------------------------------------------------------------ the common case */

#define COMMAND_MAX 200 /* bytes of a command line in a message */
#define WORDS_MAX   400

static void join_command(const char *const *argv, struct bd_str *ret)
{
    for (; *argv && ret->len < COMMAND_MAX; argv++)
        bd_str_addf(ret, "%s%.*s", ret->len ? " " : "", COMMAND_MAX, *argv);
    if (*argv)
        bd_str_add(ret, " ...");
}

/* The end of what it said; err.c makes one line of it. */
static const char *last_words(const struct bd_proc_result *r)
{
    const struct bd_str *said = r->err.len ? &r->err : &r->out;
    const char *words = bd_str_text(said);
    if (said->len <= WORDS_MAX)
        return words;
    words += said->len - WORDS_MAX;
    while (((uint8_t)*words & 0xC0) == 0x80) /* not from within a character */
        words++;
    return words;
}

static int check_result(int rc, const struct bd_proc_result *r, const char *command,
                        struct bd_err *err)
{
    const char *words = last_words(r);
    if (rc < 0)
        return err && *words ? bd_err_set(err, rc, "%s; it said: %s", err->text, words) : rc;
    const char *colon = *words ? ": " : "";
    if (r->signal)
        return bd_err_set(err, BD_ECHILD, "'%s' was ended by signal %d (%s)%s%s", command,
                          r->signal, strsignal(r->signal), colon, words);
    if (r->exit_code != 0)
        return bd_err_set(err, BD_ECHILD, "'%s' failed with exit code %d%s%s", command,
                          r->exit_code, colon, words);
    return 0;
}

int bd_proc_check(const char *const *argv, int64_t timeout_ns, struct bd_cancel *cancel,
                  struct bd_str *ret_out, struct bd_err *err)
{
    const struct bd_proc proc = {.argv = argv, .timeout_ns = timeout_ns, .cancel = cancel};
    bd_auto_proc_result struct bd_proc_result r = {0};
    bd_auto_str struct bd_str command = {0};
    join_command(argv, &command);
    int rc = check_result(bd_proc_run(&proc, &r, err), &r, bd_str_text(&command), err);
    if (rc < 0)
        return rc;
    if (!ret_out)
        return 0;
    if (r.truncated && r.out.len == KEEP_MAX)
        return bd_err_errno(err, EFBIG, "'%s' said more than %zu bytes", bd_str_text(&command),
                            KEEP_MAX);
    bd_str_done(ret_out);
    *ret_out = r.out;
    r.out = (struct bd_str){0};
    return 0;
}
