/* Nodes of the backend lxc, on real libvirt: up, limited, found, and gone without a trace. */
#include "tests/virt/real.h"

#include "lib/base/clock.h"
#include "lib/virt/hostfacts.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

static void on_life(const char *domain BD_UNUSED, bool running BD_UNUSED, void *arg BD_UNUSED)
{
}

static enum virt_presence probe(struct real *r)
{
    struct bd_err err = BD_ERR_INIT;
    enum virt_presence presence;
    ck_ok(r->backend->probe(r->virt, &r->plan, &presence, &err), err);
    return presence;
}

static pid_t controller_of(const struct node_plan *node)
{
    bd_auto_free char *path = bd_xasprintf("/run/libvirt/lxc/%s.pid", node->domain);
    bd_auto_free char *text = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_ok(bd_read_file(path, 64, &text, NULL, &err), err);
    int64_t pid = 0;
    ck_assert_int_eq(bd_parse_i64(text, 1, INT32_MAX, &pid), 0);
    return (pid_t)pid;
}

/* A file as the node sees it. */
static char *read_in_node(struct real *r, const struct node_plan *node, const char *path)
{
    struct virt_node found;
    struct bd_err err = BD_ERR_INIT;
    char *text = NULL;
    ck_ok(virt_node_open(r->virt, node, &found, &err), err);
    bd_auto_free char *full = bd_xasprintf("/proc/%d/root%s", (int)found.pid, path);
    ck_ok(bd_read_file(full, 65536, &text, NULL, &err), err);
    close(found.pidfd);
    return text;
}

START_TEST(test_up_and_gone_without_a_trace)
{
    struct real r;
    struct virt_node found;
    struct inventory inv = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_strv struct bd_strv ours = {0};
    real_open(&r, 2, 1, 256 * MIB);
    ck_assert_int_eq(probe(&r), VIRT_ABSENT);
    ck_assert_int_eq(virt_node_open(r.virt, &r.plan.nodes[0], &found, &err), BD_ENOTFOUND);
    real_up(&r);
    ck_assert_int_eq(probe(&r), VIRT_DONE);
    for (size_t i = 0; i < r.plan.n_nodes; i++) {
        const struct node_plan *node = &r.plan.nodes[i];
        bd_auto_free char *name = read_in_node(&r, node, "/etc/hostname");
        bd_auto_free char *deep = read_in_node(&r, node, "/etc/deep/er/file");
        bd_auto_free char *expected = bd_xasprintf("of %s\n", node->name);
        ck_assert_msg(strncmp(name, node->name, strlen(node->name)) == 0, "%s", name);
        ck_assert_str_eq(deep, expected);
        ck_ok(virt_node_open(r.virt, node, &found, &err), err);
        ck_assert_str_eq(found.cgroup, node->cgroup);
        close(found.pidfd);
    }
    /* Of each node at least: domain, link, mount, controller, processes; and the bridge. */
    ck_ok(inventory_take(r.virt, VIRT_LANE_WORK, &inv, &err), err);
    inventory_of_cluster(&inv, r.plan.id, &ours);
    ck_assert_uint_ge(ours.n, 5 * r.plan.n_nodes + 1);
    bd_auto_json json_t *diff =
        inventory_diff(&r.before, &inv, "00000000", hostops_dirs_of(virt_ops(r.virt)));
    ck_assert_uint_eq(json_array_size(json_object_get(diff, "differences")), 0); /* to others' */
    inventory_done(&inv);
    real_down(&r);
    real_close(&r);
}
END_TEST

START_TEST(test_start_again_keeps_what_runs)
{
    struct real r;
    struct bd_err err = BD_ERR_INIT;
    real_open(&r, 2, 1, 256 * MIB);
    real_up(&r);
    pid_t kept = controller_of(&r.plan.nodes[0]), killed = controller_of(&r.plan.nodes[1]);
    ck_ok(hostops_cgroup_kill(r.ops, r.plan.nodes[1].cgroup, &err), err);
    for (int i = 0; i < 500 && probe(&r) != VIRT_PARTIAL; i++)
        bd_sleep_ns(10 * BD_NS_PER_MS);
    ck_assert_int_eq(probe(&r), VIRT_PARTIAL);
    ck_ok(real_start(&r, NULL, &err), err);
    ck_assert_int_eq(probe(&r), VIRT_DONE);
    ck_assert_int_eq(controller_of(&r.plan.nodes[0]), kept);
    ck_assert_int_ne(controller_of(&r.plan.nodes[1]), killed);
    real_down(&r);
    real_close(&r);
}
END_TEST

