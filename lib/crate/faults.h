/*
 * What is wrong with a crate: which file, in which way, in words. Threads: values.
 */
#pragma once

#include <stddef.h>

#define CRATE_FAULTS_MAX 1000 /* the others are counted */

enum crate_fault_kind {
    CRATE_FAULT_STRUCTURE, /* it is no zip file, or one that is not whole, or contradicts itself */
    CRATE_FAULT_UNSAFE,    /* a name, a link or a size that nobody should unpack */
    CRATE_FAULT_DAMAGED,   /* a file whose content can't be read */
    CRATE_FAULT_ALTERED,   /* its content is not what the list says */
    CRATE_FAULT_MISSING,   /* it is listed, and not there */
    CRATE_FAULT_EXTRA,     /* it is there, and not listed */
    CRATE_FAULT_LIST,      /* the list itself makes no sense */
    CRATE_FAULT_SIGNATURE, /* the list is not what was signed */
    CRATE_FAULT_KEY,       /* it was signed, but not with the key that was asked for */
    CRATE_FAULT_METADATA,  /* ro-crate-metadata.json does not describe what is there */
    CRATE_FAULT_KIND_COUNT
};
const char *crate_fault_kind_to_str(enum crate_fault_kind kind);

struct crate_fault {
    enum crate_fault_kind kind;
    char *name; /* of a file, as plain text whatever it was; NULL: of the whole */
    char *text; /* one line */
};

struct crate_faults {
    struct crate_fault *items;
    size_t n;
    size_t left_out;
};
void crate_faults_done(struct crate_faults *f);
/* name: of so many bytes, whatever they are; NULL: none. */
void crate_faults_add(struct crate_faults *f, enum crate_fault_kind kind, const char *name,
                      size_t bytes, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
