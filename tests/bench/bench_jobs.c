/*
 * How fast a million jobs go into a database, in batches as a run writes them, and how long a page
 * of them takes. bench-jobs [JOBS]: {"jobs":, "rowsPerSecond":, "bytes":}, then a line a kind of
 * page, {"page":, "pages":, "p50Ms":, "p99Ms":}.
 */
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/json.h"
#include "lib/base/rng.h"
#include "lib/base/str.h"
#include "lib/store/job.h"
#include "lib/store/run.h"

#include <stdio.h>
#include <sys/stat.h>

#define RUN       "1f2e3d4c"
#define CAMPAIGN  "5a6b7c8d"
#define PAGES     1000
#define PAGE_ROWS 100

static int insert_run(struct store_conn *c, struct bd_err *err)
{
    bd_auto_json json_t *object = json_object();
    bd_auto_json json_t *array = json_array();
    const struct store_campaign campaign = {.id = CAMPAIGN,
                                            .name = (char[]){"bench"},
                                            .version = 1,
                                            .created_ns = 1,
                                            .spec = object,
                                            .digest = (char[]){"sha256:0"}};
    const struct store_run run = {.id = RUN,
                                  .campaign = CAMPAIGN,
                                  .attempt = 1,
                                  .version = 1,
                                  .created_ns = 1,
                                  .levels = object,
                                  .spec = object,
                                  .metrics = object,
                                  .warnings = array};
    int rc = store_campaign_insert(c, &campaign, err);
    return rc < 0 ? rc : store_run_insert(c, &run, err);
}

/* One in a thousand failed, and one in a hundred thousand is lost. */
static struct job_seen job_of(uint32_t index)
{
    int64_t submit = index * INT64_C(1000000);
    return (struct job_seen){
        .index = index,
        .nodes = 2,
        .user = index % 4,
        .planned = submit,
        .submit = submit + 40000,
        .accepted = submit + 9000000,
        .started_first = submit + 120000000,
        .started_all = submit + 121000000,
        .ended_last = submit + 430000000,
        .runtime = 300000000,
        .requested = 60 * BD_NS_PER_S,
        .job_id = index + 1,
        .starts = 2,
        .ends = 2,
        .outcome = index % 100000 == 7 ? JOB_LOST
                   : index % 1000 == 3 ? JOB_FAILED
                                       : JOB_COMPLETED,
        .end = JOB_END_COMPLETED,
        .node_list = (char *)"n1,n2",
    };
}

static int fill(struct store_conn *c, uint32_t jobs, struct bd_err *err)
{
    struct job_seen batch[STORE_JOBS_BATCH];
    for (uint32_t at = 0; at < jobs;) {
        size_t n = 0;
        while (n < STORE_JOBS_BATCH && at < jobs)
            batch[n++] = job_of(at++);
        int rc = store_begin(c, err);
        if (rc == 0)
            rc = store_jobs_put(c, RUN, batch, n, err);
        if (rc == 0)
            rc = store_commit(c, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static const struct kind {
    const char *name;
    unsigned outcomes;
} kinds[] = {
    {"all", 0},
    {"failed", 1U << JOB_FAILED},
    {"lost", 1U << JOB_LOST},
    {"completed", 1U << JOB_COMPLETED},
    {"failed, lost or killed", 1U << JOB_FAILED | 1U << JOB_LOST | 1U << JOB_KILLED},
};

static int read_pages(struct store_conn *c, uint32_t jobs, const struct kind *kind,
                      struct bd_err *err)
{
    int64_t took[PAGES];
    struct bd_rng rng;
    bd_rng_init(&rng, 1, (uint64_t)(kind - kinds));
    for (size_t i = 0; i < PAGES; i++) {
        struct job_seen *rows = NULL;
        size_t n = 0;
        const struct store_job_filter filter = {
            .outcomes = kind->outcomes,
            .after = true,
            .after_index = (uint32_t)bd_rng_below(&rng, jobs),
            .limit = PAGE_ROWS,
        };
        int64_t begin = bd_mono_ns();
        int rc = store_jobs_list(c, RUN, &filter, &rows, &n, err);
        took[i] = bd_mono_ns() - begin;
        if (rc < 0)
            return rc;
        store_jobs_free(rows, n);
    }
    qsort(took, PAGES, sizeof(took[0]), by_time);
    int64_t half = took[PAGES / 2], most = took[PAGES * 99 / 100];
    printf("{\"page\": \"%s\", \"pages\": %d, \"p50Ms\": %.3f, \"p99Ms\": %.3f}\n", kind->name,
           PAGES, (double)half / BD_NS_PER_MS, (double)most / BD_NS_PER_MS);
    return 0;
}

static int measure(const char *path, uint32_t jobs, struct bd_err *err)
{
    bd_auto(store_conn) struct store_conn *writer = NULL;
    bd_auto(store_conn) struct store_conn *reader = NULL;
    int rc = store_open(path, &writer, err);
    if (rc == 0)
        rc = insert_run(writer, err);
    int64_t begin = bd_mono_ns();
    if (rc == 0)
        rc = fill(writer, jobs, err);
    double seconds = (double)(bd_mono_ns() - begin) / BD_NS_PER_S;
    if (rc == 0)
        rc = store_open_reader(path, &reader, err);
    struct stat st = {0};
    if (rc < 0 || stat(path, &st) < 0)
        return rc;
    printf("{\"jobs\": %u, \"rowsPerSecond\": %.0f, \"bytes\": %lld}\n", jobs, jobs / seconds,
           (long long)st.st_size);
    for (size_t i = 0; rc == 0 && i < BD_ARRAY_LEN(kinds); i++)
        rc = read_pages(reader, jobs, &kinds[i], err);
    return rc;
}

int main(int argc, char **argv)
{
    struct bd_err err = BD_ERR_INIT;
    int64_t jobs = JOBS_MAX;
    char dir[] = "/var/tmp/bench-jobs.XXXXXX";
    if (argc > 1 && bd_parse_i64(argv[1], 1, UINT32_MAX, &jobs) < 0) {
        fprintf(stderr, "bench-jobs: '%s' is no number of jobs\n", argv[1]);
        return 2;
    }
    if (!mkdtemp(dir)) {
        perror("bench-jobs: make a directory");
        return 1;
    }
    bd_auto_free char *path = bd_xasprintf("%s/benchd.db", dir);
    int rc = measure(path, (uint32_t)jobs, &err);
    if (rc < 0)
        fprintf(stderr, "bench-jobs: %s\n", err.text);
    bd_rm_rf(dir, NULL);
    return rc < 0;
}
