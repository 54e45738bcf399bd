#include "submission.h"

#include "show.h"
#include "text.h"
#include "upload.h"

#include <stdio.h>

static int add_override(json_t *spec, const char *text, struct bd_err *err)
{
    if (!json_object_get(spec, "overrides"))
        json_object_set_new(spec, "overrides", json_array());
    json_t *overrides = json_object_get(spec, "overrides");
    if (!json_is_array(overrides))
        return bd_err_set(err, BD_EINVALID,
                          "--set can't be added: /overrides in the file is not a list");
    json_array_append_new(overrides, json_string(text));
    return 0;
}

int submission_read(struct cli *cli, struct document *ret, struct bd_err *err)
{
    const struct args *args = &cli->args;
    int r = document_read(args->operands.items[0], ret, err);
    for (size_t i = 0; r == 0 && i < args->n; i++) {
        if (!bd_str_eq(args->values[i].option->name, "set"))
            continue;
        if (!json_is_object(ret->json))
            return bd_err_set(err, BD_EINVALID, "--set can't be added: the file is not an object");
        r = add_override(ret->json, args->values[i].text, err);
    }
    return r < 0 ? r : input_add_named(cli, ret, err);
}

/* "4 of 6 cells by past runs of the same, 2 guessed from the spec". */
static void add_bases(struct bd_str *out, const json_t *cells)
{
    static const struct {
        const char *basis, *words;
    } bases[] = {
        {"same", "by past runs of the same"},
        {"like", "by past runs like it"},
        {"guess", "guessed from the spec"},
        {"none", "not known"},
    };
    size_t first = out->len;
    for (size_t i = 0; i < BD_ARRAY_LEN(bases); i++) {
        long long n = (long long)bd_json_int(cells, bases[i].basis, 0);
        if (n)
            bd_str_addf(out, "%s%lld cell%s %s", out->len > first ? ", " : "", n, n == 1 ? "" : "s",
                        bases[i].words);
    }
}

static void add_time(struct bd_str *out, const json_t *estimate)
{
    char all[TEXT_NUMBER_BYTES], least[TEXT_NUMBER_BYTES], hours[TEXT_NUMBER_BYTES];
    double seconds = bd_json_real(estimate, "seconds", -1);
    double at_least = bd_json_real(estimate, "leastSeconds", -1);
    if (seconds < 0) {
        bd_str_add(out, "not known");
        return;
    }
    bd_str_add(out, "about ");
    if (at_least >= 0 && at_least < seconds)
        bd_str_addf(out, "%s to ", text_seconds((int64_t)(at_least + 0.5), least));
    bd_str_addf(out, "%s, %s node-hours", text_seconds((int64_t)(seconds + 0.5), all),
                text_real(bd_json_real(estimate, "nodeHours", 0), hours));
}

/* "never-ran 7, too-large 2" */
static void add_rules(struct bd_str *out, const json_t *rules)
{
    const char *rule;
    json_t *jobs;
    size_t n = 0;
    json_object_foreach ((json_t *)rules, rule, jobs)
        bd_str_addf(out, "%s%s %lld", n++ ? ", " : "", rule, (long long)json_integer_value(jobs));
}

static void add_sizes(struct bd_str *out, const json_t *trace)
{
    const json_t *sizes = json_object_get(trace, "sizes");
    long long nodes = (long long)bd_json_int(trace, "nodes", 0);
    size_t n = 0;
    for (long long size = 1; size <= nodes; size++) {
        char key[24];
        snprintf(key, sizeof(key), "%lld", size);
        json_int_t jobs = bd_json_int(sizes, key, 0);
        if (jobs)
            bd_str_addf(out, "%s%lld of %lld", n++ ? ", " : "", (long long)jobs, size);
    }
}

static void add_trace(struct table *t, const json_t *trace)
{
    const json_t *jobs = json_object_get(trace, "jobs"), *users = json_object_get(trace, "users"),
                 *load = json_object_get(trace, "load"), *rules = json_object_get(trace, "rules");
    bd_auto_str struct bd_str met = {0}, sizes = {0}, offered = {0}, thinking = {0};
    json_int_t thinks = bd_json_int(trace, "thinkTimes", 0);
    char span[TEXT_NUMBER_BYTES], number[TEXT_NUMBER_BYTES];
    if (json_is_number(load))
        bd_str_addf(&offered, ", load %s", text_real(json_number_value(load), number));
    show_factf(t, "trace", STYLE_PLAIN, "%.19s: %lld jobs of %lld, within %s%s",
               bd_json_str(trace, "trace", "?"), (long long)bd_json_int(jobs, "replayed", 0),
               (long long)bd_json_int(jobs, "logged", 0),
               text_seconds((int64_t)(bd_json_real(trace, "spanSeconds", 0) + 0.5), span),
               bd_str_text(&offered));
    if (json_object_size(rules)) {
        add_rules(&met, rules);
        show_factf(t, "", STYLE_DIM, "cleaned: %s", bd_str_text(&met));
    }
    add_sizes(&sizes, trace);
    show_factf(t, "", STYLE_DIM, "nodes: %s", bd_str_text(&sizes));
    if (thinks)
        bd_str_addf(&thinking, ", %lld of them a think time after its end", (long long)thinks);
    show_factf(t, "", STYLE_DIM, "%lld users have %lld accounts, %lld jobs follow another%s",
               (long long)bd_json_int(users, "logged", 0),
               (long long)bd_json_int(users, "accounts", 0),
               (long long)bd_json_int(trace, "dependencies", 0), bd_str_text(&thinking));
}

void submission_add_traces(struct table *t, const json_t *plan)
{
    const json_t *trace;
    size_t i;
    json_array_foreach (json_object_get(plan, "traces"), i, trace)
        add_trace(t, trace);
}

void submission_add_costs(struct table *t, const json_t *plan)
{
    const json_t *estimate = json_object_get(plan, "estimate");
    const json_t *budget = json_object_get(plan, "budget");
    const json_t *resolution = json_object_get(plan, "resolution");
    if (estimate) {
        bd_auto_str struct bd_str line = {0};
        add_time(&line, estimate);
        bd_str_add(&line, " (");
        add_bases(&line, json_object_get(estimate, "cells"));
        bd_str_add(&line, ")");
        show_fact(t, "takes", STYLE_PLAIN, bd_str_text(&line));
    }
    if (json_is_object(budget))
        show_fact(t, "budget", bd_json_bool(budget, "enough", 1) ? STYLE_PLAIN : STYLE_BAD,
                  bd_json_str(budget, "why", "?"));
    if (resolution) {
        bool resolves = bd_json_bool(resolution, "resolves", 0);
        show_factf(t, "resolves", resolves ? STYLE_PLAIN : STYLE_BAD, "%s%s",
                   resolves ? "" : "nothing: ", bd_json_str(resolution, "why", "?"));
    }
}
