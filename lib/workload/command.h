/* The workload `command`: a command, as a job of the scheduler or on the controller. */
#pragma once

#include "lib/workload/workload.h"

extern const struct workload workload_command;
