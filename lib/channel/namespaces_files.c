/* Files into and out of a node, through its root as the kernel shows it. */
#include "lib/base/fs.h"
#include "lib/channel/namespaces_priv.h"
#include "lib/virt/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)256 << 10)

/* Copies to the end; -EFBIG above max_bytes. */
static int copy(int src, int dst, uint64_t max_bytes, char ret_digest[BD_DIGEST_BYTES],
                struct bd_err *err)
{
    bd_auto_free char *chunk = bd_xmalloc(CHUNK);
    struct bd_digest *digest = bd_digest_new();
    uint64_t total = 0;
    int rc = 0;
    for (;;) {
        ssize_t n = read(src, chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = bd_err_errno(err, errno, "read");
        total += n > 0 ? (uint64_t)n : 0;
        if (rc == 0 && total > max_bytes)
            rc = bd_err_errno(err, EFBIG, "more than %llu bytes", (unsigned long long)max_bytes);
        if (rc == 0 && n > 0 && (rc = bd_write_all(dst, chunk, (size_t)n)) < 0)
            bd_err_errno(err, -rc, "write");
        if (rc < 0 || n == 0)
            break;
        bd_digest_add(digest, chunk, (size_t)n);
    }
    if (rc == 0)
        bd_digest_end(digest, ret_digest);
    bd_digest_free(digest);
    return rc;
}

static int fill(int dir, const char *temp, const char *name, int src, mode_t mode,
                char ret_digest[BD_DIGEST_BYTES], struct bd_err *err)
{
    char digest[BD_DIGEST_BYTES];
    bd_auto_fd int fd =
        openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return bd_err_errno(err, errno, "make a file beside it");
    int rc = copy(src, fd, UINT64_MAX, digest, err);
    if (rc < 0)
        return rc;
    if (fchmod(fd, mode & 07777) < 0 || fsync(fd) < 0)
        return bd_err_errno(err, errno, "write");
    if (renameat(dir, temp, dir, name) < 0)
        return bd_err_errno(err, errno, "give it its name");
    memcpy(ret_digest, digest, sizeof(digest));
    return 0;
}

int ns_put(const struct channel *c, const struct node_plan *node, int src_fd, const char *path,
           mode_t mode, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err)
{
    __attribute__((cleanup(ns_node_done))) struct ns_node n = {.found = {.pidfd = -1},
                                                               .root_fd = -1};
    char id[BD_ID_BYTES], temp[32];
    const char *name = NULL;
    int rc = ns_node_open(c, node, &n, err);
    if (rc < 0)
        return rc;
    bd_auto_fd int dir = inroot_open_parent(n.root_fd, path, false, &name);
    if (dir < 0)
        return bd_err_errno(err, -dir, "open its directory");
    bd_id_new(id);
    snprintf(temp, sizeof(temp), ".bench-put-%s", id);
    rc = fill(dir, temp, name, src_fd, mode, ret_digest, err);
    if (rc < 0)
        unlinkat(dir, temp, 0);
    return rc;
}

/* Opens a regular file for reading; anything else is looked at only, as opening a device or a pipe
 * does something. */
static int open_regular(int root_fd, const char *path, uint64_t max_bytes, int *ret_fd,
                        struct bd_err *err)
{
    struct stat st;
    bd_auto_fd int found = inroot_open(root_fd, path, O_PATH, 0);
    if (found < 0)
        return bd_err_errno(err, -found, "open");
    if (fstat(found, &st) < 0)
        return bd_err_errno(err, errno, "look at it");
    if (!S_ISREG(st.st_mode))
        return bd_err_set(err, BD_EINVALID, "not a regular file");
    if (st.st_size > 0 && (uint64_t)st.st_size > max_bytes)
        return bd_err_errno(err, EFBIG, "%lld bytes are more than %llu", (long long)st.st_size,
                            (unsigned long long)max_bytes);
    bd_auto_free char *self = bd_xasprintf("/proc/self/fd/%d", found);
    int fd = open(self, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open");
    *ret_fd = fd;
    return 0;
}

int ns_get(const struct channel *c, const struct node_plan *node, const char *path, int dst_fd,
           uint64_t max_bytes, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err)
{
    __attribute__((cleanup(ns_node_done))) struct ns_node n = {.found = {.pidfd = -1},
                                                               .root_fd = -1};
    bd_auto_fd int src = -1;
    int rc = ns_node_open(c, node, &n, err);
    if (rc == 0)
        rc = open_regular(n.root_fd, path, max_bytes, &src, err);
    return rc < 0 ? rc : copy(src, dst_fd, max_bytes, ret_digest, err);
}
