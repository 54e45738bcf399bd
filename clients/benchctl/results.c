#include "results_priv.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* -- what is wrong, and where -- */

void results_wrong(const struct results *r, size_t row, const char *fmt, ...)
{
    va_list ap;
    char *text = NULL;
    if (r->lines->n == RESULTS_LINES_MAX) {
        ++*r->more;
        return;
    }
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    va_end(ap);
    bd_strv_addf(r->lines, "%s:%u: %s", r->name, r->table->lines[row], text);
    free(text);
}

bool results_number(const char *text, double *ret_value)
{
    static const char of_numbers[] = "0123456789+-.eE"; /* and of none in hexadecimal, of no nan */
    char *end;
    if (!*text || text[strspn(text, of_numbers)] != '\0')
        return false;
    double value = strtod(text, &end);
    if (*end || end == text || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

static void add_names(const struct csv_table *t, struct bd_str *out)
{
    for (size_t i = 0; i < t->width && i < 20; i++)
        bd_str_addf(out, "%s%s", i ? ", " : "", csv_field(t, 0, i));
    bd_str_add(out, t->width > 20 ? ", ..." : "");
}

size_t results_column(const struct results *r, const char *name, const char *pointer)
{
    size_t column = csv_column(r->table, name);
    bd_auto_str struct bd_str names = {0};
    if (column != SIZE_MAX)
        return column;
    add_names(r->table, &names);
    schema_faults_add(r->faults, pointer, name, "a column of %s: %s", r->name, bd_str_text(&names));
    return SIZE_MAX;
}

/* -- columns of values -- */

struct column {
    struct analysis_column as;
    size_t index;
};

/* The unit that a name ends with, "makespan (s)" or "makespan [s]"; the caller's, NULL: none. */
static char *unit_within(const char *name, const char *metric)
{
    size_t n = strlen(metric), all = strlen(name);
    if (all < n + 3 || strncasecmp(name, metric, n) != 0)
        return NULL;
    const char *p = name + n + strspn(name + n, " _");
    if (!((*p == '(' && name[all - 1] == ')') || (*p == '[' && name[all - 1] == ']')))
        return NULL;
    return bd_xstrndup(p + 1, all - 1 - (size_t)(p + 1 - name));
}

/* By the metric's name, or by that and its unit. */
static size_t column_of(const struct results *r, const char *metric, const char *unit,
                        const char *pointer)
{
    const struct csv_table *t = r->table;
    for (size_t i = 0; i < t->width && csv_column(t, metric) == SIZE_MAX; i++) {
        bd_auto_free char *is = unit_within(csv_field(t, 0, i), metric);
        if (!is)
            continue;
        if (strcmp(is, unit) == 0)
            return i;
        schema_faults_add(r->faults, pointer, unit, "the unit of the column '%s' of %s",
                          csv_field(t, 0, i), r->name);
        return SIZE_MAX;
    }
    return results_column(r, metric, pointer);
}

static void find_columns(const struct results *r, struct column *columns, size_t *ret_n)
{
    const json_t *metrics = json_object_get(r->design, "metrics"), *metric;
    const char *name;
    json_object_foreach ((json_t *)metrics, name, metric) {
        struct column *c = &columns[(*ret_n)++];
        const char *column = bd_json_str(metric, "column", NULL);
        bd_auto_free char *pointer = bd_xasprintf("/metrics/%s%s", name, column ? "/column" : "");
        c->as.name = name;
        c->as.unit = bd_json_str(metric, "unit", "");
        (void)stats_kind_from_str(bd_json_str(metric, "kind", ""), &c->as.kind);
        c->index =
            column ? results_column(r, column, pointer) : column_of(r, name, c->as.unit, pointer);
    }
}

/* -- values -- */

/* Why it is no value. */
static void tell_value(const struct results *r, size_t row, const struct column *c,
                       const char *text)
{
    char *end;
    double value = strtod(text, &end);
    const char *hint = "";
    if (end != text && !isfinite(value))
        hint = ": where there is no value, leave the field empty";
    else if (end != text && *c->as.unit && bd_ends_with(end, c->as.unit))
        hint = ": leave the unit out, the design has it";
    else if (end != text && *end == ',')
        hint = ": a decimal is written with a point";
    results_wrong(r, row, "%s: '%.60s' is no finite number%s", csv_field(r->table, 0, c->index),
                  text, hint);
}

/* The values of a row, NAN where there are none; how many there are. */
static size_t read_values(const struct results *r, size_t row, const struct column *columns,
                          size_t n, double *ret_values)
{
    size_t there = 0;
    for (size_t i = 0; i < n; i++) {
        const char *text = csv_field(r->table, row, columns[i].index);
        ret_values[i] = NAN;
        if (!*text)
            continue;
        there++;
        if (!results_number(text, &ret_values[i]))
            tell_value(r, row, &columns[i], text);
    }
    return there;
}

/* -- what else a row may have -- */

/* Columns that there need not be; SIZE_MAX: not there. */
struct extras {
    size_t run, order, excluded, grade;
};

static bool find_extras(const struct results *r, struct extras *ret)
{
    const struct {
        const char *member;
        size_t *column;
    } members[] = {{"run", &ret->run},
                   {"order", &ret->order},
                   {"excluded", &ret->excluded},
                   {"grade", &ret->grade}};
    bool right = true;
    for (size_t i = 0; i < BD_ARRAY_LEN(members); i++) {
        const char *name = bd_json_str(r->design, members[i].member, NULL);
        bd_auto_free char *pointer = bd_xasprintf("/%s", members[i].member);
        *members[i].column = name ? results_column(r, name, pointer) : SIZE_MAX;
        right &= !name || *members[i].column != SIZE_MAX;
    }
    return right;
}

/* Excluded unless the field says that it is not; what else is in it is the reason. */
static bool is_excluded(const char *text)
{
    static const char *const none[] = {"", "0", "no", "false"};
    for (size_t i = 0; i < BD_ARRAY_LEN(none); i++)
        if (strcasecmp(none[i], text) == 0)
            return false;
    return true;
}

/* Reasons name the line: rows need have no names. */
static void add_reason(const struct results *r, size_t row, const char *text, json_t *reasons)
{
    bd_auto_free char *reason = bd_xasprintf("line %u: %s", r->table->lines[row], text);
    json_array_append_new(reasons, json_string(reason));
}

static void read_grade(const struct results *r, size_t row, const struct extras *x,
                       struct analysis_run *run, json_t *reasons)
{
    const char *grade = x->grade == SIZE_MAX ? "" : csv_field(r->table, row, x->grade);
    const char *excluded = x->excluded == SIZE_MAX ? "" : csv_field(r->table, row, x->excluded);
    run->grade = GRADE_USABLE;
    if (*grade && run_grade_from_str(grade, &run->grade) < 0)
        results_wrong(r, row, "%s: '%.60s' is no grade: usable, limited or invalid",
                      csv_field(r->table, 0, x->grade), grade);
    if (is_excluded(excluded)) {
        run->grade = GRADE_INVALID;
        add_reason(r, row, excluded, reasons);
    } else if (run->grade != GRADE_USABLE) {
        add_reason(r, row, "the table says so", reasons);
    }
    run->reasons = reasons;
}

static void read_order(const struct results *r, size_t row, const struct extras *x,
                       struct analysis_run *run)
{
    run->order = (int64_t)row;
    if (x->order == SIZE_MAX)
        return;
    const char *text = csv_field(r->table, row, x->order);
    if (bd_parse_i64(text, INT64_MIN, INT64_MAX, &run->order) < 0)
        results_wrong(r, row, "%s: '%.60s' is no whole number to order runs by",
                      csv_field(r->table, 0, x->order), text);
}

/* -- all of it -- */

static void add_row(const struct results *r, const struct results_rows *rows, size_t row,
                    const struct extras *x, const struct column *columns, size_t n,
                    struct analysis *analysis)
{
    double values[ANALYSIS_METRICS_MAX];
    bd_auto_json json_t *reasons = json_array();
    bd_auto_free char *error = bd_xasprintf("line %u: it has no value", r->table->lines[row]);
    struct analysis_run run = {
        .id = x->run == SIZE_MAX ? NULL : csv_field(r->table, row, x->run),
        .cell = rows->cells[row],
        .block = rows->blocks[row],
        .values = values,
    };
    if (read_values(r, row, columns, n, values) == 0) {
        run.outcome = ANALYSIS_FAILED;
        run.error = error;
    }
    read_grade(r, row, x, &run, reasons);
    read_order(r, row, x, &run);
    analysis_add(analysis, &run);
}

static json_t *objectives_of(const json_t *design)
{
    json_t *list = json_array(), *metric;
    const char *name;
    json_object_foreach (json_object_get(design, "metrics"), name, metric) {
        json_t *direction = json_object_get(metric, "direction");
        const char *margin = bd_json_str(metric, "margin", NULL);
        json_t *objective = json_pack("{s:s, s:O*}", "metric", name, "direction", direction);
        if (margin)
            json_object_set_new(objective, "margin", json_real(strtod(margin, NULL) / 100));
        json_array_append_new(list, objective);
    }
    return list;
}

static void set_until(const json_t *design, size_t blocks, struct analysis_campaign *campaign)
{
    const json_t *until = json_object_get(design, "until");
    campaign->until_metric = bd_json_str(until, "metric", NULL);
    campaign->until = (struct stats_until){
        .min = (size_t)bd_json_int(until, "min", 1),
        .max = (size_t)bd_json_int(until, "max", (json_int_t)blocks),
        .every = (size_t)bd_json_int(until, "every", 1),
        .confidence = bd_json_real(until, "confidence", STATS_CONFIDENCE),
        .relative_half_width = bd_json_real(until, "relativeHalfWidth", 0),
    };
}

static bool are_left_out(const struct results_rows *rows)
{
    size_t all = 1;
    for (size_t i = 0; i < rows->n_factors && all <= ANALYSIS_CELLS_MAX; i++)
        all *= json_array_size(rows->factors[i].levels);
    return json_array_size(rows->levels) < all;
}

static json_t *analyse(const struct results *r, const struct results_rows *rows,
                       const struct extras *x, const struct column *columns, size_t n)
{
    struct analysis_column as[ANALYSIS_METRICS_MAX];
    bd_auto_json json_t *objectives = objectives_of(r->design);
    for (size_t i = 0; i < n; i++)
        as[i] = columns[i].as;
    struct analysis_campaign campaign = {
        .name = bd_json_str(r->design, "name", r->name),
        .at_end = true,
        .levels = rows->levels,
        .factors = rows->orders,
        .blocks = rows->n_blocks,
        .warmup = (size_t)bd_json_int(r->design, "warmup", 0),
        .paired = bd_json_str(r->design, "block", NULL) != NULL,
        .left_out = are_left_out(rows),
        .seed = (uint64_t)bd_json_int(r->design, "seed", 1),
        .objectives = objectives,
        .columns = as,
        .n_columns = n,
        .confidence = bd_json_real(r->design, "confidence", 0),
    };
    set_until(r->design, rows->n_blocks - campaign.warmup, &campaign);
    bd_auto(analysis) struct analysis *analysis = analysis_new(&campaign);
    for (size_t row = 1; row < r->table->rows; row++)
        add_row(r, rows, row, x, columns, n, analysis);
    return r->lines->n ? NULL : analysis_json(analysis);
}

json_t *results_analyse(const struct results *r)
{
    struct column columns[ANALYSIS_METRICS_MAX];
    struct results_rows rows = {0};
    struct extras extras = {0};
    json_t *json = NULL;
    size_t n = 0;
    if (r->table->rows < 2) {
        results_wrong(r, 0, "there is no row below the names");
        return NULL;
    }
    find_columns(r, columns, &n);
    bool right = find_extras(r, &extras);
    right &= results_rows(r, &rows);
    if (right && (size_t)bd_json_int(r->design, "warmup", 0) >= rows.n_blocks) {
        bd_auto_free char *warmup =
            bd_xasprintf("%lld", (long long)bd_json_int(r->design, "warmup", 0));
        schema_faults_add(r->faults, "/warmup", warmup, "less than the %zu blocks that there are",
                          rows.n_blocks);
    }
    if (right && r->faults->n == 0)
        json = analyse(r, &rows, &extras, columns, n);
    results_rows_done(&rows);
    return json;
}
