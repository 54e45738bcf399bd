/*
 * What a round of the sampler costs: a cluster of files in a directory, on which CPU time and clock
 * of rounds are taken. Its files are below /dev/shm unless told otherwise: like the kernel's own
 * they are in memory, but what the kernel would do to make their text is not in the figures.
 */
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/sample/sampler.h"
#include "tests/sample/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * BD_NS_PER_S + t.tv_nsec;
}

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

static void measure(const struct tree *tree, int64_t rounds)
{
    struct take_look looks[2];
    bd_auto(taker) struct taker *t = taker_new(&tree->places, &tree->plan);
    bd_auto_free double *values = bd_xcalloc(take_columns(tree->plan.n_nodes), sizeof(*values));
    for (size_t i = 0; i < 2; i++)
        take_look_init(&looks[i], tree->plan.n_nodes);
    taker_look(t, &looks[1], NULL);
    int64_t cpu = cpu_ns(), clock = bd_mono_ns();
    for (int64_t i = 0; i < rounds; i++) {
        taker_look(t, &looks[i % 2], NULL);
        take_values(&looks[(i + 1) % 2], &looks[i % 2], values);
    }
    cpu = cpu_ns() - cpu;
    clock = bd_mono_ns() - clock;
    printf("%zu nodes, %" PRId64 " rounds: %" PRId64 " us of CPU and %" PRId64
           " us by the clock a round, %.1f us of CPU a node\n",
           tree->plan.n_nodes, rounds, cpu / rounds / 1000, clock / rounds / 1000,
           (double)cpu / (double)rounds / 1e3 / (double)tree->plan.n_nodes);
    for (size_t i = 0; i < 2; i++)
        take_look_done(&looks[i]);
}

int main(int argc, char **argv)
{
    int64_t nodes, rounds;
    if (argc < 3 || bd_parse_i64(argv[1], 1, 100000, &nodes) < 0 ||
        bd_parse_i64(argv[2], 1, 1000000, &rounds) < 0) {
        fprintf(stderr, "bench-sample NODES ROUNDS [DIRECTORY]\n");
        return 2;
    }
    for (int layout = TREE_HYBRID; layout <= TREE_UNIFIED; layout++) {
        struct tree tree;
        tree_make(&tree, layout, (unsigned)nodes - 1, argc > 3 ? argv[3] : "/dev/shm");
        add_controllers(&tree);
        printf("%s: ", layout == TREE_HYBRID ? "version 1 and 2" : "version 2 alone");
        measure(&tree, rounds);
        tree_done(&tree);
    }
    return 0;
}
