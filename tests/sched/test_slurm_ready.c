#include "lib/sched/slurm.h"
#include "tests/sched/plan.h"

/* As the kernel writes them, by hand from a controller: 6817 is 1AA1; 0A listens, 06 is a
 * connection that was. */
#define PORT_CLOSED                                                                                \
    "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "  \
    "1\n"                                                                                          \
    "   1: 0204D50A:1AA1 0204D50A:EA28 06 00000000:00000000 03:0000175A 00000000     0        0 "  \
    "0\n"                                                                                          \
    "   2: 0204D50A:EA28 00000000:1AA1 0A 00000000:00000000 03:0000175A 00000000     0        0 "  \
    "0\n"
#define PORT_OPEN                                                                                  \
    PORT_CLOSED                                                                                    \
    "   3: 00000000:1AA1 00000000:0000 0A 00000000:00000000 00:00000000 00000000 64030        0 "  \
    "5\n"
#define PORT_OPEN_6                                                                                \
    PORT_CLOSED                                                                                    \
    "   0: 00000000000000000000000000000000:1AA1 00000000000000000000000000000000:0000 0A "        \
    "00000000:00000000 00:00000000 00000000 64030        0 5\n"

/* What a node's programs answer, in turn; the last answer is given again and again. */
struct script {
    const char *const *ports;  /* of cat /proc/net/tcp */
    const char *const *states; /* of sinfo; NULL text: it fails */
    const char *version;       /* NULL: it fails */
    const char *log;           /* of tail of a daemon's log; NULL: there is none */
    const char *words;         /* of journalctl */
    const char *const *units;  /* of systemctl is-failed; NULL: it fails */
    const char *failed_on;     /* the node whose units these are; NULL: of all */
    struct bd_cancel *cancel;  /* set with this code once sinfo was asked; NULL: never */
    int code;
    bool accounting; /* of the cluster */
    unsigned looks, asks, unit_asks;
};

static struct script *script;

static const char *next(const char *const *answers, unsigned *count)
{
    const char *answer = answers[*count];
    if (answers[*count + 1])
        (*count)++;
    return answer;
}

static const char *units_of(const char *node)
{
    if (!script->units)
        return NULL;
    if (script->failed_on && !bd_str_eq(script->failed_on, node))
        return "active\nactive\n";
    return next(script->units, &script->unit_asks);
}

static int scripted_exec(const struct channel *c, const struct channel_cmd *cmd,
                         struct bd_proc_result *ret, struct bd_err *err)
{
    const char *program = cmd->argv[0], *out = NULL;
    ck_assert_ptr_nonnull(c);
    if (bd_cancel_check(cmd->cancel, err) < 0)
        return err->code;
    if (bd_str_eq(program, "journalctl"))
        out = script->words;
    else if (bd_str_eq(program, "tail"))
        out = script->log;
    else if (bd_str_eq(program, "systemctl"))
        out = units_of(cmd->node->name);
    else if (bd_str_eq(program, "cat"))
        out = next(script->ports, &script->looks);
    else if (bd_str_eq(cmd->argv[1], "--version"))
        out = script->version;
    else
        out = next(script->states, &script->asks);
    if (bd_str_eq(program, "sinfo") && bd_str_eq(cmd->argv[1], "-h") && script->cancel)
        bd_cancel_set(script->cancel, script->code, "the step was told to end");
    ck_assert_ptr_nonnull(cmd->node);
    ck_assert_int_gt(cmd->timeout_ns, 0);
    *ret = (struct bd_proc_result){.exit_code = out && *out != '!' ? 0 : 1};
    bd_str_add(&ret->out, out ? out : "");
    return 0;
}

static const struct channel_ops scripted = {.backend = "scripted", .exec = scripted_exec};

static int wait_with(struct script *s, unsigned compute, struct bd_cancel *cancel,
                     char **ret_version, struct bd_err *err)
{
    struct channel channel = {.ops = &scripted};
    struct cluster_plan plan = plan_of(compute, 1, 256U << 20, json_object());
    plan.spec.accounting = s->accounting;
    script = s;
    int r = sched_slurm.wait_ready(&channel, &plan, cancel, ret_version, err);
    cluster_plan_done(&plan);
    return r;
}

#define LIST(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

