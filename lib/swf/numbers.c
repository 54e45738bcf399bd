#include "lib/swf/numbers.h"

#include "lib/base/mem.h"

#include <stdint.h>
#include <stdlib.h>

void numbers_init(struct numbers *s, size_t n)
{
    s->cap = 64;
    while (s->cap < 2 * n)
        s->cap *= 2;
    s->slots = bd_xcalloc(s->cap, sizeof(*s->slots));
    for (size_t i = 0; i < s->cap; i++)
        s->slots[i] = -1;
}

void numbers_done(struct numbers *s)
{
    free(s->slots);
}

/* Fibonacci hashing (Knuth, TAOCP 3, 6.4): the upper bits of the product are well mixed. */
static size_t place(const struct numbers *s, double number)
{
    size_t at = (size_t)((uint64_t)number * 0x9e3779b97f4a7c15U >> 32) & (s->cap - 1);
    while (s->slots[at] != -1 && s->slots[at] != number)
        at = (at + 1) & (s->cap - 1);
    return at;
}

bool numbers_add(struct numbers *s, double number)
{
    size_t at = place(s, number);
    bool is_new = s->slots[at] == -1;
    s->slots[at] = number;
    return is_new;
}

bool numbers_has(const struct numbers *s, double number)
{
    return s->slots[place(s, number)] == number;
}
