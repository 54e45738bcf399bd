#include "jobs.h"

#include "wait.h"

void jobs_follow(struct jobs *j, const char *run)
{
    if (bd_str_eq(j->run, run))
        return;
    jobs_done(j);
    j->run = run ? bd_xstrdup(run) : NULL;
}

void jobs_done(struct jobs *j)
{
    free(j->run);
    *j = (struct jobs){0};
}

static void take_in(struct jobs *j, const json_t *event)
{
    const json_t *data = json_object_get(event, "data");
    j->since = bd_json_int(event, "seq", j->since);
    if (!bd_str_eq(bd_json_str(event, "kind", ""), "run.progress"))
        return;
    j->known = true;
    j->all = bd_json_int(data, "jobs", 0);
    j->ended = bd_json_int(data, "ended", 0);
    j->submitted = bd_json_int(data, "submitted", 0);
}

int jobs_look(struct jobs *j, struct cli *cli, unsigned seconds, struct progress *progress,
              struct bd_err *err)
{
    bd_auto_json json_t *page = NULL;
    bd_auto_free char *path = bd_xasprintf("/v1/events?subject=run/%s&since=%lld&limit=500&wait=%u",
                                           j->run, (long long)j->since, seconds);
    struct wait_poll poll = {.path = path};
    const json_t *event;
    size_t i;
    int r = wait_next(cli, &poll, 0, progress, &page, NULL, err);
    if (r < 0)
        return r;
    json_array_foreach (json_object_get(page, "items"), i, event) {
        take_in(j, event);
    }
    j->silent = i ? 0 : j->silent + 1;
    return i > 0;
}

void jobs_text(const struct jobs *j, struct bd_str *out)
{
    if (!j->known)
        return;
    bd_str_addf(out, "%lld of %lld jobs ended", (long long)j->ended, (long long)j->all);
    if (j->submitted < j->all)
        bd_str_addf(out, ", %lld submitted", (long long)j->submitted);
}
