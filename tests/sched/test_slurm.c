#include "lib/sched/slurm.h"
#include "tests/sched/golden.h"
#include "tests/sched/image.h"

#include <errno.h>

static const char *const image_files[] = {
    SLURM_IMAGE_FILES,
    "usr/lib/x86_64-linux-gnu/slurm-wlm/mpi_pmix.so",
};
static const char *const accounting_files[] = {
    "usr/sbin/slurmdbd",         "usr/lib/systemd/system/slurmdbd.service",
    "usr/sbin/mariadbd",         "usr/bin/mariadb-install-db",
    "usr/bin/my_print_defaults",
};

static struct image image_new(const char *version)
{
    return image_of(image_files, BD_ARRAY_LEN(image_files), NULL, MUNGE_PASSWD,
                    json_pack("{s:[{s:s s:s} {s:s s:s}]}", "packages", "name", "munge", "version",
                              "0.5.15-2", "name", "slurmctld", "version", version));
}

/* One that a cluster with accounting can be made of. */
static struct image accounting_image_new(const char *version)
{
    struct image i = image_new(version);
    for (size_t k = 0; k < BD_ARRAY_LEN(accounting_files); k++)
        put_file(i.root, accounting_files[k], "");
    put_file(i.root, "etc/passwd", MUNGE_PASSWD "slurm:x:64030:64031::/nonexistent:\n");
    return i;
}

static const struct {
    const char *version, *release;
    unsigned compute, cpus;
    const char *options;
} goldens[] = {
    {"22.05.8-4+deb12u3", "22.05", 4, 1, "{}"},
    {"24.11.5-4+deb13u1", "24.11", 4, 1, "{}"},
    {"22.05.8-4+deb12u3", "22.05", 128, 2,
     "{\"SchedulerType\": \"sched/builtin\", \"schedulerparameters\": "
     "\"bf_interval=1,sched_interval=1\","
     " \"killwait\": 5, \"DisableRootJobs\": false, \"PriorityWeightAge\": 1000}"},
    {"24.11.5-4+deb13u1", "24.11", 128, 2,
     "{\"SchedulerType\": \"sched/builtin\", \"schedulerparameters\": "
     "\"bf_interval=1,sched_interval=1\","
     " \"killwait\": 5, \"DisableRootJobs\": false, \"PriorityWeightAge\": 1000}"},
};

START_TEST(test_configuration_is_as_kept)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(goldens); i++) {
        struct image image = image_new(goldens[i].version);
        struct cluster_plan plan = plan_of(goldens[i].compute, goldens[i].cpus, 256U << 20,
                                           json_loads(goldens[i].options, 0, NULL));
        struct node_files *files = bd_xcalloc(plan.n_nodes, sizeof(*files));
        struct bd_err err = BD_ERR_INIT;
        ck_assert_msg(sched_slurm.files(&plan, &image.image, files, &err) == 0, "%s", err.text);

        bd_auto_free char *conf =
            bd_xasprintf("slurm-%s-%u.conf", goldens[i].release, goldens[i].compute);
        bd_auto_free char *cgroup = bd_xasprintf("cgroup-%s.conf", goldens[i].release);
        for (size_t n = 0; n < plan.n_nodes; n++) { /* the same on all nodes */
            assert_golden(conf, text_of(&files[n], "/etc/slurm/slurm.conf"));
            assert_golden(cgroup, text_of(&files[n], "/etc/slurm/cgroup.conf"));
            node_files_done(&files[n]);
        }
        free(files);
        cluster_plan_done(&plan);
        image_done(&image);
    }
}
END_TEST

static const char *const accounting_texts[] = {
    "/etc/slurm/slurm.conf",
    "/etc/slurm/slurmdbd.conf",
    "/etc/slurm/mariadb.cnf",
    "/etc/systemd/system/mariadb.service",
    "/etc/systemd/system/slurmctld.service.d/benchd.conf",
    "/etc/systemd/system/slurmdbd.service.d/benchd.conf",
};

