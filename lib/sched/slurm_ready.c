#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/sched/daemons.h"
#include "lib/sched/slurm.h"

#include <stdio.h>
#include <string.h>

#define LAST_WORDS_MAX 300 /* of each daemon, where several are asked */
#define UNITS_EVERY_NS (1 * BD_NS_PER_S)
#define NODES_TOLD_MAX 5

struct wait {
    struct sched_nodes nodes;
    struct bd_str states; /* sinfo's last answer */
    int64_t units_asked_ns;
    size_t next_node; /* whose units are asked for next, if it is missing */
};

#define DATABASE_ADVICE "see whether node.memory is enough for it, and what it says"

static const struct sched_daemon munged = {"munge", "munged", "/var/log/munge/munged.log",
                                           SCHED_OPTIONS_ADVICE};
static const struct sched_daemon mariadbd = {"mariadb", "mariadbd", NULL, DATABASE_ADVICE};
static const struct sched_daemon slurmdbd = {"slurmdbd", "slurmdbd", SLURMDBD_LOG, DATABASE_ADVICE};
static const struct sched_daemon slurmctld = {"slurmctld", "slurmctld", SLURMCTLD_LOG,
                                              SCHED_OPTIONS_ADVICE};
static const struct sched_daemon slurmd = {"slurmd", "slurmd", SLURMD_LOG, SCHED_OPTIONS_ADVICE};

/* Of a node, each after those that it needs; NULL-terminated. */
static const struct sched_daemon *const of_controller[] = {&munged, &slurmctld, NULL};
static const struct sched_daemon *const of_accounting[] = {&munged, &mariadbd, &slurmdbd,
                                                           &slurmctld, NULL};
static const struct sched_daemon *const of_compute[] = {&munged, &slurmd, NULL};

static const struct node_plan *controller(const struct wait *w)
{
    return cluster_plan_node(w->nodes.plan, NULL);
}

static const struct sched_daemon *const *controller_daemons(const struct wait *w)
{
    return w->nodes.plan->spec.accounting ? of_accounting : of_controller;
}

/* True if a line of /proc/net/tcp or tcp6 is a socket that listens on the port: "ADDRESS:PORT 0:0
 * 0A". */
static bool has_listener(const char *table, int port)
{
    char local[16];
    size_t n = (size_t)snprintf(local, sizeof(local), ":%04X ", (unsigned)port);
    for (const char *s = table; (s = strstr(s, local));) {
        s += n;
        if (bd_starts_with(s + strspn(s, "0"), ":0000 0A "))
            return true;
    }
    return false;
}

/* A look at the controller's sockets, while a client of Slurm's that finds nobody there would sleep
 * for a second before it tries again. */
