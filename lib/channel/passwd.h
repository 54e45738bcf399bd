/* Users as a node's own passwd file names them: the host's are others. Threads: any. */
#pragma once

#include "lib/base/err.h"

#include <sys/types.h>

#define PASSWD_HOME_BYTES 256

struct passwd_user {
    uid_t uid;
    gid_t gid;
    char home[PASSWD_HOME_BYTES];
};

/* Finds a name in the text of a passwd file. BD_ENOTFOUND. PURE. */
int passwd_find(const char *text, const char *name, struct passwd_user *ret_user,
                struct bd_err *err);
/* The same in /etc/passwd below a node's root. */
int passwd_lookup(int root_fd, const char *name, struct passwd_user *ret_user, struct bd_err *err);
