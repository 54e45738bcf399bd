#include "bench-driver.h"

#include "ahead.h"
#include "append.h"
#include "driver.h"
#include "fatal.h"
#include "number.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define NS_PER_S    INT64_C(1000000000)
#define READY_NS    (60 * NS_PER_S)
#define PROGRESS_NS NS_PER_S
/* From the submitter's readiness to the stream's beginning: on a controller with a share of a CPU
 * its start has used up some periods' quota (of 100 ms), which would make the first jobs late. */
#define SETTLE_NS (NS_PER_S / 4)
#define DEATH_MS  1000 /* for one that has closed its pipes to end */

#define CLIENTS_VARIABLE "BENCHD_CLIENTS"
#define CLIENTS_MOST     64

#define WORDS_MOST 2048 /* of a payload; leaves room for the rest of a saying */

struct options {
    const char *jobs, *records, *job;
    const char *payload; /* words */
    char **submitter;
};

struct loop {
    struct driver driver;
    struct submitter submitter;
    struct command command;
    int signals;
    int64_t ready_until_ns;
    int64_t progress_ns; /* when it was told last */
    uint32_t told_submitted, told_ended;
    bool finish_said;
};

static _Noreturn void usage(void)
{
    fputs(
        "usage: bench-driver --jobs FILE --records FILE --payload NAME[:ARGUMENTS] [--clients N]\n"
        "                    [--job PROGRAM] -- SUBMITTER [ARGUMENT...]\n"
        "Hands a stream of jobs to a scheduler and writes down what becomes of them.\n",
        stderr);
    exit(BENCH_DRIVER_EXIT_USAGE);
}

/* NAME[:ARGUMENTS] as words with one blank between them, in place. */
static const char *words_of(char *payload)
{
    if (strlen(payload) > WORDS_MOST || strpbrk(payload, "\n\r\t"))
        fatal(BENCH_DRIVER_EXIT_USAGE, "--payload: longer than %d bytes, or of more than one line",
              WORDS_MOST);
    char *colon = strchr(payload, ':');
    if (colon)
        *colon = ' ';
    return payload;
}

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"jobs", required_argument, NULL, 'j'},    {"records", required_argument, NULL, 'r'},
        {"payload", required_argument, NULL, 'p'}, {"clients", required_argument, NULL, 'c'},
        {"job", required_argument, NULL, 'J'},     {0},
    };
    struct options o = {.job = BENCH_DRIVER_JOB};

    for (int option; (option = getopt_long(argc, argv, "+", known, NULL)) != -1;) {
        if (option == 'j')
            o.jobs = optarg;
        else if (option == 'r')
            o.records = optarg;
        else if (option == 'p')
            o.payload = words_of(optarg);
        else if (option == 'J')
            o.job = optarg;
        else if (option != 'c')
            usage();
        else if (number("--clients", optarg, 1, CLIENTS_MOST) &&
                 setenv(CLIENTS_VARIABLE, optarg, 1) != 0)
            abort();
    }
    o.submitter = argv + optind;
    if (!o.jobs || !o.records || !o.payload || !o.submitter[0])
        usage();
    return o;
}

/* Blocks the signals that end this program, to be read from the descriptor. */
static int take_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    /* A submitter or reader that has gone is told by errno. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        fatal_errno(BENCH_DRIVER_EXIT_FAILED, "can't take signals");
    return fd;
}

static void end_by_signal(const struct loop *l)
{
    struct signalfd_siginfo info;
    sigset_t set;

    if (read(l->signals, &info, sizeof(info)) != sizeof(info))
        return;
    submitter_kill();
    signal((int)info.ssi_signo, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, (int)info.ssi_signo);
    raise((int)info.ssi_signo);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void hand_over(struct loop *l)
{
    static char line[SAYING_MOST];
    struct driver *d = &l->driver;

    while (submitter_room(&l->submitter)) {
        int32_t job = turn_next(d, clock_ns(CLOCK_MONOTONIC));
        if (job != NO_JOB) {
            say_job(d, job, &l->command, line, sizeof(line));
            submitter_say(&l->submitter, line);
            continue;
        }
        if (d->to_hand_over == 0 && !l->finish_said && d->ready) {
            l->finish_said = true;
            submitter_say(&l->submitter, "finish\n");
        }
        break;
    }
}

/* Takes in what the submitter has said. */
static void listen_once(struct loop *l)
{
    struct driver *d = &l->driver;
    bool was_ready = d->ready;
    char *line;

    if (!lines_fill(&l->submitter.from))
        fatal(BENCH_DRIVER_EXIT_NONSENSE, "the submitter said a line without end");
    while ((line = lines_next(&l->submitter.from)))
        talk_line(d, line);
    if (was_ready || !d->ready)
        return;
    d->begin_ns = clock_ns(CLOCK_MONOTONIC) + SETTLE_NS;
    append(d->records, (struct job_record){.kind = JOB_RECORD_BEGIN,
                                           .mono_ns = d->begin_ns,
                                           .wall_ns = clock_ns(CLOCK_REALTIME) + SETTLE_NS});
}

