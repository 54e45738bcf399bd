/* What a run left behind: plain files in its directory, which the workload wrote. Names come from
 * clients: nothing but a plain file of that directory is ever opened. */
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_BYTES_MAX 128

/* As the contract's ArtifactName. */
static bool is_name(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t n = strspn(name, plain);
    return n > 0 && n <= NAME_BYTES_MAX && name[n] == '\0' && *name != '.' && *name != '-';
}

static int64_t ns_of(const struct timespec *t)
{
    return (int64_t)t->tv_sec * BD_NS_PER_S + t->tv_nsec;
}

/* A descriptor; -ENOENT where the run has written nothing. */
static int open_dir(const struct api *a, const char *run, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", engine_host(a->engine)->runs_dir, run);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 ? fd : bd_err_errno(err, errno, "open the files of run %s", run);
}

int artifact_open(const struct api *a, const char *run, const char *name, struct stat *ret_stat,
                  struct bd_err *err)
{
    if (!is_name(name))
        return bd_err_set(err, BD_ENOTFOUND, "'%s' is no name of an artifact", name);
    bd_auto_fd int dir = open_dir(a, run, NULL);
    /* not to wait for who writes to a FIFO */
    bd_auto_fd int fd =
        dir < 0 ? dir : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, ret_stat) < 0 || !S_ISREG(ret_stat->st_mode))
        return bd_err_set(err, BD_ENOTFOUND,
                          "run %s has no artifact %s; /v1/runs/%s/artifacts lists those it has",
                          run, name, run);
    return bd_take_fd(&fd);
}

int artifacts_names(const struct api *a, const char *run, struct bd_strv *ret_names,
                    struct bd_err *err)
{
    int fd = open_dir(a, run, err);
    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return fd;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return bd_err_errno(err, errno, "list the files of run %s", run);
    }
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        if (is_name(entry->d_name))
            bd_strv_add(ret_names, entry->d_name);
    closedir(dir);
    bd_strv_sort(ret_names);
    return 0;
}

/* -- list -- */

static int load_list(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    bd_auto_strv struct bd_strv names = {0};
    int rc = load_run_exists(q, conn, err);
    if (rc == 0)
        rc = artifacts_names(q->api, q->id, &names, err);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < names.n; i++) {
        struct stat st = {0};
        bd_auto_fd int fd = artifact_open(q->api, q->id, names.items[i], &st, NULL);
        if (fd >= 0)
            json_array_append_new(items, json_pack("{s:s, s:I, s:o}", "name", names.items[i],
                                                   "bytes", (json_int_t)st.st_size, "modifiedAt",
                                                   view_time(ns_of(&st.st_mtim))));
    }
    q->json = json_pack("{s:o}", "items", items);
    return 0;
}

void artifacts_list(struct http_request *r, void *app)
{
    read_submit(read_object(app, r, "run", load_list));
}

/* -- one -- */

static void reply_file(struct api_read *q)
{
    struct bd_err err = BD_ERR_INIT;
    struct stat st = {0};
    bd_auto_fd int fd =
        artifact_open(q->api, q->id, http_request_param(q->r, "artifact"), &st, &err);
    if (fd < 0) {
        http_problem_err(q->r, &err);
        return;
    }
    bd_auto_free char *etag =
        bd_xasprintf("\"%llx.%llx\"", (long long)ns_of(&st.st_mtim), (long long)st.st_size);
    http_header(q->r, "ETag", etag);
    http_header(q->r, "Cache-Control", "no-cache");
    if (etag_matches(q->r, etag))
        http_reply_empty(q->r, 304);
    else
        http_reply_file(q->r, "application/octet-stream", bd_take_fd(&fd), (uint64_t)st.st_size);
}

void artifacts_get(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "run", load_run_exists);
    q->reply = reply_file;
    read_submit(q);
}
