#include "lib/schema/compile.h"

#include "lib/base/mem.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int schema_refuse(struct compiler *c, const char *pointer, const char *fmt, ...)
{
    bd_auto_free char *why = NULL;
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&why, fmt, args) < 0)
        bd_die("out of memory");
    va_end(args);
    return bd_err_set(c->err, BD_EINVALID, "schema at '%s': %s", pointer, why);
}

static void nodes_add(struct schema_nodes *nodes, struct schema_node *node)
{
    if (nodes->n == nodes->cap) {
        nodes->cap = nodes->cap ? 2 * nodes->cap : 4;
        nodes->items = bd_xrealloc(nodes->items, nodes->cap * sizeof(struct schema_node *));
    }
    nodes->items[nodes->n++] = node;
}

static struct schema_node *node_new(struct compiler *c)
{
    struct schema_node *n = bd_new(struct schema_node);
    n->length.max = n->items_count.max = n->members_count.max = SIZE_MAX;
    nodes_add(&c->schema->nodes, n);
    return n;
}

void schema_members_add(struct schema_members *members, const char *name,
                        struct schema_pattern *pattern, const struct schema_node *node)
{
    if (members->n == members->cap) {
        members->cap = members->cap ? 2 * members->cap : 4;
        members->items = bd_xrealloc(members->items, members->cap * sizeof(*members->items));
    }
    members->items[members->n++] =
        (struct schema_member){.name = bd_xstrdup(name), .pattern = pattern, .node = node};
}

static int fill_node(struct compiler *c, struct schema_node *n, const json_t *schema,
                     const char *pointer)
{
    if (json_is_boolean(schema)) {
        n->refuses_all = json_is_false(schema);
        return 0;
    }
    if (!json_is_object(schema))
        return schema_refuse(c, pointer, "a schema is an object, true or false");

    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)schema, name, value) {
        bd_auto_str struct bd_str at = {0};
        bd_str_add(&at, pointer);
        schema_pointer_add(&at, name, SIZE_MAX);
        const struct schema_keyword *keyword = schema_keyword_find(name);
        if (!keyword)
            return schema_refuse(c, at.data, "the keyword '%s' is not known", name);
        struct keyword_use use = {.node = n, .schema = schema, .value = value, .pointer = at.data};
        int rc = keyword->compile ? keyword->compile(c, &use, keyword) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

int schema_compile_node(struct compiler *c, const json_t *schema, const char *pointer,
                        const struct schema_node **ret_node)
{
    struct schema_node *n = node_new(c);
    *ret_node = n;
    return fill_node(c, n, schema, pointer);
}

int schema_compile_nodes(struct compiler *c, const struct keyword_use *use,
                         struct schema_nodes *nodes)
{
    if (!json_array_size(use->value))
        return schema_refuse(c, use->pointer, "an array of schemas is needed");
    for (size_t i = 0; i < json_array_size(use->value); i++) {
        bd_auto_str struct bd_str at = {0};
        bd_str_add(&at, use->pointer);
        schema_pointer_add_index(&at, i);
        const struct schema_node *node;
        int rc = schema_compile_node(c, json_array_get(use->value, i), at.data, &node);
        if (rc < 0)
            return rc;
        nodes_add(nodes, (struct schema_node *)node);
    }
    return 0;
}

/* Decodes %XX of a URI fragment; 0 or -1. */
static int fragment_decode(const char *fragment, struct bd_str *out)
{
    for (const char *p = fragment; *p; p++) {
        char c = *p;
        if (c == '%') {
            if (!isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2]))
                return -1;
            c = (char)strtol((char[]){p[1], p[2], 0}, NULL, 16);
            p += 2;
        }
        bd_str_addn(out, &c, 1);
    }
    return 0;
}

int schema_compile_ref(struct compiler *c, const struct keyword_use *use, const char *ref,
                       const struct schema_node **ret_node)
{
    bd_auto_str struct bd_str pointer = {0};
    if (*ref != '#' || fragment_decode(ref + 1, &pointer) < 0 ||
        (pointer.len && *pointer.data != '/'))
        return schema_refuse(c, use->pointer,
                             "'%s' is no reference within this document; write '#/...'", ref);
    const char *target = bd_str_text(&pointer);
    for (size_t i = 0; i < c->targets.n; i++) {
        if (!strcmp(c->targets.items[i].name, target)) {
            *ret_node = c->targets.items[i].node;
            return 0;
        }
    }
    if (!schema_pointer_get(c->document, target))
        return schema_refuse(c, use->pointer, "'%s' leads nowhere", ref);
    *ret_node = node_new(c);
    schema_members_add(&c->targets, target, NULL, *ret_node);
    return 0;
}

