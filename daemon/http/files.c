#include "daemon/http/files.h"

#include "lib/base/digest.h"
#include "lib/base/fs.h"
#include "lib/base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HASH_CHARS 8 /* of the digest in a name; a dash may be among them */

struct http_files {
    struct http_file *items; /* by name */
    size_t n;
    size_t bytes; /* of all of them */
};

static const char *const types[][2] = {
    {"css", "text/css; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/vnd.microsoft.icon"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"txt", "text/plain; charset=utf-8"},
    {"webmanifest", "application/manifest+json"},
    {"woff2", "font/woff2"},
};

static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < BD_ARRAY_LEN(types); i++)
        if (strcmp(dot + 1, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

/* "assets/NAME-HASH.EXT" */
static bool has_hash(const char *name)
{
    const char *dot = strrchr(name, '.');
    return bd_starts_with(name, "assets/") && dot && dot - strlen("assets/") - name > HASH_CHARS &&
           dot[-HASH_CHARS - 1] == '-';
}

static void etag_of(const char *data, size_t bytes, char *ret_etag, size_t etag_bytes)
{
    char digest[BD_DIGEST_BYTES];
    bd_digest_of(data, bytes, digest);
    snprintf(ret_etag, etag_bytes, "\"%.32s\"", digest + strlen("sha256:"));
}

/* -- reading -- */

static int add_file(struct http_files *files, const char *path, const char *name,
                    struct bd_err *err)
{
    struct http_file file = {.type = type_of(name), .immutable = has_hash(name)};
    if (files->n == HTTP_FILES_MAX)
        return bd_err_set(err, BD_EINVALID, "%s: there are more than %d files", path,
                          HTTP_FILES_MAX);
    int rc =
        bd_read_file(path, HTTP_FILES_MAX_BYTES - files->bytes, &file.data, &file.bytes, err);
    if (rc == -EFBIG)
        return bd_err_set(err, BD_EINVALID, "%s: the files are more than %zu MiB", path,
                          HTTP_FILES_MAX_BYTES >> 20);
    if (rc < 0)
        return rc;
    files->bytes += file.bytes;
    file.name = bd_xstrdup(name);
    files->items = bd_xrealloc(files->items, (files->n + 1) * sizeof(*files->items));
    files->items[files->n++] = file;
    return 0;
}

static int add_dir(struct http_files *files, const char *path, const char *prefix, int depth,
                   struct bd_err *err)
{
    bd_auto(dir) DIR *dir = NULL;
    int rc = bd_dir_open(AT_FDCWD, path, &dir, err);
    if (rc < 0)
        return rc;
    for (const struct dirent *entry; rc == 0 && (entry = readdir(dir));) {
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        bd_auto_free char *below = bd_xasprintf("%s/%s", path, entry->d_name);
        bd_auto_free char *name = bd_xasprintf("%s%s", prefix, entry->d_name);
        if (lstat(below, &st) < 0)
            return bd_err_errno(err, errno, "look at %s", below);
        if (S_ISREG(st.st_mode)) {
            rc = add_file(files, below, name, err);
        } else if (S_ISDIR(st.st_mode)) {
            bd_auto_free char *deeper = bd_xasprintf("%s/", name);
            rc = depth < HTTP_FILES_MAX_DEPTH
                     ? add_dir(files, below, deeper, depth + 1, err)
                     : bd_err_set(err, BD_EINVALID, "%s: it is more than %d directories deep",
                                  below, HTTP_FILES_MAX_DEPTH);
        }
    }
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct http_file *)a)->name, ((const struct http_file *)b)->name);
}

static struct http_file *find(const struct http_files *files, const char *name)
{
    struct http_file key = {.name = (char *)name};
    return files && files->n
               ? bsearch(&key, files->items, files->n, sizeof(*files->items), by_name)
               : NULL;
}

/* Each packed form goes to the file that it is of. */
static void join_packed(struct http_files *files)
{
    size_t n = 0;
    for (size_t i = 0; i < files->n; i++) {
        struct http_file *packed = &files->items[i];
        size_t len = strlen(packed->name);
        if (!bd_ends_with(packed->name, ".gz"))
            continue;
        bd_auto_free char *name = bd_xstrndup(packed->name, len - strlen(".gz"));
        struct http_file *of = find(files, name);
        if (!of)
            continue;
        of->gz = bd_take(packed->data);
        of->gz_bytes = packed->bytes;
        etag_of(of->gz, of->gz_bytes, of->gz_etag, sizeof(of->gz_etag));
        packed->type = NULL;
    }
    for (size_t i = 0; i < files->n; i++) {
        struct http_file *file = &files->items[i];
        if (!file->type) {
            free(file->name);
            continue;
        }
        etag_of(file->data, file->bytes, file->etag, sizeof(file->etag));
        files->items[n++] = *file;
    }
    files->n = n;
}

int http_files_load(const char *dir, struct http_files **ret_files, struct bd_err *err)
{
    struct http_files *files = bd_new(struct http_files);
    int rc = add_dir(files, dir, "", 1, err);
    if (rc < 0) {
        http_files_free(files);
        return rc == -ENOENT ? bd_err_set(err, BD_ENOTFOUND, "there is no directory %s", dir) : rc;
    }
    if (files->n)
        qsort(files->items, files->n, sizeof(*files->items), by_name);
    join_packed(files);
    *ret_files = files;
    return 0;
}

void http_files_free(struct http_files *files)
{
    if (!files)
        return;
    for (size_t i = 0; i < files->n; i++) {
        free(files->items[i].name);
        free(files->items[i].data);
        free(files->items[i].gz);
    }
    free(files->items);
    free(files);
}

const struct http_file *http_files_find(const struct http_files *files, const char *name)
{
    return find(files, name);
}

/* -- replies -- */

/* Of "gzip;q=0.5" whether q is there and 0. */
static bool is_refused(const char *range)
{
    const char *q = strcasestr(range, "q=");
    return q && strtod(q + 2, NULL) <= 0;
}

bool http_accepts_gzip(const char *accept_encoding)
{
    bd_auto_free char *copy = bd_xstrdup(accept_encoding ? accept_encoding : "");
    char *rest = copy, *range;
    bool any = false;
    while ((range = strsep(&rest, ","))) {
        range += strspn(range, " \t");
        size_t n = strcspn(range, "; \t");
        if (n == strlen("gzip") && strncasecmp(range, "gzip", n) == 0)
            return !is_refused(range); /* its own word outweighs that of any */
        if (n == 1 && *range == '*')
            any = !is_refused(range);
    }
    return any;
}

void http_reply_known_file(struct http_request *r, const struct http_file *file)
{
    bool packed = file->gz && http_accepts_gzip(http_request_header(r, "Accept-Encoding"));
    const char *etag = packed ? file->gz_etag : file->etag;
    const char *have = http_request_header(r, "If-None-Match");
    http_header(r, "ETag", etag);
    http_header(r, "Cache-Control",
                file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (file->gz)
        http_header(r, "Vary", "Accept-Encoding");
    if (have && (strcmp(have, "*") == 0 || strstr(have, etag))) {
        http_reply_empty(r, 304);
        return;
    }
    if (packed)
        http_header(r, "Content-Encoding", "gzip");
    http_reply_static(r, file->type, packed ? file->gz : file->data ? file->data : "",
                      packed ? file->gz_bytes : file->bytes);
}
