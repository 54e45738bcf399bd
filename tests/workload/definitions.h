/*
 * What the tests of definitions share: JSON in apostrophes, and a definition held against the
 * contract and what it can't say, as the daemon does it.
 */
#pragma once

#include "lib/base/str.h"
#include "lib/workload/definition.h"
#include "tests/base/unit.h"

#include "contract.h"

#include <string.h>

/* In the tables ' stands for ". */
static inline json_t *parse_json(const char *in_apostrophes)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *text = bd_xstrdup(in_apostrophes);
    json_t *json = NULL;
    for (char *s = text; *s; s++)
        *s = *s == '\'' ? '"' : *s;
    ck_assert_msg(bd_json_parse(text, strlen(text), &json, &err) == 0, "%s: %s", text, err.text);
    return json;
}

static inline void find_faults(json_t *definition, struct schema_faults *faults)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *contract = NULL;
    bd_auto(schema) struct schema *schema = NULL;
    ck_assert_int_eq(bd_json_parse(contract_json, contract_json_bytes, &contract, &err), 0);
    ck_assert_msg(
        schema_compile(contract, "/components/schemas/WorkloadDefinition", &schema, &err) == 0,
        "%s", err.text);
    if (!schema_check(schema, definition, "", faults))
        return;
    schema_apply_defaults(schema, definition);
    definition_check(definition, faults);
}

/* Of a definition that is right. */
static inline void assert_right(json_t *definition)
{
    bd_auto_faults struct schema_faults faults = {0};
    find_faults(definition, &faults);
    ck_assert_msg(faults.n == 0, "%s: %s: expected %s", bd_json_str(definition, "name", "?"),
                  faults.items[0].pointer, faults.items[0].expected);
}

/* A spec's words with the definition's defaults. */
static inline json_t *resolved(const json_t *definition, const char *in_apostrophes)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *parameters = definition_parameters(definition);
    bd_auto(schema) struct schema *schema = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    json_t *workload = parse_json(in_apostrophes);
    json_object_set(workload, "name", json_object_get(definition, "name"));
    ck_assert_msg(schema_compile(parameters, "", &schema, &err) == 0, "%s", err.text);
    ck_assert_msg(schema_check(schema, workload, "", &faults), "%s: %s", faults.items[0].pointer,
                  faults.items[0].expected);
    schema_apply_defaults(schema, workload);
    return workload;
}