static bool has_file(const struct node_files *files, const char *path)
{
    for (size_t i = 0; i < files->n; i++)
        if (bd_str_eq(files->items[i].path, path))
            return true;
    return false;
}

/* All files in one. */
static void assert_accounting_golden(const char *release, const struct node_files *files)
{
    bd_auto_str struct bd_str all = {0};
    bd_auto_free char *name = bd_xasprintf("accounting-%s.txt", release);
    for (size_t k = 0; k < BD_ARRAY_LEN(accounting_texts); k++)
        bd_str_addf(&all, "### %s\n%s", accounting_texts[k], text_of(files, accounting_texts[k]));
    assert_golden(name, bd_str_text(&all));
}

START_TEST(test_accounting_is_the_controllers_and_as_kept)
{
    static const char *const versions[] = {"22.05.8", "24.11.5"};
    for (size_t v = 0; v < BD_ARRAY_LEN(versions); v++) {
        struct image image = accounting_image_new(versions[v]);
        struct cluster_plan plan = plan_of(1, 1, 256U << 20, json_object());
        struct node_files files[2] = {0};
        struct bd_err err = BD_ERR_INIT;
        bd_auto_free char *release = bd_xstrndup(versions[v], strlen("22.05"));
        plan.spec.accounting = true;
        ck_assert_msg(sched_slurm.files(&plan, &image.image, files, &err) == 0, "%s", err.text);

        assert_accounting_golden(release, &files[0]);
        const struct node_file *conf = file_of(&files[0], "/etc/slurm/slurmdbd.conf");
        ck_assert_uint_eq(conf->mode, 0600);
        ck_assert_uint_eq(conf->uid, 64030); /* as the image's passwd says */
        ck_assert_uint_eq(conf->gid, 64031);
        /* Clients on compute nodes have to know where to ask, and nothing else. */
        ck_assert_str_eq(text_of(&files[1], "/etc/slurm/slurm.conf"),
                         text_of(&files[0], "/etc/slurm/slurm.conf"));
        for (size_t k = 1; k < BD_ARRAY_LEN(accounting_texts); k++)
            ck_assert(!has_file(&files[1], accounting_texts[k]));
        node_files_done(&files[0]);
        node_files_done(&files[1]);
        cluster_plan_done(&plan);
        image_done(&image);
    }
}
END_TEST

START_TEST(test_without_accounting_there_is_nothing_of_it)
{
    struct image image = accounting_image_new("22.05.8");
    struct cluster_plan plan = plan_of(1, 1, 256U << 20, json_object());
    struct node_files files[2] = {0};
    ck_assert_int_eq(sched_slurm.files(&plan, &image.image, files, NULL), 0);
    for (size_t n = 0; n < 2; n++) {
        for (size_t i = 0; i < files[n].n; i++) {
            ck_assert_ptr_null(strstr(files[n].items[i].path, "mariadb"));
            ck_assert_ptr_null(strstr(files[n].items[i].path, "slurmdbd"));
        }
        node_files_done(&files[n]);
    }
    cluster_plan_done(&plan);
    image_done(&image);
}
END_TEST

