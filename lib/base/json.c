#include "lib/base/json.h"

#include "lib/base/jsonscan.h"
#include "lib/base/str.h"

#include <stdbool.h>

/*
 * jansson recurses up to 2048 levels, so the depth is looked at before. Brackets outside of strings
 * are all there is to count: where the text is no JSON the count may be off, but so is the text.
 */
static int check_depth(const char *text, size_t bytes, struct bd_err *err)
{
    size_t depth = 0, line = 1, line_start = 0;
    bool in_string = false;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (c == '\n') {
            line++;
            line_start = i + 1;
        }
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > BD_JSON_DEPTH_MAX)
                return bd_err_set(err, BD_EINVALID,
                                  "line %zu, column %zu: nested deeper than %d levels", line,
                                  i - line_start + 1, BD_JSON_DEPTH_MAX);
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return 0;
}

int bd_json_parse(const char *text, size_t bytes, json_t **ret_json, struct bd_err *err)
{
    int rc = check_depth(text, bytes, err);
    if (rc < 0)
        return rc;
    json_error_t why;
    json_t *json =
        json_loadb(bytes ? text : "", bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!json)
        return bd_err_set(err, BD_EINVALID, "line %d, column %d: %s", why.line, why.column,
                          why.text);
    *ret_json = json;
    return 0;
}

/* What jansson takes for a token at most: its nodes with the tables that they begin with, their
 * place in what they are in, malloc's own. */
static size_t memory_of(enum bd_json_token token, size_t bytes)
{
    static const size_t each[] = {
        [BD_JSON_OBJECT] = 256, [BD_JSON_ARRAY] = 160, [BD_JSON_NAME] = 112,
        [BD_JSON_STRING] = 112, [BD_JSON_OTHER] = 56,
    };
    size_t node = (size_t)token < BD_ARRAY_LEN(each) ? each[token] : 0;
    return node + (token == BD_JSON_NAME || token == BD_JSON_STRING ? bytes : 0);
}

/* 0: so much is enough. */
static int check_memory(const char *text, size_t bytes, size_t memory_max, struct bd_err *err)
{
    struct bd_jsonscan s = {.text = text, .bytes = bytes};
    enum bd_json_token token;
    size_t all = 0, longest = 0;
    int rc;
    while ((rc = bd_jsonscan_next(&s, &token, err)) == 0 && token != BD_JSON_END) {
        longest = s.token_bytes > longest ? s.token_bytes : longest;
        all += memory_of(token, s.token_bytes);
        /* The longest is in a buffer that doubles, beside its copy. */
        if (all + 3 * longest > memory_max)
            return bd_err_set(
                err, BD_ENOCAPACITY,
                "it holds more than is taken: it would need more than %zu KiB of memory",
                memory_max >> 10);
    }
    return rc;
}

int bd_json_parse_max(const char *text, size_t bytes, size_t memory_max, json_t **ret_json,
                      struct bd_err *err)
{
    int rc = check_memory(text, bytes, memory_max, err);
    return rc < 0 ? rc : bd_json_parse(text, bytes, ret_json, err);
}

char *bd_json_text(const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (!text)
        bd_die("a JSON value that can't be written: out of memory, or it contains itself");
    return text;
}

const char *bd_json_str(const json_t *obj, const char *key, const char *fallback)
{
    const char *value = json_string_value(json_object_get(obj, key));
    return value ? value : fallback;
}

json_int_t bd_json_int(const json_t *obj, const char *key, json_int_t fallback)
{
    const json_t *value = json_object_get(obj, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

double bd_json_real(const json_t *obj, const char *key, double fallback)
{
    const json_t *value = json_object_get(obj, key);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

int bd_json_bool(const json_t *obj, const char *key, int fallback)
{
    const json_t *value = json_object_get(obj, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

bool bd_json_has_text(const json_t *list, const char *text)
{
    size_t i;
    json_t *item;
    json_array_foreach (list, i, item)
        if (bd_str_eq(json_string_value(item), text))
            return true;
    return false;
}
