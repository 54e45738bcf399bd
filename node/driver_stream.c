#include "driver.h"

#include "bench-driver.h"
#include "fatal.h"
#include "number.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 1000000
#define NS_MAX   (INT64_MAX / 4)

/* What a line has, in its order. */
struct field {
    const char *name;
    int64_t least, most;
};
enum {
    INDEX,
    ARRIVAL,
    NODES,
    TASKS,
    RUNTIME,
    REQUESTED,
    USER,
    PRIORITY,
    AFTER, /* the last that each line has */
    THINK,
    GROUP,
    NODE_TASKS,
    TASK_CORES,
    NODE_MEMORY,
    SHARES,
    FIELD_COUNT
};
static const struct field fields[FIELD_COUNT] = {
    [INDEX] = {"index", 0, JOBS_MAX - 1},
    [ARRIVAL] = {"arrival", 0, NS_MAX},
    [NODES] = {"nodes", 1, INT32_MAX},
    [TASKS] = {"tasks", 1, JOBS_MAX},
    [RUNTIME] = {"runtime", 0, NS_MAX},
    [REQUESTED] = {"requested", 0, NS_MAX},
    [USER] = {"user", 0, INT32_MAX},
    [PRIORITY] = {"priority", INT32_MIN, INT32_MAX},
    [AFTER] = {"after", -1, JOBS_MAX - 1},
    [THINK] = {"think time", -1, NS_MAX},
    [GROUP] = {"group", -1, INT64_MAX},
    [NODE_TASKS] = {"tasks a node", 0, INT32_MAX},
    [TASK_CORES] = {"cores a task", 0, INT32_MAX},
    [NODE_MEMORY] = {"memory", 0, NS_MAX},
    [SHARES] = {"word on sharing", 0, 1},
};

#define bad(file, line, ...)                                                                       \
    fatal(BENCH_DRIVER_EXIT_JOBS, "%s line %u: %s", file, line, text_new(__VA_ARGS__))

static char *next_line(struct lines *lines, const char *file, unsigned number)
{
    for (;;) {
        char *line = lines_next(lines);
        if (line)
            return line;
        if (lines->ended || !lines_fill(lines))
            bad(file, number, "the file ends too early");
    }
}

static void read_fields(char *line, const char *file, unsigned number,
                        int64_t ret_values[FIELD_COUNT])
{
    memset(ret_values, 0, FIELD_COUNT * sizeof(ret_values[0]));
    ret_values[THINK] = ret_values[GROUP] = -1;
    int n = 0;
    for (int i = 0; i < FIELD_COUNT && (line || i <= AFTER); i++, n++) {
        const char *word = strsep(&line, " ");
        if (!word || !number_read(word, fields[i].least, fields[i].most, &ret_values[i]))
            bad(file, number, "no %s from %lld to %lld", fields[i].name, (long long)fields[i].least,
                (long long)fields[i].most);
    }
    if (line)
        bad(file, number, "more than %d fields", FIELD_COUNT);
    if ((n == GROUP + 1 && ret_values[GROUP] < 0) || (n > GROUP + 1 && n < FIELD_COUNT))
        bad(file, number, "it ends behind the field %s", fields[n - 1].name);
}

/* It has no turn by its arrival. */
static void add_thinker(struct stream *s, int32_t index)
{
    struct driver_job *job = &s->jobs[index], *before = &s->jobs[job->after];

    job->next = before->first_thinker;
    before->first_thinker = index;
    s->thinkers++;
}

static void add_job(struct stream *s, const int64_t *v, const char *file, unsigned number)
{
    uint32_t index = s->n;

    if (v[INDEX] != index)
        bad(file, number, "job %lld where %u comes", (long long)v[INDEX], index);
    if (v[AFTER] >= index)
        bad(file, number, "follows job %lld, which is no earlier one", (long long)v[AFTER]);
    if (index > 0 && v[ARRIVAL] < s->jobs[index - 1].arrival_ns)
        bad(file, number, "arrives before the one above");
    if (v[THINK] >= 0 && v[AFTER] < 0)
        bad(file, number, "a think time, and no job that it follows");
    if (s->tasks + v[TASKS] > JOBS_MAX)
        bad(file, number, "more than %d tasks", JOBS_MAX);
    s->jobs[index] = (struct driver_job){
        .arrival_ns = v[ARRIVAL],
        .runtime_ns = v[RUNTIME],
        .requested_ns = v[REQUESTED],
        .think_ns = v[THINK],
        .nodes = (uint32_t)v[NODES],
        .node_tasks = v[NODE_TASKS] > 0 ? (uint32_t)v[NODE_TASKS] : 1,
        .task_cores = (uint32_t)v[TASK_CORES],
        .node_memory = (uint64_t)v[NODE_MEMORY],
        .shares = v[SHARES] == 1,
        .tasks = (uint32_t)v[TASKS],
        .user = (uint32_t)v[USER],
        .priority = (int32_t)v[PRIORITY],
        .after = (int32_t)v[AFTER],
        .first_waiter = NO_JOB,
        .first_thinker = NO_JOB,
        .next = NO_JOB,
        .first_task = s->tasks,
    };
    if (v[THINK] >= 0)
        add_thinker(s, (int32_t)index);
    s->has_priorities = s->has_priorities || v[PRIORITY] != 0;
    s->n++;
    s->tasks += (uint32_t)v[TASKS];
}

struct stream stream_read(const char *file)
{
    static struct lines lines;
    static const char head[] = "benchd-jobs 1 ";
    struct stream s = {0};
    int64_t n, values[FIELD_COUNT];

    lines.fd = open(file, O_RDONLY | O_CLOEXEC);
    if (lines.fd < 0)
        fatal_errno(BENCH_DRIVER_EXIT_JOBS, "can't open %s", file);
    const char *first = next_line(&lines, file, 1);
    if (strncmp(first, head, sizeof(head) - 1) != 0 ||
        !number_read(first + sizeof(head) - 1, 0, JOBS_MAX, &n))
        bad(file, 1U, "not \"%sN\" with N from 0 to %d", head, JOBS_MAX);
    s.jobs = calloc((size_t)n + 1, sizeof(*s.jobs));
    if (!s.jobs)
        abort();
    for (unsigned number = 2; s.n < n; number++) {
        read_fields(next_line(&lines, file, number), file, number, values);
        add_job(&s, values, file, number);
    }
    s.ended = calloc((size_t)s.tasks + 1, 1);
    if (!s.ended)
        abort();
    return s;
}
