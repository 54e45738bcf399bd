#include "lib/workload/pattern.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

/*
 * The C library's matcher remembers each state that it was in, for as long as the compiled pattern
 * lives: a few KiB for each byte that it reads, at worst. So lines are cut, a pattern is compiled
 * anew after so many bytes, and repetitions, which multiply states, are few.
 */
#define LINE_MAX_BYTES  ((size_t)64 << 10)
#define FRESH_BYTES     ((size_t)64 << 10)
#define REPETITIONS_MAX 256

/* ------------------------------------------------------------------------------------- checking */

/* After a bracket expression that begins at p; the end of the text where it has no end. */
static const char *skip_bracket(const char *p)
{
    p++;
    p += *p == '^';
    p += *p == ']';
    while (*p && *p != ']') {
        const char kind = p[1];
        if (*p == '[' && kind && strchr(":.=", kind)) {
            const char closing[] = {kind, ']', '\0'};
            const char *end = strstr(p + 2, closing);
            p = end ? end + 1 : p;
        }
        p++;
    }
    return *p ? p + 1 : p;
}

/* "{n}", "{n,}" or "{n,m}" at p: how often at most. */
static int64_t repetitions(const char *p)
{
    int64_t low = 0, high = 0;
    for (p++; isdigit((unsigned char)*p) && low <= REPETITIONS_MAX; p++)
        low = low * 10 + (*p - '0');
    if (*p == ',')
        for (p++; isdigit((unsigned char)*p) && high <= REPETITIONS_MAX; p++)
            high = high * 10 + (*p - '0');
    int64_t most = low > high ? low : high;
    return most > 0 ? most : 1;
}

/* Why a pattern is refused that the C library would take; NULL if there is no reason. */
static const char *why_not(const char *regex)
{
    int64_t product = 1;
    for (const char *p = regex; *p;) {
        if (*p == '\n')
            return "it has a line end in it, and is looked for in each line";
        if (*p == '\\') {
            if (isdigit((unsigned char)p[1]))
                return "references back are no part of POSIX ERE";
            if (isalpha((unsigned char)p[1]))
                return "'\\' and a letter mean nothing in POSIX ERE: write [0-9] for \\d, "
                       "[[:space:]] for \\s, [[:alnum:]_] for \\w";
            p += p[1] ? 2 : 1;
            continue;
        }
        if (*p == '[') {
            p = skip_bracket(p);
            continue;
        }
        if (*p == '(' && p[1] == '?')
            return "groups that begin with '(?' are no part of POSIX ERE";
        if (strchr("*+?}", *p) && p[1] && strchr("*+?{", p[1]))
            return "a repetition can't follow another one; POSIX ERE knows only the longest match";
        if (*p == '{' && (product *= repetitions(p)) > REPETITIONS_MAX)
            return "its repetitions in {} multiply to more than 256";
        p++;
    }
    return NULL;
}

static int compile(const char *text, regex_t *ret_regex, struct bd_err *err)
{
    int code = regcomp(ret_regex, text, REG_EXTENDED | REG_NEWLINE);
    if (code == 0)
        return 0;
    char reason[128];
    regerror(code, ret_regex, reason, sizeof(reason));
    return bd_err_set(err, BD_EINVALID, "%s", reason);
}

int pattern_check_regex(const char *regex, struct bd_err *err)
{
    regex_t compiled;
    if (*regex == '\0')
        return bd_err_set(err, BD_EINVALID, "it is empty");
    if (strlen(regex) > PATTERN_BYTES_MAX)
        return bd_err_set(err, BD_EINVALID, "it has more than %d bytes", PATTERN_BYTES_MAX);
    const char *why = why_not(regex);
    if (why)
        return bd_err_set(err, BD_EINVALID, "%s", why);
    int rc = compile(regex, &compiled, err);
    if (rc == 0)
        regfree(&compiled);
    return rc;
}

/* -------------------------------------------------------------------------------------- finding */

/* Who takes what is found. */
struct taker {
    pattern_found_fn fn;
    void *arg;
};

static int search_line(const regex_t *regex, const char *line, size_t bytes,
                       const struct taker *taker, struct bd_err *err)
{
    for (size_t from = 0; from <= bytes;) {
        regmatch_t m[2] = {{.rm_so = 0, .rm_eo = (regoff_t)(bytes - from)}};
        int flags = REG_STARTEND | (from > 0 ? REG_NOTBOL : 0);
        if (regexec(regex, line + from, BD_ARRAY_LEN(m), m, flags) != 0)
            return 0;
        const regmatch_t *value = regex->re_nsub > 0 ? &m[1] : &m[0];
        if (value->rm_so >= 0) { /* else: its branch of the pattern was not taken */
            int rc = taker->fn(line + from + value->rm_so, (size_t)(value->rm_eo - value->rm_so),
                               taker->arg, err);
            if (rc < 0)
                return rc;
        }
        from += (size_t)m[0].rm_eo + (m[0].rm_eo == m[0].rm_so);
    }
    return 0;
}

/* Each line is looked at in a buffer of its own, with a NUL after it: a matcher that measures the
 * whole string first, as the sanitizers' does, would measure the whole text for every line. */
int pattern_each_regex(const char *regex_text, const char *text, size_t bytes, pattern_found_fn fn,
                       void *arg, struct bd_err *err)
{
    regex_t regex;
    size_t used = 0;
    const struct taker taker = {fn, arg};
    bd_auto_free char *line = bd_xmalloc(LINE_MAX_BYTES + 1);
    int rc = compile(regex_text, &regex, err);
    if (rc < 0)
        return rc;
    for (const char *at = text, *end = text + bytes; rc == 0 && at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((stop ? stop : end) - at);
        size_t looked_at = n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES;
        memcpy(line, at, looked_at);
        line[looked_at] = '\0';
        rc = search_line(&regex, line, looked_at, &taker, err);
        at = stop ? stop + 1 : end;
        used += looked_at;
        if (rc < 0 || used < FRESH_BYTES)
            continue;
        regfree(&regex);
        rc = compile(regex_text, &regex, err);
        if (rc < 0)
            return rc;
        used = 0;
    }
    regfree(&regex);
    return rc;
}
