/* Texts that are kept beside the tests of adapters. */
#pragma once

#include "tests/base/unit.h"

/* Compares with a file kept beside the tests, or writes it where BENCHD_REGENERATE is set. */
static inline void assert_golden(const char *name, const char *text)
{
    bd_auto_free char *path = bd_xasprintf(GOLDEN_DIR "/%s", name);
    bd_auto_free char *golden = NULL;
    struct bd_err err = BD_ERR_INIT;
    if (getenv("BENCHD_REGENERATE")) {
        ck_assert_msg(bd_write_file(path, text, strlen(text), 0644, &err) == 0, "%s", err.text);
        return;
    }
    ck_assert_msg(bd_read_file(path, 1 << 20, &golden, NULL, &err) == 0, "%s", err.text);
    ck_assert_str_eq(text, golden);
}
