/* benchctl campaign report; benchctl analyse, of results from elsewhere. */
#include "analyse.h"
#include "api.h"
#include "commands.h"
#include "input.h"
#include "results.h"
#include "text.h"
#include "transfer.h"

#include "lib/base/digest.h"
#include "lib/base/fs.h"
#include "lib/report/report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int format_of(const char *text, enum report_format *ret_format, struct bd_err *err)
{
    *ret_format = REPORT_MARKDOWN;
    if (!text || report_format_from_str(text, ret_format) == 0)
        return 0;
    return bd_err_set(err, BD_EINVALID, "there is no report as '%s': markdown or html", text);
}

/* -- of a campaign -- */

int cmd_campaign_report(struct cli *cli, struct bd_err *err)
{
    const char *file = args_get(&cli->args, "output");
    bd_auto_free char *path = NULL;
    enum report_format format;
    int r = format_of(args_get(&cli->args, "format"), &format, err);
    if (r < 0)
        return r;
    bd_auto_free char *below = bd_xasprintf("/report?format=%s", report_format_to_str(format));
    bd_auto_free char *target = analyse_target(&cli->args, below);
    r = api_find_path(cli, API_CAMPAIGN, target, &path, err);
    if (r < 0)
        return r;
    const struct download d = {path, format == REPORT_HTML ? "text/html" : "text/markdown",
                               "getting"};
    if (file && !bd_str_eq(file, "-"))
        return download_file(cli, &d, file, err);
    return download(cli, &d, STDOUT_FILENO, err);
}

/* -- of a table -- */

/* What the command line names, and what is in it. */
struct asked {
    const char *table, *design; /* as they were named */
    const char *name;           /* of the table, in messages */
    bool report;
    enum report_format format;
    const char *output;       /* NULL: stdout */
    struct bd_str text;       /* of the table */
    struct document document; /* the design */
};

static void asked_done(struct asked *a)
{
    bd_str_done(&a->text);
    document_done(&a->document);
}
#define asked_auto __attribute__((cleanup(asked_done)))

static int read_options(const struct cli *cli, struct asked *a, struct bd_err *err)
{
    const char *report = args_get(&cli->args, "report");
    a->table = cli->args.operands.items[0];
    a->design = args_get(&cli->args, "design");
    a->name = bd_str_eq(a->table, "-") ? "stdin" : a->table;
    a->report = report != NULL;
    a->output = args_get(&cli->args, "output");
    if (!a->design)
        return bd_err_set(err, BD_EINVALID,
                          "--design is missing: a YAML file that says what the columns are");
    if (bd_str_eq(a->table, "-") && bd_str_eq(a->design, "-"))
        return bd_err_set(err, BD_EINVALID, "only one of table and design can be stdin");
    if (report && cli->json)
        return bd_err_set(err, BD_EINVALID, "--report and --json exclude each other");
    if (a->output && !report && !cli->json)
        return bd_err_set(err, BD_EINVALID, "--output is for --report and --json");
    return format_of(report, &a->format, err);
}

static int read_design(struct cli *cli, struct asked *a, struct bd_err *err)
{
    bd_auto_faults struct schema_faults faults = {0};
    int r = document_read(a->design, &a->document, err);
    if (r < 0)
        return r;
    cli->sent = &a->document;
    if (results_design(a->document.json, &faults))
        return 0;
    bd_auto_json json_t *list = schema_faults_json(&faults);
    api_add_faults(cli, list);
    return bd_err_set(err, BD_EINVALID, "the design can't be used");
}

/* What is wrong with the table, and with the design in view of it. */
static int refuse(struct cli *cli, const struct results *r, struct bd_err *err)
{
    bd_auto_json json_t *list = schema_faults_json(r->faults);
    api_add_faults(cli, list);
    for (size_t i = 0; i < r->lines->n; i++) {
        text_escape(&cli->faults, r->lines->items[i]);
        bd_str_add(&cli->faults, "\n");
    }
    if (*r->more)
        bd_str_addf(&cli->faults, "  and %zu more\n", *r->more);
    return bd_err_set(err, BD_EINVALID,
                      r->faults->n ? "the design does not fit %s" : "%s can't be analysed as it is",
                      r->name);
}

static int analyse(struct cli *cli, struct asked *a, json_t **ret, struct bd_err *err)
{
    csv_auto_table struct csv_table table = {0};
    bd_auto_faults struct schema_faults faults = {0};
    bd_auto_strv struct bd_strv lines = {0};
    size_t more = 0;
    int r = input_read(a->table, CSV_BYTES_MAX, &a->text, err);
    if (r == 0)
        r = csv_read(bd_str_text(&a->text), a->text.len, a->name, &table, err);
    if (r < 0)
        return r;
    const struct results results = {.table = &table,
                                    .name = a->name,
                                    .design = a->document.json,
                                    .faults = &faults,
                                    .lines = &lines,
                                    .more = &more};
    *ret = results_analyse(&results);
    return *ret ? 0 : refuse(cli, &results, err);
}

/* The report, or the JSON; the caller's. */
static char *text_of(const struct asked *a, const json_t *analysis)
{
    char table[BD_DIGEST_BYTES], design[BD_DIGEST_BYTES];
    if (!a->report)
        return json_dumps(analysis, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    bd_digest_of(bd_str_text(&a->text), a->text.len, table);
    bd_digest_of(bd_str_text(&a->document.text), a->document.text.len, design);
    bd_auto_json json_t *files =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "table", a->table, "tableDigest", table, "design",
                  a->design, "designDigest", design, "text", bd_str_text(&a->document.text));
    const struct report_source source = {.version = BENCHD_VERSION, .table = files};
    return report_text(analysis, &source, a->format);
}

int cmd_analyse(struct cli *cli, struct bd_err *err)
{
    asked_auto struct asked asked = {0};
    bd_auto_json json_t *analysis = NULL;
    int r = read_options(cli, &asked, err);
    if (r == 0)
        r = read_design(cli, &asked, err);
    if (r == 0)
        r = analyse(cli, &asked, &analysis, err);
    cli->sent = NULL;
    if (r < 0)
        return r;
    if (!asked.report && !cli->json) {
        analyse_print(cli, analysis);
        return CLI_OK;
    }
    bd_auto_free char *text = text_of(&asked, analysis);
    if (asked.output && !bd_str_eq(asked.output, "-"))
        return bd_write_file(asked.output, text, strlen(text), 0644, err);
    cli_print_json(text);
    return CLI_OK;
}
