/* The catalogue of metrics: its form, and that docs/metrics.md says the same. */
#include "lib/jobs/jobs.h"

#include "tests/base/unit.h"

#include <regex.h>

#define BEGIN "<!-- the catalogue: BENCHD_REGENERATE=1 meson test -C build jobs-catalogue -->\n"
#define END   "<!-- end of the catalogue -->\n"

static bool one_of(const char *s, const char *a, const char *b, const char *c)
{
    return bd_str_eq(s, a) || bd_str_eq(s, b) || bd_str_eq(s, c);
}

START_TEST(entries_have_the_form_of_the_contract)
{
    regex_t name;
    ck_assert_int_eq(regcomp(&name, "^[a-z][a-z0-9_]{0,63}$", REG_EXTENDED | REG_NOSUB), 0);
    for (const struct metric *m = metrics_catalogue; m->name; m++) {
        ck_assert_msg(regexec(&name, m->name, 0, NULL, 0) == 0, "%s", m->name);
        ck_assert_msg(metric_find(m->name) == m, "%s is there twice", m->name);
        ck_assert_msg(one_of(m->unit, "s", "1/s", "1") || strcmp(m->unit, "B") == 0, "%s: %s",
                      m->name, m->unit);
        ck_assert_msg(one_of(m->kind, "cost", "rate", "ratio"), "%s: %s", m->name, m->kind);
        ck_assert_msg(bd_ends_with(m->definition, "."), "%s: %s", m->name, m->definition);
        ck_assert_uint_gt(strlen(m->source), 0);
    }
    ck_assert_ptr_null(metric_find("no_such"));
    ck_assert_ptr_null(metric_find(NULL));
    regfree(&name);
}
END_TEST

/* Of costs the arithmetic mean, of rates the harmonic one, of ratios none. */
START_TEST(no_ratio_has_a_mean)
{
    size_t means = 0;
    for (const struct metric *m = metrics_catalogue; m->name; m++) {
        if (!bd_ends_with(m->name, "_mean"))
            continue;
        ck_assert_msg(bd_str_eq(m->kind, "cost"), "%s", m->name);
        means++;
    }
    ck_assert_uint_gt(means, 0);
}
END_TEST

START_TEST(json_has_all_of_it)
{
    bd_auto_json json_t *items = metrics_catalogue_json();
    size_t n = 0;
    for (const struct metric *m = metrics_catalogue; m->name; m++, n++) {
        const json_t *item = json_array_get(items, n);
        ck_assert_uint_eq(json_object_size(item), 7);
        ck_assert_str_eq(bd_json_str(item, "name", ""), m->name);
        ck_assert_str_eq(bd_json_str(item, "scope", ""), m->scope == METRIC_OF_JOB ? "job" : "run");
        ck_assert_str_eq(bd_json_str(item, "unit", ""), m->unit);
        ck_assert_str_eq(bd_json_str(item, "kind", ""), m->kind);
        ck_assert_str_eq(bd_json_str(item, "better", ""), m->better == METRIC_MIN   ? "min"
                                                          : m->better == METRIC_MAX ? "max"
                                                                                    : "neither");
        ck_assert_str_eq(bd_json_str(item, "definition", ""), m->definition);
        ck_assert_str_eq(bd_json_str(item, "source", ""), m->source);
    }
    ck_assert_uint_eq(json_array_size(items), n);
}
END_TEST

static void add_table(struct bd_str *text, const json_t *items, const char *scope)
{
    bd_str_add(text, "| name | unit | kind | better | definition | source |\n"
                     "|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *m = json_array_get(items, i);
        if (!bd_str_eq(bd_json_str(m, "scope", ""), scope))
            continue;
        bd_str_addf(text, "| `%s` | %s | %s | %s | %s | %s |\n", bd_json_str(m, "name", ""),
                    bd_json_str(m, "unit", ""), bd_json_str(m, "kind", ""),
                    bd_json_str(m, "better", ""), bd_json_str(m, "definition", ""),
                    bd_json_str(m, "source", ""));
    }
}

START_TEST(page_has_the_same_table)
{
    bd_auto_json json_t *items = metrics_catalogue_json();
    bd_auto_str struct bd_str table = {0};
    bd_str_add(&table, "### Of jobs\n\n");
    add_table(&table, items, "job");
    bd_str_add(&table, "\n### Of runs\n\n");
    add_table(&table, items, "run");

    bd_auto_free char *page = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(bd_read_file(DOCS_DIR "/metrics.md", 1 << 20, &page, NULL, &err) == 0, "%s",
                  err.text);
    char *begin = strstr(page, BEGIN), *end = strstr(page, END);
    ck_assert(begin && end && begin < end);
    begin += strlen(BEGIN);
    if (getenv("BENCHD_REGENERATE")) {
        bd_auto_str struct bd_str text = {0};
        bd_str_addn(&text, page, (size_t)(begin - page));
        bd_str_add(&text, bd_str_text(&table));
        bd_str_add(&text, end);
        ck_assert_msg(bd_write_file(DOCS_DIR "/metrics.md", text.data, text.len, 0644, &err) == 0,
                      "%s", err.text);
        return;
    }
    *end = '\0';
    ck_assert_msg(bd_str_eq(begin, bd_str_text(&table)),
                  "docs/metrics.md is not the catalogue; BENCHD_REGENERATE=1 writes it anew");
}
END_TEST

UNIT_MAIN("jobs-catalogue", entries_have_the_form_of_the_contract, no_ratio_has_a_mean,
          json_has_all_of_it, page_has_the_same_table)
