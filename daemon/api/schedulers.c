#include "daemon/api/private.h"

#include "lib/base/str.h"
#include "lib/sched/sched.h"

#include <string.h>

static json_t *view(const struct sched *s)
{
    json_t *owned = json_array(), *tested = json_array();
    for (size_t i = 0; s->owned[i]; i++)
        json_array_append_new(owned, json_string(s->owned[i]));
    bd_auto_free char *copy = bd_xstrdup(s->tested);
    char *rest = copy, *part;
    while ((part = strsep(&rest, ", ")))
        if (*part)
            json_array_append_new(tested, json_string(part));
    return json_pack("{s:s, s:o, s:o, s:o, s:s}", "name", s->name, "versionsTested", tested,
                     "ownedOptions", owned, "defaults", s->defaults(), "description", s->title);
}

void schedulers_list(struct http_request *r, void *app BD_UNUSED)
{
    json_t *items = json_array();
    for (size_t i = 0; scheds[i]; i++)
        json_array_append_new(items, view(scheds[i]));
    reply_cacheable(r, json_pack("{s:o, s:n}", "items", items, "next"));
}

void schedulers_get(struct http_request *r, void *app BD_UNUSED)
{
    const struct sched *s = sched_find(http_request_param(r, "name"));
    if (s)
        reply_cacheable(r, view(s));
    else
        http_problem(r, "not-found",
                     "there is no scheduler %s; /v1/schedulers lists which there are",
                     http_request_param(r, "name"));
}
