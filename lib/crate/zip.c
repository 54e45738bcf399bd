#include "lib/crate/zip.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define END_BYTES         22 /* of the record at the end, without its comment */
#define END64_PLACE_BYTES 20
#define END64_BYTES       56
#define CENTRAL_BYTES     46 /* of a directory's entry, without what follows */
#define LOCAL_BYTES       30
#define COMMENT_MAX       65535
#define DIRECTORY_MAX     (UINT64_C(64) << 20)
#define DESCRIPTOR_MAX    24   /* behind a file: its sizes, where they were not known before */
#define DESCRIPTOR_MARK   4    /* that it may begin with */
#define DEFLATE_RATIO_MAX 1032 /* what it can come to at most */
#define EXTRA_ZIP64       1
#define FLAG_ENCRYPTED    0x0001
#define FLAG_DESCRIPTOR   0x0008
#define FLAG_STRONG       0x0040
#define FLAG_MASKED       0x2000
#define METHOD_STORED     0
#define METHOD_DEFLATED   8
#define MADE_BY_UNIX      3
#define NONE16            0xffff
#define NONE32            0xffffffffU

/* What is being looked at. */
struct look {
    int fd;
    struct crate_faults *faults;
    struct crate_zip *zip;
    uint64_t directory_at, directory_bytes, count;
    uint64_t end_at; /* of the first of the records at the end */
    size_t cap;
};

/* One entry of the directory. */
struct central {
    unsigned made_by, flags, method, name_bytes, extra_bytes, comment_bytes;
    uint32_t mode, crc;
    uint64_t packed, bytes, at;
    const char *name;
    const uint8_t *extra;
};

static unsigned le16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
    return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static uint64_t le64(const uint8_t *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* 0, also where the file ends before that: ret_all tells. */
static int read_at(int fd, void *data, size_t bytes, uint64_t at, bool *ret_all, struct bd_err *err)
{
    size_t done = 0;
    *ret_all = false;
    while (done < bytes) {
        ssize_t n = pread(fd, (char *)data + done, bytes - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bd_err_errno(err, errno, "read the zip file");
        if (n == 0)
            return 0;
        done += (size_t)n;
    }
    *ret_all = true;
    return 0;
}

#define FAULT(l, ...) crate_faults_add((l)->faults, CRATE_FAULT_STRUCTURE, NULL, 0, __VA_ARGS__)

static int by_place(const void *a, const void *b)
{
    const struct crate_entry *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct crate_entry *)a)->name, ((const struct crate_entry *)b)->name);
}

void crate_zip_done(struct crate_zip *zip)
{
    for (size_t i = 0; i < zip->n; i++)
        free(zip->entries[i].name);
    free(zip->entries);
    *zip = (struct crate_zip){0};
}

/* -- the end: where the directory is -- */

/* Also where the short record does not ask for it: some tools read it whenever it is there. */
static int look_at_end64(struct look *l, const uint8_t *end, struct bd_err *err)
{
    uint8_t place[END64_PLACE_BYTES], end64[END64_BYTES];
    bool all,
        asked = le16(end + 10) == NONE16 || le32(end + 12) == NONE32 || le32(end + 16) == NONE32;
    bool there = false;
    if (l->end_at >= sizeof(place)) {
        int rc = read_at(l->fd, place, sizeof(place), l->end_at - sizeof(place), &all, err);
        if (rc < 0)
            return rc;
        there = all && memcmp(place, "PK\6\7", 4) == 0;
    }
    if (!there) {
        if (asked)
            FAULT(l, "it says that it has 64-bit fields, and has none");
        return 0;
    }
    uint64_t at = le64(place + 8);
    l->end_at -= sizeof(place);
    all = false;
    int rc = at < l->end_at ? read_at(l->fd, end64, sizeof(end64), at, &all, err) : 0;
    if (rc < 0)
        return rc;
    if (!all || memcmp(end64, "PK\6\6", 4) != 0 || l->end_at - at < END64_BYTES ||
        le64(end64 + 4) != l->end_at - at - 12 || le64(end64 + 24) != le64(end64 + 32)) {
        FAULT(l, "its 64-bit end record is not where it says, or makes no sense");
        return 0;
    }
    uint64_t count = le64(end64 + 32), bytes = le64(end64 + 40), begin = le64(end64 + 48);
    if ((l->count != NONE16 && l->count != count) ||
        (l->directory_bytes != NONE32 && l->directory_bytes != bytes) ||
        (l->directory_at != NONE32 && l->directory_at != begin))
        FAULT(l, "its 64-bit end record says other than its short one");
    l->count = count;
    l->directory_bytes = bytes;
    l->directory_at = begin;
    l->end_at = at;
    return 0;
}

