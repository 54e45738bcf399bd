/*
 * Files that are served as they are: a directory is read once, into memory, and requests are looked
 * up in what it had. So no request names a path of the file system.
 *
 * Threads: http_files_load() blocks; the rest is the loop's. What was found belongs to the table,
 * which outlives the server: replies are sent from its memory.
 */
#pragma once

#include "daemon/http/http.h"

#define HTTP_FILES_MAX       1000
#define HTTP_FILES_MAX_BYTES ((size_t)(32 * 1024 * 1024)) /* of all of them */
#define HTTP_FILES_MAX_DEPTH 4

struct http_file {
    char *name; /* below the directory: "assets/main-Ab12Cd34.js" */
    const char *type;
    char *data;
    size_t bytes;
    char *gz; /* the content of NAME.gz; NULL: there is none */
    size_t gz_bytes;
    char etag[40], gz_etag[40];
    bool immutable; /* its name has a digest of its content: another content is another file */
};

struct http_files;

/* NAME.gz is the packed form of NAME, and no file by itself where that is there. Links and files
 * whose name begins with a dot are left out. BD_ENOTFOUND where there is no such directory;
 * BD_EINVALID for more, or larger, than is taken. */
int http_files_load(const char *dir, struct http_files **ret_files, struct bd_err *err);
void http_files_free(struct http_files *files);
/* NULL: there is none. files may be NULL: there are none at all. */
const struct http_file *http_files_find(const struct http_files *files, const char *name);
/* Answers 200, or 304, packed where the client takes that. */
void http_reply_known_file(struct http_request *r, const struct http_file *file);
/* Whether an Accept-Encoding (NULL: none was sent) takes gzip. PURE. */
bool http_accepts_gzip(const char *accept_encoding);
