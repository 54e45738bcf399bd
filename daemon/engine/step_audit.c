/* audit: the host is as it was before, or the difference is told; what others have changed is told
 * apart. */
#include "daemon/engine/steps.h"
#include "lib/base/clock.h"
#include "lib/image/image.h"
#include "lib/virt/inventory.h"

/* The kernel ends network namespaces, and libvirtd its bookkeeping, a moment after the last process
 * is gone: what is still there after this long is residue. */
#define SETTLE_NS (3 * BD_NS_PER_S)
#define LOOK_NS   (50 * BD_NS_PER_MS)

static int difference(const struct step_host *host, const struct step_input *in,
                      const struct inventory *before, json_t **ret_diff, struct bd_err *err)
{
    struct inventory after = {0};
    int rc = inventory_take(host->virt, VIRT_LANE_TEARDOWN, &after, err);
    if (rc < 0)
        return bd_err_wrap(err, "take the host's inventory");
    *ret_diff = inventory_diff(before, &after, in->plan.id, hostops_dirs_of(virt_ops(host->virt)));
    inventory_done(&after);
    return 0;
}

static json_t *differences(const json_t *diff)
{
    return json_object_get(diff, "differences");
}

static int check_image(const struct step_host *host, const struct step_input *in, json_t *diff,
                       struct bd_err *err)
{
    bd_auto_free char *rootfs = image_rootfs(host->images_dir, in->image_digest);
    char mark[BD_DIGEST_BYTES];
    int rc = image_fingerprint(rootfs, mark, err);
    if (rc < 0)
        return bd_err_wrap(err, "image %s", in->image_digest);
    if (!bd_str_eq(mark, in->image_fingerprint))
        json_array_append_new(differences(diff),
                              json_pack("{s:s, s:s, s:s}", "kind", "image", "item",
                                        in->image_digest, "change", "changed"));
    return 0;
}

int step_audit_exec(const struct step_host *host, const struct step_input *in,
                    struct step_output *out, struct bd_err *err)
{
    if (!in->before) { /* it failed before it was admitted: nothing was made */
        out->residue = json_pack("{s:b, s:[]}", "empty", 1, "differences");
        return 0;
    }
    struct inventory before = {0};
    int rc = inventory_from_json(in->before, &before, err);
    if (rc < 0)
        return bd_err_wrap(err, "the inventory from before");

    json_t *diff = NULL;
    int64_t until_ns = bd_mono_ns() + SETTLE_NS;
    for (;;) {
        json_decref(diff);
        diff = NULL;
        rc = difference(host, in, &before, &diff, err);
        if (rc < 0 || json_array_size(differences(diff)) == 0 || bd_mono_ns() > until_ns)
            break;
        rc = bd_cancel_sleep(in->cancel, LOOK_NS, err);
        if (rc < 0)
            break;
    }
    inventory_done(&before);
    if (rc == 0)
        rc = check_image(host, in, diff, err);
    if (rc < 0) {
        json_decref(diff);
        return rc;
    }
    json_object_set_new(diff, "empty", json_boolean(json_array_size(differences(diff)) == 0));
    out->residue = diff;
    return 0;
}
