/* benchctl campaign compare, gate: campaigns against each other. */
#include "analyse.h"
#include "api.h"
#include "commands.h"
#include "differences_print.h"
#include "table.h"
#include "text.h"

#include "lib/report/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- asking -- */

static int add_campaign(struct cli *cli, const char *ref, json_t *list, struct bd_err *err)
{
    bd_auto_free char *id = NULL;
    int r = api_find(cli, API_CAMPAIGN, ref, &id, err);
    if (r == 0)
        json_array_append_new(list, json_string(id));
    return r;
}

static json_t *metrics_of(const struct args *args)
{
    json_t *list = json_array();
    for (size_t i = 0; i < args->n; i++)
        if (bd_str_eq(args->values[i].option->name, "metric"))
            json_array_append_new(list, json_string(args->values[i].text));
    return list;
}

/* baseline: NULL, where it is the first of the operands. */
static int ask(struct cli *cli, const char *baseline, struct http_reply *reply, json_t **ret,
               struct bd_err *err)
{
    const struct bd_strv *refs = &cli->args.operands;
    const char *confidence = args_get(&cli->args, "confidence");
    json_t *campaigns = json_array();
    bd_auto_json json_t *body =
        json_pack("{s:o, s:o}", "campaigns", campaigns, "metrics", metrics_of(&cli->args));
    int r = baseline ? add_campaign(cli, baseline, campaigns, err) : 0;
    for (size_t i = 0; i < refs->n && r == 0; i++)
        r = add_campaign(cli, refs->items[i], campaigns, err);
    if (confidence)
        json_object_set_new(body, "confidence", json_real(strtod(confidence, NULL)));
    return r < 0 ? r : api_create(cli, "/v1/comparisons", body, reply, ret, err);
}

static void note_unmatched(const struct cli *cli, const json_t *comparison)
{
    size_t n = json_array_size(json_object_get(comparison, "unmatched"));
    if (n)
        cli_note(cli, MARK_INFO, "%zu cell%s not in all of the campaigns, and left out", n,
                 n == 1 ? " is" : "s are");
}

int cmd_campaign_compare(struct cli *cli, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    bd_auto_json json_t *comparison = NULL;
    int r = ask(cli, NULL, &reply, &comparison, err);
    if (r < 0)
        return r;
    if (cli->json) {
        cli_print_json(bd_str_text(&reply.body));
        return CLI_OK;
    }
    note_unmatched(cli, comparison);
    print_differences(cli, json_object_get(comparison, "differences"), "BASELINE", "CAMPAIGN");
    putchar('\n');
    analyse_print(cli, json_object_get(comparison, "analysis"));
    return CLI_OK;
}

/* -- the gate -- */

static int read_margin(const char *text, double *ret_margin, struct bd_err *err)
{
    char *end;
    double value = strtod(text, &end);
    bool is_number = end != text;
    if (is_number && *end == '%') {
        value /= 100;
        end++;
    }
    if (!is_number || *end || !(value >= 0 && value < 1))
        return bd_err_set(
            err, BD_EINVALID,
            "--margin: expected a share below 1 that is not negative, 5%% or 0.05, got '%s'", text);
    *ret_margin = value;
    return 0;
}

static enum term_style style_of(const char *answer)
{
    return bd_str_eq(answer, gate_to_str(GATE_FINE))    ? STYLE_GOOD
           : bd_str_eq(answer, gate_to_str(GATE_WORSE)) ? STYLE_BAD
                                                        : STYLE_WARN;
}

static void print_gate(const struct cli *cli, const json_t *gate)
{
    static const struct table_column columns[] = {
        {"METRIC", false},   {"CELL", false}, {"TIMES AS BAD", true},
        {"INTERVAL", false}, {"P", true},     {"ANSWER", false}};
    table_auto struct table table;
    char number[TEXT_NUMBER_BYTES], other[TEXT_NUMBER_BYTES];
    const json_t *item;
    size_t i;
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    json_array_foreach (json_object_get(gate, "items"), i, item) {
        const json_t *times = json_object_get(item, "times"),
                     *p = json_object_get(item, "pCorrected");
        const json_t *interval = json_object_get(item, "interval");
        const char *answer = bd_json_str(item, "answer", "?");
        table_add(&table, STYLE_PLAIN, bd_json_str(item, "metric", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(item, "name", "?"));
        table_add(&table, STYLE_PLAIN,
                  json_is_number(times) ? text_real(json_number_value(times), number) : NULL);
        if (json_is_object(interval))
            table_addf(&table, STYLE_PLAIN, "%s to %s",
                       text_real(bd_json_real(interval, "low", 0), number),
                       text_real(bd_json_real(interval, "high", 0), other));
        else
            table_add(&table, STYLE_PLAIN, NULL);
        table_add(&table, STYLE_PLAIN,
                  json_is_number(p) ? text_real(json_number_value(p), number) : NULL);
        table_add(&table, style_of(answer), answer);
    }
    table_print(&table, &cli->out, 0);
    const char *answer = bd_json_str(gate, "answer", "?");
    printf("\n%s%s%s: %s\n", term_on(&cli->out, style_of(answer)), answer, term_off(&cli->out),
           bd_json_str(gate, "why", ""));
}

int cmd_campaign_gate(struct cli *cli, struct bd_err *err)
{
    static const enum cli_exit exits[GATE_COUNT] = {
        [GATE_FINE] = CLI_OK, [GATE_WORSE] = CLI_FAILED, [GATE_UNDECIDED] = CLI_UNDECIDED};
    const char *baseline = args_get(&cli->args, "baseline");
    const char *margin_text = args_get(&cli->args, "margin");
    http_auto_reply struct http_reply reply = {0};
    bd_auto_json json_t *comparison = NULL;
    enum gate answer;
    double margin = 0;
    int r = margin_text ? read_margin(margin_text, &margin, err) : 0;
    if (r == 0 && !baseline)
        r = bd_err_set(err, BD_EINVALID, "--baseline: name the campaign to compare with");
    if (r == 0)
        r = ask(cli, baseline, &reply, &comparison, err);
    if (r < 0)
        return r;
    bd_auto_json json_t *gate = gate_json(comparison, margin, &answer);
    json_object_set(gate, "differences", json_object_get(comparison, "differences"));
    if (cli->json) {
        bd_auto_free char *text = json_dumps(gate, JSON_COMPACT);
        cli_print_json(text ? text : "");
    } else {
        note_unmatched(cli, comparison);
        print_differences(cli, json_object_get(gate, "differences"), "BASELINE", "CAMPAIGN");
        putchar('\n');
        print_gate(cli, gate);
    }
    return exits[answer];
}
