#include "lib/base/str.h"
#include "lib/channel/passwd.h"
#include "lib/sched/slurm.h"
#include "lib/virt/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>

static const char *const needed_files[] = {
    "usr/sbin/slurmctld",
    "usr/sbin/slurmd",
    "usr/sbin/munged",
    "usr/bin/sinfo",
    "usr/lib/systemd/system/slurmctld.service",
    "usr/lib/systemd/system/slurmd.service",
    "usr/lib/systemd/system/munge.service",
    "etc/passwd",
};

/* And for accounting; MariaDB's unit and data are made by each cluster. */
static const char *const accounting_files[] = {
    "usr/sbin/slurmdbd",         "usr/lib/systemd/system/slurmdbd.service",
    "usr/sbin/mariadbd",         "usr/bin/mariadb-install-db",
    "usr/bin/my_print_defaults", /* which the one before asks */
};

static bool has_file(int root, const char *path)
{
    bd_auto_fd int fd = inroot_open(root, path, O_PATH, 0);
    return fd >= 0;
}

/* "22.05.8-4+deb12u3", perhaps with an epoch before it: 2205; 0 where it is none of Slurm's. */
static int release_of(const char *version)
{
    static const char digits[] = "0123456789";
    const char *epoch = strchr(version, ':');
    const char *s = epoch ? epoch + 1 : version;
    if (strspn(s, digits) != 2 || s[2] != '.' || strspn(s + 3, digits) != 2)
        return 0;
    return (s[0] - '0') * 1000 + (s[1] - '0') * 100 + (s[3] - '0') * 10 + (s[4] - '0');
}

static bool is_slurm(const char *package)
{
    static const char *const names[] = {"slurmctld", "slurm-wlm", "slurm"};
    for (size_t i = 0; i < BD_ARRAY_LEN(names); i++)
        if (bd_str_eq(package, names[i]))
            return true;
    return false;
}

static int read_release(const json_t *manifest, int *ret_release, struct bd_err *err)
{
    json_t *package;
    size_t i;
    json_array_foreach (json_object_get(manifest, "packages"), i, package) {
        const char *version = bd_json_str(package, "version", "");
        if (!is_slurm(bd_json_str(package, "name", "")))
            continue;
        int release = release_of(version);
        if (release < SLURM_OLDEST)
            return bd_err_set(err, BD_EUNSUPPORTED,
                              "the image has Slurm '%s'; 22.05 is the oldest that benchd can run",
                              version);
        *ret_release = release;
        return 0;
    }
    return bd_err_set(err, BD_EUNSUPPORTED,
                      "the image's manifest has no package slurmctld; take an image with Slurm");
}

static int read_ids(int root, const char *name, uid_t *ret_uid, gid_t *ret_gid, struct bd_err *err)
{
    struct passwd_user user;
    int r = passwd_lookup(root, name, &user, err);
    if (r == BD_ENOTFOUND)
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "the image has no user %s; take an image with Slurm and munge", name);
    if (r < 0)
        return r;
    *ret_uid = user.uid;
    *ret_gid = user.gid;
    return 0;
}

static int check_files(int root, struct bd_err *err)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(needed_files); i++)
        if (!has_file(root, needed_files[i]))
            return bd_err_set(err, BD_EUNSUPPORTED,
                              "the image has no /%s; take an image with Slurm, munge and systemd",
                              needed_files[i]);
    return 0;
}

static int check_accounting(int root, struct bd_err *err)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(accounting_files); i++)
        if (!has_file(root, accounting_files[i]))
            return bd_err_set(err, BD_EUNSUPPORTED,
                              "scheduler.accounting is slurmdbd, and the image has no /%s: take an "
                              "image with slurmdbd and MariaDB (build the recipe "
                              "debian-bookworm-accounting), or do without accounting",
                              accounting_files[i]);
    return 0;
}

static bool has_mpi(const char *rootfs, const char *plugin)
{
    glob_t found;
    bd_auto_free char *pattern = bd_xasprintf("%s/usr/lib/*/slurm*/mpi_%s.so", rootfs, plugin);
    bool has = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;
    globfree(&found);
    return has;
}

int slurm_image_read(const struct sched_image *image, bool accounting,
                     struct slurm_image *ret_image, struct bd_err *err)
{
    struct slurm_image read = {0};
    bd_auto_fd int root = open(image->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return bd_err_errno(err, errno, "open the image's root %s", image->rootfs);
    int r = read_release(image->manifest, &read.release, err);
    if (r == 0)
        r = check_files(root, err);
    if (r == 0)
        r = read_ids(root, "munge", &read.munge_uid, &read.munge_gid, err);
    if (r == 0 && accounting)
        r = check_accounting(root, err);
    if (r == 0 && accounting)
        r = read_ids(root, "slurm", &read.slurm_uid, &read.slurm_gid, err);
    if (r < 0)
        return r;
    read.pmix = has_mpi(image->rootfs, "pmix");
    read.pmi2 = has_mpi(image->rootfs, "pmi2");
    *ret_image = read;
    return 0;
}
