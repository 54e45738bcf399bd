/*
 * bench-noise QUANTUM_US SAMPLES ITERATIONS: OS noise by a fixed work quantum (noise.h). Does a
 * fixed piece of work SAMPLES times and writes what it took, a line a figure: "NAME VALUE".
 *
 *     QUANTUM_US   what the piece takes where nothing disturbs it; ITERATIONS is found from it
 *     ITERATIONS   of the work's loop, so that several runs have the very same; 0: by QUANTUM_US
 *
 * It stays on one CPU of those that it may use, by its rank among the tasks of the job, so that
 * tasks on one host are beside each other: a move to another is noise too, yet not one of the
 * quantum's length. Each time begins where the one before ended: nothing that happens is between
 * two of them.
 *
 * Times are of CLOCK_MONOTONIC_RAW, whose rate nobody adjusts. That they can be believed is told
 * beside them: how finely the clock tells time as a share of the quantum, how often it went back,
 * and in how many times the work's result was not what it was the first time.
 */
#include "append.h"
#include "fatal.h"
#include "noise.h"
#include "number.h"

#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_US        1000
#define QUANTUM_MAX_US   1000000
#define SAMPLES_MAX      10000000
#define TRIAL_ITERATIONS 10000
#define TRIALS           25
#define CLOCK_READINGS   1000

struct seen {
    int64_t *times_ns;
    int64_t samples;
    int64_t backwards, wrong; /* of the clock, of the work's result */
};

/* Each step needs the one before: as fast as one core multiplies, and no faster. */
static __attribute__((noinline)) uint64_t work(int64_t iterations)
{
    uint64_t x = 1;

    for (int64_t i = 0; i < iterations; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        __asm__ volatile("" : "+r"(x)); /* not to be worked out in advance */
    }
    return x;
}

/* ----------------------------------------------------------------------------------- the place */

static int64_t rank(void)
{
    static const char *const variables[] = {"SLURM_PROCID", "PMIX_RANK", "OMPI_COMM_WORLD_RANK",
                                            "PMI_RANK", "FLUX_TASK_RANK"};
    int64_t found = 0;

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        if (getenv(variables[i]) && number_read(getenv(variables[i]), 0, INT32_MAX, &found))
            break;
    return found;
}

/* The CPU that it stays on; -1 where it may not choose. */
static int pin(void)
{
    cpu_set_t allowed, one;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        return -1;
    int64_t left = rank() % CPU_COUNT(&allowed);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || left-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        return sched_setaffinity(0, sizeof(one), &one) == 0 ? (int)cpu : -1;
    }
    return -1;
}

/* ----------------------------------------------------------------------------------- measuring */

/* The least step that the clock was seen to make. */
static int64_t clock_step(void)
{
    int64_t before = clock_ns(CLOCK_MONOTONIC_RAW), step = INT64_MAX;

    for (int i = 0; i < CLOCK_READINGS;) {
        int64_t now = clock_ns(CLOCK_MONOTONIC_RAW);
        if (now == before)
            continue;
        if (now > before && now - before < step)
            step = now - before;
        before = now;
        i++;
    }
    return step;
}

/* The fastest of some trials: what disturbs one can only make it slower. The second round is of the
 * quantum's own length, at which the CPU may have another speed. */
static int64_t calibrate(int64_t quantum_ns)
{
    int64_t iterations = TRIAL_ITERATIONS;

    for (int round = 0; round < 2; round++) {
        int64_t best = INT64_MAX;
        for (int i = 0; i < TRIALS; i++) {
            int64_t before = clock_ns(CLOCK_MONOTONIC_RAW);
            work(iterations);
            int64_t took = clock_ns(CLOCK_MONOTONIC_RAW) - before;
            best = took < best ? took : best;
        }
        iterations = noise_iterations(quantum_ns, iterations, best);
    }
    return iterations;
}

static struct seen measure(int64_t samples, int64_t iterations)
{
    size_t bytes = (size_t)samples * sizeof(int64_t);
    struct seen seen = {.times_ns = malloc(bytes), .samples = samples};

    if (!seen.times_ns)
        fatal(1, "no memory for %" PRId64 " samples: ask for fewer", samples);
    /* A page that is touched for the first time would be noise of our own. */
    memset(seen.times_ns, 0xff, bytes);
    uint64_t expected = work(iterations);
    int64_t before = clock_ns(CLOCK_MONOTONIC_RAW);
    for (int64_t i = 0; i < samples; i++) {
        seen.wrong += work(iterations) != expected;
        int64_t now = clock_ns(CLOCK_MONOTONIC_RAW);
        seen.backwards += now <= before;
        seen.times_ns[i] = now - before;
        before = now;
    }
    return seen;
}

/* ------------------------------------------------------------------------------------- telling */

static void tell_us(const char *name, int64_t ns)
{
    printf("%s_us %.3f\n", name, (double)ns / NS_PER_US);
}

static void tell(struct seen *seen, int64_t step_ns)
{
    /* Times that make no sense have no quantiles: that there are such is what is told. */
    if (seen->backwards == 0) {
        struct noise noise = noise_of(seen->times_ns, (size_t)seen->samples);
        tell_us("minimum", noise.minimum_ns);
        tell_us("median", noise.median_ns);
        tell_us("p99", noise.p99_ns);
        tell_us("p999", noise.p999_ns);
        tell_us("maximum", noise.maximum_ns);
        tell_us("detour_max", noise.maximum_ns - noise.minimum_ns);
        printf("noise_percent %.6f\n", 100 * noise.share);
        printf("resolution_share %.9f\n", (double)step_ns / (double)noise.minimum_ns);
    }
    printf("clock_step_ns %" PRId64 "\nbackwards %" PRId64 "\nwrong %" PRId64 "\nsamples %" PRId64
           "\n",
           step_ns, seen->backwards, seen->wrong, seen->samples);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        fatal(EXIT_USAGE, "usage: bench-noise QUANTUM_US SAMPLES ITERATIONS");
    int64_t quantum_ns = NS_PER_US * number("quantum, in us,", argv[1], 1, QUANTUM_MAX_US);
    int64_t samples = number("samples", argv[2], 1, SAMPLES_MAX);
    int64_t iterations = number("iterations", argv[3], 0, NOISE_ITERATIONS_MAX);

    int cpu = pin();
    int64_t step_ns = clock_step();
    bool given = iterations > 0;
    if (!given)
        iterations = calibrate(quantum_ns);
    struct seen seen = measure(samples, iterations);
    printf("cpu %d\niterations %" PRId64 " %s\n", cpu, iterations, given ? "given" : "calibrated");
    tell(&seen, step_ns);
    free(seen.times_ns);
    if (fflush(stdout) != 0)
        fatal_errno(1, "can't write what was seen");
    return 0;
}
