/* Descriptions for libvirt. PURE. */
#pragma once

#include "lib/base/str.h"
#include "lib/model/cluster.h"
#include "lib/virt/hostfacts.h"

struct xml_node {
    const struct cluster_plan *plan;
    const struct node_plan *node;
    const char *root;           /* directory that is the node's "/" */
    const char *shared;         /* and that which is its "/shared", of all nodes of the cluster */
    enum cgroup_layout layout;  /* of the host */
    const char *cgroup_options; /* with which the host has mounted its cgroup2 */
};

/* The domain of an LXC node. Owned by the caller. */
char *xml_lxc_domain(const struct xml_node *n);
