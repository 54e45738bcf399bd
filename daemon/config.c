#include "daemon/config.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define FILE_MAX_BYTES (256 * 1024)

enum kind {
    KIND_PATH,
    KIND_PATHS,
    KIND_TEXT,
    KIND_COUNT,
    KIND_BYTES,
    KIND_SHARE,
    KIND_DURATION,
    KIND_SUBNET,
    KIND_LEVEL,
    KIND_FORMAT
};

struct key {
    const char *name;
    enum kind kind;
    size_t offset;
    const char *fallback;
    int64_t min, max;
    const char *help;
};

#define KEY_IN(member, name, kind, fallback, min, max, help)                                       \
    {                                                                                              \
#name, kind, offsetof(struct config, member), fallback, min, max, help                     \
    }
#define KEY(name, kind, fallback, min, max, help) KEY_IN(name, name, kind, fallback, min, max, help)

static const struct key keys[] = {
    KEY(state_dir, KIND_PATH, "/var/lib/benchd", 0, 0,
        "the database, clusters, images and uploads"),
    KEY(image_dir, KIND_PATH, "", 0, 0, "images; empty: images below state_dir"),

    KEY(recipe_dir, KIND_PATH, BENCHD_RECIPE_DIR, 0, 0, "recipes of images"),
    KEY(fragments, KIND_PATHS, "/etc/benchd/fragments:" BENCHD_FRAGMENT_DIR, 0, 0,
        "directories of fragments of specs, separated by colons; the first counts"),
    KEY(workloads, KIND_PATHS, "/etc/benchd/workloads:" BENCHD_WORKLOAD_DIR, 0, 0,
        "directories of definitions of workloads, likewise"),
    KEY(ui, KIND_PATH, BENCHD_UI_DIR, 0, 0, "the built dashboard; empty: none"),
    KEY(node_layer, KIND_PATH, BENCHD_NODE_LAYER, 0, 0, "programs laid over every node's root"),
    KEY(bench_enter, KIND_PATH, BENCHD_BENCH_ENTER, 0, 0, "the program that enters nodes"),
    KEY(libvirt_uri, KIND_TEXT, "lxc:///system", 0, 0, "libvirt's LXC driver"),
    KEY(listen_unix, KIND_PATH, "/run/benchd/benchd.sock", 0, 0, "socket; empty: none"),
    KEY(unix_group, KIND_TEXT, "benchd", 0, 0, "its members may use the socket"),
    KEY(listen_tcp, KIND_TEXT, "127.0.0.1:8765", 0, 0, "address and port; empty: none"),
    KEY(subnet_pool, KIND_SUBNET, "10.213.0.0/16", 0, 0, "clusters' subnets are taken from it"),
    KEY(workers, KIND_COUNT, "8", 1, 256, "steps of bring-up at once"),
    KEY(teardown_workers, KIND_COUNT, "4", 1, 256, "steps of take-down at once"),
    KEY(exec_workers, KIND_COUNT, "16", 1, 1024, "commands in nodes at once"),
    KEY(reader_workers, KIND_COUNT, "2", 1, 64, "readers of the database"),
    KEY(start_width, KIND_COUNT, "6", 1, 64, "nodes of a cluster started at once"),
    KEY(libvirt_connections, KIND_COUNT, "8", 1, 64, "to libvirtd for bring-up, of a call each"),
    KEY(connections_max, KIND_COUNT, "512", 8, 65536, "HTTP connections at once"),
    KEY(import_max_bytes, KIND_BYTES, "64GiB", 0, 0, "largest image file taken in"),
    KEY(input_max_bytes, KIND_BYTES, "1GiB", 0, 0, "largest input (a trace, say) taken in"),
    KEY(artifacts_quota, KIND_BYTES, "20GiB", 0, 0,
        "room for the files of runs, packed; 0: as much as there is"),
    KEY(runs_max, KIND_COUNT, "16", 1, 1000, "runs at once, where they share the host"),
    KEY(active_campaigns, KIND_COUNT, "4", 1, 1000, "campaigns taken up at once"),
    KEY(quiet_cpus, KIND_SHARE, "0.25", 0, 1,
        "share of the host's CPUs that others may use when a run begins"),
    KEY_IN(quiet_wait_ns, quiet_wait, KIND_DURATION, "10s", 0, 24 * 3600 * BD_NS_PER_S,
           "how long a run waits for that, before it begins all the same"),
    KEY(events_kept, KIND_COUNT, "100000", 1000, 1000000000, "events kept in the log"),
    KEY(log_level, KIND_LEVEL, "info", 0, 0, "debug, info, warn or error"),
    KEY(log_format, KIND_FORMAT, "logfmt", 0, 0, "logfmt or json"),
};

