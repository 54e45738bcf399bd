/* Links of clusters: bridges, the ends of veth pairs that stayed, and how those are shaped. */
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/virt/hostops_priv.h"
#include "lib/virt/rtnl.h"
#include "lib/virt/rtnl_tc.h"

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

/* What waits: so long at the link's rate, as a switch has it; and two of the largest bundles of
 * frames that senders make, or none would ever get through. */
#define QUEUE_MS        10
#define QUEUE_MIN_BYTES (128U << 10)

#define FRAME_BYTES         1514
#define PACKETS_A_SECOND    1000000 /* that are delayed, where no bandwidth bounds them */
#define NETEM_PACKETS_EXTRA 1000

static uint32_t queue_bytes(uint64_t bits_per_s)
{
    uint64_t bytes = bits_per_s / 8 / 1000 * QUEUE_MS;
    return bytes > QUEUE_MIN_BYTES ? (uint32_t)bytes : QUEUE_MIN_BYTES;
}

/* As many as are under way at once, or netem would drop what only takes its time. */
static uint32_t packets_under_way(const struct network_shape *s)
{
    double a_second =
        s->bits_per_s ? (double)s->bits_per_s / 8 / FRAME_BYTES : (double)PACKETS_A_SECOND;
    double seconds = (double)(s->latency_ns + s->jitter_ns) / (double)BD_NS_PER_S;
    return (uint32_t)(a_second * seconds) + NETEM_PACKETS_EXTRA;
}

static int shape_to_node(const char *link, const struct network_shape *s, struct bd_err *err)
{
    const struct rtnl_netem netem = {
        .latency_ns = s->latency_ns,
        .jitter_ns = s->jitter_ns,
        .loss = s->loss,
        .packets = packets_under_way(s),
    };
    bool delayed = s->latency_ns > 0 || s->loss > 0;
    int rc = rtnl_tc_clear(link, err);
    if (rc == 0 && s->bits_per_s)
        rc = rtnl_tc_rate(link, s->bits_per_s, queue_bytes(s->bits_per_s), err);
    if (rc == 0 && delayed)
        rc = rtnl_tc_netem(link, s->bits_per_s > 0, &netem, err);
    return rc;
}

static int shape_from_node(const char *link, const char *back, const struct network_shape *s,
                           struct bd_err *err)
{
    int rc = rtnl_ifb_add(back, err);
    if (rc == -EEXIST) {
        bd_err_clear(err);
        rc = rtnl_tc_clear(back, err);
    }
    if (rc == 0)
        rc = disable_ipv6(back, err);
    if (rc == 0)
        rc = rtnl_tc_rate(back, s->bits_per_s, queue_bytes(s->bits_per_s), err);
    if (rc == 0)
        rc = rtnl_link_up(back, err);
    return rc < 0 ? rc : rtnl_tc_redirect(link, back, err);
}

int hostops_link_shape(struct hostops *h, const char *link, const char *back,
                       const struct network_shape *shape, struct bd_err *err)
{
    int rc = hostops_check_link(link, err);
    if (rc == 0)
        rc = hostops_check_link(back, err);
    if (rc == 0)
        rc = shape_to_node(link, shape, err);
    if (rc < 0)
        return rc;
    return shape->bits_per_s ? shape_from_node(link, back, shape, err)
                             : hostops_link_del(h, back, err);
}
