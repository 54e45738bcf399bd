/* What people see: escapes, widths, numbers, ages, tables. */
#include "suites.h"

#include "clients/benchctl/table.h"
#include "clients/benchctl/text.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <stdio.h>

static const struct {
    const char *text, *expected;
} escapes[] = {
    {"plain", "plain"},
    {"grün ✓ 節点", "grün ✓ 節点"},
    {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
    {"\033[31mred\033[0m", "\\x1b[31mred\\x1b[0m"},
    {"\033]0;title\007", "\\x1b]0;title\\x07"},
    {"\177", "\\x7f"},
    {"\xc2\x9b"
     "31m",
     "\\x9b31m"}, /* C1: another way to write ESC [ */
    {"bad \xff\xc3", "bad \\xff\\xc3"},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate is no UTF-8 */
    {"abc\xe2\x80\xae"
     "cba",
     "abc\\u202ecba"}, /* turns the direction */
    {"\xef\xbb\xbf"
     "bom",
     "\\ufeffbom"},
};

START_TEST(test_text_can_not_act_on_a_terminal)
{
    bd_auto_str struct bd_str got = {0};
    text_escape(&got, escapes[_i].text);
    ck_assert_str_eq(bd_str_text(&got), escapes[_i].expected);
}
END_TEST

START_TEST(test_width_is_in_columns)
{
    ck_assert_uint_eq(text_width(""), 0);
    ck_assert_uint_eq(text_width("grün"), 4);
    ck_assert_uint_eq(text_width("節点"), 4);
    ck_assert_uint_eq(text_width("e\xcc\x81"), 1); /* a combining accent */
    bd_auto_str struct bd_str text = {0};
    bd_str_add(&text, "a節点b");
    text_cut(&text, 4); /* the second wide one would need a fifth column */
    ck_assert_str_eq(bd_str_text(&text), "a節");
}
END_TEST

START_TEST(test_numbers_are_written_as_people_do)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } sizes[] = {
        {0, "0 B"},         {1023, "1023 B"},        {1024, "1 KiB"},
        {1536, "1.5 KiB"},  {512U << 20, "512 MiB"}, {734003200, "700 MiB"},
        {1048575, "1 MiB"}, {25769803776, "24 GiB"}, {UINT64_MAX, "16 EiB"},
    };
    static const struct {
        int64_t ms;
        const char *text;
    } times[] = {
        {0, "0 ms"},       {999, "999 ms"},      {1000, "1.0 s"},        {2110, "2.1 s"},
        {59949, "59.9 s"}, {59950, "1 min 0 s"}, {250000, "4 min 10 s"},
    };
    char out[TEXT_NUMBER_BYTES];
    for (size_t i = 0; i < BD_ARRAY_LEN(sizes); i++)
        ck_assert_str_eq(text_bytes(sizes[i].bytes, out), sizes[i].text);
    for (size_t i = 0; i < BD_ARRAY_LEN(times); i++)
        ck_assert_str_eq(text_ms(times[i].ms, out), times[i].text);
}
END_TEST

START_TEST(test_spans_and_values_are_as_people_write_them)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } spans[] = {
        {0, "0 s"},          {59, "59 s"},          {60, "1 min 0 s"},
        {250, "4 min 10 s"}, {3599, "59 min 59 s"}, {4210, "1 h 10 min"},
    };
    static const struct {
        double value;
        const char *text;
    } values[] = {
        {0, "0"},
        {0.204, "0.204"},
        {-3, "-3"},
        {1048576, "1048576"},
        {0.1 + 0.2, "0.3"},
        {3.1e-7, "3.1e-07"},
        {1234567.25, "1.23457e+06"},
        {1e15, "1e+15"},
        {999999999999999, "999999999999999"},
    };
    char out[TEXT_NUMBER_BYTES];
    for (size_t i = 0; i < BD_ARRAY_LEN(spans); i++)
        ck_assert_str_eq(text_seconds(spans[i].seconds, out), spans[i].text);
    for (size_t i = 0; i < BD_ARRAY_LEN(values); i++)
        ck_assert_str_eq(text_real(values[i].value, out), values[i].text);
}
END_TEST

START_TEST(test_ages_are_relative_to_now)
{
    static const struct {
        const char *then, *age;
    } ages[] = {
        {"2026-01-31T12:00:00.000Z", "0s"},   {"2026-01-31T11:59:59.001Z", "0s"},
        {"2026-01-31T11:58:01.000Z", "119s"}, {"2026-01-31T11:58:00Z", "2min"},
        {"2026-01-31T10:00:00.000Z", "2h"},   {"2026-01-28T12:00:00.000Z", "3d"},
        {"2026-01-31T12:00:05.000Z", "0s"},   {"yesterday", "-"},
        {"2026-01-31T12:00:00", "-"},         {NULL, "-"},
    };
    char out[TEXT_NUMBER_BYTES];
    int64_t now;
    ck_assert_int_eq(text_parse_time("2026-01-31T12:00:00.000Z", &now), 0);
    ck_assert_int_eq(now, INT64_C(1769860800) * BD_NS_PER_S);
    for (size_t i = 0; i < BD_ARRAY_LEN(ages); i++)
        ck_assert_str_eq(text_age(ages[i].then, now, out), ages[i].age);
    int64_t ns;
    ck_assert_int_eq(text_parse_time("2026-01-31T12:00:00.123Z", &ns), 0);
    ck_assert_int_eq(ns - now, 123 * BD_NS_PER_MS);
}
END_TEST

static const struct table_column columns[] = {{"NAME", false}, {"N", true}, {"REST", false}};

