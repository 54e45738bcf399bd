#include "api.h"

#include "text.h"

#include <errno.h>
#include <string.h>

void api_add_value(struct bd_str *out, const json_t *value)
{
    if (json_is_string(value)) {
        text_escape(out, json_string_value(value));
        return;
    }
    bd_auto_free char *text =
        json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    text_escape(out, text ? text : "?");
}

static void add_fault(struct cli *cli, const json_t *fault)
{
    struct bd_str *out = &cli->faults;
    const char *pointer = bd_json_str(fault, "pointer", "");
    const json_t *got = json_object_get(fault, "got");
    if (cli->sent)
        document_add_place(cli->sent, pointer, out);
    else
        bd_str_add(out, "  ");
    text_escape(out, pointer[0] ? pointer : "(the whole)");
    bd_str_add(out, ": expected ");
    text_escape(out, bd_json_str(fault, "expected", "something else"));
    if (got) {
        bd_str_add(out, ", got ");
        api_add_value(out, got);
    }
    bd_str_add(out, "\n");
}

void api_add_faults(struct cli *cli, const json_t *faults)
{
    const json_t *fault;
    size_t i;
    json_array_foreach (faults, i, fault) {
        add_fault(cli, fault);
    }
}

static int code_of_status(int status)
{
    if (status == 404 || status == 410)
        return BD_ENOTFOUND;
    return status == 409 ? BD_ECONFLICT : -EREMOTEIO;
}

int api_problem(struct cli *cli, const struct http_reply *reply, struct bd_err *err)
{
    bd_auto_json json_t *problem = NULL;
    int code = code_of_status(reply->status);
    if (bd_json_parse(bd_str_text(&reply->body), reply->body.len, &problem, NULL) < 0 ||
        !json_is_object(problem))
        return bd_err_set(err, code, "HTTP %d, without a word of benchd's: '%.120s'", reply->status,
                          bd_str_text(&reply->body));
    const char *title = bd_json_str(problem, "title", "no reason given");
    api_add_faults(cli, json_object_get(problem, "faults"));
    return bd_err_set(err, code, "HTTP %d: %s", reply->status,
                      bd_json_str(problem, "detail", title));
}

int api_do(struct cli *cli, const struct http_request *rq, struct http_reply *ret,
           struct bd_err *err)
{
    int r = http_do(cli->http, rq, ret, err);
    if (r < 0)
        return r;
    return ret->status >= 400 ? api_problem(cli, ret, err) : 0;
}

int api_parse(const struct http_reply *reply, json_t **ret, struct bd_err *err)
{
    struct bd_err why = BD_ERR_INIT;
    if (bd_json_parse(bd_str_text(&reply->body), reply->body.len, ret, &why) < 0)
        return bd_err_set(err, -EPROTO, "the reply (HTTP %d) is no JSON: %s", reply->status,
                          why.text);
    return 0;
}

int api_get(struct cli *cli, const char *path, struct http_reply *reply, json_t **ret,
            struct bd_err *err)
{
    const struct http_request rq = {.method = "GET", .path = path, .limit_ns = API_LIMIT_NS};
    int r = api_do(cli, &rq, reply, err);
    return r < 0 ? r : api_parse(reply, ret, err);
}

int api_get_if_there(struct cli *cli, const char *path, json_t **ret, struct bd_err *err)
{
    http_auto_reply struct http_reply reply = {0};
    int r = api_get(cli, path, &reply, ret, err);
    if (r != BD_ENOTFOUND)
        return r;
    bd_err_clear(err);
    bd_str_clear(&cli->faults);
    return 0;
}

int api_create(struct cli *cli, const char *path, const json_t *body, struct http_reply *reply,
               json_t **ret, struct bd_err *err)
{
    bd_auto_free char *text = bd_json_text(body);
    char key[HTTP_KEY_BYTES];
    http_new_key(key);
    const struct http_request rq = {
        .method = "POST",
        .path = path,
        .body = text,
        .content_type = "application/json",
        .idempotency_key = key,
        .limit_ns = API_LIMIT_NS,
    };
    int r = api_do(cli, &rq, reply, err);
    return r < 0 ? r : api_parse(reply, ret, err);
}

