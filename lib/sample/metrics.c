#include "lib/sample/metrics.h"

#include "lib/base/str.h"

#include <math.h>

const char *sample_of_to_str(enum sample_of of)
{
    static const char *const names[] = {"node", "host"};
    return names[of];
}

const struct sample_metric sample_metrics[SAMPLE_COUNT + 1] = {
    [SAMPLE_CPU] = {"cpu", "CPUs", SAMPLE_OF_NODE, 6,
                    "CPU time used, by all that runs in the node"},
    [SAMPLE_MEMORY] = {"memory", "B", SAMPLE_OF_NODE, 0, "Memory in use, page cache included"},
    [SAMPLE_TASKS] = {"tasks", "1", SAMPLE_OF_NODE, 0, "Threads, of all processes in the node"},
    [SAMPLE_NET_RX] = {"net_rx", "B/s", SAMPLE_OF_NODE, 0, "Bytes that came in by its network"},
    [SAMPLE_NET_TX] = {"net_tx", "B/s", SAMPLE_OF_NODE, 0, "Bytes that went out by its network"},
    [SAMPLE_BLOCK_READ] = {"block_read", "B/s", SAMPLE_OF_NODE, 0,
                           "Bytes read from block devices, what the page cache had left out"},
    [SAMPLE_BLOCK_WRITE] = {"block_write", "B/s", SAMPLE_OF_NODE, 0,
                            "Bytes written to block devices; with cgroup v1 without what the "
                            "kernel writes back later"},
    [SAMPLE_CPU_BUSY] = {"cpu_busy", "CPUs", SAMPLE_OF_HOST, 4,
                         "CPU time used by all on the host, without what was stolen"},
    [SAMPLE_STEAL] = {"steal", "CPUs", SAMPLE_OF_HOST, 4,
                      "CPU time that the host wanted and its hypervisor gave to others"},
    [SAMPLE_OUTSIDE_CPUS] = {"outside_cpus", "CPUs", SAMPLE_OF_HOST, 4,
                             "CPU time used by others than benchd, its nodes and libvirt, what was "
                             "stolen included"},
    [SAMPLE_PSI_CPU] = {"psi_cpu", "1", SAMPLE_OF_HOST, 6,
                        "Part of the time in which some task waited for a CPU"},
    [SAMPLE_PSI_MEMORY] = {"psi_memory", "1", SAMPLE_OF_HOST, 6,
                           "Part of the time in which some task waited for memory"},
    [SAMPLE_PSI_IO] = {"psi_io", "1", SAMPLE_OF_HOST, 6,
                       "Part of the time in which some task waited for input or output"},
    [SAMPLE_FREQUENCY] = {"frequency", "MHz", SAMPLE_OF_HOST, 1,
                          "Mean of the CPUs' clock frequencies as the kernel tells them"},
    [SAMPLE_POWER] = {"power", "W", SAMPLE_OF_HOST, 3,
                      "Power of all CPU packages by RAPL, memory's left out"},
    [SAMPLE_COUNT] = {0},
};

const struct sample_metric *sample_metric_find(const char *name)
{
    for (const struct sample_metric *m = sample_metrics; m->name; m++)
        if (bd_str_eq(m->name, name))
            return m;
    return NULL;
}

double sample_round(enum sample_id id, double value)
{
    double units = pow(10, sample_metrics[id].decimals);
    /* -0 is shown as such, and costs a series its short form. */
    return round(value * units) / units + 0.0;
}
