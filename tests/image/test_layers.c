/* Layers: what an archive of one may hold, where it lands, the libraries that it needs, what a
 * recipe becomes by them. Programs and libraries are small real ones, that the compiler of the
 * tests made. */
#include "lib/artifact/artifact.h"
#include "lib/base/proc.h"
#include "lib/image/elffile.h"
#include "lib/image/layers.h"
#include "lib/image/libraries.h"
#include "tests/image/scratch.h"
#include "tests/image/tar.h"

#define VICTIM "/tmp/benchd-test-layer-victim"

/* An images directory, one of inputs, and a job with a root to put layers into. */
struct scene {
    char *dir, *images, *inputs;
    struct image_job job;
    struct work work;
};

static struct scene scene_new(void)
{
    struct scene s = {.dir = unit_dir()};
    struct bd_err err = BD_ERR_INIT;
    s.images = bd_xasprintf("%s/images", s.dir);
    s.inputs = bd_xasprintf("%s/inputs", s.dir);
    s.job = (struct image_job){.images_dir = s.images, .id = "0badcafe", .inputs_dir = s.inputs};
    assert_ok(bd_mkdir_p(s.images, 0755, &err), &err);
    assert_ok(work_open(&s.work, &s.job, &err), &err);
    return s;
}

static void scene_done(struct scene *s)
{
    work_close(&s->work);
    free(s->images);
    free(s->inputs);
    unit_dir_done(s->dir);
}

