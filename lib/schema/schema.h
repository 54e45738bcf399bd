/*
 * JSON Schema (draft 2020-12), the part that the contract uses: type, enum, const, minimum,
 * maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength (code points),
 * pattern (POSIX ERE, where ECMAScript reads it the same), minItems, maxItems, uniqueItems, items,
 * properties, patternProperties, required, additionalProperties (boolean or schema), minProperties,
 * maxProperties, oneOf (with an OpenAPI discriminator, or plain), allOf, not, $ref within the
 * document, $defs, default, and the annotations title, description, examples, format, deprecated,
 * readOnly. A schema with any other keyword is refused when it is compiled.
 *
 * Values come from anyone: a check ends in about a second at most, its list of faults is short, and
 * so is each fault.
 *
 * Ownership: a schema owns all that it needs; the document may go. Threads: a compiled schema is
 * immutable and may be used from any thread.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/json.h"

#include <stdbool.h>
#include <stddef.h>

struct schema;

/* One thing that is wrong with a value. */
struct schema_fault {
    /* JSON pointer (RFC 6901) of the offending place, "" for the whole; where a member is missing,
     * of the object that lacks it; cut with "..." beyond 1024 bytes. */
    char *pointer;
    char *expected; /* what would be right: "one of: lxc, qemu", "an integer from 1 to 512" */
    char *got;      /* what is there, cut to 80 characters; NULL where a member is missing */
};

struct schema_faults {
    struct schema_fault *items;
    size_t n, cap;
    bool more; /* there were more than SCHEMA_FAULTS_MAX */
};
#define SCHEMA_FAULTS_MAX 100

void schema_faults_done(struct schema_faults *f);
#define bd_auto_faults __attribute__((cleanup(schema_faults_done)))
/* For faults that a schema can't express; same list, same limit. got may be NULL. */
void schema_faults_add(struct schema_faults *f, const char *pointer, const char *got,
                       const char *expected_fmt, ...) __attribute__((format(printf, 4, 5)));
/* [{"pointer":, "expected":, "got":}], new reference. */
json_t *schema_faults_json(const struct schema_faults *f);

/* Compiles the schema at `pointer` of `document` ("" is the document itself); BD_EINVALID names an
 * unknown keyword, a pattern that is no ERE, or a reference that leads nowhere, with its pointer.
 */
int schema_compile(const json_t *document, const char *pointer, struct schema **ret_schema,
                   struct bd_err *err);
void schema_free(struct schema *s);
BD_DEFINE_CLEANUP(struct schema, schema, schema_free)

/* Appends every fault of value to faults (under pointer_prefix); answers true if there was none. */
bool schema_check(const struct schema *s, const json_t *value, const char *pointer_prefix,
                  struct schema_faults *faults);
/* Writes missing members with their default into a value that was found right. */
void schema_apply_defaults(const struct schema *s, json_t *value);

/* What a JSON pointer leads to within a document; borrowed, NULL where that is nothing. */
const json_t *schema_pointer_get(const json_t *document, const char *pointer);
