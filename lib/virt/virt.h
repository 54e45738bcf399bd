/*
 * Nodes through libvirt. One table of backends; each row makes, starts, limits, stops and finds all
 * nodes of a cluster. All bodies block and belong on worker threads.
 *
 * struct virt is what they share: a pool of libvirt connections with one call each at a time
 * (lib/virt/ conn.h tells why), connections kept for teardown alone, and one for events. Threads:
 * struct virt is thread-safe.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/model/cluster.h"
#include "lib/virt/hostops.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct virt;

enum virt_lane { VIRT_LANE_WORK, VIRT_LANE_TEARDOWN, VIRT_LANE_COUNT };

/* Called on libvirt's event thread (the loop) when a domain's life changes: a hint to look, no
 * more. running: false when it stopped. */
typedef void (*virt_lifecycle_fn)(const char *domain, bool running, void *arg);

struct virt_config {
    const char *lxc_uri;            /* "lxc:///system" */
    unsigned connections;           /* of the work lane */
    unsigned start_width;           /* domains started at once */
    int keepalive_interval_s;       /* of the connection for events; 0: none */
    virt_lifecycle_fn on_lifecycle; /* may be NULL */
    void *arg;
};

/* Opens nothing yet: connections are made when they are first needed and again after they broke. */
struct virt *virt_new(const struct virt_config *config, struct hostops *ops);
/* Only when no call is under way, on the event loop's thread or after its end: so that no callback
 * is. */
void virt_free(struct virt *v);
struct hostops *virt_ops(struct virt *v);
/* Sees to it that lifecycle events come: opens their connection where it is not open or broke. */
int virt_watch(struct virt *v, struct bd_err *err);
/* Major*1000000 + minor*1000 + micro of the libvirtd that answers. BD_EUNAVAILABLE, with how to
 * mend it. */
int virt_version(struct virt *v, unsigned long *ret_version, struct bd_err *err);

/* Told by start() as nodes come up, from its threads. */
typedef void (*virt_node_fn)(const struct node_plan *node, void *arg);

struct virt_start {
    const struct cluster_plan *plan;
    const char *rootfs;             /* of the image */
    const struct node_files *files; /* one per node, in the plan's order */
    struct bd_cancel *cancel;
    virt_node_fn on_started; /* may be NULL */
    void *arg;
};

enum virt_presence { VIRT_ABSENT, VIRT_PARTIAL, VIRT_DONE };

struct virt_backend {
    const char *name;
    bool shared_clock; /* the nodes' clocks are the host's own */
    bool has_links;    /* each node has a link on the host, which is shaped there */
    /* 0 if nodes of this kind can be made here; else why not and how to mend it. */
    int (*usable)(struct virt *v, struct bd_err *err);
    /* Makes and starts all nodes, several at a time, each with up to 3 attempts. On failure it
     * leaves what it made for stop(). Safe to repeat: what runs already is kept. */
    int (*start)(struct virt *v, const struct virt_start *start, struct bd_err *err);
    /* Are all nodes (none, some) running? */
    int (*probe)(struct virt *v, const struct cluster_plan *plan, enum virt_presence *ret_presence,
                 struct bd_err *err);
    /* Enforces the CPU share of the spec on every node. What the host can't enforce is added to
     * warnings. */
    int (*limit)(struct virt *v, const struct cluster_plan *plan, struct bd_strv *warnings,
                 struct bd_err *err);
    /* Ends all nodes and removes everything of theirs: kill by cgroup, ask libvirt, destroy what it
     * still lists, links, overlays, cgroups, logs. Safe to repeat, and on what was never made. */
    int (*stop)(struct virt *v, enum virt_lane lane, const struct cluster_plan *plan,
                struct bd_cancel *cancel, struct bd_err *err);
};

extern const struct virt_backend *const virt_backends[];        /* NULL-terminated */
const struct virt_backend *virt_backend_find(const char *name); /* NULL if there is none */

/* The node's network: the cluster's bridge. A bare cluster has none of its own. */
int virt_net_up(struct virt *v, const struct cluster_plan *plan, struct bd_err *err);
int virt_net_down(struct virt *v, const struct cluster_plan *plan, struct bd_err *err);
int virt_net_probe(struct virt *v, const struct cluster_plan *plan,
                   enum virt_presence *ret_presence, struct bd_err *err);
/* How networks of a backend's nodes are shaped by a member on this host; tried when v was made.
 * Texts are v's, or last for ever. */
struct virt_shaping {
    bool can;
    const char *by;     /* "HTB and IFB on the host"; NULL where it can't */
    const char *reason; /* why it can't, and what to do */
};
struct virt_shaping virt_shaping_of(const struct virt *v, const struct virt_backend *backend,
                                    enum network_member member);
/* Appends a fault at /network/NAME for each member that the host can't enforce. */
void virt_shape_check(const struct virt *v, const struct cluster_spec *spec,
                      struct schema_faults *faults);
/* Enforces the spec's shape on the links of all nodes, which run; safe to repeat. What is made for
 * it goes with the nodes (stop() of the backend). */
int virt_shape(struct virt *v, const struct cluster_plan *plan, struct bd_err *err);

/* Subnets that the host has routes or addresses for, read from the kernel. Owned by the caller
 * (free()). */
int virt_net_taken(struct subnet **ret_subnets, size_t *ret_n, struct bd_err *err);

/* A running node, found without asking libvirt. */
struct virt_node {
    int pidfd;        /* of its init; the caller's */
    pid_t pid;        /* that init's, as long as the pidfd's process lives */
    char cgroup[512]; /* the node's, below the cgroup2 root */
};
/* BD_ENOTFOUND where it does not run (yet). */
int virt_node_open(struct virt *v, const struct node_plan *node, struct virt_node *ret_node,
                   struct bd_err *err);
/* Its pidfd alone (the caller's). */
int virt_node_pidfd(struct virt *v, const struct node_plan *node, int *ret_pidfd,
                    struct bd_err *err);
