/*
 * libvirt's event loop, implemented on the daemon's: its handles are uv_polls, its timeouts
 * uv_timers, so that lifecycle, keepalive and closed-connection events arrive as loop callbacks.
 *
 * libvirt adds, changes and removes from any thread; each such request is queued and carried out on
 * the loop. There is one registration a process and it can't be taken back: virtevents_close() only
 * detaches it from the loop (after the last connection was closed).
 */
#pragma once

#include <uv.h>

int virtevents_register(uv_loop_t *loop);
void virtevents_close(void (*on_closed)(void *arg), void *arg);
