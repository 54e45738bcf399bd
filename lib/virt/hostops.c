#include "lib/virt/hostops.h"

#include "lib/base/fs.h"
#include "lib/base/id.h"
#include "lib/base/str.h"
#include "lib/model/cluster.h"
#include "lib/virt/hostops_priv.h"

#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

void node_files_done(struct node_files *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->items[i].path);
        free(f->items[i].data);
    }
    free(f->items);
    *f = (struct node_files){0};
}

void node_files_add(struct node_files *f, const char *path, mode_t mode, uid_t uid, gid_t gid,
                    const void *data, size_t bytes)
{
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 16;
        f->items = bd_xrealloc(f->items, f->cap * sizeof(*f->items));
    }
    /* One more byte, so that the target of a link is a string. */
    char *copy = bd_xmalloc(bytes + 1);
    if (bytes)
        memcpy(copy, data, bytes);
    copy[bytes] = '\0';
    f->items[f->n++] = (struct node_file){
        .path = bd_xstrdup(path),
        .data = copy,
        .bytes = bytes,
        .mode = mode,
        .uid = uid,
        .gid = gid,
    };
}

void node_files_addf(struct node_files *f, const char *path, mode_t mode, const char *fmt, ...)
{
    bd_auto_free char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0)
        abort();
    node_files_add(f, path, mode, 0, 0, text, (size_t)n);
}

void node_files_link(struct node_files *f, const char *path, const char *target)
{
    node_files_add(f, path, S_IFLNK | 0777, 0, 0, target, strlen(target));
}

struct hostops *hostops_new(const struct hostops_dirs *dirs)
{
    struct hostops *h = bd_new(struct hostops);
    h->dirs = (struct hostops_dirs){
        .clusters = bd_xstrdup(dirs->clusters),
        .images = bd_xstrdup(dirs->images),
        .node_layer = bd_xstrdup(dirs->node_layer),
        .cgroup2 = bd_xstrdup(dirs->cgroup2),
    };
    return h;
}

void hostops_free(struct hostops *h)
{
    if (!h)
        return;
    free((char *)h->dirs.clusters);
    free((char *)h->dirs.images);
    free((char *)h->dirs.node_layer);
    free((char *)h->dirs.cgroup2);
    free(h);
}

const struct hostops_dirs *hostops_dirs_of(const struct hostops *h)
{
    return &h->dirs;
}

int hostops_check_id(const char *id, struct bd_err *err)
{
    if (strlen(id) == BD_ID_CHARS && strspn(id, DIGITS "abcdef") == BD_ID_CHARS)
        return 0;
    return bd_err_set(err, BD_EINVALID, "'%s' is not a cluster's id (%d hex digits)", id,
                      BD_ID_CHARS);
}

int hostops_check_node(const char *node, struct bd_err *err)
{
    size_t n = strlen(node);
    if (n > 0 && n < NODE_NAME_BYTES && strspn(node, LOWER DIGITS) == n)
        return 0;
    return bd_err_set(err, BD_EINVALID, "'%s' is not a node's name (letters and digits)", node);
}

int hostops_check_domain(const char *domain, struct bd_err *err)
{
    size_t n = strlen(domain);
    if (n < NODE_DOMAIN_BYTES && bd_starts_with(domain, "bd-") &&
        strspn(domain, LOWER DIGITS "-") == n)
        return 0;
    return bd_err_set(err, BD_EINVALID, "'%s' is not the name of a domain of ours (bd-ID-NODE)",
                      domain);
}

int hostops_check_link(const char *name, struct bd_err *err)
{
    size_t n = strlen(name);
    if (n < IFNAMSIZ && bd_starts_with(name, "bd") && strspn(name, LOWER DIGITS "-") == n)
        return 0;
    return bd_err_set(err, BD_EINVALID,
                      "'%s' is not the name of a link of ours (bd..., below %d characters)", name,
                      IFNAMSIZ);
}

int hostops_check_cgroup(const char *cgroup, struct bd_err *err)
{
    bd_auto_free char *padded = bd_xasprintf("/%s/", cgroup);
    bool ours = bd_starts_with(cgroup, "benchd/");
    bool libvirts = bd_starts_with(cgroup, "machine") && strstr(padded, "/bench/");
    if ((ours || libvirts) && !strstr(padded, "//") && !strstr(padded, "/./") &&
        !strstr(padded, "/../"))
        return 0;
    return bd_err_set(err, BD_EINVALID, "'%s' is not a cgroup of ours (benchd/...)", cgroup);
}
