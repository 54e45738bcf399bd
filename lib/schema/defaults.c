#include "lib/schema/compiled.h"

#include <string.h>

static void apply(const struct schema_node *n, json_t *value);

const json_t *schema_default_of(const struct schema_node *n)
{
    if (n->fallback)
        return n->fallback;
    const json_t *found = n->ref ? schema_default_of(n->ref) : NULL;
    for (size_t i = 0; !found && i < n->all_of.n; i++)
        found = schema_default_of(n->all_of.items[i]);
    return found;
}

static const struct schema_node *branch_of(const struct schema_node *n, const json_t *value)
{
    if (n->discriminator) {
        const char *tag = json_string_value(json_object_get(value, n->discriminator));
        for (size_t i = 0; i < n->tagged.n; i++) {
            if (bd_str_eq(n->tagged.items[i].name, tag))
                return n->tagged.items[i].node;
        }
        return NULL;
    }
    for (size_t i = 0; i < n->one_of.n; i++) {
        if (schema_node_fits(n->one_of.items[i], value))
            return n->one_of.items[i];
    }
    return NULL;
}

static bool is_named(const struct schema_node *n, const char *name)
{
    for (size_t i = 0; i < n->members.n; i++) {
        if (!strcmp(n->members.items[i].name, name))
            return true;
    }
    return false;
}

/* Members that have no name in the schema: by pattern, or all others. */
static void apply_to_unnamed(const struct schema_node *n, const char *name, json_t *value)
{
    bool matched = false;
    for (size_t i = 0; i < n->patterns.n; i++) {
        const struct schema_member *member = &n->patterns.items[i];
        if (schema_pattern_matches(member->pattern, name, strlen(name))) {
            matched = true;
            apply(member->node, value);
        }
    }
    if (!matched && n->others && !is_named(n, name))
        apply(n->others, value);
}

static void apply_to_object(const struct schema_node *n, json_t *object)
{
    for (size_t i = 0; i < n->members.n; i++) {
        const struct schema_member *member = &n->members.items[i];
        const json_t *fallback = schema_default_of(member->node);
        if (fallback && !json_object_get(object, member->name))
            json_object_set_new(object, member->name, json_deep_copy(fallback));
        json_t *value = json_object_get(object, member->name);
        if (value)
            apply(member->node, value);
    }
    if (!n->patterns.n && !n->others)
        return;
    const char *name;
    json_t *value;
    json_object_foreach (object, name, value)
        apply_to_unnamed(n, name, value);
}

static void apply(const struct schema_node *n, json_t *value)
{
    if (n->ref)
        apply(n->ref, value);
    for (size_t i = 0; i < n->all_of.n; i++)
        apply(n->all_of.items[i], value);
    const struct schema_node *branch = n->one_of.n ? branch_of(n, value) : NULL;
    if (branch)
        apply(branch, value);
    if (json_is_object(value))
        apply_to_object(n, value);
    for (size_t i = 0; n->items && i < json_array_size(value); i++)
        apply(n->items, json_array_get(value, i));
}

void schema_apply_defaults(const struct schema *s, json_t *value)
{
    apply(s->root, value);
}
