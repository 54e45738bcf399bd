/*
 * Runs a program and keeps what it said. One thread; values belong to the caller.
 */
#ifndef TESTS_NODE_PROGRAM_H
#define TESTS_NODE_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

struct outcome {
    int code; /* exit code; -N when signal N ended it */
    char out[8192];
    char err[2048];
};

/* A program that runs, and the pipes of its stdout and stderr. */
struct running {
    pid_t pid;
    int out, err;
};

/* Both fail the test when the program can't be started. argv ends in NULL. */
struct running program_start(const char *const argv[]);
struct outcome program_finish(struct running running);

/* Waits until a descriptor can be read or has ended. False after ten seconds. */
bool program_await(int fd);

/* The value of an environment variable that the build sets for the tests. Exits without it. */
const char *program_setting(const char *name);

#define start(...) program_start((const char *const[]){__VA_ARGS__, NULL})
#define run(...)   program_finish(start(__VA_ARGS__))

#endif
