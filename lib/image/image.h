/*
 * Images: immutable, content-addressed roots with a manifest. A recipe (YAML, data) says what is in
 * one; a kind (one table, one file each: debian) knows how to build it. A recipe that says
 * `extends: NAME` is that other recipe with its own members over it: lists are appended, objects
 * merged, all else is replaced.
 *
 * On disk, below the images directory:
 *     <64 hex>/rootfs/        the root; never written to after it was committed
 *     <64 hex>/manifest.json
 *     work/<id>/              a build or an import under way; nothing else ever looks into it
 * An image comes into being by one rename(2) of its finished directory.
 *
 * Digest: SHA-256 over the sorted list of entries (path, type, mode, owner, content or target or
 * device, extended attributes); times and inode numbers are left out. Bodies block and belong on
 * workers. Threads: any.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/schema/schema.h"

#include <stdbool.h>
#include <stdint.h>

struct image_recipe {
    char *name; /* of the image that it makes: "debian-bookworm", "debian-bookworm-fio" */
    char *file; /* of the recipe: "debian-bookworm" */
    char *kind; /* row of image_kinds: "debian" */
    char digest[BD_DIGEST_BYTES]; /* of the recipe's canonical JSON */
    json_t *json;                 /* all of it, with what it extends and what workloads need */
    json_t *needs;                /* of image_recipe_need(); NULL: none */
};

/* Reads <recipes_dir>/<name>.yaml. BD_ENOTFOUND lists the names that there are; faults in it are
 * told with their line. */
int image_recipe_load(const char *recipes_dir, const char *name, struct image_recipe *ret_recipe,
                      struct bd_err *err);
void image_recipe_done(struct image_recipe *r);
/*
 * Takes the packages of workloads in: needs is {NAME: the `needs` of its definition}, of those that
 * the recipe names in its `workloads` and of any others, which give the image a name of its own.
 * Called once, before the build. PURE.
 */
void image_recipe_need(struct image_recipe *r, const json_t *needs);
/*
 * Makes it another recipe by what was asked for beside it, as the contract's ImageBuild: `layers`
 * and `packages` are appended to its own, `name` is the image's (by default the recipe's and those
 * of the layers). Faults are told by pointers into the request; then the recipe is as it was. PURE.
 */
int image_recipe_extend(struct image_recipe *recipe, const json_t *request,
                        struct schema_faults *faults);

/* One line of progress as it comes; from the body's thread. */
typedef void (*image_progress_fn)(const char *line, void *arg);

struct image_job {
    const char *images_dir;
    const char
        *id; /* names work/<id> and the cgroup "benchd/image-<id>" that all its programs run in */
    const char *bench_enter; /* puts a program into that cgroup; NULL: no cgroup */
    const char *cgroup_dir;  /* that cgroup's directory, made by the caller; NULL: none */
    const char *inputs_dir;  /* lib/artifact's objects, that layers are taken from; NULL: none */
    struct bd_cancel *cancel;
    image_progress_fn on_progress; /* may be NULL */
    void *arg;
};

struct image_result {
    char digest[BD_DIGEST_BYTES];
    uint64_t size_bytes; /* apparent size of all regular files */
    uint64_t entries;
    json_t *manifest; /* as the contract's Manifest; owned */
};
void image_result_done(struct image_result *r);

struct image_kind {
    const char *name;
    /* Appends the faults of a recipe of this kind. PURE. */
    void (*check)(const json_t *recipe, struct schema_faults *faults);
    /* Free bytes that a build needs below images_dir. */
    uint64_t (*needs_bytes)(const json_t *recipe);
    /* Builds the root into root_dir (which exists, empty), and lists its packages
     * as [{"name", "version", "architecture"}]; new reference. */
    int (*build)(const struct image_job *job, const struct image_recipe *recipe,
                 const char *root_dir, json_t **ret_packages, struct bd_err *err);
};
extern const struct image_kind *const image_kinds[]; /* NULL-terminated */

/* Builds and commits. An image of the same digest that exists already is kept. Nothing is left of a
 * failed or cancelled one. */
int image_build(const struct image_job *job, const struct image_recipe *recipe,
                struct image_result *ret_result, struct bd_err *err);
/* Writes an image as one zstd tar (manifest.json first, then rootfs) to path. */
int image_export(const struct image_job *job, const char *digest, const char *path,
                 struct bd_err *err);
/* Reads such a file, checks the digest of what came out against its manifest, commits. */
int image_import(const struct image_job *job, const char *path, struct image_result *ret_result,
                 struct bd_err *err);
int image_remove(const char *images_dir, const char *digest, struct bd_err *err);
/* Removes what a build or import that was cut off left below work/; of all of them if id is NULL.
 */
int image_clean_work(const char *images_dir, const char *id, struct bd_err *err);

/* Paths, owned by the caller. */
char *image_dir(const char *images_dir, const char *digest);
char *image_rootfs(const char *images_dir, const char *digest);
int image_manifest(const char *images_dir, const char *digest, json_t **ret_manifest,
                   struct bd_err *err);
/* Digest of the tree as stored; slow (reads every file). */
int image_digest_tree(const char *root, char ret_digest[BD_DIGEST_BYTES], uint64_t *ret_size_bytes,
                      uint64_t *ret_entries, struct bd_cancel *cancel, struct bd_err *err);
/* A quick mark of the tree's metadata (with change times): differs after any write to it. Only
 * comparable on this host. */
int image_fingerprint(const char *root, char ret_mark[BD_DIGEST_BYTES], struct bd_err *err);
