/*
 * A word to the service manager (sd_notify(3)'s protocol): "READY=1", "STOPPING=1", "STATUS=...".
 * Without one ($NOTIFY_SOCKET unset) nothing happens. Threads: any.
 */
#pragma once

void notify_manager(const char *state);
