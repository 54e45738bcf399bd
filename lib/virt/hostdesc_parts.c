/* The machine's parts: processor, memory, and whether it is a virtual one. */
#include "lib/virt/hostdesc.h"
#include "lib/virt/hostdesc_priv.h"

#include <stdio.h>
#include <string.h>

#define CPUS "/sys/devices/system/cpu"
#define DMI  "/sys/class/dmi/id"

/* -- processor -- */

/* The first value of a name in /proc/cpuinfo ("model name\t: ..."); null: it has none. */
static json_t *cpuinfo_word(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, n) != 0)
            continue;
        const char *colon = line + n + strspn(line + n, " \t");
        if (*colon != ':')
            continue;
        const char *value = colon + 1 + strspn(colon + 1, " \t");
        bd_auto_free char *word = bd_xstrndup(value, strcspn(value, "\n"));
        return desc_word(word);
    }
    return json_null();
}

static void add_once(struct bd_strv *all, char *word)
{
    if (word && *word && !bd_strv_has(all, word))
        bd_strv_take(all, word);
    else
        free(word);
}

/* What is counted over all CPUs that are online. */
struct cpus {
    struct bd_strv sockets, cores, governors, drivers;
};

static void add_cpu(const char *root, const char *cpu, struct cpus *all)
{
    bd_auto_free char *online = desc_text(root, CPUS "/%s/online", cpu); /* cpu0 has none */
    bd_auto_free char *package = desc_text(root, CPUS "/%s/topology/physical_package_id", cpu);
    bd_auto_free char *core = desc_text(root, CPUS "/%s/topology/core_id", cpu);
    if (online && strcmp(online, "1") != 0)
        return;
    if (package && core)
        add_once(&all->cores, bd_xasprintf("%s/%s", package, core));
    add_once(&all->sockets, bd_take(package));
    add_once(&all->governors, desc_text(root, CPUS "/%s/cpufreq/scaling_governor", cpu));
    add_once(&all->drivers, desc_text(root, CPUS "/%s/cpufreq/scaling_driver", cpu));
}

static json_t *words_json(struct bd_strv *words)
{
    json_t *list = json_array();
    bd_strv_sort(words);
    for (size_t i = 0; i < words->n; i++)
        json_array_append_new(list, desc_word(words->items[i]));
    return list;
}

static json_t *count_json(size_t n)
{
    return n ? json_integer((json_int_t)n) : json_null();
}

/* Whether the clock may rise above its nominal rate, as the driver in use tells. */
static json_t *boost_json(const char *root)
{
    bd_auto_free char *boost = desc_text(root, CPUS "/cpufreq/boost");
    bd_auto_free char *no_turbo = desc_text(root, CPUS "/intel_pstate/no_turbo");
    if (boost)
        return json_boolean(strcmp(boost, "1") == 0);
    return no_turbo ? json_boolean(strcmp(no_turbo, "0") == 0) : json_null();
}

json_t *desc_cpu(const char *root)
{
    bd_auto_free char *info = desc_text(root, "/proc/cpuinfo");
    bd_auto_free char *online = desc_text(root, CPUS "/online");
    bd_auto_strv struct bd_strv names = {0};
    struct cpus all = {0};
    desc_names(root, CPUS, "cpu", &names);
    for (size_t i = 0; i < names.n; i++)
        if (names.items[i][3] >= '0' && names.items[i][3] <= '9')
            add_cpu(root, names.items[i], &all);
    json_t *cpu = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "model",
        cpuinfo_word(info, "model name"), "vendor", cpuinfo_word(info, "vendor_id"), "family",
        cpuinfo_word(info, "cpu family"), "stepping", cpuinfo_word(info, "stepping"), "microcode",
        cpuinfo_word(info, "microcode"), "sockets", count_json(all.sockets.n), "cores",
        count_json(all.cores.n), "threads", count_json(online ? hostdesc_count(online) : 0), "smt",
        desc_file(root, CPUS "/smt/control"), "governors", words_json(&all.governors), "boost",
        boost_json(root));
    json_object_set_new(cpu, "frequencyDrivers", words_json(&all.drivers));
    bd_strv_done(&all.sockets);
    bd_strv_done(&all.cores);
    bd_strv_done(&all.governors);
    bd_strv_done(&all.drivers);
    return cpu;
}

/* -- memory -- */

/* Whole MiB of a line "MemTotal:  123 kB"; null: there is none. Firmware and kernel keep a few KiB
 * more or less for themselves from one start to the next. */
static json_t *meminfo_mib(const char *text, const char *name)
{
    const char *at = text ? strstr(text, name) : NULL;
    if (!at || (at != text && at[-1] != '\n') || at[strlen(name)] != ':')
        return json_null();
    char *end;
    unsigned long long kib = strtoull(at + strlen(name) + 1, &end, 10);
    return bd_starts_with(end, " kB") ? json_integer((json_int_t)(kib >> 10)) : json_null();
}

