#include "lib/yaml/lines.h"
#include "lib/yaml/scalar.h"

#include "lib/base/mem.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#define auto_event __attribute__((cleanup(yaml_event_delete)))

struct reader {
    yaml_parser_t parser;
    const char *file;
    struct yaml_lines *lines;
    struct bd_err *err;
};

/* A value's place in the tree of lines. */
struct place {
    size_t parent;
    const char *name; /* of a member */
    size_t index;     /* of an item */
    unsigned line;
};

static int read_value(struct reader *r, const yaml_event_t *event, const struct place *place,
                      unsigned depth, json_t **ret_json);

static int refuse(const struct reader *r, yaml_mark_t mark, const char *why)
{
    return bd_err_set(r->err, BD_EINVALID, "%s:%zu:%zu: %s", r->file, mark.line + 1,
                      mark.column + 1, why);
}

static int next_event(struct reader *r, yaml_event_t *ret_event)
{
    if (yaml_parser_parse(&r->parser, ret_event))
        return 0;
    const char *problem = r->parser.problem ? r->parser.problem : "no memory";
    if (r->parser.error ==
        YAML_READER_ERROR) /* bytes that are no text have an offset, but no line */
        return bd_err_set(r->err, BD_EINVALID, "%s: byte %zu: %s", r->file,
                          r->parser.problem_offset, problem);
    if (!r->parser.context)
        return refuse(r, r->parser.problem_mark, problem);
    return bd_err_set(r->err, BD_EINVALID, "%s:%zu:%zu: %s %s (begun in line %zu)", r->file,
                      r->parser.problem_mark.line + 1, r->parser.problem_mark.column + 1,
                      r->parser.context, problem, r->parser.context_mark.line + 1);
}

/* Anchors and tags have no counterpart in JSON. */
static int refuse_properties(const struct reader *r, const yaml_event_t *event,
                             const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        return refuse(r, event->start_mark, "anchors (&name) can't be used; write the value out");
    if (tag)
        return refuse(r, event->start_mark,
                      "tags (!name) can't be used; quote the value if it is text");
    return 0;
}

static int check_text(const struct reader *r, const yaml_event_t *event)
{
    if (memchr(event->data.scalar.value, 0, event->data.scalar.length))
        return refuse(r, event->start_mark, "a NUL character can't be used in text");
    return refuse_properties(r, event, event->data.scalar.anchor, event->data.scalar.tag);
}

static int read_scalar(const struct reader *r, const yaml_event_t *event, json_t **ret_json)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t bytes = event->data.scalar.length;
    int rc = check_text(r, event);
    if (rc < 0)
        return rc;

    const char *why = "this text is no UTF-8";
    json_t *json = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
                       ? yaml_plain_scalar(text, bytes, &why)
                       : json_stringn(text, bytes);
    if (!json)
        return refuse(r, event->start_mark, why);
    *ret_json = json;
    return 0;
}

static int read_array(struct reader *r, size_t self, unsigned depth, json_t **ret_json)
{
    bd_auto_json json_t *array = json_array();
    for (;;) {
        auto_event yaml_event_t event = {0};
        int rc = next_event(r, &event);
        if (rc < 0)
            return rc;
        if (event.type == YAML_SEQUENCE_END_EVENT)
            break;
        struct place place = {
            .parent = self,
            .index = json_array_size(array),
            .line = (unsigned)event.start_mark.line + 1,
        };
        json_t *item = NULL;
        rc = read_value(r, &event, &place, depth + 1, &item);
        if (rc < 0)
            return rc;
        json_array_append_new(array, item);
    }
    *ret_json = bd_take(array);
    return 0;
}

/* The name of a member as it is written: 200 and "200" are the same name. */
static int check_name(const struct reader *r, const json_t *object, const yaml_event_t *event)
{
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(r, event->start_mark, "aliases (*name) can't be used; write the value out");
    if (event->type != YAML_SCALAR_EVENT)
        return refuse(r, event->start_mark, "the name of a member must be text");
    int rc = check_text(r, event);
    if (rc < 0)
        return rc;
    const char *name = (const char *)event->data.scalar.value;
    if (json_object_get(object, name))
        return bd_err_set(r->err, BD_EINVALID, "%s:%zu:%zu: '%s' is here twice; remove one",
                          r->file, event->start_mark.line + 1, event->start_mark.column + 1, name);
    return 0;
}

