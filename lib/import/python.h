/*
 * Python source as data: a tree of what was written. Nothing is run, nothing is looked up; what is
 * outside of the subset below is a node PY_OTHER, and what it would come to is not known. PURE.
 *
 *     python_token.c  bytes -> tokens
 *     python_parse.c  tokens -> expressions
 *     python_block.c  tokens -> statements, and all of a source
 *     python_ask.c    questions to a tree
 *     python_text.c   literals of strings
 *     constant.c      what an expression of constants comes to
 *
 * Threads: an object belongs to one thread at a time. A tree owns its nodes and all that is in
 * them, and needs the text no longer.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"

#define PYTHON_BYTES_MAX ((size_t)512 << 10)

enum python_kind {
    /* expressions */
    PY_STRING,    /* text; of bytes b'' the same */
    PY_FORMAT,    /* f'': children that are joined, each a PY_STRING or an expression */
    PY_NUMBER,    /* text */
    PY_NAME,      /* text; None, True and False too */
    PY_ATTRIBUTE, /* text; of the child */
    PY_CALL,      /* children: what is called, then arguments */
    PY_KEYWORD,   /* NAME=VALUE of a call; text, the child is the value */
    PY_LIST,
    PY_TUPLE,
    PY_SET,
    PY_DICT,  /* children: key, value, key, value, ... */
    PY_PLUS,  /* two children or more; strings that stand side by side, too */
    PY_MINUS, /* of one child */
    PY_OTHER, /* text: what it is, for people: "a comparison"; a child: that it is a part of */
    /* statements */
    PY_CLASS,      /* text; children: its bases; body */
    PY_DEF,        /* text; body */
    PY_ASSIGN,     /* children: the value, then what it is assigned to */
    PY_AUGMENT,    /* text: "+="; children: the value, then the target */
    PY_EXPRESSION, /* the child */
    PY_RETURN,     /* the child, or none */
    PY_BLOCK,      /* text: "if", "for", ...; body */
    PY_SIMPLE,     /* text: "import", "pass", ... */
    PY_KIND_COUNT
};

struct python_node {
    enum python_kind kind;
    unsigned line;                    /* from 1 */
    char *text;                       /* NULL: there is none */
    struct python_node *first, *last; /* children */
    struct python_node *body;         /* the first statement of a PY_CLASS, PY_DEF, PY_BLOCK */
    struct python_node *decorators;   /* expressions before a PY_CLASS or PY_DEF */
    struct python_node *next;         /* sibling */
    struct python_node *made_before;
};

struct python {
    struct python_node *body; /* the first statement */
    struct python_node *made; /* all nodes */
};

/* BD_EINVALID with the line where it can't be read. */
int python_parse(const char *text, size_t bytes, struct python *ret, struct bd_err *err);
void python_done(struct python *p);
#define python_auto __attribute__((cleanup(python_done))) struct python

/* The child with this number, from 0; NULL: there are fewer. */
const struct python_node *python_child(const struct python_node *n, size_t index);
/* "a.b.c" of names and attributes; false for anything else. */
bool python_dotted(const struct python_node *n, struct bd_str *ret_words);
/* The last word of that: "assert_found" of "sn.assert_found"; NULL. Borrowed. */
const char *python_last_word(const struct python_node *n);
/* The value of a call's argument NAME=; NULL. */
const struct python_node *python_keyword(const struct python_node *call, const char *name);
/* The argument with this number that stands without a name, from 0; NULL. */
const struct python_node *python_argument(const struct python_node *call, size_t index);
/* The text of a docstring with which a body begins, or NULL. */
const char *python_docstring(const struct python_node *body);
