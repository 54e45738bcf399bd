#include "tests/schema/support.h"

#include <string.h>

json_t *parse(const char *text_in_apostrophes)
{
    bd_auto_free char *text = bd_xstrdup(text_in_apostrophes);
    for (char *p = text; (p = strchr(p, '\'')); p++)
        *p = '"';
    json_error_t why;
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    ck_assert_msg(json != NULL, "%s: %s", text, why.text);
    return json;
}

struct schema *compile(const char *schema_in_apostrophes)
{
    bd_auto_json json_t *document = parse(schema_in_apostrophes);
    struct bd_err err = BD_ERR_INIT;
    struct schema *schema = NULL;
    ck_assert_msg(schema_compile(document, "", &schema, &err) == 0, "%s: %s", schema_in_apostrophes,
                  err.text);
    return schema;
}

void faults_text(const struct schema_faults *f, struct bd_str *out)
{
    for (size_t i = 0; i < f->n; i++)
        bd_str_addf(out, "%s%s | %s | %s", i ? "\n" : "", f->items[i].pointer, f->items[i].expected,
                    f->items[i].got ? f->items[i].got : "-");
}

int main(void)
{
    SRunner *runner = srunner_create(check_suite());
    srunner_add_suite(runner, compile_suite());
    srunner_add_suite(runner, contract_suite());
    srunner_add_suite(runner, examples_suite());
    srunner_add_suite(runner, hostile_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
