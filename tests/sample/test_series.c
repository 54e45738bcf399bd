/* Series of samples as bytes, and back. */
#include "lib/base/rng.h"
#include "lib/sample/metrics.h"
#include "lib/sample/series.h"
#include "tests/base/unit.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <zstd.h>

#define S INT64_C(1000000000)

/* Bit by bit, so that -0 is not 0. */
static bool is_same(const struct sample_point *a, const struct sample_point *b)
{
    uint64_t of_a, of_b;
    memcpy(&of_a, &a->value, sizeof(of_a));
    memcpy(&of_b, &b->value, sizeof(of_b));
    return a->at_ns == b->at_ns && of_a == of_b;
}

static size_t bytes_of_round_trip(const struct sample_point *points, size_t n)
{
    bd_auto_free void *data = NULL;
    bd_auto_free struct sample_point *back = NULL;
    size_t bytes = 0, n_back = 77;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(sample_encode(points, n, &data, &bytes, &err) == 0, "%s", err.text);
    ck_assert_msg(sample_decode(data, bytes, &back, &n_back, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(n_back, n);
    ck_assert_ptr_nonnull(back);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(is_same(&back[i], &points[i]), "point %zu: %.17g for %.17g", i, back[i].value,
                      points[i].value);
    return bytes;
}

START_TEST(what_goes_in_comes_out)
{
    static const struct {
        struct sample_point points[4];
        size_t n;
    } cases[] = {
        {{{0}}, 0},
        {{{0, 0}}, 1},
        {{{S, 0.25}}, 1},
        {{{0, -0.0}, {S, 0.0}}, 2},
        {{{INT64_MAX, 1}, {INT64_MIN, -1}, {0, 1}, {INT64_MAX, 0}}, 4},
        {{{INT64_MIN, 1}, {INT64_MAX, 2}}, 2},
        {{{5, 9007199254740992}, {4, -9007199254740992}, {4, 0}}, 3},
        {{{5, 9007199254740994}, {4, 1e300}}, 2},
        {{{1, DBL_MIN}, {2, DBL_MAX}, {3, -DBL_TRUE_MIN}}, 3},
        {{{1, 0.1}, {2, 0.30000000000000004}, {3, 1.0 / 3}}, 3},
        {{{1, 0.1}, {2, 0.123456789}, {3, 1e-9}, {4, -4.5}}, 4},
        {{{7, 1e-10}}, 1},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++)
        bytes_of_round_trip(cases[i].points, cases[i].n);
}
END_TEST

START_TEST(any_bits_of_finite_numbers_come_out)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 1, 0);
    for (size_t round = 0; round < 300; round++) {
        struct sample_point points[64];
        size_t n = 1 + bd_rng_below(&rng, BD_ARRAY_LEN(points));
        for (size_t i = 0; i < n; i++) {
            uint64_t bits = bd_rng_next(&rng);
            points[i].at_ns = (int64_t)bd_rng_next(&rng);
            memcpy(&points[i].value, &bits, sizeof(bits));
            if (!isfinite(points[i].value))
                points[i].value = bd_rng_unit(&rng);
        }
        bytes_of_round_trip(points, n);
    }
}
END_TEST

enum shape { CONSTANT, COUNTER, PAGES, ROUNDED, NOISE, SHAPE_COUNT };

static double value_of(enum shape shape, size_t i, struct bd_rng *rng)
{
    switch (shape) {
    case CONSTANT:
        return 2596.1;
    case COUNTER:
        return (double)(1000000007 + i * 1000003);
    case PAGES:
        return (double)(4096 * (1000 + bd_rng_below(rng, 100)));
    case ROUNDED:
        return sample_round(SAMPLE_CPU, 0.25 + 0.01 * bd_rng_unit(rng));
    default:
        return bd_rng_unit(rng);
    }
}

/* 600 points are 9600 bytes. Bounds with room, so that a change of zstd's does not matter. */
START_TEST(what_is_regular_takes_few_bytes)
{
    static const size_t at_most[SHAPE_COUNT] = {
        [CONSTANT] = 60, [COUNTER] = 60, [PAGES] = 800, [ROUNDED] = 2000, [NOISE] = 4800,
    };
    struct bd_rng rng;
    bd_rng_init(&rng, 2, 0);
    for (enum shape shape = 0; shape < SHAPE_COUNT; shape++) {
        struct sample_point points[600];
        for (size_t i = 0; i < BD_ARRAY_LEN(points); i++)
            points[i] = (struct sample_point){(int64_t)i * S, value_of(shape, i, &rng)};
        size_t bytes = bytes_of_round_trip(points, BD_ARRAY_LEN(points));
        ck_assert_msg(bytes <= at_most[shape], "shape %d: %zu bytes", shape, bytes);
    }
}
END_TEST

