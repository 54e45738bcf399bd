#include "lib/model/subnet.h"

#include "lib/base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_PREFIX 24

/* Addresses in a subnet of this prefix; 2^32 does not fit into 32 bits. */
static uint64_t size_of(unsigned prefix)
{
    return UINT64_C(1) << (32 - prefix);
}

static uint64_t end_of(const struct subnet *s)
{
    return s->base + size_of(s->prefix);
}

/* A number of at most `max` without sign or leading zero; moves *s behind it. */
static bool take_number(const char **s, unsigned max, unsigned *ret_value)
{
    unsigned value = 0;
    size_t digits = strspn(*s, "0123456789");
    if (digits == 0 || digits > 3 || (digits > 1 && **s == '0'))
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (unsigned)((*s)[i] - '0');
    if (value > max)
        return false;
    *s += digits;
    *ret_value = value;
    return true;
}

static bool take_address(const char **s, uint32_t *ret_address)
{
    uint32_t address = 0;
    for (int i = 0; i < 4; i++) {
        unsigned octet;
        if (i > 0 && *(*s)++ != '.')
            return false;
        if (!take_number(s, 255, &octet))
            return false;
        address = address << 8 | octet;
    }
    *ret_address = address;
    return true;
}

int subnet_parse(const char *s, struct subnet *ret_subnet, struct bd_err *err)
{
    struct subnet subnet;
    const char *p = s;
    if (!take_address(&p, &subnet.base) || *p++ != '/' || !take_number(&p, 32, &subnet.prefix) ||
        *p)
        return bd_err_set(err, BD_EINVALID, "'%.40s' is no IPv4 subnet; write one as 10.64.0.0/16",
                          s);
    if (subnet.base % size_of(subnet.prefix) != 0) {
        char out[SUBNET_BYTES];
        subnet.base -= (uint32_t)(subnet.base % size_of(subnet.prefix));
        return bd_err_set(err, BD_EINVALID, "'%.40s' has host bits set; the subnet is %s", s,
                          subnet_format(&subnet, out));
    }
    *ret_subnet = subnet;
    return 0;
}

const char *subnet_addr(const struct subnet *s, uint32_t index, char out[SUBNET_ADDR_BYTES])
{
    uint32_t a = s->base + index;
    snprintf(out, SUBNET_ADDR_BYTES, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
    return out;
}

const char *subnet_format(const struct subnet *s, char out[SUBNET_BYTES])
{
    char address[SUBNET_ADDR_BYTES];
    snprintf(out, SUBNET_BYTES, "%s/%u", subnet_addr(s, 0, address), s->prefix);
    return out;
}

bool subnet_overlaps(const struct subnet *a, const struct subnet *b)
{
    return a->base < end_of(b) && b->base < end_of(a);
}

unsigned subnet_prefix_for(unsigned n_nodes)
{
    uint64_t needed = (uint64_t)n_nodes + 3; /* network, gateway, broadcast */
    unsigned prefix = LONGEST_PREFIX;
    while (prefix > 0 && size_of(prefix) < needed)
        prefix--;
    return prefix;
}

int subnet_pick(const struct subnet *pool, unsigned prefix, const struct subnet *taken,
                size_t n_taken, struct subnet *ret_subnet, struct bd_err *err)
{
    uint64_t size = size_of(prefix);
    uint64_t at = pool->base;
    while (at + size <= end_of(pool)) {
        struct subnet candidate = {(uint32_t)at, prefix};
        size_t i = 0;
        while (i < n_taken && !subnet_overlaps(&candidate, &taken[i]))
            i++;
        if (i == n_taken) {
            *ret_subnet = candidate;
            return 0;
        }
        /* On behind what is in the way: the number of looks follows from taken, not from the pool.
         */
        uint64_t end = end_of(&taken[i]);
        at = (end + size - 1) / size * size;
    }
    char text[SUBNET_BYTES];
    return bd_err_set(err, BD_ENOCAPACITY,
                      "no free /%u subnet in the address pool %s; delete clusters, or configure a "
                      "pool that is larger and free of the host's own routes",
                      prefix, subnet_format(pool, text));
}
