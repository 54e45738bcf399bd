/* Daemons of a scheduler, by the unit that they run as in a node. */
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/sample/take_priv.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_US    INT64_C(1000)
#define SYSTEM_SLICE "system.slice"

void take_daemon_done(struct take_daemon *d)
{
    free(d->threads);
    *d = (struct take_daemon){0};
}

/* In the group itself, or so many levels below. */
static char *find_system(const char *group, int levels)
{
    bd_auto_free char *slice = bd_xasprintf("%s/" SYSTEM_SLICE, group);
    if (bd_exists(slice))
        return bd_xstrdup(group);
    DIR *d = levels > 0 ? opendir(group) : NULL;
    char *found = NULL;
    for (const struct dirent *e; d && !found && (e = readdir(d)) != NULL;) {
        if (*e->d_name == '.' || e->d_type != DT_DIR)
            continue;
        bd_auto_free char *below = bd_xasprintf("%s/%s", group, e->d_name);
        found = find_system(below, levels - 1);
    }
    if (d)
        closedir(d);
    return found;
}

char *take_system_find(const struct take_places *places, const struct node_plan *node)
{
    bd_auto_free char *machine = take_machine_find(places->cgroup2, node);
    bd_auto_free char *group2 = take_group2(places->cgroup2, node, machine);
    return group2 ? find_system(group2, 2) : NULL;
}

static bool text_of(struct bd_str *text, const char *dir, const char *file)
{
    bd_auto_fd int fd = take_open("%s/%s", dir, file);
    return take_text(fd, text);
}

/* Of one thread's status; one that has just ended has none. */
static void add_thread(struct take_daemon *d, const char *dir, const char *tid, struct bd_str *text)
{
    bd_auto_free char *file = bd_xasprintf("%s/status", tid);
    uint64_t left, taken;
    struct take_thread thread = {0};
    if (bd_parse_i64(tid, 1, INT32_MAX, &thread.tid) < 0 || !text_of(text, dir, file) ||
        !take_line_number(text->data, "voluntary_ctxt_switches:", &left) ||
        !take_line_number(text->data, "nonvoluntary_ctxt_switches:", &taken))
        return;
    thread.switches = left + taken;
    d->threads = bd_xrealloc(d->threads, (d->n_threads + 1) * sizeof(*d->threads));
    d->threads[d->n_threads++] = thread;
}

static void add_process(struct take_daemon *d, const char *proc, int64_t pid)
{
    bd_auto_str struct bd_str text = {0};
    bd_auto_free char *dir = bd_xasprintf("%s/%" PRId64, proc, pid);
    bd_auto_free char *tasks = bd_xasprintf("%s/task", dir);
    uint64_t kib;
    if (!text_of(&text, dir, "status"))
        return;
    d->known = true;
    if (take_line_number(text.data, "VmHWM:", &kib))
        d->peak_bytes += kib * 1024;
    DIR *threads = opendir(tasks);
    for (const struct dirent *e; threads && (e = readdir(threads)) != NULL;)
        add_thread(d, tasks, e->d_name, &text);
    if (threads)
        closedir(threads);
}

static int by_tid(const void *a, const void *b)
{
    const struct take_thread *x = a, *y = b;
    return (x->tid > y->tid) - (x->tid < y->tid);
}

void take_daemon_look(const char *proc, const char *system, const char *unit,
                      struct take_daemon *ret_daemon)
{
    struct take_daemon d = {0};
    bd_auto_str struct bd_str text = {0};
    bd_auto_free char *dir = bd_xasprintf("%s/" SYSTEM_SLICE "/%s", system, unit);
    d.cpu_us.at_ns = bd_mono_ns();
    d.cpu_us.known =
        text_of(&text, dir, "cpu.stat") && take_line_number(text.data, "usage_usec ", &d.cpu_us.n);
    char *rest = text_of(&text, dir, "cgroup.procs") ? text.data : NULL;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        int64_t pid;
        if (bd_parse_i64(line, 1, INT32_MAX, &pid) == 0)
            add_process(&d, proc, pid);
    }
    if (d.n_threads)
        qsort(d.threads, d.n_threads, sizeof(*d.threads), by_tid);
    *ret_daemon = d;
}

/* A thread with fewer than before is another one of the same number. */
static uint64_t switches_since(const struct take_daemon *before, const struct take_thread *thread)
{
    const struct take_thread *was =
        before->n_threads
            ? bsearch(thread, before->threads, before->n_threads, sizeof(*thread), by_tid)
            : NULL;
    return was && was->switches <= thread->switches ? thread->switches - was->switches
                                                    : thread->switches;
}

bool take_daemon_used(const struct take_daemon *before, const struct take_daemon *after,
                      const char *unit, struct sample_daemon *ret_used)
{
    struct sample_daemon used = {.cpu_ns = -1, .peak_bytes = after->peak_bytes};
    if (!before->known || !after->known)
        return false;
    snprintf(used.unit, sizeof(used.unit), "%s", unit);
    if (before->cpu_us.known && after->cpu_us.known && after->cpu_us.n >= before->cpu_us.n)
        used.cpu_ns = (int64_t)(after->cpu_us.n - before->cpu_us.n) * NS_PER_US;
    for (size_t i = 0; i < after->n_threads; i++)
        used.switches += switches_since(before, &after->threads[i]);
    *ret_used = used;
    return true;
}
