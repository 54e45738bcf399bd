/* The verbs refuse what is not theirs before they touch anything. */
#include "lib/virt/hostops.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char *dir;
    char *clusters, *images, *rootfs, *cgroup2;
    struct hostops *ops;
};

static void place_make(struct place *p)
{
    p->dir = unit_dir();
    p->clusters = bd_xasprintf("%s/clusters", p->dir);
    p->images = bd_xasprintf("%s/images", p->dir);
    p->rootfs = bd_xasprintf("%s/one/rootfs", p->images);
    p->cgroup2 = bd_xasprintf("%s/cgroup2", p->dir);
    ck_assert_int_eq(bd_mkdir_p(p->clusters, 0755, NULL), 0);
    ck_assert_int_eq(bd_mkdir_p(p->rootfs, 0755, NULL), 0);
    ck_assert_int_eq(bd_mkdir_p(p->cgroup2, 0755, NULL), 0);
    p->ops = hostops_new(&(struct hostops_dirs){
        .clusters = p->clusters, .images = p->images, .node_layer = "", .cgroup2 = p->cgroup2});
}

static void place_done(struct place *p)
{
    hostops_free(p->ops);
    free(p->clusters);
    free(p->images);
    free(p->rootfs);
    free(p->cgroup2);
    unit_dir_done(p->dir);
}

START_TEST(test_ids_and_names_of_nodes)
{
    static const char *const bad_ids[] = {"",         "..",       "1f2e3d4",  "1f2e3d4c5",
                                          "1F2E3D4C", "1f2e/d4c", "../../ab", "1f2e3d4g"};
    static const char *const bad_nodes[] = {"",    "..", "n1/..", "/etc",
                                            "n-1", "N1", ".",     "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"};
    struct place p;
    place_make(&p);
    for (size_t i = 0; i < BD_ARRAY_LEN(bad_ids); i++) {
        ck_assert_int_eq(hostops_node_remove(p.ops, bad_ids[i], "n1", NULL), BD_EINVALID);
        ck_assert_int_eq(hostops_cluster_remove(p.ops, bad_ids[i], NULL), BD_EINVALID);
        ck_assert_int_eq(hostops_cluster_kill(p.ops, bad_ids[i], NULL), BD_EINVALID);
        ck_assert_int_eq(hostops_leftovers_remove(p.ops, bad_ids[i], NULL, NULL), BD_EINVALID);
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(bad_nodes); i++) {
        ck_assert_int_eq(hostops_node_remove(p.ops, "1f2e3d4c", bad_nodes[i], NULL), BD_EINVALID);
        ck_assert_int_eq(hostops_controllers_kill(p.ops, "1f2e3d4c", bad_nodes[i], NULL),
                         BD_EINVALID);
    }
    /* What was never made is gone already. */
    ck_assert_int_eq(hostops_node_remove(p.ops, "1f2e3d4c", "n1", NULL), 0);
    ck_assert_int_eq(hostops_cluster_remove(p.ops, "1f2e3d4c", NULL), 0);
    place_done(&p);
}
END_TEST

START_TEST(test_links)
{
    static const char *const bad[] = {"",     "eth0", "lo", "bd/x", "bd-1f2e3d4c-and-so-on",
                                      "bd x", "../bd"};
    struct place p;
    place_make(&p);
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        ck_assert_int_eq(hostops_bridge_add(p.ops, bad[i], NULL), BD_EINVALID);
        ck_assert_int_eq(hostops_link_del(p.ops, bad[i], NULL), BD_EINVALID);
    }
    place_done(&p);
}
END_TEST

