/* Commands and files in real nodes: what is asked for happens, as the node's, and nothing stays. */
#include "lib/channel/channel.h"
#include "tests/virt/real.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define MIB (UINT64_C(1) << 20)

static struct real real;
static struct channel channel;

static const struct node_plan *node(void)
{
    return &real.plan.nodes[1];
}

/* Most of systemd must be up for units to be made. */
static void await_systemd(void)
{
    const char *const argv[] = {"systemctl", "is-active", "--quiet", "dbus.socket", NULL};
    const struct channel_cmd cmd = {.node = node(), .argv = argv};
    for (int i = 0; i < 200; i++) {
        struct bd_err err = BD_ERR_INIT;
        bd_auto_proc_result struct bd_proc_result ret = {0};
        ck_ok(channel_exec(&channel, &cmd, &ret, &err), err);
        if (ret.exit_code == 0)
            return;
        bd_sleep_ns(50 * BD_NS_PER_MS);
    }
    ck_abort_msg("systemd does not come up");
}

static void up(double cpus)
{
    struct bd_err err = BD_ERR_INIT;
    real_open(&real, 1, cpus, 256 * MIB);
    ck_ok(channel_init(&channel, "lxc", real.virt, getenv("BENCH_ENTER"), &err), err);
    real_up(&real);
    await_systemd();
}

/* No group of a command may be left, whatever became of it. */
static void check_no_groups(void)
{
    bd_auto_free char *find = bd_xasprintf("find %s/%s -name 'bench.exec-*' | wc -l",
                                           hostops_dirs_of(real.ops)->cgroup2, real.plan.cgroup);
    const char *const argv[] = {"sh", "-c", find, NULL};
    bd_auto_str struct bd_str out = {0};
    struct bd_err err = BD_ERR_INIT;
    ck_ok(bd_proc_check(argv, 0, NULL, &out, &err), err);
    ck_assert_str_eq(bd_str_text(&out), "0\n");
}

static void down(void)
{
    check_no_groups();
    real_down(&real);
    real_close(&real);
}

#define ARGV(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

struct expected {
    int exit_code;
    const char *out, *err;
    int signal;
};

static const char *last_word(const char *const *argv)
{
    while (argv[1])
        argv++;
    return *argv;
}

static void check_exec(const struct channel_cmd *cmd, const struct expected *e)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_proc_result struct bd_proc_result ret = {0};
    ck_ok(channel_exec(&channel, cmd, &ret, &err), err);
    ck_assert_msg(ret.exit_code == e->exit_code && ret.signal == e->signal &&
                      strcmp(bd_str_text(&ret.out), e->out) == 0 &&
                      (!e->err || strcmp(bd_str_text(&ret.err), e->err) == 0),
                  "%s (unit %d): exit %d, signal %d, out '%s', err '%s'", last_word(cmd->argv),
                  cmd->unit, ret.exit_code, ret.signal, bd_str_text(&ret.out),
                  bd_str_text(&ret.err));
}

START_TEST(test_exec)
{
    static const char *const env[] = {"NAME=a b $HOME %h", "LANG=C", NULL};
    struct {
        struct channel_cmd cmd;
        struct expected expected;
    } vectors[] = {
        {{.argv = ARGV("true")}, {0, "", ""}},
        {{.argv = ARGV("sh", "-c", "echo out; echo err >&2; exit 7")}, {7, "out\n", "err\n"}},
        {{.argv = ARGV("cat"), .input = "in\0put", .input_bytes = 6}, {0, "in", ""}},
        {{.argv = ARGV("cat")}, {0, "", ""}}, /* without input it is at its end */
        {{.argv = ARGV("hostname")}, {0, "n1\n", ""}},
        {{.argv = ARGV("pwd")}, {0, "/root\n", ""}},
        {{.argv = ARGV("pwd"), .cwd = "/usr/lib"}, {0, "/usr/lib\n", ""}},
        {{.argv = ARGV("printf", "%s|", "$HOME", "$$", "${x}", "%h", "a b", "", "\\n'\"")},
         {0, "$HOME|$$|${x}|%h|a b||\\n'\"|", ""}},
        {{.argv = ARGV("sh", "-c", "echo \"$NAME|$LANG|$HOME|$USER|$PATH|$TERM\""), .env = env},
         {0,
          "a b $HOME "
          "%h|C|/root|root|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin|\n",
          ""}},
        {{.argv = ARGV("sh", "-c", "id -u; id -g; pwd; echo $USER"), .user = "nobody"},
         {0, "65534\n65534\n/\nnobody\n", ""}},
        {{.argv = ARGV("no-such-command")}, {127, "", NULL}},
        {{.argv = ARGV("/no/such/command")}, {127, "", NULL}},
        {{.argv = ARGV("/etc/hostname")}, {126, "", NULL}},
        {{.argv = ARGV("/etc")}, {126, "", NULL}},
    };
    up(1);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct channel_cmd cmd = vectors[i].cmd;
        cmd.node = node();
        for (int unit = 0; unit < 2; unit++) {
            cmd.unit = unit;
            if (i == 2) { /* with its NUL */
                struct bd_err err = BD_ERR_INIT;
                bd_auto_proc_result struct bd_proc_result ret = {0};
                ck_ok(channel_exec(&channel, &cmd, &ret, &err), err);
                ck_assert_mem_eq(ret.out.data, "in\0put", 6);
                ck_assert_uint_eq(ret.out.len, 6);
                continue;
            }
            check_exec(&cmd, &vectors[i].expected);
        }
    }
    down();
}
END_TEST

