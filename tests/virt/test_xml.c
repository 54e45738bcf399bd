/* Domain XML against golden files; BENCHD_REGENERATE=1 writes them anew. */
#include "lib/virt/xml.h"
#include "tests/base/unit.h"
#include "tests/virt/plan.h"

#include <string.h>

static void check_golden(const char *name, const char *text)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", getenv("BENCHD_GOLDEN"), name);
    bd_auto_free char *golden = NULL;
    struct bd_err err = BD_ERR_INIT;
    if (getenv("BENCHD_REGENERATE"))
        ck_assert_msg(bd_write_file(path, text, strlen(text), 0644, &err) == 0, "%s", err.text);
    ck_assert_msg(bd_read_file(path, 65536, &golden, NULL, &err) == 0, "%s", err.text);
    ck_assert_str_eq(text, golden);
}

static void check_domain(const char *golden, enum cgroup_layout layout, const char *dir)
{
    struct cluster_plan plan;
    bd_auto_free char *root = bd_xasprintf("%s/n1/root", dir);
    bd_auto_free char *shared = bd_xasprintf("%s/shared", dir);
    test_plan("1f2e3d4c", 2, 0.25, UINT64_C(268435456), &plan);
    bd_auto_free char *xml = xml_lxc_domain(&(struct xml_node){
        .plan = &plan,
        .node = &plan.nodes[1],
        .root = root,
        .shared = shared,
        .layout = layout,
        .cgroup_options = "rw,nsdelegate",
    });
    check_golden(golden, xml);
    cluster_plan_done(&plan);
}

START_TEST(test_domain_beside_version_1)
{
    check_domain("lxc-hybrid.xml", CGROUP_HYBRID, "/var/lib/benchd/clusters/1f2e3d4c");
}
END_TEST

START_TEST(test_domain_on_cgroup2_alone)
{
    check_domain("lxc-unified.xml", CGROUP_UNIFIED, "/var/lib/benchd/clusters/1f2e3d4c");
}
END_TEST

START_TEST(test_what_a_path_may_hold_is_escaped)
{
    check_domain("lxc-escaped.xml", CGROUP_HYBRID, "/srv/a'b\"<c>&d\te");
}
END_TEST

UNIT_MAIN("virt-xml", test_domain_beside_version_1, test_domain_on_cgroup2_alone,
          test_what_a_path_may_hold_is_escaped)
