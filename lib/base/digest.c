#include "lib/base/digest.h"

#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>

#define PREFIX       "sha256:"
#define SHA256_BYTES 32
#define CHUNK_BYTES  ((size_t)256 * 1024)

struct bd_digest {
    EVP_MD_CTX *ctx;
};

/* The calls fail only where OpenSSL has no SHA-256 or no memory. */
static void must(int answer)
{
    if (answer != 1)
        bd_die("OpenSSL does not compute SHA-256");
}

struct bd_digest *bd_digest_new(void)
{
    struct bd_digest *d = bd_new(struct bd_digest);
    d->ctx = EVP_MD_CTX_new();
    must(d->ctx != NULL);
    must(EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL));
    return d;
}

void bd_digest_free(struct bd_digest *d)
{
    if (!d)
        return;
    EVP_MD_CTX_free(d->ctx);
    free(d);
}
BD_DEFINE_CLEANUP(struct bd_digest, digest, bd_digest_free)

void bd_digest_add(struct bd_digest *d, const void *data, size_t bytes)
{
    must(EVP_DigestUpdate(d->ctx, data, bytes));
}

void bd_digest_end(struct bd_digest *d, char out[BD_DIGEST_BYTES])
{
    uint8_t hash[SHA256_BYTES];
    must(EVP_DigestFinal_ex(d->ctx, hash, NULL));
    memcpy(out, PREFIX, sizeof(PREFIX) - 1);
    bd_hex(hash, sizeof(hash), out + sizeof(PREFIX) - 1);
}

void bd_digest_of(const void *data, size_t bytes, char out[BD_DIGEST_BYTES])
{
    bd_auto(digest) struct bd_digest *d = bd_digest_new();
    bd_digest_add(d, data, bytes);
    bd_digest_end(d, out);
}

int bd_digest_file(const char *path, char out[BD_DIGEST_BYTES], struct bd_err *err)
{
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open %s", path);
    bd_auto(digest) struct bd_digest *d = bd_digest_new();
    bd_auto_free char *chunk = bd_xmalloc(CHUNK_BYTES);
    for (;;) {
        ssize_t n = read(fd, chunk, CHUNK_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bd_err_errno(err, errno, "read %s", path);
        if (n == 0)
            break;
        bd_digest_add(d, chunk, (size_t)n);
    }
    bd_digest_end(d, out);
    return 0;
}
