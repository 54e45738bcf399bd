/* How busy the host is with what is not benchd's. */
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/virt/quiet.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char stat_text[] = "cpu  100 20 300 9000 50 6 7 80 11 12\n"
                                "cpu0 50 10 150 4500 25 3 3 40 5 6\n";

/* A host made of files. */
struct files {
    char *dir, *proc, *run, *cgroup2;
};

static void put(const char *top, const char *name, const char *text)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", top, name);
    bd_auto_free char *dir = bd_path_dir(path);
    ck_assert_int_eq(bd_mkdir_p(dir, 0700, NULL), 0);
    ck_assert_int_eq(bd_write_file(path, text, strlen(text), 0600, NULL), 0);
}

static struct files begin(void)
{
    char *dir = unit_dir();
    struct files f = {.dir = dir,
                      .proc = bd_xasprintf("%s/proc", dir),
                      .run = bd_xasprintf("%s/run", dir),
                      .cgroup2 = bd_xasprintf("%s/cgroup", dir)};
    put(f.proc, "stat", stat_text);
    return f;
}

static void end(struct files *f)
{
    free(f->proc);
    free(f->run);
    free(f->cgroup2);
    unit_dir_done(f->dir);
}

static struct quiet_sample taken(const struct files *f)
{
    struct quiet_sample s;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(quiet_take_from(&(struct quiet_places){f->proc, f->run, f->cgroup2}, &s, &err) ==
                      0,
                  "%s", err.text);
    return s;
}

static int64_t ticks(int64_t n)
{
    return n * (BD_NS_PER_S / sysconf(_SC_CLK_TCK));
}

START_TEST(test_busy_is_all_but_idle_and_waiting_and_guests_count_once)
{
    struct files f = begin();
    struct quiet_sample s = taken(&f);
    ck_assert_int_eq(s.busy_ns, ticks(100 + 20 + 300 + 6 + 7 + 80));
    ck_assert_int_eq(s.steal_ns, ticks(80));
    ck_assert_int_gt(s.mono_ns, 0);
    /* nothing of libvirt, cgroups and pressure is there */
    ck_assert_int_eq(s.nodes_ns, 0);
    ck_assert_int_eq(s.libvirt_ns, 0);
    ck_assert_double_lt(s.memory_some_avg10, 0);
    end(&f);
}
END_TEST

START_TEST(test_nodes_are_in_our_group_or_in_libvirts_groups_of_ours)
{
    struct files f = begin();
    put(f.cgroup2, "benchd/cpu.stat", "usage_usec 1000\nuser_usec 600\nsystem_usec 400\n");
    put(f.cgroup2, "machine.slice/machine-lxc\\x2d7\\x2dbd\\x2d00000001\\x2dn1.scope/cpu.stat",
        "usage_usec 200\n");
    put(f.cgroup2, "machine/lxc-8-bd-00000001-n2.libvirt-lxc/cpu.stat", "usage_usec 30\n");
    put(f.cgroup2, "machine.slice/machine-qemu\\x2d1\\x2dother.scope/cpu.stat", "usage_usec 4\n");
    put(f.cgroup2, "machine.slice/cpu.stat", "usage_usec 5\n");
    ck_assert_int_eq(taken(&f).nodes_ns, 1230 * 1000);
    end(&f);
}
END_TEST

START_TEST(test_libvirt_is_its_daemon_and_the_controllers_of_our_nodes)
{
    static const char *const name[] = {"(libvirtd)", "(lxc ) S 9 (x)"};
    struct files f = begin();
    for (int i = 0; i < 2; i++) {
        bd_auto_free char *file = bd_xasprintf("%d/stat", 70 + i);
        bd_auto_free char *text = bd_xasprintf(
            "%d %s S 1 70 70 0 -1 4194304 5 6 7 8 %d 20 3 4 20 0", 70 + i, name[i], 100 * (i + 1));
        put(f.proc, file, text);
    }
    put(f.run, "libvirtd.pid", "70\n");
    put(f.run, "libvirt/lxc/bd-00000001-n1.pid", "71");
    ck_assert_int_eq(taken(&f).libvirt_ns, ticks(127 + 227));
    put(f.run, "libvirt/lxc/other.pid", "71");
    put(f.run, "libvirt/lxc/bd-00000001-n2.pid", "72"); /* gone */
    put(f.run, "libvirt/lxc/bd-00000001-n3.pid", "what");
    put(f.run, "virtlxcd.pid", "");
    ck_assert_int_eq(taken(&f).libvirt_ns, ticks(127 + 227));
    end(&f);
}
END_TEST

