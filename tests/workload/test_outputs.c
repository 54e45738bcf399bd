/*
 * The directory that a command begins in, what it leaves there, the programs that it needs, and
 * what its output has to say. Nodes are played.
 */
#include "tests/workload/played.h"

START_TEST(test_a_command_begins_in_a_directory_with_its_files)
{
    static const char *const on[] = {"job", "controller"};
    for (size_t i = 0; i < BD_ARRAY_LEN(on); i++) {
        struct run r;
        struct bd_err err = BD_ERR_INIT;
        run_init(&r, json_pack("{s:[s], s:s, s:i, s:[{s:s s:s} {s:s s:s s:b}]}", "command", "bench",
                               "on", on[i], "warmup", 1, "files", "path", "in", "content", "1 2",
                               "path", "go", "content", "#!x", "executable", 1));
        ck_assert_msg(command()->warm_up(&r.in, &err) == 0, "%s", err.text);
        ck_assert_msg(command()->run(&r.in, &err) == 0, "%s", err.text);
        /* Anew each time, on each node where the command may be. */
        size_t nodes = i == 0 ? 3 : 1, times = 2;
        const char *node = i == 0 ? "n3" : "ctl1";
        bd_auto_free char *made = bd_xasprintf(
            "%s /bin/sh -c rm -rf -- \"$1\" && mkdir -p -- \"$1\" benchd " WORKDIR, node);
        bd_auto_free char *in = bd_xasprintf("%s put " WORKDIR "/in 644 '1 2'", node);
        bd_auto_free char *go = bd_xasprintf("%s put " WORKDIR "/go 755 '#!x'", node);
        ck_assert_uint_eq(asked.n, times * (nodes * 3 + 1));
        ck_assert(bd_strv_has(&asked, made));
        ck_assert(bd_strv_has(&asked, in));
        ck_assert(bd_strv_has(&asked, go));
        const char *last = asked.items[asked.n - 1];
        ck_assert_msg(i == 0 ? strstr(last, " --chdir=" WORKDIR " ") != NULL
                             : bd_str_eq(last, "ctl1 bench as unit in " WORKDIR),
                      "%s", last);
        run_done(&r);
    }
}
END_TEST

START_TEST(test_a_directory_that_can_t_be_made_fails_the_run)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    run_init(&r, json_pack("{s:[s], s:[]}", "command", "bench", "files"));
    script_exit = 1;
    ck_assert_int_eq(command()->run(&r.in, &err), BD_EWORKLOAD);
    ck_assert_msg(strstr(err.text, "make the command's directory " WORKDIR " on node n"), "%s",
                  err.text);
    run_done(&r);
}
END_TEST

static json_t *spec_with_output(void)
{
    return json_pack("{s:[s], s:[s], s:{s:{s:s s:s s:s s:s}}}", "command", "bench", "outputs",
                     "out", "metrics", "bw", "regex", "BW ([0-9]+)", "from", "out", "unit", "MB/s",
                     "kind", "rate");
}

START_TEST(test_metrics_are_found_in_the_files_of_all_nodes)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *metrics = NULL;
    run_init(&r, spec_with_output());
    left_on[1] = "BW 3\nBW 8\n";
    left_on[3] = "BW 5";
    ck_assert_msg(command()->run(&r.in, &err) == 0, "%s", err.text);
    check_file(&r, "n1-out", "BW 3\nBW 8\n");
    check_file(&r, "n3-out", "BW 5");
    check_file(&r, "outputs.json", "{\"out\":[\"n1-out\",\"n3-out\"]}");
    ck_assert_msg(metrics_of(&r, &metrics, &err) == 0, "%s", err.text);
    const json_t *bw = json_object_get(metrics, "bw");
    ck_assert_double_eq(bd_json_real(bw, "value", 0), 5);
    ck_assert_int_eq(bd_json_int(bw, "n", 0), 3);
    run_done(&r);
}
END_TEST

START_TEST(test_a_file_that_is_nowhere_fails_with_the_last_lines)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    json_t *metrics = NULL;
    run_init(&r, spec_with_output());
    answer.out = "no input\ngave up\n";
    ck_assert_msg(command()->run(&r.in, &err) == 0, "%s", err.text);
    ck_assert_int_eq(metrics_of(&r, &metrics, &err), BD_EWORKLOAD);
    ck_assert_msg(strstr(err.text, "metric bw: the command left no file out on any of its nodes; "
                                   "its last lines on stdout: no input | gave up"),
                  "%s", err.text);
    run_done(&r);
}
END_TEST

