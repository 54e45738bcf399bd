/*
 * The list of digests: a line "HEX  NAME" for each file, by name, as sha256sum writes it and BagIt
 * (RFC 8493) has it. PURE.
 */
#pragma once

#include "lib/base/str.h"
#include "lib/crate/crate.h"

/* Files come sorted by name. */
void crate_list_text(const struct crate_file *files, size_t n, struct bd_str *out);
/* BD_ECORRUPT names the line: files are sorted, each is there once, all names are good. bytes of
 * the files are 0. The caller's (crate_files_free()). */
int crate_list_read(const char *text, size_t bytes, struct crate_file **ret_files, size_t *ret_n,
                    struct bd_err *err);
/* The file of this name among those of a list; NULL: none. */
const struct crate_file *crate_list_find(const struct crate_file *files, size_t n,
                                         const char *name);
