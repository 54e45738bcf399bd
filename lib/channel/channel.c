#include "lib/channel/channel.h"

#include <string.h>

static const struct channel_ops *const channels[] = {&channel_namespaces, &channel_host, NULL};

int channel_init(struct channel *c, const char *backend, struct virt *virt, const char *bench_enter,
                 struct bd_err *err)
{
    for (const struct channel_ops *const *ops = channels; *ops; ops++) {
        if (!bd_str_eq((*ops)->backend, backend))
            continue;
        *c = (struct channel){.ops = *ops, .virt = virt, .bench_enter = bench_enter};
        return 0;
    }
    return bd_err_set(err, BD_EUNSUPPORTED, "no channel leads into nodes of backend '%s'", backend);
}

static int check_command(const struct channel_cmd *cmd, struct bd_err *err)
{
    if (!cmd->argv || !cmd->argv[0] || !*cmd->argv[0])
        return bd_err_set(err, BD_EINVALID, "a command needs a name: give at least one argument");
    if (cmd->cwd && cmd->cwd[0] != '/')
        return bd_err_set(err, BD_EINVALID, "'%s' is not an absolute path to work in", cmd->cwd);
    for (const char *const *e = cmd->env; e && *e; e++)
        if (**e == '=' || !strchr(*e, '='))
            return bd_err_set(err, BD_EINVALID, "'%s' is not a variable of the form NAME=VALUE",
                              *e);
    return 0;
}

static int check_path(const char *path, struct bd_err *err)
{
    return path[0] == '/'
               ? 0
               : bd_err_set(err, BD_EINVALID, "'%s' is not an absolute path in the node", path);
}

int channel_exec(const struct channel *c, const struct channel_cmd *cmd, struct bd_proc_result *ret,
                 struct bd_err *err)
{
    *ret = (struct bd_proc_result){.exit_code = -1};
    int rc = check_command(cmd, err);
    if (rc == 0)
        rc = c->ops->exec(c, cmd, ret, err);
    return rc < 0 ? bd_err_wrap(err, "run %s on %s", cmd->argv ? cmd->argv[0] : "a command",
                                cmd->node->name)
                  : 0;
}

int channel_put(const struct channel *c, const struct node_plan *node, int src_fd, const char *path,
                mode_t mode, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err)
{
    int rc = check_path(path, err);
    if (rc == 0)
        rc = c->ops->put(c, node, src_fd, path, mode, ret_digest, err);
    return rc < 0 ? bd_err_wrap(err, "put %s on %s", path, node->name) : 0;
}

int channel_get(const struct channel *c, const struct node_plan *node, const char *path, int dst_fd,
                uint64_t max_bytes, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err)
{
    int rc = check_path(path, err);
    if (rc == 0)
        rc = c->ops->get(c, node, path, dst_fd, max_bytes, ret_digest, err);
    return rc < 0 ? bd_err_wrap(err, "get %s from %s", path, node->name) : 0;
}
