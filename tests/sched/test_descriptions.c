/* One description of a job in the words of every scheduler: golden/descriptions.txt has what each
 * makes of it, or where it is refused. */
#include "lib/base/clock.h"
#include "tests/sched/golden.h"
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

/* Of streams: who refuses what, and what the job is for those who hand it over as it is in the
 * words of their scheduler (bench-submit-slurm, and bench-driver for bench-submit-flux). */
static const struct {
    const char *what, *members;
    struct sched_job job; /* nodes 0: nothing of it is in the description */
} streams[] = {
    {"a job", "{}", {.nodes = 2, .tasks = 2, .exclusive = true, .limit_ns = 61500 * BD_NS_PER_MS}},
    {"shared nodes", "{\"exclusive\": false}", {.nodes = 2, .tasks = 2, .limit_ns = 1}},
    {"cores on shared nodes",
     "{\"coresPerTask\": {\"choice\": [1, 2]}, \"exclusive\": false}",
     {.nodes = 1, .tasks = 1, .cores_per_task = 2, .limit_ns = 1}},
    {"cores on nodes of its own",
     "{\"coresPerTask\": 2}",
     {.nodes = 1, .tasks = 1, .cores_per_task = 2, .exclusive = true, .limit_ns = 1}},
    {"several tasks on a node",
     "{\"tasksPerNode\": 3, \"exclusive\": false}",
     {.nodes = 2, .tasks = 6, .limit_ns = 1}},
    {"memory",
     "{\"memory\": \"64MiB\", \"exclusive\": false}",
     {.nodes = 1, .tasks = 1, .memory_bytes = 64 * MIB, .limit_ns = 1}},
    {"arrays", "{\"arrays\": {\"share\": 0.5, \"tasks\": 2}}", {0}},
    {"dependencies", "{\"dependencies\": {\"share\": 0.5}}", {0}},
    {"priorities", "{\"priorities\": [0, 5]}", {0}},
    {"users", "{\"users\": 2}", {0}},
    {"barriers", "{\"payload\": \"barrier\"}", {0}},
};

/* False: it is refused, and where is added. */
static bool is_taken_by(const struct sched *sched, json_t *workload, struct bd_str *out)
{
    bd_auto_faults struct schema_faults faults = {0};
    sched_check_workload(sched, workload, &faults);
    for (size_t i = 0; i < faults.n; i++)
        bd_str_addf(out, "  %s: refused at %s: %s\n", sched->name, faults.items[i].pointer,
                    faults.items[i].expected);
    return faults.n == 0;
}

static bool is_taken(const struct sched *sched, const char *members, struct bd_str *out)
{
    bd_auto_json json_t *workload = json_loads(members, 0, NULL);
    ck_assert_ptr_nonnull(workload);
    return is_taken_by(sched, workload, out);
}

static bool is_taken_of_stream(const struct sched *sched, const char *members, struct bd_str *out)
{
    bd_auto_json json_t *workload = json_loads(members, 0, NULL);
    ck_assert_ptr_nonnull(workload);
    json_object_set_new(workload, "name", json_string("jobstream"));
    return is_taken_by(sched, workload, out);
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

static void add_option(const char *word, void *out)
{
    bd_str_addf(out, " %s", word);
}

static void add_sbatch(const struct sched_job *job, struct bd_str *out)
{
    slurm_words(job, add_option, out);
}

/* The same whatever room there is for it; and it is JSON. */
static void add_jobspec(const struct sched_job *job, struct bd_str *out)
{
    static const char *const env[] = {"HOME=/root", "EMPTY=", "A=b=\"c\\", NULL};
    const struct jobspec_more more = {env, 17};
    char text[4096], cut[4096];
    size_t n = jobspec_v1(job, &more, text, sizeof(text));
    ck_assert_uint_eq(n, strlen(text));
    for (size_t room = 0; room <= n; room++) {
        memset(cut, 'x', sizeof(cut));
        ck_assert_uint_eq(jobspec_v1(job, &more, cut, room), n);
        ck_assert(room == 0 || strlen(cut) == room - 1);
        ck_assert(strncmp(cut, text, room ? room - 1 : 0) == 0 && cut[room] == 'x');
    }
    bd_auto_json json_t *json = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(json);
    bd_str_addf(out, " %s", text);
}

static const struct {
    const char *scheduler;
    void (*add)(const struct sched_job *job, struct bd_str *out);
} native[] = {{"slurm", add_sbatch}, {"flux", add_jobspec}};

static void add_native(const struct sched *sched, struct sched_job job, struct bd_str *out)
{
    job.name = "bd-3";
    job.argv = argv;
    bd_str_addf(out, "  %s: taken", sched->name);
    for (size_t i = 0; job.nodes > 0 && i < BD_ARRAY_LEN(native); i++) {
        if (!bd_str_eq(native[i].scheduler, sched->name))
            continue;
        bd_str_add(out, ":");
        native[i].add(&job, out);
    }
    bd_str_add(out, "\n");
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
            if (is_taken_of_stream(scheds[s], streams[i].members, &out))
                add_native(scheds[s], streams[i].job, &out);
    }
    assert_golden("descriptions.txt", bd_str_text(&out));
}
END_TEST

UNIT_MAIN("sched-descriptions", test_every_description_in_the_words_of_every_scheduler)
