/* Into zstd and back, a piece at a time, with the digest of what is not compressed. */
#include "lib/artifact/private.h"

#include "lib/base/fs.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

#define PIECE_BYTES (128 * 1024)
#define LEVEL       3 /* the disk is slower from here on, and what is measured needs the CPU */

BD_DEFINE_CLEANUP(struct bd_digest, digest, bd_digest_free)
BD_DEFINE_CLEANUP(ZSTD_CCtx, cctx, ZSTD_freeCCtx)
BD_DEFINE_CLEANUP(ZSTD_DCtx, dctx, ZSTD_freeDCtx)

/* Bytes read, 0 at the end. */
static ssize_t read_piece(int fd, char *piece, struct bd_err *err)
{
    for (;;) {
        ssize_t n = read(fd, piece, PIECE_BYTES);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return bd_err_errno(err, errno, "read");
    }
}

static int write_piece(int fd, const char *piece, size_t bytes, struct bd_err *err)
{
    int rc = bd_write_all(fd, piece, bytes);
    return rc < 0 ? bd_err_errno(err, -rc, "write") : 0;
}

/* Hands one piece to the compressor, the last one being empty, and writes what it gives. */
static int compress_piece(ZSTD_CCtx *context, const char *data, size_t bytes, char *out, int to_fd,
                          uint64_t *stored_bytes, struct bd_err *err)
{
    ZSTD_EndDirective how = bytes ? ZSTD_e_continue : ZSTD_e_end;
    ZSTD_inBuffer in = {data, bytes, 0};
    for (;;) {
        ZSTD_outBuffer to = {out, PIECE_BYTES, 0};
        size_t left = ZSTD_compressStream2(context, &to, &in, how);
        if (ZSTD_isError(left))
            return bd_err_set(err, -ENOMEM, "compress: %s", ZSTD_getErrorName(left));
        int rc = write_piece(to_fd, out, to.pos, err);
        if (rc < 0)
            return rc;
        *stored_bytes += to.pos;
        if (bytes ? in.pos == in.size : left == 0)
            return 0;
    }
}

int object_compress(int from_fd, int to_fd, struct bd_cancel *cancel,
                    struct artifact_packed *ret_packed, struct bd_err *err)
{
    bd_auto(digest) struct bd_digest *digest = bd_digest_new();
    bd_auto(cctx) ZSTD_CCtx *context = ZSTD_createCCtx();
    bd_auto_free char *piece = bd_xmalloc(PIECE_BYTES), *out = bd_xmalloc(PIECE_BYTES);
    struct artifact_packed p = {0};
    ssize_t n;
    if (!context)
        bd_die("no memory to compress");
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
    do {
        int rc = bd_cancel_check(cancel, err);
        if (rc < 0)
            return rc;
        n = read_piece(from_fd, piece, err);
        if (n < 0)
            return (int)n;
        bd_digest_add(digest, piece, (size_t)n);
        p.bytes += (uint64_t)n;
        rc = compress_piece(context, piece, (size_t)n, out, to_fd, &p.stored_bytes, err);
        if (rc < 0)
            return rc;
    } while (n > 0);
    bd_digest_end(digest, p.digest);
    *ret_packed = p;
    return 0;
}

/* What is read back so far. */
struct expansion {
    struct bd_digest *digest;
    uint64_t bytes, bytes_max;
    size_t wanted; /* 0: at the end of the frame */
};

static int expand_piece(ZSTD_DCtx *context, const char *data, size_t bytes, char *out, int to_fd,
                        struct expansion *x, struct bd_err *err)
{
    ZSTD_inBuffer in = {data, bytes, 0};
    bool more = true; /* it may hold back what did not fit into out */
    while (in.pos < in.size || more) {
        ZSTD_outBuffer to = {out, PIECE_BYTES, 0};
        x->wanted = ZSTD_decompressStream(context, &to, &in);
        if (ZSTD_isError(x->wanted))
            return bd_err_set(err, BD_ECORRUPT, "it is damaged: %s", ZSTD_getErrorName(x->wanted));
        x->bytes += to.pos;
        if (x->bytes > x->bytes_max)
            return bd_err_set(err, BD_ECORRUPT, "it is damaged: more is in it than was stored");
        bd_digest_add(x->digest, out, to.pos);
        int rc = write_piece(to_fd, out, to.pos, err);
        if (rc < 0)
            return rc;
        more = to.pos == to.size && x->wanted != 0;
    }
    return 0;
}

int object_expand(int from_fd, int to_fd, const char *digest, uint64_t min_bytes,
                  uint64_t max_bytes, struct bd_err *err)
{
    bd_auto(digest) struct bd_digest *sum = bd_digest_new();
    bd_auto(dctx) ZSTD_DCtx *context = ZSTD_createDCtx();
    bd_auto_free char *piece = bd_xmalloc(PIECE_BYTES), *out = bd_xmalloc(PIECE_BYTES);
    struct expansion x = {.digest = sum, .bytes_max = max_bytes, .wanted = 1};
    char found[BD_DIGEST_BYTES];
    ssize_t n;
    if (!context)
        bd_die("no memory to decompress");
    while ((n = read_piece(from_fd, piece, err)) > 0) {
        int rc = expand_piece(context, piece, (size_t)n, out, to_fd, &x, err);
        if (rc < 0)
            return rc;
    }
    if (n < 0)
        return (int)n;
    if (x.wanted != 0)
        return bd_err_set(err, BD_ECORRUPT, "it is damaged: its end is missing");
    bd_digest_end(sum, found);
    if (strcmp(found, digest) != 0)
        return bd_err_set(err, BD_ECORRUPT, "it is damaged: its content has the digest %s", found);
    if (x.bytes < min_bytes)
        return bd_err_set(err, BD_ECORRUPT, "its content has %llu bytes, not %llu",
                          (unsigned long long)x.bytes, (unsigned long long)min_bytes);
    return 0;
}
