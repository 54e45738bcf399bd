#include "lib/sample/series.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <zstd.h>

#define VERSION      1
#define VARINT_BYTES 10
#define DECIMALS_MAX 9
#define WHOLE_MAX    9007199254740992.0 /* 2^53: up to here a double has every whole number */

enum value_form { FORM_DOUBLES, FORM_DECIMAL, FORM_COUNT };

static const double powers_of_10[DECIMALS_MAX + 1] = {1e0, 1e1, 1e2, 1e3, 1e4,
                                                      1e5, 1e6, 1e7, 1e8, 1e9};

/* -------------------------------------------------------------------------------------- numbers */

static void put_byte(struct bd_str *out, uint8_t byte)
{
    bd_str_addn(out, &byte, 1);
}

static void put_varint(struct bd_str *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        put_byte(out, (uint8_t)(v | 0x80));
    put_byte(out, (uint8_t)v);
}

/* Differences of any two times or values fit when they wrap around: the sum wraps back. Hence all
 * is counted in uint64_t, a negative number as its complement. */
static void put_signed(struct bd_str *out, uint64_t v)
{
    put_varint(out, v << 1 ^ (v >> 63 ? UINT64_MAX : 0));
}

struct reader {
    const uint8_t *at, *end;
};

static bool get_varint(struct reader *r, uint64_t *ret_v)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        uint64_t bits = *r->at & 0x7f;
        if (shift == 63 && bits > 1)
            return false;
        v |= bits << shift;
        if (!(*r->at++ & 0x80)) {
            *ret_v = v;
            return true;
        }
    }
    return false;
}

static bool get_signed(struct reader *r, uint64_t *ret_v)
{
    uint64_t v;
    if (!get_varint(r, &v))
        return false;
    *ret_v = v >> 1 ^ (v & 1 ? UINT64_MAX : 0);
    return true;
}

static bool get_byte(struct reader *r, uint8_t *ret_byte)
{
    if (r->at == r->end)
        return false;
    *ret_byte = *r->at++;
    return true;
}

static uint64_t magnitude(uint64_t v)
{
    return v >> 63 ? -v : v;
}

/* The greatest number that divides all differences between neighbours; 1 where there are none. */
static uint64_t common_divisor(const uint64_t *v, size_t n)
{
    uint64_t g = 0;
    for (size_t i = 1; i < n && g != 1; i++)
        for (uint64_t rest = magnitude(v[i] - v[i - 1]); rest;) {
            uint64_t left = g % rest;
            g = rest;
            rest = left;
        }
    return g ? g : 1;
}

/* v / g of a number that g divides. */
static uint64_t divided(uint64_t v, uint64_t g)
{
    return v >> 63 ? -(-v / g) : v / g;
}

/* ---------------------------------------------------------------------------------------- times */

static void put_times(struct bd_str *out, const struct sample_point *points, size_t n)
{
    bd_auto_free uint64_t *t = bd_xmalloc(n * sizeof(*t));
    for (size_t i = 0; i < n; i++)
        t[i] = (uint64_t)points[i].at_ns;
    uint64_t g = common_divisor(t, n), step_before = 0;
    put_varint(out, g);
    put_signed(out, t[0]);
    for (size_t i = 1; i < n; i++) {
        uint64_t step = divided(t[i] - t[i - 1], g);
        put_signed(out, step - step_before);
        step_before = step;
    }
}

static bool get_times(struct reader *r, struct sample_point *points, size_t n)
{
    uint64_t g, t, step = 0;
    if (!get_varint(r, &g) || !get_signed(r, &t))
        return false;
    points[0].at_ns = (int64_t)t;
    for (size_t i = 1; i < n; i++) {
        uint64_t more;
        if (!get_signed(r, &more))
            return false;
        step += more;
        t += step * g;
        points[i].at_ns = (int64_t)t;
    }
    return true;
}

/* --------------------------------------------------------------------------------------- values */

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* k with value == k / 10^d, bit by bit. */
static bool as_decimal(double value, int d, uint64_t *ret_k)
{
    double k = round(value * powers_of_10[d]);
    if (!(fabs(k) <= WHOLE_MAX) || bits_of(k / powers_of_10[d]) != bits_of(value))
        return false;
    int64_t whole = (int64_t)k;
    *ret_k = (uint64_t)whole;
    return whole != 0 || !signbit(value); /* a whole number has no -0 */
}

/* The fewest decimals that do for all; the k's of these. */
static bool find_decimals(const struct sample_point *points, size_t n, int *ret_d, uint64_t *ret_k)
{
    int d = 0;
    for (size_t i = 0; i < n;) {
        if (as_decimal(points[i].value, d, &ret_k[i])) {
            i++;
        } else {
            if (d == DECIMALS_MAX)
                return false;
            d++;
            i = 0;
        }
    }
    *ret_d = d;
    return true;
}

static void put_doubles(struct bd_str *out, const struct sample_point *points, size_t n)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        for (size_t i = 0; i < n; i++)
            put_byte(out, (uint8_t)(bits_of(points[i].value) >> shift));
}

static void put_values(struct bd_str *out, const struct sample_point *points, size_t n)
{
    bd_auto_free uint64_t *k = bd_xmalloc(n * sizeof(*k));
    int d;
    if (!find_decimals(points, n, &d, k)) {
        put_byte(out, FORM_DOUBLES);
        put_doubles(out, points, n);
        return;
    }
    uint64_t g = common_divisor(k, n);
    put_byte(out, FORM_DECIMAL);
    put_byte(out, (uint8_t)d);
    put_varint(out, g);
    put_signed(out, k[0]);
    for (size_t i = 1; i < n; i++)
        put_signed(out, divided(k[i] - k[i - 1], g));
}

