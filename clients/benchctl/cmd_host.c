/* benchctl host show, scheduler ls. */
#include "api.h"
#include "commands.h"
#include "table.h"
#include "text.h"

static void add_bytes(struct table *t, const char *key, const json_t *object, const char *member)
{
    char size[TEXT_NUMBER_BYTES];
    json_int_t bytes = bd_json_int(object, member, -1);
    if (bytes < 0)
        return;
    table_add(t, STYLE_DIM, key);
    table_add(t, STYLE_PLAIN, text_bytes((uint64_t)bytes, size));
}

static void add_text(struct table *t, const char *key, const char *text)
{
    if (!text)
        return;
    table_add(t, STYLE_DIM, key);
    table_add(t, STYLE_PLAIN, text);
}

/* The strings of an array, in one text. */
static void join(const json_t *array, struct bd_str *out)
{
    const json_t *item;
    size_t i;
    json_array_foreach (array, i, item) {
        const char *text = json_string_value(item);
        bd_str_addf(out, "%s%s", out->len ? ", " : "", text ? text : "?");
    }
}

static void add_use(struct table *t, const json_t *host)
{
    const json_t *capacity = json_object_get(host, "capacity");
    char used[TEXT_NUMBER_BYTES], all[TEXT_NUMBER_BYTES];
    if (!capacity)
        return;
    table_add(t, STYLE_DIM, "in use");
    table_addf(t, STYLE_PLAIN, "%g of %g CPUs, %s of %s", bd_json_real(capacity, "cpusInUse", 0),
               bd_json_real(capacity, "cpus", 0),
               text_bytes((uint64_t)bd_json_int(capacity, "memoryInUseBytes", 0), used),
               text_bytes((uint64_t)bd_json_int(capacity, "memoryBytes", 0), all));
}

static void add_backends(struct table *t, const json_t *host)
{
    const json_t *backend;
    size_t i;
    json_array_foreach (json_object_get(host, "backends"), i, backend) {
        bool usable = bd_json_bool(backend, "usable", false);
        const char *reason = bd_json_str(backend, "reason", "");
        table_add(t, STYLE_DIM, "backend");
        table_addf(t, usable ? STYLE_GOOD : STYLE_WARN, "%s: %s%s%s",
                   bd_json_str(backend, "name", "?"), usable ? "usable" : "not usable",
                   reason[0] ? ": " : "", reason);
    }
}

static void print_host(const struct cli *cli, const json_t *host)
{
    static const struct table_column columns[] = {{NULL, false}, {NULL, false}};
    const json_t *libvirt = json_object_get(host, "libvirt");
    table_auto struct table table = {0};
    bd_auto_str struct bd_str controllers = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    add_text(&table, "host", bd_json_str(host, "name", bd_json_str(host, "id", "?")));
    table_add(&table, STYLE_DIM, "CPUs");
    table_addf(&table, STYLE_PLAIN, "%lld", (long long)bd_json_int(host, "cpus", 0));
    add_bytes(&table, "memory", host, "memoryBytes");
    add_use(&table, host);
    add_bytes(&table, "free disk", json_object_get(host, "stateDir"), "freeBytes");
    add_text(&table, "kernel", bd_json_str(host, "kernel", NULL));
    add_text(&table, "cgroups", bd_json_str(host, "cgroups", NULL));
    join(json_object_get(host, "controllers"), &controllers);
    add_text(&table, "cgroup controllers", controllers.len ? bd_str_text(&controllers) : NULL);
    table_add(&table, STYLE_DIM, "libvirt");
    table_addf(&table, bd_json_bool(libvirt, "ok", false) ? STYLE_PLAIN : STYLE_BAD, "%s %s%s",
               bd_json_str(libvirt, "version", "?"), bd_json_str(libvirt, "uri", ""),
               bd_json_bool(libvirt, "ok", false) ? "" : " (does not answer)");
    add_backends(&table, host);
    table_print(&table, &cli->out, 0);
}

int cmd_host_show(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *host = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_get(cli, "/v1/hosts/local", &reply, &host, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        print_host(cli, host);
    return CLI_OK;
}

int cmd_scheduler_ls(struct cli *cli, struct bd_err *err)
{
    static const struct table_column columns[] = {
        {"NAME", false}, {"TESTED", false}, {"DESCRIPTION", false}};
    bd_auto_json json_t *list = NULL;
    int r = api_list(cli, "/v1/schedulers", &list, err);
    if (r < 0)
        return r;
    if (cli->json) {
        api_print_list(list);
        return CLI_OK;
    }
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    const json_t *scheduler;
    size_t i;
    json_array_foreach (json_object_get(list, "items"), i, scheduler) {
        bd_auto_str struct bd_str versions = {0};
        join(json_object_get(scheduler, "versionsTested"), &versions);
        table_add(&table, STYLE_BOLD, bd_json_str(scheduler, "name", "?"));
        table_add(&table, STYLE_PLAIN, bd_str_text(&versions));
        table_add(&table, STYLE_PLAIN, bd_json_str(scheduler, "description", ""));
    }
    table_print(&table, &cli->out, 0);
    return CLI_OK;
}
