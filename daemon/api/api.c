#include "daemon/api/memo.h"
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

static void *reader_init(void *arg)
{
    struct api *a = arg;
    struct store_conn *conn = NULL;
    struct bd_err err = BD_ERR_INIT;
    if (store_open_reader(a->config.places->db_path, &conn, &err) < 0)
        bd_log(BD_LOG_ERROR, "a reader can't open the database", "error", err.text, NULL);
    return conn;
}

static void reader_done(void *context)
{
    store_close(context);
}

int api_new(const struct api_config *config, struct api **ret_api, struct bd_err *err)
{
    struct api *a = bd_new(struct api);
    a->config = *config;
    a->started_ns = bd_wall_ns();
    system_init(a);
    a->memo = memo_new();
    hosts_init(a);
    ui_load(a);
    int rc = contract_load(a, err);
    if (rc == 0) {
        rc = workers_new(config->loop,
                         &(struct workers_config){
                             .name = "reader",
                             .threads = config->readers,
                             .nice = -10, /* as the loop: who waits for an answer comes first */
                             .thread_init = reader_init,
                             .thread_done = reader_done,
                             .arg = a,
                         },
                         &a->readers);
        if (rc < 0)
            bd_err_errno(err, -rc, "start the reader threads");
    }
    if (rc < 0) {
        contract_free(a);
        memo_free(a->memo);
        ui_free(a);
        free(a);
        return rc;
    }
    *ret_api = a;
    return 0;
}

void api_set_engine(struct api *a, struct engine *engine)
{
    a->engine = engine;
}

void api_set_http(struct api *a, struct http_server *http)
{
    a->http = http;
}

struct closing {
    struct api *a;
    void (*on_closed)(void *arg);
    void *arg;
};

static void on_readers_closed(void *arg)
{
    struct closing *c = arg;
    struct closing copy = *c;
    contract_free(c->a);
    shared_end(c->a);
    memo_free(c->a->memo);
    ui_free(c->a);
    json_decref(c->a->host.json);
    free(c->a);
    free(c);
    copy.on_closed(copy.arg);
}

void api_end_streams(struct api *a)
{
    a->closing = true;
    events_end(a);
    execs_end(a);
    packings_end(a);
    exports_end(a);
    crates_end(a);
    question_end(&a->ready.q);
    question_end(&a->host.q);
    waits_end(a);
}

void api_close(struct api *a, void (*on_closed)(void *arg), void *arg)
{
    struct closing *c = bd_new(struct closing);
    *c = (struct closing){a, on_closed, arg};
    workers_close(a->readers, on_readers_closed, c);
}

bool refused_at_end(struct api *a, struct http_request *r)
{
    if (a->closing)
        http_problem(r, "unavailable", "benchd is ending: try again when it is back");
    return a->closing;
}

bool api_before(struct http_request *r, void *app)
{
    struct api *a = app;
    return !refused_at_end(a, r) && contract_check(a, r);
}

void api_after(struct http_request *r, int status, const char *body BD_UNUSED, void *app)
{
    struct api *a = app;
    if (status >= 100 && status < 600)
        a->replies[status / 100]++;
    const struct http_route *route = http_request_route(r);
    bd_log(status >= 500 ? BD_LOG_WARN : BD_LOG_DEBUG, "request", "request", http_request_id(r),
           "operation", route ? route->operation_id : NULL, "path", http_request_path(r), "status",
           bd_log_i64(status), NULL);
}

void api_on_change(const char *subject, void *app)
{
    waits_wake(app, subject);
}

void api_on_events(void *app)
{
    waits_wake(app, "");
    events_wake(app);
}
