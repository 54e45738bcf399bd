/* Files of the nodes, what the image has to have, and commands as jobs. */
#include "lib/sched/flux.h"
#include "tests/sched/golden.h"
#include "tests/sched/image.h"

#include <errno.h>
#include <openssl/evp.h>

static const char *const image_files[] = {
    FLUX_IMAGE_FILES,
    "opt/flux/lib/flux/modules/sched-fluxion-resource.so",
    "opt/flux/lib/flux/modules/sched-fluxion-qmanager.so",
    "opt/flux/lib/flux/modules/sched-fluxion-feasibility.so",
};

/* With all of these files but the one. */
static struct image image_without(const char *missing)
{
    return image_of(image_files, BD_ARRAY_LEN(image_files), missing, NULL,
                    json_pack("{s:[{s:s, s:s} {s:s, s:s}]}", "layers", "name", "other", "prefix",
                              "/opt/other", "name", "flux", "prefix", "/opt/flux"));
}

/* ---------------------------------------------------------------------------------------- files */

static const struct {
    const char *name, *options;
    unsigned compute, cpus;
} goldens[] = {
    {"flux-sched-simple-4.txt", "{}", 4, 1},
    {"flux-sched-backfill-128.txt",
     "{\"scheduler\": \"sched-backfill\", \"queue-depth\": \"unlimited\", \"validator\": false}",
     128, 2},
    {"flux-fluxion-4.txt",
     "{\"scheduler\": \"fluxion\", \"queue-policy\": \"easy\", \"queue-depth\": 64, "
     "\"match-policy\": \"lonode\"}",
     4, 1},
};

static const char *const texts[] = {FLUX_CONF, FLUX_UNIT};

START_TEST(test_files_are_as_kept)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(goldens); i++) {
        struct image image = image_without(NULL);
        struct cluster_plan plan = plan_of(goldens[i].compute, goldens[i].cpus, 256U << 20,
                                           json_loads(goldens[i].options, 0, NULL));
        struct node_files *files = bd_xcalloc(plan.n_nodes, sizeof(*files));
        bd_auto_str struct bd_str all = {0};
        struct bd_err err = BD_ERR_INIT;
        ck_assert_msg(sched_flux.files(&plan, &image.image, files, &err) == 0, "%s", err.text);
        for (size_t n = 0; n < 2; n++)
            for (size_t k = 0; k < BD_ARRAY_LEN(texts); k++)
                bd_str_addf(&all, "### %s of %s\n%s", texts[k], plan.nodes[n].name,
                            text_of(&files[n], texts[k]));
        assert_golden(goldens[i].name, bd_str_text(&all));
        for (size_t n = 0; n < plan.n_nodes; n++) {
            ck_assert_str_eq(text_of(&files[n], FLUX_CONF), text_of(&files[0], FLUX_CONF));
            ck_assert_str_eq(text_of(&files[n], FLUX_CERT), text_of(&files[0], FLUX_CERT));
            ck_assert_int_eq((int)file_of(&files[n], FLUX_CERT)->mode, 0400);
            ck_assert_str_eq(text_of(&files[n], FLUX_PROGRAM), "/opt/flux/bin/flux");
        }
        for (size_t n = 0; n < plan.n_nodes; n++)
            node_files_done(&files[n]);
        free(files);
        cluster_plan_done(&plan);
        image_done(&image);
    }
}
END_TEST

/* ---------------------------------------------------------------------------------- certificate */

/* The 32 bytes behind KEY = "..." in Z85. */
static void read_key(const char *cert, const char *key, unsigned char ret[32])
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 ".-:+=^!/*?&<>()[]{}@%$#";
    const char *at = strstr(cert, key);
    ck_assert_ptr_nonnull(at);
    at += strlen(key) + strlen(" = \"");
    ck_assert_int_eq(at[40], '"');
    for (size_t i = 0; i < 8; i++, at += 5) {
        uint64_t value = 0;
        for (size_t k = 0; k < 5; k++) {
            const char *digit = strchr(digits, at[k]);
            ck_assert(digit && *digit);
            value = 85 * value + (uint64_t)(digit - digits);
        }
        ck_assert_uint_le(value, UINT32_MAX);
        for (size_t k = 0; k < 4; k++)
            ret[4 * i + k] = (unsigned char)(value >> (24 - 8 * k));
    }
}

