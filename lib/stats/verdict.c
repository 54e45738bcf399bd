#include "lib/stats/verdict.h"

#include "lib/stats/stats.h"
#include "lib/stats/test.h"

#include <math.h>
#include <string.h>

const char *verdict_to_str(enum verdict v)
{
    static const char *const names[VERDICT_COUNT] = {[VERDICT_PUBLISHABLE] = "publishable",
                                                     [VERDICT_EXPLORATORY] = "exploratory",
                                                     [VERDICT_INVALID] = "invalid"};
    return names[v];
}

/* -- what makes it invalid -- */

static void find_empty_cells(const struct verdict_facts *f, struct bd_strv *reasons)
{
    const struct verdict_cell *first = NULL;
    size_t n = 0, left_out = 0;
    for (size_t i = 0; i < f->n_cells; i++) {
        if (f->cells[i].counted)
            continue;
        first = first ? first : &f->cells[i];
        left_out += f->cells[i].left_out;
        n++;
    }
    if (n == 0)
        return;
    bd_auto_str struct bd_str text = {0};
    bd_str_addf(&text, "%s", first->name);
    if (n > 1)
        bd_str_addf(&text, " and %zu other cell%s", n - 1, n > 2 ? "s" : "");
    bd_str_addf(&text, " %s no run that counts%s", n > 1 ? "have" : "has", f->at_end ? "" : " yet");
    if (left_out)
        bd_str_addf(&text, " (%zu left out as invalid%s%s)", left_out, f->left_out_why ? ": " : "",
                    f->left_out_why ? f->left_out_why : "");
    bd_strv_add(reasons, bd_str_text(&text));
}

static void add_condition(struct bd_str *text, const struct verdict_condition *c)
{
    bd_str_addf(text, "%s in %s", c->was, c->cell);
    if (c->run)
        bd_str_addf(text, " (run %s)", c->run);
}

static void find_differences(const struct verdict_facts *f, struct bd_strv *reasons)
{
    for (size_t i = 0; i < f->n_conditions; i++) {
        const struct verdict_condition *first = NULL, *is = &f->conditions[i];
        for (size_t k = 0; k < i && !first; k++)
            if (strcmp(f->conditions[k].what, is->what) == 0)
                first = &f->conditions[k];
        if (!first)
            continue;
        bd_auto_str struct bd_str text = {0};
        bd_str_addf(&text, "%s was not the same in all runs, and is no factor: ", is->what);
        add_condition(&text, first);
        bd_str_add(&text, ", ");
        add_condition(&text, is);
        bd_strv_add(reasons, bd_str_text(&text));
    }
}

/* -- what makes it exploratory -- */

struct sums {
    size_t counted, left_out, limited, oversubscribed, fewest;
};

static struct sums sums_of(const struct verdict_facts *f)
{
    struct sums s = {.fewest = f->n_cells ? f->cells[0].counted : 0};
    for (size_t i = 0; i < f->n_cells; i++) {
        const struct verdict_cell *c = &f->cells[i];
        s.counted += c->counted;
        s.left_out += c->left_out;
        s.limited += c->limited;
        s.oversubscribed += c->oversubscribed;
        s.fewest = c->counted < s.fewest ? c->counted : s.fewest;
    }
    return s;
}

static void find_uncounted(const struct verdict_facts *f, const struct sums *s,
                           struct bd_strv *reasons)
{
    size_t planned = f->repetitions * f->n_cells;
    if (s->counted >= planned)
        return;
    bd_auto_str struct bd_str text = {0};
    bd_str_addf(&text, "of %zu planned run%s only %zu count%s", planned, planned == 1 ? "" : "s",
                s->counted, s->counted == 1 ? "s" : "");
    if (s->left_out)
        bd_str_addf(&text, ": %zu %s left out as invalid%s%s", s->left_out,
                    s->left_out == 1 ? "is" : "are", f->left_out_why ? ", " : "",
                    f->left_out_why ? f->left_out_why : "");
    else if (!f->at_end)
        bd_str_add(&text, " so far");
    if (f->failed)
        bd_str_addf(&text, "%s %zu failed%s%s", s->left_out ? ";" : ":", f->failed,
                    f->failed_why ? ", " : "", f->failed_why ? f->failed_why : "");
    bd_strv_add(reasons, bd_str_text(&text));
}

