/* Commands as jobs of a real Slurm, hooks in real nodes, and its logs. */
#include "lib/base/clock.h"
#include "lib/workload/workload.h"
#include "tests/virt/real.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#define COMPUTE 2

static struct real real;
static struct channel channel;
static char *dir;
static int dir_fd;

static json_t *read_manifest(void)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *image = bd_path_dir(real.rootfs);
    bd_auto_free char *path = bd_xasprintf("%s/manifest.json", image);
    bd_auto_free char *text = NULL;
    size_t bytes;
    json_t *manifest = NULL;
    ck_ok(bd_read_file(path, 16 << 20, &text, &bytes, &err), err);
    ck_ok(bd_json_parse(text, bytes, &manifest, &err), err);
    return manifest;
}

static void up(void)
{
    struct bd_err err = BD_ERR_INIT;
    const struct sched *slurm = sched_find("slurm");
    bd_auto_free char *version = NULL;
    real_open(&real, COMPUTE, 1, UINT64_C(256) << 20);
    bd_auto_json json_t *manifest = read_manifest();
    const struct sched_image image = {real.rootfs, manifest};
    for (size_t i = 0; i < real.plan.n_nodes; i++) {
        node_files_done(&real.files[i]);
        sched_identity_files(&real.plan, i, &real.files[i]);
    }
    ck_ok(slurm->files(&real.plan, &image, real.files, &err), err);
    ck_ok(channel_init(&channel, "lxc", real.virt, getenv("BENCH_ENTER"), &err), err);
    real_up(&real);
    ck_ok(slurm->wait_ready(&channel, &real.plan, NULL, &version, &err), err);
    dir = unit_dir();
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void down(void)
{
    close(dir_fd);
    unit_dir_done(dir);
    real_down(&real);
    real_close(&real);
}

static struct workload_input input(const json_t *spec)
{
    return (struct workload_input){
        .channel = &channel,
        .plan = &real.plan,
        .sched = sched_find("slurm"),
        .spec = spec,
        .dir_fd = dir_fd,
    };
}

static char *text_of(const char *name)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *path = bd_xasprintf("%s/%s", dir, name);
    char *text = NULL;
    ck_ok(bd_read_file(path, 1 << 20, &text, NULL, &err), err);
    return text;
}

static void check_text(const char *name, const char *expected)
{
    bd_auto_free char *text = text_of(name);
    ck_assert_str_eq(text, expected);
}

static int run(json_t *spec, struct bd_err *err)
{
    const struct workload_input in = input(spec);
    int rc = workload_find("command")->run(&in, err);
    json_decref(spec);
    return rc;
}

static void check_runs(json_t *spec)
{
    struct bd_err err = BD_ERR_INIT;
    ck_ok(run(spec, &err), err);
}

static void check_fails(json_t *spec, int code, const char *const *words)
{
    struct bd_err err = BD_ERR_INIT;
    int rc = run(spec, &err);
    ck_assert_msg(rc == code, "%d: %s", rc, err.text);
    for (; *words; words++)
        ck_assert_msg(strstr(err.text, *words), "'%s' is not in: %s", *words, err.text);
}

#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* Slurm has no job any more, whatever became of the command. */
static void check_no_job(void)
{
    const char *const argv[] = {"squeue", "-h", "-t", "PENDING,RUNNING,CONFIGURING", NULL};
    const struct channel_cmd cmd = {.node = real.plan.nodes, .argv = argv};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_proc_result struct bd_proc_result ret = {0};
    ck_ok(channel_exec(&channel, &cmd, &ret, &err), err);
    ck_assert_int_eq(ret.exit_code, 0);
    ck_assert_str_eq(bd_str_text(&ret.out), "");
}

