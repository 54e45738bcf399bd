#include "original.h"

#include "api.h"
#include "campaign.h"
#include "input.h"
#include "text.h"

#include "lib/crate/check.h"
#include "lib/crate/read.h"

#include <string.h>

#define COMMANDS_MAX 100 /* told one by one */

bool original_is_crate(const char *word)
{
    return strchr(word, '/') || bd_ends_with(word, ".zip");
}

void original_done(struct original *o)
{
    free(o->name);
    free(o->signed_by);
    json_decref(o->spec);
    json_decref(o->analysis);
    json_decref(o->images);
    json_decref(o->host);
}

/* -- of the daemon -- */

static int get(struct cli *cli, char *path, json_t **ret, struct bd_err *err)
{
    bd_auto_free char *owned = path;
    http_auto_reply struct http_reply reply = {0};
    return api_get(cli, owned, &reply, ret, err);
}

/* The digest of the host that most runs were on, as the analysis tells, of as many the first; NULL:
 * none is known. Borrowed from it. */
static const char *usual_host(struct cli *cli, const struct original *o)
{
    const json_t *hosts = json_object_get(o->analysis, "hosts"), *host;
    const char *usual = NULL;
    json_int_t most = 0;
    size_t i;
    json_array_foreach (hosts, i, host) {
        json_int_t n = bd_json_int(host, "runs", 0);
        const char *digest = bd_json_str(host, "digest", NULL);
        if (digest && n > most) {
            most = n;
            usual = digest;
        }
    }
    if (json_array_size(hosts) > 1)
        cli_note(cli, MARK_INFO,
                 "%s: its host was not the same in all runs; what it was in most is compared",
                 o->name);
    return usual;
}

