/*
 * What the sampler costs: it runs over a cluster of files for a while and tells what it took. The
 * files are below /dev/shm unless told otherwise: like the kernel's own they are in memory, but
 * what the kernel does to make their text is not in the figures.
 */
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/sample/sampler.h"
#include "tests/sample/tree.h"

#include <inttypes.h>
#include <stdio.h>

/* Controllers of nodes as libvirt has them. */
static void add_controllers(const struct tree *tree)
{
    for (size_t i = 0; i < tree->plan.n_nodes; i++) {
        bd_auto_free char *pid_file =
            bd_xasprintf("libvirt/lxc/%s.pid", tree->plan.nodes[i].domain);
        bd_auto_free char *stat = bd_xasprintf("%zu/stat", 4700 + i);
        tree_put(tree->run, pid_file, "%zu\n", 4700 + i);
        tree_put(tree->proc, stat, "1 (lxc) S 1 70 70 0 -1 4194304 5 6 7 8 9 20 3 4 20 0\n");
    }
}

static int measure(const struct tree *tree, int64_t interval_ns, int64_t seconds)
{
    const struct sampler_config config = {
        .plan = &tree->plan, .cgroup2 = tree->cgroup2, .interval_ns = interval_ns};
    struct sampler *s;
    struct sampler_result r;
    struct bd_err err = BD_ERR_INIT;
    if (sampler_start_from(&config, &tree->places, &s, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    bd_sleep_ns(seconds * BD_NS_PER_S);
    sampler_stop(s, &r);
    printf("%zu nodes, %u rounds (%u late, %u skipped): %" PRId64
           " us of CPU a round; by the clock "
           "%" PRId64 " us, at most %" PRId64 "\n",
           tree->plan.n_nodes, r.cost.rounds, r.cost.late, r.cost.skipped,
           r.cost.cpu_ns / r.cost.rounds / 1000, r.cost.round_mean_ns / 1000,
           r.cost.round_max_ns / 1000);
    sampler_result_done(&r);
    return 0;
}

int main(int argc, char **argv)
{
    int64_t nodes, seconds, interval_ns;
    if (argc < 4 || bd_parse_i64(argv[1], 2, 100000, &nodes) < 0 ||
        bd_parse_duration_ns(argv[2], &interval_ns) < 0 ||
        bd_parse_i64(argv[3], 1, 100000, &seconds) < 0) {
        fprintf(stderr, "bench-sample NODES INTERVAL SECONDS [DIRECTORY]\n");
        return 2;
    }
    int failed = 0;
    for (int layout = TREE_HYBRID; layout <= TREE_UNIFIED; layout++) {
        struct tree tree;
        tree_make(&tree, layout, (unsigned)nodes - 1, argc > 4 ? argv[4] : "/dev/shm");
        add_controllers(&tree);
        printf("%s: ", layout == TREE_HYBRID ? "cgroups of version 1 and 2" : "version 2 alone");
        failed |= measure(&tree, interval_ns, seconds);
        tree_done(&tree);
    }
    return failed;
}
