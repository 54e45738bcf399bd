/* What is mounted, as this process sees it. Threads: any. */
#pragma once

#include "lib/base/err.h"

#include <stdbool.h>

struct mount_entry {
    const char *target;
    const char *type;
    const char *source;
    const char *options; /* of the file system, not of the mount */
    bool shared;         /* what is mounted below it shows up in other mount namespaces */
};

/* Called for each in the order in which they were mounted; a negative answer ends it and is its
 * result. */
typedef int (*mounts_fn)(const struct mount_entry *m, void *arg);
int mounts_each(mounts_fn fn, void *arg, struct bd_err *err);
/* The same from the text of a mountinfo, which it changes. Lines that are none are passed over. */
int mounts_parse(char *text, mounts_fn fn, void *arg);
