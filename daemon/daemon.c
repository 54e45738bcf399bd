#include "daemon/daemon.h"

#include "daemon/api/api.h"
#include "daemon/engine/engine.h"
#include "daemon/http/http.h"
#include "daemon/loop/lag.h"
#include "daemon/loop/virtevents.h"
#include "daemon/loop/workers.h"
#include "daemon/loop/writer.h"
#include "daemon/notify.h"
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/virt/hostfacts.h"
#include "lib/virt/virt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>

#define KEEPALIVE_S 5
/* How long an orderly end may take before the process ends anyway: all state is on disk. */
#define STOP_MS   9000
#define LOOP_NICE (-10)
#define ASK_WORKERS                                                                                \
    6 /* two images and two exports packed, a crate, and one for a word with libvirt */
#define PACK_NICE 10 /* what is measured meanwhile comes first */

struct daemon {
    struct config config;
    int (*reload)(struct config *ret_config, struct bd_err *err);
    int lock_fd;
    uv_loop_t loop;
    char *db_path, *clusters_dir, *runs_dir, *artifacts_dir, *inputs_dir, *transfer_dir;
    struct api_places places;
    struct hostfacts facts;
    struct hostops *ops;
    struct virt *virt;
    struct workers *work, *measure, *teardown, *pack, *execs, *asks;
    struct writer *writer;
    struct lag *lag;
    struct api *api;
    struct engine *engine;
    struct http_server *http;
    uv_signal_t on_term, on_int, on_hup;
    uv_timer_t deadline;
    bool stopping;
};

/* -- start -- */

/* Images have set-user-id programs, and secrets of clusters are in their nodes' files: root's
 * alone. */
static int make_dirs(struct daemon *d, struct bd_err *err)
{
    int rc = bd_mkdir_p(d->config.state_dir, 0700, err);
    if (rc == 0)
        rc = bd_mkdir_p(d->config.image_dir, 0700, err);
    if (rc == 0)
        rc = bd_mkdir_p(d->clusters_dir, 0700, err);
    if (rc == 0)
        rc = bd_mkdir_p(d->runs_dir, 0750, err);
    bd_auto_free char *socket_dir = bd_path_dir(d->config.listen_unix);
    if (rc == 0 && *d->config.listen_unix)
        rc = bd_mkdir_p(socket_dir, 0755, err);
    return rc;
}

/* Uploads and exports on their way; those of an earlier daemon are nobody's. */
static int empty_transfer_dir(struct daemon *d, struct bd_err *err)
{
    int rc = bd_rm_rf(d->transfer_dir, err);
    return rc < 0 ? rc : bd_mkdir_p(d->transfer_dir, 0700, err);
}