/* A signal is told apart from the exit code that a shell would give for it, in both ways. */
START_TEST(test_ends)
{
    static const char *const misleading[] = {"EXIT_CODE=exited", "EXIT_STATUS=0", NULL};
    const struct {
        const char *script;
        int exit_code, signal;
    } vectors[] = {
        {"exit 143", 143, 0},
        {"exit 255", 255, 0},
        {"kill -TERM $$", -1, SIGTERM}, /* an end as it should be, to systemd */
        {"kill -INT $$", -1, SIGINT},
        {"kill -PIPE $$", -1, SIGPIPE},
        {"kill -KILL $$", -1, SIGKILL},
        {"kill -SEGV $$", -1, SIGSEGV},
        {"kill -29 $$", -1, SIGIO},
        {"kill -36 $$", -1, 36},
        {"sleep 0.1; exec sh -c 'kill -9 $$'", -1, SIGKILL},
    };
    up(1);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++)
        for (int unit = 0; unit < 2; unit++)
            check_exec(&(struct channel_cmd){.node = node(),
                                             .argv = ARGV("sh", "-c", vectors[i].script),
                                             .env = misleading,
                                             .unit = unit},
                       &(struct expected){vectors[i].exit_code, "", "", vectors[i].signal});
    /* Of how units ended, no word is left behind. */
    check_exec(
        &(struct channel_cmd){
            .node = node(), .argv = ARGV("find", "/run", "-maxdepth", "1", "-name", "bench-*.end")},
        &(struct expected){.out = "", .err = ""});
    down();
}
END_TEST

START_TEST(test_refusals)
{
    struct bd_err err = BD_ERR_INIT;
    up(1);
    struct node_plan absent = *node();
    strcpy(absent.domain, "bd-00000000-n9");
    const struct {
        struct channel_cmd cmd;
        int rc;
    } vectors[] = {
        {{.node = node(), .argv = ARGV("")}, BD_EINVALID},
        {{.node = node(), .argv = ARGV("true"), .cwd = "usr"}, BD_EINVALID},
        {{.node = node(), .argv = ARGV("true"), .env = ARGV("=x")}, BD_EINVALID},
        {{.node = node(), .argv = ARGV("true"), .env = ARGV("x")}, BD_EINVALID},
        {{.node = node(), .argv = ARGV("true"), .user = "no-such-user"}, BD_ENOTFOUND},
        {{.node = node(), .argv = ARGV("true"), .cwd = "/no/such/place"}, BD_ENOTFOUND},
        {{.node = node(), .argv = ARGV("true"), .cwd = "/no/such/place", .unit = true},
         BD_ENOTFOUND},
        {{.node = &absent, .argv = ARGV("true")}, BD_ENOTFOUND},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_proc_result struct bd_proc_result ret = {0};
        int rc = channel_exec(&channel, &vectors[i].cmd, &ret, &err);
        ck_assert_msg(rc == vectors[i].rc, "vector %zu: %d %s", i, rc, err.text);
    }
    ck_assert_int_eq(channel_init(&channel, "qemu", real.virt, "x", &err), BD_EUNSUPPORTED);
    down();
}
END_TEST

struct counted {
    size_t out, err;
};

static int count(enum bd_stream stream, const char *data BD_UNUSED, size_t bytes, void *arg)
{
    struct counted *c = arg;
    *(stream == BD_STDOUT ? &c->out : &c->err) += bytes;
    return 0;
}

START_TEST(test_output_is_streamed)
{
    struct counted c = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_proc_result struct bd_proc_result ret = {0};
    up(1);
    const struct channel_cmd cmd = {
        .node = node(),
        .argv = ARGV("sh", "-c", "head -c 9000000 /dev/zero; head -c 5000000 /dev/zero >&2"),
        .on_output = count,
        .arg = &c,
    };
    ck_ok(channel_exec(&channel, &cmd, &ret, &err), err);
    ck_assert_uint_eq(c.out, 9000000);
    ck_assert_uint_eq(c.err, 5000000);
    ck_assert_uint_eq(ret.out.len, 0);
    down();
}
END_TEST

