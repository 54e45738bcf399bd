/* What the kernel's messages and files say: routes, addresses, links, mounts. */
#include "lib/virt/mounts.h"
#include "lib/virt/rtnl.h"
#include "lib/virt/virt.h"
#include "tests/base/unit.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* A message with one body and at most two attributes. */
struct message {
    struct nlmsghdr head;
    char rest[256];
};

static void message_begin(struct message *m, unsigned short type, const void *body, size_t bytes)
{
    *m = (struct message){.head = {.nlmsg_type = type}};
    memcpy(NLMSG_DATA(&m->head), body, bytes);
    m->head.nlmsg_len = (uint32_t)NLMSG_SPACE(bytes);
}

static void message_attr(struct message *m, unsigned short type, const void *data, size_t bytes)
{
    struct rtattr *a = (struct rtattr *)((char *)m + m->head.nlmsg_len);
    a->rta_type = type;
    a->rta_len = (unsigned short)RTA_LENGTH(bytes);
    memcpy(RTA_DATA(a), data, bytes);
    m->head.nlmsg_len += (uint32_t)RTA_SPACE(bytes);
}

START_TEST(test_routes)
{
    static const struct {
        const char *dst; /* NULL: none */
        unsigned char prefix, family;
        const char *subnet; /* NULL: says nothing */
    } vectors[] = {
        {"192.0.2.0", 24, AF_INET, "192.0.2.0/24"},
        {"10.0.0.0", 8, AF_INET, "10.0.0.0/8"},
        {"10.64.3.7", 32, AF_INET, "10.64.3.7/32"},
        {NULL, 0, AF_INET, NULL},      /* default */
        {"0.0.0.0", 1, AF_INET, NULL}, /* default by a VPN, in two halves */
        {"128.0.0.0", 1, AF_INET, NULL},
        {"10.0.0.0", 33, AF_INET, NULL},
        {"10.0.0.0", 24, AF_INET6, NULL},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        const struct rtmsg body = {.rtm_family = vectors[i].family,
                                   .rtm_dst_len = vectors[i].prefix};
        struct message m;
        struct subnet s;
        char text[SUBNET_BYTES];
        message_begin(&m, RTM_NEWROUTE, &body, sizeof(body));
        if (vectors[i].dst) {
            uint32_t dst = inet_addr(vectors[i].dst);
            message_attr(&m, RTA_DST, &dst, sizeof(dst));
        }
        bool says = rtnl_read_subnet(&m.head, &s);
        ck_assert_msg(says == (vectors[i].subnet != NULL), "vector %zu", i);
        if (says)
            ck_assert_str_eq(subnet_format(&s, text), vectors[i].subnet);
    }
}
END_TEST

START_TEST(test_addresses_and_links)
{
    const struct ifaddrmsg addr = {.ifa_family = AF_INET, .ifa_prefixlen = 20};
    const struct ifinfomsg link = {.ifi_index = 7};
    const uint32_t address = inet_addr("172.16.33.9");
    const int peer = 12;
    struct message m;
    struct subnet s;
    struct rtnl_link l;
    char text[SUBNET_BYTES];

    message_begin(&m, RTM_NEWADDR, &addr, sizeof(addr));
    message_attr(&m, IFA_ADDRESS, &address, sizeof(address));
    ck_assert(rtnl_read_subnet(&m.head, &s));
    ck_assert_str_eq(subnet_format(&s, text), "172.16.32.0/20");
    ck_assert(!rtnl_read_link(&m.head, &l));

    message_begin(&m, RTM_NEWLINK, &link, sizeof(link));
    ck_assert(!rtnl_read_link(&m.head, &l)); /* without a name */
    message_attr(&m, IFLA_IFNAME, "veth9", 6);
    message_attr(&m, IFLA_LINK, &peer, sizeof(peer));
    ck_assert(rtnl_read_link(&m.head, &l));
    ck_assert_str_eq(l.name, "veth9");
    ck_assert_int_eq(l.index, 7);
    ck_assert_int_eq(l.peer, 12);
    message_attr(&m, IFLA_LINK_NETNSID, &peer, sizeof(peer)); /* then it is one of elsewhere */
    ck_assert(rtnl_read_link(&m.head, &l));
    ck_assert_int_eq(l.peer, 0);
}
END_TEST

START_TEST(test_messages_that_are_cut_short)
{
    const struct rtmsg body = {.rtm_family = AF_INET, .rtm_dst_len = 24};
    const uint32_t dst = inet_addr("192.0.2.0");
    struct message m;
    struct subnet s;
    message_begin(&m, RTM_NEWROUTE, &body, sizeof(body));
    message_attr(&m, RTA_DST, &dst, sizeof(dst));
    uint32_t whole = m.head.nlmsg_len;
    for (uint32_t n = sizeof(m.head); n < whole; n++) {
        m.head.nlmsg_len = n;
        ck_assert(!rtnl_read_subnet(&m.head, &s));
    }
}
END_TEST

START_TEST(test_this_host_has_its_loopback)
{
    const struct subnet loopback = {.base = 127u << 24, .prefix = 8};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free struct subnet *taken = NULL;
    size_t n = 0;
    bool found = false;
    ck_assert_msg(virt_net_taken(&taken, &n, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < n; i++)
        found |= subnet_overlaps(&taken[i], &loopback);
    ck_assert(found);
}
END_TEST

static int collect(const struct mount_entry *m, void *arg)
{
    bd_str_addf(arg, "%s|%s|%s|%d\n", m->target, m->type, m->options, m->shared);
    return 0;
}

START_TEST(test_mounts)
{
    char text[] = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:15 - cgroup2 cgroup2 "
                  "rw,nsdelegate\n"
                  "22 1 254:0 / / rw - ext4 /dev/vda rw,discard\n"
                  "50 22 0:44 / /mnt/a\\040b\\134c rw master:1 - tmpfs x rw\n"
                  "no mount at all\n"
                  "51 22 0:45 / /cut - tmpfs\n"
                  "\n";
    bd_auto_str struct bd_str out = {0};
    ck_assert_int_eq(mounts_parse(text, collect, &out), 0);
    ck_assert_str_eq(bd_str_text(&out), "/sys/fs/cgroup/unified|cgroup2|rw,nsdelegate|1\n"
                                        "/|ext4|rw,discard|0\n"
                                        "/mnt/a b\\c|tmpfs|rw|0\n");
}
END_TEST

UNIT_MAIN("virt-kernel", test_routes, test_addresses_and_links, test_messages_that_are_cut_short,
          test_this_host_has_its_loopback, test_mounts)
