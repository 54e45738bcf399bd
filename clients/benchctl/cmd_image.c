/* benchctl image build, ls, show, rm. */
#include "api.h"
#include "commands.h"
#include "image.h"
#include "layer.h"
#include "show.h"
#include "text.h"
#include "wait.h"

#include "lib/base/clock.h"

#include <string.h>

#define DIGEST_SHOWN 19 /* "sha256:" and 12 digits, which tell images apart */

static char *image_path(const char *ref, const char *below)
{
    bd_auto_free char *quoted = api_quote(ref);
    return bd_xasprintf("/v1/images/%s%s", quoted, below);
}

static bool is_built(const json_t *image)
{
    return !bd_str_eq(bd_json_str(image, "state", ""), "building");
}

struct build {
    struct progress progress;
    struct bd_str last; /* its progress as last seen */
    bool terminal;
};

static void on_change(const json_t *image, void *arg)
{
    struct build *b = arg;
    const char *now = bd_json_str(image, "progress", "");
    if (is_built(image)) {
        progress_now(&b->progress, NULL, false);
        return;
    }
    if (b->terminal) {
        bd_auto_str struct bd_str line = {0};
        bd_str_addf(&line, "building %s%s%s", bd_json_str(image, "name", "?"), now[0] ? ": " : "",
                    now);
        progress_now(&b->progress, bd_str_text(&line), false);
    } else if (now[0] && !bd_str_eq(now, bd_str_text(&b->last))) {
        progress_line(&b->progress, MARK_BUSY, now, -1);
    }
    bd_str_clear(&b->last);
    bd_str_add(&b->last, now);
}

static int wait_built(struct cli *cli, const char *id, json_t **ret, struct bd_str *ret_text,
                      struct bd_err *err)
{
    struct build b = {.terminal = cli->err.live};
    bd_auto_free char *path = image_path(id, "");
    progress_init(&b.progress, &cli->err);
    b.progress.now_since_ns = bd_mono_ns();
    const struct wait wait = {path, is_built, on_change, &b, &b.progress};
    int r = wait_until(cli, &wait, ret, ret_text, err);
    progress_done(&b.progress);
    bd_str_done(&b.last);
    if (r == BD_ECANCELLED || r == BD_ETIMEOUT)
        cli_note(cli, MARK_INFO,
                 "image %s goes on being built; 'benchctl image show %s' tells how far", id, id);
    return r;
}

static int tell_built(struct cli *cli, const json_t *image)
{
    const json_t *error = json_object_get(image, "error");
    char size[TEXT_NUMBER_BYTES];
    if (!bd_str_eq(bd_json_str(image, "state", ""), "ready")) {
        return cli_fail(cli, CLI_FAILED, "image %s failed: %s", bd_json_str(image, "id", "?"),
                        bd_json_str(error, "detail", "no reason given"));
    }
    cli_note(cli, MARK_OK, "image %s ready: %s, %lld packages, %.*s",
             bd_json_str(image, "name", "?"),
             text_bytes((uint64_t)bd_json_int(image, "sizeBytes", 0), size),
             (long long)bd_json_int(image, "packageCount", 0), DIGEST_SHOWN,
             bd_json_str(image, "digest", "?"));
    return CLI_OK;
}

int image_build(struct cli *cli, const struct image_build *build, json_t **ret_image,
                struct bd_str *ret_text, struct bd_err *err)
{
    bd_auto_json json_t *body = json_pack("{s:s}", "recipe", build->recipe);
    bd_auto_json json_t *begun = NULL;
    bd_auto_json json_t *built = NULL;
    http_auto_reply struct http_reply reply = {0};
    if (build->more)
        json_object_update(body, (json_t *)build->more);
    if (build->again)
        json_object_set_new(body, "rebuild", json_true());
    int r = api_create(cli, "/v1/images", body, &reply, &begun, err);
    if (r < 0)
        return r;
    bd_str_add(ret_text, bd_str_text(&reply.body));
    if (build->wait && !is_built(begun))
        r = wait_built(cli, bd_json_str(begun, "id", ""), &built, ret_text, err);
    if (r < 0)
        return r;
    *ret_image = built ? bd_take(built) : bd_take(begun);
    return build->wait ? tell_built(cli, *ret_image) : CLI_OK;
}