static void find_budget(const struct verdict_facts *f, struct bd_strv *reasons)
{
    if (f->budget_why)
        bd_strv_addf(reasons, "fewer blocks than planned: the budget was used up (%s)",
                     f->budget_why);
}

static void find_too_few(const struct verdict_facts *f, const struct sums *s,
                         struct bd_strv *reasons)
{
    double coverage;
    if (s->fewest == 0 || stats_median_rank(s->fewest, f->confidence, &coverage) > 0)
        return;
    if (s->fewest == 1)
        bd_strv_addf(reasons,
                     "one run of a cell says nothing about its spread: an interval of the median "
                     "with %g %% needs at least %zu",
                     100 * f->confidence, stats_least_n(f->confidence));
    else
        bd_strv_addf(reasons,
                     "of %zu runs of a cell the widest interval of the median, from the least to "
                     "the greatest, covers it with %.4g %%: %g %% needs at least %zu",
                     s->fewest, 100 * coverage, 100 * f->confidence, stats_least_n(f->confidence));
}

static void find_stopping(const struct verdict_facts *f, struct bd_strv *reasons)
{
    const struct verdict_until *u = &f->until;
    if (!u->metric)
        return;
    if (u->cell && !isnan(u->half_width))
        bd_strv_addf(
            reasons,
            "intervals are wider than was asked for: after %zu block%s that of %s in %s is "
            "its median \xc2\xb1 %.3g %%, not %.3g %%",
            u->blocks, u->blocks == 1 ? "" : "s", u->metric, u->cell, 100 * u->half_width,
            100 * u->asked);
    else
        bd_strv_addf(reasons,
                     "intervals are wider than was asked for: after %zu block%s there is none of "
                     "the median of %s%s%s",
                     u->blocks, u->blocks == 1 ? "" : "s", u->metric, u->cell ? " in " : "",
                     u->cell ? u->cell : "");
}

/* The fewest pairs whose least p, 2^(1 - n), is small enough. */
static size_t least_pairs(double p)
{
    size_t n = 1;
    while (n < 64 && ldexp(1, 1 - (int)n) > p)
        n++;
    return n;
}

static void find_resolution(const struct verdict_facts *f, struct bd_strv *reasons)
{
    const struct verdict_resolution *r = &f->resolution;
    double alpha = 1 - f->confidence, corrected = r->least_p * (double)r->family;
    if (r->family == 0 || r->n == 0 || stats_rejects(corrected, f->confidence))
        return;
    bd_auto_str struct bd_str text = {0};
    bd_str_addf(&text,
                "no difference can be resolved: of %zu %s the least p that there can be is "
                "%.2g, corrected for %zu comparison%s %.2g, and %.2g is needed",
                r->n, r->paired ? r->n == 1 ? "block" : "blocks" : "values", r->least_p, r->family,
                r->family == 1 ? "" : "s", fmin(1, corrected), alpha);
    if (r->paired)
        bd_str_addf(&text, " (at least %zu blocks)", least_pairs(alpha / (double)r->family));
    bd_strv_add(reasons, bd_str_text(&text));
}

static void find_choices(const struct verdict_facts *f, struct bd_strv *reasons)
{
    size_t n = f->afterwards ? f->afterwards->n : 0;
    if (n == 1)
        bd_strv_addf(reasons, "%s is no objective of the design: it was chosen afterwards",
                     f->afterwards->items[0]);
    if (n > 1)
        bd_strv_addf(reasons,
                     "%s and %zu other metric%s are no objectives of the design: they were chosen "
                     "afterwards",
                     f->afterwards->items[0], n - 1, n > 2 ? "s" : "");
    if (f->design_confidence > 0)
        bd_strv_addf(
            reasons,
            "a confidence of %.6g %% was asked for afterwards, and the design's is %.6g %%",
            100 * f->confidence, 100 * f->design_confidence);
    if (f->as_written)
        bd_strv_add(reasons,
                    "cells were run in the same order in every block (order: as-written): what "
                    "depends on a run's place in its block is in what differs");
    if (f->apart)
        bd_strv_add(reasons,
                    "the campaigns were run one after the other, not in random order: whatever "
                    "else changed meanwhile is in what differs");
    if (f->adaptive)
        bd_strv_add(reasons, "cells were added on seeing results: what was looked for depends on "
                             "what was found");
}

