#include "lib/image/libraries.h"

#include "lib/base/fs.h"
#include "lib/base/json.h"
#include "lib/image/elffile.h"
#include "lib/image/root.h"
#include "lib/image/tree.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOLD_MAX ((size_t)12) /* of what is missing; the rest is counted */

/* Of any Linux with glibc; Debian's triplets are found in the root. */
static const char *const plain_dirs[] = {"/lib", "/usr/lib", "/lib64", "/usr/lib64"};

struct check {
    int root_fd;
    const char *prefix;    /* that is being walked */
    const char *path;      /* below it, of the file that is being looked at */
    struct bd_strv system; /* directories where anything is looked for */
    json_t *brought;       /* names of all files of layers: where they are */
    json_t *missing;       /* names: who needs them */
};

/* ------------------------------------------------------------------------------------- looking */

/* A program or library for this machine. */
static bool has_library(const struct check *c, const char *path, uint16_t machine)
{
    elf_auto struct elf e = {0};
    bd_auto_fd int fd = root_file(c->root_fd, path);
    return fd >= 0 && elf_read(fd, &e, NULL) == 1 && e.machine == machine;
}

static bool is_in(const struct check *c, const char *dir, const char *name, uint16_t machine)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", dir, name);
    return has_library(c, path, machine);
}

/* With $ORIGIN, which is the directory of the file itself; the caller's. */
static char *expand(const struct check *c, const char *dir)
{
    static const char *const words[] = {"$ORIGIN", "${ORIGIN}"};
    bd_auto_free char *file = bd_xasprintf("%s/%s", c->prefix, c->path);
    bd_auto_free char *origin = bd_path_dir(file);
    for (size_t i = 0; i < BD_ARRAY_LEN(words); i++) {
        const char *at = strstr(dir, words[i]);
        if (at)
            return bd_xasprintf("%.*s%s%s", (int)(at - dir), dir, origin, at + strlen(words[i]));
    }
    return bd_xstrdup(dir);
}

static bool is_found(const struct check *c, const struct elf *e, const char *name)
{
    if (strchr(name, '/'))
        return has_library(c, name, e->machine);
    for (size_t i = 0; i < e->paths.n; i++) {
        bd_auto_free char *dir = expand(c, e->paths.items[i]);
        if (is_in(c, dir, name, e->machine))
            return true;
    }
    for (size_t i = 0; i < c->system.n; i++)
        if (is_in(c, c->system.items[i], name, e->machine))
            return true;
    const char *brought = json_string_value(json_object_get(c->brought, name));
    return brought && has_library(c, brought, e->machine);
}

static void note_missing(struct check *c, const char *name)
{
    bd_auto_free char *who = bd_xasprintf("%s/%s", c->prefix, c->path);
    if (!json_object_get(c->missing, name) && bd_is_utf8(name, strlen(name)))
        json_object_set_new(c->missing, name, json_string(bd_is_utf8(who, strlen(who)) ? who : ""));
}

static int look_at(const struct tree_entry *entry, void *arg, struct bd_err *err)
{
    struct check *c = arg;
    elf_auto struct elf e = {0};
    if (!S_ISREG(entry->st->st_mode))
        return 0;
    bd_auto_fd int fd = openat(entry->dir_fd, entry->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open %s/%s", c->prefix, entry->path);
    int rc = elf_read(fd, &e, err);
    if (rc < 0)
        return bd_err_wrap(err, "%s/%s", c->prefix, entry->path);
    c->path = entry->path;
    for (size_t i = 0; i < e.needed.n; i++)
        if (!is_found(c, &e, e.needed.items[i]))
            note_missing(c, e.needed.items[i]);
    if (e.interpreter && !has_library(c, e.interpreter, e.machine))
        note_missing(c, e.interpreter);
    return 0;
}

/* Any place of a name will do: it is looked for there last. */
static int note_brought(const struct tree_entry *entry, void *arg, struct bd_err *err BD_UNUSED)
{
    struct check *c = arg;
    bd_auto_free char *path = bd_xasprintf("%s/%s", c->prefix, entry->path);
    if (strstr(entry->name, ".so") && bd_is_utf8(path, strlen(path)))
        json_object_set_new(c->brought, entry->name, json_string(path));
    return 0;
}

/* /usr/lib/x86_64-linux-gnu and the like. */
static void find_system_dirs(struct check *c)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(plain_dirs); i++) {
        bd_auto_fd int fd = root_file(c->root_fd, plain_dirs[i]);
        bd_auto(dir) DIR *dir = NULL;
        bd_strv_add(&c->system, plain_dirs[i]);
        if (fd < 0 || bd_dir_open(fd, ".", &dir, NULL) < 0)
            continue;
        for (const struct dirent *d; (d = readdir(dir));)
            if (strstr(d->d_name, "-linux-gnu"))
                bd_strv_addf(&c->system, "%s/%s", plain_dirs[i], d->d_name);
    }
}