static int is_listening(void *arg, bool *ret_yes, struct bd_err *err)
{
    struct wait *w = arg;
    static const char *const argv[] = {"cat", "/proc/net/tcp", "/proc/net/tcp6", NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int r = sched_ask(&w->nodes, controller(w), argv, &out, err);
    if (r == 0)
        *ret_yes = has_listener(bd_str_text(&out.out), SLURMCTLD_PORT);
    return r;
}

/* The line of the node in sinfo's answer, up to its end; NULL where sinfo doesn't know it. */
static const char *line_of(const struct wait *w, const char *name)
{
    size_t n = strlen(name);
    for (const char *s = bd_str_text(&w->states); s && *s;) {
        if (strncmp(s, name, n) == 0 && s[n] == ' ')
            return s + n + 1;
        s = strchr(s, '\n');
        s = s ? s + 1 : NULL;
    }
    return NULL;
}

/* Free, or given to the job that the cluster's own scheduler is. */
static bool is_usable(const struct wait *w, const struct node_plan *node)
{
    const char *line = line_of(w, node->name);
    return line && (bd_starts_with(line, "idle ") ||
                    (w->nodes.plan->spec.under_slurm && bd_starts_with(line, "allocated ")));
}

/* Slurm is to have the node, and has not yet. */
static bool is_missing(const struct wait *w, const struct node_plan *node)
{
    return slurm_runs_jobs(w->nodes.plan, node) && !is_usable(w, node);
}

static int none_missing(void *arg, bool *ret_yes, struct bd_err *err)
{
    struct wait *w = arg;
    static const char *const argv[] = {"sinfo", "-h", "-N", "-o", "%N %T %E", NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int r = sched_ask(&w->nodes, controller(w), argv, &out, err);
    if (r < 0)
        return r;
    bd_str_clear(&w->states);
    bd_str_add(&w->states, out.exit_code == 0 ? bd_str_text(&out.out) : "");
    bool yes = true;
    for (size_t i = 0; i < w->nodes.plan->n_nodes && yes; i++)
        yes = !is_missing(w, &w->nodes.plan->nodes[i]);
    *ret_yes = yes;
    return 0;
}

/* The next node, in turn, that is missing; NULL where there is none, or no sinfo yet. */
static const struct node_plan *next_missing(struct wait *w)
{
    for (size_t i = 0; w->states.len > 0 && i < w->nodes.plan->n_nodes; i++) {
        const struct node_plan *node =
            &w->nodes.plan->nodes[w->next_node++ % w->nodes.plan->n_nodes];
        if (is_missing(w, node))
            return node;
    }
    return NULL;
}

/* One node at a time: questions to all of many would take the CPU that they boot with. */
static int check_units(void *arg, struct bd_err *err)
{
    struct wait *w = arg;
    int64_t now_ns = bd_mono_ns();
    if (now_ns - w->units_asked_ns < UNITS_EVERY_NS)
        return 0;
    w->units_asked_ns = now_ns;
    const struct node_plan *missing = next_missing(w);
    int r = sched_daemons_check(&w->nodes, controller(w), controller_daemons(w), err);
    return r == 0 && missing ? sched_daemons_check(&w->nodes, missing, of_compute, err) : r;
}

/* Puts what is not ready, and why, in the place of a bare "timeout". */
static void explain(const struct wait *w, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    const struct node_plan *first = NULL;
    unsigned missing = 0, all = 0;
    for (size_t i = 0; i < w->nodes.plan->n_nodes; i++) {
        const struct node_plan *node = &w->nodes.plan->nodes[i];
        all += slurm_runs_jobs(w->nodes.plan, node);
        if (!is_missing(w, node))
            continue;
        if (!first)
            first = node;
        if (missing++ < NODES_TOLD_MAX) {
            const char *line = line_of(w, node->name);
            size_t n = line ? strcspn(line, "\n") : 0;
            bd_str_addf(&text, "%s%s (%.*s)", text.len ? ", " : "", node->name,
                        (int)(line ? n : strlen("unknown to slurmctld")),
                        line ? line : "unknown to slurmctld");
        }
    }
    if (missing > NODES_TOLD_MAX)
        bd_str_addf(&text, " and %u more", missing - NODES_TOLD_MAX);
    for (const struct sched_daemon *const *d = controller_daemons(w) + 1; *d; d++)
        sched_daemon_words(&w->nodes, controller(w), *d, LAST_WORDS_MAX, &text);
    if (first)
        sched_daemon_words(&w->nodes, first, &slurmd, LAST_WORDS_MAX, &text);
    bd_err_set(err, BD_ETIMEOUT, "Slurm: %u of %u nodes are not idle in time: %s", missing, all,
               bd_str_text(&text));
}

static int read_version(const struct wait *w, char **ret_version, struct bd_err *err)
{
    static const char *const argv[] = {"sinfo", "--version", NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int r = sched_ask(&w->nodes, controller(w), argv, &out, err);
    if (r < 0)
        return r;
    const char *text = bd_str_text(&out.out);
    size_t n = strcspn(text, "\n");
    if (out.exit_code != 0 || n == 0)
        return bd_err_set(err, BD_ECHILD,
                          "Slurm: sinfo --version on %s ended with %d: " SCHED_OPTIONS_ADVICE
                          ": %.300s",
                          controller(w)->name, out.exit_code, bd_str_text(&out.err));
    *ret_version = bd_xstrndup(text, n);
    return 0;
}

int slurm_wait_ready(const struct channel *channel, const struct cluster_plan *plan,
                     struct bd_cancel *cancel, char **ret_version, struct bd_err *err)
{
    struct wait w = {
        .nodes = {.channel = channel, .plan = plan, .cancel = cancel, .title = "Slurm"},
        .units_asked_ns = bd_mono_ns()};
    bd_auto_free char *version = NULL;
    /* First, while the daemons boot anyway: it asks nobody. */
    int r = read_version(&w, &version, err);
    if (r == 0)
        r = sched_wait_until(&w.nodes, is_listening, check_units, &w, err);
    if (r == 0)
        r = sched_wait_until(&w.nodes, none_missing, check_units, &w, err);
    if (r == BD_ETIMEOUT)
        explain(&w, err);
    if (r == 0)
        *ret_version = bd_take(version);
    bd_str_done(&w.states);
    return r;
}
