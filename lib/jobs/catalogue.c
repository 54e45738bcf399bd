/*
 * Every metric that is made of jobs. This table is what is said about them anywhere: their units
 * and kinds in results, /v1/metrics-catalogue, and the table in docs/metrics.md (a test holds it
 * equal).
 */
#include "lib/jobs/jobs.h"

#define FEITELSON_2001    "Feitelson 2001"
#define FRACHTENBERG_2005 "Frachtenberg and Feitelson 2005"
#define GRAHAM_1969       "Graham 1969"
#define HYNDMAN_1996      "Hyndman and Fan 1996, definition 1"
#define HOEFLER_2015      "Hoefler and Belli 2015"
#define JAIN_1984         "Jain, Chiu and Hawe 1984"
#define LITTLE_1961       "Little 1961"

#define JOB METRIC_OF_JOB
#define RUN METRIC_OF_RUN

#define MEAN(name, better, what)                                                                   \
    {                                                                                              \
        name "_mean", "s", "cost", RUN, better, "Arithmetic mean of " what ": sum(x) / n.",        \
            HOEFLER_2015                                                                           \
    }
#define P50(name, unit, kind, better, what)                                                        \
    {                                                                                              \
        name "_p50", unit, kind, RUN, better,                                                      \
            "Median of " what ": the ceil(0.50 n)-th of n values by size.", HYNDMAN_1996           \
    }
#define P95(name, unit, kind, better, what)                                                        \
    {                                                                                              \
        name "_p95", unit, kind, RUN, better,                                                      \
            "95th percentile of " what ": the ceil(0.95 n)-th of n values by size, n >= 20.",      \
            HYNDMAN_1996                                                                           \
    }
#define P99(name, unit, kind, better, what)                                                        \
    {                                                                                              \
        name "_p99", unit, kind, RUN, better,                                                      \
            "99th percentile of " what ": the ceil(0.99 n)-th of n values by size, n >= 100.",     \
            HYNDMAN_1996                                                                           \
    }
#define MOST(name, unit, kind, better, what)                                                       \
    {                                                                                              \
        name "_max", unit, kind, RUN, better, "Greatest of " what ".", "benchd"                    \
    }

#define ALL_OF(name, what)                                                                         \
    MEAN(name, METRIC_MIN, what), P50(name, "s", "cost", METRIC_MIN, what),                        \
        P95(name, "s", "cost", METRIC_MIN, what), P99(name, "s", "cost", METRIC_MIN, what),        \
        MOST(name, "s", "cost", METRIC_MIN, what)
#define WITHOUT_P99(name, unit, kind, what)                                                        \
    P50(name, unit, kind, METRIC_MIN, what), P95(name, unit, kind, METRIC_MIN, what),              \
        MOST(name, unit, kind, METRIC_MIN, what)
#define COUNT(name, better, what)                                                                  \
    {                                                                                              \
        name, "1", "cost", RUN, better, "Number of jobs " what ", of n in the stream.", "benchd"   \
    }

