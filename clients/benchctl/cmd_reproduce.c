/* benchctl campaign reproduce: the same experiment again, and whether it finds the same. */
#include "api.h"
#include "campaign.h"
#include "commands.h"
#include "differences_print.h"
#include "image.h"
#include "show.h"
#include "text.h"
#include "watch.h"

#include "lib/crate/check.h"
#include "lib/crate/read.h"
#include "lib/report/differences.h"
#include "lib/report/reproduction.h"

#include <stdio.h>
#include <string.h>

/* -- the original -- */

struct original {
    char *name; /* as in messages: the campaign's id, or the crate's file */
    json_t *spec, *analysis;
    json_t *host; /* its description; NULL: not known */
};

static void original_done(struct original *o)
{
    free(o->name);
    json_decref(o->spec);
    json_decref(o->analysis);
    json_decref(o->host);
}
#define original_auto __attribute__((cleanup(original_done)))

static int get(struct cli *cli, char *path, json_t **ret, struct bd_err *err)
{
    bd_auto_free char *owned = path;
    http_auto_reply struct http_reply reply = {0};
    return api_get(cli, owned, &reply, ret, err);
}

/* The same; *ret stays as it is where there is no such thing. */
static int get_if_there(struct cli *cli, char *path, json_t **ret, struct bd_err *err)
{
    int r = get(cli, path, ret, err);
    if (r != BD_ENOTFOUND)
        return r;
    bd_err_clear(err);
    bd_str_clear(&cli->faults);
    return 0;
}

/* The digest of the host that most runs name, of as many the first; NULL: none does. Borrowed from
 * them. */
static const char *usual_host(struct cli *cli, const char *name, const json_t *runs)
{
    bd_auto_json json_t *counts = json_object();
    const json_t *run;
    const char *usual = NULL;
    json_int_t most = 0;
    size_t i;
    json_array_foreach (runs, i, run) {
        const char *host = bd_json_str(json_object_get(run, "conditions"), "host", NULL);
        json_int_t n = host ? bd_json_int(counts, host, 0) + 1 : 0;
        if (host)
            json_object_set_new(counts, host, json_integer(n));
        if (n > most) {
            most = n;
            usual = host;
        }
    }
    if (json_object_size(counts) > 1)
        cli_note(cli, MARK_INFO,
                 "%s: its host was not the same in all runs; what it was in most is compared",
                 name);
    return usual;
}

static int get_host(struct cli *cli, struct original *o, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("/v1/campaigns/%s/runs", o->name);
    bd_auto_json json_t *runs = NULL;
    int r = api_list(cli, path, &runs, err);
    if (r < 0)
        return r;
    const char *digest = usual_host(cli, o->name, json_object_get(runs, "items"));
    return digest ? get_if_there(cli, bd_xasprintf("/v1/hosts/local/descriptions/%s", digest),
                                 &o->host, err)
                  : 0;
}

/* Before its end nobody knows what it will have found. */
static int check_ended(const json_t *campaign, const char *id, struct bd_err *err)
{
    if (campaign_is_at_end(campaign))
        return 0;
    return bd_err_set(err, BD_ECONFLICT,
                      "campaign %s is %s: it is reproduced once it is at its end", id,
                      bd_json_str(campaign, "state", "?"));
}

static int take_campaign(struct cli *cli, const char *ref, struct original *o, struct bd_err *err)
{
    bd_auto_json json_t *campaign = NULL;
    int r = api_find(cli, API_CAMPAIGN, ref, &o->name, err);
    if (r == 0)
        r = get(cli, bd_xasprintf("/v1/campaigns/%s", o->name), &campaign, err);
    if (r == 0)
        r = check_ended(campaign, o->name, err);
    if (r == 0)
        r = get(cli, bd_xasprintf("/v1/campaigns/%s/analysis", o->name), &o->analysis, err);
    if (r == 0)
        r = get_host(cli, o, err);
    if (r == 0)
        o->spec = json_deep_copy(json_object_get(campaign, "spec"));
    return r;
}

