#include "lib/image/layers.h"

#include "lib/artifact/artifact.h"
#include "lib/base/fs.h"
#include "lib/image/job.h"
#include "lib/image/libraries.h"
#include "lib/image/members.h"
#include "lib/image/root.h"
#include "lib/image/tar.h"
#include "lib/image/tree.h"
#include "lib/image/work.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_BYTES_MAX   (UINT64_C(8) << 30)
#define PC_BYTES_MAX      ((size_t)1 << 16)
#define VERSION_CHARS_MAX 100

struct layer {
    const char *name, *digest, *prefix;
};

static struct layer layer_of(const json_t *json)
{
    return (struct layer){.name = bd_json_str(json, "name", ""),
                          .digest = bd_json_str(json, "input", ""),
                          .prefix = bd_json_str(json, "prefix", "")};
}

void layers_check(const json_t *recipe, struct schema_faults *faults)
{
    const json_t *layers = json_object_get(recipe, "layers"), *json;
    bd_auto_strv struct bd_strv names = {0};
    size_t i;
    json_array_foreach (layers, i, json) {
        struct layer layer = layer_of(json);
        if (!root_path_is_plain(layer.prefix)) {
            bd_auto_free char *at = bd_xasprintf("/layers/%zu/prefix", i);
            schema_faults_add(faults, at, layer.prefix,
                              "an absolute path without \".\", \"..\" and \"//\"");
        }
        if (bd_strv_has(&names, layer.name)) {
            bd_auto_free char *at = bd_xasprintf("/layers/%zu/name", i);
            schema_faults_add(faults, at, layer.name, "a name that no other layer has");
        }
        bd_strv_add(&names, layer.name);
    }
}

/* ------------------------------------------------------------------------------------ unpacking */

static int open_input(const struct image_job *job, const struct layer *layer, int *ret_fd,
                      struct bd_err *err)
{
    bd_auto_fd int objects = -1;
    if (!job->inputs_dir)
        return bd_err_set(err, BD_EUNSUPPORTED, "there are no inputs here to take layers from");
    int rc = artifact_dir_open(job->inputs_dir, &objects, err);
    if (rc == 0)
        rc = artifact_open_up_to(objects, layer->digest, INPUT_BYTES_MAX, ret_fd, err);
    if (rc == BD_ENOTFOUND)
        return bd_err_set(err, BD_ENOTFOUND,
                          "the input %s is not here (any more): bring it again (benchctl input "
                          "add), and build again",
                          layer->digest);
    return rc;
}

static int on_member(const char *line, void *arg, struct bd_err *err)
{
    return layer_members_add(arg, line, err);
}

static int no_tar(struct bd_err *err)
{
    bd_auto_free char *said = bd_xstrdup(err->text);
    return bd_err_set(err, BD_EINVALID,
                      "its input is no tar, or it is cut off or damaged: tar says: %s", said);
}

/* Into a directory of its own; owned by root, whatever it says. */
static int unpack(const struct image_job *job, const char *file, const char *dir,
                  struct bd_err *err)
{
    const char *const list[] = {"tar",
                                "--list",
                                "--verbose",
                                "--file",
                                file,
                                "--force-local",
                                "--absolute-names",
                                "--numeric-owner",
                                "--quoting-style=escape",
                                NULL};
    const char *const extract[] = {"tar", "--extract",       "--file",
                                   file,  "--force-local",   "--directory",
                                   dir,   "--no-same-owner", "--same-permissions",
                                   NULL};
    struct layer_members members = {0};
    int rc = image_tar_run(job, list, on_member, &members, err);
    if (rc == BD_ECHILD)
        return no_tar(err);
    if (rc == 0 && members.entries == 0)
        rc = bd_err_set(err, BD_EINVALID, "its input is a tar with nothing in it");
    if (rc == 0)
        rc = work_check_space(job->images_dir, members.size_bytes, err);
    if (rc == 0)
        rc = image_tar_run(job, extract, NULL, NULL, err);
    return rc;
}

/* At its prefix in the root, where nothing is yet. */
static int place(int root_fd, const char *dir, const char *prefix, struct bd_err *err)
{
    bd_auto_fd int parent = root_parent(root_fd, prefix, err);
    if (parent < 0)
        return parent;
    const char *name = bd_path_name(prefix);
    if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "the image has a %s already: a layer takes a prefix of its own, such as "
                          "/opt/NAME, which its software has to be configured for",
                          prefix);
    if (renameat(AT_FDCWD, dir, parent, name) < 0)
        return bd_err_errno(err, errno, "put it at %s in the image", prefix);
    return 0;
}

