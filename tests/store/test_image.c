#include "lib/base/str.h"
#include "lib/store/image.h"
#include "tests/store/db.h"

#define DIGEST_A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "sha256:aaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define DIGEST_F "sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static struct store_image ready(const char *id, const char *name, int64_t ready_ns,
                                const char *digest)
{
    struct store_image row = {
        .name = bd_xstrdup(name),
        .state = IMAGE_READY,
        .version = 1,
        .created_ns = ready_ns - 1,
        .ready_ns = ready_ns,
        .digest = bd_xstrdup(digest),
        .recipe_digest = bd_xstrdup("sha256:1234"),
        .fingerprint = bd_xstrdup("sha256:5678"),
        .size_bytes = 734003200,
        .entries = 9098,
        .packages = 180,
        .recipe = bd_xstrdup("bookworm"),
        .workloads = bd_xstrdup("[\"fio\"]"),
    };
    memcpy(row.id, id, BD_ID_BYTES);
    return row;
}

static struct store_image building(const char *id, const char *name, int64_t created_ns)
{
    struct store_image row = {.name = bd_xstrdup(name),
                              .state = IMAGE_BUILDING,
                              .version = 1,
                              .created_ns = created_ns,
                              .recipe_digest = bd_xstrdup(""),
                              .progress = bd_xstrdup("unpacking")};
    memcpy(row.id, id, BD_ID_BYTES);
    return row;
}

static void insert(struct store_conn *c, struct store_image row)
{
    OK(store_image_insert(c, &row, err));
    store_image_done(&row);
}

static void assert_same(const struct store_image *a, const struct store_image *b)
{
    ck_assert_str_eq(a->id, b->id);
    ck_assert_str_eq(a->name, b->name);
    ck_assert_int_eq((int)a->state, (int)b->state);
    ck_assert_int_eq(a->version, b->version);
    ck_assert_int_eq(a->created_ns, b->created_ns);
    ck_assert_int_eq(a->ready_ns, b->ready_ns);
    ck_assert(bd_str_eq(a->digest, b->digest));
    ck_assert(bd_str_eq(a->recipe_digest, b->recipe_digest));
    ck_assert(bd_str_eq(a->fingerprint, b->fingerprint));
    ck_assert_int_eq(a->size_bytes, b->size_bytes);
    ck_assert_int_eq(a->entries, b->entries);
    ck_assert_int_eq(a->packages, b->packages);
    ck_assert(bd_str_eq(a->progress, b->progress));
    ck_assert(bd_str_eq(a->error, b->error));
    ck_assert(bd_str_eq(a->recipe, b->recipe));
    ck_assert(bd_str_eq(a->workloads, b->workloads));
}

START_TEST(test_every_column_comes_back)
{
    struct db db = db_new();
    struct store_image rows[] = {ready("00000001", "one", 10, DIGEST_A),
                                 building("00000002", "two", 11)};
    struct store_image got;
    for (size_t i = 0; i < BD_ARRAY_LEN(rows); i++) {
        OK(store_image_insert(db.conn, &rows[i], err));
        FAILS(store_image_insert(db.conn, &rows[i], err), BD_ECONFLICT, rows[i].id);
        OK(store_image_get(db.conn, rows[i].id, &got, err));
        assert_same(&rows[i], &got);
        store_image_done(&got);
    }
    rows[1].state = IMAGE_FAILED;
    rows[1].error = bd_xstrdup("disk full");
    FAILS(store_image_update(db.conn, &rows[1], err), BD_ECONFLICT, "not newer");
    rows[1].version = 2;
    OK(store_image_update(db.conn, &rows[1], err));
    OK(store_image_get(db.conn, "00000002", &got, err));
    assert_same(&rows[1], &got);
    store_image_done(&got);

    OK(store_image_delete(db.conn, "00000002", err));
    FAILS(store_image_delete(db.conn, "00000002", err), BD_ENOTFOUND, "00000002");
    FAILS(store_image_get(db.conn, "00000002", &got, err), BD_ENOTFOUND, "00000002");
    FAILS(store_image_update(db.conn, &rows[1], err), BD_ENOTFOUND, "00000002");
    store_image_done(&rows[0]);
    store_image_done(&rows[1]);
    db_done(&db);
}
END_TEST

