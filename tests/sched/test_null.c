/* The scheduler null: its files, how its jobs are asked for, its readiness and its records. */
#include "lib/base/clock.h"
#include "lib/sched/null.h"
#include "tests/sched/plan.h"

#include <string.h>

static const char *text_at(const struct node_files *files, const char *path)
{
    for (size_t i = 0; i < files->n; i++)
        if (bd_str_eq(files->items[i].path, path))
            return files->items[i].data;
    return NULL;
}

START_TEST(test_nodes_listen_and_share_a_secret_of_the_clusters)
{
    struct cluster_plan plan = plan_of(2, 1, 256U << 20, json_object());
    struct node_files files[3] = {0}, again[3] = {0};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(sched_null.files(&plan, NULL, files, &err), 0);
    ck_assert_int_eq(sched_null.files(&plan, NULL, again, &err), 0);
    bd_auto_free char *nodes =
        bd_xasprintf("n1 %s\nn2 %s\n", plan.nodes[1].address, plan.nodes[2].address);
    ck_assert_str_eq(text_of(&files[0], "/etc/benchd/null.nodes"), nodes);
    ck_assert_ptr_null(text_at(&files[0], "/etc/systemd/system/bench-launch.service"));
    for (size_t i = 0; i < 3; i++) {
        const struct node_file *key = file_of(&files[i], "/etc/benchd/null.key");
        ck_assert_uint_eq(key->bytes, 64);
        ck_assert_uint_eq(key->mode & 07777, 0400);
        ck_assert_str_eq(key->data, text_of(&files[0], "/etc/benchd/null.key"));
        ck_assert_str_ne(key->data, text_of(&again[0], "/etc/benchd/null.key"));
    }
    for (size_t i = 1; i < 3; i++) {
        bd_auto_free char *start = bd_xasprintf(
            "ExecStart=/usr/libexec/benchd/bench-launch --listen %s\n", plan.nodes[i].address);
        ck_assert_ptr_nonnull(
            strstr(text_of(&files[i], "/etc/systemd/system/bench-launch.service"), start));
        ck_assert_ptr_null(text_at(&files[i], "/etc/benchd/null.nodes"));
    }
    for (size_t i = 0; i < 3; i++) {
        node_files_done(&files[i]);
        node_files_done(&again[i]);
    }
    cluster_plan_done(&plan);
}
END_TEST

/* ------------------------------------------------------------------------------------ readiness */

/* What programs answer, in turn; the last answer is given again and again. */
struct answer {
    const char *missing; /* of check; NULL: all answer */
    const char *unit;    /* of systemctl is-failed */
};

static const struct answer *answers;
static unsigned asked;
static int boots; /* so often the controller is asked and is not up yet */

static int scripted_exec(const struct channel *c, const struct channel_cmd *cmd,
                         struct bd_proc_result *ret, struct bd_err *err)
{
    const struct answer *a = &answers[asked];
    ck_assert_ptr_nonnull(c);
    if (bd_cancel_check(cmd->cancel, err) < 0)
        return err->code;
    *ret = (struct bd_proc_result){0};
    if (bd_str_eq(cmd->argv[1], "check")) {
        ret->exit_code = a->missing ? 3 : 0;
        bd_str_add(&ret->out, a->missing ? a->missing : "");
        if (!a->unit)
            asked++;
    } else if (bd_str_eq(cmd->argv[1], "is-active")) {
        ck_assert_str_eq(cmd->node->name, "ctl1");
        ret->exit_code = boots-- > 0 ? 3 : 0;
    } else if (bd_str_eq(cmd->argv[0], "systemctl")) {
        ck_assert_str_eq(cmd->node->name, "n2");
        bd_str_add(&ret->out, a->unit ? a->unit : "active\n");
        asked += a->unit != NULL;
    } else {
        bd_str_add(&ret->out, "bench-launch: can't listen\n");
    }
    return 0;
}

static const struct channel_ops scripted = {.backend = "scripted", .exec = scripted_exec};

