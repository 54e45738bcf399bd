#include "lib/crate/read.h"

#include "lib/base/str.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES 65536

static void archive_end(struct archive *a)
{
    archive_read_free(a);
}
BD_DEFINE_CLEANUP(struct archive, archive, archive_end)

static const char *words_of(struct archive *a)
{
    const char *text = archive_error_string(a);
    return text ? text : "libarchive does not say why";
}

static void fault(struct crate_faults *faults, const struct crate_entry *e, const char *text)
{
    crate_faults_add(faults, CRATE_FAULT_DAMAGED, e->name, strlen(e->name), "%.*s",
                     (int)strcspn(text, "\n"), text);
}

/* 1: to its end; 0: it is damaged, which is told. */
static int read_file(struct archive *a, const struct crate_entry *e, size_t index,
                     struct crate_faults *faults, crate_read_fn fn, void *arg, struct bd_err *err)
{
    char piece[PIECE_BYTES];
    uint64_t done = 0;
    for (;;) {
        la_ssize_t n = archive_read_data(a, piece, sizeof(piece));
        if (n < 0 || (n == 0 && done != e->bytes)) {
            fault(faults, e, n < 0 ? words_of(a) : "it is shorter than the directory says");
            return 0;
        }
        done += (uint64_t)n;
        if (done > e->bytes) {
            fault(faults, e, "it is longer than the directory says");
            return 0;
        }
        int rc = fn(e, index, piece, (size_t)n, arg, err);
        if (rc < 0 || n == 0)
            return rc < 0 ? rc : 1;
    }
}

static bool is_entry(struct archive_entry *header, const struct crate_entry *e)
{
    const char *name = archive_entry_pathname(header);
    size_t n = strlen(e->name);
    return name && strncmp(name, e->name, n) == 0 && strcmp(name + n, e->folder ? "/" : "") == 0;
}

int crate_read_each(int fd, const struct crate_zip *zip, struct crate_faults *faults,
                    crate_read_fn fn, void *arg, struct bd_err *err)
{
    bd_auto(archive) struct archive *a = archive_read_new();
    struct archive_entry *header;
    if (!a)
        bd_die("out of memory");
    if (lseek(fd, 0, SEEK_SET) < 0)
        return bd_err_errno(err, errno, "read the crate");
    if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK ||
        archive_read_open_fd(a, fd, PIECE_BYTES) != ARCHIVE_OK)
        return bd_err_set(err, BD_ECORRUPT, "open the crate: %s", words_of(a));
    for (size_t i = 0; i < zip->n; i++) {
        const struct crate_entry *e = &zip->entries[i];
        int rc = archive_read_next_header(a, &header);
        if (rc != ARCHIVE_OK || !is_entry(header, e)) {
            /* Two readers of one file that see different things: what follows is of no use. */
            fault(faults, e, rc == ARCHIVE_OK ? "another file is in its place" : words_of(a));
            return 0;
        }
        rc = e->folder ? 0 : read_file(a, e, i, faults, fn, arg, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* -- one file -- */

struct bound {
    const char *name; /* with a slash at its end: all below it */
    uint64_t bytes;   /* of the text */
    size_t memory;    /* that is made of it */
};

/* What the daemon makes is far from these: a spec comes to it in at most 1 MiB. An analysis has
 * figures of each of 1,000 cells. */
static const struct bound bounds[] = {
    {"spec.json", 4 << 20, 64 << 20},
    {"analysis.json", 64 << 20, 192 << 20},
    {"hosts/", 1 << 20, 16 << 20},
    {"", 16 << 20, 64 << 20}, /* any other */
};

static const struct bound *bound_of(const char *name)
{
    const struct bound *b = bounds;
    while (*b->name && strcmp(b->name, name) != 0 &&
           !(bd_ends_with(b->name, "/") && bd_starts_with(name, b->name)))
        b++;
    return b;
}

struct wanted {
    const char *name;
    const struct bound *bound;
    struct bd_str text;
    bool whole;
};

static int take(const struct crate_entry *e, size_t index BD_UNUSED, const void *data, size_t bytes,
                void *arg, struct bd_err *err)
{
    struct wanted *w = arg;
    if (strcmp(e->name, w->name) != 0)
        return 0;
    if (e->bytes > w->bound->bytes)
        return bd_err_set(err, BD_ECORRUPT, "%s in it has %llu bytes: more than %llu are not taken",
                          w->name, (unsigned long long)e->bytes,
                          (unsigned long long)w->bound->bytes);
    bd_str_addn(&w->text, data, bytes);
    w->whole = bytes == 0;
    return w->whole ? -EALREADY : 0; /* no more is needed */
}

static int parse(const struct wanted *w, json_t **ret_json, struct bd_err *err)
{
    struct bd_err why = BD_ERR_INIT;
    int rc =
        bd_json_parse_max(bd_str_text(&w->text), w->text.len, w->bound->memory, ret_json, &why);
    if (rc == BD_ENOCAPACITY)
        return bd_err_set(err, BD_ECORRUPT, "%s in it: %s", w->name, why.text);
    return rc < 0 ? bd_err_set(err, BD_ECORRUPT, "%s in it is no JSON: %s", w->name, why.text) : 0;
}

static int find(int fd, struct wanted *w, struct crate_faults *faults, struct bd_err *err)
{
    struct crate_zip zip = {0};
    int rc = crate_zip_look(fd, &zip, faults, err);
    if (rc == 0 && faults->n == 0)
        rc = crate_read_each(fd, &zip, faults, take, w, err);
    crate_zip_done(&zip);
    return w->whole ? 0 : rc;
}

int crate_read_json_fd(int fd, const char *name, json_t **ret_json, struct bd_err *err)
{
    struct wanted w = {.name = name, .bound = bound_of(name)};
    struct crate_faults faults = {0};
    int rc = find(fd, &w, &faults, err);
    if (rc == 0 && faults.n)
        rc =
            bd_err_set(err, BD_ECORRUPT, "%s%s%s", faults.items[0].name ? faults.items[0].name : "",
                       faults.items[0].name ? ": " : "", faults.items[0].text);
    else if (rc == 0 && !w.whole)
        rc = bd_err_set(err, BD_ENOTFOUND, "there is no %s in it", name);
    if (rc == 0)
        rc = parse(&w, ret_json, err);
    crate_faults_done(&faults);
    bd_str_done(&w.text);
    return rc;
}

int crate_read_json(const char *path, const char *name, json_t **ret_json, struct bd_err *err)
{
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc =
        fd < 0 ? bd_err_errno(err, errno, "open it") : crate_read_json_fd(fd, name, ret_json, err);
    if (rc < 0)
        bd_err_wrap(err, "crate %s", path);
    return rc;
}
