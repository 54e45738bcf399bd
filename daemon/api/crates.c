/*
 * A campaign's crate: made by a worker in a file without a name, then sent from it. And the key
 * that it is signed with.
 */
#include "daemon/api/crate_content.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define CRATES_MAX 1 /* at once; others who pack and ask have the other workers */
#define CRATE_TYPE "application/zip"
#define ROOM_BYTES (UINT64_C(64) << 20) /* beside what files of runs need */
#define KEY_FILE   "signing-key.pem"
#define HEX_PREFIX "sha256:"

struct crate_making {
    struct work w;
    struct crate_making *next;
    struct api *a;
    struct http_request *r;
    struct bd_cancel *cancel;
    char id[96];
    char digest[BD_DIGEST_BYTES];
    int fd;
    uint64_t bytes;
    int rc;
    struct bd_err err;
};

static int open_key(const struct api *a, struct crate_key **ret_key, struct bd_err *err)
{
    bd_auto_free char *path = bd_xasprintf("%s/" KEY_FILE, a->config.places->state_dir);
    return crate_key_open(path, ret_key, err);
}

/* -- on a worker: what there is -- */

static void note_host(struct crate_content *c, struct crate_content_run *run,
                      const json_t *conditions)
{
    const char *digest = bd_json_str(conditions, "host", "");
    if (!bd_starts_with(digest, HEX_PREFIX))
        return;
    const char *hex = digest + strlen(HEX_PREFIX);
    run->host = bd_xasprintf("hosts/%s.json", hex);
    if (!bd_strv_has(&c->hosts, hex))
        bd_strv_add(&c->hosts, hex);
}

static int note_files(struct crate_content *c, const char *run, struct bd_err *err)
{
    struct store_artifact *files = NULL;
    size_t n = 0;
    int rc = run_files_list(c->a, c->conn, run, &files, &n, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (files[i].removed_ns)
            continue;
        c->bytes += files[i].bytes;
        c->stored_bytes += *files[i].digest ? files[i].stored_bytes : files[i].bytes;
        if (files[i].bytes > c->largest_bytes)
            c->largest_bytes = files[i].bytes;
    }
    store_artifacts_free(files, n);
    return rc;
}

static int note_run(struct crate_content *c, const struct store_run_head *head, struct bd_err *err)
{
    struct store_run row = {0};
    struct crate_content_run *run = &c->runs[c->n_runs++];
    memcpy(run->id, head->id, sizeof(run->id));
    run->position = head->position;
    run->attempt = head->attempt;
    int rc = store_run_get(c->conn, head->id, &row, err);
    if (rc < 0)
        return rc;
    bd_auto_free char *levels = bd_json_text(row.levels);
    run->what = bd_xasprintf("cell %u %s, block %u%s, attempt %u", row.cell, levels, row.block,
                             row.warmup ? " (warm-up)" : "", row.attempt);
    run->started_ns = row.started_ns;
    run->ended_ns = row.ended_ns;
    if (row.state != RUN_DONE)
        run->error = bd_xstrdup(bd_json_str(row.error, "detail", run_state_to_str(row.state)));
    note_host(c, run, row.conditions);
    store_run_done(&row);
    return note_files(c, run->id, err);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct store_run_head *)a)->id, ((const struct store_run_head *)b)->id);
}

static int note_runs(struct crate_content *c, struct bd_err *err)
{
    struct store_run_head *heads = NULL;
    size_t n = 0;
    int rc = store_run_heads(c->conn, c->row.id, &heads, &n, err);
    if (rc < 0)
        return rc;
    if (n)
        qsort(heads, n, sizeof(*heads), by_id);
    c->runs = bd_xcalloc(n + 1, sizeof(*c->runs));
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = note_run(c, &heads[i], err);
    free(heads);
    bd_strv_sort(&c->hosts);
    return rc;
}

/* Told before anything is written: what is packed is about as large as it is stored, deflate being
 * no zstd, and one file after the other is unpacked beside it. */
