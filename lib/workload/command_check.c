#include "lib/workload/command_check.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/workload/pattern.h"

#include <string.h>

#define COMMAND_BYTES_MAX ((size_t)64 << 10) /* of all words of a command, or of its variables */
#define TIMEOUT_MAX_NS    (INT64_C(7) * 24 * 3600 * BD_NS_PER_S)

/* ---------------------------------------------------------------------------------------- words */

static void check_words(const json_t *words, const char *pointer, struct schema_faults *faults)
{
    size_t bytes = 0, i;
    json_t *word;
    json_array_foreach (words, i, word)
        bytes += json_string_length(word) + 1;
    if (json_string_length(json_array_get(words, 0)) == 0) {
        bd_auto_free char *at = bd_xasprintf("%s/command/0", pointer);
        schema_faults_add(faults, at, NULL, "a program's name or path");
    }
    if (bytes > COMMAND_BYTES_MAX) {
        bd_auto_free char *at = bd_xasprintf("%s/command", pointer);
        schema_faults_add(faults, at, NULL,
                          "words of at most %zu bytes in all; put what is longer "
                          "into the image",
                          COMMAND_BYTES_MAX);
    }
}

static void check_env(const json_t *env, const char *pointer, struct schema_faults *faults)
{
    size_t bytes = 0;
    const char *key;
    json_t *value;
    bd_auto_free char *at = bd_xasprintf("%s/env", pointer);
    json_object_foreach ((json_t *)env, key, value) {
        bytes += strlen(key) + json_string_length(value) + 2;
        if (*key == '\0' || strchr(key, '='))
            schema_faults_add(faults, at, key,
                              "names of variables that are not empty and have no "
                              "'='");
    }
    if (bytes > COMMAND_BYTES_MAX)
        schema_faults_add(faults, at, NULL, "variables of at most %zu bytes in all",
                          COMMAND_BYTES_MAX);
}

void command_check_timeout(const json_t *spec, const char *pointer, struct schema_faults *faults)
{
    int64_t ns;
    const char *timeout = bd_json_str(spec, "timeout", NULL);
    bd_auto_free char *at = bd_xasprintf("%s/timeout", pointer);
    if (timeout && (bd_parse_duration_ns(timeout, &ns) < 0 || ns <= 0 || ns > TIMEOUT_MAX_NS))
        schema_faults_add(faults, at, timeout,
                          "a duration above 0 and of at most 168h, such as "
                          "90s");
}

void command_check(const json_t *spec, const char *pointer, struct schema_faults *faults)
{
    check_words(json_object_get(spec, "command"), pointer, faults);
    check_env(json_object_get(spec, "env"), pointer, faults);
    command_check_timeout(spec, pointer, faults);
}

/* ---------------------------------------------------------------------------------------- parts */

static const char *const criteria[] = {"equals", "matches", "atLeast", "atMost"};

struct looking {
    const json_t *outputs;
    struct schema_faults *faults;
};

static void check_regex(const char *pointer, const char *member, const char *regex,
                        struct schema_faults *faults)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *at = bd_xasprintf("%s/%s", pointer, member);
    if (regex && pattern_check_regex(regex, &err) < 0)
        schema_faults_add(faults, at, regex, "a POSIX extended regular expression: %s", err.text);
}

/* Where a value is found: `regex` or `jsonPath`, and `from`. */
static void check_place(const struct looking *l, const char *pointer, const json_t *object)
{
    struct bd_err err = BD_ERR_INIT;
    const char *regex = bd_json_str(object, "regex", NULL);
    const char *path = bd_json_str(object, "jsonPath", NULL);
    const char *from = bd_json_str(object, "from", FROM_STDOUT);
    bd_auto_free char *at_path = bd_xasprintf("%s/jsonPath", pointer);
    bd_auto_free char *at_from = bd_xasprintf("%s/from", pointer);
    if (!regex == !path)
        schema_faults_add(l->faults, pointer, NULL, "either regex or jsonPath");
    check_regex(pointer, "regex", regex, l->faults);
    if (path && pattern_check_path(path, &err) < 0)
        schema_faults_add(l->faults, at_path, path, "a path such as $.results[0].mean: %s",
                          err.text);
    if (!bd_str_eq(from, FROM_STDOUT) && !bd_str_eq(from, FROM_STDERR) &&
        !bd_json_has_text(l->outputs, from))
        schema_faults_add(l->faults, at_from, from,
                          FROM_STDOUT ", " FROM_STDERR ", or a file that outputs has");
}

