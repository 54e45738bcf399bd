/*
 * What the tests of lib/schema share. JSON in tables is written with ' for ", so that it can be
 * read.
 */
#pragma once

#include "lib/base/str.h"
#include "lib/schema/schema.h"

#include <check.h>

/* New reference; the test fails where the text is no JSON. */
json_t *parse(const char *text_in_apostrophes);
/* The schema, or the test fails. */
struct schema *compile(const char *schema_in_apostrophes);
/* One line a fault: "POINTER | EXPECTED | GOT", "-" where there is no GOT. */
void faults_text(const struct schema_faults *f, struct bd_str *out);

Suite *check_suite(void);
Suite *compile_suite(void);
Suite *contract_suite(void);
Suite *examples_suite(void);
Suite *hostile_suite(void);
