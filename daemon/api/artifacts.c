/*
 * What a run left behind: plain files in its directory, which the workload wrote; once it is at its
 * end, objects that its rows name. Names come from clients: nothing but a plain file of that
 * directory is ever opened.
 *
 * A run is packed in this order: rows, then its directory goes. So the directory is looked at
 * first and the rows after it: what one has missed, the other has. Rows count where both have it.
 */
#include "daemon/api/private.h"

#include "lib/artifact/artifact.h"
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* -- in its directory -- */

/* -ENOENT where the run has written nothing, or is packed. */
static int open_dir(const struct api *a, const char *run, DIR **ret_dir, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", engine_host(a->engine)->runs_dir, run);
    return bd_dir_open(AT_FDCWD, path, ret_dir, err);
}

/* A descriptor, or -1: there is no such file. */
static int open_in(DIR *dir, const char *name, struct store_artifact *ret_file)
{
    struct stat st;
    bd_auto_fd int fd = -1;
    if (!dir || artifact_file_open(dirfd(dir), name, &fd, &st, NULL) < 0)
        return -1;
    *ret_file = (struct store_artifact){
        .name = bd_xstrdup(name),
        .bytes = (uint64_t)st.st_size,
        .modified_ns = (int64_t)st.st_mtim.tv_sec * BD_NS_PER_S + st.st_mtim.tv_nsec,
    };
    return bd_take_fd(&fd);
}

/* A growing list of files. */
struct files {
    struct store_artifact *items;
    size_t n, cap;
};

/* Becomes the list's. */
static void files_add(struct files *files, const struct store_artifact *file)
{
    if (files->n == files->cap) {
        files->cap = files->cap ? 2 * files->cap : 16;
        files->items = bd_xrealloc(files->items, files->cap * sizeof(*files->items));
    }
    files->items[files->n++] = *file;
}

static int list_dir(const struct api *a, const char *run, struct files *ret_files,
                    struct bd_err *err)
{
    bd_auto(dir) DIR *dir = NULL;
    int rc = open_dir(a, run, &dir, err);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        struct store_artifact file = {0};
        bd_auto_fd int file_fd = open_in(dir, entry->d_name, &file);
        if (file_fd >= 0)
            files_add(ret_files, &file);
    }
    return 0;
}

/* -- both -- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct store_artifact *)a)->name,
                  ((const struct store_artifact *)b)->name);
}

int run_files_list(const struct api *a, struct store_conn *conn, const char *run,
                   struct store_artifact **ret_files, size_t *ret_n, struct bd_err *err)
{
    struct files loose = {0}, files = {0};
    int rc = list_dir(a, run, &loose, err);
    if (rc == 0)
        rc = store_artifact_list(conn, run, &files.items, &files.n, err);
    if (rc < 0) {
        store_artifacts_free(loose.items, loose.n);
        return rc;
    }
    size_t packed = files.cap = files.n; /* by name, as they come */
    for (size_t i = 0; i < loose.n; i++) {
        struct store_artifact *file = &loose.items[i];
        if (packed && bsearch(file, files.items, packed, sizeof(*file), by_name))
            store_artifact_done(file);
        else
            files_add(&files, file);
    }
    free(loose.items); /* what is in it went on */
    if (files.n)
        qsort(files.items, files.n, sizeof(*files.items), by_name);
    *ret_files = files.items;
    *ret_n = files.n;
    return 0;
}

/* As run_file_open(), once: BD_ENOTFOUND too where the object has just been removed. */
static int try_open(const struct api *a, struct store_conn *conn, const char *run, const char *name,
                    struct store_artifact *ret_file, int *ret_fd, struct bd_err *err)
{
    struct store_artifact loose = {0}, row = {0};
    bd_auto(dir) DIR *dir = NULL;
    (void)open_dir(a, run, &dir, NULL);
    bd_auto_fd int fd = open_in(dir, name, &loose);
    int rc = store_artifact_get(conn, run, name, &row, err);
    if (rc == BD_ENOTFOUND && fd >= 0) {
        *ret_file = loose;
        *ret_fd = bd_take_fd(&fd);
        return 0;
    }
    store_artifact_done(&loose);
    bd_auto_fd int objects = -1, content = -1;
    if (rc == 0 && !row.removed_ns)
        rc = artifact_dir_open(a->config.places->artifacts_dir, &objects, err);
    if (rc == 0 && !row.removed_ns)
        rc = artifact_open(objects, row.digest, row.bytes, &content, err);
    if (rc < 0) {
        store_artifact_done(&row);
        return rc;
    }
    *ret_file = row;
    *ret_fd = bd_take_fd(&content);
    return 0;
}

