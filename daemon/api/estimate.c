/* What a plan will probably cost: by what runs like its own took, else by the spec. */
#include "daemon/api/cell_check.h"
#include "daemon/api/private.h"

#include "lib/base/clock.h"
#include "lib/jobs/jobs.h"
#include "lib/model/cluster.h"

#include <math.h>

#define PAST_RUNS_MAX  2000  /* the newest that are looked at */
#define CELLS_MAX      10000 /* that are estimated; others are taken to be as these */
#define GUESS_JOBS_MAX 10000
/* Bring-up and take-down, where no run tells. */
#define GUESS_CLUSTER_NS (5 * BD_NS_PER_S)
#define GUESS_NODE_NS    (200 * BD_NS_PER_MS)

struct estimating {
    struct past_runs past;
    uint64_t seed;
    json_t *guesses; /* {key: ns} */
    const json_t *examined;
};

static int read_past(struct store_conn *conn, struct past_runs *past, struct bd_err *err)
{
    struct store_past *rows = NULL;
    size_t n = 0;
    int rc = store_run_past(conn, PAST_RUNS_MAX, &rows, &n, err);
    for (size_t i = 0; i < n; i++)
        past_runs_add(past, rows[i].cluster, rows[i].workload, rows[i].n, rows[i].mean_seconds);
    store_past_free(rows, n);
    return rc;
}

/* -- guesses -- */

/* The least that the stream of the first block takes: until the last job that arrives has run, and
 * as long as the cores need for all of the work. */
static int64_t least_makespan(const struct job_stream *s, const struct job_nodes *nodes)
{
    int64_t last = 0;
    double work = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct job *job = &s->items[i];
        int64_t end = job->arrival_ns + job->runtime_ns;
        last = end > last ? end : last;
        work += (double)job_cores(job->nodes, &job->ask, nodes->cores) * (double)job->tasks *
                (double)job->runtime_ns;
    }
    return (int64_t)fmax((double)last, work / ((double)nodes->compute * nodes->cores));
}

static int64_t guess_stream(const struct estimating *g, const json_t *workload,
                            const struct job_nodes *nodes)
{
    struct job_stream stream = {0};
    if (bd_json_int(workload, "jobs", 0) > GUESS_JOBS_MAX ||
        stream_make(workload, g->seed, 0, nodes, &stream, NULL) < 0)
        return 0;
    int64_t ns = least_makespan(&stream, nodes);
    job_stream_done(&stream);
    return ns;
}

static int64_t with_cluster(int64_t ns, unsigned compute)
{
    return ns + GUESS_CLUSTER_NS + compute * GUESS_NODE_NS;
}

/* 0: nothing can be said. */
static int64_t guess(struct estimating *g, const json_t *cluster, const json_t *workload)
{
    unsigned compute = (unsigned)bd_json_int(cluster, "compute", 1);
    const json_t *trace = examined_of(g->examined, cluster, workload);
    if (trace)
        return with_cluster((int64_t)(bd_json_real(trace, "leastSeconds", 0) * BD_NS_PER_S),
                            compute);
    if (!bd_str_eq(bd_json_str(workload, "name", ""), "jobstream"))
        return 0;
    /* Memory was checked where the spec was. */
    const struct job_nodes nodes = {
        compute, (unsigned)bd_json_int(json_object_get(cluster, "node"), "schedulerCpus", 1),
        UINT64_MAX};
    bd_auto_json json_t *both = json_pack("[i, i, O]", (int)compute, (int)nodes.cores, workload);
    bd_auto_free char *key = bd_json_text(both);
    const json_t *known = json_object_get(g->guesses, key);
    int64_t ns = known ? json_integer_value(known) : guess_stream(g, workload, &nodes);
    if (!known)
        json_object_set_new(g->guesses, key, json_integer(ns));
    return ns > 0 ? with_cluster(ns, compute) : 0;
}

/* -- all cells -- */

static void estimate_one(struct estimating *g, const struct plan *plan, size_t cell,
                         struct plan_estimate *e)
{
    bd_auto_json json_t *spec = plan_cell_spec(plan, cell);
    const json_t *cluster = json_object_get(spec, "cluster");
    const json_t *workload = json_object_get(spec, "workload");
    struct estimate *of = &e->cells[cell];
    past_runs_estimate(&g->past, cluster, workload, 0, of);
    if (of->basis == ESTIMATE_NONE)
        past_runs_estimate(&g->past, cluster, workload, guess(g, cluster, workload), of);
    e->of_basis[of->basis]++;
    plan_cost_add(&e->block, cluster, of->wall_ns);
}

static void scale(struct plan_estimate *e, size_t cells)
{
    double times = (double)cells / (double)e->n_cells;
    e->block.wall_ns = (int64_t)((double)e->block.wall_ns * times);
    e->block.node_hours *= times;
    e->block.runs = cells;
}

int plan_estimate_make(const struct plan *plan, const json_t *spec, const json_t *examined,
                       struct store_conn *conn, struct plan_estimate *ret_estimate,
                       struct bd_err *err)
{
    size_t cells = plan_cells(plan);
    struct estimating g = {
        .seed = (uint64_t)bd_json_int(json_object_get(spec, "design"), "seed", 1),
        .guesses = json_object(),
        .examined = examined,
    };
    struct plan_estimate e = {.n_cells = cells < CELLS_MAX ? cells : CELLS_MAX};
    int rc = read_past(conn, &g.past, err);
    e.cells = bd_xcalloc(e.n_cells + 1, sizeof(*e.cells));
    for (size_t i = 0; rc == 0 && i < e.n_cells; i++)
        estimate_one(&g, plan, i, &e);
    scale(&e, cells);
    e.is_known = e.of_basis[ESTIMATE_NONE] == 0;
    past_runs_done(&g.past);
    json_decref(g.guesses);
    if (rc < 0)
        plan_estimate_done(&e);
    else
        *ret_estimate = e;
    return rc;
}

void plan_estimate_done(struct plan_estimate *e)
{
    free(e->cells);
    *e = (struct plan_estimate){0};
}
