/*
 * The daemon: builds every object in the order of its start, takes them down in reverse.
 * Threads: the main one, which is the loop's.
 */
#pragma once

#include "daemon/config.h"

struct daemon;

/* Starts everything and begins to serve; config is taken over. reload: reads the configuration
 * anew, for SIGHUP. */
int daemon_start(struct config *config,
                 int (*reload)(struct config *ret_config, struct bd_err *err),
                 struct daemon **ret_daemon, struct bd_err *err);
/* Serves until SIGTERM or SIGINT, ends everything at a point that can be resumed, frees d. 0, or 1
 * if something did not end in time. */
int daemon_run(struct daemon *d);
