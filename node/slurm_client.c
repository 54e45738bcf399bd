#include "submit_slurm.h"

#include "../lib/sched/describe/description.h"
#include "append.h"
#include "number.h"
#include "order.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NS_PER_S       INT64_C(1000000000)
#define CODE_OF_SIGNAL 128
#define CODE_NO_NUMBER 1 /* of a client that ended well and gave none */

/*
 * Where the jobs of a stream have priorities, each gets its own from here, which root may give:
 * those of one level in their order. A nice value would not do: priority/basic counts on from the
 * lowest priority that it gave, so that a job of a low one would pull all later ones down.
 */
#define PRIORITY_BASE (INT64_C(1) << 31)
#define PRIORITY_STEP 1000000 /* more jobs has no stream */

#define ARGS_MOST 1100
#define TEXT_MOST 1024

/* The arguments of the client that is being started. */
static struct {
    char *items[ARGS_MOST + 1];
    size_t n;
    char text[TEXT_MOST];
    size_t used;
} args;

static void add(char *arg)
{
    if (args.n == ARGS_MOST)
        give_up("a job's command has more than %d words", ARGS_MOST / 2);
    args.items[args.n++] = arg;
    args.items[args.n] = NULL;
}

static __attribute__((format(printf, 1, 2))) void addf(const char *format, ...)
{
    char *text = args.text + args.used;
    va_list values;

    va_start(values, format);
    int length = vsnprintf(text, TEXT_MOST - args.used, format, values);
    va_end(values);
    args.used += (size_t)length + 1;
    if (args.used > TEXT_MOST)
        give_up("the options of a job are too long");
    add(text);
}

/* A limit of its own in any case. */
static int64_t whole_grains(int64_t limit_ns, int64_t grain_s)
{
    int64_t grain_ns = grain_s * NS_PER_S;

    return limit_ns > 0 ? ((limit_ns - 1) / grain_ns + 1) * grain_ns : grain_ns;
}

static void add_word(const char *word, void *arg)
{
    (void)arg;
    addf("%s", word);
}

static void add_description(const struct slurm_terms *terms, const struct order *o)
{
    const struct sched_job job = {
        .nodes = (unsigned)o->nodes,
        .tasks = (unsigned)(o->nodes * o->ask.tasks),
        .cores_per_task = (unsigned)o->ask.cores_per_task,
        .memory_bytes = (uint64_t)o->ask.memory_bytes,
        .exclusive = !o->ask.shares,
        .limit_ns = whole_grains(o->limit_ns, terms->grain_s),
    };

    slurm_words(&job, add_word, NULL);
}

/* The user's own group: Slurm takes the group of who submits else. Read here, for a static program
 * can't ask the name service. */
static void add_user(const char *user)
{
    FILE *file;
    struct passwd *entry;

    if (strcmp(user, "root") == 0)
        return;
    addf("--uid=%s", user);
    file = fopen("/etc/passwd", "re");
    if (!file)
        return;
    while ((entry = fgetpwent(file)))
        if (strcmp(entry->pw_name, user) == 0) {
            addf("--gid=%u", entry->pw_gid);
            break;
        }
    fclose(file);
}

/* Without one Slurm's own rules hold. */
static void add_priority(const struct order *o)
{
    if (o->has_priority)
        addf("--priority=%lld",
             (long long)(PRIORITY_BASE + o->priority * PRIORITY_STEP - o->index % PRIORITY_STEP));
}

/* The environment is handed on as it is (client_environment): with NONE, or with a list, slurmd
 * would ask a login shell for the user's. */
static void set_args(const struct slurm_terms *terms, const struct order *o)
{
    char *words = o->command;

    args.n = args.used = 0;
    add("sbatch");
    add("--parsable");
    addf("--job-name=" JOB_NAME "%u", o->index);
    add_description(terms, o);
    addf("--output=%s", terms->output);
    add("--open-mode=append");
    add("--no-requeue");
    add("--export=ALL");
    add_user(o->user);
    add_priority(o);
    if (o->after > 0)
        addf("--dependency=afterany:%lld", (long long)o->after);
    if (o->tasks > 1)
        addf("--array=0-%lld", (long long)o->tasks - 1);
    addf("%s", terms->script);
    for (char *word; (word = strsep(&words, " "));)
        if (*word)
            add(word);
}

