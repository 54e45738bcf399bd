#include "lib/workload/workload.h"

#include "lib/base/str.h"
#include "lib/workload/command.h"
#include "lib/workload/jobstream.h"

const struct workload *const workloads[] = {&workload_command, &workload_jobstream, &workload_swf,
                                            NULL};

const struct workload *workload_find(const char *name)
{
    for (size_t i = 0; workloads[i]; i++)
        if (bd_str_eq(workloads[i]->name, name))
            return workloads[i];
    return NULL;
}

void workload_result_done(struct workload_result *r)
{
    json_decref(r->metrics);
    json_decref(r->conditions);
    jobs_seen_done(&r->jobs);
    *r = (struct workload_result){0};
}