static const struct key *key_find(const char *name, size_t len)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(keys); i++) {
        if (strlen(keys[i].name) != len)
            continue;
        size_t k = 0;
        while (k < len && (name[k] == '-' ? '_' : name[k]) == keys[i].name[k])
            k++;
        if (k == len)
            return &keys[i];
    }
    return NULL;
}

static int set_path(char **at, const char *value, struct bd_err *err)
{
    if (*value && *value != '/')
        return bd_err_set(err, BD_EINVALID, "expected an absolute path, got '%s'", value);
    free(*at);
    *at = bd_xstrdup(value);
    return 0;
}

static int set_paths(char **at, const char *value, struct bd_err *err)
{
    bd_auto_free char *copy = bd_xstrdup(value);
    char *rest = copy, *path;
    while ((path = strsep(&rest, ":")))
        if (*path != '/' && *value)
            return bd_err_set(err, BD_EINVALID,
                              "expected absolute paths separated by colons, got '%s'", value);
    free(*at);
    *at = bd_xstrdup(value);
    return 0;
}

static int parse_share(const char *value, double *ret_share)
{
    char *end;
    double share = strtod(value, &end);
    /* digits and a point: what else strtod() takes (signs, exponents, "nan") is no share here */
    if (end == value || value[strspn(value, "0123456789.")] || *end || share > 1)
        return -EINVAL;
    *ret_share = share;
    return 0;
}

static int set_duration(int64_t *at, const struct key *k, const char *value, struct bd_err *err)
{
    int64_t ns;
    if (bd_parse_duration_ns(value, &ns) < 0 || ns < k->min || ns > k->max)
        return bd_err_set(err, BD_EINVALID,
                          "expected a duration of at most %llds such as 10s, got '%s'",
                          (long long)(k->max / BD_NS_PER_S), value);
    *at = ns;
    return 0;
}

static int key_set(struct config *c, const struct key *k, const char *value, struct bd_err *err)
{
    void *at = (char *)c + k->offset;
    switch (k->kind) {
    case KIND_PATH:
        return set_path(at, value, err);
    case KIND_PATHS:
        return set_paths(at, value, err);
    case KIND_TEXT:
        free(*(char **)at);
        *(char **)at = bd_xstrdup(value);
        return 0;
    case KIND_COUNT:
        if (bd_parse_i64(value, k->min, k->max, at) < 0)
            return bd_err_set(err, BD_EINVALID, "expected a number from %lld to %lld, got '%s'",
                              (long long)k->min, (long long)k->max, value);
        return 0;
    case KIND_BYTES:
        if (bd_parse_bytes(value, at) < 0)
            return bd_err_set(err, BD_EINVALID, "expected a size such as 64GiB, got '%s'", value);
        return 0;
    case KIND_SHARE:
        if (parse_share(value, at) < 0)
            return bd_err_set(err, BD_EINVALID,
                              "expected a share from 0 to 1 such as 0.25, got '%s'", value);
        return 0;
    case KIND_DURATION:
        return set_duration(at, k, value, err);
    case KIND_SUBNET:
        return subnet_parse(value, at, err) < 0 ? BD_EINVALID : 0;
    case KIND_LEVEL:
        if (bd_log_level_from_str(value, at) < 0)
            return bd_err_set(err, BD_EINVALID, "expected debug, info, warn or error, got '%s'",
                              value);
        return 0;
    case KIND_FORMAT:
        if (bd_log_format_from_str(value, at) < 0)
            return bd_err_set(err, BD_EINVALID, "expected logfmt or json, got '%s'", value);
        return 0;
    }
    return bd_err_set(err, BD_EINVALID, "unknown kind of key");
}

static int set_named(struct config *c, const char *name, size_t len, const char *value,
                     struct bd_err *err)
{
    const struct key *k = key_find(name, len);
    if (!k)
        return bd_err_set(err, BD_EINVALID, "%.*s: no such key ('benchd --help' lists all of them)",
                          (int)len, name);
    int rc = key_set(c, k, value, err);
    return rc < 0 ? bd_err_wrap(err, "%s", k->name) : 0;
}

static char *trim(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    size_t len = strlen(s);
    while (len && isspace((unsigned char)s[len - 1]))
        s[--len] = '\0';
    return s;
}

