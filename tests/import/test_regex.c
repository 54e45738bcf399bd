/* Python's regular expressions as POSIX ones: what they are, and that they find what Python's re
 * finds. */
#include "lib/import/python_regex.h"
#include "lib/workload/pattern.h"
#include "tests/base/unit.h"

#include <string.h>

static int take_first(const char *text, size_t bytes, void *arg, struct bd_err *err)
{
    struct bd_str *found = arg;
    (void)err;
    if (found->len == 0)
        bd_str_addf(found, "<%.*s>", (int)bytes, text);
    return 0;
}

/* group: NULL for the whole; a digit for a number. What Python 3.11 finds in the line is `found`.
 */
START_TEST(test_what_is_found_is_what_python_finds)
{
    static const struct {
        const char *python, *group, *posix, *line, *found;
    } vectors[] = {
        {"Triad:\\s+(\\S+)\\s+.*", "1", "Triad:[[:space:]]+([^[:space:]]+)[[:space:]]+.*",
         "Triad:   123.4 MB/s  7", "<123.4>"},
        {"(?P<a>\\w+)=(?P<b>\\d+\\.?\\d*)", "b", "[[:alnum:]_]+=([0-9]+\\.?[0-9]*)", "x_1=3.25;",
         "<3.25>"},
        {"(?:GF|TF)lops: (\\d+)", NULL, "((GF|TF)lops: [0-9]+)", "TFlops: 12", "<TFlops: 12>"},
        {"\\[(?P<t>[^\\]]+)\\] done\\.", "t", "\\[([^]]+)] done\\.", "[12 s] done.", "<12 s>"},
        {"^\\s*100\\s+([\\d.eE+-]+)", "1", "^[[:space:]]*100[[:space:]]+([+.Ee0-9-]+)",
         "  100 -4.6e-1 2", "<-4.6e-1>"},
        {"(a(?P<x>b)c)", "x", "a(b)c", "zabcz", "<b>"},
        {"([A-Za-z_]+) +(\\d{2,4})", "2", "[A-Z_a-z]+ +([0-9]{2,4})", "runs 20261", "<2026>"},
        {"x\\t(?P<v>.*)$", "v", "x\t(.*)$", "x\tlast words", "<last words>"},
        {"[^\\n]+: (?P<v>\\d+)", "v", ".+: ([0-9]+)", "k: v: 77", "<77>"},
        {"(?P<v>\\d+)(?: (s|ms))?", "v", "([0-9]+)( (s|ms))?", "took 15 ms", "<15>"},
        {"{(?P<v>\\d+)}", "v", "\\{([0-9]+)[}]", "x {5}", "<5>"},
        {"a{,2}(b)", "1", "a{0,2}(b)", "aaab", "<b>"},
        {"[\\w.-]+@([^@\\s]+)", "1", "[.[:alnum:]_-]+@([^@[:space:]]+)", "me.x@host y", "<host>"},
        {"[]^-](x)", "1", "[]^-](x)", "^x", "<x>"},
        {"[^^](x)", "1", "[^^](x)", "^xax", "<x>"},
        {"[\\^](x)", "1", "\\^(x)", "^x", "<x>"},
        {"[-^](x)", "1", "[-^](x)", "-x", "<x>"},
        {"(?#what it is)v=(\\d)", "1", "v=([0-9])", "v=3", "<3>"},
        {"(?m)^v=(\\d)", "1", "^v=([0-9])", "v=3", "<3>"},
        {"(?:ab)(?:c)*(d)", "1", "abc*(d)", "abccd", "<d>"},
        {"\\$\\{x\\} \\/ \\\"(y)\\\"", "1", "\\$\\{x[}] / \"(y)\"", "${x} / \"y\"", "<y>"},
        {"\\x41+(b)", "1", "A+(b)", "AAb", "<b>"},
        {"\xc2\xb5s: (\\d+)", "1", "\xc2\xb5s: ([0-9]+)", "1 \xc2\xb5s: 9", "<9>"},
        {"x|y|z", NULL, "x|y|z", "azy", "<z>"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        const char *group = vectors[i].group;
        bool is_number = group && *group >= '0' && *group <= '9';
        const struct regex_wanted wanted = {.name = is_number ? NULL : group,
                                            .group = is_number ? (unsigned)(*group - '0') : 0};
        bd_auto_str struct bd_str posix = {0}, found = {0};
        struct bd_err err = BD_ERR_INIT;
        int rc = regex_of_python(vectors[i].python, &wanted, &posix, &err);
        ck_assert_msg(rc == 0, "%s: %s", vectors[i].python, err.text);
        ck_assert_str_eq(bd_str_text(&posix), vectors[i].posix);
        ck_assert_msg(pattern_check_regex(bd_str_text(&posix), &err) == 0, "%s: %s",
                      bd_str_text(&posix), err.text);
        ck_assert_int_eq(pattern_each_regex(bd_str_text(&posix), vectors[i].line,
                                            strlen(vectors[i].line), take_first, &found, &err),
                         0);
        ck_assert_msg(bd_str_eq(bd_str_text(&found), vectors[i].found), "%s in '%s': %s",
                      bd_str_text(&posix), vectors[i].line, bd_str_text(&found));
    }
}
END_TEST

/* re.match(): from the beginning of the line, in each alternative. */
START_TEST(test_what_has_to_stand_at_the_beginning)
{
    static const char *const vectors[][2] = {
        {"a(?P<v>b)", "^a(b)"}, {"^a(?P<v>b)", "^a(b)"}, {"x|a(?P<v>b)", "^x|^a(b)"}};
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_str struct bd_str posix = {0};
        struct bd_err err = BD_ERR_INIT;
        const struct regex_wanted wanted = {.name = "v", .at_begin = true};
        ck_assert_msg(regex_of_python(vectors[i][0], &wanted, &posix, &err) == 0, "%s", err.text);
        ck_assert_str_eq(bd_str_text(&posix), vectors[i][1]);
    }
}
END_TEST