/* The file becomes an input; the recipe that has it as its layers "tool" at the prefix. */
static json_t *recipe_of(const struct scene *s, const char *file, const char *prefix)
{
    struct artifact_packed packed = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_fd int objects = -1, fd = open(file, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    assert_ok(artifact_dir_open(s->inputs, &objects, &err), &err);
    assert_ok(artifact_pack(objects, fd, NULL, &packed, &err), &err);
    return json_pack("{s:[{s:s, s:s, s:s}]}", "layers", "name", "tool", "input", packed.digest,
                     "prefix", prefix);
}

static int add(const struct scene *s, const char *file, const char *prefix, json_t **ret_layers,
               struct bd_err *err)
{
    bd_auto_json json_t *recipe = recipe_of(s, file, prefix);
    return layers_add(&s->job, recipe, s->work.rootfs, ret_layers, err);
}

static void run(const char *const *argv)
{
    struct bd_err err = BD_ERR_INIT;
    assert_ok(bd_proc_check(argv, 0, NULL, NULL, &err), &err);
}

/* ------------------------------------------------------------------------------------- archives */

static const struct {
    const char *what;
    struct tar_member members[4];
    const char *says;
    size_t cut_bytes;
} hostile[] = {
    {"an absolute path", {{VICTIM "/new", '0', "x", NULL}}, "absolute path"},
    {"a way up", {{"a/../../new", '0', "x", NULL}}, "leads elsewhere"},
    {"a way up behind a dot", {{"./../new", '0', "x", NULL}}, "leads elsewhere"},
    {"a way up at the end", {{"a/..", '5', NULL, NULL}}, "leads elsewhere"},
    {"a device", {{"null", '3', NULL, NULL}}, "files, directories and links"},
    {"a FIFO", {{"pipe", '6', NULL, NULL}}, "files, directories and links"},
    {"a link as its root", {{"./", '2', NULL, VICTIM}}, "something else than a directory"},
    {"a hard link to a file outside", {{"a", '1', NULL, VICTIM "/kept"}}, "absolute path"},
    {"a hard link that leads up", {{"a", '1', NULL, "../kept"}}, "leads elsewhere"},
    {"a file through a link", {{"a", '2', NULL, VICTIM}, {"a/new", '0', "x", NULL}}, "layer tool"},
    {"nothing", {{0}}, "nothing in it"},
    {"an end that is missing", {{"a", '0', "x", NULL}}, "no tar", 20},
};

START_TEST(a_hostile_archive_is_refused_and_leaves_nothing)
{
    struct scene s = scene_new();
    json_t *layers = NULL;
    struct bd_err err = BD_ERR_INIT;
    struct stat st;
    assert_ok(bd_mkdir_p(VICTIM, 0755, &err), &err);
    put(VICTIM, "kept", "as it was");
    tar_write(in(s.dir, "tar"), hostile[_i].members, hostile[_i].cut_bytes);
    ck_assert_msg(add(&s, in(s.dir, "tar"), "/opt/tool", &layers, &err) < 0, "%s was taken",
                  hostile[_i].what);
    assert_says(&err, hostile[_i].says);
    ck_assert(!bd_exists(in(s.work.rootfs, "opt/tool")));
    ck_assert_uint_eq(count_entries(VICTIM), 1);
    ck_assert_int_eq(stat(VICTIM "/kept", &st), 0);
    ck_assert_uint_eq(st.st_nlink, 1);
    assert_ok(bd_rm_rf(VICTIM, &err), &err);
    scene_done(&s);
}
END_TEST

START_TEST(what_is_no_archive_or_not_there_is_told)
{
    struct scene s = scene_new();
    json_t *layers = NULL;
    struct bd_err err = BD_ERR_INIT;
    put(s.dir, "text", "no archive at all, whatever tar makes of it\n");
    ck_assert_int_lt(add(&s, in(s.dir, "text"), "/opt/tool", &layers, &err), 0);
    assert_says(&err, "no tar");
    bd_auto_json json_t *gone =
        json_pack("{s:[{s:s, s:s, s:s}]}", "layers", "name", "tool", "input",
                  "sha256:0000000000000000000000000000000000000000000000000000000000000000",
                  "prefix", "/opt/tool");
    bd_err_clear(&err);
    ck_assert_int_eq(layers_add(&s.job, gone, s.work.rootfs, &layers, &err), BD_ENOTFOUND);
    assert_says(&err, "bring it again");
    scene_done(&s);
}
END_TEST

static const struct tar_member small[] = {
    {"./", '5', NULL, NULL},
    {"./lib/pkgconfig/tool-more.pc", '0', "Name: more\nVersion: 9\n", NULL},
    {"./lib/pkgconfig/tool.pc", '0', "prefix=/opt/tool\nName: tool\nVersion: 1.2.3\n", NULL},
    {"./share/link", '2', NULL, "/etc/passwd"},
    {0},
};

START_TEST(a_layer_lands_at_its_prefix_and_is_told)
{
    struct scene s = scene_new();
    bd_auto_json json_t *layers = NULL;
    struct bd_err err = BD_ERR_INIT;
    struct stat st;
    tar_write(in(s.dir, "tar"), small, 0);                                  /* compressed, too */
    assert_ok(bd_mkdir_p(in(s.work.rootfs, "opt/tool"), 0755, &err), &err); /* empty: fine */
    assert_ok(add(&s, in(s.dir, "tar"), "/opt/tool", &layers, &err), &err);
    ck_assert(bd_exists(in(s.work.rootfs, "opt/tool/lib/pkgconfig/tool.pc")));
    ck_assert_int_eq(lstat(in(s.work.rootfs, "opt/tool/share/link"), &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    const json_t *layer = json_array_get(layers, 0);
    ck_assert_str_eq(bd_json_str(layer, "name", ""), "tool");
    ck_assert_str_eq(bd_json_str(layer, "prefix", ""), "/opt/tool");
    ck_assert_str_eq(bd_json_str(layer, "version", ""), "1.2.3");
    ck_assert(bd_starts_with(bd_json_str(layer, "digest", ""), "sha256:"));
    scene_done(&s);
}
END_TEST

START_TEST(what_the_image_has_is_never_written_over)
{
    struct scene s = scene_new();
    json_t *layers = NULL;
    struct bd_err err = BD_ERR_INIT;
    tar_write(in(s.dir, "tar"), small, 0);
    assert_ok(bd_mkdir_p(in(s.work.rootfs, "usr/local/bin"), 0755, &err), &err);
    ck_assert_int_eq(add(&s, in(s.dir, "tar"), "/usr/local", &layers, &err), BD_EUNSUPPORTED);
    assert_says(&err, "the image has a /usr/local already");
    scene_done(&s);
}
END_TEST

START_TEST(a_link_on_the_way_leads_nowhere_else)
{
    struct scene s = scene_new();
    bd_auto_json json_t *layers = NULL;
    struct bd_err err = BD_ERR_INIT;
    tar_write(in(s.dir, "tar"), small, 0);
    assert_ok(bd_mkdir_p(in(s.work.rootfs, "tmp"), 0755, &err), &err);
    ck_assert_int_eq(symlink("/tmp", in(s.work.rootfs, "opt")), 0);
    assert_ok(add(&s, in(s.dir, "tar"), "/opt/tool-of-a-test", &layers, &err), &err);
    ck_assert(bd_exists(in(s.work.rootfs, "tmp/tool-of-a-test/share")));
    ck_assert(!bd_exists("/tmp/tool-of-a-test"));
    scene_done(&s);
}
END_TEST

/* ------------------------------------------------------------------------------------ libraries */

/* A library of nothing; needs: another one that is linked, or NULL. */
static void make_library(const char *dir, const char *path, const char *soname, const char *needs,
                         const char *runpath)
{
    bd_auto_strv struct bd_strv argv = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *parent = bd_path_dir(in(dir, path));
    assert_ok(bd_mkdir_p(parent, 0755, &err), &err);
    put(dir, "empty.c", "");
    const char *const words[] = {LAYERS_CC, "-shared",     "-nostdlib",
                                 "-o",      in(dir, path), in(dir, "empty.c")};
    for (size_t i = 0; i < BD_ARRAY_LEN(words); i++)
        bd_strv_add(&argv, words[i]);
    bd_strv_addf(&argv, "-Wl,-soname,%s", soname);
    bd_strv_add(&argv, "-Wl,--no-as-needed");
    if (runpath)
        bd_strv_addf(&argv, "-Wl,-rpath,%s", runpath);
    if (needs)
        bd_strv_add(&argv, needs);
    run((const char *const *)argv.items);
    unlink(in(dir, "empty.c"));
}

/* Of a layer at /opt/tool in the root that is `dir`, whose one library needs libneeded.so.1, which
 * is at this place (NULL: nowhere). */
static int check_with(const char *place, const char *runpath, struct bd_err *err)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *root = bd_xasprintf("%s/root", dir);
    bd_auto_strv struct bd_strv prefixes = {0};
    bd_strv_add(&prefixes, "/opt/tool");
    make_library(dir, "libneeded.so.1", "libneeded.so.1", NULL, NULL);
    make_library(dir, "root/opt/tool/lib/libtool.so", "libtool.so", in(dir, "libneeded.so.1"),
                 runpath);
    if (place) {
        bd_auto_free char *parent = bd_path_dir(in(root, place));
        assert_ok(bd_mkdir_p(parent, 0755, err), err);
        ck_assert_int_eq(rename(in(dir, "libneeded.so.1"), in(root, place)), 0);
    }
    int rc = libraries_check(root, &prefixes, NULL, err);
    unit_dir_done(bd_take(dir));
    return rc;
}

static const struct {
    const char *place, *runpath;
    bool found;
} places[] = {
    {"usr/lib/x86_64-linux-gnu/libneeded.so.1", NULL, true},
    {"lib64/libneeded.so.1", NULL, true},
    {"opt/tool/lib/libneeded.so.1", "$ORIGIN", true},
    {"opt/tool/libexec/libneeded.so.1", "/nowhere:${ORIGIN}/../libexec", true},
    {"opt/tool/private/libneeded.so.1", NULL, true}, /* anywhere in a layer */
    {"srv/libneeded.so.1", "/srv", true},
    {"srv/libneeded.so.1", NULL, false},
    {NULL, NULL, false},
    {"usr/lib/libneeded.so.2", NULL, false},
};

START_TEST(libraries_are_looked_for_as_by_the_loader)
{
    struct bd_err err = BD_ERR_INIT;
    int rc = check_with(places[_i].place, places[_i].runpath, &err);
    ck_assert_msg(rc == (places[_i].found ? 0 : BD_EUNSUPPORTED), "%d: %s", _i, err.text);
    if (!places[_i].found) {
        assert_says(&err, "libneeded.so.1 (Debian: libneeded1)");
        assert_says(&err, "/opt/tool/lib/libtool.so");
    }
}
END_TEST

START_TEST(a_file_by_the_name_alone_is_no_library)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_strv struct bd_strv prefixes = {0};
    struct bd_err err = BD_ERR_INIT;
    bd_strv_add(&prefixes, "/opt/tool");
    make_library(dir, "libneeded.so.1", "libneeded.so.1", NULL, NULL);
    make_library(dir, "opt/tool/libtool.so", "libtool.so", in(dir, "libneeded.so.1"), NULL);
    assert_ok(bd_mkdir_p(in(dir, "usr/lib"), 0755, &err), &err);
    put(dir, "usr/lib/libneeded.so.1", "INPUT(-lc)\n");
    ck_assert_int_eq(libraries_check(dir, &prefixes, NULL, &err), BD_EUNSUPPORTED);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(packages_follow_from_names)
{
    static const char *const names[][2] = {
        {"libhwloc.so.15", "libhwloc15"},
        {"libzmq.so.5", "libzmq5"},
        {"liblua5.3.so.0", "liblua5.3-0"},
        {"libsqlite3.so.0", "libsqlite3-0"},
        {"libpython3.11.so.1.0", "libpython3.11"},
        {"libyaml-cpp.so.0.7", "libyaml-cpp0.7"},
        {"libboost_graph.so.1.74.0", "libboost-graph1.74.0"},
        {"libgcc_s.so.1", "libgcc-s1"},
        {"libstdc++.so.6", "libstdc++6"},
        {"libcrypto.so.3", "libssl3"},
        {"/lib64/ld-linux-x86-64.so.2", NULL},
        {"lib.so.1", NULL},
        {"plugin.so", NULL},
        {"libfoo.sox", NULL},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(names); i++) {
        bd_auto_free char *package = libraries_package(names[i][0]);
        ck_assert_msg(bd_str_eq(package, names[i][1]), "%s: %s", names[i][0], package);
    }
}
END_TEST

/* Each byte of what a library says of itself, as another one, and each length: an answer, whatever
 * it is, and never a crash. */
START_TEST(a_damaged_library_is_read_or_refused)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_free char *content = NULL;
    struct bd_err err = BD_ERR_INIT;
    size_t bytes, refused = 0;
    make_library(dir, "libneeded.so.1", "libneeded.so.1", NULL, NULL);
    make_library(dir, "libtool.so", "libtool.so", in(dir, "libneeded.so.1"), "$ORIGIN");
    assert_ok(bd_read_file(in(dir, "libtool.so"), 1 << 20, &content, &bytes, &err), &err);
    bd_auto_fd int fd = open(in(dir, "libtool.so"), O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < bytes && i < 4096; i++) {
        const unsigned char others[] = {0, 0xff, (unsigned char)(content[i] ^ 0x40)};
        elf_auto struct elf e = {0};
        ck_assert_int_eq((int)pwrite(fd, &others[i % 3], 1, (off_t)i), 1);
        refused += elf_read(fd, &e, NULL) < 0;
        ck_assert_int_eq((int)pwrite(fd, content + i, 1, (off_t)i), 1);
    }
    ck_assert_uint_gt(refused, 0);
    for (size_t n = bytes; n-- > 0;) {
        elf_auto struct elf e = {0};
        if (n % 7 && n > 1024)
            continue;
        ck_assert_int_eq(ftruncate(fd, (off_t)n), 0);
        ck_assert_int_le(elf_read(fd, &e, NULL), 1);
    }
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(a_program_tells_what_it_needs)
{
    elf_auto struct elf e = {0};
    bd_auto_fd int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(elf_read(fd, &e, NULL), 1);
    ck_assert(bd_strv_has(&e.needed, "libc.so.6"));
    ck_assert_ptr_nonnull(e.interpreter);
    ck_assert_ptr_nonnull(strstr(e.interpreter, "ld-linux"));
}
END_TEST

/* -------------------------------------------------------------------------------------- recipes */

#define INPUT "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define LAYER(name, prefix)                                                                        \
    "{\"name\": \"" name "\", \"input\": \"" INPUT "\", \"prefix\": \"" prefix "\"}"

static struct image_recipe bookworm(void)
{
    struct image_recipe recipe = {0};
    struct bd_err err = BD_ERR_INIT;
    assert_ok(image_recipe_load(getenv("IMAGE_RECIPES"), "debian-bookworm", &recipe, &err), &err);
    return recipe;
}

static int extend(struct image_recipe *recipe, const char *text, struct schema_faults *faults)
{
    bd_auto_json json_t *request = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(request);
    return image_recipe_extend(recipe, request, faults);
}

START_TEST(what_is_asked_for_beside_a_recipe_makes_another)
{
    bd_auto_faults struct schema_faults faults = {0};
    struct image_recipe plain = bookworm(), more = bookworm(), named = bookworm();
    size_t before = json_array_size(json_object_get(plain.json, "packages"));
    ck_assert_int_eq(extend(&plain, "{\"layers\": [], \"packages\": []}", &faults), 0);
    ck_assert_str_eq(plain.digest, more.digest);
    ck_assert_int_eq(extend(&more,
                            "{\"layers\": [" LAYER(
                                "flux", "/opt/flux") "],"
                                                     " \"packages\": [\"python3\", \"systemd\"]}",
                            &faults),
                     0);
    ck_assert_str_eq(more.name, "debian-bookworm-flux");
    ck_assert_str_ne(plain.digest, more.digest);
    /* systemd is in the recipe. */
    ck_assert_uint_eq(json_array_size(json_object_get(more.json, "packages")), before + 1);
    ck_assert_int_eq(extend(&named, "{\"name\": \"own\", \"packages\": [\"python3\"]}", &faults),
                     0);
    ck_assert_str_eq(named.name, "own");
    image_recipe_done(&plain);
    image_recipe_done(&more);
    image_recipe_done(&named);
}
END_TEST

static const struct {
    const char *request, *pointer;
} refused[] = {
    {"{\"packages\": [\"python3\"]}", "/name"},
    {"{\"name\": \"debian-bookworm\", \"packages\": [\"python3\"]}", "/name"},
    {"{\"layers\": [" LAYER("flux", "/opt/../flux") "]}", "/layers/0/prefix"},
    {"{\"layers\": [" LAYER("flux", "/opt/flux/") "]}", "/layers/0/prefix"},
    {"{\"layers\": [" LAYER("a", "/opt/a") ", " LAYER("a", "/opt/b") "]}", "/layers/1/name"},
    {"{\"name\": \"own\", \"packages\": [\"a b\"]}", "/packages/0"},
};

START_TEST(what_makes_no_recipe_is_told_where_it_was_asked_for)
{
    bd_auto_faults struct schema_faults faults = {0};
    struct image_recipe recipe = bookworm();
    char digest[BD_DIGEST_BYTES];
    memcpy(digest, recipe.digest, sizeof(digest));
    ck_assert_int_eq(extend(&recipe, refused[_i].request, &faults), BD_EINVALID);
    ck_assert_uint_eq(faults.n, 1);
    ck_assert_str_eq(faults.items[0].pointer, refused[_i].pointer);
    ck_assert_str_eq(recipe.digest, digest);
    image_recipe_done(&recipe);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image/layers");
    TCase *c = tcase_create("layers");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, a_hostile_archive_is_refused_and_leaves_nothing, 0,
                        BD_ARRAY_LEN(hostile));
    tcase_add_test(c, what_is_no_archive_or_not_there_is_told);
    tcase_add_test(c, a_layer_lands_at_its_prefix_and_is_told);
    tcase_add_test(c, what_the_image_has_is_never_written_over);
    tcase_add_test(c, a_link_on_the_way_leads_nowhere_else);
    tcase_add_loop_test(c, libraries_are_looked_for_as_by_the_loader, 0, BD_ARRAY_LEN(places));
    tcase_add_test(c, a_file_by_the_name_alone_is_no_library);
    tcase_add_test(c, packages_follow_from_names);
    tcase_add_test(c, a_damaged_library_is_read_or_refused);
    tcase_add_test(c, a_program_tells_what_it_needs);
    tcase_add_test(c, what_is_asked_for_beside_a_recipe_makes_another);
    tcase_add_loop_test(c, what_makes_no_recipe_is_told_where_it_was_asked_for, 0,
                        BD_ARRAY_LEN(refused));
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
