/* The specs in docs/examples, held against the contract. */
#include "tests/schema/support.h"

#include "contract.h"

#include "lib/base/fs.h"
#include "lib/yaml/yaml.h"

#include <glob.h>

enum { EXAMPLE_MAX_BYTES = 1 << 20 };

static void assert_fits(const struct schema *schema, const char *path)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *text = NULL;
    bd_auto_json json_t *spec = NULL;
    bd_auto_faults struct schema_faults faults = {0};
    bd_auto_str struct bd_str told = {0};
    size_t bytes = 0;
    ck_assert_msg(bd_read_file(path, EXAMPLE_MAX_BYTES, &text, &bytes, &err) == 0, "%s", err.text);
    ck_assert_msg(yaml_parse(text, bytes, path, &spec, NULL, &err) == 0, "%s", err.text);
    schema_check(schema, spec, "", &faults);
    faults_text(&faults, &told);
    ck_assert_msg(faults.n == 0, "%s:\n%s", path, bd_str_text(&told));
}

START_TEST(every_example_fits_the_contract)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *contract = NULL;
    bd_auto(schema) struct schema *schema = NULL;
    glob_t found = {0};
    ck_assert_int_eq(bd_json_parse(contract_json, contract_json_bytes, &contract, &err), 0);
    ck_assert_msg(schema_compile(contract, "/components/schemas/CampaignSpec", &schema, &err) == 0,
                  "%s", err.text);
    ck_assert_int_eq(glob(EXAMPLES_DIR "/*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        assert_fits(schema, found.gl_pathv[i]);
    globfree(&found);
}
END_TEST

Suite *examples_suite(void)
{
    Suite *suite = suite_create("schema: examples");
    TCase *tests = tcase_create("examples");
    tcase_add_test(tests, every_example_fits_the_contract);
    suite_add_tcase(suite, tests);
    return suite;
}
