/* Commands as transient units of the node's own systemd. */
#include "lib/base/clock.h"
#include "lib/channel/namespaces_priv.h"
#include "lib/virt/inroot.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define STOP_TIMEOUT_NS  (20 * BD_NS_PER_S)
#define GRACE_NS         (2 * BD_NS_PER_S) /* as lib/base/proc.h gives any program */
#define DEATH_TIMEOUT_NS (5 * BD_NS_PER_S)
#define END_BYTES        64

/* systemd puts variables in for $NAME in a command's words, and a $ for $$. */
static void add_word(struct bd_strv *argv, const char *word)
{
    struct bd_str out = {0};
    for (const char *s = word; *s; s++) {
        if (*s == '$')
            bd_str_add(&out, "$");
        bd_str_addn(&out, s, 1);
    }
    bd_strv_take(argv, bd_str_take(&out));
}

/* Where the node's systemd leaves word of the unit's end. */
static char *end_path(const struct ns_exec *e)
{
    return bd_xasprintf("/run/%s.end", e->unit);
}

/*
 * env(1) gives what a shell would give where there is no such command (127), or it can't be
 * executed (126); systemd-run by itself has other codes for it. It also takes the variables: set
 * for the unit, they could stand in for what systemd tells ExecStopPost= in variables.
 *
 * systemd-run's own exit code does not tell a signal from a code, nor SIGTERM from success. So the
 * last command of the unit, which systemd runs however the unit ends, leaves what systemd knows as
 * the target of a link: that is there as a whole or not at all.
 */
void ns_unit_words(const struct ns_exec *e, struct bd_strv *argv)
{
    bd_strv_add(argv, "systemd-run");
    bd_strv_add(argv, "--quiet");
    bd_strv_add(argv, "--wait");
    bd_strv_add(argv, "--pipe");
    bd_strv_add(argv, "--collect");
    bd_strv_addf(argv, "--unit=%s", e->unit);
    bd_strv_addf(argv, "--working-directory=%s", e->cwd);
    if (e->cmd->user)
        bd_strv_addf(argv, "--uid=%s", e->cmd->user);
    /* As a command by itself: the writer of a pipe that nobody reads ends. */
    bd_strv_add(argv, "--property=IgnoreSIGPIPE=no");
    bd_auto_free char *end = end_path(e);
    bd_strv_addf(argv, "--property=ExecStopPost=+/usr/bin/env ln -s ${EXIT_CODE}:${EXIT_STATUS} %s",
                 end);
    bd_strv_add(argv, "--");
    bd_strv_add(argv, "/usr/bin/env");
    bd_strv_add(argv, "--");
    for (size_t i = 0; i < e->env.n; i++)
        add_word(argv, e->env.items[i]);
    for (const char *const *word = e->cmd->argv; *word; word++)
        add_word(argv, *word);
}

/* The number of a signal as systemd names it: "TERM", "RTMIN+3"; 0 where it is none. */
static int signal_number(const char *name)
{
    int64_t above;
    if (bd_starts_with(name, "RTMIN+"))
        return bd_parse_i64(name + strlen("RTMIN+"), 0, SIGRTMAX - SIGRTMIN, &above) == 0
                   ? SIGRTMIN + (int)above
                   : 0;
    for (int number = 1; number < NSIG; number++)
        if (bd_str_eq(sigabbrev_np(number), name))
            return number;
    return bd_str_eq(name, "IO") ? SIGIO : 0; /* "POLL" to the C library */
}

/* Reads "exited:3", "killed:TERM" or "dumped:SEGV". */
static int parse_end(char *text, struct bd_proc_result *ret)
{
    int64_t code;
    char *status = strchr(text, ':');
    if (!status)
        return -EINVAL;
    *status++ = '\0';
    if (bd_str_eq(text, "exited") && bd_parse_i64(status, 0, 255, &code) == 0) {
        ret->exit_code = (int)code;
        ret->signal = 0;
        return 0;
    }
    int number = signal_number(status);
    if (number == 0)
        return -EINVAL;
    ret->exit_code = -1;
    ret->signal = number;
    return 0;
}

/* Takes the link away and its target; -errno where there is none. */
static int take_end(const struct ns_exec *e, char text[END_BYTES])
{
    const char *name = NULL;
    bd_auto_free char *path = end_path(e);
    bd_auto_fd int dir = inroot_open_parent(e->node.root_fd, path, false, &name);
    if (dir < 0)
        return dir;
    ssize_t n = readlinkat(dir, name, text, END_BYTES - 1);
    int why = errno;
    unlinkat(dir, name, 0);
    text[n < 0 ? 0 : n] = '\0';
    return n < 0 ? -why : 0;
}

int ns_unit_end(const struct ns_exec *e, const char *said, struct bd_proc_result *ret,
                struct bd_err *err)
{
    char text[END_BYTES];
    if (take_end(e, text) < 0 || parse_end(text, ret) < 0)
        return bd_err_set(err, BD_ECHILD,
                          "the node's systemd did not tell how it ended%s%.*s; 'journalctl' in the "
                          "node may tell more",
                          *said ? ": " : "", (int)strcspn(said, "\n"), said);
    return 0;
}

/*
 * systemd-run was killed; what it asked for may still be on its way through the node's bus. A call
 * that takes the same way comes after it, unlike systemctl's, which has a way of its own. Then the
 * unit is known, or never was.
 */
static int stop(const struct ns_exec *e, struct bd_err *err)
{
    struct hostops *ops = virt_ops(e->channel->virt);
    bd_auto_proc_result struct bd_proc_result out = {0};
    bd_auto_strv struct bd_strv argv = {0};
    const int pass[] = {e->node.found.pidfd, -1};
    const char *const call[] = {"busctl",
                                "--quiet",
                                "call",
                                "org.freedesktop.systemd1",
                                "/org/freedesktop/systemd1",
                                "org.freedesktop.systemd1.Manager",
                                "StopUnit",
                                "ss",
                                e->unit,
                                "replace",
                                NULL};
    ns_enter_words(e, false, &argv);
    for (const char *const *word = call; *word; word++)
        bd_strv_add(&argv, *word);
    const struct bd_proc proc = {
        .argv = (const char *const *)argv.items,
        .pass_fds = pass,
        .timeout_ns = STOP_TIMEOUT_NS,
    };
    int rc = bd_proc_run(&proc, &out, err);
    if (rc < 0)
        return rc;
    if (out.exit_code != 0 && !strstr(bd_str_text(&out.err), "not loaded"))
        return bd_err_set(err, BD_ECHILD, "stop unit %s: %s", e->unit, bd_str_text(&out.err));
    /* They have been asked to end, so that a client of a scheduler can take back its job; they are
     * not waited for as long as systemd would. */
    bd_auto_free char *cgroup = bd_xasprintf("%s/system.slice/%s", e->node.found.cgroup, e->unit);
    if (hostops_cgroup_wait_empty(ops, cgroup, GRACE_NS, NULL) == 0)
        return 0;
    rc = hostops_cgroup_kill(ops, cgroup, err);
    return rc < 0 ? rc : hostops_cgroup_wait_empty(ops, cgroup, DEATH_TIMEOUT_NS, err);
}

int ns_unit_stop(const struct ns_exec *e, struct bd_err *err)
{
    char text[END_BYTES];
    int rc = stop(e, err);
    (void)take_end(e, text); /* nobody asks any more */
    return rc;
}
