/* benchctl campaign plan, ls, show, runs, cancel, pause, resume. */
#include "campaign.h"

#include "api.h"
#include "commands.h"
#include "show.h"
#include "submission.h"
#include "text.h"

#include "lib/base/clock.h"

#include <string.h>

enum { ROWS_SHOWN = 20 }; /* of what may have 100,000 */

/* -- plan -- */

/* It has a rule for stopping. */
static bool may_stop_before(const json_t *plan)
{
    const json_t *design = json_object_get(json_object_get(plan, "spec"), "design");
    return json_object_get(json_object_get(design, "repetitions"), "until") != NULL;
}

static void print_counts(const struct cli *cli, const json_t *plan)
{
    json_int_t warmup = bd_json_int(plan, "warmupBlocks", 0);
    bd_auto_str struct bd_str blocks = {0};
    const char *most = may_stop_before(plan) ? "at most " : "";
    table_auto struct table table = {0};
    show_init(&table);
    show_fact(&table, "name", STYLE_BOLD, bd_json_str(json_object_get(plan, "spec"), "name", "?"));
    show_factf(&table, "cells", STYLE_PLAIN, "%lld", (long long)bd_json_int(plan, "cells", 0));
    bd_str_addf(&blocks, "%s%lld", most, (long long)bd_json_int(plan, "blocks", 0));
    if (warmup)
        bd_str_addf(&blocks, " (%lld for warming up)", (long long)warmup);
    show_fact(&table, "blocks", STYLE_PLAIN, bd_str_text(&blocks));
    show_factf(&table, "runs", STYLE_PLAIN, "%s%lld", most,
               (long long)bd_json_int(plan, "runs", 0));
    show_factf(&table, "digest", STYLE_DIM, "%.19s", bd_json_str(plan, "digest", "?"));
    submission_add_traces(&table, plan);
    submission_add_costs(&table, plan);
    show_warnings(&table, plan);
    table_print(&table, &cli->out, 0);
}

static void print_order(const struct cli *cli, const json_t *plan)
{
    static const struct table_column before[] = {{"RUN", true}, {"BLOCK", true}, {"CELL", true}};
    const json_t *cells = json_object_get(plan, "cellList"), *run;
    levels_auto struct levels levels = {0};
    levels_collect(&levels, cells, "levels");
    size_t width = BD_ARRAY_LEN(before) + levels.paths.n, i;
    bd_auto_free struct table_column *columns = bd_xcalloc(width, sizeof(*columns));
    memcpy(columns, before, sizeof(before));
    levels_add_columns(&levels, columns + BD_ARRAY_LEN(before));

    table_auto struct table table = {0};
    table_init(&table, columns, width);
    json_array_foreach (json_object_get(plan, "order"), i, run) {
        if (i == ROWS_SHOWN)
            break;
        bd_auto_str struct bd_str block = {0};
        json_int_t cell = bd_json_int(run, "cell", 0);
        run_block(run, &block);
        table_addf(&table, STYLE_DIM, "%lld", (long long)bd_json_int(run, "position", 0));
        table_add(&table, STYLE_PLAIN, bd_str_text(&block));
        table_addf(&table, STYLE_PLAIN, "%lld", (long long)cell);
        levels_add(&levels, &table, json_object_get(json_array_get(cells, (size_t)cell), "levels"));
    }
    putchar('\n');
    table_print(&table, &cli->out, 0);
    long long more = (long long)bd_json_int(plan, "runs", 0) - ROWS_SHOWN;
    if (more > 0)
        printf("%s%lld more%s\n", term_on(&cli->out, STYLE_DIM), more, term_off(&cli->out));
}

int cmd_campaign_plan(struct cli *cli, struct bd_err *err)
{
    document_auto struct document spec = {0};
    bd_auto_json json_t *plan = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = submission_read(cli, &spec, err);
    if (r == 0)
        r = api_create_from(cli, "/v1/plans", &spec, &reply, &plan, err);
    if (r < 0)
        return r;
    if (cli->json) {
        cli_print_json(bd_str_text(&reply.body));
        return CLI_OK;
    }
    print_counts(cli, plan);
    print_order(cli, plan);
    return CLI_OK;
}

/* -- ls, show, runs -- */

static void print_ids(const json_t *list)
{
    const json_t *object;
    size_t i;
    json_array_foreach (json_object_get(list, "items"), i, object) {
        puts(bd_json_str(object, "id", "?"));
    }
}

