#include "lib/base/err.h"

#include "lib/base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for "..." at the end of a full buffer, without leaving a part of a character. */
static void mark_cut(char text[BD_ERR_TEXT_BYTES])
{
    size_t end = BD_ERR_TEXT_BYTES - sizeof("...");
    while (end > 0 && ((uint8_t)text[end] & 0xC0) == 0x80)
        end--;
    memcpy(text + end, "...", sizeof("..."));
}

/* What nodes and programs said ends up in here: one line of UTF-8, whatever they sent. */
static void make_one_line(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && (uint8_t)text[len - 1] <= ' ')
        text[--len] = '\0';
    for (size_t i = 0; i < len;) {
        size_t n = bd_utf8_char(text + i, len - i);
        if (n == 0)
            text[i] = '?';
        else if (n == 1 && ((uint8_t)text[i] < ' ' || text[i] == 0x7F))
            text[i] = ' ';
        i += n ? n : 1;
    }
}

/* Puts the text together aside, since its parts may lie in err itself. */
static void put(struct bd_err *err, int code, const char *tail, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));
static void put(struct bd_err *err, int code, const char *tail, const char *fmt, va_list ap)
{
    if (!err)
        return;
    char text[BD_ERR_TEXT_BYTES] = "";
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    size_t len = n > 0 ? (size_t)n : 0;
    if (tail && len < sizeof(text)) {
        n = snprintf(text + len, sizeof(text) - len, ": %s", tail);
        len += n > 0 ? (size_t)n : 0;
    }
    if (len >= sizeof(text))
        mark_cut(text);
    make_one_line(text);
    err->code = code;
    memcpy(err->text, text, strlen(text) + 1);
}

int bd_err_set(struct bd_err *err, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    put(err, code, NULL, fmt, ap);
    va_end(ap);
    return code;
}

int bd_err_errno(struct bd_err *err, int errnum, const char *fmt, ...)
{
    char reason[128];
    int positive = errnum > 0 ? errnum : EIO;
    va_list ap;
    va_start(ap, fmt);
    put(err, -positive, strerror_r(positive, reason, sizeof(reason)), fmt, ap);
    va_end(ap);
    return -positive;
}

int bd_err_wrap(struct bd_err *err, const char *fmt, ...)
{
    int code = err && err->code ? err->code : -EIO;
    va_list ap;
    va_start(ap, fmt);
    put(err, code, err ? err->text : NULL, fmt, ap);
    va_end(ap);
    return code;
}

void bd_err_clear(struct bd_err *err)
{
    if (!err)
        return;
    err->code = 0;
    err->text[0] = '\0';
}

void bd_err_copy(struct bd_err *dst, const struct bd_err *src)
{
    if (!dst || dst == src)
        return;
    if (src)
        *dst = *src;
    else
        bd_err_clear(dst);
}

void bd_die(const char *what)
{
    fprintf(stderr, "benchd: fatal: %s\n", what);
    abort();
}

const char *bd_err_name(int code)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {
        {0, "ok"},
        {BD_EINVALID, "invalid"},
        {BD_ENOTFOUND, "not-found"},
        {BD_ECONFLICT, "conflict"},
        {BD_EUNSUPPORTED, "unsupported"},
        {BD_ECANCELLED, "cancelled"},
        {BD_ETIMEOUT, "timeout"},
        {BD_EVIRT, "libvirt"},
        {BD_ECHILD, "child"},
        {BD_ECORRUPT, "corrupt"},
        {BD_ENOCAPACITY, "no-capacity"},
        {BD_EUNAVAILABLE, "unavailable"},
        {BD_EWORKLOAD, "workload"},
        {BD_EINTERRUPTED, "interrupted"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(names); i++) {
        if (names[i].code == code)
            return names[i].name;
    }
    return "system";
}
