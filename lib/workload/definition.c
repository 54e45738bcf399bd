#include "lib/workload/definition_priv.h"

#include "lib/base/str.h"

#include <string.h>

/* Of jobs alone: */
#define OF_JOBS                                                                                    \
    "\"nodes\": {\"description\": \"Compute nodes of the job; without it, all.\","                 \
    " \"type\": \"integer\", \"minimum\": 1, \"maximum\": 250},"                                   \
    "\"tasksPerNode\": {\"description\": \"Tasks of the job on each of its nodes.\","              \
    " \"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 1},"
#define OF_ALL                                                                                     \
    "\"timeout\": {\"description\": \"After this the command is ended, and the run fails.\","      \
    " \"type\": \"string\", \"pattern\": \"^[1-9][0-9]{0,14}(ns|us|ms|s|min|h)$\","                \
    " \"default\": \"10min\"},"                                                                    \
    "\"warmup\": {\"description\": \"How often it is run before, and left out.\","                 \
    " \"type\": \"integer\", \"minimum\": 0, \"maximum\": 100, \"default\": 0}"

bool definition_is_job(const json_t *definition)
{
    return bd_str_eq(bd_json_str(definition, "on", "job"), "job");
}

json_t *definition_common(const json_t *definition)
{
    static const char for_job[] = "{" OF_JOBS OF_ALL "}", for_controller[] = "{" OF_ALL "}";
    json_t *common = json_loads(definition_is_job(definition) ? for_job : for_controller, 0, NULL);
    if (!common)
        bd_die("the parameters of all workloads are no JSON");
    return common;
}

json_t *definition_parameters(const json_t *definition)
{
    json_t *properties = definition_common(definition), *own;
    const char *name;
    json_object_foreach (json_object_get(definition, "parameters"), name, own)
        json_object_set_new(properties, name, json_deep_copy(own));
    json_object_set_new(properties, "name",
                        json_pack("{s:s}", "const", bd_json_str(definition, "name", "")));
    return json_pack("{s:s, s:b, s:[s], s:o}", "type", "object", "additionalProperties", 0,
                     "required", "name", "properties", properties);
}

bool definition_has_metric(const json_t *definition, const char *name)
{
    return bd_str_eq(name, "elapsed") ||
           json_object_get(json_object_get(definition, "metrics"), name);
}
