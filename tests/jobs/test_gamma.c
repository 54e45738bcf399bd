/* The gamma distribution: the quantiles of another program, the distribution function of another
 * library, and bits that must never change on any platform. */
#include "tests/jobs/support.h"

#include "lib/base/fs.h"
#include "lib/base/rng.h"
#include "lib/jobs/gamma.h"
#include "lib/stats/distributions.h"

#include "tests/base/unit.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define TRIES 20000

static double real_at(const json_t *row, size_t i)
{
    return json_number_value(json_array_get(row, i));
}

/* tests/vectors/gamma/make.py made them. Where small shapes make x a high power of p, its error is
 * that power's. */
START_TEST(quantiles_are_those_that_another_program_finds)
{
    bd_auto_free char *text = NULL;
    bd_auto_json json_t *vectors = NULL;
    size_t bytes = 0;
    ck_assert_int_eq(bd_read_file(VECTORS_DIR "/../gamma/gamma.json", 1 << 20, &text, &bytes, NULL),
                     0);
    ck_assert_int_eq(bd_json_parse(text, bytes, &vectors, NULL), 0);
    const json_t *rows = json_object_get(vectors, "rows"), *row;
    size_t i;
    ck_assert_uint_ge(json_array_size(rows), 100);
    json_array_foreach (rows, i, row) {
        double shape = real_at(row, 0), right = real_at(row, 2);
        double x = gamma_quantile(shape, real_at(row, 1));
        ck_assert_msg(fabs(x - right) <= (shape < 1 ? 1e-13 : 3e-15) * right,
                      "shape %g, p %g: %.17g is not %.17g", shape, real_at(row, 1), x, right);
    }
}
END_TEST

static const double shapes[] = {GAMMA_SHAPE_MIN, 0.5, 1, 2.5, 6.3551, 15.5, 16, 40.3, 300, 2000,
                                GAMMA_SHAPE_MAX};

START_TEST(distribution_is_that_of_the_statistics)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(shapes); i++) {
        for (int k = 0; k <= 400; k++) {
            double x = shapes[i] * k / 100 + k / 20.0, p = gamma_below(shapes[i], x);
            double right = 1 - stats_gamma_upper(shapes[i], x);
            ck_assert_msg(fabs(p - right) < 1e-12, "shape %g at %g: %.17g is not %.17g", shapes[i],
                          x, p, right);
        }
        ck_assert(gamma_below(shapes[i], 0) == 0);
        ck_assert(gamma_below(shapes[i], 1e9) == 1);
    }
}
END_TEST

START_TEST(quantiles_are_the_inverse_and_rise)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(shapes); i++) {
        double before = gamma_quantile(shapes[i], 0);
        ck_assert(before == 0);
        for (int k = 1; k <= 1000; k++) {
            double p = k < 1000 ? k / 1000.0 : 1 - 0x1p-53, x = gamma_quantile(shapes[i], p);
            ck_assert_msg(x > before && isfinite(x), "shape %g, p %g: %g", shapes[i], p, x);
            ck_assert_msg(fabs(gamma_below(shapes[i], x) - p) < 1e-14, "shape %g, p %g", shapes[i],
                          p);
            before = x;
        }
    }
}
END_TEST

static uint64_t mix_bits(uint64_t sum, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return (sum ^ bits) * UINT64_C(0x100000001b3);
}

START_TEST(results_are_the_same_to_the_last_bit)
{
    uint64_t below = 0, quantile = 0;
    struct bd_rng rng;
    bd_rng_init(&rng, 3, 0);
    for (int i = 0; i < TRIES; i++) {
        double u = bd_rng_unit(&rng), shape = shapes[(size_t)i % BD_ARRAY_LEN(shapes)];
        quantile = mix_bits(quantile, gamma_quantile(shape, u));
        below = mix_bits(below, gamma_below(shape, 2 * u * shape));
    }
    ck_assert_msg(quantile == UINT64_C(0x554ec476c89d12a8), "quantile 0x%" PRIx64, quantile);
    ck_assert_msg(below == UINT64_C(0x6bbafb467238e471), "below 0x%" PRIx64, below);
}
END_TEST

UNIT_MAIN("jobs-gamma", quantiles_are_those_that_another_program_finds,
          distribution_is_that_of_the_statistics, quantiles_are_the_inverse_and_rise,
          results_are_the_same_to_the_last_bit)
