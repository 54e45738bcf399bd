/* bench-submit-slurm below bench-driver, with a script in the place of sbatch; and bench-launch,
 * with one in the place of srun. */
#include "program.h"
#include "records.h"

#include <check.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * sbatch, whose only way to know where files go is one of the few variables that it gets: it writes
 * down its arguments. "$index" and "$id" (100 + index) are of its job; "ended ID STATE CODE
 * [ARRAY]" appends to the jobcomp file what slurmctld would.
 */
static const char sbatch_head[] =
    "#!/bin/sh\n"
    "dir=${BENCHD_RECORDS%/*}\n"
    "echo \"$*\" >>\"$dir/argv\"\n"
    "index=${2#--job-name=bd-} id=$((100 + ${2#--job-name=bd-}))\n"
    "ended() {\n"
    "  echo \"JobId=$1 UserId=root(0) GroupId=root(0) Name=bd-$index JobState=$2 Partition=main\""
    " \"TimeLimit=1 StartTime=2026-01-01T00:00:00 EndTime=2026-01-01T00:00:01 NodeList=n1\""
    " \"NodeCnt=1 ProcCnt=1 WorkDir=/ ReservationName= Tres=cpu=1 Account= QOS= WcKey=\""
    " \"Cluster=unknown SubmitTime=2026-01-01T00:00:00 EligibleTime=2026-01-01T00:00:00$4\""
    " \"DerivedExitCode=0:0 ExitCode=$3 \" >>\"$dir/jobcomp.log\"\n"
    "}\n";

static const char *submit, *driver;
static char *records_file;

static void install(const char *name, const char *text)
{
    mkdir(scratch("bin"), 0755);
    write_file(scratch(name), text, 0755);
}

/* Each test is a process of its own. */
static void fresh(const char *jobs, const char *sbatch)
{

    records_file = scratch("jobs.rec");
    setenv("BENCHD_RECORDS", records_file, 1);
    write_file(scratch("jobs"), jobs, 0644);
    char *script = text("%s%s", sbatch_head, sbatch);
    install("bin/sbatch", script);
    char *path = text("%s:%s", scratch("bin"), getenv("PATH"));
    setenv("PATH", path, 1);
}

#define drive(...)                                                                                 \
    run(driver, "--jobs", scratch("jobs"), "--records", records_file, "--payload", "spin:9", "--", \
        submit, "--jobcomp", scratch("jobcomp.log"), "--script", scratch("launch"), __VA_ARGS__)

static const char one[] = "benchd-jobs 1 1\n0 0 1 1 5 60000000000 0 0 -1\n";

#define COMPLETES "echo $id; ended $id COMPLETED 0:0 ''\n"

START_TEST(test_job_is_asked_for_and_its_end_is_seen)
{
    fresh(one, COMPLETES);
    struct outcome outcome = drive("--clients", "1");
    ck_assert_int_eq(outcome.code, 0);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(r.n, 5);
    struct job_record accepted = the_record(&r, JOB_RECORD_ACCEPTED, 0, 0);
    struct job_record ended = the_record(&r, JOB_RECORD_ENDED, 0, 0);
    ck_assert_uint_eq(accepted.job_id, 100);
    ck_assert_int_eq(ended.code, JOB_END_COMPLETED);
    ck_assert_int_le(the_record(&r, JOB_RECORD_SUBMIT, 0, 0).mono_ns, accepted.mono_ns);
    ck_assert_str_eq(read_text(scratch("launch")), "#!/usr/libexec/benchd/bench-launch\n");
    ck_assert_int_eq(access(scratch("launch"), X_OK), 0);
}
END_TEST

