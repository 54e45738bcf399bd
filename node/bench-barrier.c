/*
 * bench-barrier RUNTIME_NS: an MPI program that does nothing but barriers until RUNTIME_NS after
 * its first instruction on rank 0, which then prints how many there were. Started once on each node
 * by the scheduler's launcher (bench-job's payload "barrier").
 *
 * It finds the MPI library of the image when it runs, so that none is needed to build it. Open MPI
 * and MPICH have different handles: addresses of objects, and integers.
 */
#include "append.h"
#include "fatal.h"
#include "number.h"

#include <dlfcn.h>
#include <stdio.h>

#define EXIT_NO_MPI 77
#define EXIT_MPI    1

/* Between two looks at the clock, which cost all ranks a broadcast. */
#define BARRIERS 16

#define MPICH_COMM_WORLD 0x44000000
#define MPICH_INT        0x4c000405

/* An argument's register holds either kind of handle. */
struct mpi {
    uintptr_t world, integer;
    int (*init)(int *argc, char ***argv);
    int (*rank)(uintptr_t comm, int *ret_rank);
    int (*barrier)(uintptr_t comm);
    int (*broadcast)(void *data, int n, uintptr_t type, int root, uintptr_t comm);
    int (*finalize)(void);
};

static const char *const names[] = {"libmpi.so.40", "libmpich.so.12", "libmpi.so.12"};

static void *find(void *library, const char *name)
{
    void *found = dlsym(library, name);

    if (!found)
        fatal(EXIT_NO_MPI, "the MPI library has no %s", name);
    return found;
}

static struct mpi load(void)
{
    void *library = NULL;

    /* Open MPI's own plugins look for its symbols among the global ones. */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_GLOBAL);
    if (!library)
        fatal(EXIT_NO_MPI, "no MPI library in this image (looked for %s, %s, %s)", names[0],
              names[1], names[2]);
    struct mpi mpi = {
        .world = (uintptr_t)dlsym(library, "ompi_mpi_comm_world"),
        .integer = (uintptr_t)dlsym(library, "ompi_mpi_int"),
        .init = find(library, "MPI_Init"),
        .rank = find(library, "MPI_Comm_rank"),
        .barrier = find(library, "MPI_Barrier"),
        .broadcast = find(library, "MPI_Bcast"),
        .finalize = find(library, "MPI_Finalize"),
    };
    if (!mpi.world || !mpi.integer) {
        mpi.world = MPICH_COMM_WORLD;
        mpi.integer = MPICH_INT;
    }
    return mpi;
}

static void must(int error, const char *what)
{
    if (error)
        fatal(EXIT_MPI, "%s failed with MPI's error %d", what, error);
}

int main(int argc, char **argv)
{
    int64_t start_ns = clock_ns(CLOCK_MONOTONIC);
    int rank, over = 0;
    long barriers = 0;

    if (argc != 2)
        fatal(EXIT_USAGE, "expected RUNTIME_NS");
    int64_t end_ns = start_ns + number("runtime", argv[1], 0, INT64_MAX / 4);
    struct mpi mpi = load();
    must(mpi.init(&argc, &argv), "MPI_Init");
    must(mpi.rank(mpi.world, &rank), "MPI_Comm_rank");
    while (!over) {
        for (int i = 0; i < BARRIERS; i++, barriers++)
            must(mpi.barrier(mpi.world), "MPI_Barrier");
        /* One rank decides, or some would wait in a barrier that others never reach. */
        over = clock_ns(CLOCK_MONOTONIC) >= end_ns;
        must(mpi.broadcast(&over, 1, mpi.integer, 0, mpi.world), "MPI_Bcast");
    }
    must(mpi.finalize(), "MPI_Finalize");
    if (rank == 0)
        printf("%ld\n", barriers);
    return 0;
}
