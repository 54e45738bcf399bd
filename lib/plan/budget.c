#include "lib/plan/budget.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/plan/plan_priv.h"

#include <math.h>
#include <string.h>

#define NS_PER_HOUR (3600.0 * BD_NS_PER_S)

/* -- room -- */

struct plan_cost plan_cost_of(uint64_t runs, int64_t wall_ns, int64_t node_ns)
{
    return (struct plan_cost){wall_ns, (double)node_ns / NS_PER_HOUR, runs};
}

void budget_read(const json_t *spec, struct plan_budget *ret_budget)
{
    const json_t *budget = json_object_get(spec, "budget");
    const char *wall = bd_json_str(budget, "wallTime", NULL);
    struct plan_budget b = {
        .has_node_hours = json_object_get(budget, "nodeHours") != NULL,
        .has_runs = json_object_get(budget, "runs") != NULL,
        .most =
            {
                .node_hours = bd_json_real(budget, "nodeHours", 0),
                .runs = (uint64_t)bd_json_int(budget, "runs", 0),
            },
    };
    b.has_wall = wall && bd_parse_duration_ns(wall, &b.most.wall_ns) == 0;
    *ret_budget = b;
}

bool budget_is_set(const struct plan_budget *b)
{
    return b->has_wall || b->has_node_hours || b->has_runs;
}

bool budget_has_room(const struct plan_budget *b, const struct plan_cost *spent,
                     const struct plan_cost *more, const char **ret_what)
{
    const char *what = NULL;
    if (b->has_wall && more->wall_ns > b->most.wall_ns - spent->wall_ns)
        what = "wallTime";
    else if (b->has_node_hours && spent->node_hours + more->node_hours > b->most.node_hours)
        what = "nodeHours";
    else if (b->has_runs && spent->runs + more->runs > b->most.runs)
        what = "runs";
    if (ret_what)
        *ret_what = what;
    return what == NULL;
}

char *budget_why(const struct plan_budget *b, const char *what, const struct plan_cost *spent,
                 const struct plan_cost *more, const char *of)
{
    const double s = (double)BD_NS_PER_S;
    bd_auto_str struct bd_str text = {0};
    bd_str_addf(&text, "budget.%s has no room for another %s: ", what, of);
    if (bd_str_eq(what, "runs"))
        bd_str_addf(&text, "%llu of %llu are used, and it takes %llu",
                    (unsigned long long)spent->runs, (unsigned long long)b->most.runs,
                    (unsigned long long)more->runs);
    else if (bd_str_eq(what, "nodeHours"))
        bd_str_addf(&text, "%.3g of %.3g are used, and it takes about %.2g", spent->node_hours,
                    b->most.node_hours, more->node_hours);
    else
        bd_str_addf(&text, "%.1f s of %.6g s are used, and it takes about %.1f s",
                    (double)spent->wall_ns / s, (double)b->most.wall_ns / s,
                    (double)more->wall_ns / s);
    return bd_xstrdup(bd_str_text(&text));
}

json_t *budget_spent_json(const struct plan_cost *spent, const char *why)
{
    return json_pack("{s:{s:f, s:f, s:I}, s:b, s:s?}", "spent", "wallTimeSeconds",
                     (double)spent->wall_ns / (double)BD_NS_PER_S, "nodeHours", spent->node_hours,
                     "runs", (json_int_t)spent->runs, "exhausted", why != NULL, "why", why);
}

/* By less than rounding may bring about: 10 blocks of 0.1 fit into 1. */
static double whole_times(double all, double one)
{
    return one > 0 ? floor(all / one * (1 + 1e-12)) : INFINITY;
}

size_t budget_blocks(const struct plan_budget *b, const struct plan_cost *block, size_t most)
{
    double n = (double)most;
    if (b->has_wall)
        n = fmin(n, whole_times((double)b->most.wall_ns, (double)block->wall_ns));
    if (b->has_node_hours)
        n = fmin(n, whole_times(b->most.node_hours, block->node_hours));
    if (b->has_runs)
        n = fmin(n, whole_times((double)b->most.runs, (double)block->runs));
    return (size_t)fmax(n, 0);
}

void plan_cost_add(struct plan_cost *c, const json_t *cluster, int64_t wall_ns)
{
    c->wall_ns += wall_ns;
    c->node_hours += (double)bd_json_int(cluster, "compute", 1) * (double)wall_ns / NS_PER_HOUR;
    c->runs++;
}

/* -- estimates -- */

const char *estimate_basis_to_str(enum estimate_basis b)
{
    static const char *const words[ESTIMATE_BASIS_COUNT] = {
        [ESTIMATE_SAME] = "same",
        [ESTIMATE_LIKE] = "like",
        [ESTIMATE_GUESS] = "guess",
        [ESTIMATE_NONE] = "none",
    };
    return words[b];
}

static char *same_key(const json_t *cluster, const json_t *workload)
{
    bd_auto_json json_t *both = json_pack("[O, O]", cluster, workload);
    return bd_json_text(both);
}

