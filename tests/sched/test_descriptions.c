/* One description of a job in the words of every scheduler: golden/descriptions.txt has what each
 * makes of it, or where it is refused. */
#include "lib/base/clock.h"
#include "tests/sched/plan.h"

#include <string.h>

#define MIB (UINT64_C(1) << 20)

static const char *const argv[] = {"/bin/prog", "a b", NULL};

/* The job, and the members of a `workload:` that ask for the same. */
static const struct {
    const char *what, *members;
    struct sched_job job;
} descriptions[] = {
    {"one task", "{}", {.nodes = 1, .tasks = 1}},
    {"several nodes and tasks", "{\"nodes\": 3, \"tasks\": 6}", {.nodes = 3, .tasks = 6}},
    {"a limit below every grain", "{}", {.nodes = 1, .tasks = 1, .limit_ns = 1}},
    {"a limit between grains", "{}", {.nodes = 1, .tasks = 1, .limit_ns = 61500 * BD_NS_PER_MS}},
    {"a directory", "{}", {.nodes = 2, .tasks = 2, .dir = "/var/lib/x"}},
    {"cores", "{\"coresPerTask\": 2}", {.nodes = 1, .tasks = 2, .cores_per_task = 2}},
    {"memory", "{\"memory\": \"64MiB\"}", {.nodes = 1, .tasks = 1, .memory_bytes = 64 * MIB}},
    {"memory between grains",
     "{\"memory\": \"67108865\"}",
     {.nodes = 1, .tasks = 1, .memory_bytes = 64 * MIB + 1}},
    {"nodes of its own", "{\"exclusive\": true}", {.nodes = 1, .tasks = 1, .exclusive = true}},
    {"all of it",
     "{\"coresPerTask\": 1, \"memory\": \"1GiB\", \"exclusive\": true}",
     {.nodes = 4,
      .tasks = 8,
      .cores_per_task = 1,
      .memory_bytes = 1024 * MIB,
      .exclusive = true,
      .limit_ns = 600 * BD_NS_PER_S,
      .dir = "/d"}},
};

/* Of streams, whose jobs the submitters put into words: only who refuses what. */
static const struct {
    const char *what, *members;
} streams[] = {
    {"arrays", "{\"arrays\": {\"share\": 0.5, \"tasks\": 2}}"},
    {"dependencies", "{\"dependencies\": {\"share\": 0.5}}"},
    {"priorities", "{\"priorities\": [0, 5]}"},
    {"users", "{\"users\": 2}"},
    {"barriers", "{\"payload\": \"barrier\"}"},
};

/* False: it is refused, and where is added. */
static bool is_taken(const struct sched *sched, const char *members, struct bd_str *out)
{
    bd_auto_faults struct schema_faults faults = {0};
    bd_auto_json json_t *workload = json_loads(members, 0, NULL);
    ck_assert_ptr_nonnull(workload);
    sched_check_workload(sched, workload, &faults);
    for (size_t i = 0; i < faults.n; i++)
        bd_str_addf(out, "  %s: refused at %s: %s\n", sched->name, faults.items[i].pointer,
                    faults.items[i].expected);
    return faults.n == 0;
}

static void add_words(const struct sched *sched, struct sched_job job, struct bd_str *out)
{
    bd_auto_strv struct bd_strv words = {0};
    job.name = "job";
    job.argv = argv;
    sched->launch(&job, &words);
    bd_str_addf(out, "  %s:", sched->name);
    for (size_t i = 0; i < words.n; i++)
        bd_str_addf(out, strchr(words.items[i], ' ') ? " '%s'" : " %s", words.items[i]);
    bd_str_add(out, "\n");
}

static void assert_golden(const char *name, const struct bd_str *text)
{
    bd_auto_free char *path = bd_xasprintf(GOLDEN_DIR "/%s", name);
    bd_auto_free char *golden = NULL;
    struct bd_err err = BD_ERR_INIT;
    if (getenv("BENCHD_REGENERATE")) {
        ck_assert_msg(bd_write_file(path, text->data, text->len, 0644, &err) == 0, "%s", err.text);
        return;
    }
    ck_assert_msg(bd_read_file(path, 1 << 20, &golden, NULL, &err) == 0, "%s", err.text);
    ck_assert_str_eq(text->data, golden);
}

START_TEST(test_every_description_in_the_words_of_every_scheduler)
{
    bd_auto_str struct bd_str out = {0};
    for (size_t i = 0; i < BD_ARRAY_LEN(descriptions); i++) {
        bd_str_addf(&out, "%s\n", descriptions[i].what);
        for (size_t s = 0; scheds[s]; s++)
            if (is_taken(scheds[s], descriptions[i].members, &out))
                add_words(scheds[s], descriptions[i].job, &out);
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(streams); i++) {
        bd_str_addf(&out, "%s in a stream\n", streams[i].what);
        for (size_t s = 0; scheds[s]; s++)
            if (is_taken(scheds[s], streams[i].members, &out))
                bd_str_addf(&out, "  %s: taken\n", scheds[s]->name);
    }
    assert_golden("descriptions.txt", &out);
}
END_TEST

UNIT_MAIN("sched-descriptions", test_every_description_in_the_words_of_every_scheduler)
