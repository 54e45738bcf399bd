#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/str.h"
#include "lib/store/host.h"
#include "lib/virt/hostdesc.h"
#include "lib/virt/hostfacts.h"

#include <stdio.h>
#include <string.h>

#define FACTS_LAST_NS (2 * BD_NS_PER_S)

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

static json_t *shaping_json(const struct virt *virt, const struct virt_backend *backend)
{
    json_t *list = json_array();
    for (int m = 0; m < NETWORK_MEMBERS; m++) {
        const struct virt_shaping s = virt_shaping_of(virt, backend, m);
        json_array_append_new(
            list, json_pack("{s:s, s:b, s:s?, s:s?}", "name", network_member_to_str(m), "usable",
                            s.can, "by", s.can ? s.by : NULL, "reason", s.can ? NULL : s.reason));
    }
    return list;
}

static json_t *backends_json(struct virt *virt)
{
    json_t *list = json_array();
    for (size_t i = 0; virt_backends[i]; i++) {
        struct bd_err err = BD_ERR_INIT;
        bool usable = virt_backends[i]->usable(virt, &err) == 0;
        json_array_append_new(list,
                              json_pack("{s:s, s:b, s:s?, s:o}", "name", virt_backends[i]->name,
                                        "usable", usable, "reason", usable ? NULL : err.text,
                                        "shaping", shaping_json(virt, virt_backends[i])));
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

static void add_description(json_t *host, struct virt *virt)
{
    json_t *description = hostdesc_of(virt);
    char digest[BD_DIGEST_BYTES];
    hostdesc_digest(description, digest);
    json_object_set_new(host, "description", description);
    json_object_set_new(host, "descriptionDigest", json_string(digest));
}

json_t *api_host_json(const struct api_places *places, struct virt *virt)
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
        "memoryBytes", (json_int_t)facts.memory_bytes, "cpusInUse", 0.0, "memoryInUseBytes",
        (json_int_t)0, "stateDir", "path", places->state_dir, "freeBytes", (json_int_t)free_bytes);
    hostfacts_done(&facts);
    json_object_set_new(host, "noise", json_null()); /* the engine knows */
    add_description(host, virt);
    return host;
}

/* -- replies: the facts and libvirt's word by a worker, the engine's figures as they are now -- */

static void ask_host(struct question *q)
{
    json_decref(q->api->host.json);
    q->api->host.json = api_host_json(q->api->config.places, q->api->config.virt);
    q->api->host.asked_ns = bd_mono_ns();
}

static void answer_host(struct question *q, struct http_request *r, bool in_time)
{
    struct api *a = q->api;
    if (!in_time) {
        http_problem(r, "unavailable", "%s", LIBVIRT_MUTE);
        return;
    }
    if (!a->host.json) {
        http_problem(r, "internal", "the facts of this host can't be read from /proc");
        return;
    }
    json_t *host = json_deep_copy(a->host.json);
    struct engine_stats stats;
    engine_stats(a->engine, &stats);
    json_object_set_new(host, "noise", view_noise(&stats.load));
    json_t *capacity = json_object_get(host, "capacity");
    json_object_set_new(capacity, "cpusInUse", json_real(stats.cpus_in_use));
    json_object_set_new(capacity, "memoryInUseBytes",
                        json_integer((json_int_t)stats.memory_in_use));
    bool as_list = strcmp(http_request_route(r)->operation_id, "listHosts") == 0;
    reply_cacheable(r, as_list ? json_pack("{s:[o], s:n}", "items", host, "next") : host);
}

void hosts_init(struct api *a)
{
    a->host.q = (struct question){.api = a, .ask = ask_host, .answer = answer_host};
}

/* Its facts take many files and libvirt's word: pages that poll get those of some seconds ago. */
static void ask(struct api *a, struct http_request *r)
{
    struct question *q = &a->host.q;
    if (!q->under_way && a->host.json && bd_mono_ns() - a->host.asked_ns < FACTS_LAST_NS &&
        bd_json_bool(json_object_get(a->host.json, "libvirt"), "ok", false))
        answer_host(q, r, true);
    else
        question_ask(q, r);
}

void hosts_list(struct http_request *r, void *app)
{
    ask(app, r);
}

void hosts_get(struct http_request *r, void *app)
{
    if (strcmp(http_request_param(r, "hostId"), "local") != 0)
        http_problem(r, "not-found", "there is no host %s; this one is local",
                     http_request_param(r, "hostId"));
    else
        ask(app, r);
}

/* -- what it was like when runs were measured on it -- */

static int load_description(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    return store_host_get(conn, q->id, &q->json, err);
}

void hosts_description(struct http_request *r, void *app)
{
    if (strcmp(http_request_param(r, "hostId"), "local") != 0) {
        http_problem(r, "not-found", "there is no host %s; this one is local",
                     http_request_param(r, "hostId"));
        return;
    }
    struct api_read *q = read_new(app, r, load_description);
    snprintf(q->id, sizeof(q->id), "%s", http_request_param(r, "digest"));
    read_submit(q);
}
