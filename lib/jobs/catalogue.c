#include "lib/jobs/jobs.h"

/* Stands in until the whole catalogue is here. */
json_t *metrics_catalogue_json(void)
{
    return json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]", "name", "wait", "scope", "job",
                     "unit", "s", "kind", "cost", "better", "min", "definition",
                     "From submission to the beginning on its first node.", "source", "benchd");
}
