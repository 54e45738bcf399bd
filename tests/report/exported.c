#include "tests/report/exported.h"

#include "lib/base/clock.h"
#include "lib/store/job.h"
#include "lib/store/run.h"
#include "tests/store/db.h"

#include <string.h>

#define OPTION "cluster.scheduler.options.SchedulerType"
#define S      BD_NS_PER_S
#define MS     BD_NS_PER_MS

static json_t *campaign_spec(void)
{
    return json_pack(
        "{s:s, s:{s:{s:i, s:s}}, s:{s:[s, s]}, s:[{s:i}], s:{s:s, s:i, s:i}, s:[{s:s, s:s, s:f}, "
        "{s:s, s:s, s:{s:i}, s:f}, {s:s, s:s, s:{s:s}, s:i}]}",
        "name", "a & <b>", "cluster", "cluster", "compute", 2, "backend", "lxc", "factors", OPTION,
        "sched/builtin", EXPORTED_WORD, "cells", "cluster.compute", 4, "design", "order",
        "as-written", "warmup", 1, "repetitions", 2, "failIf", "metric", "makespan", "statistic",
        "median", "above", 12.25, "metric", "wait_p95", "statistic", "max", "of", "cluster.compute",
        4, "below", 1.5, "metric", "bandwidth", "statistic", "min", "of", OPTION, "sched/builtin",
        "above", 1);
}

static void insert_campaign(struct store_conn *c)
{
    struct store_campaign row = {
        .id = EXPORTED_CAMPAIGN,
        .name = bd_xstrdup("a & <b>"),
        .state = CAMPAIGN_RUNNING,
        .version = 7,
        .created_ns = EXPORTED_BEGIN_NS,
        .started_ns = EXPORTED_BEGIN_NS + S,
        .spec = campaign_spec(),
        .digest = bd_xstrdup("sha256:00"),
        .cells = 3,
        .blocks = 3,
        .runs = 9,
        .done = 6,
        .failed = 1,
        .excluded = 3,
    };
    ck_assert_ptr_nonnull(row.spec);
    OK(store_campaign_insert(c, &row, err));
    store_campaign_done(&row);
}

/* In the plan's order; block 0 is for warming up. */
static const struct fate {
    unsigned position, attempt;
    enum run_state state;
    enum run_grade grade;
    const char *reason, *error;
    double makespan; /* 0: none */
} fates[] = {
    {0, 1, RUN_DONE, GRADE_USABLE, "of a warm-up block", NULL, 99},
    {1, 1, RUN_DONE, GRADE_USABLE, "of a warm-up block", NULL, 98},
    {2, 1, RUN_FAILED, GRADE_USABLE, NULL, "+exit code 1, it last wrote: \"no\"", 0},
    {2, 2, RUN_DONE, GRADE_USABLE, "of a warm-up block", NULL, 97},
    {3, 1, RUN_DONE, GRADE_USABLE, NULL, NULL, 12.5},
    {4, 1, RUN_DONE, GRADE_LIMITED, "the host was not quiet", NULL, 0.1},
    {5, 1, RUN_DONE, GRADE_INVALID, "jobs were lost", NULL, 1000},
    {6, 1, RUN_DONE, GRADE_USABLE, NULL, NULL, 13.5},
    {7, 1, RUN_FAILED, GRADE_USABLE, NULL, "its time is over", 0},
    {8, 1, RUN_MEASURING, GRADE_USABLE, NULL, NULL, 0},
};

static void id_of(const struct fate *f, char ret_id[BD_ID_BYTES])
{
    snprintf(ret_id, BD_ID_BYTES, "%08x", f->position + (f->attempt - 1) * 0x100);
}

static json_t *levels_of(unsigned cell)
{
    return cell == 2 ? json_pack("{s:i}", "cluster.compute", 4)
                     : json_pack("{s:s}", OPTION, cell ? EXPORTED_WORD : "sched/builtin");
}