START_TEST(test_what_a_command_left_is_salvaged)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    run_init(&r, spec_with_output());
    left_on[2] = "half";
    answer.exit_code = 3;
    ck_assert_int_eq(command()->run(&r.in, &err), BD_EWORKLOAD);
    bd_auto_free char *path = bd_xasprintf("%s/n2-out", r.dir);
    ck_assert(!bd_exists(path));
    ck_assert_msg(command()->salvage(&r.in, &err) == 0, "%s", err.text);
    check_file(&r, "n2-out", "half");
    run_done(&r);
}
END_TEST

START_TEST(test_programs_that_are_missing_are_named)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    run_init(&r, json_pack("{s:[s], s:{s:[sss], s:[s]}}", "command", "bench", "needs", "programs",
                           "bench", "/opt/x", "y", "packages", "bench-tools"));
    script_out = " /opt/x y";
    ck_assert_int_eq(command()->warm_up(&r.in, &err), BD_EUNSUPPORTED);
    ck_assert_str_eq(err.text, "the image debian-bookworm lacks what the workload needs: /opt/x y; "
                               "take an image with the packages bench-tools");
    ck_assert_msg(bd_ends_with(asked.items[0], " benchd bench /opt/x y"), "%s", asked.items[0]);
    script_out = NULL;
    ck_assert_int_eq(command()->warm_up(&r.in, &err), 0);
    run_done(&r);
}
END_TEST

START_TEST(test_checks_look_at_every_value)
{
    static const struct {
        const char *criterion, *out; /* a member of the check in apostrophes */
        int wrong;                   /* -1: the run fails */
        const char *got, *expected;
    } vectors[] = {
        {"'equals': 'PASSED'", "is PASSED\nis PASSED\n", 0, NULL, "PASSED"},
        {"'equals': 'PASSED'", "is PASSED\nis FAILED\nis odd\n", 2, "FAILED", "PASSED"},
        {"'equals': 0", "is 0\nis 0.0\n", 0, NULL, "0"},
        {"'equals': 0", "is none\n", 1, "none", "0"},
        {"'atLeast': 1, 'atMost': 2", "is 1\nis 2\nis 1.5e0\n", 0, NULL,
         "at least 1 and at most 2"},
        {"'atLeast': 1, 'atMost': 2", "is 0.99\n", 1, "0.99", "at least 1 and at most 2"},
        {"'atMost': 2", "is inf\n", 1, "inf", "at most 2"},
        {"'matches': '^[a-c]+$'", "is abc\n", 0, NULL, "a match of ^[a-c]+$"},
        {"'matches': '^[a-c]+$'", "is abd\n", 1, "abd", "a match of ^[a-c]+$"},
        {"'equals': 'x'", "is \x1b[2J\xff\n", 1, "\\x1b[2J\\xff", "x"},
        {"'equals': 'x'", "nothing\n", -1, NULL, NULL},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct run r;
        struct bd_err err = BD_ERR_INIT;
        struct workload_result result = {0};
        bd_auto_free char *text = bd_xasprintf("{'command': ['bench'], 'checks': [{'name': 'a', "
                                               "'says': 'no', 'regex': 'is (.*)', %s}]}",
                                               vectors[i].criterion);
        for (char *c = text; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        run_init(&r, json_loads(text, 0, NULL));
        answer.out = vectors[i].out;
        ck_assert_int_eq(command()->run(&r.in, &err), 0);
        int rc = command()->results(r.spec, r.in.dir_fd, &result, &err);
        if (vectors[i].wrong < 0) {
            ck_assert_int_eq(rc, BD_EWORKLOAD);
            ck_assert_msg(strstr(err.text,
                                 "check a: regex 'is (.*)' finds nothing in stdout; its last "
                                 "lines: nothing"),
                          "%s", err.text);
        } else {
            ck_assert_msg(rc == 0, "%s", err.text);
            const json_t *check = json_array_get(json_object_get(result.conditions, "checks"), 0);
            ck_assert_int_eq(bd_json_int(check, "wrong", -1), vectors[i].wrong);
            ck_assert_int_eq(bd_json_bool(check, "holds", -1), vectors[i].wrong == 0);
            ck_assert_msg(bd_str_eq(bd_json_str(check, "got", NULL), vectors[i].got), "%s",
                          bd_json_str(check, "got", "nothing"));
            ck_assert_str_eq(bd_json_str(check, "expected", ""), vectors[i].expected);
        }
        workload_result_done(&result);
        run_done(&r);
    }
}
END_TEST

UNIT_MAIN("workload-outputs", test_a_command_begins_in_a_directory_with_its_files,
          test_a_directory_that_can_t_be_made_fails_the_run,
          test_metrics_are_found_in_the_files_of_all_nodes,
          test_a_file_that_is_nowhere_fails_with_the_last_lines,
          test_what_a_command_left_is_salvaged, test_programs_that_are_missing_are_named,
          test_checks_look_at_every_value)
