#include "tests/plan/support.h"

#include "contract.h"

#include "daemon/api/cell_check.h"

#include <string.h>

struct plan_rules rules;
static struct schema *schema;

static struct cell_check cells;

json_t *contract_json_of(void)
{
    struct bd_err err = BD_ERR_INIT;
    json_t *contract = NULL;
    ck_assert_msg(bd_json_parse(contract_json, contract_json_bytes, &contract, &err) == 0, "%s",
                  err.text);
    return contract;
}

void load_rules(void)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *contract = contract_json_of();
    ck_assert_msg(schema_compile(contract, "/components/schemas/CampaignSpec", &schema, &err) == 0,
                  "%s", err.text);
    rules = (struct plan_rules){.schema = schema, .check = cell_check, .arg = &cells};
}

void unload_rules(void)
{
    schema_free(schema);
    cell_check_done(&cells);
    cells = (struct cell_check){0};
}

static void swap_quotes(char *text, char from, char to)
{
    for (char *c = text; (c = strchr(c, from)); c++)
        *c = to;
}

json_t *spec_with(const char *members_in_apostrophes)
{
    bd_auto_free char *text = bd_xstrdup(members_in_apostrophes);
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *members = NULL;
    swap_quotes(text, '\'', '"');
    ck_assert_msg(bd_json_parse(text, strlen(text), &members, &err) == 0, "%s: %s", text, err.text);
    json_t *spec = json_pack("{s:s, s:{s:s, s:[s]}}", "name", "test", "workload", "name", "command",
                             "command", "true");
    json_object_update(spec, members);
    return spec;
}

struct plan *make(json_t *spec)
{
    struct plan *p = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    int rc = plan_make(spec, &rules, &p, &faults);
    bd_auto_json json_t *list = schema_faults_json(&faults);
    bd_auto_free char *text = bd_json_text(list);
    ck_assert_msg(rc == 0, "%s", text);
    ck_assert_uint_eq(faults.n, 0);
    return p;
}

void cells_text(const struct plan *p, struct bd_str *out)
{
    for (size_t i = 0; i < plan_cells(p); i++) {
        bd_auto_json json_t *levels = plan_cell_levels(p, i);
        bd_auto_free char *text = json_dumps(levels, JSON_COMPACT);
        swap_quotes(text, '"', '\'');
        bd_str_addf(out, "%s\n", text);
    }
}

void order_text(const struct plan *p, struct bd_str *out)
{
    struct plan_run before = {0};
    for (size_t i = 0; i < plan_runs(p); i++) {
        struct plan_run run = plan_run_at(p, i);
        if (i > 0)
            bd_str_add(out, run.group != before.group ? "\n" : " ");
        bd_str_addf(out, "%s%u.%u", run.warmup ? "w" : "", run.block, run.cell);
        before = run;
    }
}

int main(void)
{
    SRunner *runner = srunner_create(plans_suite());
    srunner_add_suite(runner, order_suite());
    srunner_add_suite(runner, faults_suite());
    srunner_add_suite(runner, compose_suite());
    srunner_add_suite(runner, nested_suite());
    srunner_add_suite(runner, sample_suite());
    srunner_add_suite(runner, budget_suite());
    srunner_add_suite(runner, trace_suite());
    srunner_add_suite(runner, definitions_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
