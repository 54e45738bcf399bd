#include "lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool lines_fill(struct lines *lines)
{
    memmove(lines->text, lines->text + lines->from, lines->to - lines->from);
    lines->to -= lines->from;
    lines->from = 0;
    if (lines->to == LINES_ROOM)
        return memchr(lines->text, '\n', lines->to);
    ssize_t got = read(lines->fd, lines->text + lines->to, LINES_ROOM - lines->to);
    lines->idle = got < 0 && errno == EAGAIN;
    if (got > 0)
        lines->to += (size_t)got;
    else if (got == 0 || (!lines->idle && errno != EINTR))
        lines->ended = true;
    return true;
}

char *lines_next(struct lines *lines)
{
    char *line = lines->text + lines->from;
    char *end = memchr(line, '\n', lines->to - lines->from);

    if (!end)
        return NULL;
    *end = '\0';
    lines->from = (size_t)(end - lines->text) + 1;
    return line;
}
