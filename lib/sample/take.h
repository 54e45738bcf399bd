/*
 * One look at a cluster's nodes and at the host: counters from files of the kernel's, without
 * asking libvirt. What two looks make of a metric is a pure function of both.
 *
 * Files are opened once and read again each time: 129 nodes are some 400 descriptors. What can't be
 * read (a node that died, a host without it) is not known, and a counter that went back is not
 * either: a metric of it has no value then, never a wild one.
 *
 * Threads: a taker belongs to one thread at a time; looks are values.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/model/cluster.h"
#include "lib/sample/metrics.h"
#include "lib/virt/quiet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where things are found; "" where there is no such. */
struct take_places {
    const char *proc;    /* "/proc" */
    const char *sys;     /* "/sys": frequencies, RAPL */
    const char *run;     /* "/run": see quiet.h */
    const char *cgroup2; /* mount point */
    const char *memory;  /* mount points of version 1 hierarchies with these controllers */
    const char *blkio;
};

/* The mount point of the version 1 hierarchy with a controller, the caller's; "" where there is
 * none. -errno where mounts can't be read. */
int take_hierarchy_find(const char *controller, char **ret_mount, struct bd_err *err);

struct take_count {
    int64_t at_ns; /* monotonic */
    uint64_t n;
    bool known;
};

struct take_node {
    struct take_count cpu_us;
    struct take_count memory_bytes, tasks; /* levels, not counters */
    struct take_count net_rx, net_tx;      /* bytes; the node's, not those of the link's host end */
    struct take_count block_read, block_write;
};

#define TAKE_PACKAGES_MAX 16 /* of CPUs */

enum take_psi { TAKE_PSI_CPU, TAKE_PSI_MEMORY, TAKE_PSI_IO, TAKE_PSI_COUNT };

struct take_host {
    bool quiet_known;
    struct quiet_sample quiet;
    struct take_count psi_us[TAKE_PSI_COUNT]; /* "some" */
    double frequency_mhz;                     /* negative: not known */
    size_t n_packages;
    struct take_energy {
        struct take_count uj;
        uint64_t range_uj; /* behind it the counter begins at 0 again; 0: not known */
    } packages[TAKE_PACKAGES_MAX];
};

struct take_look {
    struct take_host host;
    struct take_node *nodes; /* as in the plan */
    size_t n_nodes;
};
void take_look_init(struct take_look *look, size_t n_nodes);
void take_look_done(struct take_look *look);

struct taker;
/* Opens what there is of the plan's nodes, which have to be up, and of the host. The plan and the
 * places are not needed afterwards. */
struct taker *taker_new(const struct take_places *places, const struct cluster_plan *plan);
void taker_free(struct taker *t);
BD_DEFINE_CLEANUP(struct taker, taker, taker_free)
/* A look, initialised for the plan's nodes. A negative answer says why even the host's CPU time
 * could not be read; all else is in the look. */
int taker_look(struct taker *t, struct take_look *look, struct bd_err *err);

/* ------------------------------------------------------------------------- what two looks tell */

/* Columns of values: the host's metrics, then those of each node. */
size_t take_columns(size_t n_nodes);
enum sample_id take_column_metric(size_t column);
/* The number of the node, or -1: the host's. */
ptrdiff_t take_column_node(size_t column);
/* The value of each column, rounded as the metric's row says; NAN: none. */
void take_values(const struct take_look *before, const struct take_look *after, double *ret_values);
/* The host's alone. */
void take_host_values(const struct take_host *before, const struct take_host *after,
                      double ret_values[SAMPLE_HOST_COUNT]);
/* Growth in a second; NAN where it is not known. */
double take_rate(const struct take_count *before, const struct take_count *after);
/* What all packages used between the two, J; NAN where that of one is not known. */
double take_energy_j(const struct take_host *before, const struct take_host *after);

/* ---------------------------------------------------------------------- daemons of a scheduler */

/* What a unit of a node's systemd used between two looks. */
struct sample_daemon {
    char unit[64];
    int64_t cpu_ns;      /* all of its processes; -1: not known */
    uint64_t peak_bytes; /* sum of its processes' peaks of resident memory, since each began */
    /* Times that its threads were taken off a CPU or left it; of threads that ended in between
     * nothing is known, so it is a lower bound. */
    uint64_t switches;
};

struct take_daemon {
    bool known; /* it has processes */
    struct take_count cpu_us;
    uint64_t peak_bytes;
    struct take_thread {
        int64_t tid;
        uint64_t switches;
    } * threads; /* by tid */
    size_t n_threads;
};
void take_daemon_done(struct take_daemon *d);
/* The cgroup of the node's systemd, in which its "system.slice" is: the caller's; NULL: none. */
char *take_system_find(const struct take_places *places, const struct node_plan *node);
void take_daemon_look(const char *proc, const char *system, const char *unit,
                      struct take_daemon *ret_daemon);
/* False where it did not run at one of the two. */
bool take_daemon_used(const struct take_daemon *before, const struct take_daemon *after,
                      const char *unit, struct sample_daemon *ret_used);