/* Of the job "0 0 NODES TASKS 5 LIMIT USER PRIORITY -1". */
static const struct {
    const char *job, *options, *ask; /* ask: what follows "after" in the line; NULL: nothing */
} asked[] = {
    {"1 1 5 60000000000 0 0", "--nodes=1 --ntasks=1 --ntasks-per-node=1 --exclusive --time=1 "
                              "--output=/dev/null --open-mode=append --no-requeue --export=ALL"},
    {"4 1 5 60000000001 0 0", "--nodes=4 --ntasks=4 --ntasks-per-node=1 --exclusive --time=2 "
                              "--output=/dev/null --open-mode=append --no-requeue --export=ALL"},
    {"1 1 5 1 3 0",
     "--nodes=1 --ntasks=1 --ntasks-per-node=1 --exclusive --time=1 --output=/dev/null "
     "--open-mode=append --no-requeue --export=ALL --uid=bench3"},
    {"1 1 5 0 0 2",
     "--nodes=1 --ntasks=1 --ntasks-per-node=1 --exclusive --time=1 --output=/dev/null "
     "--open-mode=append --no-requeue --export=ALL --priority=2149483648"},
    {"2 3 5 3600000000000 0 -1", "--nodes=2 --ntasks=2 --ntasks-per-node=1 --exclusive --time=60 "
                                 "--output=/dev/null --open-mode=append --no-requeue --export=ALL "
                                 "--priority=2146483648 --array=0-2"},
    {"1 1 5 60 0 0",
     "--nodes=1 --ntasks=1 --ntasks-per-node=1 --cpus-per-task=2 --time=1 --output=/dev/null "
     "--open-mode=append --no-requeue --export=ALL",
     "-1 -1 0 2 0 1"},
    {"2 1 5 60 0 0",
     "--nodes=2 --ntasks=6 --ntasks-per-node=3 --cpus-per-task=1 --mem=65M --time=1 "
     "--output=/dev/null --open-mode=append --no-requeue --export=ALL",
     "-1 -1 3 1 67108865 1"},
    {"2 1 5 60 0 0",
     "--nodes=2 --ntasks=2 --ntasks-per-node=1 --mem=64M --exclusive --time=1 "
     "--output=/dev/null --open-mode=append --no-requeue --export=ALL",
     "-1 -1 0 0 67108864 0"},
};

START_TEST(test_options_of_sbatch)
{
    const char *ask = asked[_i].ask;
    char *jobs =
        text("benchd-jobs 1 1\n0 0 %s -1%s%s\n", asked[_i].job, ask ? " " : "", ask ? ask : "");
    fresh(jobs, COMPLETES);
    ck_assert_int_eq(drive("--clients", "1").code, 0);
    char *argv = text("--parsable --job-name=bd-0 %s %s /usr/libexec/benchd/bench-job 0 5 "
                      "spin 9\n",
                      asked[_i].options, scratch("launch"));
    ck_assert_str_eq(read_text(scratch("argv")), argv);
}
END_TEST

START_TEST(test_grain_and_output_are_as_told)
{
    fresh(one, COMPLETES);
    ck_assert_int_eq(drive("--grain-s", "300", "--output", "/run/out").code, 0);
    const char *argv = read_text(scratch("argv"));
    ck_assert_msg(strstr(argv, "--time=5 --output=/run/out "), "%s", argv);
}
END_TEST

START_TEST(test_dependency_is_by_slurms_number)
{
    fresh("benchd-jobs 1 2\n0 0 1 1 5 60 0 0 -1\n1 0 1 1 5 60 0 0 0\n", COMPLETES);
    ck_assert_int_eq(drive("--clients", "2").code, 0);
    const char *argv = read_text(scratch("argv"));
    ck_assert_msg(strstr(argv, "--job-name=bd-1"), "%s", argv);
    ck_assert_msg(strstr(argv, "--dependency=afterany:100 "), "%s", argv);
}
END_TEST

static const struct {
    const char *state, *code;
    enum job_end end;
} ends[] = {
    {"COMPLETED", "0:0", JOB_END_COMPLETED},  {"FAILED", "3:0", JOB_END_FAILED},
    {"OUT_OF_MEMORY", "0:9", JOB_END_FAILED}, {"TIMEOUT", "0:15", JOB_END_TIMEOUT},
    {"DEADLINE", "0:0", JOB_END_TIMEOUT},     {"CANCELLED", "0:0", JOB_END_CANCELLED},
    {"PREEMPTED", "0:0", JOB_END_CANCELLED},  {"NODE_FAIL", "1:0", JOB_END_NODE_FAIL},
    {"BOOT_FAIL", "0:0", JOB_END_NODE_FAIL},  {"NEW_STATE", "0:0", JOB_END_UNKNOWN},
};