START_TEST(test_broken_root_fails_and_leaves_nothing)
{
    struct real r;
    struct bd_err err = BD_ERR_INIT;
    real_open(&r, 1, 1, 256 * MIB);
    ck_ok(inventory_take(r.virt, VIRT_LANE_WORK, &r.before, &err), err);
    ck_ok(virt_net_up(r.virt, &r.plan, &err), err);
    for (size_t i = 0; i < r.plan.n_nodes; i++)
        node_files_addf(&r.files[i], "/sbin/init", 0755, "no program\n");
    int rc = real_start(&r, NULL, &err);
    ck_assert_int_eq(rc, BD_EVIRT);
    ck_assert_msg(strstr(err.text, "start node ctl1: ") || strstr(err.text, "start node n1: "),
                  "%s", err.text);
    real_down(&r);
    real_close(&r);
}
END_TEST

START_TEST(test_start_is_cancelled)
{
    struct real r;
    struct bd_err err = BD_ERR_INIT;
    real_open(&r, 2, 1, 256 * MIB);
    struct bd_cancel *cancel = bd_cancel_new();
    bd_cancel_set(cancel, BD_ECANCELLED, "a test");
    ck_ok(inventory_take(r.virt, VIRT_LANE_WORK, &r.before, &err), err);
    ck_assert_int_eq(real_start(&r, cancel, &err), BD_ECANCELLED);
    bd_cancel_unref(cancel);
    real_down(&r);
    real_close(&r);
}
END_TEST

START_TEST(test_stop_of_what_was_never_made)
{
    struct real r;
    struct bd_err err = BD_ERR_INIT;
    real_open(&r, 3, 1, 256 * MIB);
    ck_ok(inventory_take(r.virt, VIRT_LANE_WORK, &r.before, &err), err);
    real_down(&r);
    real_down(&r);
    real_close(&r);
}
END_TEST

START_TEST(test_stop_after_a_controller_was_killed)
{
    struct real r;
    real_open(&r, 2, 1, 256 * MIB);
    real_up(&r);
    ck_assert_int_eq(kill(controller_of(&r.plan.nodes[1]), SIGKILL), 0);
    real_down(&r);
    real_close(&r);
}
END_TEST

/* Everything but libvirt's part is done; that it is missing is said. */
START_TEST(test_stop_without_libvirt)
{
    struct real r;
    struct bd_err err = BD_ERR_INIT;
    real_open(&r, 1, 1, 256 * MIB);
    real_up(&r);
    struct virt *deaf = virt_new(
        &(struct virt_config){.lxc_uri = "lxc+unix:///system?socket=/nowhere", .connections = 1},
        r.ops);
    ck_assert_int_eq(r.backend->stop(deaf, VIRT_LANE_TEARDOWN, &r.plan, NULL, &err),
                     BD_EUNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, "benchctl doctor"));
    virt_free(deaf);
    bd_auto_free char *dir = bd_xasprintf("%s/%s", hostops_dirs_of(r.ops)->clusters, r.plan.id);
    ck_assert(!bd_exists(dir));
    real_down(&r);
    real_close(&r);
}
END_TEST

/* Between virt and libvirtd, so that connections can be cut. */
struct proxy {
    int listener;
    int cut; /* an eventfd: readable once all connections are to be cut */
    const char *target;
};

struct relayed {
    const struct proxy *proxy;
    int client;
};

static bool pass_on(int from, int to)
{
    char chunk[65536];
    ssize_t n = read(from, chunk, sizeof(chunk));
    return n > 0 && bd_write_all(to, chunk, (size_t)n) == 0;
}

/* One daemon for all drivers, or one a driver. */
static const char *libvirt_socket(void)
{
    const char *whole = "/run/libvirt/libvirt-sock";
    return bd_exists(whole) ? whole : "/run/libvirt/virtlxcd-sock";
}

