#include "watch.h"

#include "api.h"
#include "campaign.h"
#include "jobs.h"
#include "show.h"
#include "text.h"
#include "wait.h"

#include "lib/base/clock.h"

#include <stdio.h>
#include <string.h>

enum {
    CAMPAIGN_WAIT_S = 30,
    /* On a terminal the run under way is waited for, and the campaign looked at in between. */
    RUN_WAIT_S = 5,
    /* What it tells of its jobs comes once a second; one that tells nothing is not asked that
     * often for long. */
    JOBS_WAIT_S = 1,
    JOBS_PATIENCE = 5,
    LOOKED_AT = 20, /* the newest runs: so many don't end between two looks */
};

struct watch {
    struct cli *cli;
    const char *id;
    struct progress progress;
    json_t *campaign;     /* as last seen */
    struct bd_str text;   /* the same as the daemon wrote it */
    struct bd_str state;  /* of the campaign, as last told */
    struct bd_strv ended; /* of the runs looked at last */
    json_int_t looks;     /* of its rule for stopping, as last told */
    bool told_budget;     /* that it is used up */
    bool tells;           /* runs that ended are news */
    char *run_path;       /* of the run that is followed; NULL: none is */
    struct wait_poll run;
    bool measures;      /* that run's workload is under way */
    struct jobs jobs;   /* of that run */
    struct bd_str now;  /* what that run does */
    struct bd_str line; /* how far it is, as last told elsewhere than on a terminal */
};

static void watch_done(struct watch *w)
{
    progress_done(&w->progress);
    json_decref(w->campaign);
    bd_str_done(&w->text);
    bd_str_done(&w->state);
    bd_strv_done(&w->ended);
    free(w->run_path);
    jobs_done(&w->jobs);
    bd_str_done(&w->now);
    bd_str_done(&w->line);
}
#define watch_auto __attribute__((cleanup(watch_done)))

static bool state_is(const json_t *object, const char *state)
{
    return bd_str_eq(bd_json_str(object, "state", ""), state);
}

static void set(struct bd_str *s, const char *text)
{
    bd_str_clear(s);
    bd_str_add(s, text);
}

static bool is_usable(const json_t *run)
{
    return bd_str_eq(bd_json_str(json_object_get(run, "grade"), "value", ""), "usable");
}

static enum term_mark mark_of(const json_t *run)
{
    if (state_is(run, "failed"))
        return MARK_FAIL;
    return state_is(run, "done") && is_usable(run) ? MARK_OK : MARK_WARN;
}

/* A terminal gets a line a run, but all of what went wrong. */
static void fit(const struct watch *w, const json_t *run, struct bd_str *line)
{
    const struct term *term = &w->cli->err;
    size_t columns = term_columns(term) - strlen("+ ");
    if (!term->live || state_is(run, "failed") || text_width(bd_str_text(line)) <= columns)
        return;
    text_cut(line, columns - 1);
    bd_str_add(line, term->utf8 ? "…" : "~");
}

static void tell_run(struct watch *w, const json_t *run)
{
    bd_auto_str struct bd_str line = {0}, result = {0};
    const json_t *grade = json_object_get(run, "grade");
    const char *reason = json_string_value(json_array_get(json_object_get(grade, "reasons"), 0));
    json_int_t attempt = bd_json_int(run, "attempt", 1);
    run_result(run, campaign_objectives(w->campaign), &result);
    bd_str_addf(&line, "run %s  block ", bd_json_str(run, "id", "?"));
    run_block(run, &line);
    bd_str_add(&line, "  ");
    levels_text(json_object_get(run, "cell"), &line);
    if (attempt > 1)
        bd_str_addf(&line, "  attempt %lld", (long long)attempt);
    if (state_is(run, "cancelled"))
        bd_str_add(&line, "  cancelled");
    bd_str_addf(&line, "%s%s", result.len ? "  " : "", bd_str_text(&result));
    if (reason && !is_usable(run))
        bd_str_addf(&line, "  (%s: %s)", bd_json_str(grade, "value", "?"), reason);
    fit(w, run, &line);
    progress_line(&w->progress, mark_of(run), bd_str_text(&line), -1);
}

/* The run whose steps the live line tells: NULL for none. */
static void follow(struct watch *w, const json_t *run)
{
    bd_auto_free char *path = run ? bd_xasprintf("/v1/runs/%s", bd_json_str(run, "id", "")) : NULL;
    if (bd_str_eq(path, w->run_path))
        return;
    free(w->run_path);
    w->run_path = bd_take(path);
    w->run = (struct wait_poll){.path = w->run_path};
    jobs_follow(&w->jobs, run ? bd_json_str(run, "id", "") : NULL);
    bd_str_clear(&w->now);
    w->measures = false;
}

