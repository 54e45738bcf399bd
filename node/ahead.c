#include "ahead.h"

#include "fatal.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define NICE -10

static void tell(const char *what)
{
    const char *line = text_new("%s: %s: %m; it may be late where the node is busy\n",
                                program_invocation_short_name, what);

    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return;
}

void ahead_of_others(void)
{
    const struct sched_param round = {.sched_priority = 1}, none = {0};

    if (prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) != 0)
        tell("can't wake up exactly");
    if (mlockall(MCL_CURRENT) != 0)
        tell("can't stay in memory");
    /* A cgroup without real-time share refuses it even to root. */
    if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &round) == 0)
        return;
    if (sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none) != 0 ||
        setpriority(PRIO_PROCESS, 0, NICE) != 0)
        tell("can't run before others");
}