START_TEST(test_states_of_slurm)
{
    char *sbatch = text("echo $id; ended $id %s %s ''\n", ends[_i].state, ends[_i].code);
    fresh(one, sbatch);
    ck_assert_int_eq(drive("--clients", "1").code, 0);
    struct records r = read_records(records_file);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 0).code, ends[_i].end);
}
END_TEST

static const char array[] = "benchd-jobs 1 1\n0 0 1 3 5 60 0 0 -1\n";

/* Slurm gives each task a number of its own, the last of them the array's. */
START_TEST(test_tasks_of_an_array_are_told_apart)
{
    fresh(array, "echo $id\n"
                 "ended 7 FAILED 1:0 ' ArrayJobId=100 ArrayTaskId=1'\n"
                 "ended 6 COMPLETED 0:0 ' ArrayJobId=100 ArrayTaskId=0'\n"
                 "ended 100 TIMEOUT 0:0 ' ArrayJobId=100 ArrayTaskId=2'\n");
    ck_assert_int_eq(drive("--clients", "1").code, 0);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ENDED), 3);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 0).code, JOB_END_COMPLETED);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 1).code, JOB_END_FAILED);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 2).code, JOB_END_TIMEOUT);
}
END_TEST

START_TEST(test_rest_of_an_array_ends_in_one_line)
{
    fresh(array, "echo $id\n"
                 "ended 6 COMPLETED 0:0 ' ArrayJobId=100 ArrayTaskId=0'\n"
                 "ended 100 CANCELLED 0:0 ''\n");
    ck_assert_int_eq(drive("--clients", "1").code, 0);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ENDED), 3);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 0).code, JOB_END_COMPLETED);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 2).code, JOB_END_CANCELLED);
}
END_TEST

static const char *const early[] = {
    "ended $id COMPLETED 0:0 ''; sleep 0.1; echo $id\n", /* before it is accepted */
    "echo \"$id;cluster\"; ended $id COMPLETED 0:0 ''\n",
    "echo warning >&2; echo $id; ended $id COMPLETED 0:0 ''; exit 1\n",
    "printf 1; sleep 0.05; printf '00\\n'; ended $id COMPLETED 0:0 ''\n", /* in pieces */
    "echo $id; ended 5 COMPLETED 0:0 '' | sed s/Name=bd/Name=other/; ended $id COMPLETED 0:0 ''\n",
    "echo $id; printf 'JobId=100 Name=b' >>$dir/jobcomp.log; sleep 0.1\n"
    "printf 'd-0 JobState=COMPLETED ExitCode=0:0 \\n' >>$dir/jobcomp.log\n",
};

START_TEST(test_nothing_is_lost_by_order_or_form)
{
    fresh(one, early[_i]);
    ck_assert_int_eq(drive("--clients", "1").code, 0);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(the_record(&r, JOB_RECORD_ACCEPTED, 0, 0).job_id, 100);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 0).code, JOB_END_COMPLETED);
}
END_TEST

START_TEST(test_lines_from_before_are_not_ours)
{
    fresh(one, "echo $id; ended $id COMPLETED 0:0 ''\n");
    write_file(scratch("jobcomp.log"),
               "JobId=100 UserId=root(0) Name=bd-0 JobState=FAILED ExitCode=1:0 \n", 0644);
    ck_assert_int_eq(drive("--clients", "1").code, 0);
    struct records r = read_records(records_file);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_ENDED, 0, 0).code, JOB_END_COMPLETED);
}
END_TEST

