#include "lib/store/migrate.h"

#include "lib/base/log.h"
#include "lib/store/query.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define APPLICATION_ID 0x62644442 /* "bdDB": tells our files from other programs' */

static int ask_number(struct store_conn *c, const char *sql, int64_t *ret_value, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, sql, err);
    if (r == 0)
        r = query_step(&q, err);
    if (r < 0)
        return r;
    *ret_value = query_col_i64(&q, 0);
    return 0;
}

int store_version(struct store_conn *c, int *ret_version, struct bd_err *err)
{
    int64_t version;
    int r = ask_number(c, "PRAGMA user_version", &version, err);
    if (r == 0)
        *ret_version = (int)version;
    return r;
}

static int check_ours(struct store_conn *c, struct bd_err *err)
{
    int64_t application, tables;
    int r = ask_number(c, "PRAGMA application_id", &application, err);
    if (r == 0)
        r = ask_number(c, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (r < 0)
        return r;
    if (application != APPLICATION_ID && (application != 0 || tables != 0))
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "database %s: not made by benchd; choose another state directory",
                          c->path);
    return 0;
}

static int sync_path(const char *path, int flags, struct bd_err *err)
{
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0 || fsync(fd) != 0)
        return bd_err_errno(err, errno, "sync %s", path);
    return 0;
}

/* The copy is under its final name only when it is whole and on the disk. */
static int keep_copy(struct store_conn *c, int version, struct bd_err *err)
{
    bd_auto_free char *final = bd_xasprintf("%s.v%d", c->path, version);
    bd_auto_free char *part = bd_xasprintf("%s.part", final);
    bd_auto_free char *dir = bd_xstrdup(c->path);
    char *slash = strrchr(dir, '/');
    if (slash)
        slash[slash == dir] = '\0';

    if (unlink(part) != 0 && errno != ENOENT)
        return bd_err_errno(err, errno, "remove %s", part);
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", part);
    if (!sql)
        abort();
    int r = query_exec(c, sql, err);
    sqlite3_free(sql);
    if (r == 0)
        r = sync_path(part, 0, err);
    if (r == 0 && rename(part, final) != 0)
        r = bd_err_errno(err, errno, "rename %s to %s", part, final);
    if (r == 0)
        r = sync_path(slash ? dir : ".", O_DIRECTORY, err);
    if (r < 0) {
        unlink(part);
        bd_err_wrap(err, "keep a copy before migrating");
        return r;
    }
    bd_log(BD_LOG_INFO, "database copied before migration", "copy", final, NULL);
    return 0;
}

static int apply(struct store_conn *c, const struct store_migration *m, int number,
                 struct bd_err *err)
{
    char mark[96];
    snprintf(mark, sizeof(mark), "PRAGMA user_version = %d; PRAGMA application_id = %d", number,
             APPLICATION_ID);
    int r = store_begin(c, err);
    if (r == 0)
        r = query_exec(c, m->sql, err);
    if (r == 0)
        r = query_exec(c, mark, err);
    if (r == 0)
        r = store_commit(c, err);
    if (r < 0) {
        store_rollback(c);
        bd_err_wrap(err, "migration %s", m->name);
    }
    return r;
}

int store_migrate(struct store_conn *c, const struct store_migration *list, int n,
                  struct bd_err *err)
{
    int version = 0;
    int r = check_ours(c, err);
    if (r == 0)
        r = store_version(c, &version, err);
    if (r < 0)
        return r;
    if (version > n)
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "database %s: its schema is version %d and this benchd knows up to %d; "
                          "install the newer benchd again, or put back the copy %s.v%d",
                          c->path, version, n, c->path, n);
    if (version > 0 && version < n)
        r = keep_copy(c, version, err);
    for (int i = version; r == 0 && i < n; i++)
        r = apply(c, &list[i], i + 1, err);
    return r;
}
