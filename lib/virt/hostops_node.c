/* A node's directory: its overlay, its files, and their end. */
#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "lib/virt/hostops_priv.h"
#include "lib/virt/inroot.h"
#include "lib/virt/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static char *node_dir(const struct hostops *h, const char *id, const char *node)
{
    return bd_xasprintf("%s/%s/%s", h->dirs.clusters, id, node);
}

/* The layers are a list within an option of a list: what separates them can't be in a path. */
static int check_layer(const char *path, struct bd_err *err)
{
    if (path[0] != '/' || strpbrk(path, ":,\\\""))
        return bd_err_set(err, BD_EINVALID,
                          "'%s' can't be a layer of an overlay: give an absolute path without any "
                          "of : , \\ \" in it",
                          path);
    return 0;
}

static int check_rootfs(const struct hostops *h, const char *rootfs, struct bd_err *err)
{
    char root[PATH_MAX], images[PATH_MAX];
    if (!realpath(rootfs, root))
        return bd_err_errno(err, errno, "find the image's root %s", rootfs);
    if (!realpath(h->dirs.images, images))
        return bd_err_errno(err, errno, "find the images' directory %s", h->dirs.images);
    size_t n = strlen(images);
    if (strncmp(root, images, n) != 0 || root[n] != '/')
        return bd_err_set(err, BD_EINVALID, "%s is not an image: it is not below %s", rootfs,
                          images);
    return 0;
}

static int check_file(const struct node_file *f, struct bd_err *err)
{
    bd_auto_free char *padded = bd_xasprintf("%s/", f->path);
    if (f->path[0] != '/' || strstr(padded, "/../") || strstr(padded, "/./") ||
        strstr(padded, "//"))
        return bd_err_set(err, BD_EINVALID,
                          "'%s' is not the path of a node's file: absolute, without . and ..",
                          f->path);
    return 0;
}

static int fill_regular(int dir, const char *name, const struct node_file *f)
{
    bd_auto_fd int fd =
        openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int rc = bd_write_all(fd, f->data, f->bytes);
    if (rc < 0)
        return rc;
    /* The owner first: a change of owner takes set-id bits away. */
    if (fchown(fd, f->uid, f->gid) < 0 || fchmod(fd, f->mode & 07777) < 0)
        return -errno;
    return 0;
}

static int fill_directory(int dir, const char *name, const struct node_file *f)
{
    if (mkdirat(dir, name, 0700) < 0 && errno != EEXIST)
        return -errno;
    bd_auto_fd int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fchown(fd, f->uid, f->gid) < 0 || fchmod(fd, f->mode & 07777) < 0)
        return -errno;
    return 0;
}

