/* How a command ended, in words; and what a spec says of commands. */
#include "lib/base/clock.h"
#include "lib/workload/output.h"

#include <signal.h>
#include <string.h>

#define COMMAND_TOLD_BYTES 160
#define LOOK_NS            (3 * BD_NS_PER_S)
#define NO_SUCH_PROGRAM    127 /* as a shell tells it, and env(1) */

/* The words with blanks between them, cut at the beginning of a character. */
static void tell_command(const char *const *argv, struct bd_str *ret)
{
    for (; *argv && ret->len <= COMMAND_TOLD_BYTES; argv++)
        bd_str_addf(ret, "%s%.*s", ret->len ? " " : "", COMMAND_TOLD_BYTES + 1, *argv);
    if (ret->len <= COMMAND_TOLD_BYTES)
        return;
    size_t n = COMMAND_TOLD_BYTES;
    while (n > 0 && ((unsigned char)ret->data[n] & 0xC0) == 0x80)
        n--;
    ret->data[ret->len = n] = '\0';
    bd_str_add(ret, "...");
}

static bool tell_last_lines(const struct output *from, const char *where, struct bd_str *ret)
{
    bd_auto_str struct bd_str words = {0};
    if (from)
        output_last_lines(from, &words);
    if (words.len)
        bd_str_addf(ret, "; its last words%s: %s", where, bd_str_text(&words));
    return words.len != 0;
}

static void tell_output(const struct ending *e, struct bd_str *ret)
{
    bool told = tell_last_lines(e->out, e->err ? " on stdout" : "", ret);
    told = tell_last_lines(e->err, " on stderr", ret) || told;
    if (!told)
        bd_str_add(ret, "; it wrote nothing");
}

/* A command that was killed, or that can't be told of, may be so for the end of its node. */
static bool node_is_gone(const struct ending *e)
{
    static const char *const argv[] = {"true", NULL};
    const struct channel_cmd look = {.node = e->cmd->node, .argv = argv, .timeout_ns = LOOK_NS};
    bd_auto_proc_result struct bd_proc_result result = {0};
    bool suspect =
        e->rc == 0 ? e->result->signal == SIGKILL : e->rc == BD_ECHILD || e->rc == BD_ENOTFOUND;
    return suspect && channel_exec(e->channel, &look, &result, NULL) < 0;
}

int ending_judge(const struct ending *e, struct bd_err *err)
{
    bd_auto_str struct bd_str command = {0}, more = {0};
    const struct bd_proc_result *r = e->result;
    double seconds = (double)e->took_ns / (double)BD_NS_PER_S;
    struct bd_err why = BD_ERR_INIT;
    if (e->rc == 0 && r->exit_code == 0)
        return 0;
    tell_command(e->argv, &command);
    const char *what = bd_str_text(&command);
    if (e->note)
        bd_str_addf(&more, "; %s", e->note);
    tell_output(e, &more);
    const char *rest = bd_str_text(&more);
    int unkept = e->out->rc < 0 ? e->out->rc : e->err ? e->err->rc : 0;

    if (unkept < 0)
        return bd_err_errno(err, -unkept,
                            "'%s' was ended after %.1f s: keep its output on the host", what,
                            seconds);
    if (node_is_gone(e))
        return bd_err_set(err, BD_EWORKLOAD,
                          "'%s' was cut off after %.1f s: node %s does not answer any more%s", what,
                          seconds, e->cmd->node->name, rest);
    if (e->rc == 0 && r->signal)
        return bd_err_set(err, BD_EWORKLOAD, "'%s' was ended by signal %d (%s) after %.1f s%s",
                          what, r->signal, strsignal(r->signal), seconds, rest);
    if (e->rc == 0 && r->exit_code == NO_SUCH_PROGRAM)
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "'%s' ended with exit code %d after %.1f s, which stands for a program "
                          "that is not there: take an image that has it%s",
                          what, r->exit_code, seconds, rest);
    if (e->rc == 0)
        return bd_err_set(err, BD_EWORKLOAD, "'%s' ended with exit code %d after %.1f s%s", what,
                          r->exit_code, seconds, rest);
    if (bd_cancel_check(e->cmd->cancel, &why) < 0)
        return bd_err_set(err, e->rc, "'%s' was ended after %.1f s: %s%s", what, seconds, why.text,
                          rest);
    if (e->rc == BD_ETIMEOUT)
        return bd_err_set(err, BD_ETIMEOUT,
                          "'%s' had not ended within its timeout of %g s, and was ended%s", what,
                          (double)e->cmd->timeout_ns / (double)BD_NS_PER_S, rest);
    bd_err_wrap(err, "'%s'", what);
    return e->rc;
}

/* ----------------------------------------------------------------------------- the spec's words */

const char **command_argv(const json_t *words)
{
    const char **argv = bd_xcalloc(json_array_size(words) + 1, sizeof(*argv));
    json_t *word;
    size_t i;
    json_array_foreach (words, i, word)
        argv[i] = json_string_value(word);
    return argv;
}

void command_env(const json_t *env, struct bd_strv *ret_env)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)env, key, value)
        bd_strv_addf(ret_env, "%s=%s", key, json_string_value(value));
}

int64_t command_timeout_ns(const json_t *spec, int64_t fallback_ns)
{
    int64_t ns;
    const char *text = bd_json_str(spec, "timeout", NULL);
    return text && bd_parse_duration_ns(text, &ns) == 0 ? ns : fallback_ns;
}
