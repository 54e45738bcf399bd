/* The root of an image that has no more than an adapter looks for, empty files at the right places.
 */
#pragma once

#include "tests/sched/plan.h"

/* What Debian's packages put where. */
#define SLURM_IMAGE_FILES                                                                          \
    "usr/sbin/slurmctld", "usr/sbin/slurmd", "usr/sbin/munged", "usr/bin/sinfo",                   \
        "usr/lib/systemd/system/slurmctld.service", "usr/lib/systemd/system/slurmd.service",       \
        "usr/lib/systemd/system/munge.service"
#define MUNGE_PASSWD "root:x:0:0::/root:/bin/sh\nmunge:x:123:456::/nonexistent:\n"

/* A layer with flux-core, and what its commands need. */
#define FLUX_IMAGE_FILES                                                                           \
    "opt/flux/bin/flux", "usr/bin/python3",                                                        \
        "usr/lib/python3/dist-packages/_cffi_backend.cpython-311-x86_64-linux-gnu.so",             \
        "usr/lib/python3/dist-packages/yaml/__init__.py"

struct image {
    char *root;
    json_t *manifest;
    struct sched_image image;
};

/* With all of these files but the one; passwd: NULL, there is none. Takes the manifest over. */
static inline struct image image_of(const char *const *files, size_t n, const char *missing,
                                    const char *passwd, json_t *manifest)
{
    struct image i = {.root = unit_dir(), .manifest = manifest};
    for (size_t k = 0; k < n; k++)
        if (!bd_str_eq(files[k], missing))
            put_file(i.root, files[k], "");
    if (passwd)
        put_file(i.root, "etc/passwd", passwd);
    i.image = (struct sched_image){i.root, i.manifest};
    return i;
}

static inline void image_done(struct image *i)
{
    json_decref(i->manifest);
    unit_dir_done(i->root);
}
