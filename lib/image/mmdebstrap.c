#include "lib/image/mmdebstrap.h"

#include "lib/base/fs.h"
#include "lib/image/apt.h"
#include "lib/image/job.h"
#include "lib/image/work.h"

#include <inttypes.h>
#include <string.h>

#define DEFAULT_MIRROR "http://deb.debian.org/debian"
/* Debian's keys, where the host is no Debian: apt does not trust them by itself then. */
#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

#define LINE_BYTES_MAX ((size_t)4096)
#define WORDS_MAX      4

/* -------------------------------------------------------------------------------------- output */

/* What it says of its progress, and what we say. */
static const struct {
    const char *says, *told;
} stages[] = {
    {"running apt-get update", "reading the lists of packages"},
    {"downloading packages with apt", "downloading the base system"},
    {"extracting archives", "unpacking the base system"},
    {"installing essential packages", "installing the base system"},
    {"installing remaining packages", "downloading and installing the recipe's packages"},
    {"cleaning package lists", "removing what only the installation needed"},
};

/* What is wrong, by what it says; the first that fits. */
static const struct {
    const char *says, *advice;
} advices[] = {
    {"failed to execute mmdebstrap", "install mmdebstrap"},
    {"Unable to locate package", "mend the recipe's packages, or its suite and components"},
    {"has no installation candidate", "mend the recipe's packages, or its suite and components"},
    {"unmet dependencies", "mend the recipe's packages: these can't be installed together"},
    {"No space left", "make room or set image_dir"},
    {"NO_PUBKEY", "install debian-archive-keyring, or a newer one"},
    {"is not signed", "install debian-archive-keyring, or a newer one"},
    {"not valid yet", "set this host's clock right"},
    {"expired", "set this host's clock right, or name another mirror in the recipe"},
    {"does not have a Release file",
     "the mirror does not have this suite: name another in the recipe"},
    {"resolv",
     "this host does not reach the mirror: mend its network, or name another in the recipe"},
    {"connect",
     "this host does not reach the mirror: mend its network, or name another in the recipe"},
    {"Failed to fetch", "run apt-get update here, or name another mirror in the recipe"},
    {"unshare failed", "run as root, outside of an unprivileged container"},
};

struct output {
    const struct image_job *job;
    struct bd_str line;     /* begun, not ended yet */
    struct bd_str last;     /* the last line that says anything */
    struct bd_strv words;   /* the first WORDS_MAX lines that tell of a failure */
    struct bd_strv missing; /* packages that the archives don't have */
    const char *advice;
};

static void output_done(struct output *o)
{
    bd_str_done(&o->line);
    bd_str_done(&o->last);
    bd_strv_done(&o->words);
    bd_strv_done(&o->missing);
}

/* These say that something failed, not what. */
static bool is_echo(const char *line)
{
    return strstr(line, "mmdebstrap failed") || strstr(line, "setup failed") ||
           strstr(line, "run_chroot failed") || strstr(line, "Sub-process");
}

static bool tells_of_failure(const char *line)
{
    static const char *const prefixes[] = {"E: ", "Err:", "dpkg: error",
                                           "unshare: ", "bench-enter: "};
    for (size_t i = 0; i < BD_ARRAY_LEN(prefixes); i++) {
        if (bd_starts_with(line, prefixes[i]))
            return !is_echo(line);
    }
    return false;
}

/* "E: Unable to locate package fio", "E: Package 'fio' has no installation candidate" */
static void note_missing(struct output *o, const char *line)
{
    static const char *const prefixes[] = {"E: Unable to locate package ", "E: Package "};
    for (size_t i = 0; i < BD_ARRAY_LEN(prefixes); i++) {
        if (!bd_starts_with(line, prefixes[i]) ||
            (i > 0 && !strstr(line, "has no installation candidate")))
            continue;
        const char *name = line + strlen(prefixes[i]);
        name += *name == '\'';
        bd_auto_free char *package = bd_xstrndup(name, strcspn(name, "' "));
        if (!bd_strv_has(&o->missing, package))
            bd_strv_add(&o->missing, package);
    }
}