int api_create_from(struct cli *cli, const char *path, const struct document *document,
                    struct http_reply *reply, json_t **ret, struct bd_err *err)
{
    cli->sent = document;
    int r = api_create(cli, path, document->json, reply, ret, err);
    cli->sent = NULL;
    return r;
}

int api_order(struct cli *cli, const char *path, struct http_reply *reply, json_t **ret,
              struct bd_err *err)
{
    const struct http_request rq = {.method = "POST", .path = path, .limit_ns = API_LIMIT_NS};
    int r = api_do(cli, &rq, reply, err);
    return r < 0 ? r : api_parse(reply, ret, err);
}

struct pages {
    const char *path, *key; /* of the place to go on from */
    uint64_t most;          /* items; 0: all */
    void (*on_item)(const json_t *item, void *arg);
    void *arg;
};

enum { PAGE_ITEMS = 500 };

/* The page from a place on, and the place of the one behind it, "" where there is none. */
static int read_page(struct cli *cli, const struct pages *p, uint64_t left, char **place,
                     size_t *ret_n, struct bd_err *err)
{
    bd_auto_json json_t *page = NULL;
    http_auto_reply struct http_reply reply = {0};
    bd_auto_free char *quoted = api_quote(*place);
    unsigned limit = left && left < PAGE_ITEMS ? (unsigned)left : PAGE_ITEMS;
    bool goes_on = (*place)[0] != '\0';
    bd_auto_free char *path =
        bd_xasprintf("%s%climit=%u%s%s%s%s", p->path, strchr(p->path, '?') ? '&' : '?', limit,
                     goes_on ? "&" : "", goes_on ? p->key : "", goes_on ? "=" : "", quoted);
    int r = api_get(cli, path, &reply, &page, err);
    if (r < 0)
        return r;
    const json_t *items = json_object_get(page, "items"), *item;
    const char *next = bd_json_str(page, "next", "");
    size_t i;
    if (!json_is_array(items) || (next[0] && bd_str_eq(next, *place)))
        return bd_err_set(err, -EPROTO, "the reply to GET %s is no page of a list", p->path);
    json_array_foreach (items, i, item) {
        p->on_item(item, p->arg);
    }
    free(*place);
    *place = bd_xstrdup(next);
    *ret_n = json_array_size(items);
    return 0;
}

static int read_pages(struct cli *cli, const struct pages *p, const char *first, struct bd_err *err)
{
    bd_auto_free char *place = bd_xstrdup(first);
    uint64_t left = p->most;
    do {
        size_t n = 0;
        int r = read_page(cli, p, left, &place, &n, err);
        if (r < 0)
            return r;
        if (p->most && n >= left)
            return 0;
        left -= p->most ? n : 0;
    } while (place[0]);
    return 0;
}

int api_each(struct cli *cli, const char *path, uint64_t most,
             void (*fn)(const json_t *item, void *arg), void *arg, struct bd_err *err)
{
    const struct pages pages = {path, "cursor", most, fn, arg};
    return read_pages(cli, &pages, "", err);
}

static void add_item(const json_t *item, void *arg)
{
    json_array_append(arg, (json_t *)item);
}

int api_pages(struct cli *cli, const char *path, const char *key, const char *first, json_t **ret,
              struct bd_err *err)
{
    bd_auto_json json_t *items = json_array();
    const struct pages pages = {path, key, 0, add_item, items};
    int r = read_pages(cli, &pages, first, err);
    if (r == 0)
        *ret = json_pack("{s:o, s:n}", "items", bd_take(items), "next");
    return r;
}

int api_list(struct cli *cli, const char *path, json_t **ret, struct bd_err *err)
{
    return api_pages(cli, path, "cursor", "", ret, err);
}

