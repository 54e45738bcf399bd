#include "lib/image/image.h"
#include "lib/image/root.h"
#include "tests/image/scratch.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

static void digest(const char *root, char ret[BD_DIGEST_BYTES])
{
    struct bd_err err = BD_ERR_INIT;
    uint64_t size, entries;
    assert_ok(image_digest_tree(root, ret, &size, &entries, NULL, &err), &err);
}

static void mark(const char *root, char ret[BD_DIGEST_BYTES])
{
    struct bd_err err = BD_ERR_INIT;
    assert_ok(image_fingerprint(root, ret, &err), &err);
}

/* Each makes one change; negative: this host can't. */
static int change_content(const char *r)
{
    put(r, "etc/deep/file", "Content\n");
    return 0;
}
static int change_length(const char *r)
{
    return truncate(in(r, "etc/deep/file"), 3);
}
static int change_mode(const char *r)
{
    return chmod(in(r, "empty"), 0600);
}
static int change_mode_of_root(const char *r)
{
    return chmod(r, 0711);
}
static int change_sticky(const char *r)
{
    return chmod(in(r, "etc/deep"), 0777);
}
static int change_owner(const char *r)
{
    return lchown(in(r, "absolute"), 12345, (gid_t)-1);
}
static int change_group(const char *r)
{
    return chown(in(r, "empty"), (uid_t)-1, 12345);
}
static int change_target(const char *r)
{
    unlink(in(r, "relative"));
    return symlink("etc/dee", in(r, "relative"));
}
static int change_type(const char *r)
{
    unlink(in(r, "fifo"));
    put(r, "fifo", "");
    return chmod(in(r, "fifo"), 0600);
}
static int change_name(const char *r)
{
    return rename(in(r, "empty"), in(r, "empties"));
}
static int add_entry(const char *r)
{
    return mkdir(in(r, "new"), 0755);
}
static int add_device(const char *r)
{
    return mknod(in(r, "device"), S_IFCHR | 0600, makedev(1, 3));
}
static int add_attribute(const char *r)
{
    return setxattr(in(r, "empty"), "user.test", "value", 5, 0);
}
static int add_capability(const char *r)
{
    /* cap_net_raw+ep, as ping has: linux/capability.h, VFS_CAP_REVISION_2 */
    static const uint8_t caps[20] = {1, 0, 0, 2, 0, 0x20};
    return setxattr(in(r, "empty"), "security.capability", caps, sizeof(caps), 0);
}

static const struct {
    const char *name;
    int (*change)(const char *root);
} changes[] = {
    {"content", change_content},     {"length", change_length},
    {"mode", change_mode},           {"mode of the root", change_mode_of_root},
    {"sticky bit", change_sticky},   {"owner of a link", change_owner},
    {"group", change_group},         {"target", change_target},
    {"type", change_type},           {"name", change_name},
    {"a new directory", add_entry},  {"a new device", add_device},
    {"an attribute", add_attribute}, {"a capability", add_capability},
};

