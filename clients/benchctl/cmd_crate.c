/* benchctl campaign crate, verify: campaigns as signed files, got from the daemon and checked
 * without it. */
#include "commands.h"
#include "input.h"
#include "keyfile.h"
#include "show.h"
#include "text.h"
#include "transfer.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/crate/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CRATE_TYPE "application/zip"
/* The daemon makes all of it before it sends the first byte. */
#define CRATE_STALL_NS (1800 * BD_NS_PER_S)

/* -- get -- */

/* "campaign-ID.crate.zip", of "/v1/campaigns/ID/crate". */
static char *default_file(const char *path)
{
    bd_auto_free char *of = bd_path_dir(path);
    return bd_xasprintf("campaign-%s.crate.zip", bd_path_name(of));
}

int cmd_campaign_crate(struct cli *cli, struct bd_err *err)
{
    const char *output = args_get(&cli->args, "output");
    bd_auto_free char *path = NULL;
    bool to_stdout = output && bd_str_eq(output, "-");
    if (to_stdout && isatty(STDOUT_FILENO))
        return bd_err_set(err, BD_EINVALID, "a crate on a terminal is no use: name a file");
    int r = api_find_path(cli, API_CAMPAIGN, "/crate", &path, err);
    if (r < 0)
        return r;
    const struct download d = {path, CRATE_TYPE, "getting", CRATE_STALL_NS};
    if (to_stdout)
        return download(cli, &d, STDOUT_FILENO, err);
    bd_auto_free char *file = output ? bd_xstrdup(output) : default_file(path);
    r = download_file(cli, &d, file, err);
    if (r < 0)
        return r;
    bd_auto_json json_t *got = json_pack("{s:s}", "file", file);
    bd_auto_free char *text = bd_json_text(got);
    if (cli->json)
        cli_print_json(text);
    else
        puts(file);
    return CLI_OK;
}

/* -- verify -- */

static json_t *faults_json(const struct crate_faults *faults)
{
    json_t *list = json_array();
    for (size_t i = 0; i < faults->n; i++) {
        const struct crate_fault *f = &faults->items[i];
        json_array_append_new(list, json_pack("{s:s, s:s?, s:s}", "kind",
                                              crate_fault_kind_to_str(f->kind), "file", f->name,
                                              "text", f->text));
    }
    return list;
}

static bool is_of_key(const struct crate_verdict *v)
{
    for (size_t i = 0; i < v->faults.n; i++)
        if (v->faults.items[i].kind == CRATE_FAULT_KEY)
            return false;
    return true;
}

static void print_json(const char *file, const struct crate_verdict *v, bool has_key)
{
    const char *signed_by = *v->signed_by ? v->signed_by : NULL;
    bool signer_known = has_key && signed_by;
    json_t *json = json_pack(
        "{s:s, s:b, s:I, s:I, s:s?, s:o, s:s?, s:o, s:I}", "crate", file, "ok", v->faults.n == 0,
        "files", (json_int_t)v->files, "bytes", (json_int_t)v->bytes, "signedBy", signed_by,
        "keyMatches", signer_known ? json_boolean(is_of_key(v)) : json_null(), "listDigest",
        *v->list_digest ? v->list_digest : NULL, "faults", faults_json(&v->faults), "faultsLeftOut",
        (json_int_t)v->faults.left_out);
    bd_auto_free char *text = bd_json_text(json);
    cli_print_json(text);
    json_decref(json);
}

static void print_faults(const struct cli *cli, const struct crate_verdict *v)
{
    for (size_t i = 0; i < v->faults.n; i++) {
        const struct crate_fault *f = &v->faults.items[i];
        bd_auto_str struct bd_str line = {0};
        if (f->name)
            bd_str_addf(&line, "%s: ", f->name);
        bd_str_add(&line, f->text);
        bd_auto_str struct bd_str shown = {0};
        text_escape(&shown, bd_str_text(&line));
        printf("%s%-9s%s  %s\n", term_on(&cli->out, STYLE_BAD), crate_fault_kind_to_str(f->kind),
               term_off(&cli->out), bd_str_text(&shown));
    }
    if (v->faults.left_out)
        printf("%zu more are not shown\n", v->faults.left_out);
}

static void print_good(const struct cli *cli, const char *file, const struct crate_verdict *v,
                       const char *key)
{
    char bytes[TEXT_NUMBER_BYTES];
    bd_auto_str struct bd_str shown = {0};
    text_escape(&shown, file);
    printf("%s: %s%zu files, %s: each is as it was when it was signed%s\n", bd_str_text(&shown),
           term_on(&cli->out, STYLE_GOOD), v->files, text_bytes(v->bytes, bytes),
           term_off(&cli->out));
    bd_str_clear(&shown);
    if (key)
        text_escape(&shown, key);
    if (key)
        printf("signed with the key in %s, %s\n", bd_str_text(&shown), v->signed_by);
    else
        printf("signed by the key %s, which this check can't vouch for: name the one that you know "
               "by --key\n",
               v->signed_by);
}

int cmd_verify(struct cli *cli, struct bd_err *err)
{
    const char *file = cli->args.operands.items[0];
    bd_auto(crate_key) struct crate_key *key = NULL;
    bd_auto_fd int fd = -1;
    struct crate_verdict v = {0};
    int r = input_open(file, &fd, err);
    if (r == 0 && args_has(&cli->args, "key"))
        r = keyfile_read(args_get(&cli->args, "key"), &key, err);
    if (r == 0 && crate_check_fd(fd, key, &v, err) < 0) {
        bd_auto_free char *why = bd_xstrdup(err->text);
        r = bd_err_set(err, BD_EINVALID, "can't read %s: %s", file, why);
    }
    if (r < 0)
        return r;
    bool good = v.faults.n == 0;
    size_t n = v.faults.n + v.faults.left_out;
    if (cli->json)
        print_json(file, &v, key != NULL);
    else if (good)
        print_good(cli, file, &v, args_get(&cli->args, "key"));
    else
        print_faults(cli, &v);
    crate_verdict_done(&v);
    if (good)
        return CLI_OK;
    return cli_fail(cli, CLI_FAILED, "%s is not what was signed, or nobody can tell: %zu fault%s",
                    file, n, n == 1 ? "" : "s");
}