static json_t *metrics_of(const struct fate *f)
{
    if (f->makespan == 0) /* NOLINT(clang-diagnostic-float-equal) as the table has it */
        return json_object();
    return json_pack("{s:{s:f, s:s, s:s, s:i}, s:{s:f, s:s, s:s, s:i}, s:{s:f, s:s, s:s, s:i}, "
                     "s:{s:i, s:s, s:s, s:i}}",
                     "makespan", "value", f->makespan, "unit", "s", "kind", "cost", "n", 1,
                     "wait_p95", "value", 1.0 / 3, "unit", "s", "kind", "cost", "n", 40,
                     "bandwidth", "value", -2.5e-7, "unit", "MB/s", "kind", "rate", "n", 1, "share",
                     "value", 1, "unit", "", "kind", "ratio", "n", 1);
}

static void insert_cluster(struct store_conn *c, const char *id)
{
    struct store_cluster row = {
        .version = 1,
        .created_ns = 1,
        .state = CLUSTER_DELETED,
        .spec = json_pack("{s:{s:s}}", "scheduler", "name", "slurm"),
        .image_name = bd_xstrdup("debian-bookworm"),
        .image_digest = bd_xstrdup("sha256:aa"),
        .scheduler_version = bd_xstrdup("22.05.8"),
        .run = bd_xstrdup(id),
    };
    memcpy(row.id, id, sizeof(row.id));
    OK(store_cluster_insert(c, &row, err));
    store_cluster_done(&row);
}

static void insert_run(struct store_conn *c, const struct fate *f)
{
    bool at_end = run_state_is_final(f->state);
    unsigned cell = f->position % 3;
    struct store_run row = {
        .campaign = EXPORTED_CAMPAIGN,
        .position = f->position,
        .cell = cell,
        .block = f->position / 3,
        .attempt = f->attempt,
        .warmup = f->position < 3,
        .state = f->state,
        .version = 1,
        .created_ns = EXPORTED_BEGIN_NS + f->position,
        .started_ns = EXPORTED_BEGIN_NS + f->position * S,
        .ended_ns = at_end ? EXPORTED_BEGIN_NS + f->position * S + 1500 * MS : 0,
        .levels = levels_of(cell),
        .spec = json_pack("{s:{s:i, s:s, s:s, s:{s:s, s:{s:s}}}}", "cluster", "compute",
                          cell == 2 ? 4 : 2, "backend", "lxc", "image", "debian-bookworm",
                          "scheduler", "name", "slurm", "options", "SchedulerType",
                          cell == 1 ? EXPORTED_WORD : "sched/builtin"),
        .metrics = metrics_of(f),
        .graded = f->state == RUN_DONE,
        .grade = f->grade,
        .reasons = f->reason ? json_pack("[s]", f->reason) : NULL,
        .conditions = json_pack("{s:{s:I}}", "jobs", "beginWallNs", (json_int_t)EXPORTED_BEGIN_NS),
        .error = f->error ? json_pack("{s:s, s:s, s:s}", "type", "workload", "step", "workload",
                                      "detail", f->error)
                          : NULL,
    };
    id_of(f, row.id);
    OK(store_run_insert(c, &row, err));
    insert_cluster(c, row.id);
    store_run_done(&row);
}

