/*
 * fake-submitter MODE [NUMBER]: a submitter (docs/submitters.md) for the tests of bench-driver. The
 * scheduler's number of a job is 1000 + its index. What it hears is appended to the file FAKE_LOG;
 * jobs are to come in the form FAKE_FORM, where that is set.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int mode_number;

static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void accept_job(int index)
{
    printf("accepted %d %lld %d\n", index, now(), 1000 + index);
}

static void end_tasks(int index, int tasks)
{
    for (int task = tasks - 1; task >= 0; task--)
        printf("ended %d %d completed 0 %lld\n", 1000 + index, task, now());
}

static void all(int index, int tasks)
{
    printf("begun %d %lld\n", index, now());
    accept_job(index);
    end_tasks(index, tasks);
}

static void refuse(int index, int tasks)
{
    if (index != mode_number) {
        all(index, tasks);
        return;
    }
    printf("begun %d %lld\n", index, now());
    printf("refused %d %lld 4 no such queue\n", index, now());
}

static void die(int index, int tasks)
{
    if (index == mode_number)
        exit(3);
    all(index, tasks);
}

static void early(int index, int tasks)
{
    printf("begun %d %lld\n", index, now());
    end_tasks(index, tasks);
    accept_job(index);
}

static void star(int index, int tasks)
{
    printf("begun %d %lld\n", index, now());
    accept_job(index);
    if (tasks > 1)
        printf("ended %d 0 failed 3 %lld\n", 1000 + index, now());
    printf("ended %d * cancelled 0 %lld\n", 1000 + index, now());
}

/* Those of task 0 at once, of others one after the other; when it was eligible nobody knows. */
static void points(int index, int tasks)
{
    printf("begun %d %lld\n", index, now());
    accept_job(index);
    long long moment = now();
    printf("points %d 0 - %lld %lld\n", 1000 + index, moment, moment);
    for (int task = 1; task < tasks; task++) {
        printf("points %d %d - %lld -\n", 1000 + index, task, now());
        printf("points %d %d - - %lld\n", 1000 + index, task, now());
    }
    end_tasks(index, tasks);
}

static void twice(int index, int tasks)
{
    all(index, tasks);
    end_tasks(index, tasks);
}

static void slow(int index, int tasks)
{
    usleep((useconds_t)mode_number * 1000);
    all(index, tasks);
}

static void strangers(int index, int tasks)
{
    end_tasks(70000 + index, tasks);
    all(index, tasks);
}

/* The last lines and the end come at once. */
static void hasty(int index, int tasks)
{
    all(index, tasks);
    if (index == mode_number) {
        fflush(stdout);
        exit(0);
    }
}

static void forever(int index, int tasks)
{
    (void)tasks;
    printf("begun %d %lld\n", index, now());
    accept_job(index);
}

/* A line in which "NOW" stands for the moment. */
static void say_line(int index, int tasks)
{
    const char *line = getenv("FAKE_LINE"), *at = strstr(line, "NOW");

    if (at)
        printf("%.*s%lld%s\n", (int)(at - line), line, now(), at + 3);
    else
        printf("%s\n", line);
    all(index, tasks);
}

static const struct {
    const char *name;
    void (*take)(int index, int tasks);
} modes[] = {
    {"all", all},       {"refuse", refuse}, {"die", die},
    {"early", early},   {"points", points}, {"star", star},
    {"twice", twice},   {"slow", slow},     {"strangers", strangers},
    {"line", say_line}, {"hasty", hasty},   {"forever", forever},
};

static void take_line(const char *line, void (*take)(int, int))
{
    int index, nodes, tasks;

    if (sscanf(line, "submit %d %d %d", &index, &nodes, &tasks) == 3)
        take(index, tasks);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *log_name = getenv("FAKE_LOG");
    FILE *log = log_name ? fopen(log_name, "ae") : NULL;
    char line[8192];
    void (*take)(int, int) = NULL;

    for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(modes[i].name, argv[1]) == 0)
            take = modes[i].take;
    if (!take)
        return 9; /* before it is ready */
    mode_number = argc > 2 ? atoi(argv[2]) : 0;
    const char *form = getenv("FAKE_FORM");
    printf("ready%s%s\n", form ? " " : "", form ? form : "");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        if (log) {
            fputs(line, log);
            fflush(log);
        }
        take_line(line, take);
    }
    return 0;
}
