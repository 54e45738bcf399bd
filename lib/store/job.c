#include "lib/store/job.h"

#include "lib/store/page.h"

/* In the order of enum column. */
#define EACH_PAGE 1000

#define COLUMNS                                                                                    \
    "idx, task, nodes, user, planned_ns, submit_ns, accepted_ns, started_first_ns, "               \
    "started_all_ns, ended_last_ns, runtime_ns, requested_ns, job_id, exit_code, starts, ends, "   \
    "doubled, outcome, end_state, node_list, after_idx, think_ns, group_id, eligible_ns, "         \
    "allocated_ns, freed_ns, node_tasks, task_cores, node_memory_bytes, shares"
#define PLACES                                                                                     \
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

enum column {
    COL_INDEX,
    COL_TASK,
    COL_NODES,
    COL_USER,
    COL_PLANNED,
    COL_SUBMIT,
    COL_ACCEPTED,
    COL_STARTED_FIRST,
    COL_STARTED_ALL,
    COL_ENDED_LAST,
    COL_RUNTIME,
    COL_REQUESTED,
    COL_JOB_ID,
    COL_EXIT_CODE,
    COL_STARTS,
    COL_ENDS,
    COL_DOUBLED,
    COL_OUTCOME,
    COL_END,
    COL_NODE_LIST,
    COL_AFTER,
    COL_THINK,
    COL_GROUP,
    COL_ELIGIBLE,
    COL_ALLOCATED,
    COL_FREED,
    COL_NODE_TASKS,
    COL_TASK_CORES,
    COL_NODE_MEMORY,
    COL_SHARES,
};

static int outcome_of(const char *text)
{
    enum job_outcome outcome;
    int r = job_outcome_from_str(text, &outcome);
    return r < 0 ? r : (int)outcome;
}

static const char *outcome_name(int outcome)
{
    return job_outcome_to_str((enum job_outcome)outcome);
}

static int end_of(const char *text)
{
    enum job_end end;
    int r = job_end_from_str(text, &end);
    return r < 0 ? r : (int)end;
}

void store_jobs_free(struct job_seen *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(rows[i].node_list);
    free(rows);
}

static void bind_seen(struct query *q, int64_t ns)
{
    if (ns == JOB_NEVER)
        query_text(q, NULL);
    else
        query_i64(q, ns);
}

static void row_bind(struct query *q, const struct job_seen *job)
{
    query_i64(q, job->index);
    query_i64(q, job->task);
    query_i64(q, job->nodes);
    query_i64(q, job->user);
    bind_seen(q, job->planned);
    bind_seen(q, job->submit);
    bind_seen(q, job->accepted);
    bind_seen(q, job->started_first);
    bind_seen(q, job->started_all);
    bind_seen(q, job->ended_last);
    query_i64(q, job->runtime);
    query_i64(q, job->requested);
    query_i64(q, (int64_t)job->job_id);
    query_i64(q, job->exit_code);
    query_i64(q, job->starts);
    query_i64(q, job->ends);
    query_i64(q, job->doubled);
    query_text(q, job_outcome_to_str(job->outcome));
    query_text(q, job_end_to_str(job->end));
    query_text(q, job->node_list ? job->node_list : "");
    bind_seen(q, job->follows > 0 ? (int64_t)job->follows - 1 : JOB_NEVER);
    bind_seen(q, job->think >= 0 ? job->think : JOB_NEVER);
    bind_seen(q, job->group >= 0 ? job->group : JOB_NEVER);
    bind_seen(q, job->eligible);
    bind_seen(q, job->allocated);
    bind_seen(q, job->freed);
    query_i64(q, job->ask.tasks);
    query_i64(q, job->ask.cores_per_task);
    query_i64(q, (int64_t)job->ask.memory_bytes);
    query_i64(q, job->ask.shares);
}

