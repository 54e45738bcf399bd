/*
 * Errors: a negative int and, for people, a text in a buffer of the caller's.
 *
 * Functions answer 0 (or a value >= 0) on success and a negative code on failure: -errno where the
 * system said no, one of enum bd_code where we did. The text is set where the failure happens and
 * wrapped with context on the way up, outermost first: "start node n3: mount overlay: No space left
 * on device". It is logged once, at the top.
 *
 * Threads: a bd_err belongs to its caller; nothing here is shared. Every function takes NULL for
 * err.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

enum bd_code {
    BD_EINVALID = -10000,  /* what the caller asked for makes no sense; the text says what does */
    BD_ENOTFOUND = -10001, /* no such object */
    BD_ECONFLICT = -10002, /* exists already, or is in a state that forbids it */
    BD_EUNSUPPORTED = -10003, /* this host or build can't do it */
    BD_ECANCELLED = -10004,   /* somebody asked for it to stop */
    BD_ETIMEOUT = -10005,     /* the deadline passed */
    BD_EVIRT = -10006,        /* libvirt said no */
    BD_ECHILD = -10007,       /* a program that was started ended badly */
    BD_ECORRUPT = -10008,     /* stored data is not what was stored */
    BD_ENOCAPACITY = -10009,  /* the host, a pool or a limit is used up */
    BD_EUNAVAILABLE = -10010, /* a service that is needed does not answer; trying again may help */
    BD_EWORKLOAD = -10011,    /* what is measured, or a hook, ended badly */
    BD_EINTERRUPTED = -10012, /* benchd ended in the middle of what can't be taken up again */
};

#define BD_ERR_TEXT_BYTES 1024

struct bd_err {
    int code;                     /* 0, or the negative code last set */
    char text[BD_ERR_TEXT_BYTES]; /* one line of UTF-8; cut with "..." where it does not fit */
};

#define BD_ERR_INIT ((struct bd_err){0})

/* Sets code and text; answers code, so that `return bd_err_set(err, BD_EINVALID, ...)` reads
 * well. */
int bd_err_set(struct bd_err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Sets -errnum and "text: strerror(errnum)"; answers -errnum. Pass errno itself, a positive number
 * (any other counts as EIO). */
int bd_err_errno(struct bd_err *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "context: " before the text, keeps the code; answers the code. Call only on a failure. Never
 * answers 0: with err NULL, or without a code in it, that is -EIO, so keep a callee's answer where
 * err may be NULL. */
int bd_err_wrap(struct bd_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void bd_err_clear(struct bd_err *err);
void bd_err_copy(struct bd_err *dst, const struct bd_err *src);
/* Ends the process with a line on stderr: for what nothing sensible can follow. */
_Noreturn void bd_die(const char *what);
/* A short stable name of a code for logs and problem types: "not-found", "timeout", "system". */
const char *bd_err_name(int code);
