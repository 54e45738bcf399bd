/* Which cell, and which block, each row of a table is of. */
#include "results_priv.h"

#include <stdio.h>
#include <string.h>

void results_rows_done(struct results_rows *rows)
{
    for (size_t i = 0; i < rows->n_factors; i++) {
        json_decref(rows->factors[i].levels);
        free(rows->factors[i].of_row);
    }
    json_decref(rows->levels);
    json_decref(rows->orders);
    free(rows->cells);
    free(rows->blocks);
}

/* -- values of a column, as levels -- */

/* Texts as they stand, or numbers where all of them are: "1" and "1.0" are then the same. */
static json_t *level_of(const char *text, bool numbers)
{
    double value = 0;
    int64_t whole;
    if (!numbers)
        return json_string(text);
    if (bd_parse_i64(text, INT64_MIN, INT64_MAX, &whole) == 0)
        return json_integer(whole);
    (void)results_number(text, &value);
    return json_real(value);
}

static void key_of(const json_t *level, struct bd_str *out)
{
    bd_str_clear(out);
    if (json_is_string(level))
        bd_str_add(out, json_string_value(level));
    else if (json_is_boolean(level))
        bd_str_add(out, json_is_true(level) ? "true" : "false");
    else
        bd_str_addf(out, "%.17g", json_number_value(level));
}

struct level {
    json_t *json;
    double number; /* 0 of a text */
};

static int compare_levels(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Numbers from below; texts as they were met. */
static json_t *ordered(json_t *met, bool numbers)
{
    size_t n = json_array_size(met), i;
    json_t *level, *sorted = json_array();
    bd_auto_free struct level *levels = bd_xcalloc(n + 1, sizeof(*levels));
    json_array_foreach (met, i, level)
        levels[i] = (struct level){level, json_number_value(level)};
    if (numbers)
        qsort(levels, n, sizeof(*levels), compare_levels);
    for (i = 0; i < n; i++)
        json_array_append(sorted, levels[i].json);
    return sorted;
}

static bool all_numbers(const struct csv_table *t, size_t column)
{
    double value;
    for (size_t row = 1; row < t->rows; row++)
        if (!results_number(csv_field(t, row, column), &value))
            return false;
    return true;
}

/* {KEY: index} of a list of levels. */
static json_t *index_levels(const json_t *levels)
{
    json_t *index = json_object(), *level;
    bd_auto_str struct bd_str key = {0};
    size_t i;
    json_array_foreach (levels, i, level) {
        key_of(level, &key);
        json_object_set_new_nocheck(index, bd_str_text(&key), json_integer((json_int_t)i));
    }
    return index;
}

static json_t *levels_met(const struct csv_table *t, size_t column, bool numbers)
{
    bd_auto_json json_t *met = json_array();
    bd_auto_json json_t *seen = json_object();
    bd_auto_str struct bd_str key = {0};
    for (size_t row = 1; row < t->rows; row++) {
        json_t *level = level_of(csv_field(t, row, column), numbers);
        key_of(level, &key);
        if (!json_object_get(seen, bd_str_text(&key))) {
            json_object_set_new_nocheck(seen, bd_str_text(&key), json_true());
            json_array_append(met, level);
        }
        json_decref(level);
    }
    return ordered(met, numbers);
}

/* Each row's level of a column, in of_row. */
static void number_rows(const struct results *r, size_t column, bool numbers, const json_t *levels,
                        uint32_t *of_row)
{
    const struct csv_table *t = r->table;
    bd_auto_json json_t *index = index_levels(levels);
    bd_auto_str struct bd_str key = {0};
    for (size_t row = 1; row < t->rows; row++) {
        const char *text = csv_field(t, row, column);
        bd_auto_json json_t *level = level_of(text, numbers);
        key_of(level, &key);
        const json_t *at = json_object_get(index, bd_str_text(&key));
        if (!*text)
            results_wrong(r, row, "%s: empty; each run has to have it", csv_field(t, 0, column));
        else if (!at)
            results_wrong(r, row, "%s: '%s' is none of the levels that the design lists",
                          csv_field(t, 0, column), text);
        of_row[row] = (uint32_t)json_integer_value(at);
    }
}

/* -- cells -- */

/* Of [COLUMN] or {COLUMN: [level]}. */
static bool find_factor(const struct results *r, struct results_rows *rows, const char *column,
                        json_t *listed, const char *pointer)
{
    struct results_factor *f = &rows->factors[rows->n_factors];
    *f = (struct results_factor){.column = column, .index = results_column(r, column, pointer)};
    if (f->index == SIZE_MAX)
        return false;
    rows->n_factors++;
    bool numbers = all_numbers(r->table, f->index);
    f->levels = listed ? json_incref(listed) : levels_met(r->table, f->index, numbers);
    f->of_row = bd_xcalloc(r->table->rows, sizeof(*f->of_row));
    number_rows(r, f->index, numbers, f->levels, f->of_row);
    json_object_set(rows->orders, column, f->levels);
    return true;
}

static bool find_factors(const struct results *r, struct results_rows *rows)
{
    const json_t *factors = json_object_get(r->design, "factors");
    bool right = true;
    const char *column;
    json_t *item;
    size_t i;
    rows->orders = json_object();
    json_array_foreach (factors, i, item) {
        bd_auto_free char *pointer = bd_xasprintf("/factors/%zu", i);
        right &= find_factor(r, rows, json_string_value(item), NULL, pointer);
    }
    json_object_foreach ((json_t *)factors, column, item) {
        bd_auto_free char *pointer = bd_xasprintf("/factors/%s", column);
        right &= find_factor(r, rows, column, item, pointer);
    }
    return right;
}

/* A row by the levels of its factors, as many as there are. */
struct place {
    const struct results_rows *rows;
    size_t row;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    for (size_t f = 0; f < x->rows->n_factors; f++) {
        const uint32_t *of_row = x->rows->factors[f].of_row;
        if (of_row[x->row] != of_row[y->row])
            return of_row[x->row] < of_row[y->row] ? -1 : 1;
    }
    return 0;
}

static json_t *levels_of(const struct results_rows *rows, size_t row)
{
    json_t *levels = json_object();
    for (size_t f = 0; f < rows->n_factors; f++) {
        const struct results_factor *factor = &rows->factors[f];
        json_object_set(levels, factor->column,
                        json_array_get(factor->levels, factor->of_row[row]));
    }
    return levels;
}

/* Numbers the cells in the order of their levels. */
static void find_cells(const struct results *r, struct results_rows *rows)
{
    size_t n = r->table->rows - 1;
    bd_auto_free struct place *places = bd_xcalloc(n, sizeof(*places));
    for (size_t i = 0; i < n; i++)
        places[i] = (struct place){rows, i + 1};
    qsort(places, n, sizeof(*places), compare_places);
    rows->levels = json_array();
    rows->cells = bd_xcalloc(r->table->rows, sizeof(*rows->cells));
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || compare_places(&places[i - 1], &places[i]) != 0)
            json_array_append_new(rows->levels, levels_of(rows, places[i].row));
        rows->cells[places[i].row] = json_array_size(rows->levels) - 1;
    }
}

