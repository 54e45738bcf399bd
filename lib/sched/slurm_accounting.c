/*
 * Accounting by slurmdbd: the daemon, and a MariaDB of its own, both in the controller's node,
 * where what they use counts as the node's. The database belongs to Slurm's user and serves nobody
 * else: no network, no passwords, who asks is known by the socket. It is made when the node boots;
 * what an image may have of its own below /var/lib/mysql is left alone.
 */
#include "lib/base/str.h"
#include "lib/sched/slurm.h"

#include <string.h>

#define SLURMDBD_CONF  "/etc/slurm/slurmdbd.conf"
#define MARIADB_CONF   "/etc/slurm/mariadb.cnf"
#define MARIADB_UNIT   "/etc/systemd/system/mariadb.service"
#define STATE_DIR_NAME "slurm-accounting"
#define STATE_DIR      "/var/lib/" STATE_DIR_NAME
#define DATA_DIR       STATE_DIR "/data"
#define DATA_MADE      STATE_DIR "/made" /* there once the database is whole */

/* Small: nodes have little memory, and the database of a run has some thousand rows. What a commit
 * costs is left as MariaDB has it, since it is a part of what accounting costs. */
static const char mariadb_conf[] = "[mysqld]\n"
                                   "datadir=" DATA_DIR "\n"
                                   "socket=/run/mysqld/mysqld.sock\n"
                                   "skip-networking\n"
                                   "performance_schema=OFF\n"
                                   "max_connections=20\n"
                                   "key_buffer_size=1M\n"
                                   "aria_pagecache_buffer_size=8M\n"
                                   "innodb_buffer_pool_size=32M\n"
                                   "innodb_log_file_size=8M\n"
                                   "innodb_temp_data_file_path=ibtmp1:2M:autoextend\n"
                                   "innodb_autoextend_increment=1\n"
                                   /* What slurmdbd asks for. */
                                   "innodb_lock_wait_timeout=900\n";

static const char mariadb_unit[] =
    "[Unit]\n"
    "Description=The database of slurmdbd\n"
    "Before=slurmdbd.service\n"
    "[Service]\n"
    "Type=notify\n"
    "User=slurm\n"
    "SyslogIdentifier=mariadbd\n"
    "StateDirectory=" STATE_DIR_NAME "\n"
    "StateDirectoryMode=0700\n"
    "RuntimeDirectory=mysqld\n"
    "ExecStartPre=/bin/sh -c 'test -e " DATA_MADE " || { rm -rf " DATA_DIR
    " && mariadb-install-db --defaults-file=" MARIADB_CONF
    " --auth-root-authentication-method=socket --auth-root-socket-user=slurm --skip-test-db"
    " >/dev/null && touch " DATA_MADE "; }'\n"
    "ExecStart=/usr/sbin/mariadbd --defaults-file=" MARIADB_CONF "\n"
    "Restart=on-failure\n"
    "RestartSec=200ms\n";

static char *slurmdbd_conf(const struct cluster_plan *plan, const struct slurm_image *image)
{
    return bd_xasprintf("AuthType=auth/munge\n"
                        "SlurmUser=slurm\n"
                        "DbdHost=%s\n"
                        "DbdPort=%d\n"
                        "StorageType=accounting_storage/mysql\n"
                        "StorageHost=localhost\n"
                        "StorageUser=slurm\n"
                        "StorageLoc=slurm_acct_db\n"
                        "LogFile=" SLURMDBD_LOG "\n"
                        "PidFile=/run/%s\n",
                        plan->nodes[0].name, SLURMDBD_PORT,
                        slurm_has_run_dirs(image) ? "slurmdbd/slurmdbd.pid" : "slurmdbd.pid");
}

void slurm_accounting_files(const struct cluster_plan *plan, const struct slurm_image *image,
                            struct node_files *files)
{
    bd_auto_free char *conf = slurmdbd_conf(plan, image);
    /* slurmdbd takes none that others may read. */
    node_files_add(files, SLURMDBD_CONF, 0600, image->slurm_uid, image->slurm_gid, conf,
                   strlen(conf));
    node_files_addf(files, MARIADB_CONF, 0644, "%s", mariadb_conf);
    node_files_addf(files, MARIADB_UNIT, 0644, "%s", mariadb_unit);
    node_files_link(files, "/etc/systemd/system/multi-user.target.wants/mariadb.service",
                    MARIADB_UNIT);
    slurm_enable_unit(files, "slurmdbd");
    slurm_tune_unit(files, "slurmdbd", NULL, 0);
}