static const struct {
    const char *sbatch;
    int code;
    const char *said;
} refusals[] = {
    {"echo 'sbatch: error: Invalid qos' >&2; echo more >&2; exit 4\n", 4,
     "job 0 was refused: sbatch: error: Invalid qos more"},
    {"kill -9 $$\n", 137, "job 0 was refused: sbatch gave no number"},
    {"exit 0\n", 1, "job 0 was refused: sbatch gave no number"},
    {"echo none\n", 1, "job 0 was refused: sbatch gave no number"},
};

START_TEST(test_refusal_is_told)
{
    fresh(one, refusals[_i].sbatch);
    struct outcome outcome = drive("--clients", "1");
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_msg(strstr(outcome.err, refusals[_i].said), "%s", outcome.err);
    struct records r = read_records(records_file);
    ck_assert_int_eq(the_record(&r, JOB_RECORD_REFUSED, 0, 0).code, refusals[_i].code);
}
END_TEST

START_TEST(test_missing_sbatch_is_fatal)
{
    fresh(one, COMPLETES);
    remove(scratch("bin/sbatch"));
    setenv("PATH", scratch("bin"), 1);
    struct outcome outcome = drive("--clients", "1");
    ck_assert_int_eq(outcome.code, 7);
    ck_assert_msg(strstr(outcome.err, "can't run sbatch: No such file or directory\n"), "%s",
                  outcome.err);
}
END_TEST

/* Each waits until as many run as may: one less would never end. */
START_TEST(test_several_clients_at_a_time_and_no_more)
{
    enum { JOBS = 12 };
    char *jobs = NULL;
    size_t length;
    FILE *out = open_memstream(&jobs, &length);

    fprintf(out, "benchd-jobs 1 %d\n", JOBS);
    for (int i = 0; i < JOBS; i++)
        fprintf(out, "%d 0 1 1 5 60 0 0 -1\n", i);
    fclose(out);
    fresh(jobs, "mkdir -p $dir/run; : >$dir/run/$index\n"
                "while set -- $dir/run/*; [ $# -lt 3 ] && [ $index -lt 9 ]; do sleep 0.01; done\n"
                "[ $# -le 3 ] || : >$dir/too-many\n"
                "sleep 0.05; rm $dir/run/$index\n" COMPLETES);
    free(jobs);
    setenv("BENCHD_CLIENTS", "3", 1);
    struct outcome outcome = drive("--grain-s", "60");
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_int_ne(access(scratch("too-many"), F_OK), 0);
    struct records r = read_records(records_file);
    ck_assert_uint_eq(count_records(&r, JOB_RECORD_ENDED), JOBS);
    ck_assert_int_gt(the_record(&r, JOB_RECORD_FINISH, 0, 0).cpu_ns, 0);
}
END_TEST

/* -------------------------------------------------------------------------------- bench-launch */

static struct outcome launch(const char *payload)
{
    install("bin/srun", "#!/bin/sh\necho \"$* task=$BENCHD_TASK\"\n");
    char *path = text("%s:%s", scratch("bin"), getenv("PATH"));
    setenv("PATH", path, 1);
    return run(program_setting("BENCH_LAUNCH"), "/spool/script", "/x/bench-job", "4", "500",
               payload, "a b");
}

#define SRUN "--nodes=3 --ntasks=3 --ntasks-per-node=1 --kill-on-bad-exit=0 "

static const struct {
    const char *payload, *task, *srun;
} launches[] = {
    {"sleep", NULL, SRUN "--mpi=none /x/bench-job 4 500 sleep a b task=\n"},
    {"spin", "7", SRUN "--mpi=none /x/bench-job 4 500 spin a b task=7\n"},
    {"barrier", NULL, SRUN "--mpi=pmix /x/bench-job 4 500 barrier a b task=\n"},
    {"command", "0", SRUN "/x/bench-job 4 500 command a b task=0\n"},
};

START_TEST(test_job_is_started_once_on_each_node)
{
    setenv("SLURM_JOB_NUM_NODES", "3", 1);
    unsetenv("BENCHD_TASK");
    unsetenv("SLURM_ARRAY_TASK_ID");
    if (launches[_i].task)
        setenv("SLURM_ARRAY_TASK_ID", launches[_i].task, 1);
    struct outcome outcome = launch(launches[_i].payload);
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_str_eq(outcome.out, launches[_i].srun);
}
END_TEST