static void take_line(struct output *o)
{
    const char *line = bd_str_text(&o->line);
    line += strspn(line, " \t");
    note_missing(o, line);
    for (size_t i = 0; i < BD_ARRAY_LEN(stages) && bd_starts_with(line, "I: "); i++) {
        if (bd_starts_with(line + 3, stages[i].says))
            image_job_tell(o->job, "%s", stages[i].told);
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(advices) && !o->advice; i++) {
        if (!bd_starts_with(line, "I: ") && strstr(line, advices[i].says))
            o->advice = advices[i].advice;
    }
    if (tells_of_failure(line) && o->words.n < WORDS_MAX && !bd_strv_has(&o->words, line))
        bd_strv_add(&o->words, line);
    if (*line && !bd_starts_with(line, "I: ")) {
        bd_str_clear(&o->last);
        bd_str_add(&o->last, line);
    }
    bd_str_clear(&o->line);
}

static int on_output(enum bd_stream stream BD_UNUSED, const char *data, size_t bytes, void *arg)
{
    struct output *o = arg;
    for (size_t i = 0; i < bytes; i++) {
        if (data[i] == '\n' || data[i] == '\r' || o->line.len >= LINE_BYTES_MAX)
            take_line(o);
        if (data[i] != '\n' && data[i] != '\r' && data[i] != '\0')
            bd_str_addn(&o->line, &data[i], 1);
    }
    return 0;
}

static int tell_failure(struct output *o, int exit_code, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    take_line(o);
    for (size_t i = 0; i < o->words.n; i++)
        bd_str_addf(&text, "%s%s", i > 0 ? "; " : "", o->words.items[i]);
    if (text.len == 0)
        bd_str_addf(&text, "exit code %d: %s", exit_code, bd_str_text(&o->last));
    return bd_err_set(err, BD_ECHILD, "mmdebstrap: %s%s%s", bd_str_text(&text),
                      o->advice ? ": " : "", o->advice ? o->advice : "");
}

/* ------------------------------------------------------------------------------------ arguments */

/* Members of an array of strings, as PREFIX + member each. */
static void add_each(struct bd_strv *argv, const char *prefix, const json_t *array)
{
    size_t i;
    json_t *item;
    json_array_foreach (array, i, item)
        bd_strv_addf(argv, "%s%s", prefix, json_string_value(item));
}

static char *joined(const json_t *array, const char *separator)
{
    struct bd_str text = {0};
    size_t i;
    json_t *item;
    json_array_foreach (array, i, item)
        bd_str_addf(&text, "%s%s", i > 0 ? separator : "", json_string_value(item));
    return bd_str_take(&text);
}

static int add_sources(struct bd_strv *argv, const struct image_job *job, const json_t *recipe,
                       struct bd_err *err)
{
    const char *mirror = bd_json_str(recipe, "mirror", "host");
    const char *suite = bd_json_str(recipe, "suite", "");
    bd_auto_free char *components = joined(json_object_get(recipe, "components"), " ");
    bd_auto_strv struct bd_strv lines = {0};
    if (!bd_str_eq(mirror, "host")) {
        bd_strv_addf(argv, "deb %s %s %s", mirror, suite, components);
        return 0;
    }
    int rc = apt_host_sources(job, suite, components, &lines, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < lines.n; i++)
        bd_strv_add(argv, lines.items[i]);
    if (lines.n == 0) {
        image_job_tell(job, "this host's apt has no archive of Debian: taking " DEFAULT_MIRROR);
        bd_strv_addf(argv, "deb %s %s %s", DEFAULT_MIRROR, suite, components);
    }
    return 0;
}

/* In namespaces of its own: mmdebstrap mounts /proc and others in the root, and apt starts dpkg as
 * a session of its own, which signals to a process group don't reach. */
static const char *const prologue[] = {
    "unshare",      "--mount",    "--propagation", "slave",
    "--mount-proc", "--pid",      "--fork",        "--kill-child",
    "--",           "mmdebstrap", "--mode=root",   "--variant=essential",
};

