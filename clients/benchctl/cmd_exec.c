/* benchctl cluster exec: a command in a node, its output as it comes, its exit code as ours. */
#include "api.h"
#include "commands.h"
#include "input.h"
#include "stream.h"

#include "lib/base/fs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BODY_MAX_BYTES ((size_t)1 << 20) /* what the daemon takes */

struct run {
    struct cli *cli;
    struct stream_lines lines;
    int exit_code; /* -1: its end was not told yet */
};

static int set_stdin(json_t *body, struct bd_err *err)
{
    bd_auto_str struct bd_str input = {0};
    int r = input_read("-", BODY_MAX_BYTES, &input, err);
    if (r < 0)
        return r;
    bool text =
        bd_is_utf8(bd_str_text(&input), input.len) && strlen(bd_str_text(&input)) == input.len;
    bd_auto_free char *base64 = text ? NULL : bd_base64(input.data, input.len);
    json_object_set_new(body, text ? "stdin" : "stdinBase64",
                        json_string(text ? bd_str_text(&input) : base64));
    return 0;
}

static void set_text(json_t *body, const struct args *args, const char *option)
{
    const char *text = args_get(args, option);
    if (text)
        json_object_set_new(body, option, json_string(text));
}

static json_t *environment(const struct args *args)
{
    json_t *env = json_object();
    for (size_t i = 0; i < args->n; i++) {
        const char *pair = args->values[i].text;
        if (!bd_str_eq(args->values[i].option->name, "env"))
            continue;
        const char *equals = strchr(pair, '=');
        bd_auto_free char *key = bd_xstrndup(pair, (size_t)(equals - pair));
        json_object_set_new(env, key, json_string(equals + 1));
    }
    return env;
}

static int build_body(const struct args *args, json_t **ret, struct bd_err *err)
{
    bd_auto_json json_t *body = json_object();
    json_t *command = json_array();
    json_object_set_new(body, "command", command);
    for (size_t i = 1; i < args->operands.n; i++)
        json_array_append_new(command, json_string(args->operands.items[i]));
    set_text(body, args, "node");
    set_text(body, args, "user");
    set_text(body, args, "cwd");
    if (args_has(args, "env"))
        json_object_set_new(body, "env", environment(args));
    /* Nanoseconds are whole whatever was written: the daemon takes no fractions. */
    if (args_has(args, "timeout"))
        json_object_set_new(
            body, "timeout",
            json_sprintf("%lldns", (long long)args_duration_ns(args_get(args, "timeout"))));
    if (args_has(args, "unit"))
        json_object_set_new(body, "unit", json_true());
    int r = args_has(args, "stdin") ? set_stdin(body, err) : 0;
    if (r < 0)
        return r;
    *ret = bd_take(body);
    return 0;
}

static int write_output(const json_t *event, const char *stream, struct bd_err *err)
{
    int fd = bd_str_eq(stream, "stderr") ? STDERR_FILENO : STDOUT_FILENO;
    const json_t *data = json_object_get(event, "data");
    const char *base64 = bd_json_str(event, "base64", NULL);
    bd_auto_free uint8_t *decoded = NULL;
    size_t bytes = json_string_length(data);
    if (base64 && bd_base64_decode(base64, &decoded, &bytes) < 0)
        return bd_err_set(err, -EPROTO, "the output of the command came as broken base64");
    int r = bd_write_all(fd, decoded ? (const char *)decoded : json_string_value(data), bytes);
    return r < 0 ? bd_err_errno(err, -r, "write the output") : 0;
}

static void take_exit(struct run *run, const json_t *exit)
{
    const char *reason = bd_json_str(exit, "reason", "failed");
    int code = (int)bd_json_int(exit, "code", 0), signal = (int)bd_json_int(exit, "signal", 0);
    if (bd_str_eq(reason, "exited")) {
        run->exit_code = code & 0xff;
    } else if (bd_str_eq(reason, "signalled")) {
        run->exit_code = 128 + (signal & 0x7f);
    } else {
        enum cli_exit ours = bd_str_eq(reason, "timeout") ? CLI_TIMEOUT : CLI_EXEC;
        run->exit_code =
            cli_fail(run->cli, ours, "the command ended without a code of its own (%s): %s", reason,
                     bd_json_str(exit, "detail", "no more is known"));
    }
}

static int on_line(const char *line, size_t bytes, void *arg, struct bd_err *err)
{
    struct run *run = arg;
    bd_auto_json json_t *event = NULL;
    struct bd_err why = BD_ERR_INIT;
    if (bytes == 0)
        return 0;
    if (bd_json_parse(line, bytes, &event, &why) < 0)
        return bd_err_set(err, -EPROTO, "the daemon sent a line that is no JSON: %s", why.text);
    const char *stream = bd_json_str(event, "stream", NULL);
    const json_t *exit = json_object_get(event, "exit");
    if (run->cli->json) {
        cli_print_json(line);
        fflush(stdout);
    }
    if (exit)
        take_exit(run, exit);
    else if (!stream)
        return bd_err_set(err, -EPROTO, "the daemon sent an event that is neither output nor exit");
    return stream && !run->cli->json ? write_output(event, stream, err) : 0;
}

static int on_body(const char *data, size_t bytes, void *arg, struct bd_err *err)
{
    struct run *run = arg;
    return stream_lines_feed(&run->lines, data, bytes, err);
}

static int transfer(struct run *run, const char *id, const char *text, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    bd_auto_free char *path = bd_xasprintf("/v1/clusters/%s/exec", id);
    const struct http_request rq = {
        .method = "POST",
        .path = path,
        .body = text,
        .content_type = "application/json",
        .accept = "application/x-ndjson, application/problem+json",
        .on_body = on_body,
        .arg = run,
    };
    int r = api_do(run->cli, &rq, &reply, err);
    if (r < 0 || run->exit_code >= 0)
        return r;
    r = stream_lines_end(&run->lines, err);
    return r < 0 ? r
                 : bd_err_set(err, -EPIPE, "the daemon ended the stream before the command's end");
}

static int run_command(struct run *run, struct bd_err *err)
{
    struct cli *cli = run->cli;
    bd_auto_json json_t *body = NULL;
    bd_auto_free char *id = NULL;
    int r = build_body(&cli->args, &body, err);
    if (r < 0)
        return r;
    bd_auto_free char *text = bd_json_text(body);
    if (strlen(text) > BODY_MAX_BYTES)
        return bd_err_set(
            err, BD_EINVALID,
            "the request has %zu KiB, and the daemon takes 1024: put large input into a "
            "file in the node",
            strlen(text) >> 10);
    r = api_find(cli, API_CLUSTER, cli->args.operands.items[0], &id, err);
    return r < 0 ? r : transfer(run, id, text, err);
}

int cmd_cluster_exec(struct cli *cli, struct bd_err *err)
{
    struct run run = {.cli = cli, .exit_code = -1};
    run.lines = (struct stream_lines){.on_line = on_line, .arg = &run};
    int r = run_command(&run, err);
    stream_lines_done(&run.lines);
    /* What came after the exit event does not change how the command ended. */
    if (run.exit_code >= 0)
        return run.exit_code;
    if (r == BD_ECANCELLED || r == BD_ETIMEOUT)
        return r;
    /* Any other code would look like the command's own. */
    (void)cli_report(cli, err);
    return CLI_EXEC;
}
