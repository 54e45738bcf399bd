#include "lib/artifact/artifact.h"
#include "lib/base/rng.h"
#include "lib/base/str.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct objects {
    char *dir;
    int fd;
};

static struct objects begin(void)
{
    struct objects o = {.dir = unit_dir(), .fd = -1};
    bd_auto_free char *path = bd_xasprintf("%s/a/objects", o.dir);
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(artifact_dir_open(path, &o.fd, &err) == 0, "%s", err.text);
    return o;
}

static void end(struct objects *o)
{
    close(o->fd);
    unit_dir_done(o->dir);
}

/* The file that is packed; read from where it stands, so from its beginning. */
static int source(const struct objects *o, const void *data, size_t bytes)
{
    bd_auto_free char *path = bd_xasprintf("%s/source", o->dir);
    ck_assert_int_eq(bd_write_file(path, data, bytes, 0600, NULL), 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static struct artifact_packed pack(const struct objects *o, const void *data, size_t bytes)
{
    struct artifact_packed p;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_fd int fd = source(o, data, bytes);
    ck_assert_msg(artifact_pack(o->fd, fd, NULL, &p, &err) == 0, "%s", err.text);
    return p;
}

static char *path_of(const struct objects *o, const char *digest)
{
    const char *hex = digest + strlen("sha256:");
    return bd_xasprintf("%s/a/objects/%.2s/%s.zst", o->dir, hex, hex);
}

static void assert_holds(const struct objects *o, const struct artifact_packed *p, const void *data)
{
    struct bd_err err = BD_ERR_INIT;
    struct stat st;
    bd_auto_fd int fd = -1;
    bd_auto_free char *got = bd_xmalloc(p->bytes + 1);
    ck_assert_msg(artifact_open(o->fd, p->digest, p->bytes, &fd, &err) == 0, "%s", err.text);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_uint_eq((uint64_t)st.st_size, p->bytes);
    ck_assert_uint_eq(st.st_nlink, 0); /* nothing of it stays */
    ck_assert_int_eq(read(fd, got, p->bytes + 1), (ssize_t)p->bytes);
    ck_assert_int_eq(memcmp(got, data, p->bytes), 0);
}

static void assert_broken(const struct objects *o, const struct artifact_packed *p, uint64_t bytes,
                          const char *words)
{
    struct bd_err err = BD_ERR_INIT;
    int fd = -7;
    ck_assert_int_eq(artifact_open(o->fd, p->digest, bytes, &fd, &err), BD_ECORRUPT);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
    ck_assert_ptr_nonnull(strstr(err.text, p->digest));
    ck_assert_int_eq(fd, -7);
}

/* Files below the directory of objects, whatever they are. */
static unsigned count_files(const struct objects *o)
{
    bd_auto_free char *command =
        bd_xasprintf("find '%s/a/objects' -type f -printf x | wc -c", o->dir);
    FILE *out = popen(command, "r"); /* NOLINT(cert-env33-c): of our own words */
    unsigned n = 0;
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(fscanf(out, "%u", &n), 1); /* NOLINT(cert-err34-c) */
    pclose(out);
    return n;
}

static int keep_all(const char *digest BD_UNUSED, void *arg BD_UNUSED, struct bd_err *err BD_UNUSED)
{
    return 1;
}

START_TEST(test_names_are_plain)
{
    static const struct {
        const char *name;
        bool is;
    } names[] = {
        {"stdout", true}, {"ctl1-slurmctld.log", true},
        {"_", true},      {"9.", true},
        {"", false},      {".", false},
        {"..", false},    {".stdout", false},
        {"-rf", false},   {"a/b", false},
        {"a b", false},   {"\xc3\xa4", false},
        {"a\nb", false},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(names); i++)
        ck_assert_msg(artifact_is_name(names[i].name) == names[i].is, "'%s'", names[i].name);
    char longest[ARTIFACT_NAME_MAX + 2];
    memset(longest, 'x', sizeof(longest));
    longest[ARTIFACT_NAME_MAX + 1] = '\0';
    ck_assert(!artifact_is_name(longest));
    ck_assert(artifact_is_name(longest + 1));
}
END_TEST

static int open_one(int dir_fd, const char *name, struct stat *st)
{
    bd_auto_fd int fd = -7;
    int rc = artifact_file_open(dir_fd, name, &fd, st, NULL);
    ck_assert(rc == 0 ? fd >= 0 : fd == -7);
    fd = rc == 0 ? fd : -1;
    return rc;
}

START_TEST(test_plain_files_are_opened_and_nothing_else)
{
    static const char *const none[] = {"link", "dangling", "dir",  "fifo", "socket",
                                       "gone", ".hidden",  "../x", "",     "."};
    bd_auto_free char *path = unit_dir();
    bd_auto_fd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st = {.st_size = 77};
    ck_assert_int_eq(chdir(path), 0);
    ck_assert_int_eq(bd_write_file("plain", "12345", 5, 0600, NULL), 0);
    ck_assert_int_eq(bd_write_file(".hidden", "x", 1, 0600, NULL), 0);
    ck_assert_int_eq(symlink("plain", "link"), 0);
    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
    ck_assert_int_eq(mkdir("dir", 0700), 0);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    ck_assert_int_eq(mknod("socket", S_IFSOCK | 0600, 0), 0);
    for (size_t i = 0; i < BD_ARRAY_LEN(none); i++)
        ck_assert_msg(open_one(dir, none[i], &st) == BD_ENOTFOUND, "'%s'", none[i]);
    ck_assert_int_eq(st.st_size, 77);
    ck_assert_int_eq(open_one(-1, "plain", &st), -EBADF);
    ck_assert_int_eq(open_one(dir, "plain", &st), 0);
    ck_assert_int_eq(st.st_size, 5);
    unit_dir_done(bd_take(path));
}
END_TEST

/* Sizes about the pieces that it is read in, of bytes that compress and of some that don't. */
START_TEST(test_what_was_packed_comes_back)
{
    static const size_t sizes[] = {0, 1, 7, 131071, 131072, 131073, 3000000};
    struct objects o = begin();
    uint8_t *data = bd_xmalloc(3000000);
    struct bd_rng rng;
    bd_rng_init(&rng, 7, 1);
    for (int random = 0; random < 2; random++) {
        for (size_t i = 0; i < 3000000; i++)
            data[i] = random ? (uint8_t)bd_rng_next(&rng) : (uint8_t)(i % 26 + 'a');
        for (size_t s = 0; s < BD_ARRAY_LEN(sizes); s++) {
            struct artifact_packed p = pack(&o, data, sizes[s]);
            char digest[BD_DIGEST_BYTES];
            bd_digest_of(data, sizes[s], digest);
            ck_assert_str_eq(p.digest, digest);
            ck_assert_uint_eq(p.bytes, sizes[s]);
            bd_auto_free char *path = path_of(&o, digest);
            struct stat st;
            ck_assert_int_eq(stat(path, &st), 0);
            ck_assert_uint_eq((uint64_t)st.st_size, p.stored_bytes);
            if (!random && sizes[s] > 1000)
                ck_assert_uint_lt(p.stored_bytes, sizes[s] / 100);
            assert_holds(&o, &p, data);
        }
    }
    free(data);
    end(&o);
}
END_TEST

START_TEST(test_nothing_is_an_object_too)
{
    struct objects o = begin();
    struct artifact_packed p = pack(&o, "", 0);
    ck_assert_str_eq(p.digest, EMPTY);
    assert_holds(&o, &p, "");
    end(&o);
}
END_TEST

START_TEST(test_equal_files_are_one_object_which_is_not_written_again)
{
    struct objects o = begin();
    struct artifact_packed a = pack(&o, "count 2\n", 8);
    bd_auto_free char *path = path_of(&o, a.digest);
    struct stat before, after;
    ck_assert_int_eq(stat(path, &before), 0);
    struct artifact_packed b = pack(&o, "count 2\n", 8), other = pack(&o, "count 3\n", 8);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    ck_assert_str_eq(a.digest, b.digest);
    ck_assert_uint_eq(a.stored_bytes, b.stored_bytes);
    ck_assert_str_ne(a.digest, other.digest);
    ck_assert_uint_eq(count_files(&o), 2); /* and no temporary one */
    end(&o);
}
END_TEST

/* Each single byte of an object, turned round, and each shorter object, is told. */
START_TEST(test_a_damaged_object_is_told_and_nothing_of_it_given_out)
{
    static const char text[] = "all that was said, was said, was said, was said in a run\n";
    struct objects o = begin();
    struct artifact_packed p = pack(&o, text, strlen(text));
    bd_auto_free char *path = path_of(&o, p.digest);
    bd_auto_free char *whole = NULL;
    size_t bytes = 0, told = 0;
    ck_assert_int_eq(bd_read_file(path, 4096, &whole, &bytes, NULL), 0);
    ck_assert_uint_eq(bytes, p.stored_bytes);
    for (size_t i = 0; i < bytes; i++) {
        bd_auto_free char *bad = bd_xmalloc(bytes);
        memcpy(bad, whole, bytes);
        bad[i] = (char)~bad[i];
        ck_assert_int_eq(bd_write_file(path, bad, bytes, 0600, NULL), 0);
        int fd = -1;
        int rc = artifact_open(o.fd, p.digest, p.bytes, &fd, NULL);
        told += rc == BD_ECORRUPT;
        ck_assert_msg(rc == BD_ECORRUPT || rc == 0, "byte %zu: %d", i, rc);
        if (rc == 0) /* an unused bit of the format: then it is the content all the same */
            close(fd);
    }
    ck_assert_uint_ge(told, bytes - 1);
    for (size_t n = 0; n < bytes; n++) {
        ck_assert_int_eq(bd_write_file(path, whole, n, 0600, NULL), 0);
        assert_broken(&o, &p, p.bytes, "end is missing");
    }
    ck_assert_int_eq(bd_write_file(path, whole, bytes, 0600, NULL), 0);
    assert_holds(&o, &p, text);
    ck_assert_uint_eq(count_files(&o), 1);
    end(&o);
}
END_TEST

START_TEST(test_an_object_under_the_name_of_another_is_told)
{
    struct objects o = begin();
    struct artifact_packed a = pack(&o, "one", 3), b = pack(&o, "two", 3);
    bd_auto_free char *from = path_of(&o, a.digest), *to = path_of(&o, b.digest);
    ck_assert_int_eq(rename(from, to), 0);
    assert_broken(&o, &b, 3, "has the digest");
    end(&o);
}
END_TEST

START_TEST(test_more_or_less_than_was_stored_is_told)
{
    struct objects o = begin();
    struct artifact_packed p = pack(&o, "four", 4);
    assert_broken(&o, &p, 3, "more is in it");
    assert_broken(&o, &p, 5, "has 4 bytes, not 5");
    end(&o);
}
END_TEST

START_TEST(test_one_that_is_not_there_is_not_found)
{
    struct objects o = begin();
    struct bd_err err = BD_ERR_INIT;
    int fd;
    ck_assert_int_eq(artifact_open(o.fd, EMPTY, 0, &fd, &err), BD_ENOTFOUND);
    ck_assert_int_eq(artifact_has(o.fd, EMPTY, &err), BD_ENOTFOUND);
    static const char *const none[] = {"", "sha256:", "sha256:../../x", EMPTY "0"};
    for (size_t i = 0; i < BD_ARRAY_LEN(none); i++) {
        ck_assert_int_eq(artifact_open(o.fd, none[i], 0, &fd, &err), BD_EINVALID);
        ck_assert_int_eq(artifact_remove(o.fd, none[i], &err), BD_EINVALID);
        ck_assert_int_eq(artifact_has(o.fd, none[i], &err), BD_EINVALID);
    }
    end(&o);
}
END_TEST

START_TEST(test_removal_takes_one_and_may_be_repeated)
{
    struct objects o = begin();
    struct artifact_packed a = pack(&o, "one", 3), b = pack(&o, "two", 3);
    struct bd_err err = BD_ERR_INIT;
    int fd;
    for (int i = 0; i < 2; i++)
        ck_assert_msg(artifact_remove(o.fd, a.digest, &err) == 0, "%s", err.text);
    ck_assert_int_eq(artifact_open(o.fd, a.digest, 3, &fd, NULL), BD_ENOTFOUND);
    assert_holds(&o, &b, "two");
    end(&o);
}
END_TEST

START_TEST(test_a_pack_that_is_cancelled_leaves_nothing)
{
    struct objects o = begin();
    bd_auto(cancel) struct bd_cancel *cancel = bd_cancel_new();
    bd_cancel_set(cancel, BD_ECANCELLED, "benchd is ending");
    struct artifact_packed p = {.bytes = 77};
    bd_auto_fd int fd = source(&o, "x", 1);
    ck_assert_int_eq(artifact_pack(o.fd, fd, cancel, &p, NULL), BD_ECANCELLED);
    ck_assert_uint_eq(p.bytes, 77);
    ck_assert_uint_eq(count_files(&o), 0);
    end(&o);
}
END_TEST

START_TEST(test_a_source_that_cant_be_read_leaves_nothing)
{
    struct objects o = begin();
    struct artifact_packed p;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(artifact_pack(o.fd, o.fd, NULL, &p, &err), -EISDIR);
    ck_assert_uint_eq(count_files(&o), 0);
    end(&o);
}
END_TEST

/* -- sweep -- */

static int keep_one(const char *digest, void *arg, struct bd_err *err BD_UNUSED)
{
    return strcmp(digest, arg) == 0;
}

static int fail_to_say(const char *digest BD_UNUSED, void *arg BD_UNUSED, struct bd_err *err)
{
    return bd_err_set(err, BD_EUNAVAILABLE, "the store is not there");
}

static void put(const struct objects *o, const char *name, const char *text)
{
    bd_auto_free char *path = bd_xasprintf("%s/a/objects/%s", o->dir, name);
    ck_assert_int_eq(bd_write_file(path, text, strlen(text), 0600, NULL), 0);
}

START_TEST(test_sweep_takes_what_was_cut_off_and_what_nobody_owns)
{
    struct objects o = begin();
    struct artifact_packed a = pack(&o, "one", 3), b = pack(&o, "two", 3), c = pack(&o, "3", 1);
    put(&o, ".part-0123abcd", "half of an obj");
    put(&o, "note", "somebody's");
    bd_auto_free char *below = bd_xasprintf("%.2s/note", a.digest + strlen("sha256:"));
    put(&o, below, "somebody's");
    unsigned removed = 0;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(artifact_sweep(o.fd, keep_one, b.digest, &removed, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(removed, 3);
    assert_holds(&o, &b, "two");
    ck_assert_int_eq(artifact_open(o.fd, a.digest, 3, &(int){-1}, NULL), BD_ENOTFOUND);
    ck_assert_int_eq(artifact_open(o.fd, c.digest, 1, &(int){-1}, NULL), BD_ENOTFOUND);
    ck_assert_uint_eq(count_files(&o), 3); /* b's and the notes, which have no name of ours */
    ck_assert_int_eq(artifact_sweep(o.fd, keep_all, NULL, &removed, NULL), 0);
    ck_assert_uint_eq(removed, 0);
    end(&o);
}
END_TEST

START_TEST(test_sweep_takes_nothing_where_it_is_not_known_whose_it_is)
{
    struct objects o = begin();
    struct artifact_packed p = pack(&o, "one", 3);
    unsigned removed = 7;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(artifact_sweep(o.fd, fail_to_say, NULL, &removed, &err), BD_EUNAVAILABLE);
    ck_assert_uint_eq(removed, 7);
    assert_holds(&o, &p, "one");
    end(&o);
}
END_TEST

struct taken {
    int objects;
    unsigned n;
};

static int taken_meanwhile(const char *digest, void *arg, struct bd_err *err)
{
    struct taken *t = arg;
    t->n++;
    return artifact_remove(t->objects, digest, err);
}

START_TEST(test_sweep_goes_on_where_something_is_taken_meanwhile)
{
    struct objects o = begin();
    pack(&o, "one", 3);
    pack(&o, "two", 3);
    struct taken t = {.objects = o.fd};
    unsigned removed = 7;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(artifact_sweep(o.fd, taken_meanwhile, &t, &removed, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(t.n, 2);
    ck_assert_uint_eq(removed, 0);
    end(&o);
}
END_TEST

UNIT_MAIN("objects", test_names_are_plain, test_plain_files_are_opened_and_nothing_else,
          test_what_was_packed_comes_back, test_nothing_is_an_object_too,
          test_equal_files_are_one_object_which_is_not_written_again,
          test_a_damaged_object_is_told_and_nothing_of_it_given_out,
          test_an_object_under_the_name_of_another_is_told,
          test_more_or_less_than_was_stored_is_told, test_one_that_is_not_there_is_not_found,
          test_removal_takes_one_and_may_be_repeated, test_a_pack_that_is_cancelled_leaves_nothing,
          test_a_source_that_cant_be_read_leaves_nothing,
          test_sweep_takes_what_was_cut_off_and_what_nobody_owns,
          test_sweep_takes_nothing_where_it_is_not_known_whose_it_is,
          test_sweep_goes_on_where_something_is_taken_meanwhile)
