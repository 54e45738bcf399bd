/* benchctl swf: logs of jobs in the Standard Workload Format, without a daemon. */
#include "cli.h"
#include "commands.h"
#include "input.h"
#include "interrupt.h"
#include "show.h"
#include "text.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/swf/swf.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

#define FLURRY_GAP_S 60
#define auto_swf     __attribute__((cleanup(swf_done))) struct swf

/* -- reading -- */

static const char *file_of(const struct cli *cli)
{
    const char *path = cli->args.operands.items[0];
    return bd_str_eq(path, "-") ? "stdin" : path;
}

static int read_log(const struct cli *cli, struct swf *log, struct bd_err *err)
{
    bd_auto_fd int fd = -1;
    bd_auto(swf_reader) struct swf_reader *reader = swf_reader_new(log);
    char buffer[65536];
    int r = input_open(cli->args.operands.items[0], &fd, err);
    while (r == 0) {
        ssize_t n = input_some(fd, buffer, sizeof(buffer), err);
        if (n == BD_ECANCELLED)
            return (int)n;
        if (n < 0)
            return bd_err_set(err, BD_EINVALID, "can't read %s: %s", file_of(cli),
                              strerror((int)-n));
        r = n == 0 ? swf_reader_end(reader, err) : swf_reader_feed(reader, buffer, (size_t)n, err);
        if (r < 0)
            return bd_err_wrap(err, "%s", file_of(cli));
        if (n == 0)
            break;
    }
    return r;
}

/* -- faults -- */

static void add_fault(const struct cli *cli, const struct swf_fault *f, struct bd_str *out)
{
    bd_str_add(out, file_of(cli));
    if (f->line)
        bd_str_addf(out, ":%zu", f->line);
    if (f->field >= 0)
        bd_str_addf(out, ": field %d (%s)", f->field + 1, swf_field_name((enum swf_field)f->field));
    bd_str_addf(out, ": %s", f->text);
}

static size_t kept_faults(const struct swf *log)
{
    return log->n_faults < SWF_FAULTS_MAX ? log->n_faults : SWF_FAULTS_MAX;
}

static void print_faults(const struct cli *cli, const struct swf *log)
{
    size_t n = kept_faults(log);
    for (size_t i = 0; i < n; i++) {
        bd_auto_str struct bd_str line = {0}, shown = {0};
        add_fault(cli, &log->faults[i], &line);
        text_escape(&shown, bd_str_text(&line));
        fprintf(cli->out.file, "%s\n", bd_str_text(&shown));
    }
    if (log->n_faults > n)
        fprintf(cli->out.file, "%zu more are not shown\n", log->n_faults - n);
}

static json_t *faults_json(const struct swf *log)
{
    json_t *list = json_array();
    for (size_t i = 0; i < kept_faults(log); i++) {
        const struct swf_fault *f = &log->faults[i];
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:s}", "line",
                            f->line ? json_integer((json_int_t)f->line) : json_null(), "field",
                            f->field >= 0 ? json_string(swf_field_name((enum swf_field)f->field))
                                          : json_null(),
                            "text", f->text));
    }
    return list;
}

static void note_faults(const struct cli *cli, const struct swf *log)
{
    if (log->n_faults)
        cli_note(cli, MARK_WARN,
                 "%s: %zu faults; lines that can't be read are left out: benchctl swf check",
                 file_of(cli), log->n_faults);
}

static void print_json(json_t *json)
{
    bd_auto_free char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(10));
    cli_print_json(text ? text : "");
    json_decref(json);
}

int cmd_swf_check(struct cli *cli, struct bd_err *err)
{
    auto_swf log = {0};
    int r = read_log(cli, &log, err);
    if (r < 0)
        return r;
    if (cli->json)
        print_json(json_pack("{s:I, s:I, s:I, s:o}", "lines", (json_int_t)log.lines, "jobs",
                             (json_int_t)log.n, "faults", (json_int_t)log.n_faults, "items",
                             faults_json(&log)));
    else
        print_faults(cli, &log);
    cli_note(cli, log.n_faults ? MARK_FAIL : MARK_OK, "%s: %zu lines, %zu jobs, %zu faults",
             file_of(cli), log.lines, log.n, log.n_faults);
    return log.n_faults ? CLI_FAILED : CLI_OK;
}

