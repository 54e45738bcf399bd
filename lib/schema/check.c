#include "lib/schema/compiled.h"

#include "lib/base/mem.h"

#include <string.h>

#define DEPTH_MAX     64
#define GOT_BYTES     512  /* of a value; more than a fault keeps of it */
#define POINTER_BYTES 1024 /* likewise */

/* How much work a check may be: about a second. A step is a schema applied to a value. */
#define STEPS_MAX    10000000
#define STEPS_FAULT  200 /* to put a fault into words, or to hand it on */
#define STEPS_UNIQUE 10  /* to compare an item with others */
#define STEP_BYTES   64  /* of a string: looked at in one step */

/* The way to the value at hand, on the stack: a pointer is made of it where there is a fault. */
struct place {
    const struct place *up; /* NULL: the whole value */
    const char *name;       /* of a member; NULL: an item */
    size_t index;
    unsigned depth;
};

struct checking {
    const char *prefix;
    struct schema_faults *faults; /* NULL: only whether there are any is asked */
    size_t *steps_left;
};

static bool check(const struct checking *c, const struct schema_node *n, const json_t *value,
                  const struct place *at);

/* Nothing more that is found would make a difference. */
static bool is_settled(const struct checking *c, bool ok)
{
    return !*c->steps_left || (!ok && (!c->faults || c->faults->more));
}

static void spend(const struct checking *c, size_t steps)
{
    *c->steps_left -= steps < *c->steps_left ? steps : *c->steps_left;
}

static void add_place(struct bd_str *pointer, const struct place *at)
{
    if (!at->up)
        return;
    add_place(pointer, at->up);
    if (pointer->len > POINTER_BYTES)
        return;
    if (at->name)
        schema_pointer_add(pointer, at->name, POINTER_BYTES);
    else
        schema_pointer_add_index(pointer, at->index);
}

static int add_some(const char *text, size_t bytes, void *arg)
{
    struct bd_str *out = arg;
    size_t room = GOT_BYTES - out->len;
    bd_str_addn(out, text, bytes < room ? bytes : room);
    return bytes < room ? 0 : -1;
}

/* Answers false, for its caller to do so. got is NULL where something is missing. */
static bool fault(const struct checking *c, const struct place *at, const json_t *got,
                  const char *expected)
{
    if (!c->faults)
        return false;
    spend(c, STEPS_FAULT);
    bd_auto_str struct bd_str pointer = {0}, value = {0};
    bd_str_add(&pointer, c->prefix);
    add_place(&pointer, at);
    if (got)
        json_dump_callback(got, add_some, &value,
                           JSON_COMPACT | JSON_ENCODE_ANY |
                               JSON_REAL_PRECISION(schema_digits(got)));
    schema_faults_add(c->faults, pointer.data, got ? bd_str_text(&value) : NULL, "%s", expected);
    return false;
}

/* The value is not what the schema wants, which is said once, as a whole. */
static bool fault_words(const struct checking *c, const struct schema_node *n,
                        const struct place *at, const json_t *got)
{
    if (!c->faults)
        return false;
    bd_auto_str struct bd_str words = {0};
    schema_words_for(n, &words);
    return fault(c, at, got, bd_str_text(&words));
}

static bool is_in(const json_t *values, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(values); i++) {
        if (schema_compare(json_array_get(values, i), value) == 0)
            return true;
    }
    return false;
}

static bool span_holds(const struct schema_span *span, size_t n)
{
    return n >= span->min && n <= span->max;
}

static bool string_fits(const struct schema_node *n, const json_t *value)
{
    return span_holds(&n->length, schema_code_points(value)) &&
           (!n->pattern || schema_pattern_matches(n->pattern, json_string_value(value),
                                                  json_string_length(value)));
}

static bool number_fits(const struct schema_node *n, const json_t *value)
{
    json_t *const *bounds = n->bounds;
    return !(bounds[SCHEMA_MINIMUM] && schema_compare(value, bounds[SCHEMA_MINIMUM]) < 0) &&
           !(bounds[SCHEMA_MAXIMUM] && schema_compare(value, bounds[SCHEMA_MAXIMUM]) > 0) &&
           !(bounds[SCHEMA_EXCLUSIVE_MINIMUM] &&
             schema_compare(value, bounds[SCHEMA_EXCLUSIVE_MINIMUM]) <= 0) &&
           !(bounds[SCHEMA_EXCLUSIVE_MAXIMUM] &&
             schema_compare(value, bounds[SCHEMA_EXCLUSIVE_MAXIMUM]) >= 0) &&
           !(bounds[SCHEMA_MULTIPLE_OF] && !schema_is_multiple(value, bounds[SCHEMA_MULTIPLE_OF]));
}

