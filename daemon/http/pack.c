#include "daemon/http/pack.h"

#include "lib/base/mem.h"

#include <zlib.h>

#define GZIP_WINDOW (15 + 16)
#define GZIP_MEMORY 8

char *http_pack(const char *text, size_t bytes, size_t *ret_bytes)
{
    z_stream z = {0};
    if (bytes < HTTP_PACK_MIN_BYTES || bytes > UINT_MAX / 2 ||
        deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) !=
            Z_OK)
        return NULL;
    size_t room = deflateBound(&z, bytes);
    bd_auto_free char *packed = bd_xmalloc(room);
    z.next_in = (Bytef *)text;
    z.avail_in = (uInt)bytes;
    z.next_out = (Bytef *)packed;
    z.avail_out = (uInt)room;
    int rc = deflate(&z, Z_FINISH);
    *ret_bytes = z.total_out;
    deflateEnd(&z);
    return rc == Z_STREAM_END && *ret_bytes < bytes ? bd_take(packed) : NULL;
}
