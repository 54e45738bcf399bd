/*
 * What every test program of this folder needs: a main() over a list of tests, a scratch directory.
 * Check runs each test in a process of its own, so a test may change signals, descriptors or the
 * working directory as it likes.
 */
#pragma once

#include "lib/base/fs.h"
#include "lib/base/mem.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* UNIT_MAIN("str", test_a, test_b) */
#define UNIT_MAIN(name, ...)                                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return unit_run(name, tests, BD_ARRAY_LEN(tests));                                         \
    }

static inline int unit_run(const char *name, const TTest *const *tests, size_t n)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A new directory to work in; its removal is the test's last line, and a test of bd_rm_rf() too. */
static inline char *unit_dir(void)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = bd_xasprintf("%s/benchd-test.XXXXXX", tmp ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    return dir;
}

static inline void unit_dir_done(char *dir)
{
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(bd_rm_rf(dir, &err) == 0, "%s", err.text);
    free(dir);
}
