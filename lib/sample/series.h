/*
 * A series of samples as bytes, and back: lossless for times and values, and small. PURE.
 *
 *     byte         version, 1
 *     varint       n
 *     zstd frame   with its content's size and a checksum; the content:
 *         varint g, signed t[0], and n-2 more signed: the times. g divides all of their
 *                  differences; what is kept are the differences' differences, divided by g
 *         byte form
 *             0    n doubles, byte 0 of each, then byte 1 of each, ...: any values
 *             1    byte d, varint g, signed k[0], signed (k[i] - k[i-1]) / g: values that are
 *                  k / 10^d to the last bit (after Afroozeh, Kuffo, Boncz, "ALP", SIGMOD 2023)
 *
 * varint: 7 bits a byte, lowest first, the highest bit set in all but the last; signed: a varint of
 * 2v, or of -2v-1 where v is negative. Byte order is little-endian on every platform.
 *
 * Threads: any.
 */
#pragma once

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

#define SAMPLE_POINTS_MAX 65536 /* of one piece of bytes */

struct sample_point {
    int64_t at_ns; /* from the sampler's start */
    double value;
};

/* The caller's (free()). BD_EINVALID for more points than SAMPLE_POINTS_MAX, and for a value that
 * is not finite. */
int sample_encode(const struct sample_point *points, size_t n, void **ret_data, size_t *ret_bytes,
                  struct bd_err *err);
/* The caller's (free()), never NULL. BD_ECORRUPT for whatever sample_encode() can't have made. */
int sample_decode(const void *data, size_t bytes, struct sample_point **ret_points, size_t *ret_n,
                  struct bd_err *err);
