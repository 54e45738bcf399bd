#include "daemon/engine/definitions.h"

#include "lib/base/clock.h"
#include "lib/store/workload.h"
#include "lib/workload/definition.h"

static const json_t *pins_of(const json_t *spec)
{
    return json_object_get(spec, "workloads");
}

int definitions_keep(struct store_conn *conn, const char *campaign, const json_t *spec,
                     const json_t *definitions, struct bd_err *err)
{
    const char *name;
    json_t *definition;
    json_object_foreach ((json_t *)definitions, name, definition) {
        const char *digest = bd_json_str(pins_of(spec), name, "");
        int rc = store_definition_put(conn, digest, definition, bd_wall_ns(), err);
        if (rc == 0)
            rc = store_definition_use(conn, digest, campaign, err);
        if (rc < 0)
            return bd_err_wrap(err, "keep the definition of workload %s", name);
    }
    return 0;
}

int definitions_load(struct store_conn *conn, const json_t *spec, json_t **ret_definitions,
                     struct bd_err *err)
{
    const char *name;
    json_t *digest, *all = json_object_size(pins_of(spec)) ? json_object() : NULL;
    json_object_foreach ((json_t *)pins_of(spec), name, digest) {
        json_t *definition = NULL;
        struct bd_err why = BD_ERR_INIT;
        const char *text = json_string_value(digest);
        int rc = store_definition_get(conn, text ? text : "", &definition, &why);
        if (rc == BD_ENOTFOUND) /* a pin of a workload that the spec does not name */
            continue;
        if (rc < 0) {
            bd_err_copy(err, &why);
            json_decref(all);
            return rc;
        }
        json_object_set_new(all, name, definition);
    }
    *ret_definitions = all;
    return 0;
}

json_t *definitions_of_run(const json_t *definitions, const json_t *run_spec)
{
    const char *name = bd_json_str(json_object_get(run_spec, "workload"), "name", "");
    return json_deep_copy(json_object_get(definitions, name));
}

int definitions_apply(const json_t *definition, const struct cluster_spec *cluster,
                      json_t *run_spec, struct bd_err *err)
{
    json_t *command = NULL;
    int rc = definition_expand(definition, json_object_get(run_spec, "workload"), cluster, &command,
                               err);
    if (rc == 0)
        json_object_set_new(run_spec, "workload", command);
    return rc;
}
