/*
 * Content of files from and to the daemon, streamed, with how much of it has passed on a terminal.
 * One thread.
 */
#pragma once

#include "api.h"
#include "progress.h"

struct transfer {
    const char *verb;    /* "exporting" */
    int fd;              /* the caller's */
    int64_t done, total; /* bytes; total -1: not known */
    const struct http_reply *reply;
    struct progress progress;
};

void transfer_init(struct transfer *t, const struct cli *cli, const char *verb, int fd);
void transfer_done(struct transfer *t);
/* For http_request.on_tick; arg is the transfer. */
void transfer_tick(void *arg);

struct download {
    const char *path, *type; /* of the content: a media type */
    const char *verb;        /* "exporting" */
    int64_t stall_ns;        /* how long nothing may come; 0: a minute */
};

struct upload {
    const char *path, *type; /* of the content: a media type */
    const char *verb;        /* "importing" */
    int64_t stall_ns; /* how long nothing may pass: the daemon is at work after the last byte */
};
/* Sends a file ("-": stdin); *ret_object (a new reference) and *ret_text are the answer. */
int upload_file(struct cli *cli, const struct upload *u, const char *file, json_t **ret_object,
                struct bd_str *ret_text, struct bd_err *err);

/* Of an export whose campaign or run goes on, that is told. */
int download(struct cli *cli, const struct download *d, int fd, struct bd_err *err);
/* The file gets its name when it is whole. */
int download_file(struct cli *cli, const struct download *d, const char *file, struct bd_err *err);
/* Text, on a terminal or elsewhere, with its control characters escaped. */
int download_shown(struct cli *cli, const struct download *d, struct bd_err *err);
/* Into the file; NULL or "-": to stdout, as it is but on a terminal. */
int download_to(struct cli *cli, const struct download *d, const char *file, struct bd_err *err);
