#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

/* stderr becomes a socket that keeps the borders of writes: one line, one message. */
static int reader = -1;

static void capture(enum bd_log_level level, enum bd_log_format format)
{
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
    close(ends[1]);
    reader = ends[0];
    bd_log_setup(level, format);
}

/* The next line, or "" where nothing was logged. */
static const char *next_line(void)
{
    static char line[65536];
    ssize_t n = recv(reader, line, sizeof(line) - 1, MSG_DONTWAIT);
    line[n > 0 ? n : 0] = '\0';
    return line;
}

static void expect_logfmt(const char *rest)
{
    const char *line = next_line();
    ck_assert(bd_starts_with(line, "time=20"));
    const char *level = strchr(line, ' ');
    ck_assert_ptr_nonnull(level);
    ck_assert_str_eq(level + 1, rest);
}

START_TEST(logfmt_quotes_only_where_needed)
{
    capture(BD_LOG_INFO, BD_LOG_LOGFMT);
    bd_log(BD_LOG_INFO, "cluster ready", "cluster", "1a2b3c4d", "ms", bd_log_i64(-12), NULL);
    expect_logfmt("level=info msg=\"cluster ready\" cluster=1a2b3c4d ms=-12\n");
    bd_log(BD_LOG_WARN, "x", "empty", "", "eq", "a=b", "path", "/a:b,c", "none", NULL, "z", "1",
           NULL);
    expect_logfmt("level=warn msg=x empty=\"\" eq=\"a=b\" path=/a:b,c z=1\n");
    bd_log(BD_LOG_ERROR, "x", "q", "say \"hi\"", "b", "C:\\", "u", "\xC3\xA9", NULL);
    expect_logfmt("level=error msg=x q=\"say \\\"hi\\\"\" b=\"C:\\\\\" u=\"\xC3\xA9\"\n");
}
END_TEST

START_TEST(a_value_can_not_forge_a_line)
{
    capture(BD_LOG_INFO, BD_LOG_LOGFMT);
    bd_log(BD_LOG_INFO, "said", "by", "n1\nlevel=error msg=forged", "esc", "\x1b[2J\t\r\x7f", "c1",
           "\xC2\x9B"
           "31m",
           "broken", "a\xFF\xE2\x82", NULL);
    expect_logfmt("level=info msg=said by=\"n1\\nlevel=error msg=forged\" "
                  "esc=\"\\u001b[2J\\t\\u000d\\u007f\" c1=\"\\u009b31m\" "
                  "broken=\"a\\xff\\xe2\\x82\"\n");
    ck_assert_str_eq(next_line(), "");
}
END_TEST

START_TEST(json_lines_are_json)
{
    capture(BD_LOG_INFO, BD_LOG_JSON);
    const char *value = "\"quoted\" \\ \n\t\r\x01\x7f\xC2\x85 \xF0\x9F\x90\x91";
    bd_log(BD_LOG_INFO, "a \"message\"", "v", value, "none", NULL, "broken", "a\xFFz", NULL);
    const char *line = next_line();
    ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
    bd_auto_json json_t *json = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(bd_json_parse(line, strlen(line), &json, &err) == 0, "%s: %s", err.text, line);
    ck_assert_uint_eq(json_object_size(json), 5);
    ck_assert_str_eq(bd_json_str(json, "level", ""), "info");
    ck_assert_str_eq(bd_json_str(json, "msg", ""), "a \"message\"");
    ck_assert_str_eq(bd_json_str(json, "v", ""), value);
    ck_assert_str_eq(bd_json_str(json, "broken", ""), "a\xEF\xBF\xBDz");
    ck_assert(bd_ends_with(bd_json_str(json, "time", ""), "Z"));
}
END_TEST

START_TEST(what_is_below_the_level_is_not_logged)
{
    capture(BD_LOG_WARN, BD_LOG_LOGFMT);
    ck_assert(!bd_log_enabled(BD_LOG_INFO));
    ck_assert(bd_log_enabled(BD_LOG_WARN));
    bd_log(BD_LOG_INFO, "quiet", NULL);
    ck_assert_str_eq(next_line(), "");
    errno = ENOENT;
    bd_log(BD_LOG_WARN, "loud", NULL);
    ck_assert_int_eq(errno, ENOENT);
    expect_logfmt("level=warn msg=loud\n");
}
END_TEST

