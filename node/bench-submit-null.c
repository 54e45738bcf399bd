/*
 * bench-submit-null: the scheduler null, on the controller. It speaks TCP to bench-launch on each
 * compute node, and gives whole nodes to jobs, first come first served. All that there is of it
 * lives in this process: what it runs ends with it.
 *
 *     bench-submit-null [OPTION...]                          a stream of jobs, for bench-driver
 *     bench-submit-null run [OPTION...] -- COMMAND [ARG...]  a command as a job that is waited for
 *     bench-submit-null check [OPTION...]                    whether all nodes answer
 *
 *     --nodes N, --tasks N, --limit-ns N, --dir DIR, --name NAME   of `run`
 *     --hosts FILE    a line "NAME ADDRESS" a node (/etc/benchd/null.nodes)
 *     --secret FILE   that bench-launch knows too (/etc/benchd/null.key)
 *     --port N        where it listens (897)
 *     --records FILE  gets a line for each job of a stream that is over (/var/log/benchd/null.log)
 *     --state DIR     has the lock (/run/benchd)
 */
#include "ahead.h"
#include "append.h"
#include "fatal.h"
#include "lines.h"
#include "number.h"
#include "submit_null.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S     INT64_C(1000000000)
#define CONNECT_MS   5000
#define CHECK_MS     500
#define TASKS_MOST   100000
#define EXIT_MISSING 3

struct options {
    struct null_places places;
    struct null_command command;
    const char *records;
};

static void take_state(struct options *o, const char *dir)
{
    o->places.lock = text_new("%s/null.lock", dir);
    o->places.why = text_new("%s/null.why", dir);
}

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"nodes", required_argument, NULL, 'n'},
        {"tasks", required_argument, NULL, 't'},
        {"limit-ns", required_argument, NULL, 'l'},
        {"dir", required_argument, NULL, 'd'},
        {"name", required_argument, NULL, 'N'},
        {"hosts", required_argument, NULL, 'h'},
        {"secret", required_argument, NULL, 's'},
        {"port", required_argument, NULL, 'p'},
        {"records", required_argument, NULL, 'r'},
        {"state", required_argument, NULL, 'S'},
        {0},
    };
    struct options o = {
        .places = {.nodes = "/etc/benchd/null.nodes", .secret = FRAMES_SECRET, .port = FRAMES_PORT},
        .command = {.name = "job", .nodes = 1},
        .records = "/var/log/benchd/null.log",
    };

    take_state(&o, "/run/benchd");
    for (int option; (option = getopt_long(argc, argv, "+", known, NULL)) != -1;) {
        switch (option) {
        case 'n':
            o.command.nodes = number("--nodes", optarg, 1, TASKS_MOST);
            break;
        case 't':
            o.command.tasks = number("--tasks", optarg, 1, TASKS_MOST);
            break;
        case 'l':
            o.command.limit_ns = number("--limit-ns", optarg, 0, INT64_MAX / 4);
            break;
        case 'd':
            o.command.dir = optarg;
            break;
        case 'N':
            o.command.name = optarg;
            break;
        case 'h':
            o.places.nodes = optarg;
            break;
        case 's':
            o.places.secret = optarg;
            break;
        case 'p':
            o.places.port = number("--port", optarg, 1, 65535);
            break;
        case 'r':
            o.records = optarg;
            break;
        case 'S':
            take_state(&o, optarg);
            break;
        default:
            exit(EXIT_USAGE); /* getopt has told */
        }
    }
    o.command.argv = argv + optind;
    return o;
}

/* ----------------------------------------------------------------------------- run, check a node
 */

static int check(struct null_cluster *c, const struct options *o)
{
    if (cluster_connect(c, &o->places, CHECK_MS))
        return 0;
    printf("%s\n", cluster_missing(c));
    return EXIT_MISSING;
}

static int run(struct null_cluster *c, struct options *o)
{
    struct null_command *command = &o->command;

    if (!command->argv[0])
        fatal(EXIT_USAGE, "run: expected -- COMMAND [ARGUMENT...]");
    if (command->tasks == 0)
        command->tasks = command->nodes;
    if (command->tasks < command->nodes || command->nodes > (int64_t)c->n)
        fatal(EXIT_USAGE, "run: %lld tasks on %lld of %zu nodes", (long long)command->tasks,
              (long long)command->nodes, c->n);
    if (!cluster_connect(c, &o->places, CONNECT_MS))
        fatal(1, "no answer from %s within %d s", cluster_missing(c), CONNECT_MS / 1000);
    return null_run(c, &o->places, command);
}

/* --------------------------------------------------------------------------------------- a stream
 */

static void take_orders(struct lines *orders, struct null_queue *q)
{
    char *line;

    while ((line = lines_next(orders))) {
        int64_t begun_ns = clock_ns(CLOCK_MONOTONIC);
        char *rest = line;
        const char *word = strsep(&rest, " ");
        struct order order;
        if (strcmp(word, "finish") == 0)
            continue;
        if (strcmp(word, "submit") != 0 || !rest || !order_read(rest, &order))
            give_up("'%s' makes no sense here", word);
        queue_take(q, &order, begun_ns);
        queue_serve(q);
    }
}

static void go_round(struct null_cluster *c, struct lines *orders, struct null_queue *q,
                     struct pollfd *fds)
{
    int64_t now_ns = clock_ns(CLOCK_MONOTONIC), next_ns = queue_limits(q, now_ns);
    int64_t left_ns = next_ns > now_ns ? next_ns - now_ns : 0;
    const struct timespec left = {.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};

    cluster_poll(c, fds);
    fds[c->n] = (struct pollfd){.fd = orders->ended ? -1 : orders->fd, .events = POLLIN};
    if (ppoll(fds, c->n + 1, next_ns == INT64_MAX ? NULL : &left, NULL) < 0)
        return;
    cluster_take(c, fds, queue_hear, q);
    queue_serve(q);
    if (fds[c->n].revents && !lines_fill(orders))
        give_up("a line without end came");
    take_orders(orders, q);
}

static int stream(struct null_cluster *c, const struct options *o)
{
    static struct lines orders = {.fd = STDIN_FILENO};
    struct pollfd *fds = calloc(c->n + 1, sizeof(*fds));

    if (!fds)
        abort();
    null_lock(&o->places, NULL);
    if (!cluster_connect(c, &o->places, CONNECT_MS))
        give_up("no answer from %s within %d s", cluster_missing(c), CONNECT_MS / 1000);
    struct null_queue *q = queue_new(c, o->records);
    ahead_of_others();
    say("ready");
    while (!orders.ended || !queue_is_empty(q))
        go_round(c, &orders, q, fds);
    return 0;
}

int main(int argc, char **argv)
{
    static struct null_cluster cluster;
    const char *verb = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
    struct options options = parse(*verb ? argc - 1 : argc, *verb ? argv + 1 : argv);

    if (*verb && strcmp(verb, "run") != 0 && strcmp(verb, "check") != 0)
        fatal(EXIT_USAGE, "no such verb: %s", verb);
    if (strcmp(verb, "run") != 0 && options.command.argv[0])
        fatal(EXIT_USAGE, "unexpected '%s'", options.command.argv[0]);
    signal(SIGCHLD, SIG_DFL);
    cluster_read(&cluster, &options.places);
    if (strcmp(verb, "run") == 0)
        return run(&cluster, &options);
    return *verb ? check(&cluster, &options) : stream(&cluster, &options);
}
