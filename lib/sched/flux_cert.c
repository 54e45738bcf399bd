/*
 * CURVE certificates of ZeroMQ's: a key pair of Curve25519, each key of 32 bytes written in Z85
 * (ZeroMQ RFC 32), in the form that flux-keygen(1) writes.
 */
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/sched/flux.h"

#include <openssl/evp.h>
#include <string.h>

#define KEY_BYTES 32
#define KEY_CHARS 40 /* 4 bytes are 5 characters */

static void z85(const unsigned char key[KEY_BYTES], char ret_text[KEY_CHARS + 1])
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 ".-:+=^!/*?&<>()[]{}@%$#";
    for (size_t i = 0; i < KEY_BYTES / 4; i++) {
        const unsigned char *b = key + 4 * i;
        uint32_t value = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        for (size_t k = 5; k-- > 0; value /= 85)
            ret_text[5 * i + k] = digits[value % 85];
    }
    ret_text[KEY_CHARS] = '\0';
}

static void new_pair(unsigned char ret_public[KEY_BYTES], unsigned char ret_secret[KEY_BYTES])
{
    size_t public_bytes = KEY_BYTES;
    bd_random(ret_secret, KEY_BYTES);
    EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, ret_secret, KEY_BYTES);
    if (!pair || EVP_PKEY_get_raw_public_key(pair, ret_public, &public_bytes) != 1)
        bd_die("this libcrypto can't make keys of X25519");
    EVP_PKEY_free(pair);
}

char *flux_cert_new(const char *name)
{
    unsigned char public_key[KEY_BYTES], secret_key[KEY_BYTES];
    char public_text[KEY_CHARS + 1], secret_text[KEY_CHARS + 1];
    new_pair(public_key, secret_key);
    z85(public_key, public_text);
    z85(secret_key, secret_text);
    char *cert = bd_xasprintf("#  ZeroMQ CURVE **Secret** Certificate\n"
                              "\n"
                              "metadata\n"
                              "    name = \"%s\"\n"
                              "curve\n"
                              "    public-key = \"%s\"\n"
                              "    secret-key = \"%s\"\n",
                              name, public_text, secret_text);
    explicit_bzero(secret_key, sizeof(secret_key));
    explicit_bzero(secret_text, sizeof(secret_text));
    return cert;
}