static int connect_to(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    memcpy(addr.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
    return fd;
}

static void *relay(void *arg)
{
    struct relayed *r = arg;
    int server = connect_to(r->proxy->target);
    struct pollfd set[] = {{.fd = r->client, .events = POLLIN},
                           {.fd = server, .events = POLLIN},
                           {.fd = r->proxy->cut, .events = POLLIN}};
    bool open = true;
    while (open && poll(set, 3, -1) > 0)
        open = !set[2].revents && (!set[0].revents || pass_on(r->client, server)) &&
               (!set[1].revents || pass_on(server, r->client));
    close(server);
    close(r->client);
    free(r);
    return NULL;
}

static void *serve(void *arg)
{
    const struct proxy *p = arg;
    for (int client; (client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
        struct relayed *r = bd_new(struct relayed);
        pthread_t thread;
        *r = (struct relayed){p, client};
        ck_assert_int_eq(pthread_create(&thread, NULL, relay, r), 0);
        pthread_detach(thread);
    }
    return NULL;
}

START_TEST(test_connections_that_broke_are_made_anew)
{
    struct real r;
    struct bd_err err = BD_ERR_INIT;
    unsigned long version;
    pthread_t thread;
    char *dir = unit_dir();
    bd_auto_free char *path = bd_xasprintf("%s/sock", dir);
    bd_auto_free char *uri = bd_xasprintf("lxc+unix:///system?socket=%s", path);
    struct proxy p = {.cut = eventfd(0, EFD_CLOEXEC), .target = libvirt_socket()};
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    memcpy(addr.sun_path, path, strlen(path) + 1);
    p.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(p.listener, (const struct sockaddr *)&addr, sizeof(addr)), 0);
    ck_assert_int_eq(listen(p.listener, 8), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, &p), 0);

    real_open(&r, 1, 1, 256 * MIB);
    struct virt *v = virt_new(&(struct virt_config){.lxc_uri = uri,
                                                    .connections = 1,
                                                    .start_width = 1,
                                                    .keepalive_interval_s = 5,
                                                    .on_lifecycle = on_life,
                                                    .arg = &r},
                              r.ops);
    for (int round = 0; round < 3; round++) {
        uint64_t count = 1;
        ck_ok(virt_version(v, &version, &err), err);
        ck_assert_int_eq(eventfd_write(p.cut, count), 0);
        /* Calls may fail while it breaks, and then work again. */
        bd_sleep_ns(100 * BD_NS_PER_MS);
        ck_assert_int_eq(eventfd_read(p.cut, &count), 0);
        int rc = virt_version(v, &version, &err);
        ck_assert_msg(rc == 0 || rc == BD_EUNAVAILABLE, "%d %s", rc, err.text);
        ck_ok(virt_version(v, &version, &err), err);
    }
    virt_free(v);
    real_close(&r);
    unit_dir_done(dir);
}
END_TEST

START_TEST(test_memory_limit_is_in_force)
{
    struct real r;
    real_open(&r, 1, 1, 192 * MIB);
    real_up(&r);
    ck_assert_int_eq(
        real_cgroup_value(&r, &r.plan.nodes[1], "memory", "memory.limit_in_bytes", "memory.max"),
        (int64_t)(192 * MIB));
    real_down(&r);
    real_close(&r);
}
END_TEST

START_TEST(test_host_is_told_about)
{
    struct real r;
    struct hostfacts facts;
    struct bd_err err = BD_ERR_INIT;
    unsigned long version = 0;
    real_open(&r, 0, 1, 0);
    ck_ok(hostfacts_read(&facts, &err), err);
    ck_assert_int_ne(facts.layout, CGROUP_NONE);
    ck_ok(virt_version(r.virt, &version, &err), err);
    ck_assert_uint_ge(version, 9000000);
    bd_auto_json json_t *checks = hostfacts_checks(&facts, r.virt, "/tmp");
    size_t i;
    json_t *check;
    ck_assert_uint_gt(json_array_size(checks), 10);
    json_array_foreach (checks, i, check) {
        const char *id = bd_json_str(check, "id", "?");
        bool ok = bd_json_bool(check, "ok", false);
        ck_assert_msg(*bd_json_str(check, "summary", ""), "%s", id);
        ck_assert_msg(ok == json_is_null(json_object_get(check, "remedy")), "%s", id);
        /* Here nodes can be made, so nothing that forbids it may be said. */
        ck_assert_msg(ok || strcmp(bd_json_str(check, "level", ""), "error") != 0, "%s: %s", id,
                      bd_json_str(check, "summary", ""));
    }
    hostfacts_done(&facts);
    real_close(&r);
}
END_TEST

REAL_MAIN("virt-lxc", test_up_and_gone_without_a_trace, test_start_again_keeps_what_runs,
          test_broken_root_fails_and_leaves_nothing, test_start_is_cancelled,
          test_stop_of_what_was_never_made, test_stop_after_a_controller_was_killed,
          test_stop_without_libvirt, test_connections_that_broke_are_made_anew,
          test_memory_limit_is_in_force, test_host_is_told_about)
