#include "lib/base/str.h"
#include "lib/store/migrate.h"
#include "lib/store/query.h"
#include "lib/store/run.h"
#include "tests/store/db.h"

#define CAMPAIGN "c0000001"
#define OTHER    "c0000002"

static void insert_campaign(struct store_conn *c, const char *id)
{
    struct store_campaign row = {
        .name = bd_xstrdup("a"),
        .version = 1,
        .created_ns = 1,
        .spec = json_object(),
        .digest = bd_xstrdup(""),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    OK(store_campaign_insert(c, &row, err));
    store_campaign_done(&row);
}

static struct db db_with_campaigns(void)
{
    struct db db = db_new();
    insert_campaign(db.conn, CAMPAIGN);
    insert_campaign(db.conn, OTHER);
    return db;
}

/* Every column filled, each with a value of its own. */
static struct store_run full_row(const char *id)
{
    struct store_run row = {
        .campaign = CAMPAIGN,
        .position = 41,
        .cell = 42,
        .block = 43,
        .attempt = 44,
        .warmup = true,
        .state = RUN_CLEARING,
        .version = 2,
        .created_ns = 1700000000000000001,
        .started_ns = 1700000000000000002,
        .ended_ns = 1700000000000000003,
        .deadline_ns = 1700000000000000004,
        .levels = json_pack("{s:i}", "cluster.compute", 3),
        .spec = json_pack("{s:s s:f}", "name", "x \xc3\xa4", "cpus", 0.25),
        .waiting = bd_xstrdup("memory"),
        .conditions = json_pack("{s:b}", "quiet", 1),
        .metrics = json_pack("{s:{s:f}}", "elapsed", "value", 1.5),
        .warnings = json_pack("[s]", "a \"quoted\" word"),
        .error = json_pack("{s:s}", "type", "timeout"),
        .graded = true,
        .grade = GRADE_LIMITED,
        .reasons = json_pack("[s]", "The host was not quiet."),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    return row;
}

/* Only what must be there. */
static struct store_run bare_row(const char *id, const char *campaign, unsigned position,
                                 unsigned attempt)
{
    struct store_run row = {
        .position = position,
        .attempt = attempt,
        .version = 1,
        .created_ns = 10,
        .levels = json_object(),
        .spec = json_object(),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    memcpy(row.campaign, campaign, BD_ID_BYTES);
    return row;
}

static void insert_at(struct store_conn *c, const char *id, const char *campaign, unsigned position,
                      int64_t created_ns, enum run_state state)
{
    struct store_run row = bare_row(id, campaign, position, 1);
    row.created_ns = created_ns;
    row.state = state;
    OK(store_run_insert(c, &row, err));
    store_run_done(&row);
}

static void assert_same(const struct store_run *a, const struct store_run *b)
{
    const int64_t numbers[][2] = {
        {a->position, b->position},
        {a->cell, b->cell},
        {a->block, b->block},
        {a->attempt, b->attempt},
        {a->warmup, b->warmup},
        {a->state, b->state},
        {a->version, b->version},
        {a->created_ns, b->created_ns},
        {a->started_ns, b->started_ns},
        {a->ended_ns, b->ended_ns},
        {a->deadline_ns, b->deadline_ns},
        {a->graded, b->graded},
        {a->grade, b->grade},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(numbers); i++)
        ck_assert_msg(numbers[i][0] == numbers[i][1], "number %zu", i);
    ck_assert_str_eq(a->id, b->id);
    ck_assert_str_eq(a->campaign, b->campaign);
    ck_assert(bd_str_eq(a->waiting, b->waiting));
    json_t *const jsons[][2] = {
        {a->levels, b->levels},   {a->spec, b->spec},         {a->conditions, b->conditions},
        {a->metrics, b->metrics}, {a->warnings, b->warnings}, {a->error, b->error},
        {a->reasons, b->reasons},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(jsons); i++)
        ck_assert_msg(jsons[i][0] == jsons[i][1] || json_equal(jsons[i][0], jsons[i][1]),
                      "json %zu", i);
}

START_TEST(test_every_column_comes_back)
{
    struct db db = db_with_campaigns();
    struct store_run rows[] = {full_row("00000001"), bare_row("00000002", OTHER, 0, 1)};
    for (size_t i = 0; i < BD_ARRAY_LEN(rows); i++) {
        struct store_run got;
        OK(store_run_insert(db.conn, &rows[i], err));
        OK(store_run_get(db.conn, rows[i].id, &got, err));
        assert_same(&rows[i], &got);
        store_run_done(&got);
        store_run_done(&rows[i]);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_update_writes_what_changes_in_a_life_and_nothing_else)
{
    struct db db = db_with_campaigns();
    struct store_run row = bare_row("00000001", OTHER, 0, 1), changed = full_row("00000001"), got;
    OK(store_run_insert(db.conn, &row, err));
    OK(store_run_update(db.conn, &changed, err)); /* all of it handed over */

    struct store_run expected = full_row("00000001");
    memcpy(expected.campaign, row.campaign, BD_ID_BYTES);
    expected.position = row.position;
    expected.cell = row.cell;
    expected.block = row.block;
    expected.attempt = row.attempt;
    expected.warmup = row.warmup;
    expected.created_ns = row.created_ns;
    json_object_clear(expected.levels);
    json_object_clear(expected.spec);
    OK(store_run_get(db.conn, "00000001", &got, err));
    assert_same(&expected, &got);
    store_run_done(&got);

    row.version = 3; /* and back to nothing */
    OK(store_run_update(db.conn, &row, err));
    OK(store_run_get(db.conn, "00000001", &got, err));
    assert_same(&row, &got);
    store_run_done(&got);
    store_run_done(&row);
    store_run_done(&changed);
    store_run_done(&expected);
    db_done(&db);
}
END_TEST

START_TEST(test_every_state_and_grade_comes_back)
{
    struct db db = db_with_campaigns();
    struct store_run row = bare_row("00000001", CAMPAIGN, 0, 1), got;
    OK(store_run_insert(db.conn, &row, err));
    row.graded = true;
    for (int s = 0; s < RUN_STATE_COUNT; s++) {
        for (int g = 0; g < GRADE_COUNT; g++) {
            row.version++;
            row.state = (enum run_state)s;
            row.grade = (enum run_grade)g;
            OK(store_run_update(db.conn, &row, err));
            OK(store_run_get(db.conn, "00000001", &got, err));
            assert_same(&row, &got);
            store_run_done(&got);
        }
    }
    store_run_done(&row);
    db_done(&db);
}
END_TEST

START_TEST(test_stale_and_missing_rows_are_not_written)
{
    struct db db = db_with_campaigns();
    struct store_run row = bare_row("00000001", CAMPAIGN, 0, 1), got = {.version = 77};
    FAILS(store_run_update(db.conn, &row, err), BD_ENOTFOUND, "00000001");
    FAILS(store_run_get(db.conn, "00000001", &got, err), BD_ENOTFOUND, "00000001");
    ck_assert_int_eq(got.version, 77);
    OK(store_run_insert(db.conn, &row, err));
    FAILS(store_run_update(db.conn, &row, err), BD_ECONFLICT, "not newer");
    row.version = 2;
    OK(store_run_update(db.conn, &row, err));
    store_run_done(&row);

    struct store_run orphan = bare_row("00000002", "cccccccc", 0, 1);
    FAILS(store_run_insert(db.conn, &orphan, err), BD_EINVALID, "FOREIGN KEY");
    store_run_done(&orphan);
    db_done(&db);
}
END_TEST

START_TEST(test_an_attempt_at_a_position_is_stored_once)
{
    struct db db = db_with_campaigns();
    insert_at(db.conn, "00000001", CAMPAIGN, 7, 1, RUN_FAILED);
    static const struct {
        const char *id, *campaign;
        unsigned position, attempt;
        const char *refused; /* NULL: it is stored */
    } cases[] = {
        {"00000002", CAMPAIGN, 7, 1, CAMPAIGN " has attempt 1 at position 7"},
        {"00000001", CAMPAIGN, 8, 1, "the id 00000001"},
        {"00000002", CAMPAIGN, 7, 2, NULL},
        {"00000003", CAMPAIGN, 8, 1, NULL},
        {"00000004", OTHER, 7, 1, NULL},
        {"00000005", OTHER, 7, 1, OTHER " has attempt 1 at position 7"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct store_run row =
            bare_row(cases[i].id, cases[i].campaign, cases[i].position, cases[i].attempt);
        if (cases[i].refused)
            FAILS(store_run_insert(db.conn, &row, err), BD_ECONFLICT, cases[i].refused);
        else
            OK(store_run_insert(db.conn, &row, err));
        store_run_done(&row);
    }
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM run"), 4);
    db_done(&db);
}
END_TEST

/* Walks the whole listing in pages; the ids joined by blanks. */
static char *walk(struct store_conn *c, struct store_run_filter filter, store_bad_row_fn bad,
                  void *arg)
{
    struct bd_str ids = {0};
    char last_id[BD_ID_BYTES];
    for (;;) {
        struct store_run *rows;
        size_t n;
        OK(store_run_list(c, &filter, bad, arg, &rows, &n, err));
        ck_assert_uint_le(n, filter.limit);
        for (size_t i = 0; i < n; i++)
            bd_str_addf(&ids, "%s%s", ids.len ? " " : "", rows[i].id);
        if (n > 0) {
            memcpy(last_id, rows[n - 1].id, sizeof(last_id));
            filter.before_id = last_id;
            filter.before_created_ns = rows[n - 1].created_ns;
        }
        store_runs_free(rows, n);
        if (n < filter.limit)
            return ids.len ? bd_str_take(&ids) : bd_xstrdup("");
    }
}

static void insert_measured(struct store_conn *c, const char *id, unsigned position,
                            struct store_run row, const char *metrics)
{
    memcpy(row.id, id, BD_ID_BYTES);
    memcpy(row.campaign, CAMPAIGN, BD_ID_BYTES);
    row.position = position;
    row.attempt = 1;
    row.version = 1;
    row.created_ns = 1;
    row.graded = true;
    row.levels = json_object();
    row.spec = json_object();
    row.warnings = json_array();
    OK(bd_json_parse(metrics, strlen(metrics), &row.metrics, err));
    OK(store_run_insert(c, &row, err));
    store_run_done(&row);
}

START_TEST(test_values_are_those_of_runs_that_count)
{
    static const char seven[] = "{\"m\": {\"value\": 7}, \"n\": {\"value\": 1.5}}";
    const struct store_run counts = {.cell = 3, .block = 4, .state = RUN_DONE};
    struct store_run other = counts, limited = counts, invalid = counts, warmup = counts;
    struct db db = db_with_campaigns();
    limited.grade = GRADE_LIMITED;
    invalid.grade = GRADE_INVALID;
    warmup.warmup = true;
    other.state = RUN_FAILED;
    insert_measured(db.conn, "00000001", 1, counts, seven);
    insert_measured(db.conn, "00000002", 2, limited, "{\"m\": {\"value\": -0.25}}");
    insert_measured(db.conn, "00000003", 3, invalid, seven);
    insert_measured(db.conn, "00000004", 4, warmup, seven);
    insert_measured(db.conn, "00000005", 5, other, seven);
    insert_measured(db.conn, "00000006", 6, counts, "{\"m\": {\"value\": \"7\"}, \"o\": {}}");
    static const struct {
        const char *campaign, *metric;
        double sum;
        size_t n;
    } cases[] = {{CAMPAIGN, "m", 6.75, 2},
                 {CAMPAIGN, "n", 1.5, 1},
                 {CAMPAIGN, "o", 0, 0},
                 {CAMPAIGN, "p", 0, 0},
                 {OTHER, "m", 0, 0}};
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct store_run_value *values = NULL;
        size_t n = 99;
        double sum = 0;
        OK(store_run_values(db.conn, cases[i].campaign, cases[i].metric, &values, &n, err));
        for (size_t v = 0; v < n; v++) {
            ck_assert_uint_eq(values[v].cell, 3);
            ck_assert_uint_eq(values[v].block, 4);
            sum += values[v].value;
        }
        free(values);
        ck_assert_uint_eq(n, cases[i].n);
        ck_assert_double_eq(sum, cases[i].sum);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_listing_filters_and_pages)
{
    struct db db = db_with_campaigns();
    insert_at(db.conn, "00000001", CAMPAIGN, 1, 1, RUN_DONE);
    insert_at(db.conn, "00000002", CAMPAIGN, 2, 2, RUN_FAILED);
    insert_at(db.conn, "00000003", OTHER, 1, 2, RUN_DONE); /* equal times */
    insert_at(db.conn, "00000004", CAMPAIGN, 3, 2, RUN_DONE);
    insert_at(db.conn, "00000005", OTHER, 2, 3, RUN_QUEUED);
    insert_at(db.conn, "00000006", CAMPAIGN, 4, 3, RUN_PREPARING);
    static const struct {
        unsigned states;
        const char *campaign;
        const char *ids;
    } cases[] = {
        {0, NULL, "00000006 00000005 00000004 00000003 00000002 00000001"},
        {0, CAMPAIGN, "00000006 00000004 00000002 00000001"},
        {1U << RUN_DONE, NULL, "00000004 00000003 00000001"},
        {1U << RUN_DONE, CAMPAIGN, "00000004 00000001"},
        {1U << RUN_DONE | 1U << RUN_QUEUED, NULL, "00000005 00000004 00000003 00000001"},
        {1U << RUN_DONE | 1U << RUN_PREPARING, CAMPAIGN, "00000006 00000004 00000001"},
        {1U << RUN_CLEARING, OTHER, ""},
        {0, "cccccccc", ""},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        for (unsigned limit = 1; limit <= 7; limit++) {
            struct store_run_filter filter = {
                .states = cases[i].states, .campaign = cases[i].campaign, .limit = limit};
            bd_auto_free char *ids = walk(db.conn, filter, NULL, NULL);
            ck_assert_msg(bd_str_eq(ids, cases[i].ids), "case %zu, pages of %u: %s", i, limit, ids);
        }
    }
    db_done(&db);
}
END_TEST

static void on_bad(const char *id, const struct bd_err *why, void *arg)
{
    ck_assert_int_eq(why->code, BD_ECORRUPT);
    bd_str_addf(arg, "%s (%s) ", id, why->text);
}

START_TEST(test_damaged_rows_are_set_aside_and_the_listing_goes_on)
{
    struct db db = db_with_campaigns();
    for (unsigned i = 0; i < 9; i++) {
        char id[BD_ID_BYTES];
        snprintf(id, sizeof(id), "%08x", i);
        insert_at(db.conn, id, CAMPAIGN, i, 10 + i, RUN_DONE);
    }
    db_tamper(&db, "UPDATE run SET spec = '{\"cut' WHERE id = '00000007';"
                   "UPDATE run SET metrics = 'x' WHERE id = '00000006';"
                   "UPDATE run SET grade = 'golden' WHERE id = '00000004';"
                   "UPDATE run SET state = 'dreaming' WHERE id = '00000002'");
    static const char *const campaigns[] = {NULL, CAMPAIGN};
    for (size_t i = 0; i < BD_ARRAY_LEN(campaigns); i++) {
        bd_auto_str struct bd_str bad = {0};
        struct store_run_filter filter = {.campaign = campaigns[i], .limit = 2};
        bd_auto_free char *ids = walk(db.conn, filter, on_bad, &bad);
        ck_assert_str_eq(ids, "00000008 00000005 00000003 00000001 00000000");
        ck_assert_ptr_nonnull(strstr(bd_str_text(&bad), "00000007 (column 'spec'"));
        ck_assert_ptr_nonnull(strstr(bd_str_text(&bad), "00000006 (column 'metrics'"));
        ck_assert_ptr_nonnull(strstr(bd_str_text(&bad), "00000004 (column 'grade'"));
        ck_assert_ptr_nonnull(strstr(bd_str_text(&bad), "00000002 (column 'state'"));
    }
    struct store_run got;
    FAILS(store_run_get(db.conn, "00000006", &got, err), BD_ECORRUPT, "run 00000006");
    db_done(&db);
}
END_TEST

/* A run that failed so; NULL: without a word. */
static void insert_failed(struct store_conn *c, const char *id, unsigned position, unsigned attempt,
                          const char *type)
{
    struct store_run row = bare_row(id, CAMPAIGN, position, attempt);
    row.state = RUN_FAILED;
    row.error = type ? json_pack("{s:s}", "type", type) : NULL;
    OK(store_run_insert(c, &row, err));
    store_run_done(&row);
}

START_TEST(test_heads_are_by_position_and_attempt)
{
    struct db db = db_with_campaigns();
    insert_at(db.conn, "00000009", CAMPAIGN, 3, 1, RUN_MEASURING);
    insert_failed(db.conn, "00000008", 0, 2, "timeout");
    insert_failed(db.conn, "00000007", 0, 1, "interrupted");
    insert_failed(db.conn, "00000006", 1, 1, NULL);
    insert_failed(db.conn, "00000005", 1, 2, "interrupted");
    insert_at(db.conn, "00000004", CAMPAIGN, 2, 1, RUN_DONE);
    insert_failed(db.conn, "0000000a", 4, 1, "unsupported");
    insert_at(db.conn, "00000003", CAMPAIGN, 10, 1, RUN_QUEUED);
    insert_at(db.conn, "00000002", OTHER, 0, 1, RUN_DONE);
    db_tamper(&db, "UPDATE run SET error = '{\"type\":\"interr' WHERE id = '00000005';"
                   "UPDATE run SET state = 'dreaming', spec = 'x' WHERE id = '00000009'");
    static const struct store_run_head expected[] = {
        {"00000007", 0, 1, RUN_FAILED, .interrupted = true},
        {"00000008", 0, 2, RUN_FAILED},
        {"00000006", 1, 1, RUN_FAILED},
        {"00000005", 1, 2, RUN_FAILED},
        {"00000004", 2, 1, RUN_DONE},
        {"00000009", 3, 1, RUN_FAILED},
        {"0000000a", 4, 1, RUN_FAILED, .unsupported = true},
        {"00000003", 10, 1, RUN_QUEUED},
    };
    struct store_run_head *heads;
    size_t n;
    OK(store_run_heads(db.conn, CAMPAIGN, &heads, &n, err));
    ck_assert_uint_eq(n, BD_ARRAY_LEN(expected));
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(heads[i].id, expected[i].id);
        ck_assert_uint_eq(heads[i].position, expected[i].position);
        ck_assert_uint_eq(heads[i].attempt, expected[i].attempt);
        ck_assert_int_eq((int)heads[i].state, (int)expected[i].state);
        ck_assert_msg(heads[i].interrupted == expected[i].interrupted, "%s", heads[i].id);
        ck_assert_msg(heads[i].unsupported == expected[i].unsupported, "%s", heads[i].id);
    }
    free(heads);
    OK(store_run_heads(db.conn, "cccccccc", &heads, &n, err));
    ck_assert_uint_eq(n, 0);
    free(heads);
    db_done(&db);
}
END_TEST

static void insert_past(struct store_conn *c, const char *id, unsigned position, int compute,
                        int64_t seconds, enum run_state state)
{
    struct store_run row = bare_row(id, CAMPAIGN, position, 1);
    row.state = state;
    row.created_ns = row.started_ns = 1000 + position;
    row.ended_ns = row.started_ns + seconds * 1000000000;
    json_object_set_new(row.spec, "cluster", json_pack("{s:i}", "compute", compute));
    json_object_set_new(row.spec, "workload", json_pack("{s:s}", "name", "command"));
    OK(store_run_insert(c, &row, err));
    store_run_done(&row);
}

START_TEST(test_past_runs_are_counted_by_cluster_and_workload)
{
    struct db db = db_with_campaigns();
    struct store_past *rows = NULL;
    size_t n = 0;
    insert_past(db.conn, "00000001", 0, 2, 1000, RUN_DONE); /* older than is asked for */
    insert_past(db.conn, "00000002", 1, 2, 10, RUN_DONE);
    insert_past(db.conn, "00000003", 2, 4, 7, RUN_DONE);
    insert_past(db.conn, "00000004", 3, 2, 20, RUN_DONE);
    insert_past(db.conn, "00000005", 4, 2, 500, RUN_FAILED);
    insert_past(db.conn, "00000006", 5, 2, 0, RUN_DONE);         /* no time */
    insert_past(db.conn, "00000007", 6, 2, 30, RUN_DONE);        /* damaged below */
    insert_at(db.conn, "00000008", CAMPAIGN, 7, 5000, RUN_DONE); /* of nothing */
    db_tamper(&db, "UPDATE run SET spec = '{\"clus' WHERE id = '00000007'");
    OK(store_run_past(db.conn, 6, &rows, &n, err));
    ck_assert_uint_eq(n, 2);
    for (size_t i = 0; i < n; i++) {
        bool two = bd_json_int(rows[i].cluster, "compute", 0) == 2;
        ck_assert_str_eq(bd_json_str(rows[i].workload, "name", ""), "command");
        ck_assert_uint_eq(rows[i].n, two ? 2 : 1);
        ck_assert_double_eq(rows[i].mean_seconds, two ? 15 : 7);
    }
    store_past_free(rows, n);
    OK(store_run_past(db.conn, 1, &rows, &n, err));
    ck_assert_uint_eq(n, 0);
    store_past_free(rows, n);
    db_done(&db);
}
END_TEST

/* What the first release wrote. */
static const char rows_of_version_1[] =
    "INSERT INTO cluster (id, name, state, version, created_ns, spec)"
    "  VALUES ('0000000a', 'kept', 'ready', 4, 5, '{\"backend\":\"lxc\"}'),"
    "         ('0000000b', 'kept', 'deleted', 6, 7, '{}');"
    "INSERT INTO step (cluster, name, attempt, state, started_ns)"
    "  VALUES ('0000000a', 'image', 1, 'done', 8);"
    "INSERT INTO event (at_ns, kind, subject, data)"
    "  VALUES (9, 'cluster.ready', 'cluster/0000000a', '{}')";

START_TEST(test_database_of_version_1_keeps_its_rows)
{
    struct db db = {.dir = unit_dir()};
    db.path = bd_xasprintf("%s/benchd.db", db.dir);
    db.conn = bd_new(struct store_conn);
    db.conn->path = bd_xstrdup(db.path);
    ck_assert_int_eq(sqlite3_open(db.path, &db.conn->db), SQLITE_OK);
    OK(store_migrate(db.conn, store_migrations, 1, err));
    OK(query_exec(db.conn, rows_of_version_1, err));
    store_close(db.conn);

    OK(store_open(db.path, &db.conn, err));
    struct store_cluster cluster;
    OK(store_cluster_get(db.conn, "0000000a", &cluster, err));
    ck_assert_str_eq(cluster.name, "kept");
    ck_assert_int_eq(cluster.version, 4);
    ck_assert_str_eq(bd_json_str(cluster.spec, "backend", ""), "lxc");
    ck_assert_ptr_null(cluster.run);

    cluster.version++; /* and can be written on */
    OK(store_cluster_update(db.conn, &cluster, err));
    store_cluster_done(&cluster);
    insert_campaign(db.conn, CAMPAIGN);
    insert_at(db.conn, "00000001", CAMPAIGN, 0, 1, RUN_QUEUED);
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM cluster"), 2);
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM step"), 1);
    ck_assert_int_eq(db_number(&db, "SELECT count(*) FROM event"), 1);
    struct db copy = {.path = bd_xasprintf("%s.v1", db.path)};
    ck_assert_int_eq(db_number(&copy, "SELECT count(*) FROM cluster"), 2);
    free(copy.path);
    db_done(&db);
}
END_TEST

UNIT_MAIN("store/run", test_every_column_comes_back,
          test_update_writes_what_changes_in_a_life_and_nothing_else,
          test_every_state_and_grade_comes_back, test_stale_and_missing_rows_are_not_written,
          test_an_attempt_at_a_position_is_stored_once, test_values_are_those_of_runs_that_count,
          test_listing_filters_and_pages, test_damaged_rows_are_set_aside_and_the_listing_goes_on,
          test_heads_are_by_position_and_attempt,
          test_past_runs_are_counted_by_cluster_and_workload,
          test_database_of_version_1_keeps_its_rows)
