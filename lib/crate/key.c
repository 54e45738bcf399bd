#include "lib/crate/key.h"

#include "lib/base/fs.h"
#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX 4096 /* more than any Ed25519 key in PEM has */

struct crate_key {
    EVP_PKEY *pkey;
    char *pem;
    char fingerprint[BD_DIGEST_BYTES];
};

BD_DEFINE_CLEANUP(BIO, bio, BIO_free_all)
BD_DEFINE_CLEANUP(EVP_MD_CTX, md_ctx, EVP_MD_CTX_free)
BD_DEFINE_CLEANUP(EVP_PKEY, pkey, EVP_PKEY_free)

/* Takes the key over. */
static int key_new(EVP_PKEY *pkey, struct crate_key **ret_key, struct bd_err *err)
{
    bd_auto(pkey) EVP_PKEY *owned = pkey;
    bd_auto(bio) BIO *pem = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    char *text = NULL;
    int der_bytes = i2d_PUBKEY(owned, &der);
    if (der_bytes <= 0 || !pem || !PEM_write_bio_PUBKEY(pem, owned)) {
        OPENSSL_free(der);
        return bd_err_set(err, BD_ECORRUPT, "the public half of the key can't be written");
    }
    long text_bytes = BIO_get_mem_data(pem, &text);
    struct crate_key *key = bd_new(struct crate_key);
    key->pkey = bd_take(owned);
    key->pem = bd_xstrndup(text, (size_t)text_bytes);
    bd_digest_of(der, (size_t)der_bytes, key->fingerprint);
    OPENSSL_free(der);
    *ret_key = key;
    return 0;
}

void crate_key_free(struct crate_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    free(key->pem);
    free(key);
}

const char *crate_key_pem(const struct crate_key *key)
{
    return key->pem;
}

const char *crate_key_fingerprint(const struct crate_key *key)
{
    return key->fingerprint;
}

/* -- the file -- */

/* Nobody is asked for a passphrase. */
static int no_passphrase(char *buf BD_UNUSED, int size BD_UNUSED, int rwflag BD_UNUSED,
                         void *arg BD_UNUSED)
{
    return -1;
}

static int load(const char *path, struct crate_key **ret_key, struct bd_err *err)
{
    bd_auto_fd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return errno == ENOENT ? bd_err_set(err, BD_ENOTFOUND, "there is no key %s", path)
                               : bd_err_errno(err, errno, "open the signing key %s", path);
    if (fstat(fd, &st) < 0)
        return bd_err_errno(err, errno, "look at the signing key %s", path);
    if (!S_ISREG(st.st_mode) || (st.st_mode & 0077))
        return bd_err_set(
            err, BD_ECONFLICT,
            "the signing key %s may be read by others: chmod 600 it, or move it away, "
            "and another one is made",
            path);
    char text[FILE_BYTES_MAX];
    ssize_t n = read(fd, text, sizeof(text));
    if (n < 0)
        return bd_err_errno(err, errno, "read the signing key %s", path);
    bd_auto(bio) BIO *in = BIO_new_mem_buf(text, (int)n);
    EVP_PKEY *pkey = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;
    OPENSSL_cleanse(text, sizeof(text));
    if (!pkey || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(pkey);
        return bd_err_set(err, BD_ECORRUPT,
                          "%s is no Ed25519 key in PEM: put the right one back, or move it away, "
                          "and another one is made",
                          path);
    }
    return key_new(pkey, ret_key, err);
}

static int make(const char *path, struct bd_err *err)
{
    bd_auto(pkey) EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    bd_auto(bio) BIO *out = BIO_new(BIO_s_secmem());
    char *text = NULL;
    if (!pkey || !out || !PEM_write_bio_PKCS8PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL))
        return bd_err_set(err, BD_EUNSUPPORTED, "OpenSSL can't make an Ed25519 key");
    long bytes = BIO_get_mem_data(out, &text);
    return bd_write_file(path, text, (size_t)bytes, 0600, err);
}

int crate_key_open(const char *path, struct crate_key **ret_key, struct bd_err *err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* it is made once */
    pthread_mutex_lock(&lock);
    int rc = load(path, ret_key, err);
    if (rc == BD_ENOTFOUND) {
        rc = make(path, err);
        if (rc == 0)
            rc = load(path, ret_key, err);
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

int crate_key_public(const char *pem, size_t bytes, struct crate_key **ret_key, struct bd_err *err)
{
    bd_auto(bio) BIO *in = bytes <= FILE_BYTES_MAX ? BIO_new_mem_buf(pem, (int)bytes) : NULL;
    EVP_PKEY *pkey = in ? PEM_read_bio_PUBKEY(in, NULL, no_passphrase, NULL) : NULL;
    if (!pkey || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(pkey);
        return bd_err_set(err, BD_EINVALID, "this is no public Ed25519 key in PEM");
    }
    return key_new(pkey, ret_key, err);
}

/* -- use -- */

int crate_key_sign(const struct crate_key *key, const void *data, size_t bytes,
                   uint8_t ret_signature[CRATE_SIGNATURE_BYTES], struct bd_err *err)
{
    bd_auto(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t n = CRATE_SIGNATURE_BYTES;
    if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) != 1 ||
        EVP_DigestSign(ctx, ret_signature, &n, data, bytes) != 1 || n != CRATE_SIGNATURE_BYTES)
        return bd_err_set(err, BD_EUNSUPPORTED, "OpenSSL can't sign with the key %s",
                          key->fingerprint);
    return 0;
}

bool crate_key_verifies(const struct crate_key *key, const void *data, size_t bytes,
                        const void *signature, size_t signature_bytes)
{
    bd_auto(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    return signature_bytes == CRATE_SIGNATURE_BYTES && ctx &&
           EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
           EVP_DigestVerify(ctx, signature, signature_bytes, data, bytes) == 1;
}
