/*
 * bench-init and bench-enter in a real container, without libvirt. Needs root and a mounted
 * cgroup2.
 *
 * What is made on the host - one cgroup tree in each of two hierarchies, one directory - is made
 * and removed by the process that runs the tests, which outlives each of them.
 */
#include "../../node/bench-enter.h"
#include "../../node/bench-init.h"
#include "../../node/cgroup.h"
#include "../../node/fatal.h"
#include "container.h"
#include "program.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Does what a starting systemd does with its cgroups, then says so. */
#define INIT                                                                                       \
    "mkdir -p /sys/fs/cgroup/init.scope && echo 0 > /sys/fs/cgroup/init.scope/cgroup.procs && "    \
    "echo ready && exec sleep infinity"

static const char *enter;
static char scratch[] = "/tmp/benchd-test-node-XXXXXX";
static const char *memory_dir, *run_dir; /* in it */
static char group[64];                   /* the tests' cgroup, as a path in its hierarchy */
static char top[512];                    /* its directory in cgroup2 */
static char v1_group[512]; /* and in a version 1 hierarchy; empty where the host has none */
static char *host_options; /* of cgroup2 */
static struct container node;
static char pidfd[16];

static void make_groups(void)
{
    struct cgroup_mounts mounts;

    snprintf(group, sizeof(group), "/benchd-test-%d", (int)getpid());
    if (cgroup_mounts_read(&mounts) != 0)
        return;
    for (size_t i = 0; i < mounts.n; i++) {
        const struct cgroup_mount *mount = &mounts.items[i];
        char *directory = mount->unified ? top : strstr(mount->options, "pids") ? v1_group : NULL;
        if (!directory || *directory || strcmp(mount->root, "/") != 0)
            continue;
        snprintf(directory, sizeof(top), "%s%s", mount->point, group);
        if (mkdir(directory, 0755) != 0)
            *directory = '\0';
        if (mount->unified)
            host_options = mount->options;
    }
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)at;
    if (type == FTW_DP)
        rmdir(path); /* what is in a cgroup's directory goes with it */
    return 0;
}

static bool kill_group(const char *directory)
{
    int fd = open(text_new("%s/cgroup.kill", directory), O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, "1", 1) == 1;

    if (fd >= 0)
        close(fd);
    return written;
}

