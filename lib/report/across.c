#include "lib/report/across.h"

#include "lib/report/differences.h"
#include "lib/report/gate.h"

#include <math.h>
#include <string.h>

struct across {
    const struct across_campaign *campaigns;
    size_t n;
    uint32_t
        *cells[ACROSS_CAMPAIGNS_MAX]; /* of each of its cells, its number here; NO_CELL: left out */
    json_t *levels, *factors, *unmatched, *differences;
    struct analysis_campaign designs[ACROSS_CAMPAIGNS_MAX]; /* of each, as its spec says */
    size_t seen[ACROSS_CAMPAIGNS_MAX];                      /* blocks that count and were begun */
    char *budget_why;
    struct analysis_campaign as_one;
    struct analysis *analysis;
};

#define NO_CELL UINT32_MAX

/* -- what differs -- */

/* What each campaign has of its own, or what is told by its levels. */
static const char *const of_each[] = {"name",  "labels",  "priority",    "factors", "cells",
                                      "added", "exclude", "composition", NULL};

static void find_differences(struct across *a)
{
    a->differences = json_array();
    for (size_t i = 1; i < a->n; i++) {
        bd_auto_json json_t *list =
            differences(a->campaigns[0].spec, a->campaigns[i].spec, of_each);
        json_t *one;
        size_t k;
        json_array_foreach (list, k, one) {
            json_object_set_new(one, "campaign", json_string(a->campaigns[i].id));
            json_array_append(a->differences, one);
        }
    }
}

/* -- streams -- */

/* Does one of these levels say what stands at the path: a level of it, or of what it is within? */
static bool is_varied(const json_t *levels, const char *path)
{
    const char *varied;
    json_t *level BD_UNUSED;
    json_object_foreach ((json_t *)levels, varied, level) {
        size_t n = strlen(varied);
        if (strncmp(path, varied, n) == 0 && (path[n] == '\0' || path[n] == '.'))
            return true;
    }
    return false;
}

/* Of the cells that are in all campaigns, as the baseline has them. */
static bool is_varied_in_all(const struct across *a, const char *path)
{
    json_t *levels;
    size_t i;
    json_array_foreach ((json_t *)a->campaigns[0].levels, i, levels)
        if (a->cells[0][i] != NO_CELL && !is_varied(levels, path))
            return false;
    return true;
}

static bool is_varied_in_any(const struct across *a, const char *path)
{
    json_t *levels;
    size_t i;
    json_array_foreach ((json_t *)a->campaigns[0].levels, i, levels)
        if (a->cells[0][i] != NO_CELL && is_varied(levels, path))
            return true;
    return false;
}

/* Is there a stream for each block, in every cell? What is fixed is the same in all blocks, and
 * ties no two runs more than any other two. */
static bool has_streams(const struct across *a)
{
    const json_t *workload = json_object_get(a->campaigns[0].spec, "workload");
    return bd_str_eq(bd_json_str(workload, "name", ""), "jobstream") &&
           !bd_str_eq(bd_json_str(workload, "seed", ""), "fixed") &&
           !is_varied_in_any(a, "workload.name") && !is_varied_in_any(a, "workload.seed");
}

static json_int_t seed_of(const struct across_campaign *c)
{
    return bd_json_int(json_object_get(c->spec, "design"), "seed", 1);
}

/* What a stream is drawn from beside seed and block: sizes and rates may be shares of the cluster.
 */
static json_t *drawn_from(const struct across_campaign *c)
{
    const json_t *cluster = json_object_get(c->spec, "cluster");
    return json_pack("{s:O?, s:{s:O?}}", "workload", json_object_get(c->spec, "workload"),
                     "cluster", "compute", json_object_get(cluster, "compute"));
}

/* Do the same blocks have the same streams in a cell of the baseline and in its like of another?
 * Where specs differ, the cells have to say themselves what holds: their levels are the same. */
