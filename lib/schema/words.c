#include "lib/schema/compiled.h"

#include "lib/base/mem.h"

#include <string.h>

#define NAMES_MAX    40 /* named in one text */
#define NAME_BYTES   64 /* of a name that is looked at for a slip of the pen */
#define DISTANCE_MAX 2

static void add_json(struct bd_str *out, const json_t *value)
{
    if (json_is_string(value)) {
        bd_str_add(out, json_string_value(value));
        return;
    }
    bd_auto_free char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY |
                                                    JSON_REAL_PRECISION(schema_digits(value)));
    bd_str_add(out, text ? text : "null");
}

static void add_values(struct bd_str *out, const json_t *values)
{
    size_t n = json_array_size(values);
    bd_str_add(out, n == 1 ? "exactly: " : "one of: ");
    for (size_t i = 0; i < n && i < NAMES_MAX; i++) {
        bd_str_add(out, i ? ", " : "");
        add_json(out, json_array_get(values, i));
    }
    if (n > NAMES_MAX)
        bd_str_add(out, ", ...");
}

/* " from 1 to 5", " of at least 1", " above 0 and below 1", or nothing. */
static void add_range(struct bd_str *out, json_t *const *bounds)
{
    static const struct {
        enum schema_bound bound;
        const char *words;
    } sides[] = {
        {SCHEMA_MINIMUM, " of at least "},
        {SCHEMA_EXCLUSIVE_MINIMUM, " above "},
        {SCHEMA_MAXIMUM, " of at most "},
        {SCHEMA_EXCLUSIVE_MAXIMUM, " below "},
        {SCHEMA_MULTIPLE_OF, " that is a multiple of "},
    };
    bool closed = bounds[SCHEMA_MINIMUM] && bounds[SCHEMA_MAXIMUM];
    if (closed) {
        bd_str_add(out, " from ");
        add_json(out, bounds[SCHEMA_MINIMUM]);
        bd_str_add(out, " to ");
        add_json(out, bounds[SCHEMA_MAXIMUM]);
    }
    bool more = closed;
    for (size_t i = 0; i < BD_ARRAY_LEN(sides); i++) {
        enum schema_bound bound = sides[i].bound;
        if (!bounds[bound] || (closed && (bound == SCHEMA_MINIMUM || bound == SCHEMA_MAXIMUM)))
            continue;
        bd_str_add(out, more && bound != SCHEMA_MULTIPLE_OF ? " and" : "");
        bd_str_add(out, sides[i].words);
        add_json(out, bounds[bound]);
        more = true;
    }
}

/* " of 1 to 40 characters", or nothing. */
static void add_span(struct bd_str *out, const struct schema_span *span, const char *thing)
{
    if (span->min == 0 && span->max == SIZE_MAX)
        return;
    size_t last = span->max == SIZE_MAX ? span->min : span->max;
    const char *plural = last == 1 ? "" : "s";
    if (span->min == span->max)
        bd_str_addf(out, " of %zu %s%s", span->min, thing, plural);
    else if (span->max == SIZE_MAX)
        bd_str_addf(out, " of at least %zu %s%s", span->min, thing, plural);
    else if (span->min == 0)
        bd_str_addf(out, " of at most %zu %s%s", span->max, thing, plural);
    else
        bd_str_addf(out, " of %zu to %zu %s%s", span->min, span->max, thing, plural);
}

static void add_string(struct bd_str *out, const struct schema_node *n)
{
    bd_str_add(out, "a string");
    add_span(out, &n->length, "character");
    if (n->pattern)
        bd_str_addf(out, " that matches %s", n->pattern->text);
}

static void add_type(struct bd_str *out, const struct schema_node *n, enum schema_type type)
{
    switch (type) {
    case SCHEMA_NULL:
        bd_str_add(out, "null");
        break;
    case SCHEMA_BOOLEAN:
        bd_str_add(out, "true or false");
        break;
    case SCHEMA_INTEGER:
    case SCHEMA_NUMBER:
        bd_str_add(out, type == SCHEMA_INTEGER ? "an integer" : "a number");
        add_range(out, n->bounds);
        break;
    case SCHEMA_STRING:
        add_string(out, n);
        break;
    case SCHEMA_ARRAY:
        bd_str_add(out, n->items_count.max ? "an array" : "an empty array");
        if (n->items_count.max)
            add_span(out, &n->items_count, "item");
        break;
    case SCHEMA_OBJECT:
    case SCHEMA_TYPE_COUNT:
        bd_str_add(out, n->members_count.max ? "an object" : "an empty object");
        if (n->members_count.max)
            add_span(out, &n->members_count, "member");
        break;
    }
}

