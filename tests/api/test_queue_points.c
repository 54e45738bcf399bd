#include "daemon/api/queue_points.h"
#include "lib/base/json.h"
#include "tests/base/unit.h"

#define S INT64_C(1000000000)

/* Where the clocks that a job was seen by differ, it may seem to begin before the stream. */
static const struct job_seen jobs[] = {
    {.nodes = 2, .submit = 0, .started_first = 1 * S, .ended_last = 7 * S},
    {.nodes = 1, .submit = 1 * S, .started_first = 7 * S, .ended_last = 8 * S},
    {.nodes = 3, .submit = 2 * S, .started_first = 6 * S, .ended_last = JOB_NEVER},     /* killed */
    {.nodes = 4, .submit = 2 * S, .started_first = JOB_NEVER, .ended_last = JOB_NEVER}, /* lost */
    {.nodes = 1, .submit = 20 * S, .started_first = 20 * S, .ended_last = 21 * S},
};
static const struct job_seen early[] = {
    {.nodes = 1, .submit = JOB_NEVER, .started_first = -3 * S, .ended_last = 2 * S},
};

static int text_of(const struct job_seen *seen, size_t n, struct queue_window window, size_t most,
                   struct bd_str *ret_text, struct bd_err *err)
{
    struct metrics_queue q = {0};
    for (size_t i = 0; i < n; i++)
        metrics_queue_add(&q, &seen[i]);
    int rc = queue_points(&q, &window, most, ret_text, err);
    metrics_queue_done(&q);
    return rc;
}

/* Waiting: 1 from 0, 2 from 2 s (the second took the first one's place at 1 s), 1 from 6 s, 0 from
 * 7 s. Running: 1 from 1 s to 8 s, and from 20 s to 21 s. Busy nodes: 2 from 1 s, 1 from 7 s. */
#define ALL                                                                                        \
    "[0,1,0,0],[1000000000,1,1,2],[2000000000,2,1,2],[6000000000,1,1,2],[7000000000,0,1,1],"       \
    "[8000000000,0,0,0],[20000000000,0,1,1],[21000000000,0,0,0]"

