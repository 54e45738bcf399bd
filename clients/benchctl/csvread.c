#include "csvread.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

void csv_table_done(struct csv_table *t)
{
    free(t->text);
    free(t->fields);
    free(t->lines);
    *t = (struct csv_table){0};
}

struct reader {
    const char *name;
    const char *at, *end;
    char *out; /* within the table's text; never ahead of what was read */
    unsigned line;
    struct csv_table *table;
    struct bd_err *err;
};

static int refuse(struct reader *r, unsigned line, const char *why)
{
    return bd_err_set(r->err, BD_EINVALID, "%s:%u: %s", r->name, line, why);
}

/* -- fields -- */

/* From the quote to the one that ends it; "" is one within. */
static int read_quoted(struct reader *r)
{
    unsigned begun = r->line;
    r->at++;
    for (; r->at < r->end; r->at++) {
        if (*r->at == '"' && (r->at + 1 == r->end || r->at[1] != '"')) {
            r->at++;
            return 0;
        }
        r->at += *r->at == '"';
        r->line += *r->at == '\n';
        *r->out++ = *r->at;
    }
    return refuse(r, begun, "a quote is opened that nothing closes");
}

static bool is_end_of_field(const struct reader *r)
{
    return r->at == r->end || *r->at == ',' || *r->at == '\n' || *r->at == '\r';
}

static int read_field(struct reader *r)
{
    if (r->at < r->end && *r->at == '"') {
        int rc = read_quoted(r);
        if (rc < 0)
            return rc;
        if (!is_end_of_field(r))
            return refuse(r, r->line, "after a closing quote there must be a comma or a new line");
        return 0;
    }
    while (!is_end_of_field(r)) {
        if (*r->at == '"')
            return refuse(r, r->line,
                          "a quote within a field: the whole field must be in quotes, and the "
                          "quote be written twice");
        *r->out++ = *r->at++;
    }
    return 0;
}

/* -- rows -- */

/* Where the field is to go; the row's count goes up. */
static int begin_field(struct reader *r, size_t *fields)
{
    struct csv_table *t = r->table;
    size_t width = t->width ? t->width : CSV_COLUMNS_MAX;
    if (*fields == width && t->width)
        return bd_err_set(r->err, BD_EINVALID, "%s:%u: more fields than the %zu that line %u names",
                          r->name, t->lines[t->rows], t->width, t->lines[0]);
    if (*fields == width)
        return refuse(r, r->line, "more than 1000 columns");
    t->fields[t->rows * t->width + (*fields)++] = (size_t)(r->out - t->text);
    return 0;
}

static int end_line(struct reader *r)
{
    if (r->at < r->end && *r->at == '\r') {
        r->at++;
        if (r->at == r->end || *r->at != '\n')
            return refuse(r, r->line,
                          "a carriage return without a line feed: save it with the "
                          "line ends of Unix or Windows");
    }
    if (r->at < r->end)
        r->at++;
    r->line++;
    return 0;
}

static int read_row(struct reader *r)
{
    struct csv_table *t = r->table;
    size_t fields = 0;
    bool more;
    t->lines[t->rows] = r->line;
    do {
        int rc = begin_field(r, &fields);
        if (rc == 0)
            rc = read_field(r);
        if (rc < 0)
            return rc;
        more = r->at < r->end && *r->at == ',';
        r->at += more;
        /* The separator's place is free: what was read is at least as long as what was written. */
        *r->out++ = '\0';
    } while (more);
    if (t->rows == 0)
        t->width = fields;
    if (fields < t->width)
        return bd_err_set(r->err, BD_EINVALID, "%s:%u: %zu field%s, of the %zu that line %u names",
                          r->name, t->lines[t->rows], fields, fields == 1 ? "" : "s", t->width,
                          t->lines[0]);
    t->rows++;
    return end_line(r);
}

/* Room for one row more: that of the names may be as wide as any. */
static int reserve(struct reader *r)
{
    struct csv_table *t = r->table;
    if (t->rows == CSV_ROWS_MAX)
        return refuse(r, r->line, "more than 1,000,000 rows");
    if (t->rows < t->cap)
        return 0;
    t->cap = t->cap ? 2 * t->cap : 64;
    t->lines = bd_xrealloc(t->lines, t->cap * sizeof(*t->lines));
    size_t fields = t->width ? t->cap * t->width : CSV_COLUMNS_MAX;
    t->fields = bd_xrealloc(t->fields, fields * sizeof(*t->fields));
    return 0;
}

static int read_rows(struct reader *r)
{
    while (r->at < r->end) {
        /* An empty line is no row: files often end with one. */
        if (*r->at == '\n' || *r->at == '\r') {
            int rc = end_line(r);
            if (rc < 0)
                return rc;
            continue;
        }
        int rc = reserve(r);
        if (rc == 0)
            rc = read_row(r);
        if (rc < 0)
            return rc;
        if (r->table->rows == 1)
            r->table->cap = 1; /* what was for names is now to be for rows */
    }
    return 0;
}

static int check_names(const struct reader *r)
{
    const struct csv_table *t = r->table;
    if (t->rows == 0)
        return bd_err_set(r->err, BD_EINVALID,
                          "%s is empty: its first line has to name the columns", r->name);
    for (size_t i = 0; i < t->width; i++) {
        const char *name = csv_field(t, 0, i);
        if (csv_column(t, name) != i)
            return bd_err_set(r->err, BD_EINVALID, "%s:%u: two columns are called '%s'", r->name,
                              t->lines[0], name);
    }
    return 0;
}

static unsigned line_of(const char *text, size_t bytes)
{
    unsigned line = 1;
    for (size_t i = 0; i < bytes; i++)
        line += text[i] == '\n';
    return line;
}

static int check_text(const char *text, size_t bytes, const char *name, struct bd_err *err)
{
    for (size_t i = 0; i < bytes;) {
        size_t n = bd_utf8_char(text + i, bytes - i);
        if (n == 0 || text[i] == '\0')
            return bd_err_set(err, BD_EINVALID, "%s:%u: %s", name, line_of(text, i),
                              n ? "a NUL byte" : "not UTF-8: save it in that encoding");
        i += n;
    }
    return 0;
}

int csv_read(const char *text, size_t bytes, const char *name, struct csv_table *ret,
             struct bd_err *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    *ret = (struct csv_table){0};
    if (bytes >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        bytes -= 3;
    }
    int rc = check_text(text, bytes, name, err);
    if (rc < 0)
        return rc;
    /* One more: the last field may have neither comma nor new line. */
    ret->text = bd_xmalloc(bytes + 1);
    struct reader r = {.name = name,
                       .at = text,
                       .end = text + bytes,
                       .out = ret->text,
                       .line = 1,
                       .table = ret,
                       .err = err};
    rc = read_rows(&r);
    return rc < 0 ? rc : check_names(&r);
}

size_t csv_column(const struct csv_table *t, const char *name)
{
    for (size_t i = 0; i < t->width; i++)
        if (strcmp(csv_field(t, 0, i), name) == 0)
            return i;
    return SIZE_MAX;
}
