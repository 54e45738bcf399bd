#include "spec.h"

#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SPEC_MAX_BYTES ((size_t)1 << 20) /* what the daemon takes */

enum form { FORM_TEXT, FORM_NUMBER, FORM_TRUE };

/* Where an option's value goes: a member, perhaps of an object within the spec. */
static const struct place {
    const char *option, *object, *key;
    enum form form;
} places[] = {
    {"name", NULL, "name", FORM_TEXT},
    {"backend", NULL, "backend", FORM_TEXT},
    {"image", NULL, "image", FORM_TEXT},
    {"controllers", NULL, "controllers", FORM_NUMBER},
    {"compute", NULL, "compute", FORM_NUMBER},
    {"cpus", "node", "cpus", FORM_NUMBER},
    {"controller-cpus", "node", "controllerCpus", FORM_NUMBER},
    {"scheduler-cpus", "node", "schedulerCpus", FORM_NUMBER},
    {"memory", "node", "memory", FORM_TEXT},
    {"scheduler", "scheduler", "name", FORM_TEXT},
    {"oversubscribe", "admission", "oversubscribe", FORM_TRUE},
};

/* A number stays whole where it is written so: 2 is 2, not 2.0. */
static json_t *number(const char *text)
{
    int64_t whole;
    if (bd_parse_i64(text, 0, INT64_MAX, &whole) == 0)
        return json_integer(whole);
    return json_real(strtod(text, NULL));
}

static json_t *value_of(const struct place *place, const char *text)
{
    switch (place->form) {
    case FORM_NUMBER:
        return number(text);
    case FORM_TRUE:
        return json_true();
    case FORM_TEXT:
        break;
    }
    return json_string(text);
}

/* The object at a member, made where it is not there; borrowed. NULL: something else is there. */
static json_t *object_in(json_t *parent, const char *key)
{
    if (!json_object_get(parent, key))
        json_object_set_new(parent, key, json_object());
    json_t *object = json_object_get(parent, key);
    return json_is_object(object) ? object : NULL;
}

static int no_object(const char *option, const char *path, struct bd_err *err)
{
    return bd_err_set(err, BD_EINVALID, "--%s can't be set: %s in --file is not an object", option,
                      path);
}

static int set_scheduler_option(json_t *spec, const char *pair, struct bd_err *err)
{
    json_t *scheduler = object_in(spec, "scheduler");
    json_t *options = scheduler ? object_in(scheduler, "options") : NULL;
    if (!options)
        return no_object("option", "/scheduler/options", err);
    const char *equals = strchr(pair, '=');
    bd_auto_free char *key = bd_xstrndup(pair, (size_t)(equals - pair));
    /* Always text: what looks like a number to JSON may not be one to the scheduler. */
    json_object_set_new(options, key, json_string(equals + 1));
    return 0;
}

static int read_spec(const char *file, json_t **ret, struct bd_err *err)
{
    struct bd_err why = BD_ERR_INIT;
    bd_auto_str struct bd_str text = {0};
    bd_auto_json json_t *spec = NULL;
    int r = input_read(file, SPEC_MAX_BYTES, &text, err);
    if (r < 0)
        return r;
    if (bd_json_parse(bd_str_text(&text), text.len, &spec, &why) < 0)
        return bd_err_set(err, BD_EINVALID, "%s: %s", file, why.text);
    if (!json_is_object(spec))
        return bd_err_set(err, BD_EINVALID, "%s: expected a JSON object", file);
    *ret = bd_take(spec);
    return 0;
}

int spec_from_args(const struct args *args, json_t **ret, struct bd_err *err)
{
    bd_auto_json json_t *spec = NULL;
    const char *file = args_get(args, "file");
    int r = file ? read_spec(file, &spec, err) : 0;
    if (r < 0)
        return r;
    if (!spec)
        spec = json_object();
    for (size_t i = 0; i < BD_ARRAY_LEN(places); i++) {
        const struct place *place = &places[i];
        const char *text = args_get(args, place->option);
        if (!text)
            continue;
        json_t *object = place->object ? object_in(spec, place->object) : spec;
        if (!object)
            return no_object(place->option, place->object, err);
        json_object_set_new(object, place->key, value_of(place, text));
    }
    for (size_t i = 0; i < args->n; i++) {
        if (!bd_str_eq(args->values[i].option->name, "option"))
            continue;
        r = set_scheduler_option(spec, args->values[i].text, err);
        if (r < 0)
            return r;
    }
    *ret = bd_take(spec);
    return 0;
}
