#include "interrupt.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static int pipe_fds[2] = {-1, -1};

static void on_signal(int signum)
{
    int saved = errno;
    caught = signum;
    /* The pipe is empty but for earlier signals: one byte always fits, or there is one already. */
    ssize_t written = write(pipe_fds[1], "", 1);
    (void)written;
    errno = saved;
}

void interrupt_install(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
        bd_die("benchctl: no pipe for signals");
    /* Without SA_RESTART, so that reads and writes that block end too. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    for (size_t i = 0; i < BD_ARRAY_LEN(signals); i++) {
        struct sigaction old;
        sigaction(signals[i], NULL, &old);
        if (old.sa_handler != SIG_IGN) /* as under nohup */
            sigaction(signals[i], &action, NULL);
    }
}

int interrupt_signal(void)
{
    return caught;
}

int interrupt_fd(void)
{
    return pipe_fds[0];
}

int interrupt_check(struct bd_err *err)
{
    return caught ? bd_err_set(err, BD_ECANCELLED, "interrupted") : 0;
}

int interrupt_sleep(int64_t ns, struct bd_err *err)
{
    struct pollfd fd = {.fd = pipe_fds[0], .events = POLLIN};
    struct timespec wait = {.tv_sec = ns / BD_NS_PER_S, .tv_nsec = ns % BD_NS_PER_S};
    (void)ppoll(&fd, 1, &wait, NULL);
    return interrupt_check(err);
}
