/* benchctl campaign analyse. */
#include "analyse.h"
#include "api.h"
#include "campaign.h"
#include "commands.h"
#include "show.h"
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

static void add_interval(struct table *t, const json_t *object)
{
    const json_t *interval = json_object_get(object, "interval");
    char low[TEXT_NUMBER_BYTES], high[TEXT_NUMBER_BYTES];
    if (json_is_object(interval))
        table_addf(t, STYLE_PLAIN, "%s to %s (%.3g %%)",
                   text_real(bd_json_real(interval, "low", 0), low),
                   text_real(bd_json_real(interval, "high", 0), high),
                   100 * bd_json_real(interval, "coverage", 0));
    else
        table_add(t, STYLE_PLAIN, NULL);
}

/* against: NULL for the reference. */
static void add_cell(struct table *t, const struct levels *levels, const json_t *cell,
                     const json_t *against)
{
    static const char *const figures[] = {"median", "min", "max"};
    levels_add(levels, t, json_object_get(cell, "levels"));
    table_addf(t, STYLE_PLAIN, "%lld", (long long)bd_json_int(cell, "n", 0));
    table_addf(t, STYLE_PLAIN, "%lld", (long long)bd_json_int(cell, "excluded", 0));
    for (size_t i = 0; i < BD_ARRAY_LEN(figures); i++)
        add_real(t, cell, figures[i]);
    add_interval(t, cell);
    if (against)
        add_real(t, json_object_get(against, "ratio"), "median");
    else
        table_add(t, STYLE_DIM, "1");
}

static void print_title(const struct cli *cli, const json_t *metric)
{
    static const char *const kinds[][2] = {
        {"min", "lower is better"}, {"max", "higher is better"}, {"", ""}};
    const char *direction = bd_json_str(metric, "direction", "");
    const char *unit = bd_json_str(metric, "unit", "");
    size_t i = 0;
    while (kinds[i][0][0] && !bd_str_eq(kinds[i][0], direction))
        i++;
    const char *better = kinds[i][1];
    bd_auto_str struct bd_str notes = {0}, title = {0};
    bd_str_addf(&notes, "%s%s%s", unit, unit[0] && better[0] ? ", " : "", better);
    bd_str_addf(&title, notes.len ? "%s (%s)" : "%s%s", bd_json_str(metric, "name", "?"),
                bd_str_text(&notes));
    bd_auto_str struct bd_str safe = {0};
    text_escape(&safe, bd_str_text(&title));
    printf("\n%s%s%s\n", term_on(&cli->out, STYLE_BOLD), bd_str_text(&safe), term_off(&cli->out));
}

static void print_metric(const struct cli *cli, const json_t *metric)
{
    static const struct table_column after[] = {
        {"N", true},   {"LEFT OUT", true},  {"MEDIAN", true}, {"MIN", true},
        {"MAX", true}, {"INTERVAL", false}, {"RATIO", true}};
    const json_t *cells = json_object_get(metric, "cells"), *cell;
    const json_t *against = json_object_get(metric, "against");
    levels_auto struct levels levels = {0};
    levels_collect(&levels, cells, "levels");
    size_t n = levels.paths.n, width = n + BD_ARRAY_LEN(after), i;
    bd_auto_free struct table_column *columns = bd_xcalloc(width, sizeof(*columns));
    levels_add_columns(&levels, columns);
    memcpy(columns + n, after, sizeof(after));

    table_auto struct table table;
    table_init(&table, columns, width);
    json_array_foreach (cells, i, cell) {
        add_cell(&table, &levels, cell, i ? json_array_get(against, i - 1) : NULL);
    }
    print_title(cli, metric);
    table_print(&table, &cli->out, 2);
}

/* -- words and verdict -- */

static void print_sentences(const struct cli *cli, const json_t *sentences, size_t indent)
{
    static const struct table_column column[] = {{NULL, false}};
    table_auto struct table table;
    table_init(&table, column, 1);
    const json_t *sentence;
    size_t i;
    json_array_foreach (sentences, i, sentence) {
        table_add(&table, STYLE_PLAIN, json_string_value(sentence));
    }
    table_print(&table, &cli->out, indent);
}

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

void analyse_print(const struct cli *cli, const json_t *analysis)
{
    const char *state = bd_json_str(analysis, "state", "?");
    const json_t *metric;
    size_t i;
    if (!campaign_is_at_end(analysis))
        cli_note(cli, MARK_INFO, "campaign %s is %s: what follows is of the runs so far",
                 bd_json_str(analysis, "campaign", "?"), state);
    print_sentences(cli, json_object_get(analysis, "words"), 0);
    json_array_foreach (json_object_get(analysis, "metrics"), i, metric) {
        print_metric(cli, metric);
    }
    print_verdict(cli, json_object_get(analysis, "verdict"));
}

static void add_parameter(struct bd_str *query, const char *name, const char *value)
{
    bd_auto_free char *quoted = api_quote(value);
    bd_str_addf(query, "%s%s=%s", strchr(bd_str_text(query), '?') ? "&" : "?", name, quoted);
}

char *analyse_query(const struct args *args, const char *path, const char *format)
{
    static const char *const others[] = {"by", "confidence"};
    struct bd_str query = {0};
    bd_str_add(&query, path);
    if (format)
        add_parameter(&query, "format", format);
    bool first = true;
    for (size_t i = 0; i < args->n; i++) {
        if (!bd_str_eq(args->values[i].option->name, "metric"))
            continue;
        bd_auto_free char *quoted = api_quote(args->values[i].text);
        if (first)
            add_parameter(&query, "metric", args->values[i].text);
        else
            bd_str_addf(&query, ",%s", quoted);
        first = false;
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(others); i++)
        if (args_has(args, others[i]))
            add_parameter(&query, others[i], args_get(args, others[i]));
    return bd_str_take(&query);
}

int cmd_campaign_analyse(struct cli *cli, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    bd_auto_free char *query = analyse_query(&cli->args, "/analysis", NULL);
    bd_auto_json json_t *analysis = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_find_path(cli, API_CAMPAIGN, query, &path, err);
    if (r == 0)
        r = api_get(cli, path, &reply, &analysis, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        analyse_print(cli, analysis);
    return CLI_OK;
}
