#include "launch.h"

#include "fatal.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_CANT_RUN  126
#define EXIT_NOT_FOUND 127
#define CODE_OF_SIGNAL 128
#define RELAY_BYTES    65536

/* A START, taken apart. */
struct begin {
    const char *user, *dir;
    char **argv, **env;
    bool relayed;
};

static char *next_text(const char **at, const char *end)
{
    const char *text = *at;
    const char *nul = text < end ? memchr(text, '\0', (size_t)(end - text)) : NULL;

    if (nul)
        *at = nul + 1;
    return nul ? (char *)text : NULL;
}

static char **texts(const char **at, const char *end, uint32_t n)
{
    /* Each takes a byte at least. */
    char **list = n <= (size_t)(end - *at) ? calloc((size_t)n + 1, sizeof(*list)) : NULL;

    for (uint32_t i = 0; list && i < n; i++)
        if (!(list[i] = next_text(at, end))) {
            free(list);
            return NULL;
        }
    return list;
}

static bool take_apart(const char *data, size_t bytes, struct begin *ret)
{
    const char *at = data + sizeof(struct start), *end = data + bytes;
    struct start head;

    if (bytes < sizeof(head))
        return false;
    memcpy(&head, data, sizeof(head));
    ret->relayed = head.relayed != 0;
    ret->user = next_text(&at, end);
    ret->dir = next_text(&at, end);
    ret->argv = ret->dir && head.n_argv > 0 ? texts(&at, end, head.n_argv) : NULL;
    ret->env = ret->argv ? texts(&at, end, head.n_env) : NULL;
    return ret->env && at == end;
}

static _Noreturn void cant(int code, const char *what)
{
    const char *line = text_new("%s: %s: %m\n", program_invocation_short_name, what);

    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        _exit(EXIT_CANT_RUN);
    _exit(code);
}

/* In the new process. */
static _Noreturn void become(const struct begin *b, int out, int err)
{
    const struct passwd *user = launch_user(b->user, 0);
    sigset_t none;
    gid_t group = user ? user->pw_gid : 0;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (dup2(null, STDIN_FILENO) < 0 || dup2(out < 0 ? null : out, STDOUT_FILENO) < 0 ||
        dup2(err < 0 ? null : err, STDERR_FILENO) < 0)
        _exit(EXIT_CANT_RUN);
    errno = ENOENT;
    if (!user)
        cant(EXIT_CANT_RUN, text_new("the user %s", b->user));
    if (geteuid() == 0 &&
        (setgroups(1, &group) != 0 || setgid(group) != 0 || setuid(user->pw_uid) != 0))
        cant(EXIT_CANT_RUN, text_new("become %s", b->user));
    if (chdir(*b->dir ? b->dir : "/") != 0)
        cant(EXIT_CANT_RUN, text_new("begin in %s", b->dir));
    clearenv();
    for (char **variable = b->env; *variable; variable++)
        putenv(*variable);
    launch_set_user(user);
    execvp(b->argv[0], b->argv);
    cant(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANT_RUN, text_new("run %s", b->argv[0]));
}

static bool make_pipes(bool wanted, int ret_out[2], int ret_err[2])
{
    ret_out[0] = ret_out[1] = ret_err[0] = ret_err[1] = -1;
    if (!wanted)
        return true;
    if (pipe2(ret_out, O_CLOEXEC) != 0)
        return false;
    if (pipe2(ret_err, O_CLOEXEC) != 0) {
        close(ret_out[0]);
        close(ret_out[1]);
        return false;
    }
    fcntl(ret_out[0], F_SETFL, O_NONBLOCK);
    fcntl(ret_err[0], F_SETFL, O_NONBLOCK);
    return true;
}

static void close_perhaps(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static struct task *begin(const struct begin *b)
{
    struct task *t = calloc(1, sizeof(*t));
    int out[2], err[2];

    if (!t)
        abort();
    if (!make_pipes(b->relayed, out, err)) {
        free(t);
        return NULL;
    }
    t->pid = fork();
    if (t->pid == 0)
        become(b, out[1], err[1]);
    /* Here too: who is killed at once must be in it. */
    if (t->pid > 0)
        setpgid(t->pid, t->pid);
    close_perhaps(&out[1]);
    close_perhaps(&err[1]);
    t->out = out[0];
    t->err = err[0];
    if (t->pid > 0)
        return t;
    close_perhaps(&t->out);
    close_perhaps(&t->err);
    free(t);
    return NULL;
}

struct task *task_start(struct frames *peer, uint32_t key, const char *data, size_t bytes)
{
    struct begin b = {0};
    struct task *t = NULL;

    if (take_apart(data, bytes, &b))
        t = begin(&b);
    free(b.argv);
    free(b.env);
    if (!t) {
        frames_send(peer, FRAME_EXIT, key, EXIT_CANT_RUN, NULL, 0);
        return NULL;
    }
    t->peer = peer;
    t->key = key;
    return t;
}

/* False: nothing more is there, for now or at all. */
static bool relay(struct task *t, int *fd, enum frame_kind kind)
{
    static char data[RELAY_BYTES];
    ssize_t n = *fd < 0 ? 0 : read(*fd, data, sizeof(data));

    if (n > 0 && t->peer)
        frames_send(t->peer, kind, t->key, 0, data, (size_t)n);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_perhaps(fd);
    return n > 0;
}

void task_relay(struct task *t)
{
    relay(t, &t->out, FRAME_OUT);
    relay(t, &t->err, FRAME_ERR);
}

void task_kill(const struct task *t, int signal)
{
    kill(-t->pid, signal);
}

/* What it left of its process group ends with it: otherwise its pipes might never. */
void task_end(struct task *t, int status)
{
    task_kill(t, SIGKILL);
    while (relay(t, &t->out, FRAME_OUT))
        ;
    while (relay(t, &t->err, FRAME_ERR))
        ;
    close_perhaps(&t->out);
    close_perhaps(&t->err);
    if (t->peer)
        frames_send(t->peer, FRAME_EXIT, t->key,
                    WIFEXITED(status) ? WEXITSTATUS(status) : CODE_OF_SIGNAL + WTERMSIG(status),
                    NULL, 0);
    free(t);
}
