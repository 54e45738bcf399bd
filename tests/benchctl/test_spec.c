/* The body of createCluster, from the options of `cluster up`. */
#include "suites.h"

#include "clients/benchctl/commands.h"
#include "clients/benchctl/spec.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char file[] = "/tmp/benchctl-spec-XXXXXX";

static void make_file(void)
{
    static const char text[] =
        "{\"compute\": 2, \"image\": \"a\", \"node\": {\"cpus\": 1, \"memory\": \"1GiB\"},"
        " \"features\": []}";
    int fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
}

static void remove_file(void)
{
    unlink(file);
}

/* The spec of `cluster up` with so many words after it; the error's text where it is refused. */
static char *build(const char *const *words)
{
    char *argv[16] = {"benchctl", "cluster", "up"};
    int argc = 3;
    for (; *words; words++)
        argv[argc++] = (char *)*words;
    args_auto struct args args;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *spec = NULL;
    ck_assert_msg(args_parse(argc, argv, &args, &err) == 0, "%s", err.text);
    int r = spec_from_args(&args, &spec, &err);
    ck_assert_msg(r == 0 || r == BD_EINVALID, "%s", err.text);
    return r == 0 ? bd_json_text(spec) : bd_xstrdup(err.text);
}

static const struct {
    const char *words[12], *expected;
} specs[] = {
    {{NULL}, "{}"},
    {{"--compute", "4", "--controllers", "1"}, "{\"compute\":4,\"controllers\":1}"},
    {{"--cpus", "0.25"}, "{\"node\":{\"cpus\":0.25}}"},
    {{"--cpus", "2", "--controller-cpus", "0.5", "--scheduler-cpus", "4", "--memory", "256MiB"},
     "{\"node\":{\"controllerCpus\":0.5,\"cpus\":2,\"memory\":\"256MiB\",\"schedulerCpus\":4}}"},
    {{"--name", "x", "--image", "debian-trixie", "--backend", "lxc"},
     "{\"backend\":\"lxc\",\"image\":\"debian-trixie\",\"name\":\"x\"}"},
    {{"--scheduler", "slurm", "--option", "SchedulerType=sched/builtin", "--option", "A=b=c"},
     "{\"scheduler\":{\"name\":\"slurm\",\"options\":{\"A\":\"b=c\",\"SchedulerType\":\"sched/"
     "builtin\"}}}"},
    {{"--option", "Interval=007", "--option", "Interval=1"},
     "{\"scheduler\":{\"options\":{\"Interval\":\"1\"}}}"},
    {{"--oversubscribe"}, "{\"admission\":{\"oversubscribe\":true}}"},
    {{"--wait"}, "{}"},
    {{"--file", file, "--compute", "8", "--cpus", "0.5"},
     "{\"compute\":8,\"features\":[],\"image\":\"a\",\"node\":{\"cpus\":0.5,\"memory\":\"1GiB\"}}"},
};

START_TEST(test_options_make_the_spec)
{
    bd_auto_free char *got = build(specs[_i].words);
    ck_assert_str_eq(got, specs[_i].expected);
}
END_TEST

START_TEST(test_bad_file_is_refused)
{
    static const struct {
        const char *content, *expected;
    } files[] = {
        {"[1]", "expected a JSON object"},
        {"{\"a\":1,\"a\":2}", "duplicate"},
        {"{", "line 1"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(files); i++) {
        FILE *f = fopen(file, "we");
        ck_assert_ptr_nonnull(f);
        fputs(files[i].content, f);
        fclose(f);
        bd_auto_free char *got = build((const char *[]){"--file", file, NULL});
        ck_assert_msg(strstr(got, file) && strstr(got, files[i].expected), "%s", got);
    }
}
END_TEST

START_TEST(test_option_that_does_not_fit_the_file_is_refused)
{
    FILE *f = fopen(file, "we");
    ck_assert_ptr_nonnull(f);
    fputs("{\"node\": 3, \"scheduler\": {\"options\": []}}", f);
    fclose(f);
    bd_auto_free char *node = build((const char *[]){"--file", file, "--cpus", "1", NULL});
    ck_assert_str_eq(node, "--cpus can't be set: node in --file is not an object");
    bd_auto_free char *option = build((const char *[]){"--file", file, "--option", "A=1", NULL});
    ck_assert_str_eq(option,
                     "--option can't be set: /scheduler/options in --file is not an object");
}
END_TEST

Suite *spec_suite(void)
{
    Suite *s = suite_create("benchctl: spec");
    TCase *t = tcase_create("spec");
    tcase_add_unchecked_fixture(t, make_file, remove_file);
    tcase_add_loop_test(t, test_options_make_the_spec, 0, (int)BD_ARRAY_LEN(specs));
    tcase_add_test(t, test_bad_file_is_refused);
    tcase_add_test(t, test_option_that_does_not_fit_the_file_is_refused);
    suite_add_tcase(s, t);
    return s;
}
