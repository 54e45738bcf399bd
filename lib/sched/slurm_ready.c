#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/sched/slurm.h"

#include <stdio.h>
#include <string.h>

#define POLL_FIRST_NS   (50 * BD_NS_PER_MS)
#define POLL_LONGEST_NS (250 * BD_NS_PER_MS)
#define COMMAND_NS      (10 * BD_NS_PER_S)
#define LAST_WORDS_NS   (3 * BD_NS_PER_S)
#define LAST_WORDS_MAX  300 /* of each daemon, where several are asked */
#define FATAL_WORDS_MAX 600
#define UNITS_EVERY_NS  (1 * BD_NS_PER_S)
#define NODES_TOLD_MAX  5

struct wait {
    const struct channel *channel;
    const struct cluster_plan *plan;
    struct bd_cancel *cancel;
    struct bd_str states; /* sinfo's last answer */
    int64_t units_asked_ns;
    size_t next_node; /* whose units are asked for next, if it is missing */
};

#define OPTIONS_ADVICE  "hold the scheduler's options against what it says"
#define DATABASE_ADVICE "see whether node.memory is enough for it, and what it says"

/* A daemon: its unit, the name that it writes to the journal under, its log (NULL: the journal
 * alone), and what to do when it does not come up. */
struct daemon {
    const char *unit, *name, *log, *advice;
};

static const struct daemon munged = {"munge", "munged", "/var/log/munge/munged.log",
                                     OPTIONS_ADVICE};
static const struct daemon mariadbd = {"mariadb", "mariadbd", NULL, DATABASE_ADVICE};
static const struct daemon slurmdbd = {"slurmdbd", "slurmdbd", SLURMDBD_LOG, DATABASE_ADVICE};
static const struct daemon slurmctld = {"slurmctld", "slurmctld", SLURMCTLD_LOG, OPTIONS_ADVICE};
static const struct daemon slurmd = {"slurmd", "slurmd", SLURMD_LOG, OPTIONS_ADVICE};

/* Of a node, each after those that it needs; NULL-terminated. */
static const struct daemon *const of_controller[] = {&munged, &slurmctld, NULL};
static const struct daemon *const of_accounting[] = {&munged, &mariadbd, &slurmdbd, &slurmctld,
                                                     NULL};
static const struct daemon *const of_compute[] = {&munged, &slurmd, NULL};

static int run(const struct wait *w, const struct node_plan *node, const char *const *argv,
               int64_t timeout_ns, struct bd_cancel *cancel, struct bd_proc_result *ret,
               struct bd_err *err)
{
    struct channel_cmd cmd = {
        .node = node, .argv = argv, .timeout_ns = timeout_ns, .cancel = cancel};
    int r = channel_exec(w->channel, &cmd, ret, err);
    if (r < 0)
        bd_err_wrap(err, "%s on node %s", argv[0], node->name);
    return r;
}

static const struct node_plan *controller(const struct wait *w)
{
    return cluster_plan_node(w->plan, NULL);
}

