/* An analysis in sentences. */
#include "lib/report/analysis_priv.h"

#include <stdio.h>
#include <string.h>

/* -- cells -- */

static void add_level(struct bd_str *out, const json_t *level)
{
    if (json_is_string(level)) {
        bd_str_add(out, json_string_value(level));
        return;
    }
    bd_auto_free char *text = json_dumps(level, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS |
                                                    JSON_REAL_PRECISION(10));
    bd_str_add(out, text);
}

char *analysis_cell_name(const json_t *levels)
{
    struct bd_str out = {0};
    bd_auto_strv struct bd_strv paths = {0};
    const char *path;
    json_t *level;
    json_object_foreach ((json_t *)levels, path, level)
        bd_strv_add(&paths, path);
    bd_strv_sort(&paths);
    bool bare = paths.n == 1 && json_is_string(json_object_get(levels, paths.items[0]));
    for (size_t i = 0; i < paths.n; i++) {
        const char *dot = strrchr(paths.items[i], '.');
        if (!bare)
            bd_str_addf(&out, "%s%s=", i ? ", " : "", dot ? dot + 1 : paths.items[i]);
        add_level(&out, json_object_get(levels, paths.items[i]));
    }
    if (paths.n == 0)
        bd_str_add(&out, "the base");
    return bd_str_take(&out);
}

/* -- figures -- */

static bool is_time(const struct compared_metric *m)
{
    return m->kind == STATS_COST && strcmp(m->unit, "s") == 0;
}

/* "1.21 to 1.4", or with the interval where there is one. */
static void add_range(struct bd_str *out, const struct stats_summary *s)
{
    if (s->interval.is_there)
        bd_str_addf(out, "%.3g %% interval %.3g to %.3g", 100 * s->interval.coverage,
                    s->interval.low, s->interval.high);
    else
        bd_str_addf(out, "%.3g to %.3g", s->min, s->max);
}

/* "longer in 3 of 3": the side on which more blocks are. */
static void add_blocks(struct bd_str *out, const struct compared_metric *m,
                       const struct stats_pairs *p)
{
    static const char *const words[2][2] = {{"lower", "higher"}, {"shorter", "longer"}};
    bool higher = p->higher >= p->lower;
    if (p->higher + p->lower == 0)
        bd_str_addf(out, "the same in all %zu", p->n);
    else
        bd_str_addf(out, "%s in %zu of %zu", words[is_time(m)][higher],
                    higher ? p->higher : p->lower, p->n);
}

static void add_pairs(struct bd_str *out, const struct analysis *c, const struct compared_metric *m,
                      const struct stats_pairs *p, size_t cell)
{
    if (p->n == 0) {
        bd_str_addf(out, "no block has both %s and %s", c->names[cell], c->names[0]);
        return;
    }
    if (p->ratio.n > 0) {
        bd_str_addf(out, "%s %s %.3g times as %s as %s", c->names[cell],
                    is_time(m) ? "takes" : "is", p->ratio.median, is_time(m) ? "long" : "high",
                    c->names[0]);
    } else {
        bd_str_addf(out, "%s differs from %s by %+.3g%s%s", c->names[cell], c->names[0],
                    p->difference.median, *m->unit ? " " : "", m->unit);
    }
    if (p->n > 1) {
        bd_str_addf(out, " (median of %zu blocks, ", p->n);
        add_range(out, p->ratio.n ? &p->ratio : &p->difference);
    } else {
        bd_str_add(out, " (one block");
    }
    bd_str_add(out, "; ");
    add_blocks(out, m, p);
    bd_str_add(out, ")");
}

static void add_alone(struct bd_str *out, const struct analysis *c, const struct compared_metric *m)
{
    struct stats_summary s;
    stats_describe(analysis_values(c, m, 0), c->n_blocks, STATS_CONFIDENCE, &s);
    bd_str_addf(out, "%.4g%s%s (median of %zu run%s, ", s.median, *m->unit ? " " : "", m->unit, s.n,
                s.n == 1 ? "" : "s");
    add_range(out, &s);
    bd_str_add(out, ")");
}

void analysis_words(const struct analysis *c, const struct compared_metric *m, json_t *ret_words)
{
    for (size_t cell = c->n_cells > 1; cell < c->n_cells; cell++) {
        struct stats_pairs p;
        bd_auto_str struct bd_str text = {0};
        bd_str_addf(&text, "%s: ", m->name);
        stats_pair(analysis_values(c, m, cell), analysis_values(c, m, 0), c->n_blocks,
                   STATS_CONFIDENCE, &p);
        if (c->n_cells > 1)
            add_pairs(&text, c, m, &p, cell);
        else
            add_alone(&text, c, m);
        json_array_append_new(ret_words, json_string(bd_str_text(&text)));
    }
}