/* ------------------------------------------------------------------------------------- telling */

char *libraries_package(const char *name)
{
    static const struct {
        const char *name, *package;
    } others[] = {{"libcrypto.so.3", "libssl3"}};
    const char *so = strstr(name, ".so");
    if (!bd_starts_with(name, "lib") || !so || (so[3] != '.' && so[3] != '\0') || so == name + 3)
        return NULL;
    for (size_t i = 0; i < BD_ARRAY_LEN(others); i++)
        if (bd_str_eq(name, others[i].name))
            return bd_xstrdup(others[i].package);
    const char *version = so[3] ? so + 4 : "";
    bool is_python = bd_starts_with(name, "libpython"); /* its name has the whole version */
    const char *joint = isdigit((unsigned char)so[-1]) && *version ? "-" : "";
    char *package = bd_xasprintf("%.*s%s%s", (int)(so - name), name, is_python ? "" : joint,
                                 is_python ? "" : version);
    for (char *s = package; *s; s++)
        *s = *s == '_' ? '-' : (char)tolower((unsigned char)*s);
    return package;
}

static int tell_missing(const json_t *missing, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    bd_auto_strv struct bd_strv names = {0};
    const char *name;
    json_t *who;
    json_object_foreach ((json_t *)missing, name, who)
        bd_strv_add(&names, name);
    bd_strv_sort(&names);
    for (size_t i = 0; i < names.n && i < TOLD_MAX; i++) {
        bd_auto_free char *package = libraries_package(names.items[i]);
        bd_str_addf(&text, "%s%s", i ? ", " : "", names.items[i]);
        if (package)
            bd_str_addf(&text, " (Debian: %s)", package);
    }
    if (names.n > TOLD_MAX)
        bd_str_addf(&text, " and %zu more", names.n - TOLD_MAX);
    return bd_err_set(err, BD_EUNSUPPORTED,
                      "libraries that the image does not have are needed, the first by %s: %s; "
                      "have their packages put into the image (benchctl image build --package)",
                      json_string_value(json_object_get(missing, names.items[0])),
                      bd_str_text(&text));
}

static int walk(struct check *c, const struct bd_strv *prefixes, tree_fn fn,
                struct bd_cancel *cancel, struct bd_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < prefixes->n && rc == 0; i++) {
        c->prefix = prefixes->items[i];
        bd_auto_fd int fd = root_file(c->root_fd, c->prefix); /* links in it lead nowhere else */
        bd_auto_free char *dir = bd_xasprintf("/proc/self/fd/%d", fd);
        rc = fd < 0 ? bd_err_errno(err, -fd, "open %s in the image", c->prefix)
                    : tree_walk(dir, cancel, fn, c, err);
    }
    return rc;
}

int libraries_check(const char *root, const struct bd_strv *prefixes, struct bd_cancel *cancel,
                    struct bd_err *err)
{
    bd_auto_json json_t *brought = json_object(), *missing = json_object();
    bd_auto_fd int root_fd = root_open(root, err);
    struct check c = {.root_fd = root_fd, .brought = brought, .missing = missing};
    if (root_fd < 0)
        return root_fd;
    find_system_dirs(&c);
    int rc = walk(&c, prefixes, note_brought, cancel, err);
    if (rc == 0)
        rc = walk(&c, prefixes, look_at, cancel, err);
    if (rc == 0 && json_object_size(missing) > 0)
        rc = tell_missing(missing, err);
    bd_strv_done(&c.system);
    return rc;
}
