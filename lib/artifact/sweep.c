/* What an end in the middle, or a removal, has left among the objects. */
#include "lib/artifact/private.h"

#include "lib/base/fs.h"
#include "lib/base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Names are taken first: what is removed while one reads a directory may be told twice. */
static int names_of(int dir_fd, const char *path, struct bd_strv *ret_names, struct bd_err *err)
{
    bd_auto(dir) DIR *dir = NULL;
    int rc = bd_dir_open(dir_fd, path, &dir, err);
    if (rc == -ENOTDIR || rc == -ELOOP)
        return 0;
    if (rc < 0) {
        bd_err_wrap(err, "list the objects");
        return rc;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            bd_strv_add(ret_names, entry->d_name);
    return 0;
}

/* Whoever reads an object takes the file that it had for that away by itself. */
static int drop(int dir_fd, const char *path, unsigned *removed, struct bd_err *err)
{
    if (unlinkat(dir_fd, path, 0) == 0)
        ++*removed;
    else if (errno != ENOENT)
        return bd_err_errno(err, errno, "remove %s from the objects", path);
    return 0;
}

/* The digest that a file of this name stands for; false: none. */
static bool digest_of(const char *dir, const char *name, char ret_digest[BD_DIGEST_BYTES])
{
    struct object_place place;
    if (strlen(name) != HEX_CHARS + strlen(OBJECT_SUFFIX) || !bd_ends_with(name, OBJECT_SUFFIX))
        return false;
    snprintf(ret_digest, BD_DIGEST_BYTES, DIGEST_PREFIX "%.*s", HEX_CHARS, name);
    return object_place(ret_digest, &place, NULL) == 0 && strcmp(place.dir, dir) == 0;
}

static int sweep_place(int dir_fd, const char *dir, artifact_keep_fn keep, void *arg,
                       unsigned *removed, struct bd_err *err)
{
    bd_auto_strv struct bd_strv names = {0};
    int rc = names_of(dir_fd, dir, &names, err);
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        char digest[BD_DIGEST_BYTES];
        if (!digest_of(dir, names.items[i], digest))
            continue;
        int kept = keep(digest, arg, err);
        if (kept < 0)
            return kept;
        bd_auto_free char *path = bd_xasprintf("%s/%s", dir, names.items[i]);
        if (!kept)
            rc = drop(dir_fd, path, removed, err);
    }
    return rc;
}

int artifact_sweep(int dir_fd, artifact_keep_fn keep, void *arg, unsigned *ret_removed,
                   struct bd_err *err)
{
    bd_auto_strv struct bd_strv names = {0};
    unsigned removed = 0;
    int rc = names_of(dir_fd, ".", &names, err);
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        const char *name = names.items[i];
        if (bd_starts_with(name, OBJECT_TEMP_PREFIX))
            rc = drop(dir_fd, name, &removed, err);
        else if (strlen(name) == 2)
            rc = sweep_place(dir_fd, name, keep, arg, &removed, err);
    }
    if (rc == 0)
        *ret_removed = removed;
    return rc;
}