static int check_room(const struct crate_content *c, struct bd_err *err)
{
    const char *dir = c->a->config.places->transfer_dir;
    uint64_t needed = 2 * c->stored_bytes + c->largest_bytes + ROOM_BYTES, room = 0;
    if (c->bytes > CRATE_BYTES_MAX)
        return bd_err_set(err, BD_ENOCAPACITY,
                          "the files of campaign %s come to %llu MiB, and a crate holds at most "
                          "%llu MiB: get what you need by /v1/runs/ID/artifacts",
                          c->row.id, (unsigned long long)c->bytes >> 20,
                          (unsigned long long)CRATE_BYTES_MAX >> 20);
    int rc = bd_free_bytes(dir, &room, err);
    if (rc < 0 || room >= needed)
        return rc;
    return bd_err_set(err, BD_ENOCAPACITY,
                      "the crate of campaign %s may need %llu MiB below %s, and %llu MiB are free "
                      "there: make room, and try again",
                      c->row.id, (unsigned long long)needed >> 20, dir,
                      (unsigned long long)room >> 20);
}

/* -- on a worker: making it -- */

static const char *license_of(const json_t *spec)
{
    return bd_json_str(json_object_get(spec, "labels"), "license", NULL);
}

static int seal(struct crate_content *c, char ret_digest[BD_DIGEST_BYTES], struct bd_err *err)
{
    bd_auto_free struct crate_action *actions = bd_xcalloc(c->n_runs + 1, sizeof(*actions));
    for (size_t i = 0; i < c->n_runs; i++) {
        const struct crate_content_run *run = &c->runs[i];
        actions[i] = (struct crate_action){
            .id = run->id,
            .what = run->what,
            .host = run->host,
            .error = run->error,
            .started_ns = run->started_ns,
            .ended_ns = run->ended_ns,
        };
    }
    bool done = c->row.state == CAMPAIGN_DONE;
    const struct crate_about about = {
        .id = c->row.id,
        .name = c->row.name,
        .version = BENCHD_VERSION,
        .digest = c->row.digest,
        .license = license_of(c->row.spec),
        .fingerprint = crate_key_fingerprint(c->key),
        .error = done           ? NULL
                 : c->row.error ? c->row.error
                                : campaign_state_to_str(c->row.state),
        .started_ns = c->row.started_ns,
        .ended_ns = c->row.ended_ns,
        .runs = actions,
        .n_runs = c->n_runs,
    };
    return crate_pack_seal(c->pack, &about, c->key, ret_digest, err);
}

static int write_crate(struct crate_content *c, struct crate_making *m, struct bd_err *err)
{
    bd_auto(crate_key) struct crate_key *key = NULL;
    bd_auto(crate_pack) struct crate_pack *pack = NULL;
    int rc = note_runs(c, err);
    if (rc == 0)
        rc = check_room(c, err);
    if (rc == 0)
        rc = open_key(m->a, &key, err);
    if (rc == 0)
        rc = crate_pack_new(m->fd, c->row.ended_ns / BD_NS_PER_S, m->cancel, &pack, err);
    c->key = key;
    c->pack = pack;
    if (rc == 0)
        rc = crate_content_write(c, err);
    return rc < 0 ? rc : seal(c, m->digest, err);
}

static void content_done(struct crate_content *c)
{
    for (size_t i = 0; i < c->n_runs; i++) {
        free(c->runs[i].what);
        free(c->runs[i].host);
        free(c->runs[i].error);
    }
    free(c->runs);
    bd_strv_done(&c->hosts);
    store_campaign_done(&c->row);
}

/* The file goes with its descriptor. */
static int open_file(struct crate_making *m, struct bd_err *err)
{
    const char *dir = m->a->config.places->transfer_dir;
    bd_auto_free char *path = bd_xasprintf("%s/crate.XXXXXX", dir);
    m->fd = mkostemp(path, O_CLOEXEC);
    if (m->fd < 0)
        return bd_err_errno(err, errno, "make a file in %s", dir);
    unlink(path);
    return 0;
}

