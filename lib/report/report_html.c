/* A document as one file of HTML: no script, nothing from elsewhere; and it says so, so that a
 * browser would not run or fetch anything if something slipped in. */
#include "lib/report/doc.h"

#include "lib/base/text.h"

#include <string.h>

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>";

static const char *const classes[DOC_MARK_COUNT] = {"", "good", "warn", "bad", "dim"};

/* For text and for attributes in quotes; a percent sign is kept with its number. */
static void add_escaped(struct bd_str *out, const char *text)
{
    for (const char *p = text; *p;) {
        size_t plain = strcspn(p, "&<>\"' ");
        bd_str_addn(out, p, plain);
        p += plain;
        if (p[0] == ' ' && p[1] == '%')
            bd_str_add(out, "&#160;");
        else if (*p == ' ')
            bd_str_add(out, " ");
        else if (*p)
            bd_str_addf(out, "&#%d;", *p);
        p += *p != '\0';
    }
}

static void add_text(struct bd_str *out, const char *raw)
{
    bd_auto_str struct bd_str visible = {0};
    bd_text_visible(&visible, raw);
    add_escaped(out, bd_str_text(&visible));
}

static void add_element(struct bd_str *out, const char *name, const char *text)
{
    bd_str_addf(out, "<%s>", name);
    add_text(out, text);
    bd_str_addf(out, "</%s>\n", name);
}

/* -- tables -- */

/* A row of titles or of cells: the first cell names its row. */
static void add_row(struct bd_str *out, const struct doc_block *b, const struct doc_cell *cells)
{
    bd_str_add(out, "<tr>");
    for (size_t i = 0; i < b->n_columns; i++) {
        bool number = b->columns[i].number;
        const char *scope = cells ? i ? "" : " scope=\"row\"" : " scope=\"col\"";
        const char *mark = cells ? classes[cells[i].mark] : "";
        const char *text = cells ? cells[i].text : b->columns[i].title;
        bd_str_addf(out, "<%s%s", *scope ? "th" : "td", scope);
        if (number || *mark)
            bd_str_addf(out, " class=\"%s%s%s\"", number ? "n" : "", number && *mark ? " " : "",
                        mark);
        bd_str_add(out, ">");
        add_text(out, text ? text : "–");
        bd_str_add(out, *scope ? "</th>" : "</td>");
    }
    bd_str_add(out, "</tr>\n");
}

/* Wide ones are moved by themselves, also with the keyboard. */
static void add_table(struct bd_str *out, const struct doc_block *b)
{
    bd_str_add(out, "<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"");
    add_text(out, b->text);
    bd_str_add(out, "\">\n<table>\n");
    add_element(out, "caption", b->text);
    bd_str_add(out, "<thead>\n");
    add_row(out, b, NULL);
    bd_str_add(out, "</thead>\n<tbody>\n");
    for (size_t i = 0; i < doc_rows(b); i++)
        add_row(out, b, b->cells + i * b->n_columns);
    bd_str_add(out, "</tbody>\n</table>\n</div>\n");
}

/* -- blocks -- */

static void add_list(struct bd_str *out, const struct doc_block *b)
{
    bd_str_add(out, "<ul>\n");
    for (size_t i = 0; i < b->items.n; i++)
        add_element(out, "li", b->items.items[i]);
    bd_str_add(out, "</ul>\n");
}

/* Characters of code are kept as they are, new lines too. Long lines are moved, also with keys. */
static void add_code(struct bd_str *out, const char *text)
{
    bd_str_add(out, "<pre tabindex=\"0\"><code>");
    add_escaped(out, text);
    bd_str_add(out, "</code></pre>\n");
}

static void add_block(struct bd_str *out, const struct doc_block *b, size_t number)
{
    switch (b->kind) {
    case DOC_HEADING:
        bd_str_addf(out, "<h%u id=\"b%zu\">", b->level, number);
        add_text(out, b->text);
        bd_str_addf(out, "</h%u>\n", b->level);
        break;
    case DOC_PARAGRAPH:
        add_element(out, "p", b->text);
        break;
    case DOC_VERDICT:
        bd_str_addf(out, "<p class=\"verdict %s\">", classes[b->mark]);
        add_text(out, b->text);
        bd_str_add(out, "</p>\n");
        break;
    case DOC_LIST:
        add_list(out, b);
        break;
    case DOC_TABLE:
        add_table(out, b);
        break;
    case DOC_CODE:
        add_code(out, b->text);
        break;
    }
}

/* Links to the headings of the second level. */
static void add_contents(struct bd_str *out, const struct doc *d)
{
    bd_str_add(out, "<nav aria-label=\"Contents\">\n<ul>\n");
    for (size_t i = 0; i < d->n; i++) {
        if (d->blocks[i].kind != DOC_HEADING || d->blocks[i].level != 2)
            continue;
        bd_str_addf(out, "<li><a href=\"#b%zu\">", i);
        add_text(out, d->blocks[i].text);
        bd_str_add(out, "</a></li>\n");
    }
    bd_str_add(out, "</ul>\n</nav>\n");
}

static void add_body(struct bd_str *out, const struct doc *d)
{
    for (size_t i = 0; i < d->n; i++) {
        add_block(out, &d->blocks[i], i);
        if (i == 0)
            add_contents(out, d);
    }
}

char *report_html_body(const struct doc *d)
{
    struct bd_str out = {0};
    add_body(&out, d);
    return out.len ? bd_str_take(&out) : bd_xstrdup("");
}

char *report_html(const struct doc *d)
{
    struct bd_str out = {0};
    bd_str_add(&out, head);
    add_text(&out, d->n ? d->blocks[0].text : "");
    bd_str_addf(&out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", report_style);
    add_body(&out, d);
    bd_str_add(&out, "</main>\n</body>\n</html>\n");
    return bd_str_take(&out);
}
