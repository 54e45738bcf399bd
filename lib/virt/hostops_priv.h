/* Shared by the files of hostops: the object, and the checks that every verb makes of its
 * arguments. */
#pragma once

#include "lib/virt/hostops.h"

struct hostops {
    struct hostops_dirs dirs; /* its strings are owned */
};

/* Each: 0, or BD_EINVALID with the argument in the text. */
int hostops_check_id(const char *id, struct bd_err *err);     /* of a cluster */
int hostops_check_node(const char *node, struct bd_err *err); /* the name of one */
int hostops_check_domain(const char *domain, struct bd_err *err);
int hostops_check_link(const char *name, struct bd_err *err);
/* The directory of a cgroup below the mount of cgroup2: the caller's. BD_EUNSUPPORTED without one.
 */
int hostops_cgroup_path(const struct hostops *h, const char *cgroup, char **ret_path,
                        struct bd_err *err);
/* Removes a directory of empty cgroups; one that is not there is fine. */
int hostops_cgroup_dir_remove(const char *path, struct bd_err *err);
/* Below "benchd/", or a node's own below libvirt's ("machine/.../bench"); no dots. */
int hostops_check_cgroup(const char *cgroup, struct bd_err *err);
