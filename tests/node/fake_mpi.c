/*
 * As much of an MPI library as bench-barrier uses, for one rank, with the handles of Open MPI or
 * MPICH. Fails where it is called with others, or in a wrong order.
 */
#include <stdint.h>
#include <stdlib.h>

int MPI_Init(int *argc, char ***argv);
int MPI_Finalize(void);

static int state; /* 0: before MPI_Init, 1: after it, 2: after MPI_Finalize */

#ifdef OPEN_MPI
typedef void *handle;
extern int ompi_mpi_comm_world, ompi_mpi_int;
int ompi_mpi_comm_world, ompi_mpi_int;
#define WORLD ((void *)&ompi_mpi_comm_world)
#define INT   ((void *)&ompi_mpi_int)
#else
typedef int handle;
#define WORLD 0x44000000
#define INT   0x4c000405
#endif

int MPI_Comm_rank(handle comm, int *ret_rank);
int MPI_Barrier(handle comm);
int MPI_Bcast(void *data, int n, handle type, int root, handle comm);

int MPI_Init(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return state++ == 0 ? 0 : 13;
}

int MPI_Comm_rank(handle comm, int *ret_rank)
{
    *ret_rank = getenv("FAKE_MPI_RANK") ? 1 : 0;
    return state == 1 && comm == WORLD ? 0 : 5;
}

int MPI_Barrier(handle comm)
{
    if (getenv("FAKE_MPI_FAILS"))
        return 16;
    return state == 1 && comm == WORLD ? 0 : 5;
}

int MPI_Bcast(void *data, int n, handle type, int root, handle comm)
{
    if (getenv("FAKE_MPI_RANK"))
        *(int *)data = 1; /* rank 0 says that it is over */
    return state == 1 && n == 1 && type == INT && root == 0 && comm == WORLD ? 0 : 5;
}

int MPI_Finalize(void)
{
    return state++ == 1 ? 0 : 13;
}
