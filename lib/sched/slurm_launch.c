/* A command as one job of Slurm's: srun, which waits for it and passes its output on. */
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/sched/daemons.h"
#include "lib/sched/slurm.h"

#include <string.h>

static bool has_colon(const char *const *argv)
{
    for (; *argv; argv++)
        if (bd_str_eq(*argv, ":"))
            return true;
    return false;
}

/* 'it'\''s': within single quotes a shell leaves every byte but the quote as it is. */
static void add_quoted(struct bd_str *script, const char *word)
{
    bd_str_add(script, " '");
    for (; *word; word++)
        if (*word == '\'')
            bd_str_add(script, "'\\''");
        else
            bd_str_addn(script, word, 1);
    bd_str_add(script, "'");
}

/*
 * srun takes a word ":" for the beginning of another component of the job, wherever it stands. A
 * command that has one is handed to the node's shell as a single word, which the shell takes apart
 * again.
 */
static void add_command(const char *const *argv, struct bd_strv *ret_argv)
{
    if (!has_colon(argv)) {
        bd_strv_add_all(ret_argv, argv);
        return;
    }
    bd_auto_str struct bd_str script = {0};
    bd_str_add(&script, "exec");
    for (; *argv; argv++)
        add_quoted(&script, *argv);
    bd_strv_add(ret_argv, "/bin/sh");
    bd_strv_add(ret_argv, "-c");
    bd_strv_add(ret_argv, bd_str_text(&script));
}

static void add_word(const char *word, void *argv)
{
    bd_strv_add(argv, word);
}

/* Options stand in the command line, where no variable of the environment (SLURM_NNODES, ...) can
 * change them. */
void slurm_launch(const struct sched_job *job, struct bd_strv *ret_argv)
{
    bd_strv_add(ret_argv, "srun");
    bd_strv_addf(ret_argv, "--job-name=%s", job->name);
    slurm_words(job, add_word, ret_argv);
    if (job->dir)
        bd_strv_addf(ret_argv, "--chdir=%s", job->dir);
    bd_strv_add(ret_argv, "--kill-on-bad-exit=1");
    bd_strv_add(ret_argv, "--input=none");
    bd_strv_add(ret_argv, "--export=ALL");
    bd_strv_add(ret_argv, "--");
    add_command(job->argv, ret_argv);
}

/* squeue also knows jobs that have ended (for MinJobAge), with what they waited for until then. */
char *slurm_why_waiting(const struct channel *channel, const struct cluster_plan *plan,
                        const char *job_name)
{
    bd_auto_free char *names = bd_xasprintf("--name=%s", job_name);
    const char *const argv[] = {"squeue",    "--noheader",  "--states=PENDING,CANCELLED",
                                "--sort=-i", "--format=%r", names,
                                NULL};
    bd_auto_free char *said = sched_said(channel, plan, argv);
    return said && !bd_str_eq(said, "None") ? bd_xasprintf("Slurm says: %s", said) : NULL;
}
