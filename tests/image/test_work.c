#include "tests/image/scratch.h"

START_TEST(an_image_is_there_whole_or_not_at_all)
{
    bd_auto_free char *dir = unit_dir();
    struct image_job job = {.images_dir = dir, .id = "0badcafe"};
    char digest[BD_DIGEST_BYTES];
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *manifest = NULL;
    make_image(&job, digest);
    bd_auto_free char *rootfs = image_rootfs(dir, digest);
    ck_assert(bd_exists(in(rootfs, "etc/os-release")));
    assert_ok(image_manifest(dir, digest, &manifest, &err), &err);
    ck_assert_str_eq(bd_json_str(manifest, "digest", ""), digest);
    bd_auto_free char *image = image_dir(dir, digest);
    ck_assert_uint_eq(count_entries(image), 2); /* rootfs and manifest.json */
    ck_assert_uint_eq(count_entries(in(dir, "work")), 0);
    assert_ok(image_remove(dir, digest, &err), &err);
    assert_ok(image_remove(dir, digest, &err), &err); /* gone already */
    assert_nothing_left(dir);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(of_two_images_of_one_digest_the_first_stays)
{
    bd_auto_free char *dir = unit_dir();
    struct image_job job = {.images_dir = dir, .id = "0badcafe"};
    char first[BD_DIGEST_BYTES], second[BD_DIGEST_BYTES], was[BD_DIGEST_BYTES], is[BD_DIGEST_BYTES];
    struct bd_err err = BD_ERR_INIT;
    make_image(&job, first);
    bd_auto_free char *rootfs = image_rootfs(dir, first);
    assert_ok(image_fingerprint(rootfs, was, &err), &err);
    make_image(&job, second);
    ck_assert_str_eq(first, second);
    assert_ok(image_fingerprint(rootfs, is, &err), &err);
    ck_assert_str_eq(was, is);
    ck_assert_uint_eq(count_entries(in(dir, "work")), 0);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(what_was_cut_off_is_cleaned_by_id_or_altogether)
{
    bd_auto_free char *dir = unit_dir();
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *one = bd_xasprintf("%s/work/one/rootfs", dir);
    bd_auto_free char *two = bd_xasprintf("%s/work/two/rootfs", dir);
    make_tree(one);
    make_tree(two);
    assert_ok(image_clean_work(dir, "one", &err), &err);
    ck_assert(!bd_exists(in(dir, "work/one")));
    ck_assert(bd_exists(in(dir, "work/two/rootfs/twin")));
    assert_ok(image_clean_work(dir, NULL, &err), &err);
    assert_nothing_left(dir);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(too_little_space_is_told_before_anything_is_made)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *images = bd_xasprintf("%s/images", dir);
    struct image_job job = {.images_dir = images, .id = "0badcafe"};
    struct image_recipe recipe = {0};
    struct image_result result = {0};
    struct bd_err err = BD_ERR_INIT;
    put(dir, "huge.yaml",
        "{apiVersion: benchd/v1, kind: debian, name: huge, title: x, suite: bookworm,\n"
        "components: [main], mirror: host, space: 100000TiB, sourceDateEpoch: 0, packages: "
        "[less]}\n");
    assert_ok(image_recipe_load(dir, "huge", &recipe, &err), &err);
    ck_assert_int_eq(image_build(&job, &recipe, &result, &err), BD_ENOCAPACITY);
    assert_says(&err, "needs about 102400000.0 GiB below");
    assert_says(&err, images);
    assert_says(&err, "GiB: make room or set image_dir");
    assert_nothing_left(images);
    image_recipe_done(&recipe);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(a_damaged_manifest_is_told)
{
    static const char *const manifests[] = {"", "{", "[]", "{\"format\": \"benchd-image/2\"}"};
    bd_auto_free char *dir = unit_dir();
    struct image_job job = {.images_dir = dir, .id = "0badcafe"};
    char digest[BD_DIGEST_BYTES];
    json_t *manifest = NULL;
    struct bd_err err = BD_ERR_INIT;
    make_image(&job, digest);
    bd_auto_free char *image = image_dir(dir, digest);
    for (size_t i = 0; i < BD_ARRAY_LEN(manifests); i++) {
        put(image, "manifest.json", manifests[i]);
        ck_assert_int_eq(image_manifest(dir, digest, &manifest, &err), BD_ECORRUPT);
        assert_says(&err, "manifest.json");
    }
    digest[10] = digest[10] == '0' ? '1' : '0';
    ck_assert_int_eq(image_manifest(dir, digest, &manifest, &err), BD_ENOTFOUND);
    unit_dir_done(bd_take(dir));
}
END_TEST

UNIT_MAIN("image work", an_image_is_there_whole_or_not_at_all,
          of_two_images_of_one_digest_the_first_stays,
          what_was_cut_off_is_cleaned_by_id_or_altogether,
          too_little_space_is_told_before_anything_is_made, a_damaged_manifest_is_told)
