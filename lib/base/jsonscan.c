#include "lib/base/jsonscan.h"

#include "lib/base/json.h"
#include "lib/base/str.h"

#include <string.h>

enum want {
    WANT_VALUE,  /* of all, behind a name, or behind a comma */
    WANT_FIRST,  /* a value, or the end of an array */
    WANT_MEMBER, /* a name, or the end of an object */
    WANT_NAME,
    WANT_COLON,
    WANT_MORE, /* a comma, or the end of what is open */
};

static int refuse(const struct bd_jsonscan *s, const char *why, struct bd_err *err)
{
    size_t line = 1, start = 0;
    for (size_t i = 0; i < s->at; i++) {
        if (s->text[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    return bd_err_set(err, BD_EINVALID, "line %zu, column %zu: %s", line, s->at - start + 1, why);
}

static bool in_object(const struct bd_jsonscan *s)
{
    return s->depth && (s->objects >> (s->depth - 1) & 1);
}

static void skip_space(struct bd_jsonscan *s)
{
    while (s->at < s->bytes && s->text[s->at] && strchr(" \t\r\n", s->text[s->at]))
        s->at++;
}

static bool next_is(const struct bd_jsonscan *s, char c)
{
    return s->at < s->bytes && s->text[s->at] == c;
}

/* The separator that has to stand here, and what may come behind it. */
static int pass_separator(struct bd_jsonscan *s, struct bd_err *err)
{
    if (s->want == WANT_COLON) {
        if (!next_is(s, ':'))
            return refuse(s, "':' expected", err);
        s->want = WANT_VALUE;
    } else if (s->want == WANT_MORE && s->depth && next_is(s, ',')) {
        s->want = in_object(s) ? WANT_NAME : WANT_VALUE;
    } else {
        return 0;
    }
    s->at++;
    skip_space(s);
    return 0;
}

static int take(struct bd_jsonscan *s, size_t bytes, enum want want)
{
    s->token = s->text + s->at;
    s->token_bytes = bytes;
    s->at += bytes;
    s->want = (int)want;
    return 0;
}

/* -- strings -- */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The bytes of the escape that begins here; 0: there is none like that. */
static size_t escape_bytes(const char *at, size_t left)
{
    if (left < 2 || !at[1] || !strchr("\"\\/bfnrtu", at[1]))
        return 0;
    if (at[1] != 'u')
        return 2;
    for (size_t i = 2; i < 6; i++)
        if (i >= left || !is_hex(at[i]))
            return 0;
    return 6;
}

static int take_string(struct bd_jsonscan *s, enum want want, struct bd_err *err)
{
    const char *at = s->text + s->at;
    size_t left = s->bytes - s->at, n = 1;
    while (n < left && at[n] != '"') {
        size_t more = at[n] == '\\' ? escape_bytes(at + n, left - n) : (unsigned char)at[n] >= ' ';
        if (more == 0)
            return refuse(s, "a string with a bad escape, or a control character", err);
        n += more;
    }
    if (n >= left)
        return refuse(s, "a string without end", err);
    if (!bd_is_utf8(at, n))
        return refuse(s, "a string that is no UTF-8", err);
    return take(s, n + 1, want);
}

bool bd_jsonscan_text(const struct bd_jsonscan *s, char *ret_text, size_t max_bytes)
{
    bd_auto_json json_t *value = NULL;
    const char *text = s->token + 1;
    size_t n = s->token_bytes - 2;
    if (memchr(text, '\\', n)) {
        if (n / 6 >= max_bytes) /* as many as an escape has at most */
            return false;
        value = json_loadb(s->token, s->token_bytes, JSON_DECODE_ANY, NULL);
        text = json_string_value(value);
        n = text ? strlen(text) : SIZE_MAX;
    }
    if (n >= max_bytes)
        return false;
    memcpy(ret_text, text, n);
    ret_text[n] = '\0';
    return true;
}

/* -- other values -- */

static size_t digits(const char *at, size_t left)
{
    size_t n = 0;
    while (n < left && at[n] >= '0' && at[n] <= '9')
        n++;
    return n;
}

/* As the grammar has it; 0: it is none. */
static size_t number_bytes(const char *at, size_t left)
{
    size_t n = left && *at == '-', more = digits(at + n, left - n);
    if (more == 0 || (more > 1 && at[n] == '0'))
        return 0;
    n += more;
    if (n < left && at[n] == '.') {
        more = digits(at + n + 1, left - n - 1);
        if (more == 0)
            return 0;
        n += 1 + more;
    }
    if (n < left && (at[n] == 'e' || at[n] == 'E')) {
        n++;
        if (n < left && (at[n] == '+' || at[n] == '-'))
            n++;
        more = digits(at + n, left - n);
        if (more == 0)
            return 0;
        n += more;
    }
    return n;
}

static int take_other(struct bd_jsonscan *s, struct bd_err *err)
{
    static const char *const words[] = {"true", "false", "null"};
    const char *at = s->text + s->at;
    size_t left = s->bytes - s->at;
    for (size_t i = 0; i < BD_ARRAY_LEN(words); i++)
        if (left >= strlen(words[i]) && memcmp(at, words[i], strlen(words[i])) == 0)
            return take(s, strlen(words[i]), WANT_MORE);
    size_t n = number_bytes(at, left);
    return n ? take(s, n, WANT_MORE) : refuse(s, "a value expected", err);
}

/* -- what is open -- */

static int open_one(struct bd_jsonscan *s, bool object, struct bd_err *err)
{
    if (s->depth == BD_JSON_DEPTH_MAX)
        return refuse(s, "nested deeper than 64 levels", err);
    uint64_t bit = UINT64_C(1) << s->depth++;
    s->objects = object ? s->objects | bit : s->objects & ~bit;
    return take(s, 1, object ? WANT_MEMBER : WANT_FIRST);
}

/* Whether what is open ends here. */
static bool ends(const struct bd_jsonscan *s)
{
    bool may = s->want == WANT_FIRST || s->want == WANT_MEMBER || s->want == WANT_MORE;
    return may && s->depth && next_is(s, in_object(s) ? '}' : ']');
}

static int take_value(struct bd_jsonscan *s, enum bd_json_token *ret_token, struct bd_err *err)
{
    switch (s->text[s->at]) {
    case '{':
        *ret_token = BD_JSON_OBJECT;
        return open_one(s, true, err);
    case '[':
        *ret_token = BD_JSON_ARRAY;
        return open_one(s, false, err);
    case '"':
        *ret_token = BD_JSON_STRING;
        return take_string(s, WANT_MORE, err);
    default:
        *ret_token = BD_JSON_OTHER;
        return take_other(s, err);
    }
}

static int take_name(struct bd_jsonscan *s, enum bd_json_token *ret_token, struct bd_err *err)
{
    if (!next_is(s, '"'))
        return refuse(s, "a name in quotes expected", err);
    *ret_token = BD_JSON_NAME;
    return take_string(s, WANT_COLON, err);
}

int bd_jsonscan_next(struct bd_jsonscan *s, enum bd_json_token *ret_token, struct bd_err *err)
{
    skip_space(s);
    int rc = pass_separator(s, err);
    if (rc < 0)
        return rc;
    if (s->want == WANT_MORE && s->depth == 0) {
        *ret_token = BD_JSON_END;
        return s->at == s->bytes ? take(s, 0, WANT_MORE) : refuse(s, "more than one value", err);
    }
    if (s->at == s->bytes)
        return refuse(s, "it ends too early", err);
    if (ends(s)) {
        *ret_token = in_object(s) ? BD_JSON_OBJECT_END : BD_JSON_ARRAY_END;
        s->depth--;
        return take(s, 1, WANT_MORE);
    }
    if (s->want == WANT_MORE)
        return refuse(s, in_object(s) ? "',' or '}' expected" : "',' or ']' expected", err);
    return s->want == WANT_NAME || s->want == WANT_MEMBER ? take_name(s, ret_token, err)
                                                          : take_value(s, ret_token, err);
}

int bd_jsonscan_skip(struct bd_jsonscan *s, enum bd_json_token token, struct bd_err *err)
{
    bool opened = token == BD_JSON_OBJECT || token == BD_JSON_ARRAY;
    unsigned depth = s->depth;
    int rc = 0;
    while (rc == 0 && opened && s->depth >= depth)
        rc = bd_jsonscan_next(s, &token, err);
    return rc;
}
