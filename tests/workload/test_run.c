/*
 * What is left in a run's directory, and what is told of an end that is none as it should be. Nodes
 * are played by a table of answers; test_slurm.c has real ones.
 */
#include "lib/base/clock.h"
#include "tests/workload/played.h"

#include <errno.h>

START_TEST(test_a_job_leaves_its_output_and_metrics)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *metrics = NULL;
    run_init(&r, json_pack("{s:[ss], s:i, s:i, s:s, s:{s:s}, s:{s:{s:s s:s s:s} s:{s:s s:s s:s "
                           "s:s}}}",
                           "command", "bench", "-x", "nodes", 2, "tasks", 4, "timeout", "90s",
                           "env", "A", "b c", "metrics", "bw", "regex", "BW ([0-9]+)", "unit",
                           "MB/s", "kind", "rate", "lat", "jsonPath", "$.lat", "unit", "us", "kind",
                           "cost", "from", "stderr"));
    answer = (struct answer){.out = "BW 3\nBW 5\n", .err = "note\n{\"lat\": 0.5}\n"};
    ck_assert_msg(command()->run(&r.in, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(asked.n, 1);
    ck_assert_str_eq(
        asked.items[0],
        "ctl1 srun --job-name=benchd --nodes=2 --ntasks=4 --ntasks-per-node=2 --time=2 "
        "--kill-on-bad-exit=1 --input=none --export=ALL -- bench -x {A=b c} as unit");
    check_file(&r, "stdout", "BW 3\nBW 5\n");
    check_file(&r, "stderr", "note\n{\"lat\": 0.5}\n");

    for (int again = 0; again < 2; again++) { /* they can be made again */
        json_decref(metrics);
        metrics = NULL;
        ck_assert_msg(metrics_of(&r, &metrics, &err) == 0, "%s", err.text);
        ck_assert_uint_eq(json_object_size(metrics), 3);
        json_t *elapsed = json_object_get(metrics, "elapsed");
        ck_assert_double_ge(bd_json_real(elapsed, "value", -1), 0);
        json_object_del(elapsed, "value");
        bd_auto_free char *text = bd_json_text(metrics);
        ck_assert_str_eq(text,
                         "{\"bw\":{\"kind\":\"rate\",\"n\":2,\"unit\":\"MB/s\",\"value\":4.0},"
                         "\"elapsed\":{\"kind\":\"cost\",\"n\":1,\"unit\":\"s\"},"
                         "\"lat\":{\"kind\":\"cost\",\"n\":1,\"unit\":\"us\",\"value\":0.5}}");
    }
    run_done(&r);
}
END_TEST

START_TEST(test_defaults_are_all_nodes_and_ten_minutes)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    run_init(&r, json_pack("{s:[s]}", "command", "true-enough"));
    ck_assert_int_eq(command()->run(&r.in, &err), 0);
    ck_assert_ptr_nonnull(
        strstr(asked.items[0], "--nodes=3 --ntasks=3 --ntasks-per-node=1 --time=10 "));
    run_done(&r);
}
END_TEST

START_TEST(test_on_the_controller_there_is_no_launcher)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    run_init(&r, json_pack("{s:[ss], s:s}", "command", "bench", ":", "on", "controller"));
    ck_assert_int_eq(command()->run(&r.in, &err), 0);
    ck_assert_str_eq(asked.items[0], "ctl1 bench : as unit");
    run_done(&r);
}
END_TEST

START_TEST(test_warm_up_has_files_of_its_own)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    run_init(&r, json_pack("{s:[s], s:i}", "command", "bench", "warmup", 2));
    answer.out = "warm\n";
    ck_assert_int_eq(command()->warm_up(&r.in, &err), 0);
    answer.out = "hot\n";
    ck_assert_int_eq(command()->run(&r.in, &err), 0);
    ck_assert_uint_eq(asked.n, 3);
    check_file(&r, "warmup-1.stdout", "warm\n");
    check_file(&r, "warmup-2.stdout", "warm\n");
    check_file(&r, "stdout", "hot\n");
    answer.exit_code = 1;
    ck_assert_int_eq(command()->warm_up(&r.in, &err), BD_EWORKLOAD);
    ck_assert_ptr_nonnull(strstr(err.text, "warm-up 1 of 2: 'bench'"));
    run_done(&r);
}
END_TEST

