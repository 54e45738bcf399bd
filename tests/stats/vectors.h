/*
 * Vectors of tests/vectors/stats, which other programs made: SciPy, R, mpmath. In JSON, where there
 * is no NAN, null stands for it, and "inf" and "-inf" for what they say.
 */
#pragma once

#include "lib/base/json.h"
#include "lib/base/rng.h"
#include "tests/base/unit.h"

#include <math.h>
#include <string.h>

/* The whole file; a new reference. Fails the test where it can't be read. */
static inline json_t *vectors_load(const char *name)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", VECTORS_DIR, name);
    json_error_t error;
    json_t *vectors = json_load_file(path, 0, &error);
    ck_assert_msg(vectors != NULL, "%s: line %d: %s", path, error.line, error.text);
    return vectors;
}

static inline double vectors_number(const json_t *json)
{
    if (json_is_string(json))
        return strcmp(json_string_value(json), "-inf") == 0 ? -INFINITY : INFINITY;
    return json_is_number(json) ? json_number_value(json) : NAN;
}

/* An array's, into ret_numbers; answers how many there are. */
static inline size_t vectors_numbers(const json_t *array, double *ret_numbers, size_t most)
{
    ck_assert_msg(json_array_size(array) <= most, "more than %zu numbers", most);
    for (size_t i = 0; i < json_array_size(array); i++)
        ret_numbers[i] = vectors_number(json_array_get(array, i));
    return json_array_size(array);
}

#define VECTORS_MOST 5001

/* Of samples.json's samples; a new array (free()). */
static inline double *vectors_sample(const json_t *samples, const char *name, size_t *ret_n)
{
    const json_t *sample = json_object_get(json_object_get(samples, "samples"), name);
    double *values = bd_xcalloc(VECTORS_MOST, sizeof(*values));
    ck_assert_msg(sample != NULL, "no sample '%s'", name);
    *ret_n = vectors_numbers(sample, values, VECTORS_MOST);
    return values;
}

/* Fisher and Yates's. */
static inline void vectors_shuffle(struct bd_rng *rng, double *values, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = bd_rng_below(rng, i);
        double kept = values[i - 1];
        values[i - 1] = values[other];
        values[other] = kept;
    }
}

/* Within a share of what it should be; NAN is close to NAN. */
static inline bool vectors_close(double is, double should, double relative)
{
    if (isnan(is) || isnan(should))
        return isnan(is) && isnan(should);
    return is == should || fabs(is - should) <= relative * fabs(should);
}

static inline int vectors_run(Suite *suite, TCase *tcase)
{
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
