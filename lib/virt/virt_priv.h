/* Shared by the files of lib/virt. */
#pragma once

#include "lib/virt/conn.h"
#include "lib/virt/hostfacts.h"
#include "lib/virt/virt.h"

/* How networks of nodes can be shaped, each once: a row of shape.c's table. */
enum shape_way { SHAPE_HTB, SHAPE_NETEM, SHAPE_WAYS };

/* What came of trying each way on this host, in a network namespace of its own. */
struct shape_tried {
    bool works[SHAPE_WAYS];
    char reason[SHAPE_WAYS][256]; /* where it does not */
};
void shape_try(struct shape_tried *ret_tried);

struct virt {
    struct hostops *ops; /* borrowed */
    struct conn_pool *lanes[VIRT_LANE_COUNT];
    struct conn_pool *events; /* one connection, for events alone */
    unsigned start_width;
    struct hostfacts facts; /* of when it was made */
    struct shape_tried shaping;
};

/* On hosts with cgroup2 alone: the name of a node's group, below the one that libvirt makes for it.
 */
#define VIRT_CGROUP_BELOW "bench"

/* The kernel's own default; a shorter one would take the tail off fewer short jobs, yet could not
 * express a hundredth of a CPU, as a quota is 1 ms at least. */
#define CPU_PERIOD_US 100000

/* 0 where this process may make cgroups; else BD_EUNSUPPORTED with the remedy. */
int virt_can_group(const struct virt *v, struct bd_err *err);
/* Whether limits of this controller ("cpu") can be set here. */
bool virt_in_force(const struct virt *v, const char *controller);
/* Adds what can't be limited. */
void virt_warn_of_limits(const struct virt *v, struct bd_strv *warnings);
/* Kills all in the nodes of a cluster, until nothing lives in the cluster's cgroup. */
int virt_kill_all(struct virt *v, const struct cluster_plan *plan, struct bd_err *err);

/* virt_node_open() of a bare cluster's place. */
int host_node_open(struct virt *v, const struct node_plan *node, struct virt_node *ret_node,
                   struct bd_err *err);

/* Whether libvirt's controller of the node lives. */
bool virt_node_has_controller(const struct node_plan *node);

/* The active domains of libvirt's that are the plan's: ret_running[i] of nodes[i]. One call. */
int lxc_list(struct virt *v, enum virt_lane lane, const struct cluster_plan *plan,
             bool *ret_running, size_t *ret_n, struct bd_err *err);
/* Ends a node by libvirt, whatever state it is in there; one that it does not know is fine. */
int lxc_destroy(struct virt *v, enum virt_lane lane, const struct node_plan *node,
                struct bd_err *err);
int lxc_stop(struct virt *v, enum virt_lane lane, const struct cluster_plan *plan,
             struct bd_cancel *cancel, struct bd_err *err);

extern const struct virt_backend virt_backend_lxc;
extern const struct virt_backend virt_backend_host;
