/* The definition that is made. */
#include "lib/import/import_priv.h"

#include "lib/workload/pattern.h"

#include <ctype.h>
#include <string.h>

#define NAME_BYTES_MAX  40
#define TITLE_BYTES_MAX 200
#define UNIT_BYTES_MAX  32
#define SCRIPT          "run.sh"

void imported_done(struct imported *i)
{
    json_decref(i->definition);
    json_decref(i->notes);
    *i = (struct imported){0};
}

void import_note(struct import *im, unsigned line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    json_t *text = json_vsprintf(fmt, args);
    va_end(args);
    json_array_append_new(im->notes, json_pack("{s:I, s:o}", "line", (json_int_t)line, "text",
                                               text ? text : json_string("text that is no UTF-8")));
}

/* ---------------------------------------------------------------------------------------- names */

/* Letters and digits, all else as one of these between them. */
static char *slug(const char *text, char between, size_t max)
{
    struct bd_str out = {0};
    for (; *text && out.len < max; text++) {
        char c = (char)tolower((unsigned char)*text);
        if (isalnum((unsigned char)c) && (unsigned char)c < 0x80)
            bd_str_addn(&out, &c, 1);
        else if (out.len && out.data[out.len - 1] != between)
            bd_str_addn(&out, &between, 1);
    }
    while (out.len && out.data[out.len - 1] == between)
        out.data[--out.len] = '\0';
    if (out.len == 0)
        bd_str_add(&out, "unnamed");
    return bd_str_take(&out);
}

/* As metrics and checks are called: it begins with a letter. */
static char *slug_of_metric(const char *text)
{
    bd_auto_free char *name = slug(text, '_', 60);
    return bd_xasprintf("%s%s", isdigit((unsigned char)*name) ? "m_" : "", name);
}

/* Cut to whole characters. */
static json_t *cut(const char *text, size_t max)
{
    size_t n = 0, step;
    while ((step = bd_utf8_char(text + n, strlen(text + n))) && n + step <= max)
        n += step;
    return json_stringn(text, n);
}

/* Without line ends and blanks around it. */
static char *one_line(const char *text)
{
    text += strspn(text, " \t\r\n");
    size_t n = strcspn(text, "\r\n");
    while (n && strchr(" \t", text[n - 1]))
        n--;
    return bd_xstrndup(text, n);
}

/* A docstring's lines without the blanks that they have in common with the source. */
static char *dedented(const char *text)
{
    struct bd_str out = {0};
    for (text += strspn(text, " \t\r\n"); *text; text += *text == '\n') {
        size_t n = strcspn(text, "\n"), end = n;
        while (end && strchr(" \t\r", text[end - 1]))
            end--;
        bd_str_addn(&out, text, end);
        bd_str_add(&out, "\n");
        text += n;
        if (*text)
            text += 1 + strspn(text + 1, " \t") - 1;
    }
    while (out.len > 1 && out.data[out.len - 2] == '\n')
        out.data[--out.len] = '\0';
    return bd_str_take(&out);
}

void import_name(struct import *im, const char *name, const char *title, const char *description)
{
    static const char *const taken[] = {"command", "jobstream", "swf"};
    bd_auto_free char *word = slug(name, '-', NAME_BYTES_MAX);
    bd_auto_free char *line = one_line(title ? title : description ? description : name);
    bd_auto_free char *more = description ? dedented(description) : NULL;
    bool is_taken = false;
    for (size_t i = 0; i < BD_ARRAY_LEN(taken); i++)
        is_taken |= bd_str_eq(word, taken[i]);
    json_object_set_new(im->definition, "apiVersion", json_string("benchd/v1"));
    json_object_set_new(im->definition, "name", json_sprintf("%s%s", is_taken ? "a-" : "", word));
    json_object_set_new(im->definition, "title", cut(*line ? line : name, TITLE_BYTES_MAX));
    if (more && *more && strcmp(more, "\n") != 0)
        json_object_set_new(im->definition, "description", cut(more, 4000));
}

const char *import_own_file(const char *path)
{
    static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    while (bd_starts_with(path, "./"))
        path += 2;
    size_t n = strlen(path);
    bool fits = n > 0 && n <= 100 && strspn(path, chars) == n && !strchr(".-", *path);
    return fits ? path : NULL;
}

/* ---------------------------------------------------------------------------------------- kinds */

