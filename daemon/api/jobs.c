/* What was seen of a run's jobs, in pages: up to a million of them. */
#include "daemon/api/private.h"

#include "lib/base/str.h"
#include "lib/store/job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int outcome_from(const char *s, unsigned *ret_bit)
{
    enum job_outcome outcome;
    int rc = job_outcome_from_str(s, &outcome);
    if (rc == 0)
        *ret_bit = outcome;
    return rc;
}

/* A page goes on behind (index, task), which a cursor has as its time, from 1, and its id. */
static char *next_page(const struct api_read *q, const struct job_seen *rows, size_t n)
{
    char task[BD_ID_BYTES] = "";
    if (n == 0)
        return NULL;
    snprintf(task, sizeof(task), "%08x", rows[n - 1].task);
    return page_next(q, n, (int64_t)rows[n - 1].index + 1, task);
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
    bd_auto_str struct bd_str text = {0};
    bd_auto_free char *next = next_page(q, rows, n);
    bd_str_add(&text, "{\"items\":[");
    for (size_t i = 0; i < n; i++) {
        bd_str_add(&text, i ? "," : "");
        job_seen_json(&rows[i], &text);
    }
    bd_str_add(&text, "],\"next\":");
    bd_str_addf(&text, "%s%s%s}", next ? "\"" : "", next ? next : "null", next ? "\"" : "");
    store_jobs_free(rows, n);
    read_made(q, &text);
    return 0;
}

void jobs_list(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "run", load_jobs);
    struct store_job_filter filter = {0};
    q->reply = reply_made_json;
    if (!read_page(q, outcome_from))
        return;
    q->states = read_words(r, "outcome", outcome_from);
    if (place_of(q, &filter) < 0)
        read_bad_cursor(q);
    else
        read_submit(q);
}
