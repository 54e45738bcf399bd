/* Fronts worked out by hand, and against comparing each cell with each. */
#include "lib/stats/pareto.h"

#include "lib/stats/stats.h"
#include "tests/stats/vectors.h"

#define CELLS_MOST 60
#define ANY        (-1)

/* Values are written cell by cell, objective by objective: a line each. */
static const struct {
    const char *name;
    size_t cells, objectives, blocks;
    double values[24];
    int better[3];
    bool on_front[4];
    double probability[4];
} by_hand[] = {
    {"one cell", 1, 1, 1, {5}, {-1}, {true}, {1}},
    {"the lower", 3, 1, 1, {5, 4, 6}, {-1}, {false, true, false}, {0, 1, 0}},
    {"the higher", 3, 1, 1, {5, 4, 6}, {1}, {false, false, true}, {0, 0, 1}},
    {"equal ones", 3, 1, 1, {4, 4, 6}, {-1}, {true, true, false}, {1, 1, 0}},
    {"two objectives",
     4,
     2,
     1,
     {1, 4, 2, 2, 3, 3, 4, 1},
     {-1, -1},
     {true, true, false, true},
     {1, 1, 0, 1}},
    {"one to be high", 3, 2, 1, {1, 4, 2, 2, 1, 3}, {-1, 1}, {true, false, false}, {1, 0, 0}},
    {"equal in one", 3, 2, 1, {1, 4, 1, 3, 2, 3}, {-1, -1}, {false, true, false}, {0, 1, 0}},
    {"equal in both", 3, 2, 1, {1, 4, 1, 4, 0, 9}, {-1, -1}, {true, true, true}, {1, 1, 1}},
    {"three objectives",
     3,
     3,
     1,
     {1, 2, 3, 3, 2, 1, 3, 2, 3},
     {-1, -1, -1},
     {true, true, false},
     {1, 1, 0}},
    {"a cell lacks one",
     3,
     2,
     1,
     {0, NAN, 1, 1, 2, 2},
     {-1, -1},
     {false, true, false},
     {NAN, 1, 0}},
    {"nothing at all", 2, 1, 2, {NAN, NAN, NAN, NAN}, {-1}, {false, false}, {NAN, NAN}},
    {"never overlapping", 2, 1, 3, {1, 2, 3, 4, 5, 6}, {-1}, {true, false}, {1, 0}},
    {"by the median", 2, 1, 3, {1, 2, 90, 3, 3, 3}, {-1}, {true, false}, {ANY, ANY}},
    {"of an even number", 2, 1, 2, {1, 4, 2, 3}, {-1}, {true, true}, {ANY, ANY}},
    {"infinite",
     3,
     2,
     1,
     {INFINITY, 1, 2, 2, -INFINITY, 3},
     {-1, -1},
     {true, true, true},
     {1, 1, 1}},
};

START_TEST(test_fronts_worked_out_by_hand)
{
    struct stats_pareto p = {.cells = by_hand[_i].cells,
                             .objectives = by_hand[_i].objectives,
                             .blocks = by_hand[_i].blocks,
                             .values = by_hand[_i].values,
                             .better = by_hand[_i].better,
                             .draws = 300,
                             .seed = 1};
    bool on_front[4];
    double probability[4];
    for (int by_block = 0; by_block < 2; by_block++) {
        p.by_block = by_block;
        stats_pareto(&p, on_front, probability);
        for (size_t c = 0; c < p.cells; c++) {
            ck_assert_msg(on_front[c] == by_hand[_i].on_front[c], "%s: cell %zu", by_hand[_i].name,
                          c);
            ck_assert_msg(by_hand[_i].probability[c] == ANY ||
                              vectors_close(probability[c], by_hand[_i].probability[c], 0),
                          "%s: cell %zu: %g", by_hand[_i].name, c, probability[c]);
        }
    }
}
END_TEST

START_TEST(test_without_draws_there_is_no_probability)
{
    const double values[] = {1, 2};
    const int better[] = {-1};
    struct stats_pareto p = {2, 1, 1, values, better, false, 0, 1};
    bool on_front[2];
    double probability[2];
    stats_pareto(&p, on_front, probability);
    ck_assert(on_front[0] && !on_front[1]);
    ck_assert(isnan(probability[0]) && isnan(probability[1]));
    p.cells = 0;
    stats_pareto(&p, on_front, probability);
}
END_TEST

/* Both cells have the values of their block, and the second is always 0.5 worse: with the same
 * blocks for both it is never on the front, with others often enough. */
START_TEST(test_by_block_what_blocks_have_in_common_falls_out)
{
    const double values[] = {1, 9, 3, 7, 5, 1.5, 9.5, 3.5, 7.5, 5.5};
    const int better[] = {-1};
    struct stats_pareto p = {2, 1, 5, values, better, true, 4000, 3};
    bool on_front[2];
    double probability[2];
    stats_pareto(&p, on_front, probability);
    ck_assert_double_eq(probability[0], 1);
    ck_assert_double_eq(probability[1], 0);
    p.by_block = false;
    stats_pareto(&p, on_front, probability);
    ck_assert_double_gt(probability[1], 0.3);
    ck_assert_double_eq_tol(probability[0] + probability[1], 1, 1e-12);
}
END_TEST

