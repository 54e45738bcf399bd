#include "submission.h"

#include "show.h"
#include "text.h"
#include "upload.h"

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