START_TEST(a_long_value_is_cut_between_characters)
{
    capture(BD_LOG_INFO, BD_LOG_JSON);
    for (size_t shift = 0; shift < 4; shift++) {
        bd_auto_str struct bd_str value = {0};
        bd_str_addn(&value, "abc", shift);
        for (int i = 0; i < 3000; i++)
            bd_str_add(&value, "\xE2\x82\xAC");
        bd_log(BD_LOG_INFO, "x", "v", value.data, NULL);
        const char *line = next_line();
        ck_assert_ptr_null(strstr(line, "fffd"));
        bd_auto_json json_t *json = NULL;
        ck_assert_int_eq(bd_json_parse(line, strlen(line), &json, NULL), 0);
        size_t len = strlen(bd_json_str(json, "v", ""));
        ck_assert_uint_le(len, 4096);
        ck_assert_uint_gt(len, 4092);
    }
}
END_TEST

START_TEST(sixteen_numbers_live_at_once)
{
    const char *texts[16];
    for (int i = 0; i < 16; i++)
        texts[i] = bd_log_i64(i);
    for (int i = 0; i < 16; i++) {
        char expected[16];
        snprintf(expected, sizeof(expected), "%d", i);
        ck_assert_str_eq(texts[i], expected);
    }
    ck_assert_str_eq(bd_log_i64(INT64_MIN), "-9223372036854775808");
    ck_assert_str_eq(bd_log_i64(INT64_MAX), "9223372036854775807");
}
END_TEST

static void *log_many(void *arg)
{
    for (int i = 0; i < 200; i++)
        bd_log(BD_LOG_INFO, "many", "who", (const char *)arg, "i", bd_log_i64(i), NULL);
    return NULL;
}

START_TEST(lines_of_threads_do_not_mix)
{
    bd_log_setup(BD_LOG_INFO, BD_LOG_LOGFMT);
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *path = bd_xasprintf("%s/log", dir);
    ck_assert_ptr_nonnull(freopen(path, "a", stderr));
    static char names[4][2] = {"a", "b", "c", "d"};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    bd_log_setup(BD_LOG_DEBUG, BD_LOG_LOGFMT); /* as SIGHUP does, beside running workers */
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);

    bd_auto_free char *text = NULL;
    ck_assert_int_eq(bd_read_file(path, 1 << 20, &text, NULL, NULL), 0);
    int lines = 0;
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char who[8];
        int i, end = 0;
        sscanf(line, "time=%*s level=info msg=many who=%7s i=%d%n", who, &i, &end);
        ck_assert_msg(end > 0 && line[end] == '\0', "'%s'", line);
        lines++;
    }
    ck_assert_int_eq(lines, 800);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(names_of_levels_and_formats_go_both_ways)
{
    for (enum bd_log_level l = BD_LOG_DEBUG; l < BD_LOG_LEVEL_COUNT; l++) {
        enum bd_log_level back;
        ck_assert_int_eq(bd_log_level_from_str(bd_log_level_to_str(l), &back), 0);
        ck_assert_int_eq(back, l);
    }
    for (enum bd_log_format f = BD_LOG_LOGFMT; f < BD_LOG_FORMAT_COUNT; f++) {
        enum bd_log_format back;
        ck_assert_int_eq(bd_log_format_from_str(bd_log_format_to_str(f), &back), 0);
        ck_assert_int_eq(back, f);
    }
    enum bd_log_level level = BD_LOG_WARN;
    enum bd_log_format format = BD_LOG_JSON;
    ck_assert_int_eq(bd_log_level_from_str("loud", &level), -EINVAL);
    ck_assert_int_eq(bd_log_format_from_str("xml", &format), -EINVAL);
    ck_assert_int_eq(level, BD_LOG_WARN);
    ck_assert_int_eq(format, BD_LOG_JSON);
}
END_TEST

UNIT_MAIN("log", logfmt_quotes_only_where_needed, a_value_can_not_forge_a_line, json_lines_are_json,
          what_is_below_the_level_is_not_logged, a_long_value_is_cut_between_characters,
          sixteen_numbers_live_at_once, lines_of_threads_do_not_mix,
          names_of_levels_and_formats_go_both_ways)
