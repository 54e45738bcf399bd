#include "lib/image/manifest.h"
#include "lib/image/needs.h"
#include "tests/image/scratch.h"

#include <glob.h>

static const char good[] = "apiVersion: benchd/v1\n"       /* 1 */
                           "kind: debian\n"                /* 2 */
                           "name: r\n"                     /* 3 */
                           "title: A recipe\n"             /* 4 */
                           "suite: bookworm\n"             /* 5 */
                           "components: [main]\n"          /* 6 */
                           "mirror: host\n"                /* 7 */
                           "space: 1GiB\n"                 /* 8 */
                           "sourceDateEpoch: 1700000000\n" /* 9 */
                           "packages:\n"                   /* 10 */
                           "  - netbase\n"                 /* 11 */
                           "files:\n"                      /* 12 */
                           "  - path: /etc/x\n"            /* 13 */
                           "    mode: \"0600\"\n"          /* 14 */
                           "    content: x\n"              /* 15 */
                           "units:\n"                      /* 16 */
                           "  mask: [getty.target]\n"      /* 17 */
                           "remove: [/etc/y]\n";           /* 18 */

static const struct {
    const char *from, *to; /* what is replaced in the good one */
    const char *says[3];
} faults[] = {
    {"kind: debian", "kind: gentoo", {"r.yaml:2: /kind", "one of: debian", "gentoo"}},
    {"kind: debian\n", "", {"/kind", "one of: debian"}},
    {"name: r\n", "name: other\n", {"r.yaml:3: /name", "other"}},
    {"suite: bookworm", "suite: book worm", {"r.yaml:5: /suite"}},
    {"components: [main]", "components: []", {"r.yaml:6: /components"}},
    {"mirror: host", "mirror: ftp://x", {"r.yaml:7: /mirror"}},
    {"space: 1GiB", "space: 0.3MiB", {"r.yaml:8: /space", "whole number"}},
    {"space: 1GiB", "space: much", {"r.yaml:8: /space"}},
    {"1700000000", "soon", {"r.yaml:9: /sourceDateEpoch", "integer"}},
    {"  - netbase", "  - \"net base\"", {"r.yaml:11: /packages/0"}},
    {"  - netbase", "  - netbase\n  - netbase", {"/packages"}},
    {"path: /etc/x", "path: etc/x", {"r.yaml:13: /files/0/path"}},
    {"path: /etc/x", "path: /etc/../x", {"r.yaml:13: /files/0/path", ".."}},
    {"  - netbase", "  - netbase\nworkloads: [Fio]", {"r.yaml:12: /workloads/0"}},
    {"mode: \"0600\"", "mode: 600", {"r.yaml:14: /files/0/mode"}},
    {"    content: x\n", "", {"/files/0", "either content or link"}},
    {"content: x", "link: x", {"/files/0", "no mode"}},
    {"getty.target", "getty", {"r.yaml:17: /units/mask/0"}},
    {"getty.target", "../x.service", {"r.yaml:17: /units/mask/0"}},
    {"remove: [/etc/y]", "remove: [etc]", {"r.yaml:18: /remove/0"}},
    {"remove: [/etc/y]", "command: rm -rf /", {"r.yaml:18", "command"}},
    {"title: A recipe", "title: [", {"r.yaml"}},
    {good, "- a list\n", {"r.yaml:1", "an object"}},
    {good, "", {"r.yaml"}},
    /* every one is told */
    {"suite: bookworm\ncomponents: [main]",
     "suite: 1\ncomponents: 2",
     {"r.yaml:5", "r.yaml:6", "; "}},
};

