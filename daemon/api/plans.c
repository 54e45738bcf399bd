/* Plans: a reader works a spec out, since a big one takes a while; the loop then holds it against
 * what only the engine knows. */
#include "daemon/api/cell_check.h"
#include "daemon/api/needs.h"

#include "lib/base/str.h"

#include <string.h>

#define CELLS_ASKED_MAX 1000 /* for a metric */
#define WARNINGS_MAX    20

/* -- what a schema can't say of a spec -- */

/* A definition has the metrics of the command that it stands for. */
static bool has_metric(const struct planning *p, const json_t *spec, const char *name)
{
    const json_t *workload = json_object_get(spec, "workload");
    const char *of = bd_json_str(workload, "name", "");
    const json_t *definition = json_object_get(p->definitions, of);
    const struct workload *kind = definition ? workload_find("command") : workload_find(of);
    return !kind || kind->has_metric(definition ? definition : workload, name);
}

/* Cells may have other workloads than the base. */
static bool has_metric_in_a_cell(const struct planning *p, const char *name)
{
    for (size_t i = 0; p->plan && i < plan_cells(p->plan) && i < CELLS_ASKED_MAX; i++) {
        bd_auto_json json_t *spec = plan_cell_spec(p->plan, i);
        if (has_metric(p, spec, name))
            return true;
    }
    return false;
}

static void check_metric(struct planning *p, const char *pointer, const char *name)
{
    if (!has_metric(p, p->spec, name) && !has_metric_in_a_cell(p, name))
        schema_faults_add(&p->faults, pointer, name,
                          "a metric of the workload (benchctl workload show NAME lists "
                          "them)");
}

/* Those of a list of the spec whose items have a metric each. */
static void check_list(struct planning *p, const char *list)
{
    const json_t *items = json_object_get(p->spec, list);
    for (size_t i = 0; i < json_array_size(items); i++) {
        bd_auto_free char *pointer = bd_xasprintf("/%s/%zu/metric", list, i);
        check_metric(p, pointer, bd_json_str(json_array_get(items, i), "metric", ""));
    }
}

static void check_metrics(struct planning *p)
{
    check_list(p, "objectives");
    check_list(p, "failIf");
    const json_t *range = json_object_get(json_object_get(p->spec, "design"), "repetitions");
    const char *name = bd_json_str(json_object_get(range, "until"), "metric", NULL);
    if (name)
        check_metric(p, "/design/repetitions/until/metric", name);
}

/* -- images and room: cells that differ in nothing of that are looked at once -- */

static const char *const room_paths[] = {
    "admission",       "cluster.backend", "cluster.image", "cluster.controllers",
    "cluster.compute", "cluster.node",    "workload.name",
};

static bool is_within(const char *path, const char *of)
{
    size_t n = strlen(of);
    return strncmp(path, of, n) == 0 && (path[n] == '\0' || path[n] == '.');
}

static bool matters(const char *path)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(room_paths); i++)
        if (is_within(path, room_paths[i]) || is_within(room_paths[i], path))
            return true;
    return false;
}

static bool any_matters(const json_t *levels)
{
    const char *path;
    json_t *level;
    json_object_foreach ((json_t *)levels, path, level)
        if (matters(path))
            return true;
    return false;
}

/* Do the cells of this spec differ in any of that? */
static bool cells_differ(const json_t *spec)
{
    const json_t *cells = json_object_get(spec, "cells");
    bool differ = any_matters(json_object_get(spec, "factors"));
    const json_t *added = json_object_get(spec, "added");
    for (size_t i = 0; !differ && i < json_array_size(cells); i++)
        differ = any_matters(json_array_get(cells, i));
    for (size_t i = 0; !differ && i < json_array_size(added); i++)
        for (size_t k = 0; !differ && k < json_array_size(json_array_get(added, i)); k++)
            differ = any_matters(json_array_get(json_array_get(added, i), k));
    return differ;
}