static bool have_streams_alike(const struct across *a, size_t other)
{
    const struct across_campaign *x = &a->campaigns[0], *y = &a->campaigns[other];
    bd_auto_json json_t *of_x = drawn_from(x), *of_y = drawn_from(y);
    bd_auto_json json_t *list = differences(of_x, of_y, NULL);
    const json_t *one;
    size_t i;
    json_array_foreach (list, i, one)
        if (!is_varied_in_all(a, bd_json_str(one, "path", "")))
            return false;
    return x->warmup == y->warmup && seed_of(x) == seed_of(y);
}

static bool are_paired(const struct across *a)
{
    bool paired = has_streams(a);
    for (size_t i = 1; i < a->n && paired; i++)
        paired = have_streams_alike(a, i);
    return paired;
}

/* -- cells -- */

/* {TEXT of levels: number of the cell} */
static json_t *numbers_of(const struct across_campaign *c)
{
    json_t *numbers = json_object(), *levels;
    size_t i;
    json_array_foreach ((json_t *)c->levels, i, levels) {
        bd_auto_free char *text = bd_json_text(levels);
        json_object_set_new(numbers, text, json_integer((json_int_t)i));
    }
    return numbers;
}

static bool all_have(json_t *const *numbers, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (!json_object_get(numbers[i], text))
            return false;
    return true;
}

static void add_cell(struct across *a, size_t campaign, const json_t *levels)
{
    json_t *with = json_copy((json_t *)levels);
    json_object_set_new(with, ACROSS_FACTOR, json_string(a->campaigns[campaign].id));
    json_array_append_new(a->levels, with);
}

static void match(struct across *a)
{
    json_t *numbers[ACROSS_CAMPAIGNS_MAX], *levels;
    for (size_t i = 0; i < a->n; i++)
        numbers[i] = numbers_of(&a->campaigns[i]);
    for (size_t i = 0; i < a->n; i++) {
        const struct across_campaign *c = &a->campaigns[i];
        a->cells[i] = bd_xcalloc(json_array_size(c->levels) + 1, sizeof(uint32_t));
        size_t k;
        json_array_foreach ((json_t *)c->levels, k, levels) {
            bd_auto_free char *text = bd_json_text(levels);
            a->cells[i][k] = NO_CELL;
            if (all_have(numbers, a->n, text)) {
                a->cells[i][k] = (uint32_t)json_array_size(a->levels);
                add_cell(a, i, levels);
            } else {
                json_array_append_new(a->unmatched,
                                      json_pack("{s:s, s:O}", "campaign", c->id, "levels", levels));
            }
        }
    }
    for (size_t i = 0; i < a->n; i++)
        json_decref(numbers[i]);
}

/* The campaigns', in their order; the factors of the first, as far as the others have them. */
static json_t *factors_of(const struct across *a)
{
    const json_t *first = json_object_get(a->campaigns[0].spec, "factors");
    json_t *factors = first ? json_copy((json_t *)first) : json_object(), *ids = json_array();
    for (size_t i = 0; i < a->n; i++)
        json_array_append_new(ids, json_string(a->campaigns[i].id));
    json_object_set_new(factors, ACROSS_FACTOR, ids);
    return factors;
}

/* -- the whole -- */

static int check(const struct across_campaign *campaigns, size_t n, struct bd_err *err)
{
    size_t cells = 0;
    for (size_t i = 0; i < n; i++) {
        cells += json_array_size(campaigns[i].levels);
        for (size_t k = 0; k < i; k++)
            if (strcmp(campaigns[i].id, campaigns[k].id) == 0)
                return bd_err_set(err, BD_EINVALID, "campaign %s is named twice", campaigns[i].id);
    }
    if (cells > ANALYSIS_CELLS_MAX)
        return bd_err_set(err, BD_ECONFLICT, "the campaigns have more than %d cells in all",
                          ANALYSIS_CELLS_MAX);
    return 0;
}

