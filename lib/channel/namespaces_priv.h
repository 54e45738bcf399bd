/* Shared by the files of the channel `namespaces`. */
#pragma once

#include "lib/channel/channel.h"
#include "lib/channel/passwd.h"

/* A node that is being worked in. */
struct ns_node {
    struct virt_node found;
    int root_fd; /* its "/" (O_PATH) */
};

int ns_node_open(const struct channel *c, const struct node_plan *node, struct ns_node *ret_node,
                 struct bd_err *err);
void ns_node_done(struct ns_node *n);

/* One command under way. */
struct ns_exec {
    const struct channel *channel;
    const struct channel_cmd *cmd;
    bool as_unit; /* as a unit of the node's systemd */
    bool whole;   /* what it leaves in the background ends with it, as of a unit */
    struct ns_node node;
    struct passwd_user user;
    char cgroup[600];   /* of its own, below the node's */
    char unit[32];      /* "bench-1f2e3d4c.service", where it is one */
    struct bd_strv env; /* "K=V": all that the command sees */
    const char *cwd;
};

/* The words before the command: bench-enter with its options, ended by "--". env, cwd: whether they
 * are for what bench-enter starts. */
void ns_enter_words(const struct ns_exec *e, bool command_itself, struct bd_strv *argv);
/* The command as a transient unit: systemd-run with its options, and the command. */
void ns_unit_words(const struct ns_exec *e, struct bd_strv *argv);
/*
 * How the unit ended, once systemd-run has: exit_code and signal as of a program of one's own.
 * BD_ECHILD where the node does not tell, as of a unit that never began; said: what systemd-run
 * wrote on stderr.
 */
int ns_unit_end(const struct ns_exec *e, const char *said, struct bd_proc_result *ret,
                struct bd_err *err);
/* Ends the unit, whether it has begun or is about to. */
int ns_unit_stop(const struct ns_exec *e, struct bd_err *err);

/* Runs e->cmd by e->channel in the manner that e->as_unit and e->whole say. */
int ns_exec_run(struct ns_exec *e, struct bd_proc_result *ret, struct bd_err *err);
int ns_put(const struct channel *c, const struct node_plan *node, int src_fd, const char *path,
           mode_t mode, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err);
int ns_get(const struct channel *c, const struct node_plan *node, const char *path, int dst_fd,
           uint64_t max_bytes, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err);