START_TEST(every_metric_is_rounded_to_what_takes_the_short_form)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 3, 0);
    for (enum sample_id id = 0; id < SAMPLE_COUNT; id++) {
        struct sample_point points[600];
        for (size_t i = 0; i < BD_ARRAY_LEN(points); i++)
            points[i] = (struct sample_point){0, sample_round(id, 3 * bd_rng_unit(&rng))};
        /* At most 3000000 units: 22 bits a number, against 52 of a double's fraction. */
        ck_assert_uint_lt(bytes_of_round_trip(points, BD_ARRAY_LEN(points)), 600 * 4);
    }
}
END_TEST

START_TEST(what_is_no_number_is_refused_and_nothing_made)
{
    const double bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        const struct sample_point points[] = {{0, 1}, {1, bad[i]}};
        void *data = NULL;
        size_t bytes = 77;
        struct bd_err err = BD_ERR_INIT;
        ck_assert_int_eq(sample_encode(points, 2, &data, &bytes, &err), BD_EINVALID);
        ck_assert_ptr_nonnull(strstr(err.text, "sample 1 "));
        ck_assert_ptr_null(data);
        ck_assert_uint_eq(bytes, 77);
    }
}
END_TEST

START_TEST(a_piece_has_a_greatest_size)
{
    struct sample_point *points = bd_xcalloc(SAMPLE_POINTS_MAX + 1, sizeof(*points));
    void *data = NULL;
    size_t bytes;
    bytes_of_round_trip(points, SAMPLE_POINTS_MAX);
    ck_assert_int_eq(sample_encode(points, SAMPLE_POINTS_MAX + 1, &data, &bytes, NULL),
                     BD_EINVALID);
    free(points);
}
END_TEST

/* ------------------------------------------------------------------------------- hostile bytes */

/* Decodes from a block of exactly that size, so that a byte too far is seen. */
static int decode_exact(const void *data, size_t bytes)
{
    bd_auto_free void *copy = bd_xmalloc(bytes ? bytes : 1);
    struct sample_point *points = NULL;
    size_t n = 77;
    if (bytes)
        memcpy(copy, data, bytes);
    int rc = sample_decode(copy, bytes, &points, &n, NULL);
    if (rc < 0) {
        ck_assert_int_eq(rc, BD_ECORRUPT);
        ck_assert_ptr_null(points);
        ck_assert_uint_eq(n, 77);
    }
    free(points);
    return rc;
}

/* A frame with any content behind a right beginning. */
static int decode_content(size_t n, const void *content, size_t bytes)
{
    uint8_t data[4096] = {1, (uint8_t)n};
    ck_assert_uint_lt(n, 0x80);
    size_t frame = ZSTD_compress(data + 2, sizeof(data) - 2, content, bytes, 1);
    ck_assert(!ZSTD_isError(frame));
    return decode_exact(data, 2 + frame);
}

START_TEST(every_cut_and_every_changed_byte_is_found)
{
    struct sample_point points[40];
    for (size_t i = 0; i < BD_ARRAY_LEN(points); i++)
        points[i] = (struct sample_point){(int64_t)i * S, (double)(i * i)};
    bd_auto_free void *data = NULL;
    size_t bytes;
    ck_assert_int_eq(sample_encode(points, BD_ARRAY_LEN(points), &data, &bytes, NULL), 0);
    for (size_t cut = 0; cut < bytes; cut++)
        ck_assert_int_eq(decode_exact(data, cut), BD_ECORRUPT);
    uint8_t *byte = data;
    for (size_t i = 0; i < bytes; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            byte[i] ^= (uint8_t)(1 << bit);
            /* A bit of the frame's header may mean nothing: then the points are the same. */
            struct sample_point *back = NULL;
            size_t n = 0;
            if (sample_decode(data, bytes, &back, &n, NULL) == 0) {
                ck_assert_uint_eq(n, BD_ARRAY_LEN(points));
                for (size_t k = 0; k < n; k++)
                    ck_assert(is_same(&back[k], &points[k]));
            }
            free(back);
            byte[i] ^= (uint8_t)(1 << bit);
        }
    /* A frame that zstd itself would pass over. */
    static const uint8_t skippable[] = {0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0};
    bd_auto_free uint8_t *longer = bd_xcalloc(bytes + sizeof(skippable), 1);
    memcpy(longer, data, bytes);
    ck_assert_int_eq(decode_exact(longer, bytes + 1), BD_ECORRUPT);
    memcpy(longer + bytes, skippable, sizeof(skippable));
    ck_assert_int_eq(decode_exact(longer, bytes + sizeof(skippable)), BD_ECORRUPT);
}
END_TEST