START_TEST(test_waits_for_the_controller_and_then_for_every_node)
{
    struct script s = {
        .ports = LIST("", PORT_CLOSED, PORT_OPEN),
        .states = LIST("!", "n1 unknown* none\nn2 unknown* none\n", "n1 idle none\nn2 idle* none\n",
                       "n1 idle none\nn2 down* Not responding\n", "n1 idle none\nn2 idle none\n"),
        .version = "slurm-wlm 22.05.8\n",
    };
    struct bd_err err = BD_ERR_INIT;
    char *version = NULL;
    ck_assert_msg(wait_with(&s, 2, NULL, &version, &err) == 0, "%s", err.text);
    ck_assert_str_eq(version, "slurm-wlm 22.05.8");
    ck_assert_uint_eq(s.looks, 2);
    ck_assert_uint_eq(s.asks, 4);
    free(version);
}
END_TEST

START_TEST(test_names_that_begin_alike_are_told_apart)
{
    struct script s = {
        .ports = LIST(PORT_OPEN),
        .states =
            LIST("n10 idle none\nn2 idle none\n", "n10 idle none\nn1 idle none\nn2 idle none\n"
                                                  "n3 idle none\nn4 idle none\nn5 idle none\n"
                                                  "n6 idle none\nn7 idle none\nn8 idle none\n"
                                                  "n9 idle none\n"),
        .version = "slurm 24.11.5\n",
    };
    char *version = NULL;
    ck_assert_int_eq(wait_with(&s, 10, NULL, &version, NULL), 0);
    ck_assert_uint_eq(s.asks, 1);
    free(version);
}
END_TEST

START_TEST(test_deadline_names_nodes_states_and_last_words)
{
    bd_auto(cancel) struct bd_cancel *cancel = bd_cancel_new();
    struct script s = {
        .ports = LIST(PORT_OPEN),
        .states = LIST("n1 idle none\nn2 down* Not responding\nn3 idle none\n"),
        .version = "slurm-wlm 22.05.8\n",
        .words = "error: first\nfatal: no munge\n",
        .cancel = cancel,
        .code = BD_ETIMEOUT,
    };
    struct bd_err err = BD_ERR_INIT;
    char *version = NULL;
    ck_assert_int_eq(wait_with(&s, 4, cancel, &version, &err), BD_ETIMEOUT);
    ck_assert_ptr_null(version);
    static const char *const words[] = {
        "2 of 4 nodes",
        "n2 (down* Not responding)",
        "n4 (unknown to slurmctld)",
        "slurmctld on ctl1: error: first|fatal: no munge",
        "slurmd on n2: error: first|fatal: no munge",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(words); i++)
        ck_assert_msg(strstr(err.text, words[i]) != NULL, "no '%s' in: %s", words[i], err.text);
    ck_assert_ptr_null(strstr(err.text, "n1 ("));
    ck_assert_ptr_null(strstr(err.text, "slurmdbd"));

    /* With accounting the words of the two that slurmctld waits for as well. */
    s.asks = 0;
    s.accounting = true;
    bd_auto(cancel) struct bd_cancel *again = bd_cancel_new();
    s.cancel = again;
    ck_assert_int_eq(wait_with(&s, 4, again, &version, &err), BD_ETIMEOUT);
    ck_assert_ptr_nonnull(strstr(err.text, "mariadbd on ctl1: error: first|fatal: no munge"));
    ck_assert_ptr_nonnull(strstr(err.text, "slurmdbd on ctl1: error: first|fatal: no munge"));
}
END_TEST

START_TEST(test_many_missing_nodes_are_counted)
{
    bd_auto(cancel) struct bd_cancel *cancel = bd_cancel_new();
    struct script s = {
        .ports = LIST(PORT_OPEN),
        .states = LIST("!"),
        .version = "slurm-wlm 22.05.8\n",
        .words = "",
        .cancel = cancel,
        .code = BD_ETIMEOUT,
    };
    struct bd_err err = BD_ERR_INIT;
    char *version = NULL;
    ck_assert_int_eq(wait_with(&s, 128, cancel, &version, &err), BD_ETIMEOUT);
    ck_assert_ptr_nonnull(strstr(err.text, "128 of 128 nodes"));
    ck_assert_ptr_nonnull(strstr(err.text, "and 123 more"));
    ck_assert_ptr_nonnull(strstr(err.text, "slurmctld on ctl1 wrote nothing"));
}
END_TEST

START_TEST(test_cancel_ends_the_wait_without_further_questions)
{
    bd_auto(cancel) struct bd_cancel *cancel = bd_cancel_new();
    struct script s = {
        .ports = LIST(PORT_OPEN),
        .states = LIST("!"),
        .version = "slurm-wlm 22.05.8\n",
        .cancel = cancel,
        .code = BD_ECANCELLED,
    };
    struct bd_err err = BD_ERR_INIT;
    char *version = NULL;
    ck_assert_int_eq(wait_with(&s, 2, cancel, &version, &err), BD_ECANCELLED);
    ck_assert_ptr_null(version);
    ck_assert_ptr_null(strstr(err.text, "last words"));
}
END_TEST

