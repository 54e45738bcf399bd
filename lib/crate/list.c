#include "lib/crate/list.h"

#include <string.h>

#define HEX_CHARS (2 * CRATE_SHA_BYTES)

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+=@,";

bool crate_is_name(const char *name, size_t bytes)
{
    size_t at = 0;
    if (bytes == 0 || bytes > CRATE_NAME_MAX)
        return false;
    for (;;) {
        size_t n = 0;
        while (at + n < bytes && name[at + n] && strchr(plain, name[at + n]))
            n++;
        bool dots = n <= 2 && strncmp(name + at, "..", n) == 0; /* nothing, too */
        if (dots)
            return false;
        at += n;
        if (at == bytes)
            return true;
        if (name[at++] != '/')
            return false;
    }
}

void crate_files_free(struct crate_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(files[i].name);
    free(files);
}

void crate_list_text(const struct crate_file *files, size_t n, struct bd_str *out)
{
    char hex[HEX_CHARS + 1];
    for (size_t i = 0; i < n; i++) {
        bd_hex(files[i].sha256, CRATE_SHA_BYTES, hex);
        bd_str_addf(out, "%s  %s\n", hex, files[i].name);
    }
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool read_line(const char *line, size_t n, struct crate_file *ret_file)
{
    struct crate_file file = {0};
    if (n < HEX_CHARS + 2 || line[HEX_CHARS] != ' ' || line[HEX_CHARS + 1] != ' ')
        return false;
    for (size_t i = 0; i < CRATE_SHA_BYTES; i++) {
        int high = digit_of(line[2 * i]), low = digit_of(line[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        file.sha256[i] = (uint8_t)(16 * high + low);
    }
    line += HEX_CHARS + 2;
    n -= HEX_CHARS + 2;
    if (!crate_is_name(line, n))
        return false;
    file.name = bd_xstrndup(line, n);
    *ret_file = file;
    return true;
}

int crate_list_read(const char *text, size_t bytes, struct crate_file **ret_files, size_t *ret_n,
                    struct bd_err *err)
{
    struct crate_file *files = NULL;
    size_t n = 0, cap = 0, at = 0;
    while (at < bytes) {
        const char *end = memchr(text + at, '\n', bytes - at);
        struct crate_file file = {0};
        bool good = end && read_line(text + at, (size_t)(end - text) - at, &file);
        bool sorted = good && (n == 0 || strcmp(files[n - 1].name, file.name) < 0);
        if (!sorted || n == CRATE_ENTRIES_MAX) {
            free(file.name);
            crate_files_free(files, n);
            return bd_err_set(err, BD_ECORRUPT, "line %zu of " CRATE_LIST " is %s", n + 1,
                              good ? "not in its place, or one too many"
                                   : "no 'HEX  NAME' of a digest and a plain name");
        }
        if (n == cap) {
            cap = cap ? 2 * cap : 64;
            files = bd_xrealloc(files, cap * sizeof(*files));
        }
        files[n++] = file;
        at = (size_t)(end - text) + 1;
    }
    *ret_files = files;
    *ret_n = n;
    return 0;
}

static int by_name(const void *key, const void *file)
{
    return strcmp(key, ((const struct crate_file *)file)->name);
}

const struct crate_file *crate_list_find(const struct crate_file *files, size_t n, const char *name)
{
    return n ? bsearch(name, files, n, sizeof(*files), by_name) : NULL;
}
