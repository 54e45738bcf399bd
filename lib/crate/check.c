#include "lib/crate/check.h"

#include "lib/base/str.h"
#include "lib/crate/list.h"
#include "lib/crate/metadata.h"
#include "lib/crate/read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <string.h>

/* Files that are looked into, and not only digested. */
enum kept { KEPT_LIST, KEPT_SIGNATURE, KEPT_KEY, KEPT_METADATA, KEPT_COUNT };
static const struct {
    const char *name;
    uint64_t bytes_max;
} kept_files[KEPT_COUNT] = {
    [KEPT_LIST] = {CRATE_LIST, CRATE_LIST_MAX},
    [KEPT_SIGNATURE] = {CRATE_SIGNATURE, CRATE_KEY_MAX},
    [KEPT_KEY] = {CRATE_KEY, CRATE_KEY_MAX},
    [KEPT_METADATA] = {CRATE_METADATA, CRATE_METADATA_MAX},
};

struct found {
    bool whole; /* it was read to its end */
    uint8_t sha256[CRATE_SHA_BYTES];
};

struct checking {
    struct crate_verdict *v;
    struct crate_zip zip;
    struct found *found; /* by the zip's entries */
    EVP_MD_CTX *sha256;
    bool begun;
    struct bd_str kept[KEPT_COUNT];
    bool have[KEPT_COUNT];
    struct crate_file *listed;
    size_t n_listed;
    bool list_read, is_signed;
};

void crate_verdict_done(struct crate_verdict *v)
{
    crate_faults_done(&v->faults);
}

static void fault(struct checking *c, enum crate_fault_kind kind, const char *name,
                  const char *text)
{
    crate_faults_add(&c->v->faults, kind, name, name ? strlen(name) : 0, "%s", text);
}

static int kept_of(const char *name)
{
    for (int i = 0; i < KEPT_COUNT; i++)
        if (strcmp(kept_files[i].name, name) == 0)
            return i;
    return -1;
}

/* -- reading: each file is digested, a few are kept -- */

static int take(const struct crate_entry *e, size_t index, const void *data, size_t bytes,
                void *arg, struct bd_err *err BD_UNUSED)
{
    struct checking *c = arg;
    int kept = kept_of(e->name);
    if (!c->begun && EVP_DigestInit_ex(c->sha256, EVP_sha256(), NULL) != 1)
        bd_die("SHA-256 failed");
    c->begun = bytes > 0;
    if (kept >= 0 && bytes)
        bd_str_addn(&c->kept[kept], data, bytes);
    if (bytes) {
        if (EVP_DigestUpdate(c->sha256, data, bytes) != 1)
            bd_die("SHA-256 failed");
        c->v->bytes += bytes;
        return 0;
    }
    if (EVP_DigestFinal_ex(c->sha256, c->found[index].sha256, NULL) != 1)
        bd_die("SHA-256 failed");
    c->found[index].whole = true;
    if (kept >= 0)
        c->have[kept] = true;
    return 0;
}

/* -- judging -- */

static void judge_signature(struct checking *c, const struct crate_key *wanted)
{
    bd_auto(crate_key) struct crate_key *key = NULL;
    const struct bd_str *list = &c->kept[KEPT_LIST], *signature = &c->kept[KEPT_SIGNATURE];
    const struct bd_str *pem = &c->kept[KEPT_KEY];
    if (!c->have[KEPT_LIST] || !c->have[KEPT_SIGNATURE] || !c->have[KEPT_KEY])
        return; /* told as missing */
    if (crate_key_public(bd_str_text(pem), pem->len, &key, NULL) < 0) {
        fault(c, CRATE_FAULT_SIGNATURE, CRATE_KEY, "it is no public Ed25519 key in PEM");
        return;
    }
    memcpy(c->v->signed_by, crate_key_fingerprint(key), sizeof(c->v->signed_by));
    c->is_signed = crate_key_verifies(key, bd_str_text(list), list->len, bd_str_text(signature),
                                      signature->len);
    if (!c->is_signed)
        fault(c, CRATE_FAULT_SIGNATURE, CRATE_SIGNATURE,
              "it is no signature of " CRATE_LIST " by the key in " CRATE_KEY);
    if (wanted && !bd_str_eq(crate_key_fingerprint(wanted), c->v->signed_by))
        crate_faults_add(&c->v->faults, CRATE_FAULT_KEY, CRATE_KEY, strlen(CRATE_KEY),
                         "it was signed with %s, and not with %s", c->v->signed_by,
                         crate_key_fingerprint(wanted));
}

static void judge_list(struct checking *c)
{
    struct bd_err err = BD_ERR_INIT;
    struct bd_str *list = &c->kept[KEPT_LIST];
    if (!c->have[KEPT_LIST])
        return;
    bd_digest_of(bd_str_text(list), list->len, c->v->list_digest);
    c->list_read =
        crate_list_read(bd_str_text(list), list->len, &c->listed, &c->n_listed, &err) == 0;
    if (!c->list_read)
        fault(c, CRATE_FAULT_LIST, CRATE_LIST, err.text);
    bd_str_done(list);
}

