/* Paths into JSON. */
#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/workload/pattern.h"

#include <ctype.h>
#include <string.h>

#define STEPS_MAX  64 /* JSON deeper than that is not read (lib/base/json.h) */
#define INDEX_MAX  1000000000
#define JSON_BYTES ((size_t)16 << 20) /* of one value; it takes many times that in memory */

enum step_kind { STEP_NAME, STEP_INDEX, STEP_ALL };

struct path_step {
    enum step_kind kind;
    char *name;
    size_t index;
};

struct path {
    struct path_step steps[STEPS_MAX];
    size_t n;
};

static void path_done(struct path *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->steps[i].name);
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

/* Each reads one step that begins at s; answers what follows it, NULL where it is none. */
static const char *read_dot_name(const char *s, struct path_step *step)
{
    size_t n = 0;
    while (is_name_char(s[1 + n]))
        n++;
    if (n == 0)
        return NULL;
    *step = (struct path_step){.kind = STEP_NAME, .name = bd_xstrndup(s + 1, n)};
    return s + 1 + n;
}

static const char *read_quoted(const char *s, struct path_step *step)
{
    bd_auto_str struct bd_str name = {0};
    for (s += 2; *s && *s != '\''; s++) {
        if (*s == '\\') {
            s++;
            if (*s != '\'' && *s != '\\')
                return NULL;
        }
        bd_str_addn(&name, s, 1);
    }
    if (!bd_starts_with(s, "']"))
        return NULL;
    *step = (struct path_step){.kind = STEP_NAME, .name = bd_xstrdup(bd_str_text(&name))};
    return s + 2;
}

static const char *read_index(const char *s, struct path_step *step)
{
    size_t index = 0, n = 0;
    for (s++; isdigit((unsigned char)*s) && index <= INDEX_MAX; s++, n++)
        index = index * 10 + (size_t)(*s - '0');
    if (n == 0 || *s != ']' || index > INDEX_MAX)
        return NULL;
    *step = (struct path_step){.kind = STEP_INDEX, .index = index};
    return s + 1;
}

static const char *read_step(const char *s, struct path_step *step)
{
    if (*s == '.')
        return read_dot_name(s, step);
    if (bd_starts_with(s, "['"))
        return read_quoted(s, step);
    if (bd_starts_with(s, "[*]")) {
        *step = (struct path_step){.kind = STEP_ALL};
        return s + 3;
    }
    return *s == '[' ? read_index(s, step) : NULL;
}

static int path_read(const char *text, struct path *path, struct bd_err *err)
{
    *path = (struct path){0};
    if (strlen(text) > PATTERN_BYTES_MAX)
        return bd_err_set(err, BD_EINVALID, "it has more than %d bytes", PATTERN_BYTES_MAX);
    if (*text != '$')
        return bd_err_set(err, BD_EINVALID, "it does not begin with '$'");
    for (const char *s = text + 1; *s;) {
        if (path->n == STEPS_MAX)
            return bd_err_set(err, BD_EINVALID, "it has more than %d steps", STEPS_MAX);
        const char *next = read_step(s, &path->steps[path->n]);
        if (!next)
            return bd_err_set(err, BD_EINVALID,
                              "at character %zu there is none of .name, ['name'], [3] and [*]",
                              (size_t)(s - text) + 1);
        path->n++;
        s = next;
    }
    return 0;
}

int pattern_check_path(const char *path, struct bd_err *err)
{
    struct path read;
    int rc = path_read(path, &read, err);
    path_done(&read);
    return rc;
}

/* -------------------------------------------------------------------------------------- finding */

struct following {
    const struct path *path;
    pattern_found_fn fn;
    void *arg;
};

static int take(const struct following *f, const json_t *json, struct bd_err *err)
{
    if (json_is_string(json))
        return f->fn(json_string_value(json), json_string_length(json), f->arg, err);
    int digits = bd_real_digits(json_real_value(json));
    bd_auto_free char *text =
        json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION((size_t)digits));
    return f->fn(text ? text : "?", text ? strlen(text) : 1, f->arg, err);
}

static int follow(const struct following *f, size_t at, json_t *json, struct bd_err *err)
{
    int rc = 0;
    const char *key;
    json_t *value;
    size_t i;
    if (at == f->path->n)
        return take(f, json, err);
    const struct path_step *step = &f->path->steps[at];
    if (step->kind != STEP_ALL) {
        value = step->kind == STEP_NAME ? json_object_get(json, step->name)
                                        : json_array_get(json, step->index);
        return value ? follow(f, at + 1, value, err) : 0;
    }
    json_array_foreach (json, i, value)
        if ((rc = follow(f, at + 1, value, err)) < 0)
            return rc;
    json_object_foreach (json, key, value)
        if ((rc = follow(f, at + 1, value, err)) < 0)
            return rc;
    return 0;
}

static json_t *parse(const char *text, size_t bytes)
{
    json_t *json = NULL;
    return bytes <= JSON_BYTES && bd_json_parse(text, bytes, &json, NULL) == 0 ? json : NULL;
}

static json_t *last_line_of_json(const char *text, size_t bytes)
{
    while (bytes > 0) {
        const char *end = memrchr(text, '\n', bytes);
        const char *line = end ? end + 1 : text;
        json_t *json = parse(line, bytes - (size_t)(line - text));
        if (json)
            return json;
        bytes = end ? (size_t)(end - text) : 0;
    }
    return NULL;
}

int pattern_each_path(const char *path, const char *text, size_t bytes, pattern_found_fn fn,
                      void *arg, struct bd_err *err)
{
    struct path read;
    const struct following following = {&read, fn, arg};
    bd_auto_json json_t *json = parse(text, bytes);
    if (!json)
        json = last_line_of_json(text, bytes);
    if (!json)
        return bd_err_set(
            err, BD_ENOTFOUND,
            "finds no JSON: neither the whole output nor one of its lines is a value");
    int rc = path_read(path, &read, err);
    if (rc == 0)
        rc = follow(&following, 0, json, err);
    path_done(&read);
    return rc;
}