/* Where this does not hold, there is no point in a look at members and items. */
static bool value_fits(const struct schema_node *n, const json_t *value)
{
    if (n->refuses_all || (n->types && !(n->types & schema_types_of(value))) ||
        (n->values && !is_in(n->values, value)) ||
        (n->constant && schema_compare(n->constant, value) != 0))
        return false;
    if (json_is_string(value))
        return string_fits(n, value);
    return !json_is_number(value) || number_fits(n, value);
}

static bool size_fits(const struct schema_node *n, const json_t *value)
{
    if (json_is_array(value))
        return span_holds(&n->items_count, json_array_size(value));
    return !json_is_object(value) || span_holds(&n->members_count, json_object_size(value));
}

struct numbered {
    const json_t *value;
    size_t index;
};

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    int result = schema_compare(x->value, y->value);
    return result ? result : (x->index > y->index) - (x->index < y->index);
}

/* Sorted rather than compared each with each: no array that fits into a request takes long. */
static bool check_unique(const struct checking *c, const json_t *array, const struct place *at)
{
    size_t n = json_array_size(array);
    spend(c, n * STEPS_UNIQUE);
    bd_auto_free struct numbered *sorted = bd_xcalloc(n + 1, sizeof(*sorted));
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct numbered){.value = json_array_get(array, i), .index = i};
    qsort(sorted, n, sizeof(*sorted), compare_numbered);

    bool ok = true;
    size_t first = 0; /* of a row of equals */
    for (size_t i = 1; i < n && !is_settled(c, ok); i++) {
        if (schema_compare(sorted[first].value, sorted[i].value) != 0) {
            first = i;
            continue;
        }
        struct place item = {.up = at, .index = sorted[i].index};
        bd_auto_free char *expected = bd_xasprintf("an item unlike item %zu", sorted[first].index);
        ok = fault(c, &item, sorted[i].value, expected);
    }
    return ok;
}

static bool check_array(const struct checking *c, const struct schema_node *n, const json_t *array,
                        const struct place *at)
{
    bool ok = !n->unique || check_unique(c, array, at);
    if (!n->items)
        return ok;
    for (size_t i = 0; i < json_array_size(array) && !is_settled(c, ok); i++) {
        struct place item = {.up = at, .index = i, .depth = at->depth + 1};
        ok &= check(c, n->items, json_array_get(array, i), &item);
    }
    return ok;
}

static bool check_required(const struct checking *c, const struct schema_node *n,
                           const json_t *object, const struct place *at)
{
    bool ok = true;
    for (size_t i = 0; i < n->required.n && !is_settled(c, ok); i++) {
        if (json_object_get(object, n->required.items[i]))
            continue;
        bd_auto_free char *expected = bd_xasprintf("required member '%s'", n->required.items[i]);
        ok = fault(c, at, NULL, expected);
    }
    return ok;
}

static bool check_member(const struct checking *c, const struct schema_node *n, const char *name,
                         const json_t *value, const struct place *at)
{
    bool ok = true, known = false;
    for (size_t i = 0; i < n->members.n && !known; i++) {
        if (!strcmp(n->members.items[i].name, name)) {
            known = true;
            ok = check(c, n->members.items[i].node, value, at);
        }
    }
    for (size_t i = 0; i < n->patterns.n && !is_settled(c, ok); i++) {
        const struct schema_member *member = &n->patterns.items[i];
        if (schema_pattern_matches(member->pattern, name, strlen(name))) {
            known = true;
            ok &= check(c, member->node, value, at);
        }
    }
    if (known || !n->others)
        return ok;
    if (!n->others->refuses_all)
        return check(c, n->others, value, at);
    if (!c->faults)
        return false;
    bd_auto_str struct bd_str words = {0};
    schema_words_for_unknown(n, name, &words);
    return fault(c, at, value, bd_str_text(&words));
}

static bool check_object(const struct checking *c, const struct schema_node *n,
                         const json_t *object, const struct place *at)
{
    bool ok = check_required(c, n, object, at);
    if (!n->members.n && !n->patterns.n && !n->others)
        return ok;
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)object, name, value) {
        if (is_settled(c, ok))
            break;
        struct place member = {.up = at, .name = name, .depth = at->depth + 1};
        ok &= check_member(c, n, name, value, &member);
    }
    return ok;
}

/* The branch that the discriminator's value names is the only one that counts. */
static bool check_tagged(const struct checking *c, const struct schema_node *n, const json_t *value,
                         const struct place *at)
{
    if (!json_is_object(value))
        return fault(c, at, value, "an object");
    const json_t *tag = json_object_get(value, n->discriminator);
    if (!tag) {
        bd_auto_free char *expected = bd_xasprintf("required member '%s'", n->discriminator);
        return fault(c, at, NULL, expected);
    }
    bd_auto_str struct bd_str known = {0};
    for (size_t i = 0; i < n->tagged.n; i++) {
        if (bd_str_eq(n->tagged.items[i].name, json_string_value(tag)))
            return check(c, n->tagged.items[i].node, value, at);
        bd_str_add(&known, i ? ", " : "one of: ");
        bd_str_add(&known, n->tagged.items[i].name);
    }
    struct place member = {.up = at, .name = n->discriminator, .depth = at->depth + 1};
    return fault(c, &member, tag, bd_str_text(&known));
}

