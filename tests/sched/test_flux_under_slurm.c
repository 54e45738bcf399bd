/* An instance of Flux that is one job of Slurm's: files of the nodes, the image, the wait. */
#include "lib/sched/flux.h"
#include "lib/sched/slurm.h"
#include "tests/sched/golden.h"
#include "tests/sched/image.h"

static const char *const image_files[] = {
    FLUX_IMAGE_FILES,
    SLURM_IMAGE_FILES,
    "usr/lib/x86_64-linux-gnu/slurm-wlm/mpi_pmi2.so",
};

/* With all of these files but the one. */
static struct image image_without(const char *missing)
{
    return image_of(image_files, BD_ARRAY_LEN(image_files), missing, MUNGE_PASSWD,
                    json_pack("{s:[{s:s, s:s}], s:[{s:s, s:s}]}", "packages", "name", "slurmctld",
                              "version", "22.05.8-4+deb12u3", "layers", "name", "flux", "prefix",
                              "/opt/flux"));
}

static struct cluster_plan under_slurm(unsigned compute, json_t *options)
{
    struct cluster_plan plan = plan_of(compute, 1, 256U << 20, options);
    free(plan.spec.scheduler);
    plan.spec.scheduler = bd_xstrdup("flux");
    plan.spec.under_slurm = true;
    return plan;
}

static bool has_file(const struct node_files *files, const char *path)
{
    for (size_t i = 0; i < files->n; i++)
        if (bd_str_eq(files->items[i].path, path))
            return true;
    return false;
}

#define WANTS "/etc/systemd/system/multi-user.target.wants/"

START_TEST(test_files_are_as_kept)
{
    static const char *const of_controller[] = {FLUX_CONF, FLUX_UNIT, "/etc/slurm/slurm.conf"};
    struct image image = image_without(NULL);
    struct cluster_plan plan = under_slurm(4, json_pack("{s:s}", "scheduler", "sched-backfill"));
    const struct sched *sched = sched_of(&plan.spec);
    struct node_files *files = bd_xcalloc(plan.n_nodes, sizeof(*files));
    bd_auto_str struct bd_str all = {0};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(sched->files(&plan, &image.image, files, &err) == 0, "%s", err.text);
    for (size_t k = 0; k < BD_ARRAY_LEN(of_controller); k++)
        bd_str_addf(&all, "### %s of ctl1\n%s", of_controller[k],
                    text_of(&files[0], of_controller[k]));
    assert_golden("flux-under-slurm-4.txt", bd_str_text(&all));
    for (size_t n = 0; n < plan.n_nodes; n++) {
        ck_assert_str_eq(text_of(&files[n], FLUX_CONF), text_of(&files[0], FLUX_CONF));
        ck_assert_int_eq(has_file(&files[n], FLUX_UNIT), n == 0);
        ck_assert(!has_file(&files[n], FLUX_CERT)); /* brokers make their own */
        ck_assert(!has_file(&files[n], WANTS "flux.service"));
        ck_assert(has_file(&files[n], WANTS "munge.service"));
        ck_assert(has_file(&files[n], WANTS "slurmd.service"));
        ck_assert_int_eq(has_file(&files[n], WANTS "slurmctld.service"), n == 0);
        ck_assert(has_file(&files[n], FLUX_PROGRAM));
    }
    for (size_t n = 0; n < plan.n_nodes; n++)
        node_files_done(&files[n]);
    free(files);
    cluster_plan_done(&plan);
    image_done(&image);
}
END_TEST

