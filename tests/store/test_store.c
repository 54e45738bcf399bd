#include "lib/base/str.h"
#include "lib/store/event.h"
#include "lib/store/migrate.h"
#include "lib/store/query.h"
#include "tests/store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void append(struct store_conn *c, const char *kind)
{
    bd_auto_json json_t *data = json_object();
    int64_t seq;
    OK(store_event_append(c, 1, kind, "daemon", data, &seq, err));
}

static int64_t last(struct store_conn *c)
{
    auto_query struct query q = {0};
    OK(query_begin(&q, c, "SELECT ifnull(max(seq), 0) FROM event", err));
    ck_assert_int_eq(query_step(&q, NULL), 1);
    return query_col_i64(&q, 0);
}

START_TEST(test_open_makes_a_private_durable_database)
{
    struct db db = db_new();
    struct stat st;
    ck_assert_int_eq(stat(db.path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    append(db.conn, "x");
    bd_auto_free char *wal = bd_xasprintf("%s-wal", db.path);
    ck_assert_int_eq(stat(wal, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);

    static const struct {
        const char *sql;
        int64_t value;
    } pragmas[] = {{"PRAGMA synchronous", 2}, {"PRAGMA foreign_keys", 1}};
    for (size_t i = 0; i < BD_ARRAY_LEN(pragmas); i++) {
        auto_query struct query q = {0};
        OK(query_begin(&q, db.conn, pragmas[i].sql, err));
        ck_assert_int_eq(query_step(&q, NULL), 1);
        ck_assert_int_eq(query_col_i64(&q, 0), pragmas[i].value);
    }
    ck_assert_int_eq(db_number(&db, "PRAGMA user_version"), store_n_migrations);
    db_done(&db);
}
END_TEST

START_TEST(test_what_was_committed_is_there_when_opened_again)
{
    struct db db = db_new();
    append(db.conn, "kept");
    store_close(db.conn);
    OK(store_open(db.path, &db.conn, err));
    ck_assert_int_eq(last(db.conn), 1);
    bd_auto_free char *copy = bd_xasprintf("%s.v%d", db.path, store_n_migrations);
    ck_assert(!bd_exists(copy)); /* nothing was migrated */
    db_done(&db);
}
END_TEST

START_TEST(test_readers_see_committed_rows_only_and_write_nothing)
{
    struct db db = db_new();
    struct store_conn *reader;
    OK(store_open_reader(db.path, &reader, err));
    OK(store_begin(db.conn, err));
    append(db.conn, "x");
    ck_assert_int_eq(last(db.conn), 1);
    ck_assert_int_eq(last(reader), 0);
    OK(store_commit(db.conn, err));
    ck_assert_int_eq(last(reader), 1);

    OK(store_begin(reader, err)); /* one picture for several questions */
    ck_assert_int_eq(last(reader), 1);
    append(db.conn, "y");
    ck_assert_int_eq(last(reader), 1);
    OK(store_commit(reader, err));
    ck_assert_int_eq(last(reader), 2);

    bd_auto_json json_t *data = json_object();
    int64_t seq;
    FAILS(store_event_append(reader, 1, "x", "daemon", data, &seq, err), -EACCES, "readonly");
    store_close(reader);
    db_done(&db);
}
END_TEST

START_TEST(test_rollback_and_savepoint)
{
    struct db db = db_new();
    store_rollback(db.conn); /* none is open */
    OK(store_begin(db.conn, err));
    append(db.conn, "x");
    store_rollback(db.conn);
    ck_assert_int_eq(last(db.conn), 0);

    OK(store_begin(db.conn, err));
    OK(store_savepoint(db.conn, err));
    append(db.conn, "kept");
    OK(store_savepoint_keep(db.conn, err));
    OK(store_savepoint(db.conn, err));
    append(db.conn, "undone");
    store_savepoint_undo(db.conn);
    OK(store_commit(db.conn, err));
    ck_assert_int_eq(last(db.conn), 1);
    append(db.conn, "next");
    ck_assert_int_eq(last(db.conn), 2); /* no gap */
    db_done(&db);
}
END_TEST

START_TEST(test_second_writer_is_told_that_the_database_is_held)
{
    struct db db = db_new();
    struct store_conn *other;
    OK(store_open(db.path, &other, err));
    sqlite3_busy_timeout(other->db, 1);
    OK(store_begin(db.conn, err));
    FAILS(store_begin(other, err), BD_EUNAVAILABLE, "another program");
    store_rollback(db.conn);
    OK(store_begin(other, err));
    store_close(other);
    db_done(&db);
}
END_TEST

/* A database as version 1 left it, and programs that know more. */
static const struct store_migration grown[] = {
    {"0001-first", "CREATE TABLE thing (name TEXT) STRICT; INSERT INTO thing VALUES ('old');"},
    {"0002-size", "ALTER TABLE thing ADD COLUMN size INTEGER NOT NULL DEFAULT 7;"},
    {"0003-more", "INSERT INTO thing VALUES ('new', 8);"},
};
static const struct store_migration broken[] = {
    {"0001-first", ""},
    {"0002-broken", "ALTER TABLE thing ADD COLUMN size INTEGER; INSERT INTO nowhere VALUES (1);"},
};

static struct db db_of_version_1(void)
{
    struct db db = {.dir = unit_dir()};
    db.path = bd_xasprintf("%s/old.db", db.dir);
    db.conn = bd_new(struct store_conn);
    db.conn->path = bd_xstrdup(db.path);
    ck_assert_int_eq(sqlite3_open(db.path, &db.conn->db), SQLITE_OK);
    OK(store_migrate(db.conn, grown, 1, err));
    return db;
}

START_TEST(test_older_database_is_copied_then_migrated)
{
    struct db db = db_of_version_1();
    OK(store_migrate(db.conn, grown, 3, err));
    int version = 0;
    OK(store_version(db.conn, &version, err));
    ck_assert_int_eq(version, 3);
    ck_assert_int_eq(db_number(&db, "SELECT sum(size) FROM thing"), 15);

    struct db copy = {.path = bd_xasprintf("%s.v1", db.path)};
    ck_assert_int_eq(db_number(&copy, "PRAGMA user_version"), 1);
    ck_assert_int_eq(db_number(&copy, "SELECT count(*) FROM thing"), 1);
    ck_assert_int_eq(db_number(&copy, "SELECT count(*) FROM pragma_table_info('thing')"), 1);
    free(copy.path);
    OK(store_migrate(db.conn, grown, 3, err)); /* nothing to do */
    db_done(&db);
}
END_TEST

START_TEST(test_copy_of_an_interrupted_migration_is_replaced)
{
    struct db db = db_of_version_1();
    bd_auto_free char *part = bd_xasprintf("%s.v1.part", db.path);
    OK(bd_write_file(part, "half", 4, 0600, err));
    OK(store_migrate(db.conn, grown, 2, err));
    ck_assert(!bd_exists(part));
    db_done(&db);
}
END_TEST

START_TEST(test_failed_migration_changes_nothing)
{
    struct db db = db_of_version_1();
    FAILS(store_migrate(db.conn, broken, 2, err), BD_EINVALID, "0002-broken");
    ck_assert_int_eq(db_number(&db, "PRAGMA user_version"), 1);
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM pragma_table_info('thing')"), 1);
    OK(store_migrate(db.conn, grown, 3, err));
    db_done(&db);
}
END_TEST

START_TEST(test_newer_and_foreign_databases_are_refused)
{
    struct db db = db_new();
    struct store_conn *c = NULL;
    db_tamper(&db, "PRAGMA user_version = 999");
    FAILS(store_open(db.path, &c, err), BD_EUNSUPPORTED, "version 999");
    FAILS(store_open_reader(db.path, &c, err), BD_EUNSUPPORTED, "version 999");
    ck_assert_ptr_null(c);

    struct db foreign = {.path = bd_xasprintf("%s/foreign.db", db.dir)};
    db_tamper(&foreign, "CREATE TABLE song (title TEXT)");
    FAILS(store_open(foreign.path, &c, err), BD_EUNSUPPORTED, "not made by benchd");
    ck_assert_int_eq(db_number(&foreign, "SELECT count(*) FROM sqlite_schema"), 1);
    free(foreign.path);
    db_done(&db);
}
END_TEST

START_TEST(test_file_that_is_no_database_is_corrupt_and_left_alone)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *path = bd_xasprintf("%s/benchd.db", dir);
    bd_auto_free char *after = NULL;
    char noise[8192];
    struct store_conn *c = NULL;
    memset(noise, 'x', sizeof(noise));
    OK(bd_write_file(path, noise, sizeof(noise), 0600, err));
    FAILS(store_open(path, &c, err), BD_ECORRUPT, "move the file");
    FAILS(store_open_reader(path, &c, err), BD_ECORRUPT, "move the file");
    OK(bd_read_file(path, 1 << 20, &after, NULL, err));
    ck_assert_mem_eq(after, noise, sizeof(noise));
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(test_damaged_pages_are_corrupt)
{
    struct db db = db_new();
    for (int i = 0; i < 4000; i++) /* many beside what every database has */
        append(db.conn, "a kind of event that fills pages");
    store_close(db.conn); /* folds the log in */

    struct stat st;
    ck_assert_int_eq(stat(db.path, &st), 0);
    int fd = open(db.path, O_WRONLY | O_CLOEXEC);
    char noise[4096];
    memset(noise, 0xa5, sizeof(noise));
    for (off_t at = st.st_size / 8192 * 4096; at < st.st_size; at += 4096)
        ck_assert_int_eq(pwrite(fd, noise, sizeof(noise), at), sizeof(noise));
    close(fd);

    struct store_event *rows;
    size_t n;
    OK(store_open(db.path, &db.conn, err));
    FAILS(store_event_list(db.conn, 0, NULL, 5000, &rows, &n, err), BD_ECORRUPT, "move the file");
    db_done(&db);
}
END_TEST

/* Appends until the store says no; the number of whole batches before. */
static int64_t fill(struct store_conn *c, struct bd_err *err)
{
    bd_auto_free char *filler = bd_xcalloc(1, 4096);
    memset(filler, 'x', 4095);
    bd_auto_json json_t *data = json_pack("{s:s}", "filler", filler);
    for (int64_t batches = 0;; batches++) {
        int r = store_begin(c, err);
        for (int i = 0; r == 0 && i < 10; i++) {
            int64_t seq;
            r = store_event_append(c, 1, "fill", "daemon", data, &seq, err);
        }
        if (r == 0)
            r = store_commit(c, err);
        if (r < 0) {
            store_rollback(c);
            return batches;
        }
        ck_assert_int_lt(batches, 10000);
    }
}

START_TEST(test_full_database_keeps_whole_batches_and_goes_on_when_there_is_room)
{
    struct db db = db_new();
    struct bd_err full = BD_ERR_INIT;
    OK(query_exec(db.conn, "PRAGMA max_page_count = 200", err));
    int64_t batches = fill(db.conn, &full);
    ck_assert_int_eq(full.code, -ENOSPC);
    ck_assert_ptr_nonnull(strstr(full.text, "free space"));
    ck_assert_int_gt(batches, 0);
    ck_assert_int_eq(last(db.conn), batches * 10);
    OK(query_exec(db.conn, "PRAGMA max_page_count = 100000", err));
    append(db.conn, "x");
    ck_assert_int_eq(last(db.conn), batches * 10 + 1);
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM pragma_integrity_check WHERE "
                                    "integrity_check <> 'ok'"),
                     0);
    db_done(&db);
}
END_TEST

START_TEST(test_full_disk_keeps_whole_batches_and_goes_on_when_there_is_room)
{
    bd_auto_free char *dir = unit_dir();
    /* In a mount namespace of this process's own: nothing stays mounted if the test fails. */
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", dir, "tmpfs", 0, "size=1m") != 0) {
        fprintf(stderr, "skipped: full disk needs root, to mount a small tmpfs\n");
        unit_dir_done(bd_take(dir));
        return;
    }
    struct bd_err full = BD_ERR_INIT;
    struct db db = {.path = bd_xasprintf("%s/benchd.db", dir)};
    OK(store_open(db.path, &db.conn, err));
    int64_t batches = fill(db.conn, &full);
    ck_assert_msg(full.code == -ENOSPC, "%s", full.text);
    ck_assert_int_gt(batches, 0);
    ck_assert_int_eq(last(db.conn), batches * 10);

    ck_assert_int_eq(mount("tmpfs", dir, "tmpfs", MS_REMOUNT, "size=8m"), 0);
    append(db.conn, "x");
    store_close(db.conn);
    OK(store_open(db.path, &db.conn, err));
    ck_assert_int_eq(last(db.conn), batches * 10 + 1);
    store_close(db.conn);
    free(db.path);
    ck_assert_int_eq(umount(dir), 0);
    unit_dir_done(bd_take(dir));
}
END_TEST

