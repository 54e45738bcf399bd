#include "lib/base/str.h"
#include "lib/store/artifact.h"
#include "lib/store/run.h"
#include "tests/store/db.h"

#include <string.h>

/* A digest whose hex digits are all this one. */
static struct store_artifact file(const char *name, char digit, uint64_t stored_bytes)
{
    struct store_artifact row = {
        .name = bd_xstrdup(name),
        .bytes = 10 * stored_bytes,
        .stored_bytes = stored_bytes,
        .modified_ns = 1700000000000000001,
    };
    memset(row.digest, digit, sizeof(row.digest) - 1);
    memcpy(row.digest, "sha256:", strlen("sha256:"));
    return row;
}

static void insert_campaign(struct store_conn *c, const char *id, enum campaign_state state,
                            int64_t ended_ns, json_t *artifacts)
{
    struct store_campaign row = {
        .name = bd_xstrdup("study"),
        .state = state,
        .version = 1,
        .created_ns = 1,
        .ended_ns = ended_ns,
        .spec = json_object(),
        .digest = bd_xstrdup(""),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    if (artifacts)
        json_object_set_new(row.spec, "artifacts", artifacts);
    OK(store_campaign_insert(c, &row, err));
    store_campaign_done(&row);
}

static void insert_run(struct store_conn *c, const char *id, const char *campaign,
                       unsigned position, enum run_state state)
{
    struct store_run row = {
        .position = position,
        .attempt = 1,
        .state = state,
        .version = 1,
        .created_ns = 1,
        .levels = json_object(),
        .spec = json_object(),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    memcpy(row.campaign, campaign, BD_ID_BYTES);
    OK(store_run_insert(c, &row, err));
    store_run_done(&row);
}

/* Answers the bytes that are new. */
static uint64_t put(struct store_conn *c, const char *run, const char *name, char digit,
                    uint64_t stored_bytes)
{
    struct store_artifact row = file(name, digit, stored_bytes);
    uint64_t added = 77;
    OK(store_artifacts_insert(c, run, &row, 1, 5, &added, err));
    store_artifact_done(&row);
    return added;
}

static uint64_t stored(struct store_conn *c)
{
    uint64_t bytes;
    OK(store_object_bytes(c, &bytes, err));
    return bytes;
}

/* The runs that may go, in their order: "id id". */
static char *removable(struct store_conn *c, unsigned limit)
{
    struct store_artifact_run *rows = NULL;
    size_t n = 0;
    struct bd_str text = {0};
    OK(store_artifact_removable(c, limit, &rows, &n, err));
    for (size_t i = 0; i < n; i++)
        bd_str_addf(&text, "%s%s:%llu", i ? " " : "", rows[i].run,
                    (unsigned long long)rows[i].bytes);
    free(rows);
    return text.data ? bd_str_take(&text) : bd_xstrdup("");
}

static void assert_removable(struct store_conn *c, const char *expected)
{
    bd_auto_free char *got = removable(c, 100);
    ck_assert_str_eq(got, expected);
}

static struct db with_run(void)
{
    struct db db = db_new();
    insert_campaign(db.conn, "cccc0001", CAMPAIGN_DONE, 100, NULL);
    insert_run(db.conn, "00000001", "cccc0001", 0, RUN_DONE);
    return db;
}

START_TEST(test_files_come_back_by_name)
{
    struct db db = with_run();
    struct store_artifact rows[] = {file("stdout", 'a', 30), file("a.log", 'b', 4),
                                    file("again", 'a', 30)};
    struct store_artifact *got = NULL;
    size_t n = 7;
    uint64_t added = 0;
    OK(store_artifact_list(db.conn, "00000001", &got, &n, err));
    ck_assert_uint_eq(n, 0);
    OK(store_artifacts_insert(db.conn, "00000001", rows, 3, 5, &added, err));
    ck_assert_uint_eq(added, 34); /* one of them twice */
    ck_assert_uint_eq(stored(db.conn), 34);
    OK(store_artifact_list(db.conn, "00000001", &got, &n, err));
    ck_assert_uint_eq(n, 3);
    static const size_t order[] = {1, 2, 0};
    for (size_t i = 0; i < n; i++) {
        const struct store_artifact *row = &rows[order[i]];
        ck_assert_str_eq(got[i].name, row->name);
        ck_assert_str_eq(got[i].digest, row->digest);
        ck_assert_uint_eq(got[i].bytes, row->bytes);
        ck_assert_uint_eq(got[i].stored_bytes, row->stored_bytes);
        ck_assert_int_eq(got[i].modified_ns, row->modified_ns);
        ck_assert_int_eq(got[i].removed_ns, 0);
    }
    store_artifacts_free(got, n);
    struct store_artifact one;
    OK(store_artifact_get(db.conn, "00000001", "a.log", &one, err));
    ck_assert_str_eq(one.digest, rows[1].digest);
    store_artifact_done(&one);
    FAILS(store_artifact_get(db.conn, "00000001", "b.log", &one, err), BD_ENOTFOUND, "b.log");
    ck_assert_int_eq(store_object_exists(db.conn, rows[0].digest, NULL), 1);
    ck_assert_int_eq(store_object_exists(db.conn, "sha256:0", NULL), 0);
    for (size_t i = 0; i < BD_ARRAY_LEN(rows); i++)
        store_artifact_done(&rows[i]);
    db_done(&db);
}
END_TEST

START_TEST(test_only_a_run_that_there_is_has_files)
{
    struct db db = with_run();
    struct store_artifact row = file("stdout", 'a', 1);
    uint64_t added = 7;
    FAILS(store_artifacts_insert(db.conn, "00000009", &row, 1, 5, &added, err), BD_EINVALID,
          "FOREIGN KEY");
    ck_assert_uint_eq(added, 7);
    store_artifact_done(&row);
    db_done(&db);
}
END_TEST

START_TEST(test_an_insert_that_is_repeated_changes_nothing)
{
    struct db db = with_run();
    ck_assert_uint_eq(put(db.conn, "00000001", "stdout", 'a', 30), 30);
    ck_assert_uint_eq(put(db.conn, "00000001", "stdout", 'a', 30), 0);
    ck_assert_uint_eq(put(db.conn, "00000001", "stdout", 'b', 40), 0); /* what was first, stays */
    struct store_artifact one;
    OK(store_artifact_get(db.conn, "00000001", "stdout", &one, err));
    ck_assert_int_eq(one.digest[10], 'a');
    store_artifact_done(&one);
    ck_assert_uint_eq(stored(db.conn), 30);
    db_done(&db);
}
END_TEST

START_TEST(test_an_object_goes_with_the_last_that_needs_it)
{
    struct db db = with_run();
    insert_run(db.conn, "00000002", "cccc0001", 1, RUN_FAILED);
    put(db.conn, "00000001", "own", 'a', 1);
    put(db.conn, "00000001", "own-too", 'a', 1);
    put(db.conn, "00000001", "both", 'b', 20);
    put(db.conn, "00000002", "both", 'b', 20);
    put(db.conn, "00000002", "own", 'c', 300);
    assert_removable(db.conn, "00000001:21 00000002:320");

    uint64_t freed = 0;
    bd_auto_strv struct bd_strv digests = {0};
    OK(store_artifact_remove(db.conn, "00000001", 999, &freed, &digests, err));
    ck_assert_uint_eq(freed, 1);
    ck_assert_uint_eq(digests.n, 1);
    ck_assert_int_eq(digests.items[0][10], 'a');
    ck_assert_uint_eq(stored(db.conn), 320);
    struct store_artifact one;
    OK(store_artifact_get(db.conn, "00000001", "both", &one, err));
    ck_assert_int_eq(one.removed_ns, 999);
    ck_assert_uint_eq(one.bytes, 200); /* what it was is still known */
    ck_assert_uint_eq(one.stored_bytes, 0);
    store_artifact_done(&one);
    OK(store_artifact_get(db.conn, "00000002", "both", &one, err));
    ck_assert_int_eq(one.removed_ns, 0);
    ck_assert_uint_eq(one.stored_bytes, 20);
    store_artifact_done(&one);

    OK(store_artifact_remove(db.conn, "00000001", 1000, &freed, &digests, err));
    ck_assert_uint_eq(freed, 0);
    OK(store_artifact_remove(db.conn, "00000002", 1000, &freed, &digests, err));
    ck_assert_uint_eq(freed, 320);
    ck_assert_uint_eq(digests.n, 3);
    ck_assert_uint_eq(stored(db.conn), 0);
    assert_removable(db.conn, "");
    db_done(&db);
}
END_TEST

/* Its directory may still be there, when benchd ended between the two. */
START_TEST(test_what_was_removed_does_not_come_back_by_an_insert)
{
    struct db db = with_run();
    put(db.conn, "00000001", "stdout", 'a', 30);
    uint64_t freed = 0;
    bd_auto_strv struct bd_strv digests = {0};
    OK(store_artifact_remove(db.conn, "00000001", 999, &freed, &digests, err));
    ck_assert_uint_eq(put(db.conn, "00000001", "stdout", 'a', 30), 0);
    ck_assert_uint_eq(stored(db.conn), 0);
    assert_removable(db.conn, "");
    db_done(&db);
}
END_TEST

START_TEST(test_the_oldest_end_goes_first)
{
    struct db db = db_new();
    insert_campaign(db.conn, "cccc0003", CAMPAIGN_DONE, 300, NULL);
    insert_campaign(db.conn, "cccc0001", CAMPAIGN_FAILED, 100, NULL);
    insert_campaign(db.conn, "cccc0002", CAMPAIGN_CANCELLED, 200, NULL);
    insert_run(db.conn, "0000000a", "cccc0003", 0, RUN_DONE);
    insert_run(db.conn, "0000000b", "cccc0001", 7, RUN_DONE);
    insert_run(db.conn, "0000000c", "cccc0001", 2, RUN_FAILED); /* before that in the plan */
    insert_run(db.conn, "0000000d", "cccc0002", 0, RUN_CANCELLED);
    insert_run(db.conn, "0000000e", "cccc0002", 1, RUN_DONE); /* it has left nothing */
    static const char *const runs[] = {"0000000a", "0000000b", "0000000c", "0000000d"};
    for (size_t i = 0; i < BD_ARRAY_LEN(runs); i++)
        put(db.conn, runs[i], "stdout", (char)('a' + i), 1);
    assert_removable(db.conn, "0000000c:1 0000000b:1 0000000d:1 0000000a:1");
    bd_auto_free char *first = removable(db.conn, 2);
    ck_assert_str_eq(first, "0000000c:1 0000000b:1");
    db_done(&db);
}
END_TEST

START_TEST(test_what_is_pinned_is_never_among_them)
{
    static const struct {
        const char *artifacts; /* of its spec */
        enum campaign_state state;
        bool removable;
    } campaigns[] = {
        {NULL, CAMPAIGN_QUEUED, false},
        {NULL, CAMPAIGN_RUNNING, false},
        {NULL, CAMPAIGN_PAUSED, false},
        {NULL, CAMPAIGN_CANCELLING, false},
        {NULL, CAMPAIGN_DONE, true}, /* a spec from before there was the member */
        {"{}", CAMPAIGN_DONE, true},
        {"{\"keep\":false}", CAMPAIGN_DONE, true},
        {"{\"keep\":true}", CAMPAIGN_DONE, false},
        {"{\"keep\":true}", CAMPAIGN_FAILED, false},
        {"{\"keep\":true}", CAMPAIGN_CANCELLED, false},
        {"{\"keep\":false}", CAMPAIGN_RUNNING, false},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(campaigns); i++) {
        struct db db = db_new();
        const char *text = campaigns[i].artifacts;
        json_t *artifacts = text ? json_loads(text, 0, NULL) : NULL;
        insert_campaign(db.conn, "cccc0001", campaigns[i].state, 100, artifacts);
        insert_run(db.conn, "00000001", "cccc0001", 0, RUN_DONE);
        put(db.conn, "00000001", "stdout", 'a', 5);
        bd_auto_free char *got = removable(db.conn, 10);
        ck_assert_msg(bd_str_eq(got, campaigns[i].removable ? "00000001:5" : ""), "row %zu: %s", i,
                      got);
        db_done(&db);
    }
}
END_TEST

START_TEST(test_a_spec_that_cant_be_read_keeps_its_files)
{
    struct db db = with_run();
    put(db.conn, "00000001", "stdout", 'a', 5);
    db_tamper(&db, "UPDATE campaign SET spec = '{\"artifacts\": {'");
    assert_removable(db.conn, "");
    db_done(&db);
}
END_TEST

START_TEST(test_which_runs_are_at_their_end)
{
    struct db db = db_new();
    insert_campaign(db.conn, "cccc0001", CAMPAIGN_RUNNING, 0, NULL);
    for (int s = 0; s < RUN_STATE_COUNT; s++) {
        char id[BD_ID_BYTES];
        snprintf(id, sizeof(id), "%08x", (unsigned)s);
        insert_run(db.conn, id, "cccc0001", (unsigned)s, (enum run_state)s);
        ck_assert_int_eq(store_artifact_run_ended(db.conn, id, NULL),
                         run_state_is_final((enum run_state)s));
    }
    ck_assert_int_eq(store_artifact_run_ended(db.conn, "ffffffff", NULL), 0);
    db_done(&db);
}
END_TEST

START_TEST(test_a_damaged_row_is_told)
{
    struct db db = with_run();
    put(db.conn, "00000001", "stdout", 'a', 5);
    db_tamper(&db, "UPDATE artifact SET digest = 'sha256:0'");
    struct store_artifact *rows = NULL;
    size_t n = 7;
    FAILS(store_artifact_list(db.conn, "00000001", &rows, &n, err), BD_ECORRUPT, "00000001");
    ck_assert_uint_eq(n, 7);
    db_done(&db);
}
END_TEST

UNIT_MAIN("artifact", test_files_come_back_by_name, test_only_a_run_that_there_is_has_files,
          test_an_insert_that_is_repeated_changes_nothing,
          test_an_object_goes_with_the_last_that_needs_it,
          test_what_was_removed_does_not_come_back_by_an_insert, test_the_oldest_end_goes_first,
          test_what_is_pinned_is_never_among_them, test_a_spec_that_cant_be_read_keeps_its_files,
          test_which_runs_are_at_their_end, test_a_damaged_row_is_told)
