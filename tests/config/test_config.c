#include "daemon/config.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <string.h>

struct test {
    char *dir, *path;
};

static struct test begin(const char *text)
{
    struct test t = {.dir = unit_dir()};
    t.path = bd_xasprintf("%s/benchd.conf", t.dir);
    ck_assert_int_eq(bd_write_file(t.path, text, strlen(text), 0600, NULL), 0);
    return t;
}

static void end(struct test *t)
{
    free(t->path);
    unit_dir_done(t->dir);
}

/* With --config first; the flags are ended by NULL. */
static int load(const char *path, const char *const *flags, struct config *ret_config,
                enum config_mode *ret_mode, struct bd_err *err)
{
    char *argv[16] = {"benchd", "--config", (char *)path};
    int argc = 3;
    for (; flags && *flags; flags++)
        argv[argc++] = (char *)*flags;
    return config_load(argc, argv, ret_config, ret_mode, err);
}

static struct config loaded(const char *path, const char *const *flags)
{
    struct config c;
    enum config_mode mode;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(load(path, flags, &c, &mode, &err) == 0, "%s", err.text);
    ck_assert_int_eq(mode, CONFIG_RUN);
    return c;
}

START_TEST(test_the_later_stands_over_the_earlier)
{
    struct test t = begin("workers = 3\nexec_workers = 4\nreader_workers = 5\n");
    setenv("BENCHD_EXEC_WORKERS", "40", 1);
    setenv("BENCHD_READER_WORKERS", "50", 1);
    struct config c = loaded(t.path, (const char *[]){"--reader-workers", "60", NULL});
    ck_assert_int_eq(c.teardown_workers, 4); /* the default */
    ck_assert_int_eq(c.workers, 3);          /* the file */
    ck_assert_int_eq(c.exec_workers, 40);    /* the environment */
    ck_assert_int_eq(c.reader_workers, 60);  /* the flag */
    config_done(&c);
    end(&t);
}
END_TEST

START_TEST(test_every_kind_of_value_is_read)
{
    struct test t = begin("# what a comment looks like\n"
                          "\n"
                          "state_dir=/srv/benchd\r\n"
                          "\tlisten_tcp =  [::1]:8765  \n"
                          "listen-unix = \n"
                          "subnet_pool = 10.0.0.0/8\n"
                          "import_max_bytes = 1.5GiB\n"
                          "artifacts_quota = 0\n"
                          "log_level = debug\n"
                          "log_format = json\n"
                          "libvirt_uri = lxc:///?a=b\n"
                          "quiet_cpus = 0.5\n"
                          "quiet_wait = 1.5s\n"
                          "active_campaigns = 7\n"
                          "fragments = /a:/b/c\n"
                          "workloads = /d:/e\n"
                          "workers = 1\n"
                          "workers = 2"); /* the last one counts; no end of line */
    struct config c = loaded(t.path, NULL);
    ck_assert_str_eq(c.state_dir, "/srv/benchd");
    ck_assert_str_eq(c.image_dir, "/srv/benchd/images");
    ck_assert_str_eq(c.listen_tcp, "[::1]:8765");
    ck_assert_str_eq(c.fragments, "/a:/b/c");
    ck_assert_str_eq(c.workloads, "/d:/e");
    ck_assert_str_eq(c.listen_unix, "");
    ck_assert_uint_eq(c.subnet_pool.base, 10U << 24);
    ck_assert_uint_eq(c.subnet_pool.prefix, 8);
    ck_assert_uint_eq(c.import_max_bytes, UINT64_C(3) << 29);
    ck_assert_uint_eq(c.artifacts_quota, 0);
    ck_assert_int_eq(c.log_level, BD_LOG_DEBUG);
    ck_assert_int_eq(c.log_format, BD_LOG_JSON);
    ck_assert_str_eq(c.libvirt_uri, "lxc:///?a=b");
    ck_assert_double_eq(c.quiet_cpus, 0.5);
    ck_assert_int_eq(c.quiet_wait_ns, INT64_C(1500000000));
    ck_assert_int_eq(c.active_campaigns, 7);
    ck_assert_int_eq(c.workers, 2);
    config_done(&c);
    end(&t);
}
END_TEST

