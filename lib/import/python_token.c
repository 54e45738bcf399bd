#include "lib/import/python_priv.h"

#include <ctype.h>
#include <string.h>

struct reader {
    const char *at, *end;
    unsigned line;
    unsigned brackets; /* that are open */
    unsigned indents[PYTHON_DEPTH_MAX + 1];
    size_t n_indents;
    struct tokens *out;
    struct bd_err *err;
};

void tokens_done(struct tokens *t)
{
    free(t->items);
    *t = (struct tokens){0};
}

bool token_is(const struct token *t, const char *text)
{
    return (t->kind == T_OP || t->kind == T_NAME) && t->bytes == strlen(text) &&
           memcmp(t->at, text, t->bytes) == 0;
}

static int refuse(const struct reader *r, unsigned line, const char *what)
{
    return bd_err_set(r->err, BD_EINVALID, "line %u: %s", line, what);
}

static void add(struct reader *r, enum token_kind kind, unsigned line, const char *at, size_t bytes)
{
    struct tokens *t = r->out;
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 256;
        t->items = bd_xrealloc(t->items, t->cap * sizeof(*t->items));
    }
    t->items[t->n++] = (struct token){kind, line, at, bytes};
}

/* ---------------------------------------------------------------------------------- indentation */

/* Of the line that begins here: its width, and at its first character. */
static unsigned skip_indent(struct reader *r)
{
    unsigned width = 0;
    for (; r->at < r->end; r->at++) {
        if (*r->at == ' ')
            width++;
        else if (*r->at == '\t')
            width = (width / 8 + 1) * 8;
        else if (*r->at == '\f')
            width = 0;
        else
            break;
    }
    return width;
}

static int indent_to(struct reader *r, unsigned width)
{
    if (width > r->indents[r->n_indents]) {
        if (r->n_indents == PYTHON_DEPTH_MAX)
            return refuse(r, r->line, "blocks are nested too deeply");
        r->indents[++r->n_indents] = width;
        add(r, T_INDENT, r->line, r->at, 0);
    }
    while (width < r->indents[r->n_indents]) {
        r->n_indents--;
        add(r, T_DEDENT, r->line, r->at, 0);
    }
    if (width != r->indents[r->n_indents])
        return refuse(r, r->line, "it is indented as no line before it");
    return 0;
}

static bool is_line_end(const struct reader *r)
{
    return *r->at == '\n' || *r->at == '\r';
}

static void skip_comment(struct reader *r)
{
    while (r->at < r->end && *r->at != '\n')
        r->at++;
}

static void skip_line_end(struct reader *r)
{
    r->at += *r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n';
    r->at++;
    r->line++;
}

/* At the beginning of a line, outside of brackets: lines with nothing on them don't count. */
static int begin_line(struct reader *r)
{
    for (;;) {
        unsigned width = skip_indent(r);
        if (r->at < r->end && *r->at == '#')
            skip_comment(r);
        if (r->at == r->end)
            return 0;
        if (!is_line_end(r))
            return indent_to(r, width);
        skip_line_end(r);
    }
}

/* --------------------------------------------------------------------------------------- tokens */

/* How many bytes of letters before a quote are a string's prefix; -1: it is no string. */
static int prefix_of(const struct reader *r)
{
    int n = 0;
    while (r->at + n < r->end && n < 3 && strchr("rRbBuUfF", r->at[n]) && r->at[n])
        n++;
    return r->at + n < r->end && (r->at[n] == '\'' || r->at[n] == '"') ? n : -1;
}

