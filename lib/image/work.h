/*
 * Where a build or an import works until it is done: work/<id>/{rootfs,manifest.json,tmp}. Threads:
 * one job per id.
 */
#pragma once

#include "lib/image/image.h"

struct work {
    char *dir;    /* <images_dir>/work/<id> */
    char *rootfs; /* in it, empty at first */
};

/* The directory for temporary files of the job's programs; the caller's. */
char *work_tmp(const struct image_job *job);
/* BD_ENOCAPACITY, saying what to do, where there are fewer free bytes below images_dir. */
int work_check_space(const char *images_dir, uint64_t needs_bytes, struct bd_err *err);
/* Makes the directories anew; what an earlier job of this id left is removed. */
int work_open(struct work *w, const struct image_job *job, struct bd_err *err);
/* Removes what is there still. */
void work_close(struct work *w);
#define auto_work __attribute__((cleanup(work_close)))
/*
 * Makes an image of the work: rootfs and manifest become durable, then appear at once under the
 * digest. Where that image is there already, it stays, result gets its manifest instead, and the
 * work is left to work_close().
 */
int work_commit(struct work *w, const struct image_job *job, struct image_result *result,
                struct bd_err *err);
