#include "lib/base/mem.h"
#include "lib/virt/rtnl_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#define REPLY_BYTES 65536 /* the kernel fills at most 32 KiB a message of a dump */

/*
 * VPNs cover the world with two routes of prefix 1, others with some more: such a route says where
 * the rest goes, as a default route does. Nobody's own network is larger than a class A.
 */
#define LEAST_PREFIX 8

struct rtnl_request rtnl_request_make(unsigned short type, unsigned short flags, size_t body)
{
    return (struct rtnl_request){
        .head = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(body),
                 .nlmsg_type = type,
                 .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags),
                 .nlmsg_seq = 1},
    };
}

struct rtattr *rtnl_attr_add(struct rtnl_request *r, unsigned short type, const void *data,
                             size_t n)
{
    struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));
    a->rta_type = type;
    a->rta_len = (unsigned short)RTA_LENGTH(n);
    if (n)
        memcpy(RTA_DATA(a), data, n);
    r->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len));
    return a;
}

void rtnl_attr_close(struct rtnl_request *r, struct rtattr *a)
{
    a->rta_len = (unsigned short)((char *)r + r->head.nlmsg_len - (char *)a);
}

static int rtnl_open(const struct rtnl_request *r, int *ret_fd)
{
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    bd_auto_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0 ||
        sendto(fd, r, r->head.nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
        return -errno;
    *ret_fd = bd_take_fd(&fd);
    return 0;
}

/* Hands each message to fn until the end of a dump or an acknowledgement. */
static int rtnl_receive(int fd, rtnl_fn fn, void *arg)
{
    bd_auto_free char *buf = bd_xmalloc(REPLY_BYTES);
    for (;;) {
        ssize_t got = recv(fd, buf, REPLY_BYTES, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        size_t left = (size_t)got;
        for (const struct nlmsghdr *m = (const void *)buf; NLMSG_OK(m, left);
             m = NLMSG_NEXT(m, left)) {
            if (m->nlmsg_type == NLMSG_DONE)
                return 0;
            if (m->nlmsg_type == NLMSG_ERROR)
                return ((const struct nlmsgerr *)NLMSG_DATA(m))->error;
            int rc = fn ? fn(m, arg) : 0;
            if (rc < 0)
                return rc;
        }
    }
}

int rtnl_ask(const struct rtnl_request *r, rtnl_fn fn, void *arg)
{
    bd_auto_fd int fd = -1;
    int rc = rtnl_open(r, &fd);
    return rc < 0 ? rc : rtnl_receive(fd, fn, arg);
}

static int link_add(const char *name, const char *kind, bool plain_bridge, struct bd_err *err)
{
    struct rtnl_request r = rtnl_request_make(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                                              sizeof(struct ifinfomsg));
    const uint32_t none = 0;

    rtnl_attr_add(&r, IFLA_IFNAME, name, strlen(name) + 1);
    struct rtattr *info = rtnl_attr_add(&r, IFLA_LINKINFO, NULL, 0);
    rtnl_attr_add(&r, IFLA_INFO_KIND, kind, strlen(kind));
    if (plain_bridge) {
        struct rtattr *data = rtnl_attr_add(&r, IFLA_INFO_DATA, NULL, 0);
        rtnl_attr_add(&r, IFLA_BR_STP_STATE, &none, sizeof(none));
        rtnl_attr_add(&r, IFLA_BR_FORWARD_DELAY, &none, sizeof(none));
        rtnl_attr_close(&r, data);
    }
    rtnl_attr_close(&r, info);
    int rc = rtnl_ask(&r, NULL, NULL);
    return rc < 0 ? bd_err_errno(err, -rc, "make %s %s", kind, name) : 0;
}

int rtnl_bridge_add(const char *name, struct bd_err *err)
{
    return link_add(name, "bridge", true, err);
}

int rtnl_veth_add(const char *name, struct bd_err *err)
{
    return link_add(name, "veth", false, err);
}

int rtnl_ifb_add(const char *name, struct bd_err *err)
{
    return link_add(name, "ifb", false, err);
}

int rtnl_link_up(const char *name, struct bd_err *err)
{
    struct rtnl_request r = rtnl_request_make(RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
    r.body.link.ifi_flags = IFF_UP;
    r.body.link.ifi_change = IFF_UP;
    rtnl_attr_add(&r, IFLA_IFNAME, name, strlen(name) + 1);
    int rc = rtnl_ask(&r, NULL, NULL);
    return rc < 0 ? bd_err_errno(err, -rc, "set link %s up", name) : 0;
}

int rtnl_link_del(const char *name, struct bd_err *err)
{
    struct rtnl_request r = rtnl_request_make(RTM_DELLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
    rtnl_attr_add(&r, IFLA_IFNAME, name, strlen(name) + 1);
    int rc = rtnl_ask(&r, NULL, NULL);
    return rc < 0 ? bd_err_errno(err, -rc, "remove link %s", name) : 0;
}

int rtnl_dump(unsigned short type, unsigned char family, rtnl_fn fn, void *arg, struct bd_err *err)
{
    /* The family is the first byte of each of the three bodies, of which the link's is the largest.
     */
    struct rtnl_request r = rtnl_request_make(type, NLM_F_DUMP, sizeof(struct ifinfomsg));
    r.body.link.ifi_family = family;
    int rc = rtnl_ask(&r, fn, arg);
    return rc < 0 ? bd_err_errno(err, -rc, "ask the kernel for its links, addresses or routes") : 0;
}

/* The attributes behind a body of this size; NULL where the message is too short. */
static const struct rtattr *attrs_of(const struct nlmsghdr *m, size_t body, size_t *ret_left)
{
    if (m->nlmsg_len < NLMSG_SPACE(body))
        return NULL;
    *ret_left = m->nlmsg_len - NLMSG_SPACE(body);
    return (const void *)((const char *)m + NLMSG_SPACE(body));
}

static const struct rtattr *attr_find(const struct rtattr *a, size_t left, unsigned short type,
                                      size_t least)
{
    for (; a && RTA_OK(a, left); a = RTA_NEXT(a, left))
        if ((a->rta_type & NLA_TYPE_MASK) == type && RTA_PAYLOAD(a) >= least)
            return a;
    return NULL;
}

bool rtnl_read_link(const struct nlmsghdr *msg, struct rtnl_link *ret_link)
{
    size_t left = 0;
    const struct rtattr *all = attrs_of(msg, sizeof(struct ifinfomsg), &left);
    if (msg->nlmsg_type != RTM_NEWLINK || !all)
        return false;
    const struct rtattr *name = attr_find(all, left, IFLA_IFNAME, 2);
    if (!name || !memchr(RTA_DATA(name), '\0', RTA_PAYLOAD(name)))
        return false;
    /* A peer in another namespace has an index of that namespace, which says nothing here. */
    bool elsewhere = attr_find(all, left, IFLA_LINK_NETNSID, sizeof(int32_t)) != NULL;
    const struct rtattr *peer = elsewhere ? NULL : attr_find(all, left, IFLA_LINK, sizeof(int32_t));
    *ret_link = (struct rtnl_link){
        .index = ((const struct ifinfomsg *)NLMSG_DATA(msg))->ifi_index,
        .elsewhere = elsewhere,
        .name = RTA_DATA(name),
    };
    if (peer)
        memcpy(&ret_link->peer, RTA_DATA(peer), sizeof(ret_link->peer));
    return true;
}

static bool subnet_of(const struct rtattr *attr, unsigned prefix, struct subnet *ret_subnet)
{
    if (!attr || prefix < LEAST_PREFIX || prefix > 32)
        return false;
    uint32_t addr;
    memcpy(&addr, RTA_DATA(attr), sizeof(addr));
    ret_subnet->prefix = prefix;
    ret_subnet->base = ntohl(addr) & ~(uint32_t)((UINT64_C(1) << (32 - prefix)) - 1);
    return true;
}

bool rtnl_read_subnet(const struct nlmsghdr *msg, struct subnet *ret_subnet)
{
    size_t left = 0;
    if (msg->nlmsg_type == RTM_NEWROUTE) {
        const struct rtattr *all = attrs_of(msg, sizeof(struct rtmsg), &left);
        const struct rtmsg *route = NLMSG_DATA(msg);
        return all && route->rtm_family == AF_INET &&
               subnet_of(attr_find(all, left, RTA_DST, sizeof(uint32_t)), route->rtm_dst_len,
                         ret_subnet);
    }
    if (msg->nlmsg_type == RTM_NEWADDR) {
        const struct rtattr *all = attrs_of(msg, sizeof(struct ifaddrmsg), &left);
        const struct ifaddrmsg *addr = NLMSG_DATA(msg);
        if (!all || addr->ifa_family != AF_INET)
            return false;
        /* Of a point-to-point link IFA_ADDRESS is the other side's; elsewhere the two are the same.
         */
        return subnet_of(attr_find(all, left, IFA_ADDRESS, sizeof(uint32_t)), addr->ifa_prefixlen,
                         ret_subnet);
    }
    return false;
}