void api_print_list(const json_t *list)
{
    bd_auto_free char *text = json_dumps(list, JSON_COMPACT | JSON_REAL_PRECISION(15));
    cli_print_json(text ? text : "");
}

char *api_quote(const char *text)
{
    struct bd_str out = {0};
    for (const char *p = text; *p; p++) {
        bool plain = (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
                     (*p >= 'A' && *p <= 'Z') || strchr("-._~:", *p);
        if (plain)
            bd_str_addn(&out, p, 1);
        else
            bd_str_addf(&out, "%%%02X", (unsigned char)*p);
    }
    return bd_str_take(&out);
}

static const struct {
    const char *noun, *path, *list;
    bool named;
} objects[API_OBJECT_COUNT] = {
    [API_CLUSTER] = {"cluster", "/v1/clusters", "cluster ls", true},
    [API_CAMPAIGN] = {"campaign", "/v1/campaigns", "campaign ls", true},
    [API_RUN] = {"run", "/v1/runs", "campaign runs ID", false},
};

static bool is_at_end(const char *state)
{
    static const char *const ends[] = {"done", "failed", "cancelled", "deleted"};
    bool is = false;
    for (size_t i = 0; i < BD_ARRAY_LEN(ends); i++)
        is = is || bd_str_eq(ends[i], state);
    return is;
}

/* How well an object fits a word: 0 is not at all. */
static int fit(const json_t *object, const char *ref)
{
    const char *id = bd_json_str(object, "id", "");
    const char *name = bd_json_str(object, "name", "");
    if (bd_str_eq(id, ref))
        return 4;
    if (name[0] && bd_str_eq(name, ref))
        return is_at_end(bd_json_str(object, "state", "")) ? 2 : 3;
    return ref[0] && bd_starts_with(id, ref) ? 1 : 0;
}

static bool is_id(const char *text)
{
    return strlen(text) == 8 && strspn(text, "0123456789abcdef") == 8;
}

static int list_fitting(struct cli *cli, enum api_object what, const char *ref,
                        struct bd_strv *found, struct bd_err *err)
{
    bd_auto_json json_t *list = NULL;
    int r = api_list(cli, objects[what].path, &list, err);
    if (r < 0)
        return r;
    int best = 1;
    const json_t *object;
    size_t i;
    json_array_foreach (json_object_get(list, "items"), i, object) {
        int fits = fit(object, ref);
        if (fits > best)
            bd_strv_done(found);
        best = fits > best ? fits : best;
        if (fits == best)
            bd_strv_add(found, bd_json_str(object, "id", ""));
    }
    return 0;
}

int api_find(struct cli *cli, enum api_object what, const char *ref, char **ret_id,
             struct bd_err *err)
{
    bd_auto_strv struct bd_strv found = {0};
    int r = objects[what].named || !is_id(ref) ? list_fitting(cli, what, ref, &found, err) : 0;
    if (r < 0)
        return r;
    /* Some are in no list (deleted clusters), and still have their page. */
    if (found.n == 0 && is_id(ref))
        bd_strv_add(&found, ref);
    if (found.n == 0)
        return bd_err_set(err, BD_ENOTFOUND, "no %s '%s'; 'benchctl %s' lists them",
                          objects[what].noun, ref, objects[what].list);
    if (found.n > 1)
        return bd_err_set(err, BD_ECONFLICT,
                          "'%s' may be any of %zu %ss (%s, %s%s): name one by its id", ref, found.n,
                          objects[what].noun, found.items[0], found.items[1],
                          found.n > 2 ? ", ..." : "");
    *ret_id = bd_xstrdup(found.items[0]);
    return 0;
}

int api_find_path(struct cli *cli, enum api_object what, const char *below, char **ret_path,
                  struct bd_err *err)
{
    bd_auto_free char *id = NULL;
    int r = api_find(cli, what, cli->args.operands.items[0], &id, err);
    if (r == 0)
        *ret_path = bd_xasprintf("%s/%s%s", objects[what].path, id, below);
    return r;
}