int run_file_open(const struct api *a, struct store_conn *conn, const char *run, const char *name,
                  struct store_artifact *ret_file, int *ret_fd, struct bd_err *err)
{
    struct store_artifact row = {0};
    int rc = try_open(a, conn, run, name, ret_file, ret_fd, err);
    if (rc != BD_ENOTFOUND)
        return rc;
    if (store_artifact_get(conn, run, name, &row, NULL) < 0)
        return bd_err_set(err, BD_ENOTFOUND,
                          "run %s has no artifact %s; /v1/runs/%s/artifacts lists those it has",
                          run, name, run);
    store_artifact_done(&row);
    rc = try_open(a, conn, run, name, ret_file, ret_fd, err); /* it was removed meanwhile */
    return rc == BD_ENOTFOUND ? bd_err_set(err, BD_ECORRUPT,
                                           "artifact %s of run %s is lost: its "
                                           "object is not there",
                                           name, run)
                              : rc;
}

/* -- list -- */

static json_t *view_file(const struct store_artifact *f)
{
    bool packed = *f->digest != '\0', there = packed && !f->removed_ns;
    return json_pack("{s:s, s:I, s:o, s:s?, s:o, s:b, s:o}", "name", f->name, "bytes",
                     (json_int_t)f->bytes, "storedBytes",
                     there ? json_integer((json_int_t)f->stored_bytes) : json_null(), "digest",
                     packed ? f->digest : NULL, "modifiedAt", view_time(f->modified_ns), "removed",
                     f->removed_ns != 0, "removedAt", view_time(f->removed_ns));
}

static int load_list(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_artifact *files = NULL;
    size_t n = 0;
    int rc = load_run_exists(q, conn, err);
    if (rc == 0)
        rc = run_files_list(q->api, conn, q->id, &files, &n, err);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, view_file(&files[i]));
    store_artifacts_free(files, n);
    q->json = json_pack("{s:o}", "items", items);
    return 0;
}

void artifacts_list(struct http_request *r, void *app)
{
    read_submit(read_object(app, r, "run", load_list));
}

/* -- one: first what it is, and only where that is not known to the client, its content -- */

#define EXPANDED_MAX (2ULL << 30) /* bytes of packed ones that are being read at once */

static void set_etag(struct api_read *q, const struct store_artifact *f)
{
    if (*f->digest)
        snprintf(q->etag, sizeof(q->etag), "\"%s\"", f->digest);
    else
        snprintf(q->etag, sizeof(q->etag), "\"%llx.%llx\"", (unsigned long long)f->modified_ns,
                 (unsigned long long)f->bytes);
    q->removed_ns = f->removed_ns;
}

static int load_row(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_artifact row = {0};
    int rc = load_run_exists(q, conn, err);
    if (rc < 0)
        return rc;
    rc = store_artifact_get(conn, q->id, q->name, &row, NULL);
    if (rc == 0)
        set_etag(q, &row);
    q->fd_bytes = row.bytes;
    store_artifact_done(&row);
    return rc == BD_ENOTFOUND ? 0 : rc; /* not packed, perhaps */
}

static int load_content(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_artifact file = {0};
    int rc = run_file_open(q->api, conn, q->id, q->name, &file, &q->fd, err);
    if (rc < 0)
        return rc;
    set_etag(q, &file);
    q->fd_bytes = file.bytes;
    store_artifact_done(&file);
    return 0;
}

static void reply_removed(struct api_read *q)
{
    char at[BD_RFC3339_BYTES];
    http_problem(
        q->r, "gone",
        "artifact %s of run %s was removed at %s, to keep to artifacts_quota: its campaign "
        "was the oldest that had ended and did not say artifacts.keep; its digest and size "
        "are in /v1/runs/%s/artifacts",
        q->name, q->id, bd_rfc3339(q->removed_ns, at), q->id);
}

static void reply_content(struct api_read *q)
{
    if (q->removed_ns)
        reply_removed(q);
    else
        read_reply_file(q);
}

/* What is packed is expanded for as long as its reader takes: with his request goes his part. */
struct part {
    struct api *api;
    uint64_t bytes;
};

static void part_free(void *data)
{
    struct part *part = data;
    part->api->expanded -= part->bytes;
    free(part);
}

bool expanded_take(const struct api_read *q)
{
    struct api *a = q->api;
    if (q->fd_bytes && a->expanded && a->expanded + q->fd_bytes > EXPANDED_MAX) {
        http_problem(q->r, "unavailable",
                     "files of %llu MiB are being read just now, and with %s it would be more "
                     "than %llu MiB: try again when others have theirs",
                     (unsigned long long)a->expanded >> 20, q->name, EXPANDED_MAX >> 20);
        return false;
    }
    struct part *part = bd_new(struct part);
    *part = (struct part){a, q->fd_bytes};
    a->expanded += part->bytes;
    http_request_set_data(q->r, part, part_free);
    return true;
}

static void reply_row(struct api_read *q)
{
    if (q->removed_ns || etag_matches(q->r, q->etag)) {
        reply_content(q);
        return;
    }
    if (!expanded_take(q))
        return;
    q->load = load_content;
    q->reply = reply_content;
    q->waits = true; /* it goes on */
    read_submit(q);
}

void artifacts_get(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "run", load_row);
    snprintf(q->name, sizeof(q->name), "%s", http_request_param(r, "artifact"));
    q->reply = reply_row;
    read_submit(q);
}
