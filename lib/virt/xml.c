#include "lib/virt/xml.h"

#include "lib/base/xml.h"
#include "lib/virt/virt_priv.h"

#include <inttypes.h>
#include <string.h>

#define INIT "/usr/libexec/benchd/bench-init"

/* As bd_str_addf() with one %s, which is escaped. */
#define ADD(out, before, text, after)                                                              \
    do {                                                                                           \
        bd_str_add(out, before);                                                                   \
        bd_xml_escape(out, text);                                                                  \
        bd_str_add(out, after);                                                                    \
    } while (0)

static void add_init(struct bd_str *out, const struct xml_node *n)
{
    bd_str_add(out, "  <os>\n    <type>exe</type>\n    <init>" INIT "</init>\n");
    if (n->layout == CGROUP_UNIFIED) {
        bd_str_add(out, "    <initenv name='BENCH_CGROUP'>" VIRT_CGROUP_BELOW "</initenv>\n");
    } else {
        ADD(out, "    <initenv name='BENCH_CGROUP'>/", n->node->cgroup, "</initenv>\n");
        ADD(out, "    <initenv name='BENCH_CGROUP_OPTIONS'>", n->cgroup_options, "</initenv>\n");
    }
    bd_str_add(out, "  </os>\n");
}

static void add_interface(struct bd_str *out, const struct xml_node *n)
{
    bd_str_add(out, "    <interface type='bridge'>\n");
    ADD(out, "      <mac address='", n->node->mac, "'/>\n");
    ADD(out, "      <source bridge='", n->plan->bridge, "'/>\n");
    ADD(out, "      <ip address='", n->node->address, "' family='ipv4'");
    bd_str_addf(out, " prefix='%u'/>\n", n->plan->subnet.prefix);
    ADD(out, "      <target dev='", n->node->link, "'/>\n");
    bd_str_add(out, "      <guest dev='eth0'/>\n    </interface>\n");
}

static void add_directory(struct bd_str *out, const char *source, const char *target)
{
    bd_str_add(out, "    <filesystem type='mount' accessmode='passthrough'>\n");
    ADD(out, "      <source dir='", source, "'/>\n");
    ADD(out, "      <target dir='", target, "'/>\n");
    bd_str_add(out, "    </filesystem>\n");
}

/*
 * What is not here is left to libvirt's defaults on purpose: the capabilities that it drops
 * (modules, clock, device nodes, audit control) are none that systemd or a scheduler needs; CPU
 * shares are set when the cluster is ready, as boot is not throttled.
 */
char *xml_lxc_domain(const struct xml_node *n)
{
    struct bd_str out = {0};
    bd_str_add(&out, "<domain type='lxc'>\n");
    ADD(&out, "  <name>", n->node->domain, "</name>\n");
    ADD(&out, "  <uuid>", n->node->uuid, "</uuid>\n");
    bd_str_addf(&out, "  <memory unit='b'>%" PRIu64 "</memory>\n", n->plan->spec.memory_bytes);
    bd_str_add(&out, "  <vcpu>1</vcpu>\n");
    add_init(&out, n);
    bd_str_add(&out, "  <clock offset='utc'/>\n"
                     "  <on_poweroff>destroy</on_poweroff>\n"
                     "  <on_reboot>restart</on_reboot>\n"
                     "  <on_crash>destroy</on_crash>\n"
                     "  <devices>\n");
    add_directory(&out, n->root, "/");
    add_directory(&out, n->shared, "/shared");
    add_interface(&out, n);
    bd_str_add(&out, "    <console type='pty'>\n"
                     "      <target type='lxc' port='0'/>\n"
                     "    </console>\n"
                     "  </devices>\n"
                     "</domain>\n");
    return bd_str_take(&out);
}
