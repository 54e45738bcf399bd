#include "lib/channel/passwd.h"

#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "lib/virt/inroot.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define PASSWD_MAX ((size_t)4 << 20)

/* NAME:PASSWORD:UID:GID:COMMENT:HOME:SHELL, `line` being changed. */
static bool parse(char *line, const char *name, struct passwd_user *ret_user)
{
    enum { NAME, PASSWORD, UID, GID, COMMENT, HOME, FIELDS };
    char *fields[FIELDS];
    int64_t uid, gid;
    for (int i = 0; i < FIELDS; i++)
        if ((fields[i] = strsep(&line, ":")) == NULL)
            return false;
    /* The last of the numbers means "no change" to the kernel. */
    if (strcmp(fields[NAME], name) != 0 || bd_parse_i64(fields[UID], 0, UINT32_MAX - 1, &uid) < 0 ||
        bd_parse_i64(fields[GID], 0, UINT32_MAX - 1, &gid) < 0 ||
        strlen(fields[HOME]) >= PASSWD_HOME_BYTES)
        return false;
    ret_user->uid = (uid_t)uid;
    ret_user->gid = (gid_t)gid;
    memcpy(ret_user->home, fields[HOME], strlen(fields[HOME]) + 1);
    return true;
}

int passwd_find(const char *text, const char *name, struct passwd_user *ret_user,
                struct bd_err *err)
{
    bd_auto_free char *copy = bd_xstrdup(text);
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        if (parse(line, name, ret_user))
            return 0;
    return bd_err_set(err, BD_ENOTFOUND, "there is no user '%s'", name);
}

int passwd_lookup(int root_fd, const char *name, struct passwd_user *ret_user, struct bd_err *err)
{
    bd_auto_fd int fd = inroot_open(root_fd, "/etc/passwd", O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return bd_err_errno(err, -fd, "open the node's /etc/passwd");
    bd_auto_free char *text = NULL;
    bd_auto_free char *path = bd_xasprintf("/proc/self/fd/%d", fd);
    int rc = bd_read_file(path, PASSWD_MAX, &text, NULL, err);
    return rc < 0 ? rc : passwd_find(text, name, ret_user, err);
}