/* The types that a schema speaks of: those it names, or those that its other keywords are about. */
static unsigned types_meant(const struct schema_node *n)
{
    if (n->types)
        return n->types;
    unsigned types = 0;
    for (int i = 0; i < SCHEMA_BOUND_COUNT; i++)
        types |= n->bounds[i] ? 1U << SCHEMA_NUMBER : 0;
    if (n->pattern || n->length.min || n->length.max != SIZE_MAX)
        types |= 1U << SCHEMA_STRING;
    if (n->items || n->unique || n->items_count.min || n->items_count.max != SIZE_MAX)
        types |= 1U << SCHEMA_ARRAY;
    if (n->members.n || n->required.n || n->members_count.min || n->members_count.max != SIZE_MAX)
        types |= 1U << SCHEMA_OBJECT;
    return types;
}

/* "a string, a number or null" */
static void add_types(struct bd_str *out, const struct schema_node *n, unsigned types)
{
    if (types & 1U << SCHEMA_NUMBER)
        types &= ~(1U << SCHEMA_INTEGER);
    int left = __builtin_popcount(types);
    for (int type = SCHEMA_TYPE_COUNT - 1; type >= 0; type--) {
        if (!(types & 1U << type))
            continue;
        add_type(out, n, (enum schema_type)type);
        left--;
        bd_str_add(out, left > 1 ? ", " : left == 1 ? " or " : "");
    }
}

static void add_branches(struct bd_str *out, const struct schema_node *n)
{
    for (size_t i = 0; i < n->one_of.n; i++) {
        bd_str_add(out, i ? " or " : "");
        schema_words_for(n->one_of.items[i], out);
    }
}

void schema_words_for(const struct schema_node *n, struct bd_str *out)
{
    unsigned types = types_meant(n);
    if (n->refuses_all) {
        bd_str_add(out, "nothing");
    } else if (n->values) {
        add_values(out, n->values);
    } else if (n->constant) {
        bd_str_add(out, "exactly: ");
        add_json(out, n->constant);
    } else if (types) {
        add_types(out, n, types);
    } else if (n->ref) {
        schema_words_for(n->ref, out);
    } else if (n->discriminator) {
        bd_str_addf(out, "an object with '%s'", n->discriminator);
    } else if (n->one_of.n) {
        add_branches(out, n);
    } else if (n->all_of.n) {
        schema_words_for(n->all_of.items[0], out);
    } else {
        bd_str_add(out, "anything");
    }
}

/* Letters to add, drop or change (Levenshtein). Both names are shorter than NAME_BYTES. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_BYTES];
    size_t columns = strlen(b);
    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t add_or_drop = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < add_or_drop ? change : add_or_drop;
        }
    }
    return row[columns];
}

/* The known name that was probably meant, or NULL. At least half of it must be right. */
static const char *nearest_name(const struct schema_members *members, const char *name)
{
    if (strlen(name) >= NAME_BYTES)
        return NULL;
    const char *nearest = NULL;
    size_t least = DISTANCE_MAX + 1;
    for (size_t i = 0; i < members->n; i++) {
        const char *known = members->items[i].name;
        if (strlen(known) >= NAME_BYTES)
            continue;
        size_t d = distance(name, known);
        if (d < least && 2 * d <= strlen(known)) {
            least = d;
            nearest = known;
        }
    }
    return nearest;
}

static void add_names(struct bd_str *out, const struct schema_members *members)
{
    for (size_t i = 0; i < members->n && i < NAMES_MAX; i++) {
        bd_str_add(out, i ? ", " : "");
        bd_str_add(out, members->items[i].name);
    }
    if (members->n > NAMES_MAX)
        bd_str_add(out, ", ...");
}

void schema_words_for_unknown(const struct schema_node *n, const char *name, struct bd_str *out)
{
    bd_str_add(out, "no member of this name");
    if (n->members.n || n->patterns.n) {
        bd_str_add(out, " (");
        if (n->members.n)
            bd_str_add(out, "known: ");
        add_names(out, &n->members);
        if (n->patterns.n)
            bd_str_add(out, n->members.n ? ", and those that match: " : "names match: ");
        add_names(out, &n->patterns);
        bd_str_add(out, ")");
    }
    const char *meant = nearest_name(&n->members, name);
    if (meant)
        bd_str_addf(out, "; did you mean '%s'?", meant);
}
