/* The sampler's thread on a tree of files that changes. */
#include "lib/base/clock.h"
#include "lib/sample/live.h"
#include "lib/sample/ticks.h"
#include "tests/base/unit.h"
#include "tests/sample/tree.h"

#include <math.h>
#include <string.h>

#define INTERVAL (10 * BD_NS_PER_MS)

static struct sampler *start(const struct tree *tree, const char *const *daemons)
{
    const struct sampler_config config = {
        .plan = &tree->plan, .cgroup2 = tree->cgroup2, .interval_ns = INTERVAL, .daemons = daemons};
    struct sampler *s = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(sampler_start_from(&config, &tree->places, &s, &err) == 0, "%s", err.text);
    return s;
}

static const struct sample_series *series_of(const struct sampler_result *r, enum sample_id metric,
                                             const char *node)
{
    for (size_t i = 0; i < r->n_series; i++)
        if (r->series[i].metric == metric && strcmp(r->series[i].node, node) == 0)
            return &r->series[i];
    return NULL;
}

static double last_of(const struct sampler_result *r, enum sample_id metric, const char *node)
{
    const struct sample_series *series = series_of(r, metric, node);
    ck_assert_ptr_nonnull(series);
    return series->points[series->n - 1].value;
}

/* What a rate comes to over all of its points: exact but for the milliseconds that times have. */
static double total_of(const struct sampler_result *r, enum sample_id metric, const char *node)
{
    const struct sample_series *series = series_of(r, metric, node);
    ck_assert_ptr_nonnull(series);
    double sum = 0;
    int64_t before_ns = 0;
    for (size_t i = 0; i < series->n; i++) {
        sum += series->points[i].value * (double)(series->points[i].at_ns - before_ns) / 1e9;
        before_ns = series->points[i].at_ns;
    }
    return sum;
}

START_TEST(what_happens_while_it_runs_is_in_the_series)
{
    struct tree tree;
    struct sampler_result r;
    tree_make(&tree, TREE_HYBRID, 2, NULL);
    tree_put(tree.proc, "pressure/io", "some avg10=0.00 total=1000\n");
    struct sampler *s = start(&tree, NULL);
    struct tree_node nodes[3];
    for (size_t i = 0; i < 3; i++)
        nodes[i] = (struct tree_node){1000, 4096, 3, 10, 20, 30, 40};
    bd_sleep_ns(3 * INTERVAL);
    nodes[1] = (struct tree_node){1001000, 8192, 5, 4010, 20, 30, 80040};
    tree_put_node(&tree, 1, &nodes[1]);
    tree_put_links(&tree, nodes);
    tree_put(tree.proc, "pressure/io", "some avg10=0.00 total=11000\n");
    bd_sleep_ns(3 * INTERVAL);
    sampler_stop(s, &r);
    ck_assert_double_eq(last_of(&r, SAMPLE_MEMORY, "n1"), 8192);
    ck_assert_double_eq(last_of(&r, SAMPLE_TASKS, "n1"), 5);
    ck_assert_double_eq(last_of(&r, SAMPLE_MEMORY, "n2"), 4096);
    ck_assert_double_eq_tol(total_of(&r, SAMPLE_CPU, "n1"), 1, 0.3);
    ck_assert_double_eq_tol(total_of(&r, SAMPLE_NET_TX, "n1"), 4000, 1200);
    ck_assert_double_eq(total_of(&r, SAMPLE_NET_RX, "n1"), 0);
    ck_assert_double_eq_tol(total_of(&r, SAMPLE_BLOCK_WRITE, "n1"), 80000, 24000);
    ck_assert_double_eq(total_of(&r, SAMPLE_CPU, "n2"), 0);
    ck_assert_double_eq(total_of(&r, SAMPLE_STEAL, ""), 0);
    ck_assert_ptr_null(series_of(&r, SAMPLE_POWER, ""));
    ck_assert_ptr_null(series_of(&r, SAMPLE_PSI_CPU, ""));
    ck_assert_double_gt(r.noise.psi_io.mean, 0);
    ck_assert_double_ge(r.noise.psi_io.max, r.noise.psi_io.mean);
    ck_assert_double_eq(r.noise.steal.max, 0);
    ck_assert_double_lt(r.noise.psi_cpu.mean, 0);
    ck_assert_double_lt(r.noise.psi_cpu.max, 0);
    ck_assert_double_lt(r.noise.energy_j, 0);
    ck_assert_uint_gt(r.cost.rounds, 0);
    ck_assert_int_gt(r.cost.cpu_ns, 0);
    ck_assert_int_ge(r.cost.round_max_ns, r.cost.round_mean_ns);
    ck_assert_int_ge(r.window_ns, 6 * INTERVAL);
    sampler_result_done(&r);
    tree_done(&tree);
}
END_TEST

