/* The suites of test-benchctl; one file each. */
#pragma once

#include <check.h>

Suite *args_suite(void);
Suite *stream_suite(void);
Suite *text_suite(void);
Suite *spec_suite(void);
Suite *commands_suite(void);
Suite *campaign_suite(void);
Suite *csvread_suite(void);
Suite *results_suite(void);
