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

/* baseline: NULL, where it is the first of the operands. margin: of the gate; NULL: none is asked
 * for. */
static int ask(struct cli *cli, const char *baseline, const double *margin,
               struct http_reply *reply, json_t **ret, struct bd_err *err)
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
    if (margin)
        json_object_set_new(body, "margin", json_real(*margin));
    return r < 0 ? r : api_create(cli, "/v1/comparisons", body, reply, ret, err);
}

static void print_notes(const struct cli *cli, const json_t *comparison)
{
    const json_t *note;
    size_t i, n = json_array_size(json_object_get(comparison, "unmatched"));
    if (n)
        cli_note(cli, MARK_INFO, "%zu cell%s not in all of the campaigns, and left out", n,
                 n == 1 ? " is" : "s are");
    json_array_foreach (json_object_get(comparison, "notes"), i, note)
        cli_note(cli, MARK_INFO, "%s", json_string_value(note));
}

int cmd_campaign_compare(struct cli *cli, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    bd_auto_json json_t *comparison = NULL;
    int r = ask(cli, NULL, NULL, &reply, &comparison, err);
    if (r < 0)
        return r;
    if (cli->json) {
        cli_print_json(bd_str_text(&reply.body));
        return CLI_OK;
    }
    print_notes(cli, comparison);
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

/* "1.32 x" or "+4.2 s", and the interval. */
static void add_worse(struct table *t, const json_t *item)
{
    const json_t *worse = json_object_get(item, "worse");
    const json_t *estimate = json_object_get(worse, "estimate");
    const json_t *interval = json_object_get(worse, "interval");
    const char *unit = bd_json_str(item, "unit", "");
    char low[TEXT_NUMBER_BYTES], high[TEXT_NUMBER_BYTES];
    if (!json_is_number(estimate))
        table_add(t, STYLE_PLAIN, NULL);
    else if (bd_str_eq(bd_json_str(item, "estimand", ""), "ratio"))
        table_addf(t, STYLE_PLAIN, "%s x", text_real(json_number_value(estimate), low));
    else
        table_addf(t, STYLE_PLAIN, "%s%s%s%s", json_number_value(estimate) > 0 ? "+" : "",
                   text_real(json_number_value(estimate), low), *unit ? " " : "", unit);
    if (json_is_object(interval))
        table_addf(t, STYLE_PLAIN, "%s to %s", text_real(bd_json_real(interval, "low", 0), low),
                   text_real(bd_json_real(interval, "high", 0), high));
    else
        table_add(t, STYLE_PLAIN, NULL);
}

static void print_gate(const struct cli *cli, const json_t *gate)
{
    static const struct table_column columns[] = {{"METRIC", false}, {"CELL", false},
                                                  {"AS BAD", true},  {"INTERVAL", false},
                                                  {"ANSWER", false}, {"WHY", false}};
    table_auto struct table table = {0};
    const json_t *item;
    size_t i;
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    json_array_foreach (json_object_get(gate, "items"), i, item) {
        const char *answer = bd_json_str(item, "answer", "?");
        table_add(&table, STYLE_PLAIN, bd_json_str(item, "metric", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(item, "name", "?"));
        add_worse(&table, item);
        table_add(&table, style_of(answer), answer);
        table_add(&table, STYLE_PLAIN, bd_json_str(item, "why", ""));
    }
    table_print(&table, &cli->out, 0);
    const char *answer = bd_json_str(gate, "answer", "?");
    printf("\n%s%s%s: %s\n", term_on(&cli->out, style_of(answer)), answer, term_off(&cli->out),
           bd_json_str(gate, "why", ""));
}

/* The gate as the daemon has it, and in what the campaigns differ; NULL: it has none. */
static json_t *gate_of(const json_t *comparison, enum gate *ret_answer)
{
    const json_t *gate = json_object_get(comparison, "gate");
    if (gate_from_str(bd_json_str(gate, "answer", ""), ret_answer) < 0)
        return NULL;
    json_t *own = json_deep_copy(gate);
    json_object_set(own, "differences", json_object_get(comparison, "differences"));
    return own;
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
        r = ask(cli, baseline, &margin, &reply, &comparison, err);
    if (r < 0)
        return r;
    bd_auto_json json_t *gate = gate_of(comparison, &answer);
    if (!gate)
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "the daemon answers without a gate: it is older than this benchctl");
    if (cli->json) {
        bd_auto_free char *text = json_dumps(gate, JSON_COMPACT);
        cli_print_json(text ? text : "");
    } else {
        print_notes(cli, comparison);
        print_differences(cli, json_object_get(gate, "differences"), "BASELINE", "CAMPAIGN");
        putchar('\n');
        print_gate(cli, gate);
    }
    return exits[answer];
}