/* What is true of one is true of the whole. */
static void add_design(struct across *a, size_t campaign)
{
    const struct across_campaign *c = &a->campaigns[campaign];
    struct analysis_campaign *one = &a->as_one, *design = &a->designs[campaign];
    size_t counted = c->blocks - c->warmup;
    analysis_design_of(c->spec, design);
    one->blocks = counted > one->blocks ? counted : one->blocks;
    one->at_end = one->at_end && c->at_end;
    one->adaptive = one->adaptive || design->adaptive;
    one->fixed_seed = one->fixed_seed || design->fixed_seed;
    one->trace = one->trace || design->trace;
    one->left_out = one->left_out || design->left_out;
    if (c->budget_why && !a->budget_why)
        one->budget_why = a->budget_why = bd_xasprintf("campaign %s: %s", c->id, c->budget_why);
}

/* As its own analysis has it, unless another is asked for. */
static double confidence_of(const struct across *a, double asked)
{
    double most = 0;
    for (size_t i = 0; i < a->n; i++) {
        const struct analysis_campaign *design = &a->designs[i];
        most = fmax(most, design->until_metric ? design->until.confidence : STATS_CONFIDENCE);
    }
    return asked > 0 ? asked : most;
}

static void make_one(struct across *a, const struct bd_strv *metrics, double confidence)
{
    struct analysis_campaign *one = &a->as_one;
    analysis_design_of(a->campaigns[0].spec, one);
    one->id = a->campaigns[0].id;
    one->name = a->campaigns[0].name;
    one->at_end = true;
    one->levels = a->levels;
    one->factors = a->factors;
    one->order = NULL; /* campaigns were not run in turns */
    one->until_metric = NULL;
    one->paired = are_paired(a);
    one->apart = true;
    one->metrics = metrics;
    one->by = ACROSS_FACTOR;
    one->warmup = 0; /* those blocks are left out before */
    for (size_t i = 0; i < a->n; i++)
        add_design(a, i);
    one->confidence = confidence_of(a, confidence);
    a->analysis = analysis_new(one);
}

/* {PATH: {TEXT of level: true}} of a campaign's cells. */
static json_t *levels_by_path(const struct across_campaign *c)
{
    json_t *by_path = json_object(), *levels, *level;
    const char *path;
    size_t i;
    json_array_foreach ((json_t *)c->levels, i, levels) {
        json_object_foreach (levels, path, level) {
            bd_auto_free char *text = bd_json_text(level);
            if (!json_object_get(by_path, path))
                json_object_set_new(by_path, path, json_object());
            json_object_set_new(json_object_get(by_path, path), text, json_true());
        }
    }
    return by_path;
}

/* Does `other` have none of these levels? */
static bool is_apart(const json_t *levels, const json_t *other)
{
    const char *text;
    json_t *is BD_UNUSED;
    json_object_foreach ((json_t *)levels, text, is)
        if (json_object_get(other, text))
            return false;
    return true;
}

/* "a and b have no level of cluster.compute in common"; NULL: each factor has levels in common. */
static char *why_apart(const struct across_campaign *x, const struct across_campaign *y)
{
    bd_auto_json json_t *of_x = levels_by_path(x), *of_y = levels_by_path(y);
    const struct {
        const json_t *mine, *others;
        const char *has, *lacks;
    } ways[] = {{of_x, of_y, x->id, y->id}, {of_y, of_x, y->id, x->id}};
    for (size_t i = 0; i < BD_ARRAY_LEN(ways); i++) {
        const char *path;
        json_t *levels;
        json_object_foreach ((json_t *)ways[i].mine, path, levels) {
            const json_t *others = json_object_get(ways[i].others, path);
            if (!others)
                return bd_xasprintf("cells of %s have a level of %s, and none of %s has one",
                                    ways[i].has, path, ways[i].lacks);
            if (is_apart(levels, others))
                return bd_xasprintf("%s and %s have no level of %s in common", ways[i].has,
                                    ways[i].lacks, path);
        }
    }
    return NULL;
}

static int refuse(const struct across *a, struct bd_err *err)
{
    bd_auto_free char *why = NULL;
    for (size_t i = 1; i < a->n && !why; i++)
        why = why_apart(&a->campaigns[0], &a->campaigns[i]);
    return bd_err_set(err, BD_EINVALID, "no cell is in all of these campaigns: %s",
                      why ? why : "none has the same levels of all factors everywhere");
}

