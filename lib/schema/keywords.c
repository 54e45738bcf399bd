#include "lib/schema/compile.h"

#include "lib/base/mem.h"

#include <string.h>

static void *field_of(const struct keyword_use *use, const struct schema_keyword *k)
{
    return (char *)use->node + k->field;
}

static int add_type(struct compiler *c, const struct keyword_use *use, const json_t *name)
{
    enum schema_type type;
    if (schema_type_from_name(json_string_value(name), &type) < 0)
        return schema_refuse(c, use->pointer,
                             "a type is null, boolean, integer, number, string, array or object");
    use->node->types |= 1U << type;
    return 0;
}

static int compile_type(struct compiler *c, const struct keyword_use *use,
                        const struct schema_keyword *k BD_UNUSED)
{
    if (!json_is_array(use->value))
        return add_type(c, use, use->value);
    int rc = json_array_size(use->value) ? 0 : add_type(c, use, NULL);
    for (size_t i = 0; rc == 0 && i < json_array_size(use->value); i++)
        rc = add_type(c, use, json_array_get(use->value, i));
    return rc;
}

static int compile_enum(struct compiler *c, const struct keyword_use *use,
                        const struct schema_keyword *k BD_UNUSED)
{
    if (!json_array_size(use->value))
        return schema_refuse(c, use->pointer, "an array of at least one value is needed");
    use->node->values = json_deep_copy(use->value);
    return 0;
}

/* const and default: any value will do. */
static int compile_value(struct compiler *c BD_UNUSED, const struct keyword_use *use,
                         const struct schema_keyword *k)
{
    json_t **field = field_of(use, k);
    *field = json_deep_copy(use->value);
    return 0;
}

static int compile_bound(struct compiler *c, const struct keyword_use *use,
                         const struct schema_keyword *k)
{
    if (!json_is_number(use->value))
        return schema_refuse(c, use->pointer, "a number is needed");
    if (k->bound == SCHEMA_MULTIPLE_OF && json_number_value(use->value) <= 0)
        return schema_refuse(c, use->pointer, "a number above 0 is needed");
    use->node->bounds[k->bound] = json_deep_copy(use->value);
    return 0;
}

static int compile_count(struct compiler *c, const struct keyword_use *use,
                         const struct schema_keyword *k)
{
    double value = json_number_value(use->value);
    if (!(schema_types_of(use->value) & 1U << SCHEMA_INTEGER) || value < 0 || value > 0x1p53)
        return schema_refuse(c, use->pointer, "a whole number of at least 0 is needed");
    size_t *field = field_of(use, k);
    *field = (size_t)value;
    return 0;
}

static int compile_boolean(struct compiler *c, const struct keyword_use *use,
                           const struct schema_keyword *k)
{
    if (!json_is_boolean(use->value))
        return schema_refuse(c, use->pointer, "true or false is needed");
    bool *field = field_of(use, k);
    *field = json_is_true(use->value);
    return 0;
}

static int compile_pattern_text(struct compiler *c, const struct keyword_use *use, const char *text,
                                struct schema_pattern **ret_pattern)
{
    if (!text)
        return schema_refuse(c, use->pointer, "a string is needed");
    struct bd_err why = BD_ERR_INIT;
    if (schema_pattern_new(text, ret_pattern, &why) < 0)
        return schema_refuse(c, use->pointer, "%s", why.text);
    return 0;
}

static int compile_pattern(struct compiler *c, const struct keyword_use *use,
                           const struct schema_keyword *k BD_UNUSED)
{
    return compile_pattern_text(c, use, json_string_value(use->value), &use->node->pattern);
}

static int compile_required(struct compiler *c, const struct keyword_use *use,
                            const struct schema_keyword *k BD_UNUSED)
{
    bool right = json_is_array(use->value);
    for (size_t i = 0; right && i < json_array_size(use->value); i++) {
        const char *name = json_string_value(json_array_get(use->value, i));
        right = name && !bd_strv_has(&use->node->required, name);
        if (right)
            bd_strv_add(&use->node->required, name);
    }
    return right ? 0 : schema_refuse(c, use->pointer, "an array of different strings is needed");
}

