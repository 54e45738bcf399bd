#include "append.h"
#include "bench-driver.h"
#include "driver.h"
#include "fatal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long it may take to end when asked to, and when its work is done. */
#define KILL_MS   2000
#define FINISH_MS 10000

#define cant(...) fatal_errno(BENCH_DRIVER_EXIT_START, __VA_ARGS__)

static struct submitter *running;

static void make_pipe(int ret_ends[2])
{
    if (pipe2(ret_ends, O_CLOEXEC) != 0)
        cant("can't make a pipe");
}

static pid_t spawn(char **argv, int in, int out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, standard;
    pid_t pid;

    sigemptyset(&none);
    sigemptyset(&standard);
    sigaddset(&standard, SIGPIPE);
    sigaddset(&standard, SIGXFSZ);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &standard);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    errno = posix_spawnp(&pid, argv[0], &files, &attributes, argv, environ);
    if (errno)
        cant("can't start the submitter %s", argv[0]);
    return pid;
}

void submitter_start(struct submitter *s, char **argv)
{
    int to[2], from[2];

    make_pipe(to);
    make_pipe(from);
    s->pid = spawn(argv, to[0], from[1]);
    running = s;
    atexit(submitter_kill);
    s->pidfd = pidfd_open(s->pid, 0);
    if (s->pidfd < 0)
        cant("can't watch the submitter");
    close(to[0]);
    close(from[1]);
    fcntl(to[1], F_SETFL, O_NONBLOCK);
    fcntl(from[0], F_SETFL, O_NONBLOCK);
    s->to = to[1];
    s->from.fd = from[0];
}

bool submitter_room(const struct submitter *s)
{
    return s->n_out + SAYING_MOST <= sizeof(s->out);
}

void submitter_say(struct submitter *s, const char *line)
{
    size_t length = strlen(line);

    memcpy(s->out + s->n_out, line, length);
    s->n_out += length;
}

bool submitter_flush(struct submitter *s)
{
    while (s->n_out > 0) {
        ssize_t n = write(s->to, s->out, s->n_out);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        s->n_out -= (size_t)n;
        memmove(s->out, s->out + n, s->n_out);
    }
    return true;
}

bool submitter_wait(struct submitter *s, int milliseconds)
{
    struct pollfd ended = {.fd = s->pidfd, .events = POLLIN};

    if (s->pid == 0)
        return true;
    if (poll(&ended, 1, milliseconds) != 1)
        return false;
    waitpid(s->pid, &s->status, 0);
    s->pid = 0;
    return true;
}

/* What it may still say is of no interest, and must not hold it up. */
static bool wait_for_end(struct submitter *s)
{
    int64_t last = clock_ns(CLOCK_MONOTONIC) + FINISH_MS * INT64_C(1000000);

    while (!submitter_wait(s, 0) && clock_ns(CLOCK_MONOTONIC) < last) {
        struct pollfd fds[] = {{.fd = s->pidfd, .events = POLLIN},
                               {.fd = s->from.ended ? -1 : s->from.fd, .events = POLLIN}};
        poll(fds, 2, FINISH_MS);
        s->from.from = s->from.to;
        if (fds[1].revents)
            lines_fill(&s->from);
    }
    return s->pid == 0;
}

void submitter_finish(struct submitter *s)
{
    close(s->to);
    if (!wait_for_end(s))
        fprintf(stderr, "%s: the submitter does not end: killed\n", program_invocation_short_name);
    else if (s->status != 0)
        fprintf(stderr, "%s: all jobs are over, but the submitter %s\n",
                program_invocation_short_name, submitter_ending(s));
    submitter_kill();
}

void submitter_kill(void)
{
    struct pollfd ended = {.fd = running->pidfd, .events = POLLIN};

    if (running->pid == 0)
        return;
    kill(-running->pid, SIGTERM);
    poll(&ended, 1, KILL_MS);
    /* Its clients are in its group, which keeps its number until it is waited for. */
    kill(-running->pid, SIGKILL);
    waitpid(running->pid, NULL, 0);
    running->pid = 0;
}

const char *submitter_ending(const struct submitter *s)
{
    if (WIFSIGNALED(s->status))
        return text_new("was ended by signal %d", WTERMSIG(s->status));
    return text_new("ended with exit code %d", WEXITSTATUS(s->status));
}
