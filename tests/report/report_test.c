/* An analysis as Markdown and HTML, against golden files (BENCHD_REGENERATE=1 writes them anew),
 * and that nothing of what users call things becomes markup. */
#include "lib/report/doc.h"
#include "lib/report/report.h"
#include "lib/report/report_priv.h"
#include "tests/base/unit.h"
#include "tests/report/analyses.h"

#include "lib/base/fs.h"

#include <string.h>

/* -- golden files -- */

static char *read_golden(const char *name)
{
    bd_auto_free char *path = bd_xasprintf(GOLDEN_DIR "/%s", name);
    struct bd_err err = BD_ERR_INIT;
    char *text = NULL;
    ck_assert_msg(bd_read_file(path, 1 << 20, &text, NULL, &err) == 0, "%s", err.text);
    return text;
}

static json_t *read_json(const char *name)
{
    bd_auto_free char *text = read_golden(name);
    json_t *json = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(bd_json_parse(text, strlen(text), &json, &err) == 0, "%s", err.text);
    return json;
}

static void assert_golden(const char *name, const char *text)
{
    if (getenv("BENCHD_REGENERATE")) {
        bd_auto_free char *path = bd_xasprintf(GOLDEN_DIR "/%s", name);
        struct bd_err err = BD_ERR_INIT;
        ck_assert_msg(bd_write_file(path, text, strlen(text), 0644, &err) == 0, "%s", err.text);
        return;
    }
    bd_auto_free char *golden = read_golden(name);
    ck_assert_str_eq(text, golden);
}

static const struct {
    enum report_format format;
    const char *golden;
} formats[] = {{REPORT_MARKDOWN, "report.md"}, {REPORT_HTML, "report.html"}};

START_TEST(test_a_campaigns_report_is_as_kept)
{
    bd_auto_json json_t *analysis = read_json("analysis.json");
    bd_auto_json json_t *about = read_json("source.json");
    const struct report_source source = {
        .version = "0.1.0",
        .campaign = json_object_get(about, "campaign"),
        .conditions = json_object_get(about, "conditions"),
        .hosts = json_object_get(about, "hosts"),
    };
    check_contract(analysis);
    for (size_t i = 0; i < BD_ARRAY_LEN(formats); i++) {
        bd_auto_free char *text = report_text(analysis, &source, formats[i].format);
        assert_golden(formats[i].golden, text);
    }
}
END_TEST

/* Whatever an analysis leaves out, there is a report of the rest. */
START_TEST(test_an_empty_analysis_has_a_report)
{
    bd_auto_json json_t *analysis = json_object();
    const struct report_source source = {0};
    for (size_t i = 0; i < BD_ARRAY_LEN(formats); i++) {
        bd_auto_free char *text = report_text(analysis, &source, formats[i].format);
        ck_assert_ptr_nonnull(strstr(text, "Verdict"));
    }
}
END_TEST

START_TEST(test_a_table_is_reproduced_by_its_two_files)
{
    bd_auto_json json_t *analysis = json_object();
    bd_auto_json json_t *table =
        json_pack("{s:s, s:s, s:s, s:s}", "table", "my results.csv", "tableDigest", "sha256:aa",
                  "design", "design.yaml", "text", "factors: [policy]\n");
    const struct report_source source = {.table = table};
    bd_auto_free char *text = report_text(analysis, &source, REPORT_MARKDOWN);
    ck_assert_ptr_nonnull(
        strstr(text, "```\nbenchctl analyse 'my results.csv' --design design.yaml\n```\n"));
    ck_assert_ptr_nonnull(strstr(text, "| digest of the table | sha256:aa |"));
    ck_assert_ptr_nonnull(strstr(text, "```\nfactors: [policy]\n```"));
}
END_TEST

/* -- what a report asks of an analysis -- */

