#include "cluster.h"

#include "table.h"

/* Changes by others are mentioned, not listed. */
#define OTHERS_SHOWN 3

/* The members of a JSON object have no order: this is the one in which steps happen, with the
 * states of nodes that count as done in a step that waits for nodes. A step that is not listed
 * comes last. */
static const struct {
    const char *name;
    const char *done[2];
} steps[] = {
    {"image", {NULL}},          {"admit", {NULL}},
    {"network", {NULL}},        {"nodes", {"running", "ready"}},
    {"ready", {"ready", NULL}}, {"teardown", {"gone", NULL}},
    {"audit", {NULL}},
};

size_t cluster_nodes_in(const json_t *cluster, const char *state)
{
    size_t n = 0, i;
    const json_t *node;
    json_array_foreach (json_object_get(cluster, "nodes"), i, node) {
        n += bd_str_eq(bd_json_str(node, "state", ""), state);
    }
    return n;
}

void cluster_steps(const json_t *cluster, struct bd_strv *ret)
{
    const json_t *timings = json_object_get(cluster, "timings");
    for (size_t i = 0; i < BD_ARRAY_LEN(steps); i++)
        if (json_object_get(timings, steps[i].name))
            bd_strv_add(ret, steps[i].name);
    const char *name;
    json_t *ms;
    json_object_foreach ((json_t *)timings, name, ms) {
        if (!bd_strv_has(ret, name))
            bd_strv_add(ret, name);
    }
}

int64_t cluster_step_ms(const json_t *cluster, const char *step)
{
    return (int64_t)bd_json_real(json_object_get(cluster, "timings"), step, 0);
}

void cluster_now(const json_t *cluster, struct bd_str *ret)
{
    const char *step = bd_json_str(cluster, "step", NULL);
    bd_str_add(ret, step ? step : bd_json_str(cluster, "state", "?"));
    for (size_t i = 0; i < BD_ARRAY_LEN(steps); i++) {
        if (!bd_str_eq(steps[i].name, step) || !steps[i].done[0])
            continue;
        size_t n = cluster_nodes_in(cluster, steps[i].done[0]);
        if (steps[i].done[1])
            n += cluster_nodes_in(cluster, steps[i].done[1]);
        bd_str_addf(ret, " %zu/%zu", n, json_array_size(json_object_get(cluster, "nodes")));
    }
}

bool cluster_is_clean(const json_t *cluster)
{
    return bd_json_bool(json_object_get(cluster, "residue"), "empty", false);
}

static void print_differences(const struct cli *cli, const json_t *differences)
{
    static const struct table_column columns[] = {{NULL, false}, {NULL, false}, {NULL, false}};
    const json_t *difference;
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    size_t i;
    json_array_foreach (differences, i, difference) {
        table_add(&table, STYLE_PLAIN, bd_json_str(difference, "change", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(difference, "kind", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(difference, "item", "?"));
    }
    table_print(&table, &cli->out, 2);
}

bool cluster_has_others(const json_t *cluster)
{
    return json_array_size(json_object_get(json_object_get(cluster, "residue"), "others")) > 0;
}

/* One line, however many they are: all of them are in the cluster's JSON. */
static void print_others(const struct cli *cli, const json_t *residue)
{
    const json_t *others = json_object_get(residue, "others"), *change;
    size_t n = json_array_size(others) + (size_t)bd_json_int(residue, "othersLeftOut", 0);
    bd_auto_str struct bd_str text = {0};
    size_t i;
    json_array_foreach (others, i, change) {
        if (i == OTHERS_SHOWN)
            break;
        bd_str_addf(&text, "%s%s %s %s", i ? ", " : "", bd_json_str(change, "kind", "?"),
                    bd_json_str(change, "item", "?"), bd_json_str(change, "change", "?"));
    }
    if (n > OTHERS_SHOWN)
        bd_str_addf(&text, " and %zu more", n - OTHERS_SHOWN);
    printf("  %s%zu change%s by others: %s%s\n", term_on(&cli->out, STYLE_DIM), n,
           n == 1 ? "" : "s", bd_str_text(&text), term_off(&cli->out));
}

void cluster_print_residue(const struct cli *cli, const json_t *cluster, const char *prefix)
{
    const json_t *residue = json_object_get(cluster, "residue");
    const json_t *differences = json_object_get(residue, "differences");
    if (cluster_is_clean(cluster)) {
        printf("%sresidue: %snone%s\n", prefix, term_on(&cli->out, STYLE_GOOD),
               term_off(&cli->out));
    } else if (!json_is_object(residue)) {
        printf("%sresidue: %snot known%s: the host was not looked at\n", prefix,
               term_on(&cli->out, STYLE_BAD), term_off(&cli->out));
    } else {
        printf("%sresidue: %s%zu differences%s\n", prefix, term_on(&cli->out, STYLE_BAD),
               json_array_size(differences), term_off(&cli->out));
        print_differences(cli, differences);
    }
    if (cluster_has_others(cluster))
        print_others(cli, residue);
}
