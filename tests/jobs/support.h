/* Specs and streams for the tests of lib/jobs. */
#pragma once

#include "lib/base/mem.h"
#include "lib/jobs/jobs.h"

#include <check.h>
#include <string.h>

/* JSON written with apostrophes, as C has quotes for itself. New reference. */
static inline json_t *json_of(const char *in_apostrophes)
{
    bd_auto_free char *text = bd_xstrdup(in_apostrophes);
    struct bd_err err = BD_ERR_INIT;
    json_t *json = NULL;
    for (char *c = text; (c = strchr(c, '\'')); c++)
        *c = '"';
    ck_assert_msg(bd_json_parse(text, strlen(text), &json, &err) == 0, "%s: %s", text, err.text);
    return json;
}

/* A jobstream of constant jobs of a second, with other members over it. New reference. */
static inline json_t *stream_spec_with(const char *members_in_apostrophes)
{
    json_t *spec = json_of("{'name': 'jobstream', 'jobs': 50, 'arrival': {'rate': '10/s'}, "
                           "'runtime': {'distribution': 'constant', 'value': '1s'}}");
    bd_auto_json json_t *members = json_of(members_in_apostrophes);
    json_object_update(spec, members);
    return spec;
}

/* So many compute nodes of 4 cores and 256 MiB each. */
#define NODES(n) (&(const struct job_nodes){(n), 4, UINT64_C(256) << 20})

static inline struct job_stream stream_of(const json_t *spec, uint64_t seed, uint32_t block,
                                          unsigned compute)
{
    struct job_stream s = {0};
    struct bd_err err = BD_ERR_INIT;
    ck_assert_msg(stream_make(spec, seed, block, NODES(compute), &s, &err) == 0, "%s", err.text);
    return s;
}

static inline struct job_stream stream_with(const char *members, uint32_t block, unsigned compute)
{
    bd_auto_json json_t *spec = stream_spec_with(members);
    return stream_of(spec, 1, block, compute);
}
#define auto_stream __attribute__((cleanup(job_stream_done))) struct job_stream