static int load_file(struct config *c, const char *path, bool must_exist, struct bd_err *err)
{
    bd_auto_free char *text = NULL;
    size_t bytes = 0;
    int rc = bd_read_file(path, FILE_MAX_BYTES, &text, &bytes, err);
    if (rc == -ENOENT && !must_exist) {
        bd_err_clear(err);
        return 0;
    }
    if (rc < 0)
        return rc;

    if (strlen(text) != bytes)
        return bd_err_set(err, BD_EINVALID, "%s: it has a NUL byte: expected text", path);

    unsigned line_no = 0;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        line_no++;
        line = trim(line);
        if (*line == '\0' || *line == '#')
            continue;
        char *eq = strchr(line, '=');
        if (!eq)
            return bd_err_set(err, BD_EINVALID, "%s:%u: expected 'key = value', got '%s'", path,
                              line_no, line);
        *eq = '\0';
        char *name = trim(line);
        rc = set_named(c, name, strlen(name), trim(eq + 1), err);
        if (rc < 0)
            return bd_err_wrap(err, "%s:%u", path, line_no);
    }
    return 0;
}

static int load_environment(struct config *c, struct bd_err *err)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(keys); i++) {
        char name[64] = "BENCHD_";
        for (size_t k = 0; k < sizeof(name) - 8 && keys[i].name[k]; k++)
            name[7 + k] = (char)toupper((unsigned char)keys[i].name[k]);
        const char *value = getenv(name);
        if (!value)
            continue;
        int rc = key_set(c, &keys[i], value, err);
        if (rc < 0)
            return bd_err_wrap(err, "environment variable %s", name);
    }
    return 0;
}

static const struct {
    const char *flag;
    enum config_mode mode;
    const char *help;
} modes[] = {
    {"check-config", CONFIG_CHECK, "print the configuration in force, or what is wrong with it"},
    {"check-host", CONFIG_CHECK_HOST, "print what this host can and can't do, as JSON"},
    {"help", CONFIG_HELP, "print this"},
    {"version", CONFIG_VERSION, "print the version"},
};

/* Flags are looked through twice: first for --config, then, over the file and the environment, for
 * the rest. */
static int load_flags(int argc, char **argv, struct config *c, const char **ret_file,
                      enum config_mode *ret_mode, struct bd_err *err)
{
    for (int i = 1; i < argc; i++) {
        const char *flag = argv[i];
        if (!bd_starts_with(flag, "--"))
            return bd_err_set(err, BD_EINVALID, "'%s' is not a flag: see 'benchd --help'", flag);
        flag += 2;
        bool is_mode = false;
        for (size_t m = 0; m < BD_ARRAY_LEN(modes); m++) {
            if (strcmp(flag, modes[m].flag) == 0) {
                *ret_mode = modes[m].mode;
                is_mode = true;
            }
        }
        if (is_mode)
            continue;
        const char *eq = strchr(flag, '=');
        size_t len = eq ? (size_t)(eq - flag) : strlen(flag);
        const char *value = eq ? eq + 1 : i + 1 < argc ? argv[++i] : NULL;
        if (!value)
            return bd_err_set(err, BD_EINVALID, "--%s needs a value", flag);
        if (len == strlen("config") && strncmp(flag, "config", len) == 0) {
            *ret_file = value;
            continue;
        }
        int rc = set_named(c, flag, len, value, err);
        if (rc < 0)
            return bd_err_wrap(err, "flag --%.*s", (int)len, flag);
    }
    return 0;
}

int config_load(int argc, char **argv, struct config *ret_config, enum config_mode *ret_mode,
                struct bd_err *err)
{
    struct config c = {0};
    enum config_mode mode = CONFIG_RUN;
    const char *file = NULL;
    int rc = load_flags(argc, argv, &c, &file, &mode, err);
    for (size_t i = 0; rc == 0 && i < BD_ARRAY_LEN(keys); i++)
        rc = key_set(&c, &keys[i], keys[i].fallback, err);
    bool configured =
        mode != CONFIG_HELP && mode != CONFIG_VERSION; /* these answer come what may */
    if (rc == 0 && configured)
        rc = load_file(&c, file ? file : CONFIG_FILE, file != NULL, err);
    if (rc == 0 && configured)
        rc = load_environment(&c, err);
    if (rc == 0)
        rc = load_flags(argc, argv, &c, &file, &mode, err);
    if (rc == 0 && !*c.state_dir)
        rc = bd_err_set(err, BD_EINVALID, "state_dir may not be empty");
    if (rc == 0 && !*c.listen_unix && !*c.listen_tcp)
        rc = bd_err_set(err, BD_EINVALID,
                        "neither listen_unix nor listen_tcp is set: nobody could reach benchd");
    if (rc < 0) {
        config_done(&c);
        return rc;
    }
    if (!c.image_dir || !*c.image_dir) {
        free(c.image_dir);
        c.image_dir = bd_xasprintf("%s/images", c.state_dir);
    }
    *ret_config = c;
    *ret_mode = mode;
    return 0;
}

