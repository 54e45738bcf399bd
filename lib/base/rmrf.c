/*
 * bd_rm_rf(). What it walks through may have been made by a node, that is by anybody: no name is
 * resolved through more than one component, no symlink is followed, and it needs one descriptor and
 * no stack for each level, however deep the tree.
 */
#include "lib/base/fs.h"
#include "lib/base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Which directory, on which mount. A bind mount of the same file system shows by the mount's id
 * only; st_dev stands in on kernels before 5.8. */
struct place {
    dev_t dev;
    ino_t ino;
    uint64_t mount;
};

/* A directory on the way down, and what is left in it; the last name is the one being worked on. */
struct level {
    struct place place;
    struct bd_strv names;
};

struct walk {
    const char *parent; /* of the first level, for messages */
    int fd;             /* the directory of the last level */
    struct level *levels;
    size_t n, cap;
};

static void walk_done(struct walk *w)
{
    for (size_t i = 0; i < w->n; i++)
        bd_strv_done(&w->levels[i].names);
    free(w->levels);
    bd_cleanup_fd(&w->fd);
}

static const char *last_name(const struct level *l)
{
    return l->names.items[l->names.n - 1];
}

static void drop_last_name(struct level *l)
{
    free(l->names.items[--l->names.n]);
    l->names.items[l->names.n] = NULL;
}

/* Fails and says where: the path as it was walked. */
static int walk_fail(const struct walk *w, int errnum, struct bd_err *err)
{
    bd_auto_str struct bd_str path = {0};
    bd_str_add(&path, w->parent);
    for (size_t i = 0; i < w->n; i++) {
        if (!bd_ends_with(bd_str_text(&path), "/"))
            bd_str_add(&path, "/");
        if (w->levels[i].names.n > 0)
            bd_str_add(&path, last_name(&w->levels[i]));
    }
    if (errnum == EBUSY || errnum == EXDEV)
        return bd_err_set(err, BD_ECONFLICT,
                          "remove %s: a mount point, which nothing was touched behind: unmount it, "
                          "then try again",
                          path.data);
    if (errnum == ESTALE)
        return bd_err_errno(err, errnum, "remove %s: it was moved meanwhile", path.data);
    return bd_err_errno(err, errnum, "remove %s", path.data);
}

static int place_of(int fd, struct place *ret_place)
{
    struct statx st;
    unsigned mask = STATX_INO;
#ifdef STATX_MNT_ID
    mask |= STATX_MNT_ID;
#endif
    if (statx(fd, "", AT_EMPTY_PATH, mask, &st) < 0)
        return -errno;
    *ret_place = (struct place){
        .dev = makedev(st.stx_dev_major, st.stx_dev_minor),
        .ino = st.stx_ino,
    };
    ret_place->mount = ret_place->dev;
#ifdef STATX_MNT_ID
    if (st.stx_mask & STATX_MNT_ID)
        ret_place->mount = st.stx_mnt_id;
#endif
    return 0;
}

static struct level *push_level(struct walk *w, const struct place *place)
{
    if (w->n == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 16;
        w->levels = bd_xrealloc(w->levels, w->cap * sizeof(*w->levels));
    }
    w->levels[w->n] = (struct level){.place = *place};
    return &w->levels[w->n++];
}

static int list_names(int fd, struct bd_strv *names)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        int rc = -errno;
        bd_cleanup_fd(&copy);
        return rc;
    }
    errno = 0;
    for (const struct dirent *e; (e = readdir(dir)) != NULL; errno = 0) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            bd_strv_add(names, e->d_name);
    }
    int rc = -errno;
    closedir(dir);
    return rc;
}

/* Goes into the directory that the last level's last name names. */
static int descend(struct walk *w)
{
    const struct level *above = &w->levels[w->n - 1];
    bd_auto_fd int fd = openat(w->fd, last_name(above),
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct place place = {0};
    int rc = place_of(fd, &place);
    if (rc < 0)
        return rc;
    if (place.mount != above->place.mount)
        return -EXDEV;
    bd_auto_strv struct bd_strv names = {0};
    rc = list_names(fd, &names);
    if (rc < 0)
        return rc;
    push_level(w, &place)->names = names;
    names = (struct bd_strv){0};
    close(w->fd);
    w->fd = bd_take_fd(&fd);
    return 0;
}

/* Leaves an emptied directory and removes it. Somebody may have moved it meanwhile, so that ".." is
 * elsewhere: then nothing more is removed. */
static int ascend(struct walk *w)
{
    bd_auto_fd int fd = openat(w->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct place place = {0};
    int rc = place_of(fd, &place);
    if (rc < 0)
        return rc;
    struct level *above = &w->levels[w->n - 2];
    if (place.dev != above->place.dev || place.ino != above->place.ino)
        return -ESTALE;
    close(w->fd);
    w->fd = bd_take_fd(&fd);
    bd_strv_done(&w->levels[--w->n].names);
    if (unlinkat(w->fd, last_name(above), AT_REMOVEDIR) < 0 && errno != ENOENT)
        return -errno;
    drop_last_name(above);
    return 0;
}

static int remove_last(struct walk *w)
{
    struct level *l = &w->levels[w->n - 1];
    int rc = unlinkat(w->fd, last_name(l), 0) < 0 ? -errno : 0;
    if (rc == -EISDIR)
        rc = descend(w);
    else if (rc == 0)
        drop_last_name(l);
    if (rc == -ENOENT) { /* somebody else was faster */
        drop_last_name(l);
        rc = 0;
    }
    return rc;
}

/* Path without slashes at its end; NULL where it names nothing that could be removed. */
static char *removable(const char *path)
{
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        len--;
    bd_auto_free char *trimmed = bd_xstrndup(path, len);
    const char *name = bd_path_name(trimmed);
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return NULL;
    return bd_take(trimmed);
}

int bd_rm_rf(const char *path, struct bd_err *err)
{
    bd_auto_free char *target = removable(path);
    if (!target)
        return bd_err_set(err, BD_EINVALID, "remove '%s': not the path of a file or directory",
                          path);
    bd_auto_free char *parent = bd_path_dir(target);
    __attribute__((cleanup(walk_done))) struct walk w = {.parent = parent};
    w.fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w.fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    struct place place = {0};
    if (w.fd < 0)
        return bd_err_errno(err, errno, "remove %s", target);
    int rc = place_of(w.fd, &place);
    if (rc < 0)
        return bd_err_errno(err, -rc, "remove %s", target);
    bd_strv_add(&push_level(&w, &place)->names, bd_path_name(target));

    while (w.levels[0].names.n > 0) {
        rc = w.levels[w.n - 1].names.n > 0 ? remove_last(&w) : ascend(&w);
        if (rc < 0)
            return walk_fail(&w, -rc, err);
    }
    return 0;
}
