/* Benchmarks that come with benchd: what is read from what their programs really wrote, and what
 * becomes of a run whose output is not that. */
#include "tests/workload/left.h"

#define OUTPUTS_MAX 2
#define METRICS_MAX 8

struct value {
    const char *metric, *unit;
    double value;
};

static const struct benchmark {
    const char *file;
    const char *out; /* what was recorded on stdout; NULL: nothing */
    struct {
        const char *output, *recorded;
    } outputs[OUTPUTS_MAX];
    struct value values[METRICS_MAX];
    size_t n_checks;
} benchmarks[] = {
    {.file = "fio.yaml",
     .outputs = {{"fio.json", "fio-3.33.json"}},
     .values = {{"write", "B/s", 107546256},
                {"read", "B/s", 310689185},
                {"random_read", "1/s", 4452.173913},
                {"random_read_latency", "ns", 221014.058594},
                {"random_read_latency_p99", "ns", 4292608},
                {"random_write", "1/s", 6564.102564},
                {"random_write_latency", "ns", 133201.925781},
                {"random_write_latency_p99", "ns", 3981312}},
     .n_checks = 2},
    {.file = "iozone.yaml",
     .outputs = {{"iozone.txt", "iozone-489.txt"}, {"iozone-check.txt", "iozone-489-check.txt"}},
     .values = {{"write", "KiB/s", 128007},
                {"rewrite", "KiB/s", 172448},
                {"read", "KiB/s", 194147},
                {"reread", "KiB/s", 221513},
                {"random_read", "KiB/s", 136041},
                {"random_write", "KiB/s", 143752}},
     .n_checks = 2},
    {.file = "iperf3.yaml",
     .outputs = {{"iperf3.json", "iperf3-3.12.json"}},
     .values = {{"throughput", "bit/s", 16306508849.296642},
                {"retransmits", "1", 4},
                {"sender_cpu", "%", 19.180506914466669}},
     .n_checks = 2},
    {.file = "mpi.yaml",
     .out = "mpi.txt",
     .values = {{"latency", "us", 187.472},
                {"bandwidth", "MB/s", 106.92},
                {"barrier", "us", 1.85608},
                {"bcast", "us", 4680.32},
                {"allreduce", "us", 3.35548},
                {"alltoall", "us", 3.44435}},
     .n_checks = 1},
    {.file = "netperf.yaml",
     .outputs = {{"netperf.txt", "netperf-2.7.0.txt"}},
     .values = {{"tcp_stream", "Mbit/s", 1776.76},
                {"tcp_rr", "1/s", 27443.50},
                {"tcp_rr_latency", "us", 36.36},
                {"tcp_rr_latency_p99", "us", 59},
                {"udp_rr", "1/s", 33934.97},
                {"udp_rr_latency", "us", 29.39},
                {"udp_rr_latency_p99", "us", 52}},
     .n_checks = 3},
};

static const struct benchmark *benchmark_of(const char *file)
{
    size_t i = 0;
    while (strcmp(benchmarks[i].file, file) != 0)
        ck_assert_uint_lt(++i, BD_ARRAY_LEN(benchmarks));
    return &benchmarks[i];
}

static char *recorded(const char *name)
{
    bd_auto_free char *path = bd_xasprintf(VECTORS_DIR "/%s", name);
    return read_text(path);
}

/* As it was recorded, but for what `instead` says of one output (NULL: stdout). */
static struct left benchmark_left(const struct benchmark *b, const char *output,
                                  const char *instead)
{
    struct left l = left_new(b->file);
    if (b->out) {
        bd_auto_free char *text = recorded(b->out);
        left_stdout(&l, instead && !output ? instead : text);
    }
    for (size_t i = 0; i < OUTPUTS_MAX && b->outputs[i].output; i++) {
        bd_auto_free char *text = recorded(b->outputs[i].recorded);
        bool is_it = instead && bd_str_eq(b->outputs[i].output, output);
        left_output(&l, b->outputs[i].output, is_it ? instead : text);
    }
    return l;
}

START_TEST(test_what_was_recorded_is_read)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(benchmarks); i++) {
        const struct benchmark *b = &benchmarks[i];
        struct left l = benchmark_left(b, NULL, NULL);
        struct workload_result result = left_results(&l, b->file);
        size_t n = 0;
        for (; n < METRICS_MAX && b->values[n].metric; n++) {
            const struct value *v = &b->values[n];
            const json_t *metric = json_object_get(result.metrics, v->metric);
            double value = bd_json_real(metric, "value", -1);
            ck_assert_msg(value >= v->value * (1 - 1e-12) && value <= v->value * (1 + 1e-12),
                          "%s: %s: %.17g", b->file, v->metric, value);
            ck_assert_str_eq(bd_json_str(metric, "unit", ""), v->unit);
        }
        ck_assert_uint_eq(json_object_size(result.metrics), n + 1); /* and elapsed */
        assert_all_hold(&result, b->n_checks, b->file);
        workload_result_done(&result);
        left_done(&l);
    }
}
END_TEST

