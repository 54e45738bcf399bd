/*
 * Ed25519 (RFC 8032), by OpenSSL: a key that signs crates, and public keys that check them. The
 * private key never leaves its file but for a struct crate_key, and no text of an error has any of
 * it. Threads: any; an object is not changed once it is made.
 */
#pragma once

#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <stdbool.h>
#include <stdint.h>

#define CRATE_SIGNATURE_BYTES 64

struct crate_key;

/* The private key in this file (PKCS #8, PEM, mode 0600), which is made where there is none: whole
 * or not at all, and once, whoever else asks at the same time. BD_ECORRUPT, and BD_ECONFLICT where
 * others than its owner may read it. */
int crate_key_open(const char *path, struct crate_key **ret_key, struct bd_err *err);
/* A public key, as PEM; BD_EINVALID. */
int crate_key_public(const char *pem, size_t bytes, struct crate_key **ret_key, struct bd_err *err);
void crate_key_free(struct crate_key *key);
BD_DEFINE_CLEANUP(struct crate_key, crate_key, crate_key_free)

/* The public half as PEM; the key's. */
const char *crate_key_pem(const struct crate_key *key);
/* "sha256:" and the digest of the public half in DER; the key's. */
const char *crate_key_fingerprint(const struct crate_key *key);

/* With a private key. The same bytes have the same signature. */
int crate_key_sign(const struct crate_key *key, const void *data, size_t bytes,
                   uint8_t ret_signature[CRATE_SIGNATURE_BYTES], struct bd_err *err);
bool crate_key_verifies(const struct crate_key *key, const void *data, size_t bytes,
                        const void *signature, size_t signature_bytes);
