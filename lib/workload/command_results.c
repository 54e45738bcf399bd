/* What a command's output says: metrics, and checks of it. */
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/workload/command.h"
#include "lib/workload/command_check.h"
#include "lib/workload/output.h"
#include "lib/workload/rundir.h"
#include "lib/workload/values.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define GOT_BYTES 80 /* of a value that a check found, in what is told */

/* -------------------------------------------------------------------------------------- sources */

/* What is looked at under one name: a stream, or the file of this name of each node that has it. */
struct source {
    const char *name;
    struct bd_str *texts;
    size_t n;
};

/* All that were asked for. */
struct sources {
    int dir_fd;
    const json_t *record, *files; /* files: {NAME: [FILE]}, NULL: there are none */
    struct source *items;
    size_t n;
};

static void sources_done(struct sources *s)
{
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < s->items[i].n; k++)
            bd_str_done(&s->items[i].texts[k]);
        free(s->items[i].texts);
    }
    free(s->items);
}

static int read_stream(const struct sources *s, struct source *source, struct bd_err *err)
{
    json_int_t kept = bd_json_int(json_object_get(s->record, source->name), "kept", -1);
    source->texts = bd_xcalloc(1, sizeof(*source->texts));
    source->n = 1;
    if (kept < 0 || (uint64_t)kept > OUTPUT_BYTES_MAX)
        return bd_err_set(err, BD_ECORRUPT,
                          COMMAND_RECORD " in the run's directory is not what was written");
    return rundir_read_head(s->dir_fd, source->name, (size_t)kept, source->texts, err);
}

static int read_files(const struct sources *s, struct source *source, struct bd_err *err)
{
    const json_t *files = json_object_get(s->files, source->name), *file;
    size_t i, bytes = 0;
    source->texts = bd_xcalloc(json_array_size(files) + 1, sizeof(*source->texts));
    json_array_foreach (files, i, file) {
        const char *name = json_string_value(file);
        int rc = rundir_read(s->dir_fd, name ? name : "", OUTPUT_BYTES_MAX, &source->texts[i], err);
        if (rc < 0)
            return rc;
        source->n++;
        bytes += source->texts[i].len;
        if (bytes > OUTPUT_BYTES_MAX)
            return bd_err_set(err, BD_EWORKLOAD,
                              "the files %s of all nodes have more than %llu bytes, which are too "
                              "many to look for values in: have the command write less",
                              source->name, (unsigned long long)OUTPUT_BYTES_MAX);
    }
    return 0;
}

/* The source is borrowed until the next one is asked for. */
static int source_get(struct sources *s, const char *name, const struct source **ret_source,
                      struct bd_err *err)
{
    bool is_stream = bd_str_eq(name, FROM_STDOUT) || bd_str_eq(name, FROM_STDERR);
    size_t i = 0;
    while (i < s->n && !bd_str_eq(s->items[i].name, name))
        i++;
    if (i == s->n) {
        s->items = bd_xrealloc(s->items, (s->n + 1) * sizeof(*s->items));
        s->items[s->n++] = (struct source){.name = name};
        int rc = is_stream ? read_stream(s, &s->items[i], err) : read_files(s, &s->items[i], err);
        if (rc < 0)
            return rc;
    }
    *ret_source = &s->items[i];
    return 0;
}

/* Where one looks for a value. */
struct place {
    const char *regex, *path; /* one of them */
    const struct source *source;
};

static int place_of(struct sources *s, const json_t *object, struct place *ret_place,
                    struct bd_err *err)
{
    *ret_place = (struct place){
        .regex = bd_json_str(object, "regex", NULL),
        .path = bd_json_str(object, "jsonPath", "$"),
    };
    return source_get(s, bd_json_str(object, "from", FROM_STDOUT), &ret_place->source, err);
}

static int place_each(const struct place *p, pattern_found_fn fn, void *arg, struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->source->n; i++) {
        const struct bd_str *text = &p->source->texts[i];
        rc = p->regex ? pattern_each_regex(p->regex, bd_str_text(text), text->len, fn, arg, err)
                      : pattern_each_path(p->path, bd_str_text(text), text->len, fn, arg, err);
    }
    return rc;
}

