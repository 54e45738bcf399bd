/* An images directory to work in, a job in it, and small trees. For tests of this folder. */
#pragma once

#include "lib/image/image.h"
#include "lib/image/work.h"
#include "tests/base/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fails the test with the error's own text. */
#define assert_ok(rc, err) ck_assert_msg((rc) >= 0, "%s", (err)->text)
#define assert_says(err, words)                                                                    \
    ck_assert_msg(strstr((err)->text, words), "\"%s\" does not say \"%s\"", (err)->text, words)

/* 77 tells meson that a test was skipped. */
#define SKIPPED 77

/* "DIR/NAME" in a buffer that the 8th next call uses again. */
static inline const char *in(const char *dir, const char *name)
{
    static char paths[8][4096];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
    return path;
}

static inline void put(const char *dir, const char *name, const char *content)
{
    struct bd_err err = BD_ERR_INIT;
    assert_ok(bd_write_file(in(dir, name), content, strlen(content), 0644, &err), &err);
}

static inline size_t count_entries(const char *dir)
{
    size_t n = 0;
    DIR *d = opendir(dir);
    if (!d)
        return 0;
    for (const struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

/* No image, nothing begun: at most an empty "work". */
static inline void assert_nothing_left(const char *images_dir)
{
    size_t n = count_entries(images_dir);
    ck_assert_msg(n == 0 || (n == 1 && bd_exists(in(images_dir, "work"))),
                  "there are %zu entries in %s", n, images_dir);
    ck_assert_uint_eq(count_entries(in(images_dir, "work")), 0);
}

/* A tree with one of everything; its root directory is made. */
static inline void make_tree(const char *root)
{
    struct bd_err err = BD_ERR_INIT;
    assert_ok(bd_mkdir_p(in(root, "etc/deep"), 0755, &err), &err);
    put(root, "etc/os-release", "NAME=x\nPRETTY_NAME=\"Small Linux 1\"\n");
    put(root, "etc/deep/file", "content\n");
    put(root, "empty", "");
    ck_assert_int_eq(symlink("/etc/os-release", in(root, "absolute")), 0);
    ck_assert_int_eq(symlink("etc/deep", in(root, "relative")), 0);
    ck_assert_int_eq(link(in(root, "etc/deep/file"), in(root, "twin")), 0);
    ck_assert_int_eq(mkfifo(in(root, "fifo"), 0600), 0);
    chmod(in(root, "etc/deep"), 01777);
}

/* Commits the tree as an image, as a build does; its digest. */
static inline void make_image(const struct image_job *job, char ret_digest[BD_DIGEST_BYTES])
{
    struct bd_err err = BD_ERR_INIT;
    auto_work struct work work = {0};
    struct image_result result = {0};
    assert_ok(work_open(&work, job, &err), &err);
    make_tree(work.rootfs);
    assert_ok(image_digest_tree(work.rootfs, result.digest, &result.size_bytes, &result.entries,
                                NULL, &err),
              &err);
    result.manifest =
        json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:I, s:I, s:s, s:[]}", "format",
                  "benchd-image/1", "name", "small", "digest", result.digest, "recipe", "name",
                  "small", "digest", result.digest, "createdAt", "2026-01-01T00:00:00.000Z",
                  "sizeBytes", (json_int_t)result.size_bytes, "entries", (json_int_t)result.entries,
                  "distribution", "Small Linux 1", "packages");
    assert_ok(work_commit(&work, job, &result, &err), &err);
    memcpy(ret_digest, result.digest, BD_DIGEST_BYTES);
    image_result_done(&result);
}
