#include "daemon/api/private.h"

#include "lib/jobs/jobs.h"

void metrics_catalogue_list(struct http_request *r, void *app BD_UNUSED)
{
    reply_cacheable(r, json_pack("{s:o}", "items", metrics_catalogue_json()));
}
