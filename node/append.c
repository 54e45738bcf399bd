#include "append.h"

#include "fatal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int append_open(const char *file)
{
    /* Jobs of several users append to it. */
    mode_t mask = umask(0);
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

    umask(mask);
    if (fd < 0)
        fatal_errno(EXIT_NO_RECORD, "can't open %s for records", file);
    /* A file at its greatest size is told by errno then, like a full disk. */
    signal(SIGXFSZ, SIG_IGN);
    return fd;
}

/* A file of records alone has none across the end of a page: a full tmpfs takes one whole or not at
 * all. */
void append(int fd, struct job_record record)
{
    record.magic = JOB_RECORD_MAGIC;
    errno = ENOSPC; /* a part of it written says nothing */
    if (write(fd, &record, sizeof(record)) != sizeof(record))
        fatal_errno(EXIT_NO_RECORD, "can't write a record of job %u", record.index);
}
