/*
 * The workload `command`: a command, as a job of the scheduler or on the controller.
 *
 *     command.c          check, warm-up, run: what happens in the nodes
 *     command_check.c    what a schema can't say of its members; pure
 *     command_results.c  results: metrics and checks from the files of the run
 *     workdir.c          the directory that it begins in, with files that it finds and leaves
 *
 * Threads: as workload.h.
 */
#pragma once

#include "lib/workload/workload.h"

extern const struct workload workload_command;

/* Files of a run's directory. */
#define COMMAND_RECORD  "command.json" /* what results() has to know of the end */
#define COMMAND_OUTPUTS "outputs.json" /* {NAME: [FILE of the run's directory]} */

int command_results(const json_t *spec, int dir_fd, struct workload_result *ret_result,
                    struct bd_err *err);

/* In its nodes; where those of a job are one, each has a directory in it (sched.h). */
#define WORKDIR "/var/lib/benchd/job"
/* Whether the command begins in a directory of its own. */
bool workdir_is_wanted(const json_t *spec);
/* Makes it anew, with the spec's `files` and `inputs`, on each node where the command may run. */
int workdir_make(const struct workload_input *in, struct bd_err *err);
/* Brings the spec's `outputs` from these nodes, as far as they have them, and notes which there
 * are. BD_ENOTFOUND where a node does not answer; what the others have is there all the same. */
int workdir_fetch(const struct workload_input *in, struct bd_err *err);
/* BD_EWORKLOAD where the image lacks a program of the spec's `needs`; it and the packages are
 * named. */
int programs_check(const struct workload_input *in, struct bd_err *err);

/* Whether the spec's command is run on the controller itself. */
bool command_is_on_controller(const json_t *spec);
