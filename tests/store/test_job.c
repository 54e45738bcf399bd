#include "lib/base/str.h"
#include "lib/store/job.h"
#include "tests/store/runs.h"

#define BIT(outcome) (1U << (outcome))

/* Every column filled, each with a value of its own. */
static struct job_seen full(void)
{
    return (struct job_seen){
        .index = UINT32_MAX,
        .task = 999,
        .nodes = 2,
        .user = 3,
        .follows = 1,
        .think = 15,
        .group = 16,
        .planned = 4,
        .submit = 5,
        .accepted = 6,
        .eligible = 15,
        .allocated = 16,
        .freed = 17,
        .started_first = 7,
        .started_all = 8,
        .ended_last = 9,
        .runtime = 10,
        .requested = 11,
        .job_id = UINT64_MAX,
        .exit_code = -12,
        .starts = 13,
        .ends = 14,
        .doubled = true,
        .outcome = JOB_KILLED,
        .end = JOB_END_NODE_FAIL,
        .node_list = (char *)"n1,n2",
    };
}

/* Nothing was seen of it; at 0 is seen. */
static struct job_seen unseen(uint32_t index, uint32_t task)
{
    return (struct job_seen){
        .index = index,
        .task = task,
        .nodes = 1,
        .think = -1,
        .group = -1,
        .planned = 0,
        .submit = JOB_NEVER,
        .accepted = JOB_NEVER,
        .eligible = JOB_NEVER,
        .allocated = JOB_NEVER,
        .freed = JOB_NEVER,
        .started_first = JOB_NEVER,
        .started_all = JOB_NEVER,
        .ended_last = JOB_NEVER,
        .exit_code = -1,
        .outcome = JOB_NOT_SUBMITTED,
    };
}

static void assert_same(const struct job_seen *a, const struct job_seen *b)
{
    ck_assert_uint_eq(a->index, b->index);
    ck_assert_uint_eq(a->task, b->task);
    ck_assert_uint_eq(a->nodes, b->nodes);
    ck_assert_uint_eq(a->user, b->user);
    ck_assert_uint_eq(a->follows, b->follows);
    ck_assert_int_eq(a->think, b->think);
    ck_assert_int_eq(a->group, b->group);
    ck_assert_int_eq(a->planned, b->planned);
    ck_assert_int_eq(a->submit, b->submit);
    ck_assert_int_eq(a->accepted, b->accepted);
    ck_assert_int_eq(a->started_first, b->started_first);
    ck_assert_int_eq(a->started_all, b->started_all);
    ck_assert_int_eq(a->ended_last, b->ended_last);
    ck_assert_int_eq(a->eligible, b->eligible);
    ck_assert_int_eq(a->allocated, b->allocated);
    ck_assert_int_eq(a->freed, b->freed);
    ck_assert_int_eq(a->runtime, b->runtime);
    ck_assert_int_eq(a->requested, b->requested);
    ck_assert_uint_eq(a->job_id, b->job_id);
    ck_assert_int_eq(a->exit_code, b->exit_code);
    ck_assert_uint_eq(a->starts, b->starts);
    ck_assert_uint_eq(a->ends, b->ends);
    ck_assert_int_eq(a->doubled, b->doubled);
    ck_assert_int_eq((int)a->outcome, (int)b->outcome);
    ck_assert_int_eq((int)a->end, (int)b->end);
    ck_assert_str_eq(a->node_list ? a->node_list : "", b->node_list);
}

START_TEST(test_every_column_comes_back)
{
    struct db db = db_with_runs();
    struct job_seen jobs[] = {unseen(0, 0), full()}, *got = NULL;
    size_t n = 0;
    OK(store_jobs_put(db.conn, RUN, jobs, BD_ARRAY_LEN(jobs), err));
    OK(store_jobs_list(db.conn, RUN, &(struct store_job_filter){.limit = 9}, &got, &n, err));
    ck_assert_uint_eq(n, BD_ARRAY_LEN(jobs));
    for (size_t i = 0; i < n; i++)
        assert_same(&jobs[i], &got[i]);
    store_jobs_free(got, n);
    db_done(&db);
}
END_TEST

START_TEST(test_a_row_of_the_same_job_is_replaced)
{
    struct db db = db_with_runs();
    struct job_seen job = unseen(UINT32_MAX, 999), later = full(), *got = NULL;
    size_t n = 0;
    OK(store_jobs_put(db.conn, RUN, &job, 1, err));
    OK(store_jobs_put(db.conn, OTHER, &job, 1, err));
    OK(store_jobs_put(db.conn, RUN, &later, 1, err));
    OK(store_jobs_list(db.conn, RUN, &(struct store_job_filter){.limit = 9}, &got, &n, err));
    ck_assert_uint_eq(n, 1);
    assert_same(&later, &got[0]);
    store_jobs_free(got, n);
    OK(store_jobs_list(db.conn, OTHER, &(struct store_job_filter){.limit = 9}, &got, &n, err));
    ck_assert_uint_eq(n, 1);
    assert_same(&job, &got[0]);
    store_jobs_free(got, n);
    db_done(&db);
}
END_TEST

