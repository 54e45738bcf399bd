/*
 * A cluster as data: its states and moves, its resolved spec, and the plan of names, addresses and
 * sizes that follows from spec, id and subnet alone. PURE: no I/O, no clock, no randomness.
 *
 * Everything that is made for a cluster carries its id in its name, and every name is derived here,
 * so that any step can be repeated or undone from the id. Threads: values; no sharing.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/json.h"
#include "lib/model/network.h"
#include "lib/model/subnet.h"
#include "lib/schema/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cluster_state {
    CLUSTER_CREATING, /* steps of bring-up are under way */
    CLUSTER_READY,    /* its scheduler takes jobs */
    CLUSTER_FAILING,  /* bring-up failed; what was made is being removed */
    CLUSTER_DELETING, /* somebody asked for its end; it is being removed */
    CLUSTER_FAILED,   /* removed after a failed bring-up; error tells why */
    CLUSTER_DELETED,  /* removed as asked */
    CLUSTER_STATE_COUNT
};

enum cluster_event {
    CLUSTER_EV_UP,     /* the last step of bring-up is done */
    CLUSTER_EV_FAIL,   /* a step of bring-up failed for good */
    CLUSTER_EV_DELETE, /* somebody asked for its end */
    CLUSTER_EV_GONE,   /* take-down and audit are done */
    CLUSTER_EVENT_COUNT
};

const char *cluster_state_to_str(enum cluster_state s);
int cluster_state_from_str(const char *s, enum cluster_state *ret_state);
const char *cluster_event_to_str(enum cluster_event e);
/* The one table of moves. 0, or BD_ECONFLICT for a pair that is impossible (said in err). */
int cluster_next(enum cluster_state from, enum cluster_event event, enum cluster_state *ret_to,
                 struct bd_err *err);
bool cluster_state_is_final(enum cluster_state s);

enum node_role { NODE_CONTROLLER, NODE_COMPUTE, NODE_ROLE_COUNT };
const char *node_role_to_str(enum node_role r);

enum node_state { NODE_PLANNED, NODE_RUNNING, NODE_READY, NODE_LOST, NODE_GONE, NODE_STATE_COUNT };
const char *node_state_to_str(enum node_state s);
int node_state_from_str(const char *s, enum node_state *ret_state);

/* The `cluster:` object of a spec, resolved. Owns its strings and JSON. */
struct cluster_spec {
    char *backend;             /* "lxc" */
    bool bare;                 /* backend "host": no nodes, one place on the host in their stead */
    char *image;               /* name, id or digest as asked for */
    unsigned controllers;      /* 1; 0 where bare */
    unsigned compute;          /* compute nodes */
    double cpus;               /* enforced share of each compute node, in CPUs */
    double controller_cpus;    /* and of each controller */
    unsigned scheduler_cpus;   /* what the scheduler is told */
    uint64_t memory_bytes;     /* of each node: limit, and what the scheduler is told */
    char *scheduler;           /* "slurm"; "none" where bare, and only there */
    json_t *scheduler_options; /* object of strings, numbers and booleans */
    bool fair;                 /* by the profile `fair` of the scheduler */
    bool accounting;           /* the scheduler keeps its jobs in a database of its own, too */
    bool under_slurm;          /* the scheduler is itself a job of Slurm's */
    struct network_shape network;
    bool oversubscribe;
};

/*
 * Reads a spec that the contract's schema found right, with defaults applied. What follows from
 * other members is written back into json where it is missing: schedulerCpus (cpus rounded up), the
 * scheduler's name (by the backend). What a schema can't say is checked here. 0, or BD_EINVALID
 * with the faults appended.
 */
int cluster_spec_read(json_t *json, struct cluster_spec *ret_spec, struct schema_faults *faults);
void cluster_spec_done(struct cluster_spec *spec);
/* Whether clusters of this backend are bare. */
bool cluster_backend_is_bare(const char *backend);

#define NODE_NAME_BYTES   16
#define NODE_BARE         "bare" /* the one place of a bare cluster */
#define NODE_DOMAIN_BYTES 40
#define NODE_LINK_BYTES   16 /* IFNAMSIZ */
#define NODE_CGROUP_BYTES 64

struct node_plan {
    char name[NODE_NAME_BYTES]; /* "ctl1", "n1", "n2": also its host name; NODE_BARE */
    enum node_role role;
    double cpus; /* its enforced share; of a bare cluster, a compute node's */
    bool bare;   /* of a bare cluster: no domain or link is made of the names below */
    char address[SUBNET_ADDR_BYTES]; /* dotted IPv4 */
    char domain[NODE_DOMAIN_BYTES];  /* libvirt's name: "bd-1f2e3d4c-n1" */
    char uuid[BD_UUID_BYTES];        /* libvirt's, derived from the domain's name */
    char link[NODE_LINK_BYTES];      /* host side of its veth pair: "bd1f2e3d4c-12" */
    char back[NODE_LINK_BYTES];     /* what comes from it is shaped by this link: "bd1f2e3d4c-bc" */
    char mac[18];                   /* locally administered, derived from the domain's name */
    char cgroup[NODE_CGROUP_BYTES]; /* below the cgroup2 root: "benchd/1f2e3d4c/n1" */
};

struct cluster_plan {
    char id[BD_ID_BYTES];
    struct cluster_spec spec;
    struct subnet subnet;
    char bridge[NODE_LINK_BYTES];   /* "bd-1f2e3d4c" */
    char cgroup[NODE_CGROUP_BYTES]; /* "benchd/1f2e3d4c": parent of all of its nodes' */
    struct node_plan *nodes;        /* controllers first, then compute nodes */
    size_t n_nodes;                 /* 1 where bare */
    /* Of a bare cluster: so many compute nodes' CPUs and memory its one place has. All of them,
     * unless who makes the plan knows that a job will have fewer. */
    unsigned shares;
};

/* So many nodes' CPUs and memory a cluster of this spec may use. */
unsigned cluster_spec_nodes(const struct cluster_spec *spec);
/* And so many CPUs these together. */
double cluster_spec_cpus(const struct cluster_spec *spec);
/* Derives everything. Takes over *spec (left empty). */
void cluster_plan_make(const char *id, struct cluster_spec *spec, const struct subnet *subnet,
                       struct cluster_plan *ret_plan);
void cluster_plan_done(struct cluster_plan *plan);
/* NULL where there is no node of this name; NULL or "" asks for the first controller. */
const struct node_plan *cluster_plan_node(const struct cluster_plan *plan, const char *name);
/*
 * The cluster id in a name of ours: "bd-ID", "bdID-...", "benchd/ID", "clusters/ID", each where a
 * word begins, also within a longer name (libvirt's "lxc-4711-bd-ID-n1", a path, a unit of
 * systemd's). False where there is none. Used to tell whose a thing on the host is.
 */
bool cluster_id_in_name(const char *name, char ret_id[BD_ID_BYTES]);
