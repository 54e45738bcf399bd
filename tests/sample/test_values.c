/* What two looks tell. */
#include "lib/base/clock.h"
#include "lib/sample/take.h"
#include "tests/base/unit.h"

#include <math.h>
#include <string.h>

#define S BD_NS_PER_S

struct pair {
    struct take_look before, after;
    double *values;
};

static struct pair pair_of(size_t nodes)
{
    struct pair p = {.values = bd_xcalloc(take_columns(nodes), sizeof(double))};
    take_look_init(&p.before, nodes);
    take_look_init(&p.after, nodes);
    p.before.host.frequency_mhz = p.after.host.frequency_mhz = -1;
    return p;
}

static void pair_done(struct pair *p)
{
    take_look_done(&p->before);
    take_look_done(&p->after);
    free(p->values);
}

static double value(struct pair *p, ptrdiff_t node, enum sample_id id)
{
    take_values(&p->before, &p->after, p->values);
    for (size_t c = 0; c < take_columns(p->after.n_nodes); c++)
        if (take_column_node(c) == node && take_column_metric(c) == id)
            return p->values[c];
    ck_abort_msg("no column for %d of %td", id, node);
}

START_TEST(every_metric_of_node_and_host_has_a_column_of_its_own)
{
    size_t seen[3][SAMPLE_COUNT] = {0};
    ck_assert_uint_eq(take_columns(2), SAMPLE_HOST_COUNT + 2 * SAMPLE_NODE_COUNT);
    for (size_t c = 0; c < take_columns(2); c++) {
        enum sample_id id = take_column_metric(c);
        ptrdiff_t node = take_column_node(c);
        ck_assert_int_eq(sample_metrics[id].of, node < 0 ? SAMPLE_OF_HOST : SAMPLE_OF_NODE);
        ck_assert_uint_eq(seen[node + 1][id]++, 0);
    }
    for (enum sample_id id = 0; id < SAMPLE_COUNT; id++) {
        ck_assert_ptr_eq(sample_metric_find(sample_metrics[id].name), &sample_metrics[id]);
        ck_assert_uint_gt(strlen(sample_metrics[id].description), 0);
        ck_assert_uint_lt(strlen(sample_metrics[id].name), 64);
    }
    ck_assert_ptr_null(sample_metrics[SAMPLE_COUNT].name);
    ck_assert_ptr_null(sample_metric_find("cpus"));
    ck_assert_ptr_null(sample_metric_find(""));
}
END_TEST

START_TEST(a_rate_is_over_the_time_that_has_passed)
{
    static const struct {
        struct take_count before, after;
        double rate; /* negative: none */
    } cases[] = {
        {{S, 100, true}, {2 * S, 350, true}, 250},
        {{S, 100, true}, {S + S / 4, 350, true}, 1000},
        {{S, 100, true}, {2 * S, 100, true}, 0},
        {{S, 100, true}, {2 * S, 99, true}, -1},
        {{S, 100, false}, {2 * S, 101, true}, -1},
        {{S, 100, true}, {2 * S, 101, false}, -1},
        {{S, 100, true}, {S, 101, true}, -1},
        {{S, 100, true}, {S - 1, 101, true}, -1},
        {{0, UINT64_MAX - 1000000, true}, {10 * S, UINT64_MAX, true}, 100000},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        double rate = take_rate(&cases[i].before, &cases[i].after);
        ck_assert_msg(cases[i].rate < 0 ? isnan(rate) : rate == cases[i].rate, "case %zu: %g", i,
                      rate);
    }
}
END_TEST

START_TEST(values_of_a_node)
{
    struct pair p = pair_of(2);
    p.before.nodes[1] = (struct take_node){
        .cpu_us = {S, 1000000, true},
        .memory_bytes = {S, 5, true},
        .tasks = {S, 5, true},
        .net_rx = {S, 100, true},
        .net_tx = {S, 200, true},
        .block_read = {S, 300, true},
        .block_write = {S, 400, true},
    };
    p.after.nodes[1] = (struct take_node){
        .cpu_us = {3 * S, 1500000, true},
        .memory_bytes = {3 * S, 123456789, true},
        .tasks = {3 * S, 17, true},
        .net_rx = {3 * S, 1100, true},
        .net_tx = {3 * S, 203, true},
        .block_read = {3 * S, 4396, true},
        .block_write = {3 * S, 400, true},
    };
    static const double expected[SAMPLE_NODE_COUNT] = {
        [SAMPLE_CPU] = 0.25,      [SAMPLE_MEMORY] = 123456789, [SAMPLE_TASKS] = 17,
        [SAMPLE_NET_RX] = 500,    [SAMPLE_NET_TX] = 2,         [SAMPLE_BLOCK_READ] = 2048,
        [SAMPLE_BLOCK_WRITE] = 0,
    };
    for (enum sample_id id = SAMPLE_NODE_FIRST; id < SAMPLE_NODE_COUNT; id++) {
        ck_assert_msg(value(&p, 1, id) == expected[id], "%s: %.17g", sample_metrics[id].name,
                      value(&p, 1, id));
        ck_assert(isnan(value(&p, 0, id)));
    }
    pair_done(&p);
}
END_TEST

