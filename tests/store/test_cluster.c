#include "lib/base/str.h"
#include "lib/store/cluster.h"
#include "tests/store/db.h"

/* Every column filled, each with a value of its own. */
static struct store_cluster full_row(const char *id, const char *name, int64_t created_ns)
{
    struct store_cluster row = {
        .name = bd_xstrdup(name),
        .state = CLUSTER_READY,
        .version = 1,
        .created_ns = created_ns,
        .ready_ns = 1700000000000000001,
        .ended_ns = 1700000000000000002,
        .spec = json_pack("{s:s s:f}", "backend", "lxc", "cpus", 0.25),
        .image_id = bd_xstrdup("0badcafe"),
        .image_name = bd_xstrdup("debian-bookworm"),
        .image_digest = bd_xstrdup("sha256:00112233"),
        .subnet = bd_xstrdup("10.213.4.0/24"),
        .scheduler_version = bd_xstrdup("slurm-wlm 22.05.8"),
        .step = bd_xstrdup("nodes"),
        .nodes = json_pack("[{s:s}]", "name", "ctl1 \xc3\xa4"),
        .timings = json_pack("{s:i}", "nodes", 200),
        .warnings = json_pack("[s]", "a \"quoted\" word"),
        .error = json_pack("{s:s}", "type", "timeout"),
        .residue = json_pack("{s:b}", "empty", 1),
        .network = json_pack("{s:[{s:s}]}", "figures", "name", "bandwidth"),
        .run = bd_xstrdup(id),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    return row;
}

/* Only what must be there. */
static struct store_cluster bare_row(const char *id, const char *name, int64_t created_ns)
{
    struct store_cluster row = {
        .name = name ? bd_xstrdup(name) : NULL, .version = 1, .created_ns = created_ns};
    row.spec = json_object();
    memcpy(row.id, id, BD_ID_BYTES);
    return row;
}

static void insert_bare(struct store_conn *c, const char *id, const char *name, int64_t created_ns,
                        enum cluster_state state)
{
    struct store_cluster row = bare_row(id, name, created_ns);
    row.state = state;
    OK(store_cluster_insert(c, &row, err));
    store_cluster_done(&row);
}

static void assert_same(const struct store_cluster *a, const struct store_cluster *b)
{
    ck_assert_str_eq(a->id, b->id);
    ck_assert_int_eq((int)a->state, (int)b->state);
    ck_assert_int_eq(a->version, b->version);
    ck_assert_int_eq(a->created_ns, b->created_ns);
    ck_assert_int_eq(a->ready_ns, b->ready_ns);
    ck_assert_int_eq(a->ended_ns, b->ended_ns);
    const char *const texts[][2] = {
        {a->name, b->name},
        {a->image_id, b->image_id},
        {a->image_name, b->image_name},
        {a->image_digest, b->image_digest},
        {a->subnet, b->subnet},
        {a->scheduler_version, b->scheduler_version},
        {a->step, b->step},
        {a->run, b->run},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(texts); i++)
        ck_assert_msg(bd_str_eq(texts[i][0], texts[i][1]), "text %zu", i);
    json_t *const jsons[][2] = {
        {a->spec, b->spec},         {a->nodes, b->nodes}, {a->timings, b->timings},
        {a->warnings, b->warnings}, {a->error, b->error}, {a->residue, b->residue},
        {a->network, b->network},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(jsons); i++)
        ck_assert_msg(jsons[i][0] == jsons[i][1] || json_equal(jsons[i][0], jsons[i][1]),
                      "json %zu", i);
}

START_TEST(test_every_column_comes_back)
{
    struct db db = db_new();
    struct store_cluster rows[] = {full_row("00000001", "full", 5), bare_row("00000002", NULL, 6)};
    for (size_t i = 0; i < BD_ARRAY_LEN(rows); i++) {
        struct store_cluster got;
        OK(store_cluster_insert(db.conn, &rows[i], err));
        OK(store_cluster_get(db.conn, rows[i].id, &got, err));
        assert_same(&rows[i], &got);
        store_cluster_done(&got);
    }
    /* Each becomes the other by an update, but for id and name. */
    for (size_t i = 0; i < BD_ARRAY_LEN(rows); i++) {
        struct store_cluster got,
            changed = i == 0 ? bare_row("00000001", NULL, 7) : full_row("00000002", "second", 8);
        changed.version = 2;
        OK(store_cluster_update(db.conn, &changed, err));
        OK(store_cluster_get(db.conn, changed.id, &got, err));
        assert_same(&changed, &got);
        store_cluster_done(&got);
        store_cluster_done(&changed);
        store_cluster_done(&rows[i]);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_every_state_comes_back)
{
    struct db db = db_new();
    for (int s = 0; s < CLUSTER_STATE_COUNT; s++) {
        char id[BD_ID_BYTES];
        struct store_cluster got;
        snprintf(id, sizeof(id), "%08x", (unsigned)s);
        insert_bare(db.conn, id, NULL, 1, (enum cluster_state)s);
        OK(store_cluster_get(db.conn, id, &got, err));
        ck_assert_int_eq((int)got.state, s);
        store_cluster_done(&got);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_stale_and_missing_rows_are_not_written)
{
    struct db db = db_new();
    struct store_cluster row = bare_row("00000001", NULL, 1), got = {.version = 77};
    FAILS(store_cluster_update(db.conn, &row, err), BD_ENOTFOUND, "00000001");
    FAILS(store_cluster_get(db.conn, "00000001", &got, err), BD_ENOTFOUND, "00000001");
    ck_assert_int_eq(got.version, 77);
    OK(store_cluster_insert(db.conn, &row, err));
    FAILS(store_cluster_insert(db.conn, &row, err), BD_ECONFLICT, "00000001");
    FAILS(store_cluster_update(db.conn, &row, err), BD_ECONFLICT, "not newer");
    row.version = 2;
    OK(store_cluster_update(db.conn, &row, err));
    store_cluster_done(&row);
    db_done(&db);
}
END_TEST

START_TEST(test_name_is_taken_while_its_cluster_lives)
{
    struct db db = db_new();
    struct store_cluster second = bare_row("00000002", "alpha", 2);
    insert_bare(db.conn, "00000001", "alpha", 1, CLUSTER_CREATING);
    for (int s = 0; s < CLUSTER_STATE_COUNT; s++) {
        struct store_cluster first = bare_row("00000001", "alpha", 1);
        first.state = (enum cluster_state)s;
        first.version = 2 + s;
        OK(store_cluster_update(db.conn, &first, err));
        store_cluster_done(&first);

        OK(store_begin(db.conn, err));
        if (cluster_state_is_final((enum cluster_state)s)) {
            OK(store_cluster_insert(db.conn, &second, err));
        } else {
            FAILS(store_cluster_insert(db.conn, &second, err), BD_ECONFLICT,
                  "'alpha' is taken by cluster 00000001");
        }
        store_rollback(db.conn);
    }
    store_cluster_done(&second);
    insert_bare(db.conn, "00000003", NULL, 3, CLUSTER_READY); /* no name is no clash */
    insert_bare(db.conn, "00000004", NULL, 3, CLUSTER_READY);
    db_done(&db);
}
END_TEST

/* Walks the whole listing in pages; the ids joined by blanks. Between the pages `between` is
 * called. */
static char *walk(struct store_conn *c, struct store_cluster_filter filter,
                  void (*between)(struct store_conn *c, int page), store_bad_row_fn on_bad,
                  void *arg)
{
    struct bd_str ids = {0};
    char last_id[BD_ID_BYTES];
    for (int page = 0;; page++) {
        struct store_cluster *rows;
        size_t n;
        OK(store_cluster_list(c, &filter, on_bad, arg, &rows, &n, err));
        ck_assert_uint_le(n, filter.limit);
        for (size_t i = 0; i < n; i++)
            bd_str_addf(&ids, "%s%s", ids.len ? " " : "", rows[i].id);
        if (n > 0) {
            memcpy(last_id, rows[n - 1].id, sizeof(last_id));
            filter.before_id = last_id;
            filter.before_created_ns = rows[n - 1].created_ns;
        }
        store_clusters_free(rows, n);
        if (n < filter.limit)
            return bd_str_take(&ids);
        if (between)
            between(c, page);
    }
}

static void insert_newer(struct store_conn *c, int page)
{
    char id[BD_ID_BYTES];
    snprintf(id, sizeof(id), "f%07x", (unsigned)page);
    insert_bare(c, id, NULL, 1000 + page, CLUSTER_CREATING);
}

START_TEST(test_pages_are_complete_while_rows_are_inserted)
{
    struct db db = db_new();
    struct bd_str expected = {0};
    /* Three of each time, so that pages end among equal times. */
    for (unsigned i = 0; i < 21; i++) {
        char id[BD_ID_BYTES];
        snprintf(id, sizeof(id), "%08x", i);
        insert_bare(db.conn, id, NULL, 10 + i / 3, (enum cluster_state)(i % CLUSTER_STATE_COUNT));
    }
    for (int i = 20; i >= 0; i--)
        bd_str_addf(&expected, "%s%08x", expected.len ? " " : "", (unsigned)i);
    static const unsigned limits[] = {1, 2, 3, 4, 7, 20, 21, 22, 500};
    for (size_t i = 0; i < BD_ARRAY_LEN(limits); i++) {
        struct store_cluster_filter filter = {.limit = limits[i]};
        OK(store_begin(db.conn, err));
        bd_auto_free char *ids = walk(db.conn, filter, insert_newer, NULL, NULL);
        store_rollback(db.conn);
        ck_assert_str_eq(ids, bd_str_text(&expected));
    }
    bd_str_done(&expected);
    db_done(&db);
}
END_TEST

START_TEST(test_listing_filters_by_state_and_name)
{
    struct db db = db_new();
    insert_bare(db.conn, "00000001", "a", 1, CLUSTER_DELETED);
    insert_bare(db.conn, "00000002", "a", 2, CLUSTER_FAILED);
    insert_bare(db.conn, "00000003", "a", 3, CLUSTER_READY);
    insert_bare(db.conn, "00000004", "b", 4, CLUSTER_READY);
    insert_bare(db.conn, "00000005", NULL, 5, CLUSTER_CREATING);
    const struct {
        struct store_cluster_filter filter;
        const char *ids;
    } cases[] = {
        {{.limit = 9}, "00000005 00000004 00000003 00000002 00000001"},
        {{.limit = 9, .name = "a"}, "00000003 00000002 00000001"},
        {{.limit = 9, .states = 1U << CLUSTER_READY}, "00000004 00000003"},
        {{.limit = 9, .states = 1U << CLUSTER_READY | 1U << CLUSTER_DELETED, .name = "a"},
         "00000003 00000001"},
        {{.limit = 9, .states = 1U << CLUSTER_FAILING}, ""},
        {{.limit = 9, .name = "none"}, ""},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_free char *ids = walk(db.conn, cases[i].filter, NULL, NULL, NULL);
        ck_assert_str_eq(ids, cases[i].ids);
    }
    db_done(&db);
}
END_TEST

static void on_bad(const char *id, const struct bd_err *why, void *arg)
{
    ck_assert_int_eq(why->code, BD_ECORRUPT);
    bd_str_addf(arg, "%s (%s) ", id, why->text);
}

START_TEST(test_damaged_rows_are_set_aside_and_pages_stay_full)
{
    struct db db = db_new();
    for (unsigned i = 0; i < 8; i++) {
        char id[BD_ID_BYTES];
        snprintf(id, sizeof(id), "%08x", i);
        insert_bare(db.conn, id, NULL, 10 + i, CLUSTER_READY);
    }
    db_tamper(&db, "UPDATE cluster SET spec = '{\"cut' WHERE id = '00000006';"
                   "UPDATE cluster SET warnings = 'x' WHERE id = '00000005';"
                   "UPDATE cluster SET created_ns = 9 WHERE id = '00000000'");
    bd_auto_str struct bd_str bad = {0};
    struct store_cluster_filter filter = {.limit = 3};
    bd_auto_free char *ids = walk(db.conn, filter, NULL, on_bad, &bad);
    ck_assert_str_eq(ids, "00000007 00000004 00000003 00000002 00000001 00000000");
    ck_assert_ptr_nonnull(strstr(bad.data, "00000006 (column 'spec'"));
    ck_assert_ptr_nonnull(strstr(bad.data, "00000005 (column 'warnings'"));

    struct store_cluster got;
    FAILS(store_cluster_get(db.conn, "00000006", &got, err), BD_ECORRUPT, "00000006");
    db_done(&db);
}
END_TEST

START_TEST(test_unknown_state_is_set_aside)
{
    struct db db = db_new();
    struct store_cluster got;
    insert_bare(db.conn, "00000001", NULL, 1, CLUSTER_READY);
    db_tamper(&db, "UPDATE cluster SET state = 'dreaming'");
    FAILS(store_cluster_get(db.conn, "00000001", &got, err), BD_ECORRUPT, "'dreaming'");

    bd_auto_str struct bd_str bad = {0};
    struct store_cluster_filter filter = {.limit = 3};
    bd_auto_free char *ids = walk(db.conn, filter, NULL, on_bad, &bad);
    ck_assert_str_eq(ids, "");
    ck_assert_ptr_nonnull(strstr(bd_str_text(&bad), "00000001 (column 'state'"));
    db_done(&db);
}
END_TEST

START_TEST(test_steps_are_listed_in_the_order_of_their_beginning)
{
    struct db db = db_new();
    insert_bare(db.conn, "00000001", NULL, 1, CLUSTER_CREATING);
    struct store_step steps[] = {
        {"00000001", .name = bd_xstrdup("image"), 1, STORE_STEP_INTENDED, 30, 0, 99, NULL},
        {"00000001", .name = bd_xstrdup("admit"), 1, STORE_STEP_INTENDED, 10, 0, 0, NULL},
        {"00000001", .name = bd_xstrdup("admit"), 2, STORE_STEP_DONE, 20, 21, 0, NULL},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(steps); i++)
        OK(store_step_put(db.conn, &steps[i], err));
    steps[1].state = STORE_STEP_FAILED;
    steps[1].ended_ns = 15;
    steps[1].error = bd_xstrdup("no room");
    OK(store_step_put(db.conn, &steps[1], err)); /* over its own row */

    struct store_step *rows;
    size_t n;
    OK(store_step_list(db.conn, "00000001", &rows, &n, err));
    ck_assert_uint_eq(n, 3);
    for (size_t i = 0; i < n; i++) { /* as written, though the clock was set back after the first */
        const struct store_step *want = &steps[i];
        ck_assert_str_eq(rows[i].cluster, want->cluster);
        ck_assert_str_eq(rows[i].name, want->name);
        ck_assert_uint_eq(rows[i].attempt, want->attempt);
        ck_assert_int_eq((int)rows[i].state, (int)want->state);
        ck_assert_int_eq(rows[i].started_ns, want->started_ns);
        ck_assert_int_eq(rows[i].ended_ns, want->ended_ns);
        ck_assert_int_eq(rows[i].deadline_ns, want->deadline_ns);
        ck_assert(bd_str_eq(rows[i].error, want->error));
    }
    store_steps_free(rows, n);
    OK(store_step_list(db.conn, "00000002", &rows, &n, err));
    ck_assert_uint_eq(n, 0);
    store_steps_free(rows, n);

    struct store_step orphan = {"00000009", .name = steps[0].name, 1, STORE_STEP_DONE, 1, 2, 0,
                                NULL};
    FAILS(store_step_put(db.conn, &orphan, err), BD_EINVALID, "FOREIGN KEY");
    for (size_t i = 0; i < BD_ARRAY_LEN(steps); i++) {
        free(steps[i].name);
        free(steps[i].error);
    }
    db_done(&db);
}
END_TEST

START_TEST(test_inventory_is_kept_replaced_and_deleted)
{
    struct db db = db_new();
    bd_auto_json json_t *first = json_pack("[s]", "link lo");
    bd_auto_json json_t *second = json_pack("[ss]", "link lo", "mount /");
    insert_bare(db.conn, "00000001", NULL, 1, CLUSTER_CREATING);
    json_t *got = first;
    OK(store_inventory_get(db.conn, "00000001", &got, err));
    ck_assert_ptr_null(got);
    OK(store_inventory_put(db.conn, "00000001", first, err));
    OK(store_inventory_put(db.conn, "00000001", second, err));
    OK(store_inventory_get(db.conn, "00000001", &got, err));
    ck_assert(json_equal(got, second));
    json_decref(got);
    OK(store_inventory_delete(db.conn, "00000001", err));
    OK(store_inventory_get(db.conn, "00000001", &got, err));
    ck_assert_ptr_null(got);
    db_done(&db);
}
END_TEST

UNIT_MAIN("store/cluster", test_every_column_comes_back, test_every_state_comes_back,
          test_stale_and_missing_rows_are_not_written, test_name_is_taken_while_its_cluster_lives,
          test_pages_are_complete_while_rows_are_inserted, test_listing_filters_by_state_and_name,
          test_damaged_rows_are_set_aside_and_pages_stay_full, test_unknown_state_is_set_aside,
          test_steps_are_listed_in_the_order_of_their_beginning,
          test_inventory_is_kept_replaced_and_deleted)
