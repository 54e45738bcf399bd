/*
 * The table of commands: what benchctl can do, said once. The parser (args.c), the help text
 * (help.c) and the completion scripts (complete.c) read it; a new command is one row here and its
 * function in the file of its group.
 */
#pragma once

#include "args.h"

#include <limits.h>

struct cli;

enum { COMMAND_OPTIONS_MAX = 32 };
#define COMMAND_MANY UINT_MAX

struct command {
    const char *name;     /* one word, or a group and a word: "cluster up" */
    const char *operands; /* for people: "ID..."; "" where there are none */
    unsigned min_operands, max_operands;
    enum arg_words words; /* what its operands are completed with */
    const char *summary;
    const char *details;              /* more for its help, or NULL */
    const struct arg_option *options; /* ended by one without a name; NULL where there are none */
    /* An exit code, or a negative error with its text. */
    int (*run)(struct cli *cli, struct bd_err *err);
};

extern const struct command commands[];
extern const size_t commands_n;
extern const struct arg_option
    command_globals[]; /* of every command; ended by one without a name */

const struct command *command_find(const char *name); /* NULL: there is none */
bool command_in_group(const struct command *command, const char *group);
bool command_is_group(const char *word);

int cmd_doctor(struct cli *cli, struct bd_err *err);
int cmd_image_build(struct cli *cli, struct bd_err *err);
int cmd_image_ls(struct cli *cli, struct bd_err *err);
int cmd_image_show(struct cli *cli, struct bd_err *err);
int cmd_image_rm(struct cli *cli, struct bd_err *err);
int cmd_image_export(struct cli *cli, struct bd_err *err);
int cmd_image_import(struct cli *cli, struct bd_err *err);
int cmd_input_add(struct cli *cli, struct bd_err *err);
int cmd_input_ls(struct cli *cli, struct bd_err *err);
int cmd_input_rm(struct cli *cli, struct bd_err *err);
int cmd_campaign_crate(struct cli *cli, struct bd_err *err);
int cmd_verify(struct cli *cli, struct bd_err *err);
int cmd_cluster_up(struct cli *cli, struct bd_err *err);
int cmd_cluster_ls(struct cli *cli, struct bd_err *err);
int cmd_cluster_show(struct cli *cli, struct bd_err *err);
int cmd_cluster_exec(struct cli *cli, struct bd_err *err);
int cmd_cluster_down(struct cli *cli, struct bd_err *err);
int cmd_fragment_list(struct cli *cli, struct bd_err *err);
int cmd_fragment_show(struct cli *cli, struct bd_err *err);
int cmd_campaign_plan(struct cli *cli, struct bd_err *err);
int cmd_campaign_submit(struct cli *cli, struct bd_err *err);
int cmd_campaign_ls(struct cli *cli, struct bd_err *err);
int cmd_campaign_show(struct cli *cli, struct bd_err *err);
int cmd_campaign_watch(struct cli *cli, struct bd_err *err);
int cmd_campaign_runs(struct cli *cli, struct bd_err *err);
int cmd_campaign_analyse(struct cli *cli, struct bd_err *err);
int cmd_campaign_compare(struct cli *cli, struct bd_err *err);
int cmd_campaign_gate(struct cli *cli, struct bd_err *err);
int cmd_campaign_reproduce(struct cli *cli, struct bd_err *err);
int cmd_campaign_report(struct cli *cli, struct bd_err *err);
int cmd_campaign_export(struct cli *cli, struct bd_err *err);
int cmd_campaign_add_cells(struct cli *cli, struct bd_err *err);
int cmd_campaign_cancel(struct cli *cli, struct bd_err *err);
int cmd_campaign_pause(struct cli *cli, struct bd_err *err);
int cmd_campaign_resume(struct cli *cli, struct bd_err *err);
int cmd_analyse(struct cli *cli, struct bd_err *err);
int cmd_run_show(struct cli *cli, struct bd_err *err);
int cmd_run_steps(struct cli *cli, struct bd_err *err);
int cmd_run_logs(struct cli *cli, struct bd_err *err);
int cmd_run_artifacts(struct cli *cli, struct bd_err *err);
int cmd_run_jobs(struct cli *cli, struct bd_err *err);
int cmd_run_queue(struct cli *cli, struct bd_err *err);
int cmd_run_samples(struct cli *cli, struct bd_err *err);
int cmd_run_export(struct cli *cli, struct bd_err *err);
int cmd_run_cancel(struct cli *cli, struct bd_err *err);
int cmd_workload_ls(struct cli *cli, struct bd_err *err);
int cmd_workload_show(struct cli *cli, struct bd_err *err);
int cmd_workload_add(struct cli *cli, struct bd_err *err);
int cmd_workload_rm(struct cli *cli, struct bd_err *err);
int cmd_workload_check(struct cli *cli, struct bd_err *err);
int cmd_workload_import(struct cli *cli, struct bd_err *err);
int cmd_swf_check(struct cli *cli, struct bd_err *err);
int cmd_swf_show(struct cli *cli, struct bd_err *err);
int cmd_swf_clean(struct cli *cli, struct bd_err *err);
int cmd_swf_scale(struct cli *cli, struct bd_err *err);
int cmd_events(struct cli *cli, struct bd_err *err);
int cmd_host_show(struct cli *cli, struct bd_err *err);
int cmd_scheduler_ls(struct cli *cli, struct bd_err *err);
int cmd_metrics(struct cli *cli, struct bd_err *err);
int cmd_version(struct cli *cli, struct bd_err *err);
int cmd_completion(struct cli *cli, struct bd_err *err);
int cmd_help(struct cli *cli, struct bd_err *err);
