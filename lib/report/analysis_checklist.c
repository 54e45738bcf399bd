/*
 * The twelve rules of Hoefler and Belli, Scientific Benchmarking of Parallel Computing Systems, SC
 * 2015 (doi 10.1145/2807591.2807644), in our own words, and for each what this analysis has to show
 * for it. What nobody but the author can do is told as such.
 */
#include "lib/report/analysis_priv.h"

enum status { NOT_APPLICABLE, NOT_MET, MET };

/* -- counting -- */

static bool is_described(const struct metric_found *m)
{
    return m->shown && m->cells;
}

/* Of what was described: which, and how many, are such. */
struct sample {
    const struct metric_found *metric;
    size_t cell;
};
struct tally {
    size_t all, such;
    struct sample worst;
    double figure; /* of the worst */
};

static void tally_add(struct tally *t, struct sample s, bool such, double figure)
{
    t->all++;
    t->such += such;
    if (such && (!t->worst.metric || figure > t->figure)) {
        t->worst = s;
        t->figure = figure;
    }
}

static const char *sample_name(const struct analysis *a, const struct sample *s, char **to)
{
    return *to = bd_xasprintf("%s of %s", s->metric->metric->name, a->names[s->cell]);
}

static size_t count_comparisons(const struct found *f, bool (*is)(const struct comparison *c))
{
    size_t n = 0;
    for (size_t k = 0; k < f->n_metrics; k++)
        for (size_t i = 0; i < f->metrics[k].n_comparisons; i++)
            n += f->metrics[k].comparisons[i].asked && is(&f->metrics[k].comparisons[i]);
    return n;
}

static bool is_any(const struct comparison *c)
{
    return c->n > 0;
}

static bool is_ratio(const struct comparison *c)
{
    return c->n > 0 && c->by_ratio;
}

static bool is_tested(const struct comparison *c)
{
    return !isnan(c->p_corrected);
}

static bool is_resolved(const struct comparison *c)
{
    return c->result != RESULT_UNRESOLVED;
}

static size_t count_kind(const struct found *f, enum stats_kind kind, const char **ret_first)
{
    size_t n = 0;
    for (size_t k = 0; k < f->n_metrics; k++) {
        const struct analysed_metric *m = f->metrics[k].metric;
        if (!is_described(&f->metrics[k]) || m->kind != kind)
            continue;
        *ret_first = n++ ? *ret_first : m->name;
    }
    return n;
}

/* -- the rules, in their order -- */

static enum status base_of_ratios(const struct analysis *a, const struct found *f,
                                  struct bd_str *out)
{
    size_t ratios = count_comparisons(f, is_ratio);
    if (ratios == 0) {
        bd_str_add(out, "no ratio is told");
        return NOT_APPLICABLE;
    }
    bd_str_addf(
        out,
        "each of %zu ratios names what it is to, and the cells have absolute figures: ", ratios);
    for (size_t k = 0; k < f->n_metrics; k++) {
        const struct metric_found *m = &f->metrics[k];
        if (!is_described(m) || m->cells[0].summary.n == 0)
            continue;
        bd_str_addf(out, "%s of %s is %.4g%s%s (median of %zu)", m->metric->name, a->names[0],
                    m->cells[0].summary.median, *m->metric->unit ? " " : "", m->metric->unit,
                    m->cells[0].summary.n);
        break;
    }
    return MET;
}

static enum status subsets(const struct analysis *a, const struct found *f, struct bd_str *out)
{
    size_t objectives = 0, shown = 0;
    for (size_t k = 0; k < a->n_metrics; k++)
        objectives += a->metrics[k].objective;
    for (size_t k = 0; k < f->n_metrics; k++)
        shown += f->metrics[k].shown && f->metrics[k].metric->objective;
    bd_str_addf(out, "%zu of %zu objectives are told, of %zu cells", shown, objectives, a->n_cells);
    if (a->campaign->left_out)
        bd_str_add(out, "; combinations of levels were excluded, and the design has no place for "
                        "the reason: it is the author's to tell");
    if (f->pairings.untold)
        bd_str_addf(out, "; %zu comparisons within contexts are not told, as they are too many",
                    f->pairings.untold);
    bool whole = shown == objectives && objectives > 0 && !f->pairings.untold;
    return whole && !a->campaign->left_out ? MET : NOT_MET;
}

