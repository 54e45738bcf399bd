#define ZLIB_CONST /* zlib reads its input only */
#include "lib/swf/swf.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define PIECE_BYTES_MAX ((size_t)1 << 20) /* zlib counts in 32 bits */

struct swf_reader {
    struct swf *log;
    char line[SWF_LINE_BYTES_MAX + 1];
    size_t used;
    bool too_long; /* the rest of this line is passed over */
    bool ended;    /* nothing more is taken */

    size_t count_lines[2]; /* where the header has the labels of counts; 0: nowhere */

    char magic[2]; /* of the file */
    size_t n_magic;
    bool packed;   /* it is gzip */
    bool unpacked; /* to its end */
    z_stream z;
    uint64_t text_bytes;
};

static const char *const names[SWF_FIELD_COUNT] = {
    [SWF_JOB] = "job number",
    [SWF_SUBMIT] = "submit time",
    [SWF_WAIT] = "wait time",
    [SWF_RUNTIME] = "run time",
    [SWF_PROCS] = "allocated processors",
    [SWF_CPU] = "average CPU time",
    [SWF_MEMORY] = "used memory",
    [SWF_ASKED_PROCS] = "requested processors",
    [SWF_ASKED_TIME] = "requested time",
    [SWF_ASKED_MEMORY] = "requested memory",
    [SWF_STATUS] = "status",
    [SWF_USER] = "user",
    [SWF_GROUP] = "group",
    [SWF_APP] = "application",
    [SWF_QUEUE] = "queue",
    [SWF_PARTITION] = "partition",
    [SWF_AFTER] = "preceding job",
    [SWF_THINK] = "think time",
};

const char *swf_field_name(enum swf_field f)
{
    return names[f];
}

void swf_done(struct swf *log)
{
    free(log->jobs);
    bd_strv_done(&log->header);
    *log = (struct swf){0};
}

__attribute__((format(printf, 4, 5))) static void fault(struct swf *log, size_t line, int field,
                                                        const char *fmt, ...)
{
    if (log->n_faults++ >= SWF_FAULTS_MAX)
        return;
    struct swf_fault *f = &log->faults[log->n_faults - 1];
    f->line = line;
    f->field = field;
    va_list args;
    va_start(args, fmt);
    vsnprintf(f->text, sizeof(f->text), fmt, args);
    va_end(args);
}

/* -- one field -- */

static bool is_whole(enum swf_field f)
{
    static const bool may_have_a_fraction[SWF_FIELD_COUNT] = {
        [SWF_SUBMIT] = true, [SWF_WAIT] = true,        [SWF_RUNTIME] = true,
        [SWF_CPU] = true,    [SWF_MEMORY] = true,      [SWF_ASKED_TIME] = true,
        [SWF_THINK] = true,  [SWF_ASKED_MEMORY] = true};
    return !may_have_a_fraction[f];
}

/* Digits, perhaps a sign before and a fraction behind: what strtod() takes beyond that (1e9, 0x10,
 * nan) is in no log. */
