#include "analyse.h"

#include "api.h"
#include "campaign.h"
#include "show.h"
#include "table.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* -- figures -- */

static void add_real(struct table *t, const json_t *object, const char *key)
{
    char text[TEXT_NUMBER_BYTES];
    const json_t *value = json_object_get(object, key);
    table_add(t, STYLE_PLAIN,
              json_is_number(value) ? text_real(json_number_value(value), text) : NULL);
}

static void add_interval(struct table *t, const json_t *interval)
{
    char low[TEXT_NUMBER_BYTES], high[TEXT_NUMBER_BYTES];
    double coverage = bd_json_real(interval, "coverage", 0);
    if (json_is_object(interval))
        table_addf(t, STYLE_PLAIN, "%s to %s (%.*g %%)",
                   text_real(bd_json_real(interval, "low", 0), low),
                   text_real(bd_json_real(interval, "high", 0), high), coverage < 0.9995 ? 3 : 6,
                   100 * coverage);
    else
        table_add(t, STYLE_PLAIN, NULL);
}

static void print_title(const struct cli *cli, const char *title)
{
    bd_auto_str struct bd_str safe = {0};
    text_escape(&safe, title);
    printf("\n%s%s%s\n", term_on(&cli->out, STYLE_BOLD), bd_str_text(&safe), term_off(&cli->out));
}

static void print_sentences(const struct cli *cli, const json_t *sentences, size_t indent)
{
    static const struct table_column column[] = {{NULL, false}};
    table_auto struct table table = {0};
    table_init(&table, column, 1);
    const json_t *sentence;
    size_t i;
    json_array_foreach (sentences, i, sentence) {
        table_add(&table, STYLE_PLAIN, json_string_value(sentence));
    }
    table_print(&table, &cli->out, indent);
}

/* -- cells -- */

static void add_cell(struct table *t, const struct levels *levels, const json_t *cell,
                     const json_t *figures)
{
    static const char *const reals[] = {"median", "min", "max"};
    levels_add(levels, t, json_object_get(cell, "levels"));
    table_addf(t, STYLE_PLAIN, "%lld", (long long)bd_json_int(figures, "n", 0));
    table_addf(t, STYLE_PLAIN, "%lld", (long long)bd_json_int(figures, "excluded", 0));
    for (size_t i = 0; i < BD_ARRAY_LEN(reals); i++)
        add_real(t, figures, reals[i]);
    add_interval(t, json_object_get(figures, "interval"));
}

static void print_cells(const struct cli *cli, const json_t *cells, const json_t *figures)
{
    static const struct table_column after[] = {{"N", true},      {"LEFT OUT", true},
                                                {"MEDIAN", true}, {"MIN", true},
                                                {"MAX", true},    {"INTERVAL", false}};
    levels_auto struct levels levels = {0};
    levels_collect(&levels, cells, "levels");
    size_t n = levels.paths.n, width = n + BD_ARRAY_LEN(after), i;
    bd_auto_free struct table_column *columns = bd_xcalloc(width, sizeof(*columns));
    levels_add_columns(&levels, columns);
    memcpy(columns + n, after, sizeof(after));
    table_auto struct table table = {0};
    table_init(&table, columns, width);
    const json_t *cell;
    json_array_foreach (cells, i, cell) {
        add_cell(&table, &levels, cell, json_array_get(figures, i));
    }
    table_print(&table, &cli->out, 2);
}

/* -- comparisons -- */

static void add_level(struct table *t, const json_t *comparison, const char *key)
{
    const json_t *level = json_object_get(comparison, key);
    bd_auto_str struct bd_str text = {0};
    if (json_is_string(json_object_get(comparison, "factor")))
        api_add_value(&text, level);
    else
        levels_text(level, &text);
    table_add(t, STYLE_PLAIN, bd_str_text(&text));
}

static void add_context(struct table *t, const json_t *comparison)
{
    const json_t *context = json_object_get(comparison, "context");
    bd_auto_str struct bd_str text = {0};
    if (json_is_object(context) && json_object_size(context) > 0)
        levels_text(context, &text);
    else if (json_is_null(context) && json_is_null(json_object_get(comparison, "cell")))
        bd_str_add(&text, "(all)");
    table_add(t, STYLE_PLAIN, text.len ? bd_str_text(&text) : NULL);
}

