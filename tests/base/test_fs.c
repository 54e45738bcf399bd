#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int entries(const char *dir)
{
    DIR *d = opendir(dir);
    ck_assert_ptr_nonnull(d);
    int n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

START_TEST(a_file_is_replaced_whole_and_leaves_nothing_beside_it)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *path = bd_xasprintf("%s/f", dir);
    umask(077);
    ck_assert_int_eq(bd_write_file(path, "old", 3, 0644, NULL), 0);
    int old = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(bd_write_file(path, "new\0er", 6, 0640, NULL), 0);
    bd_auto_free char *data = NULL;
    size_t len = 0;
    ck_assert_int_eq(bd_read_file(path, 6, &data, &len, NULL), 0);
    ck_assert_uint_eq(len, 6);
    ck_assert_int_eq(memcmp(data, "new\0er", 7), 0);
    char was[8];
    ck_assert_int_eq(read(old, was, sizeof(was)), 3); /* who has it open still reads the old one */
    close(old);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    ck_assert_int_eq(entries(dir), 1);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(a_write_that_fails_leaves_what_was)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *sub = bd_xasprintf("%s/sub", dir);
    bd_auto_free char *missing = bd_xasprintf("%s/missing/f", dir);
    ck_assert_int_eq(mkdir(sub, 0755), 0);
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_write_file(sub, "x", 1, 0600, &err), -EISDIR);
    ck_assert_ptr_nonnull(strstr(err.text, sub));
    ck_assert_int_eq(bd_write_file(missing, "x", 1, 0600, &err), -ENOENT);
    ck_assert_int_eq(entries(dir), 1);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(a_relative_path_is_written_where_we_are)
{
    bd_auto_free char *dir = unit_dir();
    ck_assert_int_eq(chdir(dir), 0);
    ck_assert_int_eq(bd_write_file("f", "x", 1, 0600, NULL), 0);
    ck_assert(bd_exists("f"));
    ck_assert_int_eq(bd_rm_rf("f", NULL), 0);
    ck_assert(!bd_exists("f"));
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(reading_is_capped_and_copes_with_files_that_tell_no_size)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *path = bd_xasprintf("%s/f", dir);
    bd_auto_free char *big = bd_xmalloc(100000);
    memset(big, 'x', 100000);
    ck_assert_int_eq(bd_write_file(path, big, 100000, 0600, NULL), 0);
    char *data = NULL;
    size_t len = 77;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_read_file(path, 99999, &data, &len, &err), -EFBIG);
    ck_assert_ptr_null(data);
    ck_assert_uint_eq(len, 77);
    ck_assert_int_eq(bd_read_file(path, 100000, &data, NULL, &err), 0);
    ck_assert_uint_eq(strlen(data), 100000);
    free(data);
    ck_assert_int_eq(bd_read_file("/proc/self/status", 1 << 16, &data, &len, &err), 0);
    ck_assert(bd_starts_with(data, "Name:"));
    free(data);
    ck_assert_int_eq(bd_read_file("/dev/null", 0, &data, &len, &err), 0);
    ck_assert_str_eq(data, "");
    free(data);
    ck_assert_int_eq(bd_read_file(dir, 10, &data, &len, &err), -EISDIR);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(directories_are_made_down_to_the_last)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *deep = bd_xasprintf("%s//a/./b/../b/c/", dir);
    bd_auto_free char *file = bd_xasprintf("%s/a/f", dir);
    bd_auto_free char *below = bd_xasprintf("%s/a/f/x", dir);
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(bd_mkdir_p(deep, 0750, &err) == 0, "%s", err.text);
    ck_assert_int_eq(bd_mkdir_p(deep, 0700, NULL), 0);
    struct stat st;
    ck_assert_int_eq(stat(deep, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0750);
    ck_assert_int_eq(bd_write_file(file, "", 0, 0600, NULL), 0);
    ck_assert_int_eq(bd_mkdir_p(file, 0755, &err), -ENOTDIR);
    ck_assert_int_eq(bd_mkdir_p(below, 0755, &err), -ENOTDIR);
    ck_assert_int_eq(bd_mkdir_p("", 0755, &err), -ENOENT);
    ck_assert_int_eq(bd_mkdir_p("/", 0755, &err), 0);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(parts_of_a_path)
{
    static const char *const cases[][3] = {
        {"/a/b", "/a", "b"}, {"/a", "/", "a"},    {"a", ".", "a"},
        {"a/b", "a", "b"},   {"a/b/", "a/b", ""}, {"", ".", ""},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_free char *dir = bd_path_dir(cases[i][0]);
        ck_assert_str_eq(dir, cases[i][1]);
        ck_assert_str_eq(bd_path_name(cases[i][0]), cases[i][2]);
    }
}
END_TEST

START_TEST(existence_is_of_the_name_itself)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *link = bd_xasprintf("%s/link", dir);
    ck_assert(!bd_exists(link));
    ck_assert_int_eq(symlink("/no/such/place", link), 0);
    ck_assert(bd_exists(link));
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(free_space_is_of_the_file_system)
{
    uint64_t bytes = 0;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_free_bytes("/", &bytes, &err), 0);
    ck_assert_uint_gt(bytes, 0);
    ck_assert_int_eq(bd_free_bytes("/no/such/place", &bytes, &err), -ENOENT);
}
END_TEST