static void check_metrics(const struct looking *l, const char *pointer, const json_t *metrics)
{
    const char *name;
    json_t *metric;
    json_object_foreach ((json_t *)metrics, name, metric) {
        bd_auto_free char *at = bd_xasprintf("%s/metrics/%s", pointer, name);
        if (bd_str_eq(name, "elapsed"))
            schema_faults_add(
                l->faults, at, NULL,
                "another name: elapsed is measured for every command, without a pattern");
        check_place(l, at, metric);
    }
}

static size_t count_criteria(const json_t *check)
{
    size_t n = 0;
    for (size_t i = 0; i < BD_ARRAY_LEN(criteria); i++)
        n += json_object_get(check, criteria[i]) != NULL;
    return n;
}

/* Of a list whose items have a member that tells them apart. */
static void check_different(const json_t *list, const char *pointer, const char *member,
                            struct schema_faults *faults)
{
    bd_auto_json json_t *seen = json_object();
    const json_t *item;
    size_t i;
    json_array_foreach (list, i, item) {
        const char *word = bd_json_str(item, member, "");
        bd_auto_free char *at = bd_xasprintf("%s/%zu/%s", pointer, i, member);
        if (json_object_get(seen, word))
            schema_faults_add(faults, at, word, "another one: it is in the list already");
        json_object_set_new(seen, word, json_true());
    }
}

static void check_checks(const struct looking *l, const char *pointer, const json_t *checks)
{
    const json_t *check;
    size_t i;
    bd_auto_free char *list = bd_xasprintf("%s/checks", pointer);
    check_different(checks, list, "name", l->faults);
    json_array_foreach (checks, i, check) {
        bd_auto_free char *at = bd_xasprintf("%s/%zu", list, i);
        check_place(l, at, check);
        check_regex(at, "matches", bd_json_str(check, "matches", NULL), l->faults);
        if (count_criteria(check) == 0)
            schema_faults_add(l->faults, at, NULL,
                              "at least one of equals, matches, atLeast and atMost");
    }
}

static void check_outputs(const json_t *outputs, const char *pointer, struct schema_faults *faults)
{
    static const char *const taken[] = {FROM_STDOUT, FROM_STDERR};
    const json_t *output;
    size_t i;
    json_array_foreach (outputs, i, output) {
        const char *name = json_string_value(output);
        bd_auto_free char *at = bd_xasprintf("%s/outputs/%zu", pointer, i);
        for (size_t k = 0; k < BD_ARRAY_LEN(taken); k++)
            if (bd_str_eq(name, taken[k]))
                schema_faults_add(faults, at, name,
                                  "another name: this one is what the command writes itself");
    }
}

/* They are in one directory with the files. */
static void check_inputs(const json_t *spec, const char *pointer, struct schema_faults *faults)
{
    const json_t *file, *input;
    bd_auto_json json_t *paths = json_array();
    size_t i;
    json_array_foreach (json_object_get(spec, "files"), i, file)
        json_array_append(paths, json_object_get(file, "path"));
    json_array_foreach (json_object_get(spec, "inputs"), i, input) {
        const char *name = bd_json_str(input, "name", "");
        bd_auto_free char *at = bd_xasprintf("%s/inputs/%zu/name", pointer, i);
        if (bd_json_has_text(paths, name))
            schema_faults_add(faults, at, name, "another name: there is a file of this one");
    }
}

void command_check_parts(const json_t *spec, const char *pointer, struct schema_faults *faults)
{
    const struct looking l = {json_object_get(spec, "outputs"), faults};
    bd_auto_free char *files = bd_xasprintf("%s/files", pointer);
    bd_auto_free char *inputs = bd_xasprintf("%s/inputs", pointer);
    check_metrics(&l, pointer, json_object_get(spec, "metrics"));
    check_checks(&l, pointer, json_object_get(spec, "checks"));
    check_outputs(l.outputs, pointer, faults);
    check_different(json_object_get(spec, "files"), files, "path", faults);
    check_different(json_object_get(spec, "inputs"), inputs, "name", faults);
    check_inputs(spec, pointer, faults);
}
