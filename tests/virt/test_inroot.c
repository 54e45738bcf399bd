/* Paths in a node's root stay in it, wherever its links point. */
#include "lib/virt/inroot.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* DIR/root with links that try to get to DIR. */
static int make_root(const char *dir)
{
    static const struct {
        const char *name, *target;
    } links[] = {
        {"up", "../.."},
        {"abs", "/"},
        {"deep", "etc/../../../.."},
        {"self", "/proc/self/root"},
        {"run", "/var/run"},
        {"loop", "loop"},
    };
    bd_auto_free char *root = bd_xasprintf("%s/root", dir);
    bd_auto_free char *run = bd_xasprintf("%s/var/run", root);
    bd_auto_free char *etc = bd_xasprintf("%s/etc", root);
    bd_auto_free char *secret = bd_xasprintf("%s/secret", dir);
    ck_assert_int_eq(bd_mkdir_p(run, 0755, NULL), 0);
    ck_assert_int_eq(bd_mkdir_p(etc, 0755, NULL), 0);
    ck_assert_int_eq(bd_write_file(secret, "x", 1, 0644, NULL), 0);
    int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    for (size_t i = 0; i < BD_ARRAY_LEN(links); i++)
        ck_assert_int_eq(symlinkat(links[i].target, fd, links[i].name), 0);
    return fd;
}

START_TEST(test_open)
{
    static const char *const out[] = {"/../secret",   "/up/secret",   "/abs/secret",
                                      "/deep/secret", "../../secret", "/up/up/secret"};
    char *dir = unit_dir();
    int root = make_root(dir);
    for (size_t i = 0; i < BD_ARRAY_LEN(out); i++)
        ck_assert_int_eq(inroot_open(root, out[i], O_RDONLY, 0), -ENOENT);
    ck_assert_int_lt(inroot_open(root, "/self/etc/passwd", O_RDONLY, 0), 0);
    ck_assert_int_eq(inroot_open(root, "/loop", O_RDONLY, 0), -ELOOP);
    /* All of them lead to the root itself. */
    struct stat is, st;
    ck_assert_int_eq(fstat(root, &st), 0);
    int up = inroot_open(root, "/up/abs/deep/..", O_PATH, 0);
    ck_assert_int_ge(up, 0);
    ck_assert_int_eq(fstat(up, &is), 0);
    ck_assert_uint_eq(is.st_ino, st.st_ino);
    close(up);
    close(root);
    unit_dir_done(dir);
}
END_TEST

START_TEST(test_parent)
{
    static const char *const none[] = {"", "/", "/var/", "/var/.", "/var/.."};
    char *dir = unit_dir();
    int root = make_root(dir);
    const char *name = NULL;
    for (size_t i = 0; i < BD_ARRAY_LEN(none); i++)
        ck_assert_int_eq(inroot_open_parent(root, none[i], true, &name), -EINVAL);
    ck_assert_int_eq(inroot_open_parent(root, "/a/b/c", false, &name), -ENOENT);

    /* Directories are made where the path leads in the root: /up is /, /run is /var/run. */
    int parent = inroot_open_parent(root, "/up/a/b/c", true, &name);
    ck_assert_int_ge(parent, 0);
    ck_assert_str_eq(name, "c");
    close(parent);
    parent = inroot_open_parent(root, "/run/lock/x", true, &name);
    ck_assert_int_ge(parent, 0);
    close(parent);
    bd_auto_free char *made = bd_xasprintf("%s/root/a/b", dir);
    bd_auto_free char *lock = bd_xasprintf("%s/root/var/run/lock", dir);
    bd_auto_free char *outside = bd_xasprintf("%s/a", dir);
    ck_assert(bd_exists(made));
    ck_assert(bd_exists(lock));
    ck_assert(!bd_exists(outside));
    close(root);
    unit_dir_done(dir);
}
END_TEST

UNIT_MAIN("virt-inroot", test_open, test_parent)
