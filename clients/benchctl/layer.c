/* Names, owners and order do not depend on who packs a directory: the same one has the same digest.
 * Times of files stay, which compiled Python is held against. */
#include "layer.h"

#include "term.h"
#include "upload.h"

#include "lib/base/fs.h"
#include "lib/base/proc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct layer {
    char *name, *path, *prefix; /* prefix: NULL where it is not told */
};

static void layer_done(struct layer *l)
{
    free(l->name);
    free(l->path);
    free(l->prefix);
}

/* False where there is no name, or no path. */
static bool take_apart(const char *text, struct layer *ret)
{
    const char *value = strchr(text, '='), *colon = value ? strrchr(value, ':') : NULL;
    bool has_prefix = colon && colon[1] == '/';
    if (!value || value == text || value[1] == '\0' || colon == value + 1)
        return false;
    ret->name = bd_xstrndup(text, (size_t)(value - text));
    ret->path =
        has_prefix ? bd_xstrndup(value + 1, (size_t)(colon - value) - 1) : bd_xstrdup(value + 1);
    ret->prefix = has_prefix ? bd_xstrdup(colon + 1) : NULL;
    return true;
}

static int pack(const char *dir, const char *file, struct bd_err *err)
{
    const char *const argv[] = {
        "tar",
        "--create",
        "--file",
        file,
        "--force-local",
        "--format=posix",
        "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--directory",
        dir,
        ".",
        NULL};
    return bd_proc_check(argv, 0, NULL, NULL, err);
}

/* By way of a file: how much it is has to be known before the first byte is sent. */
static int bring_directory(struct cli *cli, const struct layer *l, json_t **ret_input,
                           struct bd_err *err)
{
    const char *tmp = getenv("TMPDIR");
    bd_auto_free char *file = bd_xasprintf("%s/benchctl-layer-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    bd_auto_str struct bd_str told = {0};
    bd_auto_fd int fd = mkstemp(file);
    if (fd < 0)
        return bd_err_errno(err, errno, "make a file %s to pack the layer into", file);
    cli_note(cli, MARK_BUSY, "packing %s", l->path);
    int r = pack(l->path, file, err);
    if (r < 0)
        bd_err_wrap(err, "pack %s", l->path);
    if (r == 0)
        r = input_add_as(cli, file, l->name, ret_input, &told, err);
    unlink(file);
    return r;
}

/* Where it is to be in the image: where the directory is here, links followed, unless it was told.
 * The caller's. */
static char *prefix_of(const struct layer *l)
{
    return l->prefix ? bd_xstrdup(l->prefix) : realpath(l->path, NULL);
}

static int bring(struct cli *cli, const struct layer *l, json_t **ret_layer, struct bd_err *err)
{
    bd_auto_json json_t *input = NULL;
    bd_auto_free char *prefix = prefix_of(l);
    bd_auto_str struct bd_str told = {0};
    struct stat st;
    if (stat(l->path, &st) < 0 || !prefix)
        return bd_err_set(err, BD_EINVALID, "--layer %s: can't look at %s: %s", l->name, l->path,
                          strerror(errno));
    bool is_dir = S_ISDIR(st.st_mode);
    if (!is_dir && !l->prefix)
        return bd_err_set(err, BD_EINVALID,
                          "--layer %s: where in the image is %s to be? say it as %s=%s:/opt/%s",
                          l->name, l->path, l->name, l->path, l->name);
    int r =
        is_dir ? bring_directory(cli, l, &input, err) : input_add(cli, l->path, &input, &told, err);
    if (r < 0)
        return r;
    *ret_layer = json_pack("{s:s, s:s, s:s}", "name", l->name, "input",
                           bd_json_str(input, "digest", ""), "prefix", prefix);
    return 0;
}

int layer_bring(struct cli *cli, const char *text, json_t **ret_layer, struct bd_err *err)
{
    struct layer l = {0};
    if (!take_apart(text, &l))
        return bd_err_set(err, BD_EINVALID,
                          "--layer: expected NAME=DIRECTORY or NAME=TAR:PREFIX, got '%s'", text);
    int r = bring(cli, &l, ret_layer, err);
    layer_done(&l);
    return r;
}
