/* Commands in nodes: the channel runs one on a worker, its output streams to the client as NDJSON.
 * A client that reads slowly slows the command down; one that leaves ends it. */
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/channel/channel.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_DEFAULT_NS (10 * 60 * BD_NS_PER_S)
#define TIMEOUT_MAX_NS     (24 * 3600 * BD_NS_PER_S)
/* What a command may have said that its client has not taken yet. */
#define PENDING_MAX_BYTES (1024 * 1024)

struct exec {
    struct work w;
    struct exec *next;
    struct api *a;
    struct http_stream *stream; /* NULL once the client is gone */
    struct cluster_plan plan;
    const struct node_plan *node;
    struct bd_strv argv, env;
    char *cwd, *user;
    void *input;
    size_t input_bytes;
    int64_t timeout_ns, deadline_ns; /* deadline: monotonic, counts from its worker's turn */
    bool unit;
    struct bd_cancel *cancel;

    uv_async_t wake;
    pthread_mutex_t lock; /* guards what follows, between worker and loop */
    pthread_cond_t drained;
    struct bd_str lines;
    bool full; /* the client has too much to read */

    /* the worker's alone until done */
    char held[2][4]; /* the beginning of a character that is not whole yet, of stdout and stderr */
    size_t held_bytes[2];
    struct bd_proc_result result;
    int rc;
    struct bd_err err;
};

/* -- on the worker -- */

/* How many bytes at the end are the beginning of a UTF-8 character that goes on in the next piece.
 */
static size_t unfinished_tail(const char *data, size_t bytes)
{
    for (size_t back = 1; back <= 3 && back <= bytes; back++) {
        unsigned char c = (unsigned char)data[bytes - back];
        if ((c & 0xC0) == 0x80)
            continue;
        size_t whole = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return whole > back ? back : 0;
    }
    return 0;
}

static void push_line(struct exec *x, json_t *event)
{
    bd_auto_free char *text = json_dumps(event, JSON_COMPACT);
    json_decref(event);
    pthread_mutex_lock(&x->lock);
    bd_str_add(&x->lines, text);
    bd_str_add(&x->lines, "\n");
    uv_async_send(&x->wake);
    pthread_mutex_unlock(&x->lock);
}

static void push_output(struct exec *x, enum bd_stream stream, const char *data, size_t bytes)
{
    const char *name = stream == BD_STDOUT ? "stdout" : "stderr";
    json_t *event = NULL;
    if (bytes == 0)
        return;
    /* not every reader of JSON takes a NUL in a string */
    if (!memchr(data, '\0', bytes) && bd_is_utf8(data, bytes))
        event = json_pack("{s:s, s:o}", "stream", name, "data", json_stringn_nocheck(data, bytes));
    if (!event) {
        bd_auto_free char *base64 = bd_base64(data, bytes);
        event = json_pack("{s:s, s:s}", "stream", name, "base64", base64);
    }
    push_line(x, event);
}

static int wait_drained(struct exec *x)
{
    const struct timespec until = {.tv_sec = x->deadline_ns / BD_NS_PER_S,
                                   .tv_nsec = x->deadline_ns % BD_NS_PER_S};
    int rc;
    pthread_mutex_lock(&x->lock);
    while ((rc = bd_cancel_check(x->cancel, NULL)) == 0 &&
           (x->full || x->lines.len > PENDING_MAX_BYTES)) {
        if (pthread_cond_timedwait(&x->drained, &x->lock, &until) == ETIMEDOUT) {
            rc = BD_ETIMEOUT;
            break;
        }
    }
    pthread_mutex_unlock(&x->lock);
    return rc;
}

static int on_output(enum bd_stream stream, const char *data, size_t bytes, void *arg)
{
    struct exec *x = arg;
    int k = stream == BD_STDOUT ? 0 : 1;
    bd_auto_str struct bd_str all = {0};
    bd_str_addn(&all, x->held[k], x->held_bytes[k]);
    bd_str_addn(&all, data, bytes);
    size_t tail = unfinished_tail(all.data, all.len);
    memcpy(x->held[k], all.data + all.len - tail, tail);
    x->held_bytes[k] = tail;
    push_output(x, stream, all.data, all.len - tail);
    return wait_drained(x);
}

