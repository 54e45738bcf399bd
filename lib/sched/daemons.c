#include "lib/sched/daemons.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"

#include <string.h>

#define COMMAND_NS      (10 * BD_NS_PER_S)
#define LAST_WORDS_NS   (3 * BD_NS_PER_S)
#define FATAL_WORDS_MAX 600
#define POLL_FIRST_NS   (50 * BD_NS_PER_MS)
#define POLL_LONGEST_NS (250 * BD_NS_PER_MS)

static int run(const struct sched_nodes *n, const struct node_plan *node, const char *const *argv,
               int64_t timeout_ns, struct bd_cancel *cancel, struct bd_proc_result *ret,
               struct bd_err *err)
{
    struct channel_cmd cmd = {
        .node = node, .argv = argv, .timeout_ns = timeout_ns, .cancel = cancel};
    int r = channel_exec(n->channel, &cmd, ret, err);
    if (r < 0)
        bd_err_wrap(err, "%s on node %s", argv[0], node->name);
    return r;
}

char *sched_said(const struct channel *channel, const struct cluster_plan *plan,
                 const char *const *argv)
{
    const struct channel_cmd cmd = {
        .node = cluster_plan_node(plan, NULL), .argv = argv, .timeout_ns = COMMAND_NS};
    bd_auto_proc_result struct bd_proc_result out = {0};
    if (channel_exec(channel, &cmd, &out, NULL) < 0 || out.exit_code != 0)
        return NULL;
    const char *text = bd_str_text(&out.out);
    size_t n = strcspn(text, "\n");
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return n > 0 ? bd_xstrndup(text, n) : NULL;
}

int sched_ask(const struct sched_nodes *n, const struct node_plan *node, const char *const *argv,
              struct bd_proc_result *ret, struct bd_err *err)
{
    return run(n, node, argv, COMMAND_NS, n->cancel, ret, err);
}

/* The end of what the daemon itself wrote: in its log, or in the journal where it did not come so
 * far as to open that. */
static int read_last_words(const struct sched_nodes *n, const struct node_plan *node,
                           const struct sched_daemon *daemon, struct bd_str *ret,
                           struct bd_err *err)
{
    const char *const log[] = {"tail", "-q", "-n", "20", daemon->log, NULL};
    const char *const journal[] = {"journalctl", "-q", "--no-pager", "-o",         "cat",
                                   "-n",         "20", "-t",         daemon->name, NULL};
    const char *const *const places[] = {log, journal};
    int r = 0;
    for (size_t i = 0; i < BD_ARRAY_LEN(places) && r == 0 && ret->len == 0; i++) {
        bd_auto_proc_result struct bd_proc_result out = {0};
        if (places[i] == log && !daemon->log)
            continue;
        r = run(n, node, places[i], LAST_WORDS_NS, NULL, &out, err);
        bd_str_add(ret, bd_str_text(&out.out));
    }
    return r;
}

void sched_daemon_words(const struct sched_nodes *n, const struct node_plan *node,
                        const struct sched_daemon *daemon, size_t max, struct bd_str *out)
{
    bd_auto_str struct bd_str words = {0};
    struct bd_err err = BD_ERR_INIT;
    int r = read_last_words(n, node, daemon, &words, &err);
    if (r == 0 && words.len == 0)
        bd_str_addf(out, "; %s on %s wrote nothing", daemon->name, node->name);
    else if (r < 0)
        bd_str_addf(out, "; %s on %s can't be asked: %.200s", daemon->name, node->name, err.text);
    if (r < 0 || words.len == 0)
        return;

    while (words.len > 0 && words.data[words.len - 1] == '\n')
        words.data[--words.len] = '\0';
    const char *text = words.data;
    if (words.len > max) {
        text += words.len - max;
        const char *line = strchr(text, '\n');
        text = line ? line + 1 : text;
    }
    for (char *s = words.data; *s; s++)
        if (*s == '\n')
            *s = '|';
    bd_str_addf(out, "; last words of %s on %s: %s", daemon->name, node->name, text);
}

int sched_daemons_check(const struct sched_nodes *n, const struct node_plan *node,
                        const struct sched_daemon *const *daemons, struct bd_err *err)
{
    bd_auto_strv struct bd_strv argv = {0};
    bd_auto_proc_result struct bd_proc_result out = {0};
    bd_auto_str struct bd_str words = {0};
    struct bd_err unanswered = BD_ERR_INIT;
    bd_strv_add(&argv, "systemctl");
    bd_strv_add(&argv, "is-failed");
    for (size_t i = 0; daemons[i]; i++)
        bd_strv_add(&argv, daemons[i]->unit);
    if (sched_ask(n, node, (const char *const *)argv.items, &out, &unanswered) < 0)
        return bd_cancel_check(n->cancel, err);
    const char *state = bd_str_text(&out.out); /* a line for each of them */
    for (size_t i = 0; daemons[i] && state; i++) {
        if (bd_starts_with(state, "failed\n")) {
            sched_daemon_words(n, node, daemons[i], FATAL_WORDS_MAX, &words);
            return bd_err_set(err, BD_ECHILD, "%s: %s on %s ends whenever it is started: %s%s",
                              n->title, daemons[i]->name, node->name, daemons[i]->advice,
                              bd_str_text(&words));
        }
        state = strchr(state, '\n');
        state = state ? state + 1 : NULL;
    }
    return 0;
}

int sched_wait_until(const struct sched_nodes *n, sched_wait_fn question, sched_check_fn between,
                     void *arg, struct bd_err *err)
{
    int64_t pause_ns = POLL_FIRST_NS;
    for (;;) {
        bool yes = false;
        int r = question(arg, &yes, err);
        if (r < 0 || yes)
            return r;
        r = between(arg, err);
        if (r == 0)
            r = bd_cancel_sleep(n->cancel, pause_ns, err);
        if (r < 0)
            return r;
        pause_ns = pause_ns * 5 / 4;
        if (pause_ns > POLL_LONGEST_NS)
            pause_ns = POLL_LONGEST_NS;
    }
}