START_TEST(points_of_a_series_are_in_order_and_of_whole_milliseconds)
{
    struct tree tree;
    struct sampler_result r;
    tree_make(&tree, TREE_UNIFIED, 1, NULL);
    struct sampler *s = start(&tree, NULL);
    bd_sleep_ns(8 * INTERVAL);
    sampler_stop(s, &r);
    ck_assert_uint_gt(r.n_series, 0);
    for (size_t i = 0; i < r.n_series; i++) {
        const struct sample_series *series = &r.series[i];
        ck_assert_uint_gt(series->n, 0);
        ck_assert_uint_le(series->n, r.cost.rounds);
        for (size_t k = 0; k < series->n; k++) {
            ck_assert_int_eq(series->points[k].at_ns % BD_NS_PER_MS, 0);
            ck_assert(k == 0 || series->points[k].at_ns > series->points[k - 1].at_ns);
            ck_assert(isfinite(series->points[k].value));
        }
    }
    sampler_result_done(&r);
    tree_done(&tree);
}
END_TEST

/* Neither side of the gap makes a rate across it that is not there. */
START_TEST(a_node_that_dies_and_a_counter_that_begins_anew_leave_gaps)
{
    struct tree tree;
    struct sampler_result r;
    tree_make(&tree, TREE_UNIFIED, 2, NULL);
    const struct tree_node high = {500000000, 4096, 3, 10, 20, 3000000, 4000000};
    for (size_t i = 0; i < 3; i++)
        tree_put_node(&tree, i, &high);
    struct sampler *s = start(&tree, NULL);
    bd_auto_free char *group = tree_group2(&tree, 1);
    bd_auto_free char *top = bd_xasprintf("%s/%s", tree.cgroup2, group);
    bd_sleep_ns(3 * INTERVAL);
    tree_put(top, "cpu.stat", "%s", "");
    tree_put_node(&tree, 2, &(struct tree_node){0, 4096, 3, 10, 20, 30, 40});
    tree_remove(tree.proc, "stat");
    bd_sleep_ns(3 * INTERVAL);
    sampler_stop(s, &r);
    for (size_t i = 0; i < r.n_series; i++)
        for (size_t k = 0; sample_metrics[r.series[i].metric].of == SAMPLE_OF_NODE &&
                           r.series[i].metric == SAMPLE_CPU && k < r.series[i].n;
             k++)
            ck_assert_double_eq(r.series[i].points[k].value, 0);
    const struct sample_series *dead = series_of(&r, SAMPLE_CPU, "n1");
    const struct sample_series *alive = series_of(&r, SAMPLE_CPU, "ctl1");
    ck_assert_ptr_nonnull(alive);
    ck_assert(!dead || dead->n < alive->n);
    ck_assert_double_eq(last_of(&r, SAMPLE_MEMORY, "n1"), 4096);
    ck_assert_double_lt(r.noise.outside_cpus.mean, 0);
    sampler_result_done(&r);
    tree_done(&tree);
}
END_TEST

