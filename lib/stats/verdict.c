#include "lib/stats/verdict.h"

#include "lib/stats/stats.h"

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
        bd_str_addf(&text, " (%zu left out as invalid)", left_out);
    bd_strv_add(reasons, bd_str_text(&text));
}

static void find_differences(const struct verdict_facts *f, struct bd_strv *reasons)
{
    for (size_t i = 0; i < f->n_conditions; i++) {
        const struct verdict_condition *first = NULL, *is = &f->conditions[i];
        for (size_t k = 0; k < i && !first; k++)
            if (strcmp(f->conditions[k].what, is->what) == 0)
                first = &f->conditions[k];
        if (first)
            bd_strv_addf(reasons,
                         "%s was not the same in all runs, and is no factor: %s in %s, %s in %s",
                         is->what, first->was, first->cell, is->was, is->cell);
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

static void find_too_few(const struct verdict_facts *f, const struct sums *s,
                         struct bd_strv *reasons)
{
    double coverage;
    size_t planned = f->repetitions * f->n_cells;
    if (s->counted < planned) {
        bd_auto_str struct bd_str text = {0};
        bd_str_addf(&text, "of %zu planned run%s only %zu count%s", planned,
                    planned == 1 ? "" : "s", s->counted, s->counted == 1 ? "s" : "");
        if (s->left_out)
            bd_str_addf(&text, ": %zu %s left out as invalid", s->left_out,
                        s->left_out == 1 ? "is" : "are");
        else if (!f->at_end)
            bd_str_add(&text, " so far");
        bd_strv_add(reasons, bd_str_text(&text));
    }
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
    if (f->warmup == 0)
        bd_strv_add(reasons,
                    "no block was run to warm up (design.warmup is 0): what only the first "
                    "runs meet, such as cold caches, is in the figures");
    if (f->fixed_seed)
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
    find_too_few(f, &s, ret_reasons);
    find_limits(f, &s, ret_reasons);
    if (invalid)
        return VERDICT_INVALID;
    return ret_reasons->n > grave ? VERDICT_EXPLORATORY : VERDICT_PUBLISHABLE;
}