/* The levels of a cell that matter; what it is called by, and known by as looked at. */
static char *room_key(json_t *levels)
{
    bd_auto_json json_t *some = json_object();
    const char *path;
    json_t *level;
    json_object_foreach (levels, path, level)
        if (matters(path))
            json_object_set(some, path, level);
    return bd_json_text(some);
}

/* Where the spec names the image of a cell: at a level, or in the base. */
static char *image_pointer(const json_t *spec, const json_t *levels)
{
    static const char path[] = "cluster.image";
    const json_t *level = json_object_get(levels, path);
    const json_t *of_factor = json_object_get(json_object_get(spec, "factors"), path);
    const json_t *levels_of_it = plan_factor_levels(of_factor);
    for (size_t i = 0; level && i < json_array_size(levels_of_it); i++)
        if (json_equal(json_array_get(levels_of_it, i), level))
            return bd_xasprintf("/factors/%s%s/%zu", path,
                                json_is_object(of_factor) ? "/levels" : "", i);
    const json_t *cells = json_object_get(spec, "cells");
    for (size_t i = 0; level && i < json_array_size(cells); i++)
        if (json_equal(json_object_get(json_array_get(cells, i), path), level))
            return bd_xasprintf("/cells/%zu/%s", i, path);
    const json_t *added = json_object_get(spec, "added");
    for (size_t b = 0; level && b < json_array_size(added); b++)
        for (size_t i = 0; i < json_array_size(json_array_get(added, b)); i++)
            if (json_equal(json_object_get(json_array_get(json_array_get(added, b), i), path),
                           level))
                return bd_xasprintf("/added/%zu/%zu/%s", b, i, path);
    return bd_xstrdup("/cluster/image");
}

static void note_image(struct planning *p, const char *image, const char *pointer)
{
    if (!json_object_get(p->images, image))
        json_object_set_new(p->images, image, json_string(pointer));
}

static void note_room(struct planning *p, const char *cell, struct cluster_spec *cluster,
                      bool waived)
{
    struct bd_err err = BD_ERR_INIT;
    cluster->oversubscribe = false;
    if (admit_check_host(engine_host(p->api->engine), cluster, &err) == 0)
        return;
    bd_auto_free char *text =
        bd_xasprintf("%s: %s%s", cell, err.text, waived ? " (it is set: the grade will tell)" : "");
    if (!waived && !p->no_room)
        p->no_room = bd_xstrdup(text);
    if (p->warnings.n < WARNINGS_MAX)
        bd_strv_add(&p->warnings, text);
    else if (p->warnings.n == WARNINGS_MAX)
        bd_strv_add(&p->warnings, "more cells have no room; these are the first");
}

static void look_at_cell(struct planning *p, size_t cell, const char *key, const json_t *levels)
{
    bd_auto_json json_t *spec = plan_cell_spec(p->plan, cell);
    bd_auto_faults struct schema_faults faults = {0};
    struct cluster_spec cluster;
    if (cluster_spec_read(json_object_get(spec, "cluster"), &cluster, &faults) < 0)
        return; /* plan_make() has read it before */
    bool waived = bd_json_bool(json_object_get(spec, "admission"), "oversubscribe", 0);
    bd_auto_free char *name = bd_xasprintf("cell %zu %s", cell, key);
    bd_auto_free char *pointer = image_pointer(p->spec, levels);
    note_image(p, cluster.image, pointer);
    needs_of_cell(p, spec, cluster.image, pointer);
    note_room(p, name, &cluster, waived);
    cluster_spec_done(&cluster);
}

static void look_at_cells(struct planning *p)
{
    bd_auto_json json_t *seen = json_object();
    size_t n = cells_differ(p->spec) ? plan_cells(p->plan) : 1;
    for (size_t i = 0; i < n; i++) {
        bd_auto_json json_t *levels = plan_cell_levels(p->plan, i);
        bd_auto_free char *key = room_key(levels);
        if (json_object_get(seen, key))
            continue;
        json_object_set_new(seen, key, json_true());
        look_at_cell(p, i, key, levels);
    }
}

