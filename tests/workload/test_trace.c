/* What a spec of the workload `swf` makes of a log: which jobs, of what size, whose, when. */
#include "lib/artifact/artifact.h"
#include "lib/base/clock.h"
#include "lib/workload/trace.h"
#include "tests/base/unit.h"

#include <check.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define S BD_NS_PER_S

/* Four processors. Fields: job, submit, wait, runtime, procs, cpu, memory, asked procs, asked time,
 * asked memory, status, user, group, app, queue, partition, after, think. */
static const char log_text[] = "; MaxProcs: 4\n"
                               "10 100 5 60 1 -1 -1 1 120 -1 1 7 1 -1 -1 -1 -1 -1\n"
                               "11 200 5 30 4 -1 -1 4 600 -1 1 9 1 -1 -1 -1 10 20\n"
                               "12 200 5 30 3 -1 -1 3 30 -1 1 7 1 -1 -1 -1 -1 -1\n"
                               "13 300 5 0 1 -1 -1 1 60 -1 0 7 1 -1 -1 -1 -1 -1\n"
                               "14 400 5 90 2 -1 -1 2 -1 -1 1 -1 1 -1 -1 -1 13 -1\n"
                               "15 500 5 10 1 -1 -1 1 20 -1 1 9 1 -1 -1 -1 11 -1\n";

struct made {
    struct job_stream stream;
    struct trace_facts facts;
    struct schema_faults faults;
};

static void read_text(const char *text, size_t bytes, struct swf *log)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_fd int fd = memfd_create("log", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, bytes), (ssize_t)bytes);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    ck_assert_msg(trace_read(fd, log, &err) == 0, "%s", err.text);
}

/* members: of the spec, in apostrophes. */
static json_t *spec_of(const char *members)
{
    bd_auto_free char *text =
        bd_xasprintf("{'name':'swf','trace':'sha256:00'%s%s}", *members ? "," : "", members);
    json_t *spec = NULL;
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    ck_assert_msg(bd_json_parse(text, strlen(text), &spec, NULL) == 0, "%s", text);
    return spec;
}

static void make_of(const char *text, const char *members, unsigned compute, struct made *ret)
{
    struct swf log = {0};
    bd_auto_json json_t *spec = spec_of(members);
    *ret = (struct made){0};
    read_text(text, strlen(text), &log);
    const struct job_nodes nodes = {compute, 4, UINT64_C(1) << 30};
    trace_make(spec, &nodes, &log, &ret->stream, &ret->facts, &ret->faults);
    swf_done(&log);
}

static void made_done(struct made *m)
{
    job_stream_done(&m->stream);
    schema_faults_done(&m->faults);
}

static void make(const char *members, unsigned compute, struct made *ret)
{
    make_of(log_text, members, compute, ret);
    ck_assert_msg(ret->faults.n == 0, "%s: %s", members,
                  ret->faults.n ? ret->faults.items[0].expected : "");
}

/* "arrival nodes runtime requested user after" of each job, and its think time; in seconds. */
static void expect(const struct made *m, const char *want)
{
    bd_auto_str struct bd_str got = {0};
    for (size_t i = 0; i < m->stream.n; i++) {
        const struct job *j = &m->stream.items[i];
        ck_assert_uint_eq(j->index, i);
        ck_assert_uint_eq(j->tasks, 1);
        bd_str_addf(&got, "%g %u %g %g %u %d", (double)j->arrival_ns / S, j->nodes,
                    (double)j->runtime_ns / S, (double)j->requested_ns / S, j->user, j->after);
        if (j->think_ns >= 0)
            bd_str_addf(&got, " %g", (double)j->think_ns / S);
        bd_str_add(&got, "\n");
    }
    ck_assert_str_eq(bd_str_text(&got), want);
    ck_assert_uint_eq(m->stream.tasks, m->stream.n);
}

START_TEST(test_jobs_are_those_of_the_cleaned_log)
{
    struct made m;
    make("", 4, &m);
    /* 13 never ran, so 14 waits for none; it asked for no time; the missing user is one of its own
     */
    expect(&m, "0 1 60 120 1 -1\n"
               "100 4 30 600 2 0 20\n"
               "100 3 30 30 1 -1\n"
               "300 2 90 90 3 -1\n"
               "400 1 10 20 2 1\n");
    ck_assert_uint_eq(m.facts.cleaning.before, 6);
    ck_assert_uint_eq(m.facts.cleaning.after, 5);
    ck_assert_uint_eq(m.facts.cleaning.by_rule[SWF_NEVER_RAN], 1);
    ck_assert_uint_eq(m.facts.cleaning.by_rule[SWF_AFTER_UNKNOWN], 1);
    ck_assert_uint_eq(m.facts.dependencies, 2);
    ck_assert_uint_eq(m.facts.think_times, 1);
    ck_assert_uint_eq(m.facts.users.groups, 1);
    ck_assert_int_eq(m.stream.items[0].group, 1);
    ck_assert_uint_eq(m.facts.lines, 7);
    ck_assert_double_eq(m.facts.machine, 4);
    ck_assert_double_eq(m.facts.span_s, 400);
    ck_assert_double_eq_tol(m.facts.load, (60 + 120 + 90 + 180 + 10) / (4 * 400.0), 1e-12);
    made_done(&m);
}
END_TEST