START_TEST(test_what_is_wrong_in_the_file_is_named_by_its_line)
{
    static const struct {
        const char *text, *place;
        const char *words;
    } vectors[] = {
        {"workers = 0\n", ":1: ", "workers: expected a number from 1 to 256, got '0'"},
        {"\n# x\nworkers = 257\n", ":3: ", "from 1 to 256, got '257'"},
        {"workers = four", ":1: ", "workers: expected a number"},
        {"workers =", ":1: ", "got ''"},
        {"connections_max = 7", ":1: ", "from 8 to 65536"},
        {"import_max_bytes = 3 apples", ":1: ", "expected a size such as 64GiB, got '3 apples'"},
        {"quiet_cpus = 1.01",
         ":1: ", "quiet_cpus: expected a share from 0 to 1 such as 0.25, got '1.01'"},
        {"quiet_cpus = -0", ":1: ", "expected a share"},
        {"quiet_cpus = nan", ":1: ", "expected a share"},
        {"quiet_cpus = 0x0", ":1: ", "expected a share"},
        {"quiet_cpus = .", ":1: ", "expected a share"},
        {"quiet_cpus = 0.2.5", ":1: ", "expected a share"},
        {"quiet_cpus = 25%", ":1: ", "expected a share"},
        {"quiet_cpus =", ":1: ", "got ''"},
        {"quiet_wait = 10",
         ":1: ", "quiet_wait: expected a duration of at most 86400s such as 10s, got '10'"},
        {"quiet_wait = 25h", ":1: ", "expected a duration"},
        {"active_campaigns = 0", ":1: ", "from 1 to 1000"},
        {"subnet_pool = 10.0.0.1/8", ":1: ", "subnet_pool: "},
        {"subnet_pool = here", ":1: ", "subnet_pool: "},
        {"log_level = loud", ":1: ", "expected debug, info, warn or error, got 'loud'"},
        {"log_format = xml", ":1: ", "expected logfmt or json, got 'xml'"},
        {"state_dir = var/lib", ":1: ", "state_dir: expected an absolute path, got 'var/lib'"},
        {"colour = red", ":1: ", "colour: no such key"},
        {"= red", ":1: ", "no such key"},
        {"Workers = 3", ":1: ", "Workers: no such key"},
        {"work = 3", ":1: ", "work: no such key"},
        {"\nworkers\n", ":2: ", "expected 'key = value', got 'workers'"},
        {"[section]\n", ":1: ", "expected 'key = value'"},
        {"state_dir =\n", "", "state_dir may not be empty"},
        {"listen_tcp =\nlisten_unix =\n", "", "neither listen_unix nor listen_tcp"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct test t = begin(vectors[i].text);
        struct config c = {.workers = 77};
        enum config_mode mode = CONFIG_HELP;
        struct bd_err err = BD_ERR_INIT;
        ck_assert_msg(load(t.path, NULL, &c, &mode, &err) == BD_EINVALID, "%s", vectors[i].text);
        ck_assert_msg(strstr(err.text, vectors[i].words) != NULL, "%s", err.text);
        if (*vectors[i].place) {
            bd_auto_free char *place = bd_xasprintf("%s%s", t.path, vectors[i].place);
            ck_assert_msg(bd_starts_with(err.text, place), "%s", err.text);
        }
        ck_assert_int_eq(c.workers, 77); /* outputs are untouched */
        ck_assert_int_eq(mode, CONFIG_HELP);
        end(&t);
    }
}
END_TEST

START_TEST(test_what_is_wrong_in_the_environment_is_named_by_its_variable)
{
    static const struct {
        const char *name, *value, *words;
    } vectors[] = {
        {"BENCHD_WORKERS", "many", "environment variable BENCHD_WORKERS: expected a number"},
        {"BENCHD_LIBVIRT_CONNECTIONS", "0", "environment variable BENCHD_LIBVIRT_CONNECTIONS: "},
        {"BENCHD_STATE_DIR", "here", "environment variable BENCHD_STATE_DIR: expected an absolute"},
        {"BENCHD_LOG_LEVEL", "", "environment variable BENCHD_LOG_LEVEL: expected debug"},
    };
    struct test t = begin("");
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct config c;
        enum config_mode mode;
        struct bd_err err = BD_ERR_INIT;
        setenv(vectors[i].name, vectors[i].value, 1);
        ck_assert_int_eq(load(t.path, NULL, &c, &mode, &err), BD_EINVALID);
        ck_assert_msg(bd_starts_with(err.text, vectors[i].words), "%s", err.text);
        unsetenv(vectors[i].name);
    }
    end(&t);
}
END_TEST

START_TEST(test_what_is_wrong_in_a_flag_is_named)
{
    static const struct {
        const char *flags[3], *words;
    } vectors[] = {
        {{"--workers", "x"}, "flag --workers: workers: expected a number from 1 to 256, got 'x'"},
        {{"--workers=x"}, "flag --workers: "},
        {{"--log-level", "loud"}, "flag --log-level: log_level: expected debug"},
        {{"--colour", "red"}, "flag --colour: colour: no such key"},
        {{"--workers"}, "--workers needs a value"},
        {{"--config"}, "--config needs a value"},
        {{"workers=3"}, "'workers=3' is not a flag"},
        {{"-w"}, "'-w' is not a flag"},
        {{"--"}, "-- needs a value"},
    };
    struct test t = begin("");
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct config c;
        enum config_mode mode;
        struct bd_err err = BD_ERR_INIT;
        ck_assert_int_eq(load(t.path, vectors[i].flags, &c, &mode, &err), BD_EINVALID);
        ck_assert_msg(bd_starts_with(err.text, vectors[i].words), "%s", err.text);
    }
    end(&t);
}
END_TEST

