/* The order of a report, and its front. */
#include "lib/report/report_priv.h"

#include <errno.h>
#include <string.h>

enum { FINDINGS_MAX = 50 };

static const struct {
    const char *name, *type;
    char *(*render)(const struct doc *d);
} formats[REPORT_FORMAT_COUNT] = {
    [REPORT_MARKDOWN] = {"markdown", "text/markdown; charset=utf-8", report_markdown},
    [REPORT_HTML] = {"html", "text/html; charset=utf-8", report_html},
};

const char *report_format_to_str(enum report_format format)
{
    return formats[format].name;
}

const char *report_format_type(enum report_format format)
{
    return formats[format].type;
}

int report_format_from_str(const char *s, enum report_format *ret_format)
{
    for (enum report_format f = 0; f < REPORT_FORMAT_COUNT; f++) {
        if (strcmp(formats[f].name, s) == 0) {
            *ret_format = f;
            return 0;
        }
    }
    return -EINVAL;
}

/* -- title -- */

/* "2026-01-31 12:00:00 UTC": nobody reads milliseconds of what took hours. */
static void add_time(struct bd_str *out, const char *what, const char *at)
{
    if (at && strlen(at) > 19)
        bd_str_addf(out, ", %s %.10s %.8s UTC", what, at, at + 11);
}

static void add_lead(const struct report *r)
{
    const char *campaign = bd_json_str(r->analysis, "campaign", NULL);
    const char *state = bd_json_str(r->analysis, "state", NULL);
    const char *started = bd_json_str(r->source->campaign, "startedAt", NULL);
    const char *ended = bd_json_str(r->source->campaign, "endedAt", NULL);
    bd_auto_str struct bd_str text = {0};
    if (campaign) {
        bd_str_addf(&text, "Campaign %s%s%s", campaign, state ? ", " : "", state ? state : "");
        add_time(&text, "begun", started);
        add_time(&text, "ended", ended);
    } else {
        bd_str_addf(&text, "Results from %s", bd_json_str(r->source->table, "table", "a table"));
    }
    if (r->source->version)
        bd_str_addf(&text, ". Analysed by benchd %s", r->source->version);
    doc_paragraph(r->doc, "%s.", bd_str_text(&text));
}

/* -- verdict -- */

static const struct {
    const char *value;
    enum doc_mark mark;
    const char *meaning;
} verdicts[] = {
    {"publishable", DOC_GOOD,
     "Nothing speaks against concluding from these results what the sentences below say."},
    {"exploratory", DOC_WARN,
     "What follows is a hint of what a better experiment may find, and no more."},
    {"invalid", DOC_BAD, "Nothing may be concluded from these results."},
};

static void add_verdict(const struct report *r)
{
    const json_t *verdict = json_object_get(r->analysis, "verdict"), *reason;
    const json_t *reasons = json_object_get(verdict, "reasons");
    const char *value = bd_json_str(verdict, "value", "?");
    bd_auto_free char *text = bd_xasprintf("Verdict: %s", value);
    const char *state = bd_json_str(r->analysis, "state", "done");
    size_t i = 0;
    while (i + 1 < BD_ARRAY_LEN(verdicts) && strcmp(verdicts[i].value, value) != 0)
        i++;
    doc_heading(r->doc, 2, "Verdict");
    doc_verdict(r->doc, verdicts[i].mark, text);
    if (strcmp(state, "done") != 0 && strcmp(state, "failed") != 0 &&
        strcmp(state, "cancelled") != 0)
        doc_paragraph(r->doc, "The campaign is %s: this is of the runs so far.", state);
    doc_paragraph(r->doc, "%s%s", verdicts[i].meaning, json_array_size(reasons) ? " Because:" : "");
    json_array_foreach (reasons, i, reason)
        doc_item(r->doc, "%s", json_string_value(reason));
}

/* -- findings: the analysis in a few sentences -- */

static void count_comparisons(const struct report *r, size_t *ret_all, size_t *ret_resolved)
{
    const json_t *metric, *comparison;
    size_t i, k;
    *ret_all = *ret_resolved = 0;
    json_array_foreach (json_object_get(r->analysis, "metrics"), i, metric) {
        json_array_foreach (json_object_get(metric, "comparisons"), k, comparison) {
            const char *result = bd_json_str(comparison, "result", "unresolved");
            ++*ret_all;
            *ret_resolved += strcmp(result, "unresolved") != 0;
        }
    }
}

static void add_resolution(const struct report *r)
{
    size_t all, resolved;
    count_comparisons(r, &all, &resolved);
    json_int_t left_out = bd_json_int(r->analysis, "comparisonsLeftOut", 0);
    if (all > 0 && resolved == all)
        doc_paragraph(r->doc, "The data resolve each of the %zu comparison%s.", all,
                      all == 1 ? "" : "s");
    else if (all > 0)
        doc_paragraph(r->doc,
                      "Of %zu comparison%s the data resolve %zu. Of what is unresolved neither a "
                      "difference nor that there is none may be concluded.",
                      all, all == 1 ? "" : "s", resolved);
    if (left_out > 0)
        doc_paragraph(r->doc, "%lld more comparisons within a context are not told.",
                      (long long)left_out);
}

static void add_findings(const struct report *r)
{
    const json_t *words = json_object_get(r->analysis, "words"), *sentence;
    size_t i;
    doc_heading(r->doc, 2, "Findings");
    json_array_foreach (words, i, sentence) {
        if (i == FINDINGS_MAX)
            break;
        doc_item(r->doc, "%s", json_string_value(sentence));
    }
    if (json_array_size(words) > FINDINGS_MAX)
        doc_paragraph(r->doc, "And %zu more, with their metrics below.",
                      json_array_size(words) - FINDINGS_MAX);
    add_resolution(r);
}

/* -- all of it -- */

static char *render(const json_t *analysis, const struct report_source *source,
                    char *(*render_doc)(const struct doc *d))
{
    doc_auto struct doc doc = {0};
    const struct report r = {.analysis = analysis, .source = source, .doc = &doc};
    const json_t *metric;
    size_t i;
    doc_heading(&doc, 1, "%s", bd_json_str(analysis, "name", "Results"));
    add_lead(&r);
    add_verdict(&r);
    add_findings(&r);
    report_asked(&r);
    report_run(&r);
    json_array_foreach (json_object_get(analysis, "metrics"), i, metric)
        report_metric(&r, metric);
    report_pareto(&r);
    report_checklist(&r);
    report_conditions(&r);
    report_again(&r);
    return render_doc(&doc);
}

char *report_text(const json_t *analysis, const struct report_source *source,
                  enum report_format format)
{
    return render(analysis, source, formats[format].render);
}

char *report_body(const json_t *analysis, const struct report_source *source)
{
    return render(analysis, source, report_html_body);
}