/* Tells the runs that have ended since the last look, and finds the one to follow: the oldest that
 * is under way, else the one that is next. */
static int look_at_runs(struct watch *w, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("/v1/campaigns/%s/runs?limit=%d", w->id, LOOKED_AT);
    bd_auto_json json_t *page = NULL;
    bd_auto_strv struct bd_strv ended = {0};
    const json_t *followed = NULL;
    struct wait_poll poll = {.path = path};
    int r = wait_next(w->cli, &poll, 0, &w->progress, &page, NULL, err);
    if (r < 0)
        return r;
    const json_t *items = json_object_get(page, "items"); /* the newest first */
    for (size_t i = json_array_size(items); i-- > 0;) {
        const json_t *run = json_array_get(items, i);
        const char *id = bd_json_str(run, "id", "");
        if (!run_is_at_end(run)) {
            if (!followed || (state_is(followed, "queued") && !state_is(run, "queued")))
                followed = run;
            continue;
        }
        bd_strv_add(&ended, id);
        if (w->tells && !bd_strv_has(&w->ended, id))
            tell_run(w, run);
    }
    bd_strv_done(&w->ended);
    w->ended = ended;
    ended = (struct bd_strv){0};
    w->tells = true;
    if (w->cli->err.live)
        follow(w, followed);
    return 0;
}

/* While it measures, it is what it tells of its jobs that is waited for. */
static int look_at_jobs(struct watch *w, unsigned *ret_run_wait_s, struct bd_err *err)
{
    *ret_run_wait_s = RUN_WAIT_S;
    if (!w->measures)
        return 0;
    bool tells = w->jobs.silent < JOBS_PATIENCE;
    int r = jobs_look(&w->jobs, w->cli, tells ? JOBS_WAIT_S : 0, &w->progress, err);
    if (tells || r > 0)
        *ret_run_wait_s = 0;
    return r;
}

static int look_at_followed(struct watch *w, struct bd_err *err)
{
    bd_auto_json json_t *run = NULL;
    unsigned seconds;
    int r = look_at_jobs(w, &seconds, err);
    if (r >= 0)
        r = wait_next(w->cli, &w->run, seconds, &w->progress, &run, NULL, err);
    if (r <= 0)
        return r;
    const char *waiting = bd_json_str(run, "waiting", NULL);
    bd_auto_free char *now =
        bd_xasprintf("%s %s%s", bd_json_str(run, "id", "?"), waiting ? "waits: " : "",
                     waiting ? waiting : run_now(run));
    bool changed = !bd_str_eq(now, bd_str_text(&w->now));
    set(&w->now, now);
    w->measures = bd_str_eq(run_now(run), "workload");
    if (changed)
        w->progress.now_since_ns = bd_mono_ns();
    if (run_is_at_end(run))
        follow(w, NULL);
    return 0;
}

/* What changes seldom, and why: paused, or what keeps it from going on. */
static void tell_state(struct watch *w)
{
    const char *state = bd_json_str(w->campaign, "state", "?");
    const char *error = bd_json_str(w->campaign, "error", NULL);
    bool known = bd_str_eq(state, bd_str_text(&w->state));
    bool speaks = error || state_is(w->campaign, "paused") || state_is(w->campaign, "cancelling");
    if (!known && speaks && !campaign_is_at_end(w->campaign)) {
        bd_auto_free char *line =
            bd_xasprintf("%s%s%s", state, error ? ": " : "", error ? error : "");
        progress_line(&w->progress, error ? MARK_WARN : MARK_INFO, line, -1);
    }
    set(&w->state, state);
}

/* before: there is nothing to tell of what was so when the watch began. */
static void tell_look(struct watch *w, bool before)
{
    bd_auto_str struct bd_str line = {0};
    const json_t *until = json_object_get(w->campaign, "until");
    json_int_t looks = bd_json_int(until, "looks", 0);
    if (looks > w->looks && !before && campaign_stopping(w->campaign, &line))
        progress_line(&w->progress, bd_json_bool(until, "met", false) ? MARK_OK : MARK_INFO,
                      bd_str_text(&line), -1);
    w->looks = looks;
}

