/*
 * The channel: how commands run and files move in a node. One table, a row a kind of node
 * (namespaces for lxc and host). A command is an argument vector, never a line for a shell on the
 * host.
 *
 * Bodies block and belong on worker threads. Threads: a struct channel is immutable after
 * channel_init(); any thread may use it.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "lib/base/proc.h"
#include "lib/model/cluster.h"
#include "lib/virt/virt.h"

struct channel_ops;

struct channel {
    const struct channel_ops *ops;
    struct virt *virt;
    const char *bench_enter; /* path of the program; borrowed */
};

struct channel_cmd {
    const struct node_plan *node;
    const char *const *argv;
    const char *const *env; /* "K=V" added to the node's default environment, NULL: none */
    const char *cwd;        /* NULL: the user's home or / */
    const char *user;       /* a name in the node's passwd; NULL: root */
    const void *input;
    size_t input_bytes;
    int64_t timeout_ns; /* 0: none */
    struct bd_cancel *cancel;
    bool unit; /* as a transient unit of the node's systemd, where it has one: CPU and memory count,
                  and are limited, as a service's, and nothing of it outlives it */
    bd_proc_output_fn on_output; /* NULL: kept in the result */
    void *arg;
};

struct channel_ops {
    const char *backend; /* nodes of this backend */
    int (*exec)(const struct channel *c, const struct channel_cmd *cmd, struct bd_proc_result *ret,
                struct bd_err *err);
    int (*put)(const struct channel *c, const struct node_plan *node, int src_fd, const char *path,
               mode_t mode, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err);
    int (*get)(const struct channel *c, const struct node_plan *node, const char *path, int dst_fd,
               uint64_t max_bytes, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err);
};

extern const struct channel_ops channel_namespaces, channel_host;

/* BD_EUNSUPPORTED where no channel serves the backend. */
int channel_init(struct channel *c, const char *backend, struct virt *virt, const char *bench_enter,
                 struct bd_err *err);
/*
 * Runs a command to its end. 0 whatever its exit code (in ret; a command that could not be executed
 * in the node gives 126 or 127 as a shell would), with the signal that ended it apart from the
 * code, as a unit too; BD_ENOTFOUND if the node does not run, or the user or cwd is not in it;
 * BD_ECHILD if it could not be begun, or its end is not known; BD_ECANCELLED, BD_ETIMEOUT: then
 * nothing of the command is left running.
 */
int channel_exec(const struct channel *c, const struct channel_cmd *cmd, struct bd_proc_result *ret,
                 struct bd_err *err);
/* Copies a file into a node: whole, under its final name, or not at all. Its digest is of what was
 * written. */
int channel_put(const struct channel *c, const struct node_plan *node, int src_fd, const char *path,
                mode_t mode, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err);
/* Copies a regular file out of a node, -EFBIG above max_bytes. Links are resolved within the node's
 * root. */
int channel_get(const struct channel *c, const struct node_plan *node, const char *path, int dst_fd,
                uint64_t max_bytes, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err);
