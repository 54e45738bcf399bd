/* Links are shaped by the kernel that is here, in a network namespace of this test's own. */
#include "lib/virt/hostops.h"
#include "lib/virt/rtnl.h"
#include "lib/virt/virt_priv.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#define LINK "bd1f2e3d4c-1"
#define BACK "bd1f2e3d4c-b1"

static const struct network_shape fast = {.bits_per_s = 1000000000},
                                  faster = {.bits_per_s = UINT64_C(40000000000)},
                                  late = {.latency_ns = 2000000, .jitter_ns = 500000, .loss = 0.01},
                                  both = {.bits_per_s = 100000000, .latency_ns = 2000000},
                                  none = {0};

/* The namespace ends with the process of the test. */
static struct hostops *begin(void)
{
    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    ck_assert_int_eq(rtnl_veth_add(LINK, NULL), 0);
    return hostops_new(
        &(struct hostops_dirs){.clusters = "", .images = "", .node_layer = "", .cgroup2 = ""});
}

START_TEST(test_shape_is_made_replaced_and_taken_back)
{
    struct hostops *ops = begin();
    struct shape_tried tried;
    struct bd_err err = BD_ERR_INIT;
    const struct network_shape *const shapes[] = {&fast, &fast, &faster, &fast};
    shape_try(&tried);
    if (!tried.works[SHAPE_HTB]) {
        printf("SKIP: %s\n", tried.reason[SHAPE_HTB]);
        return;
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(shapes); i++) {
        ck_assert_msg(hostops_link_shape(ops, LINK, BACK, shapes[i], &err) == 0, "%zu: %s", i,
                      err.text);
        ck_assert_uint_ne(if_nametoindex(BACK), 0);
    }
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(hostops_link_shape(ops, LINK, BACK, &none, &err) == 0, "%s", err.text);
        ck_assert_uint_eq(if_nametoindex(BACK), 0);
    }
    ck_assert_int_eq(hostops_link_shape(ops, "bd1f2e3d4c-9", BACK, &fast, NULL), -ENODEV);
    ck_assert_int_eq(hostops_link_shape(ops, "eth0", BACK, &fast, NULL), BD_EINVALID);
    ck_assert_int_eq(hostops_link_shape(ops, LINK, "ifb0", &fast, NULL), BD_EINVALID);
    hostops_free(ops);
}
END_TEST

/* What was tried beforehand is what holds for links of nodes. */
START_TEST(test_trying_foretells_what_can_be_done)
{
    struct hostops *ops = begin();
    struct shape_tried tried;
    shape_try(&tried);
    for (int i = 0; i < SHAPE_WAYS; i++)
        ck_assert_str_ne(tried.reason[i], "");
    ck_assert_int_eq(hostops_link_shape(ops, LINK, BACK, &fast, NULL) == 0, tried.works[SHAPE_HTB]);
    ck_assert_int_eq(hostops_link_shape(ops, LINK, BACK, &late, NULL) == 0,
                     tried.works[SHAPE_NETEM]);
    ck_assert_int_eq(hostops_link_shape(ops, LINK, BACK, &both, NULL) == 0,
                     tried.works[SHAPE_HTB] && tried.works[SHAPE_NETEM]);
    ck_assert_uint_eq(if_nametoindex("bd-check"), 0); /* it was tried elsewhere */
    hostops_free(ops);
}
END_TEST

/* A planned cluster is refused by the name of what the host lacks. */
START_TEST(test_what_can_not_be_is_refused_by_name)
{
    struct virt v = {.shaping = {.works = {[SHAPE_HTB] = true},
                                 .reason = {[SHAPE_NETEM] = "this host's kernel has no netem"}}};
    struct cluster_spec spec = {.backend = (char *)"lxc", .network = both};
    bd_auto_faults struct schema_faults faults = {0};
    virt_shape_check(&v, &spec, &faults);
    ck_assert_uint_eq(faults.n, 1);
    ck_assert_str_eq(faults.items[0].pointer, "/network/latency");
    ck_assert_str_eq(faults.items[0].expected, "no latency: this host's kernel has no netem");

    v.shaping.works[SHAPE_NETEM] = true;
    bd_auto_faults struct schema_faults fine = {0};
    virt_shape_check(&v, &spec, &fine);
    ck_assert_uint_eq(fine.n, 0);
    ck_assert_str_eq(virt_shaping_of(&v, virt_backend_find("lxc"), NETWORK_LOSS).by,
                     "netem on the host");
    ck_assert(!virt_shaping_of(&v, virt_backend_find("host"), NETWORK_BANDWIDTH).can);
}
END_TEST

int main(void)
{
    if (geteuid() != 0) {
        puts("SKIP: needs root: network namespaces and links in them");
        return 77;
    }
    const TTest *const tests[] = {test_shape_is_made_replaced_and_taken_back,
                                  test_trying_foretells_what_can_be_done,
                                  test_what_can_not_be_is_refused_by_name};
    return unit_run("virt-shape", tests, BD_ARRAY_LEN(tests));
}
