#include "campaign.h"

#include "api.h"
#include "show.h"
#include "text.h"

#include <math.h>
#include <string.h>

enum { METRICS_TOLD = 4 }; /* of a run in a line; there may be dozens */

/* -- levels -- */

static bool ends_with_part(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return bd_str_eq(path, end) || (n > m && path[n - m - 1] == '.' && bd_ends_with(path, end));
}

static bool is_title(const struct bd_strv *paths, size_t of, const char *end)
{
    for (size_t i = 0; i < paths->n; i++)
        if (i != of && ends_with_part(paths->items[i], end))
            return false;
    return true;
}

/* The shortest end of a path that tells it from the others; within the path. */
static const char *title_of(const struct bd_strv *paths, size_t i)
{
    const char *path = paths->items[i], *end = path + strlen(path);
    do {
        while (end > path && end[-1] != '.')
            end--;
        if (end == path || is_title(paths, i, end))
            return end;
        end--;
    } while (true);
}

static void collect_paths(struct bd_strv *paths, const json_t *cell)
{
    const char *path;
    json_t *level;
    json_object_foreach ((json_t *)cell, path, level) {
        if (!bd_strv_has(paths, path))
            bd_strv_add(paths, path);
    }
}

void levels_collect(struct levels *l, const json_t *items, const char *member)
{
    const json_t *item;
    size_t i;
    json_array_foreach (items, i, item) {
        collect_paths(&l->paths, json_object_get(item, member));
    }
    l->numbers = bd_xcalloc(l->paths.n + 1, sizeof(bool));
    for (size_t p = 0; p < l->paths.n; p++) {
        bd_strv_add(&l->titles, title_of(&l->paths, p));
        l->numbers[p] = true;
        json_array_foreach (items, i, item) {
            const json_t *level = json_object_get(json_object_get(item, member), l->paths.items[p]);
            l->numbers[p] = l->numbers[p] && (!level || json_is_number(level));
        }
    }
}

void levels_done(struct levels *l)
{
    bd_strv_done(&l->paths);
    bd_strv_done(&l->titles);
    free(l->numbers);
    *l = (struct levels){0};
}

void levels_add_columns(const struct levels *l, struct table_column *columns)
{
    for (size_t p = 0; p < l->paths.n; p++)
        columns[p] = (struct table_column){l->titles.items[p], l->numbers[p]};
}

void levels_add(const struct levels *l, struct table *t, const json_t *cell)
{
    for (size_t p = 0; p < l->paths.n; p++) {
        const json_t *level = json_object_get(cell, l->paths.items[p]);
        bd_auto_str struct bd_str text = {0};
        if (level)
            api_add_value(&text, level);
        table_add(t, STYLE_PLAIN, level ? bd_str_text(&text) : NULL);
    }
}

void levels_text(const json_t *cell, struct bd_str *out)
{
    bd_auto_strv struct bd_strv paths = {0};
    collect_paths(&paths, cell);
    for (size_t p = 0; p < paths.n; p++) {
        bd_str_addf(out, "%s%s=", p ? ", " : "", title_of(&paths, p));
        api_add_value(out, json_object_get(cell, paths.items[p]));
    }
    if (paths.n == 0)
        bd_str_add(out, "the base");
}

/* -- campaigns -- */

static bool state_is_one_of(const json_t *object, const char *const states[3])
{
    const char *state = bd_json_str(object, "state", "");
    return bd_str_eq(state, states[0]) || bd_str_eq(state, states[1]) ||
           bd_str_eq(state, states[2]);
}

bool campaign_is_at_end(const json_t *campaign)
{
    return state_is_one_of(campaign, (const char *const[]){"done", "failed", "cancelled"});
}

/* Its rule or its budget may stop it before what is planned is run. */
static bool may_stop(const json_t *campaign)
{
    const json_t *until = json_object_get(campaign, "until");
    const json_t *budget = json_object_get(campaign, "budget");
    bool has_stopped =
        bd_json_bool(until, "met", false) || bd_json_bool(budget, "exhausted", false);
    return (json_is_object(until) || json_is_object(budget)) && !has_stopped &&
           !campaign_is_at_end(campaign);
}

