/* The daemon itself: is it alive, can it take work, its figures, and the contract. */
#include "daemon/api/private.h"

#include "api/contract.h"
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/str.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void system_health(struct http_request *r, void *app BD_UNUSED)
{
    http_reply_json(r, 200, json_pack("{s:s, s:s}", "status", "ok", "version", BENCHD_VERSION));
}

/* -- ready -- */

static void ask_ready(struct question *q)
{
    unsigned long version;
    bd_err_clear(&q->api->ready.err);
    q->api->ready.rc = virt_version(q->api->config.virt, &version, &q->api->ready.err);
}

static void answer_ready(struct question *q, struct http_request *r, bool in_time)
{
    struct api *a = q->api;
    json_t *reasons = json_array();
    struct engine_stats stats;
    engine_stats(a->engine, &stats);
    if (!in_time)
        json_array_append_new(reasons, json_string(LIBVIRT_MUTE));
    else if (a->ready.rc < 0)
        json_array_append_new(reasons, json_string(a->ready.err.text));
    if (!stats.store_ok)
        json_array_append_new(reasons,
                              json_sprintf("the store can't write: %s", stats.store_error));
    if (stats.stuck)
        json_array_append_new(
            reasons,
            json_sprintf("%u workers are past their time and have not come back", stats.stuck));
    bool ready = json_array_size(reasons) == 0;
    if (!ready)
        http_header(r, "Retry-After", "5");
    http_reply_json(r, ready ? 200 : 503,
                    json_pack("{s:b, s:o}", "ready", ready, "reasons", reasons));
}

void system_init(struct api *a)
{
    a->ready.q = (struct question){.api = a, .ask = ask_ready, .answer = answer_ready};
}

void system_ready(struct http_request *r, void *app)
{
    question_ask(&((struct api *)app)->ready.q, r);
}

/* -- metrics (OpenMetrics 1.0) -- */