START_TEST(test_sizes_are_scaled_to_the_nodes_and_rounded_up)
{
    struct made m;
    make("", 2, &m);
    expect(&m, "0 1 60 120 1 -1\n"
               "100 2 30 600 2 0 20\n"
               "100 2 30 30 1 -1\n"
               "300 1 90 90 3 -1\n"
               "400 1 10 20 2 1\n");
    made_done(&m);
    make("", 8, &m);
    ck_assert_uint_eq(m.stream.items[0].nodes, 2);
    ck_assert_uint_eq(m.stream.items[2].nodes, 6);
    made_done(&m);
}
END_TEST

/* Nodes have 4 cores here: of 2 on each of its nodes a job takes half of what it would alone. */
START_TEST(test_jobs_ask_for_what_the_spec_says)
{
    struct made alone, shared;
    make("'coresPerTask':2,'memory':'64MiB'", 4, &alone);
    make("'coresPerTask':1,'tasksPerNode':2,'exclusive':false", 4, &shared);
    for (size_t i = 0; i < alone.stream.n; i++) {
        struct job_ask a = alone.stream.items[i].ask, b = shared.stream.items[i].ask;
        ck_assert(a.cores_per_task == 2 && a.memory_bytes == 64 << 20 && a.tasks == 0 && !a.shares);
        ck_assert(b.cores_per_task == 1 && b.memory_bytes == 0 && b.tasks == 2 && b.shares);
    }
    ck_assert_double_eq_tol(alone.facts.load, 460 / (4 * 400.0), 1e-12);
    ck_assert_double_eq_tol(shared.facts.load, 460 / (2 * 4 * 400.0), 1e-12);
    made_done(&shared);
    make("'coresPerTask':1,'tasksPerNode':2,'exclusive':false,'load':0.575", 4, &shared);
    ck_assert_double_eq_tol(shared.facts.load, 0.575, 1e-9);
    made_done(&alone);
    made_done(&shared);
    /* On one node that has too much to do, 220 s of work bound it alone; of a core each, 55 s
     * don't. */
    make("'timeScale':0.001,'dependencies':false,'load':10", 1, &alone);
    make("'timeScale':0.001,'dependencies':false,'load':10,'exclusive':false", 1, &shared);
    ck_assert_double_eq_tol(alone.facts.least_s, 0.22, 1e-9);
    ck_assert(shared.facts.least_s > 0.09 && shared.facts.least_s < 0.1);
    made_done(&alone);
    made_done(&shared);
}
END_TEST

START_TEST(test_every_time_is_multiplied_by_the_scale)
{
    struct made m;
    make("'timeScale':0.01", 4, &m);
    expect(&m, "0 1 0.6 1.2 1 -1\n"
               "1 4 0.3 6 2 0 0.2\n"
               "1 3 0.3 0.3 1 -1\n"
               "3 2 0.9 0.9 3 -1\n"
               "4 1 0.1 0.2 2 1\n");
    ck_assert_double_eq_tol(m.facts.load, 460 / (4 * 400.0), 1e-12);
    made_done(&m);
}
END_TEST

START_TEST(test_a_window_is_of_the_logs_time_and_begins_at_0)
{
    struct made m;
    make("'window':{'from':'200s','to':'500s'}", 4, &m);
    /* what 11 waits for is outside; all users have one job, and the missing one the least number */
    expect(&m, "0 4 30 600 3 -1\n"
               "0 3 30 30 2 -1\n"
               "200 2 90 90 1 -1\n");
    made_done(&m);
    make("'window':{'jobs':2}", 4, &m);
    expect(&m, "0 1 60 120 1 -1\n100 4 30 600 2 0 20\n");
    made_done(&m);
    make("'window':{'from':'400s','jobs':1}", 4, &m);
    expect(&m, "0 2 90 90 1 -1\n");
    ck_assert(isnan(m.facts.load));
    made_done(&m);
}
END_TEST