/* The median of 3 drawn from {0, 0, 3} is 3 if 2 or 3 of them are: 7 / 27. */
START_TEST(test_probabilities_are_those_of_all_resamples)
{
    const double values[] = {0, 0, 3, 1, 1, 1};
    const int better[] = {-1};
    struct stats_pareto p = {2, 1, 3, values, better, false, 40000, 3};
    bool on_front[2];
    double probability[2];
    stats_pareto(&p, on_front, probability);
    ck_assert_double_eq_tol(probability[0], 20.0 / 27, 0.01);
    ck_assert_double_eq_tol(probability[1], 7.0 / 27, 0.01);
    bool again_front[2];
    double again[2];
    stats_pareto(&p, again_front, again);
    ck_assert_mem_eq(again, probability, sizeof(again));
    p.seed = 4;
    stats_pareto(&p, again_front, again);
    ck_assert_double_ne(again[0], probability[0]);
}
END_TEST

/* Objectives of a run stay together: cell 0 has runs (1, 9) and (9, 1), never (1, 1), so that the
 * medians of two runs are (1, 9), (5, 5) or (9, 1), and (4.5, 4.5) is on the front always. */
START_TEST(test_runs_are_drawn_whole)
{
    const double values[] = {1, 9, 9, 1, 4.5, 4.5, 4.5, 4.5};
    const int better[] = {-1, -1};
    struct stats_pareto p = {2, 2, 2, values, better, false, 2000, 3};
    bool on_front[2];
    double probability[2];
    stats_pareto(&p, on_front, probability);
    ck_assert(on_front[1] && !on_front[0]);
    ck_assert_double_eq(probability[1], 1);
    ck_assert_double_eq_tol(probability[0], 0.5, 0.05);
}
END_TEST

/* A gap is no run: two values and one are drawn from, not three blocks. */
START_TEST(test_gaps_are_not_drawn)
{
    const double values[] = {1, NAN, 2, NAN, 5, NAN};
    const int better[] = {-1};
    struct stats_pareto p = {2, 1, 3, values, better, false, 500, 3};
    bool on_front[2];
    double probability[2];
    stats_pareto(&p, on_front, probability);
    ck_assert_double_eq(probability[0], 1);
    ck_assert_double_eq(probability[1], 0);
}
END_TEST

/* -- each with each -- */

static bool is_dominated(double (*points)[4], size_t cells, size_t objectives, size_t cell)
{
    for (size_t c = 0; c < cells; c++) {
        bool as_good = true, better = false;
        for (size_t o = 0; o < objectives; o++) {
            as_good = as_good && points[c][o] <= points[cell][o];
            better = better || points[c][o] < points[cell][o];
        }
        if (as_good && better)
            return true;
    }
    return false;
}

static void check_against_each(struct bd_rng *rng, size_t cells, size_t objectives, double levels)
{
    double values[CELLS_MOST * 4 * 3], points[CELLS_MOST][4] = {0};
    int better[4];
    bool on_front[CELLS_MOST];
    double probability[CELLS_MOST];
    struct stats_pareto p = {cells, objectives, 3, values, better, false, 20, 1};
    for (size_t o = 0; o < objectives; o++)
        better[o] = bd_rng_below(rng, 2) ? 1 : -1;
    for (size_t i = 0; i < cells * objectives; i++) {
        struct stats_summary s;
        for (size_t b = 0; b < 3; b++)
            values[3 * i + b] = bd_rng_below(rng, 9) ? floor(levels * bd_rng_unit(rng)) : NAN;
        stats_describe(values + 3 * i, 3, 0.95, &s);
        points[i / objectives][i % objectives] = -better[i % objectives] * s.median;
    }
    stats_pareto(&p, on_front, probability);
    for (size_t c = 0; c < cells; c++) {
        bool whole = true;
        for (size_t o = 0; o < objectives; o++)
            whole = whole && !isnan(points[c][o]);
        ck_assert_int_eq(on_front[c], whole && !is_dominated(points, cells, objectives, c));
        ck_assert_int_eq(isnan(probability[c]), !whole);
        ck_assert(!whole || (probability[c] >= 0 && probability[c] <= 1));
    }
}

START_TEST(test_fronts_are_those_of_comparing_each_with_each)
{
    struct bd_rng rng;
    bd_rng_init(&rng, 21, 0);
    for (int round = 0; round < 400; round++) {
        double levels = round % 3 == 0 ? 3 : round % 3 == 1 ? 20 : 1e9;
        check_against_each(&rng, 1 + bd_rng_below(&rng, CELLS_MOST), 1 + bd_rng_below(&rng, 4),
                           levels);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pareto");
    TCase *tcase = tcase_create("pareto");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_fronts_worked_out_by_hand, 0, BD_ARRAY_LEN(by_hand));
    tcase_add_test(tcase, test_without_draws_there_is_no_probability);
    tcase_add_test(tcase, test_by_block_what_blocks_have_in_common_falls_out);
    tcase_add_test(tcase, test_probabilities_are_those_of_all_resamples);
    tcase_add_test(tcase, test_runs_are_drawn_whole);
    tcase_add_test(tcase, test_gaps_are_not_drawn);
    tcase_add_test(tcase, test_fronts_are_those_of_comparing_each_with_each);
    return vectors_run(suite, tcase);
}
