#include "lib/virt/hostfacts.h"

#include "lib/base/fs.h"
#include "lib/virt/mounts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CGROUPS "/sys/fs/cgroup"

const char *cgroup_layout_to_str(enum cgroup_layout l)
{
    static const char *const names[CGROUP_LAYOUT_COUNT] = {
        [CGROUP_NONE] = "none", [CGROUP_HYBRID] = "hybrid", [CGROUP_UNIFIED] = "unified"};
    return l < CGROUP_LAYOUT_COUNT ? names[l] : "unknown";
}

struct look {
    struct hostfacts *facts;
    struct bd_strv v1; /* controllers of version 1 hierarchies */
};

static void add_v1(struct bd_strv *v1, const char *options)
{
    static const char *const known[] = {"cpu", "memory", "pids", "cpuset", "blkio"};
    bd_auto_free char *list = bd_xasprintf(",%s,", options);
    for (size_t i = 0; i < BD_ARRAY_LEN(known); i++) {
        bd_auto_free char *word = bd_xasprintf(",%s,", known[i]);
        if (strstr(list, word) && !bd_strv_has(v1, known[i]))
            bd_strv_add(v1, known[i]);
    }
}

/* A later mount on the same place covers an earlier one, so the last counts. */
static int look_at_mount(const struct mount_entry *m, void *arg)
{
    struct look *l = arg;
    struct hostfacts *f = l->facts;
    if (strcmp(m->type, "cgroup") == 0)
        add_v1(&l->v1, m->options);
    if (strcmp(m->type, "cgroup2") != 0 || !bd_starts_with(m->target, CGROUPS) ||
        strlen(m->target) >= sizeof(f->cgroup2) || strlen(m->options) >= sizeof(f->cgroup2_options))
        return 0;
    f->layout = strcmp(m->target, CGROUPS) == 0 ? CGROUP_UNIFIED : CGROUP_HYBRID;
    memcpy(f->cgroup2, m->target, strlen(m->target) + 1);
    memcpy(f->cgroup2_options, m->options, strlen(m->options) + 1);
    return 0;
}

static void add_all(struct bd_str *out, const struct bd_strv *words)
{
    for (size_t i = 0; i < words->n; i++)
        bd_str_addf(out, "%s%s", i ? "," : "", words->items[i]);
}

/* libvirt uses version 1 controllers where there are any, and those of cgroup2 where that is alone.
 */
static int read_controllers(struct hostfacts *f, const struct bd_strv *v1, struct bd_err *err)
{
    bd_auto_str struct bd_str list = {0};
    if (f->layout == CGROUP_UNIFIED) {
        bd_auto_free char *path = bd_xasprintf("%s/cgroup.controllers", f->cgroup2);
        bd_auto_free char *text = NULL;
        int rc = bd_read_file(path, 4096, &text, NULL, err);
        if (rc < 0)
            return rc;
        text[strcspn(text, "\n")] = '\0';
        for (char *blank; (blank = strchr(text, ' ')) != NULL;)
            *blank = ',';
        bd_str_add(&list, text);
    } else {
        add_all(&list, v1);
    }
    f->controllers = bd_str_take(&list);
    return 0;
}

int hostfacts_read(struct hostfacts *ret_facts, struct bd_err *err)
{
    struct hostfacts f = {0};
    struct sysinfo mem;
    struct utsname kernel;
    if (sysinfo(&mem) < 0 || uname(&kernel) < 0)
        return bd_err_errno(err, errno, "ask the kernel what host this is");
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    f.cpus = cpus > 0 ? (unsigned)cpus : 1;
    f.memory_bytes = (uint64_t)mem.totalram * mem.mem_unit;
    snprintf(f.kernel, sizeof(f.kernel), "%s", kernel.release);
    struct look l = {.facts = &f};
    int rc = mounts_each(look_at_mount, &l, err);
    if (rc == 0)
        rc = read_controllers(&f, &l.v1, err);
    bd_strv_done(&l.v1);
    if (rc == 0)
        *ret_facts = f;
    return rc;
}

void hostfacts_done(struct hostfacts *f)
{
    free(f->controllers);
    *f = (struct hostfacts){0};
}
