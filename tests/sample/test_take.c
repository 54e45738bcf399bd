/* Looks at trees of files. */
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"
#include "tests/sample/tree.h"

#include <math.h>
#include <string.h>

static void look(struct taker *t, struct take_look *into)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(taker_look(t, into, &err) == 0, "%s", err.text);
}

static void assert_count(const struct take_count *count, uint64_t n)
{
    ck_assert(count->known);
    ck_assert_int_gt(count->at_ns, 0);
    ck_assert_uint_eq(count->n, n);
}

static void assert_node(const struct take_node *seen, const struct tree_node *put)
{
    assert_count(&seen->cpu_us, put->cpu_us);
    assert_count(&seen->memory_bytes, put->memory);
    assert_count(&seen->tasks, put->tasks);
    assert_count(&seen->net_tx, put->rx); /* what the host's end receives was sent */
    assert_count(&seen->net_rx, put->tx);
    assert_count(&seen->block_read, put->read);
    assert_count(&seen->block_write, put->written);
}

static const enum tree_layout layouts[] = {TREE_HYBRID, TREE_UNIFIED};

START_TEST(each_node_is_read_from_its_own_files_each_time_anew)
{
    for (size_t l = 0; l < BD_ARRAY_LEN(layouts); l++) {
        struct tree tree;
        struct take_look seen;
        tree_make(&tree, layouts[l], 11, NULL);
        struct tree_node nodes[12];
        bd_auto(taker) struct taker *t = taker_new(&tree.places, &tree.plan);
        take_look_init(&seen, tree.plan.n_nodes);
        for (uint64_t round = 1; round <= 2; round++) {
            for (uint64_t i = 0; i < BD_ARRAY_LEN(nodes); i++) {
                uint64_t base = round * 1000000000 + i * 1000;
                nodes[i] = (struct tree_node){base,     base + 1, i + round, base + 2,
                                              base + 3, base + 4, base + 5};
                tree_put_node(&tree, i, &nodes[i]);
            }
            tree_put_links(&tree, nodes);
            look(t, &seen);
            for (size_t i = 0; i < BD_ARRAY_LEN(nodes); i++)
                assert_node(&seen.nodes[i], &nodes[i]);
        }
        take_look_done(&seen);
        tree_done(&tree);
    }
}
END_TEST

/* "n1" is gone before it is looked for, "n10" and "n11" are there. */
START_TEST(a_node_is_not_taken_for_one_whose_name_begins_alike)
{
    for (size_t l = 0; l < BD_ARRAY_LEN(layouts); l++) {
        struct tree tree;
        struct take_look seen;
        tree_make(&tree, layouts[l], 11, NULL);
        bd_auto_free char *group = tree_group2(&tree, 1);
        tree_remove(tree.cgroup2, group);
        tree_remove(tree.dir, "memory/machine/lxc-4701-bd-" TREE_ID "-n1.libvirt-lxc");
        bd_auto(taker) struct taker *t = taker_new(&tree.places, &tree.plan);
        take_look_init(&seen, tree.plan.n_nodes);
        look(t, &seen);
        ck_assert(!seen.nodes[1].cpu_us.known && !seen.nodes[1].memory_bytes.known);
        ck_assert(seen.nodes[10].cpu_us.known && seen.nodes[10].memory_bytes.known);
        take_look_done(&seen);
        tree_done(&tree);
    }
}
END_TEST

START_TEST(what_is_gone_or_makes_no_sense_is_not_known_and_the_rest_is)
{
    static const char *const bad[] = {"",
                                      "\n",
                                      "max\n",
                                      "-1\n",
                                      "usage_usec\n",
                                      "usage_usec x\n",
                                      "99999999999999999999\n",
                                      "usage_usec 99999999999999999999\n"};
    struct tree tree;
    struct take_look seen;
    tree_make(&tree, TREE_UNIFIED, 1, NULL);
    bd_auto(taker) struct taker *t = taker_new(&tree.places, &tree.plan);
    take_look_init(&seen, tree.plan.n_nodes);
    bd_auto_free char *group = tree_group2(&tree, 0);
    bd_auto_free char *top = bd_xasprintf("%s/%s", tree.cgroup2, group);
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        tree_put(top, "cpu.stat", "%s", bad[i]);
        tree_put(top, "memory.current", "%s", bad[i]);
        tree_put(top, "pids.current", "%s", bad[i]);
        look(t, &seen);
        ck_assert_msg(!seen.nodes[0].cpu_us.known, "%s", bad[i]);
        ck_assert_msg(!seen.nodes[0].memory_bytes.known, "%s", bad[i]);
        ck_assert_msg(!seen.nodes[0].tasks.known, "%s", bad[i]);
        assert_count(&seen.nodes[0].block_read, 30);
        assert_count(&seen.nodes[1].cpu_us, 1000);
    }
    tree_put(top, "io.stat", "%s", ""); /* has never read or written */
    tree_put(tree.proc, "net/dev", "bd" TREE_ID "-0: 5 1 0 0 0 0 0 0\nbd" TREE_ID "-1 17\n");
    look(t, &seen);
    assert_count(&seen.nodes[0].block_read, 0);
    ck_assert(!seen.nodes[0].net_rx.known && !seen.nodes[1].net_rx.known);
    take_look_done(&seen);
    tree_done(&tree);
}
END_TEST

