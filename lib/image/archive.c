/*
 * An image as one file: a tar compressed by zstd, written and read by those programs. It may come
 * from anywhere: what it is to hold is checked first, from a listing; what it did hold is checked
 * after, by the digest. In between tar itself keeps links from leading it out of its directory.
 */
#include "lib/image/image.h"

#include "lib/base/fs.h"
#include "lib/image/job.h"
#include "lib/image/manifest.h"
#include "lib/image/members.h"
#include "lib/image/tar.h"
#include "lib/image/work.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* What the file system takes for an entry beside its content. */
#define ENTRY_BYTES UINT64_C(4096)

/* What the digest covers has to go in and come out. Colons in file names are no hosts. */
#define TAR_COMMON                                                                                 \
    "--force-local", "--numeric-owner", "--acls", "--xattrs", "--xattrs-include=user.*",           \
        "--xattrs-include=security.capability"

#define ADVICE_DAMAGED "it is cut off or damaged: export or copy it again"

/* -------------------------------------------------------------------------------------- export */

int image_export(const struct image_job *job, const char *digest, const char *path,
                 struct bd_err *err)
{
    bd_auto_free char *dir = image_dir(job->images_dir, digest);
    bd_auto_json json_t *manifest = NULL;
    int rc = image_manifest(job->images_dir, digest, &manifest, err);
    if (rc < 0)
        return rc;
    const char *const argv[] = {
        "tar",
        "--create",
        "--file",
        path,
        "--use-compress-program=zstd -T0",
        "--directory",
        dir,
        "--format=posix",
        "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
        "--sort=name",
        TAR_COMMON,
        MEMBERS_MANIFEST,
        MEMBERS_ROOT,
        NULL};
    image_job_tell(job, "packing %s", bd_json_str(manifest, "name", digest));
    rc = image_tar_run(job, argv, NULL, NULL, err);
    if (rc < 0) {
        unlink(path);
        bd_err_wrap(err, "export %s", digest);
    }
    return rc;
}

/* -------------------------------------------------------------------------------------- import */

static int check_magic(const char *path, struct bd_err *err)
{
    static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
    uint8_t begin[sizeof(zstd)] = {0};
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, begin, sizeof(begin)) < 0)
        return bd_err_errno(err, errno, "read it");
    if (memcmp(begin, zstd, sizeof(zstd)) != 0)
        return bd_err_set(err, BD_EINVALID,
                          "it is no image: no zstd data; images are files that export writes");
    return 0;
}

static int read_manifest(const struct image_job *job, const char *path, json_t **ret_manifest,
                         struct bd_err *err)
{
    const char *const argv[] = {"tar",
                                "--extract",
                                "--file",
                                path,
                                "--zstd",
                                "--force-local",
                                "--occurrence",
                                "--to-stdout",
                                "--absolute-names",
                                "--no-wildcards",
                                MEMBERS_MANIFEST,
                                NULL};
    bd_auto_proc_result struct bd_proc_result ret = {0};
    int rc = image_job_run(job, &(struct bd_proc){.argv = argv}, &ret, err);
    if (rc < 0)
        return rc;
    if (ret.exit_code != 0 && ret.out.len == 0)
        return bd_err_set(err, BD_EINVALID,
                          "it is no image, for there is no " MEMBERS_MANIFEST
                          " in it, or " ADVICE_DAMAGED);
    return manifest_parse(bd_str_text(&ret.out), ret.out.len, ret_manifest, err);
}

static int on_member(const char *line, void *arg, struct bd_err *err)
{
    return members_add(arg, line, err);
}

static int check_members(const struct image_job *job, const char *path, const json_t *manifest,
                         struct bd_err *err)
{
    const char *const argv[] = {"tar",      "--list", "--verbose",        "--file",
                                path,       "--zstd", "--absolute-names", "--quoting-style=escape",
                                TAR_COMMON, NULL};
    struct members members = {
        .size_bytes_max = (uint64_t)bd_json_int(manifest, "sizeBytes", 0),
        .entries_max = (uint64_t)bd_json_int(manifest, "entries", 0),
    };
    int rc = image_tar_run(job, argv, on_member, &members, err);
    if (rc == BD_ECHILD)
        return bd_err_set(err, BD_EINVALID, ADVICE_DAMAGED);
    return rc;
}

static int unpack(const struct image_job *job, const struct work *work, const char *path,
                  struct bd_err *err)
{
    const char *const argv[] = {"tar",      "--extract",    "--file",
                                path,       "--zstd",       "--directory",
                                work->dir,  "--same-owner", "--same-permissions",
                                TAR_COMMON, MEMBERS_ROOT,   NULL};
    int rc = image_tar_run(job, argv, NULL, NULL, err);
    if (rc < 0)
        bd_err_wrap(err, "unpack it");
    return rc;
}

static int check_digest(const struct image_job *job, const struct work *work,
                        struct image_result *result, struct bd_err *err)
{
    const char *expected = bd_json_str(result->manifest, "digest", "");
    int rc = image_digest_tree(work->rootfs, result->digest, &result->size_bytes, &result->entries,
                               job->cancel, err);
    if (rc < 0)
        return rc;
    if (!bd_str_eq(result->digest, expected))
        return bd_err_set(err, BD_ECORRUPT,
                          "its manifest says %s, but what is in it has %s: it was changed since it "
                          "was exported",
                          expected, result->digest);
    return 0;
}

static uint64_t needs_bytes(const json_t *manifest)
{
    uint64_t size = (uint64_t)bd_json_int(manifest, "sizeBytes", 0);
    uint64_t entries = (uint64_t)bd_json_int(manifest, "entries", 0);
    if (entries > UINT64_MAX / 2 / ENTRY_BYTES || size > UINT64_MAX / 2)
        return UINT64_MAX;
    return size + entries * ENTRY_BYTES;
}

static int import_in(struct work *work, const struct image_job *job, const char *path,
                     struct image_result *result, struct bd_err *err)
{
    int rc = check_members(job, path, result->manifest, err);
    if (rc < 0)
        return rc;
    image_job_tell(job, "unpacking %s", bd_json_str(result->manifest, "name", ""));
    rc = unpack(job, work, path, err);
    if (rc < 0)
        return rc;
    image_job_tell(job, "reading all of it for its digest");
    rc = check_digest(job, work, result, err);
    return rc < 0 ? rc : work_commit(work, job, result, err);
}

int image_import(const struct image_job *job, const char *path, struct image_result *ret_result,
                 struct bd_err *err)
{
    auto_work struct work work = {0};
    struct image_result result = {0};
    int rc = bd_mkdir_p(job->images_dir, 0755, err);
    if (rc >= 0)
        rc = check_magic(path, err);
    if (rc >= 0)
        rc = read_manifest(job, path, &result.manifest, err);
    if (rc >= 0)
        rc = work_check_space(job->images_dir, needs_bytes(result.manifest), err);
    if (rc >= 0)
        rc = work_open(&work, job, err);
    if (rc >= 0)
        rc = import_in(&work, job, path, &result, err);
    if (rc < 0) {
        bd_err_wrap(err, "import %s", bd_json_str(result.manifest, "name", "the file"));
        image_result_done(&result);
        return rc;
    }
    *ret_result = result;
    return 0;
}
