#include "commands.h"

#include "lib/base/mem.h"

#include <string.h>

#define OPTIONS(...) ((const struct arg_option[]){__VA_ARGS__, {0}})
#define QUIET                                                                                      \
    {                                                                                              \
        "quiet", ARG_FLAG, .help = "print ids alone, one a line"                                   \
    }

#define STEP                                                                                       \
    {                                                                                              \
        "step", ARG_DURATION, false, "D", .help = "means over spans of this length: 5s"            \
    }
#define FROM                                                                                       \
    {                                                                                              \
        "from", ARG_DURATION, false, "D", .help = "only from this time on"                         \
    }
#define TO                                                                                         \
    {                                                                                              \
        "to", ARG_DURATION, false, "D", .help = "only before this time"                            \
    }
#define FLURRY_JOBS                                                                                \
    {                                                                                              \
        "flurry-jobs", ARG_COUNT, false, "N",                                                      \
            .help = "drop flurries: so many jobs of one user or more, close together"              \
    }
#define FLURRY_GAP                                                                                 \
    {                                                                                              \
        "flurry-gap", ARG_DURATION, false, "D",                                                    \
            .help = "how close jobs of a flurry are; 60s by default"                               \
    }
#define CSV                                                                                        \
    {                                                                                              \
        "csv", ARG_FLAG, .help = "print comma-separated values, with a line of names"              \
    }

#define METRIC                                                                                     \
    {                                                                                              \
        "metric", ARG_TEXT, true, "NAME",                                                          \
            .help = "this metric rather than the objectives; may be given again"                   \
    }
#define BY                                                                                         \
    {                                                                                              \
        "by", ARG_TEXT, false, "PATH", .help = "only comparisons of this factor's levels"          \
    }
#define CONFIDENCE                                                                                 \
    {                                                                                              \
        "confidence", ARG_NUMBER, false, "C",                                                      \
            .help = "of intervals and tests, above 0.5 and below 1; 0.95 by default"               \
    }
#define OUTPUT                                                                                     \
    {                                                                                              \
        "output", ARG_TEXT, false, "FILE", WORDS_FILE, .help = "into this file", .letter = 'o'     \
    }
#define SET                                                                                        \
    {                                                                                              \
        "set", ARG_TEXT, true, "PATH=V",                                                           \
            .help = "override a member: cluster.compute=8, +PATH=V, ~PATH; may be given again"     \
    }

const struct arg_option command_globals[] = {
    {"url", ARG_TEXT, false, "URL",
     .help = "the daemon: http://HOST:PORT, https://... or unix:///PATH"},
    {"socket", ARG_TEXT, false, "PATH", WORDS_FILE, .help = "the daemon's Unix socket"},
    {"json", ARG_FLAG, .help = "print the API's JSON as it is (a line an object for streams)"},
    {"no-color", ARG_FLAG, .help = "no colours on a terminal"},
    {"timeout", ARG_DURATION, false, "S", .help = "give up after so many seconds in all"},
    {"help", ARG_FLAG, .help = "show how a command is used"},
    {"version", ARG_FLAG, .help = "print the version"},
    {0},
};

static const struct arg_option cluster_up_options[] = {
    {"compute", ARG_COUNT, false, "N", .help = "compute nodes"},
    {"controllers", ARG_COUNT, false, "N", .help = "controllers"},
    {"scheduler", ARG_TEXT, false, "S", .help = "the scheduler: see 'scheduler ls'"},
    {"option", ARG_PAIR, true, "K=V", .help = "an option of the scheduler; may be given again"},
    {"backend", ARG_TEXT, false, "B", .help = "how nodes exist: lxc, host"},
    {"image", ARG_TEXT, false, "I", WORDS_IMAGE, .help = "image: a name, an id or a digest"},
    {"name", ARG_TEXT, false, "X", .help = "a name, to refer to it by"},
    {"cpus", ARG_NUMBER, false, "F", .help = "CPUs that a node gets, enforced: 0.25"},
    {"controller-cpus", ARG_NUMBER, false, "F",
     .help = "a controller's share of the host's CPUs, where it differs"},
    {"scheduler-cpus", ARG_COUNT, false, "N", .help = "CPUs that the scheduler is told a node has"},
    {"memory", ARG_BYTES, false, "SIZE", .help = "memory of a node: 512MiB"},
    {"oversubscribe", ARG_FLAG, .help = "allow more CPUs or memory in all than the host has"},
    {"file", ARG_TEXT, false, "SPEC", WORDS_FILE,
     .help = "start from this JSON spec (- for stdin)"},
    {"wait", ARG_FLAG, .help = "wait until it is ready, and show the steps"},
    {0},
};