START_TEST(test_pressure_is_that_of_the_last_ten_seconds)
{
    struct files f = begin();
    put(f.proc, "pressure/memory",
        "some avg10=12.34 avg60=0.50 avg300=0.00 total=1283747\n"
        "full avg10=1.00 avg60=0.00 avg300=0.00 total=981026\n");
    ck_assert_double_eq_tol(taken(&f).memory_some_avg10, 12.34, 1e-9);
    put(f.proc, "pressure/memory", "off\n");
    ck_assert_double_lt(taken(&f).memory_some_avg10, 0);
    end(&f);
}
END_TEST

START_TEST(test_what_the_host_must_say_is_missed_by_name)
{
    static const char *const texts[] = {"", "cpu\n", "cpu 1 2 3 4 5 6 7\n", "intr 1 2 3\n"};
    struct files f = begin();
    struct quiet_places places = {f.proc, f.run, f.cgroup2};
    struct quiet_sample s = {.mono_ns = 77};
    for (size_t i = 0; i < BD_ARRAY_LEN(texts); i++) {
        struct bd_err err = BD_ERR_INIT;
        put(f.proc, "stat", texts[i]);
        ck_assert_int_eq(quiet_take_from(&places, &s, &err), BD_ECORRUPT);
        ck_assert_ptr_nonnull(strstr(err.text, "/proc/stat"));
    }
    struct bd_err err = BD_ERR_INIT;
    places.proc = "/nowhere";
    ck_assert_int_eq(quiet_take_from(&places, &s, &err), -ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/stat"));
    ck_assert_int_eq(s.mono_ns, 77); /* untouched */
    end(&f);
}
END_TEST

START_TEST(test_what_is_ours_is_taken_off_and_nothing_is_negative)
{
    static const struct {
        struct quiet_sample before, after;
        double cpus;
    } vectors[] = {
        {{.mono_ns = 0}, {.mono_ns = 1000, .busy_ns = 1500}, 1.5},
        {{.mono_ns = 500, .busy_ns = 100, .self_ns = 10, .nodes_ns = 20, .libvirt_ns = 30},
         {.mono_ns = 1500, .busy_ns = 2100, .self_ns = 110, .nodes_ns = 220, .libvirt_ns = 330},
         1.4},
        {{.mono_ns = 0},
         {.mono_ns = 1000, .busy_ns = 100, .nodes_ns = 500},
         0}, /* ticks are coarse */
        /* a new libvirtd begins from nothing: what it had before is not taken for others' */
        {{.mono_ns = 0, .libvirt_ns = 90000},
         {.mono_ns = 1000, .busy_ns = 400, .libvirt_ns = 5},
         0.4},
        {{.mono_ns = 7, .busy_ns = 1}, {.mono_ns = 7, .busy_ns = 2}, 0},
        {{.mono_ns = 0, .busy_ns = 900},
         {.mono_ns = 1000, .busy_ns = 800},
         0}, /* a CPU was taken away */
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        double cpus = quiet_outside_cpus(&vectors[i].before, &vectors[i].after);
        ck_assert_double_eq_tol(cpus, vectors[i].cpus, 1e-9);
    }
}
END_TEST

/* It is no child that has ended, so its time is nobody's of ours. */
static pid_t busy_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        for (volatile unsigned long n = 0;;)
            n++;
    ck_assert_int_gt(pid, 0);
    return pid;
}

START_TEST(test_a_busy_process_is_seen_and_our_own_work_is_not)
{
    struct quiet_sample before, after;
    pid_t pid = busy_process();
    ck_assert_int_eq(quiet_take("", &before, NULL), 0);
    bd_sleep_ns(BD_NS_PER_S);
    ck_assert_int_eq(quiet_take("", &after, NULL), 0);
    double seen = quiet_outside_cpus(&before, &after);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ck_assert_double_gt(seen, 0.5);

    int64_t self = after.self_ns;
    for (int64_t end = bd_mono_ns() + BD_NS_PER_S / 5; bd_mono_ns() < end;)
        continue;
    ck_assert_int_eq(quiet_take("", &after, NULL), 0);
    ck_assert_int_gt(after.self_ns, self);
}
END_TEST

UNIT_MAIN("quiet", test_busy_is_all_but_idle_and_waiting_and_guests_count_once,
          test_nodes_are_in_our_group_or_in_libvirts_groups_of_ours,
          test_libvirt_is_its_daemon_and_the_controllers_of_our_nodes,
          test_pressure_is_that_of_the_last_ten_seconds,
          test_what_the_host_must_say_is_missed_by_name,
          test_what_is_ours_is_taken_off_and_nothing_is_negative,
          test_a_busy_process_is_seen_and_our_own_work_is_not)