START_TEST(test_an_image_has_to_have_both)
{
    static const struct {
        const char *missing, *says; /* NULL: it will do */
    } cases[] = {
        {NULL, NULL},
        {"opt/flux/bin/flux", "the image has no Flux"},
        {"usr/sbin/slurmd", "scheduler.under is slurm: the image has no /usr/sbin/slurmd"},
        {"usr/lib/x86_64-linux-gnu/slurm-wlm/mpi_pmi2.so", "no mpi_pmi2.so"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct image image = image_without(cases[i].missing);
        struct cluster_plan plan = under_slurm(1, json_object());
        struct bd_err err = BD_ERR_INIT;
        int rc = sched_of(&plan.spec)->check_image(&plan.spec, &image.image, &err);
        ck_assert_msg(rc == (cases[i].says ? BD_EUNSUPPORTED : 0), "%zu: %s", i, err.text);
        if (cases[i].says)
            ck_assert_msg(strstr(err.text, cases[i].says), "%s", err.text);
        cluster_plan_done(&plan);
        image_done(&image);
    }
}
END_TEST

/* Without Slurm below there is none of it. */
START_TEST(test_rows_go_by_what_starts_them)
{
    struct cluster_plan plan = under_slurm(1, json_object());
    ck_assert_ptr_eq(sched_of(&plan.spec), sched_flux.under_slurm);
    ck_assert_str_eq(sched_of(&plan.spec)->name, "flux");
    plan.spec.under_slurm = false;
    ck_assert_ptr_eq(sched_of(&plan.spec), &sched_flux);
    plan.spec.under_slurm = true;
    plan.spec.scheduler[0] = '\0';
    ck_assert_ptr_null(sched_of(&plan.spec));
    cluster_plan_done(&plan);
}
END_TEST

/* ------------------------------------------------------------------------------------- the wait */

/* What the nodes' programs say; of those with several answers each in turn, the last again and
 * again. "!": the program fails with these words. */
struct script {
    const char *const *states; /* of sinfo */
    const char *uptime;        /* of flux uptime */
    const char *started;       /* of systemctl start */
    const char *failed_on;     /* node whose systemctl is-failed says so */
    struct bd_cancel *cancel;  /* set once Flux was asked for its nodes; NULL: never */
    unsigned asks, starts;
};

static struct script *script;

static const char *said(const struct channel_cmd *cmd)
{
    const char *program = cmd->argv[0], *word = cmd->argv[1];
    if (bd_str_eq(program, "cat"))
        return "  0: 00000000:1AA1 00000000:0000 0A \n"; /* slurmctld listens */
    if (bd_str_eq(program, "sinfo") && bd_str_eq(word, "--version"))
        return "slurm-wlm 22.05.8\n";
    if (bd_str_eq(program, "sinfo"))
        return script->states[script->asks + 1] ? script->states[script->asks++]
                                                : script->states[script->asks];
    if (bd_str_eq(program, "squeue"))
        return "PENDING Resources\n";
    if (bd_str_eq(program, "systemctl") && bd_str_eq(word, "start")) {
        script->starts++;
        return script->started;
    }
    if (bd_str_eq(program, "systemctl"))
        return bd_str_eq(script->failed_on, cmd->node->name) ? "active\nfailed\n"
                                                             : "active\nactive\n";
    if (bd_str_eq(program, "tail"))
        return "srun: last words\n";
    if (bd_str_eq(program, FLUX_PROGRAM) && bd_str_eq(word, "version"))
        return "commands:    \t\t0.88.0\n";
    if (bd_str_eq(program, FLUX_PROGRAM) && bd_str_eq(word, "uptime"))
        return script->uptime;
    return bd_str_eq(word, "resource") ? "2 free\n" : "";
}

static int scripted_exec(const struct channel *c, const struct channel_cmd *cmd,
                         struct bd_proc_result *ret, struct bd_err *err)
{
    ck_assert_ptr_nonnull(c);
    if (bd_cancel_check(cmd->cancel, err) < 0)
        return err->code;
    const char *out = said(cmd);
    if (bd_str_eq(cmd->argv[1], "uptime") && script->cancel)
        bd_cancel_set(script->cancel, BD_ETIMEOUT, "the step's time is up");
    return answered(out, ret);
}

static const struct channel_ops scripted = {.backend = "scripted", .exec = scripted_exec};

static int wait_with(struct script *s, char **ret_version, struct bd_err *err)
{
    struct channel channel = {.ops = &scripted};
    struct cluster_plan plan = under_slurm(2, json_object());
    script = s;
    int r = sched_of(&plan.spec)->wait_ready(&channel, &plan, s->cancel, ret_version, err);
    cluster_plan_done(&plan);
    return r;
}

#define RUNS     " 12:00:01 run 1.6s,  owner root,  depth 0,  size 3\n"
#define ALL_IDLE "ctl1 idle none\nn1 idle none\nn2 idle none\n"

START_TEST(test_is_started_once_slurm_has_all_nodes)
{
    static const char *const states[] = {"ctl1 idle none\nn1 idle none\n",
                                         "ctl1 unknown* none\nn1 idle none\nn2 idle none\n",
                                         ALL_IDLE, NULL};
    struct script s = {.states = states, .uptime = RUNS, .started = ""};
    bd_auto_free char *version = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(wait_with(&s, &version, &err) == 0, "%s", err.text);
    ck_assert_str_eq(version, "flux-core 0.88.0 in a job of slurm-wlm 22.05.8");
    ck_assert_uint_eq(s.asks, 2);
    ck_assert_uint_eq(s.starts, 1);
}
END_TEST

/* Asked again when benchd is back, it is there already. */
START_TEST(test_nodes_may_be_the_job_s_already)
{
    static const char *const states[] = {
        "ctl1 allocated none\nn1 allocated none\nn2 completing none\n",
        "ctl1 allocated none\nn1 allocated none\nn2 allocated none\n", NULL};
    struct script s = {.states = states, .uptime = RUNS, .started = ""};
    bd_auto_free char *version = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(wait_with(&s, &version, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(s.asks, 1);
}
END_TEST

START_TEST(test_what_is_wrong_is_told)
{
    static const char *const idle[] = {ALL_IDLE, NULL};
    static const char *const down[] = {"ctl1 idle none\nn1 idle none\nn2 down* none\n", NULL};
    struct bd_cancel *cancel = bd_cancel_new();
    struct {
        struct script script;
        int code;
        const char *words[3];
    } cases[] = {
        {{.states = idle, .uptime = "!", .started = "!no such unit"},
         BD_ECHILD,
         {"Flux is to be a job of Slurm's: start flux.service", "no such unit"}},
        {{.states = down, .uptime = "!", .failed_on = "n2"},
         BD_ECHILD,
         {"Flux is to be a job of Slurm's: Slurm: slurmd on n2 ends whenever it is started"}},
        {{.states = idle, .uptime = "!no broker", .started = "", .cancel = cancel},
         BD_ETIMEOUT,
         {"(PENDING Resources)", "not all brokers are there", "flux on ctl1: srun: last words"}},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_free char *version = NULL;
        struct bd_err err = BD_ERR_INIT;
        ck_assert_int_eq(wait_with(&cases[i].script, &version, &err), cases[i].code);
        ck_assert_ptr_null(version);
        for (size_t k = 0; k < BD_ARRAY_LEN(cases[i].words) && cases[i].words[k]; k++)
            ck_assert_msg(strstr(err.text, cases[i].words[k]), "%s", err.text);
    }
    bd_cancel_unref(cancel);
}
END_TEST

UNIT_MAIN("sched/flux_under_slurm", test_files_are_as_kept, test_an_image_has_to_have_both,
          test_rows_go_by_what_starts_them, test_is_started_once_slurm_has_all_nodes,
          test_nodes_may_be_the_job_s_already, test_what_is_wrong_is_told)
