/* Tables of comma-separated values, from anyone. */
#include "suites.h"

#include "clients/benchctl/csvread.h"

#include "lib/base/json.h"
#include "lib/base/str.h"

#include <string.h>

/* "a|b/1|2": fields and rows; the error's text where it is refused. */
static char *read_text(const char *text, size_t bytes)
{
    csv_auto_table struct csv_table table = {0};
    struct bd_err err = BD_ERR_INIT;
    struct bd_str out = {0};
    if (csv_read(text, bytes, "t.csv", &table, &err) < 0)
        return bd_xstrdup(err.text);
    for (size_t row = 0; row < table.rows; row++)
        for (size_t i = 0; i < table.width; i++)
            bd_str_addf(&out, "%s%s", i ? "|" : row ? "/" : "", csv_field(&table, row, i));
    return bd_str_take(&out);
}

static const struct {
    const char *text, *expected;
} tables[] = {
    {"a,b\n1,2\n", "a|b/1|2"},
    {"a,b\r\n1,2\r\n", "a|b/1|2"},
    {"a,b\n1,2", "a|b/1|2"},
    {"a\n1\n", "a/1"},
    {"\xef\xbb\xbf"
     "a,b\n1,2\n",
     "a|b/1|2"},
    {"a,b\n\n1,2\n\n\n", "a|b/1|2"},
    {"a,b\n,\n", "a|b/|"},
    {"a,b\n1,", "a|b/1|"},
    {"a,b\n\"x, y\",\"he said \"\"no\"\"\"\n", "a|b/x, y|he said \"no\""},
    {"a,b\n\"two\nlines\",2\n", "a|b/two\nlines|2"},
    {"a,b\n\"two\r\nlines\",2\r\n", "a|b/two\r\nlines|2"},
    {"a,b\n\"\",2\n", "a|b/|2"},
    {"a,b\n\"\"\"\",2\n", "a|b/\"|2"},
    {"a,b\n x , y\n", "a|b/ x | y"},
    {"grün,b\n1,2\n", "grün|b/1|2"},
    {"", "t.csv is empty: its first line has to name the columns"},
    {"\n\n", "t.csv is empty: its first line has to name the columns"},
    {"a,a\n1,2\n", "t.csv:1: two columns are called 'a'"},
    {"a,b\n1\n", "t.csv:2: 1 field, of the 2 that line 1 names"},
    {"a,b\n1,2\n1,2,3\n", "t.csv:3: more fields than the 2 that line 1 names"},
    {"\na,b\n\"x\ny\",2\n1\n", "t.csv:5: 1 field, of the 2 that line 2 names"},
    {"a,b\n1,\"2\n3\n", "t.csv:2: a quote is opened that nothing closes"},
    {"a,b\n\"1\"x,2\n", "t.csv:2: after a closing quote there must be a comma or a new line"},
    {"a,b\n1\"2,3\n",
     "t.csv:2: a quote within a field: the whole field must be in quotes, and the quote be written "
     "twice"},
    {"a,b\r1,2\r",
     "t.csv:1: a carriage return without a line feed: save it with the line ends of Unix or "
     "Windows"},
    {"a,b\n1,\xff\n", "t.csv:2: not UTF-8: save it in that encoding"},
};

START_TEST(test_a_table_is_read_or_refused_with_its_line)
{
    bd_auto_free char *got = read_text(tables[_i].text, strlen(tables[_i].text));
    ck_assert_str_eq(got, tables[_i].expected);
}
END_TEST

START_TEST(test_a_nul_byte_is_refused)
{
    bd_auto_free char *got = read_text("a,b\n1,\0\n", 8);
    ck_assert_str_eq(got, "t.csv:2: a NUL byte");
}
END_TEST

START_TEST(test_columns_are_bounded)
{
    bd_auto_str struct bd_str text = {0};
    for (size_t i = 0; i <= CSV_COLUMNS_MAX; i++)
        bd_str_addf(&text, "%sc%zu", i ? "," : "", i);
    bd_auto_free char *got = read_text(bd_str_text(&text), text.len);
    ck_assert_str_eq(got, "t.csv:1: more than 1000 columns");
    size_t last = text.len - strlen(",c1000");
    bd_auto_free char *fits = read_text(bd_str_text(&text), last);
    ck_assert_ptr_nonnull(strstr(fits, "|c999"));
}
END_TEST

START_TEST(test_many_rows_keep_their_lines)
{
    csv_auto_table struct csv_table table = {0};
    bd_auto_str struct bd_str text = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_str_add(&text, "n,text\n");
    for (int i = 1; i <= 5000; i++)
        bd_str_addf(&text, "%d,\"a\nb\"\n", i);
    ck_assert_int_eq(csv_read(bd_str_text(&text), text.len, "t.csv", &table, &err), 0);
    ck_assert_uint_eq(table.rows, 5001);
    ck_assert_str_eq(csv_field(&table, 5000, 0), "5000");
    ck_assert_uint_eq(table.lines[5000], 2 * 5000);
    ck_assert_uint_eq(csv_column(&table, "text"), 1);
    ck_assert_uint_eq(csv_column(&table, "Text"), SIZE_MAX);
}
END_TEST

Suite *csvread_suite(void)
{
    Suite *suite = suite_create("benchctl: tables of others");
    TCase *tcase = tcase_create("csvread");
    tcase_add_loop_test(tcase, test_a_table_is_read_or_refused_with_its_line, 0,
                        BD_ARRAY_LEN(tables));
    tcase_add_test(tcase, test_a_nul_byte_is_refused);
    tcase_add_test(tcase, test_columns_are_bounded);
    tcase_add_test(tcase, test_many_rows_keep_their_lines);
    suite_add_tcase(suite, tcase);
    return suite;
}
