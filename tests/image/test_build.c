/* Builds with mmdebstrap from the package archives that this host uses. */
#include "tests/image/scratch.h"

#include <sys/wait.h>

#define RECIPE(name, packages)                                                                     \
    "apiVersion: benchd/v1\n"                                                                      \
    "kind: debian\n"                                                                               \
    "name: " name "\n"                                                                             \
    "title: a few packages\n"                                                                      \
    "suite: bookworm\n"                                                                            \
    "components: [main]\n"                                                                         \
    "mirror: host\n"                                                                               \
    "space: 300MiB\n"                                                                              \
    "sourceDateEpoch: 1700000000\n"                                                                \
    "packages: [" packages "]\n"                                                                   \
    "paths: {exclude: [/usr/share/doc/*, /usr/share/locale/*], include: "                          \
    "[/usr/share/doc/*/copyright]}\n"                                                              \
    "remove: [/etc/apt, /etc/hostname, /etc/resolv.conf, /etc/machine-id, /tmp/*, /run/*,\n"       \
    "  /var/cache/ldconfig/*, /var/lib/apt, /var/log/*.log, /var/log/apt, /var/cache/apt/*]\n"     \
    "files:\n"                                                                                     \
    "  - {path: /etc/new/note, mode: \"0600\", content: a note}\n"                                 \
    "  - {path: /etc/link, link: /etc/new/note}\n"                                                 \
    "  - {path: /etc/never, link: x, when: /no/such/file}\n"                                       \
    "units: {mask: [getty.target], maskGenerators: [some-generator]}\n"

/* Where this user may make cgroups; NULL where that is nowhere. */
static char *make_cgroup(void)
{
    static const char *const mounts[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
    for (size_t i = 0; i < BD_ARRAY_LEN(mounts); i++) {
        char *dir = bd_xasprintf("%s/benchd-test-%d", mounts[i], (int)getpid());
        if (bd_exists(in(mounts[i], "cgroup.procs")) && mkdir(dir, 0755) == 0)
            return dir;
        free(dir);
    }
    return NULL;
}

struct bench {
    char *dir, *images, *cgroup;
    struct image_job job;
    struct image_recipe recipe;
};

static void open_bench(struct bench *b, const char *name, const char *text)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *file = bd_xasprintf("%s.yaml", name);
    *b = (struct bench){.dir = unit_dir(), .cgroup = make_cgroup()};
    b->images = bd_xasprintf("%s/images", b->dir);
    b->job = (struct image_job){.images_dir = b->images, .id = "0badcafe"};
    if (b->cgroup) {
        b->job.cgroup_dir = b->cgroup;
        b->job.bench_enter = getenv("BENCH_ENTER");
    }
    put(b->dir, file, text);
    assert_ok(image_recipe_load(b->dir, name, &b->recipe, &err), &err);
}

/* Nothing mounted or running that has to do with the build. */
static void close_bench(struct bench *b)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *mounts = NULL;
    assert_ok(bd_read_file("/proc/self/mountinfo", (size_t)1 << 24, &mounts, NULL, &err), &err);
    ck_assert(!strstr(mounts, b->dir));
    if (b->cgroup)
        ck_assert_msg(rmdir(b->cgroup) == 0, "%s: %s", b->cgroup, strerror(errno));
    image_recipe_done(&b->recipe);
    free(b->cgroup);
    free(b->images);
    unit_dir_done(b->dir);
}

