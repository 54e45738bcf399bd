/* What was seen of a run's jobs, in pages: up to a million of them. */
#include "daemon/api/private.h"

#include "lib/base/str.h"
#include "lib/store/job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static json_t *seen(int64_t ns)
{
    return ns == JOB_NEVER ? json_null() : json_integer(ns);
}

static json_t *between(int64_t from, int64_t to)
{
    return from == JOB_NEVER || to == JOB_NEVER ? json_null() : json_integer(to - from);
}

static json_t *node_names(const char *list)
{
    json_t *names = json_array();
    bd_auto_free char *copy = bd_xstrdup(list);
    char *rest = copy, *name;
    while ((name = strsep(&rest, ",")))
        if (*name)
            json_array_append_new(names, json_string(name));
    return names;
}

static json_t *job_json(const struct job_seen *job)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, "
        "s:o, s:o, s:b}",
        "index", (json_int_t)job->index, "task", (json_int_t)job->task, "nodes",
        (json_int_t)job->nodes, "user", (json_int_t)job->user, "outcome",
        job_outcome_to_str(job->outcome), "schedulerState", job_end_to_str(job->end), "jobId",
        job->job_id ? json_integer((json_int_t)job->job_id) : json_null(), "exitCode",
        job->exit_code < 0 ? json_null() : json_integer(job->exit_code), "nodeList",
        node_names(job->node_list), "plannedNs", seen(job->planned), "submitNs", seen(job->submit),
        "acceptedNs", seen(job->accepted), "startedFirstNs", seen(job->started_first),
        "startedAllNs", seen(job->started_all), "endedLastNs", seen(job->ended_last), "runtimeNs",
        (json_int_t)job->runtime, "requestedNs", (json_int_t)job->requested, "waitNs",
        between(job->submit, job->started_first), "turnaroundNs",
        between(job->submit, job->ended_last), "doubled", job->doubled);
}

static int outcome_from(const char *s, unsigned *ret_bit)
{
    enum job_outcome outcome;
    int rc = job_outcome_from_str(s, &outcome);
    if (rc == 0)
        *ret_bit = outcome;
    return rc;
}

/* A page goes on behind (index, task), which a cursor has as its time, from 1, and its id. */
static json_t *next_page(json_t *items, const struct api_read *q, const struct job_seen *last)
{
    char task[BD_ID_BYTES] = "";
    if (last)
        snprintf(task, sizeof(task), "%08x", last->task);
    return page_json(items, q, last ? (int64_t)last->index + 1 : 0, task);
}

static int place_of(const struct api_read *q, struct store_job_filter *filter)
{
    if (q->cursor_ns == 0)
        return 0;
    if (q->cursor_ns > (int64_t)UINT32_MAX + 1 ||
        strspn(q->cursor_id, "0123456789abcdef") != BD_ID_CHARS)
        return -EINVAL;
    filter->after = true;
    filter->after_index = (uint32_t)(q->cursor_ns - 1);
    filter->after_task = (uint32_t)strtoul(q->cursor_id, NULL, 16);
    return 0;
}

static int load_jobs(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_job_filter filter = {.outcomes = q->states, .limit = q->limit};
    struct job_seen *rows = NULL;
    size_t n = 0;
    (void)place_of(q, &filter); /* was found right */
    int rc = load_run_exists(q, conn, err);
    if (rc == 0)
        rc = store_jobs_list(conn, q->id, &filter, &rows, &n, err);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, job_json(&rows[i]));
    q->json = next_page(items, q, n ? &rows[n - 1] : NULL);
    store_jobs_free(rows, n);
    return 0;
}

void jobs_list(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "run", load_jobs);
    struct store_job_filter filter = {0};
    if (!read_page(q, outcome_from))
        return;
    q->states = read_words(r, "outcome", outcome_from);
    if (place_of(q, &filter) < 0)
        read_bad_cursor(q);
    else
        read_submit(q);
}