START_TEST(test_munge_key_is_private_shared_and_new_each_time)
{
    struct image image = image_new("22.05.8");
    struct cluster_plan plan = plan_of(1, 1, 256U << 20, json_object());
    struct node_files first[2] = {0}, second[2] = {0};
    ck_assert_int_eq(sched_slurm.files(&plan, &image.image, first, NULL), 0);
    ck_assert_int_eq(sched_slurm.files(&plan, &image.image, second, NULL), 0);
    const struct node_file *keys[2][2];
    for (size_t n = 0; n < 2; n++) {
        keys[0][n] = file_of(&first[n], "/etc/munge/munge.key");
        keys[1][n] = file_of(&second[n], "/etc/munge/munge.key");
        ck_assert_uint_eq(keys[0][n]->mode, 0400);
        ck_assert_uint_eq(keys[0][n]->uid, 123); /* as the image's passwd says */
        ck_assert_uint_eq(keys[0][n]->gid, 456);
        ck_assert_uint_ge(keys[0][n]->bytes, 32);
        ck_assert_uint_le(keys[0][n]->bytes, 1024);
    }
    for (size_t k = 0; k < 2; k++)
        ck_assert_mem_eq(keys[k][0]->data, keys[k][1]->data, keys[k][0]->bytes);
    ck_assert_mem_ne(keys[0][0]->data, keys[1][0]->data, keys[0][0]->bytes);
    for (size_t n = 0; n < 2; n++) {
        node_files_done(&first[n]);
        node_files_done(&second[n]);
    }
    cluster_plan_done(&plan);
    image_done(&image);
}
END_TEST

static bool has_unit(const struct node_files *files, const char *unit)
{
    bd_auto_free char *path =
        bd_xasprintf("/etc/systemd/system/multi-user.target.wants/%s.service", unit);
    bd_auto_free char *target = bd_xasprintf("/usr/lib/systemd/system/%s.service", unit);
    for (size_t i = 0; i < files->n; i++)
        if (bd_str_eq(files->items[i].path, path))
            return S_ISLNK(files->items[i].mode) && bd_str_eq(files->items[i].data, target);
    return false;
}

START_TEST(test_each_role_has_its_units)
{
    struct image image = image_new("24.11.5");
    struct cluster_plan plan = plan_of(2, 1, 256U << 20, json_object());
    struct node_files files[3] = {0};
    ck_assert_int_eq(sched_slurm.files(&plan, &image.image, files, NULL), 0);
    for (size_t n = 0; n < 3; n++) {
        bool controls = plan.nodes[n].role == NODE_CONTROLLER;
        ck_assert(has_unit(&files[n], "munge"));
        ck_assert_int_eq(has_unit(&files[n], "slurmctld"), controls);
        ck_assert_int_eq(has_unit(&files[n], "slurmd"), !controls);
        node_files_done(&files[n]);
    }
    cluster_plan_done(&plan);
    image_done(&image);
}
END_TEST

static int check(const struct image *image, bool accounting, struct bd_err *err)
{
    const struct cluster_spec spec = {.accounting = accounting};
    return sched_slurm.check_image(&spec, &image->image, err);
}

static void assert_unsupported(struct image *image, bool accounting, const char *words)
{
    struct cluster_plan plan = plan_of(1, 1, 256U << 20, json_object());
    struct node_files files[2] = {0};
    struct bd_err err = BD_ERR_INIT;
    plan.spec.accounting = accounting;
    ck_assert_int_eq(check(image, accounting, &err), BD_EUNSUPPORTED);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
    ck_assert_int_eq(sched_slurm.files(&plan, &image->image, files, NULL), BD_EUNSUPPORTED);
    ck_assert_uint_eq(files[0].n, 0);
    cluster_plan_done(&plan);
}

START_TEST(test_each_kind_of_value_is_written_as_slurm_reads_it)
{
    json_t *options = json_pack("{s:b s:b s:i s:f s:s}", "Yes", 1, "No", 0, "Whole", -5, "Part",
                                0.25, "Word", "a,b=c");
    struct cluster_plan plan = plan_of(1, 1, 256U << 20, options);
    bd_auto_free char *conf = slurm_conf(&plan, &(struct slurm_image){.release = 2411});
    ck_assert_ptr_nonnull(strstr(conf, "\nYes=YES\n"));
    ck_assert_ptr_nonnull(strstr(conf, "\nNo=NO\n"));
    ck_assert_ptr_nonnull(strstr(conf, "\nWhole=-5\n"));
    ck_assert_ptr_nonnull(strstr(conf, "\nPart=0.25\n"));
    ck_assert_ptr_nonnull(strstr(conf, "\nWord=a,b=c\n"));
    cluster_plan_done(&plan);
}
END_TEST