/* The record whose comment reaches just to the end of the file. */
static const uint8_t *find_end(const uint8_t *tail, size_t bytes)
{
    for (size_t i = bytes - END_BYTES + 1; i-- > 0;)
        if (memcmp(tail + i, "PK\5\6", 4) == 0 && le16(tail + i + 20) == bytes - i - END_BYTES)
            return tail + i;
    return NULL;
}

static int look_at_end(struct look *l, struct bd_err *err)
{
    uint64_t file = l->zip->file_bytes;
    size_t bytes = file < END_BYTES + COMMENT_MAX ? (size_t)file : END_BYTES + COMMENT_MAX;
    bd_auto_free uint8_t *tail = bd_xmalloc(bytes + 1);
    bool all = false;
    int rc = bytes < END_BYTES ? 0 : read_at(l->fd, tail, bytes, file - bytes, &all, err);
    if (rc < 0)
        return rc;
    const uint8_t *end = all ? find_end(tail, bytes) : NULL;
    if (!end) {
        FAULT(l, "it is no zip file, or its end is cut off");
        return 0;
    }
    l->end_at = file - bytes + (uint64_t)(end - tail);
    l->count = le16(end + 10);
    l->directory_bytes = le32(end + 12);
    l->directory_at = le32(end + 16);
    if (le16(end + 4) != 0 || le16(end + 6) != 0 || le16(end + 8) != le16(end + 10))
        FAULT(l, "it is a part of a zip file in several parts");
    rc = look_at_end64(l, end, err);
    if (rc < 0 || l->faults->n)
        return rc;
    if (l->directory_bytes > l->end_at || l->directory_at != l->end_at - l->directory_bytes)
        FAULT(l, "its directory is not where it says: something is cut off, or was put before it");
    else if (l->count > CRATE_ENTRIES_MAX || l->directory_bytes > DIRECTORY_MAX)
        crate_faults_add(l->faults, CRATE_FAULT_UNSAFE, NULL, 0,
                         "it says that it has %" PRIu64 " files, and a crate has at most %d",
                         l->count, CRATE_ENTRIES_MAX);
    return 0;
}

/* -- the directory -- */

/* What 32 bits can't say is in a field of its own, in this order. */
static bool take_wide(uint64_t *const wide[3], const uint8_t *field, size_t bytes)
{
    for (size_t i = 0; i < 3; i++) {
        if (*wide[i] != NONE32)
            continue;
        if (bytes < 8)
            return false;
        *wide[i] = le64(field);
        field += 8;
        bytes -= 8;
    }
    return true;
}

/* Puts the 64-bit fields among the others in the place of those that can't say it; false: they
 * make no sense, or something is still not said. */
static bool read_zip64(const uint8_t *extra, size_t left, uint64_t *const wide[3])
{
    while (left >= 4) {
        size_t n = le16(extra + 2);
        if (n > left - 4 || (le16(extra) == EXTRA_ZIP64 && !take_wide(wide, extra + 4, n)))
            return false;
        extra += 4 + n;
        left -= 4 + n;
    }
    return left == 0 && *wide[0] != NONE32 && *wide[1] != NONE32 && *wide[2] != NONE32;
}

