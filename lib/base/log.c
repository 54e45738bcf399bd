#include "lib/base/log.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALUE_MAX  4096
#define I64_RING   16
#define I64_DIGITS 24

static const char *const level_names[BD_LOG_LEVEL_COUNT] = {"debug", "info", "warn", "error"};
static const char *const format_names[BD_LOG_FORMAT_COUNT] = {"logfmt", "json"};

/* Workers read them while SIGHUP changes them. */
static _Atomic(enum bd_log_level) log_level = BD_LOG_INFO;
static _Atomic(enum bd_log_format) log_format = BD_LOG_LOGFMT;

static int index_of(const char *const *names, int n, const char *s)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], s) == 0)
            return i;
    }
    return -EINVAL;
}

const char *bd_log_level_to_str(enum bd_log_level level)
{
    return level < BD_LOG_LEVEL_COUNT ? level_names[level] : "unknown";
}

int bd_log_level_from_str(const char *s, enum bd_log_level *ret_level)
{
    int i = index_of(level_names, BD_LOG_LEVEL_COUNT, s);
    if (i < 0)
        return i;
    *ret_level = (enum bd_log_level)i;
    return 0;
}

const char *bd_log_format_to_str(enum bd_log_format format)
{
    return format < BD_LOG_FORMAT_COUNT ? format_names[format] : "unknown";
}

int bd_log_format_from_str(const char *s, enum bd_log_format *ret_format)
{
    int i = index_of(format_names, BD_LOG_FORMAT_COUNT, s);
    if (i < 0)
        return i;
    *ret_format = (enum bd_log_format)i;
    return 0;
}

void bd_log_setup(enum bd_log_level level, enum bd_log_format format)
{
    atomic_store(&log_level, level);
    atomic_store(&log_format, format);
}

bool bd_log_enabled(enum bd_log_level level)
{
    return level >= atomic_load(&log_level);
}

/* C0, DEL, and C1 (which terminals obey too); n is the length of the character. */
static bool is_control(const uint8_t *p, size_t n)
{
    return (n == 1 && (p[0] < 0x20 || p[0] == 0x7F)) || (n == 2 && p[0] == 0xC2 && p[1] < 0xA0);
}

static bool is_bare_word(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] <= ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\' || s[i] == '=')
            return false;
    }
    return len > 0;
}

/* Between quotes JSON's escapes serve both formats, except for a byte that is no UTF-8: logfmt
 * shows it, JSON has no way to. */
static void add_quoted(struct bd_str *line, const char *s, size_t len, enum bd_log_format format)
{
    const uint8_t *p = (const uint8_t *)s;
    bd_str_add(line, "\"");
    for (size_t i = 0; i < len;) {
        size_t n = bd_utf8_char(p + i, len - i);
        if (n == 0 && format == BD_LOG_JSON)
            bd_str_add(line, "\\ufffd");
        else if (n == 0)
            bd_str_addf(line, "\\x%02x", p[i]);
        else if (p[i] == '"' || p[i] == '\\')
            bd_str_addf(line, "\\%c", p[i]);
        else if (p[i] == '\n')
            bd_str_add(line, "\\n");
        else if (p[i] == '\t')
            bd_str_add(line, "\\t");
        else if (is_control(p + i, n))
            bd_str_addf(line, "\\u%04x", p[i + n - 1]);
        else
            bd_str_addn(line, p + i, n);
        i += n ? n : 1;
    }
    bd_str_add(line, "\"");
}

static size_t cut_length(const char *s)
{
    size_t len = strnlen(s, VALUE_MAX + 1);
    if (len <= VALUE_MAX)
        return len;
    for (len = VALUE_MAX; len > VALUE_MAX - 4 && ((uint8_t)s[len] & 0xC0) == 0x80;)
        len--; /* not within a character */
    return len;
}

static void add_field(struct bd_str *line, const char *key, const char *value,
                      enum bd_log_format format)
{
    size_t len = cut_length(value);
    if (format == BD_LOG_JSON)
        bd_str_addf(line, "%s\"%s\":", line->len ? "," : "{", key);
    else
        bd_str_addf(line, "%s%s=", line->len ? " " : "", key);
    if (format == BD_LOG_LOGFMT && is_bare_word(value, len))
        bd_str_addn(line, value, len);
    else
        add_quoted(line, value, len, format);
}

void bd_log(enum bd_log_level level, const char *message, ...)
{
    if (!bd_log_enabled(level))
        return;
    int saved_errno = errno;
    enum bd_log_format format = atomic_load(&log_format);
    char now[BD_RFC3339_BYTES];
    bd_auto_str struct bd_str line = {0};
    add_field(&line, "time", bd_rfc3339(bd_wall_ns(), now), format);
    add_field(&line, "level", bd_log_level_to_str(level), format);
    add_field(&line, "msg", message, format);

    va_list ap;
    va_start(ap, message);
    for (const char *key; (key = va_arg(ap, const char *)) != NULL;) {
        const char *value = va_arg(ap, const char *);
        if (value)
            add_field(&line, key, value, format);
    }
    va_end(ap);
    bd_str_add(&line, format == BD_LOG_JSON ? "}\n" : "\n");
    bd_write_all(STDERR_FILENO, line.data, line.len);
    errno = saved_errno;
}

const char *bd_log_i64(int64_t value)
{
    static _Thread_local char ring[I64_RING][I64_DIGITS];
    static _Thread_local unsigned next;
    char *text = ring[next++ % I64_RING];
    snprintf(text, I64_DIGITS, "%lld", (long long)value);
    return text;
}
