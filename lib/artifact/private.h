/*
 * What the files of this folder share: names of objects, and the way into and out of one. Threads:
 * any.
 */
#pragma once

#include "lib/artifact/artifact.h"

#define DIGEST_PREFIX      "sha256:"
#define HEX_CHARS          64
#define OBJECT_SUFFIX      ".zst"
#define OBJECT_TEMP_PREFIX ".part-"
#define OBJECT_TEMP_BYTES  32

/* Where an object is, below the directory of all. */
struct object_place {
    char dir[3];
    char path[3 + HEX_CHARS + sizeof(OBJECT_SUFFIX)];
};
/* BD_EINVALID: it is no digest. */
int object_place(const char *digest, struct object_place *ret_place, struct bd_err *err);
/* A new empty file beside the objects. */
int object_temp(int dir_fd, char ret_name[OBJECT_TEMP_BYTES], int *ret_fd, struct bd_err *err);

/* code.c */
/* All of from_fd, compressed, to to_fd; tells digest and sizes. */
int object_compress(int from_fd, int to_fd, struct bd_cancel *cancel,
                    struct artifact_packed *ret_packed, struct bd_err *err);
/* The way back; BD_ECORRUPT where it is not so many bytes of this digest. */
int object_expand(int from_fd, int to_fd, const char *digest, uint64_t min_bytes,
                  uint64_t max_bytes, struct bd_err *err);
