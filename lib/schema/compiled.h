/*
 * A compiled schema: what compile.c makes and check.c, defaults.c and words.c read. Internal to
 * lib/schema.
 *
 * Nodes belong to struct schema, whoever points at them; so recursion by $ref is only a pointer.
 */
#pragma once

#include "lib/base/str.h"
#include "lib/schema/schema.h"

#include <regex.h>

enum schema_type {
    SCHEMA_NULL,
    SCHEMA_BOOLEAN,
    SCHEMA_INTEGER, /* 4.0 is one, too */
    SCHEMA_NUMBER,
    SCHEMA_STRING,
    SCHEMA_ARRAY,
    SCHEMA_OBJECT,
    SCHEMA_TYPE_COUNT
};

enum schema_bound {
    SCHEMA_MINIMUM,
    SCHEMA_EXCLUSIVE_MINIMUM,
    SCHEMA_MAXIMUM,
    SCHEMA_EXCLUSIVE_MAXIMUM,
    SCHEMA_MULTIPLE_OF,
    SCHEMA_BOUND_COUNT
};

/* Code points of a string, items of an array, or members of an object. */
struct schema_span {
    size_t min, max; /* max is SIZE_MAX where there is none */
};

struct schema_pattern {
    char *text;
    regex_t regex;
};

/* A schema for the member of a name, or of names that match a pattern, or of a discriminator's
 * value. */
struct schema_member {
    char *name;
    struct schema_pattern *pattern; /* of patternProperties, else NULL */
    const struct schema_node *node;
};

struct schema_members {
    struct schema_member *items;
    size_t n, cap;
};

struct schema_nodes {
    struct schema_node **items; /* of struct schema: owned; elsewhere: not */
    size_t n, cap;
};

struct schema_node {
    bool refuses_all; /* the schema `false` */
    unsigned types;   /* bits of enum schema_type; 0: any */
    json_t *values;   /* enum, an array; NULL: any */
    json_t *constant;
    json_t *fallback; /* default */
    json_t *bounds[SCHEMA_BOUND_COUNT];
    struct schema_span length, items_count, members_count;
    struct schema_pattern *pattern;
    bool unique;
    const struct schema_node *items;
    struct schema_members members, patterns;
    const struct schema_node *others; /* additionalProperties; NULL: anything */
    struct bd_strv required;
    const struct schema_node *ref;
    const struct schema_node *forbidden; /* not */
    struct schema_nodes all_of, one_of;
    char *discriminator;          /* the member that chooses a branch of one_of */
    struct schema_members tagged; /* its values and their branches */
};

struct schema {
    const struct schema_node *root;
    struct schema_nodes nodes;
};

/* value.c: values as JSON Schema sees them: 1 and 1.0 are the same. */
unsigned schema_types_of(const json_t *value); /* bits; 4.0 is an integer and a number */
const char *schema_type_name(enum schema_type type);
int schema_type_from_name(const char *name, enum schema_type *ret_type);
/* A total order over values; 0 where they are equal. Numbers are compared exactly. */
int schema_compare(const json_t *a, const json_t *b);
bool schema_is_multiple(const json_t *value, const json_t *of);
size_t schema_code_points(const json_t *string);
/* The fewest digits that tell a real number from all others: 0.1 is 0.1, not 0.10000000000000001.
 */
size_t schema_digits(const json_t *value);

/* pattern.c: patterns that mean the same as POSIX ERE and as ECMAScript; others are refused. */
int schema_pattern_new(const char *text, struct schema_pattern **ret_pattern, struct bd_err *err);
void schema_pattern_free(struct schema_pattern *p);
BD_DEFINE_CLEANUP(struct schema_pattern, schema_pattern, schema_pattern_free)
bool schema_pattern_matches(const struct schema_pattern *p, const char *text, size_t bytes);

/* pointer.c: a step more, escaped; it ends early where the pointer is longer than bytes_max by
 * then. */
void schema_pointer_add(struct bd_str *pointer, const char *name, size_t bytes_max);
void schema_pointer_add_index(struct bd_str *pointer, size_t index);

/* words.c: what a schema wants, in words. */
void schema_words_for(const struct schema_node *n, struct bd_str *out);
/* "no member of this name (known: ...); did you mean 'x'?" */
void schema_words_for_unknown(const struct schema_node *n, const char *name, struct bd_str *out);

/* check.c: true if it fits; stops at the first fault. */
bool schema_node_fits(const struct schema_node *n, const json_t *value);

/* defaults.c: the default of a schema or of what it is made up of; borrowed, NULL if there is none.
 */
const json_t *schema_default_of(const struct schema_node *n);