START_TEST(points_are_what_was_computed_by_hand)
{
    static const struct {
        struct queue_window window;
        const char *text;
    } cases[] = {
        {{INT64_MIN, INT64_MAX, 0}, "[" ALL "]"},
        {{0, INT64_MAX, 0}, "[" ALL "]"},
        /* what held at the beginning, unless a change is right there; the end is not among them */
        {{3 * S, 7 * S, 0}, "[[3000000000,2,1,2],[6000000000,1,1,2]]"},
        {{6 * S, 7 * S + 1, 0}, "[[6000000000,1,1,2],[7000000000,0,1,1]]"},
        {{3 * S, 4 * S, 0}, "[[3000000000,2,1,2]]"},
        {{30 * S, INT64_MAX, 0}, "[[30000000000,0,0,0]]"},
        {{4 * S, 3 * S, 0}, "[]"},
        {{4 * S, 4 * S, 0}, "[]"},
        {{INT64_MIN, 0, 0}, "[]"},
        /* 0-5: 1x2 + 2x3 wait, 4 s run; 5-10: 2x1 + 1x1 wait, 3 s run, 2x2 + 1x1 nodes; 10-20:
         * none, which is there too; 20-25: 1 of 5 s */
        {{INT64_MIN, INT64_MAX, 5 * S},
         "[[0,1.6,2,0.8,1,1.6,2],[5000000000,0.6,2,0.6,1,1,2],[10000000000,0,0,0,0,0,0],"
         "[15000000000,0,0,0,0,0,0],[20000000000,0,0,0.2,1,0.2,1]]"},
        /* the last change at the edge of a bucket begins none */
        {{INT64_MIN, INT64_MAX, 7 * S},
         "[[0,1.57142857142857,2,0.857142857142857,1,1.71428571428571,2],"
         "[7000000000,0,0,0.142857142857143,1,0.142857142857143,1],"
         "[14000000000,0,0,0.142857142857143,1,0.142857142857143,1]]"},
        /* means are over what is in the window: 3-5, 5-6.5 (2 and then 1 for half a second) */
        {{3 * S, 13 * S / 2, 5 * S}, "[[0,2,2,1,1,2,2],[5000000000,1.66666666666667,2,1,1,2,2]]"},
        {{7 * S, 20 * S, 20 * S}, "[[0,0,0,0.0769230769230769,1,0.0769230769230769,1]]"},
        {{INT64_MIN, INT64_MAX, INT64_MAX}, NULL},
        {{22 * S, INT64_MAX, S}, "[]"},
        {{4 * S, 3 * S, S}, "[]"},
        {{INT64_MIN, 0, S}, "[]"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_str struct bd_str text = {0};
        bd_auto_json json_t *json = NULL;
        ck_assert_int_eq(text_of(jobs, BD_ARRAY_LEN(jobs), cases[i].window, 100, &text, NULL), 0);
        ck_assert_int_eq(bd_json_parse(text.data, text.len, &json, NULL), 0);
        if (cases[i].text)
            ck_assert_str_eq(bd_str_text(&text), cases[i].text);
        else
            ck_assert_uint_eq(json_array_size(json), 1);
    }
}
END_TEST

START_TEST(what_is_before_the_beginning_is_in_buckets_before_it)
{
    bd_auto_str struct bd_str text = {0}, clipped = {0};
    const struct queue_window all = {INT64_MIN, INT64_MAX, 2 * S}, from_0 = {0, INT64_MAX, 4 * S};
    ck_assert_int_eq(text_of(early, 1, all, 10, &text, NULL), 0);
    ck_assert_str_eq(bd_str_text(&text), "[[-4000000000,0,0,0.5,1,0.5,1],[-2000000000,0,0,1,1,1,1],"
                                         "[0,0,0,1,1,1,1]]");
    ck_assert_int_eq(text_of(early, 1, from_0, 10, &clipped, NULL), 0);
    ck_assert_str_eq(bd_str_text(&clipped), "[[0,0,0,0.5,1,0.5,1]]");
}
END_TEST

START_TEST(no_jobs_have_no_points)
{
    for (int64_t step = 0; step < 2; step++) {
        bd_auto_str struct bd_str text = {0};
        const struct queue_window window = {S, INT64_MAX, step};
        ck_assert_int_eq(text_of(NULL, 0, window, 10, &text, NULL), 0);
        ck_assert_str_eq(bd_str_text(&text), "[]");
    }
}
END_TEST

START_TEST(more_points_than_fit_are_refused)
{
    static const struct {
        struct queue_window window;
        size_t n;
        const char *says;
    } cases[] = {
        {{INT64_MIN, INT64_MAX, 0}, 8, "give a step"},
        {{3 * S, INT64_MAX, 0}, 6, "give a step"}, /* with the one at the beginning */
        {{INT64_MIN, INT64_MAX, S}, 21, "give a longer step"},
        {{INT64_MIN, INT64_MAX, 10 * S}, 3, "give a longer step"},
        {{5 * S + 1, 6 * S, S / 4}, 4, "give a longer step"},
        /* years of it: found at once */
        {{INT64_MIN, INT64_MAX, 1}, 21 * S, "give a longer step"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct bd_err err = BD_ERR_INIT;
        bd_auto_str struct bd_str text = {0}, refused = {0};
        size_t n = cases[i].n;
        if (cases[i].window.step_ns != 1)
            ck_assert_int_eq(text_of(jobs, BD_ARRAY_LEN(jobs), cases[i].window, n, &text, NULL), 0);
        ck_assert_int_eq(text_of(jobs, BD_ARRAY_LEN(jobs), cases[i].window, n - 1, &refused, &err),
                         BD_EINVALID);
        ck_assert_ptr_nonnull(strstr(err.text, cases[i].says));
    }
}
END_TEST

UNIT_MAIN("api/queue_points", points_are_what_was_computed_by_hand,
          what_is_before_the_beginning_is_in_buckets_before_it, no_jobs_have_no_points,
          more_points_than_fit_are_refused)
