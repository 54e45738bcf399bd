#include "lib/image/tree.h"

#include "lib/base/digest.h"
#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "lib/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* Each level keeps a descriptor open. */
#define DEPTH_MAX 256

#define CHUNK_BYTES ((size_t)1 << 18)
#define XATTR_BYTES ((size_t)1 << 16) /* the most that Linux keeps of names, and of one value */

/* ------------------------------------------------------------------------------------ the walk */

struct walk {
    const char *root;
    dev_t dev;
    struct bd_str path;
    struct bd_cancel *cancel;
    tree_fn fn;
    void *arg;
};

static int list_names(int fd, struct bd_strv *names)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    bd_auto(dir) DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        int saved = errno;
        bd_cleanup_fd(&copy);
        return -saved;
    }
    errno = 0;
    for (const struct dirent *d; (d = readdir(dir)); errno = 0) {
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            bd_strv_add(names, d->d_name);
    }
    if (errno)
        return -errno;
    bd_strv_sort(names);
    return 0;
}

static int walk_dir(struct walk *w, int fd, unsigned depth, struct bd_err *err);

static int walk_entry(struct walk *w, int dir_fd, const char *name, unsigned depth,
                      struct bd_err *err)
{
    const char *path = bd_str_text(&w->path);
    struct stat st;
    int rc = bd_cancel_check(w->cancel, err);
    if (rc < 0)
        return rc;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return bd_err_errno(err, errno, "look at %s/%s", w->root, path);
    if (S_ISDIR(st.st_mode) && st.st_dev != w->dev)
        return bd_err_set(err, BD_ECORRUPT, "something is mounted on %s/%s: unmount it", w->root,
                          path);
    rc = w->fn(&(struct tree_entry){path, dir_fd, name, &st}, w->arg, err);
    if (rc < 0)
        return rc;
    if (!S_ISDIR(st.st_mode))
        return 0;
    bd_auto_fd int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open %s/%s", w->root, path);
    return walk_dir(w, fd, depth + 1, err);
}

static int walk_dir(struct walk *w, int fd, unsigned depth, struct bd_err *err)
{
    if (depth > DEPTH_MAX)
        return bd_err_set(err, BD_ECORRUPT, "%s: directories nested deeper than %d", w->root,
                          DEPTH_MAX);
    bd_auto_strv struct bd_strv names = {0};
    int rc = list_names(fd, &names);
    if (rc < 0)
        return bd_err_errno(err, -rc, "list %s/%s", w->root, bd_str_text(&w->path));
    size_t len = w->path.len;
    for (size_t i = 0; i < names.n && rc >= 0; i++) {
        if (len > 0)
            bd_str_add(&w->path, "/");
        bd_str_add(&w->path, names.items[i]);
        rc = walk_entry(w, fd, names.items[i], depth, err);
        w->path.len = len;
        if (w->path.data)
            w->path.data[len] = '\0';
    }
    return rc;
}

int tree_walk(const char *root, struct bd_cancel *cancel, tree_fn fn, void *arg, struct bd_err *err)
{
    bd_auto_fd int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return bd_err_errno(err, errno, "open %s", root);
    struct walk w = {.root = root, .dev = st.st_dev, .cancel = cancel, .fn = fn, .arg = arg};
    int rc = walk_entry(&w, fd, ".", 0, err);
    bd_str_done(&w.path);
    return rc;
}

/* ---------------------------------------------------------------------------------- the digest */

/*
 * Every field goes in as its length (8 bytes, little-endian) and its bytes, so that no two trees
 * make one stream. An entry: path, type and mode, owner, group, then content or target or device,
 * then the number of extended attributes and each by name and value.
 */
struct tree_digest {
    struct bd_digest *d;
    char *chunk; /* CHUNK_BYTES: content, names and values */
    uint64_t size_bytes, entries;
    struct bd_cancel *cancel;
};

static void add_number(struct bd_digest *d, uint64_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(n >> (8 * i));
    bd_digest_add(d, bytes, sizeof(bytes));
}

static void add_field(struct bd_digest *d, const void *data, size_t bytes)
{
    add_number(d, bytes);
    bd_digest_add(d, data, bytes);
}

