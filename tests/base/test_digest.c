#include "lib/base/digest.h"
#include "lib/base/fs.h"
#include "tests/base/unit.h"

#include <errno.h>
#include <string.h>

/* FIPS 180-4 examples. */
#define OF_NOTHING "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC     "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_MILLION "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

START_TEST(vectors)
{
    char out[BD_DIGEST_BYTES];
    bd_digest_of("", 0, out);
    ck_assert_str_eq(out, OF_NOTHING);
    bd_digest_of(NULL, 0, out);
    ck_assert_str_eq(out, OF_NOTHING);
    bd_digest_of("abc", 3, out);
    ck_assert_str_eq(out, OF_ABC);
    ck_assert_uint_eq(strlen(out) + 1, BD_DIGEST_BYTES);
}
END_TEST

START_TEST(pieces_make_the_whole)
{
    struct bd_digest *d = bd_digest_new();
    char piece[77], out[BD_DIGEST_BYTES];
    memset(piece, 'a', sizeof(piece));
    for (size_t left = 1000000; left > 0;) {
        size_t n = left < sizeof(piece) ? left : sizeof(piece);
        bd_digest_add(d, piece, n);
        left -= n;
    }
    bd_digest_end(d, out);
    bd_digest_free(d);
    bd_digest_free(NULL);
    ck_assert_str_eq(out, OF_MILLION);
}
END_TEST

START_TEST(a_file_has_the_digest_of_its_bytes)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *path = bd_xasprintf("%s/million", dir);
    bd_auto_free char *data = bd_xmalloc(1000000);
    memset(data, 'a', 1000000);
    ck_assert_int_eq(bd_write_file(path, data, 1000000, 0600, NULL), 0);
    char out[BD_DIGEST_BYTES] = "kept";
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(bd_digest_file(dir, out, &err), -EISDIR);
    ck_assert_str_eq(out, "kept");
    ck_assert_int_eq(bd_digest_file(path, out, &err), 0);
    ck_assert_str_eq(out, OF_MILLION);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(bd_digest_file(path, out, &err), -ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    unit_dir_done(bd_take(dir));
}
END_TEST

UNIT_MAIN("digest", vectors, pieces_make_the_whole, a_file_has_the_digest_of_its_bytes)
