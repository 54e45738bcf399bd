#include "daemon/engine/fault.h"

#ifdef BENCHD_FAULTS
#include "lib/base/log.h"
#include "lib/base/str.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

void fault_point(const char *step, const char *place)
{
    const char *wanted = getenv("BENCHD_FAULT");
    char here[64];
    if (!wanted)
        return;
    snprintf(here, sizeof(here), "%s.%s", step, place);
    if (!bd_str_eq(wanted, here))
        return;
    bd_log(BD_LOG_WARN, "ending here, as the environment asks", "fault", here, NULL);
    raise(SIGKILL);
}
#endif
