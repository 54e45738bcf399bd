/* A document as Markdown: CommonMark, and tables as GitHub has them. */
#include "lib/report/doc.h"

#include "lib/base/text.h"

#include <ctype.h>
#include <string.h>

/* An underscore within a word is one; elsewhere it may begin emphasis. */
static bool is_within_word(const char *text, size_t i)
{
    return i > 0 && isalnum((unsigned char)text[i - 1]) && isalnum((unsigned char)text[i + 1]);
}

static bool is_markup(const char *text, size_t i)
{
    switch (text[i]) {
    case '_':
        return !is_within_word(text, i);
    case '<': /* "<b>", "</b>", "<!--" */
        return isalnum((unsigned char)text[i + 1]) || (text[i + 1] && strchr("/!?", text[i + 1]));
    case '&': /* "&amp;" */
        return isalnum((unsigned char)text[i + 1]) || text[i + 1] == '#';
    default:
        return text[i] != '\0' && strchr("\\`*[]|~$", text[i]) != NULL;
    }
}

/* "# ", "- ", "12. ", ">": what a line must not begin with by accident. Where to put the backslash;
 * SIZE_MAX: nowhere. */
static size_t line_markup(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *after = text + digits + (text[digits] != '\0');
    bool ends = *after == ' ' || *after == '\0';
    if (*text == '>')
        return 0;
    if (digits)
        return strchr(".)", text[digits]) && ends ? digits : SIZE_MAX;
    return *text && strchr("#+-=", *text) && (ends || *after == *text) ? 0 : SIZE_MAX;
}

static void add_text(struct bd_str *out, const char *raw)
{
    bd_auto_str struct bd_str visible = {0};
    bd_text_visible(&visible, raw);
    const char *text = bd_str_text(&visible);
    size_t first = line_markup(text);
    for (size_t i = 0; text[i]; i++) {
        if (i == first || is_markup(text, i))
            bd_str_addn(out, "\\", 1);
        bd_str_addn(out, text + i, 1);
    }
}

/* The fence is longer than any within. */
static void add_code(struct bd_str *out, const char *text)
{
    size_t longest = 2;
    for (const char *p = text; (p = strchr(p, '`')); p += strspn(p, "`"))
        longest = strspn(p, "`") > longest ? strspn(p, "`") : longest;
    bd_auto_str struct bd_str fence = {0};
    for (size_t i = 0; i <= longest; i++)
        bd_str_addn(&fence, "`", 1);
    bd_str_addf(out, "%s\n%s%s%s\n", bd_str_text(&fence), text,
                bd_ends_with(text, "\n") ? "" : "\n", bd_str_text(&fence));
}

static void add_table(struct bd_str *out, const struct doc_block *b)
{
    bd_str_add(out, "*");
    add_text(out, b->text);
    bd_str_add(out, "*\n\n|");
    for (size_t i = 0; i < b->n_columns; i++) {
        bd_str_add(out, " ");
        add_text(out, b->columns[i].title);
        bd_str_add(out, " |");
    }
    bd_str_add(out, "\n|");
    for (size_t i = 0; i < b->n_columns; i++)
        bd_str_add(out, b->columns[i].number ? "--:|" : "---|");
    for (size_t row = 0; row < doc_rows(b); row++) {
        const struct doc_cell *cells = b->cells + row * b->n_columns;
        for (size_t i = 0; i < b->n_columns; i++) {
            bd_str_add(out, i ? " " : "\n| ");
            add_text(out, cells[i].text ? cells[i].text : "–");
            bd_str_add(out, " |");
        }
    }
    bd_str_add(out, "\n");
}

static void add_block(struct bd_str *out, const struct doc_block *b)
{
    switch (b->kind) {
    case DOC_HEADING:
        bd_str_addf(out, "%.*s ", (int)b->level, "######");
        add_text(out, b->text);
        bd_str_add(out, "\n");
        break;
    case DOC_PARAGRAPH:
        add_text(out, b->text);
        bd_str_add(out, "\n");
        break;
    case DOC_VERDICT:
        bd_str_add(out, "**");
        add_text(out, b->text);
        bd_str_add(out, "**\n");
        break;
    case DOC_LIST:
        for (size_t i = 0; i < b->items.n; i++) {
            bd_str_add(out, "- ");
            add_text(out, b->items.items[i]);
            bd_str_add(out, "\n");
        }
        break;
    case DOC_TABLE:
        add_table(out, b);
        break;
    case DOC_CODE:
        add_code(out, b->text);
        break;
    }
}

char *report_markdown(const struct doc *d)
{
    struct bd_str out = {0};
    for (size_t i = 0; i < d->n; i++) {
        bd_str_add(&out, i ? "\n" : "");
        add_block(&out, &d->blocks[i]);
    }
    return bd_str_take(&out);
}
