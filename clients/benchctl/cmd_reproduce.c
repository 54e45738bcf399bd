/* benchctl campaign reproduce: the same experiment again, and whether it finds the same. */
#include "api.h"
#include "campaign.h"
#include "commands.h"
#include "differences_print.h"
#include "image.h"
#include "keyfile.h"
#include "original.h"
#include "show.h"
#include "text.h"
#include "watch.h"

#include "lib/report/differences.h"
#include "lib/report/reproduction.h"

#include <stdio.h>
#include <string.h>

/* -- the original -- */

/* Of a crate nobody knows what is in it but who made it: somebody has to answer for that. */
static int take_crate(struct cli *cli, const char *file, struct original *o, struct bd_err *err)
{
    const char *key_file = args_get(&cli->args, "key");
    bd_auto(crate_key) struct crate_key *key = NULL;
    int r = key_file ? keyfile_read(key_file, &key, err) : 0;
    if (r == 0)
        r = original_of_crate(cli, file, key, o, err);
    if (r < 0)
        return r;
    original_tell_commands(cli, o);
    if (key || args_has(&cli->args, "trust"))
        return 0;
    return bd_err_set(
        err, BD_EINVALID,
        "%s may be from anybody: name the key of who made it by --key, or --trust it; "
        "nothing was run",
        file);
}

static int take(struct cli *cli, const char *what, struct original *o, struct bd_err *err)
{
    if (original_is_crate(what))
        return take_crate(cli, what, o, err);
    if (args_has(&cli->args, "key") || args_has(&cli->args, "trust"))
        return bd_err_set(err, BD_EINVALID,
                          "--key and --trust are for a crate's file, and %s is a campaign of the "
                          "daemon: leave them out",
                          what);
    return original_of_campaign(cli, what, o, err);
}

/* -- its images -- */

/* *ret: the daemon has a ready image of this digest. */
static int has_image(struct cli *cli, const char *digest, bool *ret, struct bd_err *err)
{
    bd_auto_json json_t *image = NULL;
    bd_auto_free char *path = bd_xasprintf("/v1/images/%s", digest);
    int r = api_get_if_there(cli, path, &image, err);
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

/* What was asked for beside the recipe, as far as a manifest tells; new reference. */
static json_t *asked_beside(const json_t *manifest)
{
    json_t *more = json_object(), *workloads = json_object_get(manifest, "workloads"), *layer;
    size_t i;
    if (json_array_size(workloads) > 0)
        json_object_set(more, "workloads", workloads);
    json_array_foreach (json_object_get(manifest, "layers"), i, layer) {
        if (i == 0)
            json_object_set_new(more, "layers", json_array());
        json_array_append_new(json_object_get(more, "layers"),
                              json_pack("{s:O, s:O, s:O}", "name", json_object_get(layer, "name"),
                                        "input", json_object_get(layer, "digest"), "prefix",
                                        json_object_get(layer, "prefix")));
    }
    return more;
}

/* Of the same recipe, for the same workloads, with the same layers, as far as its manifest is
 * known; where another image comes of it, that is what will run, and it is said. */
static int rebuild(struct cli *cli, const struct original *o, const char *name, const char *digest,
                   json_t *differs, struct bd_err *err)
{
    json_t *manifest = json_object_get(o->images, digest),
           *pins = json_object_get(o->spec, "images");
    bd_auto_json json_t *more = asked_beside(manifest);
    const struct image_build build = {
        .recipe = bd_json_str(json_object_get(manifest, "recipe"), "name", name),
        .more = more,
        .wait = true,
    };
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

static int bring_images(struct cli *cli, const struct original *o, json_t *differs,
                        struct bd_err *err)
{
    json_t *pins = json_object_get(o->spec, "images"), *digest;
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
            r = rebuild(cli, o, name, json_string_value(digest), differs, err);
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
                 *estimate = json_object_get(side, "estimate");
    char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES], c[TEXT_NUMBER_BYTES];
    if (!json_is_number(estimate))
        table_add(t, STYLE_PLAIN, NULL);
    else if (json_is_object(interval))
        table_addf(t, STYLE_PLAIN, "%s [%s, %s] %s", text_real(json_number_value(estimate), a),
                   text_real(bd_json_real(interval, "low", 0), b),
                   text_real(bd_json_real(interval, "high", 0), c),
                   bd_json_str(side, "result", "?"));
    else
        table_addf(t, STYLE_PLAIN, "%s %s", text_real(json_number_value(estimate), a),
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
                                                  {"WHERE", false},  {"THEN", false},
                                                  {"NOW", false},    {"ANSWER", false}};
    table_auto struct table table = {0};
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
    int r = original_of_campaign(cli, id, &again, err);
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
    if (!original_is_crate(what))
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
    int r = take(cli, what, &o, err);
    if (r == 0)
        r = bring_images(cli, &o, differs, err);
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