START_TEST(contents_that_lie_are_found)
{
    static const struct {
        size_t n;
        uint8_t content[32];
        size_t bytes;
        int rc;
    } cases[] = {
        {1, {1, 0, 1, 0, 1, 2}, 6, 0}, /* one point of value 1, to see that the others are wrong */
        {0, {0}, 0, 0},
        {0, {0}, 1, BD_ECORRUPT},                             /* something behind nothing */
        {1, {0}, 0, BD_ECORRUPT},                             /* nothing at all */
        {1, {1, 0, 1, 0, 1}, 5, BD_ECORRUPT},                 /* no value */
        {1, {1, 0, 1, 0, 1, 2, 0}, 7, BD_ECORRUPT},           /* one too many */
        {1, {1, 0, 1, 10, 1, 2}, 6, BD_ECORRUPT},             /* ten decimals */
        {1, {1, 0, 2, 0, 1, 2}, 6, BD_ECORRUPT},              /* a third form */
        {1, {1, 0, 0, 1, 2, 3, 4, 5, 6, 7}, 10, BD_ECORRUPT}, /* seven bytes of a double */
        {1, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f}, 11, BD_ECORRUPT}, /* NaN */
        {1, {1, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f}, 10, BD_ECORRUPT},    /* infinite */
        {1, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0, 1, 0, 1, 2}, 15, 0},
        {1, /* a number of 65 bits */
         {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02, 0, 1, 0, 1, 2},
         15,
         BD_ECORRUPT},
        {1,
         {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 0, 1, 2},
         15,
         BD_ECORRUPT},
        {127, {1, 0, 1, 0, 1, 2}, 6, BD_ECORRUPT}, /* far fewer points than it says */
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++)
        ck_assert_msg(decode_content(cases[i].n, cases[i].content, cases[i].bytes) == cases[i].rc,
                      "case %zu", i);
}
END_TEST

START_TEST(a_bomb_is_not_unpacked)
{
    bd_auto_free void *zeros = bd_xcalloc(1, 4000000);
    ck_assert_int_eq(decode_content(1, zeros, 4000000), BD_ECORRUPT);
    static const uint8_t many[] = {1, 0x81, 0x80, 0x04, 0, 0}; /* 65537 points */
    ck_assert_int_eq(decode_exact(many, sizeof(many)), BD_ECORRUPT);
    static const uint8_t version2[] = {2, 0};
    ck_assert_int_eq(decode_exact(version2, sizeof(version2)), BD_ECORRUPT);
}
END_TEST

START_TEST(random_bytes_never_do_harm)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 4, 0);
    for (size_t round = 0; round < 20000; round++) {
        uint8_t bytes[96];
        size_t n = bd_rng_below(&rng, sizeof(bytes));
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)bd_rng_next(&rng);
        /* Mostly as contents, which else the checksum would keep away. */
        if (round % 4 == 0)
            decode_exact(bytes, n);
        else
            decode_content(1 + bd_rng_below(&rng, 20), bytes, n);
    }
}
END_TEST

UNIT_MAIN("series", what_goes_in_comes_out, any_bits_of_finite_numbers_come_out,
          what_is_regular_takes_few_bytes, every_metric_is_rounded_to_what_takes_the_short_form,
          what_is_no_number_is_refused_and_nothing_made, a_piece_has_a_greatest_size,
          every_cut_and_every_changed_byte_is_found, contents_that_lie_are_found,
          a_bomb_is_not_unpacked, random_bytes_never_do_harm)
