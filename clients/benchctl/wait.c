#include "wait.h"

#include "interrupt.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define POLL_S        30
#define POLL_SLACK_NS (30 * BD_NS_PER_S) /* for the answer itself */
#define AWAY_MAX_NS   (30 * BD_NS_PER_S) /* a stop takes at most 10 s, and then it has to start */
#define RETRY_NS      (500 * BD_NS_PER_MS)
#define TOO_SOON_NS                                                                                \
    (100 * BD_NS_PER_MS) /* an answer without news that came before this is no long poll */

static void on_tick(void *arg)
{
    progress_tick(arg);
}

/* One long poll. 1: *ret is the object as it is now; 0: no news. */
static int poll_once(struct cli *cli, struct wait_poll *p, unsigned seconds,
                     struct progress *progress, json_t **ret, struct bd_str *ret_text,
                     struct bd_err *err)
{
    char query[32] = "";
    if (p->etag[0] && seconds)
        snprintf(query, sizeof(query), "?wait=%u", seconds);
    bd_auto_free char *path = bd_xasprintf("%s%s", p->path, query);
    const struct http_request rq = {
        .method = "GET",
        .path = path,
        .if_none_match = p->etag,
        .on_tick = on_tick,
        .arg = progress,
        .limit_ns = seconds * BD_NS_PER_S + POLL_SLACK_NS,
    };
    http_auto_reply struct http_reply reply = {0};
    int64_t begun = bd_mono_ns();
    int r = http_do(cli->http, &rq, &reply, err);
    if (r == 0 && reply.status == 503)
        return bd_err_set(err, BD_EUNAVAILABLE, "the daemon at %s is not ready",
                          http_where(cli->http));
    if (r == 0 && reply.status >= 400)
        return api_problem(cli, &reply, err);
    if (r == 0 && reply.status != 304)
        r = api_parse(&reply, ret, err);
    if (r < 0)
        return r;
    bool unchanged = reply.status == 304 || (p->etag[0] && bd_str_eq(p->etag, reply.etag));
    if (seconds && (unchanged || !reply.etag[0]) && bd_mono_ns() - begun < TOO_SOON_NS)
        r = interrupt_sleep(TOO_SOON_NS, err);
    if (reply.status == 304)
        return r;
    memcpy(p->etag, reply.etag, sizeof(p->etag));
    if (ret_text) {
        bd_str_clear(ret_text);
        bd_str_add(ret_text, bd_str_text(&reply.body));
    }
    return r < 0 ? r : 1;
}

bool wait_may_pass(struct cli *cli, int64_t *away_since_ns, struct progress *progress, int error)
{
    if (error != BD_EUNAVAILABLE && error != -EPIPE)
        return false;
    int64_t now = bd_mono_ns(), deadline = http_deadline_ns(cli->http);
    if (*away_since_ns == 0) {
        *away_since_ns = now;
        progress_line(progress, MARK_WARN, "the daemon is away: waiting for it", -1);
    }
    if (now - *away_since_ns > AWAY_MAX_NS || (deadline && now >= deadline))
        return false;
    return interrupt_sleep(RETRY_NS, NULL) == 0;
}

int wait_next(struct cli *cli, struct wait_poll *p, unsigned seconds, struct progress *progress,
              json_t **ret, struct bd_str *ret_text, struct bd_err *err)
{
    for (;;) {
        bd_auto_json json_t *object = NULL;
        struct bd_err why = BD_ERR_INIT;
        int r = poll_once(cli, p, seconds, progress, &object, ret_text, &why);
        if (r < 0 && wait_may_pass(cli, &p->away_since_ns, progress, r))
            continue;
        if (interrupt_signal())
            return interrupt_check(err);
        if (r < 0) {
            bd_err_copy(err, &why);
            return r;
        }
        p->away_since_ns = 0;
        if (r > 0)
            *ret = bd_take(object);
        return r;
    }
}

int wait_until(struct cli *cli, const struct wait *w, json_t **ret, struct bd_str *ret_text,
               struct bd_err *err)
{
    struct wait_poll p = {.path = w->path};
    for (;;) {
        bd_auto_json json_t *object = NULL;
        int r = wait_next(cli, &p, POLL_S, w->progress, &object, ret_text, err);
        if (r < 0)
            return r;
        if (r == 0)
            continue;
        w->on_change(object, w->arg);
        if (w->ended(object)) {
            *ret = bd_take(object);
            return 0;
        }
    }
}