START_TEST(test_failures_say_what_happened)
{
    static const struct {
        struct answer answer;
        bool cancelled, dead;
        int code;
        const char *words[4];
    } vectors[] = {
        {{.exit_code = 3, .out = "out\n", .err = "a\nb\n\n"},
         .code = BD_EWORKLOAD,
         .words = {"'bench x' ended with exit code 3 after ", "its last words on stderr: a | b"}},
        {{.exit_code = 3, .out = "one\xff\ntwo\x1b[1m\n"},
         .code = BD_EWORKLOAD,
         .words = {"on stdout: one? | two [1m"}},
        {{.exit_code = 127, .err = "sh: bench: not found\n"},
         .code = BD_EUNSUPPORTED,
         .words = {"with exit code 127 after ", "a program that is not there", "bench: not found"}},
        {{.exit_code = 1}, .code = BD_EWORKLOAD, .words = {"it wrote nothing"}},
        {{.signal = 11}, .code = BD_EWORKLOAD, .words = {"by signal 11 (Segmentation fault)"}},
        {{.signal = 9},
         .dead = true,
         .code = BD_EWORKLOAD,
         .words = {"cut off after ", "node ctl1 does not answer any more"}},
        {{.signal = 9}, .code = BD_EWORKLOAD, .words = {"was ended by signal 9 (Killed)"}},
        {{.rc = BD_ECHILD},
         .dead = true,
         .code = BD_EWORKLOAD,
         .words = {"node ctl1 does not answer any more"}},
        {{.rc = BD_ETIMEOUT, .err = "srun: queued\n"},
         .code = BD_ETIMEOUT,
         .words = {"not ended within its timeout of 90 s", "never began; Slurm says: Resources",
                   "srun: queued"}},
        {{.rc = BD_ECANCELLED},
         .cancelled = true,
         .code = BD_ECANCELLED,
         .words = {"'bench x' was ended after ", "somebody asked"}},
        {{.rc = BD_ECHILD}, .code = BD_ECHILD, .words = {"bench x", "the channel's own"}},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct run r;
        struct bd_err err = BD_ERR_INIT;
        bd_auto(cancel) struct bd_cancel *cancel = bd_cancel_new();
        run_init(&r, json_pack("{s:[ss], s:s}", "command", "bench", "x", "timeout", "90s"));
        answer = vectors[i].answer;
        node_lives = !vectors[i].dead;
        if (vectors[i].cancelled)
            bd_cancel_set(cancel, BD_ECANCELLED, "somebody asked");
        r.in.cancel = cancel;
        ck_assert_int_eq(command()->run(&r.in, &err), vectors[i].code);
        ck_assert_int_eq(err.code, vectors[i].code);
        for (const char *const *word = vectors[i].words; *word; word++)
            ck_assert_msg(strstr(err.text, *word), "vector %zu: %s", i, err.text);
        /* What there is of results is kept. */
        check_file(&r, "stdout", vectors[i].answer.out ? vectors[i].answer.out : "");
        bd_auto_free char *record = bd_xasprintf("%s/command.json", r.dir);
        ck_assert(bd_exists(record));
        run_done(&r);
    }
}
END_TEST

START_TEST(test_long_words_are_cut_and_the_end_is_told)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_str struct bd_str out = {0}, word = {0};
    for (int i = 0; i < 3000; i++) {
        bd_str_addf(&out, "line %d ä\n", i);
        bd_str_add(&word, "ü");
    }
    run_init(&r, json_pack("{s:[ss]}", "command", "bench", bd_str_text(&word)));
    answer = (struct answer){.exit_code = 1, .out = bd_str_text(&out)};
    ck_assert_int_eq(command()->run(&r.in, &err), BD_EWORKLOAD);
    ck_assert(bd_is_utf8(err.text, strlen(err.text)));
    ck_assert_msg(bd_ends_with(err.text, " | line 2999 ä"), "%s", err.text);
    ck_assert_uint_lt(strlen(err.text), 900); /* room for where it happened */
    run_done(&r);
}
END_TEST

START_TEST(test_output_is_capped_and_the_cut_is_no_number)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    struct stat st;
    bd_auto_json json_t *metrics = NULL;
    bd_auto_free char *piece = bd_xmalloc(65537);
    memset(piece, 'x', 65536);
    piece[65536] = '\0';
    run_init(&r, json_pack("{s:[s], s:{s:{s:s s:s s:s}}}", "command", "bench", "metrics", "m",
                           "regex", "[0-9]+", "unit", "s", "kind", "cost"));
    answer = (struct answer){.out = piece, .times = 1025}; /* 64 MiB and 64 KiB */
    ck_assert_msg(command()->run(&r.in, &err) == 0, "%s", err.text);
    ck_assert_int_eq(fstatat(r.in.dir_fd, "stdout", &st, 0), 0);
    ck_assert_int_gt(st.st_size, 64 << 20);
    ck_assert_int_lt(st.st_size, (64 << 20) + 200);
    bd_auto_fd int fd = openat(r.in.dir_fd, "stdout", O_RDONLY | O_CLOEXEC);
    char line[201] = "";
    ck_assert_int_gt(pread(fd, line, 200, (off_t)64 << 20), 0);
    ck_assert_str_eq(line, "\n[benchd kept the first 67108864 bytes and left out 65536]\n");
    ck_assert_int_eq(metrics_of(&r, &metrics, &err), BD_EWORKLOAD);
    ck_assert_msg(strstr(err.text, "metric m: regex '[0-9]+' finds nothing in stdout"), "%s",
                  err.text);
    run_done(&r);
}
END_TEST