/* What is asked for beside the recipe; layers are brought to the daemon. */
static int add_more(struct cli *cli, json_t *more, struct bd_err *err)
{
    const char *name = args_get(&cli->args, "name");
    if (name)
        json_object_set_new(more, "name", json_string(name));
    for (size_t i = 0; i < cli->args.n; i++) {
        const struct args_value *value = &cli->args.values[i];
        const char *option = value->option->name;
        bool is_layer = bd_str_eq(option, "layer");
        json_t *item = NULL;
        if (!is_layer && !bd_str_eq(option, "package") && !bd_str_eq(option, "workload"))
            continue;
        int r = is_layer ? layer_bring(cli, value->text, &item, err) : 0;
        if (r < 0)
            return r;
        bd_auto_free char *key = bd_xasprintf("%ss", option);
        if (!json_object_get(more, key))
            json_object_set_new(more, key, json_array());
        json_array_append_new(json_object_get(more, key), item ? item : json_string(value->text));
    }
    return 0;
}

int cmd_image_build(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *more = json_object();
    const struct image_build build = {
        .recipe = cli->args.operands.items[0],
        .more = more,
        .again = args_has(&cli->args, "rebuild"),
        .wait = !args_has(&cli->args, "no-wait"),
    };
    bd_auto_json json_t *image = NULL;
    bd_auto_str struct bd_str text = {0};
    int r = add_more(cli, more, err);
    if (r == 0)
        r = image_build(cli, &build, &image, &text, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&text));
    else if (r == CLI_OK)
        puts(bd_json_str(image, "id", ""));
    return r;
}

static void add_row(struct table *t, const json_t *image)
{
    char size[TEXT_NUMBER_BYTES], age[TEXT_NUMBER_BYTES];
    const char *state = bd_json_str(image, "state", "?");
    json_int_t bytes = bd_json_int(image, "sizeBytes", -1);
    json_int_t packages = bd_json_int(image, "packageCount", -1);
    table_add(t, STYLE_BOLD, bd_json_str(image, "id", "?"));
    table_add(t, STYLE_PLAIN, bd_json_str(image, "name", "?"));
    table_add(t, show_state_style(state), state);
    table_add(t, STYLE_PLAIN, bytes < 0 ? "-" : text_bytes((uint64_t)bytes, size));
    if (packages < 0)
        table_add(t, STYLE_PLAIN, "-");
    else
        table_addf(t, STYLE_PLAIN, "%lld", (long long)packages);
    const char *digest = bd_json_str(image, "digest", "-");
    if (bd_starts_with(digest, "sha256:"))
        digest += strlen("sha256:");
    table_addf(t, STYLE_DIM, "%.12s", digest);
    table_add(t, STYLE_PLAIN, text_age(bd_json_str(image, "createdAt", NULL), bd_wall_ns(), age));
}

int cmd_image_ls(struct cli *cli, struct bd_err *err)
{
    static const struct table_column columns[] = {
        {"ID", false},      {"NAME", false},   {"STATE", false}, {"SIZE", true},
        {"PACKAGES", true}, {"DIGEST", false}, {"AGE", true},
    };
    bd_auto_json json_t *list = NULL;
    int r = api_list(cli, "/v1/images", &list, err);
    if (r < 0)
        return r;
    if (cli->json) {
        api_print_list(list);
        return CLI_OK;
    }
    bool quiet = args_has(&cli->args, "quiet");
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *image;
    size_t i;
    json_array_foreach (json_object_get(list, "items"), i, image) {
        if (quiet)
            puts(bd_json_str(image, "id", "?"));
        else
            add_row(&table, image);
    }
    if (!quiet)
        table_print(&table, &cli->out, 0);
    return CLI_OK;
}