/* What was altered is not worth reproducing. */
static int check_crate(struct cli *cli, const char *file, struct bd_err *err)
{
    struct crate_verdict verdict = {0};
    int r = crate_check(file, NULL, &verdict, err);
    if (r < 0) {
        bd_auto_free char *why = bd_xstrdup(err->text);
        r = bd_err_set(err, BD_EINVALID, "can't read %s: %s", file, why);
    }
    for (size_t i = 0; r == 0 && i < verdict.faults.n; i++) {
        const struct crate_fault *f = &verdict.faults.items[i];
        bd_str_add(&cli->faults, "  ");
        text_escape(&cli->faults, f->name ? f->name : "the whole");
        bd_str_add(&cli->faults, ": ");
        text_escape(&cli->faults, f->text);
        bd_str_add(&cli->faults, "\n");
    }
    if (r == 0 && verdict.faults.n)
        r = bd_err_set(err, BD_EINVALID,
                       "%s is not what was signed: 'benchctl verify' tells what is wrong", file);
    crate_verdict_done(&verdict);
    return r;
}

/* One without runs, or without that description, does not tell. */
static int read_host(struct cli *cli, const char *file, struct original *o, struct bd_err *err)
{
    static const char prefix[] = "sha256:";
    bd_auto_json json_t *runs = NULL;
    int r = crate_read_json(file, "runs.json", &runs, err);
    const char *digest = r == 0 ? usual_host(cli, o->name, json_object_get(runs, "items")) : NULL;
    if (digest && bd_starts_with(digest, prefix)) {
        bd_auto_free char *name = bd_xasprintf("hosts/%s.json", digest + strlen(prefix));
        r = crate_read_json(file, name, &o->host, err);
    }
    if (r == BD_ENOTFOUND) {
        bd_err_clear(err);
        r = 0;
    }
    return r;
}

static int take_crate(struct cli *cli, const char *file, struct original *o, struct bd_err *err)
{
    o->name = bd_xstrdup(file);
    int r = check_crate(cli, file, err);
    if (r == 0)
        r = crate_read_json(file, "spec.json", &o->spec, err);
    if (r == 0)
        r = crate_read_json(file, "analysis.json", &o->analysis, err);
    if (r == 0)
        r = read_host(cli, file, o, err);
    return r;
}

static bool is_file(const char *word)
{
    return strchr(word, '/') || bd_ends_with(word, ".zip");
}

/* -- its images -- */

/* *ret: the daemon has a ready image of this digest. */
static int has_image(struct cli *cli, const char *digest, bool *ret, struct bd_err *err)
{
    bd_auto_json json_t *image = NULL;
    int r = get_if_there(cli, bd_xasprintf("/v1/images/%s", digest), &image, err);
    *ret = r == 0 && bd_str_eq(bd_json_str(image, "state", ""), "ready");
    return r;
}

static int import_images(struct cli *cli, struct bd_err *err)
{
    const struct args *args = &cli->args;
    int r = 0;
    for (size_t i = 0; i < args->n && r == 0; i++) {
        bd_auto_json json_t *image = NULL;
        bd_auto_str struct bd_str text = {0};
        if (bd_str_eq(args->values[i].option->name, "image"))
            r = image_import(cli, args->values[i].text, &image, &text, err);
    }
    return r;
}

/* Of the same recipe; where another image comes of it, that is what will run, and it is said. */
static int rebuild(struct cli *cli, const char *name, const char *digest, json_t *pins,
                   json_t *differs, struct bd_err *err)
{
    const struct image_build build = {.recipe = name, .wait = true};
    bd_auto_json json_t *image = NULL;
    bd_auto_str struct bd_str text = {0};
    int r = image_build(cli, &build, &image, &text, err);
    if (r < 0)
        return r;
    if (r != CLI_OK)
        return bd_err_set(err, BD_EINVALID, "image %s could not be built again", name);
    const char *now = bd_json_str(image, "digest", "");
    if (bd_str_eq(now, digest))
        return 0;
    bd_auto_free char *path = bd_xasprintf("images.%s", name);
    json_array_append_new(
        differs, json_pack("{s:s, s:s, s:s}", "path", path, "before", digest, "after", now));
    json_object_set_new(pins, name, json_string(now));
    return 0;
}

