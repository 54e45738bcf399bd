#include "lib/sched/flux.h"
#include "tests/sched/plan.h"

/* What a node's programs answer, in turn; the last answer is given again and again; "!": it fails
 * with the rest as its words. */
struct script {
    const char *const *sockets; /* of test -S */
    const char *const *uptimes; /* of flux uptime */
    const char *const *frees;   /* of flux resource list */
    const char *version;        /* of flux version */
    const char *down;           /* of flux overlay status --down */
    const char *units;          /* of systemctl is-failed */
    struct bd_cancel *cancel;   /* set once flux was asked for resources; NULL: never */
    unsigned socket_asks, uptime_asks, free_asks;
};

static struct script *script;

static const char *next(const char *const *answers, unsigned *count)
{
    const char *answer = answers[*count];
    if (answers[*count + 1])
        (*count)++;
    return answer;
}

static const char *flux_says(const char *const *argv)
{
    if (bd_str_eq(argv[1], "version"))
        return script->version;
    if (bd_str_eq(argv[1], "resource"))
        return next(script->frees, &script->free_asks);
    return bd_str_eq(argv[1], "uptime") ? next(script->uptimes, &script->uptime_asks)
                                        : script->down;
}

static int scripted_exec(const struct channel *c, const struct channel_cmd *cmd,
                         struct bd_proc_result *ret, struct bd_err *err)
{
    const char *program = cmd->argv[0], *out = "";
    ck_assert_ptr_nonnull(c);
    if (bd_cancel_check(cmd->cancel, err) < 0)
        return err->code;
    if (bd_str_eq(program, FLUX_PROGRAM))
        out = flux_says(cmd->argv);
    else if (bd_str_eq(program, "test"))
        out = next(script->sockets, &script->socket_asks);
    else if (bd_str_eq(program, "systemctl"))
        out = script->units;
    else if (bd_str_eq(program, "tail"))
        out = bd_str_eq(cmd->node->name, "ctl1") ? "broker.err: no\n" : "overlay.err: lost\n";
    if (bd_str_eq(program, FLUX_PROGRAM) && bd_str_eq(cmd->argv[1], "resource") && script->cancel)
        bd_cancel_set(script->cancel, BD_ETIMEOUT, "the step's time is up");
    return answered(out, ret);
}

static const struct channel_ops scripted = {.backend = "scripted", .exec = scripted_exec};

static int wait_with(struct script *s, char **ret_version, struct bd_err *err)
{
    struct channel channel = {.ops = &scripted};
    struct cluster_plan plan = plan_of(2, 1, 256U << 20, json_object());
    script = s;
    int r = sched_flux.wait_ready(&channel, &plan, s->cancel, ret_version, err);
    cluster_plan_done(&plan);
    return r;
}

#define LIST(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define UPTIME(state) " 12:00:01 " state " 1.6s,  owner root,  depth 0,  size 3\n"
#define VERSION       "commands:    \t\t0.88.0\nlibflux-core:\t\t0.88.0\n"

START_TEST(test_waits_for_the_socket_all_brokers_and_then_all_nodes)
{
    struct script s = {
        .sockets = LIST("!", "!", ""),
        .uptimes = LIST("!no", UPTIME("quorum"), UPTIME("run") "  1 offline\n", UPTIME("run")),
        .frees = LIST("!no such service", "1 free\n", "12 free\n", "2 free\n"),
        .version = VERSION,
        .down = "0 ctl1: partial\n2 n2: offline\n",
        .units = "active\n",
    };
    bd_auto_free char *version = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(wait_with(&s, &version, &err) == 0, "%s", err.text);
    ck_assert_str_eq(version, "flux-core 0.88.0");
    ck_assert_uint_eq(s.free_asks, 3);
}
END_TEST

START_TEST(test_what_is_not_there_is_told_with_last_words)
{
    struct bd_cancel *cancel = bd_cancel_new();
    struct script s = {
        .sockets = LIST(""),
        .uptimes = LIST(UPTIME("run")),
        .frees = LIST("1 free\n"),
        .version = VERSION,
        .units = "active\n",
        .cancel = cancel,
    };
    bd_auto_free char *version = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(wait_with(&s, &version, &err), BD_ETIMEOUT);
    ck_assert_ptr_null(version);
    ck_assert_msg(strstr(err.text, "not all nodes are free") && strstr(err.text, "1 free") &&
                      strstr(err.text, "broker.err: no") && strstr(err.text, "overlay.err: lost"),
                  "%s", err.text);
    bd_cancel_unref(cancel);
}
END_TEST

START_TEST(test_a_first_broker_that_is_given_up_ends_the_wait)
{
    struct script s = {
        .sockets = LIST("!"),
        .uptimes = LIST("!"),
        .frees = LIST("!"),
        .version = VERSION,
        .units = "failed\n",
    };
    bd_auto_free char *version = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(wait_with(&s, &version, &err), BD_ECHILD);
    ck_assert_msg(strstr(err.text, "Flux: flux on ctl1 ends whenever it is started") &&
                      strstr(err.text, "broker.err: no"),
                  "%s", err.text);
}
END_TEST

START_TEST(test_a_flux_that_does_not_run_is_told)
{
    struct script s = {.version = "!flux: error while loading shared libraries: libzmq.so.5"};
    bd_auto_free char *version = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(wait_with(&s, &version, &err), BD_ECHILD);
    ck_assert_msg(strstr(err.text, "libzmq.so.5"), "%s", err.text);
}
END_TEST

UNIT_MAIN("sched/flux_ready", test_waits_for_the_socket_all_brokers_and_then_all_nodes,
          test_what_is_not_there_is_told_with_last_words,
          test_a_first_broker_that_is_given_up_ends_the_wait, test_a_flux_that_does_not_run_is_told)
