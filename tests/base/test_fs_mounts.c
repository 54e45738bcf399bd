/* bd_rm_rf() stops at mount points. In a mount namespace of its own; skipped where that is refused.
 */
#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

static const char *private_mounts_refused(void)
{
    if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return strerror(errno);
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return strerror(errno);
    return NULL;
}

/* d/tree/m is the mount point, d/outside what a bind mount shows. */
static char *make_tree(void)
{
    char *dir = unit_dir();
    ck_assert_int_eq(chdir(dir), 0);
    ck_assert_int_eq(bd_mkdir_p("outside", 0755, NULL), 0);
    ck_assert_int_eq(bd_mkdir_p("tree/a/m", 0755, NULL), 0);
    ck_assert_int_eq(bd_write_file("outside/kept", "x", 1, 0600, NULL), 0);
    ck_assert_int_eq(bd_write_file("tree/a/file", "x", 1, 0600, NULL), 0);
    return dir;
}

static void stops_at(const char *target, const char *mount_point)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_rm_rf(target, &err), BD_ECONFLICT);
    ck_assert_msg(strstr(err.text, mount_point) != NULL, "%s", err.text);
    ck_assert(bd_exists("outside/kept"));
    ck_assert_int_eq(umount(mount_point), 0);
    ck_assert_int_eq(bd_rm_rf(target, NULL), 0);
    ck_assert(!bd_exists(target));
    ck_assert(bd_exists("outside/kept"));
}

START_TEST(another_file_system)
{
    bd_auto_free char *dir = make_tree();
    ck_assert_int_eq(mount("none", "tree/a/m", "tmpfs", 0, NULL), 0);
    stops_at("tree", "tree/a/m");
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(a_bind_mount_of_the_same_file_system)
{
    bd_auto_free char *dir = make_tree();
    ck_assert_int_eq(mount("outside", "tree/a/m", NULL, MS_BIND, NULL), 0);
    stops_at("tree", "tree/a/m");
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(a_mount_point_itself)
{
    bd_auto_free char *dir = make_tree();
    ck_assert_int_eq(mount("outside", "tree", NULL, MS_BIND, NULL), 0);
    stops_at("tree", "tree");
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(a_mount_over_a_file)
{
    bd_auto_free char *dir = make_tree();
    ck_assert_int_eq(mount("outside/kept", "tree/a/file", NULL, MS_BIND, NULL), 0);
    stops_at("tree", "tree/a/file");
    unit_dir_done(bd_take(dir));
}
END_TEST

int main(void)
{
    const char *refused = private_mounts_refused();
    if (refused) {
        printf("skipped: no mount namespace here: %s\n", refused);
        return 77;
    }
    const TTest *const tests[] = {another_file_system, a_bind_mount_of_the_same_file_system,
                                  a_mount_point_itself, a_mount_over_a_file};
    return unit_run("fs-mounts", tests, BD_ARRAY_LEN(tests));
}
