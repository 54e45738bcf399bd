/* Fragments merged into a spec; overrides are in overrides.c. */
#include "lib/plan/compose.h"

#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/plan/compose_priv.h"
#include "lib/plan/plan_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAMED_MAX      20 /* fragments in one text */
#define NAME_CHARS     "abcdefghijklmnopqrstuvwxyz0123456789-"
#define NAME_MAX_BYTES 63 /* of each part */

struct composing {
    const json_t *own; /* fragments of the submitted spec */
    const json_t *library;
    struct composition *c;
    json_t *record;
    size_t merged;
    struct schema_faults *faults;
};

/* A spec or fragment whose defaults are being looked at. */
struct frame {
    const struct frame *above; /* that names it; NULL: what was submitted */
    const char *name;
    const json_t *spec;
    const char *pointer; /* of it in what was submitted; NULL: of the library */
    const char *entry;   /* of what names it there */
    unsigned depth;
};

static size_t name_part(const char *text)
{
    size_t n = strspn(text, NAME_CHARS);
    return *text == '-' || n > NAME_MAX_BYTES ? 0 : n;
}

bool compose_is_name(const char *text)
{
    size_t group = name_part(text);
    if (group == 0 || text[group] != '/')
        return false;
    size_t name = name_part(text + group + 1);
    return name > 0 && text[group + 1 + name] == '\0';
}

/* -- faults -- */

/* Where entry `i` of the frame's defaults stands in what was submitted. */
static char *entry_pointer(const struct frame *f, size_t i)
{
    return f->pointer ? bd_xasprintf("%s/defaults/%zu", f->pointer, i) : bd_xstrdup(f->entry);
}

static void __attribute__((format(printf, 5, 6)))
tell(struct composing *c, const struct frame *f, size_t i, const char *got, const char *fmt, ...)
{
    bd_auto_free char *at = entry_pointer(f, i);
    bd_auto_free char *expected = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&expected, fmt, args);
    va_end(args);
    if (n < 0)
        bd_die("out of memory");
    if (f->pointer)
        schema_faults_add(c->faults, at, got, "%s", expected);
    else
        schema_faults_add(c->faults, at, got, "in fragment %s, at /defaults/%zu: %s", f->name, i,
                          expected);
}

static void add_names(const json_t *fragments, struct bd_strv *names)
{
    const char *name;
    json_t *fragment;
    json_object_foreach ((json_t *)fragments, name, fragment)
        if (!bd_strv_has(names, name))
            bd_strv_add(names, name);
}

/* Those of the same group, or all where it has none. */
static char *known_names(const struct composing *c, const char *wanted)
{
    bd_auto_strv struct bd_strv names = {0};
    struct bd_str out = {0};
    add_names(c->own, &names);
    add_names(c->library, &names);
    bd_strv_sort(&names);
    const char *slash = strchr(wanted, '/');
    size_t group = slash ? (size_t)(slash - wanted) + 1 : 0;
    bool near = false;
    for (size_t i = 0; group && i < names.n; i++)
        near = near || strncmp(names.items[i], wanted, group) == 0;
    size_t n = 0;
    for (size_t i = 0; i < names.n && n <= NAMED_MAX; i++) {
        if (near && strncmp(names.items[i], wanted, group) != 0)
            continue;
        bd_str_addf(&out, "%s%s", n ? ", " : "one of: ", n < NAMED_MAX ? names.items[i] : "...");
        n++;
    }
    if (n == 0)
        bd_str_add(&out, "a fragment, but there are none");
    return bd_str_take(&out);
}

/* -- merging -- */

static void merge(json_t *into, const json_t *from)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)from, key, value) {
        json_t *there = json_object_get(into, key);
        if (json_is_object(there) && json_is_object(value))
            merge(there, value);
        else
            json_object_set_new(into, key, json_deep_copy(value));
    }
}

void compose_add_layer(struct composition *c, json_t *layer, char *label)
{
    json_array_append_new(c->layers, layer);
    bd_strv_take(&c->labels, label);
}

static void add_defaults(struct composing *c, const struct frame *f);

static bool is_on_the_way(const struct frame *f, const char *name)
{
    for (; f; f = f->above)
        if (bd_str_eq(f->name, name))
            return true;
    return false;
}

/* What a fragment is made of may not be told by itself. */
static bool check_fragment(struct composing *c, const struct frame *f, size_t i, const char *name,
                           const json_t *spec)
{
    static const char *const of_the_whole[] = {"fragments", "overrides", "composition"};
    const char *wrong = json_is_object(spec) ? NULL : "";
    for (size_t k = 0; !wrong && k < BD_ARRAY_LEN(of_the_whole); k++)
        if (json_object_get(spec, of_the_whole[k]))
            wrong = of_the_whole[k];
    if (!wrong)
        return true;
    tell(c, f, i, name, "a fragment that is a part of a spec%s%s", *wrong ? " without " : "",
         wrong);
    return false;
}