/* -- the way of a plan: composed on a reader, images pinned on the loop, worked out on a reader --
 */

static const struct schema *schema_of(const struct planning *p)
{
    return p->schema ? p->schema : p->api->spec_schema;
}

static void composing_run(struct work *w, void *context)
{
    struct planning *p = (struct planning *)w;
    bd_auto_faults struct schema_faults of_spec = {0};
    bd_auto_json json_t *library = json_object_get(p->body, "defaults")
                                       ? fragments_read(p->api->config.places->fragments)
                                       : NULL;
    if (compose(p->body, library, p->api->spec_schema, &p->composition, &p->faults) < 0)
        return;
    p->spec = json_deep_copy(p->composition.spec);
    p->rc = plan_definitions(p, context, &p->err);
    if (p->rc == 0 && schema_check(schema_of(p), p->spec, "", &of_spec))
        schema_apply_defaults(schema_of(p), p->spec); /* else plan_make() tells what is wrong */
}

static void planning_run(struct work *w, void *context)
{
    struct planning *p = (struct planning *)w;
    struct cell_check cells = {.inputs_dir = engine_host(p->api->engine)->inputs_dir,
                               .virt = p->api->config.virt,
                               .definitions = p->definitions};
    struct plan_rules rules = {
        .schema = schema_of(p),
        .check = cell_check,
        .arg = &cells,
    };
    int rc = plan_make(p->spec, &rules, &p->plan, &p->faults);
    p->inputs = json_incref(cells.inputs);
    p->examined = json_incref(cells.examined);
    cell_check_done(&cells);
    check_metrics(p);
    if (rc < 0 || p->faults.n)
        return;
    look_at_cells(p);
    if (p->view)
        p->rc = p->view(p, context, &p->err);
}

/* What the image's name stands for from now on; the spec may say so already. */
static void pin(const struct planning *p, json_t *pins, const json_t *image)
{
    const char *name = json_string_value(image);
    char digest[BD_DIGEST_BYTES];
    if (name && !json_object_get(pins, name) &&
        engine_image_digest(p->api->engine, name, digest, NULL) == 0)
        json_object_set_new(pins, name, json_string(digest));
}

/* An image that is built anew while the campaign goes on must change nothing. What does not fit the
 * schema is told later. */
static void pin_images(struct planning *p)
{
    static const char path[] = "cluster.image";
    const json_t *factor = json_object_get(json_object_get(p->spec, "factors"), path);
    json_t *before = json_object_get(p->spec, "images"), *value;
    size_t i;
    if (before && !json_is_object(before))
        return;
    json_t *pins = before ? json_incref(before) : json_object();
    pin(p, pins, json_object_get(json_object_get(p->spec, "cluster"), "image"));
    json_array_foreach (plan_factor_levels(factor), i, value)
        pin(p, pins, value);
    json_array_foreach (json_object_get(p->spec, "cells"), i, value)
        pin(p, pins, json_object_get(value, path));
    const json_t *added = json_object_get(p->spec, "added");
    for (size_t b = 0; b < json_array_size(added); b++)
        json_array_foreach (json_array_get(added, b), i, value)
            pin(p, pins, json_object_get(value, path));
    json_object_set_new(p->spec, "images", pins);
}

static void check_images(struct planning *p)
{
    const json_t *pins = json_object_get(p->spec, "images");
    const char *image;
    json_t *pointer;
    json_object_foreach (p->images, image, pointer) {
        const char *pinned = bd_json_str(pins, image, NULL);
        char digest[BD_DIGEST_BYTES];
        if (engine_image_digest(p->api->engine, pinned ? pinned : image, digest, NULL) == 0)
            continue;
        bd_auto_free char *at =
            pinned ? bd_xasprintf("/images/%s", image) : bd_xstrdup(json_string_value(pointer));
        schema_faults_add(&p->faults, at, pinned ? pinned : image,
                          pinned ? "the digest of an image that is ready"
                                 : "the name, id or digest of an image that is ready");
    }
}

