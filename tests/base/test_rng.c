/* Numbers that must never change: plans of old campaigns are made again from their seeds. */
#include "lib/base/rng.h"

#include "tests/base/unit.h"

/* Of the authors' splitmix64.c with state 1234567, as libraries in other languages test it. */
static const uint64_t splitmix64_1234567[] = {
    UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),  UINT64_C(9817491932198370423),
    UINT64_C(4593380528125082431), UINT64_C(16408922859458223821),
};

/* Of the authors' xoshiro256starstar.c with state {1, 2, 3, 4}, likewise. */
static const uint64_t xoshiro256ss_1234[] = {
    UINT64_C(11520),
    UINT64_C(0),
    UINT64_C(1509978240),
    UINT64_C(1215971899390074240),
    UINT64_C(1216172134540287360),
    UINT64_C(607988272756665600),
    UINT64_C(16172922978634559625),
    UINT64_C(8476171486693032832),
    UINT64_C(10595114339597558777),
    UINT64_C(2904607092377533576),
};

START_TEST(numbers_are_those_that_were_published)
{
    struct bd_rng rng = {.s = {1, 2, 3, 4}};
    for (size_t i = 0; i < BD_ARRAY_LEN(xoshiro256ss_1234); i++)
        ck_assert_uint_eq(bd_rng_next(&rng), xoshiro256ss_1234[i]);
}
END_TEST

/* bd_rng_init() fills the state by splitmix64 from seed ^ splitmix64(stream): the state of a
 * generator whose mixed stream is known is the published sequence. */
START_TEST(state_is_filled_as_was_published)
{
    static const uint64_t stream_mixed = UINT64_C(6457827717110365317); /* of stream 1234567 */
    struct bd_rng rng;
    bd_rng_init(&rng, stream_mixed ^ 1234567, 1234567);
    for (size_t i = 0; i < BD_ARRAY_LEN(rng.s); i++)
        ck_assert_uint_eq(rng.s[i], splitmix64_1234567[i]);
}
END_TEST

static const struct {
    uint64_t seed, stream, first[3];
} starts[] = {
    {UINT64_C(0),
     UINT64_C(0),
     {UINT64_C(18110106563157542208), UINT64_C(8650457082529208451),
      UINT64_C(3032169436225125478)}},
    {UINT64_C(1),
     UINT64_C(0),
     {UINT64_C(17254933023648552173), UINT64_C(10273995337764303472),
      UINT64_C(13859318443369830749)}},
    {UINT64_C(1),
     UINT64_C(1),
     {UINT64_C(3501290240102054732), UINT64_C(1999902197214618784),
      UINT64_C(12272163569652834708)}},
    {UINT64_C(1),
     UINT64_C(2),
     {UINT64_C(6851237923183208601), UINT64_C(4317682303100657501), UINT64_C(2478086369440836295)}},
    {UINT64_C(42),
     UINT64_C(7),
     {UINT64_C(2648032583866158101), UINT64_C(15589289955728303254),
      UINT64_C(4462713342656079091)}},
    {UINT64_C(9007199254740991),
     UINT64_C(100000),
     {UINT64_C(7216275717198770952), UINT64_C(12980768324888062942),
      UINT64_C(11301499411745865179)}},
    {UINT64_C(18446744073709551615),
     UINT64_C(18446744073709551615),
     {UINT64_C(6495424693907944954), UINT64_C(105763403807612844), UINT64_C(10895789720478278221)}},
};

START_TEST(seed_and_stream_give_the_same_for_ever)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(starts); i++) {
        struct bd_rng rng;
        bd_rng_init(&rng, starts[i].seed, starts[i].stream);
        for (size_t k = 0; k < BD_ARRAY_LEN(starts[i].first); k++)
            ck_assert_uint_eq(bd_rng_next(&rng), starts[i].first[k]);
    }
}
END_TEST

START_TEST(seed_and_stream_do_not_stand_for_each_other)
{
    uint64_t seen[64];
    for (uint64_t i = 0; i < BD_ARRAY_LEN(seen); i++) {
        struct bd_rng rng;
        bd_rng_init(&rng, i / 8, i % 8);
        seen[i] = bd_rng_next(&rng);
        for (uint64_t k = 0; k < i; k++)
            ck_assert_uint_ne(seen[i], seen[k]);
    }
}
END_TEST

/* Each value of a small range comes, and as often as chance has it: a deviation by six standard
 * deviations has no business here. */
START_TEST(below_reaches_every_value_evenly)
{
    enum { TRIES = 10000, RANGE_MAX = 17 };
    for (uint64_t n = 1; n <= RANGE_MAX; n++) {
        size_t hits[RANGE_MAX] = {0};
        struct bd_rng rng;
        bd_rng_init(&rng, 7, n);
        for (size_t i = 0; i < TRIES * n; i++) {
            uint64_t value = bd_rng_below(&rng, n);
            ck_assert_uint_lt(value, n);
            hits[value]++;
        }
        for (uint64_t i = 0; i < n; i++)
            ck_assert_msg(hits[i] > TRIES - 600 && hits[i] < TRIES + 600,
                          "%zu times %llu below %llu", hits[i], (unsigned long long)i,
                          (unsigned long long)n);
    }
}
END_TEST

/*
 * The state below gives 11520 first, then 0. Of n = 2^63 + 1, the low word of 0 x n is 0, which is
 * below the threshold (2^64 mod n = 2^63 - 1): rejected, as is each number of which this holds.
 */
START_TEST(what_would_make_a_bias_is_rejected)
{
    static const uint64_t n = (UINT64_C(1) << 63) + 1;
    static const uint64_t threshold = (UINT64_C(1) << 63) - 1;
    struct bd_rng numbers = {.s = {1, 2, 3, 4}}, rng = numbers;
    size_t rejected = 0;
    for (int i = 0; i < 1000; i++) {
        unsigned __int128 m = (unsigned __int128)bd_rng_next(&numbers) * n;
        while ((uint64_t)m < threshold) {
            rejected++;
            m = (unsigned __int128)bd_rng_next(&numbers) * n;
        }
        ck_assert_uint_eq(bd_rng_below(&rng, n), (uint64_t)(m >> 64));
    }
    ck_assert_uint_gt(rejected, 800);
    ck_assert_uint_lt(rejected, 1200);
}
END_TEST

START_TEST(unit_stays_within_its_bounds)
{
    struct bd_rng rng;
    double sum = 0;
    bd_rng_init(&rng, 1, 0);
    for (int i = 0; i < 100000; i++) {
        double value = bd_rng_unit(&rng);
        ck_assert(value >= 0 && value < 1);
        sum += value;
    }
    ck_assert(sum > 49000 && sum < 51000);

    /* The greatest number there is gives the greatest below 1. */
    struct bd_rng greatest = {.s = {0, UINT64_C(0x4fc71c71c71c71c7), 0, 0}};
    double value = bd_rng_unit(&greatest);
    ck_assert(value >= 0 && value < 1);
}
END_TEST

UNIT_MAIN("rng", numbers_are_those_that_were_published, state_is_filled_as_was_published,
          seed_and_stream_give_the_same_for_ever, seed_and_stream_do_not_stand_for_each_other,
          below_reaches_every_value_evenly, what_would_make_a_bias_is_rejected,
          unit_stays_within_its_bounds)