static const struct daemon *const *controller_daemons(const struct wait *w)
{
    return w->plan->spec.accounting ? of_accounting : of_controller;
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
static int is_listening(struct wait *w, bool *ret_yes, struct bd_err *err)
{
    static const char *const argv[] = {"cat", "/proc/net/tcp", "/proc/net/tcp6", NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int r = run(w, controller(w), argv, COMMAND_NS, w->cancel, &out, err);
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

static bool is_idle(const struct wait *w, const struct node_plan *node)
{
    const char *line = line_of(w, node->name);
    return line && bd_starts_with(line, "idle ");
}

static int all_idle(struct wait *w, bool *ret_yes, struct bd_err *err)
{
    static const char *const argv[] = {"sinfo", "-h", "-N", "-o", "%N %T %E", NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int r = run(w, controller(w), argv, COMMAND_NS, w->cancel, &out, err);
    if (r < 0)
        return r;
    bd_str_clear(&w->states);
    bd_str_add(&w->states, out.exit_code == 0 ? bd_str_text(&out.out) : "");
    bool yes = true;
    for (size_t i = 0; i < w->plan->n_nodes && yes; i++)
        if (w->plan->nodes[i].role == NODE_COMPUTE)
            yes = is_idle(w, &w->plan->nodes[i]);
    *ret_yes = yes;
    return 0;
}

/* The end of what the daemon itself wrote: in its log, or in the journal where it did not come so
 * far as to open that. */
static int read_last_words(const struct wait *w, const struct node_plan *node,
                           const struct daemon *daemon, struct bd_str *ret, struct bd_err *err)
{
    const char *const log[] = {"tail", "-q", "-n", "20", daemon->log, NULL};
    const char *const journal[] = {"journalctl", "-q", "--no-pager", "-o",         "cat",
                                   "-n",         "20", "-t",         daemon->name, NULL};
    const char *const *const places[] = {log, journal};
    int r = 0;
    for (size_t i = 0; i < BD_ARRAY_LEN(places) && r == 0 && ret->len == 0; i++) {
        bd_auto_proc_result struct bd_proc_result out = {0};
        if (places[i] == log && !daemon->log)
            continue;
        r = run(w, node, places[i], LAST_WORDS_NS, NULL, &out, err);
        bd_str_add(ret, bd_str_text(&out.out));
    }
    return r;
}

/* At most so many bytes of them, on one line. */
static void add_last_words(const struct wait *w, const struct node_plan *node,
                           const struct daemon *daemon, size_t max, struct bd_str *out)
{
    bd_auto_str struct bd_str words = {0};
    struct bd_err err = BD_ERR_INIT;
    int r = read_last_words(w, node, daemon, &words, &err);
    if (r == 0 && words.len == 0)
        bd_str_addf(out, "; %s on %s wrote nothing", daemon->name, node->name);
    else if (r < 0)
        bd_str_addf(out, "; %s on %s can't be asked: %.200s", daemon->name, node->name, err.text);
    if (r < 0 || words.len == 0)
        return;

    while (words.len > 0 && words.data[words.len - 1] == '\n')
        words.data[--words.len] = '\0';
    const char *text = words.data;
    if (words.len > max) {
        text += words.len - max;
        const char *line = strchr(text, '\n');
        text = line ? line + 1 : text;
    }
    for (char *s = words.data; *s; s++)
        if (*s == '\n')
            *s = '|';
    bd_str_addf(out, "; last words of %s on %s: %s", daemon->name, node->name, text);
}

/*
 * Whether a node's systemd has given a daemon up: one that it will start again is "activating".
 * A question without an answer says nothing, as of a node that is not that far.
 */
static int check_daemons(const struct wait *w, const struct node_plan *node,
                         const struct daemon *const *daemons, struct bd_err *err)
{
    bd_auto_strv struct bd_strv argv = {0};
    bd_auto_proc_result struct bd_proc_result out = {0};
    bd_auto_str struct bd_str words = {0};
    struct bd_err unanswered = BD_ERR_INIT;
    bd_strv_add(&argv, "systemctl");
    bd_strv_add(&argv, "is-failed");
    for (size_t i = 0; daemons[i]; i++)
        bd_strv_add(&argv, daemons[i]->unit);
    if (run(w, node, (const char *const *)argv.items, COMMAND_NS, w->cancel, &out, &unanswered) < 0)
        return bd_cancel_check(w->cancel, err);
    const char *state = bd_str_text(&out.out); /* a line for each of them */
    for (size_t i = 0; daemons[i] && state; i++) {
        if (bd_starts_with(state, "failed\n")) {
            add_last_words(w, node, daemons[i], FATAL_WORDS_MAX, &words);
            return bd_err_set(err, BD_ECHILD, "Slurm: %s on %s ends whenever it is started: %s%s",
                              daemons[i]->name, node->name, daemons[i]->advice,
                              bd_str_text(&words));
        }
        state = strchr(state, '\n');
        state = state ? state + 1 : NULL;
    }
    return 0;
}

/* The next node, in turn, that sinfo has not as idle; NULL where there is none, or no sinfo yet. */
static const struct node_plan *next_missing(struct wait *w)
{
    for (size_t i = 0; w->states.len > 0 && i < w->plan->n_nodes; i++) {
        const struct node_plan *node = &w->plan->nodes[w->next_node++ % w->plan->n_nodes];
        if (node->role == NODE_COMPUTE && !is_idle(w, node))
            return node;
    }
    return NULL;
}

/* One node at a time: questions to all of many would take the CPU that they boot with. */
static int check_units(struct wait *w, struct bd_err *err)
{
    int64_t now_ns = bd_mono_ns();
    if (now_ns - w->units_asked_ns < UNITS_EVERY_NS)
        return 0;
    w->units_asked_ns = now_ns;
    const struct node_plan *missing = next_missing(w);
    int r = check_daemons(w, controller(w), controller_daemons(w), err);
    return r == 0 && missing ? check_daemons(w, missing, of_compute, err) : r;
}

/* Asks again and again, at growing intervals: each question takes CPU from the nodes that boot.
 * BD_ECHILD as soon as waiting is of no use. */
static int wait_until(struct wait *w, int (*question)(struct wait *, bool *, struct bd_err *),
                      struct bd_err *err)
{
    int64_t pause_ns = POLL_FIRST_NS;
    for (;;) {
        bool yes = false;
        int r = question(w, &yes, err);
        if (r < 0 || yes)
            return r;
        r = check_units(w, err);
        if (r == 0)
            r = bd_cancel_sleep(w->cancel, pause_ns, err);
        if (r < 0)
            return r;
        pause_ns = pause_ns * 5 / 4;
        if (pause_ns > POLL_LONGEST_NS)
            pause_ns = POLL_LONGEST_NS;
    }
}

/* Puts what is not ready, and why, in the place of a bare "timeout". */
static void explain(const struct wait *w, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    const struct node_plan *first = NULL;
    unsigned missing = 0;
    for (size_t i = 0; i < w->plan->n_nodes; i++) {
        const struct node_plan *node = &w->plan->nodes[i];
        if (node->role != NODE_COMPUTE || is_idle(w, node))
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
    for (const struct daemon *const *d = controller_daemons(w) + 1; *d; d++)
        add_last_words(w, controller(w), *d, LAST_WORDS_MAX, &text);
    if (first)
        add_last_words(w, first, &slurmd, LAST_WORDS_MAX, &text);
    bd_err_set(err, BD_ETIMEOUT, "Slurm: %u of %u nodes are not idle in time: %s", missing,
               w->plan->spec.compute, bd_str_text(&text));
}

static int read_version(const struct wait *w, char **ret_version, struct bd_err *err)
{
    static const char *const argv[] = {"sinfo", "--version", NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    int r = run(w, controller(w), argv, COMMAND_NS, w->cancel, &out, err);
    if (r < 0)
        return r;
    const char *text = bd_str_text(&out.out);
    size_t n = strcspn(text, "\n");
    if (out.exit_code != 0 || n == 0)
        return bd_err_set(err, BD_ECHILD,
                          "Slurm: sinfo --version on %s ended with %d: " OPTIONS_ADVICE ": %.300s",
                          controller(w)->name, out.exit_code, bd_str_text(&out.err));
    *ret_version = bd_xstrndup(text, n);
    return 0;
}

int slurm_wait_ready(const struct channel *channel, const struct cluster_plan *plan,
                     struct bd_cancel *cancel, char **ret_version, struct bd_err *err)
{
    struct wait w = {
        .channel = channel, .plan = plan, .cancel = cancel, .units_asked_ns = bd_mono_ns()};
    bd_auto_free char *version = NULL;
    /* First, while the daemons boot anyway: it asks nobody. */
    int r = read_version(&w, &version, err);
    if (r == 0)
        r = wait_until(&w, is_listening, err);
    if (r == 0)
        r = wait_until(&w, all_idle, err);
    if (r == BD_ETIMEOUT)
        explain(&w, err);
    if (r == 0)
        *ret_version = bd_take(version);
    bd_str_done(&w.states);
    return r;
}