bool campaign_stopping(const json_t *campaign, struct bd_str *out)
{
    const json_t *until = json_object_get(campaign, "until"), *width;
    char part[TEXT_NUMBER_BYTES];
    double widest = 0;
    size_t i, without = 0;
    if (!json_is_object(until))
        return false;
    json_array_foreach (json_object_get(until, "halfWidths"), i, width) {
        without += !json_is_number(width);
        widest = fmax(widest, json_number_value(width));
    }
    bd_str_addf(out, "%s to within %s %%: ", bd_json_str(until, "metric", "?"),
                text_real(100 * bd_json_real(until, "relativeHalfWidth", 0), part));
    if (bd_json_int(until, "looks", 0) == 0) {
        bd_str_add(out, "not looked at yet");
        return true;
    }
    if (without)
        bd_str_addf(out, "no interval of %zu cell%s yet", without, without == 1 ? "" : "s");
    else
        bd_str_addf(out, "%s %%", text_real(100 * widest, part));
    bd_str_addf(out, " after block %lld (look %lld), %s",
                (long long)bd_json_int(until, "blocks", 0),
                (long long)bd_json_int(until, "looks", 0),
                bd_json_bool(until, "met", false) ? "met" : "not met");
    return true;
}

bool campaign_budget(const json_t *campaign, struct bd_str *out)
{
    const json_t *budget = json_object_get(campaign, "budget");
    const json_t *spent = json_object_get(budget, "spent");
    const char *why = bd_json_str(budget, "why", NULL);
    char wall[TEXT_NUMBER_BYTES], hours[TEXT_NUMBER_BYTES];
    if (!json_is_object(budget))
        return false;
    long long runs = (long long)bd_json_int(spent, "runs", 0);
    bd_str_addf(out, "%lld run%s, %s s, %s node-hours spent", runs, runs == 1 ? "" : "s",
                text_real(bd_json_real(spent, "wallTimeSeconds", 0), wall),
                text_real(bd_json_real(spent, "nodeHours", 0), hours));
    if (why)
        bd_str_addf(out, "; used up: %s", why);
    return true;
}

void campaign_progress(const json_t *campaign, bool running, struct bd_str *out)
{
    const json_t *progress = json_object_get(campaign, "progress");
    const char *most = may_stop(campaign) ? "at most " : "";
    static const char *const counts[][2] = {
        {"failed", "failed"}, {"excluded", "left out"}, {"running", "under way"}};
    char time[TEXT_NUMBER_BYTES];
    bd_str_addf(out, "%lld of %s%lld done", (long long)bd_json_int(progress, "done", 0), most,
                (long long)bd_json_int(progress, "planned", 0));
    for (size_t i = 0; i < BD_ARRAY_LEN(counts) - !running; i++) {
        long long n = (long long)bd_json_int(progress, counts[i][0], 0);
        if (n)
            bd_str_addf(out, ", %lld %s", n, counts[i][1]);
    }
    json_int_t eta = bd_json_int(progress, "etaSeconds", -1);
    if (eta >= 0)
        bd_str_addf(out, ", %s%s to go", *most ? most : "about ", text_seconds(eta, time));
}

const json_t *campaign_objectives(const json_t *campaign)
{
    return json_object_get(json_object_get(campaign, "spec"), "objectives");
}

/* -- runs -- */

bool run_is_at_end(const json_t *run)
{
    return state_is_one_of(run, (const char *const[]){"done", "failed", "cancelled"});
}

const char *run_now(const json_t *run)
{
    const char *now = bd_json_str(run, "state", "?");
    const json_t *step;
    size_t i;
    json_array_foreach (json_object_get(run, "steps"), i, step) {
        if (bd_str_eq(bd_json_str(step, "state", ""), "intended"))
            now = bd_json_str(step, "name", now);
    }
    return now;
}

void run_block(const json_t *run, struct bd_str *out)
{
    bd_str_addf(out, "%s%lld", bd_json_bool(run, "warmup", false) ? "w" : "",
                (long long)bd_json_int(run, "block", 0));
}

void run_metric(const json_t *metric, struct bd_str *out)
{
    char value[TEXT_NUMBER_BYTES];
    const char *unit = bd_json_str(metric, "unit", "");
    long long n = (long long)bd_json_int(metric, "n", 1);
    bd_str_addf(out, "%s%s%s", text_real(bd_json_real(metric, "value", 0), value),
                unit[0] ? " " : "", unit);
    if (n != 1)
        bd_str_addf(out, " (n %lld)", n);
}

