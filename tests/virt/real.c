#include "tests/virt/real.h"

#include "lib/virt/hostfacts.h"
#include "tests/virt/plan.h"

#include <libvirt/libvirt.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char
    cluster_id[BD_ID_BYTES]; /* the same in all tests of a program, so that one sweep finds all */
static char *state_dir;

/* Check's assertions are for within tests only. */
static void must(bool ok, const char *why)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", why);
    abort();
}

static void *run_events(void *arg BD_UNUSED)
{
    for (;;)
        virEventRunDefaultImpl();
    return NULL;
}

static void on_wake(int timer BD_UNUSED, void *arg BD_UNUSED)
{
}

/* As the daemon's loop: keepalive and events need one. */
static void start_events(void)
{
    static bool started;
    pthread_t thread;
    if (started)
        return;
    started = true;
    must(virEventRegisterDefaultImpl() == 0, "no events");
    virEventAddTimeout(1000, on_wake, NULL, NULL); /* a loop without any handle returns at once */
    must(pthread_create(&thread, NULL, run_events, NULL) == 0, "no thread");
    pthread_detach(thread);
}

static void on_lifecycle(const char *domain BD_UNUSED, bool running BD_UNUSED, void *arg BD_UNUSED)
{
}

void real_open(struct real *r, unsigned compute, double cpus, uint64_t memory_bytes)
{
    struct hostfacts facts;
    struct bd_err err = BD_ERR_INIT;
    must(hostfacts_read(&facts, &err) == 0, err.text);
    start_events();
    *r = (struct real){.rootfs = getenv("BENCHD_TEST_ROOTFS")};
    bd_auto_free char *images = bd_path_dir(r->rootfs);
    bd_auto_free char *clusters = bd_xasprintf("%s/clusters", state_dir);
    r->ops = hostops_new(&(struct hostops_dirs){
        .clusters = clusters,
        .images = images,
        .node_layer = getenv("BENCH_LAYER"),
        .cgroup2 = facts.cgroup2,
    });
    r->virt = virt_new(
        &(struct virt_config){
            .lxc_uri = "lxc:///system",
            .connections = 3,
            .start_width = 6,
            .keepalive_interval_s = 5,
            .on_lifecycle = on_lifecycle,
        },
        r->ops);
    r->backend = virt_backend_find("lxc");
    test_plan(cluster_id, compute, cpus, memory_bytes, &r->plan);
    r->files = bd_xcalloc(r->plan.n_nodes, sizeof(*r->files));
    for (size_t i = 0; i < r->plan.n_nodes; i++) {
        node_files_addf(&r->files[i], "/etc/hostname", 0644, "%s\n", r->plan.nodes[i].name);
        node_files_addf(&r->files[i], "/etc/deep/er/file", 0640, "of %s\n", r->plan.nodes[i].name);
        node_files_link(&r->files[i], "/etc/resolv.conf", "/dev/null");
    }
    hostfacts_done(&facts);
}

void real_close(struct real *r)
{
    for (size_t i = 0; i < r->plan.n_nodes; i++)
        node_files_done(&r->files[i]);
    free(r->files);
    inventory_done(&r->before);
    cluster_plan_done(&r->plan);
    virt_free(r->virt);
    hostops_free(r->ops);
}

int real_start(struct real *r, struct bd_cancel *cancel, struct bd_err *err)
{
    return r->backend->start(r->virt,
                             &(struct virt_start){
                                 .plan = &r->plan,
                                 .rootfs = r->rootfs,
                                 .files = r->files,
                                 .cancel = cancel,
                             },
                             err);
}

void real_up(struct real *r)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_strv struct bd_strv warnings = {0};
    ck_ok(inventory_take(r->virt, VIRT_LANE_TEARDOWN, &r->before, &err), err);
    ck_ok(virt_net_up(r->virt, &r->plan, &err), err);
    ck_ok(real_start(r, NULL, &err), err);
    ck_ok(r->backend->limit(r->virt, &r->plan, &warnings, &err), err);
    ck_assert_uint_eq(warnings.n, 0);
}

void real_down(struct real *r)
{
    struct bd_err err = BD_ERR_INIT;
    struct inventory after = {0};
    enum virt_presence presence;
    ck_ok(r->backend->stop(r->virt, VIRT_LANE_TEARDOWN, &r->plan, NULL, &err), err);
    ck_ok(virt_net_down(r->virt, &r->plan, &err), err);
    ck_ok(inventory_take(r->virt, VIRT_LANE_TEARDOWN, &after, &err), err);
    bd_auto_json json_t *diff =
        inventory_diff(&r->before, &after, r->plan.id, hostops_dirs_of(virt_ops(r->virt)));
    bd_auto_free char *text = bd_json_text(json_object_get(diff, "differences"));
    ck_assert_str_eq(text, "[]");
    ck_ok(r->backend->probe(r->virt, &r->plan, &presence, &err), err);
    ck_assert_int_eq(presence, VIRT_ABSENT);
    inventory_done(&after);
}