/* items, additionalProperties and not: one schema. */
static int compile_schema(struct compiler *c, const struct keyword_use *use,
                          const struct schema_keyword *k)
{
    const struct schema_node **field = field_of(use, k);
    return schema_compile_node(c, use->value, use->pointer, field);
}

static int compile_schemas(struct compiler *c, const struct keyword_use *use,
                           const struct schema_keyword *k)
{
    return schema_compile_nodes(c, use, field_of(use, k));
}

/* One member of properties, patternProperties (with its pattern) or $defs (members is NULL). */
static int compile_member(struct compiler *c, const struct keyword_use *use, const char *name,
                          const json_t *schema, struct schema_pattern **pattern,
                          struct schema_members *members)
{
    bd_auto_str struct bd_str at = {0};
    bd_str_add(&at, use->pointer);
    schema_pointer_add(&at, name, SIZE_MAX);
    const struct schema_node *node;
    int rc = schema_compile_node(c, schema, at.data, &node);
    if (rc == 0 && members)
        schema_members_add(members, name, pattern ? bd_take(*pattern) : NULL, node);
    return rc;
}

static int compile_members(struct compiler *c, const struct keyword_use *use,
                           struct schema_members *members, bool by_pattern)
{
    if (!json_is_object(use->value))
        return schema_refuse(c, use->pointer, "an object of schemas is needed");
    const char *name;
    json_t *schema;
    json_object_foreach ((json_t *)use->value, name, schema) {
        bd_auto(schema_pattern) struct schema_pattern *pattern = NULL;
        int rc = by_pattern ? compile_pattern_text(c, use, name, &pattern) : 0;
        if (rc == 0)
            rc = compile_member(c, use, name, schema, &pattern, members);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int compile_properties(struct compiler *c, const struct keyword_use *use,
                              const struct schema_keyword *k BD_UNUSED)
{
    return compile_members(c, use, &use->node->members, false);
}

static int compile_pattern_properties(struct compiler *c, const struct keyword_use *use,
                                      const struct schema_keyword *k BD_UNUSED)
{
    return compile_members(c, use, &use->node->patterns, true);
}

/* A place for what $ref leads to; compiled so that nothing wrong hides in it. */
static int compile_defs(struct compiler *c, const struct keyword_use *use,
                        const struct schema_keyword *k BD_UNUSED)
{
    return compile_members(c, use, NULL, false);
}

static int compile_ref(struct compiler *c, const struct keyword_use *use,
                       const struct schema_keyword *k BD_UNUSED)
{
    if (!json_is_string(use->value))
        return schema_refuse(c, use->pointer, "a string is needed");
    return schema_compile_ref(c, use, json_string_value(use->value), &use->node->ref);
}

/* The name that a reference ends in: what OpenAPI takes for a branch that no mapping names. */
static const char *last_name(const char *ref)
{
    const char *slash = strrchr(ref, '/');
    return slash ? slash + 1 : ref;
}

/* Does a value of the mapping (a reference, or the name of a component) mean this reference? */
static bool mapping_means(const json_t *target, const char *ref)
{
    const char *text = json_string_value(target);
    return bd_str_eq(text, ref) || bd_str_eq(text, last_name(ref));
}

/* The values of the discriminator that choose the branch `ref`: those of the mapping, of which it
 * answers the number, or else the branch's own name. */
static size_t add_tags(const struct keyword_use *use, const json_t *mapping, const char *ref,
                       const struct schema_node *node)
{
    struct schema_members *tagged = &use->node->tagged;
    size_t before = tagged->n;
    const char *tag;
    json_t *target;
    json_object_foreach ((json_t *)mapping, tag, target) {
        if (mapping_means(target, ref))
            schema_members_add(tagged, tag, NULL, node);
    }
    size_t mapped = tagged->n - before;
    if (!mapped)
        schema_members_add(tagged, last_name(ref), NULL, node);
    return mapped;
}

static int compile_discriminator(struct compiler *c, const struct keyword_use *use,
                                 const struct schema_keyword *k BD_UNUSED)
{
    const char *property = json_string_value(json_object_get(use->value, "propertyName"));
    const json_t *mapping = json_object_get(use->value, "mapping");
    const json_t *branches = json_object_get(use->schema, "oneOf");
    if (!property || (mapping && !json_is_object(mapping)) ||
        json_object_size(use->value) != (mapping ? 2 : 1))
        return schema_refuse(c, use->pointer,
                             "an object of propertyName and, perhaps, mapping "
                             "is needed");
    if (!json_array_size(branches))
        return schema_refuse(c, use->pointer, "there is no oneOf beside it");

    size_t mapped = 0;
    for (size_t i = 0; i < json_array_size(branches); i++) {
        const char *ref = json_string_value(json_object_get(json_array_get(branches, i), "$ref"));
        if (!ref)
            return schema_refuse(c, use->pointer, "branch %zu of oneOf is no $ref", i);
        const struct schema_node *node;
        int rc = schema_compile_ref(c, use, ref, &node);
        if (rc < 0)
            return rc;
        mapped += add_tags(use, mapping, ref, node);
    }
    if (mapped < json_object_size(mapping))
        return schema_refuse(c, use->pointer, "a mapping leads to no branch of oneOf");
    use->node->discriminator = bd_xstrdup(property);
    return 0;
}

#define FIELD(name) offsetof(struct schema_node, name)

static const struct schema_keyword keywords[] = {
    {"$defs", compile_defs},
    {"$ref", compile_ref},
    {"additionalProperties", compile_schema, .field = FIELD(others)},
    {"allOf", compile_schemas, .field = FIELD(all_of)},
    {"const", compile_value, .field = FIELD(constant)},
    {"default", compile_value, .field = FIELD(fallback)},
    {"deprecated", NULL},
    {"description", NULL},
    {"discriminator", compile_discriminator},
    {"enum", compile_enum},
    {"examples", NULL},
    {"exclusiveMaximum", compile_bound, .bound = SCHEMA_EXCLUSIVE_MAXIMUM},
    {"exclusiveMinimum", compile_bound, .bound = SCHEMA_EXCLUSIVE_MINIMUM},
    {"format", NULL},
    {"items", compile_schema, .field = FIELD(items)},
    {"maxItems", compile_count, .field = FIELD(items_count.max)},
    {"maxLength", compile_count, .field = FIELD(length.max)},
    {"maxProperties", compile_count, .field = FIELD(members_count.max)},
    {"maximum", compile_bound, .bound = SCHEMA_MAXIMUM},
    {"minItems", compile_count, .field = FIELD(items_count.min)},
    {"minLength", compile_count, .field = FIELD(length.min)},
    {"minProperties", compile_count, .field = FIELD(members_count.min)},
    {"minimum", compile_bound, .bound = SCHEMA_MINIMUM},
    {"multipleOf", compile_bound, .bound = SCHEMA_MULTIPLE_OF},
    {"not", compile_schema, .field = FIELD(forbidden)},
    {"oneOf", compile_schemas, .field = FIELD(one_of)},
    {"pattern", compile_pattern},
    {"patternProperties", compile_pattern_properties},
    {"properties", compile_properties},
    {"readOnly", NULL},
    {"required", compile_required},
    {"title", NULL},
    {"type", compile_type},
    {"uniqueItems", compile_boolean, .field = FIELD(unique)},
};

const struct schema_keyword *schema_keyword_find(const char *name)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(keywords); i++) {
        if (!strcmp(keywords[i].name, name))
            return &keywords[i];
    }
    return NULL;
}