START_TEST(test_job_is_started_once_a_task)
{
    setenv("SLURM_JOB_NUM_NODES", "2", 1);
    setenv("SLURM_NTASKS", "6", 1);
    setenv("SLURM_NTASKS_PER_NODE", "3", 1);
    struct outcome outcome = launch("sleep");
    ck_assert_msg(strstr(outcome.out, "--nodes=2 --ntasks=6 --ntasks-per-node=3 "), "%s",
                  outcome.out);
}
END_TEST

START_TEST(test_job_has_its_users_home)
{
    const struct passwd *self = getpwuid(geteuid());
    ck_assert_ptr_nonnull(self);
    char *expected = text("%s %s %s\n", self->pw_dir, self->pw_name, self->pw_name);
    setenv("SLURM_JOB_NUM_NODES", "1", 1);
    install("bin/srun", "#!/bin/sh\necho \"$HOME $USER $LOGNAME\"\n");
    char *path = text("%s:%s", scratch("bin"), getenv("PATH"));
    setenv("PATH", path, 1);
    unsetenv("HOME");
    setenv("USER", "another", 1);
    struct outcome outcome = run(program_setting("BENCH_LAUNCH"), "/spool/script", "/x/bench-job");
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_str_eq(outcome.out, expected);
}
END_TEST

START_TEST(test_launch_outside_of_slurm_is_told)
{
    unsetenv("SLURM_JOB_NUM_NODES");
    struct outcome outcome = launch("sleep");
    ck_assert_int_eq(outcome.code, 2);
    ck_assert_msg(strstr(outcome.err, "not in a job of Slurm"), "%s", outcome.err);
}
END_TEST

START_TEST(test_missing_srun_is_told)
{
    setenv("SLURM_JOB_NUM_NODES", "1", 1);
    setenv("PATH", "/nonexistent", 1);
    struct outcome outcome = run(program_setting("BENCH_LAUNCH"), "/spool/script", "/x/bench-job");
    ck_assert_int_eq(outcome.code, 127);
    ck_assert_str_eq(outcome.err, "bench-launch: can't run srun: No such file or directory\n");
}
END_TEST

#define n_of(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("bench-submit-slurm");
    TCase *c = tcase_create("slurm");
    SRunner *runner = srunner_create(suite);

    submit = program_setting("BENCH_SUBMIT_SLURM");
    driver = program_setting("BENCH_DRIVER");
    tcase_add_test(c, test_job_is_asked_for_and_its_end_is_seen);
    tcase_add_loop_test(c, test_options_of_sbatch, 0, n_of(asked));
    tcase_add_test(c, test_grain_and_output_are_as_told);
    tcase_add_test(c, test_dependency_is_by_slurms_number);
    tcase_add_loop_test(c, test_states_of_slurm, 0, n_of(ends));
    tcase_add_test(c, test_tasks_of_an_array_are_told_apart);
    tcase_add_test(c, test_rest_of_an_array_ends_in_one_line);
    tcase_add_loop_test(c, test_nothing_is_lost_by_order_or_form, 0, n_of(early));
    tcase_add_test(c, test_lines_from_before_are_not_ours);
    tcase_add_loop_test(c, test_refusal_is_told, 0, n_of(refusals));
    tcase_add_test(c, test_missing_sbatch_is_fatal);
    tcase_add_test(c, test_several_clients_at_a_time_and_no_more);
    tcase_add_loop_test(c, test_job_is_started_once_on_each_node, 0, n_of(launches));
    tcase_add_test(c, test_job_has_its_users_home);
    tcase_add_test(c, test_launch_outside_of_slurm_is_told);
    tcase_add_test(c, test_job_is_started_once_a_task);
    tcase_add_test(c, test_missing_srun_is_told);
    tcase_set_timeout(c, 60);
    suite_add_tcase(suite, c);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