/* The bytes that it has in the directory; 0: it has not that many. */
static size_t read_central(const uint8_t *at, size_t left, struct central *ret_entry)
{
    if (left < CENTRAL_BYTES || memcmp(at, "PK\1\2", 4) != 0)
        return 0;
    *ret_entry = (struct central){
        .made_by = at[5],
        .flags = le16(at + 8),
        .method = le16(at + 10),
        .crc = le32(at + 16),
        .packed = le32(at + 20),
        .bytes = le32(at + 24),
        .name_bytes = le16(at + 28),
        .extra_bytes = le16(at + 30),
        .comment_bytes = le16(at + 32),
        .mode = le32(at + 38) >> 16,
        .at = le32(at + 42),
        .name = (const char *)at + CENTRAL_BYTES,
    };
    ret_entry->extra = at + CENTRAL_BYTES + ret_entry->name_bytes;
    size_t all =
        CENTRAL_BYTES + ret_entry->name_bytes + ret_entry->extra_bytes + ret_entry->comment_bytes;
    uint64_t *const wide[] = {&ret_entry->bytes, &ret_entry->packed, &ret_entry->at};
    return all <= left && read_zip64(ret_entry->extra, ret_entry->extra_bytes, wide) ? all : 0;
}

/* Why it is not to be unpacked; NULL: it may be. */
static const char *danger_of(const struct central *c, bool folder)
{
    unsigned type = c->made_by == MADE_BY_UNIX ? c->mode & S_IFMT : 0;
    if (!crate_is_name(c->name, c->name_bytes - folder))
        return "its name is not one that a crate has: it may lead out of the folder it is unpacked "
               "into";
    if (type == S_IFLNK)
        return "it is a symbolic link";
    if (type && type != (folder ? S_IFDIR : S_IFREG))
        return "it is neither a file nor a folder";
    if (c->flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED))
        return "it is encrypted";
    if (c->method != METHOD_STORED && c->method != METHOD_DEFLATED)
        return "it is compressed in another way than by deflate";
    if (folder && c->bytes)
        return "it is a folder with content";
    if (c->method == METHOD_STORED && c->bytes != c->packed)
        return "it is not compressed, and yet has two sizes";
    if (c->bytes / DEFLATE_RATIO_MAX > c->packed)
        return "it says that it unpacks to more than deflate can hold";
    return NULL;
}

static void add_entry(struct look *l, const struct central *c)
{
    struct crate_zip *zip = l->zip;
    bool folder = c->name_bytes && c->name[c->name_bytes - 1] == '/';
    const char *danger = danger_of(c, folder);
    if (danger)
        crate_faults_add(l->faults, CRATE_FAULT_UNSAFE, c->name, c->name_bytes, "%s", danger);
    if (zip->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        zip->entries = bd_xrealloc(zip->entries, l->cap * sizeof(*zip->entries));
    }
    zip->entries[zip->n++] = (struct crate_entry){
        .name = bd_xstrndup(c->name, c->name_bytes - folder),
        .folder = folder,
        .bytes = c->bytes,
        .packed = c->packed,
        .at = c->at,
        .flags = c->flags,
        .method = c->method,
        .crc = c->crc,
    };
}

static int look_at_directory(struct look *l, struct bd_err *err)
{
    size_t left = (size_t)l->directory_bytes;
    bd_auto_free uint8_t *directory = bd_xmalloc(left + 1);
    const uint8_t *at = directory;
    bool all;
    int rc = read_at(l->fd, directory, left, l->directory_at, &all, err);
    if (rc < 0)
        return rc;
    while (all && left > 0 && l->zip->n < l->count) {
        struct central c;
        size_t n = read_central(at, left, &c);
        if (n == 0)
            break;
        add_entry(l, &c);
        at += n;
        left -= n;
    }
    if (!all || left > 0 || l->zip->n != l->count)
        FAULT(l, "its directory has %zu files that can be read, and should have %" PRIu64,
              l->zip->n, l->count);
    return 0;
}

/* -- all of it -- */

static void look_for_twins(struct look *l)
{
    size_t n = l->zip->n;
    if (n == 0)
        return;
    bd_auto_free struct crate_entry *sorted =
        bd_xcalloc(n, sizeof(*sorted)); /* no names of its own */
    memcpy(sorted, l->zip->entries, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), by_name);
    for (size_t i = 1; i < n; i++)
        if (strcmp(sorted[i - 1].name, sorted[i].name) == 0)
            crate_faults_add(l->faults, CRATE_FAULT_UNSAFE, sorted[i].name, strlen(sorted[i].name),
                             "it is there more than once");
}

