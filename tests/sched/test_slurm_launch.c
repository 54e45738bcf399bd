#include "lib/base/clock.h"
#include "lib/sched/slurm.h"
#include "tests/sched/plan.h"

#include <string.h>

#define ARGV(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* The words after "--", and those before it as one line. */
static size_t launch(const struct sched_job *job, struct bd_strv *argv, struct bd_str *options)
{
    sched_slurm.launch(job, argv);
    for (size_t i = 0; i < argv->n; i++) {
        if (bd_str_eq(argv->items[i], "--"))
            return i + 1;
        bd_str_addf(options, "%s%s", i ? " " : "", argv->items[i]);
    }
    ck_abort_msg("no --");
    return 0;
}

START_TEST(test_options)
{
    static const struct {
        unsigned nodes, tasks;
        int64_t limit_ns;
        const char *words;
    } vectors[] = {
        {1, 1, 0, "--nodes=1 --ntasks=1 --ntasks-per-node=1"},
        {4, 8, 1, "--nodes=4 --ntasks=8 --ntasks-per-node=2 --time=1"},
        {4, 4, 60 * BD_NS_PER_S, "--nodes=4 --ntasks=4 --ntasks-per-node=1 --time=1"},
        {4, 4, 60 * BD_NS_PER_S + 1, "--nodes=4 --ntasks=4 --ntasks-per-node=1 --time=2"},
        {3, 7, 0, "--nodes=3 --ntasks=7 --ntasks-per-node=3"},
        {2, 2, 3600 * BD_NS_PER_S, "--nodes=2 --ntasks=2 --ntasks-per-node=1 --time=60"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_strv struct bd_strv argv = {0};
        bd_auto_str struct bd_str options = {0};
        const struct sched_job job = {.name = "job",
                                      .nodes = vectors[i].nodes,
                                      .tasks = vectors[i].tasks,
                                      .limit_ns = vectors[i].limit_ns,
                                      .argv = ARGV("hostname")};
        bd_auto_free char *expected =
            bd_xasprintf("srun --job-name=job %s --kill-on-bad-exit=1 --input=none --export=ALL",
                         vectors[i].words);
        launch(&job, &argv, &options);
        ck_assert_str_eq(bd_str_text(&options), expected);
    }
}
END_TEST

START_TEST(test_a_job_begins_in_its_directory)
{
    bd_auto_strv struct bd_strv argv = {0};
    bd_auto_str struct bd_str options = {0};
    launch(
        &(struct sched_job){
            .name = "job", .nodes = 1, .tasks = 1, .dir = "/var/lib/x", .argv = ARGV("hostname")},
        &argv, &options);
    ck_assert_str_eq(
        bd_str_text(&options),
        "srun --job-name=job --nodes=1 --ntasks=1 --ntasks-per-node=1 --chdir=/var/lib/x "
        "--kill-on-bad-exit=1 --input=none --export=ALL");
}
END_TEST

START_TEST(test_words_are_passed_as_they_are)
{
    const char *const words[] = {"-n", "--", "", "a b", "$HOME", "\n", "\xff\x01", "::", "'", NULL};
    bd_auto_strv struct bd_strv argv = {0};
    bd_auto_str struct bd_str options = {0};
    size_t at = launch(&(struct sched_job){.name = "job", .nodes = 1, .tasks = 1, .argv = words},
                       &argv, &options);
    for (size_t i = 0; i < BD_ARRAY_LEN(words); i++)
        if (words[i])
            ck_assert_str_eq(argv.items[at + i], words[i]);
        else
            ck_assert_ptr_null(argv.items[at + i]);
}
END_TEST

/* srun would take the colon for its own: no word of its command line may be one. */
START_TEST(test_a_colon_gets_through)
{
    const char *const words[] = {"printf", "%s|", "a", ":", "it's", "$x \\ \"", "", "\xff\n", NULL};
    bd_auto_strv struct bd_strv argv = {0};
    bd_auto_str struct bd_str options = {0}, out = {0};
    struct bd_err err = BD_ERR_INIT;
    size_t at = launch(&(struct sched_job){.name = "job", .nodes = 1, .tasks = 1, .argv = words},
                       &argv, &options);
    for (size_t i = 0; i < argv.n; i++)
        ck_assert_str_ne(argv.items[i], ":");
    int rc = bd_proc_check((const char *const *)argv.items + at, 0, NULL, &out, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    ck_assert_str_eq(bd_str_text(&out), "a|:|it's|$x \\ \"||\xff\n|");
}
END_TEST

static const char *answer;
static int answer_code;

static int squeue(const struct channel *c BD_UNUSED, const struct channel_cmd *cmd,
                  struct bd_proc_result *ret, struct bd_err *err)
{
    ck_assert_str_eq(cmd->argv[0], "squeue");
    ck_assert_int_gt(cmd->timeout_ns, 0);
    if (!answer)
        return bd_err_set(err, BD_ENOTFOUND, "no node");
    ret->exit_code = answer_code;
    bd_str_add(&ret->out, answer);
    return 0;
}

START_TEST(test_tells_what_a_job_waits_for)
{
    static const struct channel_ops ops = {.backend = "scripted", .exec = squeue};
    static const struct {
        const char *out;
        int code;
        const char *why;
    } vectors[] = {
        {"Resources\n", 0, "Slurm says: Resources"},
        {"PartitionConfig\nResources\n", 0, "Slurm says: PartitionConfig"},
        {"None\n", 0, NULL}, /* it was taken back while it ran */
        {"", 0, NULL},
        {"Resources\n", 1, NULL},
        {NULL, 0, NULL},
    };
    struct channel channel = {.ops = &ops};
    struct cluster_plan plan = plan_of(1, 1, 256U << 20, json_object());
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        answer = vectors[i].out;
        answer_code = vectors[i].code;
        bd_auto_free char *why = sched_slurm.why_waiting(&channel, &plan, "job");
        ck_assert_msg(bd_str_eq(why, vectors[i].why), "%zu: %s", i, why ? why : "nothing");
    }
    cluster_plan_done(&plan);
}
END_TEST

UNIT_MAIN("sched-slurm-launch", test_options, test_a_job_begins_in_its_directory,
          test_words_are_passed_as_they_are, test_a_colon_gets_through,
          test_tells_what_a_job_waits_for)
