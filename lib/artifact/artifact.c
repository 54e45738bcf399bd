#include "lib/artifact/artifact.h"

#include "lib/artifact/private.h"
#include "lib/base/fs.h"
#include "lib/base/id.h"
#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HEX_DIGITS "0123456789abcdef"

bool artifact_is_name(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t n = strspn(name, plain);
    return n > 0 && n <= ARTIFACT_NAME_MAX && name[n] == '\0' && *name != '.' && *name != '-';
}

int artifact_file_open(int dir_fd, const char *name, int *ret_fd, struct stat *ret_st,
                       struct bd_err *err)
{
    struct stat st = {0};
    bd_auto_fd int fd = -1;
    if (artifact_is_name(name))
        fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    else
        errno = ENOENT;
    /* ELOOP: a symlink; ENXIO: a socket */
    bool none = fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO);
    if (!none && (fd < 0 || fstat(fd, &st) < 0))
        return bd_err_errno(err, errno, "open the file %s of a run", name);
    if (none || !S_ISREG(st.st_mode))
        return bd_err_set(err, BD_ENOTFOUND, "there is no plain file %.150s", name);
    *ret_fd = bd_take_fd(&fd);
    *ret_st = st;
    return 0;
}

int artifact_dir_open(const char *path, int *ret_dir_fd, struct bd_err *err)
{
    int rc = bd_mkdir_p(path, 0750, err);
    if (rc < 0)
        return rc;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open the directory of objects %s", path);
    *ret_dir_fd = fd;
    return 0;
}

int object_place(const char *digest, struct object_place *ret_place, struct bd_err *err)
{
    const char *hex = bd_starts_with(digest, DIGEST_PREFIX) ? digest + strlen(DIGEST_PREFIX) : "";
    if (strlen(hex) != HEX_CHARS || strspn(hex, HEX_DIGITS) != HEX_CHARS)
        return bd_err_set(err, BD_EINVALID, "'%.80s' is no digest", digest);
    snprintf(ret_place->dir, sizeof(ret_place->dir), "%.2s", hex);
    snprintf(ret_place->path, sizeof(ret_place->path), "%.2s/%s" OBJECT_SUFFIX, hex, hex);
    return 0;
}

int object_temp(int dir_fd, char ret_name[OBJECT_TEMP_BYTES], int *ret_fd, struct bd_err *err)
{
    char id[BD_ID_BYTES];
    bd_id_new(id);
    snprintf(ret_name, OBJECT_TEMP_BYTES, OBJECT_TEMP_PREFIX "%s", id);
    int fd = openat(dir_fd, ret_name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return bd_err_errno(err, errno, "make a file beside the objects");
    *ret_fd = fd;
    return 0;
}

/* Durable whether we made it or an earlier call that was cut off did. */
static int make_place(int dir_fd, const char *name, int *ret_fd, struct bd_err *err)
{
    if (mkdirat(dir_fd, name, 0750) < 0 && errno != EEXIST)
        return bd_err_errno(err, errno, "make the directory %s of objects", name);
    if (fsync(dir_fd) < 0)
        return bd_err_errno(err, errno, "sync the directory of objects");
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open the directory %s of objects", name);
    *ret_fd = fd;
    return 0;
}

/* The temporary file becomes the object, unless there is one: that one's size is told then. */
static int put(int dir_fd, int fd, const char *temp, struct artifact_packed *p, struct bd_err *err)
{
    struct object_place place;
    struct stat st;
    bd_auto_fd int sub_fd = -1;
    int rc = object_place(p->digest, &place, err);
    if (rc == 0)
        rc = make_place(dir_fd, place.dir, &sub_fd, err);
    if (rc < 0)
        return rc;
    bool there = fstatat(dir_fd, place.path, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !S_ISREG(st.st_mode))
        return bd_err_set(err, BD_ECORRUPT, "object %s is no file", place.path);
    if (!there && fsync(fd) < 0)
        return bd_err_errno(err, errno, "sync object %s", place.path);
    if (!there && renameat(dir_fd, temp, dir_fd, place.path) < 0)
        return bd_err_errno(err, errno, "make object %s", place.path);
    if (fsync(sub_fd) < 0)
        return bd_err_errno(err, errno, "sync the directory of object %s", place.path);
    if (there)
        p->stored_bytes = (uint64_t)st.st_size;
    return 0;
}

int artifact_pack(int dir_fd, int fd, struct bd_cancel *cancel, struct artifact_packed *ret_packed,
                  struct bd_err *err)
{
    char temp[OBJECT_TEMP_BYTES];
    bd_auto_fd int temp_fd = -1;
    struct artifact_packed packed = {0};
    int rc = object_temp(dir_fd, temp, &temp_fd, err);
    if (rc < 0)
        return rc;
    rc = object_compress(fd, temp_fd, cancel, &packed, err);
    if (rc == 0)
        rc = put(dir_fd, temp_fd, temp, &packed, err);
    unlinkat(dir_fd, temp, 0); /* not there where it became the object */
    if (rc == 0)
        *ret_packed = packed;
    return rc;
}

static int open_sized(int dir_fd, const char *digest, uint64_t min_bytes, uint64_t max_bytes,
                      int *ret_fd, struct bd_err *err)
{
    struct object_place place;
    char temp[OBJECT_TEMP_BYTES];
    bd_auto_fd int fd = -1, temp_fd = -1;
    int rc = object_place(digest, &place, err);
    if (rc < 0)
        return rc;
    fd = openat(dir_fd, place.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return bd_err_set(err, BD_ENOTFOUND, "there is no object %s", digest);
    if (fd < 0)
        return bd_err_errno(err, errno, "open object %s", digest);
    rc = object_temp(dir_fd, temp, &temp_fd, err);
    if (rc < 0)
        return rc;
    unlinkat(dir_fd, temp, 0);
    rc = object_expand(fd, temp_fd, digest, min_bytes, max_bytes, err);
    if (rc < 0) {
        bd_err_wrap(err, "object %s", digest);
        return rc;
    }
    if (lseek(temp_fd, 0, SEEK_SET) < 0)
        return bd_err_errno(err, errno, "read object %s", digest);
    *ret_fd = bd_take_fd(&temp_fd);
    return 0;
}

int artifact_open(int dir_fd, const char *digest, uint64_t bytes, int *ret_fd, struct bd_err *err)
{
    return open_sized(dir_fd, digest, bytes, bytes, ret_fd, err);
}

int artifact_open_up_to(int dir_fd, const char *digest, uint64_t max_bytes, int *ret_fd,
                        struct bd_err *err)
{
    return open_sized(dir_fd, digest, 0, max_bytes, ret_fd, err);
}

int artifact_has(int dir_fd, const char *digest, struct bd_err *err)
{
    struct object_place place;
    struct stat st;
    int rc = object_place(digest, &place, err);
    if (rc < 0)
        return rc;
    if (fstatat(dir_fd, place.path, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    return errno == ENOENT ? bd_err_set(err, BD_ENOTFOUND, "there is no object %s", digest)
                           : bd_err_errno(err, errno, "look for object %s", digest);
}

int artifact_remove(int dir_fd, const char *digest, struct bd_err *err)
{
    struct object_place place;
    int rc = object_place(digest, &place, err);
    if (rc < 0)
        return rc;
    if (unlinkat(dir_fd, place.path, 0) < 0 && errno != ENOENT)
        return bd_err_errno(err, errno, "remove object %s", digest);
    return 0;
}
