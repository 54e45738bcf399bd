#include "lib/jobs/node_sets.h"

#include "lib/base/mem.h"

#include <string.h>

void node_sets_done(struct node_sets *s)
{
    json_decref(s->sets);
    json_decref(s->nodes);
    free(s->items);
    free(s->members);
    *s = (struct node_sets){0};
}

/* A name's number: that which it has, or the next one. */
static uint32_t number_in(json_t **numbers, const char *name, size_t bytes)
{
    if (!*numbers)
        *numbers = json_object();
    const json_t *known = json_object_getn(*numbers, name, bytes);
    if (known)
        return (uint32_t)json_integer_value(known);
    size_t number = json_object_size(*numbers);
    json_object_setn_new_nocheck(*numbers, name, bytes, json_integer((json_int_t)number));
    return (uint32_t)number;
}

static void add_member(struct node_sets *s, const char *name, size_t bytes)
{
    if (s->n_members == s->cap_members) {
        s->cap_members = s->cap_members ? 2 * s->cap_members : 64;
        s->members = bd_xrealloc(s->members, s->cap_members * sizeof(*s->members));
    }
    s->members[s->n_members++] = number_in(&s->nodes, name, bytes);
}

static void add_set(struct node_sets *s, const char *list)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 16;
        s->items = bd_xrealloc(s->items, s->cap * sizeof(*s->items));
    }
    struct node_set *set = &s->items[s->n++];
    set->first = s->n_members;
    for (size_t bytes; *list; list += bytes + (list[bytes] == ',')) {
        bytes = strcspn(list, ",");
        if (bytes > 0)
            add_member(s, list, bytes);
    }
    set->n = s->n_members - set->first;
}

uint32_t node_sets_number(struct node_sets *s, const char *list)
{
    uint32_t number = number_in(&s->sets, list, strlen(list));
    if (number == s->n)
        add_set(s, list);
    return number;
}

const uint32_t *node_sets_members(const struct node_sets *s, uint32_t set, size_t *ret_n)
{
    *ret_n = s->items[set].n;
    return s->members + s->items[set].first;
}

size_t node_sets_nodes(const struct node_sets *s)
{
    return json_object_size(s->nodes);
}