/* A failure that ends the transaction must not let the rest of the batch through one by one. */
START_TEST(test_batch_whose_transaction_was_ended_takes_nothing_more)
{
    struct db db = db_new();
    bd_auto_json json_t *data = json_object();
    int64_t seq;
    OK(store_begin(db.conn, err));
    append(db.conn, "x");
    ck_assert_int_eq(sqlite3_exec(db.conn->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    FAILS(store_event_append(db.conn, 1, "y", "daemon", data, &seq, err), -EIO, "earlier failure");
    FAILS(store_commit(db.conn, err), -EIO, "earlier failure");
    store_rollback(db.conn);
    ck_assert_int_eq(last(db.conn), 0);
    append(db.conn, "z");
    db_done(&db);
}
END_TEST

UNIT_MAIN("store", test_open_makes_a_private_durable_database,
          test_what_was_committed_is_there_when_opened_again,
          test_readers_see_committed_rows_only_and_write_nothing, test_rollback_and_savepoint,
          test_second_writer_is_told_that_the_database_is_held,
          test_older_database_is_copied_then_migrated,
          test_copy_of_an_interrupted_migration_is_replaced, test_failed_migration_changes_nothing,
          test_newer_and_foreign_databases_are_refused,
          test_file_that_is_no_database_is_corrupt_and_left_alone, test_damaged_pages_are_corrupt,
          test_full_database_keeps_whole_batches_and_goes_on_when_there_is_room,
          test_full_disk_keeps_whole_batches_and_goes_on_when_there_is_room,
          test_batch_whose_transaction_was_ended_takes_nothing_more)
