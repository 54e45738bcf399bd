/* The contract's schema of a spec, with a branch for each workload that is defined elsewhere. */
#include "daemon/api/definitions.h"

#include "api/contract.h"
#include "lib/workload/definition.h"

#include <string.h>

#define SCHEMAS   "#/components/schemas/"
#define DEFINED   SCHEMAS "DefinedWorkload" /* the contract's branch for all of them */
#define OWN       "Workload-"               /* a branch's name, before the workload's */
#define DEPTH_MAX 32

static json_t *choice_of(const json_t *contract)
{
    return json_object_get(json_object_get(json_object_get(contract, "components"), "schemas"),
                           "WorkloadChoice");
}

static void drop_branch(json_t *branches, const char *ref)
{
    for (size_t i = json_array_size(branches); i-- > 0;)
        if (bd_str_eq(bd_json_str(json_array_get(branches, i), "$ref", NULL), ref))
            json_array_remove(branches, i);
}

static void add_branch(json_t *contract, const char *name, const json_t *definition)
{
    json_t *choice = choice_of(contract);
    json_t *schemas = json_object_get(json_object_get(contract, "components"), "schemas");
    json_t *mapping = json_object_get(json_object_get(choice, "discriminator"), "mapping");
    bd_auto_free char *key = bd_xasprintf(OWN "%s", name);
    bd_auto_free char *ref = bd_xasprintf(SCHEMAS "%s", key);
    json_object_set_new(schemas, key, definition_parameters(definition));
    json_array_append_new(json_object_get(choice, "oneOf"), json_pack("{s:s}", "$ref", ref));
    json_object_set_new(mapping, name, json_string(ref));
}

int spec_schema_new(const json_t *definitions, const json_t *names, struct schema **ret_schema,
                    struct bd_err *err)
{
    bd_auto_json json_t *contract = NULL;
    const char *name;
    json_t *definition;
    int rc = bd_json_parse(contract_json, contract_json_bytes, &contract, err);
    if (rc < 0)
        return bd_err_wrap(err, "the embedded contract");
    json_t *choice = choice_of(contract), *row;
    json_t *mapping = json_object_get(json_object_get(choice, "discriminator"), "mapping");
    bool others = false;
    json_object_foreach ((json_t *)definitions, name, definition)
        add_branch(contract, name, definition);
    json_object_foreach ((json_t *)names, name, row) {
        if (json_object_get(mapping, name))
            continue;
        json_object_set_new(mapping, name, json_string(DEFINED));
        others = true;
    }
    if (!others)
        drop_branch(json_object_get(choice, "oneOf"), DEFINED);
    rc = schema_compile(contract, "/components/schemas/CampaignSpec", ret_schema, err);
    return rc < 0 ? bd_err_wrap(err, "the spec with its workloads") : 0;
}

/* -- what stands by itself -- */

static json_t *inlined(const json_t *contract, const json_t *schema, unsigned depth);

static json_t *inlined_object(const json_t *contract, const json_t *object, unsigned depth)
{
    const char *ref = bd_json_str(object, "$ref", NULL), *name;
    json_t *out, *member;
    if (ref && *ref == '#')
        return inlined(contract, schema_pointer_get(contract, ref + 1), depth);
    out = json_object();
    json_object_foreach ((json_t *)object, name, member)
        if (strcmp(name, "discriminator") != 0) /* it refers to what is not there any more */
            json_object_set_new(out, name, inlined(contract, member, depth));
    return out;
}

static json_t *inlined(const json_t *contract, const json_t *schema, unsigned depth)
{
    const json_t *item;
    size_t i;
    if (!schema || depth == DEPTH_MAX)
        return json_null();
    if (json_is_object(schema))
        return inlined_object(contract, schema, depth + 1);
    if (!json_is_array(schema))
        return json_deep_copy(schema);
    json_t *out = json_array();
    json_array_foreach (schema, i, item)
        json_array_append_new(out, inlined(contract, item, depth + 1));
    return out;
}

json_t *spec_schemas_builtin(const json_t *contract)
{
    json_t *out = json_object(), *ref;
    const char *name;
    json_object_foreach (
        json_object_get(json_object_get(choice_of(contract), "discriminator"), "mapping"), name,
        ref)
        json_object_set_new(
            out, name,
            inlined(contract, schema_pointer_get(contract, json_string_value(ref) + 1), 0));
    return out;
}