static int put(const struct image_job *job, int root_fd, const struct layer *layer,
               struct bd_err *err)
{
    bd_auto_free char *tmp = work_tmp(job);
    bd_auto_free char *dir = bd_xasprintf("%s/layer-%s", tmp, layer->name);
    bd_auto_fd int fd = -1;
    image_job_tell(job, "unpacking the layer %s", layer->name);
    int rc = open_input(job, layer, &fd, err);
    if (rc < 0)
        return rc;
    /* The object has no name of its own; tar is to be able to read it twice. */
    bd_auto_free char *file = bd_xasprintf("/proc/%d/fd/%d", (int)getpid(), fd);
    rc = bd_mkdir_p(dir, 0755, err);
    if (rc == 0 && chmod(dir, 0755) < 0)
        rc = bd_err_errno(err, errno, "set mode of %s", dir);
    if (rc == 0)
        rc = unpack(job, file, dir, err);
    return rc < 0 ? rc : place(root_fd, dir, layer->prefix, err);
}

/* ------------------------------------------------------------------------------------- versions */

/* The file of pkg-config's that tells the version best. */
struct version {
    const char *layer;
    char *path; /* below the prefix; NULL: none yet */
    bool exact; /* NAME.pc rather than NAME-something.pc */
};

static int look_for_pc(const struct tree_entry *e, void *arg, struct bd_err *err BD_UNUSED)
{
    struct version *v = arg;
    bd_auto_free char *exact = bd_xasprintf("%s.pc", v->layer);
    bd_auto_free char *near = bd_xasprintf("%s-*.pc", v->layer);
    bool is_exact = bd_str_eq(e->name, exact);
    if (!S_ISREG(e->st->st_mode) || v->exact || !strstr(e->path, "pkgconfig/"))
        return 0;
    if (is_exact || (!v->path && fnmatch(near, e->name, 0) == 0)) {
        free(v->path);
        v->path = bd_xstrdup(e->path);
        v->exact = is_exact;
    }
    return 0;
}

/* "Version: 1.2.3" in it; NULL where there is none. The caller's. */
static char *version_in(const char *text)
{
    static const char key[] = "\nVersion:";
    const char *at = strstr(text, key);
    if (!at)
        return NULL;
    at += strlen(key);
    at += strspn(at, " \t");
    size_t n = strcspn(at, " \t\r\n");
    return n > 0 && n <= VERSION_CHARS_MAX && bd_is_utf8(at, n) ? bd_xstrndup(at, n) : NULL;
}

/* As the layer itself says it, to pkg-config; NULL: it does not. The caller's. */
static char *version_of(int root_fd, const struct layer *layer)
{
    struct version v = {.layer = layer->name};
    bd_auto_fd int fd = root_file(root_fd, layer->prefix);
    bd_auto_free char *dir = bd_xasprintf("/proc/self/fd/%d", fd);
    bd_auto_free char *text = NULL;
    char *version = NULL;
    if (fd >= 0 && tree_walk(dir, NULL, look_for_pc, &v, NULL) == 0 && v.path) {
        bd_auto_free char *path = bd_xasprintf("%s/%s", layer->prefix, v.path);
        if (root_read(root_fd, path, PC_BYTES_MAX, &text, NULL) == 0)
            version = version_in(text);
    }
    free(v.path);
    return version;
}

/* ------------------------------------------------------------------------------------------ all */

int layers_add(const struct image_job *job, const json_t *recipe, const char *root,
               json_t **ret_layers, struct bd_err *err)
{
    const json_t *layers = json_object_get(recipe, "layers"), *json;
    bd_auto_json json_t *told = json_array();
    bd_auto_strv struct bd_strv prefixes = {0};
    bd_auto_fd int root_fd = root_open(root, err);
    size_t i;
    if (root_fd < 0)
        return root_fd;
    json_array_foreach (layers, i, json) {
        struct layer layer = layer_of(json);
        int rc = put(job, root_fd, &layer, err);
        if (rc < 0)
            return bd_err_wrap(err, "layer %s", layer.name);
        bd_auto_free char *version = version_of(root_fd, &layer);
        json_array_append_new(told,
                              json_pack("{s:s, s:s, s:s, s:s?}", "name", layer.name, "digest",
                                        layer.digest, "prefix", layer.prefix, "version", version));
        bd_strv_add(&prefixes, layer.prefix);
    }
    if (prefixes.n > 0) {
        image_job_tell(job, "looking for the libraries that the layers need");
        int rc = libraries_check(root, &prefixes, job->cancel, err);
        if (rc < 0)
            return rc;
    }
    *ret_layers = bd_take(told);
    return 0;
}
