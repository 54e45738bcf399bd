#include "lib/schema/compiled.h"

#include "lib/base/mem.h"

#include <ctype.h>
#include <locale.h>
#include <pthread.h>
#include <string.h>

/* Whatever the program's locale is, patterns see code points, and [a-z] is the 26 letters. */
static locale_t code_points;
static pthread_once_t code_points_once = PTHREAD_ONCE_INIT;

static void code_points_init(void)
{
    code_points = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
    if (!code_points)
        bd_die("the locale C.UTF-8 is missing");
}

/* Answers the locale to go back to. */
static locale_t code_points_enter(void)
{
    pthread_once(&code_points_once, code_points_init);
    return uselocale(code_points);
}

static const char *bracket_end(const char *p, const char **ret_why)
{
    p++; /* '[' */
    p += *p == '^';
    if (*p == ']')
        *ret_why = "']' right after '[' means different things in different dialects";
    for (; *p && *p != ']' && !*ret_why; p++) {
        if (*p == '\\')
            *ret_why = "'\\' within [] means different things in different dialects";
        else if (*p == '[' && strchr(":.=", p[1]) && p[1])
            *ret_why = "classes such as [:alpha:] are POSIX only; write [A-Za-z]";
    }
    return p;
}

/*
 * What POSIX ERE and ECMAScript read differently, or what only one of them knows; NULL if there is
 * nothing of it. The contract's patterns are read by other tools too, which take ECMAScript.
 */
static const char *why_not_portable(const char *text)
{
    const char *why = NULL;
    for (const char *p = text; *p && !why; p++) {
        if (*p == '\\') {
            p++;
            if (!*p || isalnum((unsigned char)*p))
                return "'\\' can only stand before a punctuation mark; write [0-9] for \\d";
        } else if (*p == '[') {
            p = bracket_end(p, &why);
            if (!why && !*p)
                return "'[' has no ']'";
        } else if (*p == '(' && p[1] == '?') {
            return "groups that begin with '(?' are no part of POSIX ERE";
        } else if (strchr("*+?}", *p) && strchr("*+?{", p[1]) && p[1]) {
            return "one repetition after another means different things in different dialects";
        }
    }
    return why;
}

int schema_pattern_new(const char *text, struct schema_pattern **ret_pattern, struct bd_err *err)
{
    const char *why = why_not_portable(text);
    if (why)
        return bd_err_set(err, BD_EINVALID, "pattern %s: %s", text, why);
    struct schema_pattern *p = bd_new(struct schema_pattern);
    locale_t before = code_points_enter();
    int code = regcomp(&p->regex, text, REG_EXTENDED | REG_NOSUB);
    uselocale(before);
    if (code) {
        char reason[128];
        regerror(code, &p->regex, reason, sizeof(reason));
        free(p);
        return bd_err_set(err, BD_EINVALID, "pattern %s: %s", text, reason);
    }
    p->text = bd_xstrdup(text);
    *ret_pattern = p;
    return 0;
}

void schema_pattern_free(struct schema_pattern *p)
{
    if (!p)
        return;
    regfree(&p->regex);
    free(p->text);
    free(p);
}

bool schema_pattern_matches(const struct schema_pattern *p, const char *text, size_t bytes)
{
    regmatch_t range = {.rm_so = 0, .rm_eo = (regoff_t)bytes};
    locale_t before = code_points_enter();
    int code = regexec(&p->regex, text, 1, &range, REG_STARTEND);
    uselocale(before);
    return code == 0;
}