/* "1.32 x", or (where a ratio makes no sense) "+0.5", with the interval. */
static void add_effect(struct table *t, const json_t *comparison)
{
    const char *estimand = bd_json_str(comparison, "estimand", "");
    const json_t *told = json_object_get(comparison, estimand);
    double by = bd_json_real(told, "estimate", 0);
    char text[TEXT_NUMBER_BYTES];
    if (!json_is_object(told))
        table_add(t, STYLE_PLAIN, NULL);
    else if (bd_str_eq(estimand, "ratio"))
        table_addf(t, STYLE_PLAIN, "%s x", text_real(by, text));
    else
        table_addf(t, STYLE_PLAIN, "%s%s", by > 0 ? "+" : "", text_real(by, text));
    add_interval(t, json_object_get(told, "interval"));
}

static void add_p(struct table *t, const json_t *comparison)
{
    const json_t *p = json_object_get(comparison, "pCorrected");
    if (json_is_number(p))
        table_addf(t, STYLE_PLAIN, "%.2g", json_number_value(p));
    else
        table_add(t, STYLE_PLAIN, NULL);
}

static void add_comparison(struct table *t, const json_t *comparison)
{
    static const struct {
        const char *word;
        enum term_style style;
    } results[] = {{"better", STYLE_GOOD},
                   {"worse", STYLE_BAD},
                   {"mixed", STYLE_WARN},
                   {"unresolved", STYLE_DIM}};
    const char *result = bd_json_str(comparison, "result", "?");
    const json_t *delta = json_object_get(comparison, "delta");
    enum term_style style = STYLE_PLAIN;
    for (size_t i = 0; i < BD_ARRAY_LEN(results); i++)
        style = bd_str_eq(results[i].word, result) ? results[i].style : style;
    add_level(t, comparison, "level");
    add_level(t, comparison, "reference");
    add_context(t, comparison);
    table_addf(t, STYLE_PLAIN, "%lld", (long long)bd_json_int(comparison, "n", 0));
    add_effect(t, comparison);
    add_p(t, comparison);
    table_add(t, STYLE_PLAIN, bd_json_str(delta, "magnitude", NULL));
    table_add(t, style, result);
}

static void print_comparisons(const struct cli *cli, const json_t *comparisons)
{
    static const struct table_column columns[] = {
        {"LEVEL", false},    {"AGAINST", false}, {"WHERE", false}, {"N", true},      {"BY", true},
        {"INTERVAL", false}, {"P", true},        {"DELTA", false}, {"RESULT", false}};
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *comparison;
    size_t i;
    if (json_array_size(comparisons) == 0)
        return;
    json_array_foreach (comparisons, i, comparison) {
        add_comparison(&table, comparison);
    }
    printf("\n");
    table_print(&table, &cli->out, 2);
}

/* -- effects -- */

/* "SchedulerType 61 %, compute 20 %, both 3 %; left 16 %" */
static void print_effects(const struct cli *cli, const json_t *effects)
{
    const json_t *item, *factor, *items = json_object_get(effects, "items");
    bd_auto_str struct bd_str line = {0}, safe = {0};
    size_t i, k;
    if (json_array_size(items) < 2)
        return;
    json_array_foreach (items, i, item) {
        bd_str_add(&line, i ? ", " : "variance of ranks: ");
        json_array_foreach (json_object_get(item, "factors"), k, factor) {
            const char *path = json_string_value(factor), *dot = strrchr(path, '.');
            bd_str_addf(&line, "%s%s", k ? " x " : "", dot ? dot + 1 : path);
        }
        bd_str_addf(&line, " %.3g %%", 100 * bd_json_real(item, "share", 0));
    }
    bd_str_addf(&line, "; left %.3g %%", 100 * bd_json_real(effects, "left", 0));
    text_escape(&safe, bd_str_text(&line));
    bd_auto_json json_t *lines = json_pack("[s]", bd_str_text(&safe));
    printf("\n");
    print_sentences(cli, lines, 2);
}

