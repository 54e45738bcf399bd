#include "program.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 10000

bool program_await(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    return poll(&ready, 1, PATIENCE_MS) == 1;
}

const char *program_setting(const char *name)
{
    const char *value = getenv(name);

    if (!value) {
        fprintf(stderr, "%s is not set: start this test by meson\n", name);
        exit(1);
    }
    return value;
}

struct running program_start(const char *const argv[])
{
    int out[2], err[2];

    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        execv(argv[0], (char *const *)argv);
        _exit(200);
    }
    close(out[1]);
    close(err[1]);
    return (struct running){.pid = pid, .out = out[0], .err = err[0]};
}

/* All that comes until the end; what is more than the room for it fails the test. */
static void read_all(int fd, char *text, size_t room)
{
    size_t n = 0;

    for (;;) {
        ck_assert_msg(program_await(fd), "nothing more came, and no end");
        ssize_t got = read(fd, text + n, room - n);
        ck_assert_int_ge(got, 0);
        if (got == 0)
            break;
        n += (size_t)got;
        ck_assert_uint_lt(n, room);
    }
    text[n] = '\0';
    close(fd);
}

struct outcome program_finish(struct running running)
{
    struct outcome outcome;
    int status;

    read_all(running.out, outcome.out, sizeof(outcome.out));
    read_all(running.err, outcome.err, sizeof(outcome.err));
    ck_assert_int_eq(waitpid(running.pid, &status, 0), running.pid);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return outcome;
}