/* -- blocks -- */

/* Without a column for it, the rows of a cell are its runs one after the other. */
static void count_blocks(const struct results *r, struct results_rows *rows)
{
    size_t n = json_array_size(rows->levels);
    bd_auto_free size_t *counts = bd_xcalloc(n, sizeof(*counts));
    for (size_t row = 1; row < r->table->rows; row++) {
        size_t block = counts[rows->cells[row]]++;
        rows->blocks[row] = block;
        rows->n_blocks = block >= rows->n_blocks ? block + 1 : rows->n_blocks;
    }
}

/* The row in which a cell has a block, for each; a second one is told with the line of the first.
 */
static void find_twice(const struct results *r, const struct results_rows *rows)
{
    const struct csv_table *t = r->table;
    bd_auto_json json_t *seen = json_object();
    char key[64];
    for (size_t row = 1; row < t->rows; row++) {
        snprintf(key, sizeof(key), "%zu.%zu", rows->cells[row], rows->blocks[row]);
        const json_t *first = json_object_get(seen, key);
        if (first)
            results_wrong(
                r, row, "the same cell in the same block as line %lld: a block has each cell once",
                (long long)json_integer_value(first));
        else
            json_object_set_new_nocheck(seen, key, json_integer(t->lines[row]));
    }
}

static bool find_blocks(const struct results *r, struct results_rows *rows)
{
    const char *name = bd_json_str(r->design, "block", NULL);
    rows->blocks = bd_xcalloc(r->table->rows, sizeof(*rows->blocks));
    if (!name) {
        count_blocks(r, rows);
        return true;
    }
    size_t column = results_column(r, name, "/block");
    if (column == SIZE_MAX)
        return false;
    bool numbers = all_numbers(r->table, column);
    bd_auto_json json_t *levels = levels_met(r->table, column, numbers);
    bd_auto_free uint32_t *of_row = bd_xcalloc(r->table->rows, sizeof(*of_row));
    number_rows(r, column, numbers, levels, of_row);
    for (size_t row = 1; row < r->table->rows; row++)
        rows->blocks[row] = of_row[row];
    rows->n_blocks = json_array_size(levels);
    /* Where cells are not known, neither are those of a block. */
    if (r->lines->n == 0)
        find_twice(r, rows);
    return true;
}

/* Cells times blocks, whose values are kept. */
#define PLACES_MAX 2000000

static bool is_too_large(const struct results *r, const struct results_rows *rows)
{
    size_t cells = json_array_size(rows->levels);
    if (cells <= ANALYSIS_CELLS_MAX && cells * rows->n_blocks <= PLACES_MAX)
        return false;
    results_wrong(
        r, 1,
        "%zu cells in %zu blocks: an analysis is of at most %d cells, and of %d runs; is a "
        "column among the factors that is different in each row?",
        cells, rows->n_blocks, ANALYSIS_CELLS_MAX, PLACES_MAX);
    return true;
}

bool results_rows(const struct results *r, struct results_rows *ret)
{
    if (!find_factors(r, ret))
        return false;
    find_cells(r, ret);
    return find_blocks(r, ret) && !is_too_large(r, ret) && r->lines->n == 0;
}