/* Jobs 0 to 5, of which 2 is an array of three. */
static void put_some(struct store_conn *c)
{
    static const struct {
        uint32_t index, task;
        enum job_outcome outcome;
    } some[] = {
        {5, 0, JOB_LOST},   {0, 0, JOB_COMPLETED}, {1, 0, JOB_FAILED},        {2, 1, JOB_COMPLETED},
        {2, 0, JOB_FAILED}, {2, 2, JOB_KILLED},    {3, 0, JOB_NOT_SUBMITTED}, {4, 0, JOB_COMPLETED},
    };
    struct job_seen jobs[BD_ARRAY_LEN(some)];
    for (size_t i = 0; i < BD_ARRAY_LEN(some); i++) {
        jobs[i] = unseen(some[i].index, some[i].task);
        jobs[i].outcome = some[i].outcome;
    }
    OK(store_jobs_put(c, RUN, jobs, BD_ARRAY_LEN(some), err));
    struct job_seen other = unseen(1, 7);
    OK(store_jobs_put(c, OTHER, &other, 1, err));
}

START_TEST(test_listing_is_in_order_filtered_and_paged)
{
    struct db db = db_with_runs();
    put_some(db.conn);
    static const struct {
        struct store_job_filter filter;
        const char *jobs;
        uint64_t all; /* of these outcomes */
    } cases[] = {
        {{.limit = 9}, "0.0 1.0 2.0 2.1 2.2 3.0 4.0 5.0 ", 8},
        {{.limit = 3}, "0.0 1.0 2.0 ", 8},
        {{.limit = 3, .after = true, .after_index = 2}, "2.1 2.2 3.0 ", 8},
        {{.limit = 9, .after = true}, "1.0 2.0 2.1 2.2 3.0 4.0 5.0 ", 8},
        {{.limit = 9, .after = true, .after_index = 5}, "", 8},
        {{.limit = 9, .outcomes = BIT(JOB_COMPLETED)}, "0.0 2.1 4.0 ", 3},
        {{.limit = 2, .outcomes = BIT(JOB_COMPLETED)}, "0.0 2.1 ", 3},
        {{.limit = 9,
          .outcomes = BIT(JOB_COMPLETED),
          .after = true,
          .after_index = 2,
          .after_task = 1},
         "4.0 ",
         3},
        {{.limit = 3, .outcomes = BIT(JOB_COMPLETED) | BIT(JOB_FAILED) | BIT(JOB_LOST)},
         "0.0 1.0 2.0 ",
         6},
        {{.limit = 9,
          .outcomes = BIT(JOB_LOST) | BIT(JOB_KILLED) | BIT(JOB_NOT_SUBMITTED),
          .after = true,
          .after_index = 2,
          .after_task = 1},
         "2.2 3.0 5.0 ",
         3},
        {{.limit = 9, .outcomes = BIT(JOB_REFUSED)}, "", 0},
        {{.limit = 9, .outcomes = BIT(JOB_OUTCOME_COUNT) - 1},
         "0.0 1.0 2.0 2.1 2.2 3.0 4.0 5.0 ",
         8},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct job_seen *rows = NULL;
        size_t n = 0;
        uint64_t all = 99;
        bd_auto_str struct bd_str jobs = {0};
        OK(store_jobs_list(db.conn, RUN, &cases[i].filter, &rows, &n, err));
        for (size_t k = 0; k < n; k++)
            bd_str_addf(&jobs, "%u.%u ", rows[k].index, rows[k].task);
        ck_assert_msg(bd_str_eq(bd_str_text(&jobs), cases[i].jobs), "case %zu: %s", i,
                      bd_str_text(&jobs));
        store_jobs_free(rows, n);
        OK(store_jobs_count(db.conn, RUN, cases[i].filter.outcomes, &all, err));
        ck_assert_msg(all == cases[i].all, "case %zu: %llu", i, (unsigned long long)all);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_what_makes_no_sense_is_refused)
{
    struct db db = db_with_runs();
    struct job_seen job = unseen(0, 0), *many = bd_xcalloc(STORE_JOBS_BATCH + 1, sizeof(*many));
    FAILS(store_jobs_put(db.conn, "00000009", &job, 1, err), BD_ENOTFOUND, "00000009");
    FAILS(store_jobs_put(db.conn, RUN, many, STORE_JOBS_BATCH + 1, err), BD_EINVALID, "501");
    OK(store_jobs_put(db.conn, RUN, many, STORE_JOBS_BATCH, err));
    free(many);

    struct job_seen *got = NULL;
    size_t n = 7;
    OK(store_jobs_put(db.conn, RUN, &job, 1, err));
    db_tamper(&db, "UPDATE job SET outcome = 'eaten'");
    FAILS(store_jobs_list(db.conn, RUN, &(struct store_job_filter){.limit = 9}, &got, &n, err),
          BD_ECORRUPT, "eaten");
    ck_assert(!got && n == 7);
    db_done(&db);
}
END_TEST

START_TEST(test_words_are_those_of_the_schema)
{
    struct db db = db_with_runs();
    struct job_seen job = unseen(0, 0);
    for (int o = 0; o < JOB_OUTCOME_COUNT; o++) {
        job.outcome = (enum job_outcome)o;
        OK(store_jobs_put(db.conn, RUN, &job, 1, err));
    }
    for (int e = 0; e < JOB_END_COUNT; e++) {
        job.end = (enum job_end)e;
        OK(store_jobs_put(db.conn, RUN, &job, 1, err));
    }
    db_done(&db);
}
END_TEST

UNIT_MAIN("store/job", test_every_column_comes_back, test_a_row_of_the_same_job_is_replaced,
          test_listing_is_in_order_filtered_and_paged, test_what_makes_no_sense_is_refused,
          test_words_are_those_of_the_schema)
