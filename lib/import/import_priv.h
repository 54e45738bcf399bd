/* What the files that make definitions share. PURE. */
#pragma once

#include "lib/import/constant.h"
#include "lib/import/import.h"
#include "lib/import/python_regex.h"

/* A definition that is being made. */
struct import {
    const struct import_options *options;
    json_t *definition, *notes;
    json_t *unsure; /* names of metrics whose kind is not known */
};

/* -- build.c -- */

void import_note(struct import *im, unsigned line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Its name, title and description; any text. */
void import_name(struct import *im, const char *name, const char *title, const char *description);
struct import_pattern {
    unsigned line;
    const char *name;  /* as it is called there */
    const char *regex; /* of Python */
    struct regex_wanted wanted;
    const char *from; /* "stdout", "stderr", a file that it leaves; NULL: not known */
};
void import_metric(struct import *im, const struct import_pattern *p, const char *unit);
/* With one of these, NULL or JSON: what its values have to be; none: anything. */
struct import_criteria {
    json_t *equals, *at_least, *at_most;
    const char *says;
};
void import_check(struct import *im, const struct import_pattern *p,
                  const struct import_criteria *criteria);
void import_parameter(struct import *im, const char *name, json_t *schema); /* takes the schema */
/* One word with "${" as it is. New reference. */
json_t *import_plain_word(const char *word);
/* The program of a command, which the image has to have. */
void import_program(struct import *im, const char *program, bool mpi);
/* Where lines of a shell are the command: a script of these, for one task only. */
void import_script(struct import *im, const char *content);
/* BD_EINVALID where a metric's kind is not known, or nothing is measured. */
int import_finish(struct import *im, struct bd_err *err);

/* "cost", "rate" or "ratio", where a unit is certain to be of one; NULL. */
const char *import_kind_of_unit(const char *unit);
/* The file's name where it is one in the directory that a command begins in, "./x" too; NULL.
 * Borrowed. */
const char *import_own_file(const char *path);

/* -- words.c -- */

/* The words of a command line; false where a shell would do more than take it apart. braces: "{"
 * and "}" are plain. Appended to an array of strings. */
bool words_of_line(const char *line, bool braces, json_t *ret_words);

/* -- reframe_command.c -- */

struct reframe_class;
/* The value, or NULL; where it was said but is not known, with why. Borrowed. */
const json_t *reframe_known(const struct reframe_class *c, const char *name, const char **ret_why);
/* Answers whether there is one task. */
bool reframe_read_tasks(struct import *im, const struct reframe_class *c);
int reframe_read_command(struct import *im, const struct reframe_class *c, bool is_one_task,
                         struct bd_err *err);
void reframe_read_limit(struct import *im, const struct reframe_class *c);
void reframe_read_variables(struct import *im, const struct reframe_class *c);
/* What ReFrame does besides, and a workload does not. */
void reframe_note_rest(struct import *im, const struct reframe_class *c);

/* -- reframe.c, ramble.c -- */

int import_reframe(struct import *im, const struct python *source, struct bd_err *err);
int import_ramble(struct import *im, const struct python *source, struct bd_err *err);