static void add_row(struct table *t, const json_t *campaign, int64_t now_ns)
{
    static const char *const counts[] = {"done", "failed", "planned"};
    const json_t *progress = json_object_get(campaign, "progress");
    const char *state = bd_json_str(campaign, "state", "?");
    char age[TEXT_NUMBER_BYTES];
    table_add(t, STYLE_BOLD, bd_json_str(campaign, "id", "?"));
    table_add(t, STYLE_PLAIN, bd_json_str(campaign, "name", "?"));
    table_add(t, show_state_style(state), state);
    for (size_t i = 0; i < BD_ARRAY_LEN(counts); i++) {
        json_int_t n = bd_json_int(progress, counts[i], 0);
        table_addf(t, i == 1 && n ? STYLE_BAD : STYLE_PLAIN, "%lld", (long long)n);
    }
    table_add(t, STYLE_PLAIN, text_age(bd_json_str(campaign, "createdAt", NULL), now_ns, age));
}

int cmd_campaign_ls(struct cli *cli, struct bd_err *err)
{
    static const struct table_column columns[] = {
        {"ID", false},    {"NAME", false},   {"STATE", false}, {"DONE", true},
        {"FAILED", true}, {"PLANNED", true}, {"AGE", true},
    };
    bd_auto_json json_t *list = NULL;
    int r = api_list(cli, "/v1/campaigns", &list, err);
    if (r < 0)
        return r;
    if (cli->json) {
        api_print_list(list);
    } else if (args_has(&cli->args, "quiet")) {
        print_ids(list);
    } else {
        table_auto struct table table = {0};
        table_init(&table, columns, BD_ARRAY_LEN(columns));
        const json_t *campaign;
        size_t i;
        json_array_foreach (json_object_get(list, "items"), i, campaign) {
            add_row(&table, campaign, bd_wall_ns());
        }
        table_print(&table, &cli->out, 0);
    }
    return CLI_OK;
}

/* "1 block", "3 blocks". */
static void add_count(struct bd_str *out, const json_t *plan, const char *nouns)
{
    long long n = (long long)bd_json_int(plan, nouns, 0);
    bd_str_addf(out, "%lld %.*s", n, (int)strlen(nouns) - (n == 1), nouns);
}

static void print_campaign(const struct cli *cli, const json_t *campaign)
{
    const json_t *plan = json_object_get(campaign, "plan");
    const char *state = bd_json_str(campaign, "state", "?");
    json_int_t priority = bd_json_int(campaign, "priority", 0);
    bd_auto_str struct bd_str progress = {0}, sizes = {0}, stopping = {0}, budget = {0};
    table_auto struct table table = {0};
    show_init(&table);
    campaign_progress(campaign, true, &progress);
    show_fact(&table, "id", STYLE_BOLD, bd_json_str(campaign, "id", "?"));
    show_fact(&table, "name", STYLE_PLAIN, bd_json_str(campaign, "name", "?"));
    show_fact(&table, "state", show_state_style(state), state);
    show_fact(&table, "error", STYLE_BAD, bd_json_str(campaign, "error", NULL));
    show_fact(&table, "progress", STYLE_PLAIN, bd_str_text(&progress));
    add_count(&sizes, plan, "cells");
    bd_str_add(&sizes, " in ");
    add_count(&sizes, plan, "blocks");
    bd_str_add(&sizes, ": ");
    add_count(&sizes, plan, "runs");
    show_fact(&table, "plan", STYLE_PLAIN, bd_str_text(&sizes));
    if (campaign_stopping(campaign, &stopping))
        show_fact(&table, "stopping", STYLE_PLAIN, bd_str_text(&stopping));
    if (campaign_budget(campaign, &budget))
        show_fact(&table, "budget", STYLE_PLAIN, bd_str_text(&budget));
    if (priority)
        show_factf(&table, "priority", STYLE_PLAIN, "%lld", (long long)priority);
    show_factf(&table, "digest", STYLE_DIM, "%.19s", bd_json_str(campaign, "digest", "?"));
    show_time(&table, "created", bd_json_str(campaign, "createdAt", NULL));
    show_time(&table, "started", bd_json_str(campaign, "startedAt", NULL));
    show_time(&table, "ended", bd_json_str(campaign, "endedAt", NULL));
    table_print(&table, &cli->out, 0);
}

