/*
 * The channel of the backend `host`: as that of LXC nodes, with a place in a node's stead. It has
 * no systemd, so what would be a unit is the command itself, in a group below the place's, whose
 * limits hold for it; and as of a unit nothing of it is left when it has ended.
 */
#include "lib/channel/namespaces_priv.h"

static int host_exec(const struct channel *c, const struct channel_cmd *cmd,
                     struct bd_proc_result *ret, struct bd_err *err)
{
    struct ns_exec e = {.channel = c, .cmd = cmd, .whole = cmd->unit};
    return ns_exec_run(&e, ret, err);
}

const struct channel_ops channel_host = {
    .backend = "host",
    .exec = host_exec,
    .put = ns_put,
    .get = ns_get,
};
