/*
 * Names of things: random ids, and UUIDs derived from names so that a step that is repeated makes
 * the same thing again. Threads: any.
 */
#pragma once

#define BD_ID_CHARS   8 /* of a cluster: lower-case hex, so that it fits into the name of a link */
#define BD_ID_BYTES   (BD_ID_CHARS + 1)
#define BD_UUID_BYTES 37

/* A random id; unlike rand() it comes from getrandom(2). Aborts where the kernel has
 * none. */
void bd_id_new(char out[BD_ID_BYTES]);
/* n random bytes from getrandom(2). */
void bd_random(void *out, unsigned n);
/* UUID version 8 (RFC 9562) from SHA-256 of the name. */
void bd_uuid_from_name(const char *name, char out[BD_UUID_BYTES]);