static char *like_key(const json_t *cluster, const json_t *workload)
{
    return bd_xasprintf("%s %s %lld %s", bd_json_str(cluster, "backend", ""),
                        bd_json_str(json_object_get(cluster, "scheduler"), "name", ""),
                        (long long)bd_json_int(cluster, "compute", 0),
                        bd_json_str(workload, "name", ""));
}

static void add_to(json_t **map, const char *key, size_t n, double seconds)
{
    if (!*map)
        *map = json_object();
    const json_t *before = json_object_get(*map, key);
    double all = json_real_value(json_array_get(before, 1)) + (double)n * seconds;
    n += (size_t)json_integer_value(json_array_get(before, 0));
    json_object_set_new(*map, key, json_pack("[I, f]", (json_int_t)n, all));
}

void past_runs_add(struct past_runs *p, const json_t *cluster, const json_t *workload, size_t n,
                   double mean_seconds)
{
    bd_auto_free char *same = same_key(cluster, workload);
    bd_auto_free char *like = like_key(cluster, workload);
    if (n == 0)
        return;
    add_to(&p->same, same, n, mean_seconds);
    add_to(&p->like, like, n, mean_seconds);
}

static bool estimate_from(const json_t *map, const char *key, enum estimate_basis basis,
                          struct estimate *ret)
{
    const json_t *known = json_object_get(map, key);
    size_t n = (size_t)json_integer_value(json_array_get(known, 0));
    if (n == 0)
        return false;
    double mean = json_real_value(json_array_get(known, 1)) / (double)n;
    *ret = (struct estimate){basis, n, (int64_t)(mean * (double)BD_NS_PER_S)};
    return true;
}

void past_runs_estimate(const struct past_runs *p, const json_t *cluster, const json_t *workload,
                        int64_t guess_ns, struct estimate *ret_estimate)
{
    bd_auto_free char *same = same_key(cluster, workload);
    bd_auto_free char *like = like_key(cluster, workload);
    if (estimate_from(p->same, same, ESTIMATE_SAME, ret_estimate) ||
        estimate_from(p->like, like, ESTIMATE_LIKE, ret_estimate))
        return;
    *ret_estimate = (struct estimate){
        .basis = guess_ns > 0 ? ESTIMATE_GUESS : ESTIMATE_NONE,
        .wall_ns = guess_ns,
    };
}

void past_runs_done(struct past_runs *p)
{
    json_decref(p->same);
    json_decref(p->like);
    *p = (struct past_runs){0};
}

/* -- of a plan -- */

size_t plan_blocks_min(const struct plan *p)
{
    const json_t *repetitions = json_object_get(json_object_get(p->spec, "design"), "repetitions");
    json_int_t all = (json_int_t)(p->blocks - p->warmup);
    return p->warmup + (size_t)bd_json_int(repetitions, "min", all);
}

/* Runs can be counted before: a budget that can't be kept is a contradiction. */
void budget_check(const struct plan *p, struct schema_faults *faults)
{
    struct plan_budget b;
    budget_read(p->spec, &b);
    size_t least = plan_blocks_min(p), runs = least * plan_cells(p);
    if (!b.has_runs || runs <= b.most.runs)
        return;
    schema_faults_add(faults, "/budget/runs", NULL,
                      "at least %zu: %zu cells in %zu blocks, those of the warm-up counted", runs,
                      plan_cells(p), least);
}

static json_t *why(size_t fit, size_t least, size_t all, const struct plan_cost *block)
{
    if (!block)
        return json_string("how long a run takes is not known: the budget is looked at while the "
                           "campaign runs");
    if (fit < least)
        return json_sprintf("about %zu blocks fit, and the design needs at least %zu", fit, least);
    if (fit < all)
        return json_sprintf("about %zu of %zu blocks fit, and %zu are the least", fit, all, least);
    return json_sprintf("all %zu blocks fit", all);
}

json_t *budget_json(const struct plan *p, const struct plan_cost *block)
{
    const json_t *spec = json_object_get(p->spec, "budget");
    struct plan_budget b;
    budget_read(p->spec, &b);
    if (!budget_is_set(&b))
        return json_null();
    /* Runs are known without estimates. */
    struct plan_cost bare = {.runs = plan_cells(p)};
    bool timed = b.has_wall || b.has_node_hours;
    bool known = block || !timed;
    const struct plan_cost *one = block ? block : &bare;
    size_t least = plan_blocks_min(p), fit = budget_blocks(&b, one, p->blocks);
    return json_pack("{s:O?, s:O?, s:O?, s:o, s:I, s:o, s:o}", "wallTime",
                     json_object_get(spec, "wallTime"), "nodeHours",
                     json_object_get(spec, "nodeHours"), "runs", json_object_get(spec, "runs"),
                     "blocks", known ? json_integer((json_int_t)fit) : json_null(), "wanted",
                     (json_int_t)least, "enough", known ? json_boolean(fit >= least) : json_null(),
                     "why", why(fit, least, p->blocks, known ? one : NULL));
}
