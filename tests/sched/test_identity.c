#include "tests/sched/plan.h"

START_TEST(test_a_node_is_who_its_plan_says)
{
    struct cluster_plan plan = plan_of(2, 1, 256U << 20, json_object());
    struct node_files files = {0};
    sched_identity_files(&plan, 2, &files);

    ck_assert_str_eq(text_of(&files, "/etc/hostname"), "n2\n");
    ck_assert_str_eq(text_of(&files, "/etc/hosts"), "127.0.0.1 localhost\n"
                                                    "::1 localhost\n"
                                                    "10.213.4.2 ctl1\n"
                                                    "10.213.4.3 n1\n"
                                                    "10.213.4.4 n2\n");
    ck_assert_uint_eq(file_of(&files, "/etc/resolv.conf")->bytes, 0);
    for (size_t i = 0; i < files.n; i++) {
        ck_assert_uint_eq(files.items[i].uid, 0);
        ck_assert_uint_eq(files.items[i].mode & 0222 & ~0200U, 0); /* root alone may write */
        ck_assert_str_ne(files.items[i].path, "/etc/localtime");
    }
    node_files_done(&files);
    cluster_plan_done(&plan);
}
END_TEST

START_TEST(test_machine_ids_are_valid_stable_and_different)
{
    struct cluster_plan plan = plan_of(20, 1, 256U << 20, json_object());
    bd_auto_strv struct bd_strv ids = {0};
    for (size_t i = 0; i < plan.n_nodes; i++) {
        struct node_files files = {0}, again = {0};
        sched_identity_files(&plan, i, &files);
        sched_identity_files(&plan, i, &again);
        const char *id = text_of(&files, "/etc/machine-id");
        ck_assert_uint_eq(strspn(id, "0123456789abcdef"), 32);
        ck_assert_str_eq(id + 32, "\n");
        ck_assert_str_eq(id, text_of(&again, "/etc/machine-id"));
        ck_assert(!bd_strv_has(&ids, id));
        bd_strv_add(&ids, id);
        node_files_done(&files);
        node_files_done(&again);
    }
    cluster_plan_done(&plan);
}
END_TEST

START_TEST(test_schedulers_are_found_by_name)
{
    for (size_t i = 0; scheds[i]; i++)
        ck_assert_ptr_eq(sched_find(scheds[i]->name), scheds[i]);
    ck_assert_ptr_nonnull(sched_find("slurm"));
    ck_assert_ptr_null(sched_find("Slurm"));
    ck_assert_ptr_null(sched_find(""));
    ck_assert_ptr_null(sched_find(NULL));
}
END_TEST

UNIT_MAIN("sched/identity", test_a_node_is_who_its_plan_says,
          test_machine_ids_are_valid_stable_and_different, test_schedulers_are_found_by_name)
