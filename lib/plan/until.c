/* The rule by which a campaign ends before its last block. */
#include "lib/plan/plan_priv.h"

void until_read(struct plan *p, struct schema_faults *faults)
{
    const json_t *design = json_object_get(p->spec, "design");
    const json_t *range = json_object_get(design, "repetitions");
    const json_t *until = json_object_get(range, "until");
    struct stats_until rule = {
        .min = (size_t)bd_json_int(range, "min", 0),
        .max = (size_t)bd_json_int(range, "max", 0),
        .every = (size_t)bd_json_int(until, "every", 1),
        .confidence = bd_json_real(until, "confidence", STATS_CONFIDENCE),
        .relative_half_width = bd_json_real(until, "relativeHalfWidth", 0),
    };
    const char *metric = bd_json_str(until, "metric", NULL);
    if (!until || rule.min > rule.max) /* that is told elsewhere */
        return;
    /* A stored spec may be damaged. */
    if (!metric || rule.min < 1 || rule.max > PLAN_RUNS_MAX || rule.every < 1 ||
        !(rule.confidence > 0 && rule.confidence < 1)) {
        schema_faults_add(faults, "/design/repetitions/until", NULL, "a rule for stopping");
        return;
    }
    stats_until_init(&rule);
    p->until = (struct plan_until){metric, rule};
}

void until_check(const struct plan *p, struct schema_faults *faults)
{
    const struct stats_until *rule = &p->until.rule;
    const json_t *design = json_object_get(p->spec, "design");
    if (!p->until.metric)
        return;
    if (bd_str_eq(bd_json_str(design, "order", NULL), "randomised"))
        schema_faults_add(faults, "/design/order", "randomised",
                          "randomised-blocks or as-written: a campaign with a rule for stopping "
                          "ends with a block");
    if (json_array_size(json_object_get(p->spec, "added")))
        schema_faults_add(faults, "/added", NULL,
                          "no cells: a campaign with a rule for stopping takes none while it runs");
    if (stats_until_least(rule) <= rule->max)
        return;
    bd_auto_free char *got = bd_xasprintf("%zu", rule->max);
    schema_faults_add(faults, "/design/repetitions/max", got,
                      "so many blocks that the rule can be met at a look before the last: a "
                      "confidence of %g takes %zu values or more",
                      rule->confidence, stats_until_least_n(rule->confidence));
}

const struct plan_until *plan_until(const struct plan *p)
{
    return p->until.metric ? &p->until : NULL;
}
