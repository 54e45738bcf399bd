/*
 * How fast a million jobs go into a database, in batches as a run writes them, and how long a page
 * of them takes. bench-jobs [JOBS [FILE]]: {"jobs":, "rowsPerSecond":, "bytes":}, then a line a
 * kind of page, {"page":, "pages":, "p50Ms":, "p99Ms":}. They stay in the database FILE; without
 * it, in none.
 */
#include "lib/base/clock.h"
#include "lib/base/rng.h"
#include "lib/base/str.h"
#include "tests/bench/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PAGES     1000
#define PAGE_ROWS 100

static int fill(struct store_conn *c, uint32_t jobs, struct bd_err *err)
{
    struct job_seen batch[STORE_JOBS_BATCH];
    for (uint32_t at = 0; at < jobs;) {
        size_t n = 0;
        while (n < STORE_JOBS_BATCH && at < jobs)
            batch[n++] = rows_job(at++);
        int rc = store_begin(c, err);
        if (rc == 0)
            rc = store_jobs_put(c, ROWS_RUN, batch, n, err);
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
        int rc = store_jobs_list(c, ROWS_RUN, &filter, &rows, &n, err);
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
        rc = rows_insert_run(writer, err);
    int64_t begin = bd_mono_ns();
    if (rc == 0)
        rc = fill(writer, jobs, err);
    double seconds = (double)(bd_mono_ns() - begin) / BD_NS_PER_S;
    if (rc == 0)
        rc = store_open_reader(path, &reader, err);
    struct stat st;
    if (rc < 0)
        return rc;
    if (stat(path, &st) < 0)
        return bd_err_errno(err, errno, "look at %s", path);
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
    if (argc > 1 && bd_parse_i64(argv[1], 1, UINT32_MAX, &jobs) < 0) {
        fprintf(stderr, "bench-jobs: '%s' is no number of jobs\n", argv[1]);
        return 2;
    }
    int rc = argc > 2 ? measure(argv[2], (uint32_t)jobs, &err)
                      : rows_in_own(measure, (uint32_t)jobs, &err);
    if (rc < 0)
        fprintf(stderr, "bench-jobs: %s\n", err.text);
    return rc < 0;
}
