/*
 * Whether what layers brought into a root finds the libraries that it is linked with: as ld.so
 * would look for them, by reading files; nothing is run. Threads: any; nobody may change the root.
 */
#pragma once

#include "lib/base/cancel.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

/*
 * Looks at every program and library below these prefixes (absolute, as in the root). Each name
 * that it needs must be in one of the directories that it names itself, in the system's own, or
 * anywhere in a layer: programs also find their libraries by what they set before they start
 * others. BD_EUNSUPPORTED with all that is missing, by name and, as far as names tell, by Debian's
 * package.
 */
int libraries_check(const char *root, const struct bd_strv *prefixes, struct bd_cancel *cancel,
                    struct bd_err *err);

/* The package that has a library by Debian's rules for their names: libzmq.so.5 is in libzmq5. The
 * caller's; NULL where the name follows no rule. */
char *libraries_package(const char *name);
