/* The definitions of workloads that a spec names, on its way to a plan. */
#include "daemon/api/definitions.h"

#include <string.h>

#define PATH "workload.name"

/* Notes a workload that benchd does not know by itself, and where it is named first. */
static void want(json_t *wanted, const json_t *name, const char *pointer)
{
    const char *text = json_string_value(name);
    if (text && *text && !workload_find(text) && !json_object_get(wanted, text))
        json_object_set_new(wanted, text, json_string(pointer));
}

static void want_of_cells(json_t *wanted, const json_t *cells, const char *list)
{
    const json_t *cell;
    size_t i;
    json_array_foreach (cells, i, cell) {
        bd_auto_free char *pointer = bd_xasprintf("%s/%zu/" PATH, list, i);
        want(wanted, json_object_get(cell, PATH), pointer);
    }
}

/* {NAME: where the spec has it}; what does not fit the schema is told later. */
static json_t *wanted_of(const json_t *spec)
{
    json_t *wanted = json_object();
    const json_t *factor = json_object_get(json_object_get(spec, "factors"), PATH), *item;
    size_t i;
    want(wanted, json_object_get(json_object_get(spec, "workload"), "name"), "/workload/name");
    json_array_foreach (plan_factor_levels(factor), i, item) {
        bd_auto_free char *pointer =
            bd_xasprintf("/factors/" PATH "%s/%zu", json_is_object(factor) ? "/levels" : "", i);
        want(wanted, item, pointer);
    }
    want_of_cells(wanted, json_object_get(spec, "cells"), "/cells");
    json_array_foreach (json_object_get(spec, "added"), i, item) {
        bd_auto_free char *list = bd_xasprintf("/added/%zu", i);
        want_of_cells(wanted, item, list);
    }
    return wanted;
}

static void take(struct planning *p, json_t *pins, const char *name, const char *pointer,
                 json_t *row)
{
    const char *error = bd_json_str(row, "error", NULL);
    if (error) {
        schema_faults_add(&p->faults, pointer, name, "a workload that can be read: %s", error);
        return;
    }
    json_object_set(p->definitions, name, json_object_get(row, "definition"));
    json_object_set(pins, name, json_object_get(row, "digest"));
}

static int find_all(struct planning *p, struct store_conn *conn, const json_t *wanted, json_t *pins,
                    struct bd_err *err)
{
    const char *name;
    json_t *where;
    json_object_foreach ((json_t *)wanted, name, where) {
        const char *pinned = bd_json_str(pins, name, NULL);
        bd_auto_json json_t *row = NULL;
        struct bd_err why = BD_ERR_INIT;
        int rc = definition_find(p->api, conn, name, pinned, &row, &why);
        if (rc == 0) {
            take(p, pins, name, json_string_value(where), row);
        } else if (rc != BD_ENOTFOUND) {
            bd_err_copy(err, &why);
            return rc;
        } else if (pinned) {
            bd_auto_free char *at = bd_xasprintf("/workloads/%s", name);
            schema_faults_add(&p->faults, at, pinned,
                              "the digest of a definition of %s that is known here: 'benchctl "
                              "workload add FILE' registers one",
                              name);
        }
    }
    return 0;
}

int plan_definitions(struct planning *p, struct store_conn *conn, struct bd_err *err)
{
    bd_auto_json json_t *wanted = wanted_of(p->spec), *names = NULL;
    json_t *given = json_object_get(p->spec, "workloads");
    bool may_pin = !given || json_is_object(given); /* else the schema tells */
    bd_auto_json json_t *pins = given && may_pin ? json_incref(given) : json_object();
    if (json_object_size(wanted) == 0)
        return 0;
    if (!conn)
        return bd_err_set(err, BD_EUNAVAILABLE, "the database can't be opened to read");
    p->definitions = json_object();
    int rc = find_all(p, conn, wanted, pins, err);
    if (rc == 0 && json_object_size(p->definitions) < json_object_size(wanted))
        rc = definitions_all(p->api, conn, &names, err);
    if (rc == 0)
        rc = spec_schema_new(p->definitions, names, &p->schema, err);
    if (may_pin && json_object_size(pins))
        json_object_set(p->spec, "workloads", pins);
    return rc;
}
