/* The definitions that come with benchd: each is right, and reads what its program really writes.
 */
#include "tests/workload/left.h"

#include <glob.h>

#define HPCC_OUTPUT VECTORS_DIR "/hpccoutf-1.5.0.txt"

START_TEST(test_every_file_is_right)
{
    glob_t found = {0};
    ck_assert_int_eq(glob(WORKLOADS_DIR "/*.yaml", 0, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 2);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        bd_auto_json json_t *definition = read_definition(found.gl_pathv[i]);
        bd_auto_json json_t *command = command_of(definition);
        bd_auto_faults struct schema_faults faults = {0};
        bd_auto_free char *file = bd_xasprintf("%s.yaml", bd_json_str(definition, "name", ""));
        static const char *const told[] = {"licence", "stresses", "needs", "description"};
        ck_assert_str_eq(bd_path_name(found.gl_pathv[i]), file);
        for (size_t k = 0; k < BD_ARRAY_LEN(told); k++)
            ck_assert_msg(json_object_get(definition, told[k]), "%s has no %s", file, told[k]);
        workload_command.check(command, &cluster, &faults);
        ck_assert_msg(faults.n == 0, "%s: %s: %s", file, faults.items[0].pointer,
                      faults.items[0].expected);
    }
    globfree(&found);
}
END_TEST

static struct left hpcc_left(const char *output)
{
    struct left l = left_new("hpcc.yaml");
    left_stdout(&l, "end\n");
    left_output(&l, "hpccoutf.txt", output);
    return l;
}

START_TEST(test_hpcc_is_read)
{
    static const struct {
        const char *metric, *unit;
        double value;
    } vectors[] = {
        {"hpl", "Tflop/s", 1.81632e-05},
        {"dgemm", "Gflop/s", 5.33193},
        {"stream_copy", "GB/s", 68.2817},
        {"stream_scale", "GB/s", 33.9021},
        {"stream_add", "GB/s", 33.2676},
        {"stream_triad", "GB/s", 34.9386},
        {"ptrans", "GB/s", 0.000885975},
        {"random_access", "Gup/s", 0.00125745},
        {"fft", "Gflop/s", 2.12713},
        {"latency", "us", 0.266188},
        {"bandwidth", "GB/s", 0.311976},
        {"ping_pong_latency", "us", 0.234056},
        {"ping_pong_bandwidth", "GB/s", 8.99079},
    };
    bd_auto_free char *output = read_text(HPCC_OUTPUT);
    struct left l = hpcc_left(output);
    struct workload_result result = left_results(&l, "hpcc");
    ck_assert_uint_eq(json_object_size(result.metrics), BD_ARRAY_LEN(vectors) + 1);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        const json_t *metric = json_object_get(result.metrics, vectors[i].metric);
        ck_assert_double_eq(bd_json_real(metric, "value", -1), vectors[i].value);
        ck_assert_str_eq(bd_json_str(metric, "unit", ""), vectors[i].unit);
        ck_assert_int_eq(bd_json_int(metric, "n", 0), 1);
    }
    assert_all_hold(&result, 6, "hpcc");
    workload_result_done(&result);
    left_done(&l);
}
END_TEST

/* The same output with one thing in it that went wrong. */
START_TEST(test_hpcc_checks_itself)
{
    static const struct {
        const char *was, *is, *check, *got;
    } vectors[] = {
        {"\nSuccess=1", "\nSuccess=0", "success", "0"},
        {"...... PASSED", "...... FAILED", "hpl", "FAILED"},
        {"     0.09 PASSED", "     0.09 FAILED", "ptrans", "FAILED"},
        {"Solution Validates", "Failed Validation ", "stream", "Failed Validation"},
        {"MPIRandomAccess_ErrorsFraction=0", "MPIRandomAccess_ErrorsFraction=.0101",
         "random_access", ".0101"},
        {"MPIFFT_maxErr=9.5505e-16", "MPIFFT_maxErr=9.5505e-06", "fft", "9.5505e-06"},
    };
    bd_auto_free char *whole = read_text(HPCC_OUTPUT);
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_str struct bd_str output = {0};
        replace(whole, vectors[i].was, vectors[i].is, &output);
        struct left l = hpcc_left(bd_str_text(&output));
        struct workload_result result = left_results(&l, vectors[i].check);
        assert_one_fails(&result, vectors[i].check, vectors[i].got);
        workload_result_done(&result);
        left_done(&l);
    }
}
END_TEST

/* Cut off anywhere, an output gives no results that look whole. */
START_TEST(test_hpcc_that_was_cut_off_fails)
{
    bd_auto_free char *whole = read_text(HPCC_OUTPUT);
    const char *summary = strstr(whole, "MPIFFT_maxErr=");
    size_t parts[] = {0, 100, strlen(whole) / 2, (size_t)(summary - whole)};
    for (size_t i = 0; i < BD_ARRAY_LEN(parts); i++) {
        bd_auto_free char *output = bd_xstrndup(whole, parts[i]);
        struct left l = hpcc_left(output);
        struct bd_err err = left_fails(&l, "hpcc");
        ck_assert_msg(strstr(err.text, "finds nothing in hpccoutf.txt; "), "%s", err.text);
        ck_assert_msg(strstr(err.text, parts[i] ? "its last lines: " : "it is empty"), "%s",
                      err.text);
        left_done(&l);
    }
}
END_TEST

UNIT_MAIN("workload-files", test_every_file_is_right, test_hpcc_is_read, test_hpcc_checks_itself,
          test_hpcc_that_was_cut_off_fails)
