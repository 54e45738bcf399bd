/* A line for each task that is over, as lib/sched/null.c reads it. */
#include "submit_null.h"

#include "fatal.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int records_open(const char *file)
{
    mkdir(dirname(text_new("%s", file)), 0755);
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0)
        give_up("can't open %s: %s", file, strerror(errno));
    return fd;
}

void records_add(int fd, const struct null_record *r)
{
    char line[512];
    int length = snprintf(line, sizeof(line),
                          "job=%llu name=" JOB_NAME "%u task=%u nodes=%u submit_ns=%lld "
                          "start_ns=%lld end_ns=%lld state=%s code=%d\n",
                          (unsigned long long)r->job_id, r->index, r->task, r->nodes,
                          (long long)r->submit_ns, (long long)r->start_ns, (long long)r->end_ns,
                          r->state, r->code);

    if (write(fd, line, (size_t)length) != length)
        give_up("can't write down that job %llu is over: %s", (unsigned long long)r->job_id,
                strerror(errno));
}

const char *state_of_code(int code)
{
    return code == 0 ? "completed" : "failed";
}
