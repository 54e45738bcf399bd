/* A command as one job, once a task, waited for: what srun is for Slurm. */
#include "submit_null.h"

#include "append.h"
#include "fatal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_MS    INT64_C(1000000)
#define CODE_TIMEOUT 124 /* as timeout(1) has it */
#define CODE_LOST    1

extern char **environ;

struct command_run {
    struct null_cluster *cluster;
    const struct null_command *command;
    struct null_node **of_task; /* NULL: it is over */
    int64_t left;
    int64_t limit_at_ns; /* INT64_MAX: none */
    int code;            /* the first that is not 0 */
    bool killed;
};

/* ------------------------------------------------------------------------------------- one's turn
 */

static char *why_file(const struct null_places *places, const char *name)
{
    return text_new("%s/%s", places->why, name);
}

static void tell_why(const struct null_places *places, const char *name, const char *words)
{
    char *file = why_file(places, name);
    mkdir(places->why, 0755);
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, words, strlen(words)) < 0)
        fprintf(stderr, "%s: can't write %s: %m\n", program_invocation_short_name, file);
    if (fd >= 0)
        close(fd);
}

void null_lock(const struct null_places *places, const char *name)
{
    int fd = open(places->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    static const char words[] = "another program holds the nodes";

    if (fd < 0)
        fatal_errno(1, "can't open %s", places->lock);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return; /* kept until the end */
    if (errno != EWOULDBLOCK)
        fatal_errno(1, "can't lock %s", places->lock);
    fprintf(stderr, "%s: %s: waiting for it to end\n", program_invocation_short_name, words);
    if (name)
        tell_why(places, name, words);
    while (flock(fd, LOCK_EX) != 0)
        if (errno != EINTR)
            fatal_errno(1, "can't lock %s", places->lock);
    if (name)
        unlink(why_file(places, name));
}

/* --------------------------------------------------------------------------------------- running
 */

static char **env_of(const struct null_command *c, int64_t task)
{
    size_t n = 0;
    while (environ[n])
        n++;
    char **env = calloc(n + 4, sizeof(*env));
    if (!env)
        abort();
    memcpy(env, environ, n * sizeof(*env));
    env[n++] = text_new("BENCHD_RANK=%lld", (long long)task);
    env[n++] = text_new("BENCHD_TASKS=%lld", (long long)c->tasks);
    env[n++] = text_new("BENCHD_NODES=%lld", (long long)c->nodes);
    return env;
}

/* As many on each node as on any other, or one more on the first ones. */
static void start_tasks(struct command_run *r)
{
    const struct null_command *c = r->command;
    int64_t task = 0, left = c->nodes;

    for (size_t i = 0; i < r->cluster->n && left > 0; i++) {
        struct null_node *node = &r->cluster->nodes[i];
        if (!node->known)
            continue;
        for (int64_t n = (c->tasks - task + left - 1) / left; n > 0; n--, task++) {
            char **env = env_of(c, task);
            const struct null_start start = {
                .user = "root", .dir = c->dir, .argv = c->argv, .env = env, .relayed = true};
            r->of_task[task] = node;
            cluster_start(node, (uint32_t)task, &start);
            free(env);
        }
        left--;
    }
    r->left = c->tasks;
}

static void kill_all(struct command_run *r, int signal)
{
    for (int64_t task = 0; task < r->command->tasks; task++)
        if (r->of_task[task])
            frames_send(&r->of_task[task]->frames, FRAME_KILL, (uint32_t)task, signal, NULL, 0);
    r->limit_at_ns = signal == SIGKILL ? INT64_MAX : clock_ns(CLOCK_MONOTONIC) + TERM_TO_KILL_NS;
    r->killed = true;
}

/* One that ends badly ends the others. */
static void end_task(struct command_run *r, int64_t task, int code, const char *words)
{
    const char *node = r->of_task[task]->name;

    r->of_task[task] = NULL;
    r->left--;
    if (code == 0 || r->killed)
        return;
    fprintf(stderr, "%s: %s: task %lld %s\n", program_invocation_short_name, node, (long long)task,
            words);
    r->code = code;
    kill_all(r, SIGTERM);
}

static void pass_on(int fd, const char *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = write(fd, data + done, bytes - done);
        if (n < 0 && errno != EINTR)
            fatal_errno(1, "can't pass on what the command wrote");
        done += n < 0 ? 0 : (size_t)n;
    }
}

static void lose(struct command_run *r, const struct null_node *node)
{
    for (int64_t task = 0; task < r->command->tasks; task++)
        if (r->of_task[task] == node)
            end_task(r, task, CODE_LOST, "was lost with its node, which does not answer any more");
}

static void hear(struct null_node *node, const struct frame *frame, const char *data, void *arg)
{
    struct command_run *r = arg;

    if (!frame) {
        lose(r, node);
    } else if (frame->key >= (uint64_t)r->command->tasks || r->of_task[frame->key] != node) {
        return;
    } else if (frame->kind == FRAME_OUT || frame->kind == FRAME_ERR) {
        pass_on(frame->kind == FRAME_OUT ? STDOUT_FILENO : STDERR_FILENO, data, frame->bytes);
    } else if (frame->kind == FRAME_EXIT) {
        char words[64];
        snprintf(words, sizeof(words), "ended with exit code %d", frame->value);
        end_task(r, frame->key, frame->value, words);
    }
}

static void keep_limit(struct command_run *r)
{
    if (clock_ns(CLOCK_MONOTONIC) < r->limit_at_ns)
        return;
    if (r->killed) {
        kill_all(r, SIGKILL);
        return;
    }
    fprintf(stderr, "%s: its time limit of %.3f s is over\n", program_invocation_short_name,
            (double)r->command->limit_ns / 1e9);
    r->code = CODE_TIMEOUT;
    kill_all(r, SIGTERM);
}

/* Milliseconds, rounded up. */
static int time_left(const struct command_run *r)
{
    int64_t left = r->limit_at_ns - clock_ns(CLOCK_MONOTONIC);

    if (r->limit_at_ns == INT64_MAX)
        return -1;
    return left <= 0 ? 0 : left / NS_PER_MS >= INT32_MAX ? INT32_MAX : (int)(left / NS_PER_MS) + 1;
}

int null_run(struct null_cluster *c, const struct null_places *places,
             const struct null_command *command)
{
    struct command_run r = {.cluster = c, .command = command, .limit_at_ns = INT64_MAX};
    struct pollfd *fds = calloc(c->n, sizeof(*fds));

    r.of_task = calloc((size_t)command->tasks, sizeof(struct null_node *));
    if (!fds || !r.of_task)
        abort();
    null_lock(places, command->name);
    if (command->limit_ns > 0)
        r.limit_at_ns = clock_ns(CLOCK_MONOTONIC) + null_time_of(command->limit_ns);
    start_tasks(&r);
    while (r.left > 0) {
        cluster_poll(c, fds);
        if (poll(fds, c->n, time_left(&r)) >= 0)
            cluster_take(c, fds, hear, &r);
        keep_limit(&r);
    }
    free(fds);
    free((void *)r.of_task);
    return r.code;
}
