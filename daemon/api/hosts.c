#include "daemon/api/private.h"

#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "lib/virt/hostfacts.h"

#include <stdio.h>
#include <string.h>

static json_t *libvirt_json(const struct api_places *places, struct virt *virt)
{
    unsigned long v;
    char version[32] = "";
    bool ok = virt_version(virt, &v, NULL) == 0;
    if (ok)
        snprintf(version, sizeof(version), "%lu.%lu.%lu", v / 1000000, v / 1000 % 1000, v % 1000);
    return json_pack("{s:s?, s:s, s:b}", "version", ok ? version : NULL, "uri", places->libvirt_uri,
                     "ok", ok);
}

static json_t *backends_json(struct virt *virt)
{
    json_t *list = json_array();
    for (size_t i = 0; virt_backends[i]; i++) {
        struct bd_err err = BD_ERR_INIT;
        bool usable = virt_backends[i]->usable(virt, &err) == 0;
        json_array_append_new(list,
                              json_pack("{s:s, s:b, s:s?}", "name", virt_backends[i]->name,
                                        "usable", usable, "reason", usable ? NULL : err.text));
    }
    return list;
}

static json_t *controllers_json(const char *text)
{
    json_t *list = json_array();
    bd_auto_free char *copy = bd_xstrdup(text ? text : "");
    char *rest = copy, *part;
    while ((part = strsep(&rest, ",")))
        if (*part)
            json_array_append_new(list, json_string(part));
    return list;
}

json_t *api_host_json(const struct api_places *places, struct virt *virt,
                      const struct engine_stats *stats)
{
    struct hostfacts facts;
    struct bd_err err = BD_ERR_INIT;
    if (hostfacts_read(&facts, &err) < 0)
        return NULL;
    uint64_t free_bytes = 0;
    bd_free_bytes(places->state_dir, &free_bytes, NULL);
    json_t *host = json_pack(
        "{s:s, s:s, s:i, s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:{s:f, s:I, s:f, s:I}, s:{s:s, s:I}}",
        "id", "local", "name", "local", "cpus", (int)facts.cpus, "memoryBytes",
        (json_int_t)facts.memory_bytes, "kernel", facts.kernel, "cgroups",
        cgroup_layout_to_str(facts.layout), "libvirt", libvirt_json(places, virt), "backends",
        backends_json(virt), "controllers", controllers_json(facts.controllers), "checks",
        hostfacts_checks(&facts, virt, places->state_dir), "capacity", "cpus", (double)facts.cpus,
        "memoryBytes", (json_int_t)facts.memory_bytes, "cpusInUse",
        stats ? stats->cpus_in_use : 0.0, "memoryInUseBytes",
        stats ? (json_int_t)stats->memory_in_use : 0, "stateDir", "path", places->state_dir,
        "freeBytes", (json_int_t)free_bytes);
    hostfacts_done(&facts);
    return host;
}

/* Asking libvirt blocks: it is done on a worker, with the engine's figures taken before. */
struct host_read {
    struct work w;
    struct api *a;
    struct http_request *r;
    struct engine_stats stats;
    bool as_list;
    json_t *json;
};

static void host_run(struct work *w, void *context BD_UNUSED)
{
    struct host_read *h = (struct host_read *)w;
    h->json = api_host_json(h->a->config.places, h->a->config.virt, &h->stats);
}

static void host_done(struct work *w)
{
    struct host_read *h = (struct host_read *)w;
    if (!h->json)
        http_problem(h->r, "internal", "the facts of this host can't be read from /proc");
    else if (h->as_list)
        reply_cacheable(h->r, json_pack("{s:[o], s:n}", "items", h->json, "next"));
    else
        reply_cacheable(h->r, h->json);
    http_request_unref(h->r);
    free(h);
}

static void read_host(struct api *a, struct http_request *r, bool as_list)
{
    struct host_read *h = bd_new(struct host_read);
    h->w = (struct work){.run = host_run, .done = host_done};
    h->a = a;
    h->r = http_request_ref(r);
    h->as_list = as_list;
    engine_stats(a->engine, &h->stats);
    workers_submit(a->config.asks, &h->w);
}

void hosts_list(struct http_request *r, void *app)
{
    read_host(app, r, true);
}

void hosts_get(struct http_request *r, void *app)
{
    if (strcmp(http_request_param(r, "hostId"), "local") != 0)
        http_problem(r, "not-found", "there is no host %s; this one is local",
                     http_request_param(r, "hostId"));
    else
        read_host(app, r, false);
}