START_TEST(test_a_certificate_is_a_pair_of_keys_and_never_the_same)
{
    bd_auto_free char *first = flux_cert_new("1f2e3d4c");
    bd_auto_free char *second = flux_cert_new("1f2e3d4c");
    unsigned char secret[32], told[32], follows[32];
    size_t bytes = sizeof(follows);
    ck_assert_str_ne(first, second);
    ck_assert_ptr_nonnull(strstr(first, "    name = \"1f2e3d4c\"\n"));
    read_key(first, "secret-key", secret);
    read_key(first, "public-key", told);
    EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, sizeof(secret));
    ck_assert_int_eq(EVP_PKEY_get_raw_public_key(pair, follows, &bytes), 1);
    EVP_PKEY_free(pair);
    ck_assert_mem_eq(told, follows, sizeof(told));
}
END_TEST

/* ---------------------------------------------------------------------------------------- image */

static int check(const struct image *image, const char *options, struct bd_err *err)
{
    struct cluster_spec spec = {.scheduler_options = json_loads(options, 0, NULL)};
    int rc = sched_flux.check_image(&spec, &image->image, err);
    json_decref(spec.scheduler_options);
    return rc;
}

START_TEST(test_what_an_image_lacks_is_told_by_name)
{
    static const struct {
        const char *missing, *options;
        const char *says; /* NULL: it will do */
    } cases[] = {
        {NULL, "{}", NULL},
        {NULL, "{\"scheduler\": \"fluxion\"}", NULL},
        {"opt/flux/bin/flux", "{}", "the image has no Flux"},
        {"usr/bin/python3", "{}", "--package python3"},
        {"usr/lib/python3/dist-packages/_cffi_backend.cpython-311-x86_64-linux-gnu.so", "{}",
         "--package python3-cffi"},
        {"usr/lib/python3/dist-packages/yaml/__init__.py", "{}", "--package python3-yaml"},
        {"opt/flux/lib/flux/modules/sched-fluxion-qmanager.so", "{}", NULL},
        {"opt/flux/lib/flux/modules/sched-fluxion-qmanager.so", "{\"scheduler\": \"fluxion\"}",
         "/opt/flux/lib/flux/modules/sched-fluxion-qmanager.so"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct image image = image_without(cases[i].missing);
        struct bd_err err = BD_ERR_INIT;
        int rc = check(&image, cases[i].options, &err);
        ck_assert_msg(rc == (cases[i].says ? BD_EUNSUPPORTED : 0), "%zu: %s", i, err.text);
        if (cases[i].says)
            ck_assert_msg(strstr(err.text, cases[i].says), "%s", err.text);
        image_done(&image);
    }
}
END_TEST

START_TEST(test_flux_may_be_the_distributions_too)
{
    struct image image = image_without("opt/flux/bin/flux");
    flux_auto_image struct flux_image read = {0};
    bd_auto_json json_t *options = json_object();
    put_file(image.root, "usr/bin/flux", "");
    ck_assert_int_eq(flux_image_read(&image.image, options, &read, NULL), 0);
    ck_assert_str_eq(read.prefix, "/usr");
    image_done(&image);
}
END_TEST

/* --------------------------------------------------------------------------------------- launch */

START_TEST(test_a_command_is_one_job)
{
    static const char *const argv[] = {"sh", "-c", "echo : 'x y'", NULL};
    static const struct {
        struct sched_job job;
        const char *words;
    } cases[] = {
        {{.name = "benchd", .nodes = 4, .tasks = 8, .argv = argv},
         "/usr/local/bin/flux run --job-name=benchd --nodes=4 --ntasks=8 --input=/dev/null "
         "--setopt=cpu-affinity=off --setopt=exit-on-error -- sh -c echo : 'x y'"},
        /* Rounded up to whole seconds. */
        {{.name = "x",
          .nodes = 1,
          .tasks = 1,
          .limit_ns = 1500 * BD_NS_PER_MS,
          .dir = "/shared",
          .argv = argv},
         "/usr/local/bin/flux run --job-name=x --nodes=1 --ntasks=1 --time-limit=2s --cwd=/shared "
         "--input=/dev/null --setopt=cpu-affinity=off --setopt=exit-on-error -- sh -c echo : 'x "
         "y'"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_strv struct bd_strv words = {0};
        bd_auto_str struct bd_str text = {0};
        sched_flux.launch(&cases[i].job, &words);
        for (size_t k = 0; k < words.n; k++)
            bd_str_addf(&text, "%s%s", k ? " " : "", words.items[k]);
        ck_assert_str_eq(bd_str_text(&text), cases[i].words);
    }
}
END_TEST

UNIT_MAIN("sched/flux", test_files_are_as_kept,
          test_a_certificate_is_a_pair_of_keys_and_never_the_same,
          test_what_an_image_lacks_is_told_by_name, test_flux_may_be_the_distributions_too,
          test_a_command_is_one_job)