static void fill(struct table *table)
{
    table_init(table, columns, BD_ARRAY_LEN(columns));
    table_add(table, STYLE_GOOD, "節点");
    table_addf(table, STYLE_PLAIN, "%d", 7);
    table_add(table, STYLE_PLAIN, NULL);
    table_add(table, STYLE_PLAIN, "a\nlonger one");
    table_addf(table, STYLE_PLAIN, "%d", 1234);
    table_add(table, STYLE_PLAIN, "");
}

START_TEST(test_table_is_aligned_by_columns)
{
    table_auto struct table table;
    bd_auto_str struct bd_str got = {0};
    const struct term plain = {0};
    fill(&table);
    table_render(&table, &plain, 1, SIZE_MAX, &got);
    ck_assert_str_eq(bd_str_text(&got), " NAME              N  REST\n"
                                        " 節点              7  -\n"
                                        " a\\nlonger one  1234\n");
}
END_TEST

START_TEST(test_colours_do_not_change_the_alignment)
{
    table_auto struct table table;
    bd_auto_str struct bd_str got = {0};
    const struct term colour = {.colour = true};
    fill(&table);
    table_render(&table, &colour, 0, SIZE_MAX, &got);
    ck_assert_str_eq(bd_str_text(&got),
                     "\033[1mNAME\033[0m              \033[1mN\033[0m  \033[1mREST\033[0m\n"
                     "\033[32m節点\033[0m              7  -\n"
                     "a\\nlonger one  1234\n");
}
END_TEST

static void add_row(struct table *table, const char *const *cells)
{
    for (size_t c = 0; c < table->width; c++)
        table_add(table, STYLE_PLAIN, cells[c]);
}

/* A list keeps a line a row; the first column and numbers stay whole. */
START_TEST(test_list_that_is_too_wide_is_cut_from_the_right)
{
    static const struct table_column four[] = {
        {"ID", false}, {"NAME", false}, {"COUNT", true}, {"IMAGE", false}};
    static const char *const rows[][4] = {
        {"1f2e3d4c", "a-name-that-is-long", "1234567", "節点節点"},
        {"2", "b", "1", "debian-bookworm"}};
    static const struct {
        size_t room;
        const char *text;
    } vectors[] = {
        {55, "ID        NAME                   COUNT  IMAGE\n"
             "1f2e3d4c  a-name-that-is-long  1234567  節点節点\n"
             "2         b                          1  debian-bookworm\n"},
        {50, "ID        NAME                   COUNT  IMAGE\n"
             "1f2e3d4c  a-name-that-is-long  1234567  節点節点\n"
             "2         b                          1  debian-bo…\n"},
        {40, "ID        NAME             COUNT  IMAGE\n"
             "1f2e3d4c  a-name-that-…  1234567  節点…\n"
             "2         b                    1  debia…\n"},
        {10, "ID        NAME      COUNT  IMAGE\n"
             "1f2e3d4c  a-nam…  1234567  節点…\n"
             "2         b             1  debia…\n"},
    };
    const struct term utf8 = {.utf8 = true};
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        table_auto struct table table;
        bd_auto_str struct bd_str got = {0};
        table_init(&table, four, 4);
        add_row(&table, rows[0]);
        add_row(&table, rows[1]);
        table_render(&table, &utf8, 0, vectors[i].room, &got);
        ck_assert_str_eq(bd_str_text(&got), vectors[i].text);
    }
}
END_TEST

START_TEST(test_text_that_is_too_wide_goes_on_below_itself)
{
    static const struct table_column untitled[] = {{NULL, false}, {NULL, false}};
    static const char *const row[] = {"libvirt", "it does not answer: start it, "
                                                 "/a/path/that/is/longer/than/a/line and so on"};
    static const struct {
        size_t room;
        const char *text;
    } vectors[] = {
        {32, " libvirt  it does not answer:\n"
             "          start it,\n"
             "          /a/path/that/is/longer/than/a/line\n"
             "          and so on\n"},
        /* Too little for text: that is the terminal's to do. */
        {20,
         " libvirt  it does not answer: start it, /a/path/that/is/longer/than/a/line and so on\n"},
    };
    const struct term plain = {0};
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        table_auto struct table table;
        bd_auto_str struct bd_str got = {0};
        table_init(&table, untitled, 2);
        add_row(&table, row);
        table_render(&table, &plain, 1, vectors[i].room, &got);
        ck_assert_str_eq(bd_str_text(&got), vectors[i].text);
    }
}
END_TEST

START_TEST(test_table_without_titles_and_rows_is_nothing)
{
    static const struct table_column untitled[] = {{NULL, false}, {NULL, false}};
    table_auto struct table table;
    bd_auto_str struct bd_str got = {0};
    const struct term plain = {0};
    table_init(&table, untitled, 2);
    table_render(&table, &plain, 0, SIZE_MAX, &got);
    ck_assert_str_eq(bd_str_text(&got), "");
}
END_TEST

Suite *text_suite(void)
{
    Suite *s = suite_create("benchctl: text");
    TCase *t = tcase_create("text");
    tcase_add_loop_test(t, test_text_can_not_act_on_a_terminal, 0, (int)BD_ARRAY_LEN(escapes));
    tcase_add_test(t, test_width_is_in_columns);
    tcase_add_test(t, test_numbers_are_written_as_people_do);
    tcase_add_test(t, test_spans_and_values_are_as_people_write_them);
    tcase_add_test(t, test_ages_are_relative_to_now);
    tcase_add_test(t, test_table_is_aligned_by_columns);
    tcase_add_test(t, test_colours_do_not_change_the_alignment);
    tcase_add_test(t, test_list_that_is_too_wide_is_cut_from_the_right);
    tcase_add_test(t, test_text_that_is_too_wide_goes_on_below_itself);
    tcase_add_test(t, test_table_without_titles_and_rows_is_nothing);
    suite_add_tcase(s, t);
    return s;
}
