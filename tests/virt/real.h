/*
 * A real cluster for tests: libvirt, an image's root from BENCHD_TEST_ROOTFS (a Debian with
 * systemd), the node layer from BENCH_LAYER. Without one of them, or without root, the program ends
 * with 77 and says why.
 *
 * Each test runs in a process of its own; what a failed one leaves is removed at the end.
 */
#pragma once

#include "lib/virt/inventory.h"
#include "lib/virt/virt.h"
#include "tests/base/unit.h"

struct real {
    struct hostops *ops;
    struct virt *virt;
    const struct virt_backend *backend;
    struct cluster_plan plan;
    const char *rootfs;
    struct node_files *files; /* one a node */
    struct inventory before;
};

#define ck_ok(call, err) ck_assert_msg((call) >= 0, #call ": %s", (err).text)

/* Objects and a plan; nothing on the host. */
void real_open(struct real *r, unsigned compute, double cpus, uint64_t memory_bytes);
/* Inventory, bridge, nodes, limits. */
void real_up(struct real *r);
/* Ends everything, and shows that nothing is left. */
void real_down(struct real *r);
void real_close(struct real *r);
/* Starts the plan's nodes. */
int real_start(struct real *r, struct bd_cancel *cancel, struct bd_err *err);
/* Bytes or microseconds in a file of a node's cgroup on the host, of a controller wherever it is.
 */
int64_t real_cgroup_value(const struct real *r, const struct node_plan *node,
                          const char *controller, const char *v1_file, const char *v2_file);

/* As unit_run(), with a longer time, and the end of what was left. */
int real_run(const char *name, const TTest *const *tests, size_t n);
#define REAL_MAIN(name, ...)                                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return real_run(name, tests, BD_ARRAY_LEN(tests));                                         \
    }
