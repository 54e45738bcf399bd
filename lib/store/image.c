#include "lib/store/image.h"

#include "lib/base/str.h"
#include "lib/store/page.h"

#include <errno.h>
#include <string.h>

/* In the order of enum column; row_bind() and row_read() keep to it. */
#define COLUMNS                                                                                    \
    "id, name, state, version, created_ns, ready_ns, digest, recipe_digest, fingerprint, "         \
    "size_bytes, entries, packages, progress, error, recipe, workloads"
#define PLACES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

#define DIGEST_PREFIX     "sha256:"
#define DIGEST_MIN_DIGITS 8

enum column {
    COL_ID,
    COL_NAME,
    COL_STATE,
    COL_VERSION,
    COL_CREATED,
    COL_READY,
    COL_DIGEST,
    COL_RECIPE_DIGEST,
    COL_FINGERPRINT,
    COL_SIZE,
    COL_ENTRIES,
    COL_PACKAGES,
    COL_PROGRESS,
    COL_ERROR,
    COL_RECIPE,
    COL_WORKLOADS,
};

static const char *const state_names[IMAGE_STATE_COUNT] = {
    [IMAGE_BUILDING] = "building",
    [IMAGE_READY] = "ready",
    [IMAGE_FAILED] = "failed",
};

const char *image_state_to_str(enum image_state s)
{
    return state_names[s];
}

static int state_of(const char *text)
{
    for (int i = 0; i < IMAGE_STATE_COUNT; i++)
        if (bd_str_eq(state_names[i], text))
            return i;
    return -EINVAL;
}

static const char *state_name(int state)
{
    return state_names[state];
}

int image_state_from_str(const char *s, enum image_state *ret_state)
{
    int state = state_of(s);
    if (state < 0)
        return state;
    *ret_state = (enum image_state)state;
    return 0;
}

void store_image_done(struct store_image *row)
{
    free(row->name);
    free(row->digest);
    free(row->recipe_digest);
    free(row->fingerprint);
    free(row->progress);
    free(row->error);
    free(row->recipe);
    free(row->workloads);
    *row = (struct store_image){0};
}

void store_images_free(struct store_image *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_image_done(&rows[i]);
    free(rows);
}

static void row_bind(struct query *q, const struct store_image *row)
{
    query_text(q, row->id);
    query_text(q, row->name);
    query_text(q, image_state_to_str(row->state));
    query_i64(q, row->version);
    query_time(q, row->created_ns);
    query_time(q, row->ready_ns);
    query_text(q, row->digest);
    query_text(q, row->recipe_digest);
    query_text(q, row->fingerprint);
    query_i64(q, row->size_bytes);
    query_i64(q, row->entries);
    query_i64(q, row->packages);
    query_text(q, row->progress);
    query_text(q, row->error);
    query_text(q, row->recipe);
    query_text(q, row->workloads);
}

static int row_read(const struct query *q, struct store_image *ret_row, struct bd_err *err)
{
    struct store_image row = {0};
    int state = 0;
    int r = query_col_id(q, COL_ID, row.id, err);
    if (r == 0)
        r = query_col_word(q, COL_STATE, state_of, &state, err);
    if (r < 0)
        return r;
    row.name = query_col_text(q, COL_NAME);
    row.state = (enum image_state)state;
    row.version = query_col_i64(q, COL_VERSION);
    row.created_ns = query_col_i64(q, COL_CREATED);
    row.ready_ns = query_col_i64(q, COL_READY);
    row.digest = query_col_text(q, COL_DIGEST);
    row.recipe_digest = query_col_text(q, COL_RECIPE_DIGEST);
    row.fingerprint = query_col_text(q, COL_FINGERPRINT);
    row.size_bytes = query_col_i64(q, COL_SIZE);
    row.entries = query_col_i64(q, COL_ENTRIES);
    row.packages = query_col_i64(q, COL_PACKAGES);
    row.progress = query_col_text(q, COL_PROGRESS);
    row.error = query_col_text(q, COL_ERROR);
    row.recipe = query_col_text(q, COL_RECIPE);
    row.workloads = query_col_text(q, COL_WORKLOADS);
    *ret_row = row;
    return 0;
}

int store_image_insert(struct store_conn *c, const struct store_image *row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "INSERT INTO image (" COLUMNS ") VALUES (" PLACES ")", err);
    if (r < 0)
        return r;
    row_bind(&q, row);
    r = query_run(&q, err);
    if (r < 0 && sqlite3_extended_errcode(c->db) == SQLITE_CONSTRAINT_PRIMARYKEY)
        return bd_err_set(err, BD_ECONFLICT, "there is an image with the id %s already", row->id);
    return r < 0 ? r : 0;
}

static int not_found(const char *ref, struct bd_err *err)
{
    return bd_err_set(err, BD_ENOTFOUND, "there is no image '%s'", ref);
}

int store_image_update(struct store_conn *c, const struct store_image *row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(
        &q, c, "UPDATE image SET (" COLUMNS ") = (" PLACES ") WHERE id = ?1 AND version < ?4", err);
    if (r < 0)
        return r;
    row_bind(&q, row);
    r = query_run(&q, err);
    if (r != 0)
        return r < 0 ? r : 0;

    struct store_image stored = {0};
    r = store_image_get(c, row->id, &stored, err);
    if (r < 0)
        return r;
    r = bd_err_set(err, BD_ECONFLICT,
                   "image %s is stored with version %lld; version %lld is not newer", row->id,
                   (long long)stored.version, (long long)row->version);
    store_image_done(&stored);
    return r;
}