static void look_at_sizes(struct look *l)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < l->zip->n; i++) {
        uint64_t more = l->zip->entries[i].bytes;
        bytes = more > UINT64_MAX - bytes ? UINT64_MAX : bytes + more;
    }
    if (bytes > CRATE_BYTES_MAX)
        crate_faults_add(l->faults, CRATE_FAULT_UNSAFE, NULL, 0,
                         "it unpacks to %" PRIu64 " bytes, and a crate holds at most %" PRIu64,
                         bytes, CRATE_BYTES_MAX);
    else if (bytes > CRATE_RATIO_BYTES && bytes / CRATE_RATIO_MAX > l->zip->file_bytes)
        crate_faults_add(l->faults, CRATE_FAULT_UNSAFE, NULL, 0,
                         "it unpacks to %" PRIu64 " bytes, more than %d times its size: a zip bomb",
                         bytes, CRATE_RATIO_MAX);
}

/* What stands before a file's content. */
struct local {
    uint8_t head[LOCAL_BYTES + CRATE_NAME_MAX + 1];
    uint64_t begin, next; /* of the content, of what follows on it and its descriptor */
};

static void differ(struct look *l, const struct crate_entry *e, const char *what)
{
    crate_faults_add(l->faults, CRATE_FAULT_STRUCTURE, e->name, strlen(e->name),
                     "directory and file say different things of it: %s", what);
}

/* Sizes of 64 bits are in a field of their own here, too. */
static int read_local_sizes(const struct look *l, const struct local *local, uint64_t ret_sizes[2],
                            bool *ret_good, struct bd_err *err)
{
    uint64_t sizes[] = {le32(local->head + 22), le32(local->head + 18)}, none = 0;
    uint64_t *const wide[] = {&sizes[0], &sizes[1], &none};
    size_t extra_bytes = le16(local->head + 28);
    *ret_good = true;
    if (sizes[0] == NONE32 || sizes[1] == NONE32) {
        bd_auto_free uint8_t *extra = bd_xmalloc(extra_bytes + 1);
        int rc = read_at(l->fd, extra, extra_bytes, local->begin - extra_bytes, ret_good, err);
        if (rc < 0)
            return rc;
        *ret_good = *ret_good && read_zip64(extra, extra_bytes, wide);
    }
    ret_sizes[0] = sizes[0];
    ret_sizes[1] = sizes[1];
    return 0;
}

/* Where a descriptor follows, what stands before may be nothing yet. */
static bool agrees(const struct crate_entry *e, uint64_t value, uint64_t said)
{
    return value == said || (value == 0 && (e->flags & FLAG_DESCRIPTOR));
}

static int compare_sizes(struct look *l, const struct crate_entry *e, const struct local *local,
                         struct bd_err *err)
{
    uint64_t sizes[2];
    bool good;
    int rc = read_local_sizes(l, local, sizes, &good, err);
    if (rc < 0)
        return rc;
    if (!good || !agrees(e, sizes[0], e->bytes) || !agrees(e, sizes[1], e->packed))
        differ(l, e, "its sizes");
    else if (!agrees(e, le32(local->head + 14), e->crc))
        differ(l, e, "its checksum");
    return 0;
}

/* With its mark or without, sizes of 32 bits or of 64: each is of another length. */
static bool is_descriptor(const struct crate_entry *e, const uint8_t *at, size_t bytes)
{
    bool wide = bytes >= 20;
    size_t sizes = wide ? 16 : 8;
    if (bytes != 4 + sizes && bytes != DESCRIPTOR_MARK + 4 + sizes)
        return false;
    if (bytes > 4 + sizes) {
        if (memcmp(at, "PK\7\10", DESCRIPTOR_MARK) != 0)
            return false;
        at += DESCRIPTOR_MARK;
    }
    uint64_t packed = wide ? le64(at + 4) : le32(at + 4);
    uint64_t unpacked = wide ? le64(at + 12) : le32(at + 8);
    return le32(at) == e->crc && packed == e->packed && unpacked == e->bytes;
}

