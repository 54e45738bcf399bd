/*
 * The routes of the contract: checks requests against it, asks the engine for changes and the
 * store's readers for answers. Threads: the loop's; what reads the store runs on reader workers.
 */
#pragma once

#include "daemon/engine/engine.h"
#include "daemon/http/http.h"
#include "daemon/loop/lag.h"
#include "daemon/loop/workers.h"
#include "daemon/loop/writer.h"

struct api;

/* Where things are; lives as long as the daemon. */
struct api_places {
    const char *db_path, *state_dir, *image_dir, *transfer_dir, *artifacts_dir, *recipe_dir,
        *fragments, *workloads, *ui, *bench_enter, *libvirt_uri;
};

struct api_config {
    uv_loop_t *loop;
    const struct api_places *places;
    unsigned readers; /* threads that read the store */
    struct virt *virt;
    struct writer *writer;
    struct lag *lag;
    struct workers *execs; /* commands in nodes */
    struct workers *asks;  /* what may take a while: libvirt's word, exports */
};

/* Compiles the contract; BD_EINVALID if it and the routes don't fit each other. */
int api_new(const struct api_config *config, struct api **ret_api, struct bd_err *err);
void api_set_engine(struct api *a, struct engine *engine);
/* Ends what it streams, what waits and the commands that run; from now on requests are refused. */
void api_end_streams(struct api *a);
/* After the last request: joins the readers, then calls on_closed and frees a. */
void api_close(struct api *a, void (*on_closed)(void *arg), void *arg);

extern const struct http_route api_routes[]; /* app is the struct api */
extern const struct http_route ui_route; /* of what is beside the contract: /, /ui/, /docs */
bool ui_has(const char *path, void *app);
bool api_before(struct http_request *r, void *app);
void api_after(struct http_request *r, int status, const char *body, void *app);
void api_set_http(struct api *a, struct http_server *http); /* for its figures */

/* For struct engine_config. */
void api_on_change(const char *subject, void *app);
void api_on_events(void *app);

/* The contract's Host, without clusters, for `benchd --check-host` too; blocks. New reference. */
json_t *api_host_json(const struct api_places *places, struct virt *virt);