static void check_root(const char *root)
{
    struct stat st;
    char target[64] = "";
    ck_assert_int_eq(stat(in(root, "etc/new/note"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(st.st_size, 6);
    ck_assert_int_eq(readlink(in(root, "etc/link"), target, sizeof(target) - 1), 13);
    ck_assert_str_eq(target, "/etc/new/note");
    ck_assert(!bd_exists(in(root, "etc/never")));
    ck_assert(!bd_exists(in(root, "etc/hostname")));
    ck_assert(bd_exists(in(root, "etc/systemd/system/getty.target")));
    ck_assert(bd_exists(in(root, "etc/systemd/system-generators/some-generator")));
    ck_assert(bd_exists(in(root, "usr/share/doc/netbase/copyright")));
    ck_assert(!bd_exists(in(root, "usr/share/doc/netbase/changelog.gz")));
    ck_assert_uint_eq(count_entries(in(root, "proc")), 0);
}

static bool has_package(const json_t *manifest, const char *name)
{
    size_t i;
    json_t *p;
    json_array_foreach (json_object_get(manifest, "packages"), i, p) {
        if (bd_str_eq(bd_json_str(p, "name", ""), name))
            return *bd_json_str(p, "version", "") && *bd_json_str(p, "architecture", "");
    }
    return false;
}

static char *what_it_is(const struct image_result *result)
{
    return bd_xasprintf("%s of %llu bytes", result->digest, (unsigned long long)result->size_bytes);
}

/* At the same time, elsewhere, by a process with another mask of modes. What it comes to, or what
 * went wrong, is in DIR/result then. */
static pid_t begin_elsewhere(const struct bench *b, const char *dir)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct image_job job = b->job;
    struct image_result result = {0};
    struct bd_err err = BD_ERR_INIT;
    umask(077);
    job.images_dir = dir;
    job.id = "0badcaff";
    if (job.cgroup_dir)
        job.cgroup_dir = make_cgroup();
    int rc = image_build(&job, &b->recipe, &result, &err);
    bd_auto_free char *text = rc < 0 ? bd_xstrdup(err.text) : what_it_is(&result);
    umask(022);
    rc |= bd_write_file(in(dir, "result"), text, strlen(text), 0644, &err);
    rc |= job.cgroup_dir ? rmdir(job.cgroup_dir) : 0;
    _exit(rc < 0);
}

static void end_elsewhere(pid_t pid, const char *dir, const struct image_result *first)
{
    int status;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *text = NULL;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    assert_ok(bd_read_file(in(dir, "result"), 4096, &text, NULL, &err), &err);
    bd_auto_free char *same = what_it_is(first);
    ck_assert_str_eq(text, same);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
    ck_assert_uint_eq(count_entries(in(dir, "work")), 0);
}

START_TEST(one_recipe_built_twice_gives_one_digest)
{
    struct bench b;
    struct image_result first = {0};
    struct bd_err err = BD_ERR_INIT;
    open_bench(&b, "small", RECIPE("small", "netbase"));
    bd_auto_free char *elsewhere = bd_xasprintf("%s/elsewhere", b.dir);
    assert_ok(bd_mkdir_p(elsewhere, 0755, &err), &err);
    pid_t pid = begin_elsewhere(&b, elsewhere);
    ck_assert_int_gt(pid, 0);
    assert_ok(image_build(&b.job, &b.recipe, &first, &err), &err);
    ck_assert_str_eq(bd_json_str(first.manifest, "digest", ""), first.digest);
    ck_assert_str_eq(bd_json_str(json_object_get(first.manifest, "recipe"), "digest", ""),
                     b.recipe.digest);
    ck_assert(has_package(first.manifest, "netbase"));
    ck_assert(has_package(first.manifest, "dpkg"));
    ck_assert(strstr(bd_json_str(first.manifest, "distribution", ""), "bookworm"));
    bd_auto_free char *root = image_rootfs(b.images, first.digest);
    check_root(root);
    end_elsewhere(pid, elsewhere, &first);
    image_result_done(&first);
    close_bench(&b);
}
END_TEST

struct stop {
    struct bd_cancel *cancel;
    const char *at; /* a line of progress */
    bool reached;
};

static void stop_at(const char *line, void *arg)
{
    struct stop *stop = arg;
    if (strstr(line, stop->at)) {
        stop->reached = true;
        bd_cancel_set(stop->cancel, BD_ECANCELLED, "asked to");
    }
}

/* While tar unpacks, and while dpkg runs in the root with all that is mounted in it then. */
static const char *const moments[] = {"unpacking the base system",
                                      "installing the recipe's packages"};

START_TEST(a_build_can_be_cancelled_at_any_moment)
{
    struct bench b;
    struct image_result result = {0};
    struct bd_err err = BD_ERR_INIT;
    struct stop stop = {.cancel = bd_cancel_new(), .at = moments[_i]};
    open_bench(&b, "small", RECIPE("small", "netbase"));
    b.job.cancel = stop.cancel;
    b.job.on_progress = stop_at;
    b.job.arg = &stop;
    ck_assert_int_eq(image_build(&b.job, &b.recipe, &result, &err), BD_ECANCELLED);
    ck_assert_msg(stop.reached, "never came to: %s", stop.at);
    assert_nothing_left(b.images);
    bd_cancel_unref(stop.cancel);
    close_bench(&b);
}
END_TEST

START_TEST(a_package_that_is_not_there_is_named)
{
    struct bench b;
    struct image_result result = {0};
    struct bd_err err = BD_ERR_INIT;
    open_bench(&b, "wrong", RECIPE("wrong", "no-such-package-at-all"));
    ck_assert_int_eq(image_build(&b.job, &b.recipe, &result, &err), BD_ECHILD);
    assert_says(&err, "image wrong: mmdebstrap: ");
    assert_says(&err, "Unable to locate package no-such-package-at-all");
    assert_says(&err, "mend the recipe's packages");
    assert_nothing_left(b.images);
    close_bench(&b);
}
END_TEST

START_TEST(a_mirror_that_does_not_answer_is_named)
{
    struct bench b;
    struct image_result result = {0};
    struct bd_err err = BD_ERR_INIT;
    open_bench(&b, "small", RECIPE("small", "netbase"));
    json_object_set_new(b.recipe.json, "mirror", json_string("http://127.0.0.1:9/debian"));
    ck_assert_int_eq(image_build(&b.job, &b.recipe, &result, &err), BD_ECHILD);
    assert_says(&err, "127.0.0.1");
    assert_says(&err, "does not reach the mirror");
    assert_nothing_left(b.images);
    close_bench(&b);
}
END_TEST

int main(void)
{
    if (geteuid() != 0) {
        puts("skipped: image builds need root");
        return SKIPPED;
    }
    Suite *suite = suite_create("image build");
    TCase *tcase = tcase_create("build");
    tcase_set_timeout(tcase, 600);
    tcase_add_test(tcase, one_recipe_built_twice_gives_one_digest);
    tcase_add_loop_test(tcase, a_build_can_be_cancelled_at_any_moment, 0,
                        (int)BD_ARRAY_LEN(moments));
    tcase_add_test(tcase, a_package_that_is_not_there_is_named);
    tcase_add_test(tcase, a_mirror_that_does_not_answer_is_named);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
