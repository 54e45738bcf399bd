#include "submit_slurm.h"

#include "append.h"
#include "fatal.h"
#include "number.h"
#include "order.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define CODE_OF_SIGNAL 128
#define VALUE_ROOM     64

static const struct {
    const char *slurm, *protocol;
} states[] = {
    {"COMPLETED", "completed"}, {"FAILED", "failed"},       {"OUT_OF_MEMORY", "failed"},
    {"TIMEOUT", "timeout"},     {"DEADLINE", "timeout"},    {"CANCELLED", "cancelled"},
    {"PREEMPTED", "cancelled"}, {"NODE_FAIL", "node-fail"}, {"BOOT_FAIL", "node-fail"},
};

static const char *state_of(const char *slurm)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(states[i].slurm, slurm) == 0)
            return states[i].protocol;
    return "unknown";
}

/* The value of a field "KEY=", up to the next blank. False where the line has none that fits. */
static bool value_of(const char *line, const char *key, char ret_value[VALUE_ROOM])
{
    const char *at = strstr(line, key);

    while (at && at != line && at[-1] != ' ')
        at = strstr(at + 1, key);
    if (!at)
        return false;
    at += strlen(key);
    size_t length = strcspn(at, " ");
    if (length >= VALUE_ROOM)
        return false;
    memcpy(ret_value, at, length);
    ret_value[length] = '\0';
    return true;
}

static bool number_of(const char *line, const char *key, int64_t *ret_number)
{
    char value[VALUE_ROOM];

    return value_of(line, key, value) && number_read(value, 0, UINT32_MAX, ret_number);
}

/* "CODE:SIGNAL" as one code. */
static int code_of(const char *line)
{
    char value[VALUE_ROOM] = "0", *signal;

    value_of(line, "ExitCode=", value);
    long code = strtol(value, &signal, 10);
    long number = *signal == ':' ? strtol(signal + 1, NULL, 10) : 0;
    return (int)(number ? CODE_OF_SIGNAL + number : code);
}

/*
 * A line, in Slurm 22.05 to 24.11: "JobId=7 UserId=root(0) ... Name=bd-3 JobState=COMPLETED ...
 * ArrayJobId=5 ArrayTaskId=2 ... ExitCode=0:0 ", the array's fields only for a task of one. An
 * array whose tasks were not told apart yet, for none had begun, ends in one line without them:
 * that is of all its tasks, as one without array is of its only one.
 */
static void take_line(const char *line)
{
    char name[VALUE_ROOM], state[VALUE_ROOM], all[] = "*", one[24];
    int64_t job_id, task, index;

    if (!value_of(line, "Name=", name) || strncmp(name, JOB_NAME, strlen(JOB_NAME)) != 0 ||
        !number_read(name + strlen(JOB_NAME), 0, UINT32_MAX, &index) ||
        !value_of(line, "JobState=", state))
        return;
    bool is_one = number_of(line, "ArrayJobId=", &job_id) && number_of(line, "ArrayTaskId=", &task);
    if (!is_one && !number_of(line, "JobId=", &job_id))
        return;
    if (is_one)
        snprintf(one, sizeof(one), "%lld", (long long)task);
    say("ended %lld %s %s %d %lld", (long long)job_id, is_one ? one : all, state_of(state),
        code_of(line), (long long)clock_ns(CLOCK_MONOTONIC));
}

/* Opens the file where it is there by now. */
static void look(struct jobcomp *j)
{
    int fd = open(j->file, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    /* First the watch, then the reading: nothing is appended between them unseen. */
    if (inotify_add_watch(j->notify, j->file, IN_MODIFY) < 0)
        give_up("can't watch %s: %s", j->file, strerror(errno));
    j->lines.fd = fd;
    j->there = true;
}

void jobcomp_watch(struct jobcomp *j, const char *file)
{
    j->file = file;
    j->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (j->notify < 0 ||
        inotify_add_watch(j->notify, dirname(text_new("%s", file)), IN_CREATE | IN_MOVED_TO) < 0)
        give_up("can't watch for %s: %s", file, strerror(errno));
    look(j);
    if (j->there)
        lseek(j->lines.fd, 0, SEEK_END);
}

void jobcomp_read(struct jobcomp *j)
{
    char events[4096];

    while (read(j->notify, events, sizeof(events)) > 0)
        ;
    if (!j->there)
        look(j);
    if (!j->there)
        return;
    do {
        const char *line;
        j->lines.ended = false;
        if (!lines_fill(&j->lines))
            give_up("%s has a line without end", j->file);
        while ((line = lines_next(&j->lines)))
            take_line(line);
    } while (!j->lines.ended);
}
