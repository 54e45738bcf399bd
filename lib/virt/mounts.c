#include "lib/virt/mounts.h"

#include "lib/base/fs.h"
#include "lib/base/mem.h"

#include <string.h>

#define MOUNTINFO  "/proc/self/mountinfo"
#define MOST_BYTES ((size_t)16 << 20)

static bool is_octal(const char *s)
{
    return strspn(s, "01234567") >= 3;
}

/* mountinfo writes blanks and backslashes as \ooo. */
static void unescape(char *name)
{
    char *to = name;
    for (const char *from = name; *from; to++) {
        if (from[0] == '\\' && is_octal(from + 1)) {
            *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* ID PARENT MAJOR:MINOR ROOT TARGET FLAGS [TAG...] - TYPE SOURCE OPTIONS */
static bool parse_line(char *line, struct mount_entry *ret_entry)
{
    enum { TARGET = 4, HEAD = 6 };
    enum { TYPE, SOURCE, OPTIONS, TAIL };
    char *tail = strstr(line, " - "), *head[HEAD], *rest[TAIL];
    if (!tail)
        return false;
    *tail = '\0';
    tail += strlen(" - ");
    for (int i = 0; i < HEAD; i++)
        if ((head[i] = strsep(&line, " ")) == NULL)
            return false;
    for (int i = 0; i < TAIL; i++)
        if ((rest[i] = strsep(&tail, " ")) == NULL)
            return false;
    unescape(head[TARGET]);
    *ret_entry = (struct mount_entry){
        .target = head[TARGET],
        .type = rest[TYPE],
        .source = rest[SOURCE],
        .options = rest[OPTIONS],
        .shared = line && strstr(line, "shared:"),
    };
    return true;
}

int mounts_parse(char *text, mounts_fn fn, void *arg)
{
    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        struct mount_entry m;
        int rc = parse_line(line, &m) ? fn(&m, arg) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

int mounts_each(mounts_fn fn, void *arg, struct bd_err *err)
{
    bd_auto_free char *text = NULL;
    int rc = bd_read_file(MOUNTINFO, MOST_BYTES, &text, NULL, err);
    return rc < 0 ? rc : mounts_parse(text, fn, arg);
}