/* What no list can have: it is of the list. */
static bool is_of_list(const char *name)
{
    return strcmp(name, CRATE_LIST) == 0 || strcmp(name, CRATE_SIGNATURE) == 0;
}

static void judge_files(struct checking *c)
{
    bd_auto_free bool *there = bd_xcalloc(c->n_listed + 1, sizeof(*there));
    for (size_t i = 0; i < c->zip.n; i++) {
        const struct crate_entry *e = &c->zip.entries[i];
        const struct crate_file *file = crate_list_find(c->listed, c->n_listed, e->name);
        if (e->folder || is_of_list(e->name))
            continue;
        c->v->files++;
        if (!file) {
            fault(c, CRATE_FAULT_EXTRA, e->name, "it is in the crate, and not in " CRATE_LIST);
            continue;
        }
        there[file - c->listed] = true;
        if (c->found[i].whole && memcmp(c->found[i].sha256, file->sha256, CRATE_SHA_BYTES) != 0)
            fault(c, CRATE_FAULT_ALTERED, e->name, "its content is not what " CRATE_LIST " says");
    }
    for (size_t i = 0; i < c->n_listed; i++)
        if (!there[i])
            fault(c, CRATE_FAULT_MISSING, c->listed[i].name,
                  "it is in " CRATE_LIST ", and not in the crate");
}

/* Its place among the zip's entries; those that there are: it is not there. */
static size_t place_of(const struct checking *c, const char *name)
{
    size_t i = 0;
    while (i < c->zip.n && (c->zip.entries[i].folder || strcmp(c->zip.entries[i].name, name) != 0))
        i++;
    return i;
}

/* What every crate has, listed or not. */
static void judge_parts(struct checking *c)
{
    for (int i = 0; i < KEPT_COUNT; i++) {
        const char *name = kept_files[i].name;
        if (place_of(c, name) == c->zip.n && !crate_list_find(c->listed, c->n_listed, name))
            fault(c, CRATE_FAULT_MISSING, name, "every crate has it, and this one has not");
    }
}

/* Read only where it is what somebody has signed. */
static void judge_metadata(struct checking *c)
{
    const struct bd_str *text = &c->kept[KEPT_METADATA];
    const struct crate_file *listed = crate_list_find(c->listed, c->n_listed, CRATE_METADATA);
    if (!c->is_signed || !listed || !c->have[KEPT_METADATA])
        return;
    const struct found *found = &c->found[place_of(c, CRATE_METADATA)];
    if (memcmp(found->sha256, listed->sha256, CRATE_SHA_BYTES) == 0)
        crate_metadata_check(bd_str_text(text), text->len, c->listed, c->n_listed, &c->v->faults);
}

/* The list before all that it lists: what nobody has signed is not looked into. */
static void judge(struct checking *c, const struct crate_key *key)
{
    judge_signature(c, key);
    judge_list(c);
    judge_parts(c);
    if (!c->list_read)
        return;
    judge_files(c);
    judge_metadata(c);
}

/* What is held in memory is not unpacked where it is too large. */
static void look_at_kept(struct checking *c)
{
    for (int i = 0; i < KEPT_COUNT; i++) {
        size_t place = place_of(c, kept_files[i].name);
        uint64_t bytes = place < c->zip.n ? c->zip.entries[place].bytes : 0;
        const char *name = kept_files[i].name;
        if (bytes > kept_files[i].bytes_max)
            crate_faults_add(&c->v->faults, CRATE_FAULT_UNSAFE, name, strlen(name),
                             "it has %" PRIu64 " bytes, and in a crate at most %" PRIu64, bytes,
                             kept_files[i].bytes_max);
    }
}

static int look(int fd, struct checking *c, const struct crate_key *key, struct bd_err *err)
{
    int rc = crate_zip_look(fd, &c->zip, &c->v->faults, err);
    if (rc == 0 && c->v->faults.n == 0)
        look_at_kept(c);
    if (rc < 0 || c->v->faults.n)
        return rc;
    c->found = bd_xcalloc(c->zip.n + 1, sizeof(*c->found));
    rc = crate_read_each(fd, &c->zip, &c->v->faults, take, c, err);
    if (rc == 0)
        judge(c, key);
    return rc;
}

int crate_check_fd(int fd, const struct crate_key *key, struct crate_verdict *ret_verdict,
                   struct bd_err *err)
{
    struct crate_verdict verdict = {0};
    struct checking c = {.v = &verdict, .sha256 = EVP_MD_CTX_new()};
    if (!c.sha256)
        bd_die("out of memory");
    int rc = look(fd, &c, key, err);
    for (int i = 0; i < KEPT_COUNT; i++)
        bd_str_done(&c.kept[i]);
    EVP_MD_CTX_free(c.sha256);
    crate_files_free(c.listed, c.n_listed);
    crate_zip_done(&c.zip);
    free(c.found);
    if (rc < 0)
        crate_verdict_done(&verdict);
    else
        *ret_verdict = verdict;
    return rc;
}

int crate_check(const char *path, const struct crate_key *key, struct crate_verdict *ret_verdict,
                struct bd_err *err)
{
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? bd_err_errno(err, errno, "open %s", path)
                  : crate_check_fd(fd, key, ret_verdict, err);
}