/* Between a file and the next is its descriptor, where it says that it has one, or nothing. */
static int look_behind(struct look *l, const struct crate_entry *e, const struct local *local,
                       struct bd_err *err)
{
    uint8_t descriptor[DESCRIPTOR_MAX];
    uint64_t end = local->begin + e->packed, bytes = local->next - end;
    bool has = e->flags & FLAG_DESCRIPTOR, all = true;
    if (bytes > (has ? DESCRIPTOR_MAX : 0)) {
        crate_faults_add(l->faults, CRATE_FAULT_STRUCTURE, e->name, strlen(e->name),
                         "beside it are bytes that belong to no file");
        return 0;
    }
    int rc = read_at(l->fd, descriptor, (size_t)bytes, end, &all, err);
    if (rc == 0 && has && !(all && is_descriptor(e, descriptor, (size_t)bytes)))
        differ(l, e, "what stands behind its content");
    return rc;
}

static int look_at_local(struct look *l, const struct crate_entry *e, const struct local *local,
                         struct bd_err *err)
{
    if (le16(local->head + 6) != e->flags || le16(local->head + 8) != e->method) {
        differ(l, e, "how it is packed");
        return 0;
    }
    if (local->begin > local->next || e->packed > local->next - local->begin) {
        crate_faults_add(l->faults, CRATE_FAULT_STRUCTURE, e->name, strlen(e->name),
                         "it reaches into what follows");
        return 0;
    }
    int rc = compare_sizes(l, e, local, err);
    return rc < 0 ? rc : look_behind(l, e, local, err);
}

/* What stands before a file's content is as the directory says, and nothing lies between files. */
static int look_at_file(struct look *l, size_t i, struct bd_err *err)
{
    const struct crate_entry *e = &l->zip->entries[i];
    struct local local = {.next = i + 1 < l->zip->n ? e[1].at : l->directory_at};
    size_t name_bytes = strlen(e->name) + e->folder;
    bool all = false;
    int rc = 0;
    if (e->at < l->directory_at)
        rc = read_at(l->fd, local.head, LOCAL_BYTES + name_bytes, e->at, &all, err);
    if (rc < 0)
        return rc;
    local.begin = e->at + LOCAL_BYTES + name_bytes + le16(local.head + 28);
    if (i == 0 && e->at != 0)
        crate_faults_add(l->faults, CRATE_FAULT_STRUCTURE, e->name, strlen(e->name),
                         "before it are bytes that belong to no file");
    else if (!all || memcmp(local.head, "PK\3\4", 4) != 0 || le16(local.head + 26) != name_bytes ||
             memcmp(local.head + LOCAL_BYTES, e->name, strlen(e->name)) != 0 ||
             (e->folder && local.head[LOCAL_BYTES + name_bytes - 1] != '/'))
        differ(l, e, "its name");
    else
        rc = look_at_local(l, e, &local, err);
    return rc;
}

int crate_zip_look(int fd, struct crate_zip *ret_zip, struct crate_faults *faults,
                   struct bd_err *err)
{
    struct crate_zip zip = {0};
    struct look l = {.fd = fd, .faults = faults, .zip = &zip};
    struct stat st;
    if (fstat(fd, &st) < 0)
        return bd_err_errno(err, errno, "look at the zip file");
    if (!S_ISREG(st.st_mode))
        return bd_err_set(err, BD_EINVALID, "it is no plain file");
    zip.file_bytes = (uint64_t)st.st_size;
    int rc = look_at_end(&l, err);
    if (rc == 0 && faults->n == 0)
        rc = look_at_directory(&l, err);
    if (rc == 0) {
        look_for_twins(&l);
        look_at_sizes(&l);
    }
    if (zip.n)
        qsort(zip.entries, zip.n, sizeof(*zip.entries), by_place);
    for (size_t i = 0; rc == 0 && faults->n == 0 && i < zip.n; i++)
        rc = look_at_file(&l, i, err);
    if (rc < 0)
        crate_zip_done(&zip);
    else
        *ret_zip = zip;
    return rc;
}
