#include "lib/image/work.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Programs of a job without a cgroup may still be dying when their job has ended. */
#define REMOVE_ATTEMPTS 20
#define REMOVE_EVERY_NS (100 * BD_NS_PER_MS)

#define DIGEST_PREFIX "sha256:"

/* ------------------------------------------------------------------------------------- paths */

char *image_dir(const char *images_dir, const char *digest)
{
    const char *hex =
        bd_starts_with(digest, DIGEST_PREFIX) ? digest + strlen(DIGEST_PREFIX) : digest;
    return bd_xasprintf("%s/%s", images_dir, hex);
}

char *image_rootfs(const char *images_dir, const char *digest)
{
    bd_auto_free char *dir = image_dir(images_dir, digest);
    return bd_xasprintf("%s/rootfs", dir);
}

/* ------------------------------------------------------------------------------------- space */

static double gib(uint64_t bytes)
{
    return (double)bytes / (double)(UINT64_C(1) << 30);
}

int work_check_space(const char *images_dir, uint64_t needs_bytes, struct bd_err *err)
{
    uint64_t has;
    int rc = bd_free_bytes(images_dir, &has, err);
    if (rc < 0 || has >= needs_bytes)
        return rc;
    return bd_err_set(err, BD_ENOCAPACITY,
                      "needs about %.1f GiB below %s, has %.1f GiB: make room or set image_dir",
                      gib(needs_bytes), images_dir, gib(has));
}

/* -------------------------------------------------------------------------------------- work */

static int remove_tree(const char *path, struct bd_err *err)
{
    int rc = bd_rm_rf(path, err);
    for (int i = 0; i < REMOVE_ATTEMPTS && (rc == -ENOTEMPTY || rc == BD_ECONFLICT); i++) {
        bd_sleep_ns(REMOVE_EVERY_NS);
        bd_err_clear(err);
        rc = bd_rm_rf(path, err);
    }
    return rc;
}

int image_clean_work(const char *images_dir, const char *id, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/work%s%s", images_dir, id ? "/" : "", id ? id : "");
    return remove_tree(path, err);
}

char *work_tmp(const struct image_job *job)
{
    return bd_xasprintf("%s/work/%s/tmp", job->images_dir, job->id);
}

int work_open(struct work *w, const struct image_job *job, struct bd_err *err)
{
    bd_auto_free char *tmp = work_tmp(job);
    struct work made = {.dir = bd_xasprintf("%s/work/%s", job->images_dir, job->id)};
    made.rootfs = bd_xasprintf("%s/rootfs", made.dir);
    int rc = image_clean_work(job->images_dir, job->id, err);
    if (rc >= 0)
        rc = bd_mkdir_p(made.rootfs, 0755, err);
    /* Its mode is part of the image, this process's umask is not. */
    if (rc >= 0 && chmod(made.rootfs, 0755) < 0)
        rc = bd_err_errno(err, errno, "set mode of %s", made.rootfs);
    if (rc >= 0)
        rc = bd_mkdir_p(tmp, 0755, err);
    if (rc < 0) {
        work_close(&made);
        return rc;
    }
    *w = made;
    return 0;
}

void work_close(struct work *w)
{
    struct bd_err err = BD_ERR_INIT;
    if (w->dir && remove_tree(w->dir, &err) < 0)
        bd_log(BD_LOG_WARN, "the work of an image job could not be removed", "error", err.text,
               NULL);
    free(w->dir);
    free(w->rootfs);
    *w = (struct work){0};
}

/* ------------------------------------------------------------------------------------ commit */

static int sync_all(const char *dir, struct bd_err *err)
{
    bd_auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) < 0)
        return bd_err_errno(err, errno, "write %s to disk", dir);
    return 0;
}

static int sync_names(const char *dir, struct bd_err *err)
{
    bd_auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return bd_err_errno(err, errno, "write %s to disk", dir);
    return 0;
}

static int keep_earlier(const struct image_job *job, struct image_result *result,
                        struct bd_err *err)
{
    json_t *manifest = NULL;
    int rc = image_manifest(job->images_dir, result->digest, &manifest, err);
    if (rc < 0)
        return rc;
    json_decref(result->manifest);
    result->manifest = manifest;
    return 0;
}

int work_commit(struct work *w, const struct image_job *job, struct image_result *result,
                struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/manifest.json", w->dir);
    bd_auto_free char *text = json_dumps(result->manifest, JSON_INDENT(1));
    bd_auto_free char *final = image_dir(job->images_dir, result->digest);
    bd_auto_free char *tmp = work_tmp(job);
    int rc = remove_tree(tmp, err);
    if (rc >= 0)
        rc = bd_write_file(path, text, strlen(text), 0644, err);
    if (rc >= 0)
        rc = sync_all(w->dir, err);
    if (rc >= 0)
        rc = bd_cancel_check(job->cancel, err);
    if (rc < 0)
        return rc;
    if (rename(w->dir, final) == 0)
        return sync_names(job->images_dir, err);
    if (errno == ENOTEMPTY || errno == EEXIST)
        return keep_earlier(job, result, err);
    return bd_err_errno(err, errno, "rename %s to %s", w->dir, final);
}

int image_remove(const char *images_dir, const char *digest, struct bd_err *err)
{
    bd_auto_free char *dir = image_dir(images_dir, digest);
    bd_auto_free char *work = bd_xasprintf("%s/work", images_dir);
    bd_auto_free char *aside = bd_xasprintf("%s/removed-%s", work, bd_path_name(dir));
    int rc = bd_mkdir_p(work, 0755, err);
    if (rc < 0)
        return rc;
    /* Aside first: no crash leaves half an image. What one left there is in the way. */
    rc = remove_tree(aside, err);
    if (rc < 0)
        return rc;
    if (rename(dir, aside) < 0 && errno != ENOENT)
        return bd_err_errno(err, errno, "remove image %s", dir);
    return remove_tree(aside, err);
}
