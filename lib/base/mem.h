/*
 * Memory: allocation that does not fail, cleanup attributes, and ownership handed on by bd_take().
 *
 * A failed small allocation aborts: nothing sensible follows it. Whatever a client controls the
 * size of is capped before it is allocated. Threads: as malloc().
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

void *bd_xmalloc(size_t bytes) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *bd_xcalloc(size_t n, size_t bytes) __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));
void *bd_xrealloc(void *p, size_t bytes) __attribute__((returns_nonnull, alloc_size(2)));
char *bd_xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *bd_xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
char *bd_xasprintf(const char *fmt, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

#define bd_new(type) ((type *)bd_xcalloc(1, sizeof(type)))

/* Hands a pointer on: answers it and leaves NULL behind, so that cleanup finds nothing to free. */
#define bd_take(p)                                                                                 \
    __extension__({                                                                                \
        __typeof__(p) taken_ = (p);                                                                \
        (p) = NULL;                                                                                \
        taken_;                                                                                    \
    })
/* The same for descriptors, which leave -1. */
static inline int bd_take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/* Defines bd_cleanup_<name>(type **), for __attribute__((cleanup)). A type can't stand in
 * parentheses: NOLINTBEGIN(bugprone-macro-parentheses) */
#define BD_DEFINE_CLEANUP(type, name, free_fn)                                                     \
    static inline void bd_cleanup_##name(type **p)                                                 \
    {                                                                                              \
        if (*p)                                                                                    \
            free_fn(*p);                                                                           \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
#define bd_auto(name) __attribute__((cleanup(bd_cleanup_##name)))

static inline void bd_cleanup_free(void *p)
{
    free(*(void **)p);
}
static inline void bd_cleanup_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define bd_auto_free __attribute__((cleanup(bd_cleanup_free)))
#define bd_auto_fd   __attribute__((cleanup(bd_cleanup_fd)))

#define BD_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define BD_UNUSED       __attribute__((unused))
