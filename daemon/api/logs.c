/* What happened in a run, as one text for people: its steps, then the ends of its text files. */
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"

#include <string.h>
#include <sys/stat.h>

#define LOGS_BYTES_MAX (1024 * 1024)
#define TAIL_BYTES     (64 * 1024)

/* As it is, but for what is no UTF-8. */
static void add_clean(struct bd_str *out, const char *data, size_t bytes)
{
    while (bytes) {
        size_t n = bd_utf8_char(data, bytes);
        if (n)
            bd_str_addn(out, data, n);
        else
            bd_str_add(out, "\xEF\xBF\xBD");
        data += n ? n : 1;
        bytes -= n ? n : 1;
    }
}

static void add_head(struct bd_str *out, const struct store_run *row)
{
    bd_auto_free char *levels = bd_json_text(row->levels);
    bd_str_addf(out, "run %s: %s, attempt %u, cell %u %s, block %u%s\n", row->id,
                run_state_to_str(row->state), row->attempt, row->cell, levels, row->block,
                row->warmup ? " (warm-up)" : "");
    if (row->waiting)
        bd_str_addf(out, "it waits: %s\n", row->waiting);
    if (row->error)
        bd_str_addf(out, "it failed in %s: %s\n", bd_json_str(row->error, "step", "no step"),
                    bd_json_str(row->error, "detail", "no cause is known"));
    for (size_t i = 0; i < json_array_size(row->reasons); i++)
        bd_str_addf(out, "%s: %s\n", run_grade_to_str(row->grade),
                    json_string_value(json_array_get(row->reasons, i)));
    bd_str_add(out, "\n");
}

static void add_step(struct bd_str *out, const struct store_step *step)
{
    char at[BD_RFC3339_BYTES];
    bd_str_addf(out, "%s  %-9s %-8s", bd_rfc3339(step->started_ns, at), step->name,
                store_step_state_to_str(step->state));
    if (step->ended_ns)
        bd_str_addf(out, " %8lld ms",
                    (long long)((step->ended_ns - step->started_ns) / BD_NS_PER_MS));
    if (step->attempt > 1)
        bd_str_addf(out, "  attempt %u", step->attempt);
    if (step->error)
        bd_str_addf(out, "  %s", step->error);
    bd_str_add(out, "\n");
}

/* The end of a file, from the beginning of a line; nothing of one that is no text. */
static void add_tail(struct bd_str *out, const char *name, int fd, uint64_t file_bytes)
{
    bd_auto_free char *data = bd_xmalloc(TAIL_BYTES);
    uint64_t from = file_bytes > TAIL_BYTES ? file_bytes - TAIL_BYTES : 0;
    ssize_t got = pread(fd, data, TAIL_BYTES, (off_t)from);
    if (got < 0 || memchr(data, '\0', (size_t)got))
        return;
    size_t bytes = (size_t)got;
    const char *begin = from ? memchr(data, '\n', bytes) : NULL;
    begin = begin ? begin + 1 : data;
    bytes -= (size_t)(begin - data);
    bd_str_addf(out, "\n== %s ==\n", name);
    if (from)
        bd_str_addf(out, "[the last %zu of %llu bytes]\n", bytes, (unsigned long long)file_bytes);
    add_clean(out, begin, bytes);
    if (bytes && begin[bytes - 1] != '\n')
        bd_str_add(out, "\n");
}

/* One that is removed, damaged or gone meanwhile is told in its place: the others are still worth
 * reading. */
static void add_file(struct bd_str *out, const struct api *a, struct store_conn *conn,
                     const char *run, const char *name)
{
    struct store_artifact file = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_fd int fd = -1;
    char at[BD_RFC3339_BYTES];
    if (run_file_open(a, conn, run, name, &file, &fd, &err) < 0)
        bd_str_addf(out, "\n== %s ==\n[%s]\n", name, err.text);
    else if (fd < 0)
        bd_str_addf(out, "\n== %s ==\n[removed at %s, to keep to artifacts_quota]\n", name,
                    bd_rfc3339(file.removed_ns, at));
    else
        add_tail(out, name, fd, file.bytes);
    store_artifact_done(&file);
}

static int add_files(struct bd_str *out, const struct api *a, struct store_conn *conn,
                     const char *run, struct bd_err *err)
{
    struct store_artifact *files = NULL;
    size_t n = 0;
    int rc = run_files_list(a, conn, run, &files, &n, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        bd_auto_str struct bd_str text = {0};
        add_file(&text, a, conn, run, files[i].name);
        if (out->len + text.len > LOGS_BYTES_MAX) {
            bd_str_addf(out,
                        "\n[this is too much for one text: %zu more files, from %s on, are at "
                        "/v1/runs/%s/artifacts]\n",
                        n - i, files[i].name, run);
            break;
        }
        bd_str_add(out, bd_str_text(&text));
    }
    store_artifacts_free(files, n);
    return rc;
}

static int load_logs(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_run row = {0};
    struct store_step *tried = NULL;
    size_t n = 0;
    int rc = store_run_get(conn, q->id, &row, err);
    if (rc < 0)
        return rc;
    bd_auto_str struct bd_str text = {0};
    add_head(&text, &row);
    store_run_done(&row);
    rc = store_step_list(conn, q->id, &tried, &n, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        add_step(&text, &tried[i]);
    store_steps_free(tried, n);
    rc = add_files(&text, q->api, conn, q->id, err);
    if (rc < 0)
        return rc;
    q->json = json_stringn(text.data, text.len);
    return 0;
}

static void reply_text(struct api_read *q)
{
    http_header(q->r, "ETag", q->etag);
    http_header(q->r, "Cache-Control", "no-cache");
    if (etag_matches(q->r, q->etag))
        http_reply_empty(q->r, 304);
    else
        http_reply_text(q->r, 200, "text/plain; charset=utf-8", json_string_value(q->json),
                        json_string_length(q->json));
}

void runs_logs(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "run", load_logs);
    q->reply = reply_text;
    read_submit(q);
}