/* -- description -- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct spread {
    size_t n; /* not missing */
    double min, median, p95, max;
};

static double rank(const double *sorted, size_t n, double p)
{
    size_t at = (size_t)ceil(p * (double)n);
    return sorted[at ? at - 1 : 0];
}

static struct spread spread_of(const struct swf *log, enum swf_field f)
{
    struct spread s = {0};
    bd_auto_free double *values = bd_xcalloc(log->n + 1, sizeof(*values));
    for (size_t i = 0; i < log->n; i++)
        if (log->jobs[i].fields[f] >= 0)
            values[s.n++] = log->jobs[i].fields[f];
    if (s.n == 0)
        return s;
    qsort(values, s.n, sizeof(*values), by_size);
    s.min = values[0];
    s.median = rank(values, s.n, 0.5);
    s.p95 = rank(values, s.n, 0.95);
    s.max = values[s.n - 1];
    return s;
}

static const enum swf_field described[] = {SWF_RUNTIME,     SWF_WAIT,       SWF_PROCS,
                                           SWF_ASKED_PROCS, SWF_ASKED_TIME, SWF_THINK};

static size_t count_different(const struct swf *log, enum swf_field f)
{
    size_t n = 0, different = 0;
    bd_auto_free double *values = bd_xcalloc(log->n + 1, sizeof(*values));
    for (size_t i = 0; i < log->n; i++)
        if (log->jobs[i].fields[f] >= 0)
            values[n++] = log->jobs[i].fields[f];
    qsort(values, n, sizeof(*values), by_size);
    for (size_t i = 0; i < n; i++)
        different += i == 0 || values[i] != values[i - 1];
    return different;
}

static double span_of(const struct swf *log)
{
    struct spread s = spread_of(log, SWF_SUBMIT);
    return s.n ? s.max - s.min : 0;
}

static json_t *description_json(const struct swf *log, double load)
{
    json_t *header = json_array(), *fields = json_object();
    for (size_t i = 0; i < log->header.n; i++)
        json_array_append_new(header, json_string(log->header.items[i]));
    for (size_t i = 0; i < BD_ARRAY_LEN(described); i++) {
        struct spread s = spread_of(log, described[i]);
        if (s.n)
            json_object_set_new(fields, swf_field_name(described[i]),
                                json_pack("{s:I, s:f, s:f, s:f, s:f}", "n", (json_int_t)s.n, "min",
                                          s.min, "median", s.median, "p95", s.p95, "max", s.max));
    }
    return json_pack("{s:o, s:I, s:I, s:f, s:f, s:o, s:I, s:o}", "header", header, "jobs",
                     (json_int_t)log->n, "faults", (json_int_t)log->n_faults, "machine",
                     swf_machine_size(log), "spanSeconds", span_of(log), "load",
                     isnan(load) ? json_null() : json_real(load), "users",
                     (json_int_t)count_different(log, SWF_USER), "fields", fields);
}