static int read_object(struct reader *r, size_t self, unsigned depth, json_t **ret_json)
{
    bd_auto_json json_t *object = json_object();
    for (;;) {
        auto_event yaml_event_t name = {0};
        int rc = next_event(r, &name);
        if (rc < 0)
            return rc;
        if (name.type == YAML_MAPPING_END_EVENT)
            break;
        rc = check_name(r, object, &name);
        if (rc < 0)
            return rc;

        auto_event yaml_event_t event = {0};
        rc = next_event(r, &event);
        if (rc < 0)
            return rc;
        struct place place = {
            .parent = self,
            .name = (const char *)name.data.scalar.value,
            .line = (unsigned)name.start_mark.line + 1,
        };
        json_t *member = NULL;
        rc = read_value(r, &event, &place, depth + 1, &member);
        if (rc < 0)
            return rc;
        json_object_set_new(object, place.name, member);
    }
    *ret_json = bd_take(object);
    return 0;
}

/* event is the first of the value's; those that follow are read. */
static int read_value(struct reader *r, const yaml_event_t *event, const struct place *place,
                      unsigned depth, json_t **ret_json)
{
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(r, event->start_mark, "aliases (*name) can't be used; write the value out");
    size_t self = yaml_lines_add(r->lines, place->parent, place->name, place->index, place->line);
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(r, event, ret_json);

    if (depth > YAML_DEPTH_MAX)
        return refuse(r, event->start_mark, "this is nested more than 64 deep");
    bool is_array = event->type == YAML_SEQUENCE_START_EVENT;
    int rc = is_array ? refuse_properties(r, event, event->data.sequence_start.anchor,
                                          event->data.sequence_start.tag)
                      : refuse_properties(r, event, event->data.mapping_start.anchor,
                                          event->data.mapping_start.tag);
    if (rc < 0)
        return rc;
    return is_array ? read_array(r, self, depth, ret_json) : read_object(r, self, depth, ret_json);
}

/* stream start, document start, the value, document end, stream end */
static int read_stream(struct reader *r, json_t **ret_json)
{
    auto_event yaml_event_t start = {0}, document = {0}, event = {0}, document_end = {0}, end = {0};
    int rc = next_event(r, &start);
    if (rc >= 0)
        rc = next_event(r, &document);
    if (rc < 0)
        return rc;
    if (document.type == YAML_STREAM_END_EVENT)
        return refuse(r, document.start_mark, "there is nothing in it");
    rc = next_event(r, &event);
    if (rc < 0)
        return rc;

    struct place root = {
        .parent = YAML_LINES_NONE,
        .line = (unsigned)event.start_mark.line + 1,
    };
    bd_auto_json json_t *json = NULL;
    rc = read_value(r, &event, &root, 1, &json);
    if (rc >= 0)
        rc = next_event(r, &document_end);
    if (rc >= 0)
        rc = next_event(r, &end);
    if (rc < 0)
        return rc;
    if (end.type != YAML_STREAM_END_EVENT)
        return refuse(r, end.start_mark, "a second document begins here; only one can be used");
    *ret_json = bd_take(json);
    return 0;
}

int yaml_parse(const char *text, size_t bytes, const char *file, json_t **ret_json,
               struct yaml_lines **ret_lines, struct bd_err *err)
{
    if (bytes > YAML_BYTES_MAX)
        return bd_err_set(err, BD_EINVALID, "%s: more than %zu bytes", file, YAML_BYTES_MAX);

    bd_auto(yaml_lines) struct yaml_lines *lines = yaml_lines_new();
    struct reader r = {.file = file, .lines = lines, .err = err};
    if (!yaml_parser_initialize(&r.parser))
        bd_die("out of memory");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, bytes);
    json_t *json = NULL;
    int rc = read_stream(&r, &json);
    yaml_parser_delete(&r.parser);
    if (rc < 0)
        return rc;
    *ret_json = json;
    if (ret_lines)
        *ret_lines = bd_take(lines);
    return 0;
}