static void exec_run(struct work *w, void *context BD_UNUSED)
{
    struct exec *x = (struct exec *)w;
    struct channel channel;
    const struct api_places *places = x->a->config.places;
    x->deadline_ns = bd_mono_ns() + x->timeout_ns;
    x->rc = channel_init(&channel, x->plan.spec.backend, x->a->config.virt, places->bench_enter,
                         &x->err);
    if (x->rc < 0)
        return;
    struct channel_cmd cmd = {
        .node = x->node,
        .argv = (const char *const *)x->argv.items,
        .env = (const char *const *)x->env.items,
        .cwd = x->cwd,
        .user = x->user,
        .input = x->input,
        .input_bytes = x->input_bytes,
        .timeout_ns = x->timeout_ns,
        .cancel = x->cancel,
        .unit = x->unit,
        .on_output = on_output,
        .arg = x,
    };
    x->rc = channel_exec(&channel, &cmd, &x->result, &x->err);
    push_output(x, BD_STDOUT, x->held[0], x->held_bytes[0]);
    push_output(x, BD_STDERR, x->held[1], x->held_bytes[1]);
}

/* -- on the loop -- */

static void flush_lines(struct exec *x)
{
    pthread_mutex_lock(&x->lock);
    struct bd_str lines = x->lines;
    x->lines = (struct bd_str){0};
    pthread_mutex_unlock(&x->lock);
    bool full = false;
    if (x->stream && lines.len)
        full = http_stream_write(x->stream, lines.data, lines.len) > HTTP_STREAM_HIGH;
    bd_str_done(&lines);
    pthread_mutex_lock(&x->lock);
    x->full = full;
    pthread_cond_signal(&x->drained);
    pthread_mutex_unlock(&x->lock);
}

static void on_wake(uv_async_t *wake)
{
    flush_lines(wake->data);
}

static void on_drain(void *arg)
{
    struct exec *x = arg;
    pthread_mutex_lock(&x->lock);
    x->full = false;
    pthread_cond_signal(&x->drained);
    pthread_mutex_unlock(&x->lock);
}

static void exec_cancel(struct exec *x, const char *reason)
{
    bd_cancel_set(x->cancel, BD_ECANCELLED, reason);
    pthread_mutex_lock(&x->lock);
    pthread_cond_signal(&x->drained);
    pthread_mutex_unlock(&x->lock);
}

static void on_client_gone(void *arg)
{
    struct exec *x = arg;
    x->stream = NULL;
    exec_cancel(x, "the client has gone");
}

static void on_exec_closed(uv_handle_t *handle)
{
    struct exec *x = handle->data;
    cluster_plan_done(&x->plan);
    bd_strv_done(&x->argv);
    bd_strv_done(&x->env);
    free(x->cwd);
    free(x->user);
    free(x->input);
    bd_cancel_unref(x->cancel);
    bd_str_done(&x->lines);
    bd_proc_result_done(&x->result);
    pthread_cond_destroy(&x->drained);
    pthread_mutex_destroy(&x->lock);
    free(x);
}

static json_t *exit_json(const struct exec *x)
{
    const struct bd_proc_result *r = &x->result;
    const char *reason = x->rc == BD_ETIMEOUT     ? "timeout"
                         : x->rc == BD_ECANCELLED ? "cancelled"
                         : x->rc < 0              ? "failed"
                         : r->signal              ? "signalled"
                                                  : "exited";
    bool exited = x->rc == 0 && !r->signal;
    json_t *code = exited ? json_integer(r->exit_code) : json_null();
    json_t *signal = x->rc == 0 && r->signal ? json_integer(r->signal) : json_null();
    return json_pack("{s:{s:o, s:o, s:s, s:s*}}", "exit", "code", code, "signal", signal, "reason",
                     reason, "detail", x->rc < 0 ? x->err.text : NULL);
}

static void exec_done(struct work *w)
{
    struct exec *x = (struct exec *)w;
    push_line(x, exit_json(x));
    flush_lines(x);
    if (x->stream)
        http_stream_end(x->stream);
    for (struct exec **at = &x->a->execs; *at; at = &(*at)->next) {
        if (*at == x) {
            *at = x->next;
            break;
        }
    }
    uv_close((uv_handle_t *)&x->wake, on_exec_closed);
}

void execs_end(struct api *a)
{
    for (struct exec *x = a->execs; x; x = x->next)
        exec_cancel(x, "benchd is ending");
}

/* -- the request -- */

static int read_input(struct exec *x, const json_t *body, struct schema_faults *faults)
{
    const char *text = bd_json_str(body, "stdin", NULL);
    const char *base64 = bd_json_str(body, "stdinBase64", NULL);
    uint8_t *data = NULL;
    if (text && base64) {
        schema_faults_add(faults, "/stdinBase64", NULL, "either stdin or stdinBase64, not both");
    } else if (text) {
        x->input = bd_xstrdup(text);
        x->input_bytes = strlen(text);
    } else if (base64) {
        if (bd_base64_decode(base64, &data, &x->input_bytes) < 0)
            schema_faults_add(faults, "/stdinBase64", base64, "base64 (RFC 4648, section 4)");
        x->input = data;
    }
    return faults->n ? BD_EINVALID : 0;
}