static int bring_images(struct cli *cli, json_t *spec, json_t *differs, struct bd_err *err)
{
    json_t *pins = json_object_get(spec, "images"), *digest;
    bool may_rebuild = args_has(&cli->args, "rebuild");
    const char *name;
    void *next;
    int r = import_images(cli, err);
    json_object_foreach_safe (pins, next, name, digest) {
        bool is_there = true;
        if (r == 0)
            r = has_image(cli, json_string_value(digest), &is_there, err);
        if (r < 0 || is_there)
            continue;
        if (may_rebuild)
            r = rebuild(cli, name, json_string_value(digest), pins, differs, err);
        else
            r = bd_err_set(err, BD_ENOTFOUND,
                           "image %s (%s) is not here: give its file with --image, or --rebuild to "
                           "build it anew, which may give another one; nothing was run",
                           name, json_string_value(digest));
    }
    return r;
}

/* -- running it again -- */

static int submit(struct cli *cli, const struct original *o, char **ret_id, struct bd_err *err)
{
    bd_auto_json json_t *spec = json_deep_copy(o->spec), *campaign = NULL;
    http_auto_reply struct http_reply reply = {0};
    const char *of = bd_json_str(o->analysis, "campaign", NULL);
    if (!json_object_get(spec, "labels"))
        json_object_set_new(spec, "labels", json_object());
    if (of)
        json_object_set_new(json_object_get(spec, "labels"), "reproduces", json_string(of));
    int r = api_create(cli, "/v1/campaigns", spec, &reply, &campaign, err);
    if (r == 0)
        *ret_id = bd_xstrdup(bd_json_str(campaign, "id", ""));
    return r;
}

/* -- telling -- */

static void add_side(struct table *t, const json_t *side)
{
    const json_t *interval = json_object_get(side, "interval"),
                 *ratio = json_object_get(side, "ratio");
    char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES], c[TEXT_NUMBER_BYTES];
    if (!json_is_number(ratio))
        table_add(t, STYLE_PLAIN, NULL);
    else if (json_is_object(interval))
        table_addf(t, STYLE_PLAIN, "%s [%s, %s] %s", text_real(json_number_value(ratio), a),
                   text_real(bd_json_real(interval, "low", 0), b),
                   text_real(bd_json_real(interval, "high", 0), c),
                   bd_json_str(side, "result", "?"));
    else
        table_addf(t, STYLE_PLAIN, "%s %s", text_real(json_number_value(ratio), a),
                   bd_json_str(side, "result", "?"));
}

static enum term_style style_of(const char *answer)
{
    return bd_str_eq(answer, reproduction_to_str(REPRODUCED))       ? STYLE_GOOD
           : bd_str_eq(answer, reproduction_to_str(NOT_REPRODUCED)) ? STYLE_BAD
                                                                    : STYLE_WARN;
}

static void print_comparisons(const struct cli *cli, const json_t *list)
{
    static const struct table_column columns[] = {{"METRIC", false}, {"LEVEL", false},
                                                  {"WHERE", false},  {"RATIO THEN", false},
                                                  {"NOW", false},    {"ANSWER", false}};
    table_auto struct table table;
    const json_t *one;
    size_t i;
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    json_array_foreach (list, i, one) {
        bd_auto_str struct bd_str level = {0}, where = {0};
        const json_t *context = json_object_get(one, "context");
        api_add_value(&level, json_object_get(one, "level"));
        if (json_object_size(context) > 0)
            levels_text(context, &where);
        const char *answer = bd_json_str(one, "answer", "?");
        table_add(&table, STYLE_PLAIN, bd_json_str(one, "metric", "?"));
        table_add(&table, STYLE_PLAIN, bd_str_text(&level));
        table_add(&table, STYLE_PLAIN, where.len ? bd_str_text(&where) : NULL);
        add_side(&table, json_object_get(one, "original"));
        add_side(&table, json_object_get(one, "reproduction"));
        table_addf(&table, style_of(answer), "%s: %s", answer, bd_json_str(one, "why", ""));
    }
    table_print(&table, &cli->out, 0);
}