/* The node's group of a controller: where its init is in that hierarchy. */
int64_t real_cgroup_value(const struct real *r, const struct node_plan *node,
                          const char *controller, const char *v1_file, const char *v2_file)
{
    struct virt_node found;
    struct bd_err err = BD_ERR_INIT;
    int64_t value = -1;
    ck_ok(virt_node_open(r->virt, node, &found, &err), err);
    close(found.pidfd);
    bd_auto_free char *proc = bd_xasprintf("/proc/%d/cgroup", (int)found.pid);
    bd_auto_free char *mark = bd_xasprintf(":%s:", controller);
    bd_auto_free char *groups = NULL, *path = NULL, *text = NULL;
    ck_ok(bd_read_file(proc, 65536, &groups, NULL, &err), err);
    char *at = strstr(groups, mark);
    if (at) {
        at += strlen(mark);
        path = bd_xasprintf("/sys/fs/cgroup/%s%.*s/%s", controller, (int)strcspn(at, "\n"), at,
                            v1_file);
    } else {
        path = bd_xasprintf("%s/%s/%s", hostops_dirs_of(r->ops)->cgroup2, found.cgroup, v2_file);
    }
    ck_ok(bd_read_file(path, 65536, &text, NULL, &err), err);
    text[strcspn(text, "\n ")] = '\0';
    ck_assert_msg(bd_parse_i64(text, 0, INT64_MAX, &value) == 0, "%s: '%s'", path, text);
    return value;
}

/* Threads and events are of one process: nothing that starts them may happen in the one that forks.
 */
static int in_child(int (*fn)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        exit(fn());
    must(waitpid(pid, &status, 0) == pid, "no child");
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

static int skip(const char *why)
{
    printf("SKIP: %s\n", why);
    return 77;
}

static int check_usable(void)
{
    static const char *const needed[] = {"BENCHD_TEST_ROOTFS", "BENCH_LAYER"};
    struct bd_err err = BD_ERR_INIT;
    struct real r;
    if (geteuid() != 0)
        return skip("needs root");
    for (size_t i = 0; i < BD_ARRAY_LEN(needed); i++) {
        const char *path = getenv(needed[i]);
        bd_auto_free char *why = bd_xasprintf("%s names no directory", needed[i]);
        if (!path || !bd_exists(path))
            return skip(why);
    }
    real_open(&r, 0, 1, 0);
    int rc = r.backend->usable(r.virt, &err) < 0 ? skip(err.text) : 0;
    real_close(&r);
    return rc;
}

/* What failed tests left; as many nodes as any test has. */
static int sweep(void)
{
    struct real r;
    struct bd_err err = BD_ERR_INIT;
    int rc = 0;
    real_open(&r, 40, 1, 0);
    if (r.backend->stop(r.virt, VIRT_LANE_TEARDOWN, &r.plan, NULL, &err) < 0 ||
        virt_net_down(r.virt, &r.plan, &err) < 0) {
        fprintf(stderr, "what the tests made could not be removed: %s\n", err.text);
        rc = EXIT_FAILURE;
    }
    real_close(&r);
    return rc;
}

int real_run(const char *name, const TTest *const *tests, size_t n)
{
    bd_id_new(cluster_id);
    const char *tmp = getenv("TMPDIR");
    state_dir = bd_xasprintf("%s/benchd-test.XXXXXX", tmp ? tmp : "/tmp");
    must(mkdtemp(state_dir) != NULL, "no directory");
    int rc = in_child(check_usable);
    if (rc == 0) {
        Suite *suite = suite_create(name);
        TCase *tcase = tcase_create(name);
        tcase_set_timeout(tcase, 120);
        for (size_t i = 0; i < n; i++)
            tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
        SRunner *runner = srunner_create(suite);
        srunner_set_fork_status(runner, CK_FORK);
        srunner_run_all(runner, CK_NORMAL);
        rc = srunner_ntests_failed(runner) ? EXIT_FAILURE : EXIT_SUCCESS;
        srunner_free(runner);
        int swept = in_child(sweep);
        rc = rc ? rc : swept;
    }
    if (bd_rm_rf(state_dir, NULL) < 0 && rc == 0)
        rc = EXIT_FAILURE;
    free(state_dir);
    return rc;
}
