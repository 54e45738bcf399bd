/* Jobs <-> the file for bench-driver: decimal numbers with single blanks, a line a job. */
#include "lib/jobs/jobs.h"

#include <inttypes.h>
#include <string.h>

/* Those behind AFTER need not be there. */
enum { AFTER = 8, THINK, GROUP, TASKS, CORES, MEMORY, SHARES, NUMBERS };

static bool asks(const struct job_ask *a)
{
    return a->tasks > 0 || a->cores_per_task > 0 || a->memory_bytes > 0 || a->shares;
}

static void add_ask(struct bd_str *text, const struct job_ask *a)
{
    bd_str_addf(text, " %" PRIu32 " %" PRIu32 " %" PRIu64 " %d", a->tasks, a->cores_per_task,
                a->memory_bytes, a->shares);
}

void jobs_to_text(const struct job_stream *s, struct bd_str *ret_text)
{
    bd_str_addf(ret_text, "benchd-jobs 1 %zu\n", s->n);
    for (size_t i = 0; i < s->n; i++) {
        const struct job *j = &s->items[i];
        bd_str_addf(ret_text,
                    "%" PRIu32 " %" PRId64 " %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRId64
                    " %" PRIu32 " %" PRId32 " %" PRId32,
                    j->index, j->arrival_ns, j->nodes, j->tasks, j->runtime_ns, j->requested_ns,
                    j->user, j->priority, j->after);
        if (j->think_ns >= 0 || j->group >= 0 || asks(&j->ask))
            bd_str_addf(ret_text, " %" PRId64, j->think_ns);
        if (j->group >= 0 || asks(&j->ask))
            bd_str_addf(ret_text, " %" PRId64, j->group);
        if (asks(&j->ask))
            add_ask(ret_text, &j->ask);
        bd_str_add(ret_text, "\n");
    }
}

struct reading {
    const char *at, *end;
    size_t line;
};

/* The bytes up to the next `stop`, without it, as one number. */
static bool read_number(struct reading *r, char stop, int64_t min, int64_t max, int64_t *ret_value)
{
    char digits[24];
    const char *end = memchr(r->at, stop, (size_t)(r->end - r->at));
    size_t n = end ? (size_t)(end - r->at) : sizeof(digits);
    if (n >= sizeof(digits))
        return false;
    memcpy(digits, r->at, n);
    digits[n] = '\0';
    if (strlen(digits) != n || bd_parse_i64(digits, min, max, ret_value) < 0)
        return false;
    r->at = end + 1;
    return true;
}

static bool read_header(struct reading *r, size_t *ret_jobs)
{
    static const char magic[] = "benchd-jobs 1 ";
    int64_t n = 0;
    if ((size_t)(r->end - r->at) < strlen(magic) || memcmp(r->at, magic, strlen(magic)) != 0)
        return false;
    r->at += strlen(magic);
    if (!read_number(r, '\n', 0, JOBS_MAX, &n))
        return false;
    *ret_jobs = (size_t)n;
    return true;
}

/* What ends the next number, where a line may end there. */
static char next_stop(const struct reading *r)
{
    const char *at = r->at;
    while (at < r->end && *at != ' ' && *at != '\n')
        at++;
    return at < r->end ? *at : '\n';
}

/* The job of the line, which comes after `before` (NULL: the first). */
static bool read_job(struct reading *r, int64_t index, const struct job *before,
                     struct job *ret_job)
{
    const int64_t bounds[NUMBERS][2] = {
        {index, index},  {before ? before->arrival_ns : 0, INT64_MAX},
        {1, UINT32_MAX}, {1, TASKS_MAX},
        {1, INT64_MAX},  {1, INT64_MAX},
        {0, USERS_MAX},  {INT32_MIN, INT32_MAX},
        {-1, index - 1}, {-1, INT64_MAX},
        {-1, INT64_MAX}, {0, UINT32_MAX},
        {0, UINT32_MAX}, {0, INT64_MAX},
        {0, 1},
    };
    int64_t v[NUMBERS] = {[THINK] = -1, [GROUP] = -1};
    char stop = ' ';
    int n = 0;
    for (int i = 0; i < NUMBERS && stop == ' '; i++, n++) {
        if (i >= AFTER)
            stop = i + 1 < NUMBERS ? next_stop(r) : '\n';
        if (!read_number(r, stop, bounds[i][0], bounds[i][1], &v[i]))
            return false;
    }
    *ret_job = (struct job){
        .index = (uint32_t)v[0],
        .arrival_ns = v[1],
        .nodes = (uint32_t)v[2],
        .tasks = (uint32_t)v[3],
        .runtime_ns = v[4],
        .requested_ns = v[5],
        .user = (uint32_t)v[6],
        .priority = (int32_t)v[7],
        .after = (int32_t)v[AFTER],
        .think_ns = v[THINK],
        .group = v[GROUP],
        .ask = {(uint32_t)v[TASKS], (uint32_t)v[CORES], (uint64_t)v[MEMORY], v[SHARES] == 1},
    };
    bool is_whole = n <= GROUP || n == NUMBERS || (n == GROUP + 1 && ret_job->group >= 0);
    return is_whole && ret_job->requested_ns >= ret_job->runtime_ns &&
           (ret_job->think_ns < 0 || ret_job->after >= 0);
}

static bool read_jobs(struct reading *r, size_t n, struct job_stream *s)
{
    s->items = bd_xcalloc(n, sizeof(*s->items));
    for (size_t i = 0; i < n; i++) {
        r->line++;
        if (!read_job(r, (int64_t)i, i > 0 ? &s->items[i - 1] : NULL, &s->items[i]))
            return false;
        s->tasks += s->items[i].tasks;
        if (s->tasks > JOBS_MAX)
            return false;
    }
    s->n = n;
    r->line++;
    return r->at == r->end; /* nothing follows */
}

int jobs_from_text(const char *text, size_t bytes, struct job_stream *ret_stream,
                   struct bd_err *err)
{
    struct reading r = {.at = text, .end = text + bytes, .line = 1};
    struct job_stream s = {0};
    size_t n = 0;
    if (!read_header(&r, &n) || !read_jobs(&r, n, &s)) {
        job_stream_done(&s);
        return bd_err_set(err, BD_ECORRUPT, "line %zu of the jobs is not what was written", r.line);
    }
    *ret_stream = s;
    return 0;
}
