#include "lib/model/run.h"

#include "lib/model/names.h"

static const char *const run_state_names[RUN_STATE_COUNT] = {
    [RUN_QUEUED] = "queued",     [RUN_PREPARING] = "preparing", [RUN_MEASURING] = "measuring",
    [RUN_CLEARING] = "clearing", [RUN_FAILING] = "failing",     [RUN_CANCELLING] = "cancelling",
    [RUN_DONE] = "done",         [RUN_FAILED] = "failed",       [RUN_CANCELLED] = "cancelled",
};

static const char *const run_event_names[RUN_EVENT_COUNT] = {
    [RUN_EV_ADMIT] = "admit", [RUN_EV_UP] = "up",         [RUN_EV_MEASURED] = "measured",
    [RUN_EV_FAIL] = "fail",   [RUN_EV_CANCEL] = "cancel", [RUN_EV_GONE] = "gone",
};

static const char *const campaign_state_names[CAMPAIGN_STATE_COUNT] = {
    [CAMPAIGN_QUEUED] = "queued",       [CAMPAIGN_RUNNING] = "running",
    [CAMPAIGN_PAUSED] = "paused",       [CAMPAIGN_CANCELLING] = "cancelling",
    [CAMPAIGN_DONE] = "done",           [CAMPAIGN_FAILED] = "failed",
    [CAMPAIGN_CANCELLED] = "cancelled",
};

static const char *const campaign_event_names[CAMPAIGN_EVENT_COUNT] = {
    [CAMPAIGN_EV_START] = "start",   [CAMPAIGN_EV_PAUSE] = "pause",
    [CAMPAIGN_EV_RESUME] = "resume", [CAMPAIGN_EV_CANCEL] = "cancel",
    [CAMPAIGN_EV_END] = "end",       [CAMPAIGN_EV_END_EMPTY] = "end-empty",
};

static const char *const grade_names[GRADE_COUNT] = {
    [GRADE_USABLE] = "usable",
    [GRADE_LIMITED] = "limited",
    [GRADE_INVALID] = "invalid",
};

enum { NO = -1 };

/*
 * Nothing was made for a run that is queued: it can end at once. A failure may be told late, by a
 * step that was cut off or a deadline that passes while the cluster is being removed: the run's
 * outcome was decided before, and stays.
 */
// clang-format off
static const int run_moves[RUN_STATE_COUNT][RUN_EVENT_COUNT] = {
    /* on:              admit          up             measured      fail            cancel          gone */
    [RUN_QUEUED]     = {RUN_PREPARING, NO,            NO,           RUN_FAILED,     RUN_CANCELLED,  NO},
    [RUN_PREPARING]  = {NO,            RUN_MEASURING, NO,           RUN_FAILING,    RUN_CANCELLING, NO},
    [RUN_MEASURING]  = {NO,            NO,            RUN_CLEARING, RUN_FAILING,    RUN_CANCELLING, NO},
    [RUN_CLEARING]   = {NO,            NO,            NO,           RUN_CLEARING,   RUN_CLEARING,   RUN_DONE},
    [RUN_FAILING]    = {NO,            NO,            NO,           RUN_FAILING,    RUN_FAILING,    RUN_FAILED},
    [RUN_CANCELLING] = {NO,            NO,            NO,           RUN_CANCELLING, RUN_CANCELLING, RUN_CANCELLED},
    [RUN_DONE]       = {NO,            NO,            NO,           NO,             NO,             NO},
    [RUN_FAILED]     = {NO,            NO,            NO,           NO,             NO,             NO},
    [RUN_CANCELLED]  = {NO,            NO,            NO,           NO,             NO,             NO},
};
// clang-format on

/*
 * The last run may end, or prove impossible, whatever the campaign was told meanwhile: every state
 * that is not final takes both ENDs. A paused campaign goes on by way of the queue only, where the
 * order between campaigns is kept.
 */