START_TEST(test_a_metric_that_is_not_there_fails_with_the_last_lines)
{
    static const struct {
        const char *out, *words;
    } vectors[] = {
        {"nothing\nof it\n", "finds nothing in stdout; its last lines: nothing | of it"},
        {"BW slow\n", "finds 'slow', which is no number in stdout; its last lines: BW slow"},
        {"", "finds nothing in stdout; it is empty"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct run r;
        struct bd_err err = BD_ERR_INIT;
        json_t *metrics = NULL;
        run_init(&r, json_pack("{s:[s], s:{s:{s:s s:s s:s}}}", "command", "bench", "metrics", "bw",
                               "regex", "BW ([a-z]+)", "unit", "MB/s", "kind", "rate"));
        answer.out = vectors[i].out;
        ck_assert_int_eq(command()->run(&r.in, &err), 0);
        ck_assert_int_eq(metrics_of(&r, &metrics, &err), BD_EWORKLOAD);
        ck_assert_msg(strstr(err.text, vectors[i].words), "%s", err.text);
        ck_assert_ptr_null(metrics);
        run_done(&r);
    }
}
END_TEST

START_TEST(test_damaged_results_are_told)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    json_t *metrics = NULL;
    run_init(&r, json_pack("{s:[s], s:{s:{s:s s:s s:s}}}", "command", "bench", "metrics", "bw",
                           "regex", "1", "unit", "s", "kind", "cost"));
    ck_assert_int_eq(metrics_of(&r, &metrics, &err), -ENOENT);
    answer.out = "1 2 3";
    ck_assert_int_eq(command()->run(&r.in, &err), 0);
    bd_auto_free char *out = bd_xasprintf("%s/stdout", r.dir);
    bd_auto_free char *record = bd_xasprintf("%s/command.json", r.dir);
    ck_assert_int_eq(truncate(out, 2), 0);
    ck_assert_int_eq(metrics_of(&r, &metrics, &err), BD_ECORRUPT);
    for (const char *const *text = (const char *const[]){"{", "[]", "{\"elapsedNs\": 5}", NULL};
         *text; text++) {
        ck_assert_int_eq(bd_write_file(record, *text, strlen(*text), 0640, NULL), 0);
        ck_assert_int_eq(metrics_of(&r, &metrics, &err), BD_ECORRUPT);
    }
    run_done(&r);
}
END_TEST

START_TEST(test_hooks_run_in_order_on_their_nodes)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    run_init(&r,
             json_pack("{s:[{s:[s]} {s:[s] s:s} {s:[s] s:s s:{s:s}} {s:[s] s:s}]}", "ready",
                       "command", "first", "command", "second", "node", "n2", "command", "third",
                       "node", "compute", "env", "A", "1", "command", "fourth", "node", "all"));
    answer = (struct answer){.out = "a\nb", .err = "c\n"};
    ck_assert_msg(hooks_run(&r.channel, &r.plan, r.spec, "ready", r.in.dir_fd, NULL, &err) == 0,
                  "%s", err.text);
    ck_assert_int_eq(hooks_run(&r.channel, &r.plan, r.spec, "collected", r.in.dir_fd, NULL, &err),
                     0); /* none */
    ck_assert_int_eq(hooks_run(&r.channel, &r.plan, NULL, "ready", r.in.dir_fd, NULL, &err), 0);
    ck_assert_uint_eq(asked.n, 1 + 1 + 3 + 4);
    ck_assert_str_eq(asked.items[0], "ctl1 first");
    ck_assert_str_eq(asked.items[1], "n2 second");
    ck_assert(bd_strv_has(&asked, "n3 third {A=1}"));
    ck_assert(bd_strv_has(&asked, "ctl1 fourth"));
    check_file(&r, "hook-ready-1.log", "a\nbc\n"); /* one node: as it came */
    check_file(&r, "hook-ready-2.log", "a\nbc\n");

    bd_auto_free char *path = bd_xasprintf("%s/hook-ready-3.log", r.dir);
    bd_auto_free char *text = NULL;
    bd_auto_strv struct bd_strv lines = {0};
    bd_auto_str struct bd_str sorted = {0};
    ck_assert_int_eq(bd_read_file(path, 1 << 20, &text, NULL, &err), 0);
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        bd_strv_add(&lines, line);
    bd_strv_sort(&lines);
    for (size_t i = 0; i < lines.n; i++)
        bd_str_addf(&sorted, "%s;", lines.items[i]);
    ck_assert_str_eq(bd_str_text(&sorted),
                     "n1: a;n1: b;n1: c;n2: a;n2: b;n2: c;n3: a;n3: b;n3: c;");
    run_done(&r);
}
END_TEST

