/* Commands as transient units of the node's own systemd. */
#include "lib/base/clock.h"
#include "lib/channel/namespaces_priv.h"

#include <string.h>

#define STOP_TIMEOUT_NS  (20 * BD_NS_PER_S)
#define GRACE_NS         (2 * BD_NS_PER_S) /* as lib/base/proc.h gives any program */
#define DEATH_TIMEOUT_NS (5 * BD_NS_PER_S)

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

/*
 * env(1) gives what a shell would give where there is no such command (127), or it can't be
 * executed (126); systemd-run by itself has other codes for it.
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
    for (size_t i = 0; i < e->env.n; i++)
        bd_strv_addf(argv, "--setenv=%s", e->env.items[i]);
    bd_strv_add(argv, "--");
    bd_strv_add(argv, "/usr/bin/env");
    bd_strv_add(argv, "--");
    for (const char *const *word = e->cmd->argv; *word; word++)
        add_word(argv, *word);
}

/*
 * systemd-run was killed; what it asked for may still be on its way through the node's bus. A call
 * that takes the same way comes after it, unlike systemctl's, which has a way of its own. Then the
 * unit is known, or never was.
 */
int ns_unit_stop(const struct ns_exec *e, struct bd_err *err)
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