// clang-format off
static const int campaign_moves[CAMPAIGN_STATE_COUNT][CAMPAIGN_EVENT_COUNT] = {
    /* on:                   start             pause            resume            cancel               end                 end-empty */
    [CAMPAIGN_QUEUED]     = {CAMPAIGN_RUNNING, CAMPAIGN_PAUSED, CAMPAIGN_QUEUED,  CAMPAIGN_CANCELLING, CAMPAIGN_DONE,      CAMPAIGN_FAILED},
    [CAMPAIGN_RUNNING]    = {CAMPAIGN_RUNNING, CAMPAIGN_PAUSED, CAMPAIGN_RUNNING, CAMPAIGN_CANCELLING, CAMPAIGN_DONE,      CAMPAIGN_FAILED},
    [CAMPAIGN_PAUSED]     = {NO,               CAMPAIGN_PAUSED, CAMPAIGN_QUEUED,  CAMPAIGN_CANCELLING, CAMPAIGN_DONE,      CAMPAIGN_FAILED},
    [CAMPAIGN_CANCELLING] = {NO,               NO,              NO,               CAMPAIGN_CANCELLING, CAMPAIGN_CANCELLED, CAMPAIGN_CANCELLED},
    [CAMPAIGN_DONE]       = {NO,               NO,              NO,               NO,                  NO,                 NO},
    [CAMPAIGN_FAILED]     = {NO,               NO,              NO,               NO,                  NO,                 NO},
    [CAMPAIGN_CANCELLED]  = {NO,               NO,              NO,               NO,                  NO,                 NO},
};
// clang-format on

const char *run_state_to_str(enum run_state s)
{
    return run_state_names[s];
}

int run_state_from_str(const char *s, enum run_state *ret_state)
{
    int i = name_index(run_state_names, RUN_STATE_COUNT, s);
    if (i < 0)
        return i;
    *ret_state = (enum run_state)i;
    return 0;
}

const char *run_event_to_str(enum run_event e)
{
    return run_event_names[e];
}

int run_next(enum run_state from, enum run_event event, enum run_state *ret_to, struct bd_err *err)
{
    int to = run_moves[from][event];
    if (to == NO)
        return bd_err_set(err, BD_ECONFLICT, "a run that is %s can't take the event '%s'",
                          run_state_names[from], run_event_names[event]);
    *ret_to = (enum run_state)to;
    return 0;
}

bool run_state_is_final(enum run_state s)
{
    return s == RUN_DONE || s == RUN_FAILED || s == RUN_CANCELLED;
}

const char *campaign_state_to_str(enum campaign_state s)
{
    return campaign_state_names[s];
}

int campaign_state_from_str(const char *s, enum campaign_state *ret_state)
{
    int i = name_index(campaign_state_names, CAMPAIGN_STATE_COUNT, s);
    if (i < 0)
        return i;
    *ret_state = (enum campaign_state)i;
    return 0;
}

const char *campaign_event_to_str(enum campaign_event e)
{
    return campaign_event_names[e];
}

int campaign_next(enum campaign_state from, enum campaign_event event, enum campaign_state *ret_to,
                  struct bd_err *err)
{
    int to = campaign_moves[from][event];
    if (to == NO)
        return bd_err_set(err, BD_ECONFLICT, "a campaign that is %s can't take the event '%s'",
                          campaign_state_names[from], campaign_event_names[event]);
    *ret_to = (enum campaign_state)to;
    return 0;
}

bool campaign_state_is_final(enum campaign_state s)
{
    return s == CAMPAIGN_DONE || s == CAMPAIGN_FAILED || s == CAMPAIGN_CANCELLED;
}

const char *run_grade_to_str(enum run_grade g)
{
    return grade_names[g];
}

int run_grade_from_str(const char *s, enum run_grade *ret_grade)
{
    int i = name_index(grade_names, GRADE_COUNT, s);
    if (i < 0)
        return i;
    *ret_grade = (enum run_grade)i;
    return 0;
}