const struct metric metrics_catalogue[] = {
    {"wait", "s", "cost", JOB, METRIC_MIN,
     "Time in the queue until a first node begins: started_first - submit.", FEITELSON_2001},
    {"accept_latency", "s", "cost", JOB, METRIC_MIN,
     "Time until the scheduler has taken the submission: accepted - submit.", "benchd"},
    {"eligible_latency", "s", "cost", JOB, METRIC_MIN,
     "Time until nothing but nodes is wanting, by the scheduler's word: eligible - submit. "
     "Of a job that depends on another the time until that is over is in it.",
     "benchd"},
    {"allocation_latency", "s", "cost", JOB, METRIC_MIN,
     "Time until it is given nodes, by the scheduler's word: allocated - eligible.", "benchd"},
    {"launch_latency", "s", "cost", JOB, METRIC_MIN,
     "Time from its nodes to its first instruction: started_first - allocated.", "benchd"},
    {"dispatch_latency", "s", "cost", JOB, METRIC_MIN,
     "Time until the job runs on all of its nodes: started_all - submit = wait + spread.",
     "benchd"},
    {"spread", "s", "cost", JOB, METRIC_MIN,
     "Time between the first and the last of its nodes to begin: started_all - started_first.",
     "benchd"},
    {"runtime", "s", "cost", JOB, METRIC_NEITHER,
     "Time for which it has nodes: ended_last - started_first.", FEITELSON_2001},
    {"overrun", "s", "cost", JOB, METRIC_MIN,
     "What the run took beyond the payload: runtime - the runtime that was asked for.", "benchd"},
    {"release_latency", "s", "cost", JOB, METRIC_MIN,
     "Time until others can have its nodes, by the scheduler's word: freed - ended_last.",
     "benchd"},
    {"turnaround", "s", "cost", JOB, METRIC_MIN,
     "Time until its result is there: ended_last - submit = wait + runtime.", FEITELSON_2001},
    {"bounded_slowdown", "1", "ratio", JOB, METRIC_MIN,
     "max(1, (w + r) / max(r, tau)) with w = wait, r = runtime, tau = 10 s x time scale.",
     FEITELSON_2001},
    {"lateness", "s", "cost", JOB, METRIC_MIN,
     "By how much the driver was late: submit - planned. An error of the instrument.", "benchd"},

    ALL_OF("wait", "the jobs' wait"),
    ALL_OF("accept_latency", "the submissions' accept_latency"),
    ALL_OF("eligible_latency", "the jobs' eligible_latency"),
    ALL_OF("allocation_latency", "the jobs' allocation_latency"),
    ALL_OF("launch_latency", "the jobs' launch_latency"),
    ALL_OF("dispatch_latency", "the jobs' dispatch_latency"),
    ALL_OF("release_latency", "the jobs' release_latency"),
    ALL_OF("turnaround", "the jobs' turnaround"),
    WITHOUT_P99("bounded_slowdown", "1", "ratio", "the jobs' bounded_slowdown"),
    {"bounded_slowdown_tau", "s", "cost", RUN, METRIC_NEITHER,
     "The tau of every bounded_slowdown in this run: 10 s x time scale.", FEITELSON_2001},
    {"fairness", "1", "ratio", RUN, METRIC_MAX,
     "Jain's index (sum x)^2 / (n sum x^2) over users, x the arithmetic mean of a user's "
     "bounded_slowdown: 1 is equal, 1/n is all for one. Two users or more, each with a value.",
     JAIN_1984},
    WITHOUT_P99("spread", "s", "cost", "the jobs' spread"),
    WITHOUT_P99("overrun", "s", "cost", "the jobs' overrun"),

    {"makespan", "s", "cost", RUN, METRIC_MIN,
     "Time from the first planned arrival to the last end: max(ended_last) - min(planned), over n "
     "jobs that ended.",
     GRAHAM_1969},
    {"makespan_bound", "s", "cost", RUN, METRIC_NEITHER,
     "No order on m nodes is done sooner: the greatest of a + r of any job and a + (sum of cores x "
     "r of all that arrive at a or later) / (m x c), less min(planned); a = planned, r = asked "
     "runtime, c cores of a node, of which a job that does not share has all; over n jobs that "
     "completed.",
     GRAHAM_1969 ", with arrivals"},
    {"makespan_ratio", "1", "ratio", RUN, METRIC_MIN, "makespan / makespan_bound.", GRAHAM_1969},
    {"utilisation", "1", "ratio", RUN, METRIC_MAX,
     "Share of core time in use from the first submission to the last, so that neither the "
     "beginning nor the running dry counts: sum of cores x (time within the window from "
     "started_first to ended_last) / (m x c x window), m compute nodes of c cores, of which a job "
     "that does not share has all.",
     FRACHTENBERG_2005},
    {"utilisation_makespan", "1", "ratio", RUN, METRIC_MAX,
     "The same over the whole makespan: from min(planned) to max(ended_last).", FRACHTENBERG_2005},
    {"throughput_submission", "1/s", "rate", RUN, METRIC_MAX,
     "Submissions a second: (n - 1) / (last submit - first submit); an array is one. n >= 2.",
     "benchd"},
    {"throughput_start", "1/s", "rate", RUN, METRIC_MAX,
     "Jobs a second that come to run: (n - 1) / (last started_all - first started_all). n >= 2.",
     "benchd"},
    {"throughput_completion", "1/s", "rate", RUN, METRIC_MAX,
     "Jobs a second that end: (n - 1) / (last ended_last - first ended_last). n >= 2.", "benchd"},
    {"offered_load_realised", "1", "ratio", RUN, METRIC_NEITHER,
     "What the stream asks of the cluster, as drawn: sum of cores x asked runtime of all n jobs "
     "that arrive before the last arrival / (m x c x (last - first planned)), m compute nodes of c "
     "cores, of which a job that does not share has all.",
     FRACHTENBERG_2005},
    {"queue_length_max", "1", "cost", RUN, METRIC_MIN,
     "Most jobs that waited at a time, each from submit to started_first.", "benchd"},
    {"queue_length_mean", "1", "cost", RUN, METRIC_MIN,
     "Mean number of jobs that wait, over time: sum of wait / (last started_first - first submit).",
     LITTLE_1961},

    COUNT("jobs_completed", METRIC_MAX, "that ended on all of their nodes with exit code 0"),
    COUNT("jobs_failed", METRIC_MIN, "that ended on all of their nodes, on one with another code"),
    COUNT("jobs_killed", METRIC_MIN, "that began and were not seen to end on all of their nodes"),
    COUNT("jobs_refused", METRIC_MIN,
          "that the scheduler did not take, or that follow one of those"),
    COUNT("jobs_lost", METRIC_MIN, "that were submitted, not refused, and never seen to begin"),
    COUNT("jobs_not_submitted", METRIC_MIN, "whose turn never came"),
    COUNT("jobs_doubled", METRIC_MIN, "that began more than once, whatever became of them"),

    P50("lateness", "s", "cost", METRIC_MIN, "the submissions' lateness"),
    P95("lateness", "s", "cost", METRIC_MIN, "the submissions' lateness"),
    P99("lateness", "s", "cost", METRIC_MIN, "the submissions' lateness"),
    MOST("lateness", "s", "cost", METRIC_MIN, "the submissions' lateness"),
    {"driver_cpu_per_job", "s", "cost", RUN, METRIC_MIN,
     "CPU time of the driver and of the scheduler's clients that it starts / n jobs submitted.",
     "benchd"},
    {"clients_cpu_per_job", "s", "cost", RUN, METRIC_MIN,
     "Of driver_cpu_per_job, that of the submitter and of the clients that it starts. "
     "The submitter of the scheduler null is that scheduler.",
     "benchd"},
    {"job_cpu_per_job", "s", "cost", RUN, METRIC_MIN,
     "CPU time of bench-job on all nodes of a job, payload left out: sum / n jobs that ended on at "
     "least one node.",
     "benchd"},

    {"scheduler_cpu", "s", "cost", RUN, METRIC_MIN,
     "CPU time of the scheduler's n daemons on the controller while the workload ran.", "benchd"},
    {"scheduler_node_cpu", "s", "cost", RUN, METRIC_MIN,
     "CPU time of all that ran on the controller while the workload did: daemons, clients, the "
     "driver and the node itself. From its samples: sum of CPUs x time.",
     "benchd"},
    {"scheduler_compute_cpu", "s", "cost", RUN, METRIC_MIN,
     "CPU time of all that ran on the compute nodes while the workload did: the scheduler's "
     "daemons and launchers there, and the jobs. From their samples: sum of CPUs x time.",
     "benchd"},
    {"scheduler_memory_peak", "B", "cost", RUN, METRIC_MIN,
     "Peak of resident memory of their processes, each since it began: sum.", "benchd"},
    {"scheduler_switches", "1", "cost", RUN, METRIC_MIN,
     "Context switches of their threads while the workload ran, those of threads that ended then "
     "left out: a lower bound.",
     "benchd"},
    {0},
};

static const char *const scopes[METRIC_SCOPE_COUNT] = {"job", "run"};
static const char *const directions[] = {"min", "max", "neither"};

const struct metric *metric_find(const char *name)
{
    for (const struct metric *m = metrics_catalogue; m->name; m++)
        if (bd_str_eq(m->name, name))
            return m;
    return NULL;
}

json_t *metrics_catalogue_json(void)
{
    json_t *items = json_array();
    for (const struct metric *m = metrics_catalogue; m->name; m++)
        json_array_append_new(items, json_pack("{s:s s:s s:s s:s s:s s:s s:s}", "name", m->name,
                                               "scope", scopes[m->scope], "unit", m->unit, "kind",
                                               m->kind, "better", directions[m->better],
                                               "definition", m->definition, "source", m->source));
    return items;
}