static bool is_over(const struct driver *d)
{
    return d->ready && d->ended_tasks == d->stream.tasks;
}

/* It has ended, or closed a pipe. What it said at last tells more, and may be all that was missing.
 */
static void submitter_gone(struct loop *l)
{
    struct submitter *s = &l->submitter;
    bool ended = submitter_wait(s, DEATH_MS);

    do
        listen_once(l);
    while (!s->from.ended && !s->from.idle);
    if (is_over(&l->driver))
        return;
    fatal(l->driver.ready ? BENCH_DRIVER_EXIT_DIED : BENCH_DRIVER_EXIT_START,
          "the submitter %s before %s", ended ? submitter_ending(s) : "closed its pipes",
          l->driver.ready ? "all jobs were over" : "it was ready");
}

static void tell_progress(struct loop *l)
{
    const struct driver *d = &l->driver;
    char line[64];

    l->progress_ns = clock_ns(CLOCK_MONOTONIC);
    l->told_submitted = d->submitted_tasks;
    l->told_ended = d->ended_tasks;
    int length = snprintf(line, sizeof(line), "progress %u %u %u\n", d->submitted_tasks,
                          d->ended_tasks, d->stream.tasks);
    /* Nobody listens: the records have it all the same. */
    if (write(STDOUT_FILENO, line, (size_t)length) < 0)
        return;
}

static bool progress_is_new(const struct loop *l)
{
    return l->told_submitted != l->driver.submitted_tasks || l->told_ended != l->driver.ended_tasks;
}

/* CLOCK_MONOTONIC: when the loop has to go round whatever comes. */
static int64_t next_moment(struct loop *l)
{
    int64_t next = l->driver.ready ? INT64_MAX : l->ready_until_ns;

    if (submitter_room(&l->submitter) && turn_moment(&l->driver) < next)
        next = turn_moment(&l->driver);
    if (progress_is_new(l) && l->progress_ns + PROGRESS_NS < next)
        next = l->progress_ns + PROGRESS_NS;
    return next;
}

static void go_round(struct loop *l)
{
    struct submitter *s = &l->submitter;
    struct pollfd fds[] = {{.fd = l->signals, .events = POLLIN},
                           {.fd = s->from.fd, .events = POLLIN},
                           {.fd = s->pidfd, .events = POLLIN},
                           {.fd = s->n_out ? s->to : -1, .events = POLLOUT}};
    int64_t now = clock_ns(CLOCK_MONOTONIC), next = next_moment(l),
            left = next > now ? next - now : 0;
    const struct timespec time = {.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S};

    ppoll(fds, sizeof(fds) / sizeof(fds[0]), next == INT64_MAX ? NULL : &time, NULL);
    if (fds[0].revents)
        end_by_signal(l);
    if (fds[1].revents)
        listen_once(l);
    if (fds[2].revents || s->from.ended)
        submitter_gone(l);
    now = clock_ns(CLOCK_MONOTONIC);
    if (!l->driver.ready && now >= l->ready_until_ns)
        fatal(BENCH_DRIVER_EXIT_START, "the submitter is not ready after %lld s",
              (long long)(READY_NS / NS_PER_S));
    if (progress_is_new(l) && now >= l->progress_ns + PROGRESS_NS)
        tell_progress(l);
}

static int64_t cpu_ns(int who)
{
    struct rusage used;

    getrusage(who, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * NS_PER_S +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000;
}

int main(int argc, char **argv)
{
    static struct loop loop;
    struct options options = parse(argc, argv);
    struct driver *d = &loop.driver;

    *d = (struct driver){
        .stream = stream_read(options.jobs),
        .records = append_open(options.records),
        .begin_ns = INT64_MAX / 2, /* not before it is ready */
        .first_freed = NO_JOB,
    };
    d->to_hand_over = d->stream.n;
    think_init(d);
    loop.command = (struct command){options.job, options.payload};
    loop.signals = take_signals();
    submitter_start(&loop.submitter, options.submitter);
    ahead_of_others();
    loop.ready_until_ns = clock_ns(CLOCK_MONOTONIC) + READY_NS;
    while (!is_over(d)) {
        hand_over(&loop);
        if (is_over(d))
            break; /* the last one could not be asked for */
        if (!submitter_flush(&loop.submitter))
            submitter_gone(&loop);
        else
            go_round(&loop);
    }
    struct job_record finish = {.kind = JOB_RECORD_FINISH,
                                .mono_ns = clock_ns(CLOCK_MONOTONIC),
                                .wall_ns = clock_ns(CLOCK_REALTIME)};
    submitter_finish(&loop.submitter);
    finish.more_ns = cpu_ns(RUSAGE_CHILDREN);
    finish.cpu_ns = cpu_ns(RUSAGE_SELF) + finish.more_ns;
    append(d->records, finish);
    tell_progress(&loop);
    return 0;
}
