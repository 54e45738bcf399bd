/*
 * How busy the host is with what is not benchd's: two samples, and the CPUs that others used
 * between them. benchd's are its own process and the programs that it ran, all that lives in its
 * cgroups (nodes, builds of images), libvirt's LXC daemon and the controllers of benchd's nodes.
 *
 * Threads: any; samples are values. A sample takes less than a millisecond, so that the loop may
 * take one.
 */
#pragma once

#include "lib/base/err.h"

#include <stdint.h>

/* CPU times in ns, each since a moment of its own: only differences mean something. */
struct quiet_sample {
    int64_t mono_ns;
    /* All CPUs of the host: busy, and stolen by what runs beside it on the same machine (proc(5),
     * /proc/stat: user, nice, system, irq, softirq, steal; in ticks, so a sample is 10 ms fine). */
    int64_t busy_ns;
    int64_t steal_ns;   /* the stolen part of busy_ns */
    int64_t self_ns;    /* benchd and its ended children (getrusage(2)) */
    int64_t nodes_ns;   /* benchd's cgroups ("usage_usec" of cgroup2's cpu.stat) */
    int64_t libvirt_ns; /* libvirt's daemon and controllers (/proc/PID/stat) */
    /* Percent of the last 10 s in which something waited for memory ("some avg10" of
     * /proc/pressure/memory); negative where the kernel does not say. */
    double memory_some_avg10;
};

/* cgroup2: where it is mounted; "" where it is not, and no cgroup counts as benchd's. -errno or
 * BD_ECORRUPT with the file that could not be read; what may be missing (no libvirt, no cgroup, no
 * pressure) is no error. */
int quiet_take(const char *cgroup2, struct quiet_sample *ret_sample, struct bd_err *err);

/* CPUs that others than benchd used between the two, never negative; 0 where no time passed. What
 * ended in between, and whose time is so unknown, counts as others'. */
double quiet_outside_cpus(const struct quiet_sample *before, const struct quiet_sample *after);

/* quiet_take() with other places for the kernel's and libvirt's files. */
struct quiet_places {
    const char *proc;    /* "/proc" */
    const char *run;     /* "/run": libvirtd.pid, virtlxcd.pid, libvirt/lxc */
    const char *cgroup2; /* or "" */
};
int quiet_take_from(const struct quiet_places *places, struct quiet_sample *ret_sample,
                    struct bd_err *err);
