/*
 * A crate: what is known of a campaign as one zip file (RO-Crate 1.1), with the digest of each file
 * and a signature, so that whoever has it can see that it is what was measured (docs/crate.md).
 *
 *     pack.c       writes one, file by file
 *     metadata.c   its ro-crate-metadata.json; PURE
 *     list.c       the list of digests, to text and back; PURE
 *     key.c        Ed25519: the key that signs, and those that check
 *     zip.c        the structure of a zip file, looked at before anything in it is unpacked
 *     read.c       the contents of one that may come from anybody
 *     check.c      is it what was signed?
 *
 * Names are plain words of ASCII with slashes between. A crate holds to the bounds below, or it is
 * neither written nor read: it is read by machines that can't know who made it.
 */
#pragma once

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRATE_NAME_MAX    240
#define CRATE_ENTRIES_MAX 200000
#define CRATE_BYTES_MAX   (UINT64_C(16) << 30) /* of all contents */
/* Contents may be so many times as large as the file, once they are larger than so many bytes. */
#define CRATE_RATIO_MAX   200
#define CRATE_RATIO_BYTES (UINT64_C(256) << 20)

#define CRATE_METADATA  "ro-crate-metadata.json"
#define CRATE_LIST      "manifest-sha256.txt"     /* of all files but itself and its signature */
#define CRATE_SIGNATURE "manifest-sha256.txt.sig" /* of the list's bytes; 64 bytes */
#define CRATE_KEY       "signer.pub"              /* PEM */

#define CRATE_SHA_BYTES 32

/* Files that are held in memory as they are checked: of nobody knows whom, and yet no larger. A
 * line of the list is a digest, two blanks and a name. */
#define CRATE_LIST_MAX                                                                             \
    (UINT64_C(1) * CRATE_ENTRIES_MAX * (2 * CRATE_SHA_BYTES + 2 + CRATE_NAME_MAX + 1))
#define CRATE_METADATA_MAX (UINT64_C(128) << 20)
#define CRATE_KEY_MAX      UINT64_C(4096) /* and of a signature */

/* One file of a crate. */
struct crate_file {
    char *name;
    uint64_t bytes;
    uint8_t sha256[CRATE_SHA_BYTES];
};
void crate_files_free(struct crate_file *files, size_t n);

/* Letters, digits and "._-+=@,", at most CRATE_NAME_MAX of them, in parts with one slash between
 * that are neither "." nor "..". */
bool crate_is_name(const char *name, size_t bytes);
