#include "tests/image/scratch.h"
#include "tests/image/tar.h"

#include <sys/xattr.h>

#define ZEROS  "0000000000000000000000000000000000000000000000000000000000000000"
#define DIGEST "sha256:" ZEROS
#define MANIFEST_OF(size, entries)                                                                 \
    "{\"format\": \"benchd-image/1\", \"name\": \"x\", \"digest\": \"" DIGEST "\", "               \
    "\"recipe\": {\"name\": \"x\", \"digest\": \"" DIGEST "\"}, \"createdAt\": \"now\", "          \
    "\"sizeBytes\": " size ", \"entries\": " entries                                               \
    ", \"distribution\": \"x\", \"packages\": []}"
#define MANIFEST                                                                                   \
    {                                                                                              \
        .name = "manifest.json", .type = '0', .content = MANIFEST_OF("100", "10")                  \
    }
#define ROOT                                                                                       \
    {                                                                                              \
        .name = "rootfs/", .type = '5'                                                             \
    }

/* Stands for a directory outside, with a file "kept" in it, which each test has of its own. */
#define VICTIM "/VICTIM"

static const struct {
    const char *what;
    struct tar_member members[6];
    const char *says[2];
    size_t cut_bytes;
} hostile[] = {
    {"an absolute path",
     {MANIFEST, ROOT, {VICTIM "/new", '0', "x", NULL}},
     {"absolute path", VICTIM}},
    {"an absolute path to the root", {MANIFEST, {"/rootfs/", '5', NULL, NULL}}, {"absolute path"}},
    {"a way up", {MANIFEST, ROOT, {"rootfs/../../new", '0', "x", NULL}}, {"leads elsewhere"}},
    {"a way up at the end", {MANIFEST, ROOT, {"rootfs/..", '5', NULL, NULL}}, {"leads elsewhere"}},
    {"a file outside of the root",
     {MANIFEST, ROOT, {"new", '0', "x", NULL}},
     {"outside of rootfs"}},
    {"a name like the root's",
     {MANIFEST, ROOT, {"rootfs2", '0', "x", NULL}},
     {"outside of rootfs"}},
    {"a device outside of the root", {MANIFEST, {"null", '3', NULL, NULL}}, {"outside of rootfs"}},
    {"a second manifest", {MANIFEST, MANIFEST}, {"outside of rootfs"}},
    {"a link as the root", {MANIFEST, {"rootfs", '2', NULL, VICTIM}}, {"outside of rootfs"}},
    {"a link as the root, by another name",
     {MANIFEST, {"rootfs/", '2', NULL, VICTIM}, {"rootfs/new", '0', "x", NULL}},
     {"outside of rootfs"}},
    {"a file as the root", {MANIFEST, {"rootfs", '0', "x", NULL}}, {"outside of rootfs"}},
    {"a file through a link",
     {MANIFEST, ROOT, {"rootfs/a", '2', NULL, VICTIM}, {"rootfs/a/new", '0', "x", NULL}},
     {"unpack it"}},
    {"a file through a link that leads up",
     {MANIFEST,
      ROOT,
      {"rootfs/a", '2', NULL, "../../../../../../../../.." VICTIM},
      {"rootfs/a/new", '0', "x", NULL}},
     {"unpack it"}},
    {"a hard link to a file outside",
     {MANIFEST, ROOT, {"rootfs/a", '1', NULL, VICTIM "/kept"}},
     {"import"}},
    {"a hard link that leads up",
     {MANIFEST, ROOT, {"rootfs/a", '1', NULL, "../../../../../../../../.." VICTIM "/kept"}},
     {"import"}},
    {"no root", {MANIFEST}, {"unpack it"}},
    {"no manifest", {ROOT}, {"no manifest.json"}},
    {"the manifest too late", {ROOT, MANIFEST}, {"begins with rootfs/"}},
    {"a manifest that is a link",
     {{"manifest.json", '2', NULL, "/etc/passwd"}, ROOT},
     {"manifest"}},
    {"a manifest that is no JSON", {{"manifest.json", '0', "{", NULL}, ROOT}, {"manifest"}},
    {"a manifest with nothing in it",
     {{"manifest.json", '0', "{}", NULL}, ROOT},
     {"manifest", "format"}},
    {"more content than the manifest says",
     {{"manifest.json", '0', MANIFEST_OF("2", "10"), NULL}, ROOT, {"rootfs/a", '0', "xyz", NULL}},
     {"more than its manifest says"}},
    {"more entries than the manifest says",
     {{"manifest.json", '0', MANIFEST_OF("2", "1"), NULL}, ROOT, {"rootfs/a", '5', NULL, NULL}},
     {"more than its manifest says"}},
    {"more than any disk holds",
     {{"manifest.json", '0', MANIFEST_OF("9223372036854775807", "9223372036854775807"), NULL},
      ROOT},
     {"make room"}},
    {"another digest", {MANIFEST, ROOT, {"rootfs/a", '0', "x", NULL}}, {DIGEST, "changed since"}},
    {"an end that is missing", {MANIFEST, ROOT, {"rootfs/a", '0', "x", NULL}}, {"cut off"}, 20},
};

