/*
 * bench-submit-slurm [--clients N] [--jobcomp FILE] [--grain-s N] [--output FILE] [--script FILE]:
 * hands jobs to Slurm for bench-driver, by the pipe protocol of docs/submitters.md.
 *
 *     --clients N     sbatch at a time (BENCHD_CLIENTS, else 4)
 *     --jobcomp FILE  of jobcomp/filetxt: tells which jobs are over, without asking the controller
 *     --grain-s N     time limits are rounded up to so many seconds, and to whole minutes
 *     --output FILE   gets what jobs say, on their first nodes (/dev/null)
 *     --script FILE   the script of all jobs, which this writes
 *
 * Each sbatch is started by itself, without a shell, with a small environment that jobs get too.
 */
#include "ahead.h"
#include "append.h"
#include "fatal.h"
#include "number.h"
#include "order.h"
#include "submit_slurm.h"

#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENTS_VARIABLE "BENCHD_CLIENTS"
#define CLIENTS_USUAL    4
#define CLIENTS_MOST     64

#define SCRIPT_TEXT "#!/usr/libexec/benchd/bench-launch\n"

struct loop {
    struct slurm_terms terms;
    const char *jobcomp_file;
    int64_t n_clients;
    struct lines orders; /* stdin */
    struct jobcomp jobcomp;
    struct slurm_client clients[CLIENTS_MOST];
};

static void parse(struct loop *l, int argc, char **argv)
{
    static const struct option known[] = {
        {"clients", required_argument, NULL, 'c'}, {"jobcomp", required_argument, NULL, 'j'},
        {"grain-s", required_argument, NULL, 'g'}, {"output", required_argument, NULL, 'o'},
        {"script", required_argument, NULL, 's'},  {0},
    };
    const char *clients = getenv(CLIENTS_VARIABLE);

    l->n_clients = clients ? number(CLIENTS_VARIABLE, clients, 1, CLIENTS_MOST) : CLIENTS_USUAL;
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (option == 'c')
            l->n_clients = number("--clients", optarg, 1, CLIENTS_MOST);
        else if (option == 'j')
            l->jobcomp_file = optarg;
        else if (option == 'g')
            l->terms.grain_s = number("--grain-s", optarg, 1, 1000000);
        else if (option == 'o')
            l->terms.output = optarg;
        else if (option == 's')
            l->terms.script = optarg;
        else
            exit(EXIT_USAGE); /* getopt has told */
    }
    if (argv[optind])
        fatal(EXIT_USAGE, "unexpected '%s'", argv[optind]);
}

static void write_script(const char *file)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

    if (fd < 0 || write(fd, SCRIPT_TEXT, strlen(SCRIPT_TEXT)) != (ssize_t)strlen(SCRIPT_TEXT))
        give_up("can't write %s: %s", file, strerror(errno));
    close(fd);
}

static struct slurm_client *idle_client(struct loop *l)
{
    for (int64_t i = 0; i < l->n_clients; i++)
        if (l->clients[i].pid == 0)
            return &l->clients[i];
    return NULL;
}

static bool has_running_client(const struct loop *l)
{
    for (int64_t i = 0; i < l->n_clients; i++)
        if (l->clients[i].pid != 0)
            return true;
    return false;
}

/* Takes orders for as many clients as are idle; the others stay with the driver until then. True
 * when one more would be taken if it came. */
static bool take_orders(struct loop *l)
{
    struct slurm_client *client;

    while ((client = idle_client(l))) {
        char *line = lines_next(&l->orders);
        if (!line)
            return !l->orders.ended;
        char *rest = line;
        const char *word = strsep(&rest, " ");
        if (strcmp(word, "finish") == 0)
            continue;
        if (strcmp(word, "submit") != 0 || !rest || !client_start(client, &l->terms, rest))
            give_up("'%s' makes no sense here", word);
    }
    return false;
}

static void go_round(struct loop *l, bool listen)
{
    struct pollfd fds[2 + 2 * CLIENTS_MOST] = {{.fd = listen ? l->orders.fd : -1, .events = POLLIN},
                                               {.fd = l->jobcomp.notify, .events = POLLIN}};
    nfds_t n = 2;

    for (int64_t i = 0; i < l->n_clients; i++) {
        bool runs = l->clients[i].pid != 0;
        fds[n++] = (struct pollfd){.fd = runs ? l->clients[i].out : -1, .events = POLLIN};
        fds[n++] = (struct pollfd){.fd = runs ? l->clients[i].err : -1, .events = POLLIN};
    }
    if (poll(fds, n, -1) < 0)
        return;
    for (nfds_t i = 2; i < n; i++)
        if (fds[i].revents)
            client_listen(&l->clients[(i - 2) / 2], fds[i].fd);
    if (fds[1].revents)
        jobcomp_read(&l->jobcomp);
    if (fds[0].revents && !lines_fill(&l->orders))
        give_up("a line without end came");
}

int main(int argc, char **argv)
{
    static struct loop loop = {
        .terms = {.script = "/run/benchd/launch", .output = "/dev/null", .grain_s = 60},
        .jobcomp_file = "/var/log/slurm/jobcomp.log",
        .orders = {.fd = STDIN_FILENO},
    };

    parse(&loop, argc, argv);
    signal(SIGCHLD, SIG_DFL);
    /* Slurm runs jobs where they were submitted, which every node and user has to have. */
    if (chdir("/") != 0)
        give_up("can't work in /: %s", strerror(errno));
    write_script(loop.terms.script);
    jobcomp_watch(&loop.jobcomp, loop.jobcomp_file);
    ahead_of_others();
    say("ready");
    for (;;) {
        bool listen = take_orders(&loop);
        if (loop.orders.ended && !has_running_client(&loop))
            return 0;
        go_round(&loop, listen);
    }
}