static bool read_number(const char *text, size_t bytes, double *ret_value)
{
    size_t i = 0, digits = 0;
    double value = 0, unit = 1;
    bool negative = bytes > 0 && text[0] == '-', fraction = false;
    if (negative || (bytes > 0 && text[0] == '+'))
        i++;
    for (; i < bytes; i++) {
        if (text[i] == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9')
            return false;
        digits++;
        value = value * 10 + (text[i] - '0');
        unit = fraction ? unit * 10 : unit;
    }
    *ret_value = (negative ? -value : value) / unit;
    return digits > 0;
}

/* A word of the line, as far as a message shows it. */
static int shown(size_t bytes)
{
    return bytes > 40 ? 40 : (int)bytes;
}

static bool read_field(struct swf *log, enum swf_field f, const char *text, size_t bytes,
                       double *ret_value)
{
    double value;
    if (!read_number(text, bytes, &value)) {
        fault(log, log->lines, (int)f, "'%.*s' is no number", shown(bytes), text);
        return false;
    }
    if (value < 0 && value != -1) {
        fault(log, log->lines, (int)f, "%.*s: only -1, for a missing one, is below 0", shown(bytes),
              text);
        return false;
    }
    if (value > SWF_VALUE_MAX) {
        fault(log, log->lines, (int)f, "%.*s is more than %.0f", shown(bytes), text, SWF_VALUE_MAX);
        return false;
    }
    if (is_whole(f) && value != floor(value)) {
        fault(log, log->lines, (int)f, "%.*s is no whole number", shown(bytes), text);
        return false;
    }
    *ret_value = value;
    return true;
}

/* -- lines -- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static int add_job(struct swf *log, const struct swf_job *job, struct bd_err *err)
{
    if (log->n == SWF_JOBS_MAX)
        return bd_err_set(err, BD_ENOCAPACITY,
                          "line %zu: more than %d jobs: cut the log into windows first", job->line,
                          SWF_JOBS_MAX);
    if (log->n == log->cap) {
        log->cap = log->cap ? 2 * log->cap : 1024;
        log->jobs = bd_xrealloc(log->jobs, log->cap * sizeof(*log->jobs));
    }
    log->jobs[log->n++] = *job;
    return 0;
}

struct word {
    const char *text;
    size_t bytes;
};

/* How many there are; the first of them. */
static unsigned split(const char *line, size_t bytes, struct word ret_words[SWF_FIELD_COUNT])
{
    unsigned n = 0;
    for (size_t i = 0; i < bytes;) {
        size_t begin = i;
        while (i < bytes && !is_blank(line[i]))
            i++;
        if (n < SWF_FIELD_COUNT)
            ret_words[n] = (struct word){line + begin, i - begin};
        n++;
        while (i < bytes && is_blank(line[i]))
            i++;
    }
    return n;
}

static int take_job(struct swf *log, const char *line, size_t bytes, struct bd_err *err)
{
    struct swf_job job = {.line = log->lines};
    struct word words[SWF_FIELD_COUNT];
    unsigned n = split(line, bytes, words);
    if (n != SWF_FIELD_COUNT) {
        fault(log, log->lines, -1, "%u fields where there are %d", n, SWF_FIELD_COUNT);
        return 0;
    }
    bool right = true;
    for (unsigned f = 0; f < SWF_FIELD_COUNT; f++)
        right = read_field(log, (enum swf_field)f, words[f].text, words[f].bytes, &job.fields[f]) &&
                right;
    return right ? add_job(log, &job, err) : 0;
}

/* Labels that say how many jobs there are. */
static const char *const counts[] = {"MaxRecords", "MaxJobs"};
_Static_assert(BD_ARRAY_LEN(counts) == BD_ARRAY_LEN(((struct swf_reader *)0)->count_lines),
               "a line for each");

/* What follows a label's colon; NULL: the line has another one. */
static const char *behind_label(const char *line, const char *label)
{
    size_t n = strlen(label);
    if (strncasecmp(line, label, n) != 0)
        return NULL;
    const char *at = line + n;
    at += strspn(at, " \t");
    return *at == ':' ? at + 1 + strspn(at + 1, " \t") : NULL;
}

/* The first one counts, as swf_header() has it. */
static void note_count(struct swf_reader *r, const char *line)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(counts); i++)
        if (r->count_lines[i] == 0 && behind_label(line, counts[i]))
            r->count_lines[i] = r->log->lines;
}

static void take_comment(struct swf_reader *r, const char *line, size_t bytes)
{
    struct swf *log = r->log;
    size_t i = 1;
    while (i < bytes && is_blank(line[i]))
        i++;
    if (i == bytes)
        return;
    if (log->n > 0 && memchr(line, ':', bytes) == NULL)
        return; /* a remark among the jobs */
    if (log->header.n == SWF_HEADER_MAX)
        fault(log, log->lines, -1, "more than %d header lines: this one is passed over",
              SWF_HEADER_MAX);
    else if (!bd_is_utf8(line + i, bytes - i))
        fault(log, log->lines, -1, "a header line that is not UTF-8: it is passed over");
    else {
        bd_strv_take(&log->header, bd_xstrndup(line + i, bytes - i));
        note_count(r, log->header.items[log->header.n - 1]);
    }
}

static int take_line(struct swf_reader *r, struct bd_err *err)
{
    struct swf *log = r->log;
    size_t begin = 0, end = r->used;
    log->lines++;
    bool too_long = r->too_long;
    r->used = 0;
    r->too_long = false;
    if (too_long) {
        fault(log, log->lines, -1, "longer than %d bytes", SWF_LINE_BYTES_MAX);
        return 0;
    }
    while (begin < end && is_blank(r->line[begin]))
        begin++;
    while (end > begin && is_blank(r->line[end - 1]))
        end--;
    if (begin == end)
        return 0;
    if (r->line[begin] == ';') {
        take_comment(r, r->line + begin, end - begin);
        return 0;
    }
    return take_job(log, r->line + begin, end - begin, err);
}

/* -- the whole -- */

struct swf_reader *swf_reader_new(struct swf *log)
{
    struct swf_reader *r = bd_new(struct swf_reader);
    r->log = log;
    return r;
}

void swf_reader_free(struct swf_reader *r)
{
    if (r && r->packed)
        inflateEnd(&r->z);
    free(r);
}