START_TEST(a_tree_goes_but_not_what_its_links_point_at)
{
    bd_auto_free char *dir = unit_dir();
    ck_assert_int_eq(chdir(dir), 0);
    ck_assert_int_eq(bd_mkdir_p("outside/kept", 0755, NULL), 0);
    ck_assert_int_eq(bd_mkdir_p("tree/a/b", 0755, NULL), 0);
    ck_assert_int_eq(bd_mkdir_p("tree/empty", 0755, NULL), 0);
    ck_assert_int_eq(symlink("../../outside", "tree/a/link"), 0);
    ck_assert_int_eq(symlink("nowhere", "tree/dangling"), 0);
    ck_assert_int_eq(mkfifo("tree/a/b/fifo", 0600), 0);
    for (int i = 0; i < 3000; i++) {
        char name[32];
        snprintf(name, sizeof(name), "tree/a/b/f%d", i);
        ck_assert_int_eq(close(open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0000)), 0);
    }
    ck_assert_int_eq(symlink("tree", "link-to-tree"), 0);
    ck_assert_int_eq(bd_rm_rf("link-to-tree", NULL), 0);
    ck_assert(bd_exists("tree/a"));
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(bd_rm_rf("tree///", &err) == 0, "%s", err.text);
    ck_assert(!bd_exists("tree"));
    ck_assert(bd_exists("outside/kept"));
    ck_assert_int_eq(bd_rm_rf("tree", NULL), 0);
    ck_assert_int_eq(bd_rm_rf("tree/deeper/still", NULL), 0);
    unit_dir_done(bd_take(dir));
}
END_TEST

/* Deeper than PATH_MAX, and than a process has descriptors. */
START_TEST(a_tree_may_be_deeper_than_a_path_is_long)
{
    bd_auto_free char *dir = unit_dir();
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 1500; i++) {
        ck_assert_int_eq(mkdirat(fd, "level", 0755), 0);
        int next = openat(fd, "level", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(next, 0);
        close(fd);
        fd = next;
    }
    ck_assert_int_ge(openat(fd, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600), 0);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(root_needs_no_permissions)
{
    if (geteuid() != 0)
        return; /* for others a directory without permissions is an error, and right so */
    bd_auto_free char *dir = unit_dir();
    ck_assert_int_eq(chdir(dir), 0);
    ck_assert_int_eq(bd_mkdir_p("closed/closed/closed", 0000, NULL), 0);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(directories_are_opened_and_nothing_else)
{
    bd_auto_free char *path = unit_dir();
    ck_assert_int_eq(chdir(path), 0);
    ck_assert_int_eq(mkdir("d", 0755), 0);
    ck_assert_int_eq(mkdir("d/e", 0755), 0);
    ck_assert_int_eq(bd_write_file("f", "x", 1, 0600, NULL), 0);
    ck_assert_int_eq(symlink("d", "l"), 0);
    bd_auto(dir) DIR *d = NULL;
    bd_auto(dir) DIR *e = NULL;
    DIR *none = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_dir_open(AT_FDCWD, "d", &d, NULL), 0);
    ck_assert_int_eq(bd_dir_open(dirfd(d), "e", &e, NULL), 0);
    ck_assert_int_ne(fcntl(dirfd(e), F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_eq(bd_dir_open(dirfd(d), "d", &none, &err), -ENOENT);
    ck_assert_int_eq(bd_dir_open(AT_FDCWD, "f", &none, &err), -ENOTDIR);
    int rc = bd_dir_open(AT_FDCWD, "l", &none, &err);
    ck_assert(rc == -ELOOP || rc == -ENOTDIR);
    ck_assert_ptr_null(none);
    unit_dir_done(bd_take(path));
}
END_TEST

START_TEST(what_is_no_name_is_not_removed)
{
    bd_auto_free char *dir = unit_dir();
    ck_assert_int_eq(chdir(dir), 0);
    ck_assert_int_eq(mkdir("d", 0755), 0);
    static const char *const bad[] = {"", "/", "//", ".", "..", "d/.", "d/..", "d/../"};
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++)
        ck_assert_msg(bd_rm_rf(bad[i], NULL) == BD_EINVALID, "'%s'", bad[i]);
    ck_assert(bd_exists("d"));
    unit_dir_done(bd_take(dir));
}
END_TEST

UNIT_MAIN("fs", a_file_is_replaced_whole_and_leaves_nothing_beside_it,
          a_write_that_fails_leaves_what_was, a_relative_path_is_written_where_we_are,
          reading_is_capped_and_copes_with_files_that_tell_no_size,
          directories_are_made_down_to_the_last, parts_of_a_path, existence_is_of_the_name_itself,
          free_space_is_of_the_file_system, a_tree_goes_but_not_what_its_links_point_at,
          a_tree_may_be_deeper_than_a_path_is_long, root_needs_no_permissions,
          what_is_no_name_is_not_removed, directories_are_opened_and_nothing_else)
