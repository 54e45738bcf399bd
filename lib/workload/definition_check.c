/* What a schema can't say of a definition. */
#include "lib/base/str.h"
#include "lib/workload/command_check.h"
#include "lib/workload/definition_priv.h"
#include "lib/workload/template.h"

#include <string.h>

/* ----------------------------------------------------------------------------------- parameters */

static void check_default(const char *pointer, const json_t *parameter,
                          struct schema_faults *faults)
{
    bd_auto(schema) struct schema *schema = NULL;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *at = bd_xasprintf("%s/default", pointer);
    if (schema_compile(parameter, "", &schema, &err) < 0)
        schema_faults_add(faults, pointer, NULL, "a JSON Schema: %s", err.text);
    else
        schema_check(schema, json_object_get(parameter, "default"), at, faults);
}

/* The names of what a template may use besides. */
static json_t *derived_names(const json_t *definition)
{
    json_t *names = json_object();
    expand_derived(definition, NULL, &(struct cluster_spec){0}, 1, 1, names);
    return names;
}

static void check_parameter(const json_t *definition, const char *name, const json_t *parameter,
                            struct schema_faults *faults)
{
    bd_auto_free char *at = bd_xasprintf("/parameters/%s", name);
    bd_auto_free char *at_type = bd_xasprintf("%s/type", at);
    bd_auto_json json_t *common = definition_common(definition),
                        *derived = derived_names(definition);
    const json_t *of_all = json_object_get(common, name);
    const char *type = bd_json_str(parameter, "type", "");
    if (bd_str_eq(name, "name") || (!of_all && json_object_get(derived, name)))
        schema_faults_add(faults, at, NULL, "another name: this one has a meaning of its own");
    else if (!of_all && bd_str_eq(name, "tasksPerNode"))
        schema_faults_add(faults, at, NULL, "another name: on the controller there are no tasks");
    else if (of_all && !bd_str_eq(type, bd_json_str(of_all, "type", "")))
        schema_faults_add(faults, at_type, type, "%s, as %s is for any workload",
                          bd_json_str(of_all, "type", ""), name);
    check_default(at, parameter, faults);
}

/* ------------------------------------------------------------------------------------ templates */

struct checking {
    const json_t *values; /* {NAME: ""} */
    struct schema_faults *faults;
};

static void check_template(const struct checking *c, const char *pointer, const json_t *text)
{
    bd_auto_str struct bd_str filled = {0};
    struct bd_err err = BD_ERR_INIT;
    if (json_is_string(text) &&
        template_fill(json_string_value(text), c->values, &filled, &err) < 0)
        schema_faults_add(c->faults, pointer, NULL, "a template whose names are known: %s",
                          err.text);
}

static void check_templates(const struct checking *c, const json_t *definition)
{
    const json_t *item;
    json_t *value;
    const char *name;
    size_t i;
    json_array_foreach (json_object_get(definition, "command"), i, item) {
        bd_auto_free char *at = bd_xasprintf("/command/%zu", i);
        check_template(c, at, item);
    }
    json_object_foreach (json_object_get(definition, "env"), name, value) {
        bd_auto_free char *at = bd_xasprintf("/env/%s", name);
        check_template(c, at, value);
    }
    json_array_foreach (json_object_get(definition, "files"), i, item) {
        bd_auto_free char *at = bd_xasprintf("/files/%zu/content", i);
        check_template(c, at, json_object_get(item, "content"));
    }
}

static json_t *known_values(const json_t *definition)
{
    bd_auto_json json_t *schema = definition_parameters(definition);
    json_t *values = derived_names(definition), *property;
    const char *name;
    json_object_foreach (json_object_get(schema, "properties"), name, property)
        if (!bd_str_eq(name, "name"))
            json_object_set_new(values, name, json_string(""));
    return values;
}

/* --------------------------------------------------------------------------------------- shells */

static const char *word_at(const json_t *words, size_t i)
{
    const char *word = json_string_value(json_array_get(words, i));
    return word ? word : "";
}

static bool is_shell(const char *word)
{
    static const char *const shells[] = {"sh",  "bash", "dash", "ash", "ksh",
                                         "zsh", "fish", "csh",  "tcsh"};
    const char *slash = strrchr(word, '/');
    for (size_t i = 0; i < BD_ARRAY_LEN(shells); i++)
        if (bd_str_eq(slash ? slash + 1 : word, shells[i]))
            return true;
    return false;
}

/* "-c", "-ec": the next word is a script. */
static bool takes_script(const char *word)
{
    return word[0] == '-' && word[1] != '-' && bd_ends_with(word, "c");
}

/* A value in a script would be taken apart by the shell, whatever is around it. */
static void check_scripts(const json_t *words, struct schema_faults *faults)
{
    bool after_shell = false;
    for (size_t i = 0; i + 1 < json_array_size(words); i++) {
        const char *script = word_at(words, i + 1);
        bd_auto_free char *at = bd_xasprintf("/command/%zu", i + 1);
        if (after_shell && takes_script(word_at(words, i)) && template_has_values(script))
            schema_faults_add(
                faults, at, script,
                "a script without values, which the shell would take apart: hand them "
                "over behind it, as in [sh, -c, 'echo \"$1\"', sh, '${name}']");
        after_shell = after_shell || is_shell(word_at(words, i));
    }
}

/* ------------------------------------------------------------------------------------------ all */

void definition_check(const json_t *definition, struct schema_faults *faults)
{
    const char *name;
    json_t *parameter;
    bd_auto_json json_t *values = known_values(definition);
    const struct checking c = {values, faults};
    json_object_foreach (json_object_get(definition, "parameters"), name, parameter)
        check_parameter(definition, name, parameter, faults);
    check_templates(&c, definition);
    check_scripts(json_object_get(definition, "command"), faults);
    command_check(definition, "", faults);
    command_check_parts(definition, "", faults);
}
