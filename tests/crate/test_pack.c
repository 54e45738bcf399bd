/* Crates that are written, and read again. */
#include "lib/crate/list.h"
#include "lib/crate/read.h"
#include "tests/crate/crates.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(test_what_is_packed_is_what_was_signed)
{
    char *dir = unit_dir();
    bd_auto(crate_key) struct crate_key *key = crate_test_key(dir);
    bd_auto_free char *path = crate_test_make(dir, "crate.zip", key);
    struct crate_verdict v = {0};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(crate_check(path, key, &v, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < v.faults.n; i++)
        ck_abort_msg("%s: %s", v.faults.items[i].name, v.faults.items[i].text);
    ck_assert_uint_eq(v.files, BD_ARRAY_LEN(crate_contents) + 3); /* key, spec, metadata */
    ck_assert_str_eq(v.signed_by, crate_key_fingerprint(key));
    ck_assert_uint_eq(strlen(v.list_digest), strlen("sha256:") + 64);
    crate_verdict_done(&v);
    unit_dir_done(dir);
}
END_TEST

START_TEST(test_the_same_crate_has_the_same_bytes)
{
    char *dir = unit_dir();
    bd_auto(crate_key) struct crate_key *key = crate_test_key(dir);
    bd_auto_free char *a = crate_test_make(dir, "a.zip", key);
    bd_auto_free char *b = crate_test_make(dir, "b.zip", key);
    char da[BD_DIGEST_BYTES], db[BD_DIGEST_BYTES];
    ck_assert_int_eq(bd_digest_file(a, da, NULL), 0);
    ck_assert_int_eq(bd_digest_file(b, db, NULL), 0);
    ck_assert_str_eq(da, db);
    unit_dir_done(dir);
}
END_TEST

START_TEST(test_files_are_read_as_json)
{
    char *dir = unit_dir();
    bd_auto(crate_key) struct crate_key *key = crate_test_key(dir);
    bd_auto_free char *path = crate_test_make(dir, "crate.zip", key);
    bd_auto_json json_t *spec = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(crate_read_json(path, "spec.json", &spec, &err) == 0, "%s", err.text);
    ck_assert_str_eq(bd_json_str(spec, "name", "?"), "test");
    json_t *none = NULL;
    ck_assert_int_eq(crate_read_json(path, "nothing.json", &none, &err), BD_ENOTFOUND);
    ck_assert_int_eq(crate_read_json(path, "README.md", &none, &err), BD_ECORRUPT);
    ck_assert_int_eq(crate_read_json("/nowhere/crate.zip", "spec.json", &none, &err), -ENOENT);
    bd_auto_free char *other = bd_xasprintf("%s/other", dir);
    ck_assert_int_eq(bd_write_file(other, "no zip file", 11, 0600, NULL), 0);
    ck_assert_int_eq(crate_read_json(other, "spec.json", &none, &err), BD_ECORRUPT);
    ck_assert_ptr_null(none);
    unit_dir_done(dir);
}
END_TEST

START_TEST(test_what_was_checked_is_what_is_read_though_the_path_leads_elsewhere)
{
    char *dir = unit_dir();
    bd_auto(crate_key) struct crate_key *key = crate_test_key(dir);
    bd_auto_free char *path = crate_test_make(dir, "crate.zip", key);
    bd_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct crate_verdict v = {0};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(crate_check_fd(fd, key, &v, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(v.faults.n, 0);
    crate_verdict_done(&v);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(bd_write_file(path, "another", 7, 0600, NULL), 0);
    for (int i = 0; i < 2; i++) {
        bd_auto_json json_t *spec = NULL;
        ck_assert_msg(crate_read_json_fd(fd, "spec.json", &spec, &err) == 0, "%s", err.text);
        ck_assert_str_eq(bd_json_str(spec, "name", "?"), "test");
    }
    unit_dir_done(dir);
}
END_TEST

START_TEST(test_another_key_is_told)
{
    char *dir = unit_dir(), *other_dir = unit_dir();
    bd_auto(crate_key) struct crate_key *key = crate_test_key(dir);
    bd_auto(crate_key) struct crate_key *other = crate_test_key(other_dir);
    bd_auto_free char *path = crate_test_make(dir, "crate.zip", key);
    bd_auto_free char *faults = crate_test_faults(path, other);
    ck_assert_str_eq(faults, "key " CRATE_KEY);
    unit_dir_done(dir);
    unit_dir_done(other_dir);
}
END_TEST

/* Which names are good, and in which order they come. */
static const struct {
    const char *name;
    bool good;
} names[] = {
    {"a", true},         {"a/b.c", true},   {"a-b_c+d=e@f,g", true},
    {"...", true},       {".a", true},      {"a..b/..c", true},
    {"", false},         {"/a", false},     {"a/", false},
    {"a//b", false},     {"./a", false},    {"a/./b", false},
    {"../a", false},     {"a/../b", false}, {"a/..", false},
    {"..", false},       {".", false},      {"a\\b", false},
    {"a b", false},      {"c:/a", false},   {"a\nb", false},
    {"\xc3\xa4", false}, {"a*", false},
};

START_TEST(test_names)
{
    ck_assert_msg(crate_is_name(names[_i].name, strlen(names[_i].name)) == names[_i].good, "'%s'",
                  names[_i].name);
}
END_TEST

START_TEST(test_names_have_bounds)
{
    char name[CRATE_NAME_MAX + 2];
    memset(name, 'a', sizeof(name));
    ck_assert(crate_is_name(name, CRATE_NAME_MAX));
    ck_assert(!crate_is_name(name, CRATE_NAME_MAX + 1));
    ck_assert(!crate_is_name("a\0b", 3));
}
END_TEST

START_TEST(test_files_come_in_order)
{
    char *dir = unit_dir();
    bd_auto_free char *path = bd_xasprintf("%s/x", dir);
    bd_auto_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bd_auto(crate_pack) struct crate_pack *p = NULL;
    ck_assert_int_eq(crate_pack_new(fd, 0, NULL, &p, NULL), 0);
    ck_assert_int_eq(crate_pack_file(p, "b", "", 0, NULL), 0);
    static const char *const wrong[] = {"a", "b", "../c", "c/", CRATE_LIST, CRATE_METADATA};
    for (size_t i = 0; i < BD_ARRAY_LEN(wrong); i++)
        ck_assert_int_eq(crate_pack_file(p, wrong[i], "", 0, NULL), BD_EINVALID);
    ck_assert_int_eq(crate_pack_file(p, "c", "", 0, NULL), 0);
    unit_dir_done(dir);
}
END_TEST

START_TEST(test_a_full_disk_is_told)
{
    bd_auto_fd int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    bd_auto(crate_pack) struct crate_pack *p = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(crate_pack_new(fd, 0, NULL, &p, &err), 0);
    int rc = crate_pack_begin(p, "a", &err);
    uint32_t x = 1;
    for (int i = 0; rc == 0 && i < 100000; i++) { /* what deflate can't make smaller */
        x = x * 1664525 + 1013904223;
        rc = crate_pack_add(p, &x, sizeof(x), &err);
    }
    ck_assert_msg(rc == -ENOSPC, "%d %s", rc, err.text);
}
END_TEST

/* Or it would be made, and refused by all who check it. */
START_TEST(test_descriptions_have_bounds)
{
    bd_auto_free char *what = bd_xmalloc(CRATE_METADATA_MAX / 16 + 1);
    bd_auto_fd int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    bd_auto(crate_pack) struct crate_pack *p = NULL;
    struct bd_err err = BD_ERR_INIT;
    struct crate_action runs[16];
    char digest[BD_DIGEST_BYTES];
    memset(what, 'x', CRATE_METADATA_MAX / 16);
    what[CRATE_METADATA_MAX / 16] = '\0';
    for (size_t i = 0; i < BD_ARRAY_LEN(runs); i++)
        runs[i] = (struct crate_action){.id = "0a0a0a0a", .what = what};
    const struct crate_about about = {.id = "1f2e3d4c",
                                      .name = "test",
                                      .version = "0",
                                      .digest = "sha256:0",
                                      .fingerprint = "sha256:0",
                                      .runs = runs,
                                      .n_runs = BD_ARRAY_LEN(runs)};
    ck_assert_int_eq(crate_pack_new(fd, 0, NULL, &p, NULL), 0);
    ck_assert_int_eq(crate_pack_seal(p, &about, NULL, digest, &err), BD_ENOCAPACITY);
    ck_assert_msg(strstr(err.text, "more than 128 MiB"), "%s", err.text);
}
END_TEST

START_TEST(test_it_stops_when_asked_to)
{
    char *dir = unit_dir();
    bd_auto_free char *path = bd_xasprintf("%s/x", dir);
    bd_auto_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bd_auto(cancel) struct bd_cancel *cancel = bd_cancel_new();
    bd_auto(crate_pack) struct crate_pack *p = NULL;
    ck_assert_int_eq(crate_pack_new(fd, 0, cancel, &p, NULL), 0);
    ck_assert_int_eq(crate_pack_file(p, "a", "x", 1, NULL), 0);
    bd_cancel_set(cancel, BD_ECANCELLED, "enough");
    ck_assert_int_eq(crate_pack_file(p, "b", "x", 1, NULL), BD_ECANCELLED);
    unit_dir_done(dir);
}
END_TEST

/* -- the list -- */

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
    const char *text;
    int files; /* -1: refused */
} lists[] = {
    {"", 0},
    {ZEROS "  a\n", 1},
    {ZEROS "  a\n" ZEROS "  b/c\n", 2},
    {ZEROS "  a", -1},
    {ZEROS " a\n", -1},
    {ZEROS "  \n", -1},
    {ZEROS "  ../a\n", -1},
    {ZEROS "  b\n" ZEROS "  a\n", -1},
    {ZEROS "  a\n" ZEROS "  a\n", -1},
    {"G" ZEROS "  a\n", -1},
    {"\n", -1},
};

START_TEST(test_lists)
{
    struct crate_file *files = NULL;
    size_t n = 0;
    struct bd_err err = BD_ERR_INIT;
    int rc = crate_list_read(lists[_i].text, strlen(lists[_i].text), &files, &n, &err);
    ck_assert_int_eq(rc, lists[_i].files < 0 ? BD_ECORRUPT : 0);
    if (rc == 0) {
        bd_auto_str struct bd_str again = {0};
        ck_assert_int_eq((int)n, lists[_i].files);
        crate_list_text(files, n, &again);
        ck_assert_str_eq(bd_str_text(&again), lists[_i].text);
        ck_assert_ptr_null(crate_list_find(files, n, "z"));
        if (n)
            ck_assert_ptr_eq(crate_list_find(files, n, "a"), files);
    }
    crate_files_free(files, n);
}
END_TEST

/* -- the key -- */

START_TEST(test_the_key_is_made_once_and_is_its_owners_alone)
{
    char *dir = unit_dir();
    bd_auto_free char *path = bd_xasprintf("%s/key.pem", dir);
    bd_auto(crate_key) struct crate_key *a = crate_test_key(dir);
    bd_auto(crate_key) struct crate_key *b = crate_test_key(dir);
    struct stat st;
    ck_assert_str_eq(crate_key_fingerprint(a), crate_key_fingerprint(b));
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_ptr_null(strstr(crate_key_pem(a), "PRIVATE"));

    struct crate_key *none = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(crate_key_open(path, &none, &err), BD_ECONFLICT);
    ck_assert_int_eq(bd_write_file(path, "nonsense\n", 9, 0600, NULL), 0);
    ck_assert_int_eq(crate_key_open(path, &none, &err), BD_ECORRUPT);
    ck_assert_ptr_null(none);
    unit_dir_done(dir);
}
END_TEST

/* RFC 8032, 7.1, TEST 2: the public key in DER is a constant head and these 32 bytes. */
START_TEST(test_a_signature_of_the_standard)
{
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
                              "-----END PUBLIC KEY-----\n";
    static const uint8_t good[CRATE_SIGNATURE_BYTES] = {
        0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f,
        0x64, 0x25, 0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76,
        0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99,
        0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae,
        0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
    };
    bd_auto(crate_key) struct crate_key *key = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(crate_key_public(pem, strlen(pem), &key, &err) == 0, "%s", err.text);
    ck_assert(crate_key_verifies(key, "\x72", 1, good, sizeof(good)));
    ck_assert(!crate_key_verifies(key, "\x73", 1, good, sizeof(good)));
    ck_assert(!crate_key_verifies(key, "\x72", 1, good, sizeof(good) - 1));
    uint8_t bad[CRATE_SIGNATURE_BYTES];
    memcpy(bad, good, sizeof(bad));
    bad[3] ^= 1;
    ck_assert(!crate_key_verifies(key, "\x72", 1, bad, sizeof(bad)));
}
END_TEST

START_TEST(test_what_is_no_public_key_is_refused)
{
    static const char *const texts[] = {
        "", "nonsense",
        /* P-256 */
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
        "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
        "-----END PUBLIC KEY-----\n"};
    for (size_t i = 0; i < BD_ARRAY_LEN(texts); i++) {
        struct crate_key *key = NULL;
        ck_assert_int_eq(crate_key_public(texts[i], strlen(texts[i]), &key, NULL), BD_EINVALID);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crate-pack");
    TCase *tcase = tcase_create("crate-pack");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_what_is_packed_is_what_was_signed);
    tcase_add_test(tcase, test_the_same_crate_has_the_same_bytes);
    tcase_add_test(tcase, test_files_are_read_as_json);
    tcase_add_test(tcase, test_what_was_checked_is_what_is_read_though_the_path_leads_elsewhere);
    tcase_add_test(tcase, test_another_key_is_told);
    tcase_add_loop_test(tcase, test_names, 0, BD_ARRAY_LEN(names));
    tcase_add_test(tcase, test_names_have_bounds);
    tcase_add_test(tcase, test_files_come_in_order);
    tcase_add_test(tcase, test_a_full_disk_is_told);
    tcase_add_test(tcase, test_descriptions_have_bounds);
    tcase_add_test(tcase, test_it_stops_when_asked_to);
    tcase_add_loop_test(tcase, test_lists, 0, BD_ARRAY_LEN(lists));
    tcase_add_test(tcase, test_the_key_is_made_once_and_is_its_owners_alone);
    tcase_add_test(tcase, test_a_signature_of_the_standard);
    tcase_add_test(tcase, test_what_is_no_public_key_is_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
