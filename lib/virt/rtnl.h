/*
 * The little of rtnetlink that clusters need: bridges, the end of links, and what the host has of
 * links, addresses and routes. Each call opens a socket of its own and reads to the end of the
 * answer. Threads: any. Errors: -errno.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/model/subnet.h"

#include <linux/netlink.h>
#include <stdbool.h>

/* Each: -EEXIST where there is a link of this name. A bridge without spanning tree; a veth pair,
 * the other end of which the kernel names. */
int rtnl_bridge_add(const char *name, struct bd_err *err);
int rtnl_veth_add(const char *name, struct bd_err *err);
/* What is redirected to it goes on from where it was taken, after it has waited in its queue. */
int rtnl_ifb_add(const char *name, struct bd_err *err);
int rtnl_link_up(const char *name, struct bd_err *err);
/* -ENODEV where there is none; of a veth pair both ends go. */
int rtnl_link_del(const char *name, struct bd_err *err);

struct rtnl_link {
    int index;
    int peer;         /* index of the other end of a veth pair in this namespace, or 0 */
    bool elsewhere;   /* the other end is in another namespace */
    const char *name; /* borrowed */
};

/* Called for each message of a dump; a negative answer ends it and is its result. */
typedef int (*rtnl_fn)(const struct nlmsghdr *msg, void *arg);
/* type: RTM_GETLINK, RTM_GETADDR or RTM_GETROUTE; family: AF_INET, AF_UNSPEC. */
int rtnl_dump(unsigned short type, unsigned char family, rtnl_fn fn, void *arg, struct bd_err *err);

/* What a message of a dump says; false where it is of another kind, or malformed. PURE. */
bool rtnl_read_link(const struct nlmsghdr *msg, struct rtnl_link *ret_link);
/* The subnet of an address or route; false also for default routes, in whatever form. PURE. */
bool rtnl_read_subnet(const struct nlmsghdr *msg, struct subnet *ret_subnet);
