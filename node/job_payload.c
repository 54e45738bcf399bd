#include "job_payload.h"

#include "append.h"
#include "fatal.h"
#include "number.h"

#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

/* About a millisecond of work between two looks at signals and the clock. */
#define SPIN_SLICE   (INT64_C(1) << 20)
#define TOUCH_SLICE  256
#define SLICES_LEAST 5

#define CODE_NOT_EXECUTABLE 126
#define CODE_NOT_FOUND      127
#define CODE_OF_SIGNAL      128

static const int ending[] = {SIGTERM, SIGINT};

static void ending_signals(sigset_t *ret_set)
{
    sigemptyset(ret_set);
    for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
        sigaddset(ret_set, ending[i]);
}

void payload_signals(sigset_t *ret_set)
{
    ending_signals(ret_set);
    sigaddset(ret_set, SIGCHLD);
}

/* Waits until the moment on CLOCK_MONOTONIC; at once when it is over. The signal that came first, 0
 * for none. */
static int signal_until(int64_t moment_ns)
{
    sigset_t set;

    ending_signals(&set);
    for (;;) {
        int64_t left = moment_ns - clock_ns(CLOCK_MONOTONIC);
        if (left < 0)
            left = 0;
        const struct timespec time = {.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S};
        int number = sigtimedwait(&set, NULL, &time);
        if (number > 0)
            return number;
        if (errno != EINTR)
            return 0;
    }
}

static int payload_sleep(const struct payload_order *order)
{
    int number = signal_until(order->start_ns + order->runtime_ns);

    return number ? CODE_OF_SIGNAL + number : 0;
}

/* Each step needs the one before: as fast as one core multiplies, and no faster. */
static __attribute__((noinline)) void spin(int64_t iterations)
{
    static volatile uint64_t kept = 1;
    uint64_t x = kept;

    for (int64_t i = 0; i < iterations; i++)
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    kept = x;
}

int64_t payload_calibrate(int64_t milliseconds)
{
    int64_t end = clock_ns(CLOCK_MONOTONIC) + milliseconds * 1000000;
    int64_t best = INT64_MAX;

    for (int n = 0; n < SLICES_LEAST || clock_ns(CLOCK_MONOTONIC) < end; n++) {
        int64_t before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        spin(SPIN_SLICE);
        int64_t took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - before;
        if (took > 0 && took < best)
            best = took;
    }
    return SPIN_SLICE * NS_PER_S / best;
}

/* The amount of work is fixed: what takes it longer than the runtime is seen in the records. */
static int payload_spin(const struct payload_order *order)
{
    int64_t rate = number("iterations a second", order->args[0], 1, NS_PER_S * 1000);
    int64_t left = (int64_t)((__int128)order->runtime_ns * rate / NS_PER_S);

    while (left > 0) {
        int64_t now = left < SPIN_SLICE ? left : SPIN_SLICE;
        spin(now);
        left -= now;
        int number = signal_until(0);
        if (number)
            return CODE_OF_SIGNAL + number;
    }
    return 0;
}

static int payload_touch(const struct payload_order *order)
{
    int64_t bytes = number("bytes to touch", order->args[0], 1, INT64_C(1) << 46);
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = ((size_t)bytes + page - 1) / page;
    int64_t end = order->start_ns + order->runtime_ns;
    char *memory =
        mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        fatal_errno(1, "can't get %s bytes of memory", order->args[0]);
    /* Once over all of it, however long that takes. */
    for (size_t n = 0; n < pages || clock_ns(CLOCK_MONOTONIC) < end;) {
        for (size_t slice = 0; slice < TOUCH_SLICE; slice++, n++)
            ++*(volatile char *)(memory + n % pages * page);
        int number = signal_until(0);
        if (number)
            return CODE_OF_SIGNAL + number;
    }
    return 0;
}

/* What the child ended with; kills it when a signal says so. */
static int attend(pid_t child)
{
    int status, stopped = 0;
    sigset_t set;

    payload_signals(&set);
    while (waitpid(child, &status, WNOHANG) != child) {
        int number = sigwaitinfo(&set, NULL);
        if (number > 0 && number != SIGCHLD) {
            stopped = number;
            kill(child, SIGKILL);
        }
    }
    if (stopped)
        return CODE_OF_SIGNAL + stopped;
    return WIFEXITED(status) ? WEXITSTATUS(status) : CODE_OF_SIGNAL + WTERMSIG(status);
}

static int run_command(char **argv)
{
    posix_spawnattr_t attributes;
    sigset_t none, standard;
    pid_t child;

    sigemptyset(&none);
    payload_signals(&standard);
    sigaddset(&standard, SIGXFSZ);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &standard);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int error = posix_spawnp(&child, argv[0], NULL, &attributes, argv, environ);
    if (error == 0)
        return attend(child);
    const char *line =
        text_new("%s: can't run %s: %s\n", program_invocation_short_name, argv[0], strerror(error));
    bool told = write(STDERR_FILENO, line, strlen(line)) > 0;
    return told && error != ENOENT ? CODE_NOT_EXECUTABLE : CODE_NOT_FOUND;
}

static int payload_command(const struct payload_order *order)
{
    return run_command(order->args);
}

/* bench-barrier is beside this program, wherever that is. */
static int payload_barrier(const struct payload_order *order)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (length < 0)
        fatal_errno(1, "can't tell where this program is");
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    char *argv[] = {text_new("%s/bench-barrier", self),
                    text_new("%lld", (long long)order->runtime_ns), NULL};
    return run_command(argv);
}

const struct payload payloads[] = {
    {"sleep", "", 0, 0, payload_sleep},
    {"spin", " ITERATIONS_PER_SECOND", 1, 1, payload_spin},
    {"touch", " BYTES", 1, 1, payload_touch},
    {"barrier", "", 0, 0, payload_barrier},
    {"command", " PROGRAM [ARGUMENT...]", 1, INT_MAX, payload_command},
    {NULL},
};
