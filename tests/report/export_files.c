/* Writes the campaign of the tests in every format into the directory EXPORT_DIR, for readers that
 * are not ours (export_files_test.py). */
#include "lib/report/export.h"
#include "tests/report/exported.h"
#include "tests/store/db.h"

#include <fcntl.h>

static int put(void *arg, const char *bytes, size_t n)
{
    return bd_write_all(*(int *)arg, bytes, n);
}

static void write_all(struct store_conn *conn, const struct export_format *formats, const char *id,
                      const char *what)
{
    for (const struct export_format *f = formats; f->name; f++) {
        bd_auto_free char *path = bd_xasprintf("%s/%s.%s", getenv("EXPORT_DIR"), what, f->name);
        bd_auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        const struct export_sink sink = {put, &fd};
        ck_assert_int_ge(fd, 0);
        OK(export_write(f, conn, id, &sink, err));
    }
}

START_TEST(test_every_format_is_written)
{
    struct db db = db_new();
    exported_insert(db.conn);
    write_all(db.conn, export_of_campaign, EXPORTED_CAMPAIGN, "campaign");
    write_all(db.conn, export_of_run, EXPORTED_JOBS, "run");
    db_done(&db);
}
END_TEST

UNIT_MAIN("export-files", test_every_format_is_written)
