/* Shared by the files of rtnl: requests to the kernel, as they are built and sent. */
#pragma once

#include "lib/virt/rtnl.h"

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/* A request being built; what goes into one is bounded: names shorter than IFNAMSIZ, structures. */
struct rtnl_request {
    struct nlmsghdr head;
    union {
        struct ifinfomsg link;
        struct rtmsg route;
        struct ifaddrmsg addr;
        struct tcmsg tc;
    } body;
    char attrs[256];
};

struct rtnl_request rtnl_request_make(unsigned short type, unsigned short flags, size_t body_bytes);
struct rtattr *rtnl_attr_add(struct rtnl_request *r, unsigned short type, const void *data,
                             size_t n);
/* The attribute holds what was added since. */
void rtnl_attr_close(struct rtnl_request *r, struct rtattr *a);
/* Hands each message of the answer to fn (may be NULL). 0 or -errno, the kernel's. */
int rtnl_ask(const struct rtnl_request *r, rtnl_fn fn, void *arg);