static int get_host(struct cli *cli, struct original *o, struct bd_err *err)
{
    const char *digest = usual_host(cli, o);
    if (!digest)
        return 0;
    bd_auto_free char *description = bd_xasprintf("/v1/hosts/local/descriptions/%s", digest);
    return api_get_if_there(cli, description, &o->host, err);
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

int original_of_campaign(struct cli *cli, const char *ref, struct original *o, struct bd_err *err)
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

/* -- of a crate -- */

static void tell_faults(struct cli *cli, const struct crate_faults *faults)
{
    for (size_t i = 0; i < faults->n; i++) {
        const struct crate_fault *f = &faults->items[i];
        bd_str_add(&cli->faults, "  ");
        text_escape(&cli->faults, f->name ? f->name : "the whole");
        bd_str_add(&cli->faults, ": ");
        text_escape(&cli->faults, f->text);
        bd_str_add(&cli->faults, "\n");
    }
}

/* What was altered is not worth reproducing, nor is what somebody else has signed. */
static int check(struct cli *cli, int fd, const struct crate_key *key, struct original *o,
                 struct bd_err *err)
{
    struct crate_verdict verdict = {0};
    if (crate_check_fd(fd, key, &verdict, err) < 0) {
        bd_auto_free char *why = bd_xstrdup(err->text);
        return bd_err_set(err, BD_EINVALID, "can't read %s: %s", o->name, why);
    }
    int r = 0;
    tell_faults(cli, &verdict.faults);
    if (verdict.faults.n == 1 && verdict.faults.items[0].kind == CRATE_FAULT_KEY)
        r = bd_err_set(err, BD_EINVALID, "%s is signed, but not with the key that --key names",
                       o->name);
    else if (verdict.faults.n)
        r = bd_err_set(err, BD_EINVALID,
                       "%s is not what was signed: 'benchctl verify' tells what is wrong", o->name);
    else
        o->signed_by = bd_xstrdup(verdict.signed_by);
    crate_verdict_done(&verdict);
    return r;
}

static int read_part(int fd, const char *name, const struct original *o, json_t **ret,
                     struct bd_err *err)
{
    struct bd_err why = BD_ERR_INIT;
    int r = crate_read_json_fd(fd, name, ret, &why);
    if (r == 0)
        return 0;
    return bd_err_set(err, r == BD_ECORRUPT ? BD_EINVALID : r, "can't read %s: %s", o->name,
                      why.text);
}

/* One without that description does not tell. */
static int read_host(struct cli *cli, int fd, struct original *o, struct bd_err *err)
{
    static const char prefix[] = "sha256:";
    const char *digest = usual_host(cli, o);
    if (!digest || !bd_starts_with(digest, prefix))
        return 0;
    bd_auto_free char *name = bd_xasprintf("hosts/%s.json", digest + strlen(prefix));
    int r = read_part(fd, name, o, &o->host, err);
    if (r != BD_ENOTFOUND)
        return r;
    bd_err_clear(err);
    return 0;
}

/* Of an image that had been removed there is no manifest. */
static int read_images(int fd, struct original *o, struct bd_err *err)
{
    static const char prefix[] = "sha256:";
    const char *image;
    json_t *digest;
    o->images = json_object();
    json_object_foreach (json_object_get(o->spec, "images"), image, digest) {
        const char *text = json_string_value(digest);
        json_t *manifest = NULL;
        if (!text || !bd_starts_with(text, prefix))
            continue;
        bd_auto_free char *name = bd_xasprintf("images/%s.json", text + strlen(prefix));
        int r = read_part(fd, name, o, &manifest, err);
        if (r < 0 && r != BD_ENOTFOUND)
            return bd_err_wrap(err, "image %s", image);
        if (r == 0)
            json_object_set_new(o->images, text, manifest);
    }
    bd_err_clear(err);
    return 0;
}

int original_of_crate(struct cli *cli, const char *file, const struct crate_key *key,
                      struct original *o, struct bd_err *err)
{
    bd_auto_fd int fd = -1;
    int r = input_open(file, &fd, err);
    if (r < 0)
        return r;
    o->name = bd_xstrdup(file);
    r = check(cli, fd, key, o, err);
    if (r == 0)
        r = read_part(fd, "spec.json", o, &o->spec, err);
    if (r == 0)
        r = read_images(fd, o, err);
    if (r == 0)
        r = read_part(fd, "analysis.json", o, &o->analysis, err);
    if (r == 0)
        r = read_host(cli, fd, o, err);
    return r;
}

/* -- what it runs -- */

struct told {
    struct cli *cli;
    size_t n;
    bool defined; /* its workload is defined elsewhere: all parameters go into the command */
};

/* As JSON in ASCII: what is a word and what is not is seen, whatever is in it. */
static void tell(struct told *t, const char *what, const json_t *value)
{
    bd_auto_free char *text =
        json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
    if (t->n++ < COMMANDS_MAX)
        cli_note(t->cli, MARK_INFO, "  %s: %s", what, text ? text : "?");
}

static bool is_of_commands(const struct told *t, const char *path)
{
    static const char *const within[] = {"workload.command", "workload.env", "workload.files",
                                         "hooks"};
    if (t->defined && bd_starts_with(path, "workload."))
        return true;
    for (size_t i = 0; i < BD_ARRAY_LEN(within); i++) {
        size_t n = strlen(within[i]);
        if (strncmp(path, within[i], n) == 0 && (path[n] == '\0' || path[n] == '.'))
            return true;
    }
    return strcmp(path, "workload") == 0;
}

/* Levels that change them: in factors, and in cells one by one. */
static void tell_levels(struct told *t, const json_t *json)
{
    const char *path;
    json_t *value;
    size_t i;
    json_array_foreach (json, i, value)
        tell_levels(t, value);
    json_object_foreach ((json_t *)json, path, value) {
        if (is_of_commands(t, path)) {
            bd_auto_free char *what = bd_xasprintf("level of %s", path);
            tell(t, what, value);
        } else {
            tell_levels(t, value);
        }
    }
}

void original_tell_commands(struct cli *cli, const struct original *o)
{
    static const char *const varied[] = {"factors", "cells", "added"};
    const json_t *workload = json_object_get(o->spec, "workload");
    const json_t *command = json_object_get(workload, "command"), *hooks, *hook;
    struct told t = {.cli = cli, .defined = json_object_get(o->spec, "workloads") != NULL};
    const char *at;
    size_t i;
    cli_note(cli, MARK_INFO, "%s is signed by the key %s; what it runs in nodes as root:", o->name,
             o->signed_by);
    if (command)
        tell(&t, "workload", command);
    if (json_object_size(json_object_get(workload, "env")) > 0)
        tell(&t, "its environment", json_object_get(workload, "env"));
    if (json_array_size(json_object_get(workload, "files")) > 0)
        tell(&t, "its files", json_object_get(workload, "files"));
    if (t.defined)
        tell(&t, "workload, by the definition that is registered here", workload);
    json_object_foreach (json_object_get(o->spec, "hooks"), at, hooks) {
        bd_auto_free char *what = bd_xasprintf("hook %s", at);
        json_array_foreach (hooks, i, hook)
            tell(&t, what, hook);
    }
    for (i = 0; i < BD_ARRAY_LEN(varied); i++)
        tell_levels(&t, json_object_get(o->spec, varied[i]));
    if (t.n > COMMANDS_MAX)
        cli_note(cli, MARK_INFO, "  and %zu more", t.n - COMMANDS_MAX);
    else if (t.n == 0)
        cli_note(cli, MARK_INFO, "  no command of its own");
}
