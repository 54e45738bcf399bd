/*
 * What this host is and can do: for /v1/hosts, for `benchctl doctor`, and for decisions that differ
 * by host (cgroup layout, controllers in force). Threads: any; values.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/virt/virt.h"

enum cgroup_layout { CGROUP_NONE, CGROUP_HYBRID, CGROUP_UNIFIED, CGROUP_LAYOUT_COUNT };
const char *cgroup_layout_to_str(enum cgroup_layout l);

struct hostfacts {
    unsigned cpus; /* on-line */
    uint64_t memory_bytes;
    char kernel[72];
    enum cgroup_layout layout;
    char cgroup2[256];         /* mount point of cgroup2, "" if none */
    char cgroup2_options[128]; /* with which it is mounted: "rw,nsdelegate" */
    char *controllers;         /* in force for nodes: "cpu,memory,pids" */
};

int hostfacts_read(struct hostfacts *ret_facts, struct bd_err *err);
void hostfacts_done(struct hostfacts *f);

/* All checks, as the contract's Host.checks: [{id, ok, level, summary, remedy}]; new reference. v
 * may be NULL: then libvirt's are left out. */
json_t *hostfacts_checks(const struct hostfacts *f, struct virt *v, const char *state_dir);
