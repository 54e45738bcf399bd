/*
 * Queues of links, by rtnetlink: what shapes the traffic that leaves them. Threads: any. Errors:
 * -errno; -ENOENT, -EOPNOTSUPP or -EINVAL where the kernel lacks what is asked for.
 */
#pragma once

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* The link's own queues again; fine where it has no others. */
int rtnl_tc_clear(const char *link, struct bd_err *err);
/* All that leaves the link goes at this rate at most (HTB); what has to wait does so in a queue of
 * so many bytes. */
int rtnl_tc_rate(const char *link, uint64_t bits_per_s, uint32_t queue_bytes, struct bd_err *err);

struct rtnl_netem {
    int64_t latency_ns, jitter_ns;
    double loss;
    uint32_t packets; /* of its queue: as many as are under way at once */
};
/* All that leaves the link is delayed and lost so (netem); after rtnl_tc_rate() in that one's place
 * of waiting (below_rate), else by itself. */
int rtnl_tc_netem(const char *link, bool below_rate, const struct rtnl_netem *netem,
                  struct bd_err *err);
/* All that comes in by the link leaves by another first (rtnl_ifb_add()). */
int rtnl_tc_redirect(const char *link, const char *to, struct bd_err *err);