/* How many processes in the node have this in their command line. */
static int64_t count_processes(const char *what)
{
    struct bd_err err = BD_ERR_INIT;
    int64_t n = -1;
    bd_auto_proc_result struct bd_proc_result ret = {0};
    const struct channel_cmd cmd = {.node = node(), .argv = ARGV("pgrep", "-c", "-f", what)};
    ck_ok(channel_exec(&channel, &cmd, &ret, &err), err);
    bd_str_text(&ret.out);
    ret.out.data[strcspn(ret.out.data, "\n")] = '\0';
    ck_assert_int_eq(bd_parse_i64(ret.out.data, 0, 1000, &n), 0);
    return n;
}

/* Detaches twice, in a session of its own, deaf to everything that can be ignored. */
#define TENACIOUS                                                                                  \
    "trap '' TERM INT HUP; (setsid sh -c 'trap \"\" TERM HUP; sleep 4321 & sleep 4321' &) ; "      \
    "sleep 4321; sleep 4321"

struct later {
    struct bd_cancel *cancel;
    int64_t ns;
};

static void *cancel_later(void *arg)
{
    struct later *l = arg;
    bd_sleep_ns(l->ns);
    bd_cancel_set(l->cancel, BD_ECANCELLED, "a test");
    return NULL;
}

START_TEST(test_nothing_is_left_of_what_is_ended)
{
    up(1);
    for (int i = 0; i < 4; i++) {
        struct later later = {.cancel = bd_cancel_new(), .ns = 500 * BD_NS_PER_MS};
        struct bd_err err = BD_ERR_INIT;
        bd_auto_proc_result struct bd_proc_result ret = {0};
        bool by_cancel = i & 1;
        pthread_t thread;
        const struct channel_cmd cmd = {
            .node = node(),
            .argv = ARGV("sh", "-c", TENACIOUS),
            .unit = i & 2,
            .timeout_ns = by_cancel ? 0 : 500 * BD_NS_PER_MS,
            .cancel = later.cancel,
        };
        if (by_cancel)
            ck_assert_int_eq(pthread_create(&thread, NULL, cancel_later, &later), 0);
        int rc = channel_exec(&channel, &cmd, &ret, &err);
        if (by_cancel)
            pthread_join(thread, NULL);
        bd_cancel_unref(later.cancel);
        ck_assert_msg(rc == (by_cancel ? BD_ECANCELLED : BD_ETIMEOUT), "%d: %d %s", i, rc,
                      err.text);
        ck_assert_int_eq(count_processes("sleep 4321"), 0);
    }
    down();
}
END_TEST

/* At whatever moment of its start a unit is cancelled. */
START_TEST(test_unit_cancelled_while_it_begins)
{
    up(1);
    for (int i = 0; i < 12; i++) {
        struct later later = {.cancel = bd_cancel_new(), .ns = 4 * BD_NS_PER_MS * i};
        struct bd_err err = BD_ERR_INIT;
        bd_auto_proc_result struct bd_proc_result ret = {0};
        pthread_t thread;
        const struct channel_cmd cmd = {
            .node = node(),
            .argv = ARGV("sleep", "4321"),
            .unit = true,
            .cancel = later.cancel,
        };
        ck_assert_int_eq(pthread_create(&thread, NULL, cancel_later, &later), 0);
        int rc = channel_exec(&channel, &cmd, &ret, &err);
        pthread_join(thread, NULL);
        bd_cancel_unref(later.cancel);
        ck_assert_msg(rc == BD_ECANCELLED, "%d: %d %s", i, rc, err.text);
    }
    ck_assert_int_eq(count_processes("sleep 4321"), 0);
    down();
}
END_TEST

/* A command that ends by itself may leave something behind: it is the node's, and ends with it. */
START_TEST(test_background_outlives_its_command)
{
    up(1);
    check_exec(&(struct channel_cmd){.node = node(),
                                     .argv = ARGV("sh", "-c", "sleep 4321 >/dev/null 2>&1 &")},
               &(struct expected){0, "", ""});
    ck_assert_int_eq(count_processes("sleep 4321"), 1);
    real_down(&real);
    real_close(&real);
}
END_TEST

