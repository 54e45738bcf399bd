#include "lib/import/python_regex.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX  50
#define NAME_BYTES 64

/*
 * The pattern is read once and written as it is read. POSIX ERE has groups of one kind, and what is
 * wanted has to be the first of them: other groups are written without brackets where they need
 * none, and where they need them they may not come before it.
 */
struct translation {
    const char *at;
    const struct regex_wanted *wanted;
    unsigned groups; /* that have begun, in Python's counting */
    unsigned depth;
    bool is_found;   /* the wanted group has begun */
    bool has_groups; /* brackets were written */
    struct bd_err *err;
};

/* One thing that a repetition can follow. */
struct atom {
    bool can_repeat;
    bool is_several; /* more than a character: without brackets only the last one is repeated */
};

static int refuse(const struct translation *t, const char *what)
{
    return bd_err_set(t->err, BD_EINVALID, "POSIX has no %s", what);
}

/* ----------------------------------------------------------------------------------- characters */

static void add_literal(struct bd_str *out, char c)
{
    if (c == '}')
        bd_str_add(out, "[}]");
    else
        bd_str_addf(out, "%s%c", strchr(".[\\()*+?{|^$", c) ? "\\" : "", c);
}

/* What a class of characters is outside and inside of brackets. */
static const struct {
    char letter;
    const char *members; /* NULL: all but */
    const char *alone;
} classes[] = {
    {'d', "0-9", "[0-9]"},
    {'D', NULL, "[^0-9]"},
    {'s', "[:space:]", "[[:space:]]"},
    {'S', NULL, "[^[:space:]]"},
    {'w', "[:alnum:]_", "[[:alnum:]_]"},
    {'W', NULL, "[^[:alnum:]_]"},
};

static int find_class(char letter)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(classes); i++)
        if (classes[i].letter == letter)
            return (int)i;
    return -1;
}

/* "\t", "\x41", "\."; after the backslash. */
static int read_escaped(struct translation *t, char *ret_char)
{
    char c = *t->at++;
    if (c == '\0')
        return refuse(t, "'\\' at the end");
    if (c == 'n')
        return refuse(t, "match over the end of a line (\\n)");
    if (c == 't' || c == 'r' || c == 'f' || c == 'v')
        c = c == 't' ? '\t' : c == 'r' ? '\r' : c == 'f' ? '\f' : '\v';
    else if (c == 'x' && isxdigit((unsigned char)t->at[0]) && isxdigit((unsigned char)t->at[1])) {
        const char digits[] = {t->at[0], t->at[1], '\0'};
        long code = strtol(digits, NULL, 16);
        t->at += 2;
        if (code < ' ' || code > '~')
            return refuse(t, "character by such a number");
        c = (char)code;
    } else if (isdigit((unsigned char)c)) {
        return refuse(t, "reference back to a group");
    } else if (isalpha((unsigned char)c)) {
        const char what[] = {'\\', c, '\0'};
        return refuse(t, what);
    }
    *ret_char = c;
    return 0;
}

/* ------------------------------------------------------------------------------------- brackets */

struct set {
    bool has[128];
    struct bd_str classes; /* "[:space:]", "0-9" */
    bool is_negated;
};

static int read_member(struct translation *t, struct set *set, char *ret_char)
{
    *ret_char = '\0';
    if ((unsigned char)*t->at >= 0x80)
        return refuse(t, "set of characters beyond ASCII");
    if (*t->at != '\\') {
        *ret_char = *t->at++;
        return 0;
    }
    t->at++;
    int i = find_class(*t->at);
    if (*t->at == 'n' && set->is_negated) { /* a line has none */
        t->at++;
        return 0;
    }
    if (i < 0 && *t->at == 'b')
        return refuse(t, "\\b in a set");
    if (i < 0)
        return read_escaped(t, ret_char);
    if (!classes[i].members)
        return refuse(t, "set with all but a class of characters in it");
    bd_str_add(&set->classes, classes[i].members);
    t->at++;
    return 0;
}

static int read_set(struct translation *t, struct set *set)
{
    set->is_negated = *t->at == '^';
    t->at += set->is_negated;
    for (bool is_first = true; *t->at != ']' || is_first; is_first = false) {
        char from, to;
        if (!*t->at)
            return refuse(t, "set without an end");
        int rc = read_member(t, set, &from);
        if (rc < 0)
            return rc;
        to = from;
        if (from && t->at[0] == '-' && t->at[1] && t->at[1] != ']') {
            t->at++;
            rc = read_member(t, set, &to);
            if (rc < 0)
                return rc;
            if (to < from)
                return refuse(t, "range of characters that ends before it begins");
        }
        for (int c = (unsigned char)from; c && c <= (unsigned char)to; c++)
            set->has[c] = true;
    }
    t->at++;
    return 0;
}

/* Letters and digits as ranges. */
static void write_members(const struct set *set, struct bd_str *out)
{
    for (int c = 1; c < 128; c++) {
        int end = c;
        if (!set->has[c] || strchr("][^-", c))
            continue;
        while (isalnum(c) && end + 1 < 128 && set->has[end + 1] && isalnum(end + 1))
            end++;
        if (end - c >= 2) {
            bd_str_addf(out, "%c-%c", c, end);
            c = end;
        } else {
            bd_str_addf(out, "%c", c);
        }
    }
}

