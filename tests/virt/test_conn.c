/* A libvirtd that is not there, and one that takes connections and says nothing. */
#include "lib/virt/virt.h"
#include "tests/base/unit.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct virt *virt_at(const char *socket, struct hostops **ret_ops)
{
    bd_auto_free char *uri = bd_xasprintf("lxc+unix:///system?socket=%s", socket);
    *ret_ops = hostops_new(
        &(struct hostops_dirs){.clusters = "/x", .images = "/x", .node_layer = "", .cgroup2 = ""});
    return virt_new(&(struct virt_config){.lxc_uri = uri, .connections = 2, .start_width = 1},
                    *ret_ops);
}

START_TEST(test_nobody_listens)
{
    struct hostops *ops;
    struct virt *v = virt_at("/nowhere/sock", &ops);
    struct bd_err err = BD_ERR_INIT;
    unsigned long version = 7;
    ck_assert_int_eq(virt_version(v, &version, &err), BD_EUNAVAILABLE);
    ck_assert_uint_eq(version, 7);
    ck_assert_ptr_nonnull(strstr(err.text, "libvirtd does not answer at"));
    ck_assert_ptr_nonnull(strstr(err.text, "benchctl doctor"));
    /* Each time it is tried anew. */
    ck_assert_int_eq(virt_version(v, &version, &err), BD_EUNAVAILABLE);
    virt_free(v);
    hostops_free(ops);
}
END_TEST

static void *ask(void *arg)
{
    struct bd_err err = BD_ERR_INIT;
    unsigned long version;
    return (void *)(intptr_t)virt_version(arg, &version, &err);
}

/* Every call ends, at the same time; and so does the object, while a thread is still stuck. */
START_TEST(test_nobody_answers)
{
    char *dir = unit_dir();
    bd_auto_free char *path = bd_xasprintf("%s/sock", dir);
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    ck_assert_uint_lt(strlen(path), sizeof(addr.sun_path));
    memcpy(addr.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
    ck_assert_int_eq(listen(fd, 64), 0);

    struct hostops *ops;
    struct virt *v = virt_at(path, &ops);
    pthread_t threads[6];
    for (size_t i = 0; i < BD_ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, v), 0);
    for (size_t i = 0; i < BD_ARRAY_LEN(threads); i++) {
        void *rc;
        pthread_join(threads[i], &rc);
        ck_assert_int_eq((intptr_t)rc, BD_EUNAVAILABLE);
    }
    virt_free(v);
    hostops_free(ops);
    close(fd);
    unit_dir_done(dir);
}
END_TEST

UNIT_MAIN("virt-conn", test_nobody_listens, test_nobody_answers)
