#include "lib/model/network.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Below, a short transfer says nothing; above, no host of today gets there through its CPUs. */
#define BANDWIDTH_MIN UINT64_C(1000000)
#define BANDWIDTH_MAX UINT64_C(100000000000)
#define LATENCY_MAX   BD_NS_PER_S
#define LOSS_MAX      0.9

#define TOLERANCE 0.1
#define CHANCE    3 /* standard errors */

static const struct {
    const char *name, *unit;
    double shown; /* so many of the unit are one of what people are told of: */
    const char *shown_unit;
} members[NETWORK_MEMBERS] = {
    [NETWORK_BANDWIDTH] = {"bandwidth", "bit/s", 1e6, "Mbit/s"},
    [NETWORK_LATENCY] = {"latency", "s", 1e-3, "ms"},
    [NETWORK_JITTER] = {"jitter", "s", 1e-3, "ms"},
    [NETWORK_LOSS] = {"loss", "1", 1e-2, "%"},
};

const char *network_member_to_str(enum network_member m)
{
    return members[m].name;
}

const char *network_member_unit(enum network_member m)
{
    return members[m].unit;
}

int network_parse_bandwidth(const char *text, uint64_t *ret_bits_per_s)
{
    static const struct {
        const char *name;
        uint64_t bits;
    } units[] = {{"bit/s", 1}, {"kbit/s", 1000}, {"Mbit/s", 1000000}, {"Gbit/s", 1000000000}};
    size_t digits = strspn(text, "0123456789");
    bd_auto_free char *number = bd_xstrndup(text, digits);
    int64_t value;
    for (size_t i = 0; i < BD_ARRAY_LEN(units); i++)
        if (strcmp(text + digits, units[i].name) == 0 &&
            bd_parse_i64(number, 1, (int64_t)(BANDWIDTH_MAX / units[i].bits), &value) == 0) {
            *ret_bits_per_s = (uint64_t)value * units[i].bits;
            return 0;
        }
    return -EINVAL;
}

static void read_bandwidth(const json_t *value, struct network_shape *s,
                           struct schema_faults *faults)
{
    const char *text = json_string_value(value);
    uint64_t bits;
    if (text && network_parse_bandwidth(text, &bits) == 0 && bits >= BANDWIDTH_MIN)
        s->bits_per_s = bits;
    else
        schema_faults_add(faults, "/network/bandwidth", text,
                          "a rate from 1Mbit/s to 100Gbit/s, such as 100Mbit/s");
}

static void read_time(const json_t *value, const char *pointer, int64_t *ret_ns,
                      struct schema_faults *faults)
{
    const char *text = json_string_value(value);
    int64_t ns;
    if (text && bd_parse_duration_ns(text, &ns) == 0 && ns >= 0 && ns <= LATENCY_MAX)
        *ret_ns = ns;
    else
        schema_faults_add(faults, pointer, text, "a time from 0s to 1s, such as 2ms");
}

static void read_loss(const json_t *value, struct network_shape *s, struct schema_faults *faults)
{
    double loss = json_number_value(value);
    if (json_is_number(value) && loss >= 0 && loss <= LOSS_MAX)
        s->loss = loss;
    else
        schema_faults_add(faults, "/network/loss", NULL,
                          "the part of the packets that is lost, from 0 to %g", LOSS_MAX);
}

void network_shape_read(const json_t *network, struct network_shape *ret_shape,
                        struct schema_faults *faults)
{
    struct network_shape s = {0};
    const json_t *bandwidth = json_object_get(network, "bandwidth"),
                 *latency = json_object_get(network, "latency"),
                 *jitter = json_object_get(network, "jitter"),
                 *loss = json_object_get(network, "loss");
    if (bandwidth)
        read_bandwidth(bandwidth, &s, faults);
    if (latency)
        read_time(latency, "/network/latency", &s.latency_ns, faults);
    if (jitter)
        read_time(jitter, "/network/jitter", &s.jitter_ns, faults);
    if (loss)
        read_loss(loss, &s, faults);
    if (s.jitter_ns > s.latency_ns)
        schema_faults_add(faults, "/network/jitter", json_string_value(jitter),
                          "at most the latency: a packet can't arrive before it was sent");
    *ret_shape = s;
}

double network_asked(const struct network_shape *s, enum network_member m)
{
    const double asked[NETWORK_MEMBERS] = {
        [NETWORK_BANDWIDTH] = (double)s->bits_per_s,
        [NETWORK_LATENCY] = (double)s->latency_ns / (double)BD_NS_PER_S,
        [NETWORK_JITTER] = (double)s->jitter_ns / (double)BD_NS_PER_S,
        [NETWORK_LOSS] = s->loss,
    };
    return asked[m];
}

bool network_has(const struct network_shape *s, enum network_member m)
{
    return network_asked(s, m) > 0;
}

bool network_is_shaped(const struct network_shape *s)
{
    bool any = false;
    for (int m = 0; m < NETWORK_MEMBERS; m++)
        any |= network_has(s, m);
    return any;
}

bool network_figure_holds(const struct network_figure *f)
{
    double off = fabs(f->measured - f->asked);
    return f->asked <= 0 || (off <= TOLERANCE * f->asked + CHANCE * f->error);
}

static int member_of(const char *name)
{
    for (int m = 0; m < NETWORK_MEMBERS; m++)
        if (strcmp(members[m].name, name) == 0)
            return m;
    return NETWORK_BANDWIDTH;
}

char *network_value_text(const char *member, double value)
{
    int m = member_of(member);
    return bd_xasprintf("%.6g %s", value / members[m].shown, members[m].shown_unit);
}

char *network_figure_words(const json_t *figure)
{
    const char *name = bd_json_str(figure, "name", "bandwidth");
    double asked = bd_json_real(figure, "asked", 0), measured = bd_json_real(figure, "measured", 0);
    bd_auto_free char *is = network_value_text(name, measured);
    bd_auto_free char *should = network_value_text(name, asked);
    return bd_xasprintf("%s from %s to %s is %s, %.3g %% %s than the %s that were asked for", name,
                        bd_json_str(figure, "from", "?"), bd_json_str(figure, "to", "?"), is,
                        100 * fabs(measured - asked) / asked, measured < asked ? "less" : "more",
                        should);
}