START_TEST(test_a_load_changes_gaps_alone)
{
    struct made m, scaled;
    make("", 4, &m);
    double load = m.facts.load;
    make("'load':0.575,'timeScale':0.5", 4, &scaled);
    ck_assert_double_eq_tol(scaled.facts.load, 0.575, 1e-9);
    ck_assert_uint_eq(scaled.stream.n, m.stream.n);
    for (size_t i = 0; i < m.stream.n; i++) {
        const struct job *a = &m.stream.items[i], *b = &scaled.stream.items[i];
        ck_assert_int_eq(b->runtime_ns, a->runtime_ns / 2);
        ck_assert_int_eq(b->requested_ns, a->requested_ns / 2);
        ck_assert_double_eq_tol((double)b->arrival_ns / 1e9,
                                (double)a->arrival_ns / 1e9 / 2 * load / 0.575, 1e-6);
    }
    made_done(&m);
    made_done(&scaled);
}
END_TEST

START_TEST(test_dependencies_and_flurries_by_the_spec)
{
    struct made m;
    make("'dependencies':false", 4, &m);
    for (size_t i = 0; i < m.stream.n; i++) {
        ck_assert_int_eq(m.stream.items[i].after, -1);
        ck_assert_int_eq(m.stream.items[i].think_ns, -1);
    }
    ck_assert_uint_eq(m.facts.dependencies + m.facts.think_times, 0);
    made_done(&m);
    make("'flurries':{'jobs':2,'gap':'100s'}", 4, &m);
    ck_assert_uint_eq(m.facts.cleaning.by_rule[SWF_FLURRY], 2);
    ck_assert_uint_eq(m.stream.n, 3);
    made_done(&m);
    make("'flurries':{'jobs':2}", 4, &m);
    ck_assert_uint_eq(m.stream.n, 5);
    made_done(&m);
}
END_TEST

/* n users, of whom user k has n - k jobs. */
static char *log_of_users(unsigned n)
{
    struct bd_str text = {0};
    bd_str_add(&text, "; MaxProcs: 4\n");
    unsigned number = 1;
    for (unsigned k = 0; k < n; k++)
        for (unsigned i = 0; i < n - k; i++)
            bd_str_addf(&text, "%u %u 0 1 1 -1 -1 1 1 -1 1 %u -1 -1 -1 -1 -1 -1\n", number, number,
                        k + 100),
                number++;
    return bd_str_take(&text);
}

/* The account of the user who has so many jobs less than the first. */
static unsigned account(const struct made *m, unsigned n, unsigned k)
{
    size_t at = 0;
    for (unsigned i = 0; i < k; i++)
        at += n - i;
    return m->stream.items[at].user;
}

START_TEST(test_users_have_an_account_each_as_long_as_there_are_any)
{
    struct made m;
    bd_auto_free char *few = log_of_users(USERS_MAX);
    bd_auto_free char *many = log_of_users(80);
    make_of(few, "", 4, &m);
    for (unsigned k = 0; k < USERS_MAX; k++)
        ck_assert_uint_eq(account(&m, USERS_MAX, k), k + 1);
    ck_assert_uint_eq(m.facts.users.n, 64);
    ck_assert_uint_eq(m.facts.users.accounts, 64);
    ck_assert_uint_eq(m.facts.users.sharing, 0);
    made_done(&m);
    make_of(many, "", 4, &m);
    for (unsigned k = 0; k < 48; k++)
        ck_assert_uint_eq(account(&m, 80, k), k + 1);
    for (unsigned k = 48; k < 80; k++)
        ck_assert_uint_eq(account(&m, 80, k), 49 + k % 16);
    ck_assert_uint_eq(m.facts.users.n, 80);
    ck_assert_uint_eq(m.facts.users.accounts, 64);
    ck_assert_uint_eq(m.facts.users.sharing, 32);
    made_done(&m);
}
END_TEST

