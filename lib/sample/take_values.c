/* What two looks tell: pure functions of both. */
#include "lib/sample/take.h"

#include "lib/base/clock.h"

#include <math.h>

#define US_PER_S 1e6

size_t take_columns(size_t n_nodes)
{
    return SAMPLE_HOST_COUNT + n_nodes * SAMPLE_NODE_COUNT;
}

enum sample_id take_column_metric(size_t column)
{
    size_t id = column < SAMPLE_HOST_COUNT
                    ? SAMPLE_HOST_FIRST + column
                    : SAMPLE_NODE_FIRST + (column - SAMPLE_HOST_COUNT) % SAMPLE_NODE_COUNT;
    return (enum sample_id)id;
}

ptrdiff_t take_column_node(size_t column)
{
    return column < SAMPLE_HOST_COUNT
               ? -1
               : (ptrdiff_t)((column - SAMPLE_HOST_COUNT) / SAMPLE_NODE_COUNT);
}

double take_rate(const struct take_count *before, const struct take_count *after)
{
    if (!before->known || !after->known || after->n < before->n || after->at_ns <= before->at_ns)
        return NAN;
    return (double)(after->n - before->n) * (double)BD_NS_PER_S /
           (double)(after->at_ns - before->at_ns);
}

static double level(const struct take_count *count)
{
    return count->known ? (double)count->n : NAN;
}

static void node_values(const struct take_node *before, const struct take_node *after,
                        double ret_values[SAMPLE_NODE_COUNT])
{
    const double values[SAMPLE_NODE_COUNT] = {
        [SAMPLE_CPU] = take_rate(&before->cpu_us, &after->cpu_us) / US_PER_S,
        [SAMPLE_MEMORY] = level(&after->memory_bytes),
        [SAMPLE_TASKS] = level(&after->tasks),
        [SAMPLE_NET_RX] = take_rate(&before->net_rx, &after->net_rx),
        [SAMPLE_NET_TX] = take_rate(&before->net_tx, &after->net_tx),
        [SAMPLE_BLOCK_READ] = take_rate(&before->block_read, &after->block_read),
        [SAMPLE_BLOCK_WRITE] = take_rate(&before->block_write, &after->block_write),
    };
    for (size_t id = 0; id < SAMPLE_NODE_COUNT; id++)
        ret_values[id] = sample_round((enum sample_id)id, values[id]);
}

/* ---------------------------------------------------------------------------------------- host */

/* Growth of a CPU time of the host; NAN where it is not known or fell. */
static double cpus(const struct take_host *before, const struct take_host *after, int64_t ns_before,
                   int64_t ns_after)
{
    const struct take_count first = {before->quiet.mono_ns, (uint64_t)ns_before,
                                     before->quiet_known && ns_before >= 0};
    const struct take_count last = {after->quiet.mono_ns, (uint64_t)ns_after,
                                    after->quiet_known && ns_after >= 0};
    return take_rate(&first, &last) / (double)BD_NS_PER_S;
}

static double outside(const struct take_host *before, const struct take_host *after)
{
    bool known = !isnan(cpus(before, after, before->quiet.busy_ns, after->quiet.busy_ns));
    return known ? quiet_outside_cpus(&before->quiet, &after->quiet) : NAN;
}

/* Not more than all of the time: the kernel's and this program's clocks are read one after the
 * other. */
static double psi(const struct take_host *before, const struct take_host *after, enum take_psi what)
{
    double part = take_rate(&before->psi_us[what], &after->psi_us[what]) / US_PER_S;
    return part > 1 ? 1 : part;
}

/* A counter that went back began anew behind its range, which it does after minutes of full power.
 * One that seems to have gone through more than half of that was set back by something else. */
static double package_uj(const struct take_energy *before, const struct take_energy *after)
{
    uint64_t first = before->uj.n, last = after->uj.n, range = after->range_uj;
    if (!before->uj.known || !after->uj.known)
        return NAN;
    if (last >= first)
        return (double)(last - first);
    uint64_t grown = range - first + last;
    return first <= range && grown < range / 2 ? (double)grown : NAN;
}

double take_energy_j(const struct take_host *before, const struct take_host *after)
{
    double uj = 0;
    if (after->n_packages == 0 || before->n_packages != after->n_packages)
        return NAN;
    for (size_t i = 0; i < after->n_packages; i++)
        uj += package_uj(&before->packages[i], &after->packages[i]);
    return uj / 1e6;
}

static double power(const struct take_host *before, const struct take_host *after)
{
    int64_t passed_ns = after->n_packages && before->n_packages
                            ? after->packages[0].uj.at_ns - before->packages[0].uj.at_ns
                            : 0;
    return passed_ns > 0 ? take_energy_j(before, after) * (double)BD_NS_PER_S / (double)passed_ns
                         : NAN;
}

void take_host_values(const struct take_host *before, const struct take_host *after,
                      double ret_values[SAMPLE_HOST_COUNT])
{
    const struct quiet_sample *b = &before->quiet, *a = &after->quiet;
    const double values[SAMPLE_COUNT] = {
        [SAMPLE_CPU_BUSY] = cpus(before, after, b->busy_ns - b->steal_ns, a->busy_ns - a->steal_ns),
        [SAMPLE_STEAL] = cpus(before, after, b->steal_ns, a->steal_ns),
        [SAMPLE_OUTSIDE_CPUS] = outside(before, after),
        [SAMPLE_PSI_CPU] = psi(before, after, TAKE_PSI_CPU),
        [SAMPLE_PSI_MEMORY] = psi(before, after, TAKE_PSI_MEMORY),
        [SAMPLE_PSI_IO] = psi(before, after, TAKE_PSI_IO),
        [SAMPLE_FREQUENCY] = after->frequency_mhz < 0 ? NAN : after->frequency_mhz,
        [SAMPLE_POWER] = power(before, after),
    };
    for (size_t id = SAMPLE_HOST_FIRST; id < SAMPLE_COUNT; id++)
        ret_values[id - SAMPLE_HOST_FIRST] = sample_round((enum sample_id)id, values[id]);
}

void take_values(const struct take_look *before, const struct take_look *after, double *ret_values)
{
    take_host_values(&before->host, &after->host, ret_values);
    for (size_t i = 0; i < after->n_nodes; i++)
        node_values(&before->nodes[i], &after->nodes[i],
                    ret_values + SAMPLE_HOST_COUNT + i * SAMPLE_NODE_COUNT);
}