/* root NULL: nothing is made, only looked for. */
static int make_argv(struct bd_strv *argv, const struct image_job *job, const json_t *recipe,
                     const char *root, struct bd_err *err)
{
    const json_t *paths = json_object_get(recipe, "paths");
    bd_auto_free char *include = joined(json_object_get(recipe, "packages"), ",");
    bd_auto_strv struct bd_strv transport = {0};
    int rc = apt_host_transport(job, &transport, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < BD_ARRAY_LEN(prologue); i++)
        bd_strv_add(argv, prologue[i]);
    bd_strv_add(argv, root ? "--format=directory" : "--format=null");
    if (!root)
        bd_strv_add(argv, "--simulate");
    if (bd_exists(KEYRING))
        bd_strv_add(argv, "--keyring=" KEYRING);
    for (size_t i = 0; i < transport.n; i++)
        bd_strv_addf(argv, "--aptopt=%s", transport.items[i]);
    add_each(argv, "--dpkgopt=path-exclude=", json_object_get(paths, "exclude"));
    add_each(argv, "--dpkgopt=path-include=", json_object_get(paths, "include"));
    bd_strv_addf(argv, "--include=%s", include);
    bd_strv_add(argv, bd_json_str(recipe, "suite", ""));
    bd_strv_add(argv, root ? root : "-");
    return add_sources(argv, job, recipe, err);
}

/* Little of the caller's environment may show in an image; but proxies are the host's. */
static void make_env(struct bd_strv *env, const struct image_job *job, const json_t *recipe)
{
    static const char *const kept[] = {"http_proxy", "https_proxy", "no_proxy"};
    bd_auto_free char *tmp = work_tmp(job);
    bd_strv_add(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    bd_strv_add(env, "HOME=/root");
    bd_strv_add(env, "LC_ALL=C.UTF-8");
    bd_strv_addf(env, "TMPDIR=%s", tmp);
    bd_strv_addf(env, "SOURCE_DATE_EPOCH=%" JSON_INTEGER_FORMAT,
                 bd_json_int(recipe, "sourceDateEpoch", 0));
    for (size_t i = 0; i < BD_ARRAY_LEN(kept); i++) {
        const char *value = getenv(kept[i]);
        if (value)
            bd_strv_addf(env, "%s=%s", kept[i], value);
    }
}

/* BD_ECHILD where it fails; what it said stays in output. */
static int start(const struct image_job *job, const struct image_recipe *recipe, const char *root,
                 struct output *output, struct bd_err *err)
{
    bd_auto_strv struct bd_strv argv = {0}, env = {0};
    int rc = make_argv(&argv, job, recipe->json, root, err);
    if (rc < 0)
        return rc;
    make_env(&env, job, recipe->json);
    bd_auto_proc_result struct bd_proc_result ret = {0};
    rc = image_job_run(job,
                       &(struct bd_proc){
                           .argv = (const char *const *)argv.items,
                           .env = (const char *const *)env.items,
                           .on_output = on_output,
                           .arg = output,
                       },
                       &ret, err);
    return rc >= 0 && ret.exit_code != 0 ? tell_failure(output, ret.exit_code, err) : rc;
}

int mmdebstrap_look(const struct image_job *job, const struct image_recipe *recipe,
                    struct bd_strv *ret_missing, struct bd_err *err)
{
    struct output output = {.job = job};
    struct bd_err why = BD_ERR_INIT;
    int rc = start(job, recipe, NULL, &output, &why);
    if (rc == BD_ECHILD && output.missing.n > 0)
        rc = 0;
    for (size_t i = 0; i < output.missing.n; i++)
        bd_strv_add(ret_missing, output.missing.items[i]);
    output_done(&output);
    if (rc < 0)
        bd_err_copy(err, &why);
    return rc;
}

int mmdebstrap_run(const struct image_job *job, const struct image_recipe *recipe, const char *root,
                   struct bd_err *err)
{
    struct output output = {.job = job};
    int rc = start(job, recipe, root, &output, err);
    output_done(&output);
    return rc;
}