static void find_order(const struct verdict_facts *f, struct bd_strv *reasons)
{
    for (size_t i = 0; i < f->n_trends; i++) {
        const struct verdict_trend *t = &f->trends[i];
        bool unit = !t->relative && *t->unit;
        const char *way = t->slope < 0 ? "falls" : "rises";
        if (!t->cell)
            bd_strv_addf(
                reasons,
                "drift: %s %s over the %zu blocks in all cells, by %.3g of each cell's median "
                "a block (corrected p = %.2g)",
                t->metric, way, t->n, fabs(t->slope), t->p);
        else
            bd_strv_addf(reasons,
                         "drift: %s in %s %s over its %zu runs, by %.3g%s%s a run%s (corrected p = "
                         "%.2g)",
                         t->metric, t->cell, way, t->n, fabs(t->slope), unit ? " " : "",
                         unit ? t->unit : "", t->relative ? " relative to the block's level" : "",
                         t->p);
    }
    for (size_t i = 0; i < f->n_warmings; i++) {
        const struct verdict_warming *w = &f->warmings[i];
        bd_auto_str struct bd_str text = {0};
        bd_str_addf(&text, "warm-up: %s in the first %zu blocks that count is ", w->metric,
                    w->first);
        if (isnan(w->times))
            bd_str_add(&text, "unlike");
        else
            bd_str_addf(&text, "%.3g times", w->times);
        bd_str_addf(&text, " that in the %zu after them (corrected p = %.2g)", w->rest, w->p);
        bd_strv_add(reasons, bd_str_text(&text));
    }
}

static void find_limits(const struct verdict_facts *f, const struct sums *s,
                        struct bd_strv *reasons)
{
    if (s->oversubscribed)
        bd_strv_addf(
            reasons,
            "%zu of %zu runs had more CPUs or memory promised to their nodes than the host "
            "has",
            s->oversubscribed, s->counted);
    if (s->limited)
        bd_strv_addf(reasons, "%zu of %zu runs %s limited%s%s", s->limited, s->counted,
                     s->limited == 1 ? "is" : "are", f->limited_why ? ": " : "",
                     f->limited_why ? f->limited_why : "");
    if (f->from_table)
        bd_strv_add(reasons, "the values are from a table: under which conditions they were "
                             "measured is not known");
    else if (f->warmup == 0)
        bd_strv_add(reasons,
                    "no block was run to warm up (design.warmup is 0): what only the first "
                    "runs meet, such as cold caches, is in the figures");
    if (f->trace)
        bd_strv_add(reasons, "every block replays the same trace: what is found holds for this "
                             "trace only");
    else if (f->fixed_seed)
        bd_strv_add(reasons, "every block has the same stream of jobs (seed: fixed): what is found "
                             "holds for this stream only");
}

enum verdict verdict_of(const struct verdict_facts *f, struct bd_strv *ret_reasons)
{
    struct sums s = sums_of(f);
    size_t before = ret_reasons->n;
    find_empty_cells(f, ret_reasons);
    find_differences(f, ret_reasons);
    for (size_t i = 0; i < f->missing->n; i++)
        bd_strv_add(ret_reasons, f->missing->items[i]);
    bool invalid = ret_reasons->n > before;
    size_t grave = ret_reasons->n;
    find_budget(f, ret_reasons);
    find_uncounted(f, &s, ret_reasons);
    find_too_few(f, &s, ret_reasons);
    find_stopping(f, ret_reasons);
    find_resolution(f, ret_reasons);
    find_choices(f, ret_reasons);
    find_order(f, ret_reasons);
    find_limits(f, &s, ret_reasons);
    if (invalid)
        return VERDICT_INVALID;
    return ret_reasons->n > grave ? VERDICT_EXPLORATORY : VERDICT_PUBLISHABLE;
}