static void merge_fragment(struct composing *c, const struct frame *f)
{
    char digest[BD_DIGEST_BYTES];
    json_t *layer = json_deep_copy(f->spec);
    add_defaults(c, f);
    json_object_del(layer, "defaults");
    merge(c->c->spec, layer);
    compose_add_layer(c->c, layer, bd_xasprintf("fragment %s", f->name));
    plan_digest(f->spec, digest);
    json_array_append_new(c->record,
                          json_pack("{s:s, s:s}", "fragment", f->name, "digest", digest));
}

static void add_fragment(struct composing *c, const struct frame *above, size_t i, const char *name)
{
    const json_t *own = json_object_get(c->own, name);
    const json_t *row = own ? NULL : json_object_get(c->library, name);
    const char *error = bd_json_str(row, "error", NULL);
    const json_t *spec = own ? own : json_object_get(row, "spec");
    bd_auto_free char *pointer = own ? pointer_to("/fragments", name) : NULL;
    bd_auto_free char *entry = entry_pointer(above, i);
    const struct frame f = {above, name, spec, pointer, entry, above->depth + 1};
    if (!own && !row) {
        bd_auto_free char *known = known_names(c, name);
        tell(c, above, i, name, "%s", known);
    } else if (error) {
        tell(c, above, i, name, "a fragment that can be read: %s", error);
    } else if (is_on_the_way(above, name)) {
        tell(c, above, i, name, "a fragment that does not lead to itself");
    } else if (f.depth > COMPOSE_DEPTH_MAX) {
        tell(c, above, i, name, "fragments that name each other no deeper than %d",
             COMPOSE_DEPTH_MAX);
    } else if (c->merged == COMPOSE_FRAGMENTS_MAX) {
        tell(c, above, i, name, "at most %d fragments in all", COMPOSE_FRAGMENTS_MAX);
    } else if (check_fragment(c, above, i, name, spec)) {
        c->merged++;
        merge_fragment(c, &f);
    }
}

static void add_defaults(struct composing *c, const struct frame *f)
{
    const json_t *defaults = json_object_get(f->spec, "defaults"), *entry;
    size_t i;
    if (defaults && !json_is_array(defaults))
        tell(c, f, 0, NULL, "a list of fragments");
    json_array_foreach (defaults, i, entry) {
        const char *name = json_string_value(entry);
        if (c->faults->more)
            break;
        if (name && compose_is_name(name))
            add_fragment(c, f, i, name);
        else
            tell(c, f, i, name, "the name of a fragment, GROUP/NAME");
    }
}

static void add_own(struct composing *c, const json_t *submitted)
{
    static const char *const how[] = {"defaults", "fragments", "overrides"};
    json_t *own = json_deep_copy(submitted);
    for (size_t i = 0; i < BD_ARRAY_LEN(how); i++)
        json_object_del(own, how[i]);
    merge(c->c->spec, own);
    compose_add_layer(c->c, own, bd_xstrdup(""));
}

/* A spec that was composed before has a record already: what it was made of stays known. */
static void keep_record(struct composing *c)
{
    json_t *before = json_object_get(c->c->spec, "composition");
    if (json_array_size(c->record) == 0)
        return;
    bd_auto_json json_t *all = json_is_array(before) ? json_copy(before) : json_array();
    json_array_extend(all, c->record);
    json_object_set(c->c->spec, "composition", all);
}

int compose(const json_t *submitted, const json_t *library, const struct schema *schema,
            struct composition *ret_composition, struct schema_faults *faults)
{
    size_t before = faults->n;
    struct composition made = {.spec = json_object(), .layers = json_array()};
    struct composing c = {
        .own = json_object_get(submitted, "fragments"),
        .library = library,
        .c = &made,
        .record = json_array(),
        .faults = faults,
    };
    add_defaults(&c, &(struct frame){.spec = submitted, .pointer = ""});
    add_own(&c, submitted);
    keep_record(&c);
    json_decref(c.record);
    if (faults->n == before)
        compose_override(&made, json_object_get(submitted, "overrides"), schema, faults);
    if (faults->n != before || faults->more) {
        composition_done(&made);
        return BD_EINVALID;
    }
    *ret_composition = made;
    return 0;
}

void composition_done(struct composition *c)
{
    json_decref(c->spec);
    json_decref(c->layers);
    bd_strv_done(&c->labels);
    *c = (struct composition){0};
}

/* -- where a value came from -- */

static const char *origin(const struct composition *c, const char *pointer)
{
    for (size_t i = c->labels.n; *pointer && i-- > 0;)
        if (schema_pointer_get(json_array_get(c->layers, i), pointer))
            return c->labels.items[i];
    return "";
}

void compose_explain(const struct composition *c, struct schema_faults *faults)
{
    for (size_t i = 0; i < faults->n; i++) {
        struct schema_fault *f = &faults->items[i];
        const char *from = origin(c, f->pointer);
        if (!*from)
            continue;
        char *expected = bd_xasprintf("%s (from %s)", f->expected, from);
        free(f->expected);
        f->expected = expected;
    }
}
