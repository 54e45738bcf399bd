/* benchctl events: what happened, and what happens. */
#include "api.h"
#include "commands.h"
#include "interrupt.h"
#include "stream.h"
#include "text.h"
#include "wait.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <string.h>

#define STALL_NS (60 * BD_NS_PER_S) /* the daemon gives a sign of life every 15 s */
#define AGAIN_NS (500 * BD_NS_PER_MS)

/* One line: number, time, subject, kind, and its data as KEY=VALUE. */
static void print_event(const struct cli *cli, const json_t *event)
{
    bd_auto_str struct bd_str subject = {0}, kind = {0}, data = {0};
    text_escape(&subject, bd_json_str(event, "subject", "?"));
    text_escape(&kind, bd_json_str(event, "kind", "?"));
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(event, "data"), key, value) {
        if (json_is_null(value))
            continue;
        bd_str_addf(&data, "  %s", term_on(&cli->out, STYLE_DIM));
        text_escape(&data, key);
        bd_str_addf(&data, "=%s", term_off(&cli->out));
        api_add_value(&data, value);
    }
    printf("%s%6lld  %s%s  %-16s  %s%s%s%s\n", term_on(&cli->out, STYLE_DIM),
           (long long)bd_json_int(event, "seq", 0), bd_json_str(event, "at", "?"),
           term_off(&cli->out), bd_str_text(&subject), term_on(&cli->out, STYLE_BOLD),
           bd_str_text(&kind), term_off(&cli->out), bd_str_text(&data));
}

static char *subject_query(const struct args *args, const char *before)
{
    const char *subject = args_get(args, "subject");
    bd_auto_free char *quoted = api_quote(subject ? subject : "");
    return bd_xasprintf("%s%s", subject ? before : "", quoted);
}

static int show_past(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *list = NULL;
    bd_auto_free char *query = subject_query(&cli->args, "?subject=");
    bd_auto_free char *path = bd_xasprintf("/v1/events%s", query);
    const char *since = args_get(&cli->args, "since");
    int r = api_pages(cli, path, "since", since ? since : "0", &list, err);
    if (r < 0)
        return r;
    if (cli->json) {
        api_print_list(list);
        return CLI_OK;
    }
    const json_t *event;
    size_t i;
    json_array_foreach (json_object_get(list, "items"), i, event) {
        print_event(cli, event);
    }
    return CLI_OK;
}

struct follow {
    struct cli *cli;
    struct stream_sse sse;
    struct progress progress;
    bool heard; /* the daemon was reached at least once */
    int64_t away_since_ns;
};

static int on_event(const struct stream_event *sent, void *arg, struct bd_err *err)
{
    struct follow *f = arg;
    bd_auto_json json_t *event = NULL;
    struct bd_err why = BD_ERR_INIT;
    if (bd_json_parse(sent->data, strlen(sent->data), &event, &why) < 0)
        return bd_err_set(err, -EPROTO, "the daemon sent an event that is no JSON: %s", why.text);
    if (f->cli->json)
        cli_print_json(sent->data);
    else
        print_event(f->cli, event);
    fflush(stdout);
    return 0;
}

static int on_body(const char *data, size_t bytes, void *arg, struct bd_err *err)
{
    struct follow *f = arg;
    f->heard = true;
    f->away_since_ns = 0;
    return stream_sse_feed(&f->sse, data, bytes, err);
}

/* One connection, to its end. */
static int follow_once(struct follow *f, const char *path, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    const struct http_request rq = {
        .method = "GET",
        .path = path,
        .accept = "text/event-stream, application/problem+json",
        .last_event_id = bd_str_text(&f->sse.last_id),
        .on_body = on_body,
        .arg = f,
        .stall_ns = STALL_NS,
    };
    int r = api_do(f->cli, &rq, &reply, err);
    if (r == 0 && !bd_str_eq(reply.content_type, "text/event-stream"))
        return bd_err_set(err, -EPROTO, "the reply is no stream of events but '%s'",
                          reply.content_type);
    return r;
}

static int show_future(struct cli *cli, struct bd_err *err)
{
    struct follow f = {.cli = cli};
    bd_auto_free char *query = subject_query(&cli->args, "&subject=");
    const char *since = args_get(&cli->args, "since");
    bd_auto_free char *path = bd_xasprintf("/v1/events?since=%s%s", since ? since : "0", query);
    int r;
    stream_sse_init(&f.sse, on_event, &f);
    progress_init(&f.progress, &cli->err);
    /* The log is the daemon's: after a lost connection it goes on where we were. */
    do {
        stream_sse_restart(&f.sse);
        r = follow_once(&f, path, err);
        if (r == 0)
            r = interrupt_sleep(AGAIN_NS, err);
    } while (r == 0 || (f.heard && wait_may_pass(cli, &f.away_since_ns, &f.progress, r)));
    progress_done(&f.progress);
    stream_sse_done(&f.sse);
    /* A signal is how following ends: nothing to tell. */
    return interrupt_signal() ? 128 + interrupt_signal() : r;
}

int cmd_events(struct cli *cli, struct bd_err *err)
{
    return args_has(&cli->args, "follow") ? show_future(cli, err) : show_past(cli, err);
}