START_TEST(test_image_that_lacks_something_is_refused_by_its_name)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(image_files) - 1; i++) {
        struct image image = image_new("22.05.8");
        ck_assert_int_eq(check(&image, false, NULL), 0);
        bd_auto_free char *path = bd_xasprintf("%s/%s", image.root, image_files[i]);
        ck_assert_int_eq(unlink(path), 0);
        assert_unsupported(&image, false, image_files[i]);
        image_done(&image);
    }
}
END_TEST

START_TEST(test_image_that_lacks_accounting_is_refused_for_that_alone)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(accounting_files); i++) {
        struct image image = accounting_image_new("22.05.8");
        ck_assert_int_eq(check(&image, true, NULL), 0);
        bd_auto_free char *path = bd_xasprintf("%s/%s", image.root, accounting_files[i]);
        ck_assert_int_eq(unlink(path), 0);
        assert_unsupported(&image, true, accounting_files[i]);
        assert_unsupported(&image, true, "debian-bookworm-accounting");
        ck_assert_int_eq(check(&image, false, NULL), 0);
        image_done(&image);
    }
    struct image image = accounting_image_new("22.05.8");
    put_file(image.root, "etc/passwd", "munge:x:123:456:::\n");
    assert_unsupported(&image, true, "user slurm");
    ck_assert_int_eq(check(&image, false, NULL), 0);
    image_done(&image);
}
END_TEST

START_TEST(test_release_is_read_from_the_manifest)
{
    static const struct {
        const char *version;
        int release; /* 0: refused */
    } cases[] = {
        {"22.05.8-4+deb12u3", 2205},
        {"24.11.5-4+deb13u1", 2411},
        {"1:23.02.3", 2302},
        {"20.11.7", 0},
        {"unknown", 0},
        {"", 0},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        struct image image = image_new(cases[i].version);
        struct slurm_image read = {.release = 77};
        int r = slurm_image_read(&image.image, false, &read, NULL);
        ck_assert_int_eq(r, cases[i].release ? 0 : BD_EUNSUPPORTED);
        ck_assert_int_eq(read.release, cases[i].release ? cases[i].release : 77);
        image_done(&image);
    }
}
END_TEST

START_TEST(test_user_and_pmix_are_looked_for_in_the_image)
{
    struct image image = image_new("22.05.8");
    struct slurm_image read;
    ck_assert_int_eq(slurm_image_read(&image.image, false, &read, NULL), 0);
    ck_assert(read.pmix);
    bd_auto_free char *plugin = bd_xasprintf("%s/%s", image.root, image_files[7]);
    ck_assert_int_eq(unlink(plugin), 0);
    ck_assert_int_eq(slurm_image_read(&image.image, false, &read, NULL), 0);
    ck_assert(!read.pmix);

    struct cluster_plan plan = plan_of(1, 1, 256U << 20, json_object());
    bd_auto_free char *conf = slurm_conf(&plan, &read);
    ck_assert_ptr_nonnull(strstr(conf, "\nMpiDefault=none\n"));
    cluster_plan_done(&plan);

    put_file(image.root, "etc/passwd", "root:x:0:0::/root:/bin/sh\nmungeling:x:1:2:::\n");
    assert_unsupported(&image, false, "user munge");
    image_done(&image);
}
END_TEST

UNIT_MAIN("sched/slurm", test_configuration_is_as_kept,
          test_accounting_is_the_controllers_and_as_kept,
          test_without_accounting_there_is_nothing_of_it,
          test_munge_key_is_private_shared_and_new_each_time, test_each_role_has_its_units,
          test_each_kind_of_value_is_written_as_slurm_reads_it,
          test_image_that_lacks_something_is_refused_by_its_name,
          test_image_that_lacks_accounting_is_refused_for_that_alone,
          test_release_is_read_from_the_manifest, test_user_and_pmix_are_looked_for_in_the_image)
