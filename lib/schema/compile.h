/*
 * Compiling: compile.c walks the document and follows references, keywords.c knows what each
 * keyword means for a node. Internal to lib/schema.
 */
#pragma once

#include "lib/schema/compiled.h"

struct compiler {
    const json_t *document;
    struct schema *schema;         /* owns every node that is made */
    struct schema_members targets; /* the root and each $ref met: pointer -> node */
    struct bd_err *err;
};

/* One keyword where it stands. */
struct keyword_use {
    struct schema_node *node; /* to be filled in */
    const json_t *schema;     /* around the keyword */
    const json_t *value;
    const char *pointer; /* of the value */
};

struct schema_keyword {
    const char *name;
    int (*compile)(struct compiler *c, const struct keyword_use *use,
                   const struct schema_keyword *keyword); /* NULL: says nothing about values */
    size_t field; /* of struct schema_node, where several keywords share a function */
    enum schema_bound bound;
};

const struct schema_keyword *schema_keyword_find(const char *name);

int schema_refuse(struct compiler *c, const char *pointer, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Results belong to c->schema, on failure too. */
int schema_compile_node(struct compiler *c, const json_t *schema, const char *pointer,
                        const struct schema_node **ret_node);
int schema_compile_nodes(struct compiler *c, const struct keyword_use *use,
                         struct schema_nodes *nodes);
int schema_compile_ref(struct compiler *c, const struct keyword_use *use, const char *ref,
                       const struct schema_node **ret_node);
/* Takes pattern, copies name. */
void schema_members_add(struct schema_members *members, const char *name,
                        struct schema_pattern *pattern, const struct schema_node *node);
