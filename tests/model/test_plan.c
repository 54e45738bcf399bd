#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/model/cluster.h"

#include <check.h>
#include <net/if.h>
#include <stdlib.h>

#define ID "1f2e3d4c"

static struct cluster_plan plan_of(unsigned compute)
{
    struct cluster_spec spec = {
        .backend = bd_xstrdup("lxc"), .controllers = 1, .compute = compute, .cpus = 1};
    struct subnet subnet = {0x0ad50400, subnet_prefix_for(compute + 1)};
    struct cluster_plan plan;
    cluster_plan_make(ID, &spec, &subnet, &plan);
    ck_assert_ptr_null(spec.backend); /* taken over */
    return plan;
}

/* All that a node is known by must differ from every other node's. */
static void add_names(struct bd_strv *v, const struct node_plan *n)
{
    const char *const names[] = {n->name, n->address, n->domain, n->uuid,
                                 n->link, n->mac,     n->cgroup};
    for (size_t i = 0; i < BD_ARRAY_LEN(names); i++)
        bd_strv_add(v, names[i]);
}

static const unsigned sizes[] = {1, 250, 1000};

START_TEST(test_names_fit_and_are_unique)
{
    struct cluster_plan plan = plan_of(sizes[_i]);
    bd_auto_strv struct bd_strv names = {0};

    ck_assert_uint_eq(plan.n_nodes, sizes[_i] + 1);
    for (size_t i = 0; i < plan.n_nodes; i++) {
        const struct node_plan *n = &plan.nodes[i];
        ck_assert_uint_lt(strlen(n->link), IFNAMSIZ);
        ck_assert_uint_eq(strlen(n->uuid), BD_UUID_BYTES - 1);
        ck_assert_uint_eq(strlen(n->mac), 17);
        ck_assert(bd_starts_with(n->mac, "02:"));
        ck_assert_int_eq((int)n->role, i == 0 ? NODE_CONTROLLER : NODE_COMPUTE);
        ck_assert_ptr_eq(cluster_plan_node(&plan, n->name), n);
        add_names(&names, n);
    }
    bd_strv_add(&names, plan.bridge);
    bd_strv_sort(&names);
    for (size_t i = 1; i < names.n; i++)
        ck_assert_str_ne(names.items[i - 1], names.items[i]);
    cluster_plan_done(&plan);
}
END_TEST

START_TEST(test_a_bare_cluster_is_one_place)
{
    struct cluster_spec spec = {.backend = bd_xstrdup("host"), .bare = true, .compute = 250};
    struct cluster_plan plan;
    cluster_plan_make(ID, &spec, &(struct subnet){0}, &plan);
    const struct node_plan *place = &plan.nodes[0];
    ck_assert_uint_eq(plan.n_nodes, 1);
    ck_assert_uint_eq(plan.shares, 250);
    ck_assert(place->bare);
    ck_assert_str_eq(place->name, "bare");
    ck_assert_str_eq(place->address, "127.0.0.1");
    ck_assert_str_eq(place->cgroup, "benchd/" ID "/bare");
    ck_assert_int_eq((int)place->role, NODE_COMPUTE);
    ck_assert_ptr_eq(cluster_plan_node(&plan, NULL), place);
    ck_assert_ptr_eq(cluster_plan_node(&plan, "bare"), place);
    ck_assert_ptr_null(cluster_plan_node(&plan, "n1"));
    cluster_plan_done(&plan);
}
END_TEST

START_TEST(test_names_are_as_documented_and_repeat)
{
    struct cluster_plan plan = plan_of(250), again = plan_of(250);
    const struct node_plan *n = &plan.nodes[12];

    ck_assert_str_eq(plan.bridge, "bd-1f2e3d4c");
    ck_assert_str_eq(plan.cgroup, "benchd/1f2e3d4c");
    ck_assert_str_eq(plan.nodes[0].name, "ctl1");
    ck_assert_str_eq(plan.nodes[0].address, "10.213.4.2");
    ck_assert_str_eq(n->name, "n12");
    ck_assert_str_eq(n->domain, "bd-1f2e3d4c-n12");
    ck_assert_str_eq(n->link, "bd1f2e3d4c-12");
    ck_assert_str_eq(n->cgroup, "benchd/1f2e3d4c/n12");
    ck_assert_str_eq(n->address, "10.213.4.14");
    ck_assert_mem_eq(plan.nodes, again.nodes, plan.n_nodes * sizeof(*plan.nodes));
    cluster_plan_done(&plan);
    cluster_plan_done(&again);
}
END_TEST