static int take_text(struct swf_reader *r, const char *bytes, size_t n, struct bd_err *err)
{
    int rc = 0;
    r->text_bytes += n;
    if (r->text_bytes > SWF_TEXT_BYTES_MAX)
        return bd_err_set(err, BD_ENOCAPACITY, "line %zu: more than %llu GiB of text",
                          r->log->lines + 1, (unsigned long long)(SWF_TEXT_BYTES_MAX >> 30));
    for (size_t i = 0; i < n && rc == 0; i++) {
        if (bytes[i] == '\0')
            rc = bd_err_set(err, BD_EINVALID, "line %zu: a NUL byte: this is no text",
                            r->log->lines + 1);
        else if (bytes[i] == '\n')
            rc = take_line(r, err);
        else if (r->used < SWF_LINE_BYTES_MAX)
            r->line[r->used++] = bytes[i];
        else
            r->too_long = true;
    }
    return rc;
}

static int unpack(struct swf_reader *r, const char *bytes, size_t n, struct bd_err *err)
{
    unsigned char text[16384];
    int rc = 0;
    r->z.next_in = (const Bytef *)bytes;
    r->z.avail_in = (uInt)n;
    while (rc == 0 && r->z.avail_in > 0) {
        if (r->unpacked) { /* another member may follow: gzip files can be joined */
            r->unpacked = false;
            inflateReset(&r->z);
        }
        r->z.next_out = text;
        r->z.avail_out = sizeof(text);
        int z = inflate(&r->z, Z_NO_FLUSH);
        r->unpacked = z == Z_STREAM_END;
        if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
            return bd_err_set(err, BD_EINVALID, "after line %zu: this gzip file is damaged",
                              r->log->lines);
        rc = take_text(r, (const char *)text, sizeof(text) - r->z.avail_out, err);
    }
    return rc;
}

/* gzip is told by its first two bytes (RFC 1952). */
static int begin(struct swf_reader *r, struct bd_err *err)
{
    r->packed = r->n_magic == 2 && memcmp(r->magic, "\x1f\x8b", 2) == 0;
    if (r->packed && inflateInit2(&r->z, 16 + MAX_WBITS) != Z_OK)
        bd_die("no memory for zlib");
    return r->packed ? unpack(r, r->magic, r->n_magic, err)
                     : take_text(r, r->magic, r->n_magic, err);
}

int swf_reader_feed(struct swf_reader *r, const char *bytes, size_t n, struct bd_err *err)
{
    int rc = 0;
    if (r->ended)
        return 0;
    while (n > 0 && r->n_magic < sizeof(r->magic)) {
        r->magic[r->n_magic++] = *bytes++;
        n--;
        if (r->n_magic == sizeof(r->magic))
            rc = begin(r, err);
    }
    while (n > 0 && rc == 0) {
        size_t some = n < PIECE_BYTES_MAX ? n : PIECE_BYTES_MAX;
        rc = r->packed ? unpack(r, bytes, some, err) : take_text(r, bytes, some, err);
        bytes += some;
        n -= some;
    }
    r->ended = rc < 0;
    return rc;
}

static void compare_counts(const struct swf_reader *r)
{
    struct swf *log = r->log;
    double there = (double)log->n;
    for (size_t i = 0; i < BD_ARRAY_LEN(counts); i++) {
        double said = swf_header_number(log, counts[i]);
        if (said >= 0 && said != there)
            fault(log, r->count_lines[i], -1, "the header says %s: %.0f, and there are %.0f",
                  counts[i], said, there);
    }
}

int swf_reader_end(struct swf_reader *r, struct bd_err *err)
{
    int rc = 0;
    if (!r->ended && r->n_magic == 1)
        rc = take_text(r, r->magic, 1, err);
    if (!r->ended && r->packed && !r->unpacked)
        rc = bd_err_set(err, BD_EINVALID, "after line %zu: this gzip file is cut off",
                        r->log->lines);
    if (!r->ended && rc == 0 && (r->used || r->too_long))
        rc = take_line(r, err);
    if (!r->ended && rc == 0)
        compare_counts(r);
    r->ended = true;
    return rc;
}

/* -- the header -- */

const char *swf_header(const struct swf *log, const char *label)
{
    const char *value = NULL;
    for (size_t i = 0; i < log->header.n && !value; i++)
        value = behind_label(log->header.items[i], label);
    return value;
}

double swf_header_number(const struct swf *log, const char *label)
{
    const char *text = swf_header(log, label);
    double value;
    if (!text || !read_number(text, strcspn(text, " \t"), &value) || value < 0)
        return -1;
    return value;
}

double swf_machine_size(const struct swf *log)
{
    double size = swf_header_number(log, "MaxProcs");
    if (size <= 0)
        size = swf_header_number(log, "MaxNodes");
    if (size > 0)
        return size;
    size = 0;
    for (size_t i = 0; i < log->n; i++) {
        const double *f = log->jobs[i].fields;
        size = fmax(size, fmax(f[SWF_PROCS], f[SWF_ASKED_PROCS]));
    }
    return size;
}
