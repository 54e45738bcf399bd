/* Looking at nodes: all of a taker but the host's own files. */
#include "lib/sample/take.h"

#include "lib/base/clock.h"
#include "lib/sample/take_priv.h"

#include <string.h>
#include <unistd.h>

struct node_files {
    char link[NODE_LINK_BYTES];
    int cpu, memory, block;
    bool block_v1;
    int tasks;      /* cgroup2's pids.current, or -1 */
    char *tasks_v1; /* path: see look_at_tasks() */
};

struct taker {
    struct host_files *host;
    int net; /* /proc/net/dev */
    struct node_files *nodes;
    size_t n_nodes;
    struct bd_str text;
};

void take_look_init(struct take_look *look, size_t n_nodes)
{
    *look = (struct take_look){
        .nodes = bd_xcalloc(n_nodes, sizeof(*look->nodes)),
        .n_nodes = n_nodes,
    };
}

void take_look_done(struct take_look *look)
{
    free(look->nodes);
    *look = (struct take_look){0};
}

/* ------------------------------------------------------------------------------------- opening */

struct groups {
    char **machine2, **memory, **blkio; /* libvirt's, of each node, in each hierarchy */
    size_t n;
};

static char **groups_of(const char *hierarchy, const struct cluster_plan *plan)
{
    char **paths = bd_xcalloc(plan->n_nodes, sizeof(*paths));
    take_machines_find(hierarchy, plan->nodes, plan->n_nodes, paths);
    return paths;
}

static void groups_done(struct groups *g)
{
    char **const lists[] = {g->machine2, g->memory, g->blkio};
    for (size_t l = 0; l < BD_ARRAY_LEN(lists); l++) {
        for (size_t i = 0; i < g->n; i++)
            free(lists[l][i]);
        free(lists[l]);
    }
}

/* A version 2 file where that has the controller, else version 1's. */
static void open_node(struct node_files *f, const struct take_places *places,
                      const struct node_plan *node, const struct groups *g, size_t i)
{
    bd_auto_free char *group2 = take_group2(places->cgroup2, node, g->machine2[i]);
    *f = (struct node_files){.cpu = -1, .memory = -1, .block = -1, .tasks = -1};
    memcpy(f->link, node->link, sizeof(f->link));
    if (group2) {
        f->cpu = take_open("%s/cpu.stat", group2);
        f->memory = take_open("%s/memory.current", group2);
        f->block = take_open("%s/io.stat", group2);
        f->tasks = take_open("%s/pids.current", group2);
    }
    if (f->memory < 0 && g->memory[i])
        f->memory = take_open("%s/memory.usage_in_bytes", g->memory[i]);
    if (f->tasks < 0 && g->memory[i])
        f->tasks_v1 = bd_xasprintf("%s/tasks", g->memory[i]);
    f->block_v1 = f->block < 0 && g->blkio[i];
    if (f->block_v1)
        f->block = take_open("%s/blkio.throttle.io_service_bytes_recursive", g->blkio[i]);
}

struct taker *taker_new(const struct take_places *places, const struct cluster_plan *plan)
{
    struct taker *t = bd_new(struct taker);
    struct groups g = {.machine2 = groups_of(places->cgroup2, plan),
                       .memory = groups_of(places->memory, plan),
                       .blkio = groups_of(places->blkio, plan),
                       .n = plan->n_nodes};
    t->host = host_files_new(places);
    t->net = take_open("%s/net/dev", places->proc);
    t->n_nodes = plan->n_nodes;
    t->nodes = bd_xcalloc(plan->n_nodes, sizeof(*t->nodes));
    for (size_t i = 0; i < plan->n_nodes; i++)
        open_node(&t->nodes[i], places, &plan->nodes[i], &g, i);
    groups_done(&g);
    return t;
}

void taker_free(struct taker *t)
{
    if (!t)
        return;
    host_files_free(t->host);
    bd_cleanup_fd(&t->net);
    for (size_t i = 0; i < t->n_nodes; i++) {
        const struct node_files *f = &t->nodes[i];
        const int fds[] = {f->cpu, f->memory, f->block, f->tasks};
        for (size_t k = 0; k < BD_ARRAY_LEN(fds); k++)
            bd_cleanup_fd(&fds[k]);
        free(f->tasks_v1);
    }
    free(t->nodes);
    bd_str_done(&t->text);
    free(t);
}

