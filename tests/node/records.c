#include "records.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *directory;
static pid_t owner;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_directory(void)
{
    if (getpid() == owner)
        nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* For a checker of leaks: all is still known at the end. */
static char *keep(char *memory)
{
    static char *kept[4096];
    static size_t n;

    ck_assert_ptr_nonnull(memory);
    ck_assert_uint_lt(n, sizeof(kept) / sizeof(kept[0]));
    return kept[n++] = memory;
}

char *text(const char *format, ...)
{
    va_list args;
    char *memory;

    va_start(args, format);
    ck_assert_int_ge(vasprintf(&memory, format, args), 0);
    va_end(args);
    return keep(memory);
}

char *scratch(const char *name)
{
    if (!directory) {
        directory = text("/tmp/bench-test-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
        owner = getpid();
        atexit(remove_directory);
    }
    return text("%s/%s", directory, name);
}

void write_file(const char *file, const char *content, unsigned mode)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
}

char *read_text(const char *file)
{
    const size_t room = 1 << 20;
    char *content = keep(calloc(1, room));
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    ck_assert_msg(fd >= 0, "no file %s", file);
    ck_assert_int_ge(read(fd, content, room - 1), 0);
    close(fd);
    return content;
}

struct records read_records(const char *file)
{
    static struct records r;
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    ck_assert_msg(fd >= 0, "no file %s", file);
    ssize_t got = read(fd, r.items, sizeof(r.items));
    close(fd);
    ck_assert_int_ge(got, 0);
    ck_assert_int_eq(got % (ssize_t)sizeof(r.items[0]), 0);
    r.n = (size_t)got / sizeof(r.items[0]);
    for (size_t i = 0; i < r.n; i++) {
        ck_assert_uint_eq(r.items[i].magic, JOB_RECORD_MAGIC);
        ck_assert_int_ge(r.items[i].more_ns, 0);
        if (r.items[i].kind != JOB_RECORD_FINISH)
            ck_assert_int_eq(r.items[i].more_ns, 0);
    }
    return r;
}

size_t count_records(const struct records *r, enum job_record_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += r->items[i].kind == kind;
    return n;
}

struct job_record the_record(const struct records *r, enum job_record_kind kind, uint32_t index,
                             uint32_t task)
{
    const struct job_record *found = NULL;

    for (size_t i = 0; i < r->n; i++) {
        const struct job_record *item = &r->items[i];
        if (item->kind != kind || item->index != index || item->task != task)
            continue;
        ck_assert_msg(!found, "two records of kind %d, job %u, task %u", kind, index, task);
        found = item;
    }
    ck_assert_msg(found, "no record of kind %d, job %u, task %u", kind, index, task);
    return *found;
}
