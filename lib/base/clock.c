#include "lib/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static int64_t now_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * BD_NS_PER_S + ts.tv_nsec;
}

int64_t bd_mono_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

int64_t bd_wall_ns(void)
{
    return now_ns(CLOCK_REALTIME);
}

const char *bd_rfc3339(int64_t wall_ns, char out[BD_RFC3339_BYTES])
{
    int64_t seconds = wall_ns / BD_NS_PER_S, rest = wall_ns % BD_NS_PER_S;
    if (rest < 0) { /* before 1970: the second begins below */
        seconds--;
        rest += BD_NS_PER_S;
    }
    time_t t = (time_t)seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    size_t n = strftime(out, BD_RFC3339_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, BD_RFC3339_BYTES - n, ".%03dZ", (int)(rest / BD_NS_PER_MS));
    return out;
}

void bd_sleep_ns(int64_t ns)
{
    if (ns <= 0)
        return;
    struct timespec left = {.tv_sec = ns / BD_NS_PER_S, .tv_nsec = ns % BD_NS_PER_S};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        ;
}