void config_done(struct config *c)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(keys); i++)
        if (keys[i].kind == KIND_PATH || keys[i].kind == KIND_PATHS || keys[i].kind == KIND_TEXT)
            free(*(char **)((char *)c + keys[i].offset));
    *c = (struct config){0};
}

void config_help(FILE *out)
{
    fputs("Usage: benchd [--config FILE] [--KEY VALUE]...\n\n"
          "Provisions virtual clusters and runs experiments on them, behind an HTTP interface.\n\n",
          out);
    for (size_t m = 0; m < BD_ARRAY_LEN(modes); m++)
        fprintf(out, "  --%-21s %s\n", modes[m].flag, modes[m].help);
    fprintf(out,
            "\nKeys: in %s (key = value), in the environment (BENCHD_KEY), as flags;\n"
            "the later stands over the earlier.\n\n",
            CONFIG_FILE);
    for (size_t i = 0; i < BD_ARRAY_LEN(keys); i++)
        fprintf(out, "  %-23s %s (%s)\n", keys[i].name, keys[i].help,
                *keys[i].fallback ? keys[i].fallback : "empty");
}

/* In the largest unit that it is a whole number of. */
static void print_duration(int64_t ns, FILE *out)
{
    if (ns % BD_NS_PER_S == 0)
        fprintf(out, "%llds", (long long)(ns / BD_NS_PER_S));
    else if (ns % BD_NS_PER_MS == 0)
        fprintf(out, "%lldms", (long long)(ns / BD_NS_PER_MS));
    else
        fprintf(out, "%lldns", (long long)ns);
}

static void print_value(const struct key *k, const void *at, FILE *out)
{
    char subnet[SUBNET_BYTES];
    switch (k->kind) {
    case KIND_PATH:
    case KIND_PATHS:
    case KIND_TEXT:
        fputs(*(char *const *)at, out);
        break;
    case KIND_COUNT:
        fprintf(out, "%lld", (long long)*(const int64_t *)at);
        break;
    case KIND_BYTES:
        fprintf(out, "%llu", (unsigned long long)*(const uint64_t *)at);
        break;
    case KIND_SHARE:
        fprintf(out, "%.9g", *(const double *)at);
        break;
    case KIND_DURATION:
        print_duration(*(const int64_t *)at, out);
        break;
    case KIND_SUBNET:
        fputs(subnet_format(at, subnet), out);
        break;
    case KIND_LEVEL:
        fputs(bd_log_level_to_str(*(const enum bd_log_level *)at), out);
        break;
    case KIND_FORMAT:
        fputs(bd_log_format_to_str(*(const enum bd_log_format *)at), out);
        break;
    }
}

static bool same_value(const struct key *k, const void *a, const void *b)
{
    switch (k->kind) {
    case KIND_PATH:
    case KIND_PATHS:
    case KIND_TEXT:
        return strcmp(*(char *const *)a, *(char *const *)b) == 0;
    case KIND_COUNT:
    case KIND_BYTES:
    case KIND_SHARE:
    case KIND_DURATION:
        return memcmp(a, b, sizeof(int64_t)) == 0;
    case KIND_SUBNET:
        return ((const struct subnet *)a)->base == ((const struct subnet *)b)->base &&
               ((const struct subnet *)a)->prefix == ((const struct subnet *)b)->prefix;
    case KIND_LEVEL:
    case KIND_FORMAT:
        return memcmp(a, b, sizeof(int)) == 0;
    }
    return true;
}

void config_diff(const struct config *a, const struct config *b,
                 void (*fn)(const char *key, void *arg), void *arg)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(keys); i++)
        if (!same_value(&keys[i], (const char *)a + keys[i].offset,
                        (const char *)b + keys[i].offset))
            fn(keys[i].name, arg);
}

void config_print(const struct config *c, FILE *out)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(keys); i++) {
        fprintf(out, "%s = ", keys[i].name);
        print_value(&keys[i], (const char *)c + keys[i].offset, out);
        fputc('\n', out);
    }
}