static void print_metric(const struct cli *cli, const json_t *cells, const json_t *metric)
{
    const char *direction = bd_json_str(metric, "direction", "");
    const char *unit = bd_json_str(metric, "unit", "");
    const char *better = bd_str_eq(direction, "min")   ? "lower is better"
                         : bd_str_eq(direction, "max") ? "higher is better"
                                                       : "";
    bd_auto_str struct bd_str notes = {0}, title = {0};
    bd_str_addf(&notes, "%s%s%s", unit, unit[0] && better[0] ? ", " : "", better);
    bd_str_addf(&title, notes.len ? "%s (%s)" : "%s%s", bd_json_str(metric, "name", "?"),
                bd_str_text(&notes));
    print_title(cli, bd_str_text(&title));
    print_cells(cli, cells, json_object_get(metric, "cells"));
    print_comparisons(cli, json_object_get(metric, "comparisons"));
    print_effects(cli, json_object_get(metric, "effects"));
}

/* -- the front -- */

static void print_pareto(const struct cli *cli, const json_t *cells, const json_t *pareto)
{
    static const struct table_column columns[] = {
        {"CELL", false}, {"ON THE FRONT", false}, {"IN RESAMPLES", true}};
    const json_t *objective, *cell;
    bd_auto_str struct bd_str title = {0};
    table_auto struct table table = {0};
    size_t i;
    if (!json_is_object(pareto))
        return;
    bd_str_add(&title, "Pareto front of ");
    json_array_foreach (json_object_get(pareto, "objectives"), i, objective) {
        bd_str_addf(&title, "%s%s", i ? ", " : "", bd_json_str(objective, "metric", "?"));
    }
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    json_array_foreach (json_object_get(pareto, "cells"), i, cell) {
        const json_t *p = json_object_get(cell, "probability");
        table_add(&table, STYLE_PLAIN, bd_json_str(json_array_get(cells, i), "name", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_bool(cell, "onFront", 0) ? "yes" : "no");
        if (json_is_number(p))
            table_addf(&table, STYLE_PLAIN, "%.3g %%", 100 * json_number_value(p));
        else
            table_add(&table, STYLE_PLAIN, NULL);
    }
    print_title(cli, bd_str_text(&title));
    table_print(&table, &cli->out, 2);
}

/* -- verdict and checklist -- */

static void print_verdict(const struct cli *cli, const json_t *verdict)
{
    const char *value = bd_json_str(verdict, "value", "?");
    const json_t *reasons = json_object_get(verdict, "reasons");
    bd_auto_str struct bd_str safe = {0};
    text_escape(&safe, value);
    printf("\nverdict: %s%s%s%s\n", term_on(&cli->out, show_state_style(value)), bd_str_text(&safe),
           term_off(&cli->out),
           json_array_size(reasons) ? ", because" : ": nothing speaks against it");
    print_sentences(cli, reasons, 2);
}

/* "; not met: 2, 11", of those that have that status; nothing where none has. Answers how many. */
static size_t add_rules(struct bd_str *out, const json_t *checklist, const char *status)
{
    const json_t *item;
    size_t i, n = 0;
    json_array_foreach (checklist, i, item) {
        if (!bd_str_eq(bd_json_str(item, "status", ""), status))
            continue;
        if (n++ == 0)
            bd_str_addf(out, "; %s: ", status);
        else
            bd_str_add(out, ", ");
        bd_str_addf(out, "%lld", (long long)bd_json_int(item, "rule", 0));
    }
    return n;
}

static void print_checklist(const json_t *checklist)
{
    bd_auto_str struct bd_str rules = {0}, met = {0};
    size_t n = add_rules(&met, checklist, "met"), faults = add_rules(&rules, checklist, "not met");
    add_rules(&rules, checklist, "not applicable");
    if (json_array_size(checklist) > 0)
        printf("\nchecklist (Hoefler and Belli 2015): %zu of %zu rules met%s\n", n, n + faults,
               bd_str_text(&rules));
}

void analyse_print(const struct cli *cli, const json_t *analysis)
{
    const json_t *metric, *cells = json_object_get(analysis, "cells");
    const char *state = bd_json_str(analysis, "state", NULL);
    size_t i;
    if (state && !campaign_is_at_end(analysis))
        cli_note(cli, MARK_INFO, "campaign %s is %s: what follows is of the runs so far",
                 bd_json_str(analysis, "campaign", "?"), state);
    print_sentences(cli, json_object_get(analysis, "words"), 0);
    json_array_foreach (json_object_get(analysis, "metrics"), i, metric) {
        print_metric(cli, cells, metric);
    }
    print_pareto(cli, cells, json_object_get(analysis, "pareto"));
    print_verdict(cli, json_object_get(analysis, "verdict"));
    print_checklist(json_object_get(analysis, "checklist"));
}