START_TEST(daemons_are_looked_at_at_both_ends)
{
    static const char *const units[] = {"absent.service", "slurmctld.service", NULL};
    struct tree tree;
    struct sampler_result r;
    tree_make(&tree, TREE_HYBRID, 1, NULL);
    bd_auto_free char *unit =
        bd_xasprintf("%s/benchd/" TREE_ID "/ctl1/system.slice/slurmctld.service", tree.cgroup2);
    tree_put(unit, "cpu.stat", "usage_usec 1000\n");
    tree_put(unit, "cgroup.procs", "70\n");
    tree_put(tree.proc, "70/status", "VmHWM:\t 7 kB\n");
    tree_put(tree.proc, "70/task/70/status",
             "voluntary_ctxt_switches:\t10\nnonvoluntary_ctxt_switches:\t20\n");
    struct sampler *s = start(&tree, units);
    tree_put(unit, "cpu.stat", "usage_usec 3500\n");
    tree_put(tree.proc, "70/status", "VmHWM:\t 9 kB\n");
    tree_put(tree.proc, "70/task/70/status",
             "voluntary_ctxt_switches:\t15\nnonvoluntary_ctxt_switches:\t21\n");
    sampler_stop(s, &r);
    ck_assert_uint_eq(r.n_daemons, 1);
    ck_assert_str_eq(r.daemons[0].unit, "slurmctld.service");
    ck_assert_int_eq(r.daemons[0].cpu_ns, 2500000);
    ck_assert_uint_eq(r.daemons[0].peak_bytes, 9 * 1024);
    ck_assert_uint_eq(r.daemons[0].switches, 6);
    sampler_result_done(&r);
    tree_done(&tree);
}
END_TEST

START_TEST(energy_is_that_of_the_whole_window)
{
    struct tree tree;
    struct sampler_result r;
    tree_make(&tree, TREE_HYBRID, 1, NULL);
    bd_auto_free char *zone = bd_xasprintf("%s/class/powercap/intel-rapl:0", tree.sys);
    tree_put(zone, "name", "package-0\n");
    tree_put(zone, "max_energy_range_uj", "262143328850\n");
    tree_put(zone, "energy_uj", "262143328800\n");
    struct sampler *s = start(&tree, NULL);
    bd_sleep_ns(2 * INTERVAL);
    tree_put(zone, "energy_uj", "%12d\n", 24999950); /* as long as before: never half of it */
    bd_sleep_ns(2 * INTERVAL);
    tree_put(zone, "energy_uj", "%12d\n", 29999950);
    sampler_stop(s, &r);
    ck_assert_double_eq_tol(r.noise.energy_j, 30, 1e-6);
    sampler_result_done(&r);
    tree_done(&tree);
}
END_TEST

START_TEST(it_can_be_stopped_at_once_and_by_who_wants_nothing)
{
    struct tree tree;
    struct sampler_result r;
    tree_make(&tree, TREE_HYBRID, 1, NULL);
    sampler_stop(start(&tree, NULL), &r);
    ck_assert_uint_eq(r.cost.rounds, 1);
    ck_assert_double_ge(r.noise.outside_cpus.mean, 0);
    sampler_result_done(&r);
    sampler_stop(start(&tree, NULL), NULL);
    sampler_stop(NULL, &r);
    tree_done(&tree);
}
END_TEST

START_TEST(what_can_not_be_sampled_is_told_at_the_start)
{
    struct tree tree;
    tree_make(&tree, TREE_HYBRID, 1, NULL);
    struct sampler_config config = {.plan = &tree.plan, .cgroup2 = "", .interval_ns = 9999999};
    struct sampler *s = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(sampler_start_from(&config, &tree.places, &s, &err), BD_EINVALID);
    config.interval_ns = INTERVAL;
    tree_put(tree.proc, "stat", "what\n");
    ck_assert_int_eq(sampler_start_from(&config, &tree.places, &s, &err), BD_ECORRUPT);
    ck_assert_ptr_nonnull(strstr(err.text, "/proc/stat"));
    ck_assert_ptr_null(s);
    tree_done(&tree);
}
END_TEST