static void print_description(const struct cli *cli, const struct swf *log, double load)
{
    static const struct table_column columns[] = {{"FIELD", false}, {"N", true},   {"MIN", true},
                                                  {"MEDIAN", true}, {"P95", true}, {"MAX", true}};
    char number[TEXT_NUMBER_BYTES];
    table_auto struct table facts, table;
    show_init(&facts);
    for (size_t i = 0; i < log->header.n; i++)
        show_fact(&facts, i ? "" : "header", STYLE_DIM, log->header.items[i]);
    show_factf(&facts, "jobs", STYLE_BOLD, "%zu of %zu users", log->n,
               count_different(log, SWF_USER));
    show_fact(&facts, "submitted within", STYLE_PLAIN, text_seconds((int64_t)span_of(log), number));
    show_factf(&facts, "machine", STYLE_PLAIN, "%.0f processors", swf_machine_size(log));
    if (!isnan(load))
        show_factf(&facts, "offered load", STYLE_PLAIN, "%.3g, cleaned", load);
    table_print(&facts, &cli->out, 0);
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    for (size_t i = 0; i < BD_ARRAY_LEN(described); i++) {
        struct spread s = spread_of(log, described[i]);
        if (!s.n)
            continue;
        const double figures[] = {s.min, s.median, s.p95, s.max};
        table_add(&table, STYLE_PLAIN, swf_field_name(described[i]));
        table_addf(&table, STYLE_PLAIN, "%zu", s.n);
        for (size_t k = 0; k < BD_ARRAY_LEN(figures); k++)
            table_add(&table, STYLE_PLAIN, text_real(figures[k], number));
    }
    fputc('\n', cli->out.file);
    table_print(&table, &cli->out, 0);
}

/* What a replay would offer: of the log as it is cleaned, which it then is. */
static double cleaned_load(struct swf *log)
{
    struct swf_cleaning cleaning;
    swf_clean(log, NULL, &cleaning);
    return swf_load(log);
}

int cmd_swf_show(struct cli *cli, struct bd_err *err)
{
    auto_swf log = {0};
    int r = read_log(cli, &log, err);
    if (r < 0)
        return r;
    struct swf copy = log;
    copy.jobs = bd_xcalloc(log.n + 1, sizeof(*copy.jobs));
    if (log.n)
        memcpy(copy.jobs, log.jobs, log.n * sizeof(*log.jobs));
    double load = cleaned_load(&copy);
    free(copy.jobs);
    if (cli->json)
        print_json(description_json(&log, load));
    else
        print_description(cli, &log, load);
    note_faults(cli, &log);
    return CLI_OK;
}

/* -- cleaning and scaling -- */

static void clean(const struct cli *cli, struct swf *log, struct swf_cleaning *ret_cleaning)
{
    int64_t gap_ns = args_duration_ns(args_get(&cli->args, "flurry-gap"));
    const struct swf_flurries flurries = {
        .jobs = (size_t)args_i64(args_get(&cli->args, "flurry-jobs"), 0),
        .gap_s = gap_ns ? (double)gap_ns / BD_NS_PER_S : FLURRY_GAP_S,
    };
    swf_clean(log, &flurries, ret_cleaning);
    for (unsigned i = 0; i < SWF_RULE_COUNT; i++)
        if (ret_cleaning->by_rule[i])
            cli_note(cli, MARK_INFO, "%zu jobs %s", ret_cleaning->by_rule[i],
                     swf_rule_text((enum swf_rule)i));
    cli_note(cli, MARK_OK, "%s: %zu of %zu jobs are left", file_of(cli), ret_cleaning->after,
             ret_cleaning->before);
}

static json_t *cleaning_json(const struct swf_cleaning *c)
{
    json_t *rules = json_object();
    for (unsigned i = 0; i < SWF_RULE_COUNT; i++)
        json_object_set_new(rules, swf_rule_name((enum swf_rule)i),
                            json_integer((json_int_t)c->by_rule[i]));
    return json_pack("{s:I, s:I, s:o}", "before", (json_int_t)c->before, "after",
                     (json_int_t)c->after, "rules", rules);
}

static int write_piece(int fd, struct bd_str *text, struct bd_err *err)
{
    int r = interrupt_check(err);
    if (r == 0 && text->len)
        r = bd_write_all(fd, text->data, text->len);
    bd_str_clear(text);
    return r < 0 && r != BD_ECANCELLED ? bd_err_errno(err, -r, "write the log") : r;
}

