/*
 * What a program or shared library says that it needs, read from its file; nothing is run. The file
 * may come from anywhere: whatever makes no sense in it is an error, never trusted. Threads: any.
 *
 * Files of 64 bits and this machine's byte order are read; others are none to it.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"

#include <stdint.h>

struct elf {
    uint16_t machine;      /* EM_X86_64, ... */
    char *interpreter;     /* of a program: its loader's path; else NULL */
    struct bd_strv needed; /* names of libraries: DT_NEEDED */
    struct bd_strv paths;  /* where it wants them looked for: DT_RUNPATH, or else DT_RPATH */
};

/* 1: *ret_elf is what it says; 0: no program or library; BD_ECORRUPT: one that makes no sense. */
int elf_read(int fd, struct elf *ret_elf, struct bd_err *err);
void elf_done(struct elf *e);
#define elf_auto __attribute__((cleanup(elf_done)))