static enum status means(const struct analysis *a BD_UNUSED, const struct found *f,
                         struct bd_str *out)
{
    const char *cost = NULL, *rate = NULL;
    size_t costs = count_kind(f, STATS_COST, &cost), rates = count_kind(f, STATS_RATE, &rate);
    if (costs)
        bd_str_addf(out, "arithmetic for %zu cost%s (%s)", costs, costs == 1 ? "" : "s", cost);
    if (rates)
        bd_str_addf(out, "%sharmonic for %zu rate%s (%s)", costs ? ", " : "", rates,
                    rates == 1 ? "" : "s", rate);
    if (costs + rates == 0)
        bd_str_add(out, "there is neither a cost nor a rate: no mean is told");
    return costs + rates ? MET : NOT_APPLICABLE;
}

static enum status ratios(const struct analysis *a BD_UNUSED, const struct found *f,
                          struct bd_str *out)
{
    const char *name = NULL;
    size_t n = count_kind(f, STATS_RATIO, &name), between = count_comparisons(f, is_ratio);
    if (n + between == 0) {
        bd_str_add(out, "there is no ratio");
        return NOT_APPLICABLE;
    }
    if (n)
        bd_str_addf(out, "of %zu metric%s that %s (%s) there are medians and no mean%s", n,
                    n == 1 ? "" : "s", n == 1 ? "is a ratio" : "are ratios", name,
                    between ? "; " : "");
    if (between)
        bd_str_addf(out,
                    "%zu ratios of cells stand beside the values that they are of; over several "
                    "pairs of cells they are geometric means",
                    between);
    return MET;
}

static enum status intervals(const struct analysis *a, const struct found *f, struct bd_str *out)
{
    struct tally lacks = {0};
    size_t constant = 0;
    for (size_t k = 0; k < f->n_metrics; k++) {
        for (size_t i = 0; is_described(&f->metrics[k]) && i < a->n_cells; i++) {
            const struct stats_summary *s = &f->metrics[k].cells[i].summary;
            constant += s->n > 1 && s->min >= s->max;
            tally_add(&lacks, (struct sample){&f->metrics[k], i}, !s->interval.is_there,
                      -(double)s->n);
        }
    }
    bd_auto_free char *name = NULL;
    bd_str_addf(out, "%zu of %zu medians have an interval with at least %.4g %%",
                lacks.all - lacks.such, lacks.all, 100 * f->interval_confidence);
    if (lacks.such)
        bd_str_addf(out, ", not that of %s (n = %.0f)", sample_name(a, &lacks.worst, &name),
                    -lacks.figure);
    if (constant)
        bd_str_addf(out, "; in %zu the values did not vary at all", constant);
    return lacks.all && !lacks.such ? MET : NOT_MET;
}

static enum status normality(const struct analysis *a, const struct found *f, struct bd_str *out)
{
    struct tally rejected = {0};
    for (size_t k = 0; k < f->n_metrics; k++) {
        for (size_t i = 0; is_described(&f->metrics[k]) && i < a->n_cells; i++) {
            double p = f->metrics[k].cells[i].normality.p;
            if (!isnan(p))
                tally_add(&rejected, (struct sample){&f->metrics[k], i},
                          stats_rejects(p, f->confidence), -p);
        }
    }
    if (rejected.all == 0) {
        bd_str_add(out,
                   "too few values to look at their distribution; nothing is taken to be normal");
        return MET;
    }
    bd_auto_free char *name = NULL;
    bd_str_addf(out,
                "intervals of medians and tests are by ranks; Shapiro and Wilk's test rejects "
                "normality in %zu of %zu samples",
                rejected.such, rejected.all);
    if (rejected.such)
        bd_str_addf(out,
                    " (least p = %.2g: %s), where the interval of the mean is by the bootstrap, or "
                    "not told",
                    -rejected.figure, sample_name(a, &rejected.worst, &name));
    return MET;
}

