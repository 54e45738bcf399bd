/* What the files that read Python share. PURE. */
#pragma once

#include "lib/import/python.h"

#define PYTHON_DEPTH_MAX 64 /* of brackets, blocks and operators */

enum token_kind { T_NAME, T_NUMBER, T_STRING, T_OP, T_NEWLINE, T_INDENT, T_DEDENT, T_END };

struct token {
    enum token_kind kind;
    unsigned line;
    const char *at; /* in the source; of a string with its prefix and quotes */
    size_t bytes;
};

struct tokens {
    struct token *items;
    size_t n, cap;
};

/* -- python_token.c -- */

/* All of a text; the last one is T_END. in_brackets: line ends mean nothing. BD_EINVALID with the
 * line. */
int tokens_read(const char *text, size_t bytes, unsigned first_line, bool in_brackets,
                struct tokens *ret, struct bd_err *err);
void tokens_done(struct tokens *t);
bool token_is(const struct token *t, const char *text); /* an operator or a name */

/* -- python_text.c -- */

/* What a literal is made of. */
struct literal {
    bool is_raw, is_format;
    const char *at; /* between the quotes */
    size_t bytes;
};
void literal_read(const struct token *t, struct literal *ret);
/* Appends what a piece of it stands for; false where that is not known: \N{...}, a NUL. */
bool literal_decode(const struct literal *l, const char *at, size_t bytes, struct bd_str *out);

/* -- python_parse.c: expressions; python_block.c: statements -- */

struct parser {
    const struct token *at;
    struct python *out;
    unsigned depth;
    struct bd_err *err;
};

/* Nodes belong to the tree. */
struct python_node *parser_make(const struct parser *p, enum python_kind kind, unsigned line,
                                const char *text, size_t bytes);
/* What is outside of the subset; what: for people. */
struct python_node *parser_other(const struct parser *p, unsigned line, const char *what);
void parser_adopt(struct python_node *parent, struct python_node *child);

bool parser_at(const struct parser *p, const char *text);
bool parser_at_any(const struct parser *p, const char *const *texts); /* NULL-terminated */
bool parser_accept(struct parser *p, const char *text);
int parser_expect(struct parser *p, const char *text);
int parser_refuse(const struct parser *p, const char *wanted);
/* Counts one level; who goes back lowers depth by one. BD_EINVALID beyond the last. */
int parser_deeper(struct parser *p);
/* Over brackets, up to the end of the statement, the bracket around it, or one of these. */
void parser_skip_to(struct parser *p, const char *const *stops);

int parser_expression(struct parser *p, struct python_node **ret);
/* "a" or "a, b". */
int parser_expressions(struct parser *p, struct python_node **ret);
/* Items up to the closing bracket, which is eaten. */
int parser_items(struct parser *p, struct python_node *into, const char *closing);
