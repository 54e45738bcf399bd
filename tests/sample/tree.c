#include "tests/sample/tree.h"

#include "lib/base/fs.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not an assertion of Check's, which are for tests alone. */
static void must(bool is_so, const char *what)
{
    if (!is_so)
        bd_die(what);
}

void tree_put(const char *top, const char *name, const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    must(n >= 0, "out of memory");
    bd_auto_free char *path = bd_xasprintf("%s/%s", top, name);
    bd_auto_free char *dir = bd_path_dir(path);
    must(bd_mkdir_p(dir, 0700, NULL) == 0, dir);
    /* In one call and cut afterwards: a reader in another thread sees no empty file. */
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    must(fd >= 0 && bd_write_all(fd, text, (size_t)n) == 0 && ftruncate(fd, n) == 0, path);
    close(fd);
    free(text);
}

void tree_remove(const char *top, const char *name)
{
    bd_auto_free char *path = bd_xasprintf("%s/%s", top, name);
    must(bd_rm_rf(path, NULL) == 0, path);
}

char *tree_group2(const struct tree *t, size_t i)
{
    if (t->layout == TREE_HYBRID)
        return bd_xstrdup(t->plan.nodes[i].cgroup);
    return bd_xasprintf("machine.slice/machine-lxc\\x2d%zu\\x2dbd\\x2d" TREE_ID "\\x2d%s.scope",
                        4700 + i, t->plan.nodes[i].name);
}

void tree_put_node(const struct tree *t, size_t i, const struct tree_node *n)
{
    bd_auto_free char *group2 = tree_group2(t, i);
    bd_auto_free char *top2 = bd_xasprintf("%s/%s", t->cgroup2, group2);
    tree_put(top2, "cpu.stat", "usage_usec %" PRIu64 "\nuser_usec 1\nsystem_usec 2\n", n->cpu_us);
    if (t->layout == TREE_UNIFIED) {
        tree_put(top2, "memory.current", "%" PRIu64 "\n", n->memory);
        tree_put(top2, "pids.current", "%" PRIu64 "\n", n->tasks);
        tree_put(top2, "io.stat",
                 "8:0 rbytes=%" PRIu64 " wbytes=7 rios=9 wios=9 dbytes=0 dios=0\n"
                 "254:1 rbytes=3 wbytes=%" PRIu64 " rios=9 wios=9 dbytes=0 dios=0\n",
                 n->read - 3, n->written - 7);
        return;
    }
    bd_auto_free char *name =
        bd_xasprintf("machine/lxc-%zu-%s.libvirt-lxc", 4700 + i, t->plan.nodes[i].domain);
    bd_auto_free char *memory = bd_xasprintf("%s/%s", t->memory, name);
    bd_auto_free char *blkio = bd_xasprintf("%s/%s", t->blkio, name);
    bd_auto_str struct bd_str tasks = {0};
    for (uint64_t k = 0; k < n->tasks; k++)
        bd_str_addf(&tasks, "%" PRIu64 "\n", 1000000 + k);
    tree_put(memory, "memory.usage_in_bytes", "%" PRIu64 "\n", n->memory);
    tree_put(memory, "tasks", "%s", bd_str_text(&tasks));
    tree_put(blkio, "blkio.throttle.io_service_bytes_recursive",
             "8:0 Read %" PRIu64 "\n8:0 Write 7\n8:0 Sync 9\n8:0 Async 9\n8:0 Total 99\n"
             "254:1 Read 3\n254:1 Write %" PRIu64 "\n254:1 Total 99\nTotal 999\n",
             n->read - 3, n->written - 7);
}

void tree_put_links(const struct tree *t, const struct tree_node *nodes)
{
    bd_auto_str struct bd_str text = {0};
    bd_str_add(&text, "Inter-|   Receive                            |  Transmit\n"
                      " face |bytes    packets errs drop fifo frame compressed multicast|bytes\n"
                      "    lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n"
                      "bd-" TREE_ID ": 7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n"
                      "bd00000001-0: 8 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0\n"
                      "bd" TREE_ID "-999: 8 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0\n");
    for (size_t i = 0; i < t->plan.n_nodes; i++)
        bd_str_addf(&text, "%s: %" PRIu64 " 1 0 0 0 0 0 0 %" PRIu64 " 1 0 0 0 0 0 0\n",
                    t->plan.nodes[i].link, nodes[i].rx, nodes[i].tx);
    tree_put(t->proc, "net/dev", "%s", bd_str_text(&text));
}

void tree_make(struct tree *ret_tree, enum tree_layout layout, unsigned compute, const char *parent)
{
    const char *tmp = parent ? parent : getenv("TMPDIR");
    struct tree t = {.dir = bd_xasprintf("%s/benchd-test.XXXXXX", tmp ? tmp : "/tmp"),
                     .layout = layout};
    must(mkdtemp(t.dir) != NULL, t.dir);
    struct cluster_spec spec = {.controllers = 1, .compute = compute};
    struct subnet subnet = {0};
    cluster_plan_make(TREE_ID, &spec, &subnet, &t.plan);
    t.proc = bd_xasprintf("%s/proc", t.dir);
    t.sys = bd_xasprintf("%s/sys", t.dir);
    t.run = bd_xasprintf("%s/run", t.dir);
    t.cgroup2 = bd_xasprintf("%s/cgroup2", t.dir);
    bool version1 = layout == TREE_HYBRID;
    t.memory = version1 ? bd_xasprintf("%s/memory", t.dir) : bd_xstrdup("");
    t.blkio = version1 ? bd_xasprintf("%s/blkio", t.dir) : bd_xstrdup("");
    t.places = (struct take_places){t.proc, t.sys, t.run, t.cgroup2, t.memory, t.blkio};
    tree_put(t.proc, "stat", "cpu  100 0 100 9000 50 0 0 10 0 0\n");
    const struct tree_node node = {1000, 4096, 3, 10, 20, 30, 40};
    bd_auto_free struct tree_node *nodes = bd_xcalloc(t.plan.n_nodes, sizeof(*nodes));
    for (size_t i = 0; i < t.plan.n_nodes; i++) {
        nodes[i] = node;
        tree_put_node(&t, i, &node);
    }
    tree_put_links(&t, nodes);
    *ret_tree = t;
}

void tree_done(struct tree *t)
{
    cluster_plan_done(&t->plan);
    char *const texts[] = {t->proc, t->sys, t->run, t->cgroup2, t->memory, t->blkio};
    for (size_t i = 0; i < BD_ARRAY_LEN(texts); i++)
        free(texts[i]);
    must(bd_rm_rf(t->dir, NULL) == 0, t->dir);
    free(t->dir);
}