static const char built_in[] = "elapsed"; /* of every workload */

static void add_metric(const char *name, const json_t *metric, size_t *n, struct bd_str *out)
{
    if (*n < METRICS_TOLD) {
        bd_str_addf(out, "%s%s ", *n ? ", " : "", name);
        run_metric(metric, out);
    }
    ++*n;
}

/* What is measured of every workload comes last. */
static void add_all_metrics(json_t *metrics, size_t *told, struct bd_str *out)
{
    const char *name;
    json_t *metric;
    json_object_foreach (metrics, name, metric) {
        if (!bd_str_eq(name, built_in))
            add_metric(name, metric, told, out);
    }
    metric = json_object_get(metrics, built_in);
    if (metric)
        add_metric(built_in, metric, told, out);
}

/* The objectives; where there are none, what the workload tells, and what is measured of every one.
 */
static void add_metrics(const json_t *run, const json_t *objectives, struct bd_str *out)
{
    json_t *metrics = json_object_get(run, "metrics"), *metric;
    const json_t *objective;
    const char *name;
    size_t told = 0, i;
    json_array_foreach (objectives, i, objective) {
        name = bd_json_str(objective, "metric", "");
        metric = json_object_get(metrics, name);
        if (metric)
            add_metric(name, metric, &told, out);
    }
    if (told == 0)
        add_all_metrics(metrics, &told, out);
    if (told > METRICS_TOLD)
        bd_str_addf(out, ", and %zu more", told - METRICS_TOLD);
}

void run_result(const json_t *run, const json_t *objectives, struct bd_str *out)
{
    const json_t *error = json_object_get(run, "error");
    const char *waiting = bd_json_str(run, "waiting", NULL);
    if (json_is_object(error))
        bd_str_addf(out, "%s: %s", bd_json_str(error, "step", bd_json_str(error, "type", "?")),
                    bd_json_str(error, "detail", "?"));
    else if (json_object_size(json_object_get(run, "metrics")) > 0)
        add_metrics(run, objectives, out);
    else if (waiting)
        bd_str_addf(out, "waits: %s", waiting);
    else
        bd_str_addf(out, "%s", run_is_at_end(run) ? "" : run_now(run));
}

static void add_run(struct table *t, const struct levels *levels, const json_t *run,
                    const json_t *objectives)
{
    bd_auto_str struct bd_str block = {0}, result = {0};
    const char *state = bd_json_str(run, "state", "?");
    const char *grade = bd_json_str(json_object_get(run, "grade"), "value", "-");
    run_block(run, &block);
    run_result(run, objectives, &result);
    table_add(t, STYLE_BOLD, bd_json_str(run, "id", "?"));
    table_add(t, STYLE_PLAIN, bd_str_text(&block));
    levels_add(levels, t, json_object_get(run, "cell"));
    table_addf(t, STYLE_PLAIN, "%lld", (long long)bd_json_int(run, "attempt", 1));
    table_add(t, show_state_style(state), state);
    table_add(t, show_state_style(grade), grade);
    table_add(t, json_is_object(json_object_get(run, "error")) ? STYLE_BAD : STYLE_PLAIN,
              bd_str_text(&result));
}

void runs_print(const struct term *term, const json_t *items, const json_t *objectives)
{
    static const struct table_column before[] = {{"RUN", false}, {"BLOCK", true}};
    static const struct table_column after[] = {
        {"TRY", true}, {"STATE", false}, {"GRADE", false}, {"RESULT", false}};
    levels_auto struct levels levels = {0};
    levels_collect(&levels, items, "cell");
    size_t n = levels.paths.n, width = BD_ARRAY_LEN(before) + n + BD_ARRAY_LEN(after);
    bd_auto_free struct table_column *columns = bd_xcalloc(width, sizeof(*columns));
    memcpy(columns, before, sizeof(before));
    levels_add_columns(&levels, columns + BD_ARRAY_LEN(before));
    memcpy(columns + BD_ARRAY_LEN(before) + n, after, sizeof(after));

    table_auto struct table table = {0};
    table_init(&table, columns, width);
    const json_t *run;
    size_t i;
    json_array_foreach (items, i, run) {
        add_run(&table, &levels, run, objectives);
    }
    table_print(&table, term, 0);
}