static bool get_doubles(struct reader *r, struct sample_point *points, size_t n)
{
    if ((size_t)(r->end - r->at) != n * sizeof(double))
        return false;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = 0;
        for (unsigned byte = 0; byte < sizeof(double); byte++)
            bits |= (uint64_t)r->at[byte * n + i] << 8 * byte;
        memcpy(&points[i].value, &bits, sizeof(bits));
        if (!isfinite(points[i].value))
            return false;
    }
    r->at = r->end;
    return true;
}

static bool get_decimals(struct reader *r, struct sample_point *points, size_t n)
{
    uint8_t d;
    uint64_t g, k = 0;
    if (!get_byte(r, &d) || d > DECIMALS_MAX || !get_varint(r, &g))
        return false;
    for (size_t i = 0; i < n; i++) {
        uint64_t more;
        if (!get_signed(r, &more))
            return false;
        k = i ? k + more * g : more;
        points[i].value = (double)(int64_t)k / powers_of_10[d];
    }
    return true;
}

static bool get_values(struct reader *r, struct sample_point *points, size_t n)
{
    uint8_t form;
    if (!get_byte(r, &form))
        return false;
    return form == FORM_DOUBLES   ? get_doubles(r, points, n)
           : form == FORM_DECIMAL ? get_decimals(r, points, n)
                                  : false;
}

/* ------------------------------------------------------------------------------------- together */

static int check_points(const struct sample_point *points, size_t n, struct bd_err *err)
{
    if (n > SAMPLE_POINTS_MAX)
        return bd_err_set(err, BD_EINVALID, "a series of %zu samples: at most %d go into one piece",
                          n, SAMPLE_POINTS_MAX);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(points[i].value))
            return bd_err_set(err, BD_EINVALID,
                              "sample %zu is not a finite number: leave it out instead", i);
    return 0;
}

BD_DEFINE_CLEANUP(ZSTD_CCtx, cctx, (void)ZSTD_freeCCtx)

/* Appends the content as a frame. */
static int compress(const struct bd_str *content, struct bd_str *out, struct bd_err *err)
{
    bd_auto(cctx) ZSTD_CCtx *zstd = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(content->len);
    bd_auto_free void *frame = bd_xmalloc(room);
    if (!zstd)
        bd_die("out of memory");
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    size_t bytes = ZSTD_compress2(zstd, frame, room, bd_str_text(content), content->len);
    if (ZSTD_isError(bytes))
        return bd_err_set(err, -EIO, "compress samples: %s", ZSTD_getErrorName(bytes));
    bd_str_addn(out, frame, bytes);
    return 0;
}

int sample_encode(const struct sample_point *points, size_t n, void **ret_data, size_t *ret_bytes,
                  struct bd_err *err)
{
    bd_auto_str struct bd_str content = {0}, out = {0};
    int rc = check_points(points, n, err);
    if (rc < 0)
        return rc;
    if (n > 0) {
        put_times(&content, points, n);
        put_values(&content, points, n);
    }
    put_byte(&out, VERSION);
    put_varint(&out, n);
    rc = compress(&content, &out, err);
    if (rc < 0)
        return rc;
    *ret_bytes = out.len;
    *ret_data = bd_str_take(&out);
    return 0;
}

/* The longest content of n points: a divisor, a form and its decimals, and two numbers a point. */
static size_t content_bytes_max(size_t n)
{
    return n ? 2 * VARINT_BYTES + 2 + n * 2 * VARINT_BYTES : 0;
}

/* The content of exactly one frame that takes all that is left; NULL where it is none, or longer
 * than n points can be. */
static uint8_t *decompress(const struct reader *r, size_t n, size_t *ret_bytes)
{
    size_t left = (size_t)(r->end - r->at);
    unsigned long long bytes = ZSTD_getFrameContentSize(r->at, left);
    if (bytes == ZSTD_CONTENTSIZE_UNKNOWN || bytes == ZSTD_CONTENTSIZE_ERROR ||
        bytes > content_bytes_max(n) || ZSTD_findFrameCompressedSize(r->at, left) != left)
        return NULL;
    bd_auto_free uint8_t *content = bd_xmalloc((size_t)bytes + 1);
    if (ZSTD_decompress(content, (size_t)bytes, r->at, left) != bytes)
        return NULL;
    *ret_bytes = (size_t)bytes;
    return bd_take(content);
}

int sample_decode(const void *data, size_t bytes, struct sample_point **ret_points, size_t *ret_n,
                  struct bd_err *err)
{
    struct reader r = {data, (const uint8_t *)data + bytes};
    uint8_t version;
    uint64_t n;
    size_t content_bytes = 0;
    if (!get_byte(&r, &version) || version != VERSION)
        return bd_err_set(err, BD_ECORRUPT, "samples of version %d were expected", VERSION);
    if (!get_varint(&r, &n) || n > SAMPLE_POINTS_MAX)
        return bd_err_set(err, BD_ECORRUPT, "samples without a number that makes sense");
    bd_auto_free uint8_t *content = decompress(&r, n, &content_bytes);
    if (!content)
        return bd_err_set(err, BD_ECORRUPT, "%" PRIu64 " samples that can't be decompressed", n);
    bd_auto_free struct sample_point *points = bd_xcalloc(n + 1, sizeof(*points));
    r = (struct reader){content, content + content_bytes};
    if (n > 0 && (!get_times(&r, points, n) || !get_values(&r, points, n)))
        return bd_err_set(err, BD_ECORRUPT, "%" PRIu64 " samples of which some are missing", n);
    if (r.at != r.end)
        return bd_err_set(err, BD_ECORRUPT, "%" PRIu64 " samples with something behind them", n);
    *ret_points = bd_take(points);
    *ret_n = n;
    return 0;
}