START_TEST(test_what_posix_does_not_know_is_refused)
{
    static const struct {
        const char *python, *group, *says;
    } vectors[] = {
        {"a.*?(b)", "1", "takes as little as it can"},
        {"a++(b)", "1", "gives nothing back"},
        {"a**(b)", "1", "repetition of a repetition"},
        {"*a(b)", "1", "repetition of nothing"},
        {"(a)\\1", "1", "reference back"},
        {"(?P<x>a)(?P=x)", "x", "reference back"},
        {"a(?=b)", NULL, "look ahead or back"},
        {"(?<!a)b", NULL, "look ahead or back"},
        {"(?i)a", NULL, "flags within"},
        {"a\\nb", NULL, "over the end of a line"},
        {"[\\n ]a", NULL, "over the end of a line"},
        {"\\bword\\b", NULL, "\\b"},
        {"a\\Z", NULL, "\\Z"},
        {"[\\S,]+", NULL, "all but a class"},
        {"[\xc3\xa9]", NULL, "beyond ASCII"},
        {"\xc2\xb5?s", NULL, "repetition of that"},
        {"(a|b) (c)", "2", "leave out a group that stands before"},
        {"a (?:b+ )?(c)", "1", "leave out a group that stands before"},
        {"(?:a (b))+", "1", "leave out a group around"},
        {"(a", "1", "group without an end"},
        {"a)", NULL, "')' without a '('"},
        {"[a", NULL, "set without an end"},
        {"[b-a]", NULL, "range of characters"},
        {"a\\", NULL, "at the end"},
        {"a", "1", "no group 1"},
        {"(?P<x>a)", "y", "no group 'y'"},
        {"", NULL, "empty"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        const char *group = vectors[i].group;
        bool is_number = group && *group >= '0' && *group <= '9';
        const struct regex_wanted wanted = {.name = is_number ? NULL : group,
                                            .group = is_number ? (unsigned)(*group - '0') : 0};
        bd_auto_str struct bd_str posix = {0};
        struct bd_err err = BD_ERR_INIT;
        ck_assert_msg(regex_of_python(vectors[i].python, &wanted, &posix, &err) == BD_EINVALID,
                      "%s: %s", vectors[i].python, bd_str_text(&posix));
        ck_assert_msg(strstr(err.text, vectors[i].says), "%s: %s", vectors[i].python, err.text);
        ck_assert_uint_eq(posix.len, 0);
    }
}
END_TEST

/* As deep as it may be, and deeper. */
START_TEST(test_depth_has_an_end)
{
    for (size_t depth = 10; depth <= 10000; depth *= 10) {
        bd_auto_str struct bd_str python = {0}, posix = {0};
        struct bd_err err = BD_ERR_INIT;
        for (size_t i = 0; i < depth; i++)
            bd_str_add(&python, "(?:");
        bd_str_add(&python, "x");
        for (size_t i = 0; i < depth; i++)
            bd_str_add(&python, ")");
        int rc = regex_of_python(bd_str_text(&python), &(struct regex_wanted){0}, &posix, &err);
        ck_assert_int_eq(rc, depth <= 10 ? 0 : BD_EINVALID);
    }
}
END_TEST

UNIT_MAIN("import-regex", test_what_is_found_is_what_python_finds,
          test_what_has_to_stand_at_the_beginning, test_what_posix_does_not_know_is_refused,
          test_depth_has_an_end)
