/* Questions to a tree. */
#include "lib/import/python.h"

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
