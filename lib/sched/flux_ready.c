#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/sched/daemons.h"
#include "lib/sched/flux.h"

#include <string.h>

#define UNITS_EVERY_NS (1 * BD_NS_PER_S)
#define WORDS_MAX      300 /* of a broker */
#define STATES_MAX     300 /* of the answer that is told */

struct wait {
    struct sched_nodes nodes;
    struct bd_str states; /* what was last said of brokers or of resources */
    int64_t units_asked_ns;
};

static const struct sched_daemon broker = {"flux", "flux", FLUX_LOG, SCHED_OPTIONS_ADVICE};
static const struct sched_daemon *const brokers[] = {&broker, NULL};

static const struct node_plan *controller(const struct wait *w)
{
    return cluster_plan_node(w->nodes.plan, NULL);
}

/* Keeps what the command says, stderr where it fails. *ret_ok: it did not. */
static int ask(struct wait *w, const char *const *argv, bool *ret_ok, struct bd_err *err)
{
    bd_auto_proc_result struct bd_proc_result out = {0};
    int r = sched_ask(&w->nodes, controller(w), argv, &out, err);
    if (r < 0)
        return r;
    *ret_ok = out.exit_code == 0;
    bd_str_clear(&w->states);
    bd_str_add(&w->states, bd_str_text(*ret_ok ? &out.out : &out.err));
    return 0;
}

/* The instance runs, which it does once as many brokers are there as it waits for: all. Small
 * programs, unlike the rest of Flux's: " 12:00:01 run 1.6s,  owner root,  depth 0,  size 5". */
static int all_joined(void *arg, bool *ret_yes, struct bd_err *err)
{
    static const char *const socket[] = {"test", "-S", FLUX_SOCKET, NULL};
    static const char *const uptime[] = {FLUX_PROGRAM, "uptime", NULL};
    static const char *const down[] = {FLUX_PROGRAM, "overlay",     "status",
                                       "--down",     "--no-pretty", NULL};
    struct wait *w = arg;
    bool ok = false;
    int r = ask(w, socket, &ok, err);
    if (r < 0 || !ok)
        return r;
    r = ask(w, uptime, &ok, err);
    const char *told = bd_str_text(&w->states);
    *ret_yes = r == 0 && ok && strstr(told, " run ") && !strstr(told, "offline");
    return r == 0 && !*ret_yes ? ask(w, down, &ok, err) : r;
}

static int all_free(void *arg, bool *ret_yes, struct bd_err *err)
{
    static const char *const argv[] = {
        FLUX_PROGRAM, "resource", "list", "--states=free", "--no-header", "--format={nnodes} free",
        NULL};
    struct wait *w = arg;
    bool ok = false;
    bd_auto_free char *wanted = bd_xasprintf("%u free", w->nodes.plan->spec.compute);
    int r = ask(w, argv, &ok, err);
    *ret_yes = r == 0 && ok && bd_starts_with(bd_str_text(&w->states), wanted);
    return r;
}

/* The first broker's alone: others are started until it is there. */
static int check_units(void *arg, struct bd_err *err)
{
    struct wait *w = arg;
    int64_t now_ns = bd_mono_ns();
    if (now_ns - w->units_asked_ns < UNITS_EVERY_NS)
        return 0;
    w->units_asked_ns = now_ns;
    return sched_daemons_check(&w->nodes, controller(w), brokers, err);
}

/* The first compute node that what was said names as not there; else the first of all. */
static const struct node_plan *suspect(const struct wait *w)
{
    const struct cluster_plan *plan = w->nodes.plan;
    for (size_t i = 1; i < plan->n_nodes; i++) {
        bd_auto_free char *name = bd_xasprintf(" %s:", plan->nodes[i].name);
        if (strstr(bd_str_text(&w->states), name))
            return &plan->nodes[i];
    }
    return &plan->nodes[plan->n_nodes > 1 ? 1 : 0];
}

/* Puts what is not ready, and why, in the place of a bare "timeout". */
static void explain(struct wait *w, const char *what, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    bd_auto_free char *states = bd_xstrndup(bd_str_text(&w->states), STATES_MAX);
    for (char *s = states; *s; s++)
        if (*s == '\n')
            *s = s[1] ? '|' : ' ';
    sched_daemon_words(&w->nodes, controller(w), &broker, WORDS_MAX, &text);
    if (!w->nodes.plan->spec.under_slurm) /* else all of them speak there */
        sched_daemon_words(&w->nodes, suspect(w), &broker, WORDS_MAX, &text);
    bd_err_set(err, BD_ETIMEOUT, "Flux: %s in time; it says: %s%s", what,
               *states ? states : "nothing", bd_str_text(&text));
}

/* "commands:    0.88.0" is the first line. */
static int read_version(struct wait *w, char **ret_version, struct bd_err *err)
{
    static const char *const argv[] = {FLUX_PROGRAM, "version", NULL};
    static const char key[] = "commands:";
    bool ok = false;
    int r = ask(w, argv, &ok, err);
    if (r < 0)
        return r;
    const char *text = bd_str_text(&w->states);
    const char *at = bd_starts_with(text, key) ? text + strlen(key) : "";
    at += strspn(at, " \t");
    size_t n = strcspn(at, " \t\n");
    if (!ok || n == 0)
        return bd_err_set(err, BD_ECHILD,
                          "Flux: 'flux version' on %s does not work: see whether the image has all "
                          "that Flux needs: %.300s",
                          controller(w)->name, text);
    *ret_version = bd_xasprintf("flux-core %.*s", (int)n, at);
    return 0;
}

int flux_wait_ready(const struct channel *channel, const struct cluster_plan *plan,
                    struct bd_cancel *cancel, char **ret_version, struct bd_err *err)
{
    struct wait w = {.nodes = {.channel = channel, .plan = plan, .cancel = cancel, .title = "Flux"},
                     .units_asked_ns = bd_mono_ns()};
    bd_auto_free char *version = NULL;
    const char *what = "not all brokers are there";
    /* First, while the brokers boot anyway: it asks nobody. */
    int r = read_version(&w, &version, err);
    if (r == 0)
        r = sched_wait_until(&w.nodes, all_joined, check_units, &w, err);
    if (r == 0) {
        what = "not all nodes are free";
        r = sched_wait_until(&w.nodes, all_free, check_units, &w, err);
    }
    if (r == BD_ETIMEOUT)
        explain(&w, what, err);
    if (r == 0)
        *ret_version = bd_take(version);
    bd_str_done(&w.states);
    return r;
}