/* On the host that this runs on: nothing of a cluster, all of the host. */
START_TEST(the_host_itself_can_be_sampled)
{
    struct tree tree;
    struct sampler_result r;
    tree_make(&tree, TREE_HYBRID, 1, NULL);
    const struct sampler_config config = {
        .plan = &tree.plan, .cgroup2 = "/sys/fs/cgroup/none", .interval_ns = INTERVAL};
    struct sampler *s = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(sampler_start(&config, &s, &err) == 0, "%s", err.text);
    bd_sleep_ns(3 * INTERVAL);
    sampler_stop(s, &r);
    ck_assert_double_ge(last_of(&r, SAMPLE_CPU_BUSY, ""), 0);
    ck_assert_double_ge(last_of(&r, SAMPLE_OUTSIDE_CPUS, ""), 0);
    ck_assert_ptr_null(series_of(&r, SAMPLE_CPU, "n1"));
    sampler_result_done(&r);
    tree_done(&tree);
}
END_TEST

START_TEST(rounds_come_at_their_times_or_not_at_all)
{
    static const struct {
        int64_t begin, end; /* of the clock, when a round is due and when it is over */
        int64_t due;
        bool takes_place;
        uint32_t late, skipped; /* after it */
    } steps[] = {
        {100, 103, 100, true, 0, 0},      {210, 215, 200, true, 0, 0},
        {311, 315, 300, true, 1, 0},      {450, 455, 400, true, 2, 0},
        {551, 551, 500, false, 2, 1},     {600, 700, 600, true, 2, 2},
        {800, 1150, 800, true, 2, 5},     {1200, 1299, 1200, true, 2, 5},
        {1790, 1790, 1300, false, 2, 10}, /* the clock ran, nobody else did */
        {1800, 1801, 1800, true, 2, 10},
    };
    struct ticks t = {.interval_ns = 100, .k = 1};
    for (size_t i = 0; i < BD_ARRAY_LEN(steps); i++) {
        ck_assert_int_eq(ticks_due_ns(&t), steps[i].due);
        ck_assert_int_eq(ticks_begin(&t, steps[i].begin), steps[i].takes_place);
        ticks_end(&t, steps[i].end);
        ck_assert_msg(t.late == steps[i].late && t.skipped == steps[i].skipped,
                      "step %zu: %u late, %u skipped", i, t.late, t.skipped);
    }
}
END_TEST

START_TEST(a_series_is_cut_into_blocks)
{
    enum { N = 1300 };
    struct sample_point points[N];
    for (size_t i = 0; i < N; i++)
        points[i] = (struct sample_point){(int64_t)i * 7, (double)i / 4};
    struct sample_series series[] = {{SAMPLE_CPU, "n12", points, N}, {SAMPLE_STEAL, "", points, 1}};
    const struct sampler_result r = {.series = series, .n_series = 2};
    static const struct {
        const char *metric, *node;
        size_t from, n;
    } expected[] = {{"cpu", "n12", 0, 600},
                    {"cpu", "n12", 600, 600},
                    {"cpu", "n12", 1200, 100},
                    {"steal", "", 0, 1}};
    struct sample_block *blocks;
    size_t n;
    ck_assert_int_eq(sampler_blocks(&r, &blocks, &n, NULL), 0);
    ck_assert_uint_eq(n, BD_ARRAY_LEN(expected));
    for (size_t i = 0; i < n; i++) {
        bd_auto_free struct sample_point *back = NULL;
        size_t n_back = 0;
        ck_assert_str_eq(blocks[i].metric, expected[i].metric);
        ck_assert_str_eq(blocks[i].node, expected[i].node);
        ck_assert_int_eq(blocks[i].from_ns, points[expected[i].from].at_ns);
        ck_assert_int_eq(blocks[i].to_ns, points[expected[i].from + expected[i].n - 1].at_ns);
        ck_assert_uint_eq(blocks[i].n, expected[i].n);
        ck_assert_int_eq(sample_decode(blocks[i].data, blocks[i].bytes, &back, &n_back, NULL), 0);
        ck_assert_uint_eq(n_back, expected[i].n);
        for (size_t k = 0; k < n_back; k++)
            ck_assert_double_eq(back[k].value, points[expected[i].from + k].value);
    }
    sample_blocks_free(blocks, n);
    points[700].value = NAN;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(sampler_blocks(&r, &blocks, &n, &err), BD_EINVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "cpu"));
}
END_TEST