/* What sbatch and the jobs need, and no more: it goes to the controller with every job. */
static char **client_environment(void)
{
    static const char *const names[] = {"PATH", "SLURM_CONF", RECORDS_VARIABLE};
    static char *kept[sizeof(names) / sizeof(names[0]) + 1];
    size_t n = 0;

    if (kept[0])
        return kept;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value && asprintf(&kept[n++], "%s=%s", names[i], value) < 0)
            abort();
    }
    return kept;
}

static int read_end_of_pipe(int *ret_write_end)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        give_up("can't make a pipe: %s", strerror(errno));
    *ret_write_end = ends[1];
    return ends[0];
}

static pid_t spawn(int out, int err)
{
    posix_spawn_file_actions_t files;
    pid_t pid;

    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
    int error = posix_spawnp(&pid, args.items[0], &files, NULL, args.items, client_environment());
    posix_spawn_file_actions_destroy(&files);
    if (error)
        give_up("can't run %s: %s", args.items[0], strerror(error));
    return pid;
}

bool client_start(struct slurm_client *c, const struct slurm_terms *terms, char *line)
{
    int out, err;
    struct order order;

    if (!order_read(line, &order))
        return false;
    set_args(terms, &order);
    c->index = order.index;
    c->out = read_end_of_pipe(&out);
    c->err = read_end_of_pipe(&err);
    c->accepted = false;
    c->n_out = c->n_err = 0;
    int64_t begun_ns = clock_ns(CLOCK_MONOTONIC);
    c->pid = spawn(out, err);
    say("begun %u %lld", c->index, (long long)begun_ns);
    close(out);
    close(err);
    return true;
}

/* Keeps what there is room for, and closes the descriptor at its end. */
static void take(int *fd, char *text, size_t *n)
{
    char rest[CLIENT_TEXT];
    size_t room = CLIENT_TEXT - 1 - *n;
    ssize_t got = room ? read(*fd, text + *n, room) : read(*fd, rest, sizeof(rest));

    if (got > 0 && room)
        *n += (size_t)got;
    text[*n] = '\0';
    if (got == 0 || (got < 0 && errno != EINTR)) {
        close(*fd);
        *fd = -1;
    }
}

/* "NUMBER" or "NUMBER;CLUSTER". */
static void look_for_number(struct slurm_client *c)
{
    int64_t moment_ns = clock_ns(CLOCK_MONOTONIC), job_id;
    char text[CLIENT_TEXT];

    if (!strchr(c->out_text, '\n'))
        return;
    memcpy(text, c->out_text, sizeof(text));
    text[strcspn(text, ";\n")] = '\0';
    if (!number_read(text, 1, UINT32_MAX, &job_id))
        return;
    c->accepted = true;
    say("accepted %u %lld %lld", c->index, (long long)moment_ns, (long long)job_id);
}

static void end(struct slurm_client *c)
{
    int status;

    waitpid(c->pid, &status, 0);
    c->pid = 0;
    if (c->accepted)
        return;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : CODE_OF_SIGNAL + WTERMSIG(status);
    say("refused %u %lld %d %s", c->index, (long long)clock_ns(CLOCK_MONOTONIC),
        code ? code : CODE_NO_NUMBER, *c->err_text ? c->err_text : "sbatch gave no number");
}

void client_listen(struct slurm_client *c, int fd)
{
    if (fd == c->out) {
        take(&c->out, c->out_text, &c->n_out);
        if (!c->accepted)
            look_for_number(c);
    } else {
        take(&c->err, c->err_text, &c->n_err);
    }
    if (c->out < 0 && c->err < 0)
        end(c);
}
