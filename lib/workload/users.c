/* Accounts for a stream's users: lines at the end of each node's passwd, which schedulers read. */
#include "lib/base/par.h"
#include "lib/workload/jobstream.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PASSWD           "/etc/passwd"
#define PASSWD_BYTES_MAX ((uint64_t)1 << 20)
#define FIRST_UID        61000 /* of user 1, less one; above what distributions give away */
#define GID              100   /* "users" */
#define WIDTH            8

struct making {
    const struct workload_input *in;
    unsigned users;
};

/* What is there already, followed by the accounts that are not. */
static int extend(int fd, unsigned users, struct bd_err *err)
{
    bd_auto_str struct bd_str text = {0};
    char chunk[4096];
    ssize_t n;
    while ((n = pread(fd, chunk, sizeof(chunk), (off_t)text.len)) > 0)
        bd_str_addn(&text, chunk, (size_t)n);
    if (n < 0)
        return bd_err_errno(err, errno, "read the copy of " PASSWD);
    size_t before = text.len;
    if (before && text.data[before - 1] != '\n')
        bd_str_add(&text, "\n");
    for (unsigned u = 1; u <= users; u++) {
        bd_auto_free char *head = bd_xasprintf("\nbench%u:", u);
        if (!strstr(bd_str_text(&text), head))
            bd_str_addf(&text, "bench%u:x:%u:%u:a user of the stream:/tmp:/bin/sh\n", u,
                        FIRST_UID + u, GID);
    }
    size_t more = text.len - before;
    if (pwrite(fd, text.data + before, more, (off_t)before) != (ssize_t)more ||
        lseek(fd, 0, SEEK_SET) < 0)
        return bd_err_errno(err, errno ? errno : EIO, "write the copy of " PASSWD);
    return 0;
}

static int make_on_node(size_t index, void *arg, struct bd_err *err)
{
    const struct making *m = arg;
    const struct node_plan *node = &m->in->plan->nodes[index];
    char digest[BD_DIGEST_BYTES];
    bd_auto_fd int fd = memfd_create("passwd", MFD_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "make a file in memory");
    int rc = channel_get(m->in->channel, node, PASSWD, fd, PASSWD_BYTES_MAX, digest, err);
    if (rc == 0)
        rc = extend(fd, m->users, err);
    if (rc == 0)
        rc = channel_put(m->in->channel, node, fd, PASSWD, 0644, digest, err);
    if (rc < 0)
        bd_err_wrap(err, "give node %s accounts for the stream's users", node->name);
    return rc;
}

void jobstream_check_users(json_int_t users, const struct cluster_spec *cluster,
                           struct schema_faults *faults)
{
    const struct sched *sched = sched_find(cluster->scheduler);
    bd_auto_free char *got = bd_xasprintf("%lld", (long long)users);
    if (users > 0 && sched && !(sched->can & 1U << SCHED_USERS))
        schema_faults_add(
            faults, "/workload/users", got,
            "no users: %s runs all jobs as root here, so they would all be one user's",
            sched->name);
}

int users_make(const struct workload_input *in, unsigned users, struct bd_err *err)
{
    struct making m = {.in = in, .users = users};
    return users ? bd_par_for(in->plan->n_nodes, WIDTH, make_on_node, &m, in->cancel, err) : 0;
}