START_TEST(others_read_it_while_it_goes_on_and_not_afterwards)
{
    struct tree tree;
    struct sampler *s = NULL;
    struct live_series *all = NULL, *cpu = NULL, *later = NULL;
    size_t n_all = 0, n = 0, n_later = 0;
    struct sampler_result r;
    struct bd_err err = BD_ERR_INIT;
    bd_auto(sample_live) struct sample_live *live = sample_live_new();
    tree_make(&tree, TREE_HYBRID, 2, NULL);
    sample_live_read(live, SAMPLE_COUNT, 0, INT64_MAX, &all, &n_all);
    ck_assert_uint_eq(n_all, 0);
    live_series_free(all, n_all);
    const struct sampler_config config = {
        .plan = &tree.plan, .cgroup2 = tree.cgroup2, .interval_ns = INTERVAL, .live = live};
    ck_assert_msg(sampler_start_from(&config, &tree.places, &s, &err) == 0, "%s", err.text);
    do {
        live_series_free(cpu, n);
        bd_sleep_ns(INTERVAL);
        sample_live_read(live, SAMPLE_CPU, 0, INT64_MAX, &cpu, &n);
    } while (n < 3 || cpu[0].n < 3);
    int64_t from_ns = cpu[0].points[1].at_ns, to_ns = cpu[0].points[2].at_ns;
    sample_live_read(live, SAMPLE_CPU, from_ns, to_ns, &later, &n_later);
    sample_live_read(live, SAMPLE_COUNT, 0, INT64_MAX, &all, &n_all);
    ck_assert_uint_eq(n_later, 3);
    ck_assert_uint_eq(later[0].n, 1);
    ck_assert_int_eq(later[0].points[0].at_ns, from_ns);
    ck_assert_uint_gt(n_all, n);
    for (size_t i = 0; i < n_all; i++)
        ck_assert_ptr_null(all[i].points);
    sampler_stop(s, &r);
    const struct sample_series *stored = series_of(&r, SAMPLE_CPU, cpu[0].node);
    for (size_t i = 0; i < cpu[0].n; i++) {
        ck_assert_int_eq(cpu[0].points[i].at_ns, stored->points[i].at_ns);
        ck_assert_double_eq(cpu[0].points[i].value, stored->points[i].value);
    }
    live_series_free(all, n_all);
    sample_live_read(live, SAMPLE_COUNT, 0, INT64_MAX, &all, &n_all);
    ck_assert_uint_eq(n_all, 0);
    live_series_free(all, n_all);
    live_series_free(cpu, n);
    live_series_free(later, n_later);
    sampler_result_done(&r);
    tree_done(&tree);
}
END_TEST

UNIT_MAIN("sampler", others_read_it_while_it_goes_on_and_not_afterwards, what_happens_while_it_runs_is_in_the_series,
          points_of_a_series_are_in_order_and_of_whole_milliseconds,
          a_node_that_dies_and_a_counter_that_begins_anew_leave_gaps,
          daemons_are_looked_at_at_both_ends, energy_is_that_of_the_whole_window,
          it_can_be_stopped_at_once_and_by_who_wants_nothing,
          what_can_not_be_sampled_is_told_at_the_start, the_host_itself_can_be_sampled,
          rounds_come_at_their_times_or_not_at_all, a_series_is_cut_into_blocks)