static int add_content(struct tree_digest *t, const struct tree_entry *e, struct bd_err *err)
{
    bd_auto_fd int fd = openat(e->dir_fd, e->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open %s", e->path);
    uint64_t left = (uint64_t)e->st->st_size;
    add_number(t->d, left);
    for (;;) {
        int rc = bd_cancel_check(t->cancel, err);
        if (rc < 0)
            return rc;
        ssize_t n = read(fd, t->chunk, CHUNK_BYTES);
        if (n < 0)
            return bd_err_errno(err, errno, "read %s", e->path);
        if ((uint64_t)n > left || (n == 0 && left > 0))
            return bd_err_set(err, BD_ECORRUPT, "%s changes while it is read", e->path);
        if (n == 0)
            return 0;
        bd_digest_add(t->d, t->chunk, (size_t)n);
        left -= (uint64_t)n;
    }
}

static int add_target(struct tree_digest *t, const struct tree_entry *e, struct bd_err *err)
{
    ssize_t n = readlinkat(e->dir_fd, e->name, t->chunk, PATH_MAX);
    if (n < 0)
        return bd_err_errno(err, errno, "read link %s", e->path);
    add_field(t->d, t->chunk, (size_t)n);
    return 0;
}

/* The attributes that belong to the tree. Others (labels of a security module, a file system's own)
 * are the host's, which gives them to whatever is stored there. */
static bool xattr_counts(const char *name)
{
    static const char *const own[] = {"security.capability", "system.posix_acl_access",
                                      "system.posix_acl_default"};
    for (size_t i = 0; i < BD_ARRAY_LEN(own); i++) {
        if (strcmp(name, own[i]) == 0)
            return true;
    }
    return bd_starts_with(name, "user.");
}

/* There is no llistxattrat(2): this path names the entry itself, whatever it is. */
struct xattr_path {
    char text[sizeof("/proc/self/fd/") + 11 + NAME_MAX + 1];
};

static int add_xattrs(struct tree_digest *t, const struct tree_entry *e, struct bd_err *err)
{
    struct xattr_path path;
    snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d/%s", e->dir_fd, e->name);
    ssize_t bytes = llistxattr(path.text, t->chunk, XATTR_BYTES);
    if (bytes < 0 && errno != ENOTSUP)
        return bd_err_errno(err, errno, "list attributes of %s", e->path);
    bd_auto_strv struct bd_strv names = {0};
    for (ssize_t at = 0; at < bytes; at += (ssize_t)strlen(t->chunk + at) + 1) {
        if (xattr_counts(t->chunk + at))
            bd_strv_add(&names, t->chunk + at);
    }
    bd_strv_sort(&names);
    add_number(t->d, names.n);
    for (size_t i = 0; i < names.n; i++) {
        ssize_t n = lgetxattr(path.text, names.items[i], t->chunk, XATTR_BYTES);
        if (n < 0)
            return bd_err_errno(err, errno, "read attribute %s of %s", names.items[i], e->path);
        add_field(t->d, names.items[i], strlen(names.items[i]));
        add_field(t->d, t->chunk, (size_t)n);
    }
    return 0;
}

static int digest_entry(const struct tree_entry *e, void *arg, struct bd_err *err)
{
    struct tree_digest *t = arg;
    add_field(t->d, e->path, strlen(e->path));
    add_number(t->d, e->st->st_mode);
    add_number(t->d, e->st->st_uid);
    add_number(t->d, e->st->st_gid);
    int rc = 0;
    if (S_ISREG(e->st->st_mode)) {
        t->size_bytes += (uint64_t)e->st->st_size;
        rc = add_content(t, e, err);
    } else if (S_ISLNK(e->st->st_mode)) {
        rc = add_target(t, e, err);
    } else if (S_ISCHR(e->st->st_mode) || S_ISBLK(e->st->st_mode)) {
        add_number(t->d, major(e->st->st_rdev));
        add_number(t->d, minor(e->st->st_rdev));
    }
    t->entries++;
    return rc < 0 ? rc : add_xattrs(t, e, err);
}

int image_digest_tree(const char *root, char ret_digest[BD_DIGEST_BYTES], uint64_t *ret_size_bytes,
                      uint64_t *ret_entries, struct bd_cancel *cancel, struct bd_err *err)
{
    bd_auto_free char *chunk = bd_xmalloc(CHUNK_BYTES);
    struct tree_digest t = {.d = bd_digest_new(), .chunk = chunk, .cancel = cancel};
    int rc = tree_walk(root, cancel, digest_entry, &t, err);
    if (rc < 0) {
        bd_digest_free(t.d);
        bd_err_wrap(err, "digest of %s", root);
        return rc;
    }
    bd_digest_end(t.d, ret_digest);
    bd_digest_free(t.d);
    *ret_size_bytes = t.size_bytes;
    *ret_entries = t.entries;
    return 0;
}

/* ----------------------------------------------------------------------------- the fingerprint */

/* No write leaves the change time of what it changes, or of its directory, as it was. */
static int mark_entry(const struct tree_entry *e, void *arg, struct bd_err *err BD_UNUSED)
{
    struct bd_digest *d = arg;
    const struct stat *st = e->st;
    add_field(d, e->path, strlen(e->path));
    const uint64_t numbers[] = {st->st_ino,
                                st->st_mode,
                                st->st_uid,
                                st->st_gid,
                                (uint64_t)st->st_size,
                                (uint64_t)st->st_ctim.tv_sec,
                                (uint64_t)st->st_ctim.tv_nsec};
    for (size_t i = 0; i < BD_ARRAY_LEN(numbers); i++)
        add_number(d, numbers[i]);
    return 0;
}

int image_fingerprint(const char *root, char ret_mark[BD_DIGEST_BYTES], struct bd_err *err)
{
    struct bd_digest *d = bd_digest_new();
    int rc = tree_walk(root, NULL, mark_entry, d, err);
    if (rc < 0)
        bd_err_wrap(err, "fingerprint of %s", root);
    else
        bd_digest_end(d, ret_mark);
    bd_digest_free(d);
    return rc < 0 ? rc : 0;
}
