/*
 * The structure of a zip file from anybody: its directory, held against the file itself and against
 * the bounds of crate.h before anything is unpacked (APPNOTE 6.3.10). What tools disagree about is
 * refused: files that overlap or lie hidden between others, two of one name, names, methods, flags,
 * sizes and checksums that differ between directory and file, 64-bit fields that contradict the
 * others. Threads: any; reads by pread(2).
 */
#pragma once

#include "lib/base/err.h"
#include "lib/crate/crate.h"
#include "lib/crate/faults.h"

#include <stdbool.h>

struct crate_entry {
    char *name; /* of a folder too, without its slash */
    bool folder;
    uint64_t bytes, packed; /* as the directory says */
    uint64_t at;            /* where it begins in the file */
    unsigned flags, method;
    uint32_t crc;
};

struct crate_zip {
    struct crate_entry *entries; /* by place in the file */
    size_t n;
    uint64_t file_bytes;
};
void crate_zip_done(struct crate_zip *zip);

/* 0, though with faults where there are any: then nothing is to be unpacked. -errno where the file
 * can't be read. */
int crate_zip_look(int fd, struct crate_zip *ret_zip, struct crate_faults *faults,
                   struct bd_err *err);
