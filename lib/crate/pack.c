#include "lib/crate/pack.h"

#include "lib/base/digest.h"
#include "lib/base/fs.h"
#include "lib/crate/list.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#define PIECE_BYTES 65536

struct crate_pack {
    struct archive *zip;
    struct archive_entry *entry; /* used again for each */
    struct bd_cancel *cancel;    /* the caller's */
    EVP_MD_CTX *sha256;
    struct crate_file *files;
    size_t n, cap;
    bool open; /* the last of them has not ended */
    uint64_t bytes;
    int fd;           /* the caller's; -1: nothing more is written */
    int write_errnum; /* why not */
};

/* libarchive never learns of a failure: after one it would not free what it has of zlib. */
static la_ssize_t on_write(struct archive *zip BD_UNUSED, void *arg, const void *data, size_t bytes)
{
    struct crate_pack *p = arg;
    int rc = p->fd < 0 ? 0 : bd_write_all(p->fd, data, bytes);
    if (rc < 0) {
        p->write_errnum = -rc;
        p->fd = -1;
    }
    return (la_ssize_t)bytes;
}

/* What libarchive answered, and what the disk did. */
static int zip_result(struct crate_pack *p, bool done, const char *doing, struct bd_err *err)
{
    if (p->write_errnum)
        return bd_err_errno(err, p->write_errnum, "%s", doing);
    if (done)
        return 0;
    const char *text = archive_error_string(p->zip);
    return bd_err_set(err, -EIO, "%s: %s", doing, text ? text : "libarchive does not say why");
}

int crate_pack_new(int fd, int64_t time_s, struct bd_cancel *cancel, struct crate_pack **ret_pack,
                   struct bd_err *err)
{
    struct crate_pack *p = bd_new(struct crate_pack);
    p->zip = archive_write_new();
    p->entry = archive_entry_new();
    p->sha256 = EVP_MD_CTX_new();
    p->cancel = cancel;
    p->fd = fd;
    if (!p->zip || !p->entry || !p->sha256)
        bd_die("out of memory");
    archive_entry_set_filetype(p->entry, AE_IFREG);
    archive_entry_set_perm(p->entry, 0644);
    archive_entry_set_mtime(p->entry, (time_t)time_s, 0);
    bool done =
        archive_write_set_format_zip(p->zip) == ARCHIVE_OK &&
        archive_write_set_format_option(p->zip, "zip", "compression", "deflate") == ARCHIVE_OK &&
        archive_write_set_bytes_in_last_block(p->zip, 1) == ARCHIVE_OK &&
        archive_write_open2(p->zip, p, NULL, on_write, NULL, NULL) == ARCHIVE_OK;
    int rc = zip_result(p, done, "begin a zip file", err);
    if (rc < 0)
        crate_pack_free(p);
    else
        *ret_pack = p;
    return rc;
}

void crate_pack_free(struct crate_pack *p)
{
    if (!p)
        return;
    p->fd = -1; /* nothing more is written where it was not sealed */
    archive_write_free(p->zip);
    archive_entry_free(p->entry);
    EVP_MD_CTX_free(p->sha256);
    crate_files_free(p->files, p->n);
    free(p);
}

static int end_file(struct crate_pack *p, struct bd_err *err)
{
    if (!p->open)
        return 0;
    p->open = false;
    bool done = archive_write_finish_entry(p->zip) == ARCHIVE_OK;
    int rc = zip_result(p, done, "write a file of the crate", err);
    if (rc < 0)
        return rc;
    if (EVP_DigestFinal_ex(p->sha256, p->files[p->n - 1].sha256, NULL) != 1)
        bd_die("SHA-256 failed");
    return 0;
}

/* The list, its signature and the metadata come behind all that they are of. */
static bool is_of_seal(const char *name)
{
    return strcmp(name, CRATE_METADATA) == 0 || strcmp(name, CRATE_LIST) == 0 ||
           strcmp(name, CRATE_SIGNATURE) == 0;
}

static int begin(struct crate_pack *p, const char *name, struct bd_err *err)
{
    int rc = end_file(p, err);
    if (rc < 0)
        return rc;
    if (p->n == CRATE_ENTRIES_MAX)
        return bd_err_set(err, BD_ENOCAPACITY, "a crate has at most %d files", CRATE_ENTRIES_MAX);
    archive_entry_set_pathname(p->entry, name);
    archive_entry_unset_size(p->entry);
    bool done = archive_write_header(p->zip, p->entry) == ARCHIVE_OK;
    rc = zip_result(p, done, "begin a file of the crate", err);
    if (rc < 0)
        return rc;
    if (EVP_DigestInit_ex(p->sha256, EVP_sha256(), NULL) != 1)
        bd_die("SHA-256 failed");
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 64;
        p->files = bd_xrealloc(p->files, p->cap * sizeof(*p->files));
    }
    p->files[p->n++] = (struct crate_file){.name = bd_xstrdup(name)};
    p->open = true;
    return 0;
}

int crate_pack_begin(struct crate_pack *p, const char *name, struct bd_err *err)
{
    if (!crate_is_name(name, strlen(name)) || is_of_seal(name))
        return bd_err_set(err, BD_EINVALID, "'%.80s' is no name for a file of a crate", name);
    if (p->n && strcmp(p->files[p->n - 1].name, name) >= 0)
        return bd_err_set(err, BD_EINVALID, "%s does not come after %s", name,
                          p->files[p->n - 1].name);
    return begin(p, name, err);
}

