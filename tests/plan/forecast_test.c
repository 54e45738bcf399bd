#include "lib/base/mem.h"
#include "lib/plan/forecast.h"
#include "tests/base/unit.h"

#define ITEMS 4

START_TEST(test_campaigns_end_in_the_order_of_their_turns)
{
    static const struct {
        const char *what;
        size_t active;
        struct forecast items[ITEMS];
        int64_t begins[ITEMS], ends[ITEMS];
    } vectors[] = {
        {"one", 4, {{0, false, 3, 10}}, {0}, {30}},
        {"two take turns, the shorter ends first",
         4,
         {{0, false, 2, 10}, {0, false, 5, 1}},
         {0, 10},
         {22, 25}},
        {"one at a time", 1, {{0, false, 2, 10}, {0, false, 5, 1}}, {0, 20}, {20, 25}},
        {"what ends lets the next in",
         2,
         {{0, false, 1, 10}, {0, false, 3, 2}, {0, false, 2, 1}},
         {0, 10, 12 + 2}, /* both rest: 2 x (2 + 1) from 12 on */
         {12, 18, 18}},
        {"priority first", 4, {{5, false, 2, 10}, {0, false, 1, 1}}, {0, 20}, {20, 21}},
        {"a paused one is passed over", 1, {{0, true, 2, 10}, {0, false, 1, 3}}, {-1, 0}, {-1, 3}},
        {"nothing is known behind one of which nothing is known",
         1,
         {{0, false, 1, 4}, {0, false, 2, 0}, {0, false, 1, 1}},
         {0, 4, -1},
         {4, -1, -1}},
        {"nothing to come", 1, {{0, false, 0, 4}}, {-1}, {-1}},
        {"beyond the clock", 1, {{0, false, UINT64_MAX, INT64_MAX / 4}}, {0}, {-1}},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct forecast items[ITEMS];
        for (size_t k = 0; k < ITEMS; k++)
            items[k] = vectors[i].items[k];
        forecast_make(items, ITEMS, vectors[i].active);
        for (size_t k = 0; k < ITEMS && (k == 0 || vectors[i].items[k].left); k++) {
            ck_assert_msg(items[k].begins_ns == vectors[i].begins[k], "%s: %zu begins at %lld",
                          vectors[i].what, k, (long long)items[k].begins_ns);
            ck_assert_msg(items[k].ends_ns == vectors[i].ends[k], "%s: %zu ends at %lld",
                          vectors[i].what, k, (long long)items[k].ends_ns);
        }
    }
    forecast_make(NULL, 0, 1);
}
END_TEST

UNIT_MAIN("plan-forecast", test_campaigns_end_in_the_order_of_their_turns)
