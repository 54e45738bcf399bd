#include "lib/base/str.h"
#include "lib/sched/flux.h"
#include "lib/virt/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>

#define BUILD                                                                                      \
    "build one with it: benchctl image build debian-bookworm --layer flux=/opt/flux, with the "    \
    "packages that docs/flux.md names"

/* Python, that half of Flux's commands are written in, and the modules of others' that they load.
 */
static const struct {
    const char *pattern, *what, *package;
} python[] = {
    {"usr/bin/python3", "Python", "python3"},
    {"usr/lib/python3*/dist-packages/_cffi_backend*.so", "Python's module cffi", "python3-cffi"},
    {"usr/lib/python3*/dist-packages/yaml/__init__.py", "Python's module yaml", "python3-yaml"},
};

static const char *const fluxion_modules[] = {"sched-fluxion-resource", "sched-fluxion-qmanager",
                                              "sched-fluxion-feasibility"};

void flux_image_done(struct flux_image *image)
{
    free(image->prefix);
    *image = (struct flux_image){0};
}

static bool has_program(int root, const char *prefix)
{
    bd_auto_free char *path = bd_xasprintf("%s/bin/flux", prefix);
    bd_auto_fd int fd = inroot_open(root, path, O_PATH, 0);
    return fd >= 0;
}

/* Of the first layer that has Flux in it, else of the distribution; NULL: nowhere. The caller's. */
static char *find_prefix(int root, const json_t *manifest)
{
    const json_t *layer;
    size_t i;
    json_array_foreach (json_object_get(manifest, "layers"), i, layer) {
        const char *prefix = bd_json_str(layer, "prefix", "/");
        if (has_program(root, prefix))
            return bd_xstrdup(prefix);
    }
    return has_program(root, "/usr") ? bd_xstrdup("/usr") : NULL;
}

/* Paths in the root that fit: links in them are not followed out of it, as only names are looked
 * at.
 */
static bool has_any(const char *rootfs, const char *pattern)
{
    glob_t found;
    bd_auto_free char *whole = bd_xasprintf("%s/%s", rootfs, pattern);
    bool has = glob(whole, GLOB_NOSORT, NULL, &found) == 0;
    globfree(&found);
    return has;
}

static int check_python(const struct sched_image *image, struct bd_err *err)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(python); i++)
        if (!has_any(image->rootfs, python[i].pattern))
            return bd_err_set(err, BD_EUNSUPPORTED,
                              "the image has no %s, which Flux's commands need: build it with "
                              "--package %s",
                              python[i].what, python[i].package);
    return 0;
}

static int check_fluxion(int root, const char *prefix, struct bd_err *err)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(fluxion_modules); i++) {
        bd_auto_free char *path =
            bd_xasprintf("%s/lib/flux/modules/%s.so", prefix, fluxion_modules[i]);
        bd_auto_fd int fd = inroot_open(root, path, O_PATH, 0);
        if (fd < 0)
            return bd_err_set(err, BD_EUNSUPPORTED,
                              "scheduler.options.scheduler is fluxion, and the image has no %s: "
                              "install flux-sched into the same prefix as flux-core, and build the "
                              "image again",
                              path);
    }
    return 0;
}

int flux_image_read(const struct sched_image *image, const json_t *options,
                    struct flux_image *ret_image, struct bd_err *err)
{
    bd_auto_fd int root = open(image->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return bd_err_errno(err, errno, "open the image's root %s", image->rootfs);
    bd_auto_free char *prefix = find_prefix(root, image->manifest);
    if (!prefix)
        return bd_err_set(err, BD_EUNSUPPORTED, "the image has no Flux: " BUILD);
    int r = check_python(image, err);
    if (r == 0 && flux_wants_fluxion(options))
        r = check_fluxion(root, prefix, err);
    if (r == 0)
        ret_image->prefix = bd_take(prefix);
    return r;
}
