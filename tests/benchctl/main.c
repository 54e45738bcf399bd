#include "suites.h"

#include "clients/benchctl/text.h"

#include <stdlib.h>

int main(void)
{
    (void)text_setup();
    SRunner *runner = srunner_create(args_suite());
    srunner_add_suite(runner, stream_suite());
    srunner_add_suite(runner, text_suite());
    srunner_add_suite(runner, spec_suite());
    srunner_add_suite(runner, commands_suite());
    srunner_add_suite(runner, campaign_suite());
    srunner_add_suite(runner, csvread_suite());
    srunner_add_suite(runner, results_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
