#include "lib/virt/hostdesc.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"
#include "lib/virt/hostdesc_priv.h"

#include <dirent.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define TEXT_BYTES_MAX (8 << 20) /* cpuinfo of a host with thousands of CPUs */

/* -- files -- */

char *desc_text(const char *root, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *name = NULL;
    if (vasprintf(&name, fmt, args) < 0)
        bd_die("out of memory");
    va_end(args);
    bd_auto_free char *path = bd_xasprintf("%s%s", root, name);
    char *text = NULL;
    free(name);
    if (bd_read_file(path, TEXT_BYTES_MAX, &text, NULL, NULL) < 0)
        return NULL;
    if (!text)
        return bd_xstrdup("");
    size_t n = strlen(text);
    while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
        text[--n] = '\0';
    return text;
}

void desc_names(const char *root, const char *folder, const char *prefix, struct bd_strv *out)
{
    bd_auto_free char *path = bd_xasprintf("%s%s", root, folder);
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (*entry->d_name != '.' && bd_starts_with(entry->d_name, prefix))
            bd_strv_add(out, entry->d_name);
    if (dir)
        closedir(dir);
    bd_strv_sort(out);
}

/* Firmware may say anything: what is no UTF-8 is left out. Empty counts as not said. */
json_t *desc_word(const char *text)
{
    return text && *text && bd_is_utf8(text, strlen(text)) ? json_string(text) : json_null();
}

json_t *desc_file(const char *root, const char *name)
{
    bd_auto_free char *text = desc_text(root, "%s", name);
    return desc_word(text);
}

json_t *desc_number(const char *root, const char *name)
{
    bd_auto_free char *text = desc_text(root, "%s", name);
    int64_t n;
    return text && bd_parse_i64(text, 0, INT64_MAX, &n) == 0 ? json_integer(n) : json_null();
}

unsigned hostdesc_count(const char *list)
{
    unsigned n = 0;
    while (*list >= '0' && *list <= '9') {
        char *end;
        unsigned long from = strtoul(list, &end, 10), to = from;
        if (*end == '-')
            to = strtoul(end + 1, &end, 10);
        n += to >= from ? (unsigned)(to - from + 1) : 0;
        list = *end == ',' ? end + 1 : end;
    }
    return n;
}

/* -- the kernel -- */

/* Of its command line: what changes how fast programs run, or how evenly. */
static const char *const options[] = {
    "mitigations",
    "nosmt",
    "isolcpus",
    "nohz",
    "nohz_full",
    "rcu_nocbs",
    "irqaffinity",
    "intel_pstate",
    "amd_pstate",
    "cpufreq.default_governor",
    "cpuidle.off",
    "cpuidle.governor",
    "processor.max_cstate",
    "intel_idle.max_cstate",
    "idle",
    "clocksource",
    "tsc",
    "hpet",
    "hugepages",
    "hugepagesz",
    "default_hugepagesz",
    "transparent_hugepage",
    "numa_balancing",
    "numa",
    "preempt",
    "threadirqs",
    "skew_tick",
    "nmi_watchdog",
    "nowatchdog",
    "audit",
    "selinux",
    "apparmor",
    "cgroup_disable",
    "cgroup_enable",
    "cgroup_no_v1",
    "systemd.unified_cgroup_hierarchy",
    "psi",
    "swapaccount",
    "pti",
    "nopti",
    "spectre_v2",
    "spectre_v2_user",
    "nospectre_v1",
    "nospectre_v2",
    "spec_store_bypass_disable",
    "l1tf",
    "mds",
    "tsx",
    "tsx_async_abort",
    "mmio_stale_data",
    "retbleed",
    "srbds",
    "gather_data_sampling",
    "reg_file_data_sampling",
    "spec_rstack_overflow",
    "spectre_bhi",
    "kvm.nx_huge_pages",
    "kvm-intel.nested",
    "kvm-amd.nested",
    "iommu",
    "intel_iommu",
    "amd_iommu",
    "maxcpus",
    "nr_cpus",
    "mem",
};

static bool is_told(const char *word)
{
    size_t n = strcspn(word, "=");
    for (size_t i = 0; i < BD_ARRAY_LEN(options); i++)
        if (strlen(options[i]) == n && strncmp(options[i], word, n) == 0)
            return true;
    return false;
}

char *hostdesc_cmdline(const char *text)
{
    bd_auto_str struct bd_str told = {0};
    bd_auto_free char *copy = bd_xstrdup(text);
    char *rest = copy, *word;
    while ((word = strsep(&rest, " \n\t")))
        if (is_told(word))
            bd_str_addf(&told, "%s%s", told.len ? " " : "", word);
    return bd_xstrdup(bd_str_text(&told));
}