START_TEST(test_a_file_that_was_named_must_be_there)
{
    struct config c;
    enum config_mode mode;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(load("/nowhere/benchd.conf", NULL, &c, &mode, &err), -ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/benchd.conf"));
    bd_err_clear(&err);
    ck_assert_int_lt(load("/", NULL, &c, &mode, &err), 0);
    ck_assert_str_ne(err.text, "");
}
END_TEST

START_TEST(test_modes_are_flags_without_a_value)
{
    static const struct {
        const char *flag;
        enum config_mode mode;
    } vectors[] = {
        {"--check-config", CONFIG_CHECK},
        {"--check-host", CONFIG_CHECK_HOST},
        {"--help", CONFIG_HELP},
        {"--version", CONFIG_VERSION},
    };
    struct test t = begin("");
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct config c;
        enum config_mode mode;
        ck_assert_int_eq(
            load(t.path, (const char *[]){vectors[i].flag, "--workers=9", NULL}, &c, &mode, NULL),
            0);
        ck_assert_int_eq(mode, vectors[i].mode);
        ck_assert_int_eq(c.workers, 9);
        config_done(&c);
    }
    end(&t);
}
END_TEST

static char *printed(const struct config *c)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    config_print(c, out);
    fclose(out);
    return text;
}

static void add_key(const char *key, void *arg)
{
    bd_str_addf(arg, "%s,", key);
}

static char *difference(const struct config *a, const struct config *b)
{
    struct bd_str keys = {0};
    config_diff(a, b, add_key, &keys);
    return keys.len ? bd_str_take(&keys) : bd_xstrdup("");
}

START_TEST(test_what_is_printed_reads_back_as_it_was)
{
    struct test t = begin("state_dir = /srv/b\nlisten_unix =\nlisten_tcp = [::1]:1\nworkers = 7\n"
                          "subnet_pool = 172.16.0.0/12\nimport_max_bytes = 1023B\n"
                          "log_level = error\nlog_format = json\nlibvirt_uri = lxc:///?x = y\n"
                          "quiet_cpus = 0.123456\nquiet_wait = 1234us\n");
    struct config c = loaded(t.path, NULL);
    bd_auto_free char *text = printed(&c);
    ck_assert_ptr_nonnull(strstr(text, "\nimport_max_bytes = 1023\n"));
    ck_assert_int_eq(bd_write_file(t.path, text, strlen(text), 0600, NULL), 0);
    struct config again = loaded(t.path, NULL);
    bd_auto_free char *keys = difference(&c, &again);
    ck_assert_str_eq(keys, "");
    bd_auto_free char *text_again = printed(&again);
    ck_assert_str_eq(text, text_again);
    config_done(&c);
    config_done(&again);
    end(&t);
}
END_TEST

START_TEST(test_a_difference_names_each_key_that_changed)
{
    static const struct {
        const char *flags[5], *keys;
    } vectors[] = {
        {{NULL}, ""},
        {{"--workers=9"}, "workers,"},
        {{"--log-level=debug", "--log-format=json"}, "log_level,log_format,"},
        {{"--subnet-pool=10.0.0.0/16"}, "subnet_pool,"},
        {{"--subnet-pool=10.213.0.0/17"}, "subnet_pool,"},
        {{"--state-dir=/srv/x"}, "state_dir,image_dir,"},
        {{"--import-max-bytes=1", "--listen-unix="}, "listen_unix,import_max_bytes,"},
        {{"--quiet-cpus=0.250", "--quiet-wait=10000ms"}, ""},
        {{"--quiet-cpus=1", "--quiet-wait=0s"}, "quiet_cpus,quiet_wait,"},
    };
    struct test t = begin("");
    struct config defaults = loaded(t.path, NULL);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct config c = loaded(t.path, vectors[i].flags);
        bd_auto_free char *keys = difference(&defaults, &c);
        ck_assert_str_eq(keys, vectors[i].keys);
        config_done(&c);
    }
    config_done(&defaults);
    end(&t);
}
END_TEST

START_TEST(test_help_tells_every_key)
{
    struct test t = begin("");
    struct config c = loaded(t.path, NULL);
    bd_auto_free char *text = printed(&c);
    char *help = NULL;
    size_t bytes;
    FILE *out = open_memstream(&help, &bytes);
    config_help(out);
    fclose(out);
    char *rest = text;
    unsigned n = 0;
    for (char *line; (line = strsep(&rest, "\n")) && *line; n++) {
        bd_auto_free char *want = bd_xasprintf("\n  %.*s ", (int)strcspn(line, " "), line);
        ck_assert_msg(strstr(help, want) != NULL, "%s", want);
    }
    ck_assert_uint_gt(n, 15);
    ck_assert_ptr_nonnull(strstr(help, "--check-config"));
    free(help);
    config_done(&c);
    end(&t);
}
END_TEST

UNIT_MAIN("config", test_the_later_stands_over_the_earlier, test_every_kind_of_value_is_read,
          test_what_is_wrong_in_the_file_is_named_by_its_line,
          test_what_is_wrong_in_the_environment_is_named_by_its_variable,
          test_what_is_wrong_in_a_flag_is_named, test_a_file_that_was_named_must_be_there,
          test_modes_are_flags_without_a_value, test_what_is_printed_reads_back_as_it_was,
          test_a_difference_names_each_key_that_changed, test_help_tells_every_key)
