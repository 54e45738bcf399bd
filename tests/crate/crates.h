/* A small crate, and what a verdict says of it. */
#pragma once

#include "lib/crate/check.h"
#include "lib/crate/metadata.h"
#include "lib/crate/pack.h"
#include "tests/base/unit.h"

#include <fcntl.h>
#include <string.h>

#define CRATE_TIME 1769860800 /* 2026-01-31T12:00:00Z */

static const struct {
    const char *name, *text;
} crate_contents[] = {
    {"README.md", "read me\n"},
    {"plan.json", "{\"cells\":1}\n"},
    {"runs.json", "{\"items\":[]}\n"},
    {"runs/0a0a0a0a/artifacts/stdout", ""},
    {"runs/0a0a0a0a/jobs.csv", "index\n0\n"},
};

static inline struct crate_key *crate_test_key(const char *dir)
{
    bd_auto_free char *path = bd_xasprintf("%s/key.pem", dir);
    struct crate_key *key = NULL;
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(crate_key_open(path, &key, &err) == 0, "%s", err.text);
    return key;
}

static inline void crate_test_seal(struct crate_pack *p, const struct crate_key *key)
{
    const struct crate_action run = {.id = "0a0a0a0a", .what = "cell 0, block 0"};
    const struct crate_about about = {
        .id = "1f2e3d4c",
        .name = "test",
        .version = "0",
        .digest = "sha256:0",
        .fingerprint = crate_key_fingerprint(key),
        .started_ns = 1,
        .ended_ns = CRATE_TIME * INT64_C(1000000000),
        .runs = &run,
        .n_runs = 1,
    };
    struct bd_err err = BD_ERR_INIT;
    char digest[BD_DIGEST_BYTES];
    ck_assert_msg(crate_pack_seal(p, &about, key, digest, &err) == 0, "%s", err.text);
}

/* Its path; the caller's. */
static inline char *crate_test_make(const char *dir, const char *name, const struct crate_key *key)
{
    char *path = bd_xasprintf("%s/%s", dir, name);
    bd_auto(crate_pack) struct crate_pack *p = NULL;
    struct bd_err err = BD_ERR_INIT;
    bd_auto_fd int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_msg(crate_pack_new(fd, CRATE_TIME, NULL, &p, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < BD_ARRAY_LEN(crate_contents); i++)
        ck_assert_msg(crate_pack_file(p, crate_contents[i].name, crate_contents[i].text,
                                      strlen(crate_contents[i].text), &err) == 0,
                      "%s", err.text);
    ck_assert_int_eq(
        crate_pack_file(p, CRATE_KEY, crate_key_pem(key), strlen(crate_key_pem(key)), &err), 0);
    ck_assert_int_eq(crate_pack_file(p, "spec.json", "{\"name\":\"test\"}\n", 16, &err), 0);
    crate_test_seal(p, key);
    return path;
}

/* "altered plan.json; missing runs.json", "" where nothing is wrong. The caller's. */
static inline char *crate_test_faults(const char *path, const struct crate_key *key)
{
    struct crate_verdict v = {0};
    struct bd_err err = BD_ERR_INIT;
    struct bd_str out = {0};
    ck_assert_msg(crate_check(path, key, &v, &err) == 0, "%s", err.text);
    for (size_t i = 0; i < v.faults.n; i++)
        bd_str_addf(&out, "%s%s %s", i ? "; " : "", crate_fault_kind_to_str(v.faults.items[i].kind),
                    v.faults.items[i].name ? v.faults.items[i].name : v.faults.items[i].text);
    crate_verdict_done(&v);
    char *text = bd_xstrdup(bd_str_text(&out));
    bd_str_done(&out);
    return text;
}