/* {"meltdown": "Mitigation: PTI"} */
static json_t *mitigations_json(const char *root)
{
    static const char folder[] = "/sys/devices/system/cpu/vulnerabilities";
    bd_auto_strv struct bd_strv names = {0};
    json_t *all = json_object();
    desc_names(root, folder, "", &names);
    for (size_t i = 0; i < names.n; i++) {
        bd_auto_free char *text = desc_text(root, "%s/%s", folder, names.items[i]);
        json_object_set_new(all, names.items[i], desc_word(text));
    }
    return all;
}

static json_t *kernel_json(const char *root)
{
    struct utsname name = {0};
    (void)uname(&name);
    bd_auto_free char *line = desc_text(root, "/proc/cmdline");
    bd_auto_free char *told = hostdesc_cmdline(line ? line : "");
    return json_pack(
        "{s:o, s:o, s:s, s:s, s:o, s:o}", "release", desc_file(root, "/proc/sys/kernel/osrelease"),
        "version", desc_file(root, "/proc/sys/kernel/version"), "machine", name.machine, "options",
        told, "mitigations", mitigations_json(root), "clocksource",
        desc_file(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource"));
}

/* Which versions of cgroups are in use, as mounted. */
static json_t *cgroups_json(const char *root)
{
    bd_auto_free char *mounts = desc_text(root, "/proc/self/mounts");
    bool v1 = mounts && strstr(mounts, " cgroup "), v2 = mounts && strstr(mounts, " cgroup2 ");
    return json_string(v1 ? v2 ? "hybrid" : "v1" : v2 ? "unified" : "none");
}

/* -- QEMU -- */

bool hostdesc_qemu_version(const char *text, char *ret_version, size_t bytes)
{
    static const char head[] = "QEMU emulator version ";
    const char *begin = strstr(text, head);
    size_t n = begin ? strspn(begin + strlen(head), "0123456789.") : 0;
    if (n == 0 || n >= bytes)
        return false;
    memcpy(ret_version, begin + strlen(head), n);
    ret_version[n] = '\0';
    return true;
}

/* What the program said, known by its file: it takes some ten milliseconds to start. */
static struct {
    pthread_mutex_t lock;
    struct timespec changed;
    ino_t inode;
    char version[32];
} asked = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void ask_qemu(const char *program)
{
    const char *const argv[] = {program, "--version", NULL};
    bd_auto_str struct bd_str out = {0};
    if (bd_proc_check(argv, 5 * BD_NS_PER_S, NULL, &out, NULL) < 0 ||
        !hostdesc_qemu_version(bd_str_text(&out), asked.version, sizeof(asked.version)))
        *asked.version = '\0';
}

/* Of the QEMU that nodes of this machine's kind would run in; false: there is none. */
static bool qemu_version(char *ret_version, size_t bytes)
{
    struct utsname name = {0};
    struct stat st;
    (void)uname(&name);
    bd_auto_free char *program = bd_xasprintf("/usr/bin/qemu-system-%s", name.machine);
    if (stat(program, &st) < 0)
        return false;
    pthread_mutex_lock(&asked.lock);
    if (st.st_ino != asked.inode || st.st_mtim.tv_sec != asked.changed.tv_sec ||
        st.st_mtim.tv_nsec != asked.changed.tv_nsec) {
        ask_qemu(program);
        asked.inode = st.st_ino;
        asked.changed = st.st_mtim;
    }
    bool known = *asked.version != '\0';
    snprintf(ret_version, bytes, "%s", asked.version);
    pthread_mutex_unlock(&asked.lock);
    return known;
}

/* -- all of it -- */

json_t *hostdesc_read(const char *root, const char *libvirt, const char *qemu)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s?, s:s?}", "schema", "benchd.host/1",
                     "cpu", desc_cpu(root), "numa", desc_numa(root), "memory", desc_memory(root),
                     "kernel", kernel_json(root), "virtual", desc_virtual(root), "cgroups",
                     cgroups_json(root), "libvirt", libvirt, "qemu", qemu);
}

json_t *hostdesc_of(struct virt *virt)
{
    unsigned long v;
    char libvirt[32], qemu[32];
    bool has_libvirt = virt_version(virt, &v, NULL) == 0;
    bool has_qemu = qemu_version(qemu, sizeof(qemu));
    if (has_libvirt)
        snprintf(libvirt, sizeof(libvirt), "%lu.%lu.%lu", v / 1000000, v / 1000 % 1000, v % 1000);
    return hostdesc_read("", has_libvirt ? libvirt : NULL, has_qemu ? qemu : NULL);
}

void hostdesc_digest(const json_t *description, char ret_digest[BD_DIGEST_BYTES])
{
    bd_auto_free char *text = bd_json_text(description);
    bd_digest_of(text, strlen(text), ret_digest);
}
