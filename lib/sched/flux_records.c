/*
 * What Flux wrote down of its jobs: lines of bench-flux-eventlogs, one a job,
 * {"id": N, "name": "bd-3", "R": {...}, "events": [{"timestamp": S, "name": "submit", "context":
 * {...}}, ...]}, the events as they stand in the job's eventlog (Flux RFC 18 and 21).
 */
#include "lib/base/str.h"
#include "lib/sched/flux.h"

#include <string.h>

#define LINE_BYTES_MAX (1 << 20)
#define TOLD_BYTES     80 /* of a line, in a message */

/* Types of exceptions that end a job; others make it a failed one. */
static const struct {
    const char *type;
    enum job_end end;
} exceptions[] = {
    {"timeout", JOB_END_TIMEOUT},
    {"cancel", JOB_END_CANCELLED},
    {"node-failure", JOB_END_NODE_FAIL},
};

static enum job_end end_by(const char *type)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(exceptions); i++)
        if (bd_str_eq(exceptions[i].type, type))
            return exceptions[i].end;
    return JOB_END_FAILED;
}

static int64_t seconds_of(const json_t *event)
{
    double at = bd_json_real(event, "timestamp", 0);
    return at > 0 && at < 1e12 ? (int64_t)at : 0;
}

static int64_t index_of(const char *name)
{
    static const char prefix[] = FLUX_JOB_PREFIX;
    int64_t number;
    if (bd_starts_with(name, prefix) &&
        bd_parse_i64(name + strlen(prefix), 0, INT64_MAX, &number) == 0)
        return number;
    return -1;
}

/*
 * A job begins when it gets its resources, as Slurm has it: "start" is written down when the shells
 * are there, which may be after a first task. An exception says more about a job's end than the
 * exit code of what it killed, and comes before.
 */
static void take_event(const json_t *event, struct sched_record *r)
{
    const char *name = bd_json_str(event, "name", "");
    const json_t *context = json_object_get(event, "context");
    if (bd_str_eq(name, "submit")) {
        r->submit_s = seconds_of(event);
    } else if (bd_str_eq(name, "alloc")) {
        r->start_s = seconds_of(event);
    } else if (bd_str_eq(name, "exception")) {
        if (bd_json_int(context, "severity", 1) == 0 && r->end == JOB_END_UNKNOWN)
            r->end = end_by(bd_json_str(context, "type", ""));
    } else if (bd_str_eq(name, "finish")) {
        r->end_s = seconds_of(event);
        if (r->end == JOB_END_UNKNOWN)
            r->end = bd_json_int(context, "status", -1) == 0 ? JOB_END_COMPLETED : JOB_END_FAILED;
    } else if (bd_str_eq(name, "clean") && r->end_s == 0) {
        r->end_s = seconds_of(event); /* it never began */
    }
}

/* Ranks as an idset: "1-3,5". */
static unsigned count_ids(const char *ids)
{
    unsigned n = 0;
    for (const char *s = ids; *s;) {
        char *rest;
        unsigned long first = strtoul(s, &rest, 10), last = first;
        if (rest == s)
            return n;
        if (*rest == '-')
            last = strtoul(rest + 1, &rest, 10);
        if (last < first || last - first > UINT16_MAX)
            return n;
        n += (unsigned)(last - first) + 1;
        s = *rest == ',' ? rest + 1 : "";
    }
    return n;
}

static unsigned nodes_of(const json_t *resources)
{
    const json_t *list = json_object_get(json_object_get(resources, "execution"), "R_lite"), *part;
    unsigned n = 0;
    size_t i;
    json_array_foreach (list, i, part)
        n += count_ids(bd_json_str(part, "rank", ""));
    return n;
}

static int bad_line(const char *line, size_t bytes, unsigned number, const char *why,
                    struct bd_err *err)
{
    return bd_err_set(err, BD_ECORRUPT, "line %u of Flux's record of jobs %s: %.*s", number, why,
                      (int)(bytes < TOLD_BYTES ? bytes : TOLD_BYTES), line);
}

static int read_line(const char *line, size_t bytes, struct sched_records *records,
                     struct bd_err *err)
{
    bd_auto_json json_t *json = NULL;
    if (bytes > LINE_BYTES_MAX || bd_json_parse(line, bytes, &json, NULL) < 0 ||
        !json_is_object(json))
        return bad_line(line, bytes, records->lines, "is no JSON object", err);
    const json_t *events = json_object_get(json, "events"), *event;
    json_int_t id = bd_json_int(json, "id", 0);
    struct sched_record r = {
        .job_id = (uint64_t)id,
        .index = index_of(bd_json_str(json, "name", "")),
        .nodes = nodes_of(json_object_get(json, "R")),
    };
    if (id <= 0 || !json_is_array(events))
        return bad_line(line, bytes, records->lines, "has no id, or no events", err);
    size_t i;
    json_array_foreach (events, i, event)
        take_event(event, &r);
    sched_records_add(records, &r);
    return 0;
}

int flux_read_records(const char *text, size_t bytes, struct sched_records *records,
                      struct bd_err *err)
{
    return sched_records_lines(text, bytes, records, read_line, err);
}