/* What has a meaning of its own stands where it has none: "]" first, "[" and "^" later, "-" at one
 * end. */
static void write_set(const struct set *set, struct bd_str *out)
{
    bd_auto_str struct bd_str inner = {0};
    bd_str_add(&inner, set->has[']'] ? "]" : "");
    write_members(set, &inner);
    bd_str_add(&inner, bd_str_text(&set->classes));
    bd_str_add(&inner, set->has['['] ? "[" : "");
    bool is_first = inner.len == 0 && !set->is_negated;
    if (set->has['^'] && is_first)
        bd_str_add(&inner, set->has['-'] ? "-^" : "");
    else
        bd_str_addf(&inner, "%s%s", set->has['^'] ? "^" : "", set->has['-'] ? "-" : "");
    if (inner.len == 0)
        bd_str_add(out, set->is_negated ? "." : "\\^");
    else
        bd_str_addf(out, "[%s%s]", set->is_negated ? "^" : "", bd_str_text(&inner));
}

static int translate_set(struct translation *t, struct bd_str *out)
{
    struct set set = {0};
    t->at++;
    int rc = read_set(t, &set);
    if (rc == 0)
        write_set(&set, out);
    bd_str_done(&set.classes);
    return rc;
}

/* --------------------------------------------------------------------------------------- groups */

static int translate_alternatives(struct translation *t, struct bd_str *out, size_t *ret_n,
                                  bool *ret_is_one_atom);

/* What stands after "(": which kind of group it is. Sets name to "" for one without. */
static int read_kind(struct translation *t, bool *ret_counts, char name[NAME_BYTES])
{
    *ret_counts = true;
    *name = '\0';
    if (*t->at != '?')
        return 0;
    t->at++;
    if (*t->at == ':') {
        t->at++;
        *ret_counts = false;
        return 0;
    }
    if (t->at[0] == 'P' && t->at[1] == '<') {
        size_t n = strcspn(t->at + 2, ">)");
        if (t->at[2 + n] != '>' || n == 0 || n >= NAME_BYTES)
            return refuse(t, "group of such a name");
        memcpy(name, t->at + 2, n);
        name[n] = '\0';
        t->at += 3 + n;
        return 0;
    }
    return refuse(t, *t->at == 'P'                     ? "reference back to a group"
                     : strchr("=!<", *t->at) && *t->at ? "look ahead or back"
                                                       : "flags within the expression");
}

/* "(?#...)" */
static int skip_remark(struct translation *t)
{
    const char *end = strchr(t->at, ')');
    if (!end)
        return refuse(t, "remark without an end");
    t->at = end + 1;
    return 0;
}

static bool is_repetition(const char *s)
{
    if (*s == '*' || *s == '+' || *s == '?')
        return true;
    if (*s != '{')
        return false;
    size_t low = strspn(s + 1, "0123456789"), comma = s[1 + low] == ',';
    size_t high = comma ? strspn(s + 2 + low, "0123456789") : 0;
    return low + high > 0 && s[1 + low + comma + high] == '}';
}

static int translate_group(struct translation *t, struct bd_str *out, struct atom *ret_atom)
{
    bool counts, is_one_atom = false;
    char name[NAME_BYTES];
    size_t n = 0;
    bd_auto_str struct bd_str inner = {0};
    t->at++;
    if (t->at[0] == '?' && t->at[1] == '#') {
        ret_atom->can_repeat = false;
        return skip_remark(t);
    }
    int rc = read_kind(t, &counts, name);
    if (rc < 0)
        return rc;
    t->groups += counts;
    const struct regex_wanted *w = t->wanted;
    bool is_wanted =
        counts && (w->name ? bd_str_eq(name, w->name) : w->group == t->groups && w->group);
    bool was_found = t->is_found;
    if (is_wanted) {
        if (t->has_groups)
            return refuse(t,
                          "way to leave out a group that stands before the one that is wanted, and "
                          "is repeated or has alternatives");
        t->is_found = t->has_groups = true;
    }
    rc = translate_alternatives(t, &inner, &n, &is_one_atom);
    if (rc < 0)
        return rc;
    if (*t->at != ')')
        return refuse(t, "group without an end");
    t->at++;
    bool needs = n > 1 || (is_repetition(t->at) && !is_one_atom);
    if (!is_wanted && needs && !was_found && t->is_found)
        return refuse(t, "way to leave out a group around the one that is wanted, which is "
                         "repeated or has alternatives");
    t->has_groups |= needs;
    bd_str_addf(out, is_wanted || needs ? "(%s)" : "%s", bd_str_text(&inner));
    ret_atom->can_repeat = is_wanted || needs || is_one_atom;
    ret_atom->is_several = false;
    return 0;
}

/* ----------------------------------------------------------------------------------- one by one */

