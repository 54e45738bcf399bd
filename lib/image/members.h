/*
 * What an archive of an image may hold, checked before anything of it is unpacked: manifest.json
 * first, then rootfs and what is below it, by plain paths, and no more than the manifest says. The
 * lines are those of `tar --list --verbose --quoting-style=escape`. Threads: an object belongs to
 * one.
 */
#pragma once

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define MEMBERS_MANIFEST "manifest.json"
#define MEMBERS_ROOT     "rootfs"

struct members {
    uint64_t size_bytes_max, entries_max; /* as the manifest says */
    uint64_t size_bytes, entries;         /* so far, of the root */
    bool has_manifest;
};

/* BD_EINVALID with what is wrong with this member. */
int members_add(struct members *m, const char *line, struct bd_err *err);

/* What the archive of a layer may hold: files, directories and links by plain paths (a "./" before
 * them is fine), no devices and the like, and no more than any file system of software has. */
struct layer_members {
    uint64_t size_bytes, entries; /* so far */
};

/* The same of a layer's. */
int layer_members_add(struct layer_members *m, const char *line, struct bd_err *err);