static int wait_for(const struct answer *script, struct bd_err *err)
{
    struct channel channel = {.ops = &scripted};
    struct cluster_plan plan = plan_of(2, 1, 256U << 20, json_object());
    bd_auto_free char *version = NULL;
    answers = script;
    asked = 0;
    boots = 2;
    int rc = sched_null.wait_ready(&channel, &plan, NULL, &version, err);
    if (rc == 0)
        ck_assert_str_eq(version, "null " BENCHD_VERSION);
    cluster_plan_done(&plan);
    return rc;
}

START_TEST(test_it_is_ready_when_all_nodes_answer)
{
    static const struct answer script[] = {{"n1, n2\n", NULL}, {"n2\n", "activating\n"},
                                           {"n2\n", NULL},     {NULL, NULL},
                                           {NULL, NULL},       {NULL, NULL},
                                           {NULL, NULL}};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(wait_for(script + 1, &err) == 0, "%s", err.text);
    ck_assert_int_lt(boots, 0);
}
END_TEST

START_TEST(test_launcher_that_is_given_up_is_told_at_once)
{
    static const struct answer script[] = {{"n2\n", "failed\n"}, {"n2\n", "failed\n"}};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(wait_for(script, &err), BD_ECHILD);
    ck_assert_msg(strstr(err.text, "bench-launch on n2 ends whenever it is started: ") &&
                      strstr(err.text, "bench-launch: can't listen"),
                  "%s", err.text);
}
END_TEST

/* -------------------------------------------------------------------------------------- records */

START_TEST(test_records_are_read)
{
    static const char text[] =
        "job=1 name=bd-0 task=0 nodes=2 submit_ns=1700000000900000000 start_ns=1700000001000000000 "
        "end_ns=1700000002999999999 state=completed code=0\n"
        "job=2 name=bd-7 task=3 nodes=1 submit_ns=1700000000900000000 start_ns=0 "
        "end_ns=1700000003000000000 state=node-fail code=0\n";
    struct sched_records r = {0};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(sched_null.read_records(text, strlen(text), &r, &err), 0);
    ck_assert_uint_eq(r.n, 2);
    ck_assert_int_eq(r.items[0].index, 0);
    ck_assert_uint_eq(r.items[0].nodes, 2);
    ck_assert_int_eq(r.items[0].submit_s, 1700000000);
    ck_assert_int_eq(r.items[0].end_s, 1700000002);
    ck_assert_int_eq((int)r.items[0].end, JOB_END_COMPLETED);
    ck_assert_uint_eq(r.items[1].job_id, 2);
    ck_assert_int_eq(r.items[1].index, 7);
    ck_assert_int_eq(r.items[1].start_s, 0);
    ck_assert_uint_eq(r.items[1].task_no, 4);
    ck_assert_int_eq((int)r.items[1].end, JOB_END_NODE_FAIL);
    sched_records_done(&r);
}
END_TEST

START_TEST(test_records_that_make_no_sense)
{
    static const char *const wrong[] = {"\x01\n", "job=\n",
                                        "job=1 name=bd-x nodes=1 submit_ns=1 start_ns=1 end_ns=1\n",
                                        "job=1 name=bd-0 nodes=1 submit_ns=1 start_ns=1\n"};
    for (size_t i = 0; i < BD_ARRAY_LEN(wrong); i++) {
        struct sched_records r = {0};
        struct bd_err err = BD_ERR_INIT;
        ck_assert_int_eq(sched_null.read_records(wrong[i], strlen(wrong[i]), &r, &err),
                         BD_ECORRUPT);
        ck_assert_msg(strstr(err.text, "line 1 of null's record"), "%s", err.text);
        ck_assert_uint_eq(r.n, 0);
        sched_records_done(&r);
    }
}
END_TEST

UNIT_MAIN("sched-null", test_nodes_listen_and_share_a_secret_of_the_clusters,
          test_it_is_ready_when_all_nodes_answer, test_launcher_that_is_given_up_is_told_at_once,
          test_records_are_read, test_records_that_make_no_sense)