static char *replaced(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    ck_assert_ptr_nonnull(at);
    return bd_xasprintf("%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
}

START_TEST(a_good_recipe_is_read)
{
    bd_auto_free char *dir = unit_dir();
    struct image_recipe recipe = {0}, other = {0};
    struct bd_err err = BD_ERR_INIT;
    put(dir, "r.yaml", good);
    assert_ok(image_recipe_load(dir, "r", &recipe, &err), &err);
    ck_assert_str_eq(recipe.name, "r");
    ck_assert_str_eq(recipe.kind, "debian");
    ck_assert_str_eq(bd_json_str(recipe.json, "suite", ""), "bookworm");
    /* What is written otherwise but says the same is the same recipe. */
    bd_auto_free char *same = replaced("name: r\n", "# a comment\n\"name\": 'r'\n");
    put(dir, "r.yaml", same);
    assert_ok(image_recipe_load(dir, "r", &other, &err), &err);
    ck_assert_str_eq(recipe.digest, other.digest);
    image_recipe_done(&other);
    bd_auto_free char *changed = replaced("  - netbase", "  - netbase\n  - less");
    put(dir, "r.yaml", changed);
    assert_ok(image_recipe_load(dir, "r", &other, &err), &err);
    ck_assert_str_ne(recipe.digest, other.digest);
    image_recipe_done(&other);
    image_recipe_done(&recipe);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(each_fault_is_told_with_its_line)
{
    bd_auto_free char *dir = unit_dir();
    for (size_t i = 0; i < BD_ARRAY_LEN(faults); i++) {
        struct image_recipe recipe = {0};
        struct bd_err err = BD_ERR_INIT;
        bd_auto_free char *text = replaced(faults[i].from, faults[i].to);
        put(dir, "r.yaml", text);
        ck_assert_msg(image_recipe_load(dir, "r", &recipe, &err) == BD_EINVALID, "%s: %s",
                      faults[i].to, err.text);
        for (size_t k = 0; k < BD_ARRAY_LEN(faults[i].says) && faults[i].says[k]; k++)
            assert_says(&err, faults[i].says[k]);
    }
    unit_dir_done(bd_take(dir));
}
END_TEST

static const char extending[] = "extends: r\n"
                                "name: more\n"
                                "title: More of it\n"
                                "packages: [less, more]\n"
                                "units: {mask: [x.timer], disable: [x.service]}\n"
                                "remove: [/etc/z]\n";
static const char merged[] = "apiVersion: benchd/v1\n"
                             "kind: debian\n"
                             "name: more\n"
                             "title: More of it\n"
                             "suite: bookworm\n"
                             "components: [main]\n"
                             "mirror: host\n"
                             "space: 1GiB\n"
                             "sourceDateEpoch: 1700000000\n"
                             "packages: [netbase, less, more]\n"
                             "files: [{path: /etc/x, mode: \"0600\", content: x}]\n"
                             "units: {mask: [getty.target, x.timer], disable: [x.service]}\n"
                             "remove: [/etc/y, /etc/z]\n";

START_TEST(a_recipe_that_extends_another_is_the_whole_of_both)
{
    bd_auto_free char *dir = unit_dir();
    struct image_recipe recipe = {0}, written_out = {0}, again = {0};
    struct bd_err err = BD_ERR_INIT;
    put(dir, "r.yaml", good);
    put(dir, "more.yaml", merged);
    assert_ok(image_recipe_load(dir, "more", &written_out, &err), &err);
    put(dir, "more.yaml", extending);
    assert_ok(image_recipe_load(dir, "more", &recipe, &err), &err);
    bd_auto_free char *text = bd_json_text(recipe.json);
    bd_auto_free char *expected = bd_json_text(written_out.json);
    ck_assert_str_eq(text, expected);
    ck_assert_str_eq(recipe.digest, written_out.digest);

    /* So that a change to what it extends makes it another recipe. */
    bd_auto_free char *changed = replaced("bookworm", "trixie");
    put(dir, "r.yaml", changed);
    assert_ok(image_recipe_load(dir, "more", &again, &err), &err);
    ck_assert_str_ne(recipe.digest, again.digest);

    /* One that extends an extending one. */
    put(dir, "most.yaml", "extends: more\nname: most\ntitle: Most\npackages: [most]\n");
    image_recipe_done(&again);
    assert_ok(image_recipe_load(dir, "most", &again, &err), &err);
    ck_assert_uint_eq(json_array_size(json_object_get(again.json, "packages")), 4);
    image_recipe_done(&again);
    image_recipe_done(&written_out);
    image_recipe_done(&recipe);
    unit_dir_done(bd_take(dir));
}
END_TEST

static const struct {
    const char *text; /* of more.yaml, which r.yaml and loop.yaml are beside */
    const char *says[3];
} bad_extending[] = {
    {"name: more\nextends: none\n", {"more.yaml:2: /extends", "there is: bad, loop, more, r"}},
    {"name: more\nextends: ../r\n", {"more.yaml:2: /extends", "no recipe"}},
    {"name: more\nextends: 7\n", {"more.yaml:2: /extends", "name of a recipe"}},
    {"name: more\nextends: more\n", {"more.yaml:2: /extends", "in its turn"}},
    {"name: more\nextends: loop\n", {"loop.yaml:1: /extends", "in its turn, got more"}},
    {"extends: r\ntitle: x\n", {"/name", "the name of its file, more, got r"}},
    /* Lines are those of the file that has the fault. */
    {"name: more\nextends: bad\n", {"bad.yaml:1: /kind"}},
    {"name: more\nextends: r\npackages:\n  - less\n  - 5\n", {"more.yaml:5: /packages/1"}},
    {"name: more\nextends: r\npackages:\n  - netbase\n", {"more.yaml:4: /packages/0", "unlike"}},
    {"name: more\nextends: r\nfiles:\n  - path: /x\n    link: y\n    mode: 5\n",
     {"more.yaml:6: /files/0/mode"}},
    {"name: more\nextends: r\nunits:\n  mask: [a]\n  x: [b]\n",
     {"more.yaml:4: /units/mask/0", "more.yaml:5: /units"}},
    {"name: more\nextends: r\npackages: less\n", {"more.yaml:3: /packages", "array"}},
};

START_TEST(what_extends_wrongly_is_told_with_its_line)
{
    bd_auto_free char *dir = unit_dir();
    put(dir, "r.yaml", good);
    put(dir, "loop.yaml", "extends: more\nname: loop\n");
    put(dir, "bad.yaml", "kind: gentoo\n");
    for (size_t i = 0; i < BD_ARRAY_LEN(bad_extending); i++) {
        struct image_recipe recipe = {0};
        struct bd_err err = BD_ERR_INIT;
        put(dir, "more.yaml", bad_extending[i].text);
        ck_assert_msg(image_recipe_load(dir, "more", &recipe, &err) == BD_EINVALID, "%s: %s",
                      bad_extending[i].text, err.text);
        for (size_t k = 0; k < BD_ARRAY_LEN(bad_extending[i].says) && bad_extending[i].says[k]; k++)
            assert_says(&err, bad_extending[i].says[k]);
    }
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(an_unknown_recipe_is_answered_with_those_there_are)
{
    static const char *const names[] = {"none", "", ".", "..", "../r", "sub/r"};
    bd_auto_free char *dir = unit_dir();
    put(dir, "b.yaml", good);
    put(dir, "a.yaml", good);
    put(dir, "notes.txt", "");
    put(dir, ".hidden.yaml", good);
    for (size_t i = 0; i < BD_ARRAY_LEN(names); i++) {
        struct image_recipe recipe = {0};
        struct bd_err err = BD_ERR_INIT;
        ck_assert_int_eq(image_recipe_load(dir, names[i], &recipe, &err), BD_ENOTFOUND);
        assert_says(&err, "there is: a, b");
    }
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(the_recipes_that_are_shipped_are_good)
{
    const char *dir = getenv("IMAGE_RECIPES");
    struct image_recipe recipe = {0};
    struct bd_err err = BD_ERR_INIT;
    glob_t files;
    ck_assert_ptr_nonnull(dir);
    ck_assert_int_eq(glob(in(dir, "*.yaml"), 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        bd_auto_free char *name = bd_xstrdup(bd_path_name(files.gl_pathv[i]));
        *strrchr(name, '.') = '\0';
        assert_ok(image_recipe_load(dir, name, &recipe, &err), &err);
        image_recipe_done(&recipe);
    }
    globfree(&files);
    ck_assert_int_lt(image_recipe_load(dir, "", &recipe, &err), 0);
    assert_says(&err, "debian-bookworm");
    assert_says(&err, "debian-trixie");
}
END_TEST

/* -- what workloads need -- */

#define FIO    "\"fio\": {\"programs\": [\"fio\"], \"packages\": [\"fio\", \"netbase\"]}"
#define IOZONE "\"iozone\": {\"packages\": [\"iozone3\"], \"hint\": \"it is in non-free\"}"
#define NONE   "\"none\": {}"

static const struct {
    const char *own, *needs, *name, *packages, *workloads;
} needed[] = {
    {"", "{}", "r", "[\"netbase\"]", NULL},
    {"", "{" FIO "}", "r-fio", "[\"netbase\",\"fio\"]", "[\"fio\"]"},
    {"", "{" IOZONE ", " FIO "}", "r-fio-iozone", "[\"netbase\",\"fio\",\"iozone3\"]",
     "[\"fio\",\"iozone\"]"},
    {"", "{" NONE "}", "r-none", "[\"netbase\"]", "[\"none\"]"},
    /* its own are in its name already */
    {"workloads: [fio]\n", "{" FIO "}", "r", "[\"netbase\",\"fio\"]", "[\"fio\"]"},
    {"workloads: [fio]\n", "{" FIO ", " NONE "}", "r-none", "[\"netbase\",\"fio\"]",
     "[\"fio\",\"none\"]"},
};

static void load_good(const char *dir, const char *more, struct image_recipe *ret_recipe)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *text = bd_xasprintf("%s%s", good, more);
    put(dir, "r.yaml", text);
    assert_ok(image_recipe_load(dir, "r", ret_recipe, &err), &err);
}

static void need(struct image_recipe *r, const char *text)
{
    bd_auto_json json_t *needs = NULL;
    struct bd_err err = BD_ERR_INIT;
    assert_ok(bd_json_parse(text, strlen(text), &needs, &err), &err);
    image_recipe_need(r, needs);
}

START_TEST(packages_of_workloads_join_the_recipes)
{
    bd_auto_free char *dir = unit_dir();
    for (size_t i = 0; i < BD_ARRAY_LEN(needed); i++) {
        struct image_recipe recipe = {0}, plain = {0};
        load_good(dir, needed[i].own, &plain);
        load_good(dir, needed[i].own, &recipe);
        need(&recipe, needed[i].needs);
        ck_assert_str_eq(recipe.name, needed[i].name);
        ck_assert_str_eq(recipe.file, "r");
        bd_auto_free char *packages = bd_json_text(json_object_get(recipe.json, "packages"));
        ck_assert_str_eq(packages, needed[i].packages);
        bd_auto_free char *workloads =
            needed[i].workloads ? bd_json_text(json_object_get(recipe.json, "workloads")) : NULL;
        ck_assert_msg(bd_str_eq(workloads, needed[i].workloads), "%s", needed[i].needs);
        bool same = strcmp(recipe.digest, plain.digest) == 0;
        ck_assert_msg(same == !needed[i].workloads || *needed[i].own, "%s", needed[i].needs);
        image_recipe_done(&recipe);
        image_recipe_done(&plain);
    }
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(a_manifest_has_the_workloads)
{
    static const char *const needs[] = {"{}", "{" NONE ", " FIO "}"};
    static const char *const workloads[] = {NULL, "[\"fio\",\"none\"]"};
    bd_auto_free char *dir = unit_dir();
    for (size_t i = 0; i < BD_ARRAY_LEN(needs); i++) {
        struct image_recipe recipe = {0};
        struct bd_err err = BD_ERR_INIT;
        bd_auto_json json_t *made = NULL, *read = NULL, *packages = json_array();
        load_good(dir, "", &recipe);
        need(&recipe, needs[i]);
        assert_ok(manifest_make(&recipe, dir, recipe.digest, 1, 1, packages, NULL, &made, &err),
                  &err);
        bd_auto_free char *text = bd_json_text(made);
        assert_ok(manifest_parse(text, strlen(text), &read, &err), &err);
        ck_assert_str_eq(bd_json_str(read, "name", ""), recipe.name);
        ck_assert_str_eq(bd_json_str(json_object_get(read, "recipe"), "name", ""), "r");
        const json_t *list = json_object_get(read, "workloads");
        bd_auto_free char *names = list ? bd_json_text(list) : NULL;
        ck_assert_msg(bd_str_eq(names, workloads[i]), "%s", needs[i]);
        image_recipe_done(&recipe);
    }
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(a_name_that_would_be_too_long_has_a_digest)
{
    bd_auto_free char *dir = unit_dir();
    struct image_recipe recipe = {0};
    load_good(dir, "", &recipe);
    need(&recipe, "{\"a-name-of-twenty-char\": {}, \"b-name-of-twenty-char\": {}}");
    ck_assert_msg(strlen(recipe.name) == strlen("r-12345678") &&
                      strncmp(recipe.name + 2, recipe.digest + strlen("sha256:"), 8) == 0,
                  "%s", recipe.name);
    image_recipe_done(&recipe);
    unit_dir_done(bd_take(dir));
}
END_TEST

START_TEST(what_is_not_to_be_had_is_refused_by_name)
{
    bd_auto_free char *dir = unit_dir();
    bd_auto_strv struct bd_strv missing = {0};
    struct image_recipe recipe = {0};
    struct bd_err err = BD_ERR_INIT;
    load_good(dir, "", &recipe);
    need(&recipe, "{" FIO ", " IOZONE "}");
    bd_strv_add(&missing, "iozone3");
    bd_strv_add(&missing, "fio");
    ck_assert_int_eq(needs_refuse(&recipe, &missing, &err), BD_EINVALID);
    assert_says(&err, "bookworm main has no package iozone3, which the workload iozone needs "
                      "(it is in non-free); nor fio, which the workload fio needs: ");
    assert_says(&err, "nothing was built");
    image_recipe_done(&recipe);
    unit_dir_done(bd_take(dir));
}
END_TEST

UNIT_MAIN("image recipe", packages_of_workloads_join_the_recipes, a_manifest_has_the_workloads,
          a_name_that_would_be_too_long_has_a_digest, what_is_not_to_be_had_is_refused_by_name,
          a_good_recipe_is_read, each_fault_is_told_with_its_line,
          a_recipe_that_extends_another_is_the_whole_of_both,
          what_extends_wrongly_is_told_with_its_line,
          an_unknown_recipe_is_answered_with_those_there_are, the_recipes_that_are_shipped_are_good)
