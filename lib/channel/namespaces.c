/*
 * The channel of LXC nodes: bench-enter joins the node's cgroups and namespaces and becomes the
 * command.
 *
 * Each command has a cgroup of its own, a leaf at the top of the node's: whatever a command starts,
 * and however it detaches itself, stays in it, so that a cancelled one ends whole. The node's
 * systemd owns the tree but leaves groups alone that it does not know.
 */
#include "lib/base/clock.h"
#include "lib/channel/namespaces_priv.h"
#include "lib/virt/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* bench-enter's own failure: this exit code, and a line on stderr that begins so. */
#define ENTER_FAILED 125
#define ENTER_SAYS   "bench-enter: "

#define DEATH_TIMEOUT_NS (5 * BD_NS_PER_S)

int ns_node_open(const struct channel *c, const struct node_plan *node, struct ns_node *ret_node,
                 struct bd_err *err)
{
    struct ns_node n = {.root_fd = -1};
    int rc = virt_node_open(c->virt, node, &n.found, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *root = bd_xasprintf("/proc/%d/root", (int)n.found.pid);
    n.root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int why = errno;
    /* It is the node's if the node's init still lives: else the number may be another's. */
    struct pollfd ended = {.fd = n.found.pidfd, .events = POLLIN};
    if (n.root_fd < 0 || poll(&ended, 1, 0) != 0) {
        rc = ended.revents || why == ENOENT || why == ESRCH
                 ? bd_err_set(err, BD_ENOTFOUND, "node %s does not run any more", node->name)
                 : bd_err_errno(err, why, "open %s", root);
        ns_node_done(&n);
        return rc;
    }
    *ret_node = n;
    return 0;
}

void ns_node_done(struct ns_node *n)
{
    bd_cleanup_fd(&n->root_fd);
    bd_cleanup_fd(&n->found.pidfd);
}

/* ---------------------------------------------------------------------------------- preparing */

/* Later ones win, in bench-enter and in systemd alike. */
static void set_env(struct ns_exec *e)
{
    bd_strv_add(&e->env, "PATH=" PATH_DEFAULT);
    bd_strv_add(&e->env, "LANG=C.UTF-8");
    bd_strv_addf(&e->env, "HOME=%s", e->user.home);
    bd_strv_addf(&e->env, "USER=%s", e->cmd->user ? e->cmd->user : "root");
    for (const char *const *v = e->cmd->env; v && *v; v++)
        bd_strv_add(&e->env, *v);
}

static int set_cwd(struct ns_exec *e, struct bd_err *err)
{
    bd_auto_fd int given =
        e->cmd->cwd ? inroot_open(e->node.root_fd, e->cmd->cwd, O_PATH | O_DIRECTORY, 0) : -1;
    if (e->cmd->cwd && given < 0)
        return bd_err_set(err, BD_ENOTFOUND,
                          "can't work in %s: %s; name a directory that is in the node", e->cmd->cwd,
                          strerror(-given));
    bd_auto_fd int home = inroot_open(e->node.root_fd, e->user.home, O_PATH | O_DIRECTORY, 0);
    e->cwd = e->cmd->cwd ? e->cmd->cwd : home >= 0 ? e->user.home : "/";
    return 0;
}

static void exec_done(struct ns_exec *e)
{
    ns_node_done(&e->node);
    bd_strv_done(&e->env);
}

static int exec_prepare(struct ns_exec *e, struct bd_err *err)
{
    char id[BD_ID_BYTES];
    int rc = ns_node_open(e->channel, e->cmd->node, &e->node, err);
    if (rc < 0)
        return rc;
    e->user = (struct passwd_user){.home = "/root"};
    if (e->cmd->user)
        rc = passwd_lookup(e->node.root_fd, e->cmd->user, &e->user, err);
    if (rc == 0)
        rc = set_cwd(e, err);
    if (rc < 0)
        return rc;
    set_env(e);
    bd_id_new(id);
    snprintf(e->cgroup, sizeof(e->cgroup), "%s/bench.exec-%s", e->node.found.cgroup, id);
    snprintf(e->unit, sizeof(e->unit), "bench-%s.service", id);
    return hostops_cgroup_make(virt_ops(e->channel->virt), e->cgroup, err);
}

void ns_enter_words(const struct ns_exec *e, bool command_itself, struct bd_strv *argv)
{
    bd_strv_add(argv, e->channel->bench_enter);
    bd_strv_addf(argv, "--pdeathsig=%d", (int)getpid());
    bd_strv_addf(argv, "--pidfd=%d", e->node.found.pidfd);
    bd_strv_addf(argv, "--cgroup=%s/%s", hostops_dirs_of(virt_ops(e->channel->virt))->cgroup2,
                 e->cgroup);
    bd_strv_add(argv, "--clearenv");
    if (command_itself) {
        bd_strv_addf(argv, "--cwd=%s", e->cwd);
        for (size_t i = 0; i < e->env.n; i++)
            bd_strv_addf(argv, "--setenv=%s", e->env.items[i]);
        if (e->cmd->user) {
            bd_strv_addf(argv, "--uid=%u", e->user.uid);
            bd_strv_addf(argv, "--gid=%u", e->user.gid);
        }
    }
    bd_strv_add(argv, "--");
}

/* ------------------------------------------------------------------------------------ running */

/* What goes to the caller, and the beginning of stderr for us. */
struct relay {
    const struct channel_cmd *cmd;
    struct bd_proc_result *ret;
    struct bd_str head;
};

#define HEAD_BYTES 512
#define KEEP_BYTES ((size_t)1 << 20) /* of each stream, where the caller takes none */

static int on_output(enum bd_stream stream, const char *data, size_t bytes, void *arg)
{
    struct relay *r = arg;
    if (stream == BD_STDERR && r->head.len < HEAD_BYTES) {
        size_t room = HEAD_BYTES - r->head.len;
        bd_str_addn(&r->head, data, bytes < room ? bytes : room);
    }
    if (r->cmd->on_output)
        return r->cmd->on_output(stream, data, bytes, r->cmd->arg);
    struct bd_str *kept = stream == BD_STDOUT ? &r->ret->out : &r->ret->err;
    size_t room = KEEP_BYTES - kept->len;
    bd_str_addn(kept, data, bytes < room ? bytes : room);
    r->ret->truncated |= bytes > room;
    return 0;
}

static int run(struct ns_exec *e, struct bd_proc_result *ret, struct bd_err *err)
{
    bd_auto_strv struct bd_strv argv = {0};
    const int pass[] = {e->node.found.pidfd, -1};
    struct bd_proc_result out = {0};
    struct relay relay = {.cmd = e->cmd, .ret = ret};
    ns_enter_words(e, !e->as_unit, &argv);
    if (e->as_unit)
        ns_unit_words(e, &argv);
    else
        for (const char *const *word = e->cmd->argv; *word; word++)
            bd_strv_add(&argv, *word);
    const struct bd_proc proc = {
        .argv = (const char *const *)argv.items,
        .input = e->cmd->input,
        .input_bytes = e->cmd->input_bytes,
        .pass_fds = pass,
        .timeout_ns = e->cmd->timeout_ns,
        .cancel = e->cmd->cancel,
        .on_output = on_output,
        .arg = &relay,
    };
    int rc = bd_proc_run(&proc, &out, err);
    ret->exit_code = out.exit_code;
    ret->signal = out.signal;
    bd_proc_result_done(&out);
    if (rc == 0 && ret->exit_code == ENTER_FAILED &&
        bd_starts_with(bd_str_text(&relay.head), ENTER_SAYS)) {
        struct pollfd ended = {.fd = e->node.found.pidfd, .events = POLLIN};
        const char *why = relay.head.data + strlen(ENTER_SAYS);
        rc = bd_err_set(err, poll(&ended, 1, 0) ? BD_ENOTFOUND : BD_ECHILD, "%.*s",
                        (int)strcspn(why, "\n"), why);
    } else if (rc == 0 && e->as_unit && ret->signal == 0) {
        rc = ns_unit_end(e, bd_str_text(&relay.head), ret, err);
    }
    bd_str_done(&relay.head);
    return rc;
}

/* Nothing of the command is left afterwards; err keeps why it came to this. */
static int end_all(const struct ns_exec *e, int why, struct bd_err *err)
{
    struct hostops *ops = virt_ops(e->channel->virt);
    struct bd_err failed = BD_ERR_INIT;
    int rc = hostops_cgroup_kill(ops, e->cgroup, &failed);
    if (rc == 0)
        rc = hostops_cgroup_wait_empty(ops, e->cgroup, DEATH_TIMEOUT_NS, &failed);
    if (rc == 0 && e->as_unit)
        rc = ns_unit_stop(e, &failed);
    if (rc == 0)
        return why;
    bd_err_copy(err, &failed);
    return bd_err_wrap(err, "end what was started");
}

int ns_exec_run(struct ns_exec *e, struct bd_proc_result *ret, struct bd_err *err)
{
    e->node = (struct ns_node){.found = {.pidfd = -1}, .root_fd = -1};
    int rc = exec_prepare(e, err);
    if (rc == 0) {
        rc = run(e, ret, err);
        if (rc < 0 || e->whole)
            rc = end_all(e, rc, err);
        /* Where the command left something running in the background, the group stays with that. */
        hostops_cgroup_remove(virt_ops(e->channel->virt), e->cgroup, NULL);
    }
    exec_done(e);
    return rc;
}

static int ns_exec(const struct channel *c, const struct channel_cmd *cmd,
                   struct bd_proc_result *ret, struct bd_err *err)
{
    struct ns_exec e = {.channel = c, .cmd = cmd, .as_unit = cmd->unit};
    return ns_exec_run(&e, ret, err);
}

const struct channel_ops channel_namespaces = {
    .backend = "lxc",
    .exec = ns_exec,
    .put = ns_put,
    .get = ns_get,
};
