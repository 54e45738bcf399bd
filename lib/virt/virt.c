#include "lib/virt/virt.h"

#include "lib/virt/virt_priv.h"

#include <string.h>
#include <unistd.h>

/* As many as the daemon removes clusters at once. */
#define TEARDOWN_CONNECTIONS 4

const struct virt_backend *const virt_backends[] = {&virt_backend_lxc, &virt_backend_host, NULL};

const struct virt_backend *virt_backend_find(const char *name)
{
    for (const struct virt_backend *const *b = virt_backends; *b; b++)
        if (bd_str_eq((*b)->name, name))
            return *b;
    return NULL;
}

struct virt *virt_new(const struct virt_config *config, struct hostops *ops)
{
    struct virt *v = bd_new(struct virt);
    struct conn_pool_config lane = {
        .uri = config->lxc_uri,
        .connections = config->connections,
    };
    struct conn_pool_config events = {
        .uri = config->lxc_uri,
        .connections = 1,
        .keepalive_interval_s = config->keepalive_interval_s,
        .on_lifecycle = config->on_lifecycle,
        .arg = config->arg,
    };
    v->ops = ops;
    v->start_width = config->start_width > 0 ? config->start_width : 1;
    v->lanes[VIRT_LANE_WORK] = conn_pool_new(&lane);
    lane.connections = TEARDOWN_CONNECTIONS;
    v->lanes[VIRT_LANE_TEARDOWN] = conn_pool_new(&lane);
    v->events = conn_pool_new(&events);
    /* What can't be read is as what is not there: usable() and the checks tell of it. */
    if (hostfacts_read(&v->facts, NULL) < 0)
        v->facts = (struct hostfacts){.controllers = bd_xstrdup("")};
    shape_try(&v->shaping);
    return v;
}

void virt_free(struct virt *v)
{
    if (!v)
        return;
    for (int i = 0; i < VIRT_LANE_COUNT; i++)
        conn_pool_free(v->lanes[i]);
    conn_pool_free(v->events);
    hostfacts_done(&v->facts);
    free(v);
}

struct hostops *virt_ops(struct virt *v)
{
    return v->ops;
}

int virt_can_group(const struct virt *v, struct bd_err *err)
{
    if (geteuid() != 0)
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "benchd makes nodes as root only: start it as root");
    if (v->facts.layout == CGROUP_NONE)
        return bd_err_set(err, BD_EUNSUPPORTED,
                          "cgroup2 is not mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup (or "
                          ".../unified beside version 1)");
    return 0;
}

bool virt_in_force(const struct virt *v, const char *controller)
{
    bd_auto_free char *list = bd_xasprintf(",%s,", v->facts.controllers);
    bd_auto_free char *word = bd_xasprintf(",%s,", controller);
    return strstr(list, word) != NULL;
}

void virt_warn_of_limits(const struct virt *v, struct bd_strv *warnings)
{
    if (!virt_in_force(v, "memory"))
        bd_strv_add(warnings,
                    "memory is not limited: this host has no memory controller for nodes");
    if (!virt_in_force(v, "cpu"))
        bd_strv_add(warnings, "CPU is not limited: this host has no cpu controller for nodes");
}

int virt_watch(struct virt *v, struct bd_err *err)
{
    bd_auto_conn struct conn *conn = NULL;
    return conn_get(v->events, &conn, err);
}

int virt_version(struct virt *v, unsigned long *ret_version, struct bd_err *err)
{
    bd_auto_conn struct conn *conn = NULL;
    unsigned long version;
    int rc = conn_get(v->lanes[VIRT_LANE_WORK], &conn, err);
    if (rc < 0)
        return rc;
    if (virConnectGetLibVersion(conn_libvirt(conn), &version) < 0)
        return conn_error(conn, err, "ask libvirtd for its version");
    *ret_version = version;
    return 0;
}
