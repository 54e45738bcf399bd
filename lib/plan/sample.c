/*
 * A Latin hypercube (McKay, Beckman and Conover 1979): the range of each path is cut into as many
 * strata of equal probability as there are cells to draw, a value is drawn within each, and which
 * strata meet in a cell is shuffled for each path.
 */
#include "lib/plan/plan_priv.h"

#include "lib/base/mem.h"
#include "lib/plan/quantity.h"

#include <math.h>
#include <string.h>

#define WHOLE_MAX 9007199254740991.0 /* above it a double skips whole numbers */

/* Of one path, in the unit of `from`. */
struct range {
    char *at; /* where it stands */
    double from, to;
    char unit[QUANTITY_UNIT_BYTES];
    bool log, whole;
};

static void range_done(struct range *r)
{
    free(r->at);
}
#define range_auto __attribute__((cleanup(range_done)))

/* -- reading -- */

static void tell(const struct range *r, const char *member, const char *expected,
                 struct schema_faults *faults)
{
    bd_auto_free char *at = bd_xasprintf("%s%s", r->at, member);
    schema_faults_add(faults, at, NULL, "%s", expected);
}

static bool read_ends(struct range *r, const json_t *json, struct schema_faults *faults)
{
    const char *unit = bd_json_str(json, "unit", NULL);
    struct quantity from, to;
    if (!quantity_read(json_object_get(json, "from"), &from)) {
        tell(r, "/from", "a number, or a quantity such as 512MiB or 200ms", faults);
        return false;
    }
    if (unit && *from.unit) {
        tell(r, "/unit", "no unit beside one that `from` is written with", faults);
        return false;
    }
    if (!quantity_read(json_object_get(json, "to"), &to) ||
        !quantity_convert(&to, from.unit, &r->to)) {
        tell(r, "/to", "a number, or a quantity in a unit that goes with that of `from`", faults);
        return false;
    }
    r->from = from.value;
    memcpy(r->unit, from.unit, sizeof(r->unit));
    for (size_t i = 0; unit && i < sizeof(r->unit) - 1 && unit[i]; i++)
        r->unit[i] = unit[i];
    return true;
}

static bool check_range(const struct range *r, struct schema_faults *faults)
{
    bool above = r->to > r->from;
    bool positive = !r->log || r->from > 0;
    bool small = fabs(r->from) <= WHOLE_MAX && fabs(r->to) <= WHOLE_MAX;
    bool whole = !r->whole || (floor(r->from) == r->from && floor(r->to) == r->to);
    if (!above)
        tell(r, "/to", "more than `from`", faults);
    if (!positive)
        tell(r, "/from", "more than 0 where the scale is log", faults);
    if (!small)
        tell(r, "", "ends that a double can tell from the whole number beside them", faults);
    if (!whole)
        tell(r, "", "whole numbers at both ends, in the unit of `from`", faults);
    return above && positive && small && whole;
}

/* The lower end of stratum i of n; that of n is the end of the range. Whole numbers fill it to one
 * above the last of them. */
static double stratum_begin(const struct range *r, size_t i, size_t n)
{
    double to = r->whole ? r->to + 1 : r->to, share = (double)i / (double)n;
    if (i == 0 || i == n)
        return i == 0 ? r->from : to;
    return r->log ? r->from * pow(to / r->from, share) : r->from + (to - r->from) * share;
}

static bool check_strata(const struct range *r, size_t n, struct schema_faults *faults)
{
    for (size_t i = 0; r->whole && i < n; i++) {
        if (ceil(stratum_begin(r, i + 1, n)) > ceil(stratum_begin(r, i, n)))
            continue;
        bd_auto_free char *expected =
            bd_xasprintf("a range with a whole number%s%s in each of its %zu parts of equal "
                         "probability: a wider one, fewer cells%s",
                         *r->unit ? " of " : "", r->unit, n, *r->unit ? ", a smaller unit" : "");
        tell(r, "", expected, faults);
        return false;
    }
    return true;
}

/* False: with faults. */
static bool read_range(const json_t *json, const char *path, size_t cells, struct range *ret,
                       struct schema_faults *faults)
{
    *ret = (struct range){.at = pointer_to(SAMPLE_RANGES, path)};
    if (!read_ends(ret, json, faults))
        return false;
    ret->log = bd_str_eq(bd_json_str(json, "scale", ""), "log");
    ret->whole = bd_json_bool(json, "integer", 0) || quantity_is_whole(ret->unit);
    return check_range(ret, faults) && check_strata(ret, cells, faults);
}

