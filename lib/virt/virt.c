#include "lib/virt/virt.h"

#include "lib/virt/virt_priv.h"

/* As many as the daemon removes clusters at once. */
#define TEARDOWN_CONNECTIONS 4

const struct virt_backend *const virt_backends[] = {&virt_backend_lxc, NULL};

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
