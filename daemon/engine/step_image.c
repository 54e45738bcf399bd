/* image: the image is there, whole, and has what the scheduler needs. */
#include "daemon/engine/steps.h"
#include "lib/base/fs.h"
#include "lib/image/image.h"
#include "lib/sched/sched.h"

int step_image_exec(const struct step_host *host, const struct step_input *in,
                    struct step_output *out BD_UNUSED, struct bd_err *err)
{
    bd_auto_free char *rootfs = image_rootfs(host->images_dir, in->image_digest);
    bd_auto_json json_t *manifest = NULL;
    if (!bd_exists(rootfs) ||
        image_manifest(host->images_dir, in->image_digest, &manifest, NULL) < 0)
        return bd_err_set(err, BD_ENOTFOUND,
                          "image %s is not below %s any more: build or import it again",
                          in->image_digest, host->images_dir);

    char mark[BD_DIGEST_BYTES];
    int rc = image_fingerprint(rootfs, mark, err);
    if (rc < 0)
        return bd_err_wrap(err, "image %s", in->image_digest);
    if (!bd_str_eq(mark, in->image_fingerprint))
        return bd_err_set(
            err, BD_ECORRUPT,
            "image %s was changed on disk (%s) since it was made: remove it and build "
            "or import it again",
            in->image_digest, rootfs);

    const struct sched *sched = sched_of(&in->plan.spec);
    return sched->check_image(&in->plan.spec, &(struct sched_image){rootfs, manifest}, err);
}