START_TEST(test_cgroups)
{
    static const char *const bad[] = {"",
                                      "benchd",
                                      "/benchd/x",
                                      "benchd/../x",
                                      "benchd/x/..",
                                      "benchd//x",
                                      "benchd/./x",
                                      "system.slice",
                                      "machine.slice/x",
                                      "machine/../bench",
                                      "user.slice/bench"};
    struct place p;
    place_make(&p);
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        ck_assert_int_eq(hostops_cgroup_make(p.ops, bad[i], NULL), BD_EINVALID);
        ck_assert_int_eq(hostops_cgroup_kill(p.ops, bad[i], NULL), BD_EINVALID);
        ck_assert_int_eq(hostops_cgroup_wait_empty(p.ops, bad[i], 1, NULL), BD_EINVALID);
        ck_assert_int_eq(hostops_cgroup_remove(p.ops, bad[i], NULL), BD_EINVALID);
    }
    bd_auto_free char *made = bd_xasprintf("%s/benchd/1f2e3d4c/n1", p.cgroup2);
    bd_auto_free char *top = bd_xasprintf("%s/benchd/1f2e3d4c", p.cgroup2);
    ck_assert_int_eq(hostops_cgroup_make(p.ops, "benchd/1f2e3d4c/n1", NULL), 0);
    ck_assert_int_eq(hostops_cgroup_make(p.ops, "benchd/1f2e3d4c/n1", NULL), 0);
    ck_assert(bd_exists(made));
    ck_assert_int_eq(hostops_cgroup_remove(p.ops, "benchd/1f2e3d4c", NULL), 0);
    ck_assert_int_eq(hostops_cgroup_remove(p.ops, "benchd/1f2e3d4c", NULL), 0);
    ck_assert(!bd_exists(top));
    ck_assert_int_eq(hostops_cgroup_kill(p.ops, "benchd/1f2e3d4c", NULL), 0);
    place_done(&p);
}
END_TEST

START_TEST(test_host_without_cgroup2)
{
    struct bd_err err = BD_ERR_INIT;
    struct hostops *ops = hostops_new(
        &(struct hostops_dirs){.clusters = "/x", .images = "/x", .node_layer = "", .cgroup2 = ""});
    ck_assert_int_eq(hostops_cgroup_make(ops, "benchd/1f2e3d4c", &err), BD_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, "mount -t cgroup2"));
    hostops_free(ops);
}
END_TEST

/* Refused before anything of the node is made. */
static void check_refused(struct place *p, const char *rootfs, const struct node_files *files,
                          int code)
{
    bd_auto_free char *made = bd_xasprintf("%s/1f2e3d4c", p->clusters);
    ck_assert_int_eq(hostops_node_make(p->ops, "1f2e3d4c", "n1", rootfs, files, NULL), code);
    ck_assert(!bd_exists(made));
}

START_TEST(test_roots_and_files)
{
    static const char *const bad_paths[] = {"",         "etc/x", "/..", "/../etc/x", "/etc/../../x",
                                            "/etc/x/.", "//x"};
    struct place p;
    struct node_files none = {0};
    place_make(&p);
    bd_auto_free char *out = bd_xasprintf("%s/one/../..", p.images);
    bd_auto_free char *link = bd_xasprintf("%s/link", p.images);
    bd_auto_free char *listed = bd_xasprintf("%s/a,b:c", p.images);
    ck_assert_int_eq(symlink("/", link), 0);
    ck_assert_int_eq(mkdir(listed, 0755), 0);
    check_refused(&p, "/", &none, BD_EINVALID);
    check_refused(&p, p.images, &none, BD_EINVALID);
    check_refused(&p, out, &none, BD_EINVALID);
    check_refused(&p, link, &none, BD_EINVALID);
    check_refused(&p, listed, &none, BD_EINVALID);
    check_refused(&p, "images/one/rootfs", &none, BD_EINVALID);
    check_refused(&p, "/nowhere", &none, -ENOENT);
    for (size_t i = 0; i < BD_ARRAY_LEN(bad_paths); i++) {
        struct node_files files = {0};
        node_files_add(&files, bad_paths[i], 0644, 0, 0, "x", 1);
        check_refused(&p, p.rootfs, &files, BD_EINVALID);
        node_files_done(&files);
    }
    place_done(&p);
}
END_TEST

/* A group of the made-up cgroup2: with the files that the kernel makes. */
static void make_group(const struct place *p, const char *group, const char *controllers)
{
    static const char *const files[] = {"cgroup.subtree_control", "cpu.max", "memory.max"};
    bd_auto_free char *dir = bd_xasprintf("%s/%s", p->cgroup2, group);
    bd_auto_free char *list = bd_xasprintf("%s/cgroup.controllers", dir);
    ck_assert_int_eq(bd_mkdir_p(dir, 0755, NULL), 0);
    ck_assert_int_eq(bd_write_file(list, controllers, strlen(controllers), 0644, NULL), 0);
    for (size_t i = 0; i < BD_ARRAY_LEN(files); i++) {
        bd_auto_free char *path = bd_xasprintf("%s/%s", dir, files[i]);
        ck_assert_int_eq(bd_write_file(path, "", 0, 0644, NULL), 0);
    }
}