static int read_string(struct reader *r, size_t prefix)
{
    const char *begin = r->at, quote = r->at[prefix];
    unsigned line = r->line;
    const char *p = begin + prefix;
    bool is_long = r->end - p >= 3 && p[1] == quote && p[2] == quote;
    for (p += is_long ? 3 : 1; p < r->end; p++) {
        if (*p == '\\' && p + 1 < r->end) {
            p++;
        } else if (*p == quote &&
                   (!is_long || (r->end - p >= 3 && p[1] == quote && p[2] == quote))) {
            r->at = p + (is_long ? 3 : 1);
            add(r, T_STRING, line, begin, (size_t)(r->at - begin));
            return 0;
        } else if (*p == '\n' && !is_long) {
            break;
        }
        r->line += *p == '\n';
    }
    return refuse(r, line, "a string that begins here has no end");
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static void read_word(struct reader *r)
{
    const char *begin = r->at;
    bool is_number = isdigit((unsigned char)*begin) || *begin == '.';
    while (r->at < r->end) {
        bool is_exponent = is_number && strchr("eE", *r->at) && r->at + 1 < r->end &&
                           strchr("+-", r->at[1]) && !bd_starts_with(begin, "0x");
        if (!is_word(*r->at) && !(is_number && *r->at == '.'))
            break;
        r->at += is_exponent ? 2 : 1;
    }
    add(r, is_number ? T_NUMBER : T_NAME, r->line, begin, (size_t)(r->at - begin));
}

static int read_operator(struct reader *r)
{
    static const char *const operators[] = {
        "**=", "//=", ">>=", "<<=", "...", "!=", "<=", ">=", "==", "->", ":=", "+=",
        "-=",  "*=",  "/=",  "%=",  "@=",  "&=", "|=", "^=", "**", "//", "<<", ">>"};
    size_t bytes = 1;
    for (size_t i = 0; i < BD_ARRAY_LEN(operators); i++) {
        size_t n = strlen(operators[i]);
        if (n > bytes && (size_t)(r->end - r->at) >= n && memcmp(r->at, operators[i], n) == 0) {
            bytes = n;
            break;
        }
    }
    if (!strchr("()[]{}.,:;=+-*/%@&|^~<>!", *r->at))
        return refuse(r, r->line, "a character that means nothing in Python");
    if (strchr("([{", *r->at) && ++r->brackets > PYTHON_DEPTH_MAX)
        return refuse(r, r->line, "brackets are nested too deeply");
    if (strchr(")]}", *r->at) && r->brackets-- == 0)
        return refuse(r, r->line, "a bracket is closed that was not opened");
    add(r, T_OP, r->line, r->at, bytes);
    r->at += bytes;
    return 0;
}

static int read_token(struct reader *r)
{
    int prefix = prefix_of(r);
    if (prefix >= 0)
        return read_string(r, (size_t)prefix);
    bool is_fraction = *r->at == '.' && r->at + 1 < r->end && isdigit((unsigned char)r->at[1]);
    if (!is_word(*r->at) && !is_fraction)
        return read_operator(r);
    read_word(r);
    return 0;
}

/* Blanks, a comment, a backslash at the end of a line; and ends of lines within brackets. */
static void skip_blanks(struct reader *r)
{
    for (;;) {
        size_t left = (size_t)(r->end - r->at);
        if (left && (*r->at == ' ' || *r->at == '\t' || *r->at == '\f'))
            r->at++;
        else if (left && *r->at == '#')
            skip_comment(r);
        else if (left > 1 && *r->at == '\\' && (r->at[1] == '\n' || r->at[1] == '\r')) {
            r->at++;
            skip_line_end(r);
        } else if (left && r->brackets && is_line_end(r))
            skip_line_end(r);
        else
            return;
    }
}

static int read_all(struct reader *r)
{
    int rc = r->brackets ? 0 : begin_line(r);
    while (rc == 0) {
        skip_blanks(r);
        if (r->at == r->end)
            break;
        if (is_line_end(r)) {
            add(r, T_NEWLINE, r->line, r->at, 0);
            skip_line_end(r);
            rc = begin_line(r);
        } else {
            rc = read_token(r);
        }
    }
    return rc;
}

int tokens_read(const char *text, size_t bytes, unsigned first_line, bool in_brackets,
                struct tokens *ret, struct bd_err *err)
{
    struct reader r = {
        .at = text,
        .end = text + bytes,
        .line = first_line,
        .brackets = in_brackets,
        .out = ret,
        .err = err,
    };
    int rc = read_all(&r);
    if (rc == 0 && r.brackets != in_brackets)
        rc = refuse(&r, r.line, "the text ends within brackets");
    if (rc < 0)
        return rc;
    if (!in_brackets)
        add(&r, T_NEWLINE, r.line, r.at, 0);
    for (; r.n_indents > 0; r.n_indents--)
        add(&r, T_DEDENT, r.line, r.at, 0);
    add(&r, T_END, r.line, r.at, 0);
    return 0;
}
