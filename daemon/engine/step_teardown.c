/* teardown: what the steps of bring-up made is undone, in reverse; a failure in one does not keep
 * the others from theirs. */
#include "daemon/engine/steps.h"

int step_teardown_exec(const struct step_host *host, const struct step_input *in,
                       struct step_output *out BD_UNUSED, struct bd_err *err)
{
    int first = 0;
    for (int i = STEP_COUNT - 1; i >= 0; i--) {
        if (!steps[i].undo || !(in->begun & (1U << i)))
            continue;
        struct bd_err undo_err = BD_ERR_INIT;
        int rc = steps[i].undo(host, in, &undo_err);
        if (rc < 0 && first == 0) {
            first = rc;
            bd_err_copy(err, &undo_err);
            bd_err_wrap(err, "undo %s", steps[i].name);
        }
    }
    return first;
}
