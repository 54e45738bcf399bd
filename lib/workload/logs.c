/* The scheduler's logs, fetched from the nodes. */
#include "lib/base/fs.h"
#include "lib/base/par.h"
#include "lib/workload/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define LOG_BYTES_MAX (UINT64_C(64) << 20)
#define WIDTH         8 /* nodes at once */

struct collect {
    const struct workload_input *in;
    bool every_node;
    pthread_mutex_t lock; /* of missing */
    struct bd_strv *missing;
};

static void add_missing(struct collect *c, const struct node_plan *node, const char *path,
                        const struct bd_err *why)
{
    pthread_mutex_lock(&c->lock);
    bd_strv_addf(c->missing, "%s of %s was not fetched: %s",
                 path ? path : "what the scheduler logs", node->name, why->text);
    pthread_mutex_unlock(&c->lock);
}

/* The host's own disk is no matter of the node's. */
static bool is_of_host(int rc)
{
    return rc == -ENOSPC || rc == -EDQUOT || rc == -EIO || rc == -EROFS;
}

int logs_fetch(const struct workload_input *in, const struct node_plan *node, const char *path,
               const char *kept_as, uint64_t max_bytes, struct bd_err *err)
{
    char digest[BD_DIGEST_BYTES];
    bd_auto_free char *name =
        kept_as ? bd_xstrdup(kept_as) : bd_xasprintf("%s-%s", node->name, bd_path_name(path));
    bd_auto_free char *partial = bd_xasprintf(".%s", name);
    bd_auto_fd int fd =
        openat(in->dir_fd, partial, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return bd_err_errno(err, errno, "make %s in the run's directory", name);
    int rc = channel_get(in->channel, node, path, fd, max_bytes, digest, err);
    if (rc == 0 && renameat(in->dir_fd, partial, in->dir_fd, name) < 0)
        rc = bd_err_errno(err, errno, "make %s in the run's directory", name);
    if (rc < 0)
        unlinkat(in->dir_fd, partial, 0);
    return rc;
}

/* Paths of what a node logs. */
static void add_logs(const struct collect *c, const struct node_plan *node, struct bd_strv *ret)
{
    const struct sched *sched = c->in->sched;
    bool controls = node->role == NODE_CONTROLLER;
    const char *const *lists[] = {
        controls ? sched->controller_logs : NULL,
        controls && c->in->plan->spec.accounting ? sched->accounting_logs : NULL,
        !controls && c->every_node ? sched->compute_logs : NULL,
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(lists); i++)
        for (const char *const *path = lists[i]; path && *path; path++)
            bd_strv_add(ret, *path);
}

static int collect_node(size_t index, void *arg, struct bd_err *err)
{
    struct collect *c = arg;
    const struct node_plan *node = &c->in->plan->nodes[index];
    bd_auto_strv struct bd_strv paths = {0};
    add_logs(c, node, &paths);
    for (size_t i = 0; i < paths.n; i++) {
        struct bd_err why = BD_ERR_INIT;
        bool records = bd_str_eq(paths.items[i], c->in->sched->records_log);
        int rc = logs_fetch(c->in, node, paths.items[i], NULL,
                            records ? RECORDS_LOG_BYTES_MAX : LOG_BYTES_MAX, &why);
        if (is_of_host(rc)) {
            bd_err_copy(err, &why);
            return rc;
        }
        /* A node that is gone is named once. */
        bool gone = rc == BD_ENOTFOUND;
        if (rc < 0)
            add_missing(c, node, gone ? NULL : paths.items[i], &why);
        if (gone)
            break;
    }
    return 0;
}

int logs_collect(const struct workload_input *in, bool every_node, struct bd_strv *missing,
                 struct bd_err *err)
{
    struct collect c = {
        .in = in,
        .every_node = every_node,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .missing = missing,
    };
    int rc = bd_par_for(in->plan->n_nodes, WIDTH, collect_node, &c, in->cancel, err);
    pthread_mutex_destroy(&c.lock);
    return rc;
}