START_TEST(test_daemon_that_is_given_up_ends_the_wait_with_its_words)
{
    /* Without a deadline: only the failure can end it. */
    const struct {
        struct script script;
        const char *said[3];
    } vectors[] = {
        {{.ports = LIST(""),
          .units = LIST("active\nactivating\n", "active\nfailed\n"),
          .words = "fatal: no such plugin\n"},
         {"slurmctld on ctl1 ends whenever", "options",
          "slurmctld on ctl1: fatal: no such plugin"}},
        {{.ports = LIST(""), .units = LIST("failed\nfailed\n"), .words = "munged: no key\n"},
         {"munged on ctl1 ends whenever", "options", "munged on ctl1: munged: no key"}},
        {{.ports = LIST(PORT_OPEN),
          .states = LIST("n1 idle none\nn2 idle none\nn3 unknown* none\n"),
          .units = LIST("inactive\nfailed\n"),
          .failed_on = "n3",
          .log = "fatal: no cgroup\n",
          .words = "an older start\n"},
         {"slurmd on n3 ends whenever", "options", "slurmd on n3: fatal: no cgroup"}},
        /* munge, mariadb, slurmdbd, slurmctld: the first that failed is why the others do. */
        {{.ports = LIST(""),
          .accounting = true,
          .units = LIST("active\nfailed\nfailed\nactivating\n"),
          .log = "a log that mariadbd has not\n",
          .words = "InnoDB: cannot allocate memory\n"},
         {"mariadbd on ctl1 ends whenever", "node.memory",
          "mariadbd on ctl1: InnoDB: cannot allocate memory"}},
        {{.ports = LIST(""),
          .accounting = true,
          .units = LIST("active\nactive\nfailed\nactivating\n"),
          .log = "fatal: no database\n"},
         {"slurmdbd on ctl1 ends whenever", "node.memory", "slurmdbd on ctl1: fatal: no database"}},
        {{.ports = LIST(""),
          .accounting = true,
          .units = LIST("active\nactive\nactive\nfailed\n"),
          .log = "fatal: no such plugin\n"},
         {"slurmctld on ctl1 ends whenever", "options", "fatal: no such plugin"}},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct script s = vectors[i].script;
        struct bd_err err = BD_ERR_INIT;
        char *version = NULL;
        s.version = "slurm-wlm 22.05.8\n";
        ck_assert_int_eq(wait_with(&s, 3, NULL, &version, &err), BD_ECHILD);
        ck_assert_ptr_null(version);
        for (size_t j = 0; j < BD_ARRAY_LEN(vectors[i].said); j++)
            ck_assert_msg(strstr(err.text, vectors[i].said[j]) != NULL, "no '%s' in: %s",
                          vectors[i].said[j], err.text);
    }
}
END_TEST

START_TEST(test_many_words_are_cut_at_a_line)
{
    bd_auto_str struct bd_str words = {0};
    struct bd_err err = BD_ERR_INIT;
    char *version = NULL;
    for (int i = 0; i < 20; i++)
        bd_str_addf(&words, "<line %02d of words that go on and on, as those of daemons do>\n", i);
    struct script s = {.ports = LIST(""),
                       .units = LIST("active\nfailed\n"),
                       .words = bd_str_text(&words),
                       .version = "slurm-wlm 22.05.8\n"};
    ck_assert_int_eq(wait_with(&s, 3, NULL, &version, &err), BD_ECHILD);
    ck_assert_ptr_nonnull(strstr(err.text, "slurmctld on ctl1: <line 1"));
    ck_assert_ptr_nonnull(strstr(err.text, "<line 19 of words that go on and on"));
    ck_assert_uint_lt(strlen(err.text), 900);
}
END_TEST

START_TEST(test_image_without_a_working_sinfo_is_told)
{
    struct script s = {.ports = LIST(PORT_OPEN), .states = LIST("")};
    struct bd_err err = BD_ERR_INIT;
    char *version = NULL;
    ck_assert_int_eq(wait_with(&s, 2, NULL, &version, &err), BD_ECHILD);
    ck_assert_ptr_nonnull(strstr(err.text, "sinfo --version"));
}
END_TEST

UNIT_MAIN("sched/slurm-ready", test_waits_for_the_controller_and_then_for_every_node,
          test_names_that_begin_alike_are_told_apart,
          test_deadline_names_nodes_states_and_last_words, test_many_missing_nodes_are_counted,
          test_cancel_ends_the_wait_without_further_questions,
          test_daemon_that_is_given_up_ends_the_wait_with_its_words,
          test_many_words_are_cut_at_a_line, test_image_without_a_working_sinfo_is_told)