START_TEST(test_addresses_stay_within_the_subnet)
{
    struct cluster_plan plan = plan_of(sizes[_i]);
    char broadcast[SUBNET_ADDR_BYTES];
    subnet_addr(&plan.subnet, (UINT32_C(1) << (32 - plan.subnet.prefix)) - 1, broadcast);
    for (size_t i = 0; i < plan.n_nodes; i++) {
        bd_auto_free char *text = bd_xasprintf("%s/32", plan.nodes[i].address);
        struct subnet host;
        ck_assert_int_eq(subnet_parse(text, &host, NULL), 0);
        ck_assert(subnet_overlaps(&plan.subnet, &host));
        ck_assert_str_ne(plan.nodes[i].address, broadcast);
    }
    cluster_plan_done(&plan);
}
END_TEST

START_TEST(test_node_by_name)
{
    struct cluster_plan plan = plan_of(3);
    ck_assert_ptr_eq(cluster_plan_node(&plan, NULL), &plan.nodes[0]);
    ck_assert_ptr_eq(cluster_plan_node(&plan, ""), &plan.nodes[0]);
    ck_assert_ptr_eq(cluster_plan_node(&plan, "n3"), &plan.nodes[3]);
    ck_assert_ptr_null(cluster_plan_node(&plan, "n4"));
    ck_assert_ptr_null(cluster_plan_node(&plan, "n"));
    cluster_plan_done(&plan);
}
END_TEST

START_TEST(test_id_is_found_in_every_name_of_the_plan)
{
    struct cluster_plan plan = plan_of(sizes[_i]);
    char id[BD_ID_BYTES];
    ck_assert(cluster_id_in_name(plan.bridge, id));
    ck_assert_str_eq(id, ID);
    ck_assert(cluster_id_in_name(plan.cgroup, id));
    ck_assert_str_eq(id, ID);
    for (size_t i = 0; i < plan.n_nodes; i++) {
        const struct node_plan *n = &plan.nodes[i];
        const char *const names[] = {n->domain, n->link, n->cgroup};
        for (size_t k = 0; k < BD_ARRAY_LEN(names); k++) {
            id[0] = '\0';
            ck_assert_msg(cluster_id_in_name(names[k], id), "%s", names[k]);
            ck_assert_str_eq(id, ID);
        }
    }
    cluster_plan_done(&plan);
}
END_TEST

START_TEST(test_id_in_names_of_the_host)
{
    static const char *const ours[] = {
        "/var/lib/benchd/clusters/" ID "/n1/root",
        "/var/lib/benchd/clusters/" ID,
        "/sys/fs/cgroup/unified/benchd/" ID "/n1",
        "/var/log/libvirt/lxc/bd-" ID "-n1.log",
        "/sys/fs/cgroup/memory/machine/lxc-4711-bd-" ID "-n1.libvirt-lxc",
        "machine-lxc\\x2d4711\\x2dbd\\x2d" ID "\\x2dn1.scope",
        "link bd" ID "-3",
        "firewall iifname \"bd-" ID "\" accept",
    };
    static const char *const not_ours[] = {
        "",
        "bd-",
        "bd-1f2e3d4",
        "bd-1f2e3d4c5",
        "bd-1f2e3d4cn1",
        "bd-1F2E3D4C-n1",
        "bd-1f2e3d4g-n1",
        "bd1f2e3d4c",
        "bd1f2e3d4c5-1",
        "abd-1f2e3d4c-n1",
        "xbd1f2e3d4c-1",
        "/benchd/image-1f2e3d4c",
        "/benchd/1f2e3d4c5/n1",
        "/oldbenchd/1f2e3d4c",
        "/clusters-1f2e3d4c",
        "/var/lib/benchd/images/work/1f2e3d4c",
        "1f2e3d4c",
        "br-1f2e3d4c",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(ours); i++) {
        char id[BD_ID_BYTES] = "";
        ck_assert_msg(cluster_id_in_name(ours[i], id), "%s", ours[i]);
        ck_assert_str_eq(id, ID);
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(not_ours); i++) {
        char id[BD_ID_BYTES] = "same";
        ck_assert_msg(!cluster_id_in_name(not_ours[i], id), "%s", not_ours[i]);
        ck_assert_str_eq(id, "same");
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("model/plan");
    TCase *tc = tcase_create("names");
    tcase_add_loop_test(tc, test_names_fit_and_are_unique, 0, BD_ARRAY_LEN(sizes));
    tcase_add_test(tc, test_names_are_as_documented_and_repeat);
    tcase_add_test(tc, test_a_bare_cluster_is_one_place);
    tcase_add_loop_test(tc, test_addresses_stay_within_the_subnet, 0, BD_ARRAY_LEN(sizes));
    tcase_add_test(tc, test_node_by_name);
    tcase_add_loop_test(tc, test_id_is_found_in_every_name_of_the_plan, 0, BD_ARRAY_LEN(sizes));
    tcase_add_test(tc, test_id_in_names_of_the_host);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