/* The same output with one thing in it that went wrong. */
START_TEST(test_each_checks_itself)
{
    static const struct {
        const char *file, *output, *recorded, *was, *is, *check, *got;
    } vectors[] = {
        {"fio.yaml", "fio.json", "fio-3.33.json", "\"error\" : 0,", "\"error\" : 84,", "errors",
         "84"},
        {"fio.yaml", "fio.json", "fio-3.33.json", "\"io_bytes\" : 4194304",
         "\"io_bytes\" : 4190208", "verified", "4190208"},
        {"iozone.yaml", "iozone-check.txt", "iozone-489-check.txt", "iozone test complete.",
         "Error in file: Found ?0? Expecting ?6d6d? addr 0", "verified",
         "Error in file: Found ?0? Expecting ?6d6d? addr 0"},
        {"iperf3.yaml", "iperf3.json", "iperf3-3.12.json", "\"protocol\":\t\"TCP\"",
         "\"protocol\":\t\"UDP\"", "protocol", "UDP"},
        {"mpi.yaml", NULL, "mpi.txt", "wrong 0", "wrong 2", "arrived", "2"},
        {"netperf.yaml", "netperf.txt", "netperf-2.7.0.txt", "TCP_RR THROUGHPUT=27443.50",
         "TCP_RR THROUGHPUT=0.00", "turned", "0.00"},
        {"netperf.yaml", "netperf.txt", "netperf-2.7.0.txt", "=10^6bits/s", "=10^9bits/s",
         "stream_unit", "10^9bits/s"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        bd_auto_free char *whole = recorded(vectors[i].recorded);
        bd_auto_str struct bd_str wrong = {0};
        replace(whole, vectors[i].was, vectors[i].is, &wrong);
        struct left l =
            benchmark_left(benchmark_of(vectors[i].file), vectors[i].output, bd_str_text(&wrong));
        struct workload_result result = left_results(&l, vectors[i].file);
        assert_one_fails(&result, vectors[i].check, vectors[i].got);
        workload_result_done(&result);
        left_done(&l);
    }
}
END_TEST

/* What these programs write where they fail is no result, whatever they exit with. */
START_TEST(test_output_of_a_failure_fails_with_its_last_lines)
{
    static const struct {
        const char *file, *output, *text, *says;
    } vectors[] = {
        {"fio.yaml", "fio.json",
         "fio: pid=0, err=28/file:filesetup.c:241, func=write, error=No space left on device\n",
         "No space left on device"},
        {"fio.yaml", "fio.json", "{\"fio version\" : \"fio-3.33\", \"jobs\" : []}\n", "fio-3.33"},
        {"iozone.yaml", "iozone.txt",
         "              kB  reclen    write  rewrite\n            8192      64\n"
         "Can not open temp file: /shared/x\n",
         "Can not open temp file: /shared/x"},
        {"iperf3.yaml", "iperf3.json",
         "{\n\t\"start\":\t{\n\t\t\"connected\":\t[]\n\t},\n\t\"intervals\":\t[],\n\t\"end\":\t{\n"
         "\t},\n\t\"error\":\t\"unable to connect to server: Connection refused\"\n}\n",
         "unable to connect to server: Connection refused"},
        {"mpi.yaml", NULL, "latency 187.472\n[n2:00042] *** An error occurred in MPI_Recv\n",
         "An error occurred in MPI_Recv"},
        {"netperf.yaml", "netperf.txt",
         "TCP_STREAM establish control: are you sure there is a netserver listening on n1 at port "
         "12865?\n",
         "are you sure there is a netserver listening"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct left l =
            benchmark_left(benchmark_of(vectors[i].file), vectors[i].output, vectors[i].text);
        struct bd_err err = left_fails(&l, vectors[i].file);
        ck_assert_msg(strstr(err.text, " finds no") && strstr(err.text, vectors[i].says), "%s: %s",
                      vectors[i].file, err.text);
        left_done(&l);
    }
}
END_TEST

/* Cut off anywhere, an output gives no results that look whole. */
START_TEST(test_output_that_was_cut_off_fails)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(benchmarks); i++) {
        const struct benchmark *b = &benchmarks[i];
        bd_auto_free char *whole = recorded(b->out ? b->out : b->outputs[0].recorded);
        for (size_t tenth = 0; tenth < 10; tenth++) {
            bd_auto_free char *part = bd_xstrndup(whole, strlen(whole) * tenth / 10);
            struct left l = benchmark_left(b, b->outputs[0].output, part);
            left_fails(&l, b->file);
            left_done(&l);
        }
    }
}
END_TEST

/* HPL's matrix in a part of the memory of the job's nodes. */
START_TEST(test_hpcc_is_sized_by_memory)
{
    static const struct {
        const char *workload, *rows;
    } vectors[] = {
        {"{}", "\n1000 Ns\n"},
        {"{'size': 4000}", "\n4000 Ns\n"},
        {"{'memoryShare': 0.5}", "\n5760 Ns\n"},             /* of 2 x 256 MiB: 5792 rows */
        {"{'memoryShare': 0.5, 'nodes': 1}", "\n4080 Ns\n"}, /* 4096 */
        {"{'memoryShare': 0.5, 'blockSize': 32}", "\n5792 Ns\n"},
        {"{'memoryShare': 0.5, 'size': 100, 'blockSize': 1024}", "\n5120 Ns\n"},
        {"{'memoryShare': 0.000001}", "\n80 Ns\n"}, /* a block at least */
        {"{'memoryShare': 0}", "\n1000 Ns\n"},
    };
    bd_auto_json json_t *definition = read_definition(WORKLOADS_DIR "/hpcc.yaml");
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct bd_err err = BD_ERR_INIT;
        bd_auto_json json_t *workload = resolved(definition, vectors[i].workload);
        bd_auto_json json_t *command = NULL;
        ck_assert_msg(definition_expand(definition, workload, &cluster, &command, &err) == 0, "%s",
                      err.text);
        const json_t *file = json_array_get(json_object_get(command, "files"), 0);
        const char *content = bd_json_str(file, "content", "");
        ck_assert_msg(strstr(content, vectors[i].rows) != NULL, "%s: %s", vectors[i].workload,
                      content);
    }
}
END_TEST

UNIT_MAIN("workload-benchmarks", test_what_was_recorded_is_read, test_each_checks_itself,
          test_output_of_a_failure_fails_with_its_last_lines, test_output_that_was_cut_off_fails,
          test_hpcc_is_sized_by_memory)