static void planning_free(struct planning *p)
{
    http_request_unref(p->r);
    keep_free(p->keep);
    json_decref(p->body);
    composition_done(&p->composition);
    json_decref(p->spec);
    json_decref(p->definitions);
    schema_free(p->schema);
    json_decref(p->json);
    json_decref(p->images);
    json_decref(p->needed);
    json_decref(p->inputs);
    json_decref(p->examined);
    plan_free(p->plan);
    bd_strv_done(&p->warnings);
    bd_strv_done(&p->lacking);
    free(p->no_room);
    schema_faults_done(&p->faults);
    free(p);
}

/* Of the spec that cells were added to: where the request has them. */
static void point_into_request(struct planning *p)
{
    size_t batches = json_array_size(json_object_get(p->body, "added"));
    bd_auto_free char *batch = bd_xasprintf("/added/%zu/", batches - 1);
    for (size_t i = 0; i < p->faults.n; i++) {
        char *pointer = p->faults.items[i].pointer;
        if (!bd_starts_with(pointer, batch))
            continue;
        p->faults.items[i].pointer = bd_xasprintf("/cells/%s", pointer + strlen(batch));
        free(pointer);
    }
}

static void reply_not_planned(struct planning *p)
{
    if (p->adds)
        point_into_request(p);
    compose_explain(&p->composition, &p->faults);
    reply_faults(p->r, "campaign", &p->faults);
}

static void planning_done(struct work *w)
{
    struct planning *p = (struct planning *)w;
    if (!refused_at_end(p->api, p->r)) {
        check_images(p);
        if (p->faults.n)
            reply_not_planned(p);
        else if (p->rc < 0)
            http_problem_err(p->r, &p->err);
        else
            p->go(p);
    }
    planning_free(p);
}

static void composing_done(struct work *w)
{
    struct planning *p = (struct planning *)w;
    if (refused_at_end(p->api, p->r)) {
        planning_free(p);
    } else if (p->rc < 0) {
        http_problem_err(p->r, &p->err);
        planning_free(p);
    } else if (p->faults.n) {
        reply_not_planned(p);
        planning_free(p);
    } else {
        pin_images(p);
        p->w = (struct work){.run = planning_run, .done = planning_done};
        workers_submit(p->api->readers, &p->w);
    }
}

static struct planning *planning_new(struct api *a, struct http_request *r, struct keep *keep,
                                     void (*go)(struct planning *p))
{
    struct planning *p = bd_new(struct planning);
    p->w = (struct work){.run = composing_run, .done = composing_done};
    p->api = a;
    p->r = http_request_ref(r);
    p->keep = keep;
    p->go = go;
    p->images = json_object();
    p->needed = json_object();
    return p;
}

void planning_start(struct api *a, struct http_request *r, struct keep *keep,
                    int (*view)(struct planning *p, struct store_conn *conn, struct bd_err *err),
                    void (*go)(struct planning *p))
{
    struct planning *p = planning_new(a, r, keep, go);
    p->view = view;
    p->body = json_deep_copy(http_request_json(r)); /* read by a worker */
    workers_submit(a->readers, &p->w);
}

void planning_start_of(struct api *a, struct http_request *r, json_t *spec, struct keep *keep,
                       void (*go)(struct planning *p))
{
    struct planning *p = planning_new(a, r, keep, go);
    p->body = spec;
    p->adds = true;
    workers_submit(a->readers, &p->w);
}

/* -- POST /v1/plans -- */

static void reply_plan(struct planning *p)
{
    http_reply_json(p->r, 200, bd_take(p->json));
}

void plans_create(struct http_request *r, void *app)
{
    planning_start(app, r, NULL, view_plan, reply_plan);
}