START_TEST(values_of_the_host)
{
    struct pair p = pair_of(0);
    struct take_host *b = &p.before.host, *a = &p.after.host;
    b->quiet_known = a->quiet_known = true;
    b->quiet = (struct quiet_sample){S, 10 * S, 2 * S, S, S, S, -1};
    /* In two seconds: 3 s busy, of which 0.5 stolen; 1.2 s are benchd's, its nodes', libvirt's. */
    a->quiet =
        (struct quiet_sample){3 * S, 13 * S, 2 * S + S / 2, S + S / 10, 2 * S, S + S / 10, -1};
    for (size_t i = 0; i < TAKE_PSI_COUNT; i++) {
        b->psi_us[i] = (struct take_count){S, 500, true};
        a->psi_us[i] = (struct take_count){3 * S, 500 + 500000 * i, true};
    }
    a->frequency_mhz = 2596.1;
    static const double expected[SAMPLE_COUNT] = {
        [SAMPLE_CPU_BUSY] = 1.25,    [SAMPLE_STEAL] = 0.25,      [SAMPLE_OUTSIDE_CPUS] = 0.9,
        [SAMPLE_PSI_CPU] = 0,        [SAMPLE_PSI_MEMORY] = 0.25, [SAMPLE_PSI_IO] = 0.5,
        [SAMPLE_FREQUENCY] = 2596.1,
    };
    for (enum sample_id id = SAMPLE_HOST_FIRST; id < SAMPLE_POWER; id++)
        ck_assert_msg(value(&p, -1, id) == expected[id], "%s: %.17g", sample_metrics[id].name,
                      value(&p, -1, id));
    ck_assert(isnan(value(&p, -1, SAMPLE_POWER)));

    b->quiet_known = false;
    for (enum sample_id id = SAMPLE_CPU_BUSY; id <= SAMPLE_OUTSIDE_CPUS; id++)
        ck_assert(isnan(value(&p, -1, id)));
    b->quiet_known = true;
    b->quiet.steal_ns = 3 * S; /* as some hypervisors' counter does, it fell */
    ck_assert(isnan(value(&p, -1, SAMPLE_STEAL)));
    a->psi_us[TAKE_PSI_IO].n = 500 + 2000100; /* more than all of it */
    ck_assert_double_eq(value(&p, -1, SAMPLE_PSI_IO), 1);
    a->frequency_mhz = -1;
    ck_assert(isnan(value(&p, -1, SAMPLE_FREQUENCY)));
    pair_done(&p);
}
END_TEST

#define RANGE UINT64_C(262143328850)

START_TEST(energy_goes_on_where_its_counter_begins_anew)
{
    static const struct {
        uint64_t before, after, range;
        double joules; /* negative: not known */
    } cases[] = {
        {1000000, 51000000, RANGE, 50},
        {1000000, 1000000, RANGE, 0},
        {RANGE - 30000000, 20000000, RANGE, 50},
        {RANGE - 30000000, 20000000, 0, -1}, /* a range that is not known */
        {RANGE + 1, 5, RANGE, -1},           /* or not true */
        {RANGE / 4, 0, RANGE, -1},           /* set back, not gone through */
        {1000000, 51000000, 0, 50},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct pair p = pair_of(0);
        struct take_host *b = &p.before.host, *a = &p.after.host;
        b->n_packages = a->n_packages = 2;
        b->packages[0] = (struct take_energy){{S, cases[i].before, true}, cases[i].range};
        a->packages[0] = (struct take_energy){{3 * S, cases[i].after, true}, cases[i].range};
        b->packages[1] = (struct take_energy){{S, 0, true}, RANGE};
        a->packages[1] = (struct take_energy){{3 * S, 10000000, true}, RANGE};
        double joules = take_energy_j(b, a), watts = value(&p, -1, SAMPLE_POWER);
        bool known = cases[i].joules >= 0;
        ck_assert_msg(known ? joules == cases[i].joules + 10 : isnan(joules), "%zu: %g J", i,
                      joules);
        ck_assert_msg(known ? watts == (cases[i].joules + 10) / 2 : isnan(watts), "%zu: %g W", i,
                      watts);
        a->packages[1].uj.known = false; /* without one, the sum is none */
        ck_assert(isnan(value(&p, -1, SAMPLE_POWER)));
        pair_done(&p);
    }
}
END_TEST

START_TEST(what_a_daemon_used)
{
    struct take_thread first[] = {{10, 100}, {11, 50}, {12, 70}};
    /* 11 ended, 12 is another one, 13 is new. */
    struct take_thread last[] = {{10, 150}, {12, 5}, {13, 7}};
    struct take_daemon before = {true, {S, 1000, true}, 999, first, 3};
    struct take_daemon after = {true, {3 * S, 5000, true}, 4096, last, 3};
    struct sample_daemon used;
    ck_assert(take_daemon_used(&before, &after, "a.service", &used));
    ck_assert_str_eq(used.unit, "a.service");
    ck_assert_int_eq(used.cpu_ns, 4000000);
    ck_assert_uint_eq(used.peak_bytes, 4096);
    ck_assert_uint_eq(used.switches, 50 + 5 + 7);
    after.cpu_us.n = 999; /* the unit was started anew */
    ck_assert(take_daemon_used(&before, &after, "a.service", &used));
    ck_assert_int_eq(used.cpu_ns, -1);
    after.known = false;
    ck_assert(!take_daemon_used(&before, &after, "a.service", &used));
    after.known = true;
    before = (struct take_daemon){0};
    ck_assert(!take_daemon_used(&before, &after, "a.service", &used));
}
END_TEST

UNIT_MAIN("values", every_metric_of_node_and_host_has_a_column_of_its_own,
          a_rate_is_over_the_time_that_has_passed, values_of_a_node, values_of_the_host,
          energy_goes_on_where_its_counter_begins_anew, what_a_daemon_used)