/* Targets of references are filled in here, not where they are met: that is what lets them recur.
 */
static int fill_targets(struct compiler *c)
{
    for (size_t i = 0; i < c->targets.n; i++) {
        const struct schema_member target = c->targets.items[i]; /* the list grows meanwhile */
        int rc = fill_node(c, (struct schema_node *)target.node,
                           schema_pointer_get(c->document, target.name), target.name);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* A way through schemas: which nodes it may take, where it is, and what it has found to be fine. */
struct walk {
    bool by_default; /* through members that have a default, too */
    struct schema_nodes open, done;
};

static bool is_among(const struct schema_nodes *nodes, const struct schema_node *n)
{
    for (size_t i = 0; i < nodes->n; i++) {
        if (nodes->items[i] == n)
            return true;
    }
    return false;
}

static bool is_circular(struct walk *walk, const struct schema_node *n);

static bool leads_to_circle(struct walk *walk, const struct schema_node *n)
{
    for (size_t i = 0; i < n->all_of.n; i++) {
        if (is_circular(walk, n->all_of.items[i]))
            return true;
    }
    for (size_t i = 0; i < n->one_of.n; i++) {
        if (is_circular(walk, n->one_of.items[i]))
            return true;
    }
    for (size_t i = 0; walk->by_default && i < n->members.n; i++) {
        const struct schema_node *member = n->members.items[i].node;
        if (json_is_object(schema_default_of(member)) && is_circular(walk, member))
            return true;
    }
    if (n->forbidden && is_circular(walk, n->forbidden))
        return true;
    return n->ref && is_circular(walk, n->ref);
}

/* Does the way from here come back to where it was? */
static bool is_circular(struct walk *walk, const struct schema_node *n)
{
    if (is_among(&walk->done, n))
        return false;
    if (is_among(&walk->open, n))
        return true;
    nodes_add(&walk->open, (struct schema_node *)n);
    if (leads_to_circle(walk, n))
        return true;
    walk->open.n--;
    nodes_add(&walk->done, (struct schema_node *)n);
    return false;
}

/* Without a step into the value, a check would never end; nor would filling in of defaults that
 * contain themselves. Every circle goes through the target of a reference. */
static int check_circles(struct compiler *c, bool by_default, const char *why)
{
    struct walk walk = {.by_default = by_default};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->targets.n; i++) {
        if (is_circular(&walk, c->targets.items[i].node))
            rc = schema_refuse(c, c->targets.items[i].name, "%s", why);
    }
    free(walk.open.items);
    free(walk.done.items);
    return rc;
}

static void members_done(struct schema_members *members)
{
    for (size_t i = 0; i < members->n; i++) {
        free(members->items[i].name);
        schema_pattern_free(members->items[i].pattern);
    }
    free(members->items);
}

static int compile(struct compiler *c, const char *pointer)
{
    const json_t *schema = schema_pointer_get(c->document, pointer);
    if (!schema)
        return schema_refuse(c, pointer, "there is nothing at this place of the document");
    struct schema_node *root = node_new(c);
    c->schema->root = root;
    schema_members_add(&c->targets, pointer, NULL, root);
    int rc = fill_targets(c);
    if (rc == 0)
        rc = check_circles(c, false, "its references lead back to itself");
    if (rc == 0)
        rc = check_circles(c, true, "its defaults contain themselves");
    return rc;
}

int schema_compile(const json_t *document, const char *pointer, struct schema **ret_schema,
                   struct bd_err *err)
{
    bd_auto(schema) struct schema *schema = bd_new(struct schema);
    struct compiler c = {.document = document, .schema = schema, .err = err};
    int rc = compile(&c, pointer);
    members_done(&c.targets);
    if (rc < 0)
        return rc;
    *ret_schema = bd_take(schema);
    return 0;
}

static void node_free(struct schema_node *n)
{
    json_decref(n->values);
    json_decref(n->constant);
    json_decref(n->fallback);
    for (int i = 0; i < SCHEMA_BOUND_COUNT; i++)
        json_decref(n->bounds[i]);
    schema_pattern_free(n->pattern);
    members_done(&n->members);
    members_done(&n->patterns);
    members_done(&n->tagged);
    bd_strv_done(&n->required);
    free(n->all_of.items);
    free(n->one_of.items);
    free(n->discriminator);
    free(n);
}

void schema_free(struct schema *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->nodes.n; i++)
        node_free(s->nodes.items[i]);
    free(s->nodes.items);
    free(s);
}
