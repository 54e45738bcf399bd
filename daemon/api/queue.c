/* How long a run's queue was over time, and what was busy: from what was seen of its jobs. */
#include "daemon/api/points.h"
#include "daemon/api/private.h"
#include "daemon/api/queue_points.h"

#include "lib/store/job.h"

static int add_job(const struct job_seen *job, void *queue, struct bd_err *err BD_UNUSED)
{
    metrics_queue_add(queue, job);
    return 0;
}

static int add_points(struct metrics_queue *queue, const struct queue_window *window,
                      struct bd_str *text, struct bd_err *err)
{
    bd_str_add(text, "{\"stepNs\":");
    if (window->step_ns)
        bd_str_addf(text, "%lld", (long long)window->step_ns);
    else
        bd_str_add(text, "null");
    bd_str_add(text, ",\"points\":");
    int rc = queue_points(queue, window, POINTS_MAX, text, err);
    bd_str_add(text, "}");
    return rc;
}

static int load_queue(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct metrics_queue queue = {0};
    bd_auto_str struct bd_str text = {0};
    int rc = load_run_exists(q, conn, err);
    if (rc == 0)
        rc = store_jobs_each(conn, q->id, add_job, &queue, err);
    if (rc == 0)
        rc = add_points(&queue, q->ask, &text, err);
    if (rc == 0)
        read_made(q, &text);
    metrics_queue_done(&queue);
    return rc;
}

void queue_get(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "run", load_queue);
    struct queue_window *window = bd_new(struct queue_window);
    window->from_ns = read_duration(r, "from", INT64_MIN);
    window->to_ns = read_duration(r, "to", INT64_MAX);
    window->step_ns = read_duration(r, "step", 0);
    q->ask = window;
    q->reply = reply_made_json;
    read_submit(q);
}
