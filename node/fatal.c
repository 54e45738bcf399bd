#include "fatal.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *fatal_copy;

/* One write, so that the lines of many programs with one stderr stay whole. */
static void write_line(int fd, const char *line)
{
    /* A place that can't be written to: there is none to tell of it. */
    if (write(fd, line, strlen(line)) < 0)
        return;
}

void fatal_line(int status, int error, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const char *line = text_new("%s: %s%s%s\n", program_invocation_short_name, text,
                                error ? ": " : "", error ? strerror(error) : "");
    write_line(STDERR_FILENO, line);
    if (fatal_copy)
        write_line(open(fatal_copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), line);
    exit(status);
}

char *text_new(const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0)
        abort();
    return text;
}
