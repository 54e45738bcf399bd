/* Links of clusters: bridges, and the ends of veth pairs that stayed. */
#include "lib/base/fs.h"
#include "lib/virt/hostops_priv.h"
#include "lib/virt/rtnl.h"

#include <errno.h>
#include <fcntl.h>

/* A bridge with IPv6 would talk of itself on the cluster's network. No file: no IPv6. */
static int disable_ipv6(const char *link, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("/proc/sys/net/ipv6/conf/%s/disable_ipv6", link);
    bd_auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : bd_err_errno(err, errno, "open %s", path);
    int rc = bd_write_all(fd, "1", 1);
    return rc < 0 ? bd_err_errno(err, -rc, "write %s", path) : 0;
}

int hostops_bridge_add(struct hostops *h BD_UNUSED, const char *name, struct bd_err *err)
{
    int rc = hostops_check_link(name, err);
    if (rc < 0)
        return rc;
    rc = rtnl_bridge_add(name, err);
    if (rc < 0 && rc != -EEXIST)
        return rc;
    bd_err_clear(err);
    rc = disable_ipv6(name, err);
    return rc < 0 ? rc : rtnl_link_up(name, err);
}

int hostops_link_del(struct hostops *h BD_UNUSED, const char *name, struct bd_err *err)
{
    int rc = hostops_check_link(name, err);
    if (rc < 0)
        return rc;
    rc = rtnl_link_del(name, err);
    if (rc != -ENODEV)
        return rc;
    bd_err_clear(err);
    return 0;
}
