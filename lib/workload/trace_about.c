/* What became of a trace, for plans and for the conditions of runs. */
#include "lib/workload/trace.h"

#include <math.h>
#include <stdio.h>

/* Those rules that jobs met: {RULE: jobs}. */
static json_t *rules_json(const struct swf_cleaning *c)
{
    json_t *rules = json_object();
    for (unsigned i = 0; i < SWF_RULE_COUNT; i++)
        if (c->by_rule[i])
            json_object_set_new(rules, swf_rule_name((enum swf_rule)i),
                                json_integer((json_int_t)c->by_rule[i]));
    return rules;
}

/* {NODES: jobs} */
static json_t *sizes_json(const struct job_stream *stream)
{
    json_t *sizes = json_object();
    for (size_t i = 0; i < stream->n; i++) {
        char nodes[16];
        snprintf(nodes, sizeof(nodes), "%u", stream->items[i].nodes);
        json_object_set_new(sizes, nodes, json_integer(bd_json_int(sizes, nodes, 0) + 1));
    }
    return sizes;
}

json_t *trace_about(const json_t *spec, const struct trace_facts *facts,
                    const struct job_stream *stream)
{
    const struct swf_cleaning *c = &facts->cleaning;
    const struct trace_users *u = &facts->users;
    return json_pack(
        "{s:s, s:I, s:f, s:{s:I, s:I, s:I}, s:o, s:f, s:o, s:f, s:o, s:I, "
        "s:I, s:{s:I, s:I, s:I}, s:I}",
        "trace", bd_json_str(spec, "trace", ""), "lines", (json_int_t)facts->lines, "processors",
        facts->machine, "jobs", "logged", (json_int_t)c->before, "cleaned", (json_int_t)c->after,
        "replayed", (json_int_t)stream->n, "rules", rules_json(c), "spanSeconds", facts->span_s,
        "load", isnan(facts->load) ? json_null() : json_real(facts->load), "timeScale",
        bd_json_real(spec, "timeScale", 1), "sizes", sizes_json(stream), "dependencies",
        (json_int_t)facts->dependencies, "thinkTimes", (json_int_t)facts->think_times, "users",
        "logged", (json_int_t)u->n, "accounts", (json_int_t)u->accounts, "sharing",
        (json_int_t)u->sharing, "groups", (json_int_t)u->groups);
}