static void remove_groups(void)
{
    if (*top) {
        kill_group(top);
        nftw(top, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
    if (*v1_group)
        rmdir(v1_group);
}

static bool make_directories(void)
{
    if (!mkdtemp(scratch))
        return false;
    memory_dir = text_new("%s/memory", scratch);
    run_dir = text_new("%s/run", scratch);
    return mkdir(memory_dir, 0755) == 0 && mkdir(run_dir, 0755) == 0;
}

static void remove_directories(void)
{
    unlink(text_new("%s%s", scratch, BENCH_INIT_FAILURE));
    rmdir(run_dir);
    rmdir(memory_dir);
    rmdir(scratch);
}

/* The first line that a container says; all that comes at once. */
static const char *said(const struct container *container)
{
    static char text[1024];

    if (!program_await(container->output))
        return "(nothing)";
    ssize_t n = read(container->output, text, sizeof(text) - 1);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void start_node(void)
{
    struct container_order order = {.memory = memory_dir,
                                    .run = run_dir,
                                    .options = host_options,
                                    .cgroup = text_new("%s/cluster/n1", group),
                                    .init = INIT,
                                    .v1_cgroup = *v1_group ? v1_group : NULL};

    ck_assert_int_eq(container_start(&order, &node), 0);
    ck_assert_str_eq(said(&node), "ready\n");
    fcntl(node.pidfd, F_SETFD, 0);
    snprintf(pidfd, sizeof(pidfd), "%d", node.pidfd);
}

static void end_node(void)
{
    container_end(&node);
}

#define in_node(...) run(enter, "--pidfd", pidfd, "--clearenv", __VA_ARGS__)

static const char *host_cgroups(void)
{
    return cgroup_read_proc(text_new("/proc/%d/cgroup", (int)node.pid));
}

static bool has_line(const char *text, const char *line)
{
    return strstr(text_new("\n%s\n", text), text_new("\n%s\n", line));
}

START_TEST(test_node_has_a_cgroup_and_cgroup_namespace_of_its_own)
{
    struct outcome own = in_node("cat", "/proc/1/cgroup");
    struct outcome shown = in_node("ls", "/sys/fs/cgroup");
    struct outcome mounts = in_node("grep", "-c", " /sys/fs/cgroup", "/proc/self/mountinfo");

    ck_assert(has_line(host_cgroups(), text_new("0::%s/cluster/n1/init.scope", group)));
    ck_assert_msg(has_line(own.out, "0::/init.scope"), "%s", own.out);
    /* The top of the hierarchy has no cgroup.kill: what is shown is a group below it. */
    ck_assert_msg(has_line(shown.out, "cgroup.kill"), "%s", shown.out);
    ck_assert_msg(has_line(shown.out, "init.scope"), "%s", shown.out);
    ck_assert_str_eq(mounts.out, "1\n");
}
END_TEST

START_TEST(test_init_sees_the_environment_without_ours)
{
    struct outcome outcome = in_node("sh", "-c", "tr '\\0' '\\n' < /proc/1/environ | sort");
    ck_assert_msg(has_line(outcome.out, "container=test"), "%s", outcome.out);
    ck_assert_msg(!strstr(outcome.out, "BENCH_"), "%s", outcome.out);
}
END_TEST

START_TEST(test_options_of_the_hosts_cgroup2_stay)
{
    struct cgroup_mounts mounts;

    ck_assert_int_eq(cgroup_mounts_read(&mounts), 0);
    for (size_t i = 0; i < mounts.n; i++)
        if (mounts.items[i].unified)
            ck_assert_str_eq(mounts.items[i].options, host_options);
}
END_TEST

static const char *const namespaces[] = {"mnt", "pid", "net", "ipc", "uts", "cgroup", "user"};

START_TEST(test_command_is_in_the_inits_namespaces)
{
    const char *path = text_new("/proc/%d/ns/%s", (int)node.pid, namespaces[_i]);
    char expected[64] = {0};

    ck_assert_int_gt(readlink(path, expected, sizeof(expected) - 1), 0);
    path = text_new("/proc/self/ns/%s", namespaces[_i]);
    ck_assert_str_eq(in_node("readlink", path).out, text_new("%s\n", expected));
}
END_TEST

START_TEST(test_command_is_in_the_inits_cgroups)
{
    struct outcome outcome = in_node("cat", "/proc/self/cgroup", "/proc/1/cgroup");
    size_t half = strlen(outcome.out) / 2;

    ck_assert_int_eq(outcome.code, 0);
    ck_assert_msg(strncmp(outcome.out, outcome.out + half, half) == 0, "%s", outcome.out);
    if (*v1_group) {
        /* Seen from the host, where the namespace hides nothing. */
        struct running sleeper = start(enter, "--pidfd", pidfd, "sh", "-c", "echo; exec sleep 99");
        const char *procs = text_new("%s/cgroup.procs", v1_group);
        ck_assert(program_await(sleeper.out));
        char *members = cgroup_read_proc(procs);
        int n = 0;
        for (char *at = members; (at = strchr(at, '\n')); at++)
            n++;
        ck_assert_msg(n >= 2, "init and the command are not both in %s: %s", procs, members);
        kill(sleeper.pid, SIGTERM);
        ck_assert_int_eq(program_finish(sleeper).code, -SIGTERM);
    }
}
END_TEST

START_TEST(test_command_can_join_a_further_cgroup)
{
    const char *directory = text_new("%s/cluster/n1/further", top);
    struct outcome outcome;

    mkdir(directory, 0755);
    outcome = in_node("--cgroup", directory, "cat", "/proc/self/cgroup");
    ck_assert_msg(has_line(outcome.out, "0::/further"), "%s", outcome.out);
    outcome = run(enter, "--cgroup", directory, "cat", "/proc/self/cgroup");
    ck_assert_msg(has_line(outcome.out, text_new("0::%s/cluster/n1/further", group)), "%s",
                  outcome.out);
}
END_TEST

START_TEST(test_command_has_the_identity_told)
{
    gid_t callers[] = {7, 8};

    ck_assert_int_eq(setgroups(2, callers), 0);
    struct outcome outcome = in_node("--uid", "1234", "--gid", "5678", "sh", "-c",
                                     "id -u; id -g; id -G; grep CapEff /proc/self/status; umask");

    ck_assert_str_eq(outcome.out, "1234\n5678\n5678\nCapEff:\t0000000000000000\n0022\n");
}
END_TEST

static const struct {
    const char *script;
    int code;
} ends[] = {
    {"exit 0", 0},
    {"exit 42", 42},
    {"exit 255", 255},
    {"kill -KILL $$", -SIGKILL},
    {"kill -TERM $$", -SIGTERM},
};

START_TEST(test_exit_code_tells_the_commands_end)
{
    ck_assert_int_eq(in_node("sh", "-c", ends[_i].script).code, ends[_i].code);
}
END_TEST

START_TEST(test_failure_in_the_node_is_told)
{
    struct outcome missing = in_node("no-such-command"), closed = in_node("/etc/passwd"),
                   astray = in_node("--cwd", "/nonexistent", "true");

    ck_assert_int_eq(missing.code, BENCH_ENTER_EXIT_NOT_FOUND);
    ck_assert_int_eq(closed.code, BENCH_ENTER_EXIT_NOT_EXECUTABLE);
    ck_assert_int_eq(astray.code, BENCH_ENTER_EXIT_FAILED);
    ck_assert_str_eq(astray.err,
                     "bench-enter: can't work in /nonexistent: No such file or directory; "
                     "name a directory that is there\n");
}
END_TEST

START_TEST(test_command_is_looked_up_in_the_node)
{
    ck_assert_int_eq(in_node("test", "-x", BENCH_INIT_PATH).code, 0);
    struct outcome outcome = in_node("--setenv", "PATH=/usr/libexec/benchd", "bench-init");
    ck_assert_int_eq(outcome.code, BENCH_INIT_EXIT_USAGE);
    ck_assert_msg(strncmp(outcome.err, "bench-init: not process 1", 25) == 0, "%s", outcome.err);
}
END_TEST

START_TEST(test_descriptors_and_streams_of_the_command)
{
    ck_assert_str_eq(in_node("ls", "/proc/self/fd").out, "0\n1\n2\n3\n");
    struct outcome apart = in_node("--cwd", "/usr", "sh", "-c", "pwd; echo wrong >&2");
    ck_assert_str_eq(apart.out, "/usr\n");
    ck_assert_str_eq(apart.err, "wrong\n");
}
END_TEST

static const int forwarded[] = {SIGTERM, SIGINT, SIGHUP};

START_TEST(test_signal_reaches_the_commands_group)
{
    struct running shell = start(enter, "--pidfd", pidfd, "sh", "-c",
                                 "trap 'exit 7' TERM INT HUP; sh -c 'echo; exec sleep 99'; exit 8");

    ck_assert(program_await(shell.out));
    kill(shell.pid, forwarded[_i]);
    /* A shell minds its traps when its child has ended: that must have had the signal too. */
    ck_assert_int_eq(program_finish(shell).code, 7);
}
END_TEST

START_TEST(test_command_is_killed_when_bench_enter_is)
{
    struct running sleeper = start(enter, "--pidfd", pidfd, "--uid", "1", "--gid", "1", "sh", "-c",
                                   "echo; exec sleep 99");

    ck_assert(program_await(sleeper.out));
    kill(sleeper.pid, SIGKILL);
    /* Its end of the pipe is closed with it. */
    ck_assert_int_eq(program_finish(sleeper).code, -SIGKILL);
}
END_TEST

START_TEST(test_one_write_ends_the_node_and_what_was_entered)
{
    struct running sleeper = start(enter, "--pidfd", pidfd, "sh", "-c", "echo; sleep 99 & wait");

    ck_assert(program_await(sleeper.out));
    ck_assert(kill_group(text_new("%s/cluster/n1", top)));
    ck_assert_int_eq(program_finish(sleeper).code, -SIGKILL);
    ck_assert_msg(program_await(node.pidfd), "the init lives on");
    struct outcome late = in_node("true");
    ck_assert_int_eq(late.code, BENCH_ENTER_EXIT_FAILED);
    ck_assert_msg(strncmp(late.err, "bench-enter: ", 13) == 0, "%s", late.err);
}
END_TEST

/* Containers of a test's own. They end with the test's process, which made them. */

START_TEST(test_name_is_a_cgroup_below_the_present_one)
{
    const char *domain = text_new("%s/domain", top);
    struct container container;
    struct container_order order = {
        .memory = memory_dir,
        .run = run_dir,
        .options = host_options,
        .cgroup = "bench",
        .bare_cgroup = domain,
        .uncovered = true,
        .init = "echo $(grep ^0: /proc/self/cgroup) $(grep -c ' /sys/fs/cgroup ' "
                "/proc/self/mountinfo); exec sleep 99"};

    mkdir(domain, 0755);
    ck_assert_int_eq(container_start(&order, &container), 0);
    ck_assert_str_eq(said(&container), "0::/ 1\n");
    const char *members = cgroup_read_proc(text_new("%s/bench/cgroup.procs", domain));
    ck_assert(has_line(members, text_new("%d", (int)container.pid)));
    container_end(&container);
}
END_TEST

static const struct {
    const char *cgroup, *init;
    int code;
    const char *said;
} failures[] = {
    {NULL, "true", BENCH_INIT_EXIT_USAGE, "bench-init: BENCH_CGROUP=: give the node's cgroup"},
    {"", "true", BENCH_INIT_EXIT_USAGE, "bench-init: BENCH_CGROUP=: give the node's cgroup"},
    {"/", "true", BENCH_INIT_EXIT_USAGE, "bench-init: BENCH_CGROUP=/: give the node's cgroup"},
    {"/a/../b", "true", BENCH_INIT_EXIT_USAGE, "bench-init: BENCH_CGROUP=/a/../b: give"},
    {"a//b", "true", BENCH_INIT_EXIT_USAGE, "bench-init: BENCH_CGROUP=a//b: give"},
    {"/cgroup.procs/n1", "true", BENCH_INIT_EXIT_CGROUP, "bench-init: can't make cgroup"},
    {"n1", NULL, BENCH_INIT_EXIT_EXEC, "bench-init: can't start /no/such/init: No such file"},
};

START_TEST(test_failed_start_is_told_by_line_and_code)
{
    struct container container;
    struct container_order order = {.memory = memory_dir,
                                    .run = run_dir,
                                    .options = host_options,
                                    .cgroup = failures[_i].cgroup,
                                    .init = failures[_i].init,
                                    .bare_cgroup = top};

    ck_assert_int_eq(container_start(&order, &container), 0);
    const char *line = said(&container);
    ck_assert_msg(strncmp(line, failures[_i].said, strlen(failures[_i].said)) == 0, "%s", line);
    ck_assert(program_await(container.pidfd));
    int status = container_end(&container);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), failures[_i].code);
    /* What was said on the console can be read on the host afterwards. */
    ck_assert_pstr_eq(cgroup_read_proc(text_new("%s%s", scratch, BENCH_INIT_FAILURE)), line);
}
END_TEST

#define n_of(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *node_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_add_unchecked_fixture(tcase, start_node, end_node);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static Suite *node_suite(void)
{
    Suite *suite = suite_create("node");
    TCase *starts = tcase_create("starts"), *entered = node_case(suite, "entered"),
          *killed = node_case(suite, "killed");

    tcase_add_test(entered, test_node_has_a_cgroup_and_cgroup_namespace_of_its_own);
    tcase_add_test(entered, test_init_sees_the_environment_without_ours);
    tcase_add_test(entered, test_options_of_the_hosts_cgroup2_stay);
    tcase_add_loop_test(entered, test_command_is_in_the_inits_namespaces, 0, n_of(namespaces));
    tcase_add_test(entered, test_command_is_in_the_inits_cgroups);
    tcase_add_test(entered, test_command_can_join_a_further_cgroup);
    tcase_add_test(entered, test_command_has_the_identity_told);
    tcase_add_loop_test(entered, test_exit_code_tells_the_commands_end, 0, n_of(ends));
    tcase_add_test(entered, test_failure_in_the_node_is_told);
    tcase_add_test(entered, test_command_is_looked_up_in_the_node);
    tcase_add_test(entered, test_descriptors_and_streams_of_the_command);
    tcase_add_loop_test(entered, test_signal_reaches_the_commands_group, 0, n_of(forwarded));
    tcase_add_test(entered, test_command_is_killed_when_bench_enter_is);
    tcase_add_test(killed, test_one_write_ends_the_node_and_what_was_entered);
    tcase_add_test(starts, test_name_is_a_cgroup_below_the_present_one);
    tcase_add_loop_test(starts, test_failed_start_is_told_by_line_and_code, 0, n_of(failures));
    suite_add_tcase(suite, starts);
    return suite;
}

static int run_tests(void)
{
    SRunner *runner = srunner_create(node_suite());

    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/* In a process of their own, so that this one is there to clean up however they end. */
static int run_tests_apart(void)
{
    int status = 1;
    pid_t runner = fork();

    if (runner == 0)
        exit(run_tests());
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    waitpid(runner, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(void)
{
    enum { SKIPPED = 77 };
    int result = 1;

    enter = program_setting("BENCH_ENTER");
    if (geteuid() != 0) {
        puts("skipped: making containers needs root");
        return SKIPPED;
    }
    make_groups();
    if (!*top) {
        puts("skipped: no whole cgroup2 is mounted in which a group can be made");
        result = SKIPPED;
    } else if (!make_directories()) {
        perror(scratch);
    } else {
        result = run_tests_apart();
    }
    remove_groups();
    if (run_dir)
        remove_directories();
    return result;
}