/* Once. */
static void tell_budget(struct watch *w)
{
    bd_auto_str struct bd_str line = {0};
    if (w->told_budget ||
        !bd_json_bool(json_object_get(w->campaign, "budget"), "exhausted", false) ||
        !campaign_budget(w->campaign, &line))
        return;
    progress_line(&w->progress, MARK_INFO, bd_str_text(&line), -1);
    w->told_budget = true;
}

static void show_progress(struct watch *w)
{
    bd_auto_str struct bd_str line = {0};
    if (!state_is(w->campaign, "running"))
        bd_str_addf(&line, "%s: ", bd_json_str(w->campaign, "state", "?"));
    campaign_progress(w->campaign, w->now.len == 0, &line);
    if (w->cli->err.live) {
        if (w->now.len)
            bd_str_addf(&line, "; %s", bd_str_text(&w->now));
        if (w->now.len && w->measures) {
            bd_str_add(&line, w->jobs.known ? ", " : "");
            jobs_text(&w->jobs, &line);
        }
        progress_now(&w->progress, bd_str_text(&line), false);
    } else if (!bd_str_eq(bd_str_text(&line), bd_str_text(&w->line))) {
        progress_line(&w->progress, MARK_BUSY, bd_str_text(&line), -1);
        set(&w->line, bd_str_text(&line));
    }
}

static int watch_to_end(struct watch *w, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("/v1/campaigns/%s", w->id);
    struct wait_poll poll = {.path = path};
    unsigned alone_s = w->cli->err.live ? RUN_WAIT_S : CAMPAIGN_WAIT_S;
    for (;;) {
        bd_auto_json json_t *campaign = NULL;
        int r = wait_next(w->cli, &poll, w->run_path ? 0 : alone_s, &w->progress, &campaign,
                          &w->text, err);
        if (r < 0)
            return r;
        bool news = r > 0, first = !w->tells;
        if (news) {
            json_decref(w->campaign);
            w->campaign = bd_take(campaign);
        }
        if (news || !w->run_path)
            r = look_at_runs(w, err);
        if (r < 0)
            return r;
        tell_look(w, first);
        tell_budget(w);
        if (campaign_is_at_end(w->campaign))
            return 0;
        tell_state(w);
        show_progress(w);
        r = w->run_path ? look_at_followed(w, err) : 0;
        if (r < 0)
            return r;
    }
}

static int tell_end(struct cli *cli, const json_t *campaign)
{
    const json_t *progress = json_object_get(campaign, "progress");
    const char *id = bd_json_str(campaign, "id", "?");
    const char *error = bd_json_str(campaign, "error", NULL);
    bool done = state_is(campaign, "done");
    int64_t ms = show_between_ms(campaign, "createdAt", "endedAt");
    char time[TEXT_NUMBER_BYTES];
    bd_auto_str struct bd_str counts = {0};
    campaign_progress(campaign, true, &counts);
    if (done && bd_json_int(progress, "done", 0) == bd_json_int(progress, "planned", 0)) {
        cli_note(cli, MARK_OK, "campaign %s: %s%s%s", id, bd_str_text(&counts),
                 ms < 0 ? "" : " in ", ms < 0 ? "" : text_ms(ms, time));
        return CLI_OK;
    }
    bd_str_addf(&cli->faults, "  'benchctl campaign runs %s' lists the runs\n", id);
    return cli_fail(cli, CLI_FAILED, "campaign %s %s: %s%s%s", id,
                    done                              ? "has runs that failed"
                    : state_is(campaign, "cancelled") ? "was cancelled"
                                                      : "failed",
                    bd_str_text(&counts), error ? ": " : "", error ? error : "");
}

int watch_campaign(struct cli *cli, const char *id, bool tells, struct bd_str *ret_text,
                   struct bd_err *err)
{
    watch_auto struct watch w = {.cli = cli, .id = id, .tells = tells};
    progress_init(&w.progress, &cli->err);
    w.progress.now_since_ns = bd_mono_ns();
    int r = watch_to_end(&w, err);
    progress_now(&w.progress, NULL, false);
    if (r == BD_ECANCELLED || r == BD_ETIMEOUT)
        cli_note(cli, MARK_INFO,
                 "campaign %s goes on; 'benchctl campaign watch %s' shows it, 'benchctl campaign "
                 "cancel %s' ends it",
                 id, id, id);
    if (r < 0)
        return r;
    *ret_text = w.text;
    w.text = (struct bd_str){0};
    return tell_end(cli, w.campaign);
}