/* ------------------------------------------------------------------------------------- looking */

static struct take_count count_now(void)
{
    return (struct take_count){.at_ns = bd_mono_ns()};
}

static struct take_count look_at_number(struct taker *t, int fd, const char *word)
{
    struct take_count c = count_now();
    c.known = take_text(fd, &t->text) && take_line_number(t->text.data, word, &c.n);
    return c;
}

/* Version 1 may answer a descriptor that was read before with the list of then
 * (kernel/cgroup/cgroup-v1.c keeps it for a second after its last use), so it is opened anew. */
static struct take_count look_at_tasks(struct taker *t, const struct node_files *f)
{
    if (!f->tasks_v1)
        return look_at_number(t, f->tasks, "");
    struct take_count c = count_now();
    bd_auto_fd int fd = take_open("%s", f->tasks_v1);
    c.known = take_text(fd, &t->text);
    for (const char *line = bd_str_text(&t->text); (line = strchr(line, '\n')) != NULL; line++)
        c.n++;
    return c;
}

/* "8:0 rbytes=1 wbytes=2 rios=3 ...", or "8:0 Read 1" and "8:0 Write 2": of all devices. */
static void look_at_block(struct taker *t, const struct node_files *f, struct take_node *ret_node)
{
    struct take_count read = count_now(), write = read;
    uint64_t n;
    read.known = write.known = take_text(f->block, &t->text);
    const char *read_word = f->block_v1 ? "Read " : "rbytes=";
    const char *write_word = f->block_v1 ? "Write " : "wbytes=";
    for (char *word = t->text.data; read.known && word; word = strpbrk(word, " \n")) {
        word += *word == ' ' || *word == '\n';
        if (take_number(word, read_word, &n))
            read.n += n;
        else if (take_number(word, write_word, &n))
            write.n += n;
    }
    ret_node->block_read = read;
    ret_node->block_write = write;
}

/* The node whose link has the name in which the line's text begins ("bdID-NUMBER:"), or NULL. */
static struct take_node *node_of_link(const struct taker *t, struct take_look *look,
                                      const char *name, size_t len)
{
    const char *dash = memrchr(name, '-', len);
    uint64_t i;
    if (!dash || !take_number(dash, "-", &i) || i >= t->n_nodes ||
        strlen(t->nodes[i].link) != len || memcmp(t->nodes[i].link, name, len) != 0)
        return NULL;
    return &look->nodes[i];
}

/* What the host's end of a link receives is what the node sent. One file has all links, in which
 * every number would else be a file of sysfs, two a node. */
static void look_at_links(struct taker *t, struct take_look *look)
{
    enum { RX_BYTES = 0, TX_BYTES = 8, N };
    struct take_count now = count_now();
    bool known = take_text(t->net, &t->text);
    char *rest = t->text.data;
    for (char *line; known && (line = strsep(&rest, "\n")) != NULL;) {
        line += strspn(line, " ");
        char *colon = strchr(line, ':');
        struct take_node *node = colon ? node_of_link(t, look, line, (size_t)(colon - line)) : NULL;
        uint64_t n[N];
        char *at = colon ? colon + 1 : NULL;
        int found = 0;
        for (; node && found < N && take_number(at, "", &n[found]); found++) {
            at += strspn(at, " ");
            at += strcspn(at, " ");
        }
        if (found < N)
            continue;
        node->net_tx = (struct take_count){now.at_ns, n[RX_BYTES], true};
        node->net_rx = (struct take_count){now.at_ns, n[TX_BYTES], true};
    }
}

int taker_look(struct taker *t, struct take_look *look, struct bd_err *err)
{
    memset(look->nodes, 0, look->n_nodes * sizeof(*look->nodes));
    look->host = (struct take_host){0};
    int rc = host_files_look(t->host, &look->host, err);
    for (size_t i = 0; i < t->n_nodes; i++) {
        const struct node_files *f = &t->nodes[i];
        struct take_node *node = &look->nodes[i];
        node->cpu_us = look_at_number(t, f->cpu, "usage_usec ");
        node->memory_bytes = look_at_number(t, f->memory, "");
        node->tasks = look_at_tasks(t, f);
        look_at_block(t, f, node);
    }
    look_at_links(t, look);
    return rc;
}