static void print_newest_runs(const struct cli *cli, const json_t *campaign, const json_t *page)
{
    const json_t *items = json_object_get(page, "items");
    if (json_array_size(items) == 0)
        return;
    putchar('\n');
    runs_print(&cli->out, items, campaign_objectives(campaign));
    if (bd_json_str(page, "next", NULL))
        printf("%sthese are the newest: 'benchctl campaign runs %s' lists all%s\n",
               term_on(&cli->out, STYLE_DIM), bd_json_str(campaign, "id", "?"),
               term_off(&cli->out));
}

int cmd_campaign_show(struct cli *cli, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    bd_auto_json json_t *campaign = NULL;
    bd_auto_json json_t *page = NULL;
    http_auto_reply struct http_reply reply = {0};
    http_auto_reply struct http_reply page_reply = {0};
    int r = api_find_path(cli, API_CAMPAIGN, "", &path, err);
    if (r == 0)
        r = api_get(cli, path, &reply, &campaign, err);
    if (r < 0)
        return r;
    if (cli->json) {
        cli_print_json(bd_str_text(&reply.body));
        return CLI_OK;
    }
    bd_auto_free char *newest = bd_xasprintf("%s/runs?limit=%d", path, ROWS_SHOWN);
    r = api_get(cli, newest, &page_reply, &page, err);
    if (r < 0)
        return r;
    print_campaign(cli, campaign);
    print_newest_runs(cli, campaign, page);
    return CLI_OK;
}

/* What its runs are told by is in the campaign. */
static int print_runs(struct cli *cli, const char *campaign_path, const json_t *list,
                      struct bd_err *err)
{
    bd_auto_json json_t *campaign = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_get(cli, campaign_path, &reply, &campaign, err);
    if (r == 0)
        runs_print(&cli->out, json_object_get(list, "items"), campaign_objectives(campaign));
    return r;
}

int cmd_campaign_runs(struct cli *cli, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    bd_auto_json json_t *list = NULL;
    int r = api_find_path(cli, API_CAMPAIGN, "", &path, err);
    if (r < 0)
        return r;
    bd_auto_free char *runs = bd_xasprintf("%s/runs", path);
    r = api_list(cli, runs, &list, err);
    if (r < 0)
        return r;
    if (cli->json)
        api_print_list(list);
    else if (args_has(&cli->args, "quiet"))
        print_ids(list);
    else
        r = print_runs(cli, path, list, err);
    return r < 0 ? r : CLI_OK;
}

/* -- more cells -- */

int cmd_campaign_add_cells(struct cli *cli, struct bd_err *err)
{
    document_auto struct document cells = {0};
    bd_auto_free char *path = NULL;
    bd_auto_json json_t *campaign = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = document_read(cli->args.operands.items[1], &cells, err);
    if (r == 0)
        r = api_find_path(cli, API_CAMPAIGN, "/cells", &path, err);
    if (r < 0)
        return r;
    bd_auto_json json_t *body = json_pack("{s:O}", "cells", cells.json);
    r = api_create(cli, path, body, &reply, &campaign, err);
    if (r < 0)
        return r;
    const json_t *plan = json_object_get(campaign, "plan");
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        printf("%s has %lld cells, %lld runs\n", bd_json_str(campaign, "id", "?"),
               (long long)bd_json_int(plan, "cells", 0), (long long)bd_json_int(plan, "runs", 0));
    return CLI_OK;
}

/* -- orders -- */

static int order(struct cli *cli, const char *what, struct bd_err *err)
{
    bd_auto_free char *path = NULL;
    bd_auto_json json_t *campaign = NULL;
    http_auto_reply struct http_reply reply = {0};
    int r = api_find_path(cli, API_CAMPAIGN, what, &path, err);
    if (r == 0)
        r = api_order(cli, path, &reply, &campaign, err);
    if (r < 0)
        return r;
    if (cli->json)
        cli_print_json(bd_str_text(&reply.body));
    else
        printf("%s %s\n", bd_json_str(campaign, "id", "?"), bd_json_str(campaign, "state", "?"));
    return CLI_OK;
}

int cmd_campaign_cancel(struct cli *cli, struct bd_err *err)
{
    return order(cli, "/cancel", err);
}

int cmd_campaign_pause(struct cli *cli, struct bd_err *err)
{
    return order(cli, "/pause", err);
}

int cmd_campaign_resume(struct cli *cli, struct bd_err *err)
{
    return order(cli, "/resume", err);
}