static void family(struct bd_str *out, const char *name, const char *type, const char *help)
{
    bd_str_addf(out, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static void gauge(struct bd_str *out, const char *name, const char *help, double value)
{
    family(out, name, "gauge", help);
    bd_str_addf(out, "%s %.9g\n", name, value);
}

static double resident_bytes(void)
{
    bd_auto_free char *text = NULL;
    long long pages = 0;
    if (bd_read_file("/proc/self/statm", 4096, &text, NULL, NULL) == 0) {
        const char *second = strchr(text, ' ');
        pages = second ? strtoll(second, NULL, 10) : 0;
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void add_engine(struct bd_str *out, const struct engine_stats *s)
{
    family(out, "benchd_clusters", "gauge", "Clusters that are not at their end, by state.");
    for (int i = 0; i < CLUSTER_STATE_COUNT; i++)
        if (!cluster_state_is_final(i))
            bd_str_addf(out, "benchd_clusters{state=\"%s\"} %u\n", cluster_state_to_str(i),
                        s->clusters[i]);
    gauge(out, "benchd_nodes", "Nodes of these clusters.", s->nodes);
    family(out, "benchd_campaigns", "gauge", "Campaigns that are not at their end, by state.");
    for (int i = 0; i < CAMPAIGN_STATE_COUNT; i++)
        if (!campaign_state_is_final(i))
            bd_str_addf(out, "benchd_campaigns{state=\"%s\"} %u\n", campaign_state_to_str(i),
                        s->campaigns[i]);
    family(out, "benchd_runs", "gauge", "Runs that are not at their end, by state.");
    for (int i = 0; i < RUN_STATE_COUNT; i++)
        if (!run_state_is_final(i))
            bd_str_addf(out, "benchd_runs{state=\"%s\"} %u\n", run_state_to_str(i), s->runs[i]);
    family(out, "benchd_steps", "counter", "Steps that ended, by step and result.");
    for (int i = 0; i < STEP_COUNT; i++)
        bd_str_addf(out,
                    "benchd_steps_total{step=\"%s\",result=\"done\"} %llu\n"
                    "benchd_steps_total{step=\"%s\",result=\"failed\"} %llu\n",
                    steps[i].name, (unsigned long long)s->steps_done[i], steps[i].name,
                    (unsigned long long)s->steps_failed[i]);
    gauge(out, "benchd_artifact_bytes", "Stored bytes of the files of runs.",
          (double)s->artifact_bytes);
    gauge(out, "benchd_artifact_quota_bytes", "What these may come to; 0: no quota.",
          (double)s->artifact_quota_bytes);
    gauge(out, "benchd_workers_lost", "Workers past their deadline that have not come back.",
          s->stuck);
    gauge(out, "benchd_store_ok", "1 if the last write to the store went through.", s->store_ok);
}

static void add_lag(struct bd_str *out, const struct lag *lag)
{
    struct lag_summary s;
    lag_summary(lag, &s);
    family(out, "benchd_loop_lag_seconds", "gauge",
           "How late a timer of the loop fires, over about the last 50 s.");
    bd_str_addf(out,
                "benchd_loop_lag_seconds{quantile=\"0.5\"} %.6f\n"
                "benchd_loop_lag_seconds{quantile=\"0.99\"} %.6f\n"
                "benchd_loop_lag_seconds{quantile=\"1\"} %.6f\n",
                (double)s.p50_ns / 1e9, (double)s.p99_ns / 1e9, (double)s.max_ns / 1e9);
}

static void add_http(struct bd_str *out, const struct api *a)
{
    struct http_stats s;
    http_server_stats(a->http, &s);
    gauge(out, "benchd_http_connections", "Open HTTP connections.", s.connections);
    gauge(out, "benchd_http_streams", "Replies that go on: commands and event streams.", s.streams);
    family(out, "benchd_http_replies", "counter", "Replies, by hundreds of their status.");
    for (int i = 1; i <= 5; i++)
        bd_str_addf(out, "benchd_http_replies_total{status=\"%dxx\"} %llu\n", i,
                    (unsigned long long)a->replies[i]);
}

static void add_writer(struct bd_str *out, struct writer *writer)
{
    struct writer_stats s;
    writer_stats(writer, &s);
    family(out, "benchd_store_commits", "counter", "Transactions committed.");
    bd_str_addf(out, "benchd_store_commits_total %llu\n", (unsigned long long)s.commits);
    family(out, "benchd_store_writes", "counter", "Pieces of work in them.");
    bd_str_addf(out, "benchd_store_writes_total %llu\n", (unsigned long long)s.writes);
    gauge(out, "benchd_store_commit_max_seconds", "Slowest commit since the last look.",
          (double)s.commit_max_ns / 1e9);
}

void system_metrics(struct http_request *r, void *app)
{
    struct api *a = app;
    struct engine_stats stats;
    engine_stats(a->engine, &stats);
    bd_auto_str struct bd_str out = {0};
    family(&out, "benchd_build", "info", "The version that runs.");
    bd_str_addf(&out, "benchd_build_info{version=\"%s\"} 1\n", BENCHD_VERSION);
    gauge(&out, "benchd_start_time_seconds", "When it was started, since 1970.",
          (double)a->started_ns / 1e9);
    gauge(&out, "benchd_resident_memory_bytes", "Memory of the daemon.", resident_bytes());
    add_engine(&out, &stats);
    add_lag(&out, a->config.lag);
    add_http(&out, a);
    add_writer(&out, a->config.writer);
    bd_str_add(&out, "# EOF\n");
    http_reply_text(r, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8",
                    bd_str_text(&out), out.len);
}

void system_contract(struct http_request *r, void *app BD_UNUSED)
{
    char digest[BD_DIGEST_BYTES], etag[48];
    bd_digest_of(contract_json, contract_json_bytes, digest);
    snprintf(etag, sizeof(etag), "\"%.32s\"", digest + strlen("sha256:"));
    const char *have = http_request_header(r, "If-None-Match");
    http_header(r, "ETag", etag);
    http_header(r, "Cache-Control", "no-cache");
    if (have && strstr(have, etag))
        http_reply_empty(r, 304);
    else
        http_reply_static(r, "application/json", contract_json, contract_json_bytes);
}