START_TEST(test_image_is_found_by_id_name_and_digest)
{
    struct db db = db_new();
    insert(db.conn, ready("00000001", "bookworm", 10, DIGEST_A));
    insert(db.conn, ready("00000002", "bookworm", 20, DIGEST_B));
    insert(db.conn, ready("00000003", "copy", 5, DIGEST_B));
    insert(db.conn, building("00000004", "bookworm", 30));
    insert(db.conn, building("00000005", "unfinished", 30));
    insert(db.conn, ready("00000006", "trixie", 40, DIGEST_F));
    static const struct {
        const char *ref;
        int code;
        const char *id; /* or words of the error */
    } cases[] = {
        {"00000001", 0, "00000001"},
        {"00000004", 0, "00000004"},
        {"bookworm", 0, "00000002"}, /* the newest that is ready */
        {"copy", 0, "00000003"},
        {"unfinished", BD_ENOTFOUND, "unfinished"},
        {"00000009", BD_ENOTFOUND, "00000009"},
        {DIGEST_A, 0, "00000001"},
        {DIGEST_B, 0, "00000002"}, /* of two rows the newer */
        {"sha256:aaaaaaaaaaa", 0, "00000001"},
        {"sha256:aaaaaaaaaab", 0, "00000002"},
        {"sha256:aaaaaaaaaa", BD_ECONFLICT, "several"},
        {"sha256:ffffffff", 0, "00000006"},
        {"sha256:fffffff", BD_ENOTFOUND, "at least 8"},
        {"sha256:", BD_ENOTFOUND, "at least 8"},
        {"sha256:bbbbbbbb", BD_ENOTFOUND, "sha256:bbbbbbbb"},
        {"sha256:AAAAAAAAAAA", BD_ENOTFOUND, "at least 8"},
        {"sha256:aaaaaaaaaaa%", BD_ENOTFOUND, "at least 8"},
        {DIGEST_F "f", BD_ENOTFOUND, "sha256:ffff"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct store_image got;
        if (cases[i].code == 0) {
            OK(store_image_resolve(db.conn, cases[i].ref, &got, err));
            ck_assert_str_eq(got.id, cases[i].id);
            store_image_done(&got);
        } else {
            FAILS(store_image_resolve(db.conn, cases[i].ref, &got, err), cases[i].code,
                  cases[i].id);
        }
    }
    db_done(&db);
}
END_TEST

START_TEST(test_listing_is_newest_first_filtered_and_paged)
{
    struct db db = db_new();
    insert(db.conn, ready("00000001", "a", 11, DIGEST_A));
    insert(db.conn, ready("00000002", "b", 11, DIGEST_B));
    insert(db.conn, building("00000003", "a", 20));
    const struct {
        struct store_image_filter filter;
        const char *ids;
    } cases[] = {
        {{.limit = 9}, "00000003 00000002 00000001 "},
        {{.limit = 1}, "00000003 "},
        {{.limit = 9, .before_created_ns = 10, .before_id = "00000002"}, "00000001 "},
        {{.limit = 9, .states = 1U << IMAGE_READY}, "00000002 00000001 "},
        {{.limit = 9, .states = 1U << IMAGE_FAILED}, ""},
        {{.limit = 9, .name = "a"}, "00000003 00000001 "},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct store_image *rows;
        size_t n;
        bd_auto_str struct bd_str ids = {0};
        OK(store_image_list(db.conn, &cases[i].filter, NULL, NULL, &rows, &n, err));
        for (size_t k = 0; k < n; k++)
            bd_str_addf(&ids, "%s ", rows[k].id);
        ck_assert_str_eq(bd_str_text(&ids), cases[i].ids);
        store_images_free(rows, n);
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
    insert(db.conn, ready("00000001", "a", 11, DIGEST_A));
    insert(db.conn, building("00000002", "a", 20));
    insert(db.conn, ready("00000003", "b", 31, DIGEST_B));
    db_tamper(&db, "UPDATE image SET state = 'melted' WHERE id = '00000002'");
    bd_auto_str struct bd_str bad = {0};
    struct store_image *rows;
    size_t n;
    OK(store_image_list(db.conn, &(struct store_image_filter){.limit = 2}, on_bad, &bad, &rows, &n,
                        err));
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(rows[0].id, "00000003");
    ck_assert_str_eq(rows[1].id, "00000001");
    store_images_free(rows, n);
    ck_assert_ptr_nonnull(strstr(bd_str_text(&bad), "00000002 (column 'state'"));
    db_done(&db);
}
END_TEST

START_TEST(test_state_names_read_back)
{
    for (int s = 0; s < IMAGE_STATE_COUNT; s++) {
        enum image_state back;
        ck_assert_int_eq(image_state_from_str(image_state_to_str((enum image_state)s), &back), 0);
        ck_assert_int_eq((int)back, s);
    }
    enum image_state state = IMAGE_FAILED;
    ck_assert_int_lt(image_state_from_str("done", &state), 0);
    ck_assert_int_eq((int)state, IMAGE_FAILED);
}
END_TEST

UNIT_MAIN("store/image", test_every_column_comes_back, test_image_is_found_by_id_name_and_digest,
          test_listing_is_newest_first_filtered_and_paged,
          test_damaged_rows_are_set_aside_and_pages_stay_full, test_state_names_read_back)
