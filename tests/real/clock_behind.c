/*
 * A wall clock that can be set back for one program alone: laid under it by LD_PRELOAD, adds the
 * seconds that are in the file $CLOCK_BEHIND_FILE to CLOCK_REALTIME. Other clocks go on as they
 * are, as they do when somebody sets a host's clock.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long seconds_added(void)
{
    const char *path = getenv("CLOCK_BEHIND_FILE");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    char text[32];
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    long rc = syscall(SYS_clock_gettime, clock, ret_time);
    if (rc == 0 && clock == CLOCK_REALTIME)
        ret_time->tv_sec += seconds_added();
    return (int)rc;
}
