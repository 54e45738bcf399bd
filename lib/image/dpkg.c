#include "lib/image/dpkg.h"

#include "lib/base/str.h"

#include <string.h>
#include <strings.h>

/* Fields of one paragraph, borrowed from the text: a value ends with its line. */
struct field {
    const char *value;
    size_t len;
};

enum { PACKAGE, VERSION, ARCHITECTURE, STATUS, FIELD_COUNT };
static const char *const field_names[FIELD_COUNT] = {"Package", "Version", "Architecture",
                                                     "Status"};

struct package {
    struct field fields[FIELD_COUNT];
};

static void read_field(struct package *p, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (!colon)
        return;
    size_t name_len = (size_t)(colon - line);
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (strlen(field_names[i]) != name_len || strncasecmp(line, field_names[i], name_len) != 0)
            continue;
        const char *value = colon + 1;
        value += strspn(value, " \t");
        const char *end = line + len;
        while (end > value && strchr(" \t\r", end[-1]))
            end--;
        p->fields[i] = (struct field){value, (size_t)(end - value)};
    }
}

/* "install ok installed": want, error, state; only the state tells that its files are there. */
static bool is_installed(const struct package *p)
{
    static const char state[] = " installed";
    const struct field *f = &p->fields[STATUS];
    size_t len = strlen(state);
    return f->value && f->len > len && strncmp(f->value + f->len - len, state, len) == 0;
}

static int add_package(json_t *list, const struct package *p, struct bd_err *err)
{
    if (!is_installed(p))
        return 0;
    for (int i = 0; i < STATUS; i++) {
        const struct field *f = &p->fields[i];
        if (!f->value || f->len == 0 || !bd_is_utf8(f->value, f->len))
            return bd_err_set(err, BD_ECORRUPT, "dpkg's status: package \"%.*s\" without a %s",
                              (int)p->fields[PACKAGE].len,
                              p->fields[PACKAGE].value ? p->fields[PACKAGE].value : "",
                              field_names[i]);
    }
    const struct field *f = p->fields;
    json_array_append_new(list,
                          json_pack("{s:s%, s:s%, s:s%}", "name", f[PACKAGE].value, f[PACKAGE].len,
                                    "version", f[VERSION].value, f[VERSION].len, "architecture",
                                    f[ARCHITECTURE].value, f[ARCHITECTURE].len));
    return 0;
}

struct row {
    json_t *package;
};

static int by_name(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    int order =
        strcmp(bd_json_str(left->package, "name", ""), bd_json_str(right->package, "name", ""));
    if (order != 0)
        return order;
    return strcmp(bd_json_str(left->package, "architecture", ""),
                  bd_json_str(right->package, "architecture", ""));
}

static json_t *sorted(const json_t *list)
{
    size_t n = json_array_size(list);
    bd_auto_free struct row *rows = bd_xcalloc(n + 1, sizeof(struct row));
    for (size_t i = 0; i < n; i++)
        rows[i].package = json_array_get(list, i);
    qsort(rows, n, sizeof(struct row), by_name);
    json_t *result = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append(result, rows[i].package);
    return result;
}

int dpkg_packages(const char *status, json_t **ret_packages, struct bd_err *err)
{
    bd_auto_json json_t *list = json_array();
    struct package package = {0};
    for (const char *line = status; *line;) {
        size_t len = strcspn(line, "\n");
        if (len == 0) {
            int rc = add_package(list, &package, err);
            if (rc < 0)
                return rc;
            package = (struct package){0};
        } else if (*line != ' ' && *line != '\t') { /* those go on with the field before */
            read_field(&package, line, len);
        }
        line += len + (line[len] == '\n');
    }
    int rc = add_package(list, &package, err);
    if (rc < 0)
        return rc;
    *ret_packages = sorted(list);
    return 0;
}