static char *read_group(const struct place *p, const char *file)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", p->cgroup2, file);
    char *text = NULL;
    ck_assert_int_eq(bd_read_file(path, 4096, &text, NULL, NULL), 0);
    return text;
}

/* On a host with cgroup2 alone: every controller is there, so no other hierarchy is looked at. */
START_TEST(test_groups_on_cgroup2_alone)
{
    static const char all[] = "cpuset cpu io memory pids\n";
    static const char group[] = "benchd/1f2e3d4c/host";
    struct bd_err err = BD_ERR_INIT;
    struct place p;
    place_make(&p);
    make_group(&p, ".", all);
    make_group(&p, "benchd", all);
    make_group(&p, "benchd/1f2e3d4c", all);
    make_group(&p, group, all);
    ck_assert_msg(hostops_groups_make(p.ops, group, &err) == 0, "%s", err.text);
    bd_auto_free char *top = read_group(&p, "cgroup.subtree_control");
    bd_auto_free char *above = read_group(&p, "benchd/1f2e3d4c/cgroup.subtree_control");
    bd_auto_free char *own = read_group(&p, "benchd/1f2e3d4c/host/cgroup.subtree_control");
    ck_assert_int_eq(*top,
                     '+'); /* one word after the other, in a file that is none of the kernel's */
    ck_assert_int_eq(*above, '+');
    ck_assert_str_eq(own, ""); /* or no process could be in it */

    ck_assert_int_eq(hostops_groups_limit_cpu(p.ops, group, 150000, 100000, &err), 0);
    ck_assert_int_eq(hostops_groups_limit_memory(p.ops, group, UINT64_C(8) << 30, &err), 0);
    bd_auto_free char *cpu = read_group(&p, "benchd/1f2e3d4c/host/cpu.max");
    bd_auto_free char *memory = read_group(&p, "benchd/1f2e3d4c/host/memory.max");
    ck_assert_str_eq(cpu, "150000 100000");
    ck_assert_str_eq(memory, "8589934592");
    place_done(&p);
}
END_TEST

START_TEST(test_groups_without_controllers)
{
    static const char group[] = "benchd/1f2e3d4c/host";
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *dir = NULL, *list = NULL;
    struct place p;
    place_make(&p);
    /* Whatever this host has is not to be touched: all are said to be here, and have no files. */
    dir = bd_xasprintf("%s/%s", p.cgroup2, group);
    list = bd_xasprintf("%s/cgroup.controllers", p.cgroup2);
    ck_assert_int_eq(bd_write_file(list, "cpu io memory\n", 14, 0644, NULL), 0);
    ck_assert_int_eq(hostops_groups_make(p.ops, group, &err), 0);
    ck_assert(bd_exists(dir));
    ck_assert_int_eq(hostops_groups_limit_cpu(p.ops, group, 1000, 100000, &err), BD_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, "no cpu controller"));
    ck_assert_int_eq(hostops_groups_limit_memory(p.ops, group, 1, &err), BD_EUNSUPPORTED);
    ck_assert_int_eq(hostops_groups_remove(p.ops, "benchd/1f2e3d4c", &err), 0);
    ck_assert_int_eq(hostops_groups_remove(p.ops, "benchd/1f2e3d4c", &err), 0);
    ck_assert(!bd_exists(dir));
    ck_assert_int_eq(hostops_groups_make(p.ops, "machine/x", &err), BD_EINVALID);
    ck_assert_int_eq(hostops_groups_remove(p.ops, "benchd/../x", &err), BD_EINVALID);
    place_done(&p);
}
END_TEST

UNIT_MAIN("virt-hostops", test_ids_and_names_of_nodes, test_links, test_cgroups,
          test_host_without_cgroup2, test_roots_and_files, test_groups_on_cgroup2_alone,
          test_groups_without_controllers)