int store_image_delete(struct store_conn *c, const char *id, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, "DELETE FROM image WHERE id = ?", err);
    if (r < 0)
        return r;
    query_text(&q, id);
    r = query_run(&q, err);
    if (r < 0)
        return r;
    return r > 0 ? 0 : not_found(id, err);
}

/* The row that a query with one text to bind answers. */
static int get_by(struct store_conn *c, const char *sql, const char *key,
                  struct store_image *ret_row, struct bd_err *err)
{
    auto_query struct query q = {0};
    int r = query_begin(&q, c, sql, err);
    if (r < 0)
        return r;
    query_text(&q, key);
    r = query_step(&q, err);
    if (r == 0)
        return not_found(key, err);
    if (r > 0) {
        r = row_read(&q, ret_row, err);
        if (r < 0)
            bd_err_wrap(err, "image %s", key);
    }
    return r;
}

int store_image_get(struct store_conn *c, const char *id, struct store_image *ret_row,
                    struct bd_err *err)
{
    return get_by(c, "SELECT " COLUMNS " FROM image WHERE id = ?", id, ret_row, err);
}

/* The one digest of ready images that begins with `prefix`. */
static int whole_digest(struct store_conn *c, const char *prefix, char **ret_digest,
                        struct bd_err *err)
{
    auto_query struct query q = {0};
    const char *digits = prefix + strlen(DIGEST_PREFIX);
    size_t n = strspn(digits, "0123456789abcdef");
    if (n < DIGEST_MIN_DIGITS || digits[n])
        return bd_err_set(err, BD_ENOTFOUND,
                          "'%.80s' is no digest of an image: after '" DIGEST_PREFIX
                          "' come at least %d hexadecimal digits",
                          prefix, DIGEST_MIN_DIGITS);
    /* 'g' comes behind every digit. */
    int r = query_begin(&q, c,
                        "SELECT DISTINCT digest FROM image WHERE state = 'ready'"
                        "  AND digest BETWEEN ?1 AND ?1 || 'g' LIMIT 2",
                        err);
    if (r < 0)
        return r;
    query_text(&q, prefix);
    r = query_step(&q, err);
    if (r <= 0)
        return r < 0 ? r : not_found(prefix, err);
    bd_auto_free char *digest = query_col_text(&q, 0);
    r = query_step(&q, err);
    if (r < 0)
        return r;
    if (r > 0)
        return bd_err_set(err, BD_ECONFLICT,
                          "'%s' is the beginning of several images' digests; give more digits",
                          prefix);
    *ret_digest = bd_take(digest);
    return 0;
}

int store_image_resolve(struct store_conn *c, const char *ref, struct store_image *ret_row,
                        struct bd_err *err)
{
    if (bd_starts_with(ref, DIGEST_PREFIX)) {
        bd_auto_free char *digest = NULL;
        int r = whole_digest(c, ref, &digest, err);
        if (r < 0)
            return r;
        return get_by(c,
                      "SELECT " COLUMNS " FROM image WHERE digest = ? AND state = 'ready' "
                      "ORDER BY ready_ns DESC LIMIT 1",
                      digest, ret_row, err);
    }
    int r = store_image_get(c, ref, ret_row, err);
    if (r != BD_ENOTFOUND)
        return r;
    return get_by(c,
                  "SELECT " COLUMNS " FROM image WHERE name = ? AND state = 'ready' "
                  "ORDER BY ready_ns DESC LIMIT 1",
                  ref, ret_row, err);
}

/* All there are, whatever the state says; or of some states. */
#define NAMED "AND (?4 IS NULL OR name = ?4) "
static const char list_all_sql[] =
    "SELECT " COLUMNS " FROM image WHERE " PAGE_PLACE NAMED PAGE_NEWEST_FIRST;
static const char list_states_sql[] =
    "SELECT " COLUMNS " FROM image WHERE state IN (SELECT value FROM json_each(?1)) "
    "AND " PAGE_PLACE NAMED PAGE_NEWEST_FIRST;

static int read_listed(const struct query *q, void *ret_row, struct bd_err *err)
{
    return row_read(q, ret_row, err);
}

static void free_listed(void *rows, size_t n)
{
    store_images_free(rows, n);
}

static const struct page_table table = {
    .row_bytes = sizeof(struct store_image),
    .col_created = COL_CREATED,
    .n_states = IMAGE_STATE_COUNT,
    .state_name = state_name,
    .read = read_listed,
    .free = free_listed,
};

int store_image_list(struct store_conn *c, const struct store_image_filter *filter,
                     store_bad_row_fn on_bad, void *arg, struct store_image **ret_rows,
                     size_t *ret_n, struct bd_err *err)
{
    const struct page_ask ask = {
        .sql = filter->states ? list_states_sql : list_all_sql,
        .states = filter->states,
        .text = filter->name,
        .before_created_ns = filter->before_created_ns,
        .before_id = filter->before_id,
        .limit = filter->limit,
    };
    void *rows = NULL;
    int r = page_list(c, &table, &ask, on_bad, arg, &rows, ret_n, err);
    if (r == 0)
        *ret_rows = rows;
    return r;
}