static int translate_escape(struct translation *t, struct bd_str *out)
{
    char c;
    int i = find_class(*++t->at);
    if (i >= 0) {
        bd_str_add(out, classes[i].alone);
        t->at++;
        return 0;
    }
    if (*t->at && strchr("bBAZ", *t->at)) {
        const char what[] = {'\\', *t->at, '\0'};
        return refuse(t, what);
    }
    int rc = read_escaped(t, &c);
    if (rc == 0)
        add_literal(out, c);
    return rc;
}

static int translate_plain(struct translation *t, struct bd_str *out, struct atom *ret_atom)
{
    unsigned char c = (unsigned char)*t->at;
    if (c == '\n')
        return refuse(t, "match over the end of a line");
    if (c < 0x80) {
        add_literal(out, *t->at++);
        return 0;
    }
    size_t n = bd_utf8_char(t->at, strlen(t->at));
    bd_str_addn(out, t->at, n ? n : 1);
    t->at += n ? n : 1;
    ret_atom->is_several = true;
    return 0;
}

static int translate_atom(struct translation *t, struct bd_str *out, struct atom *ret_atom)
{
    *ret_atom = (struct atom){.can_repeat = true};
    switch (*t->at) {
    case '\\':
        return translate_escape(t, out);
    case '[':
        return translate_set(t, out);
    case '(':
        return translate_group(t, out, ret_atom);
    case '.':
        bd_str_addn(out, t->at++, 1);
        return 0;
    case '^':
    case '$':
        ret_atom->can_repeat = false;
        bd_str_addn(out, t->at++, 1);
        return 0;
    case '*':
    case '+':
    case '?':
        return refuse(t, "repetition of nothing");
    default:
        return translate_plain(t, out, ret_atom);
    }
}

static int translate_repetition(struct translation *t, const struct atom *atom, struct bd_str *out)
{
    if (!atom->can_repeat || atom->is_several)
        return refuse(t, "repetition of that");
    if (*t->at == '{') {
        size_t n = strcspn(t->at, "}") + 1;
        bd_str_add(out, t->at[1] == ',' ? "{0" : "{");
        bd_str_addn(out, t->at + 1, n - 1);
        t->at += n;
    } else {
        bd_str_addn(out, t->at++, 1);
    }
    if (*t->at == '?')
        return refuse(t, "repetition that takes as little as it can (such as .*?)");
    if (*t->at == '+')
        return refuse(t, "repetition that gives nothing back");
    return is_repetition(t->at) ? refuse(t, "repetition of a repetition") : 0;
}

/* ret_atoms: how many; one that is repeated counts as two. */
static int translate_sequence(struct translation *t, struct bd_str *out, size_t *ret_atoms)
{
    *ret_atoms = 0;
    while (*t->at && *t->at != '|' && *t->at != ')') {
        struct atom atom;
        size_t before = out->len;
        int rc = translate_atom(t, out, &atom);
        if (rc < 0)
            return rc;
        *ret_atoms += out->len == before ? 0 : atom.is_several || !atom.can_repeat ? 2 : 1;
        if (!is_repetition(t->at))
            continue;
        rc = translate_repetition(t, &atom, out);
        if (rc < 0)
            return rc;
        ++*ret_atoms;
    }
    return 0;
}

static int translate_alternatives(struct translation *t, struct bd_str *out, size_t *ret_n,
                                  bool *ret_is_one_atom)
{
    bool is_outermost = t->depth == 0;
    size_t atoms = 0;
    int rc = 0;
    if (++t->depth > DEPTH_MAX)
        return refuse(t, "groups within so many groups");
    for (*ret_n = 0; rc == 0; t->at++) {
        if (is_outermost && t->wanted->at_begin && *t->at != '^')
            bd_str_add(out, "^");
        rc = translate_sequence(t, out, &atoms);
        ++*ret_n;
        if (rc < 0 || *t->at != '|')
            break;
        bd_str_add(out, "|");
    }
    t->depth--;
    *ret_is_one_atom = *ret_n == 1 && atoms == 1;
    return rc;
}

int regex_of_python(const char *pattern, const struct regex_wanted *wanted, struct bd_str *ret,
                    struct bd_err *err)
{
    struct translation t = {.at = pattern, .wanted = wanted, .err = err};
    bd_auto_str struct bd_str out = {0};
    bool wants_group = wanted->name || wanted->group, is_one;
    size_t n;
    if (bd_starts_with(pattern, "(?m)")) /* each line is looked at by itself anyway */
        t.at += strlen("(?m)");
    int rc = translate_alternatives(&t, &out, &n, &is_one);
    if (rc == 0 && *t.at)
        rc = refuse(&t, "')' without a '('");
    if (rc == 0 && wants_group && !t.is_found)
        rc = wanted->name ? bd_err_set(err, BD_EINVALID, "it has no group '%s'", wanted->name)
                          : bd_err_set(err, BD_EINVALID, "it has no group %u", wanted->group);
    if (rc == 0 && out.len == 0)
        rc = bd_err_set(err, BD_EINVALID, "it is empty");
    if (rc < 0)
        return rc;
    bd_str_addf(ret, !wants_group && t.has_groups ? "(%s)" : "%s", bd_str_text(&out));
    return 0;
}