START_TEST(test_long_lines_of_several_nodes_are_broken)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *line = bd_xmalloc(20001);
    bd_auto_free char *text = NULL;
    memset(line, 'x', 20000);
    line[20000] = '\0';
    run_init(&r, json_pack("{s:[{s:[s] s:s}]}", "ready", "command", "say", "node", "all"));
    answer.out = line;
    ck_assert_int_eq(hooks_run(&r.channel, &r.plan, r.spec, "ready", r.in.dir_fd, NULL, &err), 0);
    bd_auto_free char *path = bd_xasprintf("%s/hook-ready-1.log", r.dir);
    ck_assert_int_eq(bd_read_file(path, 1 << 20, &text, NULL, &err), 0);
    size_t n = 0, xs = 0;
    for (const char *s = text; *s; s++) {
        n += *s == '\n';
        xs += *s == 'x';
    }
    ck_assert_uint_eq(xs, 4 * 20000);
    ck_assert_uint_eq(n, 4 * 3);
    run_done(&r);
}
END_TEST

START_TEST(test_a_failing_hook_ends_them)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    run_init(&r, json_pack("{s:[{s:[ss]} {s:[s]}]}", "collected", "command", "check", "it",
                           "command", "never"));
    answer = (struct answer){.out = "before\n", .err = "no such thing\n", .exit_code = 2};
    ck_assert_int_eq(hooks_run(&r.channel, &r.plan, r.spec, "collected", r.in.dir_fd, NULL, &err),
                     BD_EWORKLOAD);
    ck_assert_uint_eq(asked.n, 1);
    ck_assert_msg(strstr(err.text, "hook collected 1: on ctl1: 'check it' ended with exit code 2"),
                  "%s", err.text);
    ck_assert_msg(bd_ends_with(err.text, "its last words: before | no such thing"), "%s", err.text);
    check_file(&r, "hook-collected-1.log", "before\nno such thing\n");
    run_done(&r);
}
END_TEST

START_TEST(test_logs_are_fetched_as_far_as_they_are_there)
{
    struct run r;
    struct bd_err err = BD_ERR_INIT;
    for (int every = 0; every < 2; every++) {
        bd_auto_strv struct bd_strv missing = {0};
        run_init(&r, json_object());
        ck_assert_int_eq(logs_collect(&r.in, every, &missing, &err), 0);
        check_file(&r, "ctl1-slurmctld.log", "ctl1");
        bd_auto_free char *none = bd_xasprintf("%s/ctl1-jobcomp.log", r.dir);
        bd_auto_free char *compute = bd_xasprintf("%s/n3-slurmd.log", r.dir);
        ck_assert(!bd_exists(none));
        ck_assert_int_eq(bd_exists(compute), every);
        bd_strv_sort(&missing);
        ck_assert_uint_eq(missing.n, every ? 2 : 1);
        ck_assert_msg(bd_starts_with(missing.items[0],
                                     "/var/log/slurm/jobcomp.log of ctl1 was not fetched: "),
                      "%s", missing.items[0]);
        if (every)
            ck_assert_msg(bd_starts_with(missing.items[1], "what the scheduler logs of n2"), "%s",
                          missing.items[1]);
        run_done(&r);
    }
}
END_TEST

UNIT_MAIN("workload-run", test_a_job_leaves_its_output_and_metrics,
          test_defaults_are_all_nodes_and_ten_minutes, test_on_the_controller_there_is_no_launcher,
          test_warm_up_has_files_of_its_own, test_failures_say_what_happened,
          test_long_words_are_cut_and_the_end_is_told,
          test_output_is_capped_and_the_cut_is_no_number,
          test_a_metric_that_is_not_there_fails_with_the_last_lines, test_damaged_results_are_told,
          test_hooks_run_in_order_on_their_nodes, test_long_lines_of_several_nodes_are_broken,
          test_a_failing_hook_ends_them, test_logs_are_fetched_as_far_as_they_are_there)
