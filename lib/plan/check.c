/*
 * What a schema can't say of cells: combinations that are impossible. A cell's spec is made from
 * that of the cell before, from the first setting on in which they differ: mostly the last.
 */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"

#include <string.h>

struct checking {
    const struct plan *p;
    const struct plan_rules *rules;
    struct schema_faults *faults;
    json_t *told;
    /* The cell: what is set in it, and the base with none, one, two ... of that. */
    size_t cell, n;
    struct setting settings[SETTINGS_MAX];
    json_t *specs[SETTINGS_MAX + 1];
    /* The cluster that was read last; its reading is kept for the next cell that shares it. */
    json_t *cluster;
    struct cluster_spec read;
    struct schema_faults unreadable;
};

/* -- one spec -- */

static void forget_cluster(struct checking *c)
{
    if (c->cluster && c->unreadable.n == 0)
        cluster_spec_done(&c->read);
    schema_faults_done(&c->unreadable);
    json_decref(c->cluster);
    c->cluster = NULL;
}

static void read_cluster(struct checking *c, json_t *cluster)
{
    if (c->cluster == cluster)
        return;
    forget_cluster(c);
    c->cluster = json_incref(cluster);
    /* What is left out of it is filled in: in a copy. */
    bd_auto_json json_t *own = json_copy(cluster);
    json_object_set_new(own, "node", json_copy(json_object_get(cluster, "node")));
    json_object_set_new(own, "scheduler", json_copy(json_object_get(cluster, "scheduler")));
    json_object_set(own, "admission", json_object_get(c->p->base, "admission"));
    cluster_spec_read(own, &c->read, &c->unreadable);
}

static void check_spec(struct checking *c, json_t *spec, struct schema_faults *faults)
{
    read_cluster(c, json_object_get(spec, "cluster"));
    for (size_t i = 0; i < c->unreadable.n; i++) {
        const struct schema_fault *f = &c->unreadable.items[i];
        bd_auto_free char *at = bd_xasprintf("/cluster%s", f->pointer);
        schema_faults_add(faults, at, f->got, "%s", f->expected);
    }
    if (c->unreadable.n == 0 && c->rules->check)
        c->rules->check(spec, &c->read, faults, c->rules->arg);
}

/* -- where a fault is told -- */

static bool has_fault(struct checking *c, json_t *spec, const struct schema_fault *like)
{
    bd_auto_faults struct schema_faults found = {0};
    check_spec(c, spec, &found);
    for (size_t i = 0; i < found.n; i++)
        if (strcmp(found.items[i].pointer, like->pointer) == 0 &&
            strcmp(found.items[i].expected, like->expected) == 0)
            return true;
    return false;
}

/* The number of the setting that stands where the fault is; if there is none, of the first one that
 * brings it about together with those before it; n where the base has it by itself. */
static size_t guilty_setting(struct checking *c, const struct schema_fault *fault)
{
    for (size_t i = 0; i < c->n; i++) {
        const char *pointer = c->settings[i].path->pointer;
        if (pointer_below(pointer, fault->pointer) || pointer_below(fault->pointer, pointer))
            return i;
    }
    if (c->n == 0 || has_fault(c, c->specs[0], fault))
        return c->n;
    size_t i = 0;
    while (i + 1 < c->n && !has_fault(c, c->specs[i + 1], fault))
        i++;
    return i;
}

static char *place_of(struct checking *c, const struct schema_fault *fault)
{
    size_t guilty = guilty_setting(c, fault);
    if (guilty == c->n)
        return bd_xstrdup(fault->pointer);
    const struct setting *s = &c->settings[guilty];
    if (s->sampled)
        return pointer_to(SAMPLE_RANGES, s->path->text);
    if (c->cell < c->p->n_products)
        return factor_level_pointer(json_object_get(c->p->spec, "factors"), s->path->text,
                                    s->level);
    bd_auto_free char *at = added_pointer(c->p, c->cell - c->p->n_products);
    return pointer_to(at, s->path->text);
}

static bool is_told(struct checking *c, const char *at, const struct schema_fault *fault)
{
    bd_auto_free char *key = bd_xasprintf("%s %s %s", at, fault->pointer, fault->expected);
    return json_object_get(c->told, key) != NULL;
}

static void tell(struct checking *c, const struct schema_fault *fault)
{
    if (is_told(c, fault->pointer, fault)) /* of the base, for all cells */
        return;
    bd_auto_free char *at = place_of(c, fault);
    if (is_told(c, at, fault))
        return;
    bd_auto_free char *key = bd_xasprintf("%s %s %s", at, fault->pointer, fault->expected);
    json_object_set_new(c->told, key, json_true());
    if (strcmp(at, fault->pointer) == 0)
        schema_faults_add(c->faults, at, fault->got, "%s", fault->expected);
    else
        schema_faults_add(c->faults, at, fault->got, "at %s: %s", fault->pointer, fault->expected);
}

/* -- one cell after the other -- */

static void go_to(struct checking *c, size_t cell)
{
    struct setting settings[SETTINGS_MAX];
    size_t n = cells_settings(c->p, cell, settings), same = 0;
    while (same < n && same < c->n && settings[same].path == c->settings[same].path &&
           json_equal(settings[same].value, c->settings[same].value))
        same++;
    for (size_t i = same; i < c->n; i++)
        json_decref(c->specs[i + 1]);
    for (size_t i = same; i < n; i++) {
        c->settings[i] = settings[i];
        c->specs[i + 1] = path_set(c->specs[i], settings[i].path, settings[i].value);
    }
    c->cell = cell;
    c->n = n;
}

void cells_check(const struct plan *p, const struct plan_rules *rules, struct schema_faults *faults)
{
    struct checking c = {.p = p, .rules = rules, .faults = faults, .told = json_object()};
    c.specs[0] = p->base;
    for (size_t cell = 0; cell < plan_cells(p) && !faults->more; cell++) {
        bd_auto_faults struct schema_faults found = {0};
        go_to(&c, cell);
        check_spec(&c, c.specs[c.n], &found);
        for (size_t i = 0; i < found.n; i++)
            tell(&c, &found.items[i]);
    }
    for (size_t i = 0; i < c.n; i++)
        json_decref(c.specs[i + 1]);
    forget_cluster(&c);
    json_decref(c.told);
}
