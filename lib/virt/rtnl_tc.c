#include "lib/virt/rtnl_tc.h"

#include "lib/base/clock.h"
#include "lib/virt/rtnl_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/tc_act/tc_mirred.h>
#include <math.h>
#include <net/if.h>
#include <string.h>

/* The kernel's clock of queues ticks so often; tc_psched says the same in /proc/net/psched. */
#define TICK_NS 64

/* What may go at once after a pause: a timer of the host that is late by no more loses nothing. On
 * two busy CPUs a third of the rate was lost with 1 ms now and then. */
#define BURST_NS    (2 * BD_NS_PER_MS)
#define BURST_BYTES 4096 /* two frames at least */

#define QUANTUM_BYTES 60000 /* one class alone: it only has to be there */

/* HTB's one class, which all traffic is in; netem's queue, in it or by itself. */
#define HTB_HANDLE   TC_H_MAKE(1U << 16, 0)
#define HTB_CLASS    TC_H_MAKE(1U << 16, 1)
#define LEAF_HANDLE  TC_H_MAKE(16U << 16, 0)
#define INGRESS      TC_H_MAKE(TC_H_INGRESS, 0)
#define FIRST_FILTER (1U << 16)

static int begin(const char *link, unsigned short type, unsigned short flags, uint32_t parent,
                 uint32_t handle, struct rtnl_request *ret, struct bd_err *err)
{
    unsigned index = if_nametoindex(link);
    if (!index)
        return bd_err_set(err, -ENODEV, "there is no link %s", link);
    *ret = rtnl_request_make(type, (unsigned short)(NLM_F_ACK | flags), sizeof(struct tcmsg));
    ret->body.tc = (struct tcmsg){
        .tcm_ifindex = (int)index,
        .tcm_parent = parent,
        .tcm_handle = handle,
    };
    return 0;
}

static void add_kind(struct rtnl_request *r, const char *kind)
{
    rtnl_attr_add(r, TCA_KIND, kind, strlen(kind) + 1);
}

static int end(const struct rtnl_request *r, const char *link, const char *what, struct bd_err *err)
{
    int rc = rtnl_ask(r, NULL, NULL);
    return rc < 0 ? bd_err_errno(err, -rc, "%s on link %s", what, link) : 0;
}

#define MAKE (NLM_F_CREATE | NLM_F_EXCL)

static int clear_one(const char *link, uint32_t parent, struct bd_err *err)
{
    struct rtnl_request r;
    int rc = begin(link, RTM_DELQDISC, 0, parent, 0, &r, err);
    if (rc == 0)
        rc = end(&r, link, "remove the queue", err);
    /* It has none but the one that each link has. */
    if (rc != -ENOENT && rc != -EINVAL)
        return rc;
    bd_err_clear(err);
    return 0;
}

int rtnl_tc_clear(const char *link, struct bd_err *err)
{
    int rc = clear_one(link, TC_H_ROOT, err);
    return rc < 0 ? rc : clear_one(link, TC_H_INGRESS, err);
}

static int add_htb(const char *link, struct bd_err *err)
{
    const struct tc_htb_glob init = {.version = TC_HTB_PROTOVER, .rate2quantum = 10, .defcls = 1};
    struct rtnl_request r;
    int rc = begin(link, RTM_NEWQDISC, MAKE, TC_H_ROOT, HTB_HANDLE, &r, err);
    if (rc < 0)
        return rc;
    add_kind(&r, "htb");
    struct rtattr *options = rtnl_attr_add(&r, TCA_OPTIONS, NULL, 0);
    rtnl_attr_add(&r, TCA_HTB_INIT, &init, sizeof(init));
    rtnl_attr_close(&r, options);
    return end(&r, link, "put HTB", err);
}

static int add_class(const char *link, uint64_t bytes_per_s, struct bd_err *err)
{
    int64_t frames_ns = (int64_t)(BURST_BYTES * (uint64_t)BD_NS_PER_S / bytes_per_s);
    int64_t burst_ns = frames_ns > BURST_NS ? frames_ns : BURST_NS;
    const struct tc_ratespec rate = {
        .linklayer = TC_LINKLAYER_ETHERNET,
        .rate = bytes_per_s < UINT32_MAX ? (uint32_t)bytes_per_s : UINT32_MAX,
    };
    const struct tc_htb_opt parms = {
        .rate = rate,
        .ceil = rate,
        .buffer = (uint32_t)(burst_ns / TICK_NS),
        .cbuffer = (uint32_t)(burst_ns / TICK_NS),
        .quantum = QUANTUM_BYTES,
    };
    struct rtnl_request r;
    int rc = begin(link, RTM_NEWTCLASS, MAKE, HTB_HANDLE, HTB_CLASS, &r, err);
    if (rc < 0)
        return rc;
    add_kind(&r, "htb");
    struct rtattr *options = rtnl_attr_add(&r, TCA_OPTIONS, NULL, 0);
    rtnl_attr_add(&r, TCA_HTB_PARMS, &parms, sizeof(parms));
    if (rate.rate == UINT32_MAX) {
        rtnl_attr_add(&r, TCA_HTB_RATE64, &bytes_per_s, sizeof(bytes_per_s));
        rtnl_attr_add(&r, TCA_HTB_CEIL64, &bytes_per_s, sizeof(bytes_per_s));
    }
    rtnl_attr_close(&r, options);
    return end(&r, link, "put HTB's class", err);
}