static const struct arg_option cluster_exec_options[] = {
    {"node", ARG_TEXT, false, "N", .help = "the node; the first controller by default"},
    {"user", ARG_TEXT, false, "U", .help = "as this user of the node; root by default"},
    {"env", ARG_PAIR, true, "K=V", .help = "an environment variable; may be given again"},
    {"cwd", ARG_TEXT, false, "D", .help = "in this directory of the node"},
    {"timeout", ARG_DURATION, false, "D",
     .help = "end the command after this time; 10min by default"},
    {"unit", ARG_FLAG, .help = "as a transient unit of the node's own systemd"},
    {"stdin", ARG_FLAG, .help = "pass benchctl's stdin on (read to its end first)"},
    {0},
};

const struct command commands[] = {
    {"doctor", "", 0, 0, WORDS_NONE, "say what the host can and can't do, and how to mend it",
     "Asks the daemon; where it can't be reached, 'benchd --check-host' is run instead.", NULL,
     cmd_doctor},

    {"image build", "RECIPE", 1, 1, WORDS_RECIPE, "build an image from a recipe",
     "Prints the image's id. A recipe whose image exists already gives that one. With --workload "
     "the packages that it needs join the recipe's. What workloads, layers and packages make of it "
     "is called RECIPE-WORKLOAD-LAYER, or as --name says.",
     OPTIONS({"workload", ARG_TEXT, true, "NAME", WORDS_WORKLOAD,
              .help = "with what this workload needs; may be given again"},
             {"layer", ARG_PAIR, true, "NAME=PATH[:PREFIX]", WORDS_FILE,
              .help = "put a directory of software in, or a tar; may be given again"},
             {"package", ARG_TEXT, true, "P",
              .help = "install this package besides; may be given again"},
             {"name", ARG_TEXT, false, "X", .help = "what such an image is called"},
             {"rebuild", ARG_FLAG, .help = "build again even so"},
             {"no-wait", ARG_FLAG, .help = "return as soon as the build has begun"}),
     cmd_image_build},
    {"image ls", "", 0, 0, WORDS_NONE, "list images", NULL, OPTIONS(QUIET), cmd_image_ls},
    {"image show", "REF", 1, 1, WORDS_IMAGE, "show an image",
     "REF is an id, a name (its newest ready image) or a digest sha256:...",
     OPTIONS({"packages", ARG_FLAG, .help = "its manifest: every package with its version"}),
     cmd_image_show},
    {"image rm", "REF", 1, 1, WORDS_IMAGE, "remove an image that no cluster uses", NULL, NULL,
     cmd_image_rm},
    {"image export", "REF FILE", 2, 2, WORDS_IMAGE, "write an image into a file (- for stdout)",
     NULL, NULL, cmd_image_export},
    {"image import", "FILE", 1, 1, WORDS_FILE, "take an image from a file (- for stdin)",
     "Prints the image's id. Its digest is checked by the daemon.", NULL, cmd_image_import},

    {"input add", "FILE", 1, 1, WORDS_FILE, "bring a file that specs can name (- for stdin)",
     "Prints its digest. Of content that is there already it is the same.", NULL, cmd_input_add},
    {"input ls", "", 0, 0, WORDS_NONE, "list inputs", NULL, OPTIONS(QUIET), cmd_input_ls},
    {"input rm", "REF", 1, 1, WORDS_INPUT, "remove an input that no campaign needs",
     "REF is an id or a digest sha256:...", NULL, cmd_input_rm},

    {"cluster up", "", 0, 0, WORDS_NONE, "make a cluster",
     "Prints the cluster's id on stdout, as soon as the daemon has accepted it or, with --wait, "
     "once it\n"
     "is ready; steps go to stderr. What is not given is the daemon's default. Values given here "
     "stand\n"
     "in for those of --file.",
     cluster_up_options, cmd_cluster_up},
    {"cluster ls", "", 0, 0, WORDS_NONE, "list clusters", NULL,
     OPTIONS({"all", ARG_FLAG, .help = "deleted ones too"}, QUIET), cmd_cluster_ls},
    {"cluster show", "ID", 1, 1, WORDS_CLUSTER, "show a cluster",
     "ID is an id, the beginning of one, or a name; so everywhere.", NULL, cmd_cluster_show},
    {"cluster exec", "ID -- CMD...", 2, COMMAND_MANY, WORDS_CLUSTER, "run a command in a node",
     "Output comes as the command writes it. The exit code is the command's own, 128 and the "
     "number of\n"
     "the signal that ended it, 124 when its time was up, 127 when the node has no such program, "
     "125\n"
     "when it could not be run otherwise. Ctrl-C ends the command in the node. A --timeout before\n"
     "'cluster exec' limits benchctl itself.",
     cluster_exec_options, cmd_cluster_exec},
    {"cluster down", "ID...", 1, COMMAND_MANY, WORDS_CLUSTER, "take clusters down",
     "With --wait it ends by telling what was left behind on the host, which is nothing or exit "
     "code 7.",
     OPTIONS({"wait", ARG_FLAG, .help = "wait until all of it is gone"}), cmd_cluster_down},

    {"fragment list", "", 0, 0, WORDS_NONE, "list fragments that specs can be composed of", NULL,
     NULL, cmd_fragment_list},
    {"fragment show", "GROUP/NAME", 1, 1, WORDS_NONE, "show a fragment", NULL, NULL,
     cmd_fragment_show},

    {"workload ls", "", 0, 0, WORDS_NONE, "list what can be measured", NULL, NULL, cmd_workload_ls},
    {"workload show", "NAME", 1, 1, WORDS_WORKLOAD,
     "show a workload: what it needs, its parameters and metrics", NULL, NULL, cmd_workload_show},
    {"workload add", "FILE", 1, 1, WORDS_FILE, "register a workload that a file defines",
     "FILE is its definition, YAML or JSON (- for stdin). Its name is printed. Campaigns that were "
     "planned\n"
     "with one of the same name keep that.",
     NULL, cmd_workload_add},
    {"workload rm", "NAME", 1, 1, WORDS_WORKLOAD, "remove a workload that was registered", NULL,
     NULL, cmd_workload_rm},
    {"workload check", "FILE", 1, 1, WORDS_FILE, "say what is wrong with a definition",
     "Needs no daemon. Each fault with its line; exit code 6 where there are any.", NULL,
     cmd_workload_check},
    {"workload import", "FILE", 1, 1, WORDS_FILE,
     "make a definition of a ReFrame test or a Ramble application",
     "Reads the Python of it as data: nothing is run, and no daemon is asked. What can't be taken "
     "over\n"
     "for certain is left out and told with its line, on stderr and in the file that is made.",
     OPTIONS(
         {"from", ARG_TEXT, false, "WHAT", .help = "reframe or ramble; the file tells by default"},
         {"class", ARG_TEXT, false, "NAME", .help = "the test, where a file has several"},
         {"workload", ARG_TEXT, false, "NAME", .help = "the workload of a Ramble application"},
         {"kind", ARG_PAIR, true, "METRIC=K",
          .help = "cost, rate or ratio, where the unit does not tell; none leaves it out; may be "
                  "given again"},
         {"set", ARG_PAIR, true, "NAME=V",
          .help = "what the file does not say for certain: a test's member, an application's "
                  "variable; may be given again"},
         OUTPUT),
     cmd_workload_import},

    {"campaign plan", "FILE", 1, 1, WORDS_FILE, "show what a campaign would run",
     "FILE is a campaign's spec, YAML or JSON (- for stdin). Nothing is run or stored, but for "
     "inputs that\n"
     "it names as 'trace: file:PATH'. It tells too what the campaign will take, what fits its "
     "budget, and\n"
     "what it can resolve.",
     OPTIONS(SET), cmd_campaign_plan},
    {"campaign submit", "FILE", 1, 1, WORDS_FILE, "hand in a campaign",
     "FILE is its spec, YAML or JSON (- for stdin). Prints the campaign's id on stdout. With "
     "--wait "
     "it ends\n"
     "with 0 where all runs are done. Ctrl-C ends the waiting, not the campaign.",
     OPTIONS(SET, {"wait", ARG_FLAG, .help = "wait until it is at its end, and tell each run"}),
     cmd_campaign_submit},
    {"campaign ls", "", 0, 0, WORDS_NONE, "list campaigns", NULL, OPTIONS(QUIET), cmd_campaign_ls},
    {"campaign show", "ID", 1, 1, WORDS_CAMPAIGN, "show a campaign and its newest runs", NULL, NULL,
     cmd_campaign_show},
    {"campaign watch", "ID", 1, 1, WORDS_CAMPAIGN, "wait until a campaign is at its end",
     "As 'campaign submit --wait', for one that was handed in before.", NULL, cmd_campaign_watch},
    {"campaign runs", "ID", 1, 1, WORDS_CAMPAIGN, "list the runs of a campaign, newest first",
     "Those that have begun, or are next in line.", OPTIONS(QUIET), cmd_campaign_runs},
    {"campaign analyse", "ID", 1, 1, WORDS_CAMPAIGN,
     "compare a campaign's cells, and say what may be concluded",
     "Each level of a factor is held against its first one. May be asked for while the campaign "
     "goes on.",
     OPTIONS(METRIC, BY, CONFIDENCE), cmd_campaign_analyse},
    {"campaign compare", "ID ID...", 2, 8, WORDS_CAMPAIGN,
     "compare campaigns with each other, cell by cell",
     "The first is the baseline. Cells with the same levels are compared; what differs between "
     "the\n"
     "campaigns otherwise is told first.",
     OPTIONS(METRIC, CONFIDENCE), cmd_campaign_compare},
    {"campaign gate", "ID", 1, 1, WORDS_CAMPAIGN, "fail if a campaign is worse than its baseline",
     "Ends with 6 where the data show that a metric is worse by more than the margin, 0 where they "
     "show\n"
     "that none is, and 9 where they don't decide it.",
     OPTIONS(
         {"baseline", ARG_TEXT, false, "ID", WORDS_CAMPAIGN,
          .help = "the campaign to compare with"},
         {"margin", ARG_TEXT, false, "M", .help = "how much worse is no matter: 5%; 0 by default"},
         METRIC, CONFIDENCE),
     cmd_campaign_gate},
    {"campaign reproduce", "ID|CRATE", 1, 1, WORDS_CAMPAIGN,
     "run a campaign again, and say whether it finds the same",
     "With the same images, plan and seeds, of a campaign or of a crate's file. Of a crate it says "
     "who\n"
     "signed it and what it runs; it has to be of the key that is named, or trusted. Ends with 0 "
     "where the\n"
     "results are reproduced, 6 where they are not, 9 where the data don't decide it.",
     OPTIONS({"image", ARG_TEXT, true, "FILE", WORDS_FILE,
              .help = "import this image first; may be given again"},
             {"rebuild", ARG_FLAG,
              .help = "build an image that is not here from its recipe, and tell if it differs"},
             {"key", ARG_TEXT, false, "PEM", WORDS_FILE,
              .help = "the crate has to be signed with this key: a public key in PEM"},
             {"trust", ARG_FLAG, .help = "run the crate, whoever has signed it"}),
     cmd_campaign_reproduce},
    {"campaign report", "ID", 1, 1, WORDS_CAMPAIGN,
     "print the analysis of a campaign as a document", "Markdown, or HTML in one file.",
     OPTIONS(
         {"format", ARG_TEXT, false, "F", WORDS_REPORT, .help = "markdown (the default) or html"},
         METRIC, BY, CONFIDENCE, OUTPUT),
     cmd_campaign_report},
    {"campaign export", "ID", 1, 1, WORDS_CAMPAIGN,
     "write a campaign and its runs for other programs",
     "FORMAT is json (the default), csv, junit or openmetrics. May be asked for while the campaign "
     "goes on.",
     OPTIONS({"format", ARG_TEXT, false, "FORMAT", WORDS_CAMPAIGN_FORMAT,
              .help = "what to write: json, csv, junit, openmetrics"},
             OUTPUT),
     cmd_campaign_export},
    {"campaign crate", "ID", 1, 1, WORDS_CAMPAIGN,
     "get all that is known of a campaign as one signed file",
     "Of one that is at its end. Prints the file's name, campaign-ID.crate.zip unless --output "
     "says "
     "another;\n"
     "'benchctl verify' checks it.",
     OPTIONS(OUTPUT), cmd_campaign_crate},
    {"campaign add-cells", "ID FILE", 2, 2, WORDS_CAMPAIGN, "add cells to a campaign that goes on",
     "FILE is a list of cells, each of paths with their levels, YAML or JSON (- for stdin). They "
     "are run\nafter all that was planned before; the campaign is at most exploratory then.",
     NULL, cmd_campaign_add_cells},
    {"campaign cancel", "ID", 1, 1, WORDS_CAMPAIGN, "end a campaign",
     "Runs under way are ended and their clusters removed; what was measured before is kept.", NULL,
     cmd_campaign_cancel},
    {"campaign pause", "ID", 1, 1, WORDS_CAMPAIGN, "begin no more runs of a campaign",
     "Those under way go to their end.", NULL, cmd_campaign_pause},
    {"campaign resume", "ID", 1, 1, WORDS_CAMPAIGN, "let a paused campaign go on", NULL, NULL,
     cmd_campaign_resume},

    {"analyse", "TABLE", 1, 1, WORDS_FILE, "analyse results from elsewhere, without a daemon",
     "TABLE is a file of comma-separated values (- for stdin), a row a run; the design says what "
     "its\n"
     "columns are: docs/table.md.",
     OPTIONS({"design", ARG_TEXT, false, "FILE", WORDS_FILE, .help = "the design, YAML or JSON"},
             {"report", ARG_TEXT, false, "F", WORDS_REPORT,
              .help = "print it as a document: markdown or html"},
             OUTPUT),
     cmd_analyse},

    {"run show", "ID", 1, 1, WORDS_RUN, "show a run: steps, metrics, error, residue",
     "ID is a run's id, or the beginning of one.", NULL, cmd_run_show},
    {"run steps", "ID", 1, 1, WORDS_RUN, "list the steps of a run, each attempt by itself", NULL,
     NULL, cmd_run_steps},
    {"run logs", "ID", 1, 1, WORDS_RUN, "print what happened in a run, and what it wrote", NULL,
     NULL, cmd_run_logs},
    {"run artifacts", "ID [NAME]", 1, 2, WORDS_RUN, "list the files of a run, or get one",
     "A file goes to stdout as it is; only on a terminal it is made harmless.", OPTIONS(OUTPUT),
     cmd_run_artifacts},
    {"run jobs", "ID", 1, 1, WORDS_RUN, "list the jobs of a run's stream, with what was seen",
     "OUTCOME is completed, failed, killed, refused, lost or not-submitted, or several with "
     "commas.\n"
     "WAIT is from submission to the beginning on the first node, TURNAROUND to the last end.",
     OPTIONS({"outcome", ARG_TEXT, false, "OUTCOME", .help = "only those that came out so"},
             {"limit", ARG_COUNT, false, "N", .help = "the first N only"}, CSV),
     cmd_run_jobs},
    {"run queue", "ID", 1, 1, WORDS_RUN, "show how many jobs of a run waited and ran, over time",
     "A line for each change, or for each span: its means by time, and maxima (MAX). Times count\n"
     "from the beginning of the stream.",
     OPTIONS(STEP, FROM, TO, CSV), cmd_run_queue},
    {"run samples", "ID [METRIC]", 1, 2, WORDS_RUN, "list what was sampled in a run, or its values",
     "Without METRIC it lists which series there are. Times count from the beginning of sampling.",
     OPTIONS({"node", ARG_TEXT, false, "N", .help = "of this node alone; 'host' is the machine"},
             STEP, FROM, TO, CSV),
     cmd_run_samples},
    {"run export", "ID", 1, 1, WORDS_RUN, "write a run and its jobs for other programs",
     "FORMAT is json (the default), csv or swf, the Standard Workload Format.",
     OPTIONS({"format", ARG_TEXT, false, "FORMAT", WORDS_RUN_FORMAT,
              .help = "what to write: json, csv, swf"},
             OUTPUT),
     cmd_run_export},
    {"run cancel", "ID", 1, 1, WORDS_RUN, "end a run, which is not tried again", NULL, NULL,
     cmd_run_cancel},

    {"swf check", "FILE", 1, 1, WORDS_FILE, "say what is wrong with a log of jobs",
     "FILE is in the Standard Workload Format, plain or gzip (- for stdin). Each fault with its "
     "line;\n"
     "exit code 6 where there are any. No command of 'swf' needs the daemon.",
     NULL, cmd_swf_check},
    {"swf show", "FILE", 1, 1, WORDS_FILE, "describe a log of jobs", NULL, NULL, cmd_swf_show},
    {"swf clean", "FILE", 1, 1, WORDS_FILE, "drop or mend jobs that can't be replayed",
     "By the rules of docs/swf.md; how many jobs each of them met goes to stderr.",
     OPTIONS(FLURRY_JOBS, FLURRY_GAP, OUTPUT), cmd_swf_clean},
    {"swf scale", "FILE", 1, 1, WORDS_FILE, "cut a window out of a log, and scale it",
     "The log is cleaned first. Times of the window are those of the log.",
     OPTIONS(FROM, TO, {"jobs", ARG_COUNT, false, "N", .help = "the first N jobs of the window"},
             {"time", ARG_NUMBER, false, "F", .help = "divide all times by F"},
             {"load", ARG_NUMBER, false, "L",
              .help = "change gaps between submissions so that the offered load is L"},
             {"nodes", ARG_COUNT, false, "N", .help = "scale sizes to a machine of N nodes"},
             FLURRY_JOBS, FLURRY_GAP, OUTPUT),
     cmd_swf_scale},

    {"verify", "CRATE", 1, 1, WORDS_FILE, "say whether a campaign's crate is what was signed",
     "Needs no daemon. Each file that was altered, is missing or was added is named; exit code 6 "
     "where\n"
     "there are any.",
     OPTIONS({"key", ARG_TEXT, false, "PEM", WORDS_FILE,
              .help = "it has to be signed with this key: a public key in PEM"}),
     cmd_verify},

    {"events", "", 0, 0, WORDS_NONE, "show what happened", "Ctrl-C ends --follow.",
     OPTIONS(
         {"follow", ARG_FLAG, .help = "go on with what happens from now on"},
         {"since", ARG_SEQUENCE, false, "SEQ", .help = "only events after this number"},
         {"subject", ARG_TEXT, false, "S",
          .help = "only of campaign/ID, run/ID, cluster/ID, image/ID, workload/NAME, host/local or "
                  "daemon"}),
     cmd_events},
    {"host show", "", 0, 0, WORDS_NONE, "show the host: its parts, and what is in use", NULL, NULL,
     cmd_host_show},
    {"scheduler ls", "", 0, 0, WORDS_NONE, "list schedulers that a cluster may have", NULL, NULL,
     cmd_scheduler_ls},
    {"metrics", "[NAME]", 0, 1, WORDS_NONE, "list all metrics that benchd makes, or define one",
     NULL, NULL, cmd_metrics},
    {"version", "", 0, 0, WORDS_NONE, "print the version of benchctl", NULL, NULL, cmd_version},
    {"completion", "bash|zsh|fish", 1, 1, WORDS_SHELL, "print the completion script for a shell",
     "The script asks for 'completion clusters' (images, recipes, campaigns, runs, workloads): the "
     "words\n"
     "that can be typed there now.",
     NULL, cmd_completion},
    {"help", "[COMMAND]", 0, 2, WORDS_COMMAND, "show how a command is used", NULL, NULL, cmd_help},
};
const size_t commands_n = BD_ARRAY_LEN(commands);

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < commands_n; i++)
        if (bd_str_eq(commands[i].name, name))
            return &commands[i];
    return NULL;
}

bool command_in_group(const struct command *command, const char *group)
{
    size_t n = strlen(group);
    return strncmp(command->name, group, n) == 0 && command->name[n] == ' ';
}

bool command_is_group(const char *word)
{
    for (size_t i = 0; i < commands_n; i++)
        if (command_in_group(&commands[i], word))
            return true;
    return false;
}
