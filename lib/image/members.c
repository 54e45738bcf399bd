#include "lib/image/members.h"

#include "lib/base/str.h"

#include <string.h>

#define LAYER_BYTES_MAX   (UINT64_C(8) << 30)
#define LAYER_ENTRIES_MAX UINT64_C(500000)

struct member {
    char type; /* as ls(1): - d l c b p, and h for a hard link */
    uint64_t bytes;
    const char *name, *target; /* target: of a link; else NULL */
};

/* "-rw-r--r-- 0/0        1234 2023-11-14 22:13 rootfs/etc/passwd"; of a device the size is "1,3".
 */
static int parse_line(char *line, struct member *ret_member)
{
    enum { MODE, OWNER, SIZE, DATE, TIME, FIELDS };
    char *fields[FIELDS], *at = line;
    for (int i = 0; i < FIELDS; i++) {
        at += strspn(at, " ");
        fields[i] = at;
        at += strcspn(at, " ");
        if (*at == '\0')
            return -1;
        *at++ = '\0';
    }
    int64_t bytes = 0;
    if (!strchr(fields[SIZE], ',') && bd_parse_i64(fields[SIZE], 0, INT64_MAX, &bytes) < 0)
        return -1;
    *ret_member = (struct member){.type = fields[MODE][0], .bytes = (uint64_t)bytes, .name = at};
    if (ret_member->type == 'l' || ret_member->type == 'h') {
        const char *arrow = ret_member->type == 'l' ? " -> " : " link to ";
        char *target = strstr(at, arrow);
        if (!target)
            return -1;
        *target = '\0';
        ret_member->target = target + strlen(arrow);
    }
    return 0;
}

/* Names of directories end in a slash. */
static bool is_plain(const char *name)
{
    while (*name) {
        size_t len = strcspn(name, "/");
        if (len == 0 || (len == 1 && name[0] == '.') || (len == 2 && strncmp(name, "..", 2) == 0))
            return false;
        name += len;
        if (*name == '/')
            name++;
    }
    return true;
}

/* The root itself must be a directory: a link in its place would lead what follows elsewhere. */
static bool is_in_root(const struct member *m)
{
    size_t len = strlen(MEMBERS_ROOT);
    if (strncmp(m->name, MEMBERS_ROOT, len) != 0)
        return false;
    const char *rest = m->name + len;
    if (*rest == '\0' || bd_str_eq(rest, "/"))
        return m->type == 'd';
    return *rest == '/';
}

/* The name is a path that goes straight down. */
static int check_name(const char *name, struct bd_err *err)
{
    if (name[0] == '/')
        return bd_err_set(err, BD_EINVALID, "it holds an absolute path, %s", name);
    if (!is_plain(name))
        return bd_err_set(err, BD_EINVALID, "it holds a path that leads elsewhere, %s", name);
    return 0;
}

static int unknown_form(const char *line, struct bd_err *err)
{
    return bd_err_set(err, BD_EINVALID, "tar lists a member in an unknown form: %s", line);
}

int members_add(struct members *m, const char *line, struct bd_err *err)
{
    bd_auto_free char *copy = bd_xstrdup(line);
    struct member member;
    if (parse_line(copy, &member) < 0)
        return unknown_form(line, err);
    int rc = check_name(member.name, err);
    if (rc < 0)
        return rc;
    if (!m->has_manifest) {
        if (member.type != '-' || !bd_str_eq(member.name, MEMBERS_MANIFEST))
            return bd_err_set(err, BD_EINVALID, "it begins with %s instead of " MEMBERS_MANIFEST,
                              member.name);
        m->has_manifest = true;
        return 0;
    }
    if (!is_in_root(&member))
        return bd_err_set(err, BD_EINVALID, "it holds something outside of " MEMBERS_ROOT ", %s",
                          member.name);
    if (!strchr("-dlhcbp", member.type))
        return bd_err_set(err, BD_EINVALID, "it holds an entry of unknown type '%c', %s",
                          member.type, member.name);
    m->entries++;
    if (m->entries > m->entries_max || member.bytes > m->size_bytes_max - m->size_bytes)
        return bd_err_set(err, BD_EINVALID, "it holds more than its manifest says");
    m->size_bytes += member.bytes;
    return 0;
}

static const char *without_dot(const char *name)
{
    return bd_starts_with(name, "./") ? name + 2 : name;
}

int layer_members_add(struct layer_members *m, const char *line, struct bd_err *err)
{
    bd_auto_free char *copy = bd_xstrdup(line);
    struct member member;
    if (parse_line(copy, &member) < 0)
        return unknown_form(line, err);
    int rc = check_name(without_dot(member.name), err);
    if (rc == 0 && member.type == 'h')
        rc = check_name(without_dot(member.target), err);
    if (rc < 0)
        return rc;
    if (*without_dot(member.name) == '\0' && member.type != 'd')
        return bd_err_set(err, BD_EINVALID, "it holds something else than a directory as its root");
    if (!strchr("-dlh", member.type))
        return bd_err_set(err, BD_EINVALID,
                          "it holds an entry of type '%c', %s: a layer has files, directories and "
                          "links",
                          member.type, member.name);
    m->entries++;
    if (m->entries > LAYER_ENTRIES_MAX || member.bytes > LAYER_BYTES_MAX - m->size_bytes)
        return bd_err_set(err, BD_EINVALID,
                          "it holds more than a layer may: 8 GiB in %llu files and directories",
                          (unsigned long long)LAYER_ENTRIES_MAX);
    m->size_bytes += member.bytes;
    return 0;
}
