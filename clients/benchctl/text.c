#include "text.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

bool text_setup(void)
{
    (void)setlocale(LC_CTYPE, "");
    bool utf8 = bd_str_eq(nl_langinfo(CODESET), "UTF-8");
    /* All text of the API is UTF-8: its widths are wanted wherever it is shown. */
    if (!utf8)
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    return utf8;
}

/* The bytes of the text's longest beginning that fits, and the columns that it takes. */
static size_t fitting(const char *text, size_t columns, size_t *ret_width)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t left = strlen(text), done = 0, width = 0;
    while (left) {
        size_t n = bd_utf8_char(s + done, left);
        int w = n ? wcwidth((wchar_t)bd_utf8_decode(s + done, n)) : 1;
        if (w > 0 && width + (size_t)w > columns)
            break;
        width += w > 0 ? (size_t)w : 0;
        done += n ? n : 1;
        left -= n ? n : 1;
    }
    *ret_width = width;
    return done;
}

size_t text_width(const char *text)
{
    size_t width;
    (void)fitting(text, SIZE_MAX, &width);
    return width;
}

void text_cut(struct bd_str *text, size_t columns)
{
    size_t width;
    size_t bytes = fitting(bd_str_text(text), columns, &width);
    if (bytes < text->len) {
        text->len = bytes;
        text->data[bytes] = '\0';
    }
}

const char *text_bytes(uint64_t bytes, char out[TEXT_NUMBER_BYTES])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    double value = (double)bytes;
    /* 1023.95 would be shown as 1024.0. */
    while (value >= 1023.95 && unit + 1 < BD_ARRAY_LEN(units)) {
        value /= 1024;
        unit++;
    }
    /* Whole numbers are shown so: 512 MiB, not 512.0 MiB. */
    bool whole = unit == 0 || value >= 100 || (uint64_t)(value * 10 + 0.5) % 10 == 0;
    snprintf(out, TEXT_NUMBER_BYTES, "%.*f %s", whole ? 0 : 1, value, units[unit]);
    return out;
}

const char *text_ms(int64_t ms, char out[TEXT_NUMBER_BYTES])
{
    if (ms < 1000)
        snprintf(out, TEXT_NUMBER_BYTES, "%lld ms", (long long)ms);
    else if (ms < 60000 - 50)
        snprintf(out, TEXT_NUMBER_BYTES, "%.1f s", (double)ms / 1000);
    else
        snprintf(out, TEXT_NUMBER_BYTES, "%lld min %lld s", (long long)((ms + 500) / 60000),
                 (long long)((ms + 500) % 60000 / 1000));
    return out;
}

const char *text_seconds(int64_t seconds, char out[TEXT_NUMBER_BYTES])
{
    long long s = seconds, min = s / 60;
    if (s < 60)
        snprintf(out, TEXT_NUMBER_BYTES, "%lld s", s);
    else if (min < 60)
        snprintf(out, TEXT_NUMBER_BYTES, "%lld min %lld s", min, s % 60);
    else
        snprintf(out, TEXT_NUMBER_BYTES, "%lld h %lld min", min / 60, min % 60);
    return out;
}

int text_parse_time(const char *rfc3339, int64_t *ret_wall_ns)
{
    struct tm tm = {0};
    const char *rest = strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest)
        return -EINVAL;
    int64_t ns = 0;
    if (*rest == '.') {
        int64_t digit = BD_NS_PER_S / 10;
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, digit /= 10)
            ns += (*rest - '0') * digit;
    }
    if (!bd_str_eq(rest, "Z"))
        return -EINVAL;
    *ret_wall_ns = (int64_t)timegm(&tm) * BD_NS_PER_S + ns;
    return 0;
}

const char *text_age(const char *rfc3339, int64_t now_wall_ns, char out[TEXT_NUMBER_BYTES])
{
    static const struct {
        int64_t seconds, below; /* used below so many seconds: two units are precise enough */
        const char *unit;
    } units[] = {{1, 120, "s"}, {60, 7200, "min"}, {3600, 172800, "h"}, {86400, INT64_MAX, "d"}};
    int64_t then;
    if (!rfc3339 || text_parse_time(rfc3339, &then) < 0) {
        snprintf(out, TEXT_NUMBER_BYTES, "-");
        return out;
    }
    int64_t seconds = now_wall_ns > then ? (now_wall_ns - then) / BD_NS_PER_S : 0;
    size_t i = 0;
    while (seconds >= units[i].below)
        i++;
    snprintf(out, TEXT_NUMBER_BYTES, "%lld%s", (long long)(seconds / units[i].seconds),
             units[i].unit);
    return out;
}