/* Two daemons on one state directory would each undo what the other does. */
static int take_lock(struct daemon *d, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/lock", d->config.state_dir);
    d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (d->lock_fd < 0)
        return bd_err_errno(err, errno, "open %s", path);
    if (flock(d->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return bd_err_set(err, BD_ECONFLICT,
                          "another benchd runs on %s: stop it, or give this one another state_dir",
                          d->config.state_dir);
    return 0;
}

static void on_lifecycle(const char *domain, bool running, void *arg)
{
    struct daemon *d = arg;
    if (d->engine && !d->stopping)
        engine_domain_hint(d->engine, domain, running);
}

static int make_virt(struct daemon *d, struct bd_err *err)
{
    int rc = hostfacts_read(&d->facts, err);
    if (rc < 0)
        return rc;
    d->ops = hostops_new(&(struct hostops_dirs){
        .clusters = d->clusters_dir,
        .images = d->config.image_dir,
        .node_layer = d->config.node_layer,
        .cgroup2 = d->facts.cgroup2,
    });
    rc = virtevents_register(&d->loop);
    if (rc < 0)
        return bd_err_errno(err, -rc, "register libvirt's event loop");
    d->virt = virt_new(
        &(struct virt_config){
            .lxc_uri = d->config.libvirt_uri,
            .connections = (unsigned)d->config.libvirt_connections,
            .start_width = (unsigned)d->config.start_width,
            .keepalive_interval_s = KEEPALIVE_S,
            .on_lifecycle = on_lifecycle,
            .arg = d,
        },
        d->ops);
    return 0;
}

static int make_pool(struct daemon *d, const char *name, int64_t threads, int nice,
                     struct workers **ret_pool, struct bd_err *err)
{
    struct workers_config config = {.name = name, .threads = (unsigned)threads, .nice = nice};
    int rc = workers_new(&d->loop, &config, ret_pool);
    return rc < 0 ? bd_err_errno(err, -rc, "start the %s threads", name) : 0;
}

static int make_pools(struct daemon *d, struct bd_err *err)
{
    int rc = make_pool(d, "work", d->config.workers, 0, &d->work, err);
    if (rc == 0)
        rc = make_pool(d, "measure", d->config.runs_max, 0, &d->measure, err);
    if (rc == 0)
        rc = make_pool(d, "teardown", d->config.teardown_workers, 0, &d->teardown, err);
    if (rc == 0)
        rc = make_pool(d, "exec", d->config.exec_workers, 0, &d->execs, err);
    if (rc == 0)
        rc = make_pool(d, "ask", ASK_WORKERS, 0, &d->asks, err);
    if (rc == 0)
        rc = make_pool(d, "pack", 1, PACK_NICE, &d->pack, err);
    return rc;
}

static int make_store(struct daemon *d, struct store_conn **ret_conn, struct bd_err *err)
{
    int rc = store_open(d->db_path, ret_conn, err);
    if (rc < 0)
        return bd_err_wrap(err, "open the store %s", d->db_path);
    rc = writer_new(&d->loop, *ret_conn, &d->writer);
    return rc < 0 ? bd_err_errno(err, -rc, "start the writer") : 0;
}

static int make_api(struct daemon *d, struct bd_err *err)
{
    d->lag = lag_new(&d->loop);
    d->places = (struct api_places){
        .db_path = d->db_path,
        .state_dir = d->config.state_dir,
        .image_dir = d->config.image_dir,
        .transfer_dir = d->transfer_dir,
        .artifacts_dir = d->artifacts_dir,
        .recipe_dir = d->config.recipe_dir,
        .fragments = d->config.fragments,
        .workloads = d->config.workloads,
        .ui = d->config.ui,
        .bench_enter = d->config.bench_enter,
        .libvirt_uri = d->config.libvirt_uri,
    };
    return api_new(
        &(struct api_config){
            .loop = &d->loop,
            .places = &d->places,
            .readers = (unsigned)d->config.reader_workers,
            .virt = d->virt,
            .writer = d->writer,
            .lag = d->lag,
            .execs = d->execs,
            .asks = d->asks,
        },
        &d->api, err);
}

static int make_engine(struct daemon *d, struct store_conn *conn, struct bd_err *err)
{
    d->engine = engine_new(&(struct engine_config){
        .loop = &d->loop,
        .writer = d->writer,
        .work = d->work,
        .measure = d->measure,
        .teardown = d->teardown,
        .pack = d->pack,
        .host =
            {
                .virt = d->virt,
                .images_dir = d->config.image_dir,
                .bench_enter = d->config.bench_enter,
                .runs_dir = d->runs_dir,
                .inputs_dir = d->inputs_dir,
                .cgroup2 = d->facts.cgroup2,
                .quiet_cpus = d->config.quiet_cpus,
                .pool = d->config.subnet_pool,
                .memory_bytes = d->facts.memory_bytes,
                .cpus = d->facts.cpus,
            },
        .cgroup2 = d->facts.cgroup2,
        .db_path = d->db_path,
        .artifacts_dir = d->artifacts_dir,
        .artifacts_quota = d->config.artifacts_quota,
        .events_kept = d->config.events_kept,
        .active_campaigns = (unsigned)d->config.active_campaigns,
        .runs_max = (unsigned)d->config.runs_max,
        .quiet_cpus = d->config.quiet_cpus,
        .quiet_wait_ns = d->config.quiet_wait_ns,
        .on_change = api_on_change,
        .on_events = api_on_events,
        .arg = d->api,
    });
    api_set_engine(d->api, d->engine);
    return engine_load(d->engine, conn, err);
}

static int make_http(struct daemon *d, struct bd_err *err)
{
    struct http_config config = {
        .unix_path = *d->config.listen_unix ? d->config.listen_unix : NULL,
        .unix_group = d->config.unix_group,
        .tcp = *d->config.listen_tcp ? d->config.listen_tcp : NULL,
        .body_dir = d->transfer_dir,
        .file_max_bytes = d->config.import_max_bytes,
        .input_max_bytes = d->config.input_max_bytes,
        .connections_max = (unsigned)d->config.connections_max,
        .routes = api_routes,
        .beside = &ui_route,
        .beside_has = ui_has,
        .before = api_before,
        .after = api_after,
        .app = d->api,
    };
    int rc = http_server_new(&d->loop, &config, &d->http, err);
    if (rc == 0)
        api_set_http(d->api, d->http);
    return rc;
}

static void on_stop_signal(uv_signal_t *signal, int number);
static void on_reload_signal(uv_signal_t *signal, int number);

static void watch_signals(struct daemon *d)
{
    struct {
        uv_signal_t *handle;
        uv_signal_cb cb;
        int number;
    } signals[] = {{&d->on_term, on_stop_signal, SIGTERM},
                   {&d->on_int, on_stop_signal, SIGINT},
                   {&d->on_hup, on_reload_signal, SIGHUP}};
    for (size_t i = 0; i < BD_ARRAY_LEN(signals); i++) {
        uv_signal_init(&d->loop, signals[i].handle);
        signals[i].handle->data = d;
        uv_signal_start(signals[i].handle, signals[i].cb, signals[i].number);
    }
    signal(SIGPIPE, SIG_IGN);
}

static int start_all(struct daemon *d, struct bd_err *err)
{
    struct store_conn *conn = NULL;
    int rc = make_dirs(d, err);
    if (rc == 0)
        rc = take_lock(d, err);
    if (rc == 0)
        rc = empty_transfer_dir(d, err);
    if (rc == 0)
        rc = make_virt(d, err);
    if (rc == 0)
        rc = make_pools(d, err);
    if (rc == 0)
        rc = make_store(d, &conn, err);
    if (rc == 0)
        rc = make_api(d, err);
    if (rc == 0)
        rc = make_engine(d, conn, err);
    if (rc == 0)
        rc = make_http(d, err);
    return rc;
}

int daemon_start(struct config *config,
                 int (*reload)(struct config *ret_config, struct bd_err *err),
                 struct daemon **ret_daemon, struct bd_err *err)
{
    struct daemon *d = bd_new(struct daemon);
    d->config = *config;
    *config = (struct config){0};
    d->reload = reload;
    d->lock_fd = -1;
    d->db_path = bd_xasprintf("%s/benchd.db", d->config.state_dir);
    d->clusters_dir = bd_xasprintf("%s/clusters", d->config.state_dir);
    d->runs_dir = bd_xasprintf("%s/runs", d->config.state_dir);
    d->artifacts_dir = bd_xasprintf("%s/artifacts", d->config.state_dir);
    d->inputs_dir = bd_xasprintf("%s/inputs", d->config.state_dir);
    d->transfer_dir = bd_xasprintf("%s/transfer", d->config.state_dir);
    uv_loop_init(&d->loop);
    int rc = start_all(d, err);
    if (rc < 0)
        return rc; /* the process ends now, and with it all that was started */

    /* The loop answers everyone: it comes before the nodes that it starts. */
    setpriority(PRIO_PROCESS, 0, LOOP_NICE);
    watch_signals(d);
    engine_start(d->engine);
    bd_log(BD_LOG_INFO, "benchd is ready", "version", BENCHD_VERSION, "socket",
           d->config.listen_unix, "tcp", d->config.listen_tcp, "port",
           bd_log_i64(http_server_port(d->http)), "state", d->config.state_dir, NULL);
    notify_manager("READY=1");
    *ret_daemon = d;
    return 0;
}

/* -- end, in reverse -- */

static void on_last_closed(void *arg)
{
    struct daemon *d = arg;
    uv_close((uv_handle_t *)&d->on_term, NULL);
    uv_close((uv_handle_t *)&d->on_int, NULL);
    uv_close((uv_handle_t *)&d->on_hup, NULL);
    uv_close((uv_handle_t *)&d->deadline, NULL);
}

static void on_lag_closed(void *arg)
{
    struct daemon *d = arg;
    virt_free(d->virt);
    hostops_free(d->ops);
    virtevents_close(on_last_closed, d);
}

static void on_writer_closed(void *arg)
{
    struct daemon *d = arg;
    lag_close(d->lag, on_lag_closed, d);
}

static void on_api_closed(void *arg)
{
    struct daemon *d = arg;
    writer_close(d->writer, on_writer_closed, d);
}

static void on_pack_closed(void *arg)
{
    struct daemon *d = arg;
    api_close(d->api, on_api_closed, d);
}

static void on_teardown_closed(void *arg)
{
    struct daemon *d = arg;
    workers_close(d->pack, on_pack_closed, d);
}

static void on_work_closed(void *arg)
{
    struct daemon *d = arg;
    workers_close(d->teardown, on_teardown_closed, d);
}

static void on_measure_closed(void *arg)
{
    struct daemon *d = arg;
    workers_close(d->work, on_work_closed, d);
}

static void on_asks_closed(void *arg)
{
    struct daemon *d = arg;
    workers_close(d->measure, on_measure_closed, d);
}

static void on_http_closed(void *arg)
{
    struct daemon *d = arg;
    workers_close(d->asks, on_asks_closed, d);
}

/* After the commands: their clients are told how they ended. */
static void on_execs_closed(void *arg)
{
    struct daemon *d = arg;
    http_server_close(d->http, on_http_closed, d);
}

static void on_engine_closed(void *arg)
{
    struct daemon *d = arg;
    d->engine = NULL;
    workers_close(d->execs, on_execs_closed, d);
}

static void on_stop_overdue(uv_timer_t *timer BD_UNUSED)
{
    bd_log(
        BD_LOG_WARN,
        "something did not end in time; benchd ends anyway, and the next start goes on from what "
        "is noted down",
        NULL);
    _exit(1);
}

static void on_stop_signal(uv_signal_t *signal, int number)
{
    struct daemon *d = signal->data;
    if (d->stopping)
        return;
    d->stopping = true;
    bd_log(BD_LOG_INFO, "ending", "signal", strsignal(number), NULL);
    notify_manager("STOPPING=1");
    uv_timer_init(&d->loop, &d->deadline);
    uv_timer_start(&d->deadline, on_stop_overdue, STOP_MS, 0);
    api_end_streams(d->api);
    engine_close(d->engine, on_engine_closed, d);
}

static void on_changed_key(const char *key, void *arg BD_UNUSED)
{
    if (strcmp(key, "log_level") != 0 && strcmp(key, "log_format") != 0)
        bd_log(BD_LOG_WARN, "this key takes effect at the next start", "key", key, NULL);
}

static void on_reload_signal(uv_signal_t *signal, int number BD_UNUSED)
{
    struct daemon *d = signal->data;
    struct config config;
    struct bd_err err = BD_ERR_INIT;
    if (d->reload(&config, &err) < 0) {
        bd_log(BD_LOG_ERROR, "the configuration is left as it was", "error", err.text, NULL);
        return;
    }
    bd_log_setup(config.log_level, config.log_format);
    config_diff(&d->config, &config, on_changed_key, NULL);
    d->config.log_level = config.log_level;
    d->config.log_format = config.log_format;
    config_done(&config);
    bd_log(BD_LOG_INFO, "the configuration was read again", NULL);
}

int daemon_run(struct daemon *d)
{
    uv_run(&d->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&d->loop);
    if (rc < 0)
        bd_log(BD_LOG_ERROR, "the loop still had handles at its end", "error", uv_strerror(rc),
               NULL);
    hostfacts_done(&d->facts);
    config_done(&d->config);
    free(d->db_path);
    free(d->clusters_dir);
    free(d->runs_dir);
    free(d->artifacts_dir);
    free(d->inputs_dir);
    free(d->transfer_dir);
    close(d->lock_fd);
    free(d);
    bd_log(BD_LOG_INFO, "ended", NULL);
    return rc < 0 ? 1 : 0;
}
