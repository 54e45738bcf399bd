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
