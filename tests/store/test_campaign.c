#include "lib/base/str.h"
#include "lib/store/run.h"
#include "tests/store/db.h"

/* Every column filled, each with a value of its own. */
static struct store_campaign full_row(const char *id)
{
    struct store_campaign row = {
        .name = bd_xstrdup("policy \xc3\xa4"),
        .state = CAMPAIGN_PAUSED,
        .priority = -7,
        .version = 3,
        .created_ns = 1700000000000000001,
        .started_ns = 1700000000000000002,
        .ended_ns = 1700000000000000003,
        .spec = json_pack("{s:s s:f}", "name", "policy", "cpus", 0.25),
        .digest = bd_xstrdup("sha256:00112233"),
        .cells = 11,
        .blocks = 12,
        .runs = 132,
        .done = 5,
        .failed = 6,
        .excluded = 4,
        .busy_ns = 3600000000000000,
        .error = bd_xstrdup("the image is gone"),
        .stopping = json_pack("{s:s s:[f n]}", "metric", "makespan", "halfWidths", 0.125),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    return row;
}

/* Only what must be there. */
static struct store_campaign bare_row(const char *id, const char *name, int64_t created_ns)
{
    struct store_campaign row = {
        .name = bd_xstrdup(name),
        .version = 1,
        .created_ns = created_ns,
        .spec = json_object(),
        .digest = bd_xstrdup(""),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    return row;
}

static void insert_bare(struct store_conn *c, const char *id, const char *name, int64_t created_ns,
                        enum campaign_state state)
{
    struct store_campaign row = bare_row(id, name, created_ns);
    row.state = state;
    OK(store_campaign_insert(c, &row, err));
    store_campaign_done(&row);
}

static void assert_same(const struct store_campaign *a, const struct store_campaign *b)
{
    const int64_t numbers[][2] = {
        {a->state, b->state},
        {a->priority, b->priority},
        {a->version, b->version},
        {a->created_ns, b->created_ns},
        {a->started_ns, b->started_ns},
        {a->ended_ns, b->ended_ns},
        {a->cells, b->cells},
        {a->blocks, b->blocks},
        {a->runs, b->runs},
        {a->done, b->done},
        {a->failed, b->failed},
        {a->excluded, b->excluded},
        {a->busy_ns, b->busy_ns},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(numbers); i++)
        ck_assert_msg(numbers[i][0] == numbers[i][1], "number %zu", i);
    ck_assert_str_eq(a->id, b->id);
    ck_assert_str_eq(a->name, b->name);
    ck_assert_str_eq(a->digest, b->digest);
    ck_assert(bd_str_eq(a->error, b->error));
    ck_assert(a->spec == b->spec || json_equal(a->spec, b->spec));
    ck_assert(a->stopping == b->stopping || json_equal(a->stopping, b->stopping));
}

static struct store_campaign get(struct store_conn *c, const char *id)
{
    struct store_campaign row;
    OK(store_campaign_get(c, id, &row, err));
    return row;
}

START_TEST(test_every_column_comes_back)
{
    struct db db = db_new();
    struct store_campaign rows[] = {full_row("00000001"), bare_row("00000002", "bare", 6)};
    for (size_t i = 0; i < BD_ARRAY_LEN(rows); i++) {
        OK(store_campaign_insert(db.conn, &rows[i], err));
        struct store_campaign got = get(db.conn, rows[i].id);
        assert_same(&rows[i], &got);
        store_campaign_done(&got);
        FAILS(store_campaign_insert(db.conn, &rows[i], err), BD_ECONFLICT, rows[i].id);
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(rows); i++)
        store_campaign_done(&rows[i]);
    db_done(&db);
}
END_TEST

START_TEST(test_look_sets_its_columns_and_no_other)
{
    struct db db = db_new();
    struct store_campaign expected = full_row("00000001");
    insert_bare(db.conn, "00000002", "a", 1, CAMPAIGN_QUEUED);
    OK(store_campaign_insert(db.conn, &expected, err));
    static const unsigned sizes[][2] = {{0, 0}, {7, 77}, {0, 0}};
    for (size_t i = 0; i < BD_ARRAY_LEN(sizes); i++) {
        json_object_set_new(expected.stopping, "looks", json_integer((json_int_t)i));
        OK(store_campaign_look(db.conn, "00000001", expected.stopping, sizes[i][0], sizes[i][1],
                               err));
        expected.version++;
        expected.blocks = sizes[i][0] ? sizes[i][0] : expected.blocks;
        expected.runs = sizes[i][1] ? sizes[i][1] : expected.runs;
        struct store_campaign got = get(db.conn, "00000001");
        assert_same(&expected, &got);
        store_campaign_done(&got);
    }
    FAILS(store_campaign_look(db.conn, "00000003", expected.stopping, 0, 0, err), BD_ENOTFOUND,
          "00000003");
    struct store_campaign other = get(db.conn, "00000002");
    ck_assert_ptr_null(other.stopping);
    store_campaign_done(&other);
    store_campaign_done(&expected);
    db_done(&db);
}
END_TEST

START_TEST(test_what_is_spent_adds_up_and_ends_it)
{
    struct db db = db_new();
    insert_bare(db.conn, "00000001", "a", 1, CAMPAIGN_RUNNING);
    insert_bare(db.conn, "00000002", "a", 1, CAMPAIGN_RUNNING);
    OK(store_budget_put(db.conn, "00000001", err));
    const struct store_spent begun = {.runs = 1}, ended = {.wall_ns = 7, .node_ns = 21};
    for (int i = 0; i < 2; i++) {
        OK(store_campaign_spend(db.conn, "00000001", &begun, err));
        OK(store_campaign_spend(db.conn, "00000001", &ended, err));
        OK(store_campaign_spend(db.conn, "00000002", &ended, err)); /* it has no budget */
    }
    struct store_campaign got = get(db.conn, "00000001");
    unsigned blocks = got.blocks;
    ck_assert(got.has_budget);
    ck_assert_ptr_null(got.exhausted);
    ck_assert_uint_eq(got.spent.runs, 2);
    ck_assert_int_eq(got.spent.wall_ns, 14);
    ck_assert_int_eq(got.spent.node_ns, 42);
    store_campaign_done(&got);
    OK(store_campaign_exhaust(db.conn, "00000001", "no room", 0, 2, err));
    got = get(db.conn, "00000001");
    ck_assert_str_eq(got.exhausted, "no room");
    ck_assert_uint_eq(got.blocks, blocks);
    ck_assert_uint_eq(got.runs, 2);
    store_campaign_done(&got);
    got = get(db.conn, "00000002");
    ck_assert(!got.has_budget);
    ck_assert_int_eq(got.spent.wall_ns, 0);
    store_campaign_done(&got);
    db_done(&db);
}
END_TEST

START_TEST(test_every_state_comes_back)
{
    struct db db = db_new();
    for (int s = 0; s < CAMPAIGN_STATE_COUNT; s++) {
        char id[BD_ID_BYTES];
        snprintf(id, sizeof(id), "%08x", (unsigned)s);
        insert_bare(db.conn, id, "one", 1, (enum campaign_state)s); /* a name is not unique */
        struct store_campaign got = get(db.conn, id);
        ck_assert_int_eq((int)got.state, s);
        store_campaign_done(&got);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_state_sets_its_columns_and_no_other)
{
    struct db db = db_new();
    insert_bare(db.conn, "00000001", "a", 1, CAMPAIGN_QUEUED);
    insert_bare(db.conn, "00000002", "a", 1, CAMPAIGN_QUEUED);
    static const struct {
        enum campaign_state state;
        int64_t started_ns, ended_ns; /* as handed over */
        const char *error;
        int64_t stored_started_ns, stored_ended_ns;
    } steps[] = {
        {CAMPAIGN_PAUSED, 0, 0, NULL, 0, 0},          {CAMPAIGN_RUNNING, 50, 0, NULL, 50, 0},
        {CAMPAIGN_RUNNING, 60, 0, "no image", 50, 0}, /* it began once */
        {CAMPAIGN_CANCELLING, 0, 0, NULL, 50, 0},     {CAMPAIGN_CANCELLED, 0, 90, "x", 50, 90},
        {CAMPAIGN_CANCELLED, 0, 0, "x", 50, 90},
    };
    struct store_campaign expected = bare_row("00000001", "a", 1);
    for (size_t i = 0; i < BD_ARRAY_LEN(steps); i++) {
        OK(store_campaign_set_state(db.conn, "00000001", steps[i].state, steps[i].started_ns,
                                    steps[i].ended_ns, steps[i].error, err));
        expected.state = steps[i].state;
        expected.version++;
        expected.started_ns = steps[i].stored_started_ns;
        expected.ended_ns = steps[i].stored_ended_ns;
        free(expected.error);
        expected.error = steps[i].error ? bd_xstrdup(steps[i].error) : NULL;
        struct store_campaign got = get(db.conn, "00000001");
        assert_same(&expected, &got);
        store_campaign_done(&got);
    }
    store_campaign_done(&expected);
    struct store_campaign beside = get(db.conn, "00000002");
    ck_assert_int_eq(beside.version, 1);
    ck_assert_int_eq((int)beside.state, CAMPAIGN_QUEUED);
    store_campaign_done(&beside);
    db_done(&db);
}
END_TEST

/* One change of several; they must lead to the same row in any order. */
static void change(struct store_conn *c, int which)
{
    switch (which) {
    case 0:
        OK(store_campaign_count(c, "00000001", 2, 1, 1, 700, err));
        break;
    case 1:
        OK(store_campaign_count(c, "00000001", 0, 4, 0, 50, err));
        break;
    default:
        OK(store_campaign_set_state(c, "00000001", CAMPAIGN_PAUSED, 30, 0, "why", err));
        break;
    }
}

START_TEST(test_counters_and_states_come_in_any_order)
{
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct db db = db_new();
    struct store_campaign expected = full_row("00000001");
    OK(store_campaign_insert(db.conn, &expected, err));
    expected.state = CAMPAIGN_PAUSED;
    expected.version += 3;
    expected.done += 2;
    expected.failed += 5;
    expected.excluded += 1;
    expected.busy_ns += 750;
    free(expected.error);
    expected.error = bd_xstrdup("why");
    for (size_t i = 0; i < BD_ARRAY_LEN(orders); i++) {
        OK(store_begin(db.conn, err));
        for (int k = 0; k < 3; k++)
            change(db.conn, orders[i][k]);
        struct store_campaign got = get(db.conn, "00000001");
        assert_same(&expected, &got);
        store_campaign_done(&got);
        store_rollback(db.conn);
    }
    store_campaign_done(&expected);
    db_done(&db);
}
END_TEST

START_TEST(test_missing_campaigns_are_told)
{
    struct db db = db_new();
    struct store_campaign got = {.version = 77};
    FAILS(store_campaign_get(db.conn, "0000000a", &got, err), BD_ENOTFOUND, "0000000a");
    ck_assert_int_eq(got.version, 77);
    FAILS(store_campaign_count(db.conn, "0000000a", 1, 0, 0, 0, err), BD_ENOTFOUND, "0000000a");
    FAILS(store_campaign_set_state(db.conn, "0000000a", CAMPAIGN_DONE, 0, 0, NULL, err),
          BD_ENOTFOUND, "0000000a");
    db_done(&db);
}
END_TEST

/* Walks the whole listing in pages; the ids joined by blanks. */
static char *walk(struct store_conn *c, struct store_campaign_filter filter, store_bad_row_fn bad,
                  void *arg)
{
    struct bd_str ids = {0};
    char last_id[BD_ID_BYTES];
    for (;;) {
        struct store_campaign *rows;
        size_t n;
        OK(store_campaign_list(c, &filter, false, bad, arg, &rows, &n, err));
        ck_assert_uint_le(n, filter.limit);
        for (size_t i = 0; i < n; i++) {
            ck_assert_ptr_nonnull(rows[i].spec);
            bd_str_addf(&ids, "%s%s", ids.len ? " " : "", rows[i].id);
        }
        if (n > 0) {
            memcpy(last_id, rows[n - 1].id, sizeof(last_id));
            filter.before_id = last_id;
            filter.before_created_ns = rows[n - 1].created_ns;
        }
        store_campaigns_free(rows, n);
        if (n < filter.limit)
            return ids.len ? bd_str_take(&ids) : bd_xstrdup("");
    }
}

START_TEST(test_listing_filters_and_pages)
{
    struct db db = db_new();
    insert_bare(db.conn, "00000001", "a", 1, CAMPAIGN_DONE);
    insert_bare(db.conn, "00000002", "a", 2, CAMPAIGN_RUNNING);
    insert_bare(db.conn, "00000003", "b", 2, CAMPAIGN_RUNNING); /* equal times */
    insert_bare(db.conn, "00000004", "a", 2, CAMPAIGN_QUEUED);
    insert_bare(db.conn, "00000005", "b", 3, CAMPAIGN_FAILED);
    static const struct {
        unsigned states;
        const char *name;
        const char *ids;
    } cases[] = {
        {0, NULL, "00000005 00000004 00000003 00000002 00000001"},
        {0, "a", "00000004 00000002 00000001"},
        {1U << CAMPAIGN_RUNNING, NULL, "00000003 00000002"},
        {1U << CAMPAIGN_RUNNING | 1U << CAMPAIGN_DONE, "a", "00000002 00000001"},
        {1U << CAMPAIGN_PAUSED, NULL, ""},
        {0, "none", ""},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        for (unsigned limit = 1; limit <= 6; limit++) {
            struct store_campaign_filter filter = {
                .states = cases[i].states, .name = cases[i].name, .limit = limit};
            bd_auto_free char *ids = walk(db.conn, filter, NULL, NULL);
            ck_assert_str_eq(ids, cases[i].ids);
        }
    }
    db_done(&db);
}
END_TEST

START_TEST(test_listing_without_spec_is_the_same_but_for_the_spec)
{
    struct db db = db_new();
    struct store_campaign row = full_row("00000001");
    OK(store_campaign_insert(db.conn, &row, err));
    json_decref(bd_take(row.spec));
    /* The spec is not looked at: damage in it is not found. */
    db_tamper(&db, "UPDATE campaign SET spec = '{\"cut'");
    static const unsigned states[] = {0, 1U << CAMPAIGN_PAUSED};
    for (size_t i = 0; i < BD_ARRAY_LEN(states); i++) {
        struct store_campaign_filter filter = {.states = states[i], .limit = 5};
        struct store_campaign *rows;
        size_t n;
        OK(store_campaign_list(db.conn, &filter, true, NULL, NULL, &rows, &n, err));
        ck_assert_uint_eq(n, 1);
        assert_same(&row, &rows[0]);
        store_campaigns_free(rows, n);
    }
    store_campaign_done(&row);
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
    struct db db = db_new();
    for (unsigned i = 0; i < 6; i++) {
        char id[BD_ID_BYTES];
        snprintf(id, sizeof(id), "%08x", i);
        insert_bare(db.conn, id, "a", 10 + i, CAMPAIGN_QUEUED);
    }
    db_tamper(&db, "UPDATE campaign SET spec = '{\"cut' WHERE id = '00000004';"
                   "UPDATE campaign SET state = 'dreaming' WHERE id = '00000002'");
    bd_auto_str struct bd_str bad = {0};
    struct store_campaign_filter filter = {.limit = 3};
    bd_auto_free char *ids = walk(db.conn, filter, on_bad, &bad);
    ck_assert_str_eq(ids, "00000005 00000003 00000001 00000000");
    ck_assert_ptr_nonnull(strstr(bd_str_text(&bad), "00000004 (column 'spec'"));
    ck_assert_ptr_nonnull(strstr(bd_str_text(&bad), "00000002 (column 'state'"));

    struct store_campaign got;
    FAILS(store_campaign_get(db.conn, "00000004", &got, err), BD_ECORRUPT, "campaign 00000004");
    FAILS(store_campaign_get(db.conn, "00000002", &got, err), BD_ECORRUPT, "'dreaming'");
    /* What is damaged can still be brought to its end. */
    OK(store_campaign_set_state(db.conn, "00000004", CAMPAIGN_FAILED, 0, 99, "damaged", err));
    db_done(&db);
}
END_TEST

START_TEST(test_heads_are_of_those_not_at_their_end_oldest_first)
{
    struct db db = db_new();
    for (int s = 0; s < CAMPAIGN_STATE_COUNT; s++) {
        char id[BD_ID_BYTES];
        snprintf(id, sizeof(id), "%08x", (unsigned)s);
        insert_bare(db.conn, id, "a", 100 - s, (enum campaign_state)s);
    }
    struct store_campaign row = full_row("0000000f"); /* paused */
    OK(store_campaign_insert(db.conn, &row, err));
    insert_bare(db.conn, "0000000e", "a", 1, CAMPAIGN_QUEUED);
    db_tamper(&db, "UPDATE campaign SET state = 'dreaming' WHERE id = '0000000e';"
                   "UPDATE campaign SET spec = '{\"cut' WHERE id = '00000001'");

    bd_auto_str struct bd_str bad = {0};
    bd_auto_str struct bd_str ids = {0};
    struct store_campaign_head *heads;
    size_t n;
    OK(store_campaign_heads(db.conn, on_bad, &bad, &heads, &n, err));
    for (size_t i = 0; i < n; i++)
        bd_str_addf(&ids, "%s:%s ", heads[i].id, campaign_state_to_str(heads[i].state));
    ck_assert_str_eq(bd_str_text(&ids), "00000003:cancelling 00000002:paused 00000001:running "
                                        "00000000:queued 0000000f:paused ");
    ck_assert_int_eq(heads[n - 1].priority, row.priority);
    ck_assert_int_eq(heads[n - 1].created_ns, row.created_ns);
    ck_assert_uint_eq(heads[n - 1].done, row.done);
    ck_assert_uint_eq(heads[n - 1].failed, row.failed);
    ck_assert_ptr_nonnull(strstr(bd_str_text(&bad), "0000000e (column 'state'"));
    free(heads);
    OK(store_campaign_heads(db.conn, NULL, NULL, &heads, &n, err)); /* nobody need be told */
    ck_assert_uint_eq(n, 5);
    free(heads);
    store_campaign_done(&row);
    db_done(&db);
}
END_TEST

UNIT_MAIN("store/campaign", test_every_column_comes_back, test_look_sets_its_columns_and_no_other,
          test_what_is_spent_adds_up_and_ends_it, test_every_state_comes_back,
          test_state_sets_its_columns_and_no_other, test_counters_and_states_come_in_any_order,
          test_missing_campaigns_are_told, test_listing_filters_and_pages,
          test_listing_without_spec_is_the_same_but_for_the_spec,
          test_damaged_rows_are_set_aside_and_the_listing_goes_on,
          test_heads_are_of_those_not_at_their_end_oldest_first)
