#include "lib/store/store.h"

#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "lib/store/migrate.h"
#include "lib/store/query.h"

#include <errno.h>
#include <fcntl.h>

#define BUSY_TIMEOUT_MS 5000

/* Both kinds: a damaged page is told when it is read, nothing temporary is on disk. */
/* The system caches the file anyway: a cache a connection of KiB keeps the daemon's memory flat. */
static const char common_pragmas[] = "PRAGMA foreign_keys = ON;"
                                     "PRAGMA cache_size = -256;"
                                     "PRAGMA cell_size_check = ON;"
                                     "PRAGMA temp_store = MEMORY;";
/* The log is cut back after a burst. */
static const char writer_pragmas[] = "PRAGMA synchronous = FULL;"
                                     "PRAGMA journal_size_limit = 16777216;";
static const char reader_pragmas[] = "PRAGMA query_only = ON;";

static int open_conn(const char *path, int flags, const char *pragmas, struct store_conn **ret_conn,
                     struct bd_err *err)
{
    bd_auto(store_conn) struct store_conn *c = bd_new(struct store_conn);
    c->path = bd_xstrdup(path);
    int rc = sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return query_fail(c, rc, "open", err);
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
    int r = query_exec(c, common_pragmas, err);
    if (r == 0)
        r = query_exec(c, pragmas, err);
    if (r < 0)
        return r;
    *ret_conn = bd_take(c);
    return 0;
}

/* A file system without shared memory maps answers with another mode, and no error. */
static int use_wal(struct store_conn *c, const char *path, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "PRAGMA journal_mode = WAL", err);
    if (r == 0)
        r = query_step(&q, err);
    if (r < 0)
        return r;
    bd_auto_free char *mode = query_col_text(&q, 0);
    if (!bd_str_eq(mode, "wal"))
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "database %s: its file system does not do write-ahead logs (mode '%s'); "
                          "choose a state directory on a local one",
                          path, mode ? mode : "");
    return 0;
}

/* SQLite would give the file, and those it puts beside it, the mode that the umask leaves. */
static int make_private(const char *path, struct bd_err *err)
{
    bd_auto_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    return fd < 0 ? bd_err_errno(err, errno, "open database %s", path) : 0;
}

int store_open(const char *path, struct store_conn **ret_conn, struct bd_err *err)
{
    bd_auto(store_conn) struct store_conn *c = NULL;
    int r = make_private(path, err);
    if (r == 0)
        r = open_conn(path, SQLITE_OPEN_READWRITE, writer_pragmas, &c, err);
    if (r == 0)
        r = use_wal(c, path, err);
    if (r == 0)
        r = store_migrate(c, store_migrations, store_n_migrations, err);
    if (r < 0)
        return r;
    *ret_conn = bd_take(c);
    return 0;
}

int store_open_reader(const char *path, struct store_conn **ret_conn, struct bd_err *err)
{
    bd_auto(store_conn) struct store_conn *c = NULL;
    int version = 0;
    int r = open_conn(path, SQLITE_OPEN_READONLY, reader_pragmas, &c, err);
    if (r == 0)
        r = store_version(c, &version, err);
    if (r < 0)
        return r;
    if (version != store_n_migrations)
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "database %s: its schema is version %d, not %d; start benchd, which "
                          "migrates it",
                          path, version, store_n_migrations);
    *ret_conn = bd_take(c);
    return 0;
}

void store_close(struct store_conn *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_statements; i++)
        sqlite3_finalize(c->statements[i].stmt);
    sqlite3_close(c->db);
    free(c->path);
    free(c);
}

/* A writer takes the lock at once: a batch that fails for want of it has not done half its work. */
int store_begin(struct store_conn *c, struct bd_err *err)
{
    bool reader = sqlite3_db_readonly(c->db, "main") == 1;
    int r = query_exec(c, reader ? "BEGIN" : "BEGIN IMMEDIATE", err);
    if (r == 0)
        c->in_batch = true;
    return r;
}

int store_commit(struct store_conn *c, struct bd_err *err)
{
    int r = query_exec(c, "COMMIT", err);
    if (r == 0)
        c->in_batch = false;
    return r;
}

void store_rollback(struct store_conn *c)
{
    c->in_batch = false;
    if (!sqlite3_get_autocommit(c->db))
        query_exec(c, "ROLLBACK", NULL);
}

int store_savepoint(struct store_conn *c, struct bd_err *err)
{
    return query_exec(c, "SAVEPOINT part", err);
}

int store_savepoint_keep(struct store_conn *c, struct bd_err *err)
{
    return query_exec(c, "RELEASE part", err);
}

/* Nothing is left to undo where SQLite ended the transaction. */
void store_savepoint_undo(struct store_conn *c)
{
    query_exec(c, "ROLLBACK TO part; RELEASE part", NULL);
}
