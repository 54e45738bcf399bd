#include "lib/model/cluster.h"

#include "lib/model/names.h"

static const char *const state_names[CLUSTER_STATE_COUNT] = {
    [CLUSTER_CREATING] = "creating", [CLUSTER_READY] = "ready",   [CLUSTER_FAILING] = "failing",
    [CLUSTER_DELETING] = "deleting", [CLUSTER_FAILED] = "failed", [CLUSTER_DELETED] = "deleted",
};

static const char *const event_names[CLUSTER_EVENT_COUNT] = {
    [CLUSTER_EV_UP] = "up",
    [CLUSTER_EV_FAIL] = "fail",
    [CLUSTER_EV_DELETE] = "delete",
    [CLUSTER_EV_GONE] = "gone",
};

static const char *const role_names[NODE_ROLE_COUNT] = {
    [NODE_CONTROLLER] = "controller",
    [NODE_COMPUTE] = "compute",
};

static const char *const node_state_names[NODE_STATE_COUNT] = {
    [NODE_PLANNED] = "planned", [NODE_RUNNING] = "running", [NODE_READY] = "ready",
    [NODE_LOST] = "lost",       [NODE_GONE] = "gone",
};

enum { NO = -1 };

/*
 * A failure may be told late, by a step that was cut off because the cluster is being removed, and
 * an end may be asked for again: both leave a cluster that is on its way out where it is. Who asks
 * for the end of a failing cluster gets it deleted; the error of its bring-up stays in its row.
 */
static const int moves[CLUSTER_STATE_COUNT][CLUSTER_EVENT_COUNT] = {
    /* on:                up             fail              delete            gone */
    [CLUSTER_CREATING] = {CLUSTER_READY, CLUSTER_FAILING, CLUSTER_DELETING, NO},
    [CLUSTER_READY] = {NO, NO, CLUSTER_DELETING, NO},
    [CLUSTER_FAILING] = {NO, CLUSTER_FAILING, CLUSTER_DELETING, CLUSTER_FAILED},
    [CLUSTER_DELETING] = {NO, CLUSTER_DELETING, CLUSTER_DELETING, CLUSTER_DELETED},
    [CLUSTER_FAILED] = {NO, NO, NO, NO},
    [CLUSTER_DELETED] = {NO, NO, NO, NO},
};

const char *cluster_state_to_str(enum cluster_state s)
{
    return state_names[s];
}

int cluster_state_from_str(const char *s, enum cluster_state *ret_state)
{
    int i = name_index(state_names, CLUSTER_STATE_COUNT, s);
    if (i < 0)
        return i;
    *ret_state = (enum cluster_state)i;
    return 0;
}

const char *cluster_event_to_str(enum cluster_event e)
{
    return event_names[e];
}

int cluster_next(enum cluster_state from, enum cluster_event event, enum cluster_state *ret_to,
                 struct bd_err *err)
{
    int to = moves[from][event];
    if (to == NO)
        return bd_err_set(err, BD_ECONFLICT, "a cluster that is %s can't take the event '%s'",
                          state_names[from], event_names[event]);
    *ret_to = (enum cluster_state)to;
    return 0;
}

bool cluster_state_is_final(enum cluster_state s)
{
    return s == CLUSTER_FAILED || s == CLUSTER_DELETED;
}

const char *node_role_to_str(enum node_role r)
{
    return role_names[r];
}

const char *node_state_to_str(enum node_state s)
{
    return node_state_names[s];
}

int node_state_from_str(const char *s, enum node_state *ret_state)
{
    int i = name_index(node_state_names, NODE_STATE_COUNT, s);
    if (i < 0)
        return i;
    *ret_state = (enum node_state)i;
    return 0;
}
