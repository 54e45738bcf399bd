#include "cli.h"

#include "commands.h"
#include "interrupt.h"
#include "text.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void begin_line(const struct cli *cli)
{
    const char *bold = term_on(&cli->err, STYLE_BOLD), *off = term_off(&cli->err);
    fprintf(stderr, "%sbenchctl:%s ", bold, off);
    if (cli->args.command)
        fprintf(stderr, "%s: ", cli->args.command->name);
}

int cli_report(struct cli *cli, const struct bd_err *error)
{
    bd_auto_str struct bd_str text = {0};
    text_escape(&text, error->text);
    begin_line(cli);
    fprintf(stderr, "%s%s%s\n%s", term_on(&cli->err, STYLE_BAD), bd_str_text(&text),
            term_off(&cli->err), bd_str_text(&cli->faults));
    bd_str_clear(&cli->faults);
    int code = (int)cli_exit_of(error->code);
    return code == CLI_INTERRUPTED && interrupt_signal() ? 128 + interrupt_signal() : code;
}

int cli_fail(struct cli *cli, enum cli_exit code, const char *fmt, ...)
{
    struct bd_err error = BD_ERR_INIT;
    bd_auto_free char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        bd_die("benchctl: out of memory");
    va_end(ap);
    (void)bd_err_set(&error, -EIO, "%s", text);
    (void)cli_report(cli, &error);
    return (int)code;
}

void cli_note(const struct cli *cli, enum term_mark mark, const char *fmt, ...)
{
    bd_auto_free char *text = NULL;
    bd_auto_str struct bd_str escaped = {0};
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        bd_die("benchctl: out of memory");
    va_end(ap);
    text_escape(&escaped, text);
    fprintf(stderr, "%s%s%s %s\n", term_on(&cli->err, term_mark_style(mark)),
            term_mark(&cli->err, mark), term_off(&cli->err), bd_str_text(&escaped));
}

void cli_print_json(const char *text)
{
    fputs(text, stdout);
    if (!bd_ends_with(text, "\n"))
        putchar('\n');
}

/* The daemon's address: flags, then the environment, then the default. */
static char *choose_url(const struct args *args)
{
    const char *socket = args_global(args, "socket"), *url = args_global(args, "url");
    const char *environment = getenv("BENCHD_URL");
    if (socket && socket[0] != '/') {
        bd_auto_free char *here = getcwd(NULL, 0);
        return bd_xasprintf("unix://%s/%s", here ? here : "", socket);
    }
    if (socket)
        return bd_xasprintf("unix://%s", socket);
    if (url)
        return bd_xstrdup(url);
    return bd_xstrdup(environment && environment[0] ? environment : HTTP_DEFAULT_URL);
}

static int open_http(struct cli *cli, struct bd_err *err)
{
    if (args_global(&cli->args, "url") && args_global(&cli->args, "socket"))
        return bd_err_set(err, BD_EINVALID, "--url and --socket exclude each other");
    bd_auto_free char *url = choose_url(&cli->args);
    int64_t limit = args_duration_ns(args_global(&cli->args, "timeout"));
    return http_new(url, limit ? bd_mono_ns() + limit : 0, &cli->http, err);
}

static int run(struct cli *cli, struct bd_err *err)
{
    if (cli->args.version)
        return cmd_version(cli, err);
    if (cli->args.help)
        return cmd_help(cli, err);
    int r = open_http(cli, err);
    if (r < 0)
        return r;
    r = cli->args.command->run(cli, err);
    if (r >= 0 && fflush(stdout) != 0)
        return bd_err_errno(err, errno, "write the output");
    return r;
}

/* What a wrong command line is told beside what is wrong with it. */
static void point_to_help(struct cli *cli)
{
    const char *name = cli->args.command ? cli->args.command->name : NULL;
    bd_str_addf(&cli->faults, "  see 'benchctl help%s%s'\n", name ? " " : "", name ? name : "");
}

int cli_main(int argc, char *const *argv)
{
    struct cli cli = {0};
    struct bd_err error = BD_ERR_INIT;
    bool utf8 = text_setup();
    interrupt_install();
    int r = args_parse(argc, argv, &cli.args, &error);
    bool no_colour = args_global(&cli.args, "no-color") != NULL;
    term_init(&cli.out, stdout, utf8, no_colour);
    term_init(&cli.err, stderr, utf8, no_colour);
    cli.json = args_global(&cli.args, "json") != NULL;
    if (r < 0)
        point_to_help(&cli);
    else
        r = run(&cli, &error);
    if (r < 0) {
        fflush(stdout);
        r = cli_report(&cli, &error);
    }
    http_free(cli.http);
    args_done(&cli.args);
    bd_str_done(&cli.faults);
    return r;
}
