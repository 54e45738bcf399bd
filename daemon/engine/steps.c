#include "daemon/engine/steps.h"

#include "lib/base/clock.h"

#define S  BD_NS_PER_S
#define MS BD_NS_PER_MS
#define H  (3600 * S)

const struct step steps[STEP_COUNT] = {
    [STEP_IMAGE] = {"image", STEP_UP, step_image_exec, NULL, NULL, 60 * S, 0, 1, false},
    [STEP_ADMIT] = {"admit", STEP_UP, step_admit_exec, NULL, NULL, 30 * S, 0, 3, true},
    [STEP_NETWORK] = {"network", STEP_UP, step_network_exec, step_network_undo, step_network_probe,
                      30 * S, 0, 3, false},
    [STEP_NODES] = {"nodes", STEP_UP, step_nodes_exec, step_nodes_undo, step_nodes_probe, 60 * S,
                    1 * S, 2, false},
    [STEP_READY] = {"ready", STEP_UP, step_ready_exec, NULL, NULL, 60 * S, 500 * MS, 1, false},
    /* These two end with the run's own time, which is shorter (limits.runTimeout). */
    [STEP_WARMUP] = {"warm-up", STEP_MEASURE, step_warmup_exec, NULL, NULL, 200 * H, 0, 1, false,
                     true},
    [STEP_WORKLOAD] = {"workload", STEP_MEASURE, step_workload_exec, NULL, NULL, 200 * H, 0, 1,
                       false, true},
    [STEP_COLLECT] = {"collect", STEP_MEASURE, step_collect_exec, NULL, NULL, 600 * S, 1 * S, 2,
                      false, false},
    [STEP_TEARDOWN] = {"teardown", STEP_DOWN, step_teardown_exec, NULL, NULL, 60 * S, 500 * MS, 0,
                       false},
    [STEP_AUDIT] = {"audit", STEP_DOWN, step_audit_exec, NULL, NULL, 30 * S, 0, 3, false},
};
