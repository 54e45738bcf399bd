#include "lib/image/apt.h"
#include "lib/image/dpkg.h"
#include "tests/image/scratch.h"

static const struct {
    const char *what, *status, *packages; /* NULL: refused */
} statuses[] = {
    {"nothing", "", "[]"},
    {"one, without an end of line",
     "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1:2-3~b",
     "[{\"architecture\":\"all\",\"name\":\"a\",\"version\":\"1:2-3~b\"}]"},
    {"sorted, by name and architecture",
     "Package: b\nStatus: install ok installed\nArchitecture: i386\nVersion: 1\n\n"
     "Package: b\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n\n"
     "Package: a\nStatus: hold ok installed\nArchitecture: all\nVersion: 2\n\n",
     "[{\"architecture\":\"all\",\"name\":\"a\",\"version\":\"2\"},"
     "{\"architecture\":\"amd64\",\"name\":\"b\",\"version\":\"1\"},"
     "{\"architecture\":\"i386\",\"name\":\"b\",\"version\":\"1\"}]"},
    {"only what is installed",
     "Package: a\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\n"
     "Package: b\nStatus: install reinstreq half-installed\nArchitecture: all\nVersion: 1\n\n"
     "Package: c\nArchitecture: all\nVersion: 1\n",
     "[]"},
    {"lines that go on, and fields in any case",
     "package: a\nDescription: x\n Version: 9\n .\n\tStatus: no\nSTATUS: install ok installed \n"
     "Architecture:all\nVersion:\t1\nX-Version: 3\nConffiles:\n /etc/x 123\n",
     "[{\"architecture\":\"all\",\"name\":\"a\",\"version\":\"1\"}]"},
    {"no version", "Package: a\nStatus: install ok installed\nArchitecture: all\n", NULL},
    {"no name", "Status: install ok installed\nArchitecture: all\nVersion: 1\n", NULL},
    {"no UTF-8", "Package: a\xff\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n",
     NULL},
};

START_TEST(packages_are_read_from_dpkgs_status)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(statuses); i++) {
        bd_auto_json json_t *packages = NULL;
        struct bd_err err = BD_ERR_INIT;
        int rc = dpkg_packages(statuses[i].status, &packages, &err);
        if (!statuses[i].packages) {
            ck_assert_msg(rc == BD_ECORRUPT, "%s: %d", statuses[i].what, rc);
            continue;
        }
        ck_assert_msg(rc == 0, "%s: %s", statuses[i].what, err.text);
        bd_auto_free char *text = bd_json_text(packages);
        ck_assert_msg(strcmp(text, statuses[i].packages) == 0, "%s: %s", statuses[i].what, text);
    }
}
END_TEST

static const struct {
    const char *what, *targets, *suite, *lines;
} sources[] = {
    {"no archive", "", "bookworm", ""},
    {"the same release, a line a component",
     "Debian\thttp://m/debian/\tbookworm\nDebian\thttp://m/debian/\tbookworm\n"
     "Debian\thttps://s/security\tbookworm-security\nDebian\thttp://m/debian/\tbookworm-updates\n",
     "bookworm",
     "deb http://m/debian/ bookworm main extra|deb https://s/security bookworm-security main extra|"
     "deb http://m/debian/ bookworm-updates main extra"},
    {"another release", "Debian\thttp://m/debian/\tbookworm\nDebian\thttp://s\tbookworm-security\n",
     "trixie", "deb http://m/debian/ trixie main extra|deb http://s trixie-security main extra"},
    {"others' archives, media, and what is no part of a release",
     "Ubuntu\thttp://u\tjammy\nDebian Backports\thttp://m\tbookworm-backports\n"
     "Debian\thttp://m\tbookworm-proposed-updates\nDebian\tcdrom://x\tbookworm\n"
     "Debian\thttp://m\n\t\t\n$(ORIGIN)\thttp://m\tbookworm\n",
     "bookworm", ""},
};

START_TEST(a_hosts_archives_serve_any_release)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(sources); i++) {
        bd_auto_strv struct bd_strv lines = {0};
        bd_auto_str struct bd_str text = {0};
        apt_sources_from_targets(sources[i].targets, sources[i].suite, "main extra", &lines);
        for (size_t k = 0; k < lines.n; k++)
            bd_str_addf(&text, "%s%s", k > 0 ? "|" : "", lines.items[k]);
        ck_assert_msg(strcmp(bd_str_text(&text), sources[i].lines) == 0, "%s: %s", sources[i].what,
                      bd_str_text(&text));
    }
}
END_TEST

UNIT_MAIN("image packages", packages_are_read_from_dpkgs_status, a_hosts_archives_serve_any_release)