/* A file or link of the image under this name is replaced, never written through. */
static int write_file(int root_fd, const struct node_file *f)
{
    const char *name = NULL;
    bd_auto_fd int dir = inroot_open_parent(root_fd, f->path, true, &name);
    if (dir < 0)
        return dir;
    if (S_ISDIR(f->mode))
        return fill_directory(dir, name, f);
    if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
        return -errno;
    if (!S_ISLNK(f->mode))
        return fill_regular(dir, name, f);
    if (symlinkat(f->data, dir, name) < 0 ||
        fchownat(dir, name, f->uid, f->gid, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    return 0;
}

static int write_files(const char *root, const struct node_files *files, struct bd_err *err)
{
    bd_auto_fd int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open %s", root);
    for (size_t i = 0; files && i < files->n; i++) {
        int rc = write_file(fd, &files->items[i]);
        if (rc < 0)
            return bd_err_errno(err, -rc, "write %s in %s", files->items[i].path, root);
    }
    return 0;
}

/* Directory `dir`/`name`; upper's mode becomes that of the node's "/". */
static int make_dir(const char *dir, const char *name, mode_t mode, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", dir, name);
    if (mkdir(path, mode) < 0 || chmod(path, mode) < 0)
        return bd_err_errno(err, errno, "make directory %s", path);
    return 0;
}

static int mount_overlay(const struct hostops *h, const char *dir, const char *rootfs,
                         struct bd_err *err)
{
    const char *layer = h->dirs.node_layer;
    bd_auto_free char *root = bd_xasprintf("%s/root", dir);
    bd_auto_free char *options = bd_xasprintf("lowerdir=%s%s%s,upperdir=%s/upper,workdir=%s/work",
                                              layer, *layer ? ":" : "", rootfs, dir, dir);
    if (mount(HOSTOPS_OVERLAY, root, "overlay", 0, options) < 0)
        return bd_err_errno(err, errno, "mount overlay %s (%s)", root, options);
    return 0;
}

static int node_build(struct hostops *h, const char *dir, const char *rootfs,
                      const struct node_files *files, struct bd_err *err)
{
    int rc = bd_mkdir_p(dir, 0700, err);
    if (rc == 0)
        rc = make_dir(dir, "upper", 0755, err);
    if (rc == 0)
        rc = make_dir(dir, "work", 0700, err);
    if (rc == 0)
        rc = make_dir(dir, "root", 0755, err);
    if (rc == 0)
        rc = mount_overlay(h, dir, rootfs, err);
    bd_auto_free char *root = bd_xasprintf("%s/root", dir);
    return rc < 0 ? rc : write_files(root, files, err);
}

int hostops_node_make(struct hostops *h, const char *id, const char *node, const char *rootfs,
                      const struct node_files *files, struct bd_err *err)
{
    bd_auto_free char *dir = node_dir(h, id, node);
    int rc = check_layer(rootfs, err);
    if (rc == 0)
        rc = check_layer(dir, err);
    if (rc == 0 && *h->dirs.node_layer)
        rc = check_layer(h->dirs.node_layer, err);
    if (rc == 0)
        rc = check_rootfs(h, rootfs, err);
    for (size_t i = 0; rc == 0 && files && i < files->n; i++)
        rc = check_file(&files->items[i], err);
    /* What an earlier attempt left may be half of it, and with other content. */
    if (rc == 0)
        rc = hostops_node_remove(h, id, node, err);
    if (rc == 0)
        rc = node_build(h, dir, rootfs, files, err);
    return rc;
}

int hostops_shared_make(struct hostops *h, const char *id, struct bd_err *err)
{
    bd_auto_free char *dir = bd_xasprintf("%s/%s", h->dirs.clusters, id);
    bd_auto_free char *shared = bd_xasprintf("%s/shared", dir);
    int rc = hostops_check_id(id, err);
    if (rc == 0)
        rc = bd_mkdir_p(dir, 0700, err);
    if (rc == 0 && ((mkdir(shared, 0700) < 0 && errno != EEXIST) || chmod(shared, 01777) < 0))
        rc = bd_err_errno(err, errno, "make directory %s", shared);
    return rc;
}

/* Mounts can lie on one another. Lazily: whatever still looks at it doesn't keep it from going. */
static int unmount_all(const char *target, struct bd_err *err)
{
    while (umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
        ;
    if (errno != EINVAL && errno != ENOENT)
        return bd_err_errno(err, errno, "unmount %s", target);
    return 0;
}

int hostops_node_remove(struct hostops *h, const char *id, const char *node, struct bd_err *err)
{
    int rc = hostops_check_id(id, err);
    if (rc == 0)
        rc = hostops_check_node(node, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *dir = node_dir(h, id, node);
    bd_auto_free char *root = bd_xasprintf("%s/root", dir);
    rc = unmount_all(root, err);
    return rc < 0 ? rc : bd_rm_rf(dir, err);
}

struct below {
    const char *prefix;
    struct bd_strv *targets;
};

static int add_below(const struct mount_entry *m, void *arg)
{
    const struct below *b = arg;
    if (bd_starts_with(m->target, b->prefix))
        bd_strv_add(b->targets, m->target);
    return 0;
}

/* Mount points below a directory, later ones (which may lie in earlier ones) last. */
static int mounts_below(const char *dir, struct bd_strv *ret_targets, struct bd_err *err)
{
    bd_auto_free char *prefix = bd_xasprintf("%s/", dir);
    struct below b = {prefix, ret_targets};
    return mounts_each(add_below, &b, err);
}

int hostops_cluster_remove(struct hostops *h, const char *id, struct bd_err *err)
{
    char clusters[PATH_MAX];
    int rc = hostops_check_id(id, err);
    if (rc < 0)
        return rc;
    if (!realpath(h->dirs.clusters, clusters)) /* the kernel tells of mounts by their real path */
        return errno == ENOENT ? 0 : bd_err_errno(err, errno, "find %s", h->dirs.clusters);
    bd_auto_free char *dir = bd_xasprintf("%s/%s", clusters, id);
    bd_auto_strv struct bd_strv targets = {0};
    if (bd_exists(dir))
        rc = mounts_below(dir, &targets, err);
    for (size_t i = targets.n; rc == 0 && i-- > 0;)
        rc = unmount_all(targets.items[i], err);
    return rc < 0 ? rc : bd_rm_rf(dir, err);
}
