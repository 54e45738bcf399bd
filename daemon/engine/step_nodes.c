/* nodes: each node's files are written, and it is started. */
#include "daemon/engine/steps.h"
#include "lib/image/image.h"
#include "lib/sched/sched.h"

static void free_files(struct node_files *files, size_t n)
{
    for (size_t i = 0; i < n; i++)
        node_files_done(&files[i]);
    free(files);
}

int step_nodes_exec(const struct step_host *host, const struct step_input *in,
                    struct step_output *out BD_UNUSED, struct bd_err *err)
{
    const struct cluster_plan *plan = &in->plan;
    bd_auto_free char *rootfs = image_rootfs(host->images_dir, in->image_digest);
    bd_auto_json json_t *manifest = NULL;
    int rc = image_manifest(host->images_dir, in->image_digest, &manifest, err);
    if (rc < 0)
        return rc;

    struct node_files *files = bd_xcalloc(plan->n_nodes, sizeof(*files));
    for (size_t i = 0; i < plan->n_nodes; i++)
        sched_identity_files(plan, i, &files[i]);
    rc = sched_of(&plan->spec)->files(plan, &(struct sched_image){rootfs, manifest}, files, err);
    if (rc == 0) {
        struct virt_start start = {
            .plan = plan,
            .rootfs = rootfs,
            .files = files,
            .cancel = in->cancel,
            .on_started = in->on_node,
            .arg = in->arg,
        };
        rc = virt_backend_find(plan->spec.backend)->start(host->virt, &start, err);
    }
    free_files(files, plan->n_nodes);
    return rc;
}

int step_nodes_undo(const struct step_host *host, const struct step_input *in, struct bd_err *err)
{
    return virt_backend_find(in->plan.spec.backend)
        ->stop(host->virt, VIRT_LANE_TEARDOWN, &in->plan, in->cancel, err);
}

int step_nodes_probe(const struct step_host *host, const struct step_input *in,
                     enum virt_presence *ret_presence, struct bd_err *err)
{
    return virt_backend_find(in->plan.spec.backend)
        ->probe(host->virt, &in->plan, ret_presence, err);
}