/* Does the value have a type that the schema, or what it refers to, can take? */
static bool has_type_for(const struct schema_node *n, const json_t *value)
{
    while (!n->types && n->ref)
        n = n->ref;
    return !n->types || n->types & schema_types_of(value);
}

/* Of the branches, none of which fits, the one that was probably meant: it takes values of this
 * type, and it has the fewest faults. NULL if none takes this type. */
static const struct schema_faults *nearest_branch(const struct schema_node *n, const json_t *value,
                                                  const struct schema_faults *faults)
{
    const struct schema_faults *best = NULL;
    for (size_t i = 0; i < n->one_of.n; i++) {
        if (has_type_for(n->one_of.items[i], value) && (!best || faults[i].n < best->n))
            best = &faults[i];
    }
    return best;
}

static bool fault_none_fits(const struct checking *c, const struct schema_node *n,
                            const json_t *value, const struct place *at,
                            const struct schema_faults *faults)
{
    const struct schema_faults *best = nearest_branch(n, value, faults);
    if (!best || !c->faults)
        return fault_words(c, n, at, value);
    spend(c, best->n * STEPS_FAULT);
    for (size_t i = 0; i < best->n; i++) {
        const struct schema_fault *f = &best->items[i];
        schema_faults_add(c->faults, f->pointer, f->got, "%s", f->expected);
    }
    c->faults->more |= best->more;
    return false;
}

static bool check_one_of(const struct checking *c, const struct schema_node *n, const json_t *value,
                         const struct place *at)
{
    bd_auto_free struct schema_faults *faults = bd_xcalloc(n->one_of.n, sizeof(*faults));
    size_t fitting = 0;
    for (size_t i = 0; i < n->one_of.n; i++) {
        struct checking branch = *c;
        branch.faults = c->faults ? &faults[i] : NULL;
        fitting += check(&branch, n->one_of.items[i], value, at);
    }
    bool ok = fitting == 1;
    if (fitting == 0)
        ok = fault_none_fits(c, n, value, at, faults);
    else if (fitting > 1)
        ok = fault(c, at, value, "a value that fits only one of the forms that are possible here");
    for (size_t i = 0; i < n->one_of.n; i++)
        schema_faults_done(&faults[i]);
    return ok;
}

static bool check_forbidden(const struct checking *c, const struct schema_node *n,
                            const json_t *value, const struct place *at)
{
    struct checking quiet = *c;
    quiet.faults = NULL;
    if (!check(&quiet, n->forbidden, value, at))
        return true;
    bd_auto_str struct bd_str words = {0};
    bd_str_add(&words, "anything but ");
    schema_words_for(n->forbidden, &words);
    return fault(c, at, value, bd_str_text(&words));
}

static bool check(const struct checking *c, const struct schema_node *n, const json_t *value,
                  const struct place *at)
{
    if (!*c->steps_left)
        return false;
    spend(c, 1 + json_string_length(value) / STEP_BYTES);
    if (at->depth > DEPTH_MAX)
        return fault(c, at, value, "nothing that is nested so deep (at most 64 levels)");
    if (!value_fits(n, value))
        return fault_words(c, n, at, value);

    bool ok = size_fits(n, value) || fault_words(c, n, at, value);
    if (n->ref && !is_settled(c, ok))
        ok &= check(c, n->ref, value, at);
    for (size_t i = 0; i < n->all_of.n && !is_settled(c, ok); i++)
        ok &= check(c, n->all_of.items[i], value, at);
    if (n->forbidden && !is_settled(c, ok))
        ok &= check_forbidden(c, n, value, at);
    if (n->one_of.n && !is_settled(c, ok))
        ok &= n->discriminator ? check_tagged(c, n, value, at) : check_one_of(c, n, value, at);
    if (json_is_array(value) && !is_settled(c, ok))
        ok &= check_array(c, n, value, at);
    if (json_is_object(value) && !is_settled(c, ok))
        ok &= check_object(c, n, value, at);
    return ok;
}

bool schema_check(const struct schema *s, const json_t *value, const char *pointer_prefix,
                  struct schema_faults *faults)
{
    size_t steps_left = STEPS_MAX;
    const struct checking c = {
        .prefix = pointer_prefix, .faults = faults, .steps_left = &steps_left};
    const struct place whole = {0};
    bool ok = check(&c, s->root, value, &whole);
    if (steps_left)
        return ok;
    return fault(&c, &whole, value, "a simpler value; this one takes too long to check");
}

bool schema_node_fits(const struct schema_node *n, const json_t *value)
{
    size_t steps_left = STEPS_MAX;
    const struct checking c = {.prefix = "", .steps_left = &steps_left};
    const struct place whole = {0};
    return check(&c, n, value, &whole);
}
