/* Files of a run's directory, read a piece at a time. */
#include "lib/base/str.h"
#include "lib/workload/rundir.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* What came so far: all of it is to be there, in pieces that end with a line. */
struct got {
    struct bd_str text;
    size_t calls, most;
    size_t fail_at; /* this call, from 1 */
};

static int take(const char *text, size_t bytes, void *arg, struct bd_err *err)
{
    struct got *got = arg;
    ck_assert_uint_gt(bytes, 0);
    if (got->calls) /* the one before was not the last */
        ck_assert_int_eq(got->text.data[got->text.len - 1], '\n');
    bd_str_addn(&got->text, text, bytes);
    got->most = bytes > got->most ? bytes : got->most;
    return ++got->calls == got->fail_at ? bd_err_set(err, BD_ECORRUPT, "no") : 0;
}

/* Lines of many lengths, and no end of the last one. */
static void fill(struct bd_str *text, size_t bytes)
{
    for (size_t i = 0; text->len < bytes; i++)
        bd_str_addf(text, "%0*zu\n", (int)(i * 7919 % 1000) + 1, i);
    text->len = bytes;
    text->data[bytes - 1] = 'x';
    text->data[bytes] = '\0';
}

START_TEST(lines_come_whole_and_all_of_them)
{
    static const size_t sizes[] = {1, 100, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5000000};
    char *path = unit_dir();
    bd_auto_fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < BD_ARRAY_LEN(sizes); i++) {
        struct got got = {0};
        bd_auto_str struct bd_str text = {0};
        fill(&text, sizes[i]);
        ck_assert_int_eq(rundir_write(dir, "f", text.data, text.len, NULL), 0);
        ck_assert_int_eq(rundir_read_lines(dir, "f", sizes[i], take, &got, NULL), 0);
        ck_assert_uint_eq(got.text.len, text.len);
        ck_assert_int_eq(memcmp(got.text.data, text.data, text.len), 0);
        ck_assert_uint_lt(got.most, 2 << 20);
        bd_str_done(&got.text);
        ck_assert_int_eq(rundir_read_lines(dir, "f", sizes[i] - 1, take, &got, NULL), BD_ECORRUPT);
        ck_assert_uint_eq(got.text.len, 0);
    }
    unit_dir_done(path);
}
END_TEST

START_TEST(nothing_has_no_lines)
{
    struct got got = {0};
    char *path = unit_dir();
    bd_auto_fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(rundir_write(dir, "f", "", 0, NULL), 0);
    ck_assert_int_eq(rundir_read_lines(dir, "f", 9, take, &got, NULL), 0);
    ck_assert_int_eq(rundir_read_lines(dir, "g", 9, take, &got, NULL), -ENOENT);
    ck_assert_uint_eq(got.calls, 0);
    unit_dir_done(path);
}
END_TEST

START_TEST(the_first_failure_ends_it)
{
    struct got got = {.fail_at = 2};
    struct bd_err err = BD_ERR_INIT;
    char *path = unit_dir();
    bd_auto_fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bd_auto_str struct bd_str text = {0};
    fill(&text, 5000000);
    ck_assert_int_eq(rundir_write(dir, "f", text.data, text.len, NULL), 0);
    ck_assert_int_eq(rundir_read_lines(dir, "f", text.len, take, &got, &err), BD_ECORRUPT);
    ck_assert_str_eq(err.text, "no");
    ck_assert_uint_eq(got.calls, 2);
    bd_str_done(&got.text);
    unit_dir_done(path);
}
END_TEST

UNIT_MAIN("workload/rundir", lines_come_whole_and_all_of_them, nothing_has_no_lines,
          the_first_failure_ends_it)