START_TEST(a_cluster_without_any_files_is_looked_at_too)
{
    struct tree tree;
    struct take_look seen;
    tree_make(&tree, TREE_HYBRID, 2, NULL);
    struct take_places none = tree.places;
    none.cgroup2 = none.memory = none.blkio = "";
    tree_remove(tree.proc, "net");
    bd_auto(taker) struct taker *t = taker_new(&none, &tree.plan);
    take_look_init(&seen, tree.plan.n_nodes);
    look(t, &seen);
    double values[SAMPLE_HOST_COUNT + 3 * SAMPLE_NODE_COUNT];
    take_values(&seen, &seen, values);
    for (size_t i = 0; i < BD_ARRAY_LEN(values); i++)
        ck_assert(isnan(values[i]));
    take_look_done(&seen);
    tree_done(&tree);
}
END_TEST

START_TEST(the_host_is_read_from_proc_and_sys)
{
    struct tree tree;
    struct take_look seen;
    tree_make(&tree, TREE_HYBRID, 1, NULL);
    tree_put(tree.proc, "pressure/cpu",
             "some avg10=4.01 avg60=2.68 avg300=6.48 total=90330504\n"
             "full avg10=0.00 avg60=0.00 avg300=0.00 total=17\n");
    tree_put(tree.proc, "pressure/io", "some avg10=4.01\nfull avg10=0.00 total=17\n");
    static const char *const cpufreq = "devices/system/cpu/cpufreq/policy%d/scaling_cur_freq";
    for (int i = 0; i < 3; i++) {
        char name[128];
        snprintf(name, sizeof(name), cpufreq, i); /* NOLINT: the format is above */
        tree_put(tree.sys, name, "%s", i == 0 ? "800000\n" : i == 1 ? "3400500\n" : "<unknown>\n");
    }
    static const char *const zones[][2] = {{"intel-rapl:0", "package-0\n"},
                                           {"intel-rapl:0:0", "package-0\n"},
                                           {"intel-rapl:1", "psys\n"},
                                           {"intel-rapl-mmio:0", "package-0\n"},
                                           {"intel-rapl", ""}};
    for (size_t i = 0; i < BD_ARRAY_LEN(zones); i++) {
        bd_auto_free char *zone = bd_xasprintf("%s/class/powercap/%s", tree.sys, zones[i][0]);
        tree_put(zone, "name", "%s", zones[i][1]);
        tree_put(zone, "energy_uj", "%zu\n", 1000 + i);
        tree_put(zone, "max_energy_range_uj", "262143328850\n");
    }
    bd_auto(taker) struct taker *t = taker_new(&tree.places, &tree.plan);
    take_look_init(&seen, tree.plan.n_nodes);
    look(t, &seen);
    const struct take_host *h = &seen.host;
    ck_assert(h->quiet_known);
    ck_assert_int_eq(h->quiet.steal_ns, h->quiet.busy_ns / 21); /* 10 ticks of 210 */
    assert_count(&h->psi_us[TAKE_PSI_CPU], 90330504);
    ck_assert(!h->psi_us[TAKE_PSI_MEMORY].known && !h->psi_us[TAKE_PSI_IO].known);
    ck_assert_double_eq(h->frequency_mhz, 2100.25);
    ck_assert_uint_eq(h->n_packages, 1);
    assert_count(&h->packages[0].uj, 1000);
    ck_assert_uint_eq(h->packages[0].range_uj, 262143328850);

    struct bd_err err = BD_ERR_INIT;
    tree_put(tree.proc, "stat", "nothing\n");
    ck_assert_int_eq(taker_look(t, &seen, &err), BD_ECORRUPT);
    ck_assert(!seen.host.quiet_known);
    assert_count(&seen.host.psi_us[TAKE_PSI_CPU], 90330504);
    assert_count(&seen.nodes[1].cpu_us, 1000);
    take_look_done(&seen);
    tree_done(&tree);
}
END_TEST

