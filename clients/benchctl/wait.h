/*
 * Waiting for an object of the API to come to an end of its own, by long polls. A daemon that is
 * away for a moment (a restart) is waited for too. One thread.
 */
#pragma once

#include "api.h"
#include "progress.h"

struct wait {
    const char *path;
    bool (*ended)(const json_t *object);
    /* The object is new, or has changed. */
    void (*on_change)(const json_t *object, void *arg);
    void *arg;
    struct progress *progress;
};

/* One object that is asked for again and again. */
struct wait_poll {
    const char *path; /* without a query, or (where nobody waits) with one */
    char etag[128];   /* of the object as last seen; "" at first */
    int64_t away_since_ns;
};

/*
 * 1: *ret is the object, which is new or has changed since the poll's last answer. 0: so many
 * seconds have passed without news (with 0 it is only looked at). ret_text may be NULL. Errors as
 * api_get().
 */
int wait_next(struct cli *cli, struct wait_poll *p, unsigned seconds, struct progress *progress,
              json_t **ret, struct bd_str *ret_text, struct bd_err *err);

/* Until it has ended: the object, and its text as the daemon wrote it. Errors as api_get(). */
int wait_until(struct cli *cli, const struct wait *w, json_t **ret, struct bd_str *ret_text,
               struct bd_err *err);

/*
 * Whether a failed request may soon work, as the daemon may only be away for a moment: then it was
 * said, once, and half a second has passed. *away_since_ns is 0 at first and after each success.
 */
bool wait_may_pass(struct cli *cli, int64_t *away_since_ns, struct progress *progress, int error);
