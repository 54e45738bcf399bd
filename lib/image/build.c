#include "lib/image/image.h"

#include "lib/base/fs.h"
#include "lib/image/debian.h"
#include "lib/image/job.h"
#include "lib/image/layers.h"
#include "lib/image/manifest.h"
#include "lib/image/work.h"

#include <inttypes.h>

const struct image_kind *const image_kinds[] = {&image_kind_debian, NULL};

void image_result_done(struct image_result *r)
{
    json_decref(r->manifest);
    *r = (struct image_result){0};
}

static const struct image_kind *kind_of(const struct image_recipe *recipe)
{
    size_t i = 0;
    while (image_kinds[i + 1] && !bd_str_eq(image_kinds[i]->name, recipe->kind))
        i++;
    return image_kinds[i]; /* a recipe that was loaded has one */
}

static int build_in(struct work *work, const struct image_job *job,
                    const struct image_recipe *recipe, struct image_result *ret_result,
                    struct bd_err *err)
{
    bd_auto_json json_t *packages = NULL, *layers = NULL;
    struct image_result result = {0};
    int rc = kind_of(recipe)->build(job, recipe, work->rootfs, &packages, err);
    if (rc >= 0)
        rc = layers_add(job, recipe->json, work->rootfs, &layers, err);
    if (rc < 0)
        return rc;
    image_job_tell(job, "reading all of it for its digest");
    rc = image_digest_tree(work->rootfs, result.digest, &result.size_bytes, &result.entries,
                           job->cancel, err);
    if (rc >= 0)
        rc = manifest_make(recipe, work->rootfs, result.digest, result.size_bytes, result.entries,
                           packages, layers, &result.manifest, err);
    if (rc >= 0)
        rc = work_commit(work, job, &result, err);
    if (rc < 0) {
        image_result_done(&result);
        return rc;
    }
    image_job_tell(job, "ready: %zu packages, %" PRIu64 " MiB", json_array_size(packages),
                   result.size_bytes >> 20);
    *ret_result = result;
    return 0;
}

int image_build(const struct image_job *job, const struct image_recipe *recipe,
                struct image_result *ret_result, struct bd_err *err)
{
    auto_work struct work work = {0};
    int rc = bd_mkdir_p(job->images_dir, 0755, err);
    if (rc >= 0)
        rc = work_check_space(job->images_dir, kind_of(recipe)->needs_bytes(recipe->json), err);
    if (rc >= 0)
        rc = work_open(&work, job, err);
    if (rc >= 0)
        rc = build_in(&work, job, recipe, ret_result, err);
    if (rc < 0)
        bd_err_wrap(err, "image %s", recipe->name);
    return rc;
}