/* By what a unit is, without regard to case where that makes no other unit of it. */
const char *import_kind_of_unit(const char *unit)
{
    static const char *const times[] = {"s",        "sec",          "secs",         "seconds",
                                        "second",   "ms",           "us",           "usec",
                                        "ns",       "min",          "minutes",      "h",
                                        "hours",    "hour",         "msec",         "nsec",
                                        "days",     "microseconds", "milliseconds", "nanoseconds",
                                        "hours/ns", "hour/ns",      "\xc2\xb5s",    "\xce\xbcs"};
    static const char *const times_per[] = {"s/", "ms/", "us/", "ns/", "seconds/"};
    static const char *const per_time[] = {"/s",   "/sec",  "/second", "/min",   "/hour", "/h",
                                           "/day", "flops", "bps",     "flop/s", "ips"};
    for (size_t i = 0; i < BD_ARRAY_LEN(times); i++)
        if (strcasecmp(unit, times[i]) == 0 && strcmp(unit, "S") != 0 && strcmp(unit, "H") != 0)
            return "cost";
    for (size_t i = 0; i < BD_ARRAY_LEN(per_time); i++) {
        size_t n = strlen(per_time[i]), of = strlen(unit);
        if (of > n && strcasecmp(unit + of - n, per_time[i]) == 0)
            return "rate";
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(times_per); i++) /* "s/step", "us/call" */
        if (bd_starts_with(unit, times_per[i]))
            return "cost";
    return NULL;
}

/* A unit has no blanks here. */
static char *tidy_unit(const char *unit)
{
    bd_auto_str struct bd_str out = {0};
    for (; *unit && out.len < UNIT_BYTES_MAX; unit++)
        if (*unit > ' ' && *unit <= '~')
            bd_str_addn(&out, unit, 1);
    return bd_xstrdup(bd_str_text(&out));
}

/* --------------------------------------------------------------------------- metrics and checks */

static json_t *member(struct import *im, const char *name, json_t *empty)
{
    json_t *there = json_object_get(im->definition, name);
    if (there) {
        json_decref(empty);
        return there;
    }
    json_object_set_new(im->definition, name, empty);
    return empty;
}

static void note_output(struct import *im, const char *from)
{
    bool is_stream = bd_str_eq(from, "stdout") || bd_str_eq(from, "stderr");
    json_t *outputs = is_stream ? NULL : member(im, "outputs", json_array());
    if (outputs && !bd_json_has_text(outputs, from))
        json_array_append_new(outputs, json_string(from));
}

/* {regex, from} of it; NULL with a note. */
static json_t *place_of(struct import *im, const struct import_pattern *p, const char *what)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_str struct bd_str regex = {0};
    if (!p->from) {
        import_note(im, p->line, "%s %s is left out: it is looked for in a file that is not known",
                    what, p->name);
        return NULL;
    }
    if (regex_of_python(p->regex, &p->wanted, &regex, &err) < 0 ||
        pattern_check_regex(bd_str_text(&regex), &err) < 0) {
        import_note(im, p->line, "%s %s is left out: of '%s': %s", what, p->name, p->regex,
                    err.text);
        return NULL;
    }
    json_t *place = json_pack("{s:s}", "regex", bd_str_text(&regex));
    if (!bd_str_eq(p->from, "stdout"))
        json_object_set_new(place, "from", json_string(p->from));
    return place;
}

void import_metric(struct import *im, const struct import_pattern *p, const char *unit)
{
    bd_auto_free char *name = slug_of_metric(p->name), *tidy = tidy_unit(unit ? unit : "");
    const char *said = bd_json_str(im->options->kinds, name, NULL);
    const char *kind = said ? said : import_kind_of_unit(unit ? unit : "");
    json_t *metrics = member(im, "metrics", json_object());
    if (bd_str_eq(kind, "none"))
        return;
    if (json_object_get(metrics, name)) {
        import_note(im, p->line, "metric %s is left out: there is one of this name already", name);
        return;
    }
    json_t *metric = place_of(im, p, "metric");
    if (!metric)
        return;
    json_object_set_new(metric, "title", cut(p->name, TITLE_BYTES_MAX));
    json_object_set_new(metric, "unit", json_string(*tidy ? tidy : "1"));
    json_object_set_new(metric, "kind", json_string(kind ? kind : ""));
    json_object_set_new(metrics, name, metric);
    if (!kind)
        json_array_append_new(im->unsure, json_sprintf("%s (unit '%s')", name, *tidy ? tidy : ""));
    note_output(im, p->from);
}

