#include "tests/bench/rows.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/json.h"
#include "lib/base/str.h"
#include "lib/store/run.h"

#include <errno.h>
#include <stdlib.h>

int rows_insert_run(struct store_conn *c, struct bd_err *err)
{
    bd_auto_json json_t *object = json_object();
    bd_auto_json json_t *array = json_array();
    const struct store_campaign campaign = {.id = ROWS_CAMPAIGN,
                                            .name = (char[]){"bench"},
                                            .state = CAMPAIGN_DONE,
                                            .version = 1,
                                            .created_ns = 1,
                                            .started_ns = 1,
                                            .ended_ns = 1,
                                            .spec = object,
                                            .digest = (char[]){"sha256:0"}};
    const struct store_run run = {.id = ROWS_RUN,
                                  .campaign = ROWS_CAMPAIGN,
                                  .attempt = 1,
                                  .state = RUN_DONE,
                                  .version = 1,
                                  .created_ns = 1,
                                  .started_ns = 1,
                                  .ended_ns = 1,
                                  .levels = object,
                                  .spec = object,
                                  .metrics = object,
                                  .warnings = array};
    int rc = store_campaign_insert(c, &campaign, err);
    return rc < 0 ? rc : store_run_insert(c, &run, err);
}

struct job_seen rows_job(uint32_t index)
{
    int64_t submit = index * INT64_C(1000000);
    return (struct job_seen){
        .index = index,
        .nodes = 2,
        .user = index % 4,
        .planned = submit,
        .submit = submit + 40000,
        .accepted = submit + 9000000,
        .eligible = JOB_NEVER,
        .allocated = JOB_NEVER,
        .freed = JOB_NEVER,
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

int rows_in_own(int (*measure)(const char *path, uint32_t n, struct bd_err *err), uint32_t n,
                struct bd_err *err)
{
    const char *scratch = getenv("TMPDIR");
    bd_auto_free char *dir = bd_xasprintf("%s/benchd-rows.XXXXXX", scratch ? scratch : "/var/tmp");
    if (!mkdtemp(dir))
        return bd_err_errno(err, errno, "make a directory %s", dir);
    bd_auto_free char *path = bd_xasprintf("%s/benchd.db", dir);
    int rc = measure(path, n, err);
    bd_rm_rf(dir, NULL);
    return rc;
}