START_TEST(test_hosts_and_versions_of_the_runs_that_count_are_listed)
{
    bd_auto_json json_t *levels = json_pack("[{}]");
    bd_auto_json json_t *metrics =
        parse("{'x': {'value': 1, 'unit': 's', 'kind': 'cost', 'n': 1}}");
    run_figures_auto struct run_figures figures = figures_of(metrics);
    bd_auto_json json_t *conditions = json_pack("{s:s}", "host", "sha256:aa");
    const struct analysis_campaign campaign = {
        .id = "5a6b7c8d", .at_end = true, .levels = levels, .blocks = 3, .paired = true};
    bd_auto(analysis) struct analysis *a = analysis_new(&campaign);
    for (size_t block = 0; block < 3; block++) {
        const struct analysis_run run = {.block = block,
                                         .grade = block == 2 ? GRADE_INVALID : GRADE_USABLE,
                                         .figures = &figures,
                                         .conditions = conditions,
                                         .image = "debian",
                                         .digest = "sha256:bb"};
        analysis_add(a, &run);
    }
    bd_auto_json json_t *hosts = analysis_hosts(a);
    bd_auto_json json_t *with = analysis_conditions(a);
    bd_auto_json json_t *json = analysis_json(a);
    bd_auto_free char *hosts_text = bd_json_text(hosts);
    bd_auto_free char *with_text = bd_json_text(with);
    ck_assert_str_eq(hosts_text, "[{\"digest\":\"sha256:aa\",\"runs\":2}]");
    ck_assert(json_equal(json_object_get(json, "hosts"), hosts));
    ck_assert_str_eq(with_text, "[{\"was\":\"sha256:bb\",\"what\":\"image debian\"}]");
}
END_TEST

/* -- escapes -- */

static const struct {
    const char *text, *markdown, *html;
} escapes[] = {
    {"plain", "plain", "plain"},
    {"wait_p95", "wait_p95", "wait_p95"},
    {"_all_", "\\_all\\_", "_all_"},
    {"a|b", "a\\|b", "a|b"},
    {"*x* `y` [z](u)", "\\*x\\* \\`y\\` \\[z\\](u)", "*x* `y` [z](u)"},
    {"<script>alert('1')</script>", "\\<script>alert('1')\\</script>",
     "&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;"},
    {"AT&T &amp; \"x\"", "AT\\&T \\&amp; \"x\"", "AT&#38;T &#38;amp; &#34;x&#34;"},
    {"a & b", "a & b", "a &#38; b"},
    {"# no heading", "\\# no heading", "# no heading"},
    {"1. no list", "1\\. no list", "1. no list"},
    {"12.5", "12.5", "12.5"},
    {"12", "12", "12"},
    {"-0.5", "-0.5", "-0.5"},
    {"---", "\\---", "---"},
    {"> no quote", "\\> no quote", "&#62; no quote"},
    {"p < 0.05", "p < 0.05", "p &#60; 0.05"},
    {"- no item", "\\- no item", "- no item"},
    {"a\nb", "a\\\\nb", "a\\nb"},
    {"\033[31m", "\\\\x1b\\[31m", "\\x1b[31m"},
    {"$x$ ~y~", "\\$x\\$ \\~y\\~", "$x$ ~y~"},
    {"bad \xff", "bad \\\\xff", "bad \\xff"},
    {"grün", "grün", "grün"},
};

START_TEST(test_text_is_never_markup)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(escapes); i++) {
        doc_auto struct doc doc = {0};
        doc_paragraph(&doc, "%s", escapes[i].text);
        bd_auto_free char *markdown = report_markdown(&doc), *html = report_html(&doc);
        bd_auto_free char *line = bd_xasprintf("%s\n", escapes[i].markdown);
        bd_auto_free char *element = bd_xasprintf("<p>%s</p>\n", escapes[i].html);
        ck_assert_str_eq(markdown, line);
        ck_assert_msg(strstr(html, element) != NULL, "%s not in %s", element, html);
    }
}
END_TEST