static int write_log(int fd, const struct swf *log, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    int r = 0;
    swf_write_header(&log->header, &text);
    for (size_t i = 0; i < log->n && r == 0; i++) {
        swf_write_job(&log->jobs[i], &text);
        if (text.len > 65536)
            r = write_piece(fd, &text, err);
    }
    return r < 0 ? r : write_piece(fd, &text, err);
}

/* To stdout, or whole into a file. */
static int put_log(const struct cli *cli, const struct swf *log, struct bd_err *err)
{
    const char *file = args_get(&cli->args, "output");
    if (!file)
        return cli->json ? 0 : write_log(STDOUT_FILENO, log, err);
    bd_auto_free char *part = bd_xasprintf("%s.part", file);
    bd_auto_fd int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return bd_err_errno(err, errno, "create %s", part);
    int r = write_log(fd, log, err);
    if (r == 0 && (fsync(fd) < 0 || rename(part, file) < 0))
        r = bd_err_errno(err, errno, "finish %s", file);
    if (r < 0)
        (void)unlink(part);
    return r;
}

static int finish(const struct cli *cli, struct swf *log, const struct swf_cleaning *cleaning,
                  struct bd_err *err)
{
    double load = swf_load(log);
    swf_say_counts(log);
    int r = put_log(cli, log, err);
    if (r < 0)
        return r;
    if (cli->json) {
        json_t *json = description_json(log, load);
        json_object_set_new(json, "cleaning", cleaning_json(cleaning));
        print_json(json);
    }
    note_faults(cli, log);
    return CLI_OK;
}

int cmd_swf_clean(struct cli *cli, struct bd_err *err)
{
    auto_swf log = {0};
    struct swf_cleaning cleaning;
    int r = read_log(cli, &log, err);
    if (r < 0)
        return r;
    clean(cli, &log, &cleaning);
    return finish(cli, &log, &cleaning, err);
}

static double number_of(const struct cli *cli, const char *option, double fallback)
{
    const char *text = args_get(&cli->args, option);
    return text ? strtod(text, NULL) : fallback;
}

static struct swf_shape shape_of(const struct cli *cli)
{
    double from = (double)args_duration_ns(args_get(&cli->args, "from")) / BD_NS_PER_S;
    double to = (double)args_duration_ns(args_get(&cli->args, "to")) / BD_NS_PER_S;
    return (struct swf_shape){
        .from_s = from,
        .to_s = to > 0 || from <= 0 ? to : INFINITY,
        .jobs = (size_t)args_i64(args_get(&cli->args, "jobs"), 0),
        .time = number_of(cli, "time", 1),
        .load = 1,
        .nodes = (double)args_i64(args_get(&cli->args, "nodes"), 0),
    };
}

/* What the log offers, cut and with its new sizes, is known only then; gaps follow in a second
 * step. */
static int set_load(struct swf *log, double load, struct bd_err *err)
{
    double now = swf_load(log);
    if (!(now > 0))
        return bd_err_set(err, BD_EINVALID,
                          "--load: jobs that all come at once have no load to be changed");
    const struct swf_shape shape = {.time = 1, .load = load / now};
    return swf_shape(log, &shape, err);
}

int cmd_swf_scale(struct cli *cli, struct bd_err *err)
{
    auto_swf log = {0};
    struct swf_cleaning cleaning;
    struct swf_shape shape = shape_of(cli);
    const char *load = args_get(&cli->args, "load");
    int r = read_log(cli, &log, err);
    if (r < 0)
        return r;
    clean(cli, &log, &cleaning);
    r = swf_shape(&log, &shape, err);
    if (r == 0 && load)
        r = set_load(&log, strtod(load, NULL), err);
    if (r < 0)
        return bd_err_wrap(err, "%s", file_of(cli));
    cli_note(cli, MARK_OK, "%zu jobs within %.6g s, offered load %.3g", log.n, span_of(&log),
             swf_load(&log));
    return finish(cli, &log, &cleaning, err);
}