/* With the name of the directory where VICTIM stands; the caller's, NULL for NULL. */
static char *with_victim(const char *text, const char *victim)
{
    const char *at = text ? strstr(text, VICTIM) : NULL;
    if (!at)
        return text ? bd_xstrdup(text) : NULL;
    return bd_xasprintf("%.*s%s%s", (int)(at - text), text, victim, at + strlen(VICTIM));
}

static void write_hostile(const char *path, size_t which, const char *victim)
{
    struct tar_member members[BD_ARRAY_LEN(hostile[0].members)];
    for (size_t i = 0; i < BD_ARRAY_LEN(members); i++) {
        members[i] = hostile[which].members[i];
        members[i].name = with_victim(members[i].name, victim);
        members[i].target = with_victim(members[i].target, victim);
    }
    tar_write(path, members, hostile[which].cut_bytes);
    for (size_t i = 0; i < BD_ARRAY_LEN(members); i++) {
        free((char *)(uintptr_t)members[i].name);
        free((char *)(uintptr_t)members[i].target);
    }
}

START_TEST(a_hostile_archive_is_refused_and_leaves_nothing)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *images = bd_xasprintf("%s/images", dir);
    bd_auto_free char *path = bd_xasprintf("%s/archive", dir);
    bd_auto_free char *victim = unit_dir();
    struct image_job job = {.images_dir = images, .id = "0badcafe"};
    struct image_result result = {0};
    struct bd_err err = BD_ERR_INIT;
    struct stat st;
    put(victim, "kept", "as it was");
    write_hostile(path, (size_t)_i, victim);
    ck_assert_msg(image_import(&job, path, &result, &err) < 0, "%s was taken", hostile[_i].what);
    for (size_t i = 0; i < BD_ARRAY_LEN(hostile[_i].says) && hostile[_i].says[i]; i++) {
        bd_auto_free char *says = with_victim(hostile[_i].says[i], victim);
        ck_assert_msg(strstr(err.text, says), "%s: %s", hostile[_i].what, err.text);
    }
    assert_says(&err, "import ");
    ck_assert_msg(!strstr(err.text, path) && !strstr(err.text, "/work/"), "%s", err.text);
    assert_nothing_left(images);
    ck_assert_uint_eq(count_entries(victim), 1);
    ck_assert_int_eq(stat(in(victim, "kept"), &st), 0);
    ck_assert_uint_eq(st.st_nlink, 1);
    ck_assert_int_eq(st.st_size, 9);
    unit_dir_done(bd_take(victim));
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(what_is_no_archive_is_told_apart)
{
    static const struct {
        const char *content, *says;
    } files[] = {
        {"", "no zstd data"}, {"PK\3\4 a zip", "no zstd data"}, {"\x28\xb5\x2f\xfd?", "cut off"}};
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *images = bd_xasprintf("%s/images", dir);
    struct image_job job = {.images_dir = images, .id = "0badcafe"};
    struct image_result result = {0};
    struct bd_err err = BD_ERR_INIT;
    for (size_t i = 0; i < BD_ARRAY_LEN(files); i++) {
        put(dir, "archive", files[i].content);
        ck_assert_int_lt(image_import(&job, in(dir, "archive"), &result, &err), 0);
        assert_says(&err, files[i].says);
    }
    ck_assert_int_eq(image_import(&job, in(dir, "missing"), &result, &err), -ENOENT);
    assert_nothing_left(images);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(an_image_comes_back_as_it_went)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *here = bd_xasprintf("%s/here", dir);
    bd_auto_free char *there = bd_xasprintf("%s/there", dir);
    struct image_job from = {.images_dir = here, .id = "0badcafe"};
    struct image_job to = {.images_dir = there, .id = "0badcafe"};
    struct image_result result = {0};
    struct bd_err err = BD_ERR_INIT;
    char digest[BD_DIGEST_BYTES];
    make_image(&from, digest);
    const char *file = in(dir, "host:image"); /* a colon is no host */
    assert_ok(image_export(&from, digest, file, &err), &err);
    assert_ok(image_import(&to, file, &result, &err), &err);
    ck_assert_str_eq(result.digest, digest);
    bd_auto_json json_t *sent = NULL;
    assert_ok(image_manifest(here, digest, &sent, &err), &err);
    ck_assert(json_equal(sent, result.manifest));
    ck_assert_uint_eq(count_entries(in(there, "work")), 0);
    image_result_done(&result);
    assert_ok(image_import(&to, file, &result, &err), &err); /* it is there already */
    ck_assert_str_eq(result.digest, digest);
    image_result_done(&result);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(owners_attributes_and_devices_are_carried)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *there = bd_xasprintf("%s/there", dir);
    struct image_job from = {.images_dir = dir, .id = "0badcafe"};
    struct image_job to = {.images_dir = there, .id = "0badcafe"};
    struct image_result result = {0};
    struct bd_err err = BD_ERR_INIT;
    auto_work struct work work = {0};
    if (geteuid() != 0) {
        puts("not tried: needs root");
        return;
    }
    assert_ok(work_open(&work, &from, &err), &err);
    make_tree(work.rootfs);
    ck_assert_int_eq(lchown(in(work.rootfs, "absolute"), 64030, 101), 0);
    ck_assert_int_eq(chown(in(work.rootfs, "empty"), 100, 64030), 0);
    ck_assert_int_eq(chmod(in(work.rootfs, "empty"), 04711), 0);
    static const uint8_t caps[20] = {1, 0, 0, 2, 0, 0x20};
    if (setxattr(in(work.rootfs, "etc/deep/file"), "security.capability", caps, sizeof(caps), 0) <
        0)
        puts("not tried on this host: capabilities");
    if (setxattr(in(work.rootfs, "etc"), "user.note", "a\0b", 3, 0) < 0)
        puts("not tried on this host: user attributes");
    if (mknod(in(work.rootfs, "null"), S_IFCHR | 0666, 0x103) < 0)
        puts("not tried on this host: devices");
    assert_ok(image_digest_tree(work.rootfs, result.digest, &result.size_bytes, &result.entries,
                                NULL, &err),
              &err);
    result.manifest = json_loads(MANIFEST_OF("1000", "100"), 0, NULL);
    json_object_set_new(result.manifest, "digest", json_string(result.digest));
    assert_ok(work_commit(&work, &from, &result, &err), &err);
    assert_ok(image_export(&from, result.digest, in(dir, "archive"), &err), &err);
    image_result_done(&result);
    assert_ok(image_import(&to, in(dir, "archive"), &result, &err), &err);
    image_result_done(&result);
    unit_dir_done(bd_take(dir));
}
END_TEST