START_TEST(test_files)
{
    struct bd_err err = BD_ERR_INIT;
    char put[BD_DIGEST_BYTES], got[BD_DIGEST_BYTES], expected[BD_DIGEST_BYTES];
    size_t bytes = 100 * MIB;
    up(1);
    int src = memfd_create("src", MFD_CLOEXEC), dst = memfd_create("dst", MFD_CLOEXEC);
    uint8_t *data = bd_xmalloc(bytes);
    bd_random(data, 4096);
    for (size_t i = 4096; i < bytes; i++)
        data[i] = (uint8_t)(data[i - 4096] * 5 + 1);
    ck_assert_int_eq(bd_write_all(src, data, bytes), 0);
    ck_assert_int_eq(lseek(src, 0, SEEK_SET), 0);
    bd_digest_of(data, bytes, expected);
    free(data);

    ck_ok(channel_put(&channel, node(), src, "/srv/big", 0640, put, &err), err);
    ck_ok(channel_get(&channel, node(), "/srv/big", dst, bytes, got, &err), err);
    ck_assert_str_eq(put, expected);
    ck_assert_str_eq(got, expected);
    check_exec(
        &(struct channel_cmd){.node = node(), .argv = ARGV("stat", "-c", "%s %a %U", "/srv/big")},
        &(struct expected){0, "104857600 640 root\n", ""});
    ck_assert_int_eq(channel_get(&channel, node(), "/srv/big", dst, bytes - 1, got, &err), -EFBIG);
    ck_assert_int_eq(channel_get(&channel, node(), "/srv", dst, bytes, got, &err), BD_EINVALID);
    ck_assert_int_eq(channel_get(&channel, node(), "/dev/zero", dst, bytes, got, &err),
                     BD_EINVALID);
    ck_assert_int_eq(channel_get(&channel, node(), "/none", dst, bytes, got, &err), -ENOENT);
    ck_assert_int_eq(channel_get(&channel, node(), "srv/big", dst, bytes, got, &err), BD_EINVALID);
    ck_assert_int_eq(channel_put(&channel, node(), src, "/none/x", 0644, put, &err), -ENOENT);
    ck_assert_int_eq(channel_put(&channel, node(), src, "/srv/..", 0644, put, &err), -EINVAL);
    ck_assert_int_lt(channel_put(&channel, node(), src, "/usr", 0644, put, &err), 0);
    check_exec(&(struct channel_cmd){.node = node(), .argv = ARGV("ls", "-A", "/srv")},
               &(struct expected){0, "big\n", ""});

    /* Links lead where they lead in the node, not on the host. */
    check_exec(
        &(struct channel_cmd){.node = node(),
                              .argv = ARGV("ln", "-s", "/../../../../etc/hostname", "/srv/link")},
        &(struct expected){0, "", ""});
    ck_assert_int_eq(ftruncate(dst, 0), 0);
    ck_assert_int_eq(lseek(dst, 0, SEEK_SET), 0);
    ck_ok(channel_get(&channel, node(), "/srv/link", dst, 100, got, &err), err);
    bd_digest_of("n1\n", 3, expected);
    ck_assert_str_eq(got, expected);
    close(src);
    close(dst);
    down();
}
END_TEST

/* A quarter of a CPU is a quarter, however the work came into the node. */
START_TEST(test_a_quarter_is_a_quarter)
{
    up(0.25);
    for (int unit = 0; unit < 2; unit++) {
        struct bd_err err = BD_ERR_INIT;
        bd_auto_proc_result struct bd_proc_result ret = {0};
        const struct channel_cmd cmd = {
            .node = node(),
            .argv = ARGV("sh", "-c",
                         "end=$(($(date +%s%N) + 3000000000)); "
                         "while [ $(date +%s%N) -lt $end ]; do i=0; "
                         "while [ $i -lt 5000 ]; do i=$((i+1)); done; done"),
            .unit = unit,
        };
        int64_t wall = bd_mono_ns();
        int64_t used = -real_cgroup_value(&real, node(), "cpuacct", "cpuacct.usage", "cpu.stat");
        ck_ok(channel_exec(&channel, &cmd, &ret, &err), err);
        used += real_cgroup_value(&real, node(), "cpuacct", "cpuacct.usage", "cpu.stat");
        wall = bd_mono_ns() - wall;
        ck_assert_int_eq(ret.exit_code, 0);
        double share = (double)used / (double)wall;
        ck_assert_msg(share > 0.15 && share < 0.35, "unit %d: %.2f of a CPU", unit, share);
    }
    down();
}
END_TEST

REAL_MAIN("channel-namespaces", test_exec, test_ends, test_refusals, test_output_is_streamed,
          test_nothing_is_left_of_what_is_ended, test_unit_cancelled_while_it_begins,
          test_background_outlives_its_command, test_files, test_a_quarter_is_a_quarter)
