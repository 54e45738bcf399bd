/* Users in a node's passwd file. */
#include "lib/channel/passwd.h"
#include "tests/base/unit.h"

START_TEST(test_find)
{
    static const char text[] = "root:x:0:0:root:/root:/bin/sh\n"
                               "# no user\n"
                               "short:x:1\n"
                               "word:x:one:1::/:\n"
                               "minus:x:-1:1::/:\n"
                               "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
                               "none:x:4294967295:1::/:\n"
                               "last:x:7:8:::";
    static const struct {
        const char *name;
        int rc;
        uid_t uid;
        gid_t gid;
        const char *home;
    } vectors[] = {
        {"root", 0, 0, 0, "/root"},
        {"nobody", 0, 65534, 65534, "/nonexistent"},
        {"last", 0, 7, 8, ""},
        {"roo", BD_ENOTFOUND, 0, 0, NULL},
        {"", BD_ENOTFOUND, 0, 0, NULL},
        {"short", BD_ENOTFOUND, 0, 0, NULL},
        {"word", BD_ENOTFOUND, 0, 0, NULL},
        {"minus", BD_ENOTFOUND, 0, 0, NULL},
        {"none", BD_ENOTFOUND, 0, 0, NULL},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct passwd_user user;
        struct bd_err err = BD_ERR_INIT;
        int rc = passwd_find(text, vectors[i].name, &user, &err);
        ck_assert_msg(rc == vectors[i].rc, "vector %zu: %d", i, rc);
        if (rc < 0)
            continue;
        ck_assert_uint_eq(user.uid, vectors[i].uid);
        ck_assert_uint_eq(user.gid, vectors[i].gid);
        ck_assert_str_eq(user.home, vectors[i].home);
    }
}
END_TEST

UNIT_MAIN("channel-passwd", test_find)