START_TEST(test_a_job_runs_on_all_nodes)
{
    up();
    check_runs(
        json_pack("{s:[sss]}", "command", "sh", "-c", "hostname; echo on $SLURM_NNODES >&2"));
    bd_auto_free char *out = text_of("stdout");
    ck_assert_msg(strcmp(out, "n1\nn2\n") == 0 || strcmp(out, "n2\nn1\n") == 0, "%s", out);
    check_text("stderr", "on 2\non 2\n");

    /* Words and variables get there as they are, the launcher's own ":" too; there is no stdin. */
    check_runs(json_pack("{s:[ssssssss], s:i, s:{s:s, s:s}}", "command", "printf", "%s|", "-n", ":",
                         "", "$HOME 'x' \"\\", "ä\n", "--", "nodes", 1, "env", "A", "1",
                         "SLURM_NNODES", "2"));
    check_text("stdout", "-n|:||$HOME 'x' \"\\|ä\n|--|");
    check_runs(json_pack("{s:[sss], s:i, s:{s:s}}", "command", "sh", "-c",
                         "cat; printf '%s|' \"$VALUE\" $SLURM_NNODES", "nodes", 1, "env", "VALUE",
                         "a b $x"));
    check_text("stdout", "a b $x|1|");
    check_runs(json_pack("{s:[s], s:s}", "command", "hostname", "on", "controller"));
    check_text("stdout", "ctl1\n");
    down();
}
END_TEST

static void scontrol(const char *state)
{
    const char *const argv[] = {"scontrol", "update", "nodename=n1", state, "reason=test", NULL};
    const struct channel_cmd cmd = {.node = real.plan.nodes, .argv = argv};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_proc_result struct bd_proc_result ret = {0};
    ck_ok(channel_exec(&channel, &cmd, &ret, &err), err);
    ck_assert_msg(ret.exit_code == 0, "%s", bd_str_text(&ret.err));
}

START_TEST(test_failures_are_told)
{
    up();
    check_fails(json_pack("{s:[sss], s:i}", "command", "sh", "-c", "echo be''cause >&2; exit 5",
                          "nodes", 1),
                BD_EWORKLOAD,
                WORDS("ended with exit code 5", "its last words on stderr: ", "because"));
    check_fails(json_pack("{s:[s], s:i}", "command", "no-such-program", "nodes", 1), BD_EWORKLOAD,
                WORDS("'no-such-program' ended with exit code", "No such file"));
    check_fails(json_pack("{s:[s], s:s}", "command", "no-such-program", "on", "controller"),
                BD_EUNSUPPORTED, WORDS("exit code 127"));
    check_fails(
        json_pack("{s:[sss], s:s}", "command", "sh", "-c", "kill -SEGV $$", "on", "controller"),
        BD_EWORKLOAD, WORDS("signal 11"));
    check_fails(json_pack("{s:[ss], s:s}", "command", "sleep", "600", "timeout", "1s"), BD_ETIMEOUT,
                WORDS("'sleep 600' had not ended within its timeout of 1 s"));
    check_no_job();
    scontrol("state=drain"); /* a job of two nodes waits for ever */
    check_fails(json_pack("{s:[s], s:s}", "command", "hostname", "timeout", "2s"), BD_ETIMEOUT,
                WORDS("its job never began; Slurm says: ", "queued and waiting"));
    check_no_job();
    down();
}
END_TEST

static void *cancel_soon(void *arg)
{
    bd_sleep_ns(BD_NS_PER_S);
    bd_cancel_set(arg, BD_ECANCELLED, "somebody asked for its end");
    return NULL;
}

START_TEST(test_a_cancelled_job_is_gone)
{
    pthread_t thread;
    struct bd_err err = BD_ERR_INIT;
    bd_auto(cancel) struct bd_cancel *cancel = bd_cancel_new();
    bd_auto_json json_t *spec =
        json_pack("{s:[sss]}", "command", "sh", "-c", "echo begun; exec sleep 600");
    up();
    struct workload_input in = input(spec);
    in.cancel = cancel;
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, cancel), 0);
    ck_assert_int_eq(workload_find("command")->run(&in, &err), BD_ECANCELLED);
    pthread_join(thread, NULL);
    ck_assert_msg(strstr(err.text, "somebody asked for its end"), "%s", err.text);
    check_text("stdout", "begun\nbegun\n");
    check_no_job();
    down();
}
END_TEST