void import_check(struct import *im, const struct import_pattern *p,
                  const struct import_criteria *criteria)
{
    json_t *checks = member(im, "checks", json_array());
    bd_auto_free char *name = slug_of_metric(p->name);
    json_t *check = place_of(im, p, "check");
    bool is_plain = !criteria->equals && !criteria->at_least && !criteria->at_most;
    if (!check)
        return;
    json_object_set_new(check, "name", json_sprintf("%s_%zu", name, json_array_size(checks) + 1));
    json_object_set_new(check, "says", cut(criteria->says, 300));
    if (criteria->equals)
        json_object_set(check, "equals", criteria->equals);
    if (criteria->at_least)
        json_object_set(check, "atLeast", criteria->at_least);
    if (criteria->at_most)
        json_object_set(check, "atMost", criteria->at_most);
    if (is_plain) /* that it is found is all that is asked */
        json_object_set_new(check, "matches", json_string(".*"));
    json_array_append_new(checks, check);
    note_output(im, p->from);
}

/* -------------------------------------------------------------------------------------- command */

void import_parameter(struct import *im, const char *name, json_t *schema)
{
    json_object_set_new(member(im, "parameters", json_object()), name, schema);
}

json_t *import_plain_word(const char *word)
{
    bd_auto_str struct bd_str out = {0};
    for (; *word; word++) {
        if (bd_starts_with(word, "${"))
            bd_str_add(&out, "$");
        bd_str_addn(&out, word, 1);
    }
    return json_string(bd_str_text(&out));
}

void import_program(struct import *im, const char *program, bool mpi)
{
    json_t *needs = member(im, "needs", json_object());
    bool is_own = !strpbrk(program, "${}") && !bd_starts_with(program, "./");
    if (is_own)
        json_object_set_new(needs, "programs", json_pack("[s]", program));
    if (mpi)
        json_object_set_new(needs, "mpi", json_true());
    if (json_object_size(needs) == 0)
        json_object_del(im->definition, "needs");
}

static json_t *only_one(void)
{
    return json_pack("{s:s, s:i, s:i, s:i}", "type", "integer", "minimum", 1, "maximum", 1,
                     "default", 1);
}

void import_script(struct import *im, const char *content)
{
    json_object_set_new(im->definition, "command", json_pack("[s, s]", "bash", SCRIPT));
    json_object_set_new(im->definition, "files",
                        json_pack("[{s:s, s:s}]", "path", SCRIPT, "content", content));
    import_parameter(im, "nodes", only_one());
    import_parameter(im, "tasksPerNode", only_one());
}

int import_finish(struct import *im, struct bd_err *err)
{
    static const char *const lists[] = {"metrics", "checks", "outputs"};
    bd_auto_str struct bd_str names = {0};
    const json_t *item;
    size_t i;
    json_array_foreach (im->unsure, i, item)
        bd_str_addf(&names, "%s%s", i ? ", " : "", json_string_value(item));
    if (names.len)
        return bd_err_set(err, BD_EINVALID,
                          "whether more is better can't be told from the unit of: %s; say --kind "
                          "NAME=cost, NAME=rate or NAME=ratio for each (NAME=none leaves it out)",
                          bd_str_text(&names));
    for (i = 0; i < BD_ARRAY_LEN(lists); i++) {
        const json_t *list = json_object_get(im->definition, lists[i]);
        if (json_is_array(list) ? json_array_size(list) == 0 : json_object_size(list) == 0)
            json_object_del(im->definition, lists[i]);
    }
    if (!json_object_get(im->definition, "metrics"))
        import_note(im, 0, "nothing is measured but how long it takes (elapsed)");
    return 0;
}

/* ------------------------------------------------------------------------------------------ all */

/* A class whose base is one of Ramble's makes it an application. */
static const char *told_by(const struct python *source)
{
    for (const struct python_node *n = source->body; n; n = n->next) {
        const char *base = n->kind == PY_CLASS ? python_last_word(n->first) : NULL;
        if (base && (bd_ends_with(base, "Application") || bd_ends_with(base, "ApplicationBase")))
            return "ramble";
    }
    return "reframe";
}

int import_python(const char *text, size_t bytes, const struct import_options *options,
                  struct imported *ret, struct bd_err *err)
{
    python_auto source = {0};
    bd_auto_json json_t *unsure = json_array(), *definition = json_object(), *notes = json_array();
    struct import im = {options, definition, notes, unsure};
    int rc = python_parse(text, bytes, &source, err);
    if (rc < 0)
        return rc;
    const char *from = options->from ? options->from : told_by(&source);
    rc = bd_str_eq(from, "ramble") ? import_ramble(&im, &source, err)
         : bd_str_eq(from, "reframe")
             ? import_reframe(&im, &source, err)
             : bd_err_set(err, BD_EINVALID, "'%s' is neither reframe nor ramble", from);
    if (rc == 0)
        rc = import_finish(&im, err);
    if (rc == 0)
        *ret = (struct imported){bd_take(definition), bd_take(notes)};
    return rc;
}
