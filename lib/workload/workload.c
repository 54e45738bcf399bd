#include "lib/workload/workload.h"

#include "lib/base/str.h"
#include "lib/workload/command.h"

const struct workload *const workloads[] = {&workload_command, NULL};

const struct workload *workload_find(const char *name)
{
    for (size_t i = 0; workloads[i]; i++)
        if (bd_str_eq(workloads[i]->name, name))
            return workloads[i];
    return NULL;
}