START_TEST(test_hooks_and_logs)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_strv struct bd_strv missing = {0};
    bd_auto_json json_t *hooks = json_pack(
        "{s:[{s:[s]} {s:[s] s:s} {s:[sss] s:s s:{s:s}}], s:[{s:[sss] s:s}], s:[{s:[ss] s:s s:s}]}",
        "ready", "command", "hostname", "command", "hostname", "node", "n2", "command", "sh", "-c",
        "echo $A $(hostname)", "node", "all", "env", "A", "b", "collected", "command", "sh", "-c",
        "echo out; echo broken >&2; exit 4", "node", "compute", "slow", "command", "sleep", "60",
        "node", "all", "timeout", "1s");
    up();
    ck_ok(hooks_run(&channel, &real.plan, hooks, "ready", dir_fd, NULL, &err), err);
    check_text("hook-ready-1.log", "ctl1\n");
    check_text("hook-ready-2.log", "n2\n");
    bd_auto_free char *all = text_of("hook-ready-3.log");
    for (const char *const *line = WORDS("ctl1: b ctl1\n", "n1: b n1\n", "n2: b n2\n"); *line;
         line++)
        ck_assert_msg(strstr(all, *line), "%s", all);

    ck_assert_int_eq(hooks_run(&channel, &real.plan, hooks, "collected", dir_fd, NULL, &err),
                     BD_EWORKLOAD);
    ck_assert_msg(strstr(err.text, "exit code 4") && strstr(err.text, "broken"), "%s", err.text);
    ck_assert_int_eq(hooks_run(&channel, &real.plan, hooks, "slow", dir_fd, NULL, &err),
                     BD_ETIMEOUT);
    ck_assert_msg(strstr(err.text, "'sleep 60' had not ended within its timeout of 1 s"), "%s",
                  err.text);

    const struct workload_input in = input(NULL);
    ck_ok(logs_collect(&in, true, &missing, &err), err);
    ck_assert_msg(missing.n == 0, "%s", missing.items[0]);
    bd_auto_free char *slurmctld = text_of("ctl1-slurmctld.log");
    bd_auto_free char *slurmd = text_of("n2-slurmd.log");
    ck_assert_msg(strstr(slurmctld, "slurmctld version"), "%s", slurmctld);
    ck_assert_msg(strstr(slurmd, "slurmd version"), "%s", slurmd);
    down();
}
END_TEST

/* Where a node's daemon says why it does not come up, that has to be in the journal: nothing else
 * is read while it boots. */
START_TEST(test_daemons_write_into_the_journal_too)
{
    static const struct {
        size_t node;
        const char *unit;
    } vectors[] = {{0, "slurmctld"}, {1, "slurmd"}};
    up();
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        const char *const argv[] = {"journalctl", "-q", "-o", "cat", "-t", vectors[i].unit, NULL};
        const struct channel_cmd cmd = {.node = &real.plan.nodes[vectors[i].node], .argv = argv};
        struct bd_err err = BD_ERR_INIT;
        bd_auto_proc_result struct bd_proc_result ret = {0};
        ck_ok(channel_exec(&channel, &cmd, &ret, &err), err);
        ck_assert_msg(strstr(bd_str_text(&ret.out), "started on"), "%s: '%s'", vectors[i].unit,
                      bd_str_text(&ret.out));
    }
    down();
}
END_TEST

static void *kill_controller_soon(void *arg BD_UNUSED)
{
    bd_sleep_ns(BD_NS_PER_S);
    hostops_cgroup_kill(real.ops, real.plan.nodes[0].cgroup, NULL);
    return NULL;
}

START_TEST(test_a_controller_that_dies_is_told)
{
    pthread_t thread;
    up();
    ck_assert_int_eq(pthread_create(&thread, NULL, kill_controller_soon, NULL), 0);
    check_fails(json_pack("{s:[sss]}", "command", "sh", "-c", "echo begun; exec sleep 60"),
                BD_EWORKLOAD,
                WORDS("was cut off after ", "node ctl1 does not answer any more", "begun"));
    pthread_join(thread, NULL);
    down();
}
END_TEST

REAL_MAIN("workload-slurm", test_a_job_runs_on_all_nodes, test_failures_are_told,
          test_a_cancelled_job_is_gone, test_hooks_and_logs,
          test_daemons_write_into_the_journal_too, test_a_controller_that_dies_is_told)
