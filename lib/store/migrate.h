/*
 * Migrations: the numbered files of migrations/, embedded; the database's user_version is the
 * number of the newest one that it has. For the files of this folder and their tests. Threads: as
 * the connection.
 */
#pragma once

#include "lib/store/store.h"

struct store_migration {
    const char *name; /* "0001-initial" */
    const char *sql;
};
extern const struct store_migration store_migrations[];
extern const int store_n_migrations;

/*
 * Applies those of `list` that the database does not have, in one transaction each. Before the
 * first of them a database that has any is copied to "<path>.v<version>". BD_EUNSUPPORTED for a
 * database that is newer than the list or another program's. On failure it is as the last whole
 * migration left it.
 */
int store_migrate(struct store_conn *c, const struct store_migration *list, int n,
                  struct bd_err *err);
/* The number of the newest migration that the database has. */
int store_version(struct store_conn *c, int *ret_version, struct bd_err *err);