static int put_one(struct store_conn *c, const char *run, const struct job_seen *job,
                   struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(
        &q, c, "INSERT OR REPLACE INTO job (run, " COLUMNS ") VALUES (?, " PLACES ")", err);
    if (r < 0)
        return r;
    query_text(&q, run);
    row_bind(&q, job);
    r = query_run(&q, err);
    if (r >= 0)
        return 0;
    if (sqlite3_extended_errcode(c->db) == SQLITE_CONSTRAINT_FOREIGNKEY)
        return bd_err_set(err, BD_ENOTFOUND, "there is no run with the id '%s'", run);
    bd_err_wrap(err, "job %u.%u of run %s", job->index, job->task, run);
    return r;
}

int store_jobs_put(struct store_conn *c, const char *run, const struct job_seen *items, size_t n,
                   struct bd_err *err)
{
    if (n > STORE_JOBS_BATCH)
        return bd_err_set(err, BD_EINVALID, "%zu jobs are more than a batch of %d", n,
                          STORE_JOBS_BATCH);
    for (size_t i = 0; i < n; i++) {
        int r = put_one(c, run, &items[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int64_t col_seen(const struct query *q, int col)
{
    return sqlite3_column_type(q->stmt, col) == SQLITE_NULL ? JOB_NEVER : query_col_i64(q, col);
}

/* What is NULL is -1, for none. */
static int64_t col_or_none(const struct query *q, int col)
{
    return sqlite3_column_type(q->stmt, col) == SQLITE_NULL ? -1 : query_col_i64(q, col);
}

static int row_read(const struct query *q, struct job_seen *ret_job, struct bd_err *err)
{
    int outcome = 0, end = 0;
    int r = query_col_word(q, COL_OUTCOME, outcome_of, &outcome, err);
    if (r == 0)
        r = query_col_word(q, COL_END, end_of, &end, err);
    if (r < 0)
        return r;
    *ret_job = (struct job_seen){
        .index = (uint32_t)query_col_i64(q, COL_INDEX),
        .task = (uint32_t)query_col_i64(q, COL_TASK),
        .nodes = (uint32_t)query_col_i64(q, COL_NODES),
        .user = (uint32_t)query_col_i64(q, COL_USER),
        .ask =
            {
                .tasks = (uint32_t)query_col_i64(q, COL_NODE_TASKS),
                .cores_per_task = (uint32_t)query_col_i64(q, COL_TASK_CORES),
                .memory_bytes = (uint64_t)query_col_i64(q, COL_NODE_MEMORY),
                .shares = query_col_i64(q, COL_SHARES) != 0,
            },
        .follows = sqlite3_column_type(q->stmt, COL_AFTER) == SQLITE_NULL
                       ? 0
                       : (uint32_t)query_col_i64(q, COL_AFTER) + 1,
        .think = col_or_none(q, COL_THINK),
        .group = col_or_none(q, COL_GROUP),
        .planned = col_seen(q, COL_PLANNED),
        .submit = col_seen(q, COL_SUBMIT),
        .accepted = col_seen(q, COL_ACCEPTED),
        .started_first = col_seen(q, COL_STARTED_FIRST),
        .started_all = col_seen(q, COL_STARTED_ALL),
        .ended_last = col_seen(q, COL_ENDED_LAST),
        .eligible = col_seen(q, COL_ELIGIBLE),
        .allocated = col_seen(q, COL_ALLOCATED),
        .freed = col_seen(q, COL_FREED),
        .runtime = query_col_i64(q, COL_RUNTIME),
        .requested = query_col_i64(q, COL_REQUESTED),
        .job_id = (uint64_t)query_col_i64(q, COL_JOB_ID),
        .exit_code = (int32_t)query_col_i64(q, COL_EXIT_CODE),
        .starts = (uint32_t)query_col_i64(q, COL_STARTS),
        .ends = (uint32_t)query_col_i64(q, COL_ENDS),
        .doubled = query_col_i64(q, COL_DOUBLED) != 0,
        .outcome = (enum job_outcome)outcome,
        .end = (enum job_end)end,
        .node_list = query_col_text(q, COL_NODE_LIST),
    };
    return 0;
}

/* ?1 the run, ?2 and ?3 the job to go on behind, ?4 the limit. */
#define BEHIND "(idx, task) > (?2, ?3) "

/* A walk along the index of outcomes, nowhere where that parameter is NULL. SQLite merges several
 * walks as it goes, and ends each at the limit. */
#define WALK(outcome)                                                                              \
    "SELECT idx, task FROM job WHERE run = ?1 AND outcome = " outcome " AND " BEHIND

/* All there are, or a page of each outcome's. [by outcome] */
static const char *const list_sql[2] = {
    "SELECT " COLUMNS " FROM job WHERE run = ?1 AND " BEHIND "ORDER BY idx, task LIMIT ?4",
    "WITH page AS (" WALK("?5") "UNION ALL " WALK("?6") "UNION ALL " WALK("?7") "UNION ALL " WALK(
        "?8") "UNION ALL " WALK("?9") "UNION ALL " WALK("?10") "ORDER BY idx, task LIMIT ?4) "
                                                               "SELECT " COLUMNS
                                                               " FROM page CROSS JOIN job USING "
                                                               "(idx, task) WHERE run = ?1 "
                                                               "ORDER BY idx, task",
};
_Static_assert(JOB_OUTCOME_COUNT == 6, "a walk for each outcome");

static void bind_outcomes(struct query *q, unsigned outcomes)
{
    for (int i = 0; i < JOB_OUTCOME_COUNT; i++)
        query_text(q, (outcomes & 1U << i) ? outcome_name(i) : NULL);
}

int store_jobs_list(struct store_conn *c, const char *run, const struct store_job_filter *filter,
                    struct job_seen **ret_rows, size_t *ret_n, struct bd_err *err)
{
    auto_query struct query q = {0};
    struct page_rows rows = {.bytes = sizeof(struct job_seen)};
    bool by_outcome = filter->outcomes != 0;
    int r = query_begin(&q, c, list_sql[by_outcome], err);
    if (r < 0)
        return r;
    query_text(&q, run);
    query_i64(&q, filter->after ? (int64_t)filter->after_index : -1);
    query_i64(&q, filter->after ? (int64_t)filter->after_task : -1);
    query_i64(&q, filter->limit);
    if (by_outcome)
        bind_outcomes(&q, filter->outcomes);
    while ((r = query_step(&q, err)) > 0) {
        r = row_read(&q, page_slot(&rows), err);
        if (r < 0) {
            bd_err_wrap(err, "job %lld.%lld", (long long)query_col_i64(&q, COL_INDEX),
                        (long long)query_col_i64(&q, COL_TASK));
            break;
        }
        rows.n++;
    }
    if (r < 0) {
        bd_err_wrap(err, "jobs of run %s", run);
        store_jobs_free(rows.items, rows.n);
        return r;
    }
    *ret_rows = rows.items;
    *ret_n = rows.n;
    return 0;
}

int store_jobs_each(struct store_conn *c, const char *run, store_job_fn on_job, void *arg,
                    struct bd_err *err)
{
    struct store_job_filter filter = {.limit = EACH_PAGE};
    size_t n = 0;
    int rc = 0;
    do {
        struct job_seen *jobs = NULL;
        rc = store_jobs_list(c, run, &filter, &jobs, &n, err);
        if (rc < 0)
            return rc;
        for (size_t i = 0; rc == 0 && i < n; i++)
            rc = on_job(&jobs[i], arg, err);
        if (n > 0) {
            filter.after = true;
            filter.after_index = jobs[n - 1].index;
            filter.after_task = jobs[n - 1].task;
        }
        store_jobs_free(jobs, n);
    } while (rc == 0 && n == filter.limit);
    return rc < 0 ? rc : 0;
}

int store_jobs_count(struct store_conn *c, const char *run, unsigned outcomes, uint64_t *ret_n,
                     struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c,
                        "SELECT count(*) FROM job"
                        "  WHERE run = ? AND outcome IN (SELECT value FROM json_each(?))",
                        err);
    if (r < 0)
        return r;
    query_text(&q, run);
    query_states(&q, outcomes, JOB_OUTCOME_COUNT, outcome_name);
    r = query_step(&q, err);
    if (r < 0)
        return r;
    *ret_n = (uint64_t)query_col_i64(&q, 0);
    return 0;
}
