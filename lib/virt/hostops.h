/*
 * Every act of benchd that needs root, as one table of verbs with plain arguments, so that the
 * acts can move into a process of their own. Nothing else in the daemon mounts, makes links,
 * writes below a node's directory, or touches cgroups and sysctls.
 *
 * Each verb is idempotent: done already is success, so is gone already. Arguments are checked:
 * paths stay below the directories given to hostops_new(), names of links begin with "bd". Threads:
 * any; the table is immutable. Errors: -errno or BD_EINVALID, with what was tried in the text.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/model/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hostops_dirs {
    const char *clusters;   /* nodes live below it: <clusters>/<id>/<node>/{upper,work,root}, and
                               what they share: <clusters>/<id>/shared */
    const char *images;     /* image roots: the only lower layers, beside node_layer */
    const char *node_layer; /* static programs, laid over the image's root */
    const char *cgroup2;    /* mount point of cgroup2; "" where there is none */
};

struct hostops;

/* Source of the nodes' overlays in the host's list of mounts: tells them from those of others. */
#define HOSTOPS_OVERLAY "benchd"

/* A file to be written below a directory of a node, before it starts. */
struct node_file {
    char *path; /* absolute, as seen in the node */
    char *data; /* content; of a link: its target */
    size_t bytes;
    mode_t mode; /* permission bits; S_IFLNK set: a symbolic link; S_IFDIR set: a directory */
    uid_t uid;
    gid_t gid;
};

struct node_files {
    struct node_file *items;
    size_t n, cap;
};
void node_files_done(struct node_files *f);
void node_files_add(struct node_files *f, const char *path, mode_t mode, uid_t uid, gid_t gid,
                    const void *data, size_t bytes);
void node_files_addf(struct node_files *f, const char *path, mode_t mode, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void node_files_link(struct node_files *f, const char *path, const char *target);

struct hostops *hostops_new(const struct hostops_dirs *dirs);
void hostops_free(struct hostops *h);
const struct hostops_dirs *hostops_dirs_of(const struct hostops *h);

/* <clusters>/<id>/<node>/{upper,work,root} made, overlay of node_layer and rootfs mounted on root,
 * files written through it: links in the image are resolved as the node would, so that none leads
 * out of it; the file's own name is replaced. What was there of an earlier attempt goes. */
int hostops_node_make(struct hostops *h, const char *id, const char *node, const char *rootfs,
                      const struct node_files *files, struct bd_err *err);
/* Unmounts and removes the node's directory. */
int hostops_node_remove(struct hostops *h, const char *id, const char *node, struct bd_err *err);
/* <clusters>/<id>/shared, in which everybody may make files, each removes his own: /shared of all
 * nodes of the cluster. What is in it stays. */
int hostops_shared_make(struct hostops *h, const char *id, struct bd_err *err);
/* Removes <clusters>/<id>, and all that is still mounted below it. */
int hostops_cluster_remove(struct hostops *h, const char *id, struct bd_err *err);

/* A bridge without address or spanning tree or IPv6, up. */
int hostops_bridge_add(struct hostops *h, const char *name, struct bd_err *err);
/* A bridge, the host side of a veth pair, or what shapes one way of such. */
int hostops_link_del(struct hostops *h, const char *name, struct bd_err *err);
/*
 * Shapes a node's link by its host side, instead of what shaped it before: bandwidth in both
 * directions, what comes from the node by the link `back`, which is made for it; the rest on the
 * way to the node. A kernel that can't gives -ENOENT, -EOPNOTSUPP or -EINVAL.
 */
int hostops_link_shape(struct hostops *h, const char *link, const char *back,
                       const struct network_shape *shape, struct bd_err *err);

/* The cgroup and its parents below the cgroup2 mount. */
int hostops_cgroup_make(struct hostops *h, const char *cgroup, struct bd_err *err);
/* One write to cgroup.kill: everything in it and below it dies. */
int hostops_cgroup_kill(struct hostops *h, const char *cgroup, struct bd_err *err);
/* Waits until nothing lives in it or below it; -EBUSY after the time. */
int hostops_cgroup_wait_empty(struct hostops *h, const char *cgroup, int64_t timeout_ns,
                              struct bd_err *err);
/* Removes an empty tree of cgroups; -EBUSY while something lives in it. */
int hostops_cgroup_remove(struct hostops *h, const char *cgroup, struct bd_err *err);

/* As hostops_cgroup_make(), and of the same name in each version 1 hierarchy that counts or limits
 * CPU time, memory or block I/O; on cgroup2 the controllers of these are switched on for it. */
int hostops_groups_make(struct hostops *h, const char *cgroup, struct bd_err *err);
/* Limits all that is in such groups, by whichever version has the controller. BD_EUNSUPPORTED where
 * none has. */
int hostops_groups_limit_cpu(struct hostops *h, const char *cgroup, int64_t quota_us,
                             int64_t period_us, struct bd_err *err);
int hostops_groups_limit_memory(struct hostops *h, const char *cgroup, uint64_t bytes,
                                struct bd_err *err);
/* Removes what hostops_groups_make() made, and is empty. */
int hostops_groups_remove(struct hostops *h, const char *cgroup, struct bd_err *err);
/* Starts what holds a place on the host (node/bench-hold.h): in the groups of this name, with the
 * root of a node that was made and /shared of its cluster. Ends when it can be entered. */
int hostops_place_start(struct hostops *h, const char *id, const char *node, const char *cgroup,
                        struct bd_cancel *cancel, struct bd_err *err);

/* Kills everything in all nodes of a cluster, wherever libvirt has put them. */
int hostops_cluster_kill(struct hostops *h, const char *id, struct bd_err *err);
/* Kills libvirt's controllers (libvirt_lxc) of a node, or of all of a cluster's (node: NULL), and
 * waits for their end. */
int hostops_controllers_kill(struct hostops *h, const char *id, const char *node,
                             struct bd_err *err);
/* Removes what libvirt left behind of a dead node, or of all of a cluster's (node: NULL): empty
 * cgroups in every hierarchy, directories below /run/libvirt/lxc, logs. */
int hostops_leftovers_remove(struct hostops *h, const char *id, const char *node,
                             struct bd_err *err);