/* A failure with the last lines of what was looked at; of a file that is nowhere, of stdout. */
static int tell_last_lines(struct sources *s, const struct place *p, const char *what,
                           const char *name, const struct bd_err *why, struct bd_err *err)
{
    bd_auto_str struct bd_str words = {0};
    const char *from = p->source->name;
    bool is_nowhere = p->source->n == 0;
    const struct source *told = p->source;
    if (is_nowhere && source_get(s, FROM_STDOUT, &told, NULL) < 0)
        return bd_err_set(err, BD_EWORKLOAD, "%s %s: the command left no file %s", what, name,
                          from);
    const struct bd_str *text = &told->texts[told->n - 1];
    output_lines_of(bd_str_text(text), text->len, &words);
    if (is_nowhere)
        return bd_err_set(err, BD_EWORKLOAD,
                          "%s %s: the command left no file %s on any of its nodes; %s%s", what,
                          name, from, words.len ? "its last lines on stdout: " : "stdout is empty",
                          bd_str_text(&words));
    return bd_err_set(err, BD_EWORKLOAD, "%s %s: %s '%.200s' %s in %s; %s%s", what, name,
                      p->regex ? "regex" : "jsonPath", p->regex ? p->regex : p->path, why->text,
                      from, words.len ? "its last lines: " : "it is empty", bd_str_text(&words));
}

/* -------------------------------------------------------------------------------------- metrics */

static json_t *metric_value(double value, const char *unit, const char *kind, size_t n)
{
    return json_pack("{s:f, s:s, s:s, s:I}", "value", value, "unit", unit, "kind", kind, "n",
                     (json_int_t)n);
}

static int add_metric(struct sources *s, const char *name, const json_t *metric, json_t *metrics,
                      struct bd_err *err)
{
    struct values values = {0};
    struct values_middle middle = {0};
    struct bd_err why = BD_ERR_INIT;
    struct place place;
    int rc = place_of(s, metric, &place, err);
    if (rc < 0)
        return rc;
    rc = place_each(&place, values_take, &values, &why);
    if (rc == 0)
        rc = values_found(&values, &middle, &why);
    values_done(&values);
    if (rc < 0)
        return tell_last_lines(s, &place, "metric", name, &why, err);
    json_object_set_new(metrics, name,
                        metric_value(middle.value, bd_json_str(metric, "unit", ""),
                                     bd_json_str(metric, "kind", ""), middle.n));
    return 0;
}

