/* The design of a table of results: its form. */
#include "results.h"

#include "lib/yaml/yaml.h"

#include <string.h>

static const char form[] =
    "type: object\n"
    "additionalProperties: false\n"
    "required: [factors, metrics]\n"
    "properties:\n"
    "  name: {type: string, minLength: 1, maxLength: 200}\n"
    "  factors:\n"
    "    type: [array, object]\n"
    "    minItems: 1\n"
    "    maxItems: 20\n"
    "    uniqueItems: true\n"
    "    items: {type: string, minLength: 1}\n"
    "    minProperties: 1\n"
    "    maxProperties: 20\n"
    "    additionalProperties:\n"
    "      type: array\n"
    "      minItems: 1\n"
    "      maxItems: 1000\n"
    "      uniqueItems: true\n"
    "      items: {type: [string, number, boolean]}\n"
    "  block: {type: string, minLength: 1}\n"
    "  paired: {type: boolean}\n"
    "  warmup: {type: integer, minimum: 0, maximum: 1000000, default: 0}\n"
    "  run: {type: string, minLength: 1}\n"
    "  order: {type: string, minLength: 1}\n"
    "  excluded: {type: string, minLength: 1}\n"
    "  grade: {type: string, minLength: 1}\n"
    "  confidence: {type: number, minimum: 0.5, maximum: 0.9999}\n"
    "  seed: {type: integer, minimum: 0, maximum: 9007199254740991, default: 1}\n"
    "  metrics:\n"
    "    type: object\n"
    "    minProperties: 1\n"
    "    maxProperties: 32\n"
    "    additionalProperties: false\n"
    "    patternProperties:\n"
    "      '^[a-z][a-z0-9_]{0,63}$':\n"
    "        type: object\n"
    "        additionalProperties: false\n"
    "        required: [unit, kind]\n"
    "        properties:\n"
    "          column: {type: string, minLength: 1}\n"
    "          unit: {type: string, pattern: '^[!-~]{0,32}$'}\n"
    "          kind: {enum: [cost, rate, ratio]}\n"
    "          direction: {enum: [min, max]}\n"
    "          margin: {type: string, pattern: '^[0-9]{1,2}([.][0-9]{1,6})?%$'}\n"
    "  until:\n"
    "    type: object\n"
    "    additionalProperties: false\n"
    "    required: [metric, relativeHalfWidth]\n"
    "    properties:\n"
    "      metric: {type: string, minLength: 1}\n"
    "      relativeHalfWidth: {type: number, exclusiveMinimum: 0, maximum: 1}\n"
    "      confidence: {type: number, minimum: 0.5, maximum: 0.9999, default: 0.95}\n"
    "      min: {type: integer, minimum: 1, maximum: 1000000, default: 6}\n"
    "      max: {type: integer, minimum: 1, maximum: 1000000}\n"
    "      every: {type: integer, minimum: 1, maximum: 1000000, default: 1}\n";

/* What must hold between members. */
static void check_members(const json_t *design, struct schema_faults *faults)
{
    const json_t *metrics = json_object_get(design, "metrics"), *metric;
    const json_t *until = json_object_get(design, "until");
    const char *name, *stop = bd_json_str(until, "metric", NULL);
    bool block = json_object_get(design, "block") != NULL;
    int paired = bd_json_bool(design, "paired", block);
    if (paired && !block)
        schema_faults_add(faults, "", NULL,
                          "'block', the column that says which runs belong together, or 'paired: "
                          "false'");
    if (!paired && block)
        schema_faults_add(faults, "/paired", "false",
                          "true where 'block' is given; without it runs are not paired");
    if (stop && !json_object_get(metrics, stop))
        schema_faults_add(faults, "/until/metric", stop, "one of 'metrics'");
    json_object_foreach ((json_t *)metrics, name, metric) {
        bd_auto_free char *pointer = bd_xasprintf("/metrics/%s/margin", name);
        const char *margin = bd_json_str(metric, "margin", NULL);
        if (margin && !(strtod(margin, NULL) > 0))
            schema_faults_add(faults, pointer, margin, "more than 0%%");
    }
}

bool results_design(json_t *design, struct schema_faults *faults)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *json = NULL;
    bd_auto(schema) struct schema *schema = NULL;
    if (yaml_parse(form, strlen(form), "form", &json, NULL, &err) < 0 ||
        schema_compile(json, "", &schema, &err) < 0)
        bd_die(err.text);
    if (!schema_check(schema, design, "", faults))
        return false;
    schema_apply_defaults(schema, design);
    check_members(design, faults);
    return faults->n == 0;
}