static void read_body(struct exec *x, const json_t *body, struct schema_faults *faults)
{
    size_t i;
    const json_t *item;
    const char *key;
    json_array_foreach (json_object_get(body, "command"), i, item)
        bd_strv_add(&x->argv, json_string_value(item));
    json_object_foreach ((json_t *)json_object_get(body, "env"), key, item)
        bd_strv_addf(&x->env, "%s=%s", key, json_string_value(item));
    const char *cwd = bd_json_str(body, "cwd", NULL);
    const char *user = bd_json_str(body, "user", "root");
    x->cwd = cwd ? bd_xstrdup(cwd) : NULL;
    x->user = bd_xstrdup(user);
    x->unit = bd_json_bool(body, "unit", 0);
    x->timeout_ns = TIMEOUT_DEFAULT_NS;
    const char *timeout = bd_json_str(body, "timeout", NULL);
    if (timeout &&
        (bd_parse_duration_ns(timeout, &x->timeout_ns) < 0 || x->timeout_ns > TIMEOUT_MAX_NS))
        schema_faults_add(faults, "/timeout", timeout, "a duration of at most 24h");
    if (x->argv.n == 0 || *x->argv.items[0] == '\0')
        schema_faults_add(faults, "/command/0", "", "the name of a program");
    read_input(x, body, faults);
}

/* The engine knows only what is not at its end: the store tells what else there was. */
static int load_ended(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_cluster row = {0};
    int rc = store_cluster_get(conn, q->id, &row, err);
    if (rc < 0)
        return rc;
    rc = bd_err_set(err, BD_ECONFLICT, "cluster %s is %s: commands run in one that is ready",
                    row.id, cluster_state_to_str(row.state));
    store_cluster_done(&row);
    return rc;
}

static bool find_node(struct exec *x, struct http_request *r)
{
    struct bd_err err = BD_ERR_INIT;
    const char *name = bd_json_str(http_request_json(r), "node", NULL);
    const char *id = http_request_param(r, "clusterId");
    int rc = engine_cluster_plan(x->a->engine, id, &x->plan, &err);
    if (rc == BD_ENOTFOUND) {
        struct api_read *q = read_new(x->a, r, load_ended);
        snprintf(q->id, sizeof(q->id), "%s", id);
        read_submit(q);
        return false;
    }
    if (rc < 0) {
        http_problem_err(r, &err);
        return false;
    }
    x->node = cluster_plan_node(&x->plan, name);
    if (x->node)
        return true;
    bd_auto_faults struct schema_faults faults = {0};
    schema_faults_add(&faults, "/node", name, "a node of the cluster: %s, ..., %s",
                      x->plan.nodes[0].name, x->plan.nodes[x->plan.n_nodes - 1].name);
    http_problem_faults(r, "validation", "the cluster has no such node", &faults);
    return false;
}

/* One more would wait for its turn, for as long as those that run take, and could not say so. */
static bool has_turn(struct api *a, struct http_request *r)
{
    struct workers_stats stats;
    unsigned n = 0;
    workers_stats(a->config.execs, &stats);
    for (const struct exec *x = a->execs; x; x = x->next)
        n++;
    if (n < stats.threads)
        return true;
    http_problem(r, "unavailable",
                 "%u commands run already, as many as exec_workers allows: try again when one has "
                 "ended, or set exec_workers higher",
                 n);
    return false;
}

void exec_in_cluster(struct http_request *r, void *app)
{
    struct api *a = app;
    struct exec *x = bd_new(struct exec);
    x->w = (struct work){.run = exec_run, .done = exec_done};
    x->a = a;
    x->cancel = bd_cancel_new();
    pthread_mutex_init(&x->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&x->drained, &attr);
    pthread_condattr_destroy(&attr);
    uv_async_init(a->config.loop, &x->wake, on_wake);
    x->wake.data = x;

    bd_auto_faults struct schema_faults faults = {0};
    read_body(x, http_request_json(r), &faults);
    if (faults.n)
        http_problem_faults(r, "validation", "the command can't be run as it is asked for",
                            &faults);
    if (faults.n || !find_node(x, r) || !has_turn(a, r)) {
        uv_close((uv_handle_t *)&x->wake, on_exec_closed);
        return;
    }
    bd_log(BD_LOG_INFO, "running a command", "cluster", x->plan.id, "node", x->node->name,
           "command", x->argv.items[0], "request", http_request_id(r), NULL);
    x->next = a->execs;
    a->execs = x;
    x->stream = http_stream_begin(r, "application/x-ndjson", NULL, on_client_gone, x);
    http_stream_on_drain(x->stream, on_drain, x);
    workers_submit(a->config.execs, &x->w);
}
