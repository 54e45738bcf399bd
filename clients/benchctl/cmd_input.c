/* benchctl input add, ls, rm; and the files that specs name. */
#include "api.h"
#include "commands.h"
#include "show.h"
#include "text.h"
#include "transfer.h"
#include "upload.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_CHARS 128
#define FILE_PREFIX    "file:"
#define STALL_NS       (120 * BD_NS_PER_S)

/* What the daemon takes for a name; NULL: nothing is left. The caller's. */
static char *name_of(const char *file)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    if (bd_str_eq(file, "-") || *bd_path_name(file) == '\0')
        return NULL;
    char *name = bd_xstrndup(bd_path_name(file), NAME_MAX_CHARS);
    for (char *c = name; *c; c++)
        *c = strchr(plain, *c) ? *c : '_';
    return name;
}

int input_add(struct cli *cli, const char *file, json_t **ret_input, struct bd_str *ret_text,
              struct bd_err *err)
{
    bd_auto_free char *name = name_of(file);
    return input_add_as(cli, file, name, ret_input, ret_text, err);
}

int input_add_as(struct cli *cli, const char *file, const char *name, json_t **ret_input,
                 struct bd_str *ret_text, struct bd_err *err)
{
    bd_auto_free char *path =
        bd_xasprintf("/v1/inputs%s%s", name ? "?name=" : "", name ? name : "");
    const struct upload u = {path, "application/octet-stream", "sending", STALL_NS};
    return upload_file(cli, &u, file, ret_input, ret_text, err);
}

/* -- in specs -- */

struct naming {
    struct cli *cli;
    char *dir; /* of the spec */
};

/* The digest of the file that a value names; NULL where it names none, or with *ret_rc below 0. */
static json_t *digest_for(const struct naming *n, const json_t *value, int *ret_rc,
                          struct bd_err *err)
{
    const char *text = json_string_value(value);
    bd_auto_json json_t *input = NULL;
    bd_auto_str struct bd_str told = {0};
    if (!text || !bd_starts_with(text, FILE_PREFIX))
        return NULL;
    const char *path = text + strlen(FILE_PREFIX);
    bd_auto_free char *whole =
        *path == '/' ? bd_xstrdup(path) : bd_xasprintf("%s/%s", n->dir, path);
    *ret_rc = input_add(n->cli, whole, &input, &told, err);
    if (*ret_rc < 0)
        return NULL;
    const char *digest = bd_json_str(input, "digest", "?");
    cli_note(n->cli, MARK_INFO, "%s is %s", path, digest);
    return json_string(digest);
}

static bool is_trace(const char *key)
{
    return bd_str_eq(key, "trace") || bd_ends_with(key, ".trace");
}

static int bring(const struct naming *n, json_t *at, bool in_trace, struct bd_err *err)
{
    const char *key;
    json_t *value;
    void *next;
    size_t i;
    int rc = 0;
    json_object_foreach_safe (at, next, key, value) {
        bool of_trace = in_trace || is_trace(key);
        json_t *digest = of_trace ? digest_for(n, value, &rc, err) : NULL;
        if (digest)
            json_object_set_new(at, key, digest);
        else if (rc == 0)
            rc = bring(n, value, of_trace, err);
        if (rc < 0)
            return rc;
    }
    json_array_foreach (at, i, value) {
        json_t *digest = in_trace ? digest_for(n, value, &rc, err) : NULL;
        if (digest)
            json_array_set_new(at, i, digest);
        else if (rc == 0)
            rc = bring(n, value, in_trace, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int input_add_named(struct cli *cli, struct document *spec, struct bd_err *err)
{
    struct naming n = {.cli = cli, .dir = bd_path_dir(spec->name)};
    int rc = bring(&n, spec->json, false, err);
    free(n.dir);
    return rc;
}

/* -- commands -- */

int cmd_input_add(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *input = NULL;
    bd_auto_str struct bd_str text = {0};
    int r = input_add(cli, cli->args.operands.items[0], &input, &text, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&text));
    else
        puts(bd_json_str(input, "digest", "?"));
    return CLI_OK;
}

int cmd_input_ls(struct cli *cli, struct bd_err *err)
{
    static const struct table_column columns[] = {
        {"ID", false}, {"NAME", false}, {"SIZE", true}, {"AGE", true}, {"DIGEST", false},
    };
    bd_auto_json json_t *list = NULL;
    int r = api_list(cli, "/v1/inputs", &list, err);
    if (r < 0)
        return r;
    if (cli->json) {
        api_print_list(list);
        return CLI_OK;
    }
    bool quiet = args_has(&cli->args, "quiet");
    char number[TEXT_NUMBER_BYTES];
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *input;
    size_t i;
    json_array_foreach (json_object_get(list, "items"), i, input) {
        const char *digest = bd_json_str(input, "digest", "?");
        if (quiet)
            puts(digest);
        table_add(&table, STYLE_BOLD, bd_json_str(input, "id", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(input, "name", "-"));
        table_add(&table, STYLE_PLAIN,
                  text_bytes((uint64_t)bd_json_int(input, "bytes", 0), number));
        table_add(&table, STYLE_PLAIN,
                  text_age(bd_json_str(input, "createdAt", NULL), bd_wall_ns(), number));
        table_add(&table, STYLE_DIM, digest);
    }
    if (!quiet)
        table_print(&table, &cli->out, 0);
    return CLI_OK;
}

int cmd_input_rm(struct cli *cli, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    bd_auto_free char *quoted = api_quote(cli->args.operands.items[0]);
    bd_auto_free char *path = bd_xasprintf("/v1/inputs/%s", quoted);
    const struct http_request rq = {.method = "DELETE", .path = path, .limit_ns = API_LIMIT_NS};
    int r = api_do(cli, &rq, &reply, err);
    return r < 0 ? r : CLI_OK;
}
