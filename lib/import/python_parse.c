#include "lib/import/python_priv.h"

#include <string.h>

struct parser {
    const struct token *at;
    struct python *out;
    unsigned depth;
    struct bd_err *err;
};

/* ----------------------------------------------------------------------------------------- nodes
 */

static struct python_node *make(const struct parser *p, enum python_kind kind, unsigned line,
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

static struct python_node *other(const struct parser *p, unsigned line, const char *what)
{
    return make(p, PY_OTHER, line, what, strlen(what));
}

static void adopt(struct python_node *parent, struct python_node *child)
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

/* ---------------------------------------------------------------------------------------- tokens
 */

static bool at(const struct parser *p, const char *text)
{
    return token_is(p->at, text);
}

static bool at_any(const struct parser *p, const char *const *texts)
{
    while (*texts && !at(p, *texts))
        texts++;
    return *texts != NULL;
}

static bool accept(struct parser *p, const char *text)
{
    bool is = at(p, text);
    p->at += is;
    return is;
}

static int refuse(const struct parser *p, const char *wanted)
{
    const struct token *t = p->at;
    bool is_word = t->kind < T_NEWLINE;
    return bd_err_set(p->err, BD_EINVALID, "line %u: %s is expected here, not %s%.*s%s", t->line,
                      wanted, is_word ? "'" : "",
                      is_word ? (int)(t->bytes < 40 ? t->bytes : 40) : 15,
                      is_word ? t->at : "an end of lines", is_word ? "'" : "");
}

static int expect(struct parser *p, const char *text)
{
    bd_auto_free char *wanted = bd_xasprintf("'%s'", text);
    return accept(p, text) ? 0 : refuse(p, wanted);
}

static int deeper(struct parser *p)
{
    if (++p->depth <= 3 * PYTHON_DEPTH_MAX)
        return 0;
    return bd_err_set(p->err, BD_EINVALID, "line %u: it is nested too deeply", p->at->line);
}

/* Over brackets, up to the end of the statement, the bracket around it, or one of these. */
static void skip_to(struct parser *p, const char *const *stops)
{
    unsigned open = 0;
    for (; p->at->kind < T_NEWLINE; p->at++) {
        bool closes = at(p, ")") || at(p, "]") || at(p, "}");
        if (open == 0 && (closes || at_any(p, stops)))
            return;
        open += at(p, "(") || at(p, "[") || at(p, "{");
        open -= closes;
    }
}

static const char *const no_stops[] = {NULL};
static const char *const item_stops[] = {",", "=", ":", ";", NULL};

/* ----------------------------------------------------------------------------------- expressions
 */

static int parse_expression(struct parser *p, struct python_node **ret);

static int parse_within(struct parser *outer, const char *text, size_t bytes, unsigned line,
                        struct python_node **ret)
{
    struct tokens tokens = {0};
    int rc = tokens_read(text, bytes, line, true, &tokens, outer->err);
    struct parser p = {tokens.items, outer->out, outer->depth, outer->err};
    if (rc == 0)
        rc = parse_expression(&p, ret);
    if (rc == 0 && p.at->kind != T_END) /* "!r", ":.3f", "=" */
        *ret = other(outer, line, "a formatted value");
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
    struct python_node *format = make(p, PY_FORMAT, t->line, NULL, 0);
    bd_auto_str struct bd_str text = {0};
    const char *end = l->at + l->bytes;
    for (const char *s = l->at; s < end;) {
        size_t plain = 0;
        while (s + plain < end && s[plain] != '{' && s[plain] != '}')
            plain++;
        bool is_known = literal_decode(l, s, plain, &text);
        s += plain;
        if (!is_known) {
            adopt(format, other(p, t->line, "a character by its name"));
        } else if (s + 1 < end && s[0] == s[1]) {
            bd_str_addn(&text, s, 1);
            s += 2;
        } else if (s < end) {
            struct python_node *value = NULL;
            const char *close = field_end(s + 1, end);
            adopt(format, make(p, PY_STRING, t->line, bd_str_text(&text), text.len));
            bd_str_clear(&text);
            int rc = parse_within(p, s + 1, (size_t)(close - s - 1), t->line, &value);
            if (rc < 0)
                return rc;
            adopt(format, value);
            s = close + (close < end);
        }
    }
    adopt(format, make(p, PY_STRING, t->line, bd_str_text(&text), text.len));
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
               ? make(p, PY_STRING, t->line, bd_str_text(&text), text.len)
               : other(p, t->line, "a character by its name, or of no text");
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
    *ret = make(p, PY_PLUS, first->line, NULL, 0);
    adopt(*ret, first);
    while (rc == 0 && p->at->kind == T_STRING) {
        rc = parse_string(p, &more);
        if (rc == 0)
            adopt(*ret, more);
    }
    return rc;
}

/* Items up to the closing bracket, which is eaten. */
static int parse_items(struct parser *p, struct python_node *into, const char *closing)
{
    while (!at(p, closing)) {
        struct python_node *item = NULL;
        const struct token *before = p->at;
        bool is_keyword = p->at->kind == T_NAME && token_is(p->at + 1, "=");
        if (is_keyword) {
            item = make(p, PY_KEYWORD, p->at->line, p->at->at, p->at->bytes);
            p->at += 2;
        }
        struct python_node *value = NULL;
        int rc = parse_expression(p, &value);
        if (rc < 0)
            return rc;
        if (item)
            adopt(item, value);
        adopt(into, item ? item : value);
        bool has_values = into->kind == PY_SET || into->kind == PY_DICT;
        if (has_values && accept(p, ":")) {
            into->kind = PY_DICT;
            rc = parse_expression(p, &value);
            if (rc < 0)
                return rc;
            adopt(into, value);
        }
        if (!accept(p, ",") && !at(p, closing)) {
            if (p->at == before)
                p->at++;
            return refuse(p, "',' or the end of the brackets");
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
    while (!at(p, rows[i].opening))
        i++;
    const struct token *opening = p->at++;
    struct python_node *n = make(p, rows[i].kind, opening->line, NULL, 0);
    bool is_empty = at(p, rows[i].closing);
    int rc = parse_items(p, n, rows[i].closing);
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
    if (at(p, "(") || at(p, "[") || at(p, "{"))
        return parse_bracket(p, ret);
    if (t->kind != T_NAME && t->kind != T_NUMBER && !at(p, "..."))
        return refuse(p, "a value");
    p->at++;
    *ret = make(p,
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
            return refuse(p, "an expression of fewer links");
        if (accept(p, ".")) {
            if (p->at->kind != T_NAME)
                return refuse(p, "a name");
            outer = make(p, PY_ATTRIBUTE, p->at->line, p->at->at, p->at->bytes);
            p->at++;
            adopt(outer, *ret);
        } else if (at(p, "(")) {
            outer = make(p, PY_CALL, (p->at++)->line, NULL, 0);
            outer->line = (*ret)->line;
            adopt(outer, *ret);
            rc = parse_items(p, outer, ")");
        } else if (accept(p, "[")) {
            outer = other(p, (*ret)->line, "a part of something");
            adopt(outer, *ret);
            skip_to(p, no_stops);
            rc = expect(p, "]");
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
    if (!at_any(p, prefixes))
        return parse_primary(p, ret);
    p->at++;
    struct python_node *of = NULL;
    int rc = deeper(p);
    if (rc == 0)
        rc = parse_unary(p, &of);
    p->depth--;
    if (rc < 0)
        return rc;
    *ret =
        token_is(t, "-") ? make(p, PY_MINUS, t->line, NULL, 0) : other(p, t->line, "a computation");
    adopt(*ret, of);
    return 0;
}

static int parse_product(struct parser *p, struct python_node **ret)
{
    static const char *const operators[] = {"*", "/", "//", "%", "@", "**", NULL};
    int rc = parse_unary(p, ret);
    while (rc == 0 && at_any(p, operators)) {
        struct python_node *right = NULL;
        p->at++;
        rc = parse_unary(p, &right);
        *ret = other(p, (*ret)->line, "a computation");
    }
    return rc;
}

/* One node for all of "a + b + c", however long it is. */
static int parse_sum(struct parser *p, struct python_node **ret)
{
    struct python_node *first = NULL, *more = NULL;
    int rc = parse_product(p, &first);
    *ret = first;
    if (rc < 0 || (!at(p, "+") && !at(p, "-")))
        return rc;
    struct python_node *sum = *ret = make(p, PY_PLUS, first->line, NULL, 0);
    adopt(sum, first);
    while (rc == 0 && (at(p, "+") || at(p, "-"))) {
        if (at(p, "-"))
            *ret = other(p, first->line, "a computation");
        p->at++;
        rc = parse_product(p, &more);
        if (rc == 0)
            adopt(sum, more);
    }
    return rc;
}

/* What is outside of the subset is passed over as a whole. */
static struct python_node *pass_over(struct parser *p, unsigned line, const char *what,
                                     const char *const *stops)
{
    skip_to(p, stops);
    return other(p, line, what);
}

static int parse_lambda(struct parser *p, struct python_node **ret)
{
    static const char *const colon[] = {":", NULL};
    unsigned line = (p->at++)->line;
    skip_to(p, colon);
    int rc = expect(p, ":");
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
    if (at(p, "lambda"))
        return parse_lambda(p, ret);
    if (at(p, "yield")) {
        *ret = pass_over(p, t->line, "a value that is handed out", item_stops);
        return 0;
    }
    if (at(p, "not")) {
        *ret = pass_over(p, t->line, "a comparison", item_stops);
        return 0;
    }
    int rc = parse_sum(p, ret);
    if (rc < 0)
        return rc;
    if (at(p, "for") || at(p, "async"))
        *ret = pass_over(p, t->line, "a loop", whole);
    else if (at(p, "if"))
        *ret = pass_over(p, t->line, "a condition", item_stops);
    else if (at_any(p, operators))
        *ret = pass_over(p, t->line, "a comparison", item_stops);
    return 0;
}

static int parse_expression(struct parser *p, struct python_node **ret)
{
    int rc = deeper(p);
    if (rc == 0)
        rc = parse_deeper_expression(p, ret);
    p->depth--;
    return rc;
}

/* "a" or "a, b". */
static int parse_expressions(struct parser *p, struct python_node **ret)
{
    int rc = parse_expression(p, ret);
    if (rc < 0 || !at(p, ","))
        return rc;
    struct python_node *tuple = make(p, PY_TUPLE, (*ret)->line, NULL, 0);
    adopt(tuple, *ret);
    *ret = tuple;
    while (rc == 0 && accept(p, ",")) {
        struct python_node *item = NULL;
        if (p->at->kind >= T_NEWLINE || at(p, "="))
            break;
        rc = parse_expression(p, &item);
        if (rc == 0)
            adopt(tuple, item);
    }
    return rc;
}

/* ------------------------------------------------------------------------------------ statements
 */

static int parse_body(struct parser *p, struct python_node **ret);

static struct python_node *statement_of_word(struct parser *p, enum python_kind kind)
{
    const struct token *t = p->at++;
    return make(p, kind, t->line, t->at, t->bytes);
}

static int parse_assignment(struct parser *p, struct python_node *value, struct python_node **ret)
{
    struct python_node *targets = make(p, PY_TUPLE, value->line, NULL, 0);
    struct python_node *n = make(p, PY_ASSIGN, value->line, NULL, 0);
    int rc = 0;
    while (rc == 0 && accept(p, "=")) {
        adopt(targets, value);
        rc = parse_expressions(p, &value);
    }
    if (rc < 0)
        return rc;
    adopt(n, value);
    n->first->next = targets->first;
    n->last = targets->last;
    *ret = n;
    return 0;
}

static int parse_augmented(struct parser *p, struct python_node *target, struct python_node **ret)
{
    struct python_node *n = statement_of_word(p, PY_AUGMENT), *value = NULL;
    int rc = parse_expressions(p, &value);
    if (rc < 0)
        return rc;
    adopt(n, value);
    adopt(n, target);
    *ret = n;
    return 0;
}

static int parse_expression_statement(struct parser *p, struct python_node **ret)
{
    static const char *const augmented[] = {
        "+=", "-=", "*=", "/=", "%=", "@=", "&=", "|=", "^=", "**=", "//=", ">>=", "<<=", NULL};
    static const char *const annotation_stops[] = {"=", ";", NULL};
    struct python_node *value = NULL;
    int rc = parse_expressions(p, &value);
    if (rc < 0)
        return rc;
    if (accept(p, ":"))
        skip_to(p, annotation_stops);
    if (at(p, "="))
        return parse_assignment(p, value, ret);
    if (at_any(p, augmented))
        return parse_augmented(p, value, ret);
    *ret = make(p, PY_EXPRESSION, value->line, NULL, 0);
    adopt(*ret, value);
    return 0;
}

static int parse_simple(struct parser *p, struct python_node **ret)
{
    static const char *const words[] = {"import", "from",     "pass", "raise",
                                        "global", "nonlocal", "del",  "assert",
                                        "break",  "continue", NULL};
    static const char *const end[] = {";", NULL};
    int rc = 0;
    if (at_any(p, words)) {
        *ret = statement_of_word(p, PY_SIMPLE);
        skip_to(p, end);
    } else if (at(p, "return")) {
        struct python_node *value = NULL;
        *ret = statement_of_word(p, PY_RETURN);
        if (p->at->kind < T_NEWLINE && !at(p, ";"))
            rc = parse_expressions(p, &value);
        if (rc == 0 && value)
            adopt(*ret, value);
    } else {
        rc = parse_expression_statement(p, ret);
    }
    if (rc == 0 && !at(p, ";") && p->at->kind != T_NEWLINE)
        return refuse(p, "the end of the statement");
    return rc;
}

/* "if x:", "for x in y:"; after its word. */
static int parse_block(struct parser *p, struct python_node **ret)
{
    static const char *const colon[] = {":", NULL};
    *ret = statement_of_word(p, PY_BLOCK);
    skip_to(p, colon);
    return parse_body(p, &(*ret)->body);
}

static int parse_class(struct parser *p, struct python_node **ret)
{
    p->at++;
    if (p->at->kind != T_NAME)
        return refuse(p, "the name of a class");
    *ret = statement_of_word(p, PY_CLASS);
    int rc = accept(p, "(") ? parse_items(p, *ret, ")") : 0;
    return rc == 0 ? parse_body(p, &(*ret)->body) : rc;
}

static int parse_def(struct parser *p, struct python_node **ret)
{
    static const char *const colon[] = {":", NULL};
    p->at++;
    if (p->at->kind != T_NAME)
        return refuse(p, "the name of a function");
    *ret = statement_of_word(p, PY_DEF);
    skip_to(p, colon);
    return parse_body(p, &(*ret)->body);
}

static int parse_decorators(struct parser *p, struct python_node **ret)
{
    struct python_node *list = make(p, PY_TUPLE, p->at->line, NULL, 0);
    int rc = 0;
    while (rc == 0 && accept(p, "@")) {
        struct python_node *decorator = NULL;
        rc = parse_expression(p, &decorator);
        if (rc == 0)
            adopt(list, decorator);
        if (rc == 0 && p->at->kind != T_NEWLINE)
            rc = refuse(p, "the end of the line");
        p->at += rc == 0;
    }
    *ret = list->first;
    return rc;
}

static int parse_compound(struct parser *p, struct python_node **ret)
{
    static const char *const words[] = {"if",  "elif",   "else",    "for",  "while",
                                        "try", "except", "finally", "with", NULL};
    struct python_node *decorators = NULL;
    int rc = parse_decorators(p, &decorators);
    if (rc < 0)
        return rc;
    accept(p, "async");
    rc = at(p, "class")     ? parse_class(p, ret)
         : at(p, "def")     ? parse_def(p, ret)
         : at_any(p, words) ? parse_block(p, ret)
                            : refuse(p, "a class or a function");
    if (rc == 0)
        (*ret)->decorators = decorators;
    return rc;
}

static int parse_statements(struct parser *p, enum token_kind end, struct python_node **ret)
{
    static const char *const words[] = {"@",   "class", "def", "async",  "if",      "elif", "else",
                                        "for", "while", "try", "except", "finally", "with", NULL};
    struct python_node *list = make(p, PY_TUPLE, p->at->line, NULL, 0);
    int rc = 0;
    while (rc == 0 && p->at->kind != end) {
        struct python_node *n = NULL;
        bool is_compound = at_any(p, words);
        rc = is_compound ? parse_compound(p, &n) : parse_simple(p, &n);
        if (rc < 0)
            return rc;
        adopt(list, n);
        if (!is_compound && !accept(p, ";") && p->at->kind == T_NEWLINE)
            p->at++;
        if (p->at->kind == T_NEWLINE) /* after "x;" */
            p->at++;
        if (p->at->kind == T_INDENT)
            return refuse(p, "no deeper line");
    }
    *ret = list->first;
    return rc;
}

/* ":", then statements in the same line, or a deeper block. */
static int parse_body(struct parser *p, struct python_node **ret)
{
    int rc = expect(p, ":");
    if (rc == 0)
        rc = deeper(p);
    if (rc < 0)
        return rc;
    if (p->at->kind != T_NEWLINE) {
        struct python_node *list = make(p, PY_TUPLE, p->at->line, NULL, 0), *n = NULL;
        do {
            rc = parse_simple(p, &n);
            if (rc < 0)
                return rc;
            adopt(list, n);
        } while (accept(p, ";") && p->at->kind != T_NEWLINE);
        p->at++;
        *ret = list->first;
    } else {
        p->at++;
        if (p->at->kind != T_INDENT)
            return refuse(p, "a deeper line");
        p->at++;
        rc = parse_statements(p, T_DEDENT, ret);
        p->at += rc == 0;
    }
    p->depth--;
    return rc;
}

int python_parse(const char *text, size_t bytes, struct python *ret, struct bd_err *err)
{
    struct tokens tokens = {0};
    if (bytes > PYTHON_BYTES_MAX)
        return bd_err_set(err, BD_EINVALID, "it has more than %zu bytes", PYTHON_BYTES_MAX);
    if (!bd_is_utf8(text, bytes))
        return bd_err_set(err, BD_EINVALID, "it is no UTF-8 text");
    int rc = tokens_read(text, bytes, 1, false, &tokens, err);
    struct parser p = {.at = tokens.items, .out = ret, .err = err};
    if (rc == 0 && tokens.items[0].kind == T_NEWLINE)
        p.at++;
    if (rc == 0)
        rc = parse_statements(&p, T_END, &ret->body);
    tokens_done(&tokens);
    if (rc < 0)
        python_done(ret);
    return rc;
}

/* ------------------------------------------------------------------------------------- questions
 */

const struct python_node *python_child(const struct python_node *n, size_t index)
{
    const struct python_node *child = n->first;
    while (child && index-- > 0)
        child = child->next;
    return child;
}

bool python_dotted(const struct python_node *n, struct bd_str *ret_words)
{
    if (n->kind == PY_ATTRIBUTE) {
        if (!python_dotted(n->first, ret_words))
            return false;
        bd_str_add(ret_words, ".");
    } else if (n->kind != PY_NAME) {
        return false;
    }
    bd_str_add(ret_words, n->text);
    return true;
}

const char *python_last_word(const struct python_node *n)
{
    return n && (n->kind == PY_NAME || n->kind == PY_ATTRIBUTE) ? n->text : NULL;
}

const struct python_node *python_keyword(const struct python_node *call, const char *name)
{
    for (const struct python_node *n = call->first; n; n = n->next)
        if (n->kind == PY_KEYWORD && bd_str_eq(n->text, name))
            return n->first;
    return NULL;
}

const struct python_node *python_argument(const struct python_node *call, size_t index)
{
    for (const struct python_node *n = call->first ? call->first->next : NULL; n; n = n->next)
        if (n->kind != PY_KEYWORD && index-- == 0)
            return n;
    return NULL;
}

const char *python_docstring(const struct python_node *body)
{
    const struct python_node *value = body && body->kind == PY_EXPRESSION ? body->first : NULL;
    return value && value->kind == PY_STRING ? value->text : NULL;
}