START_TEST(test_code_can_not_end_its_fence_or_element)
{
    doc_auto struct doc doc = {0};
    doc_code(&doc, "a\n````\n</code>\033\nb\n");
    bd_auto_free char *markdown = report_markdown(&doc), *html = report_html(&doc);
    ck_assert_str_eq(markdown, "`````\na\n````\n</code>\\x1b\nb\n`````\n");
    ck_assert_ptr_nonnull(strstr(html, "<code>a\n````\n&#60;/code&#62;\\x1b\nb</code></pre>"));
}
END_TEST

/* -- tables -- */

START_TEST(test_a_column_that_is_optional_and_empty_is_left_out)
{
    doc_auto struct doc doc = {0};
    doc_table(&doc, "x");
    doc_column(&doc, DOC_TEXT, "a");
    doc_column(&doc, DOC_NUMBER | DOC_OPTIONAL, "b");
    doc_column(&doc, DOC_NUMBER, "c");
    for (int i = 0; i < 2; i++) {
        doc_cellf(&doc, DOC_PLAIN, "r%d", i);
        doc_cell(&doc, DOC_PLAIN, NULL);
        doc_cell(&doc, i ? DOC_WARN : DOC_PLAIN, i ? "7" : NULL);
    }
    doc_table_end(&doc);
    bd_auto_free char *markdown = report_markdown(&doc), *html = report_html(&doc);
    ck_assert_str_eq(markdown, "*x*\n\n| a | c |\n|---|--:|\n| r0 | – |\n| r1 | 7 |\n");
    ck_assert_ptr_nonnull(strstr(html, "<caption>x</caption>"));
    ck_assert_ptr_nonnull(
        strstr(html, "<tr><th scope=\"row\">r1</th><td class=\"n warn\">7</td></tr>"));
    ck_assert_ptr_nonnull(strstr(html, "<th scope=\"col\" class=\"n\">c</th>"));
}
END_TEST

START_TEST(test_a_table_without_rows_is_none)
{
    doc_auto struct doc doc = {0};
    doc_paragraph(&doc, "before");
    doc_table(&doc, "x");
    doc_column(&doc, DOC_TEXT, "a");
    doc_table_end(&doc);
    bd_auto_free char *markdown = report_markdown(&doc);
    ck_assert_str_eq(markdown, "before\n");
}
END_TEST

/* -- figures -- */

START_TEST(test_a_share_is_never_rounded_to_all_of_it)
{
    static const struct {
        double share;
        const char *text;
    } shares[] = {
        {0, "0 %"},           {0.05, "5 %"},          {0.9375, "93.8 %"}, {0.978515625, "97.9 %"},
        {0.9995, "> 99.9 %"}, {0.999999, "> 99.9 %"}, {1, "100 %"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(shares); i++) {
        bd_auto_str struct bd_str out = {0};
        report_percent(shares[i].share, &out);
        ck_assert_str_eq(bd_str_text(&out), shares[i].text);
    }
}
END_TEST

START_TEST(test_words_for_a_shell_are_quoted_where_they_must_be)
{
    static const struct {
        const char *word, *text;
    } words[] = {{"a.csv", "a.csv"},
                 {"my a.csv", "'my a.csv'"},
                 {"it's", "'it'\\''s'"},
                 {"", "''"},
                 {"$(x)", "'$(x)'"}};
    for (size_t i = 0; i < BD_ARRAY_LEN(words); i++) {
        bd_auto_str struct bd_str out = {0};
        report_shell_word(words[i].word, &out);
        ck_assert_str_eq(bd_str_text(&out), words[i].text);
    }
}
END_TEST

UNIT_MAIN("report", test_a_campaigns_report_is_as_kept, test_an_empty_analysis_has_a_report,
          test_a_table_is_reproduced_by_its_two_files,
          test_hosts_and_versions_of_the_runs_that_count_are_listed, test_text_is_never_markup,
          test_code_can_not_end_its_fence_or_element,
          test_a_column_that_is_optional_and_empty_is_left_out, test_a_table_without_rows_is_none,
          test_a_share_is_never_rounded_to_all_of_it,
          test_words_for_a_shell_are_quoted_where_they_must_be)
