#include "lib/base/mem.h"

#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *must(void *p)
{
    if (!p)
        bd_die("out of memory");
    return p;
}

void *bd_xmalloc(size_t bytes)
{
    return must(malloc(bytes ? bytes : 1));
}

void *bd_xcalloc(size_t n, size_t bytes)
{
    return must(n && bytes ? calloc(n, bytes) : calloc(1, 1));
}

void *bd_xrealloc(void *p, size_t bytes)
{
    return must(realloc(p, bytes ? bytes : 1));
}

char *bd_xstrdup(const char *s)
{
    return must(strdup(s));
}

char *bd_xstrndup(const char *s, size_t n)
{
    return must(strndup(s, n));
}

char *bd_xasprintf(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL; /* its content is undefined then */
    va_end(ap);
    return must(text);
}
