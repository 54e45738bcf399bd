/* workload: what is measured. */
#include "daemon/engine/measure.h"

int step_workload_exec(const struct step_host *host, const struct step_input *in,
                       struct step_output *out BD_UNUSED, struct bd_err *err)
{
    bd_auto_measure struct measure m = {.dir_fd = -1};
    int rc = measure_open(host, in, &m, err);
    return rc < 0 ? rc : m.workload->run(&m.input, err);
}