static int add_metrics(struct sources *s, const json_t *spec, json_t *metrics, struct bd_err *err)
{
    const char *name;
    json_t *metric;
    json_object_foreach (json_object_get(spec, "metrics"), name, metric) {
        int rc = add_metric(s, name, metric, metrics, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* --------------------------------------------------------------------------------------- checks */

struct checking {
    const json_t *check;
    size_t n, wrong;
    char *got; /* the first that is wrong */
};

static int note_match(const char *text BD_UNUSED, size_t bytes BD_UNUSED, void *arg,
                      struct bd_err *err BD_UNUSED)
{
    *(bool *)arg = true;
    return 0;
}

static bool equals(const json_t *wanted, const char *text, size_t bytes)
{
    double value = 0;
    if (json_is_string(wanted))
        return json_string_length(wanted) == bytes &&
               memcmp(json_string_value(wanted), text, bytes) == 0;
    return values_read(text, bytes, &value) && !islessgreater(value, json_number_value(wanted));
}

static bool holds(const json_t *check, const char *text, size_t bytes)
{
    const json_t *wanted = json_object_get(check, "equals");
    const json_t *least = json_object_get(check, "atLeast");
    const json_t *most = json_object_get(check, "atMost");
    const char *regex = bd_json_str(check, "matches", NULL);
    bool matches = false;
    double value = 0;
    if (regex)
        pattern_each_regex(regex, text, bytes, note_match, &matches, NULL);
    bool is_number = values_read(text, bytes, &value);
    return (!wanted || equals(wanted, text, bytes)) && (!regex || matches) &&
           (!least || (is_number && value >= json_number_value(least))) &&
           (!most || (is_number && value <= json_number_value(most)));
}

static int on_value(const char *text, size_t bytes, void *arg, struct bd_err *err BD_UNUSED)
{
    struct checking *c = arg;
    c->n++;
    if (holds(c->check, text, bytes))
        return 0;
    if (c->wrong++ == 0) {
        bd_auto_free char *some = bd_xstrndup(text, bytes < GOT_BYTES ? bytes : GOT_BYTES);
        bd_auto_str struct bd_str shown = {0};
        bd_text_visible(&shown, some);
        c->got = bd_str_take(&shown);
    }
    return 0;
}

/* "at least 0.9 and at most 1.1" */
static void expected(const json_t *check, struct bd_str *out)
{
    static const struct {
        const char *member, *words;
    } rows[] = {{"equals", ""},
                {"matches", "a match of "},
                {"atLeast", "at least "},
                {"atMost", "at most "}};
    for (size_t i = 0; i < BD_ARRAY_LEN(rows); i++) {
        char number[BD_NUMBER_BYTES];
        const json_t *wanted = json_object_get(check, rows[i].member);
        if (!wanted)
            continue;
        bd_str_addf(out, "%s%s%s", out->len ? " and " : "", rows[i].words,
                    json_is_string(wanted) ? json_string_value(wanted)
                                           : bd_text_real(json_number_value(wanted), 15, number));
    }
}

static int add_check(struct sources *s, const json_t *check, json_t *list, struct bd_err *err)
{
    struct checking c = {.check = check};
    struct bd_err why = BD_ERR_INIT;
    struct place place;
    bd_auto_str struct bd_str wanted = {0};
    const char *name = bd_json_str(check, "name", "");
    int rc = place_of(s, check, &place, err);
    if (rc < 0)
        return rc;
    rc = place_each(&place, on_value, &c, &why);
    bd_auto_free char *got = c.got;
    if (rc == 0 && c.n == 0)
        rc = bd_err_set(&why, BD_ENOTFOUND, "finds nothing");
    if (rc < 0)
        return tell_last_lines(s, &place, "check", name, &why, err);
    expected(check, &wanted);
    json_array_append_new(
        list, json_pack("{s:s, s:b, s:I, s:I, s:s?, s:s, s:s}", "name", name, "holds", c.wrong == 0,
                        "n", (json_int_t)c.n, "wrong", (json_int_t)c.wrong, "got", got, "expected",
                        bd_str_text(&wanted), "says", bd_json_str(check, "says", "")));
    return 0;
}

static int add_checks(struct sources *s, const json_t *spec, json_t *conditions, struct bd_err *err)
{
    const json_t *checks = json_object_get(spec, "checks"), *check;
    json_t *list = json_array();
    size_t i;
    json_object_set_new(conditions, "checks", list);
    json_array_foreach (checks, i, check) {
        int rc = add_check(s, check, list, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ------------------------------------------------------------------------------------------ all */

/* Of a command without outputs there is no such file. */
static int read_outputs(int dir_fd, json_t **ret_files, struct bd_err *err)
{
    struct bd_err why = BD_ERR_INIT;
    int rc = rundir_read_json(dir_fd, COMMAND_OUTPUTS, ret_files, &why);
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        bd_err_copy(err, &why);
    return rc;
}

int command_results(const json_t *spec, int dir_fd, struct workload_result *ret_result,
                    struct bd_err *err)
{
    bd_auto_json json_t *record = NULL, *files = NULL, *conditions = NULL;
    int rc = rundir_read_json(dir_fd, COMMAND_RECORD, &record, err);
    if (rc == 0)
        rc = read_outputs(dir_fd, &files, err);
    if (rc < 0)
        return rc;
    json_int_t elapsed_ns = bd_json_int(record, "elapsedNs", -1);
    if (elapsed_ns < 0)
        return bd_err_set(err, BD_ECORRUPT,
                          COMMAND_RECORD " in the run's directory is not what was written");

    struct sources sources = {.dir_fd = dir_fd, .record = record, .files = files};
    bd_auto_json json_t *metrics = json_object();
    json_object_set_new(metrics, "elapsed",
                        metric_value((double)elapsed_ns / (double)BD_NS_PER_S, "s", "cost", 1));
    rc = add_metrics(&sources, spec, metrics, err);
    if (rc == 0 && json_array_size(json_object_get(spec, "checks"))) {
        conditions = json_object();
        rc = add_checks(&sources, spec, conditions, err);
    }
    sources_done(&sources);
    if (rc == 0)
        *ret_result = (struct workload_result){.metrics = bd_take(metrics),
                                               .conditions = bd_take(conditions)};
    return rc;
}
