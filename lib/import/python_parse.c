#include "lib/import/python_priv.h"

#include <string.h>

/* ---------------------------------------------------------------------------------------- nodes */

struct python_node *parser_make(const struct parser *p, enum python_kind kind, unsigned line,
                                const char *text, size_t bytes)
{
    struct python_node *n = bd_new(struct python_node);
    n->kind = kind;
    n->line = line;
    n->text = text ? bd_xstrndup(text, bytes) : NULL;
    n->made_before = p->out->made;
    p->out->made = n;
    return n;
}

struct python_node *parser_other(const struct parser *p, unsigned line, const char *what)
{
    return parser_make(p, PY_OTHER, line, what, strlen(what));
}

void parser_adopt(struct python_node *parent, struct python_node *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

void python_done(struct python *p)
{
    while (p->made) {
        struct python_node *n = p->made;
        p->made = n->made_before;
        free(n->text);
        free(n);
    }
    *p = (struct python){0};
}

/* --------------------------------------------------------------------------------------- tokens */

bool parser_at(const struct parser *p, const char *text)
{
    return token_is(p->at, text);
}

bool parser_at_any(const struct parser *p, const char *const *texts)
{
    while (*texts && !parser_at(p, *texts))
        texts++;
    return *texts != NULL;
}

bool parser_accept(struct parser *p, const char *text)
{
    bool is = parser_at(p, text);
    p->at += is;
    return is;
}

int parser_refuse(const struct parser *p, const char *wanted)
{
    const struct token *t = p->at;
    bool is_word = t->kind < T_NEWLINE;
    return bd_err_set(p->err, BD_EINVALID, "line %u: %s is expected here, not %s%.*s%s", t->line,
                      wanted, is_word ? "'" : "",
                      is_word ? (int)(t->bytes < 40 ? t->bytes : 40) : 15,
                      is_word ? t->at : "an end of lines", is_word ? "'" : "");
}

int parser_expect(struct parser *p, const char *text)
{
    bd_auto_free char *wanted = bd_xasprintf("'%s'", text);
    return parser_accept(p, text) ? 0 : parser_refuse(p, wanted);
}

int parser_deeper(struct parser *p)
{
    if (++p->depth <= 3 * PYTHON_DEPTH_MAX)
        return 0;
    return bd_err_set(p->err, BD_EINVALID, "line %u: it is nested too deeply", p->at->line);
}

/* Over brackets, up to the end of the statement, the bracket around it, or one of these. */
void parser_skip_to(struct parser *p, const char *const *stops)
{
    unsigned open = 0;
    for (; p->at->kind < T_NEWLINE; p->at++) {
        bool closes = parser_at(p, ")") || parser_at(p, "]") || parser_at(p, "}");
        if (open == 0 && (closes || parser_at_any(p, stops)))
            return;
        open += parser_at(p, "(") || parser_at(p, "[") || parser_at(p, "{");
        open -= closes;
    }
}

static const char *const no_stops[] = {NULL};
static const char *const item_stops[] = {",", "=", ":", ";", NULL};

/* ---------------------------------------------------------------------------------- expressions */

static int parse_within(struct parser *outer, const char *text, size_t bytes, unsigned line,
                        struct python_node **ret)
{
    struct tokens tokens = {0};
    int rc = tokens_read(text, bytes, line, true, &tokens, outer->err);
    struct parser p = {tokens.items, outer->out, outer->depth, outer->err};
    if (rc == 0)
        rc = parser_expression(&p, ret);
    if (rc == 0 && p.at->kind != T_END) /* "!r", ":.3f", "=" */
        *ret = parser_other(outer, line, "a formatted value");
    tokens_done(&tokens);
    return rc;
}

/* The end of a "{...}" that begins before this: over brackets. */
static const char *field_end(const char *s, const char *end)
{
    unsigned open = 0;
    for (; s < end && !(open == 0 && *s == '}'); s++) {
        open += *s == '{' || *s == '(' || *s == '[';
        open -= open && (*s == '}' || *s == ')' || *s == ']');
    }
    return s;
}

/* "text {expression} {{text}}" */
static int parse_format(struct parser *p, const struct token *t, const struct literal *l,
                        struct python_node **ret)
{
    struct python_node *format = parser_make(p, PY_FORMAT, t->line, NULL, 0);
    bd_auto_str struct bd_str text = {0};
    const char *end = l->at + l->bytes;
    for (const char *s = l->at; s < end;) {
        size_t plain = 0;
        while (s + plain < end && s[plain] != '{' && s[plain] != '}')
            plain++;
        bool is_known = literal_decode(l, s, plain, &text);
        s += plain;
        if (!is_known) {
            parser_adopt(format, parser_other(p, t->line, "a character by its name"));
        } else if (s + 1 < end && s[0] == s[1]) {
            bd_str_addn(&text, s, 1);
            s += 2;
        } else if (s < end) {
            struct python_node *value = NULL;
            const char *close = field_end(s + 1, end);
            parser_adopt(format, parser_make(p, PY_STRING, t->line, bd_str_text(&text), text.len));
            bd_str_clear(&text);
            int rc = parse_within(p, s + 1, (size_t)(close - s - 1), t->line, &value);
            if (rc < 0)
                return rc;
            parser_adopt(format, value);
            s = close + (close < end);
        }
    }
    parser_adopt(format, parser_make(p, PY_STRING, t->line, bd_str_text(&text), text.len));
    *ret = format;
    return 0;
}

static int parse_string(struct parser *p, struct python_node **ret)
{
    const struct token *t = p->at++;
    struct literal l;
    bd_auto_str struct bd_str text = {0};
    literal_read(t, &l);
    if (l.is_format)
        return parse_format(p, t, &l, ret);
    *ret = literal_decode(&l, l.at, l.bytes, &text)
               ? parser_make(p, PY_STRING, t->line, bd_str_text(&text), text.len)
               : parser_other(p, t->line, "a character by its name, or of no text");
    return 0;
}

/* 'a' 'b': as 'a' + 'b'. */
static int parse_strings(struct parser *p, struct python_node **ret)
{
    struct python_node *first = NULL, *more = NULL;
    int rc = parse_string(p, &first);
    if (rc < 0 || p->at->kind != T_STRING) {
        *ret = first;
        return rc;
    }
    *ret = parser_make(p, PY_PLUS, first->line, NULL, 0);
    parser_adopt(*ret, first);
    while (rc == 0 && p->at->kind == T_STRING) {
        rc = parse_string(p, &more);
        if (rc == 0)
            parser_adopt(*ret, more);
    }
    return rc;
}

/* Items up to the closing bracket, which is eaten. */
int parser_items(struct parser *p, struct python_node *into, const char *closing)
{
    while (!parser_at(p, closing)) {
        struct python_node *item = NULL;
        const struct token *before = p->at;
        bool is_keyword = p->at->kind == T_NAME && token_is(p->at + 1, "=");
        if (is_keyword) {
            item = parser_make(p, PY_KEYWORD, p->at->line, p->at->at, p->at->bytes);
            p->at += 2;
        }
        struct python_node *value = NULL;
        int rc = parser_expression(p, &value);
        if (rc < 0)
            return rc;
        if (item)
            parser_adopt(item, value);
        parser_adopt(into, item ? item : value);
        bool has_values = into->kind == PY_SET || into->kind == PY_DICT;
        if (has_values && parser_accept(p, ":")) {
            into->kind = PY_DICT;
            rc = parser_expression(p, &value);
            if (rc < 0)
                return rc;
            parser_adopt(into, value);
        }
        if (!parser_accept(p, ",") && !parser_at(p, closing)) {
            if (p->at == before)
                p->at++;
            return parser_refuse(p, "',' or the end of the brackets");
        }
    }
    p->at++;
    return 0;
}

static int parse_bracket(struct parser *p, struct python_node **ret)
{
    static const struct {
        const char *opening, *closing;
        enum python_kind kind;
    } rows[] = {{"(", ")", PY_TUPLE}, {"[", "]", PY_LIST}, {"{", "}", PY_SET}};
    size_t i = 0;
    while (!parser_at(p, rows[i].opening))
        i++;
    const struct token *opening = p->at++;
    struct python_node *n = parser_make(p, rows[i].kind, opening->line, NULL, 0);
    bool is_empty = parser_at(p, rows[i].closing);
    int rc = parser_items(p, n, rows[i].closing);
    if (rc < 0)
        return rc;
    if (n->kind == PY_SET && is_empty)
        n->kind = PY_DICT;
    /* "(x)" is x. */
    bool is_plain = n->kind == PY_TUPLE && n->first && !n->first->next && !token_is(p->at - 2, ",");
    *ret = is_plain ? n->first : n;
    return 0;
}

static int parse_atom(struct parser *p, struct python_node **ret)
{
    const struct token *t = p->at;
    if (t->kind == T_STRING)
        return parse_strings(p, ret);
    if (parser_at(p, "(") || parser_at(p, "[") || parser_at(p, "{"))
        return parse_bracket(p, ret);
    if (t->kind != T_NAME && t->kind != T_NUMBER && !parser_at(p, "..."))
        return parser_refuse(p, "a value");
    p->at++;
    *ret = parser_make(p,
                       t->kind == T_NAME     ? PY_NAME
                       : t->kind == T_NUMBER ? PY_NUMBER
                                             : PY_OTHER,
                       t->line, t->at, t->bytes);
    return 0;
}

/* x.name, x(...), x[...] */
static int parse_primary(struct parser *p, struct python_node **ret)
{
    int rc = parse_atom(p, ret);
    for (unsigned links = 0; rc == 0; links++) {
        struct python_node *outer;
        if (links > PYTHON_DEPTH_MAX)
            return parser_refuse(p, "an expression of fewer links");
        if (parser_accept(p, ".")) {
            if (p->at->kind != T_NAME)
                return parser_refuse(p, "a name");
            outer = parser_make(p, PY_ATTRIBUTE, p->at->line, p->at->at, p->at->bytes);
            p->at++;
            parser_adopt(outer, *ret);
        } else if (parser_at(p, "(")) {
            outer = parser_make(p, PY_CALL, (p->at++)->line, NULL, 0);
            outer->line = (*ret)->line;
            parser_adopt(outer, *ret);
            rc = parser_items(p, outer, ")");
        } else if (parser_accept(p, "[")) {
            outer = parser_other(p, (*ret)->line, "a part of something");
            parser_adopt(outer, *ret);
            parser_skip_to(p, no_stops);
            rc = parser_expect(p, "]");
        } else {
            break;
        }
        *ret = outer;
    }
    return rc;
}

static int parse_unary(struct parser *p, struct python_node **ret)
{
    static const char *const prefixes[] = {"-", "+", "~", "*", "**", "await", NULL};
    const struct token *t = p->at;
    if (!parser_at_any(p, prefixes))
        return parse_primary(p, ret);
    p->at++;
    struct python_node *of = NULL;
    int rc = parser_deeper(p);
    if (rc == 0)
        rc = parse_unary(p, &of);
    p->depth--;
    if (rc < 0)
        return rc;
    *ret = token_is(t, "-") ? parser_make(p, PY_MINUS, t->line, NULL, 0)
                            : parser_other(p, t->line, "a computation");
    parser_adopt(*ret, of);
    return 0;
}

static int parse_product(struct parser *p, struct python_node **ret)
{
    static const char *const operators[] = {"*", "/", "//", "%", "@", "**", NULL};
    int rc = parse_unary(p, ret);
    while (rc == 0 && parser_at_any(p, operators)) {
        struct python_node *right = NULL;
        p->at++;
        rc = parse_unary(p, &right);
        *ret = parser_other(p, (*ret)->line, "a computation");
    }
    return rc;
}

/* One node for all of "a + b + c", however long it is. */
static int parse_sum(struct parser *p, struct python_node **ret)
{
    struct python_node *first = NULL, *more = NULL;
    int rc = parse_product(p, &first);
    *ret = first;
    if (rc < 0 || (!parser_at(p, "+") && !parser_at(p, "-")))
        return rc;
    struct python_node *sum = *ret = parser_make(p, PY_PLUS, first->line, NULL, 0);
    parser_adopt(sum, first);
    while (rc == 0 && (parser_at(p, "+") || parser_at(p, "-"))) {
        if (parser_at(p, "-"))
            *ret = parser_other(p, first->line, "a computation");
        p->at++;
        rc = parse_product(p, &more);
        if (rc == 0)
            parser_adopt(sum, more);
    }
    return rc;
}

/* What is outside of the subset is passed over as a whole. */
static struct python_node *pass_over(struct parser *p, unsigned line, const char *what,
                                     const char *const *stops)
{
    parser_skip_to(p, stops);
    return parser_other(p, line, what);
}

static int parse_lambda(struct parser *p, struct python_node **ret)
{
    static const char *const colon[] = {":", NULL};
    unsigned line = (p->at++)->line;
    parser_skip_to(p, colon);
    int rc = parser_expect(p, ":");
    if (rc == 0)
        *ret = pass_over(p, line, "a function without a name", item_stops);
    return rc;
}

static int parse_deeper_expression(struct parser *p, struct python_node **ret)
{
    static const char *const operators[] = {"<",   ">",  "==", "!=", "<=", ">=", "in", "is", "not",
                                            "and", "or", "&",  "|",  "^",  "<<", ">>", ":=", NULL};
    static const char *const whole[] = {";", NULL};
    const struct token *t = p->at;
    if (parser_at(p, "lambda"))
        return parse_lambda(p, ret);
    if (parser_at(p, "yield")) {
        *ret = pass_over(p, t->line, "a value that is handed out", item_stops);
        return 0;
    }
    if (parser_at(p, "not")) {
        *ret = pass_over(p, t->line, "a comparison", item_stops);
        return 0;
    }
    int rc = parse_sum(p, ret);
    if (rc < 0)
        return rc;
    if (parser_at(p, "for") || parser_at(p, "async"))
        *ret = pass_over(p, t->line, "a loop", whole);
    else if (parser_at(p, "if"))
        *ret = pass_over(p, t->line, "a condition", item_stops);
    else if (parser_at_any(p, operators))
        *ret = pass_over(p, t->line, "a comparison", item_stops);
    return 0;
}

int parser_expression(struct parser *p, struct python_node **ret)
{
    int rc = parser_deeper(p);
    if (rc == 0)
        rc = parse_deeper_expression(p, ret);
    p->depth--;
    return rc;
}

/* "a" or "a, b". */
int parser_expressions(struct parser *p, struct python_node **ret)
{
    int rc = parser_expression(p, ret);
    if (rc < 0 || !parser_at(p, ","))
        return rc;
    struct python_node *tuple = parser_make(p, PY_TUPLE, (*ret)->line, NULL, 0);
    parser_adopt(tuple, *ret);
    *ret = tuple;
    while (rc == 0 && parser_accept(p, ",")) {
        struct python_node *item = NULL;
        if (p->at->kind >= T_NEWLINE || parser_at(p, "="))
            break;
        rc = parser_expression(p, &item);
        if (rc == 0)
            parser_adopt(tuple, item);
    }
    return rc;
}