/* -- drawing -- */

/* Within a stratum, with as many decimals as tell a hundred values in it apart. */
static json_t *draw(const struct range *r, size_t stratum, size_t n, struct bd_rng *rng)
{
    double low = stratum_begin(r, stratum, n), high = stratum_begin(r, stratum + 1, n);
    if (r->whole) {
        double first = ceil(low), all = ceil(high) - first;
        return quantity_json(first + (double)bd_rng_below(rng, (uint64_t)all), r->unit, 0);
    }
    double unit = bd_rng_unit(rng);
    double value = r->log ? low * pow(high / low, unit) : low + (high - low) * unit;
    int most = quantity_decimals(r->unit);
    int decimals = (int)fmin(most, fmax(1, ceil(2 - log10(high - low))));
    double scale = pow(10, decimals), rounded = round(value * scale) / scale;
    if (rounded < low || rounded >= high) /* it would be of the stratum beside */
        rounded = rounded < low ? ceil(low * scale) / scale : floor(value * scale) / scale;
    return quantity_json(rounded, r->unit, decimals);
}

static void draw_path(const struct range *r, const char *path, size_t number, uint64_t seed,
                      json_t *drawn)
{
    size_t n = json_array_size(drawn);
    bd_auto_free uint32_t *strata = bd_xcalloc(n, sizeof(*strata));
    struct bd_rng rng;
    for (size_t i = 0; i < n; i++)
        strata[i] = (uint32_t)i;
    bd_rng_init(&rng, seed, SAMPLE_STREAM + number);
    order_shuffle(strata, n, &rng);
    for (size_t i = 0; i < n; i++)
        json_object_set_new(json_array_get(drawn, i), path, draw(r, strata[i], n, &rng));
}

/* -- what was drawn before -- */

static void check_value(const struct range *r, const char *path, const json_t *value, size_t i,
                        struct schema_faults *faults)
{
    struct quantity q = {0};
    double x = NAN;
    bool fits =
        quantity_read(value, &q) && quantity_convert(&q, r->unit, &x) && x >= r->from && x <= r->to;
    if (fits)
        return;
    bd_auto_free char *entry = bd_xasprintf("/design/sample/drawn/%zu", i);
    bd_auto_free char *at = pointer_to(entry, path);
    bd_auto_free char *got = value ? bd_json_text(value) : NULL;
    schema_faults_add(faults, at, got, "a value within the range of that path");
}

static void check_path(const struct range *r, const char *path, const json_t *drawn,
                       struct schema_faults *faults)
{
    for (size_t i = 0; i < json_array_size(drawn) && !faults->more; i++)
        check_value(r, path, json_object_get(json_array_get(drawn, i), path), i, faults);
}

/* -- all of it -- */

static json_t *empty_cells(size_t n)
{
    json_t *cells = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(cells, json_object());
    return cells;
}

bool sample_draw(json_t *spec, struct schema_faults *faults)
{
    json_t *design = json_object_get(spec, "design"), *sample = json_object_get(design, "sample");
    const json_t *ranges = json_object_get(sample, "ranges");
    json_t *before = json_object_get(sample, "drawn"), *range;
    size_t cells = (size_t)bd_json_int(sample, "cells", 0);
    bd_auto_json json_t *drawn = before ? json_incref(before) : empty_cells(cells);
    bd_auto_strv struct bd_strv paths = {0};
    const char *text;
    size_t n = faults->n;
    if (!sample)
        return true;
    if (before && json_array_size(before) != cells)
        schema_faults_add(faults, "/design/sample/drawn", NULL,
                          "%zu cells, as `cells` says; without it they are drawn", cells);
    json_object_foreach ((json_t *)ranges, text, range)
        bd_strv_add(&paths, text);
    bd_strv_sort(&paths);
    for (size_t i = 0; i < paths.n; i++) {
        range_auto struct range r;
        text = paths.items[i];
        if (!read_range(json_object_get(ranges, text), text, cells, &r, faults))
            continue;
        if (before)
            check_path(&r, text, before, faults);
        else
            draw_path(&r, text, i, (uint64_t)bd_json_int(design, "seed", 1), drawn);
    }
    if (faults->n != n)
        return false;
    json_object_set(sample, "drawn", drawn);
    return true;
}
