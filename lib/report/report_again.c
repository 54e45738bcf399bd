/* The conditions that runs were made in, and how to do it again. */
#include "lib/report/report_priv.h"

#include <string.h>

/* -- conditions -- */

static void begin_facts(const struct report *r, const char *caption)
{
    doc_table(r->doc, "%s", caption);
    doc_column(r->doc, DOC_TEXT, "what");
    doc_column(r->doc, DOC_TEXT, "was");
}

static void add_fact(const struct report *r, const char *what, const char *was)
{
    doc_cell(r->doc, DOC_PLAIN, what);
    doc_cell(r->doc, DOC_PLAIN, was);
}

static void add_list(const struct report *r, const char *path, const json_t *list)
{
    const json_t *item;
    bd_auto_str struct bd_str text = {0};
    size_t i;
    json_array_foreach (list, i, item) {
        bd_str_add(&text, i ? ", " : "");
        report_level(item, &text);
    }
    add_fact(r, path, text.len ? bd_str_text(&text) : NULL);
}

/* Whatever a description has: its values by their paths, lists of plain values in one line. */
static void add_described(const struct report *r, const char *path, const json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;
    if (json_is_object(value)) {
        json_object_foreach ((json_t *)value, key, member) {
            bd_auto_free char *below = bd_xasprintf("%s%s%s", path, *path ? "." : "", key);
            add_described(r, below, member);
        }
    } else if (json_is_object(json_array_get(value, 0))) {
        json_array_foreach (value, i, member) {
            bd_auto_free char *below = bd_xasprintf("%s.%zu", path, i);
            add_described(r, below, member);
        }
    } else if (json_is_array(value)) {
        add_list(r, path, value);
    } else if (value && !json_is_null(value)) {
        bd_auto_str struct bd_str text = {0};
        report_level(value, &text);
        add_fact(r, path, bd_str_text(&text));
    }
}

static void add_conditions(const struct report *r)
{
    const json_t *item;
    size_t i;
    begin_facts(r, "What the runs were made with");
    json_array_foreach (r->source->conditions, i, item)
        add_fact(r, bd_json_str(item, "what", "?"), bd_json_str(item, "was", "?"));
    doc_table_end(r->doc);
}

static void add_host(const struct report *r, const json_t *host)
{
    bd_auto_str struct bd_str runs = {0};
    bd_auto_free char *caption = NULL;
    report_count(bd_json_int(host, "runs", 0), "run", &runs);
    caption = bd_xasprintf("The host of %s", bd_str_text(&runs));
    begin_facts(r, caption);
    add_fact(r, "digest of its description", bd_json_str(host, "digest", NULL));
    add_described(r, "", json_object_get(host, "description"));
    doc_table_end(r->doc);
}

void report_conditions(const struct report *r)
{
    const struct report_source *s = r->source;
    if (json_array_size(s->conditions) == 0 && json_array_size(s->hosts) == 0)
        return;
    const json_t *host;
    size_t i;
    doc_heading(r->doc, 2, "Conditions");
    add_conditions(r);
    json_array_foreach (s->hosts, i, host)
        add_host(r, host);
}

/* -- again -- */

static void add_spec(const struct report *r, const json_t *spec)
{
    bd_auto_free char *text =
        json_dumps(spec, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    if (!text)
        return;
    doc_heading(r->doc, 3, "The spec, with every default filled in");
    doc_code(r->doc, text);
}

static void add_campaign(const struct report *r, const char *id)
{
    const json_t *spec = json_object_get(r->source->campaign, "spec");
    const json_t *seed = json_object_get(json_object_get(spec, "design"), "seed");
    bd_auto_free char *here = bd_xasprintf("benchctl campaign reproduce %s", id);
    bd_auto_free char *crate =
        bd_xasprintf("benchctl campaign crate %s\n"
                     "benchctl verify campaign-%s.crate.zip\n"
                     "benchctl campaign reproduce campaign-%s.crate.zip --key PUBLIC.pem",
                     id, id, id);
    doc_paragraph(r->doc, "On the machine that it was made on:");
    doc_code(r->doc, here);
    doc_paragraph(
        r->doc, "Anywhere, from the campaign's crate, which has the spec, the plan, all "
                "records, and the manifests of the images; PUBLIC.pem is the key of who made it:");
    doc_code(r->doc, crate);
    begin_facts(r, "What it all follows from");
    add_fact(r, "campaign", id);
    add_fact(r, "digest of the spec", bd_json_str(r->source->campaign, "digest", NULL));
    if (json_is_integer(seed)) {
        doc_cell(r->doc, DOC_PLAIN, "seed");
        doc_cellf(r->doc, DOC_PLAIN, "%lld", (long long)json_integer_value(seed));
    }
    doc_table_end(r->doc);
    if (json_is_object(spec))
        add_spec(r, spec);
}

static void add_table(const struct report *r)
{
    const json_t *t = r->source->table;
    const char *text = bd_json_str(t, "text", NULL);
    bd_auto_str struct bd_str command = {0};
    bd_str_add(&command, "benchctl analyse ");
    report_shell_word(bd_json_str(t, "table", "-"), &command);
    bd_str_add(&command, " --design ");
    report_shell_word(bd_json_str(t, "design", "-"), &command);
    doc_paragraph(r->doc, "The same figures come from the same two files:");
    doc_code(r->doc, bd_str_text(&command));
    begin_facts(r, "What it all follows from");
    add_fact(r, "digest of the table", bd_json_str(t, "tableDigest", NULL));
    add_fact(r, "digest of the design", bd_json_str(t, "designDigest", NULL));
    doc_table_end(r->doc);
    if (text) {
        doc_heading(r->doc, 3, "The design");
        doc_code(r->doc, text);
    }
}

void report_again(const struct report *r)
{
    const char *id = bd_json_str(r->analysis, "campaign", NULL);
    if (!id && !r->source->table)
        return;
    doc_heading(r->doc, 2, "How to reproduce it");
    if (id)
        add_campaign(r, id);
    else
        add_table(r);
}