static const struct job_seen jobs[] = {
    {.index = 0,
     .nodes = 2,
     .think = -1,
     .group = -1,
     .user = 1,
     .planned = 0,
     .submit = 0,
     .accepted = 5 * MS,
     .eligible = JOB_NEVER,
     .allocated = JOB_NEVER,
     .freed = JOB_NEVER,
     .started_first = 1400 * MS,
     .started_all = 1500 * MS,
     .ended_last = 4 * S + 1,
     .runtime = 2 * S,
     .requested = 60 * S,
     .job_id = 17,
     .outcome = JOB_COMPLETED,
     .end = JOB_END_COMPLETED,
     .node_list = (char[]){"n1,n2"}},
    /* held back: the next one is submitted before it */
    {.index = 1,
     .nodes = 1,
     .think = -1,
     .group = -1,
     .user = 2,
     .planned = 1 * S,
     .submit = 3 * S,
     .accepted = 3 * S + 1,
     .eligible = JOB_NEVER,
     .allocated = JOB_NEVER,
     .freed = JOB_NEVER,
     .started_first = 3 * S + 200 * MS,
     .started_all = 3 * S + 200 * MS,
     .ended_last = 3 * S + 600 * MS,
     .runtime = 300 * MS,
     .requested = 1500 * MS,
     .job_id = 19,
     .exit_code = 3,
     .outcome = JOB_FAILED,
     .end = JOB_END_FAILED,
     .node_list = (char[]){"n1"}},
    {.index = 2,
     .task = 0,
     .nodes = 1,
     .think = -1,
     .group = -1,
     .user = 1,
     .planned = 2 * S,
     .submit = 2 * S,
     .accepted = 2 * S + 1,
     .eligible = JOB_NEVER,
     .allocated = JOB_NEVER,
     .freed = JOB_NEVER,
     .started_first = 3 * S,
     .started_all = 3 * S,
     .ended_last = JOB_NEVER,
     .runtime = 300 * MS,
     .requested = 60 * S,
     .job_id = 18,
     .exit_code = -1,
     .outcome = JOB_KILLED,
     .end = JOB_END_NODE_FAIL,
     .node_list = (char[]){"n2"}},
    {.index = 2,
     .task = 1,
     .nodes = 1,
     .think = -1,
     .group = -1,
     .user = 1,
     .planned = 2 * S,
     .submit = 2 * S,
     .accepted = JOB_NEVER,
     .eligible = JOB_NEVER,
     .allocated = JOB_NEVER,
     .freed = JOB_NEVER,
     .started_first = JOB_NEVER,
     .started_all = JOB_NEVER,
     .ended_last = JOB_NEVER,
     .runtime = 300 * MS,
     .requested = 60 * S,
     .exit_code = -1,
     .outcome = JOB_REFUSED,
     .end = JOB_END_UNKNOWN,
     .node_list = (char[]){""}},
    {.index = 3,
     .nodes = 1,
     .think = 90 * S,
     .group = 4,
     .user = 1,
     .follows = 2,
     .planned = 4 * S,
     .submit = 4 * S,
     .accepted = 4 * S + 1,
     .eligible = JOB_NEVER,
     .allocated = JOB_NEVER,
     .freed = JOB_NEVER,
     .started_first = JOB_NEVER,
     .started_all = JOB_NEVER,
     .ended_last = JOB_NEVER,
     .runtime = 300 * MS,
     .requested = 60 * S,
     .job_id = 20,
     .exit_code = -1,
     .outcome = JOB_LOST,
     .end = JOB_END_UNKNOWN,
     .node_list = (char[]){""}},
    {.index = 4,
     .nodes = 1,
     .think = -1,
     .group = -1,
     .user = 1,
     .planned = 5 * S,
     .submit = JOB_NEVER,
     .accepted = JOB_NEVER,
     .eligible = JOB_NEVER,
     .allocated = JOB_NEVER,
     .freed = JOB_NEVER,
     .started_first = JOB_NEVER,
     .started_all = JOB_NEVER,
     .ended_last = JOB_NEVER,
     .runtime = 300 * MS,
     .requested = 60 * S,
     .exit_code = -1,
     .outcome = JOB_NOT_SUBMITTED,
     .end = JOB_END_UNKNOWN,
     .node_list = (char[]){""}},
};

void exported_insert(struct store_conn *c)
{
    OK(store_begin(c, err));
    insert_campaign(c);
    for (size_t i = 0; i < BD_ARRAY_LEN(fates); i++)
        insert_run(c, &fates[i]);
    OK(store_jobs_put(c, EXPORTED_JOBS, jobs, BD_ARRAY_LEN(jobs), err));
    OK(store_commit(c, err));
}