static int add_queue(const char *link, uint32_t bytes, struct bd_err *err)
{
    const struct tc_fifo_qopt limit = {.limit = bytes};
    struct rtnl_request r;
    int rc = begin(link, RTM_NEWQDISC, MAKE, HTB_CLASS, LEAF_HANDLE, &r, err);
    if (rc < 0)
        return rc;
    add_kind(&r, "bfifo");
    rtnl_attr_add(&r, TCA_OPTIONS, &limit, sizeof(limit));
    return end(&r, link, "put a queue below HTB", err);
}

int rtnl_tc_rate(const char *link, uint64_t bits_per_s, uint32_t queue_bytes, struct bd_err *err)
{
    int rc = add_htb(link, err);
    if (rc == 0)
        rc = add_class(link, bits_per_s / 8, err);
    return rc < 0 ? rc : add_queue(link, queue_bytes, err);
}

int rtnl_tc_netem(const char *link, bool below_rate, const struct rtnl_netem *netem,
                  struct bd_err *err)
{
    /* The times in ticks are for kernels before 4.15; the nanoseconds count where both are. */
    const struct tc_netem_qopt q = {
        .latency = (uint32_t)(netem->latency_ns / TICK_NS),
        .jitter = (uint32_t)(netem->jitter_ns / TICK_NS),
        .limit = netem->packets,
        .loss = (uint32_t)llround(netem->loss * UINT32_MAX),
    };
    const int64_t latency_ns = netem->latency_ns, jitter_ns = netem->jitter_ns;
    struct rtnl_request r;
    int rc = begin(link, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
                   below_rate ? HTB_CLASS : TC_H_ROOT, LEAF_HANDLE, &r, err);
    if (rc < 0)
        return rc;
    add_kind(&r, "netem");
    struct rtattr *options = rtnl_attr_add(&r, TCA_OPTIONS, &q, sizeof(q));
    rtnl_attr_add(&r, TCA_NETEM_LATENCY64, &latency_ns, sizeof(latency_ns));
    rtnl_attr_add(&r, TCA_NETEM_JITTER64, &jitter_ns, sizeof(jitter_ns));
    rtnl_attr_close(&r, options);
    return end(&r, link, "put netem", err);
}

static int add_ingress(const char *link, struct bd_err *err)
{
    struct rtnl_request r;
    int rc = begin(link, RTM_NEWQDISC, MAKE, TC_H_INGRESS, INGRESS, &r, err);
    if (rc < 0)
        return rc;
    add_kind(&r, "ingress");
    return end(&r, link, "take hold of what comes in", err);
}

int rtnl_tc_redirect(const char *link, const char *to, struct bd_err *err)
{
    const struct {
        struct tc_u32_sel sel;
        struct tc_u32_key key; /* of no bits: all match */
    } all = {.sel = {.flags = TC_U32_TERMINAL, .nkeys = 1}};
    const struct tc_mirred mirred = {
        .action = TC_ACT_STOLEN,
        .eaction = TCA_EGRESS_REDIR,
        .ifindex = if_nametoindex(to),
    };
    struct rtnl_request r;
    int rc = add_ingress(link, err);
    if (rc == 0)
        rc = begin(link, RTM_NEWTFILTER, MAKE, INGRESS, 0, &r, err);
    if (rc < 0)
        return rc;
    r.body.tc.tcm_info = TC_H_MAKE(FIRST_FILTER, htons(ETH_P_ALL));
    add_kind(&r, "u32");
    struct rtattr *options = rtnl_attr_add(&r, TCA_OPTIONS, NULL, 0);
    rtnl_attr_add(&r, TCA_U32_SEL, &all, sizeof(all));
    struct rtattr *actions = rtnl_attr_add(&r, TCA_U32_ACT, NULL, 0);
    struct rtattr *first = rtnl_attr_add(&r, 1, NULL, 0);
    rtnl_attr_add(&r, TCA_ACT_KIND, "mirred", sizeof("mirred"));
    struct rtattr *of_action = rtnl_attr_add(&r, TCA_ACT_OPTIONS, NULL, 0);
    rtnl_attr_add(&r, TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
    rtnl_attr_close(&r, of_action);
    rtnl_attr_close(&r, first);
    rtnl_attr_close(&r, actions);
    rtnl_attr_close(&r, options);
    return end(&r, link, "redirect what comes in", err);
}
