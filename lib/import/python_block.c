/* Statements. */
#include "lib/import/python_priv.h"

static int parse_body(struct parser *p, struct python_node **ret);

static struct python_node *statement_of_word(struct parser *p, enum python_kind kind)
{
    const struct token *t = p->at++;
    return parser_make(p, kind, t->line, t->at, t->bytes);
}

static int parse_assignment(struct parser *p, struct python_node *value, struct python_node **ret)
{
    struct python_node *targets = parser_make(p, PY_TUPLE, value->line, NULL, 0);
    struct python_node *n = parser_make(p, PY_ASSIGN, value->line, NULL, 0);
    int rc = 0;
    while (rc == 0 && parser_accept(p, "=")) {
        parser_adopt(targets, value);
        rc = parser_expressions(p, &value);
    }
    if (rc < 0)
        return rc;
    parser_adopt(n, value);
    n->first->next = targets->first;
    n->last = targets->last;
    *ret = n;
    return 0;
}

static int parse_augmented(struct parser *p, struct python_node *target, struct python_node **ret)
{
    struct python_node *n = statement_of_word(p, PY_AUGMENT), *value = NULL;
    int rc = parser_expressions(p, &value);
    if (rc < 0)
        return rc;
    parser_adopt(n, value);
    parser_adopt(n, target);
    *ret = n;
    return 0;
}

static int parse_expression_statement(struct parser *p, struct python_node **ret)
{
    static const char *const augmented[] = {
        "+=", "-=", "*=", "/=", "%=", "@=", "&=", "|=", "^=", "**=", "//=", ">>=", "<<=", NULL};
    static const char *const annotation_stops[] = {"=", ";", NULL};
    struct python_node *value = NULL;
    int rc = parser_expressions(p, &value);
    if (rc < 0)
        return rc;
    if (parser_accept(p, ":"))
        parser_skip_to(p, annotation_stops);
    if (parser_at(p, "="))
        return parse_assignment(p, value, ret);
    if (parser_at_any(p, augmented))
        return parse_augmented(p, value, ret);
    *ret = parser_make(p, PY_EXPRESSION, value->line, NULL, 0);
    parser_adopt(*ret, value);
    return 0;
}

static int parse_simple(struct parser *p, struct python_node **ret)
{
    static const char *const words[] = {"import", "from",     "pass", "raise",
                                        "global", "nonlocal", "del",  "assert",
                                        "break",  "continue", NULL};
    static const char *const end[] = {";", NULL};
    int rc = 0;
    if (parser_at_any(p, words)) {
        *ret = statement_of_word(p, PY_SIMPLE);
        parser_skip_to(p, end);
    } else if (parser_at(p, "return")) {
        struct python_node *value = NULL;
        *ret = statement_of_word(p, PY_RETURN);
        if (p->at->kind < T_NEWLINE && !parser_at(p, ";"))
            rc = parser_expressions(p, &value);
        if (rc == 0 && value)
            parser_adopt(*ret, value);
    } else {
        rc = parse_expression_statement(p, ret);
    }
    if (rc == 0 && !parser_at(p, ";") && p->at->kind != T_NEWLINE)
        return parser_refuse(p, "the end of the statement");
    return rc;
}

/* "if x:", "for x in y:"; after its word. */
static int parse_block(struct parser *p, struct python_node **ret)
{
    static const char *const colon[] = {":", NULL};
    *ret = statement_of_word(p, PY_BLOCK);
    parser_skip_to(p, colon);
    return parse_body(p, &(*ret)->body);
}

static int parse_class(struct parser *p, struct python_node **ret)
{
    p->at++;
    if (p->at->kind != T_NAME)
        return parser_refuse(p, "the name of a class");
    *ret = statement_of_word(p, PY_CLASS);
    int rc = parser_accept(p, "(") ? parser_items(p, *ret, ")") : 0;
    return rc == 0 ? parse_body(p, &(*ret)->body) : rc;
}

static int parse_def(struct parser *p, struct python_node **ret)
{
    static const char *const colon[] = {":", NULL};
    p->at++;
    if (p->at->kind != T_NAME)
        return parser_refuse(p, "the name of a function");
    *ret = statement_of_word(p, PY_DEF);
    parser_skip_to(p, colon);
    return parse_body(p, &(*ret)->body);
}

static int parse_decorators(struct parser *p, struct python_node **ret)
{
    struct python_node *list = parser_make(p, PY_TUPLE, p->at->line, NULL, 0);
    int rc = 0;
    while (rc == 0 && parser_accept(p, "@")) {
        struct python_node *decorator = NULL;
        rc = parser_expression(p, &decorator);
        if (rc == 0)
            parser_adopt(list, decorator);
        if (rc == 0 && p->at->kind != T_NEWLINE)
            rc = parser_refuse(p, "the end of the line");
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
    parser_accept(p, "async");
    rc = parser_at(p, "class")     ? parse_class(p, ret)
         : parser_at(p, "def")     ? parse_def(p, ret)
         : parser_at_any(p, words) ? parse_block(p, ret)
                                   : parser_refuse(p, "a class or a function");
    if (rc == 0 && *ret)
        (*ret)->decorators = decorators;
    return rc;
}

static int parse_statements(struct parser *p, enum token_kind end, struct python_node **ret)
{
    static const char *const words[] = {"@",   "class", "def", "async",  "if",      "elif", "else",
                                        "for", "while", "try", "except", "finally", "with", NULL};
    struct python_node *list = parser_make(p, PY_TUPLE, p->at->line, NULL, 0);
    int rc = 0;
    while (rc == 0 && p->at->kind != end) {
        struct python_node *n = NULL;
        bool is_compound = parser_at_any(p, words);
        rc = is_compound ? parse_compound(p, &n) : parse_simple(p, &n);
        if (rc < 0)
            return rc;
        parser_adopt(list, n);
        if (!is_compound && !parser_accept(p, ";") && p->at->kind == T_NEWLINE)
            p->at++;
        if (p->at->kind == T_NEWLINE) /* after "x;" */
            p->at++;
        if (p->at->kind == T_INDENT)
            return parser_refuse(p, "no deeper line");
    }
    *ret = list->first;
    return rc;
}

/* ":", then statements in the same line, or a deeper block. */
static int parse_body(struct parser *p, struct python_node **ret)
{
    int rc = parser_expect(p, ":");
    if (rc == 0)
        rc = parser_deeper(p);
    if (rc < 0)
        return rc;
    if (p->at->kind != T_NEWLINE) {
        struct python_node *list = parser_make(p, PY_TUPLE, p->at->line, NULL, 0), *n = NULL;
        do {
            rc = parse_simple(p, &n);
            if (rc < 0)
                return rc;
            parser_adopt(list, n);
        } while (parser_accept(p, ";") && p->at->kind != T_NEWLINE);
        p->at++;
        *ret = list->first;
    } else {
        p->at++;
        if (p->at->kind != T_INDENT)
            return parser_refuse(p, "a deeper line");
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
