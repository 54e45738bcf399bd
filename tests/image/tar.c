#include "tests/image/tar.h"

#include "lib/base/fs.h"
#include "lib/base/proc.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512

/* POSIX.1-1988 ustar; numbers are octal text. */
struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, target[100],
        magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

static void add_member(struct bd_str *tar, const struct tar_member *m)
{
    static const char zeros[BLOCK];
    struct header h = {.type = m->type, .magic = "ustar", .version = "00"};
    size_t bytes = m->content ? strlen(m->content) : 0;
    memcpy(h.name, m->name, strlen(m->name));
    if (m->target)
        memcpy(h.target, m->target, strlen(m->target));
    snprintf(h.mode, sizeof(h.mode), "%07o", m->type == '5' ? 0755U : 0644U);
    snprintf(h.uid, sizeof(h.uid), "%07o", 0U);
    snprintf(h.gid, sizeof(h.gid), "%07o", 0U);
    snprintf(h.size, sizeof(h.size), "%011o", (unsigned)bytes);
    snprintf(h.mtime, sizeof(h.mtime), "%011o", 0U);
    snprintf(h.major, sizeof(h.major), "%07o", 1U);
    snprintf(h.minor, sizeof(h.minor), "%07o", 3U);
    memset(h.checksum, ' ', sizeof(h.checksum));
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(h); i++)
        sum += ((const unsigned char *)&h)[i];
    snprintf(h.checksum, sizeof(h.checksum), "%06o", sum);
    bd_str_addn(tar, &h, sizeof(h));
    bd_str_addn(tar, m->content ? m->content : "", bytes);
    bd_str_addn(tar, zeros, (BLOCK - bytes % BLOCK) % BLOCK);
}

void tar_write(const char *path, const struct tar_member *members, size_t cut_bytes)
{
    static const char end[2 * BLOCK];
    bd_auto_str struct bd_str tar = {0};
    struct bd_err err = BD_ERR_INIT;
    struct stat st;
    for (; members->name; members++)
        add_member(&tar, members);
    bd_str_addn(&tar, end, sizeof(end));
    bd_auto_free char *plain = bd_xasprintf("%s.tar", path);
    ck_assert_int_eq(bd_write_file(plain, tar.data, tar.len, 0600, &err), 0);
    const char *const argv[] = {"zstd", "-q", "-f", "--rm", plain, "-o", path, NULL};
    ck_assert_msg(bd_proc_check(argv, 0, NULL, NULL, &err) == 0, "%s", err.text);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(truncate(path, st.st_size - (off_t)cut_bytes), 0);
}
