#include "daemon/engine/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is made in the run's directory is durable only if its name is. */
static int open_dir(const char *runs_dir, const char *id, int *ret_fd, struct bd_err *err)
{
    bd_auto_fd int runs = open(runs_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (runs < 0)
        return bd_err_errno(err, errno, "open the directory of runs %s", runs_dir);
    bool made = mkdirat(runs, id, 0750) == 0;
    if (!made && errno != EEXIST)
        return bd_err_errno(err, errno, "make the run's directory %s/%s", runs_dir, id);
    if (made && fsync(runs) < 0)
        return bd_err_errno(err, errno, "sync the directory of runs %s", runs_dir);
    int fd = openat(runs, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open the run's directory %s/%s", runs_dir, id);
    *ret_fd = fd;
    return 0;
}

int measure_open(const struct step_host *host, const struct step_input *in, struct measure *ret_m,
                 struct bd_err *err)
{
    struct measure m = {.dir_fd = -1};
    const json_t *spec = json_object_get(in->run.spec, "workload");
    const char *name = bd_json_str(spec, "name", "");
    m.workload = workload_find(name);
    if (!m.workload)
        return bd_err_set(err, BD_EUNSUPPORTED, "this version has no workload '%s'", name);
    int rc = channel_init(&m.channel, in->plan.spec.backend, host->virt, host->bench_enter, err);
    if (rc == 0)
        rc = open_dir(host->runs_dir, in->plan.id, &m.dir_fd, err);
    if (rc < 0)
        return rc;
    *ret_m = m;
    ret_m->input = (struct workload_input){
        .channel = &ret_m->channel,
        .plan = &in->plan,
        .sched = sched_of(&in->plan.spec),
        .spec = spec,
        .seed = in->run.seed,
        .block = in->run.block,
        .shared_clock = virt_backend_find(in->plan.spec.backend)->shared_clock,
        .dir_fd = ret_m->dir_fd,
        .inputs_dir = host->inputs_dir,
        .cancel = in->cancel,
        .on_progress = in->on_progress,
        .arg = in->arg,
    };
    return 0;
}

void measure_done(struct measure *m)
{
    bd_cleanup_fd(&m->dir_fd);
    m->dir_fd = -1;
}