START_TEST(without_cpufreq_cpuinfo_tells)
{
    struct tree tree;
    struct take_look seen;
    tree_make(&tree, TREE_HYBRID, 1, NULL);
    struct bd_str text = {0};
    for (int i = 0; i < 200; i++) /* longer than any buffer */
        bd_str_addf(&text, "processor\t: %d\ncpu MHz\t\t: %d.500\nflags\t\t: %0500d\n\n", i,
                    1000 + i, 0);
    tree_put(tree.proc, "cpuinfo", "%s", text.data);
    bd_auto(taker) struct taker *t = taker_new(&tree.places, &tree.plan);
    take_look_init(&seen, tree.plan.n_nodes);
    look(t, &seen);
    ck_assert_double_eq(seen.host.frequency_mhz, 1000.5 + 99.5);
    tree_put(tree.proc, "cpuinfo",
             "processor\t: 0\nBogoMIPS\t: 50.00\n"); /* as on other machines */
    look(t, &seen);
    ck_assert_double_lt(seen.host.frequency_mhz, 0);
    bd_str_done(&text);
    take_look_done(&seen);
    tree_done(&tree);
}
END_TEST

static void put_thread(const struct tree *tree, int pid, int tid, int switches)
{
    bd_auto_free char *dir = bd_xasprintf("%s/%d/task/%d", tree->proc, pid, tid);
    tree_put(dir, "status",
             "Name:\tslurmctld\nvoluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t3\n",
             switches - 3);
}

START_TEST(daemons_are_found_by_their_unit_in_the_node)
{
    static const char *const below[] = {"", "", "/bench", "/libvirt/bench"};
    for (size_t c = 0; c < BD_ARRAY_LEN(below); c++) {
        struct tree tree;
        tree_make(&tree, c ? TREE_UNIFIED : TREE_HYBRID, 11, NULL);
        bd_auto_free char *group = tree_group2(&tree, 0);
        bd_auto_free char *unit =
            bd_xasprintf("%s/%s%s/system.slice/slurmctld.service", tree.cgroup2, group, below[c]);
        tree_put(unit, "cpu.stat", "usage_usec 4711\n");
        tree_put(unit, "cgroup.procs", "70\n80\n90\n");
        tree_put(tree.proc, "70/status", "Name:\tslurmctld\nVmHWM:\t    1000 kB\n");
        tree_put(tree.proc, "80/status", "Name:\tslurmscriptd\nVmHWM:\t    24 kB\n");
        put_thread(&tree, 70, 70, 10);
        put_thread(&tree, 70, 71, 20);
        put_thread(&tree, 80, 80, 40); /* 90 has ended */
        bd_auto_free char *system = take_system_find(&tree.places, &tree.plan.nodes[0]);
        ck_assert_ptr_nonnull(system);
        struct take_daemon d, none;
        take_daemon_look(tree.proc, system, "slurmctld.service", &d);
        take_daemon_look(tree.proc, system, "other.service", &none);
        ck_assert(d.known && !none.known);
        assert_count(&d.cpu_us, 4711);
        ck_assert_uint_eq(d.peak_bytes, 1024 * 1024);
        ck_assert_uint_eq(d.n_threads, 3);
        ck_assert_int_eq(d.threads[1].tid, 71);
        ck_assert_uint_eq(d.threads[1].switches, 20);
        take_daemon_done(&d);
        take_daemon_done(&none);
        bd_auto_free char *nobodys = take_system_find(&tree.places, &tree.plan.nodes[1]);
        ck_assert_ptr_null(nobodys);
        tree_done(&tree);
    }
}
END_TEST

UNIT_MAIN("take", each_node_is_read_from_its_own_files_each_time_anew,
          a_node_is_not_taken_for_one_whose_name_begins_alike,
          what_is_gone_or_makes_no_sense_is_not_known_and_the_rest_is,
          a_cluster_without_any_files_is_looked_at_too, the_host_is_read_from_proc_and_sys,
          without_cpufreq_cpuinfo_tells, daemons_are_found_by_their_unit_in_the_node)