/* One node's line has its number before it: "Node 0 MemTotal:  123 kB". */
static json_t *node_mib(const char *root, const char *node)
{
    bd_auto_free char *text = desc_text(root, "/sys/devices/system/node/%s/meminfo", node);
    const char *at = text ? strstr(text, "MemTotal:") : NULL;
    return at ? meminfo_mib(at, "MemTotal") : json_null();
}

/* The memory of the only node is the host's, which is told; the kernel's own figure of it goes up
 * and down with memory that is plugged into a virtual machine. */
json_t *desc_numa(const char *root)
{
    static const char folder[] = "/sys/devices/system/node";
    bd_auto_strv struct bd_strv names = {0};
    json_t *list = json_array();
    desc_names(root, folder, "node", &names);
    for (size_t i = 0; i < names.n; i++) {
        bd_auto_free char *cpus = desc_text(root, "%s/%s/cpulist", folder, names.items[i]);
        bd_auto_free char *distance = desc_text(root, "%s/%s/distance", folder, names.items[i]);
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:o}", "node", names.items[i], "cpus", desc_word(cpus),
                            "distance", desc_word(distance), "memoryMiB",
                            names.n > 1 ? node_mib(root, names.items[i]) : json_null()));
    }
    return list;
}

/* The word in brackets of "always [madvise] never". */
static json_t *chosen_json(const char *root, const char *name)
{
    bd_auto_free char *text = desc_text(root, "%s", name);
    const char *open = text ? strchr(text, '[') : NULL;
    if (!open || !strchr(open, ']'))
        return json_null();
    bd_auto_free char *word = bd_xstrndup(open + 1, strcspn(open + 1, "]"));
    return desc_word(word);
}

/* {"2048kB": 128}: of each size, how many are set aside. */
static json_t *huge_pages_json(const char *root)
{
    static const char folder[] = "/sys/kernel/mm/hugepages", prefix[] = "hugepages-";
    bd_auto_strv struct bd_strv names = {0};
    json_t *all = json_object();
    desc_names(root, folder, prefix, &names);
    for (size_t i = 0; i < names.n; i++) {
        bd_auto_free char *name = bd_xasprintf("%s/%s/nr_hugepages", folder, names.items[i]);
        json_object_set_new(all, names.items[i] + strlen(prefix), desc_number(root, name));
    }
    return all;
}

json_t *desc_memory(const char *root)
{
    bd_auto_free char *info = desc_text(root, "/proc/meminfo");
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "totalMiB",
                     meminfo_mib(info, "MemTotal"), "swapMiB", meminfo_mib(info, "SwapTotal"),
                     "swappiness", desc_number(root, "/proc/sys/vm/swappiness"), "hugePages",
                     huge_pages_json(root), "transparentHugePages",
                     chosen_json(root, "/sys/kernel/mm/transparent_hugepage/enabled"),
                     "numaBalancing", desc_number(root, "/proc/sys/kernel/numa_balancing"),
                     "samePageMerging", desc_number(root, "/sys/kernel/mm/ksm/run"));
}

/* -- is it a virtual one -- */

/* What firmware of virtual machines calls its maker or its product. */
static const struct {
    const char *word, *kind;
} firmware[] = {
    {"QEMU", "qemu"},           {"KVM", "kvm"},
    {"VMware", "vmware"},       {"VirtualBox", "virtualbox"},
    {"innotek", "virtualbox"},  {"Xen", "xen"},
    {"Bochs", "bochs"},         {"Parallels", "parallels"},
    {"Amazon EC2", "amazon"},   {"Google Compute Engine", "google"},
    {"OpenStack", "openstack"}, {"Virtual Machine", "microsoft"},
    {"bhyve", "bhyve"},         {"Apple Virtualization", "apple"},
};

static const char *kind_of(const char *text)
{
    for (size_t i = 0; text && i < BD_ARRAY_LEN(firmware); i++)
        if (strstr(text, firmware[i].word))
            return firmware[i].kind;
    return NULL;
}

/* Processors of x86 tell their guests by a flag. */
static bool has_flag(const char *root)
{
    bd_auto_free char *info = desc_text(root, "/proc/cpuinfo");
    const char *flags = info ? strstr(info, "flags") : NULL;
    bd_auto_free char *line = bd_xstrndup(flags ? flags : "", strcspn(flags ? flags : "", "\n"));
    const char *at = strstr(line, " hypervisor");
    return at && strchr(" ", at[strlen(" hypervisor")]) != NULL;
}

/* is: null where nothing tells. */
json_t *desc_virtual(const char *root)
{
    bd_auto_free char *vendor = desc_text(root, DMI "/sys_vendor");
    bd_auto_free char *product = desc_text(root, DMI "/product_name");
    bd_auto_free char *type = desc_text(root, "/sys/hypervisor/type");
    const char *kind = kind_of(product) ? kind_of(product) : kind_of(vendor);
    if (!kind && type && *type)
        kind = type;
    bool is = kind || has_flag(root), told = is || vendor || product;
    return json_pack("{s:o, s:s?}", "is", told ? json_boolean(is) : json_null(), "kind", kind);
}
