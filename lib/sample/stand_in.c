/* Stands in until the whole of lib/sample is here: a block is an array of points. */
#include "lib/sample/series.h"

#include "lib/base/str.h"

#include <string.h>

static const struct sample_metric metrics[] = {
    {"cpu", "CPUs", "CPUs in use"},
    {"memory", "B", "memory in use"},
};

const struct sample_metric *sample_metric_find(const char *name)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(metrics); i++)
        if (bd_str_eq(metrics[i].name, name))
            return &metrics[i];
    return NULL;
}

int sample_decode(const void *data, size_t bytes, struct sample_point **ret_points, size_t *ret_n,
                  struct bd_err *err)
{
    if (bytes == 0 || bytes % sizeof(struct sample_point))
        return bd_err_set(err, BD_ECORRUPT, "%zu bytes are no block of samples", bytes);
    *ret_points = bd_xmalloc(bytes);
    memcpy(*ret_points, data, bytes);
    *ret_n = bytes / sizeof(struct sample_point);
    return 0;
}