START_TEST(every_change_changes_digest_and_fingerprint)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *root = bd_xasprintf("%s/rootfs", dir);
    char was[BD_DIGEST_BYTES], is[BD_DIGEST_BYTES], mark_was[BD_DIGEST_BYTES],
        mark_is[BD_DIGEST_BYTES];
    make_tree(root);
    digest(root, was);
    mark(root, mark_was);
    if (changes[_i].change(root) < 0) {
        printf("not tried on this host: %s: %s\n", changes[_i].name, strerror(errno));
    } else {
        digest(root, is);
        mark(root, mark_is);
        ck_assert_msg(strcmp(was, is) != 0, "%s is not in the digest", changes[_i].name);
        ck_assert_msg(strcmp(mark_was, mark_is) != 0, "%s is not in the mark", changes[_i].name);
    }
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(times_and_places_are_not_in_the_digest)
{
    bd_auto_free char *dir = unit_dir();
    char one[BD_DIGEST_BYTES], other[BD_DIGEST_BYTES];
    bd_auto_free char *first = bd_xasprintf("%s/first", dir);
    bd_auto_free char *second = bd_xasprintf("%s/elsewhere/second", dir);
    make_tree(first);
    digest(first, one);
    make_tree(second);
    const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    ck_assert_int_eq(utimensat(AT_FDCWD, in(second, "empty"), long_ago, 0), 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, second, long_ago, 0), 0);
    digest(second, other);
    ck_assert_str_eq(one, other);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(a_hard_link_is_a_file_of_its_own)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *root = bd_xasprintf("%s/rootfs", dir);
    char linked[BD_DIGEST_BYTES], apart[BD_DIGEST_BYTES];
    make_tree(root);
    digest(root, linked);
    unlink(in(root, "twin"));
    put(root, "twin", "content\n");
    digest(root, apart);
    ck_assert_str_eq(linked, apart);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(size_and_entries_are_counted)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *root = bd_xasprintf("%s/rootfs", dir);
    char d[BD_DIGEST_BYTES];
    uint64_t size = 0, entries = 0;
    struct bd_err err = BD_ERR_INIT;
    make_tree(root);
    assert_ok(image_digest_tree(root, d, &size, &entries, NULL, &err), &err);
    ck_assert_uint_eq(entries, 10); /* with the root */
    ck_assert_uint_eq(size, 8 + 8 + strlen("NAME=x\nPRETTY_NAME=\"Small Linux 1\"\n"));
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(the_walk_can_be_cancelled_and_says_what_is_missing)
{
    bd_auto_free char *dir = unit_dir();
    char d[BD_DIGEST_BYTES] = "untouched";
    uint64_t size, entries;
    struct bd_err err = BD_ERR_INIT;
    struct bd_cancel *cancel = bd_cancel_new();
    bd_cancel_set(cancel, BD_ECANCELLED, "asked to");
    ck_assert_int_eq(image_digest_tree(dir, d, &size, &entries, cancel, &err), BD_ECANCELLED);
    bd_cancel_unref(cancel);
    ck_assert_int_eq(image_digest_tree(in(dir, "no"), d, &size, &entries, NULL, &err), -ENOENT);
    assert_says(&err, "/no");
    ck_assert_str_eq(d, "untouched");
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(files_of_a_recipe_stay_within_the_root)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *root = bd_xasprintf("%s/rootfs", dir);
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *text = NULL;
    make_tree(root);
    bd_auto_free char *outside = bd_xasprintf("%s/outside", dir);
    ck_assert_int_eq(mkdir(outside, 0755), 0);
    ck_assert_int_eq(symlink(outside, in(root, "trap")), 0);
    ck_assert_int_eq(symlink("../../../../../../../../..", in(root, "up")), 0);
    bd_auto_fd int fd = root_open(root, &err);
    assert_ok(fd, &err);
    assert_ok(root_write(fd, "/up/etc/new/file", "x", 0640, &err), &err);
    struct stat st;
    ck_assert_int_eq(stat(in(root, "etc/new/file"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    assert_ok(root_link(fd, "/relative/file", "/dev/null", &err), &err);
    ck_assert_int_eq(lstat(in(root, "etc/deep/file"), &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    /* Where the link leads to in the image there is nothing: it is not outside that it is made. */
    ck_assert_int_lt(root_write(fd, "/trap/file", "x", 0644, &err), 0);
    ck_assert_uint_eq(count_entries(outside), 0);
    assert_ok(root_read(fd, "/absolute", 4096, &text, &err), &err);
    ck_assert(bd_starts_with(text, "NAME=x"));
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(removal_by_pattern_follows_no_link)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *root = bd_xasprintf("%s/rootfs", dir);
    bd_auto_free char *outside = bd_xasprintf("%s/outside", dir);
    struct bd_err err = BD_ERR_INIT;
    make_tree(root);
    ck_assert_int_eq(mkdir(outside, 0755), 0);
    put(outside, "kept", "x");
    ck_assert_int_eq(symlink(outside, in(root, "trap")), 0);
    bd_auto_strv struct bd_strv patterns = {0};
    bd_strv_add(&patterns, "/trap/*");
    bd_strv_add(&patterns, "/etc/d*");
    bd_strv_add(&patterns, "/relat?ve");
    bd_strv_add(&patterns, "/*/os-*");
    bd_strv_add(&patterns, "/not/there");
    assert_ok(root_remove(root, &patterns, &err), &err);
    ck_assert(bd_exists(in(outside, "kept")));
    ck_assert(bd_exists(in(root, "trap")));
    ck_assert(bd_exists(in(root, "twin"))); /* "*" stops at slashes */
    ck_assert(!bd_exists(in(root, "relative")));
    ck_assert_uint_eq(count_entries(in(root, "etc")), 0);
    unit_dir_done(bd_take(dir));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image tree");
    TCase *tcase = tcase_create("tree");
    tcase_add_loop_test(tcase, every_change_changes_digest_and_fingerprint, 0,
                        (int)BD_ARRAY_LEN(changes));
    tcase_add_test(tcase, times_and_places_are_not_in_the_digest);
    tcase_add_test(tcase, a_hard_link_is_a_file_of_its_own);
    tcase_add_test(tcase, size_and_entries_are_counted);
    tcase_add_test(tcase, the_walk_can_be_cancelled_and_says_what_is_missing);
    tcase_add_test(tcase, files_of_a_recipe_stay_within_the_root);
    tcase_add_test(tcase, removal_by_pattern_follows_no_link);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