static void print_image(const struct cli *cli, const json_t *image)
{
    static const struct table_column columns[] = {{NULL, false}, {NULL, false}};
    static const char *const texts[][2] = {
        {"id", "id"},
        {"name", "name"},
        {"recipe", "recipe"},
        {"state", "state"},
        {"digest", "digest"},
        {"recipe digest", "recipeDigest"},
        {"created", "createdAt"},
        {"ready", "readyAt"},
        {"progress", "progress"},
    };
    static const char *const counts[][2] = {{"packages", "packageCount"}, {"entries", "entries"}};
    table_auto struct table table = {0};
    char size[TEXT_NUMBER_BYTES];
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    for (size_t i = 0; i < BD_ARRAY_LEN(texts); i++) {
        const char *value = bd_json_str(image, texts[i][1], NULL);
        if (!value)
            continue;
        table_add(&table, STYLE_DIM, texts[i][0]);
        table_add(&table, bd_str_eq(texts[i][1], "state") ? show_state_style(value) : STYLE_PLAIN,
                  value);
    }
    bd_auto_str struct bd_str workloads = {0};
    size_t k;
    const json_t *name;
    json_array_foreach (json_object_get(image, "workloads"), k, name)
        bd_str_addf(&workloads, "%s%s", k > 0 ? ", " : "", json_string_value(name));
    if (workloads.len > 0) {
        table_add(&table, STYLE_DIM, "workloads");
        table_add(&table, STYLE_PLAIN, bd_str_text(&workloads));
    }
    const char *detail = bd_json_str(json_object_get(image, "error"), "detail", NULL);
    if (detail) {
        table_add(&table, STYLE_DIM, "error");
        table_add(&table, STYLE_BAD, detail);
    }
    json_int_t bytes = bd_json_int(image, "sizeBytes", -1);
    if (bytes >= 0) {
        table_add(&table, STYLE_DIM, "size");
        table_add(&table, STYLE_PLAIN, text_bytes((uint64_t)bytes, size));
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(counts); i++) {
        json_int_t n = bd_json_int(image, counts[i][1], -1);
        if (n < 0)
            continue;
        table_add(&table, STYLE_DIM, counts[i][0]);
        table_addf(&table, STYLE_PLAIN, "%lld", (long long)n);
    }
    table_print(&table, &cli->out, 0);
}

static void print_packages(const struct cli *cli, const json_t *manifest)
{
    static const struct table_column columns[] = {
        {"PACKAGE", false}, {"VERSION", false}, {"ARCHITECTURE", false}};
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *package;
    size_t i;
    json_array_foreach (json_object_get(manifest, "packages"), i, package) {
        table_add(&table, STYLE_BOLD, bd_json_str(package, "name", "?"));
        table_add(&table, STYLE_PLAIN, bd_json_str(package, "version", "?"));
        table_add(&table, STYLE_DIM, bd_json_str(package, "architecture", "?"));
    }
    table_print(&table, &cli->out, 0);
}

int cmd_image_show(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *object = NULL;
    http_auto_reply struct http_reply reply = {0};
    bool packages = args_has(&cli->args, "packages");
    bd_auto_free char *path = image_path(cli->args.operands.items[0], packages ? "/manifest" : "");
    int r = api_get(cli, path, &reply, &object, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else if (packages)
        print_packages(cli, object);
    else
        print_image(cli, object);
    return CLI_OK;
}

int cmd_image_rm(struct cli *cli, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    bd_auto_free char *path = image_path(cli->args.operands.items[0], "");
    const struct http_request rq = {.method = "DELETE", .path = path, .limit_ns = API_LIMIT_NS};
    int r = api_do(cli, &rq, &reply, err);
    return r < 0 ? r : CLI_OK;
}
