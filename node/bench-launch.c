/*
 * bench-launch --listen [ADDRESS [PORT [FILE]]]: on each compute node of a cluster whose scheduler
 * is null, starts processes for bench-submit-null, which knows the secret in the file.
 *
 * bench-launch SCRIPT COMMAND [ARGUMENT...]: the interpreter of the batch script that
 * bench-submit-slurm hands in, so that a job costs no shell. Slurm runs it on the job's first node;
 * it becomes srun, which runs the command once a task of the job.
 *
 * With BENCHD_TASK from the task's number in an array, and HOME, USER and LOGNAME of whose job it
 * is: programs ask for them (Open MPI 5 does not begin without). What MPI needs of srun goes by the
 * payload, the command's third argument (bench-job).
 */
#include "fatal.h"
#include "launch.h"
#include "number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAYLOAD 5 /* in argv: SCRIPT BENCH-JOB INDEX RUNTIME_NS PAYLOAD */

static const struct {
    const char *payload;
    const char *option; /* NULL: as the cluster has it set */
} mpi_options[] = {
    {"barrier", "--mpi=pmix"},
    {"command", NULL},
};

static const char *mpi_option(const char *payload)
{
    for (size_t i = 0; i < sizeof(mpi_options) / sizeof(mpi_options[0]); i++)
        if (strcmp(mpi_options[i].payload, payload) == 0)
            return mpi_options[i].option;
    return "--mpi=none";
}

static void set(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0)
        abort();
}

const struct passwd *launch_user(const char *name, uid_t uid)
{
    static FILE *file;
    const struct passwd *entry;

    if (file)
        fclose(file);
    file = fopen("/etc/passwd", "re");
    while (file && (entry = fgetpwent(file)))
        if (name ? strcmp(entry->pw_name, name) == 0 : entry->pw_uid == uid)
            return entry;
    return NULL;
}

void launch_set_user(const struct passwd *user)
{
    set("HOME", user->pw_dir);
    set("USER", user->pw_name);
    set("LOGNAME", user->pw_name);
}

static _Noreturn void listen_by(int argc, char **argv)
{
    char *port = text_new("%d", FRAMES_PORT);

    if (argc > 5)
        fatal(EXIT_USAGE, "expected --listen [ADDRESS [PORT [FILE]]]");
    launch_listen(argc > 2 ? argv[2] : "0.0.0.0", argc > 3 ? argv[3] : port,
                  argc > 4 ? argv[4] : FRAMES_SECRET);
}

int main(int argc, char **argv)
{
    const char *task = getenv("SLURM_ARRAY_TASK_ID"), *nodes = getenv("SLURM_JOB_NUM_NODES"),
               *tasks = getenv("SLURM_NTASKS"), *on_a_node = getenv("SLURM_NTASKS_PER_NODE");

    if (argc > 1 && strcmp(argv[1], "--listen") == 0)
        listen_by(argc, argv);
    if (argc < 3)
        fatal(EXIT_USAGE, "expected SCRIPT COMMAND [ARGUMENT...]");
    if (!nodes)
        fatal(EXIT_USAGE, "SLURM_JOB_NUM_NODES is not set: not in a job of Slurm");
    if (task)
        set("BENCHD_TASK", task);
    const struct passwd *user = launch_user(NULL, geteuid());
    if (user)
        launch_set_user(user);
    const char *mpi = mpi_option(argc > PAYLOAD ? argv[PAYLOAD] : "");
    char **command = calloc((size_t)argc + 6, sizeof(*command)), **at = command;
    if (!command)
        abort();
    *at++ = "srun";
    *at++ = text_new("--nodes=%s", nodes);
    *at++ = text_new("--ntasks=%s", tasks ? tasks : nodes);
    *at++ = text_new("--ntasks-per-node=%s", on_a_node ? on_a_node : "1");
    /* One that ends badly is not to end the others. */
    *at++ = "--kill-on-bad-exit=0";
    if (mpi)
        *at++ = text_new("%s", mpi);
    memcpy(at, argv + 2, (size_t)(argc - 2) * sizeof(*at));
    execvp(command[0], command);
    fatal_errno(errno == ENOENT ? 127 : 126, "can't run srun");
}
