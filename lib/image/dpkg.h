/* What dpkg knows of a root. Threads: any. */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"

/*
 * The installed packages in the text of a dpkg status file (deb-control(5) paragraphs), as
 * [{"name", "version", "architecture"}] sorted by name and architecture. BD_ECORRUPT where an
 * installed package lacks one of them. New reference.
 */
int dpkg_packages(const char *status, json_t **ret_packages, struct bd_err *err);