static enum status comparing(const struct analysis *a, const struct found *f, struct bd_str *out)
{
    size_t n = count_comparisons(f, is_any), tested = count_comparisons(f, is_tested);
    const struct verdict_resolution *r = &f->resolution;
    if (a->n_cells < 2) {
        bd_str_add(out, "one cell: nothing is compared");
        return NOT_APPLICABLE;
    }
    bd_str_addf(out,
                "%zu of %zu comparisons have %s test with p by Holm's correction for %zu; %zu "
                "are resolved",
                tested, n, a->campaign->paired ? "Wilcoxon's signed-rank" : "Mann and Whitney's",
                r->family, count_comparisons(f, is_resolved));
    bool can = r->family && stats_rejects(r->least_p * (double)r->family, f->confidence);
    if (n && !can)
        bd_str_addf(out, "; with n = %zu no p could be small enough", r->n);
    return n && tested == n && can ? MET : NOT_MET;
}

static enum status middles(const struct analysis *a, const struct found *f, struct bd_str *out)
{
    struct tally skewed = {0};
    size_t fewest = SIZE_MAX;
    for (size_t k = 0; k < f->n_metrics; k++) {
        for (size_t i = 0; is_described(&f->metrics[k]) && i < a->n_cells; i++) {
            const struct cell_figures *c = &f->metrics[k].cells[i];
            fewest = c->summary.n < fewest ? c->summary.n : fewest;
            if (!isnan(c->spread.skew))
                tally_add(&skewed, (struct sample){&f->metrics[k], i}, true, fabs(c->spread.skew));
        }
    }
    if (fewest == SIZE_MAX)
        return NOT_MET;
    bd_str_addf(out, "medians stand with quartiles and extremes of at least %zu value%s", fewest,
                fewest == 1 ? "" : "s");
    bd_auto_free char *name = NULL;
    if (skewed.worst.metric)
        bd_str_addf(out, "; the most skewed are those of %s (%.3g)",
                    sample_name(a, &skewed.worst, &name), skewed.figure);
    return fewest >= 4 ? MET : NOT_MET;
}

/* "fair (fcfs) in 6 runs, default in 6"; nothing where all are by default. */
static void add_profiles(const struct analysis *a, struct bd_str *out)
{
    const char *name;
    json_t *runs;
    bool first = true;
    if (json_object_size(a->profiles) == 1 && json_object_get(a->profiles, "default"))
        return;
    json_object_foreach (a->profiles, name, runs) {
        bd_str_addf(out, "%s%s in %lld run%s", first ? "; the scheduler's profile is " : ", ", name,
                    (long long)json_integer_value(runs), json_integer_value(runs) == 1 ? "" : "s");
        first = false;
    }
}

static enum status documented(const struct analysis *a, const struct found *f BD_UNUSED,
                              struct bd_str *out)
{
    const struct analysis_campaign *c = a->campaign;
    size_t counted = 0;
    for (size_t i = 0; i < a->n_cells; i++)
        counted += a->cells[i].counted;
    bd_str_addf(out, "%zu factor%s, %zu cells", a->n_factors, a->n_factors == 1 ? "" : "s",
                a->n_cells);
    if (c->order)
        bd_str_addf(out, ", order %s, seed %llu", c->order, (unsigned long long)c->seed);
    if (!c->id) {
        bd_str_add(out, "; of the set-up that the table is of nothing is known here");
        return NOT_MET;
    }
    bd_str_addf(out, "; of %zu of %zu runs image and scheduler are known by digest and version",
                a->documented, counted);
    add_profiles(a, out);
    return counted && a->documented == counted ? MET : NOT_MET;
}