static int make(struct crate_making *m, struct bd_err *err)
{
    bd_auto(store_conn) struct store_conn *conn = NULL;
    struct crate_content c = {.a = m->a};
    struct stat st = {0};
    int rc = store_open_reader(m->a->config.places->db_path, &conn, err);
    c.conn = conn;
    if (rc == 0)
        rc = store_campaign_get(conn, m->id, &c.row, err);
    if (rc == 0)
        rc = open_file(m, err);
    if (rc == 0)
        rc = write_crate(&c, m, err);
    if (rc == 0 && fstat(m->fd, &st) < 0)
        rc = bd_err_errno(err, errno, "look at the crate that was made");
    m->bytes = (uint64_t)st.st_size;
    content_done(&c);
    return rc;
}

static void making_run(struct work *w, void *context BD_UNUSED)
{
    struct crate_making *m = (struct crate_making *)w;
    m->rc = make(m, &m->err);
}

/* -- on the loop -- */

static void reply_crate(struct crate_making *m)
{
    bd_auto_free char *etag = bd_xasprintf("\"%s\"", m->digest);
    bd_auto_free char *file = bd_xasprintf("attachment; filename=\"campaign-%s.crate.zip\"", m->id);
    http_header(m->r, "ETag", etag);
    http_header(m->r, "Cache-Control", "no-cache");
    if (etag_matches(m->r, etag)) {
        http_reply_empty(m->r, 304);
        return;
    }
    http_header(m->r, "Content-Disposition", file);
    http_reply_file(m->r, CRATE_TYPE, bd_take_fd(&m->fd), m->bytes);
}

static void making_done(struct work *w)
{
    struct crate_making *m = (struct crate_making *)w;
    struct crate_making **at = &m->a->crates;
    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    if (m->rc == 0)
        reply_crate(m);
    else if (!refused_at_end(m->a, m->r))
        http_problem_err(m->r, &m->err);
    http_request_unref(m->r);
    bd_cancel_unref(m->cancel);
    bd_cleanup_fd(&m->fd);
    free(m);
}

void crates_end(struct api *a)
{
    for (struct crate_making *m = a->crates; m; m = m->next)
        bd_cancel_set(m->cancel, BD_ECANCELLED, "benchd is ending");
}

static void begin(struct api *a, struct http_request *r, const char *id)
{
    struct crate_making *m = bd_new(struct crate_making);
    m->w = (struct work){.run = making_run, .done = making_done};
    m->a = a;
    m->r = http_request_ref(r);
    m->cancel = bd_cancel_new();
    m->fd = -1;
    snprintf(m->id, sizeof(m->id), "%s", id);
    m->next = a->crates;
    a->crates = m;
    workers_submit(a->config.asks, &m->w);
}

static int load_state(struct api_read *q, struct store_conn *conn, struct bd_err *err)
{
    struct store_campaign row = {0};
    int rc = store_campaign_get(conn, q->id, &row, err);
    if (rc == 0 && !campaign_state_is_final(row.state))
        rc = bd_err_set(err, BD_ECONFLICT,
                        "campaign %s is %s: a crate is made of one that is at its end", row.id,
                        campaign_state_to_str(row.state));
    store_campaign_done(&row);
    return rc;
}

static void reply_state(struct api_read *q)
{
    unsigned n = 0;
    for (const struct crate_making *m = q->api->crates; m; m = m->next)
        n++;
    if (refused_at_end(q->api, q->r))
        return;
    if (http_request_is_head(q->r))
        http_reply_head(q->r, CRATE_TYPE);
    else if (n >= CRATES_MAX)
        http_problem(q->r, "unavailable",
                     "another crate is being made just now: try again when it is done");
    else
        begin(q->api, q->r, q->id);
}

void campaigns_crate(struct http_request *r, void *app)
{
    struct api_read *q = read_object(app, r, "campaign", load_state);
    q->reply = reply_state;
    read_submit(q);
}

/* -- GET /v1/signing-key: made where there is none yet -- */

static int load_key(struct api_read *q, struct store_conn *conn BD_UNUSED, struct bd_err *err)
{
    bd_auto(crate_key) struct crate_key *key = NULL;
    int rc = open_key(q->api, &key, err);
    if (rc == 0)
        q->json = json_pack("{s:s, s:s, s:s}", "algorithm", "Ed25519", "fingerprint",
                            crate_key_fingerprint(key), "publicKey", crate_key_pem(key));
    return rc;
}

void signing_key_get(struct http_request *r, void *app)
{
    read_submit(read_new(app, r, load_key));
}
