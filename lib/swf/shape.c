#include "lib/swf/swf.h"

#include "lib/swf/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* -- window -- */

static void cut(struct swf *log, const struct swf_shape *shape)
{
    bool all = shape->from_s == 0 && shape->to_s == 0;
    size_t kept = 0;
    for (size_t i = 0; i < log->n; i++) {
        double submit = log->jobs[i].fields[SWF_SUBMIT];
        if (shape->jobs && kept == shape->jobs)
            break;
        if (all || (submit >= shape->from_s && submit < shape->to_s))
            log->jobs[kept++] = log->jobs[i];
    }
    log->n = kept;
}

/* Of those that the window leaves out. */
static void forget_predecessors(struct swf *log)
{
    struct numbers before;
    numbers_init(&before, log->n);
    for (size_t i = 0; i < log->n; i++) {
        double *f = log->jobs[i].fields;
        if (f[SWF_AFTER] >= 0 && !numbers_has(&before, f[SWF_AFTER]))
            f[SWF_AFTER] = f[SWF_THINK] = -1;
        if (f[SWF_JOB] >= 0)
            numbers_add(&before, f[SWF_JOB]);
    }
    numbers_done(&before);
}

/* -- scale -- */

static void divide(double *field, double by)
{
    if (*field >= 0)
        *field /= by;
}

static void scale_times(struct swf_job *job, double first, const struct swf_shape *shape)
{
    double *f = job->fields;
    f[SWF_SUBMIT] = (f[SWF_SUBMIT] - first) / shape->load / shape->time;
    static const enum swf_field spans[] = {SWF_WAIT, SWF_RUNTIME, SWF_CPU, SWF_ASKED_TIME,
                                           SWF_THINK};
    for (size_t i = 0; i < BD_ARRAY_LEN(spans); i++)
        divide(&f[spans[i]], shape->time);
}

static void scale_size(double *field, double machine, double nodes)
{
    if (*field > 0)
        *field = fmax(1, ceil(*field * nodes / machine - 1e-9));
}

/* What the header says of the machine holds for the new one. */
static void say_size(struct bd_strv *header, double nodes)
{
    static const char *const labels[] = {"MaxNodes", "MaxProcs"};
    size_t kept = 0;
    for (size_t i = 0; i < header->n; i++) {
        bool is_size = false;
        for (size_t k = 0; k < BD_ARRAY_LEN(labels); k++)
            is_size = is_size || strncasecmp(header->items[i], labels[k], strlen(labels[k])) == 0;
        if (is_size)
            free(header->items[i]);
        else
            header->items[kept++] = header->items[i];
    }
    header->n = kept;
    for (size_t k = 0; k < BD_ARRAY_LEN(labels); k++)
        bd_strv_addf(header, "%s: %.0f", labels[k], nodes);
}

int swf_shape(struct swf *log, const struct swf_shape *shape, struct bd_err *err)
{
    double machine = swf_machine_size(log);
    if (!(shape->time > 0) || !(shape->load > 0) || shape->nodes < 0)
        return bd_err_set(err, BD_EINVALID, "factors of time and load are more than 0");
    cut(log, shape);
    if (log->n == 0)
        return bd_err_set(err, BD_EINVALID, "no job was submitted from %.10g s on%s", shape->from_s,
                          isinf(shape->to_s) ? "" : ", up to the end of the window");
    forget_predecessors(log);
    double first = log->jobs[0].fields[SWF_SUBMIT];
    for (size_t i = 0; i < log->n; i++) {
        scale_times(&log->jobs[i], first, shape);
        if (shape->nodes > 0) {
            scale_size(&log->jobs[i].fields[SWF_PROCS], machine, shape->nodes);
            scale_size(&log->jobs[i].fields[SWF_ASKED_PROCS], machine, shape->nodes);
        }
    }
    if (shape->nodes > 0)
        say_size(&log->header, shape->nodes);
    return 0;
}

double swf_load(const struct swf *log)
{
    double work = 0, machine = swf_machine_size(log);
    if (log->n < 2)
        return NAN;
    double span = log->jobs[log->n - 1].fields[SWF_SUBMIT] - log->jobs[0].fields[SWF_SUBMIT];
    for (size_t i = 0; i < log->n; i++)
        work += log->jobs[i].fields[SWF_PROCS] * log->jobs[i].fields[SWF_RUNTIME];
    return span > 0 && machine > 0 ? work / machine / span : NAN;
}
