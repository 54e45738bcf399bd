#include "lib/base/id.h"

#include "lib/base/err.h"
#include "lib/base/str.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

void bd_random(void *out, unsigned n)
{
    uint8_t *p = out;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            bd_die("the kernel has no randomness: getrandom failed");
        }
        p += got;
        n -= (unsigned)got;
    }
}

void bd_id_new(char out[BD_ID_BYTES])
{
    uint8_t bytes[BD_ID_CHARS / 2];
    bd_random(bytes, sizeof(bytes));
    bd_hex(bytes, sizeof(bytes), out);
}

void bd_uuid_from_name(const char *name, char out[BD_UUID_BYTES])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    if (EVP_Digest(name, strlen(name), hash, NULL, EVP_sha256(), NULL) != 1)
        bd_die("this OpenSSL has no SHA-256");
    hash[6] = (uint8_t)((hash[6] & 0x0F) | 0x80); /* version 8 */
    hash[8] = (uint8_t)((hash[8] & 0x3F) | 0x80); /* the RFC's variant */
    char hex[33];
    bd_hex(hash, 16, hex);
    snprintf(out, BD_UUID_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
}
