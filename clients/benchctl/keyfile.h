/*
 * A public key from a file named on the command line. One thread.
 */
#pragma once

#include "lib/crate/key.h"

/* BD_EINVALID where it can't be read, or is none. */
int keyfile_read(const char *file, struct crate_key **ret_key, struct bd_err *err);