int crate_pack_add(struct crate_pack *p, const void *data, size_t bytes, struct bd_err *err)
{
    const char *from = data;
    if (bytes > CRATE_BYTES_MAX - p->bytes)
        return bd_err_set(err, BD_ENOCAPACITY, "a crate holds at most %llu GiB",
                          (unsigned long long)(CRATE_BYTES_MAX >> 30));
    p->bytes += bytes;
    p->files[p->n - 1].bytes += bytes;
    while (bytes > 0) {
        size_t piece = bytes < PIECE_BYTES ? bytes : PIECE_BYTES;
        int rc = bd_cancel_check(p->cancel, err);
        if (rc < 0)
            return rc;
        bool done = archive_write_data(p->zip, from, piece) == (la_ssize_t)piece;
        rc = zip_result(p, done, "write a file of the crate", err);
        if (rc < 0)
            return rc;
        if (EVP_DigestUpdate(p->sha256, from, piece) != 1)
            bd_die("SHA-256 failed");
        from += piece;
        bytes -= piece;
    }
    return 0;
}

int crate_pack_flush(struct crate_pack *p, struct bd_str *text, struct bd_err *err)
{
    int rc = crate_pack_add(p, bd_str_text(text), text->len, err);
    bd_str_clear(text);
    return rc;
}

static int add_whole(struct crate_pack *p, const char *name, const void *data, size_t bytes,
                     struct bd_err *err)
{
    int rc = begin(p, name, err);
    return rc < 0 ? rc : crate_pack_add(p, data, bytes, err);
}

int crate_pack_file(struct crate_pack *p, const char *name, const void *data, size_t bytes,
                    struct bd_err *err)
{
    int rc = crate_pack_begin(p, name, err);
    return rc < 0 ? rc : crate_pack_add(p, data, bytes, err);
}

int crate_pack_fd(struct crate_pack *p, const char *name, int fd, struct bd_err *err)
{
    char piece[PIECE_BYTES];
    int rc = crate_pack_begin(p, name, err);
    while (rc == 0) {
        ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bd_err_errno(err, errno, "read what is to be %s", name);
        if (n == 0)
            break;
        rc = crate_pack_add(p, piece, (size_t)n, err);
    }
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct crate_file *)a)->name, ((const struct crate_file *)b)->name);
}

/* What nobody could read again is not handed out. */
static int check_ratio(struct crate_pack *p, struct bd_err *err)
{
    uint64_t packed = (uint64_t)archive_filter_bytes(p->zip, -1);
    if (p->bytes <= CRATE_RATIO_BYTES || p->bytes / CRATE_RATIO_MAX <= packed)
        return 0;
    return bd_err_set(
        err, BD_ENOCAPACITY,
        "%llu MiB are packed into %llu MiB: a crate that unpacks to more than %d times "
        "its size counts as a zip bomb",
        (unsigned long long)p->bytes >> 20, (unsigned long long)packed >> 20, CRATE_RATIO_MAX);
}

/* No more than those who check it hold. */
static int put_metadata(void *arg, const char *text, size_t bytes, struct bd_err *err)
{
    struct crate_pack *p = arg;
    if (bytes > CRATE_METADATA_MAX - p->files[p->n - 1].bytes)
        return bd_err_set(err, BD_ENOCAPACITY,
                          "what describes its files and runs comes to more than %llu MiB",
                          (unsigned long long)CRATE_METADATA_MAX >> 20);
    return crate_pack_add(p, text, bytes, err);
}

/* Of all files before it. */
static int add_metadata(struct crate_pack *p, const struct crate_about *about, struct bd_err *err)
{
    int rc = begin(p, CRATE_METADATA, err);
    if (rc == 0)
        rc = crate_metadata_write(about, p->files, p->n - 1, put_metadata, p, err);
    return rc < 0 ? rc : end_file(p, err);
}

int crate_pack_seal(struct crate_pack *p, const struct crate_about *about,
                    const struct crate_key *key, char ret_digest[BD_DIGEST_BYTES],
                    struct bd_err *err)
{
    uint8_t signature[CRATE_SIGNATURE_BYTES];
    bd_auto_str struct bd_str list = {0};
    int rc = add_metadata(p, about, err);
    if (rc < 0)
        return rc;
    qsort(p->files, p->n, sizeof(*p->files), by_name);
    crate_list_text(p->files, p->n, &list);
    rc = crate_key_sign(key, list.data, list.len, signature, err);
    if (rc == 0)
        rc = add_whole(p, CRATE_LIST, list.data, list.len, err);
    if (rc == 0)
        rc = add_whole(p, CRATE_SIGNATURE, signature, sizeof(signature), err);
    if (rc == 0)
        rc = end_file(p, err);
    if (rc == 0)
        rc = check_ratio(p, err);
    if (rc == 0)
        rc = zip_result(p, archive_write_close(p->zip) == ARCHIVE_OK, "end a zip file", err);
    if (rc == 0)
        bd_digest_of(list.data, list.len, ret_digest);
    return rc;
}
