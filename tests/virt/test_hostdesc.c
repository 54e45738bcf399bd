/* What a host is, read from files of a made-up one. */
#include "lib/virt/hostdesc.h"
#include "tests/base/unit.h"

#include <string.h>

static void put(const char *root, const char *name, const char *text)
{
    bd_auto_free char *path = bd_xasprintf("%s%s", root, name);
    bd_auto_free char *dir = bd_path_dir(path);
    ck_assert_int_eq(bd_mkdir_p(dir, 0700, NULL), 0);
    ck_assert_int_eq(bd_write_file(path, text, strlen(text), 0600, NULL), 0);
}

#define CPU "/sys/devices/system/cpu"

static const struct {
    const char *name, *text;
} files[] = {
    {"/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n"
                      "model name\t: A CPU @ 2.10GHz\nstepping\t: 4\nmicrocode\t: 0x2006e05\n"
                      "flags\t\t: fpu vme hypervisor lahf_lm\nbugs\t\t: spectre_v1\n\n"
                      "processor\t: 1\nmodel name\t: Another\n"},
    {"/proc/cmdline",
     "BOOT_IMAGE=/vmlinuz root=UUID=secret ro mitigations=off quiet isolcpus=2-3\n"},
    {"/proc/meminfo", "MemTotal:       16303132 kB\nMemFree: 1 kB\nSwapTotal:       2097148 kB\n"},
    {"/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"},
    {"/proc/sys/kernel/version", "#1 SMP\n"},
    {"/proc/sys/kernel/numa_balancing", "1\n"},
    {"/proc/sys/vm/swappiness", "60\n"},
    {"/proc/self/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"},
    {CPU "/online", "0-2\n"},
    {CPU "/smt/control", "on\n"},
    {CPU "/cpu0/topology/physical_package_id", "0\n"},
    {CPU "/cpu0/topology/core_id", "0\n"},
    {CPU "/cpu0/cpufreq/scaling_governor", "performance\n"},
    {CPU "/cpu0/cpufreq/scaling_driver", "intel_pstate\n"},
    {CPU "/cpu1/online", "1\n"},
    {CPU "/cpu1/topology/physical_package_id", "0\n"},
    {CPU "/cpu1/topology/core_id", "0\n"},
    {CPU "/cpu1/cpufreq/scaling_governor", "powersave\n"},
    {CPU "/cpu2/online", "1\n"},
    {CPU "/cpu2/topology/physical_package_id", "1\n"},
    {CPU "/cpu2/topology/core_id", "0\n"},
    {CPU "/cpu2/cpufreq/scaling_governor", "performance\n"},
    {CPU "/cpu3/online", "0\n"},
    {CPU "/cpu3/topology/physical_package_id", "2\n"},
    {CPU "/cpu3/topology/core_id", "0\n"},
    {CPU "/cpuidle/current_driver", "intel_idle\n"},
    {CPU "/intel_pstate/no_turbo", "1\n"},
    {CPU "/vulnerabilities/meltdown", "Mitigation: PTI\n"},
    {CPU "/vulnerabilities/l1tf", "Not affected\n"},
    {"/sys/devices/system/node/node0/cpulist", "0-1\n"},
    {"/sys/devices/system/node/node0/distance", "10 21\n"},
    {"/sys/devices/system/node/node0/meminfo",
     "Node 0 MemTotal:        8151566 kB\nNode 0 MemFree: 1 kB\n"},
    {"/sys/devices/system/node/node1/cpulist", "2\n"},
    {"/sys/devices/system/node/node1/distance", "21 10\n"},
    {"/sys/devices/system/node/node1/meminfo", "Node 1 MemTotal:        8151040 kB\n"},
    {"/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"},
    {"/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"},
    {"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "128\n"},
    {"/sys/kernel/mm/ksm/run", "0\n"},
    {"/sys/class/dmi/id/sys_vendor", "QEMU\n"},
    {"/sys/class/dmi/id/product_name", "Standard PC (Q35 + ICH9, 2009)\n"},
};

static const char expected[] =
    "{'cgroups':'unified','cpu':{'boost':false,'cores':2,'family':'6','frequencyDrivers':"
    "['intel_pstate'],'governors':['performance','powersave'],'microcode':'0x2006e05','model':"
    "'A CPU @ 2.10GHz','smt':'on','sockets':2,'stepping':'4','threads':3,'vendor':'GenuineIntel'},"
    "'kernel':{'clocksource':'tsc','machine':'MACHINE','mitigations':{'l1tf':'Not affected',"
    "'meltdown':'Mitigation: PTI'},'options':'mitigations=off isolcpus=2-3','release':"
    "'6.1.0-18-amd64','version':'#1 SMP'},'libvirt':'9.0.0','memory':{'hugePages':{'2048kB':128},"
    "'numaBalancing':1,'samePageMerging':0,'swapMiB':2047,'swappiness':60,'totalMiB':15921,"
    "'transparentHugePages':'madvise'},'numa':[{'cpus':'0-1','distance':'10 21','memoryMiB':7960,"
    "'node':'node0'},{'cpus':'2','distance':'21 "
    "10','memoryMiB':7960,'node':'node1'}],'qemu':null,'schema':'benchd.host/"
    "1','virtual':{'is':true,'kind':'qemu'}}";

static char *text_of(const char *root)
{
    bd_auto_json json_t *host = hostdesc_read(root, "9.0.0", NULL);
    json_object_set_new(json_object_get(host, "kernel"), "machine", json_string("MACHINE"));
    char *text = bd_json_text(host);
    for (char *c = text; *c; c++)
        *c = *c == '"' ? '\'' : *c;
    return text;
}

START_TEST(test_everything_is_read)
{
    char *root = unit_dir();
    for (size_t i = 0; i < BD_ARRAY_LEN(files); i++)
        put(root, files[i].name, files[i].text);
    bd_auto_free char *text = text_of(root);
    ck_assert_str_eq(text, expected);
    ck_assert_ptr_null(strstr(text, "secret"));
    unit_dir_done(root);
}
END_TEST

START_TEST(test_the_digest_is_of_what_matters)
{
    char *root = unit_dir();
    char before[BD_DIGEST_BYTES], same[BD_DIGEST_BYTES], after[BD_DIGEST_BYTES];
    for (size_t i = 0; i < BD_ARRAY_LEN(files); i++)
        put(root, files[i].name, files[i].text);
    bd_auto_json json_t *a = hostdesc_read(root, "9.0.0", "7.2.0");
    put(root, "/proc/meminfo",
        "MemTotal:       16303136 kB\nMemFree: 2 kB\nSwapTotal: 2097148 kB\n");
    bd_auto_json json_t *b = hostdesc_read(root, "9.0.0", "7.2.0");
    put(root, CPU "/cpu0/cpufreq/scaling_governor", "powersave\n");
    put(root, CPU "/cpu2/cpufreq/scaling_governor", "powersave\n");
    bd_auto_json json_t *c = hostdesc_read(root, "9.0.0", "7.2.0");
    hostdesc_digest(a, before);
    hostdesc_digest(b, same);
    hostdesc_digest(c, after);
    ck_assert_str_eq(before, same);
    ck_assert_str_ne(before, after);
    unit_dir_done(root);
}
END_TEST

/* Memory that is plugged into a virtual machine comes and goes in it. */
START_TEST(test_the_memory_of_an_only_node_is_told_once)
{
    char *root = unit_dir();
    put(root, "/sys/devices/system/node/node0/cpulist", "0-1\n");
    put(root, "/sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 4096 kB\n");
    bd_auto_json json_t *host = hostdesc_read(root, NULL, NULL);
    const json_t *node = json_array_get(json_object_get(host, "numa"), 0);
    ck_assert_str_eq(bd_json_str(node, "cpus", "?"), "0-1");
    ck_assert(json_is_null(json_object_get(node, "memoryMiB")));
    unit_dir_done(root);
}
END_TEST

/* Machines have none of it, or nonsense: then it is not known. */
START_TEST(test_what_is_not_there_is_null)
{
    char *root = unit_dir();
    bd_auto_json json_t *host = hostdesc_read(root, NULL, NULL);
    const json_t *cpu = json_object_get(host, "cpu"), *memory = json_object_get(host, "memory");
    ck_assert(json_is_null(json_object_get(cpu, "model")));
    ck_assert(json_is_null(json_object_get(cpu, "sockets")));
    ck_assert(json_is_null(json_object_get(memory, "totalMiB")));
    ck_assert(json_is_null(json_object_get(json_object_get(host, "virtual"), "is")));
    ck_assert(json_is_null(json_object_get(host, "libvirt")));
    ck_assert_str_eq(bd_json_str(host, "cgroups", "?"), "none");
    put(root, "/proc/cpuinfo", "model name\t: \xff\xfe\nmodel name");
    put(root, "/proc/meminfo", "MemTotal: lots\n");
    put(root, "/sys/kernel/mm/transparent_hugepage/enabled", "[never");
    put(root, CPU "/online", "");
    bd_auto_json json_t *odd = hostdesc_read(root, NULL, NULL);
    ck_assert(json_is_null(json_object_get(json_object_get(odd, "cpu"), "model")));
    ck_assert(json_is_null(json_object_get(json_object_get(odd, "memory"), "totalMiB")));
    unit_dir_done(root);
}
END_TEST

static const struct {
    const char *vendor, *product, *flags;
    const char *kind; /* "": none */
    bool is;
} machines[] = {
    {"Dell Inc.", "PowerEdge R650", "fpu vme", "", false},
    {"Dell Inc.", "PowerEdge R650", "fpu hypervisor vme", "", true},
    {"Dell Inc.", "PowerEdge R650", "fpu hypervisors", "", false},
    {"Microsoft Corporation", "Virtual Machine", "fpu", "microsoft", true},
    {"Microsoft Corporation", "Surface", "fpu", "", false},
    {"Amazon EC2", "c5.xlarge", "fpu", "amazon", true},
    {"Google", "Google Compute Engine", "fpu", "google", true},
    {"VMware, Inc.", "VMware7,1", "fpu", "vmware", true},
};

START_TEST(test_virtual_machines)
{
    char *root = unit_dir();
    bd_auto_free char *info = bd_xasprintf("flags\t\t: %s\n", machines[_i].flags);
    put(root, "/proc/cpuinfo", info);
    put(root, "/sys/class/dmi/id/sys_vendor", machines[_i].vendor);
    put(root, "/sys/class/dmi/id/product_name", machines[_i].product);
    bd_auto_json json_t *host = hostdesc_read(root, NULL, NULL);
    const json_t *is = json_object_get(host, "virtual");
    ck_assert_int_eq(bd_json_bool(is, "is", -1), machines[_i].is);
    ck_assert_str_eq(bd_json_str(is, "kind", ""), machines[_i].kind);
    unit_dir_done(root);
}
END_TEST

START_TEST(test_lists_of_the_kernel)
{
    ck_assert_uint_eq(hostdesc_count("0-3,8"), 5);
    ck_assert_uint_eq(hostdesc_count("0"), 1);
    ck_assert_uint_eq(hostdesc_count(""), 0);
    ck_assert_uint_eq(hostdesc_count("0-1,4-7,9\n"), 7);
    ck_assert_uint_eq(hostdesc_count("5-3"), 0);
}
END_TEST

START_TEST(test_only_options_that_matter_are_told)
{
    static const struct {
        const char *line, *told;
    } lines[] = {
        {"", ""},
        {"quiet splash", ""},
        {"nosmt=force ip=10.0.0.1 mitigations=auto,nosmt", "nosmt=force mitigations=auto,nosmt"},
        {"mitigationsx=1 xmitigations=1 password=mitigations", ""},
        {"hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=9",
         "hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=9"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(lines); i++) {
        bd_auto_free char *told = hostdesc_cmdline(lines[i].line);
        ck_assert_str_eq(told, lines[i].told);
    }
}
END_TEST

START_TEST(test_versions_of_qemu)
{
    char version[8];
    ck_assert(hostdesc_qemu_version("QEMU emulator version 7.2.13 (Debian 1:7.2)\n", version, 8));
    ck_assert_str_eq(version, "7.2.13");
    ck_assert(!hostdesc_qemu_version("QEMU emulator version 10.200.3000\n", version, 8));
    ck_assert(!hostdesc_qemu_version("qemu: not found\n", version, 8));
    ck_assert(!hostdesc_qemu_version("", version, 8));
}
END_TEST

/* This host, whatever it is. */
START_TEST(test_this_host_has_a_description)
{
    char a[BD_DIGEST_BYTES], b[BD_DIGEST_BYTES];
    bd_auto_json json_t *one = hostdesc_read("", NULL, NULL);
    bd_auto_json json_t *two = hostdesc_read("", NULL, NULL);
    hostdesc_digest(one, a);
    hostdesc_digest(two, b);
    ck_assert_str_eq(a, b);
    ck_assert(json_is_string(json_object_get(json_object_get(one, "kernel"), "release")));
    ck_assert(json_is_integer(json_object_get(json_object_get(one, "memory"), "totalMiB")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("virt-hostdesc");
    TCase *tcase = tcase_create("virt-hostdesc");
    tcase_add_test(tcase, test_everything_is_read);
    tcase_add_test(tcase, test_the_digest_is_of_what_matters);
    tcase_add_test(tcase, test_the_memory_of_an_only_node_is_told_once);
    tcase_add_test(tcase, test_what_is_not_there_is_null);
    tcase_add_loop_test(tcase, test_virtual_machines, 0, BD_ARRAY_LEN(machines));
    tcase_add_test(tcase, test_lists_of_the_kernel);
    tcase_add_test(tcase, test_only_options_that_matter_are_told);
    tcase_add_test(tcase, test_versions_of_qemu);
    tcase_add_test(tcase, test_this_host_has_a_description);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