static void print_reproduction(const struct cli *cli, const json_t *r)
{
    const char *answer = bd_json_str(r, "answer", "?");
    print_differences(cli, json_object_get(r, "differences"), "THEN", "NOW");
    putchar('\n');
    print_comparisons(cli, json_object_get(r, "comparisons"));
    printf("\n%s%s%s: %s\n", term_on(&cli->out, style_of(answer)), answer, term_off(&cli->out),
           bd_json_str(r, "why", ""));
}

/* Adds in what two hosts differ, as far as both are known. */
static void add_hosts(struct cli *cli, const struct original *o, const struct original *again,
                      json_t *differs)
{
    if (!o->host || !again->host) {
        cli_note(cli, MARK_INFO, "what the host was like is not known of %s: it is not compared",
                 o->host ? again->name : o->name);
        return;
    }
    bd_auto_json json_t *before = json_pack("{s:O}", "host", o->host);
    bd_auto_json json_t *after = json_pack("{s:O}", "host", again->host);
    bd_auto_json json_t *hosts = differences(before, after, NULL);
    json_array_extend(differs, hosts);
}

/* Holds the campaign that ran against the original; takes `differs`. */
static int compare(struct cli *cli, const struct original *o, const char *id, json_t *differs,
                   struct bd_err *err)
{
    static const enum cli_exit exits[REPRODUCTION_COUNT] = {
        [REPRODUCED] = CLI_OK, [NOT_REPRODUCED] = CLI_FAILED, [INCONCLUSIVE] = CLI_UNDECIDED};
    original_auto struct original again = {0};
    enum reproduction answer;
    int r = take_campaign(cli, id, &again, err);
    if (r < 0) {
        json_decref(differs);
        return r;
    }
    bd_auto_json json_t *json = reproduction_json(o->analysis, again.analysis, &answer);
    add_hosts(cli, o, &again, differs);
    json_object_set_new(json, "differences", differs);
    if (cli->json) {
        bd_auto_free char *text = json_dumps(json, JSON_COMPACT);
        cli_print_json(text ? text : "");
    } else {
        print_reproduction(cli, json);
    }
    return exits[answer];
}

/* Runs that failed are told, and the others still say something. */
static bool is_done(const struct bd_str *campaign)
{
    bd_auto_json json_t *json = NULL;
    return bd_json_parse(bd_str_text(campaign), campaign->len, &json, NULL) == 0 &&
           bd_str_eq(bd_json_str(json, "state", ""), "done");
}

/* It goes on without anybody who waits: what it finds can still be asked for. */
static void tell_later(struct cli *cli, const char *what, const char *original, const char *id)
{
    if (!is_file(what))
        cli_note(cli, MARK_INFO,
                 "once it is at its end, 'benchctl campaign compare %s %s' holds it against the "
                 "original",
                 original, id);
}

int cmd_campaign_reproduce(struct cli *cli, struct bd_err *err)
{
    const char *what = cli->args.operands.items[0];
    original_auto struct original o = {0};
    bd_auto_free char *id = NULL;
    bd_auto_json json_t *differs = json_array();
    bd_auto_str struct bd_str text = {0};
    int r = is_file(what) ? take_crate(cli, what, &o, err) : take_campaign(cli, what, &o, err);
    if (r == 0)
        r = bring_images(cli, o.spec, differs, err);
    if (r == 0)
        r = submit(cli, &o, &id, err);
    if (r < 0)
        return r;
    cli_note(cli, MARK_INFO, "campaign %s reproduces %s", id, o.name);
    r = watch_campaign(cli, id, true, &text, err);
    if (r == BD_ECANCELLED || r == BD_ETIMEOUT)
        tell_later(cli, what, o.name, id);
    return r < 0 || !is_done(&text) ? r : compare(cli, &o, id, bd_take(differs), err);
}
