/* The recipes that are shipped: built whole. */
#include "lib/image/root.h"
#include "tests/image/scratch.h"

static void build(const char *images, const char *name, struct image_result *ret_result)
{
    struct image_job job = {.images_dir = images, .id = "0badcafe"};
    struct image_recipe recipe = {0};
    struct bd_err err = BD_ERR_INIT;
    assert_ok(image_recipe_load(getenv("IMAGE_RECIPES"), name, &recipe, &err), &err);
    assert_ok(image_build(&job, &recipe, ret_result, &err), &err);
    image_recipe_done(&recipe);
}

/* What a node of a cluster needs, and what none may share with another. */
static void check_node(const char *images, const struct image_result *result)
{
    static const char *const there[] = {"/sbin/init",
                                        "/usr/sbin/slurmctld",
                                        "/usr/sbin/slurmd",
                                        "/usr/sbin/munged",
                                        "/usr/bin/srun",
                                        "/usr/bin/mpirun",
                                        "/usr/bin/hpcc",
                                        "/usr/bin/systemd-run",
                                        "/usr/lib/systemd/system/munge.service",
                                        "/usr/lib/x86_64-linux-gnu/pmix2/lib/libpmix.so.2"};
    static const char *const gone[] = {
        "/etc/munge/munge.key", "/etc/hostname",
        "/etc/resolv.conf",     "/etc/ssh/ssh_host_ed25519_key",
        "/var/log/dpkg.log",    "/var/lib/dbus/machine-id",
        "/var/lib/apt",         "/etc/systemd/system/multi-user.target.wants/slurmd.service"};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *root = image_rootfs(images, result->digest);
    bd_auto_free char *machine_id = NULL;
    bd_auto_fd int fd = root_open(root, &err);
    assert_ok(fd, &err);
    for (size_t i = 0; i < BD_ARRAY_LEN(there); i++)
        ck_assert_msg(root_has(fd, there[i]), "%s is missing", there[i]);
    for (size_t i = 0; i < BD_ARRAY_LEN(gone); i++)
        ck_assert_msg(!root_has(fd, gone[i]), "%s is there", gone[i]);
    assert_ok(root_read(fd, "/etc/machine-id", 64, &machine_id, &err), &err);
    ck_assert(machine_id == NULL || *machine_id == '\0');
    ck_assert_uint_lt(result->size_bytes, UINT64_C(800) << 20);
}

START_TEST(bookworm_built_twice_gives_one_digest)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *first = bd_xasprintf("%s/first", dir);
    bd_auto_free char *second = bd_xasprintf("%s/second", dir);
    struct image_result one = {0}, other = {0};
    build(first, "debian-bookworm", &one);
    check_node(first, &one);
    build(second, "debian-bookworm", &other);
    ck_assert_str_eq(one.digest, other.digest);
    image_result_done(&one);
    image_result_done(&other);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(trixie_is_built)
{
    bd_auto_free char *dir = unit_dir();
    struct image_result result = {0};
    build(dir, "debian-trixie", &result);
    check_node(dir, &result);
    ck_assert(strstr(bd_json_str(result.manifest, "distribution", ""), "trixie"));
    image_result_done(&result);
    unit_dir_done(bd_take(dir));
}
END_TEST

int main(void)
{
    if (geteuid() != 0) {
        puts("skipped: image builds need root");
        return SKIPPED;
    }
    Suite *suite = suite_create("image recipes");
    TCase *tcase = tcase_create("recipes");
    tcase_set_timeout(tcase, 1200);
    tcase_add_test(tcase, bookworm_built_twice_gives_one_digest);
    tcase_add_test(tcase, trixie_is_built);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