START_TEST(test_what_makes_no_stream_is_a_fault_where_it_stands)
{
    static const struct {
        const char *text, *members, *pointer, *words;
    } cases[] = {
        {"; MaxProcs: 4\n1 0 0 1 x -1 -1 1 1 -1 1 1 -1 -1 -1 -1 -1 -1\n2 0\n", "",
         "/workload/trace", "line 2: field 5 (allocated processors)"},
        {"; MaxJobs: 7\n1 0 0 1 1 -1 -1 1 1 -1 1 1 -1 -1 -1 -1 -1 -1\n", "", "/workload/trace",
         "MaxJobs: 7, and there are 1"},
        {"1 0 0 -1 1 -1 -1 1 1 -1 1 1 -1 -1 -1 -1 -1 -1\n", "", "/workload/trace",
         "of 1 there is none"},
        {"", "", "/workload/trace", "of 0 there is none"},
        {log_text, "'window':{'from':'501s'}", "/workload/window", "from 100s to 500s"},
        {log_text, "'window':{'to':'50s','jobs':3}", "/workload/window", "a window with jobs"},
        {log_text, "'window':{'from':'200s','to':'300s'},'load':0.5", "/workload/load",
         "all come at once"},
        {log_text, "'timeout':'409s'", "/workload/timeout", "more than 410s"},
        /* 60 s, a thought of 900 s, 30 s; and the one that waits for that 10 s more */
        {"; MaxProcs: 4\n1 0 0 60 1 -1 -1 1 60 -1 1 1 -1 -1 -1 -1 -1 -1\n"
         "2 9 0 30 1 -1 -1 1 60 -1 1 1 -1 -1 -1 -1 1 900\n"
         "3 9 0 10 1 -1 -1 1 60 -1 1 1 -1 -1 -1 -1 2 -1\n",
         "'timeout':'999s'", "/workload/timeout", "more than 1000s"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct made m;
        make_of(cases[i].text, cases[i].members, 4, &m);
        ck_assert_msg(m.faults.n == 1, "%zu: %zu faults", i, m.faults.n);
        ck_assert_str_eq(m.faults.items[0].pointer, cases[i].pointer);
        ck_assert_msg(strstr(m.faults.items[0].expected, cases[i].words) != NULL, "%zu: %s", i,
                      m.faults.items[0].expected);
        ck_assert_ptr_null(m.stream.items);
        made_done(&m);
    }
}
END_TEST

START_TEST(test_figures_of_any_size_overflow_nothing)
{
    struct made m;
    make_of("; MaxProcs: 1000000000000000\n"
            "1 0 0 1 1 -1 -1 1 1000000000000000 -1 1 1 -1 -1 -1 -1 -1 -1\n"
            "2 0 0 0.0000000001 1000000000000000 -1 -1 1 1 -1 1 1 -1 -1 -1 -1 -1 -1\n",
            "", 4, &m);
    ck_assert_uint_eq(m.faults.n, 0);
    expect(&m, "0 1 1 3.1536e+07 1 -1\n0 4 1e-09 1 1 -1\n");
    made_done(&m);
    make_of("1 0 0 1000000000000000 1 -1 -1 1 1 -1 1 1 -1 -1 -1 -1 -1 -1\n", "'timeScale':1000", 4,
            &m);
    ck_assert_uint_eq(m.faults.n, 1);
    ck_assert_str_eq(m.faults.items[0].pointer, "/workload/timeout");
    made_done(&m);
}
END_TEST

START_TEST(test_limits_below_the_grain_by_the_scale_alone_are_told)
{
    struct made m;
    make("'timeScale':0.1", 4, &m);
    /* 12, 60, 3, 9, 2 s: as logged, the first and the fourth were above a minute */
    struct stream_limits l = stream_limits_of(&m.stream, 60 * S, 0.1);
    ck_assert_uint_eq(l.jobs, 5);
    ck_assert_uint_eq(l.below, 4);
    ck_assert_uint_eq(l.by_scale, 2);
    l = stream_limits_of(&m.stream, 60 * S, 1);
    ck_assert_uint_eq(l.below, 4);
    ck_assert_uint_eq(l.by_scale, 0);
    l = stream_limits_of(&m.stream, 0, 0.1);
    ck_assert_uint_eq(l.below, 0);
    made_done(&m);
}
END_TEST

/* ---------------------------------------------------------------------------------- as an input */

struct store {
    char *dir;
    struct cluster_spec cluster;
};

static struct store store_new(const char *text, size_t bytes, char ret_digest[BD_DIGEST_BYTES])
{
    struct store s = {.dir = unit_dir(), .cluster = {.compute = 4, .scheduler = (char *)"slurm"}};
    struct artifact_packed packed;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_fd int objects = -1, fd = memfd_create("log", MFD_CLOEXEC);
    ck_assert_int_eq(write(fd, text, bytes), (ssize_t)bytes);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    ck_assert_int_eq(artifact_dir_open(s.dir, &objects, &err), 0);
    ck_assert_msg(artifact_pack(objects, fd, NULL, &packed, &err) == 0, "%s", err.text);
    memcpy(ret_digest, packed.digest, BD_DIGEST_BYTES);
    return s;
}

static json_t *examine(const struct store *s, json_t *spec, struct schema_faults *faults)
{
    json_t *found = NULL;
    workload_find("swf")->examine(spec, &s->cluster, s->dir, faults, &found);
    return found;
}

START_TEST(test_an_input_is_read_and_described)
{
    char digest[BD_DIGEST_BYTES];
    struct store s = store_new(log_text, strlen(log_text), digest);
    bd_auto_faults struct schema_faults faults = {0};
    bd_auto_json json_t *spec = spec_of("'timeScale':0.1");
    json_object_set_new(spec, "trace", json_string(digest));
    bd_auto_json json_t *found = examine(&s, spec, &faults);
    ck_assert_uint_eq(faults.n, 0);
    const json_t *jobs = json_object_get(found, "jobs"), *rules = json_object_get(found, "rules");
    ck_assert_int_eq(bd_json_int(jobs, "logged", 0), 6);
    ck_assert_int_eq(bd_json_int(jobs, "cleaned", 0), 5);
    ck_assert_int_eq(bd_json_int(jobs, "replayed", 0), 5);
    ck_assert_uint_eq(json_object_size(rules), 3);
    ck_assert_int_eq(bd_json_int(rules, "never-ran", 0), 1);
    ck_assert_int_eq(bd_json_int(rules, "limit-filled", 0), 1);
    ck_assert_int_eq(bd_json_int(rules, "unknown-predecessor", 0), 1);
    ck_assert_int_eq(bd_json_int(json_object_get(found, "sizes"), "1", 0), 2);
    ck_assert_int_eq(bd_json_int(json_object_get(found, "sizes"), "4", 0), 1);
    ck_assert_double_eq_tol(bd_json_real(found, "leastSeconds", 0), 41, 1e-9);
    ck_assert_int_eq(bd_json_int(json_object_get(found, "limits"), "byTimeScale", 0), 2);
    unit_dir_done(s.dir);
}
END_TEST

START_TEST(test_an_input_that_is_no_log_or_not_there_is_a_fault)
{
    static const char binary[] = "\x7f"
                                 "ELF\0\0";
    static const char cut_off[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03";
    static const struct {
        const char *data;
        size_t bytes;
        const char *words;
    } cases[] = {{binary, sizeof(binary), "Standard Workload Format"},
                 {cut_off, sizeof(cut_off) - 1, "cut off"},
                 {NULL, 0, "benchctl input add"}};
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        char digest[BD_DIGEST_BYTES];
        struct store s = store_new(cases[i].data ? cases[i].data : "x", cases[i].bytes, digest);
        bd_auto_faults struct schema_faults faults = {0};
        bd_auto_json json_t *spec = spec_of("");
        if (!cases[i].data)
            memset(digest + strlen("sha256:"), '0', strlen(digest) - strlen("sha256:"));
        json_object_set_new(spec, "trace", json_string(digest));
        ck_assert_ptr_null(examine(&s, spec, &faults));
        ck_assert_uint_eq(faults.n, 1);
        ck_assert_str_eq(faults.items[0].pointer, "/workload/trace");
        ck_assert_msg(strstr(faults.items[0].expected, cases[i].words) != NULL, "%s",
                      faults.items[0].expected);
        unit_dir_done(s.dir);
    }
}
END_TEST

START_TEST(test_a_window_that_ends_before_it_begins_is_a_fault)
{
    static const char *const members[] = {"'window':{'from':'10s','to':'10s'}",
                                          "'window':{'from':'1h','to':'10s'}"};
    struct cluster_spec cluster = {.compute = 4};
    for (size_t i = 0; i < BD_ARRAY_LEN(members); i++) {
        bd_auto_json json_t *spec = spec_of(members[i]);
        bd_auto_faults struct schema_faults faults = {0};
        workload_find("swf")->check(spec, &cluster, &faults);
        ck_assert_uint_eq(faults.n, 1);
        ck_assert_str_eq(faults.items[0].pointer, "/workload/window/to");
    }
}
END_TEST

UNIT_MAIN("workload-trace", test_jobs_are_those_of_the_cleaned_log,
          test_sizes_are_scaled_to_the_nodes_and_rounded_up,
          test_every_time_is_multiplied_by_the_scale, test_jobs_ask_for_what_the_spec_says,
          test_a_window_is_of_the_logs_time_and_begins_at_0, test_a_load_changes_gaps_alone,
          test_dependencies_and_flurries_by_the_spec,
          test_users_have_an_account_each_as_long_as_there_are_any,
          test_what_makes_no_stream_is_a_fault_where_it_stands,
          test_figures_of_any_size_overflow_nothing,
          test_limits_below_the_grain_by_the_scale_alone_are_told,
          test_an_input_is_read_and_described, test_an_input_that_is_no_log_or_not_there_is_a_fault,
          test_a_window_that_ends_before_it_begins_is_a_fault)