static void cancel_it(const char *line, void *arg)
{
    struct bd_cancel *cancel = arg;
    if (bd_starts_with(line, "unpacking") || bd_starts_with(line, "packing"))
        bd_cancel_set(cancel, BD_ECANCELLED, "asked to");
}

START_TEST(a_cancelled_export_or_import_leaves_nothing)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *there = bd_xasprintf("%s/there", dir);
    struct image_job from = {.images_dir = dir, .id = "0badcafe"};
    struct image_job to = {.images_dir = there, .id = "0badcafe"};
    struct image_result result = {0};
    struct bd_err err = BD_ERR_INIT;
    char digest[BD_DIGEST_BYTES];
    make_image(&from, digest);
    assert_ok(image_export(&from, digest, in(dir, "whole"), &err), &err);
    struct bd_cancel *cancels[] = {bd_cancel_new(), bd_cancel_new()};
    from.cancel = from.arg = cancels[0];
    to.cancel = to.arg = cancels[1];
    from.on_progress = to.on_progress = cancel_it;
    ck_assert_int_eq(image_export(&from, digest, in(dir, "half"), &err), BD_ECANCELLED);
    ck_assert(!bd_exists(in(dir, "half")));
    ck_assert_int_eq(image_import(&to, in(dir, "whole"), &result, &err), BD_ECANCELLED);
    assert_nothing_left(there);
    bd_cancel_unref(cancels[0]);
    bd_cancel_unref(cancels[1]);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(an_image_that_is_not_there_is_not_exported)
{
    bd_auto_free char *dir = unit_dir();
    struct image_job job = {.images_dir = dir, .id = "0badcafe"};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_int_eq(image_export(&job, DIGEST, in(dir, "archive"), &err), BD_ENOTFOUND);
    ck_assert_uint_eq(count_entries(dir), 0);
    unit_dir_done(bd_take(dir));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image archive");
    TCase *tcase = tcase_create("archive");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_hostile_archive_is_refused_and_leaves_nothing, 0,
                        (int)BD_ARRAY_LEN(hostile));
    tcase_add_test(tcase, what_is_no_archive_is_told_apart);
    tcase_add_test(tcase, an_image_comes_back_as_it_went);
    tcase_add_test(tcase, owners_attributes_and_devices_are_carried);
    tcase_add_test(tcase, a_cancelled_export_or_import_leaves_nothing);
    tcase_add_test(tcase, an_image_that_is_not_there_is_not_exported);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