int across_new(const struct across_campaign *campaigns, size_t n, const struct bd_strv *metrics,
               double confidence, struct across **ret_across, struct bd_err *err)
{
    int rc = check(campaigns, n, err);
    if (rc < 0)
        return rc;
    bd_auto(across) struct across *a = bd_new(struct across);
    a->campaigns = campaigns;
    a->n = n;
    a->levels = json_array();
    a->unmatched = json_array();
    match(a);
    if (json_array_size(a->levels) == 0)
        return refuse(a, err);
    a->factors = factors_of(a);
    find_differences(a);
    make_one(a, metrics, confidence);
    *ret_across = bd_take(a);
    return 0;
}

void across_free(struct across *a)
{
    if (!a)
        return;
    analysis_free(a->analysis);
    json_decref(a->levels);
    json_decref(a->factors);
    json_decref(a->unmatched);
    json_decref(a->differences);
    free(a->budget_why);
    for (size_t i = 0; i < a->n; i++)
        free(a->cells[i]);
    free(a);
}

void across_add(struct across *a, size_t campaign, const struct analysis_run *run)
{
    const struct across_campaign *c = &a->campaigns[campaign];
    if (run->cell >= json_array_size(c->levels) || run->block < c->warmup)
        return;
    size_t block = run->block - c->warmup, *seen = &a->seen[campaign];
    if (run->outcome != ANALYSIS_CANCELLED && block >= *seen)
        *seen = block + 1;
    if (a->cells[campaign][run->cell] == NO_CELL)
        return;
    struct analysis_run moved = *run;
    /* What an image's name stands for is to be the same within a campaign; between them it is among
     * the differences. */
    bd_auto_free char *image =
        run->image ? bd_xasprintf("%s of campaign %s", run->image, c->id) : NULL;
    moved.image = image;
    moved.cell = a->cells[campaign][run->cell];
    moved.block = block;
    analysis_add(a->analysis, &moved);
}

size_t across_campaigns(const struct across *a)
{
    return a->n;
}

const char *across_id(const struct across *a, size_t campaign)
{
    return a->campaigns[campaign].id;
}

/* -- rules for stopping -- */

/* What a campaign's rule asks of the intervals of medians for what has been run of it, so that they
 * hold although the rule may have stopped it. */
static double raised(const struct across *a, size_t campaign)
{
    struct stats_until until = a->designs[campaign].until;
    size_t blocks = a->seen[campaign] > until.min ? a->seen[campaign] : until.min;
    until.confidence = a->as_one.confidence;
    stats_until_init(&until);
    return stats_until_confidence(&until, blocks);
}

static void raise_intervals(struct across *a, json_t *notes)
{
    double most = a->as_one.confidence;
    for (size_t i = 0; i < a->n; i++) {
        if (!a->designs[i].until_metric)
            continue;
        double asked = raised(a, i);
        most = fmax(most, asked);
        json_array_append_new(
            notes,
            json_sprintf("campaign %s goes by a rule for stopping: for its %zu blocks it asks "
                         "intervals of medians to cover with %.6g %%; comparisons are not "
                         "corrected for its looks",
                         a->campaigns[i].id, a->seen[i], 100 * asked));
    }
    a->as_one.interval_confidence = most;
}

json_t *across_json(struct across *a, double margin)
{
    json_t *campaigns = json_array(), *notes = json_array();
    for (size_t i = 0; i < a->n; i++)
        json_array_append_new(campaigns, json_pack("{s:s, s:s}", "id", a->campaigns[i].id, "name",
                                                   a->campaigns[i].name));
    raise_intervals(a, notes);
    return json_pack("{s:s, s:o, s:O, s:O, s:o, s:b, s:o, s:o}", "schema", "benchd.comparison/1",
                     "campaigns", campaigns, "differences", a->differences, "unmatched",
                     a->unmatched, "notes", notes, "paired", a->as_one.paired, "gate",
                     isnan(margin) ? json_null() : gate_json(a->analysis, ACROSS_FACTOR, margin),
                     "analysis", analysis_json(a->analysis));
}