static enum status times(const struct analysis *a, const struct found *f BD_UNUSED,
                         struct bd_str *out)
{
    size_t counted = 0;
    for (size_t i = 0; i < a->n_cells; i++)
        counted += a->cells[i].counted;
    if (!a->campaign->id) {
        bd_str_add(out, "how the table's values were measured is not known here");
        return NOT_MET;
    }
    if (a->clocked == 0) {
        bd_str_add(out, "no run has times of several nodes");
        return NOT_APPLICABLE;
    }
    bd_str_addf(out,
                "the nodes' clocks were held against each other in %zu of %zu runs: off by at "
                "most %.3g ms",
                a->clocked, counted, 1e3 * a->clock_bound);
    if (!isnan(a->lateness))
        bd_str_addf(out, "; jobs were submitted at most %.3g ms late", 1e3 * a->lateness);
    return a->clocked == counted ? MET : NOT_MET;
}

static enum status bounds(const struct analysis *a, const struct found *f BD_UNUSED,
                          struct bd_str *out)
{
    if (isnan(a->bound_ratio)) {
        bd_str_add(out, "no run has a figure of what was possible (makespan_ratio)");
        return NOT_MET;
    }
    bd_str_addf(out,
                "makespan_ratio holds each makespan against the least that any order allows: "
                "at most %.3g times that",
                a->bound_ratio);
    return MET;
}

/* What the dashboard and the report's front end draw (clients/dashboard/src/report). */
static enum status plots(const struct analysis *a, const struct found *f, struct bd_str *out)
{
    size_t described = 0, compared = count_comparisons(f, is_any);
    for (size_t k = 0; k < f->n_metrics; k++)
        described += is_described(&f->metrics[k]);
    if (!a->campaign->plotted) {
        bd_str_add(out, "no plots are made of this analysis");
        return NOT_APPLICABLE;
    }
    if (described == 0)
        return NOT_APPLICABLE;
    bd_str_addf(out,
                "the campaign's page and its report as HTML plot %zu metric%s: medians with their "
                "intervals over the runs, distributions, boxes",
                described, described == 1 ? "" : "s");
    if (compared)
        bd_str_addf(out, "; %zu comparison%s with intervals", compared, compared == 1 ? "" : "s");
    bd_str_add(out, "; a line is an interval, the steps of one distribution, or a front");
    return MET;
}

static const struct rule {
    const char *text;
    enum status (*check)(const struct analysis *a, const struct found *f, struct bd_str *out);
} rules[] = {
    {"A ratio names its base, and that has absolute figures.", base_of_ratios},
    {"What was left out is told, with the reason.", subsets},
    {"Means are arithmetic for costs and harmonic for rates.", means},
    {"Ratios are not averaged; what they are made of is told.", ratios},
    {"Whether values vary is told, and with what intervals.", intervals},
    {"Nothing is taken to be normal without having been looked at.", normality},
    {"What varies is compared by methods that allow for it.", comparing},
    {"A middle is told only with what it hides: spread, skew, extremes.", middles},
    {"Factors, levels and set-up are documented.", documented},
    {"How times of several nodes were taken and synchronised is told.", times},
    {"Results are held against a bound on what is possible.", bounds},
    {"Plots show what is needed, and join only what belongs together.", plots},
};

json_t *analysis_checklist(const struct analysis *a, const struct found *f)
{
    static const char *const words[] = {
        [NOT_APPLICABLE] = "not applicable", [NOT_MET] = "not met", [MET] = "met"};
    json_t *json = json_array();
    for (size_t i = 0; i < BD_ARRAY_LEN(rules); i++) {
        bd_auto_str struct bd_str evidence = {0};
        enum status status = rules[i].check(a, f, &evidence);
        if (evidence.len == 0)
            bd_str_add(&evidence, "nothing was measured");
        json_array_append_new(json, json_pack("{s:i, s:s, s:s, s:s}", "rule", (int)i + 1, "text",
                                              rules[i].text, "status", words[status], "evidence",
                                              bd_str_text(&evidence)));
    }
    return json;
}
